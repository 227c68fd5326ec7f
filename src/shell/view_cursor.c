#include <daybook/view_cursor.h>

#include "view_internal.h"

#include <stdlib.h>
#include <string.h>

extern const char dbk_views_sql[];
extern const char dbk_indexes_sql[];

struct dbk_view_cursor {
    struct dbk_view *view;
    sqlite3_stmt *statement;
    struct dbk_row row;
    bool there; /* row is one */
    bool ended; /* SQLite would begin again */
};

/* Columns of an export; names by their ids, so that a row without one still comes. */
#define EXPORT                                                                                     \
    "SELECT t.partition, t.offset, t.account_id, t.date_s, t.amount_minor, t.balance_minor, "      \
    "a.account, s.source, t.seq, t.memo "
#define EXPORT_JOIN                                                                                \
    "LEFT JOIN accounts AS a ON a.account_id = t.account_id "                                      \
    "LEFT JOIN sources AS s ON s.source_id = t.source_id "

static const char *const walks[DBK_WALK_COUNT] = {
    [DBK_WALK_TRANSACTIONS] =
        "SELECT * FROM transactions WHERE partition = ?1 AND offset >= ?2 ORDER BY offset",
    [DBK_WALK_REJECTIONS] =
        "SELECT * FROM rejections WHERE partition = ?1 AND offset >= ?2 ORDER BY offset",
    [DBK_WALK_ACCOUNTS] = "SELECT * FROM accounts NOT INDEXED ORDER BY account_id",
    [DBK_WALK_BALANCES] = "SELECT * FROM balances ORDER BY account_id",
    [DBK_WALK_SOURCES] = "SELECT * FROM sources ORDER BY source_id",
    [DBK_WALK_CHECKPOINTS] = "SELECT * FROM checkpoints ORDER BY partition",
    [DBK_WALK_DIGESTS] =
        "SELECT * FROM digests WHERE partition = ?1 AND offset_next >= ?2 ORDER BY offset_next",
    [DBK_WALK_DAYS] = "SELECT * FROM daily_aggregates ORDER BY account_id, day",
    [DBK_WALK_DAY_TOTALS] = "SELECT * FROM daily_totals ORDER BY day",
    [DBK_WALK_TOTALS] = "SELECT * FROM totals ORDER BY only",
    [DBK_WALK_BY_REASON] = "SELECT reason, timestamp_ms, partition, offset FROM rejections "
                           "INDEXED BY rejections_by_reason ORDER BY reason, timestamp_ms",
    [DBK_WALK_BY_ACCOUNT] = "SELECT account_id, date_s, amount_minor, partition, offset "
                            "FROM transactions INDEXED BY transactions_by_account "
                            "ORDER BY account_id, date_s",
    [DBK_WALK_BY_DATE] = "SELECT date_s, partition, offset, amount_minor FROM transactions "
                         "INDEXED BY transactions_by_date ORDER BY date_s",
    [DBK_WALK_BY_NAME] = "SELECT account, account_id FROM accounts "
                         "INDEXED BY sqlite_autoindex_accounts_1 ORDER BY account",
    [DBK_WALK_BY_DIGEST] =
        "SELECT digest, source_id FROM sources INDEXED BY sources_by_digest ORDER BY digest",
    [DBK_WALK_STRAYS] = "SELECT 'transactions', partition, offset FROM transactions "
                        "WHERE partition < 0 OR partition >= ?1 UNION ALL "
                        "SELECT 'rejections', partition, offset FROM rejections "
                        "WHERE partition < 0 OR partition >= ?1 UNION ALL "
                        "SELECT 'digests', partition, offset_next FROM digests "
                        "WHERE partition < 0 OR partition >= ?1",
    [DBK_WALK_SCHEMA] = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name",
    [DBK_WALK_ACCOUNT_DAY] = "SELECT amount_minor, declared_minor, balance_minor "
                             "FROM transactions INDEXED BY transactions_by_account "
                             "WHERE account_id = ?1 AND date_s >= ?2 AND date_s < ?2 + 86400 "
                             "ORDER BY partition, offset",
    [DBK_WALK_EXPORT_LOG] =
        EXPORT "FROM transactions AS t " EXPORT_JOIN "WHERE (t.partition, t.offset) > (?1, ?2) "
               "ORDER BY t.partition, t.offset LIMIT 10000",
    [DBK_WALK_EXPORT_ACCOUNTS] =
        EXPORT "FROM transactions AS t INDEXED BY transactions_by_account " EXPORT_JOIN
               "WHERE (t.account_id, t.date_s, t.partition, t.offset) > (?1, ?2, ?3, ?4) "
               "AND t.account_id >= ?1 "
               "ORDER BY t.account_id, t.date_s, t.partition, t.offset LIMIT 10000",
    [DBK_WALK_LATEST] = "SELECT partition, offset, date_s, amount_minor, balance_minor, memo "
                        "FROM transactions INDEXED BY transactions_by_account "
                        "WHERE account_id = ?1 ORDER BY partition, offset DESC LIMIT ?2",
};

int dbk_view_cursor_open(struct dbk_view_cursor **cursor, struct dbk_view *view, enum dbk_walk walk,
                         const int64_t *parameters, struct dbk_err *err)
{
    *cursor = NULL;
    struct dbk_view_cursor *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    opened->view = view;
    if (sqlite3_prepare_v2(view->db, walks[walk], -1, &opened->statement, NULL) != SQLITE_OK) {
        int code = dbk_view_fail(view, "cannot read", err);
        dbk_view_cursor_close(opened);
        return code;
    }
    for (int i = 1; i <= sqlite3_bind_parameter_count(opened->statement); i++)
        sqlite3_bind_int64(opened->statement, i, parameters[i - 1]);
    *cursor = opened;
    return 0;
}

void dbk_view_cursor_close(struct dbk_view_cursor *cursor)
{
    if (cursor == NULL)
        return;
    sqlite3_finalize(cursor->statement);
    free(cursor);
}

/** One look for the value, and its parts from there: the audit reads millions of columns. That is
 *  for one thread only, as the connection is. */
static struct dbk_value column(sqlite3_stmt *statement, int i)
{
    struct dbk_value value = {.kind = DBK_VALUE_OTHER, .text = {"", 0}};
    sqlite3_value *stored = sqlite3_column_value(statement, i);
    switch (sqlite3_value_type(stored)) {
    case SQLITE_INTEGER:
        value.kind = DBK_VALUE_INTEGER;
        value.integer = sqlite3_value_int64(stored);
        break;
    case SQLITE_NULL:
        value.kind = DBK_VALUE_NULL;
        break;
    case SQLITE_TEXT:
        value.kind = DBK_VALUE_TEXT;
        value.text.bytes = (const char *)sqlite3_value_text(stored);
        value.text.length = (uint32_t)sqlite3_value_bytes(stored);
        break;
    case SQLITE_BLOB:
        value.kind = DBK_VALUE_BLOB;
        value.text.bytes = sqlite3_value_blob(stored);
        value.text.length = (uint32_t)sqlite3_value_bytes(stored);
        break;
    default:
        break;
    }
    if (value.text.bytes == NULL)
        value.text = (struct dbk_text){"", 0}; /* of length 0, or out of memory: then it differs */
    return value;
}

int dbk_view_cursor_next(struct dbk_view_cursor *cursor, struct dbk_err *err)
{
    if (dbk_view_is_stopped(cursor->view))
        return dbk_err_set(err, DBK_ESTOPPED, "stopped.");
    int result = cursor->ended ? SQLITE_DONE : sqlite3_step(cursor->statement);
    cursor->there = result == SQLITE_ROW;
    cursor->ended = result != SQLITE_ROW;
    if (result == SQLITE_DONE)
        return 0;
    if (result != SQLITE_ROW)
        return dbk_view_fail(cursor->view, "cannot read", err);
    int count = sqlite3_data_count(cursor->statement);
    cursor->row.count = count < DBK_ROW_MAX ? count : DBK_ROW_MAX;
    for (int i = 0; i < cursor->row.count; i++)
        cursor->row.values[i] = column(cursor->statement, i);
    return 0;
}

const struct dbk_row *dbk_view_cursor_row(const struct dbk_view_cursor *cursor)
{
    return cursor->there ? &cursor->row : NULL;
}

int dbk_view_map_file(struct dbk_view *view, struct dbk_err *err)
{
    return dbk_view_exec(view, "PRAGMA mmap_size=2147418112", err); /* SQLite's own limit */
}

int dbk_view_open_model(struct dbk_view **view, struct dbk_err *err)
{
    struct dbk_view *opened = calloc(1, sizeof *opened);
    *view = NULL;
    if (opened == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    opened->file = strdup("memory");
    int code = 0;
    if (opened->file == NULL || sqlite3_open(":memory:", &opened->db) != SQLITE_OK)
        code = dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    if (code == 0)
        code = dbk_view_exec(opened, dbk_views_sql, err);
    if (code == 0)
        code = dbk_view_exec(opened, dbk_indexes_sql, err);
    if (code != 0) {
        dbk_view_close(opened);
        return code;
    }
    *view = opened;
    return 0;
}
