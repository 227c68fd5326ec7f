#include <daybook/query.h>

#include "query_internal.h"

#include <daybook/clock.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Questions that count what they look at end by themselves before they are interrupted. */
#define MARGIN_MS 50

/** Only reading, and only from tables; whatever else a schema might ask for is refused. */
static int authorize(void *context, int action, const char *a, const char *b, const char *database,
                     const char *trigger)
{
    (void)context;
    (void)b;
    (void)database;
    (void)trigger;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_TRANSACTION:
        return SQLITE_OK;
    case SQLITE_FUNCTION:
        return b != NULL && (strcmp(b, "count") == 0 || strcmp(b, "sum") == 0 ||
                             strcmp(b, "coalesce") == 0)
                   ? SQLITE_OK
                   : SQLITE_DENY;
    case SQLITE_PRAGMA:
        return a != NULL && (strcmp(a, "application_id") == 0 || strcmp(a, "data_version") == 0)
                   ? SQLITE_OK
                   : SQLITE_DENY;
    default:
        return SQLITE_DENY;
    }
}

/** @return 1: the time is up. */
static int is_late(void *context)
{
    const int64_t *deadline_ms = context;
    return *deadline_ms != 0 && dbk_clock_monotonic_ms() > *deadline_ms;
}

int dbk_query_harden(struct dbk_view *view, struct dbk_err *err)
{
    int on = 1;
    if (sqlite3_db_config(view->db, SQLITE_DBCONFIG_DEFENSIVE, on, NULL) != SQLITE_OK ||
        sqlite3_db_config(view->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL) != SQLITE_OK ||
        dbk_view_exec(view, "PRAGMA cache_size=-8192; PRAGMA mmap_size=0;", err) != 0)
        return dbk_view_fail(view, "cannot be opened safely", err);
    sqlite3_limit(view->db, SQLITE_LIMIT_LENGTH, 1000000);
    sqlite3_limit(view->db, SQLITE_LIMIT_SQL_LENGTH, 10000);
    sqlite3_limit(view->db, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_limit(view->db, SQLITE_LIMIT_EXPR_DEPTH, 50);
    sqlite3_set_authorizer(view->db, authorize, NULL);
    sqlite3_progress_handler(view->db, 10000, is_late, &view->deadline_ms);
    sqlite3_busy_timeout(view->db, 1000);
    return 0;
}

int dbk_query_begin(struct dbk_view *view, int timeout_ms, struct dbk_err *err)
{
    view->deadline_ms = dbk_clock_monotonic_ms() + timeout_ms;
    return dbk_view_exec(view, "BEGIN", err);
}

void dbk_query_end(struct dbk_view *view)
{
    view->deadline_ms = 0;
    if (sqlite3_get_autocommit(view->db) == 0)
        sqlite3_exec(view->db, "ROLLBACK", NULL, NULL, NULL);
}

int dbk_query_data_version(struct dbk_view *view, int64_t *version, struct dbk_err *err)
{
    return dbk_view_integer(view, "PRAGMA data_version", version, err);
}

int dbk_query_prepare(struct dbk_view *view, const char *sql, sqlite3_stmt **statement,
                      struct dbk_err *err)
{
    struct dbk_prepared *slot = NULL;
    for (int i = 0; i < DBK_QUERIES_KEPT; i++)
        if (view->prepared[i].sql != NULL && strcmp(view->prepared[i].sql, sql) == 0 &&
            !sqlite3_stmt_busy(view->prepared[i].statement)) {
            *statement = view->prepared[i].statement;
            return 0;
        }
    while (slot == NULL || (slot->statement != NULL && sqlite3_stmt_busy(slot->statement)))
        slot = &view->prepared[view->prepared_next++ % DBK_QUERIES_KEPT];
    sqlite3_finalize(slot->statement);
    free(slot->sql);
    *slot = (struct dbk_prepared){.sql = strdup(sql)};
    if (slot->sql == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    if (sqlite3_prepare_v3(view->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &slot->statement, NULL) !=
        SQLITE_OK) {
        free(slot->sql);
        slot->sql = NULL;
        return dbk_view_fail(view, "cannot be asked", err);
    }
    *statement = slot->statement;
    return 0;
}

bool dbk_query_time_is_up(const struct dbk_view *view)
{
    return view->deadline_ms != 0 && dbk_clock_monotonic_ms() > view->deadline_ms - MARGIN_MS;
}

struct dbk_text dbk_query_text(sqlite3_stmt *statement, int column)
{
    const char *bytes = (const char *)sqlite3_column_blob(statement, column);
    struct dbk_text text = {bytes, (uint32_t)sqlite3_column_bytes(statement, column)};
    return bytes != NULL ? text : (struct dbk_text){"", 0};
}

/** Add "p:n" to the list of positions while it fits; a list that does not ends in an ellipsis. */
static void add_position(struct dbk_overview *overview, int64_t partition, int64_t offset)
{
    size_t used = strlen(overview->positions);
    size_t size = sizeof overview->positions;
    if (used + 48 < size)
        snprintf(overview->positions + used, size - used, "%s%" PRId64 ":%" PRId64,
                 used > 0 ? ", " : "", partition, offset);
    else if (used + 9 < size)
        snprintf(overview->positions + used, size - used, ", …");
}

int dbk_query_position(struct dbk_view *view, struct dbk_overview *overview, struct dbk_err *err)
{
    sqlite3_stmt *statement = NULL;
    int result = SQLITE_ERROR;
    *overview = (struct dbk_overview){.generation = view->generation};
    int code = dbk_view_check_identity(view, NULL, err);
    if (code != 0)
        return code;
    overview->commit_seq = view->identity.commit_seq;
    overview->committed_ms = view->identity.committed_ms;
    if (sqlite3_prepare_v2(view->db,
                           "SELECT partition, offset_next FROM checkpoints ORDER BY partition", -1,
                           &statement, NULL) == SQLITE_OK)
        while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
            int64_t partition = sqlite3_column_int64(statement, 0);
            int64_t offset_next = sqlite3_column_int64(statement, 1);
            bool apart = partition >= 0 && partition < DBK_OVERVIEW_PARTITIONS;
            overview->applied += offset_next;
            overview->offset_next[apart ? partition : DBK_OVERVIEW_PARTITIONS] += offset_next;
            if (offset_next > 0)
                add_position(overview, partition, offset_next - 1);
        }
    code = result == SQLITE_DONE ? 0 : dbk_view_fail(view, "cannot read", err);
    sqlite3_finalize(statement);
    return code;
}

int dbk_query_bounds(struct dbk_view *view, int64_t *offset_next, struct dbk_err *err)
{
    sqlite3_stmt *statement;
    int result = SQLITE_ERROR;
    int code =
        dbk_query_prepare(view, "SELECT partition, offset_next FROM checkpoints", &statement, err);
    for (int32_t p = 0; p < view->identity.partition_count; p++)
        offset_next[p] = 0;
    if (code != 0)
        return code;
    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
        int64_t partition = sqlite3_column_int64(statement, 0);
        if (partition >= 0 && partition < view->identity.partition_count)
            offset_next[partition] = sqlite3_column_int64(statement, 1);
    }
    if (result != SQLITE_DONE)
        code = dbk_view_fail(view, "cannot read the checkpoints", err);
    sqlite3_reset(statement);
    return code;
}

static dbk_int128 column_sum(sqlite3_stmt *statement, int column)
{
    return (dbk_int128)sqlite3_column_int64(statement, column) * DBK_SUM_BASE +
           sqlite3_column_int64(statement, column + 1);
}

struct dbk_sums dbk_query_sums(sqlite3_stmt *statement, int column)
{
    return (struct dbk_sums){
        .deposit_count = sqlite3_column_int64(statement, column),
        .deposits_minor = column_sum(statement, column + 1),
        .withdrawal_count = sqlite3_column_int64(statement, column + 3),
        .withdrawals_minor = column_sum(statement, column + 4),
    };
}

int dbk_query_totals(struct dbk_view *view, struct dbk_overview *overview, struct dbk_err *err)
{
    sqlite3_stmt *statement;
    int code = dbk_query_prepare(view, "SELECT * FROM totals", &statement, err);
    if (code != 0)
        return code;
    if (sqlite3_step(statement) == SQLITE_ROW) {
        struct dbk_sums sums = dbk_query_sums(statement, 2);
        overview->account_count = sqlite3_column_int64(statement, 1);
        overview->deposit_count = sums.deposit_count;
        overview->deposits_minor = sums.deposits_minor;
        overview->withdrawal_count = sums.withdrawal_count;
        overview->withdrawals_minor = sums.withdrawals_minor;
        overview->balances_minor = sums.deposits_minor - sums.withdrawals_minor;
        /* Every event is a transaction or a rejection. */
        overview->rejection_count = overview->applied - sums.deposit_count - sums.withdrawal_count;
    } else {
        code = dbk_view_fail(view, "cannot read the totals", err);
    }
    sqlite3_reset(statement);
    return code;
}

int dbk_query_days(struct dbk_view *view, int64_t first, int64_t last, int limit,
                   dbk_visit_day *visit, void *context, struct dbk_err *err)
{
    sqlite3_stmt *statement;
    int result = SQLITE_ERROR;
    int code = dbk_query_prepare(view,
                                 "SELECT * FROM daily_totals WHERE day BETWEEN ?1 AND ?2 "
                                 "ORDER BY day LIMIT ?3",
                                 &statement, err);
    if (code != 0)
        return code;
    sqlite3_bind_int64(statement, 1, first);
    sqlite3_bind_int64(statement, 2, last);
    sqlite3_bind_int(statement, 3, limit);
    while (code == 0 && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        struct dbk_day_volume volume = {.day = sqlite3_column_int64(statement, 0),
                                        .sums = dbk_query_sums(statement, 1)};
        code = visit(context, &volume);
    }
    if (code == 0 && result != SQLITE_DONE)
        code = dbk_view_fail(view, "cannot read the daily totals", err);
    sqlite3_reset(statement);
    return code;
}

int dbk_query_day_range(struct dbk_view *view, int64_t *first, int64_t *last, bool *any,
                        struct dbk_err *err)
{
    static const char *const ends[] = {"SELECT day FROM daily_totals ORDER BY day LIMIT 1",
                                       "SELECT day FROM daily_totals ORDER BY day DESC LIMIT 1"};
    int code = 0;
    *any = false;
    for (int i = 0; code == 0 && i < 2; i++) {
        sqlite3_stmt *statement;
        code = dbk_query_prepare(view, ends[i], &statement, err);
        if (code != 0)
            return code;
        int result = sqlite3_step(statement);
        *any = result == SQLITE_ROW;
        if (*any)
            *(i == 0 ? first : last) = sqlite3_column_int64(statement, 0);
        else if (result != SQLITE_DONE)
            code = dbk_view_fail(view, "cannot read the daily totals", err);
        sqlite3_reset(statement);
    }
    return code;
}
