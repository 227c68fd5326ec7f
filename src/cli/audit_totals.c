#include "audit_totals.h"

#include <daybook/date.h>

#include <inttypes.h>

static const struct dbk_audit_column day_columns[DBK_ROW_MAX] = {
    {"day", DBK_COLUMN_DAY},
    {"count of deposits", DBK_COLUMN_PLAIN},
    {"deposits, high", DBK_COLUMN_PLAIN},
    {"deposits, low", DBK_COLUMN_PLAIN},
    {"count of withdrawals", DBK_COLUMN_PLAIN},
    {"withdrawals, high", DBK_COLUMN_PLAIN},
    {"withdrawals, low", DBK_COLUMN_PLAIN},
};
static const struct dbk_audit_column totals_columns[DBK_ROW_MAX] = {
    {"only", DBK_COLUMN_PLAIN},
    {"count of accounts", DBK_COLUMN_PLAIN},
    {"count of deposits", DBK_COLUMN_PLAIN},
    {"deposits, high", DBK_COLUMN_PLAIN},
    {"deposits, low", DBK_COLUMN_PLAIN},
    {"count of withdrawals", DBK_COLUMN_PLAIN},
    {"withdrawals, high", DBK_COLUMN_PLAIN},
    {"withdrawals, low", DBK_COLUMN_PLAIN},
};

/** Days as the index by date gives them. */
struct by_date {
    const struct dbk_audit_tables *tables;
    struct dbk_view_cursor *cursor;
    uint64_t sum;        /* of the entries that are audited */
    struct dbk_sums all; /* of all days */
    bool there;          /* day and sums are the next day's */
    int64_t day;
    struct dbk_sums sums;
};

static bool is_audited(const struct dbk_audit_tables *tables, int64_t partition, int64_t offset)
{
    return partition >= 0 && partition < dbk_book_partition_count(tables->book) &&
           tables->chosen[partition] && offset >= tables->offset_start[partition];
}

/** Add up the next day. */
static int next_day(struct by_date *by_date, struct dbk_err *err)
{
    static const int columns[] = {0, 1, 2, 3};
    const struct dbk_row *row = dbk_view_cursor_row(by_date->cursor);
    int code = 0;
    by_date->there = row != NULL;
    by_date->sums = (struct dbk_sums){0};
    by_date->day = row != NULL ? dbk_date_day(row->values[0].integer) : 0;
    while (code == 0 && row != NULL && dbk_date_day(row->values[0].integer) == by_date->day) {
        if (is_audited(by_date->tables, row->values[1].integer, row->values[2].integer))
            by_date->sum += dbk_audit_rows_hash(by_date->tables->rows, row->values, columns, 4);
        dbk_sums_add(&by_date->sums, row->values[3].integer);
        code = dbk_view_cursor_next(by_date->cursor, err);
        row = dbk_view_cursor_row(by_date->cursor);
    }
    dbk_sums_add_sums(&by_date->all, &by_date->sums);
    return code;
}

static struct dbk_difference difference_of_day(int64_t day)
{
    struct dbk_difference difference = {
        .check = "daily_totals", .what = "a row", .offset_first = -1};
    difference.has_date = !__builtin_mul_overflow(day, DBK_SECONDS_PER_DAY, &difference.date_s) &&
                          difference.date_s >= DBK_DATE_MIN_S &&
                          difference.date_s <= DBK_DATE_MAX_S;
    return difference;
}

static void compare_day(const struct by_date *by_date, const struct dbk_row *stored)
{
    struct dbk_row expected;
    bool missing = stored == NULL || (by_date->there && by_date->day < stored->values[0].integer);
    bool extra = !missing && (!by_date->there || by_date->day > stored->values[0].integer);
    struct dbk_difference difference =
        difference_of_day(extra ? stored->values[0].integer : by_date->day);
    if (missing || extra) {
        difference.expected = missing ? "a row" : "no row";
        difference.stored = missing ? "no row" : "a row";
        dbk_report_difference(by_date->tables->report, &difference);
        return;
    }
    dbk_row_of_day_total(&expected, by_date->day, &by_date->sums);
    dbk_report_row(by_date->tables->report, &difference, day_columns, &expected, stored);
}

static int compare_days(struct by_date *by_date, struct dbk_err *err)
{
    struct dbk_view_cursor *cursor = NULL;
    int code = dbk_view_cursor_open(&cursor, by_date->tables->view, DBK_WALK_DAY_TOTALS, NULL, err);
    if (code == 0)
        code = dbk_view_cursor_next(cursor, err);
    if (code == 0)
        code = next_day(by_date, err);
    while (code == 0) {
        const struct dbk_row *stored = dbk_view_cursor_row(cursor);
        if (stored == NULL && !by_date->there)
            break;
        compare_day(by_date, stored);
        bool past =
            stored != NULL && (!by_date->there || stored->values[0].integer <= by_date->day);
        bool first =
            by_date->there && (stored == NULL || by_date->day <= stored->values[0].integer);
        if (past)
            code = dbk_view_cursor_next(cursor, err);
        if (code == 0 && first)
            code = next_day(by_date, err);
    }
    dbk_view_cursor_close(cursor);
    return code;
}

/** All accounts of the log, or -1 where not every partition was replayed. */
static int64_t count_accounts(const struct dbk_audit_tables *tables)
{
    int64_t count = 0;
    for (int32_t p = 0; p < dbk_book_partition_count(tables->book); p++) {
        if (!tables->chosen[p])
            return -1;
        count += dbk_ledger_account_count(dbk_book_ledger(tables->book, p));
    }
    return count;
}

static int compare_totals(const struct dbk_audit_tables *tables, const struct dbk_sums *all,
                          struct dbk_err *err)
{
    struct dbk_view_cursor *cursor = NULL;
    struct dbk_difference difference = {.check = "totals", .what = "a row", .offset_first = -1};
    int code = dbk_view_cursor_open(&cursor, tables->view, DBK_WALK_TOTALS, NULL, err);
    if (code == 0)
        code = dbk_view_cursor_next(cursor, err);
    const struct dbk_row *stored = code == 0 ? dbk_view_cursor_row(cursor) : NULL;
    if (code == 0 && stored == NULL) {
        difference.expected = "a row";
        difference.stored = "no row";
        dbk_report_difference(tables->report, &difference);
    } else if (code == 0) {
        struct dbk_row expected;
        int64_t accounts = count_accounts(tables);
        dbk_row_of_totals(&expected, accounts >= 0 ? accounts : stored->values[1].integer, all);
        dbk_report_row(tables->report, &difference, totals_columns, &expected, stored);
    }
    dbk_view_cursor_close(cursor);
    return code;
}

static int compare_by_reason(const struct dbk_audit_tables *tables, struct dbk_err *err)
{
    struct dbk_view_cursor *cursor = NULL;
    const struct dbk_row *row;
    uint64_t sum = 0;
    int code = dbk_view_cursor_open(&cursor, tables->view, DBK_WALK_BY_REASON, NULL, err);
    if (code == 0)
        code = dbk_view_cursor_next(cursor, err);
    while (code == 0 && (row = dbk_view_cursor_row(cursor)) != NULL) {
        if (is_audited(tables, row->values[2].integer, row->values[3].integer))
            sum += dbk_audit_rows_hash_reason(tables->rows, row->values[0].text,
                                              row->values[1].integer, row->values[2].integer,
                                              row->values[3].integer);
        code = dbk_view_cursor_next(cursor, err);
    }
    dbk_view_cursor_close(cursor);
    if (code == 0 && sum != tables->rows->by_reason_sum)
        dbk_audit_report_index(tables, "rejections_by_reason");
    return code;
}

int dbk_audit_totals(const struct dbk_audit_tables *tables, struct dbk_err *err)
{
    struct by_date by_date = {.tables = tables};
    int code = dbk_view_cursor_open(&by_date.cursor, tables->view, DBK_WALK_BY_DATE, NULL, err);
    if (code == 0)
        code = dbk_view_cursor_next(by_date.cursor, err);
    if (code == 0)
        code = compare_days(&by_date, err);
    dbk_view_cursor_close(by_date.cursor);
    if (code == 0 && by_date.sum != tables->rows->by_date_sum)
        dbk_audit_report_index(tables, "transactions_by_date");
    if (code == 0)
        code = compare_totals(tables, &by_date.all, err);
    return code == 0 ? compare_by_reason(tables, err) : code;
}
