#include <daybook/query.h>

#include "view_internal.h"

#include <daybook/clock.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
            int64_t offset_next = sqlite3_column_int64(statement, 1);
            overview->applied += offset_next;
            if (offset_next > 0)
                add_position(overview, sqlite3_column_int64(statement, 0), offset_next - 1);
        }
    code = result == SQLITE_DONE ? 0 : dbk_view_fail(view, "cannot read", err);
    sqlite3_finalize(statement);
    return code;
}

int dbk_query_totals(struct dbk_view *view, struct dbk_overview *overview, struct dbk_err *err)
{
    /* Added up here: SQLite's sum() fails when the total of many accounts exceeds 64 bits. */
    sqlite3_stmt *statement = NULL;
    int result = SQLITE_ERROR;
    if (sqlite3_prepare_v2(view->db,
                           "SELECT deposit_count, deposits_minor, withdrawal_count, "
                           "withdrawals_minor, balance_minor FROM balances",
                           -1, &statement, NULL) == SQLITE_OK)
        while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
            overview->account_count++;
            overview->deposit_count += sqlite3_column_int64(statement, 0);
            overview->deposits_minor += sqlite3_column_int64(statement, 1);
            overview->withdrawal_count += sqlite3_column_int64(statement, 2);
            overview->withdrawals_minor += sqlite3_column_int64(statement, 3);
            overview->balances_minor += sqlite3_column_int64(statement, 4);
        }
    sqlite3_finalize(statement);
    if (result != SQLITE_DONE)
        return dbk_view_fail(view, "cannot read the balances", err);
    return dbk_view_integer(view, "SELECT count(*) FROM rejections", &overview->rejection_count,
                            err);
}

static struct dbk_text column_text(sqlite3_stmt *statement, int column)
{
    const char *bytes = (const char *)sqlite3_column_text(statement, column);
    struct dbk_text text = {bytes, (uint32_t)sqlite3_column_bytes(statement, column)};
    return bytes != NULL ? text : (struct dbk_text){"", 0};
}

int dbk_query_accounts(struct dbk_view *view, struct dbk_text after, int limit,
                       dbk_visit_account_row *visit, void *context, struct dbk_err *err)
{
    sqlite3_stmt *statement = NULL;
    int result = SQLITE_ERROR;
    int code = 0;
    if (sqlite3_prepare_v2(view->db,
                           "SELECT a.account, b.balance_minor, b.deposit_count, b.deposits_minor, "
                           "b.withdrawal_count, b.withdrawals_minor, b.last_date_s "
                           "FROM accounts AS a CROSS JOIN balances AS b USING (account_id) "
                           "WHERE a.account > ?1 ORDER BY a.account LIMIT ?2",
                           -1, &statement, NULL) != SQLITE_OK)
        return dbk_view_fail(view, "cannot read the balances", err);
    sqlite3_bind_text(statement, 1, after.length > 0 ? after.bytes : "", (int)after.length,
                      SQLITE_STATIC);
    sqlite3_bind_int(statement, 2, limit);
    while (code == 0 && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        struct dbk_account_row row = {
            .account = column_text(statement, 0),
            .balance_minor = sqlite3_column_int64(statement, 1),
            .deposit_count = sqlite3_column_int64(statement, 2),
            .deposits_minor = sqlite3_column_int64(statement, 3),
            .withdrawal_count = sqlite3_column_int64(statement, 4),
            .withdrawals_minor = sqlite3_column_int64(statement, 5),
            .last_date_s = sqlite3_column_int64(statement, 6),
        };
        code = visit(context, &row);
    }
    if (code == 0 && result != SQLITE_DONE)
        code = dbk_view_fail(view, "cannot read the balances", err);
    sqlite3_finalize(statement);
    return code;
}

int dbk_query_transactions(struct dbk_view *view, const struct dbk_transaction_key *before,
                           int limit, dbk_visit_transaction_row *visit, void *context,
                           struct dbk_err *err)
{
    /* The newest key there can be stands for "from the beginning": one statement for both. */
    static const struct dbk_transaction_key newest = {INT64_MAX, INT64_MAX, INT64_MAX};
    sqlite3_stmt *statement = NULL;
    int result = SQLITE_ERROR;
    int code = 0;
    before = before != NULL ? before : &newest;
    if (sqlite3_prepare_v2(view->db,
                           "SELECT t.date_s, t.partition, t.offset, a.account, t.amount_minor, "
                           "t.balance_minor, t.declared_minor, t.memo "
                           "FROM transactions AS t INDEXED BY transactions_by_date "
                           "CROSS JOIN accounts AS a USING (account_id) "
                           "WHERE (t.date_s, t.partition, t.offset) < (?1, ?2, ?3) "
                           "ORDER BY t.date_s DESC, t.partition DESC, t.offset DESC LIMIT ?4",
                           -1, &statement, NULL) != SQLITE_OK)
        return dbk_view_fail(view, "cannot read the transactions", err);
    sqlite3_bind_int64(statement, 1, before->date_s);
    sqlite3_bind_int64(statement, 2, before->partition);
    sqlite3_bind_int64(statement, 3, before->offset);
    sqlite3_bind_int(statement, 4, limit);
    while (code == 0 && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        struct dbk_transaction_row row = {
            .key = {sqlite3_column_int64(statement, 0), sqlite3_column_int64(statement, 1),
                    sqlite3_column_int64(statement, 2)},
            .account = column_text(statement, 3),
            .amount_minor = sqlite3_column_int64(statement, 4),
            .balance_minor = sqlite3_column_int64(statement, 5),
            .declared_minor = sqlite3_column_int64(statement, 6),
            .has_declared = sqlite3_column_type(statement, 6) != SQLITE_NULL,
            .memo = column_text(statement, 7),
        };
        code = visit(context, &row);
    }
    if (code == 0 && result != SQLITE_DONE)
        code = dbk_view_fail(view, "cannot read the transactions", err);
    sqlite3_finalize(statement);
    return code;
}
