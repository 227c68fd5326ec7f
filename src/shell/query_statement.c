#include <daybook/query_accounts.h>

#include "query_internal.h"

#include <daybook/date.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int does_not_add_up(const struct dbk_view *view, struct dbk_err *err)
{
    return dbk_err_set(err, DBK_EVIEW,
                       "%s: the account's numbers do not add up. daybook audit says what differs; "
                       "daybook project --reset makes the view anew.",
                       view->file);
}

/** What sums leave, which fits for an account whose own totals do. */
static int add_sums(const struct dbk_view *view, int64_t *balance_minor,
                    const struct dbk_sums *sums, struct dbk_err *err)
{
    dbk_int128 result = *balance_minor + sums->deposits_minor - sums->withdrawals_minor;
    if (result > INT64_MAX || result < INT64_MIN)
        return does_not_add_up(view, err);
    *balance_minor = (int64_t)result;
    return 0;
}

int dbk_query_balance_before(struct dbk_view *view, int64_t account_id, int64_t day,
                             int64_t *balance_minor, struct dbk_err *err)
{
    struct dbk_sums sums;
    *balance_minor = 0;
    if (day == INT64_MIN)
        return 0;
    const struct dbk_days before = {DBK_PERIOD_DAYS, INT64_MIN, day - 1};
    int code = dbk_query_sum_days(view, account_id, &before, &sums, err);
    return code == 0 ? add_sums(view, balance_minor, &sums, err) : code;
}

/** The balance by date, before a transaction. */
static int balance_before(struct dbk_view *view, int64_t account_id,
                          const struct dbk_transaction_row *row, int64_t *balance_minor,
                          struct dbk_err *err)
{
    sqlite3_stmt *statement;
    struct dbk_sums sums = {0};
    int64_t day = dbk_date_day(row->date_s);
    int result = SQLITE_ERROR;
    int code = dbk_query_balance_before(view, account_id, day, balance_minor, err);
    if (code == 0)
        code = dbk_query_prepare(view,
                                 "SELECT amount_minor FROM transactions "
                                 "INDEXED BY transactions_by_account WHERE account_id = ?1 AND "
                                 "date_s >= ?2 AND (date_s, partition, offset) < (?3, ?4, ?5)",
                                 &statement, err);
    if (code != 0)
        return code;
    sqlite3_bind_int64(statement, 1, account_id);
    sqlite3_bind_int64(statement, 2, day * DBK_SECONDS_PER_DAY);
    sqlite3_bind_int64(statement, 3, row->date_s);
    sqlite3_bind_int64(statement, 4, row->partition);
    sqlite3_bind_int64(statement, 5, row->offset);
    while ((result = sqlite3_step(statement)) == SQLITE_ROW)
        dbk_sums_add(&sums, sqlite3_column_int64(statement, 0));
    if (result != SQLITE_DONE)
        code = dbk_view_fail(view, "cannot read the transactions", err);
    sqlite3_reset(statement);
    return code == 0 ? add_sums(view, balance_minor, &sums, err) : code;
}

/** The statement's lines are a selection like any other. */
static int read_lines(struct dbk_view *view, const struct dbk_account_row *account,
                      const struct dbk_statement_selection *selection, int limit,
                      struct dbk_transactions *page, struct dbk_err *err)
{
    struct dbk_selection lines;
    dbk_selection_init(&lines);
    lines.days = selection->days;
    lines.ascending = true;
    lines.place = selection->place;
    lines.key.date_s = selection->key_date_s;
    lines.key.partition = account->account_id % view->identity.partition_count;
    lines.key.offset = selection->key_offset;
    snprintf(lines.account, sizeof lines.account, "%.*s", (int)account->account.length,
             account->account.bytes);
    return dbk_query_transactions(view, &lines, limit, page, err);
}

/** Running balances, and tokens of this list. Takes over the page's texts. */
static int make_lines(struct dbk_view *view, struct dbk_statement *statement,
                      struct dbk_transactions *page, struct dbk_err *err)
{
    int64_t balance_minor = statement->brought_minor;
    statement->extent = page->extent;
    statement->texts = page->texts;
    page->texts = (struct dbk_buffer){.bytes = NULL};
    if (page->count == 0)
        return 0;
    statement->lines = calloc(page->count, sizeof *statement->lines);
    if (statement->lines == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    for (size_t i = 0; i < page->count; i++) {
        struct dbk_statement_line *line = &statement->lines[statement->count++];
        line->transaction = page->rows[i];
        if (!dbk_money_add(&balance_minor, balance_minor, page->rows[i].amount_minor))
            return does_not_add_up(view, err);
        line->balance_minor = balance_minor;
    }
    const struct dbk_transaction_row *first = &page->rows[0];
    const struct dbk_transaction_row *last = &page->rows[page->count - 1];
    dbk_statement_selection_token(statement->extent.before, first->date_s, first->offset);
    dbk_statement_selection_token(statement->extent.next, last->date_s, last->offset);
    return 0;
}

int dbk_query_statement(struct dbk_view *view, const struct dbk_account_row *account,
                        const struct dbk_statement_selection *selection, int limit,
                        struct dbk_statement *statement, struct dbk_err *err)
{
    struct dbk_transactions page = {.rows = NULL};
    *statement = (struct dbk_statement){.opening_minor = 0};
    int code = dbk_query_balance_before(view, account->account_id, selection->days.first,
                                        &statement->opening_minor, err);
    if (code == 0)
        code =
            dbk_query_sum_days(view, account->account_id, &selection->days, &statement->sums, err);
    statement->closing_minor = statement->brought_minor = statement->opening_minor;
    if (code == 0)
        code = add_sums(view, &statement->closing_minor, &statement->sums, err);
    if (code == 0)
        code = read_lines(view, account, selection, limit, &page, err);
    if (code == 0 && page.count > 0)
        code = balance_before(view, account->account_id, &page.rows[0], &statement->brought_minor,
                              err);
    if (code == 0)
        code = make_lines(view, statement, &page, err);
    dbk_transactions_clear(&page);
    return code;
}

void dbk_statement_clear(struct dbk_statement *statement)
{
    free(statement->lines);
    dbk_buffer_clear(&statement->texts);
    *statement = (struct dbk_statement){.opening_minor = 0};
}

/* --- the balance over time --- */

/** Dates of the period's first and last transaction. */
static int date_range(struct dbk_view *view, int64_t account_id, int64_t *first_s, int64_t *last_s,
                      struct dbk_err *err)
{
    static const char *const ends[] = {
        "SELECT date_s FROM transactions INDEXED BY transactions_by_account "
        "WHERE account_id = ?1 AND date_s BETWEEN ?2 AND ?3 ORDER BY date_s LIMIT 1",
        "SELECT date_s FROM transactions INDEXED BY transactions_by_account "
        "WHERE account_id = ?1 AND date_s BETWEEN ?2 AND ?3 ORDER BY date_s DESC LIMIT 1"};
    int64_t found[2] = {0, 0};
    int code = 0;
    for (int i = 0; code == 0 && i < 2; i++) {
        sqlite3_stmt *statement;
        code = dbk_query_prepare(view, ends[i], &statement, err);
        if (code != 0)
            return code;
        sqlite3_bind_int64(statement, 1, account_id);
        sqlite3_bind_int64(statement, 2, *first_s);
        sqlite3_bind_int64(statement, 3, *last_s);
        int result = sqlite3_step(statement);
        if (result == SQLITE_ROW)
            found[i] = sqlite3_column_int64(statement, 0);
        else if (result != SQLITE_DONE)
            code = dbk_view_fail(view, "cannot read the transactions", err);
        sqlite3_reset(statement);
    }
    *first_s = found[0];
    *last_s = found[1];
    return code;
}

static int add_points(struct dbk_view *view, int64_t account_id, int64_t first_s, int64_t last_s,
                      int64_t balance_minor, struct dbk_series *series, bool *stopped,
                      struct dbk_err *err)
{
    sqlite3_stmt *statement;
    int result = SQLITE_ROW;
    int code = dbk_query_prepare(view,
                                 "SELECT date_s, offset, amount_minor FROM transactions "
                                 "INDEXED BY transactions_by_account WHERE account_id = ?1 AND "
                                 "date_s BETWEEN ?2 AND ?3 ORDER BY date_s, partition, offset",
                                 &statement, err);
    if (code != 0)
        return code;
    sqlite3_bind_int64(statement, 1, account_id);
    sqlite3_bind_int64(statement, 2, first_s);
    sqlite3_bind_int64(statement, 3, last_s);
    while (code == 0 && !*stopped && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        if (!dbk_money_add(&balance_minor, balance_minor, sqlite3_column_int64(statement, 2)))
            code = does_not_add_up(view, err);
        dbk_series_add(series, &(struct dbk_point){.date_s = sqlite3_column_int64(statement, 0),
                                                   .offset = sqlite3_column_int64(statement, 1),
                                                   .balance_minor = balance_minor});
        if (series->seen % DBK_QUERY_ROWS_A_LOOK == 0)
            *stopped = dbk_query_time_is_up(view);
    }
    if (result == SQLITE_INTERRUPT)
        *stopped = true;
    else if (code == 0 && result != SQLITE_ROW && result != SQLITE_DONE)
        code = dbk_view_fail(view, "cannot read the transactions", err);
    sqlite3_reset(statement);
    return code;
}

int dbk_query_series(struct dbk_view *view, int64_t account_id, const struct dbk_days *days,
                     struct dbk_series *series, int64_t *opening_minor, bool *stopped,
                     struct dbk_err *err)
{
    struct dbk_sums sums;
    int64_t first_s;
    int64_t last_s;
    *stopped = false;
    dbk_series_init(series, 0, 0, 0);
    dbk_query_seconds(days, &first_s, &last_s);
    int code = dbk_query_balance_before(view, account_id, days->first, opening_minor, err);
    if (code == 0)
        code = dbk_query_sum_days(view, account_id, days, &sums, err);
    if (code == 0)
        code = date_range(view, account_id, &first_s, &last_s, err);
    if (code != 0)
        return code;
    dbk_series_init(series, first_s, last_s, sums.deposit_count + sums.withdrawal_count);
    code = add_points(view, account_id, first_s, last_s, *opening_minor, series, stopped, err);
    dbk_series_finish(series);
    return code;
}
