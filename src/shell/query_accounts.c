#include <daybook/query_accounts.h>

#include "query_internal.h"

#include <daybook/date.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BALANCE_COLUMNS                                                                            \
    "b.account_id, b.balance_minor, b.deposit_count, b.deposits_minor, b.withdrawal_count, "       \
    "b.withdrawals_minor, b.last_offset, b.last_date_s"

static const char *const sort_columns[DBK_ACCOUNTS_SORT_COUNT] = {
    [DBK_ACCOUNTS_BY_NAME] = "a.account",
    [DBK_ACCOUNTS_BY_BALANCE] = "b.balance_minor",
    [DBK_ACCOUNTS_BY_COUNT] = "b.deposit_count + b.withdrawal_count",
    [DBK_ACCOUNTS_BY_DEPOSITS] = "b.deposits_minor",
    [DBK_ACCOUNTS_BY_WITHDRAWALS] = "b.withdrawals_minor",
    [DBK_ACCOUNTS_BY_LAST] = "b.last_date_s",
};

static void fill_account(struct dbk_account_row *row, sqlite3_stmt *statement)
{
    *row = (struct dbk_account_row){
        .account_id = sqlite3_column_int64(statement, 0),
        .balance_minor = sqlite3_column_int64(statement, 1),
        .deposit_count = sqlite3_column_int64(statement, 2),
        .deposits_minor = sqlite3_column_int64(statement, 3),
        .withdrawal_count = sqlite3_column_int64(statement, 4),
        .withdrawals_minor = sqlite3_column_int64(statement, 5),
        .last_offset = sqlite3_column_int64(statement, 6),
        .last_date_s = sqlite3_column_int64(statement, 7),
        .account = {"", 0},
    };
}

static bool matches(const struct dbk_account_selection *selection,
                    const struct dbk_account_row *row)
{
    return (!selection->negative || row->balance_minor < 0) &&
           (selection->search[0] == '\0' || dbk_text_contains(row->account, selection->search));
}

int dbk_query_account(struct dbk_view *view, struct dbk_text account, struct dbk_account_row *row,
                      bool *known, struct dbk_err *err)
{
    sqlite3_stmt *statement;
    int code = dbk_query_prepare(view,
                                 "SELECT " BALANCE_COLUMNS " FROM accounts AS a "
                                 "JOIN balances AS b USING (account_id) WHERE a.account = ?1",
                                 &statement, err);
    *known = false;
    if (code != 0)
        return code;
    sqlite3_bind_text(statement, 1, account.bytes, (int)account.length, SQLITE_STATIC);
    int result = sqlite3_step(statement);
    *known = result == SQLITE_ROW;
    if (*known) {
        fill_account(row, statement);
        row->account = account;
    } else if (result != SQLITE_DONE) {
        code = dbk_view_fail(view, "cannot read the accounts", err);
    }
    sqlite3_reset(statement);
    return code;
}

/* --- pages --- */

struct listing {
    struct dbk_view *view;
    const struct dbk_account_selection *selection;
    struct dbk_accounts *page;
    size_t limit; /* rows wanted, one more than the page has */
    bool ascending;
    char last[DBK_ACCOUNT_MAX + 1]; /* name looked at last, where walking by name */
    int64_t *ids;                   /* limit of them, in order, otherwise */
    size_t id_count;
};

static int64_t sort_value(enum dbk_account_sort sort, const struct dbk_account_row *row)
{
    switch (sort) {
    case DBK_ACCOUNTS_BY_BALANCE:
        return row->balance_minor;
    case DBK_ACCOUNTS_BY_COUNT:
        return row->deposit_count + row->withdrawal_count;
    case DBK_ACCOUNTS_BY_DEPOSITS:
        return row->deposits_minor;
    case DBK_ACCOUNTS_BY_WITHDRAWALS:
        return row->withdrawals_minor;
    default:
        return row->last_date_s;
    }
}

static bool look_again(struct listing *listing, int result)
{
    struct dbk_extent *extent = &listing->page->extent;
    if (result == SQLITE_INTERRUPT ||
        (++extent->looked % DBK_QUERY_ROWS_A_LOOK == 0 && dbk_query_time_is_up(listing->view)))
        extent->stopped = true;
    return result == SQLITE_ROW && !extent->stopped;
}

static int finish_listing(struct listing *listing, sqlite3_stmt *statement, int result,
                          struct dbk_err *err)
{
    bool fine = result == SQLITE_ROW || result == SQLITE_DONE || result == SQLITE_INTERRUPT;
    int code = fine ? 0 : dbk_view_fail(listing->view, "cannot read the accounts", err);
    sqlite3_reset(statement);
    return code;
}

static int walk_names(struct listing *listing, struct dbk_err *err)
{
    const struct dbk_account_selection *selection = listing->selection;
    struct dbk_accounts *page = listing->page;
    sqlite3_stmt *statement;
    char sql[512];
    int result = SQLITE_ROW;
    bool at_start = selection->place == DBK_PLACE_START;
    snprintf(sql, sizeof sql,
             "SELECT " BALANCE_COLUMNS ", a.account FROM accounts AS a "
             "CROSS JOIN balances AS b USING (account_id) WHERE a.account %s ?1 "
             "ORDER BY a.account %s",
             listing->ascending ? ">" : "<", listing->ascending ? "ASC" : "DESC");
    int code = dbk_query_prepare(listing->view, sql, &statement, err);
    if (code != 0)
        return code;
    if (at_start && !listing->ascending)
        sqlite3_bind_zeroblob(statement, 1, 0); /* greater than any text */
    else
        sqlite3_bind_text(statement, 1, selection->key_name, -1, SQLITE_STATIC);
    snprintf(listing->last, sizeof listing->last, "%s", selection->key_name);
    while (page->count < listing->limit && look_again(listing, result = sqlite3_step(statement))) {
        struct dbk_account_row row;
        fill_account(&row, statement);
        row.account = dbk_query_text(statement, 8);
        snprintf(listing->last, sizeof listing->last, "%.*s", (int)row.account.length,
                 row.account.bytes);
        if (!matches(selection, &row))
            continue;
        dbk_buffer_add(&page->texts, row.account.bytes, row.account.length);
        page->rows[page->count++] = row;
    }
    return finish_listing(listing, statement, page->count == listing->limit ? SQLITE_ROW : result,
                          err);
}

/** Read the accounts that were found. */
static int read_found(struct listing *listing, struct dbk_err *err)
{
    struct dbk_accounts *page = listing->page;
    sqlite3_stmt *statement;
    int code = dbk_query_prepare(listing->view,
                                 "SELECT " BALANCE_COLUMNS ", a.account FROM balances AS b "
                                 "LEFT JOIN accounts AS a USING (account_id) "
                                 "WHERE b.account_id = ?1",
                                 &statement, err);
    for (size_t i = 0; code == 0 && i < listing->id_count; i++) {
        sqlite3_bind_int64(statement, 1, listing->ids[i]);
        int result = sqlite3_step(statement);
        if (result == SQLITE_ROW) {
            struct dbk_account_row *row = &page->rows[page->count++];
            fill_account(row, statement);
            row->account = dbk_query_text(statement, 8);
            dbk_buffer_add(&page->texts, row->account.bytes, row->account.length);
        } else {
            code = dbk_view_fail(listing->view, "cannot read the accounts", err);
        }
        sqlite3_reset(statement);
    }
    return code;
}

/**
 * All balances are looked at. An index for each order would make pages cheap and commits dear: it
 * costs a projector that catches up as much as all the rest of a transaction.
 */
static int walk_balances(struct listing *listing, struct dbk_err *err)
{
    const struct dbk_account_selection *selection = listing->selection;
    bool search = selection->search[0] != '\0';
    bool at_start = selection->place == DBK_PLACE_START;
    const char *value = sort_columns[selection->sort];
    const char *way = listing->ascending ? "ASC" : "DESC";
    int64_t end = listing->ascending ? INT64_MIN : INT64_MAX;
    char sql[512];
    sqlite3_stmt *statement;
    int result = SQLITE_ROW;
    snprintf(sql, sizeof sql,
             "SELECT b.account_id, b.balance_minor%s WHERE %s (%s, b.account_id) %s (?1, ?2) "
             "ORDER BY %s %s, b.account_id %s LIMIT ?3",
             search ? ", a.account FROM balances AS b CROSS JOIN accounts AS a USING (account_id)"
                    : " FROM balances AS b",
             selection->negative ? "b.balance_minor < 0 AND" : "", value,
             listing->ascending ? ">" : "<", value, way, way);
    int code = dbk_query_prepare(listing->view, sql, &statement, err);
    if (code != 0)
        return code;
    sqlite3_bind_int64(statement, 1, at_start ? end : selection->key_value);
    sqlite3_bind_int64(statement, 2, at_start ? end : selection->key_id);
    sqlite3_bind_int64(statement, 3, search ? -1 : (int64_t)listing->limit);
    while (listing->id_count < listing->limit &&
           look_again(listing, result = sqlite3_step(statement))) {
        struct dbk_account_row row = {.balance_minor = sqlite3_column_int64(statement, 1)};
        if (search)
            row.account = dbk_query_text(statement, 2);
        if (matches(selection, &row))
            listing->ids[listing->id_count++] = sqlite3_column_int64(statement, 0);
    }
    code = finish_listing(listing, statement,
                          listing->id_count == listing->limit ? SQLITE_ROW : result, err);
    return code == 0 ? read_found(listing, err) : code;
}

static void account_token(char *token, const struct dbk_account_selection *selection,
                          const struct dbk_account_row *row)
{
    dbk_account_selection_token(token, selection, row->account, sort_value(selection->sort, row),
                                row->account_id);
}

static void set_extent(const struct listing *listing, bool more)
{
    const struct dbk_account_selection *selection = listing->selection;
    struct dbk_accounts *page = listing->page;
    struct dbk_extent *extent = &page->extent;
    bool backwards = selection->place == DBK_PLACE_BEFORE;
    bool by_name = selection->sort == DBK_ACCOUNTS_BY_NAME;
    bool goes_on = by_name ? more || extent->stopped : more && !extent->stopped;
    extent->has_next = backwards ? page->count > 0 : goes_on;
    extent->has_before =
        backwards ? goes_on : selection->place == DBK_PLACE_AFTER && page->count > 0;
    if (page->count > 0) {
        account_token(extent->before, selection, &page->rows[0]);
        account_token(extent->next, selection, &page->rows[page->count - 1]);
    }
    if (!more && goes_on) /* look on where this look ended */
        dbk_account_selection_token(
            backwards ? extent->before : extent->next, selection,
            (struct dbk_text){listing->last, (uint32_t)strlen(listing->last)}, 0, 0);
}

static int read_page(struct dbk_view *view, const struct dbk_account_selection *selection,
                     int limit, struct dbk_accounts *page, struct dbk_err *err)
{
    bool backwards = selection->place == DBK_PLACE_BEFORE;
    struct listing listing = {.view = view,
                              .selection = selection,
                              .page = page,
                              .limit = (size_t)limit + 1,
                              .ascending = selection->ascending != backwards};
    page->rows = calloc(listing.limit, sizeof *page->rows);
    listing.ids = calloc(listing.limit, sizeof *listing.ids);
    if (page->rows == NULL || listing.ids == NULL) {
        free(listing.ids);
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    }
    int code = selection->sort == DBK_ACCOUNTS_BY_NAME ? walk_names(&listing, err)
                                                       : walk_balances(&listing, err);
    free(listing.ids);
    if (code != 0)
        return code;
    if (page->texts.failed)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    const char *cursor = page->texts.bytes;
    for (size_t i = 0; i < page->count; i++)
        dbk_query_place_text(&page->rows[i].account, &cursor);
    bool more = page->count > (size_t)limit;
    page->count -= more;
    for (size_t i = 0; backwards && i < page->count / 2; i++) {
        struct dbk_account_row kept = page->rows[i];
        page->rows[i] = page->rows[page->count - 1 - i];
        page->rows[page->count - 1 - i] = kept;
    }
    set_extent(&listing, more);
    return 0;
}

int dbk_query_accounts(struct dbk_view *view, const struct dbk_account_selection *selection,
                       int limit, struct dbk_accounts *page, struct dbk_err *err)
{
    *page = (struct dbk_accounts){.rows = NULL};
    int code = read_page(view, selection, limit, page, err);
    if (code != 0 || selection->place != DBK_PLACE_BEFORE || page->extent.has_before)
        return code;
    struct dbk_account_selection start = *selection;
    start.place = DBK_PLACE_START;
    start.key_name[0] = '\0';
    dbk_accounts_clear(page);
    return read_page(view, &start, limit, page, err);
}

void dbk_accounts_clear(struct dbk_accounts *page)
{
    free(page->rows);
    dbk_buffer_clear(&page->texts);
    *page = (struct dbk_accounts){.rows = NULL};
}

int dbk_query_each_account(struct dbk_view *view, const struct dbk_account_selection *selection,
                           dbk_visit_account_row *visit, void *context, struct dbk_err *err)
{
    sqlite3_stmt *statement;
    char sql[512];
    int result = SQLITE_ERROR;
    const char *way = selection->ascending ? "ASC" : "DESC";
    snprintf(sql, sizeof sql,
             "SELECT " BALANCE_COLUMNS ", a.account FROM accounts AS a "
             "CROSS JOIN balances AS b USING (account_id) ORDER BY %s %s, b.account_id %s",
             sort_columns[selection->sort], way, way);
    int code = dbk_query_prepare(view, sql, &statement, err);
    if (code != 0)
        return code;
    while (code == 0 && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        struct dbk_account_row row;
        fill_account(&row, statement);
        row.account = dbk_query_text(statement, 8);
        if (matches(selection, &row))
            code = visit(context, &row);
    }
    if (code == 0 && result != SQLITE_DONE)
        code = dbk_view_fail(view, "cannot read the accounts", err);
    sqlite3_reset(statement);
    return code;
}
