#include "audit_claims.h"

#include "json_out.h"

#include <daybook/date.h>
#include <daybook/declared.h>
#include <daybook/escape.h>
#include <daybook/view_cursor.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int dbk_audit_claims_open(struct dbk_audit_claims *claims, struct dbk_audit_result *result,
                          const struct dbk_audit_options *options, struct dbk_book *book,
                          struct dbk_err *err)
{
    size_t count = (size_t)dbk_book_partition_count(book);
    *claims = (struct dbk_audit_claims){.result = result, .options = options, .book = book};
    claims->first = calloc(count, sizeof(struct dbk_claim *));
    claims->first_count = calloc(count, sizeof *claims->first_count);
    result->negative = json_array();
    result->declared = json_array();
    return claims->first != NULL && claims->first_count != NULL && result->negative != NULL &&
                   result->declared != NULL
               ? 0
               : dbk_err_set(err, DBK_ENOMEM, "out of memory.");
}

void dbk_audit_claims_close(struct dbk_audit_claims *claims)
{
    for (int32_t p = 0; claims->first != NULL && p < dbk_book_partition_count(claims->book); p++)
        free(claims->first[p]);
    free(claims->first);
    free(claims->first_count);
}

/** The claim of an account, or NULL: out of memory. */
static struct dbk_claim *claim_of(struct dbk_audit_claims *claims, int32_t partition,
                                  uint32_t account)
{
    uint32_t count = dbk_ledger_account_count(dbk_book_ledger(claims->book, partition));
    uint32_t had = claims->first_count[partition];
    if (account >= had) {
        struct dbk_claim *larger = realloc(claims->first[partition], count * sizeof *larger);
        if (larger == NULL)
            return NULL;
        memset(larger + had, 0, (count - had) * sizeof *larger);
        claims->first[partition] = larger;
        claims->first_count[partition] = count;
    }
    return &claims->first[partition][account];
}

int dbk_audit_claims_check(struct dbk_audit_claims *claims, const struct dbk_changes *changes,
                           struct dbk_err *err)
{
    for (size_t i = 0; i < changes->count; i++) {
        const struct dbk_entry *entry = &changes->entries[i];
        const struct dbk_event *event = &entry->event;
        if (entry->posting.verdict != DBK_POSTED ||
            !dbk_report_is_wanted(&claims->result->report, event->account))
            continue;
        claims->result->floorless_count += event->type == DBK_WITHDRAWAL && !event->has_floor;
        if (!event->has_declared || event->declared_minor == entry->posting.balance_minor)
            continue;
        struct dbk_claim *claim = claim_of(claims, entry->record.partition, entry->posting.account);
        if (claim == NULL)
            return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
        claims->result->declared_row_count++;
        if (!claim->there)
            *claim = (struct dbk_claim){true, entry->record.offset, event->date_s,
                                        entry->posting.balance_minor, event->declared_minor};
    }
    return 0;
}

/** What the rest of the day says about a claim. */
struct day {
    struct dbk_declared_row *rows;
    size_t count;
    size_t capacity;
    int64_t opening_minor;
    int64_t closing_minor;
    bool complete; /* every row declares a balance */
    bool closes;   /* some row declares the balance after the day's last */
    bool reordered;
};

static int add_day_row(struct day *day, const struct dbk_row *row)
{
    int64_t amount_minor = row->values[0].integer;
    if (day->count == day->capacity) {
        size_t larger = day->capacity == 0 ? 16 : day->capacity * 2;
        void *moved = realloc(day->rows, larger * sizeof *day->rows);
        if (moved == NULL)
            return DBK_ENOMEM;
        day->rows = moved;
        day->capacity = larger;
    }
    if (day->count == 0 &&
        !dbk_money_subtract(&day->opening_minor, row->values[2].integer, amount_minor))
        day->complete = false;
    day->closing_minor = row->values[2].integer;
    day->complete = day->complete && row->values[1].kind == DBK_VALUE_INTEGER;
    day->rows[day->count++] = (struct dbk_declared_row){amount_minor, row->values[1].integer};
    return 0;
}

static int look_at_day(struct day *day, struct dbk_view *view, int64_t account_id, int64_t date_s,
                       struct dbk_err *err)
{
    struct dbk_view_cursor *cursor = NULL;
    const struct dbk_row *row;
    const int64_t parameters[] = {account_id, dbk_date_day(date_s) * DBK_SECONDS_PER_DAY};
    day->count = 0;
    day->complete = true;
    day->closes = day->reordered = false;
    int code = dbk_view_cursor_open(&cursor, view, DBK_WALK_ACCOUNT_DAY, parameters, err);
    if (code == 0)
        code = dbk_view_cursor_next(cursor, err);
    while (code == 0 && (row = dbk_view_cursor_row(cursor)) != NULL) {
        if (add_day_row(day, row) != 0)
            code = dbk_err_set(err, DBK_ENOMEM, "out of memory.");
        if (code == 0)
            code = dbk_view_cursor_next(cursor, err);
    }
    dbk_view_cursor_close(cursor);
    for (size_t i = 0; i < day->count; i++)
        day->closes = day->closes || day->rows[i].declared_minor == day->closing_minor;
    if (code == 0 && day->complete &&
        dbk_declared_reordered(&day->reordered, day->opening_minor, day->rows, day->count) != 0)
        code = dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    return code;
}

static const char *explain(const struct day *day)
{
    if (day->reordered)
        return "the day's rows agree in another order";
    return day->closes ? "the day's closing balance agrees again"
                       : "the day's closing balance disagrees too";
}

static void show(struct dbk_audit_claims *claims, int32_t partition,
                 const struct dbk_account *account, const struct dbk_claim *claim,
                 const struct day *day)
{
    char date[DBK_DATE_TEXT_SIZE];
    char expected[DBK_MONEY_TEXT_SIZE];
    char declared[DBK_MONEY_TEXT_SIZE];
    dbk_date_format(date, claim->date_s);
    if (claims->options->json) {
        json_t *object = json_object();
        dbk_json_set_text(object, "account", account->name);
        dbk_json_set_position(object, "at", partition, claim->offset);
        json_object_set_new(object, "date", json_string(date));
        dbk_json_set_amount(object, "expected", claim->expected_minor);
        dbk_json_set_amount(object, "declared", claim->declared_minor);
        json_object_set_new(object, "reordered", json_boolean(day->reordered));
        json_object_set_new(object, "closing_agrees", json_boolean(day->reordered || day->closes));
        json_array_append_new(claims->result->declared, object);
        return;
    }
    char *name = dbk_escape_terminal(account->name, true);
    dbk_money_format(expected, claim->expected_minor);
    dbk_money_format(declared, claim->declared_minor);
    printf("declared %s: its source says %s, the ledger has %s; first at %" PRId32 ":%" PRId64
           " of %.10s; %s\n",
           name != NULL ? name : "?", declared, expected, partition, claim->offset, date,
           explain(day));
    free(name);
}

static void note_negative(struct dbk_audit_claims *claims, int32_t partition,
                          const struct dbk_account *account)
{
    if (account->balance_minor >= 0 ||
        claims->result->negative_count++ >= claims->options->print_max)
        return;
    json_t *object = json_object();
    dbk_json_set_text(object, "account", account->name);
    dbk_json_set_amount(object, "balance", account->balance_minor);
    dbk_json_set_position(object, "at", partition, account->last_offset);
    json_array_append_new(claims->result->negative, object);
}

int dbk_audit_claims_report(struct dbk_audit_claims *claims, struct dbk_view *view,
                            struct dbk_err *err)
{
    struct day day = {.rows = NULL};
    int32_t count = dbk_book_partition_count(claims->book);
    int code = 0;
    for (int32_t p = 0; code == 0 && p < count; p++) {
        struct dbk_ledger *ledger = dbk_book_ledger(claims->book, p);
        for (uint32_t i = 0; code == 0 && i < dbk_ledger_account_count(ledger); i++) {
            const struct dbk_account *account = dbk_ledger_account(ledger, i);
            const struct dbk_claim *claim =
                i < claims->first_count[p] ? &claims->first[p][i] : NULL;
            if (!dbk_report_is_wanted(&claims->result->report, account->name))
                continue;
            note_negative(claims, p, account);
            if (claim == NULL || !claim->there)
                continue;
            code = look_at_day(&day, view, (int64_t)i * count + p, claim->date_s, err);
            if (code != 0)
                break;
            claims->result->declared_reordered_count += day.reordered;
            if (claims->result->declared_account_count++ < claims->options->print_max)
                show(claims, p, account, claim, &day);
        }
    }
    free(day.rows);
    return code;
}
