#include <daybook/overlap.h>

#include "view_internal.h"

#include <stdlib.h>
#include <string.h>

/** A row looked up by the index costs about as much as so many rows scanned. */
#define SCAN_ADVANTAGE 8

/** Comparing with a view, within one read transaction. */
struct comparison {
    struct dbk_overlap *overlap;
    struct dbk_view *view;
    struct dbk_book *book;
    int32_t partition_count;
    int64_t *own_source; /* per partition: the id of the file's own source, or -1 */
    uint32_t **accounts; /* per partition: the ledger's index -> the rowset's; for the scan */
};

/** A transaction of the view. */
struct stored {
    uint32_t account; /* of the rowset */
    int64_t date_s;
    int64_t amount_minor;
    int32_t partition;
    int64_t offset;
};

static int index_once(struct dbk_overlap *overlap)
{
    if (overlap->indexed)
        return 0;
    overlap->indexed = true;
    return dbk_rowset_index(overlap->rowset);
}

static void match(struct dbk_overlap *overlap, const struct stored *stored)
{
    uint32_t row =
        dbk_rowset_match(overlap->rowset, stored->account, stored->date_s, stored->amount_minor);
    if (row != DBK_NO_ROW && overlap->found != NULL)
        overlap->found(overlap->context, row, stored->partition, stored->offset);
}

static int prepare(struct dbk_view *view, sqlite3_stmt **statement, const char *sql,
                   struct dbk_err *err)
{
    if (sqlite3_prepare_v2(view->db, sql, -1, statement, NULL) == SQLITE_OK)
        return 0;
    return dbk_view_fail(view, "cannot look for rows that are there already", err);
}

static int finish(struct dbk_view *view, sqlite3_stmt *statement, int result, struct dbk_err *err)
{
    int code = result == SQLITE_DONE
                   ? 0
                   : dbk_view_fail(view, "cannot look for rows that are there already", err);
    sqlite3_finalize(statement);
    return code;
}

static int find_own_source(struct comparison *comparison, struct dbk_err *err)
{
    sqlite3_stmt *statement = NULL;
    struct dbk_text source = comparison->overlap->source;
    int result;
    int code = prepare(comparison->view, &statement,
                       "SELECT source_id FROM sources WHERE source = ?", err);
    if (code != 0)
        return code;
    for (int32_t p = 0; p < comparison->partition_count; p++)
        comparison->own_source[p] = -1;
    sqlite3_bind_text(statement, 1, source.bytes, (int)source.length, SQLITE_STATIC);
    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
        int64_t id = sqlite3_column_int64(statement, 0);
        if (id >= 0)
            comparison->own_source[id % comparison->partition_count] = id;
    }
    return finish(comparison->view, statement, result, err);
}

/** @return true where a column is the id of the file's own source. */
static bool is_own(const struct comparison *comparison, int32_t partition, sqlite3_stmt *statement,
                   int column)
{
    return partition >= 0 && partition < comparison->partition_count &&
           sqlite3_column_type(statement, column) != SQLITE_NULL &&
           sqlite3_column_int64(statement, column) == comparison->own_source[partition];
}

/** The transactions of one account between its rows' dates; their source only where it matters. */
static int compare_account(struct comparison *comparison, uint32_t account, sqlite3_stmt *range,
                           sqlite3_stmt *source, struct dbk_err *err)
{
    struct dbk_overlap *overlap = comparison->overlap;
    int result;
    while ((result = sqlite3_step(range)) == SQLITE_ROW) {
        struct stored stored = {account, sqlite3_column_int64(range, 0),
                                sqlite3_column_int64(range, 1), sqlite3_column_int(range, 2),
                                sqlite3_column_int64(range, 3)};
        if (!dbk_rowset_would_match(overlap->rowset, account, stored.date_s, stored.amount_minor))
            continue;
        sqlite3_bind_int(source, 1, stored.partition);
        sqlite3_bind_int64(source, 2, stored.offset);
        result = sqlite3_step(source);
        if (result != SQLITE_ROW)
            break;
        if (!is_own(comparison, stored.partition, source, 0))
            match(overlap, &stored);
        sqlite3_reset(source);
    }
    sqlite3_reset(range);
    return result == SQLITE_DONE
               ? 0
               : dbk_view_fail(comparison->view, "cannot look for rows that are there already",
                               err);
}

/** For few rows: look at their accounts only. */
static int compare_by_index(struct comparison *comparison, struct dbk_err *err)
{
    const struct dbk_rowset *rowset = comparison->overlap->rowset;
    sqlite3_stmt *range = NULL;
    sqlite3_stmt *source = NULL;
    int code = prepare(comparison->view, &range,
                       "SELECT date_s, amount_minor, partition, offset FROM transactions "
                       "WHERE account_id = ?1 AND date_s BETWEEN ?2 AND ?3",
                       err);
    if (code == 0)
        code =
            prepare(comparison->view, &source,
                    "SELECT source_id FROM transactions WHERE partition = ? AND offset = ?", err);
    for (uint32_t i = 0; code == 0 && i < dbk_rowset_account_count(rowset); i++) {
        const struct dbk_rowset_account *account = dbk_rowset_account(rowset, i);
        int32_t partition = dbk_event_partition(account->name, comparison->partition_count);
        uint32_t index;
        if (!dbk_ledger_find(dbk_book_ledger(comparison->book, partition), &index, account->name))
            continue;
        sqlite3_bind_int64(range, 1, (int64_t)index * comparison->partition_count + partition);
        sqlite3_bind_int64(range, 2, account->date_first_s);
        sqlite3_bind_int64(range, 3, account->date_last_s);
        code = compare_account(comparison, i, range, source, err);
    }
    sqlite3_finalize(range);
    sqlite3_finalize(source);
    return code;
}

/** Which account of the ledger is which of the file. */
static int map_accounts(struct comparison *comparison, struct dbk_err *err)
{
    for (int32_t p = 0; p < comparison->partition_count; p++) {
        struct dbk_ledger *ledger = dbk_book_ledger(comparison->book, p);
        uint32_t count = dbk_ledger_account_count(ledger);
        uint32_t *map = malloc(((size_t)count + 1) * sizeof *map);
        comparison->accounts[p] = map;
        if (map == NULL)
            return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
        for (uint32_t i = 0; i < count; i++)
            map[i] =
                dbk_rowset_find(comparison->overlap->rowset, dbk_ledger_account(ledger, i)->name);
    }
    return 0;
}

/** For many rows: look at all transactions once. */
static int compare_by_scan(struct comparison *comparison, struct dbk_err *err)
{
    sqlite3_stmt *statement = NULL;
    int result;
    int code = map_accounts(comparison, err);
    if (code == 0)
        code = prepare(comparison->view, &statement,
                       "SELECT partition, offset, account_id, date_s, amount_minor, source_id "
                       "FROM transactions",
                       err);
    if (code != 0)
        return code;
    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
        int64_t partition = sqlite3_column_int64(statement, 0);
        int64_t index = sqlite3_column_int64(statement, 2) / comparison->partition_count;
        if (partition < 0 || partition >= comparison->partition_count || index < 0 ||
            index >=
                dbk_ledger_account_count(dbk_book_ledger(comparison->book, (int32_t)partition)))
            continue; /* a row that the audit will complain about; not one of this file's */
        struct stored stored = {comparison->accounts[partition][index],
                                sqlite3_column_int64(statement, 3),
                                sqlite3_column_int64(statement, 4), (int32_t)partition,
                                sqlite3_column_int64(statement, 1)};
        if (stored.account != DBK_NO_ACCOUNT &&
            !is_own(comparison, (int32_t)partition, statement, 5))
            match(comparison->overlap, &stored);
    }
    return finish(comparison->view, statement, result, err);
}

/** Compare with everything in the view, which book was loaded from. */
static int compare(struct comparison *comparison, struct dbk_err *err)
{
    size_t count = (size_t)comparison->partition_count;
    int64_t events = dbk_book_event_count(comparison->book);
    if (events == 0)
        return 0;
    comparison->own_source = calloc(count, sizeof *comparison->own_source);
    comparison->accounts = calloc(count, sizeof *comparison->accounts);
    int code = 0;
    if (comparison->own_source == NULL || comparison->accounts == NULL ||
        index_once(comparison->overlap) != 0)
        code = dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    if (code == 0)
        code = find_own_source(comparison, err);
    bool few = (int64_t)dbk_rowset_count(comparison->overlap->rowset) < events / SCAN_ADVANTAGE;
    if (code == 0)
        code = few ? compare_by_index(comparison, err) : compare_by_scan(comparison, err);
    for (size_t p = 0; comparison->accounts != NULL && p < count; p++)
        free(comparison->accounts[p]);
    free(comparison->accounts);
    free(comparison->own_source);
    return code;
}

static int check(struct dbk_view *view, const struct dbk_topic *topic, struct dbk_err *err)
{
    int code = dbk_view_check_identity(view, topic, err);
    if (code == 0 && view->identity.partition_count != topic->partition_count)
        code = dbk_err_set(err, DBK_ENO,
                           "topic %s has %d partitions, but %s was built from %d. Adding "
                           "partitions moves accounts to other places: their history would break. "
                           "See docs/operations.md, \"Partitions were added\".",
                           topic->name, topic->partition_count, view->path,
                           view->identity.partition_count);
    return code;
}

int dbk_overlap_load(struct dbk_overlap *overlap, const char *path, const struct dbk_topic *topic,
                     struct dbk_book *book, bool *loaded, struct dbk_err *err)
{
    struct dbk_view *view = NULL;
    struct dbk_generation generation = {.file = NULL};
    int code = dbk_generation_current(&generation, path, err);
    *loaded = generation.file != NULL;
    dbk_generation_clear(&generation);
    if (code != 0 || !*loaded)
        return code;
    code = dbk_view_open_read(&view, path, NULL, err);
    /* One read transaction for all: the view may be written to meanwhile. */
    if (code == 0)
        code = dbk_view_exec(view, "BEGIN", err);
    if (code == 0)
        code = check(view, topic, err);
    if (code == 0)
        code = dbk_view_load(view, book, -1, err);
    struct comparison comparison = {
        .overlap = overlap, .view = view, .book = book, .partition_count = topic->partition_count};
    if (code == 0)
        code = compare(&comparison, err);
    dbk_view_close(view);
    return code;
}

int dbk_overlap_entry(struct dbk_overlap *overlap, const struct dbk_entry *entry)
{
    const struct dbk_event *event = &entry->event;
    if (entry->posting.verdict != DBK_POSTED)
        return 0; /* where the record held no event, there is none to look at */
    bool own = event->source.length == overlap->source.length &&
               memcmp(event->source.bytes, overlap->source.bytes, event->source.length) == 0;
    if (own)
        return 0;
    uint32_t account = dbk_rowset_find(overlap->rowset, event->account);
    if (account == DBK_NO_ACCOUNT)
        return 0;
    if (index_once(overlap) != 0)
        return DBK_ENOMEM;
    struct stored stored = {account, event->date_s,
                            event->type == DBK_DEPOSIT ? event->value_minor : -event->value_minor,
                            entry->record.partition, entry->record.offset};
    match(overlap, &stored);
    return 0;
}
