#include <daybook/query_transactions.h>

#include "query_internal.h"

#include <daybook/date.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FULL_COLUMNS                                                                               \
    "t.date_s, t.partition, t.offset, t.amount_minor, t.balance_minor, t.declared_minor, t.memo"
#define INDEX_COLUMNS "t.date_s, t.partition, t.offset, t.amount_minor"

/* --- walking along an index, from a key on --- */

struct walk {
    struct dbk_view *view;
    const struct dbk_selection *selection;
    bool ascending; /* which way, whatever the selection's order */
    bool lookup;    /* rows are judged by the index; only those that match are looked up */
    int limit;
    int found;
    int64_t looked;
    bool stopped;
    struct dbk_transaction_key last; /* that was looked at */
    dbk_visit_transaction *visit;
    void *context;
};

static const struct dbk_transaction_key lowest = {.date_s = INT64_MIN};
static const struct dbk_transaction_key highest = {
    .date_s = INT64_MAX, .partition = INT64_MAX, .offset = INT64_MAX};

static void fill_row(struct dbk_transaction_row *row, sqlite3_stmt *statement)
{
    row->date_s = sqlite3_column_int64(statement, 0);
    row->partition = sqlite3_column_int64(statement, 1);
    row->offset = sqlite3_column_int64(statement, 2);
    row->amount_minor = sqlite3_column_int64(statement, 3);
}

static void fill_rest(struct dbk_transaction_row *row, sqlite3_stmt *statement)
{
    row->balance_minor = sqlite3_column_int64(statement, 4);
    row->has_declared = sqlite3_column_type(statement, 5) != SQLITE_NULL;
    row->declared_minor = sqlite3_column_int64(statement, 5);
    row->memo = dbk_query_text(statement, 6);
}

int dbk_query_row(struct dbk_view *view, int64_t partition, int64_t offset,
                  sqlite3_stmt **statement, struct dbk_transaction_row *row, bool *found,
                  struct dbk_err *err)
{
    int code = dbk_query_prepare(view,
                                 "SELECT " FULL_COLUMNS ", a.account, t.source_id, t.seq "
                                 "FROM transactions AS t "
                                 "LEFT JOIN accounts AS a ON a.account_id = t.account_id "
                                 "WHERE t.partition = ?1 AND t.offset = ?2",
                                 statement, err);
    *found = false;
    if (code != 0)
        return code;
    sqlite3_bind_int64(*statement, 1, partition);
    sqlite3_bind_int64(*statement, 2, offset);
    int result = sqlite3_step(*statement);
    *found = result == SQLITE_ROW;
    if (*found) {
        fill_row(row, *statement);
        fill_rest(row, *statement);
        row->account = dbk_query_text(*statement, 7);
    } else if (result == SQLITE_INTERRUPT) {
        code = dbk_err_set(err, DBK_ESTOPPED, "the time for this question is up.");
    } else if (result != SQLITE_DONE) {
        code = dbk_view_fail(view, "cannot read the transactions", err);
    }
    return code;
}

/** Look a row up and visit it. */
static int visit_row(struct dbk_view *view, int64_t partition, int64_t offset,
                     dbk_visit_transaction *visit, void *context, struct dbk_err *err)
{
    sqlite3_stmt *statement = NULL;
    struct dbk_transaction_row row;
    bool found;
    int code = dbk_query_row(view, partition, offset, &statement, &row, &found, err);
    if (code == 0 && found)
        code = visit(context, &row);
    sqlite3_reset(statement);
    return code;
}

/** One row of an index. @return 0 to go on. */
static int take(struct walk *walk, sqlite3_stmt *statement, const struct dbk_text *account,
                struct dbk_err *err)
{
    struct dbk_transaction_row row = {.partition = 0};
    const struct dbk_transaction_key before = walk->last;
    fill_row(&row, statement);
    walk->looked++;
    walk->last.date_s = row.date_s;
    walk->last.partition = row.partition;
    walk->last.offset = row.offset;
    if (!walk->lookup) {
        fill_rest(&row, statement);
        row.account = account != NULL ? *account : dbk_query_text(statement, 7);
    }
    if (!dbk_selection_matches(walk->selection, row.date_s, row.amount_minor, row.memo))
        return 0;
    walk->found++;
    if (!walk->lookup)
        return walk->visit(walk->context, &row);
    int code = visit_row(walk->view, row.partition, row.offset, walk->visit, walk->context, err);
    if (code != DBK_ESTOPPED)
        return code;
    walk->last = before; /* this row is still to come */
    walk->found--;
    walk->stopped = true;
    return 0;
}

/**
 * Walk along transactions_by_account (account_id >= 0) or transactions_by_date, from after `from`.
 *
 * @param account  its name, where account_id >= 0.
 */
static int walk_index(struct walk *walk, int64_t account_id, const struct dbk_text *account,
                      const struct dbk_transaction_key *from, struct dbk_err *err)
{
    char sql[640];
    sqlite3_stmt *statement;
    int64_t first_s;
    int64_t last_s;
    int result = SQLITE_ROW;
    const char *way = walk->ascending ? "ASC" : "DESC";
    struct dbk_transaction_key key = *from;
    dbk_query_seconds(&walk->selection->days, &first_s, &last_s);
    /* One bound at each end: SQLite seeks to only one of two. */
    if (walk->ascending && key.date_s < first_s)
        key = (struct dbk_transaction_key){.date_s = first_s, .partition = -1, .offset = -1};
    if (!walk->ascending && key.date_s > last_s)
        key = (struct dbk_transaction_key){
            .date_s = last_s, .partition = INT64_MAX, .offset = INT64_MAX};
    snprintf(sql, sizeof sql,
             "SELECT %s FROM transactions AS t INDEXED BY %s %s WHERE %s "
             "t.date_s %s ?1 AND (t.date_s, t.partition, t.offset) %s (?2, ?3, ?4) "
             "ORDER BY t.date_s %s, t.partition %s, t.offset %s",
             walk->lookup      ? INDEX_COLUMNS
             : account == NULL ? FULL_COLUMNS ", a.account"
                               : FULL_COLUMNS,
             account_id >= 0 ? "transactions_by_account" : "transactions_by_date",
             !walk->lookup && account == NULL
                 ? "LEFT JOIN accounts AS a ON a.account_id = t.account_id"
                 : "",
             account_id >= 0 ? "t.account_id = ?5 AND" : "",
             walk->ascending ? "<=" : ">=", walk->ascending ? ">" : "<", way, way, way);
    int code = dbk_query_prepare(walk->view, sql, &statement, err);
    if (code != 0)
        return code;
    sqlite3_bind_int64(statement, 1, walk->ascending ? last_s : first_s);
    sqlite3_bind_int64(statement, 2, key.date_s);
    sqlite3_bind_int64(statement, 3, key.partition);
    sqlite3_bind_int64(statement, 4, key.offset);
    if (account_id >= 0)
        sqlite3_bind_int64(statement, 5, account_id);
    while (code == 0 && walk->found < walk->limit && !walk->stopped &&
           (result = sqlite3_step(statement)) == SQLITE_ROW) {
        code = take(walk, statement, account, err);
        if (walk->looked % DBK_QUERY_ROWS_A_LOOK == 0)
            walk->stopped = walk->stopped || dbk_query_time_is_up(walk->view);
    }
    if (result == SQLITE_INTERRUPT)
        walk->stopped = true;
    else if (code == 0 && result != SQLITE_ROW && result != SQLITE_DONE)
        code = dbk_view_fail(walk->view, "cannot read the transactions", err);
    sqlite3_reset(statement);
    return code;
}

/** Walk over all accounts by name, and over the transactions of each. */
static int walk_names(struct walk *walk, const struct dbk_transaction_key *from, bool at_start,
                      struct dbk_err *err)
{
    sqlite3_stmt *statement;
    int result = SQLITE_ROW;
    int code = dbk_query_prepare(walk->view,
                                 walk->ascending ? "SELECT account_id, account FROM accounts "
                                                   "WHERE account >= ?1 ORDER BY account"
                                                 : "SELECT account_id, account FROM accounts "
                                                   "WHERE account <= ?1 ORDER BY account DESC",
                                 &statement, err);
    if (code != 0)
        return code;
    if (at_start && !walk->ascending)
        sqlite3_bind_zeroblob(statement, 1, 0); /* greater than any text */
    else
        sqlite3_bind_text(statement, 1, from->account, -1, SQLITE_STATIC);
    for (int64_t i = 1; code == 0 && walk->found < walk->limit && !walk->stopped &&
                        (result = sqlite3_step(statement)) == SQLITE_ROW;
         i++) {
        struct dbk_text account = dbk_query_text(statement, 1);
        bool continued = !at_start && account.length == strlen(from->account) &&
                         memcmp(account.bytes, from->account, account.length) == 0;
        walk->last = walk->ascending ? lowest : highest;
        snprintf(walk->last.account, sizeof walk->last.account, "%.*s", (int)account.length,
                 account.bytes);
        code = walk_index(walk, sqlite3_column_int64(statement, 0), &account,
                          continued         ? from
                          : walk->ascending ? &lowest
                                            : &highest,
                          err);
        if (i % DBK_QUERY_ROWS_A_LOOK == 0)
            walk->stopped = walk->stopped || dbk_query_time_is_up(walk->view);
    }
    if (result == SQLITE_INTERRUPT)
        walk->stopped = true;
    else if (code == 0 && result != SQLITE_ROW && result != SQLITE_DONE)
        code = dbk_view_fail(walk->view, "cannot read the accounts", err);
    sqlite3_reset(statement);
    return code;
}

static int walk_selection(struct walk *walk, struct dbk_err *err)
{
    const struct dbk_selection *selection = walk->selection;
    struct dbk_text account = dbk_text_of(selection->account);
    bool at_start = selection->place == DBK_PLACE_START;
    const struct dbk_transaction_key *from = !at_start         ? &selection->key
                                             : walk->ascending ? &lowest
                                                               : &highest;
    int64_t account_id = -1;
    walk->lookup = selection->memo[0] == '\0' &&
                   (selection->side != DBK_SIDE_BOTH || !dbk_selection_is_aggregate(selection));
    walk->last = *from;
    if (account.length == 0)
        return selection->sort == DBK_SORT_ACCOUNT ? walk_names(walk, from, at_start, err)
                                                   : walk_index(walk, -1, NULL, from, err);
    int code = dbk_query_account_id(walk->view, account, &account_id, err);
    if (code != 0 || account_id < 0)
        return code;
    memcpy(walk->last.account, selection->account, sizeof walk->last.account);
    return walk_index(walk, account_id, &account, from, err);
}

int dbk_query_each_transaction(struct dbk_view *view, struct dbk_selection *selection, int limit,
                               dbk_visit_transaction *visit, void *context, bool *ended,
                               struct dbk_err *err)
{
    struct walk walk = {.view = view,
                        .selection = selection,
                        .ascending = selection->ascending,
                        .limit = limit,
                        .visit = visit,
                        .context = context};
    DBK_ASSERT(selection->sort != DBK_SORT_AMOUNT && selection->place != DBK_PLACE_BEFORE);
    int code = walk_selection(&walk, err);
    selection->place = DBK_PLACE_AFTER;
    selection->key = walk.last;
    *ended = code == 0 && !walk.stopped && walk.found < limit;
    return code;
}

/* --- the first rows by amount, of all that are looked at --- */

struct top {
    const struct dbk_selection *selection;
    bool ascending;
    struct dbk_transaction_key *keys; /* the first ones, in order; room for one more than limit */
    int count;
    int limit;
};

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

static int compare_keys(const struct dbk_transaction_key *a, const struct dbk_transaction_key *b)
{
    int order = COMPARE(a->amount_minor, b->amount_minor);
    order = order != 0 ? order : COMPARE(a->date_s, b->date_s);
    order = order != 0 ? order : COMPARE(a->partition, b->partition);
    return order != 0 ? order : COMPARE(a->offset, b->offset);
}

/** Keep a key where it is one of the first after the place. */
static int take_top(void *context, const struct dbk_transaction_key *key)
{
    struct top *top = context;
    int sign = top->ascending ? 1 : -1;
    if (top->selection->place != DBK_PLACE_START &&
        sign * compare_keys(key, &top->selection->key) <= 0)
        return 0;
    if (top->count == top->limit && sign * compare_keys(key, &top->keys[top->count - 1]) >= 0)
        return 0;
    int low = 0;
    for (int high = top->count; low < high;) {
        int middle = (low + high) / 2;
        if (sign * compare_keys(key, &top->keys[middle]) < 0)
            high = middle;
        else
            low = middle + 1;
    }
    memmove(&top->keys[low + 1], &top->keys[low], (size_t)(top->count - low) * sizeof *key);
    top->keys[low] = *key;
    if (top->count < top->limit)
        top->count++;
    return 0;
}

static int walk_top(struct walk *walk, struct dbk_err *err)
{
    const struct dbk_selection *selection = walk->selection;
    struct top top = {.selection = selection, .ascending = walk->ascending, .limit = walk->limit};
    struct dbk_query_scan scan = {
        .view = walk->view, .selection = selection, .visit = take_top, .context = &top};
    int64_t account_id = -1;
    int code = 0;
    if (selection->account[0] != '\0') {
        code = dbk_query_account_id(walk->view, dbk_text_of(selection->account), &account_id, err);
        if (code != 0 || account_id < 0)
            return code;
    }
    top.keys = calloc((size_t)walk->limit + 1, sizeof *top.keys);
    if (top.keys == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    code = dbk_query_scan(&scan, account_id, err);
    walk->looked = scan.looked;
    walk->stopped = scan.stopped;
    for (int i = 0; code == 0 && i < top.count; i++) {
        code = visit_row(walk->view, top.keys[i].partition, top.keys[i].offset, walk->visit,
                         walk->context, err);
        walk->found++;
    }
    free(top.keys);
    walk->stopped = walk->stopped || code == DBK_ESTOPPED;
    return code == DBK_ESTOPPED ? 0 : code;
}

/* --- pages --- */

struct collected {
    struct dbk_transactions *page;
    size_t capacity;
};

static int collect(void *context, const struct dbk_transaction_row *row)
{
    struct collected *collected = context;
    struct dbk_transactions *page = collected->page;
    DBK_ASSERT(page->count < collected->capacity);
    dbk_buffer_add(&page->texts, row->account.bytes, row->account.length);
    dbk_buffer_add(&page->texts, row->memo.bytes, row->memo.length);
    page->rows[page->count++] = *row;
    return page->texts.failed ? DBK_ENOMEM : 0;
}

void dbk_query_place_text(struct dbk_text *text, const char **cursor)
{
    if (text->length == 0) {
        text->bytes = "";
        return;
    }
    text->bytes = *cursor;
    *cursor += text->length;
}

/** Texts have moved while they were collected: they stand in the order of the rows. */
static void place_texts(struct dbk_transactions *page)
{
    const char *cursor = page->texts.bytes;
    for (size_t i = 0; i < page->count; i++) {
        dbk_query_place_text(&page->rows[i].account, &cursor);
        dbk_query_place_text(&page->rows[i].memo, &cursor);
    }
}

static void row_token(char *token, const struct dbk_selection *selection,
                      const struct dbk_transaction_row *row)
{
    struct dbk_transaction_key key = {.date_s = row->date_s,
                                      .partition = row->partition,
                                      .offset = row->offset,
                                      .amount_minor = row->amount_minor};
    snprintf(key.account, sizeof key.account, "%.*s", (int)row->account.length,
             row->account.length > 0 ? row->account.bytes : "");
    dbk_selection_token(token, selection, &key);
}

/** What stands before and after the page. */
static void set_extent(struct dbk_transactions *page, const struct walk *walk, bool more)
{
    const struct dbk_selection *selection = walk->selection;
    struct dbk_extent *extent = &page->extent;
    bool backwards = selection->place == DBK_PLACE_BEFORE;
    bool by_amount = selection->sort == DBK_SORT_AMOUNT;
    bool goes_on = by_amount ? more && !walk->stopped : more || walk->stopped;
    extent->looked = walk->looked;
    extent->stopped = walk->stopped;
    extent->has_next = backwards ? page->count > 0 : goes_on;
    extent->has_before =
        backwards ? goes_on : selection->place == DBK_PLACE_AFTER && page->count > 0;
    if (page->count > 0) {
        row_token(extent->before, selection, &page->rows[0]);
        row_token(extent->next, selection, &page->rows[page->count - 1]);
    }
    if (!more && goes_on) /* look on where this look ended */
        dbk_selection_token(backwards ? extent->before : extent->next, selection, &walk->last);
}

static void reverse(struct dbk_transactions *page)
{
    for (size_t i = 0; i < page->count / 2; i++) {
        struct dbk_transaction_row kept = page->rows[i];
        page->rows[i] = page->rows[page->count - 1 - i];
        page->rows[page->count - 1 - i] = kept;
    }
}

static int read_page(struct dbk_view *view, const struct dbk_selection *selection, int limit,
                     struct dbk_transactions *page, struct dbk_err *err)
{
    struct collected collected = {page, (size_t)limit + 1};
    bool backwards = selection->place == DBK_PLACE_BEFORE;
    struct walk walk = {.view = view,
                        .selection = selection,
                        .ascending = selection->ascending != backwards,
                        .limit = limit + 1, /* one more tells whether there are more */
                        .visit = collect,
                        .context = &collected};
    page->rows = calloc(collected.capacity, sizeof *page->rows);
    if (page->rows == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    int code =
        selection->sort == DBK_SORT_AMOUNT ? walk_top(&walk, err) : walk_selection(&walk, err);
    if (code == DBK_ENOMEM)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    if (code != 0)
        return code;
    place_texts(page);
    bool more = page->count > (size_t)limit;
    page->count -= more;
    if (backwards)
        reverse(page);
    set_extent(page, &walk, more);
    return 0;
}

int dbk_query_transactions(struct dbk_view *view, const struct dbk_selection *selection, int limit,
                           struct dbk_transactions *page, struct dbk_err *err)
{
    *page = (struct dbk_transactions){.rows = NULL};
    int code = read_page(view, selection, limit, page, err);
    if (code != 0 || selection->place != DBK_PLACE_BEFORE || page->extent.has_before)
        return code;
    /* The start is reached: its page is shown whole. */
    struct dbk_selection start = *selection;
    start.place = DBK_PLACE_START;
    dbk_transactions_clear(page);
    return read_page(view, &start, limit, page, err);
}

void dbk_transactions_clear(struct dbk_transactions *page)
{
    free(page->rows);
    dbk_buffer_clear(&page->texts);
    *page = (struct dbk_transactions){.rows = NULL};
}
