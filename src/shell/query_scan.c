/* Looking at all rows of a selection, and adding them up; or, where that is enough, the sums that
 * are kept. */

#include "query_internal.h"

#include <daybook/date.h>

#include <stdio.h>

void dbk_query_seconds(const struct dbk_days *days, int64_t *first_s, int64_t *last_s)
{
    const int64_t bound = INT64_MAX / DBK_SECONDS_PER_DAY - 1;
    *first_s = days->first < -bound ? INT64_MIN : days->first * DBK_SECONDS_PER_DAY;
    *last_s =
        days->last > bound ? INT64_MAX : days->last * DBK_SECONDS_PER_DAY + DBK_SECONDS_PER_DAY - 1;
}

int dbk_query_account_id(struct dbk_view *view, struct dbk_text account, int64_t *id,
                         struct dbk_err *err)
{
    sqlite3_stmt *statement;
    *id = -1;
    int code = dbk_query_prepare(view, "SELECT account_id FROM accounts WHERE account = ?1",
                                 &statement, err);
    if (code != 0)
        return code;
    sqlite3_bind_text(statement, 1, account.bytes, (int)account.length, SQLITE_STATIC);
    int result = sqlite3_step(statement);
    if (result == SQLITE_ROW)
        *id = sqlite3_column_int64(statement, 0);
    else if (result != SQLITE_DONE)
        code = dbk_view_fail(view, "cannot read the accounts", err);
    sqlite3_reset(statement);
    return code;
}

/** Sums of some days: of all accounts (account_id < 0) or of one. */
static int sum_days(struct dbk_view *view, int64_t account_id, const struct dbk_days *days,
                    struct dbk_sums *sums, struct dbk_err *err)
{
    sqlite3_stmt *statement;
    int result = SQLITE_ERROR;
    int code = dbk_query_prepare(
        view,
        account_id < 0
            ? "SELECT deposit_count, deposits_high, deposits_low, withdrawal_count, "
              "withdrawals_high, withdrawals_low FROM daily_totals WHERE day BETWEEN ?1 AND ?2"
            : "SELECT deposit_count, 0, deposits_minor, withdrawal_count, 0, withdrawals_minor "
              "FROM daily_aggregates WHERE account_id = ?3 AND day BETWEEN ?1 AND ?2",
        &statement, err);
    *sums = (struct dbk_sums){0};
    if (code != 0)
        return code;
    sqlite3_bind_int64(statement, 1, days->first);
    sqlite3_bind_int64(statement, 2, days->last);
    if (account_id >= 0)
        sqlite3_bind_int64(statement, 3, account_id);
    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
        struct dbk_sums day = dbk_query_sums(statement, 0);
        dbk_sums_add_sums(sums, &day);
    }
    if (result != SQLITE_DONE)
        code = dbk_view_fail(view, "cannot read the daily totals", err);
    sqlite3_reset(statement);
    return code;
}

int dbk_query_sum_days(struct dbk_view *view, int64_t account_id, const struct dbk_days *days,
                       struct dbk_sums *sums, struct dbk_err *err)
{
    static const char all[] = "SELECT deposit_count, deposits_high, deposits_low, "
                              "withdrawal_count, withdrawals_high, withdrawals_low FROM totals";
    static const char one[] = "SELECT deposit_count, 0, deposits_minor, withdrawal_count, 0, "
                              "withdrawals_minor FROM balances WHERE account_id = ?1";
    sqlite3_stmt *statement;
    if (days->first != INT64_MIN || days->last != INT64_MAX)
        return sum_days(view, account_id, days, sums, err);
    int code = dbk_query_prepare(view, account_id < 0 ? all : one, &statement, err);
    *sums = (struct dbk_sums){0};
    if (code != 0)
        return code;
    if (account_id >= 0)
        sqlite3_bind_int64(statement, 1, account_id);
    int result = sqlite3_step(statement);
    if (result == SQLITE_ROW)
        *sums = dbk_query_sums(statement, 0);
    else if (result != SQLITE_DONE)
        code = dbk_view_fail(view, "cannot read the totals", err);
    sqlite3_reset(statement);
    return code;
}

/** The rows to look at: of one account, of some days, or all. */
static int choose_rows(struct dbk_query_scan *scan, int64_t account_id, const char **from,
                       struct dbk_err *err)
{
    const struct dbk_days ever = {DBK_PERIOD_ALL, INT64_MIN, INT64_MAX};
    struct dbk_sums chosen;
    struct dbk_sums all;
    int code = dbk_query_sum_days(scan->view, account_id, &scan->selection->days, &chosen, err);
    if (code == 0)
        code = dbk_query_sum_days(scan->view, -1, &ever, &all, err);
    if (code != 0)
        return code;
    scan->total = chosen.deposit_count + chosen.withdrawal_count;
    if (account_id >= 0)
        *from = "INDEXED BY transactions_by_account WHERE account_id = ?3 AND "
                "date_s BETWEEN ?1 AND ?2";
    else if (scan->selection->memo[0] == '\0' ||
             scan->total < (all.deposit_count + all.withdrawal_count) / 4)
        *from = "INDEXED BY transactions_by_date WHERE date_s BETWEEN ?1 AND ?2";
    else /* texts are in the table: along it is faster than jumping about in it */
        *from = "NOT INDEXED WHERE date_s BETWEEN ?1 AND ?2";
    return 0;
}

int dbk_query_scan(struct dbk_query_scan *scan, int64_t account_id, struct dbk_err *err)
{
    char sql[512];
    const char *from = NULL;
    sqlite3_stmt *statement;
    int64_t first_s;
    int64_t last_s;
    int result = SQLITE_ROW;
    bool memo = scan->selection->memo[0] != '\0';
    int code = choose_rows(scan, account_id, &from, err);
    if (code != 0)
        return code;
    snprintf(sql, sizeof sql,
             "SELECT date_s, partition, offset, amount_minor%s FROM transactions %s",
             memo ? ", memo" : "", from);
    code = dbk_query_prepare(scan->view, sql, &statement, err);
    if (code != 0)
        return code;
    dbk_query_seconds(&scan->selection->days, &first_s, &last_s);
    sqlite3_bind_int64(statement, 1, first_s);
    sqlite3_bind_int64(statement, 2, last_s);
    if (account_id >= 0)
        sqlite3_bind_int64(statement, 3, account_id);
    while (code == 0 && !scan->stopped && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        struct dbk_transaction_key key = {
            .date_s = sqlite3_column_int64(statement, 0),
            .partition = sqlite3_column_int64(statement, 1),
            .offset = sqlite3_column_int64(statement, 2),
            .amount_minor = sqlite3_column_int64(statement, 3),
        };
        struct dbk_text text = memo ? dbk_query_text(statement, 4) : (struct dbk_text){"", 0};
        if (dbk_selection_matches(scan->selection, key.date_s, key.amount_minor, text))
            code = scan->visit(scan->context, &key);
        if (++scan->looked % DBK_QUERY_ROWS_A_LOOK == 0)
            scan->stopped = dbk_query_time_is_up(scan->view);
    }
    if (result == SQLITE_INTERRUPT)
        scan->stopped = true;
    else if (code == 0 && result != SQLITE_ROW && result != SQLITE_DONE)
        code = dbk_view_fail(scan->view, "cannot read the transactions", err);
    sqlite3_reset(statement);
    return code;
}

static int count_row(void *context, const struct dbk_transaction_key *key)
{
    dbk_sums_add(context, key->amount_minor);
    return 0;
}

int dbk_query_count(struct dbk_view *view, const struct dbk_selection *selection,
                    struct dbk_count *count, struct dbk_err *err)
{
    int64_t account_id = -1;
    int code = 0;
    *count = (struct dbk_count){.stopped = false};
    if (selection->account[0] != '\0') {
        code = dbk_query_account_id(view, dbk_text_of(selection->account), &account_id, err);
        if (code != 0 || account_id < 0)
            return code; /* an unknown account has none */
    }
    if (dbk_selection_is_aggregate(selection)) {
        code = dbk_query_sum_days(view, account_id, &selection->days, &count->sums, err);
    } else {
        struct dbk_query_scan scan = {
            .view = view, .selection = selection, .visit = count_row, .context = &count->sums};
        code = dbk_query_scan(&scan, account_id, err);
        count->looked = scan.looked;
        count->total = scan.total;
        count->stopped = scan.stopped;
    }
    if (selection->side == DBK_SIDE_DEPOSITS)
        count->sums.withdrawal_count = 0, count->sums.withdrawals_minor = 0;
    if (selection->side == DBK_SIDE_WITHDRAWALS)
        count->sums.deposit_count = 0, count->sums.deposits_minor = 0;
    return code;
}
