#include "audit_tables.h"

#include "audit_totals.h"

#include "cli.h"

#include <daybook/buffer.h>
#include <daybook/date.h>
#include <daybook/escape.h>
#include <daybook/hash.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** A table walked beside the rows that should be in it. */
struct table {
    const char *name;
    enum dbk_walk walk;
    int key_count; /* leading columns, integers: the order of both sides */
    struct dbk_audit_column columns[DBK_ROW_MAX];
};

/** Gives expected rows in order. */
struct source {
    /** @param[out] there  false at the end. */
    int (*next)(struct source *source, struct dbk_row *row, bool *there, struct dbk_err *err);
    const struct dbk_audit_tables *tables;
    enum dbk_walk walk;
    uint32_t index;    /* of the next account or source in each partition */
    int32_t partition; /* whose turn it is */
    bool any;          /* some partition had one at this index */
    /* daily aggregates: */
    struct dbk_view_cursor *cursor;
    struct dbk_day day;
    bool day_open;
    uint64_t sum;
};

static int32_t partition_count(const struct dbk_audit_tables *tables)
{
    return dbk_book_partition_count(tables->book);
}

/** @return true where rows of this account or source are audited. */
static bool is_chosen(const struct dbk_audit_tables *tables, int64_t id)
{
    return id < 0 || tables->chosen[id % partition_count(tables)];
}

/** @return the account of an id, or NULL. */
static const struct dbk_account *account_of(const struct dbk_audit_tables *tables, int64_t id)
{
    int32_t count = partition_count(tables);
    if (id < 0)
        return NULL;
    struct dbk_ledger *ledger = dbk_book_ledger(tables->book, (int32_t)(id % count));
    return id / count < dbk_ledger_account_count(ledger)
               ? dbk_ledger_account(ledger, (uint32_t)(id / count))
               : NULL;
}

/** Accounts, balances and sources: ids count the partitions in turn. */
static int next_numbered(struct source *source, struct dbk_row *row, bool *there,
                         struct dbk_err *err)
{
    const struct dbk_audit_tables *tables = source->tables;
    (void)err;
    for (;;) {
        if (source->partition == partition_count(tables)) {
            if (!source->any)
                break;
            source->partition = 0;
            source->any = false;
            source->index++;
        }
        int32_t p = source->partition++;
        struct dbk_ledger *ledger = dbk_book_ledger(tables->book, p);
        bool is_source = source->walk == DBK_WALK_SOURCES;
        if (source->index >=
            (is_source ? dbk_ledger_source_count(ledger) : dbk_ledger_account_count(ledger)))
            continue;
        source->any = true;
        if (!tables->chosen[p])
            continue;
        int64_t id = (int64_t)source->index * partition_count(tables) + p;
        *there = true;
        if (source->walk == DBK_WALK_ACCOUNTS)
            dbk_row_of_account(row, id, dbk_ledger_account(ledger, source->index));
        else if (source->walk == DBK_WALK_BALANCES)
            dbk_row_of_balance(row, id, dbk_ledger_account(ledger, source->index));
        else
            dbk_row_of_source(row, id, dbk_ledger_source(ledger, source->index));
        return 0;
    }
    *there = false;
    return 0;
}

static int next_checkpoint(struct source *source, struct dbk_row *row, bool *there,
                           struct dbk_err *err)
{
    const struct dbk_audit_tables *tables = source->tables;
    (void)err;
    while (source->partition < partition_count(tables) && !tables->chosen[source->partition])
        source->partition++;
    *there = source->partition < partition_count(tables);
    if (*there) {
        dbk_row_of_checkpoint(row, source->partition,
                              dbk_book_checkpoint(tables->book, source->partition));
        source->partition++;
    }
    return 0;
}

/** Days are added up from the index by account, whose content is proven afterwards by its sum. */
static int next_day(struct source *source, struct dbk_row *row, bool *there, struct dbk_err *err)
{
    static const int columns[] = {0, 1, 2, 3, 4};
    const struct dbk_audit_tables *tables = source->tables;
    for (;;) {
        int code = dbk_view_cursor_next(source->cursor, err);
        const struct dbk_row *posting = dbk_view_cursor_row(source->cursor);
        if (code != 0)
            return code;
        *there = source->day_open;
        if (posting == NULL) {
            if (source->day_open)
                dbk_row_of_day(row, &source->day);
            source->day_open = false;
            return 0;
        }
        int64_t account_id = posting->values[0].integer;
        int64_t partition = posting->values[3].integer;
        int64_t number = dbk_date_day(posting->values[1].integer);
        if (partition < 0 || partition >= partition_count(tables) || !tables->chosen[partition])
            continue;
        if (posting->values[4].integer >= tables->offset_start[partition])
            source->sum += dbk_audit_rows_hash(tables->rows, posting->values, columns, 5);
        bool same =
            source->day_open && account_id == source->day.account_id && number == source->day.day;
        if (!same) {
            if (source->day_open)
                dbk_row_of_day(row, &source->day);
            source->day = (struct dbk_day){.account_id = account_id, .day = number};
        }
        source->day_open = true;
        dbk_day_add(&source->day, posting->values[2].integer);
        if (!same && *there)
            return 0;
    }
}

/** Where an account parts: at its first wrong row, or, where all are right, at its last event. */
static void place(const struct dbk_audit_tables *tables, struct dbk_difference *difference,
                  int64_t account_id, char *command)
{
    const struct dbk_account *account = account_of(tables, account_id);
    difference->offset_first = -1;
    difference->next = NULL;
    if (account == NULL)
        return;
    int32_t partition = (int32_t)(account_id % partition_count(tables));
    int64_t bad = dbk_audit_rows_first_bad(tables->rows, partition,
                                           (uint32_t)(account_id / partition_count(tables)));
    difference->account = account->name;
    difference->partition = partition;
    difference->offset_first = bad >= 0 ? bad : account->last_offset;
    difference->offset_last = difference->offset_first;
    difference->date_s = account->last_date_s;
    difference->has_date = bad < 0;
    dbk_report_history(command, account->name, partition, difference->offset_first);
    difference->next = command;
}

static void describe(const struct dbk_audit_tables *tables, const struct table *table,
                     const struct dbk_row *row, struct dbk_difference *difference, char *command)
{
    *difference = (struct dbk_difference){.check = table->name, .offset_first = -1};
    if (table->walk == DBK_WALK_ACCOUNTS || table->walk == DBK_WALK_BALANCES ||
        table->walk == DBK_WALK_DAYS)
        place(tables, difference, row->values[0].integer, command);
    if (table->walk == DBK_WALK_DAYS) {
        /* The day says where; the account's last event would mislead. */
        difference->has_date = !__builtin_mul_overflow(row->values[1].integer, DBK_SECONDS_PER_DAY,
                                                       &difference->date_s) &&
                               difference->date_s >= DBK_DATE_MIN_S &&
                               difference->date_s <= DBK_DATE_MAX_S;
        difference->offset_first = -1;
        if (difference->has_date && difference->account.length > 0)
            dbk_report_history_of_day(command, difference->account, difference->date_s);
    }
}

static void report_one_side(const struct dbk_audit_tables *tables, const struct table *table,
                            const struct dbk_row *row, bool stored)
{
    char command[DBK_REPORT_COMMAND_SIZE];
    char text[DBK_REPORT_VALUE_SIZE];
    char what[64];
    struct dbk_difference difference;
    describe(tables, table, row, &difference, command);
    /* The last column that tells something: a name, a balance, a number. */
    dbk_report_value(text, &row->values[1], table->columns[1].kind);
    difference.what = table->columns[1].name;
    if (difference.account.length == 0 && table->walk != DBK_WALK_CHECKPOINTS) {
        snprintf(what, sizeof what, "%s of %s %" PRId64, table->columns[1].name,
                 table->columns[0].name, row->values[0].integer);
        difference.what = what;
    }
    difference.expected = stored ? "no row" : text;
    difference.stored = stored ? text : "no row";
    dbk_report_difference(tables->report, &difference);
}

static int compare_keys(const struct dbk_row *a, const struct dbk_row *b, int key_count)
{
    for (int i = 0; i < key_count; i++)
        if (a->values[i].integer != b->values[i].integer)
            return a->values[i].integer < b->values[i].integer ? -1 : 1;
    return 0;
}

/** A source is stored with its name, of which the book has the digest only. */
static void fill_name(struct dbk_row *expected, const struct dbk_row *stored)
{
    struct dbk_digest digest;
    const struct dbk_value *name = &stored->values[1];
    const struct dbk_value *want = &expected->values[2];
    if (name->kind != DBK_VALUE_TEXT)
        return;
    dbk_digest_bytes(&digest, name->text.bytes, name->text.length);
    if (memcmp(digest.bytes, want->text.bytes, want->text.length) == 0)
        expected->values[1] = *name;
}

/** Walk the table and what should be in it side by side. */
static int merge(const struct dbk_audit_tables *tables, const struct table *table,
                 struct source *source, struct dbk_err *err)
{
    struct dbk_view_cursor *cursor = NULL;
    struct dbk_row expected;
    bool there = false;
    source->tables = tables;
    source->walk = table->walk;
    int code = dbk_view_cursor_open(&cursor, tables->view, table->walk, NULL, err);
    if (code == 0)
        code = dbk_view_cursor_next(cursor, err);
    if (code == 0)
        code = source->next(source, &expected, &there, err);
    while (code == 0) {
        const struct dbk_row *stored = dbk_view_cursor_row(cursor);
        if (!there && stored == NULL)
            break;
        int order = !there           ? 1
                    : stored == NULL ? -1
                                     : compare_keys(&expected, stored, table->key_count);
        if (order > 0 && is_chosen(tables, stored->values[0].integer))
            report_one_side(tables, table, stored, true);
        if (order < 0)
            report_one_side(tables, table, &expected, false);
        if (order == 0) {
            char command[DBK_REPORT_COMMAND_SIZE];
            struct dbk_difference like;
            if (table->walk == DBK_WALK_SOURCES)
                fill_name(&expected, stored);
            bool same = stored->count == expected.count;
            for (int i = 0; same && i < expected.count; i++)
                same = dbk_value_equal(&expected.values[i], &stored->values[i]);
            if (!same) {
                describe(tables, table, &expected, &like, command);
                (void)dbk_report_row(tables->report, &like, table->columns, &expected, stored);
            }
        }
        if (order <= 0)
            code = source->next(source, &expected, &there, err);
        if (code == 0 && order >= 0)
            code = dbk_view_cursor_next(cursor, err);
    }
    dbk_view_cursor_close(cursor);
    return code;
}

static const struct table numbered[] = {
    {"accounts",
     DBK_WALK_ACCOUNTS,
     1,
     {{"account_id", DBK_COLUMN_PLAIN}, {"account", DBK_COLUMN_PLAIN}}},
    {"balances",
     DBK_WALK_BALANCES,
     1,
     {{"account_id", DBK_COLUMN_PLAIN},
      {"balance", DBK_COLUMN_AMOUNT},
      {"count of deposits", DBK_COLUMN_PLAIN},
      {"deposits", DBK_COLUMN_AMOUNT},
      {"count of withdrawals", DBK_COLUMN_PLAIN},
      {"withdrawals", DBK_COLUMN_AMOUNT},
      {"last offset", DBK_COLUMN_PLAIN},
      {"last date", DBK_COLUMN_DATE}}},
    {"sources",
     DBK_WALK_SOURCES,
     1,
     {{"source_id", DBK_COLUMN_PLAIN},
      {"source", DBK_COLUMN_PLAIN},
      {"digest", DBK_COLUMN_PLAIN},
      {"seq", DBK_COLUMN_PLAIN}}},
};
static const struct table checkpoints = {"checkpoints",
                                         DBK_WALK_CHECKPOINTS,
                                         1,
                                         {{"partition", DBK_COLUMN_PLAIN},
                                          {"next offset", DBK_COLUMN_PLAIN},
                                          {"timestamp_ms", DBK_COLUMN_PLAIN},
                                          {"digest", DBK_COLUMN_PLAIN},
                                          {"digest before", DBK_COLUMN_PLAIN}}};
static const struct table days = {"daily_aggregates",
                                  DBK_WALK_DAYS,
                                  2,
                                  {{"account_id", DBK_COLUMN_PLAIN},
                                   {"day", DBK_COLUMN_DAY},
                                   {"count of deposits", DBK_COLUMN_PLAIN},
                                   {"deposits", DBK_COLUMN_AMOUNT},
                                   {"count of withdrawals", DBK_COLUMN_PLAIN},
                                   {"withdrawals", DBK_COLUMN_AMOUNT}}};

void dbk_audit_report_index(const struct dbk_audit_tables *tables, const char *name)
{
    dbk_report_difference(tables->report, &(struct dbk_difference){
                                              .check = "indexes",
                                              .what = name,
                                              .expected = "the table's rows",
                                              .stored = "others",
                                              .offset_first = -1,
                                          });
}

static int compare_days(const struct dbk_audit_tables *tables, struct dbk_err *err)
{
    struct source source = {.next = next_day};
    int code = dbk_view_cursor_open(&source.cursor, tables->view, DBK_WALK_BY_ACCOUNT, NULL, err);
    if (code == 0)
        code = merge(tables, &days, &source, err);
    if (code == 0 && source.sum != tables->rows->by_account_sum)
        dbk_audit_report_index(tables, "transactions_by_account");
    dbk_view_cursor_close(source.cursor);
    return code;
}

/** One number for a key of an index and its id. */
static uint64_t hash_key(const struct dbk_audit_tables *tables, struct dbk_text key, int64_t id)
{
    char bytes[DBK_ACCOUNT_MAX + sizeof id];
    size_t length = key.length < DBK_ACCOUNT_MAX ? key.length : DBK_ACCOUNT_MAX;
    memcpy(bytes, &id, sizeof id);
    memcpy(bytes + sizeof id, length > 0 ? key.bytes : "", length);
    return dbk_hash(tables->rows->hash_key, bytes, sizeof id + length);
}

/** The sum of what an index of accounts or sources holds: key, id. */
static int sum_index(const struct dbk_audit_tables *tables, enum dbk_walk walk, uint64_t *sum,
                     struct dbk_err *err)
{
    struct dbk_view_cursor *cursor = NULL;
    const struct dbk_row *row;
    *sum = 0;
    int code = dbk_view_cursor_open(&cursor, tables->view, walk, NULL, err);
    if (code == 0)
        code = dbk_view_cursor_next(cursor, err);
    while (code == 0 && (row = dbk_view_cursor_row(cursor)) != NULL) {
        if (is_chosen(tables, row->values[1].integer))
            *sum += hash_key(tables, row->values[0].text, row->values[1].integer);
        code = dbk_view_cursor_next(cursor, err);
    }
    dbk_view_cursor_close(cursor);
    return code;
}

/** The indexes through which single accounts and sources are found. */
static int compare_keys_of_ids(const struct dbk_audit_tables *tables, struct dbk_err *err)
{
    uint64_t names;
    uint64_t digests;
    int64_t count = partition_count(tables);
    int code = sum_index(tables, DBK_WALK_BY_NAME, &names, err);
    if (code == 0)
        code = sum_index(tables, DBK_WALK_BY_DIGEST, &digests, err);
    if (code != 0)
        return code;
    for (int32_t p = 0; p < partition_count(tables); p++) {
        struct dbk_ledger *ledger = dbk_book_ledger(tables->book, p);
        for (uint32_t i = 0; tables->chosen[p] && i < dbk_ledger_account_count(ledger); i++)
            names -= hash_key(tables, dbk_ledger_account(ledger, i)->name, (int64_t)i * count + p);
        for (uint32_t i = 0; tables->chosen[p] && i < dbk_ledger_source_count(ledger); i++) {
            const struct dbk_source *source = dbk_ledger_source(ledger, i);
            struct dbk_text digest = {(const char *)source->digest, sizeof source->digest};
            digests -= hash_key(tables, digest, (int64_t)i * count + p);
        }
    }
    if (names != 0)
        dbk_audit_report_index(tables, "accounts by name");
    if (digests != 0)
        dbk_audit_report_index(tables, "sources_by_digest");
    return 0;
}

static int find_strays(const struct dbk_audit_tables *tables, struct dbk_err *err)
{
    const int64_t count = partition_count(tables);
    struct dbk_view_cursor *cursor = NULL;
    const struct dbk_row *row;
    int code = dbk_view_cursor_open(&cursor, tables->view, DBK_WALK_STRAYS, &count, err);
    if (code == 0)
        code = dbk_view_cursor_next(cursor, err);
    while (code == 0 && (row = dbk_view_cursor_row(cursor)) != NULL) {
        char stored[64];
        snprintf(stored, sizeof stored, "%" PRId64 ":%" PRId64, row->values[1].integer,
                 row->values[2].integer);
        dbk_report_difference(tables->report, &(struct dbk_difference){
                                                  .check = row->values[0].text.bytes,
                                                  .what = "a row",
                                                  .expected = "none: there is no such partition",
                                                  .stored = stored,
                                                  .offset_first = -1,
                                              });
        code = dbk_view_cursor_next(cursor, err);
    }
    dbk_view_cursor_close(cursor);
    return code;
}

/** "index transactions_by_date", whatever a damaged file calls it; NULL: out of memory. */
static char *name_of(const struct dbk_row *row)
{
    struct dbk_buffer name = {0};
    for (int i = 0; i < 2; i++) {
        dbk_buffer_add(&name, row->values[i].text.bytes, row->values[i].text.length);
        dbk_buffer_add_string(&name, i == 0 ? " " : "");
    }
    char *escaped =
        name.failed
            ? NULL
            : dbk_escape_terminal((struct dbk_text){name.bytes, (uint32_t)name.length}, true);
    dbk_buffer_clear(&name);
    return escaped;
}

/** Something that is in one schema only, or has another definition. */
static void report_schema(const struct dbk_audit_tables *tables, const struct dbk_row *expected,
                          const struct dbk_row *stored)
{
    char definitions[2][DBK_REPORT_VALUE_SIZE] = {"none", "none"};
    char *name = name_of(expected != NULL ? expected : stored);
    if (expected != NULL)
        dbk_report_value(definitions[0], &expected->values[3], DBK_COLUMN_PLAIN);
    if (stored != NULL)
        dbk_report_value(definitions[1], &stored->values[3], DBK_COLUMN_PLAIN);
    dbk_report_difference(tables->report, &(struct dbk_difference){
                                              .check = "schema",
                                              .what = name != NULL ? name : "?",
                                              .expected = definitions[0],
                                              .stored = definitions[1],
                                              .offset_first = -1,
                                          });
    free(name);
}

/** Tables, indexes and their text are those of this program: nothing added, nothing changed. */
static int compare_schema(const struct dbk_audit_tables *tables, struct dbk_err *err)
{
    struct dbk_view *model = NULL;
    struct dbk_view_cursor *sides[2] = {NULL, NULL};
    int code = dbk_view_open_model(&model, err);
    for (int i = 0; code == 0 && i < 2; i++) {
        code = dbk_view_cursor_open(&sides[i], i == 0 ? model : tables->view, DBK_WALK_SCHEMA, NULL,
                                    err);
        if (code == 0)
            code = dbk_view_cursor_next(sides[i], err);
    }
    while (code == 0) {
        const struct dbk_row *expected = dbk_view_cursor_row(sides[0]);
        const struct dbk_row *stored = dbk_view_cursor_row(sides[1]);
        if (expected == NULL && stored == NULL)
            break;
        int order = expected == NULL ? 1
                    : stored == NULL
                        ? -1
                        : dbk_text_compare(expected->values[1].text, stored->values[1].text);
        if (order > 0)
            expected = NULL;
        if (order < 0)
            stored = NULL;
        bool same = order == 0;
        for (int i = 0; same && i < expected->count; i++)
            same = dbk_value_equal(&expected->values[i], &stored->values[i]);
        if (!same)
            report_schema(tables, expected, stored);
        if (expected != NULL)
            code = dbk_view_cursor_next(sides[0], err);
        if (code == 0 && stored != NULL)
            code = dbk_view_cursor_next(sides[1], err);
    }
    for (int i = 0; i < 2; i++)
        dbk_view_cursor_close(sides[i]);
    dbk_view_close(model);
    return code;
}

int dbk_audit_tables(const struct dbk_audit_tables *tables, struct dbk_err *err)
{
    int code = compare_schema(tables, err);
    for (size_t i = 0; code == 0 && i < sizeof numbered / sizeof numbered[0]; i++) {
        struct source source = {.next = next_numbered};
        code = merge(tables, &numbered[i], &source, err);
    }
    if (code == 0) {
        struct source source = {.next = next_checkpoint};
        code = merge(tables, &checkpoints, &source, err);
    }
    if (code == 0)
        code = compare_days(tables, err);
    if (code == 0)
        code = dbk_audit_totals(tables, err);
    if (code == 0)
        code = compare_keys_of_ids(tables, err);
    return code == 0 ? find_strays(tables, err) : code;
}
