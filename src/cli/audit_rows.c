#include "audit_rows.h"

#include "cli.h"

#include <daybook/hash.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRANSACTIONS, REJECTIONS, TABLES };

static const struct dbk_audit_column columns[TABLES][DBK_ROW_MAX] = {
    {{"partition", DBK_COLUMN_PLAIN},
     {"offset", DBK_COLUMN_PLAIN},
     {"account_id", DBK_COLUMN_PLAIN},
     {"date", DBK_COLUMN_DATE},
     {"amount", DBK_COLUMN_AMOUNT},
     {"balance", DBK_COLUMN_AMOUNT},
     {"declared balance", DBK_COLUMN_AMOUNT},
     {"source_id", DBK_COLUMN_PLAIN},
     {"seq", DBK_COLUMN_PLAIN},
     {"memo", DBK_COLUMN_PLAIN}},
    {{"partition", DBK_COLUMN_PLAIN},
     {"offset", DBK_COLUMN_PLAIN},
     {"reason", DBK_COLUMN_PLAIN},
     {"detail", DBK_COLUMN_PLAIN},
     {"timestamp_ms", DBK_COLUMN_PLAIN},
     {"key", DBK_COLUMN_PLAIN},
     {"value_length", DBK_COLUMN_PLAIN},
     {"value_digest", DBK_COLUMN_PLAIN},
     {"value_head", DBK_COLUMN_PLAIN}},
};
static const char *const table_names[TABLES] = {"transactions", "rejections"};

int dbk_audit_rows_open(struct dbk_audit_rows *rows, struct dbk_report *report,
                        struct dbk_view *view, struct dbk_book *book, struct dbk_err *err)
{
    *rows = (struct dbk_audit_rows){
        .report = report,
        .view = view,
        .book = book,
        .partition_count = dbk_book_partition_count(book),
    };
    size_t count = (size_t)rows->partition_count;
    rows->cursors = calloc(count * TABLES, sizeof(struct dbk_view_cursor *));
    rows->first_bad = calloc(count, sizeof(int64_t *));
    rows->first_bad_count = calloc(count, sizeof *rows->first_bad_count);
    if (rows->cursors == NULL || rows->first_bad == NULL || rows->first_bad_count == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    return dbk_random_key(rows->hash_key, err);
}

void dbk_audit_rows_close(struct dbk_audit_rows *rows)
{
    for (int32_t i = 0; rows->cursors != NULL && i < rows->partition_count * TABLES; i++)
        dbk_view_cursor_close(rows->cursors[i]);
    for (int32_t p = 0; rows->first_bad != NULL && p < rows->partition_count; p++)
        free(rows->first_bad[p]);
    free(rows->cursors);
    free(rows->first_bad);
    free(rows->first_bad_count);
}

uint64_t dbk_audit_rows_hash(const struct dbk_audit_rows *rows, const struct dbk_value *values,
                             const int *chosen, int count)
{
    int64_t numbers[5];
    for (int i = 0; i < count; i++)
        numbers[i] = values[chosen[i]].integer;
    return dbk_hash(rows->hash_key, numbers, (size_t)count * sizeof numbers[0]);
}

uint64_t dbk_audit_rows_hash_reason(const struct dbk_audit_rows *rows, struct dbk_text reason,
                                    int64_t timestamp_ms, int64_t partition, int64_t offset)
{
    const uint64_t numbers[] = {dbk_hash(rows->hash_key, reason.bytes, reason.length),
                                (uint64_t)timestamp_ms, (uint64_t)partition, (uint64_t)offset};
    return dbk_hash(rows->hash_key, numbers, sizeof numbers);
}

int64_t dbk_audit_rows_first_bad(const struct dbk_audit_rows *rows, int32_t partition,
                                 uint32_t account)
{
    if (rows->first_bad == NULL || account >= rows->first_bad_count[partition])
        return -1;
    return rows->first_bad[partition][account] - 1;
}

static void remember_bad(struct dbk_audit_rows *rows, int32_t partition, uint32_t account,
                         int64_t offset)
{
    uint32_t count = dbk_ledger_account_count(dbk_book_ledger(rows->book, partition));
    if (account >= rows->first_bad_count[partition]) {
        int64_t *larger = realloc(rows->first_bad[partition], count * sizeof *larger);
        if (larger == NULL)
            return; /* the account's balance is then placed at its last event instead */
        memset(larger + rows->first_bad_count[partition], 0,
               (count - rows->first_bad_count[partition]) * sizeof *larger);
        rows->first_bad[partition] = larger;
        rows->first_bad_count[partition] = count;
    }
    if (rows->first_bad[partition][account] == 0)
        rows->first_bad[partition][account] = offset + 1;
}

static void count_stored(struct dbk_audit_rows *rows, int table, const struct dbk_row *row)
{
    static const int by_account[] = {2, 3, 4, 0, 1};
    static const int by_date[] = {3, 0, 1, 4};
    if (table != TRANSACTIONS) {
        rows->by_reason_sum +=
            dbk_audit_rows_hash_reason(rows, row->values[2].text, row->values[4].integer,
                                       row->values[0].integer, row->values[1].integer);
        return;
    }
    rows->row_count++;
    rows->by_account_sum += dbk_audit_rows_hash(rows, row->values, by_account, 5);
    rows->by_date_sum += dbk_audit_rows_hash(rows, row->values, by_date, 4);
}

/** A row that the log does not have there. Its account, if the book has it, is bad from there on.
 */
static void report_extra(struct dbk_audit_rows *rows, int table, int32_t partition,
                         const struct dbk_row *row, const char *expected)
{
    char next[64];
    struct dbk_difference difference = {
        .check = table_names[table],
        .what = "a row",
        .expected = expected,
        .stored = table == TRANSACTIONS ? "a posting" : "a rejection",
        .partition = partition,
        .offset_first = row->values[1].integer,
        .next = next,
    };
    snprintf(next, sizeof next, "daybook verify %" PRId32 ":%" PRId64, partition,
             row->values[1].integer);
    if (table == TRANSACTIONS) {
        int64_t id = row->values[2].integer;
        struct dbk_ledger *ledger = dbk_book_ledger(rows->book, partition);
        int64_t account = id / rows->partition_count;
        difference.date_s = row->values[3].integer;
        if (id >= 0 && id % rows->partition_count == partition &&
            account < dbk_ledger_account_count(ledger)) {
            difference.account = dbk_ledger_account(ledger, (uint32_t)account)->name;
            remember_bad(rows, partition, (uint32_t)account, row->values[1].integer);
        }
    }
    dbk_report_difference(rows->report, &difference);
}

/**
 * Both cursors of a partition, opened when its first record comes. A replay from the beginning
 * walks whatever is there: rows may have been put at offsets below 0.
 */
static int open_cursors(struct dbk_audit_rows *rows, int32_t partition, int64_t offset,
                        struct dbk_err *err)
{
    static const enum dbk_walk walks[TABLES] = {DBK_WALK_TRANSACTIONS, DBK_WALK_REJECTIONS};
    const int64_t parameters[] = {partition, offset == 0 ? INT64_MIN : offset};
    int code = 0;
    for (int t = 0; code == 0 && t < TABLES; t++) {
        struct dbk_view_cursor **cursor = &rows->cursors[partition * TABLES + t];
        const struct dbk_row *row;
        if (*cursor != NULL)
            continue;
        code = dbk_view_cursor_open(cursor, rows->view, walks[t], parameters, err);
        if (code == 0)
            code = dbk_view_cursor_next(*cursor, err);
        while (code == 0 && (row = dbk_view_cursor_row(*cursor)) != NULL &&
               row->values[1].integer < offset) {
            report_extra(rows, t, partition, row, "none: there is no such offset");
            code = dbk_view_cursor_next(*cursor, err);
        }
    }
    return code;
}

/** The row that should be there is not. */
static void report_missing(struct dbk_audit_rows *rows, int table, const struct dbk_entry *entry,
                           const struct dbk_difference *like)
{
    struct dbk_difference difference = *like;
    char expected[64];
    snprintf(expected, sizeof expected, "%s",
             table == TRANSACTIONS ? "a posting" : dbk_verdict_name(entry->posting.verdict));
    difference.what = "a row";
    difference.expected = expected;
    difference.stored = "none";
    dbk_report_difference(rows->report, &difference);
}

/** Compare with the row that the log gives; the stored one has the same offset, or is NULL. */
static void compare(struct dbk_audit_rows *rows, int table, const struct dbk_entry *entry,
                    const struct dbk_row *stored)
{
    struct dbk_row expected;
    struct dbk_row_scratch scratch;
    char next[64];
    struct dbk_difference like = {
        .check = table_names[table],
        .partition = entry->record.partition,
        .offset_first = entry->record.offset,
        .next = next,
    };
    if (table == TRANSACTIONS)
        dbk_row_of_transaction(&expected, entry, rows->partition_count);
    else
        dbk_row_of_rejection(&expected, entry, rows->partition_count, &scratch);
    bool same = stored != NULL && stored->count == expected.count;
    for (int i = 0; same && i < expected.count; i++)
        same = dbk_value_equal(&expected.values[i], &stored->values[i]);
    if (same)
        return;
    snprintf(next, sizeof next, "daybook verify %" PRId32 ":%" PRId64, entry->record.partition,
             entry->record.offset);
    if (table == TRANSACTIONS) {
        struct dbk_ledger *ledger = dbk_book_ledger(rows->book, entry->record.partition);
        like.account = dbk_ledger_account(ledger, entry->posting.account)->name;
        like.date_s = entry->event.date_s;
        like.has_date = true;
        remember_bad(rows, entry->record.partition, entry->posting.account, entry->record.offset);
    }
    if (stored == NULL)
        report_missing(rows, table, entry, &like);
    else
        dbk_report_row(rows->report, &like, columns[table], &expected, stored);
}

int dbk_audit_rows_check(struct dbk_audit_rows *rows, const struct dbk_entry *entry,
                         struct dbk_err *err)
{
    int32_t partition = entry->record.partition;
    int should = entry->posting.verdict == DBK_POSTED ? TRANSACTIONS : REJECTIONS;
    int code = 0;
    if (rows->cursors[partition * TABLES + TRANSACTIONS] == NULL)
        code = open_cursors(rows, partition, entry->record.offset, err);
    for (int t = 0; code == 0 && t < TABLES; t++) {
        struct dbk_view_cursor *cursor = rows->cursors[partition * TABLES + t];
        const struct dbk_row *stored = dbk_view_cursor_row(cursor);
        bool there = stored != NULL && stored->values[1].integer == entry->record.offset;
        if (t == should)
            compare(rows, t, entry, there ? stored : NULL);
        else if (there)
            report_extra(rows, t, partition, stored, dbk_verdict_name(entry->posting.verdict));
        if (there) {
            count_stored(rows, t, stored);
            code = dbk_view_cursor_next(cursor, err);
        }
    }
    return code;
}

int dbk_audit_rows_finish(struct dbk_audit_rows *rows, const bool *chosen, struct dbk_err *err)
{
    int code = 0;
    for (int32_t p = 0; code == 0 && p < rows->partition_count; p++) {
        if (!chosen[p])
            continue;
        code = open_cursors(rows, p, dbk_book_checkpoint(rows->book, p)->offset_next, err);
        for (int t = 0; code == 0 && t < TABLES; t++) {
            struct dbk_view_cursor *cursor = rows->cursors[p * TABLES + t];
            const struct dbk_row *stored;
            while (code == 0 && (stored = dbk_view_cursor_row(cursor)) != NULL) {
                report_extra(rows, t, p, stored, "none: it is beyond the checkpoint");
                count_stored(rows, t, stored);
                code = dbk_view_cursor_next(cursor, err);
            }
        }
    }
    return code;
}
