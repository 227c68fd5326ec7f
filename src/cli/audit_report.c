#include "audit_report.h"

#include "json_out.h"

#include <daybook/date.h>
#include <daybook/escape.h>
#include <daybook/money.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** "0:42", or "0:4096-8191". */
static void format_place(char *text, size_t size, const struct dbk_difference *difference)
{
    text[0] = '\0';
    if (difference->offset_first < 0)
        return;
    int length = snprintf(text, size, "%" PRId32 ":%" PRId64, difference->partition,
                          difference->offset_first);
    if (difference->offset_last > difference->offset_first)
        snprintf(text + length, size - (size_t)length, "-%" PRId64, difference->offset_last);
}

/** Texts come from damaged files, too: what is no UTF-8 is escaped. */
static void set_string(json_t *object, const char *name, const char *string)
{
    dbk_json_set_text(object, name, (struct dbk_text){string, (uint32_t)strlen(string)});
}

static void open_json(struct dbk_report *report)
{
    fputs(report->begun ? "," : "{\"differences\":[", stdout);
    report->begun = true;
}

/** What to do about it: a view is not made anew from a log that is in question. */
static const char *next_step(const struct dbk_report *report,
                             const struct dbk_difference *difference)
{
    if (difference->next != NULL)
        return difference->next;
    return report->log_differs ? "keep the view and all copies of the log"
                               : "daybook project --reset";
}

static void print_json(struct dbk_report *report, const struct dbk_difference *difference,
                       const char *place, const char *date)
{
    json_t *object = json_object();
    set_string(object, "check", difference->check);
    if (difference->account.length > 0)
        dbk_json_set_text(object, "account", difference->account);
    set_string(object, "what", difference->what);
    set_string(object, "expected", difference->expected);
    set_string(object, "stored", difference->stored);
    if (difference->difference != NULL)
        set_string(object, "difference", difference->difference);
    if (place[0] != '\0')
        set_string(object, "at", place);
    if (date[0] != '\0')
        set_string(object, "date", date);
    set_string(object, "next", next_step(report, difference));
    char *text = json_dumps(object, JSON_COMPACT);
    report->failed = report->failed || text == NULL;
    open_json(report);
    fputs(text != NULL ? text : "{}", stdout);
    free(text);
    json_decref(object);
}

int dbk_report_end_json(struct dbk_report *report, json_t *rest, struct dbk_err *err)
{
    char *text = json_dumps(rest, JSON_COMPACT);
    json_decref(rest);
    if (text == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    if (!report->begun)
        open_json(report);
    report->begun = false;
    printf("],%s\n", text + 1); /* without its own opening brace */
    free(text);
    return 0;
}

bool dbk_report_is_wanted(const struct dbk_report *report, struct dbk_text account)
{
    return report->only.length == 0 ||
           (report->only.length == account.length &&
            memcmp(report->only.bytes, account.bytes, account.length) == 0);
}

void dbk_report_difference(struct dbk_report *report, const struct dbk_difference *difference)
{
    char place[72];
    char date[DBK_DATE_TEXT_SIZE] = "";
    const struct dbk_text *account = &difference->account;
    if (account->length > 0 && !dbk_report_is_wanted(report, *account))
        return;
    static const char *const of_log[] = {"log", "digests", "checkpoints", "receipt", "settings"};
    for (size_t i = 0; i < sizeof of_log / sizeof of_log[0]; i++)
        report->log_differs = report->log_differs || strcmp(difference->check, of_log[i]) == 0;
    if (report->difference_count++ >= report->print_max)
        return;
    format_place(place, sizeof place, difference);
    if (difference->has_date)
        dbk_date_format(date, difference->date_s);
    if (report->json) {
        print_json(report, difference, place, date);
        return;
    }
    char *name = dbk_escape_terminal(*account, true);
    report->failed = report->failed || name == NULL;
    printf("%s%s%s: %s: expected %s, stored %s", difference->check, account->length > 0 ? " " : "",
           name != NULL ? name : "?", difference->what, difference->expected, difference->stored);
    if (difference->difference != NULL)
        printf(", difference %s", difference->difference);
    if (place[0] != '\0')
        printf("; at %s", place);
    if (date[0] != '\0')
        printf("%s %.10s", place[0] != '\0' ? " of" : "; on", date);
    printf("; %s\n", next_step(report, difference));
    free(name);
}

static void hexadecimal(char *text, struct dbk_text bytes)
{
    size_t shown = bytes.length < 16 ? bytes.length : 16;
    for (size_t i = 0; i < shown; i++)
        snprintf(text + 2 * i, 3, "%02x", (unsigned char)bytes.bytes[i]);
    snprintf(text + 2 * shown, 32, "%s (%" PRIu32 " bytes)", bytes.length > shown ? "…" : "",
             bytes.length);
}

static void format_integer(char *text, int64_t integer, enum dbk_column_kind kind)
{
    /* Years 0000 to 9999; whatever else is stored is shown as a number. */
    static const int64_t first_s = -62167219200;
    static const int64_t last_s = 253402300799;
    int64_t seconds = 0;
    bool is_date = kind == DBK_COLUMN_DATE || kind == DBK_COLUMN_DAY;
    if (is_date)
        is_date = !__builtin_mul_overflow(integer, kind == DBK_COLUMN_DAY ? DBK_SECONDS_PER_DAY : 1,
                                          &seconds) &&
                  seconds >= first_s && seconds <= last_s;
    if (kind == DBK_COLUMN_AMOUNT)
        dbk_money_format(text, integer);
    else if (is_date)
        text[dbk_date_format(text, seconds) - (kind == DBK_COLUMN_DAY ? 10 : 0)] = '\0';
    else
        snprintf(text, DBK_REPORT_VALUE_SIZE, "%" PRId64, integer);
}

/** At most 100 bytes of it, cut between two characters. */
static void quote(char *text, const char *escaped)
{
    size_t length = strlen(escaped);
    size_t cut = length > 100 ? 100 : length;
    while (cut < length && ((unsigned char)escaped[cut] & 0xc0) == 0x80)
        cut--;
    snprintf(text, DBK_REPORT_VALUE_SIZE, "\"%.*s\"%s", (int)cut, escaped, cut < length ? "…" : "");
}

void dbk_report_value(char *text, const struct dbk_value *value, enum dbk_column_kind kind)
{
    char *escaped;
    switch (value->kind) {
    case DBK_VALUE_NULL:
        snprintf(text, DBK_REPORT_VALUE_SIZE, "nothing");
        break;
    case DBK_VALUE_INTEGER:
        format_integer(text, value->integer, kind);
        break;
    case DBK_VALUE_TEXT:
        escaped = dbk_escape_terminal(value->text, true);
        quote(text, escaped != NULL ? escaped : "?");
        free(escaped);
        break;
    case DBK_VALUE_BLOB:
        hexadecimal(text, value->text);
        break;
    case DBK_VALUE_OTHER:
        snprintf(text, DBK_REPORT_VALUE_SIZE, "a value of another type");
        break;
    }
}

bool dbk_report_row(struct dbk_report *report, const struct dbk_difference *like,
                    const struct dbk_audit_column *columns, const struct dbk_row *expected,
                    const struct dbk_row *stored)
{
    bool same = true;
    for (int i = 0; i < expected->count; i++) {
        const struct dbk_value *want = &expected->values[i];
        const struct dbk_value *have = &stored->values[i];
        if (columns[i].name == NULL || (i < stored->count && dbk_value_equal(want, have)))
            continue;
        char want_text[DBK_REPORT_VALUE_SIZE];
        char have_text[DBK_REPORT_VALUE_SIZE];
        char by[DBK_MONEY_SUM_TEXT_SIZE];
        struct dbk_difference difference = *like;
        dbk_report_value(want_text, want, columns[i].kind);
        dbk_report_value(have_text, have, columns[i].kind);
        difference.what = columns[i].name;
        difference.expected = want_text;
        difference.stored = have_text;
        if (want->kind == DBK_VALUE_INTEGER && have->kind == DBK_VALUE_INTEGER &&
            columns[i].kind == DBK_COLUMN_AMOUNT) {
            dbk_money_format_sum(by, (dbk_int128)have->integer - want->integer);
            difference.difference = by;
        }
        dbk_report_difference(report, &difference);
        same = false;
    }
    return same;
}

/** An account with every byte a quote, in quotes. */
#define QUOTED_MAX (DBK_ACCOUNT_MAX * 4 + 2)

/** Letters, digits and what else needs no quotes in a shell. */
static bool is_plain(struct dbk_text text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    for (uint32_t i = 0; i < text.length; i++)
        if (memchr(plain, text.bytes[i], sizeof plain - 1) == NULL)
            return false;
    return text.length > 0 && text.bytes[0] != '-';
}

/** The account as one word of a shell. */
static struct dbk_text quote_word(char *quoted, struct dbk_text account)
{
    size_t used = 0;
    bool plain = is_plain(account);
    if (!plain)
        quoted[used++] = '\'';
    for (uint32_t i = 0; i < account.length && i < DBK_ACCOUNT_MAX; i++) {
        if (account.bytes[i] == '\'') {
            memcpy(quoted + used, "'\\''", 4);
            used += 4;
        } else {
            quoted[used++] = account.bytes[i];
        }
    }
    if (!plain)
        quoted[used++] = '\'';
    return (struct dbk_text){quoted, (uint32_t)used};
}

void dbk_report_history(char *command, struct dbk_text account, int32_t partition, int64_t offset)
{
    char room[QUOTED_MAX];
    struct dbk_text word = quote_word(room, account);
    snprintf(command, DBK_REPORT_COMMAND_SIZE, "daybook history %.*s --from %" PRId32 ":%" PRId64,
             (int)word.length, word.bytes, partition, offset);
}

void dbk_report_history_of_day(char *command, struct dbk_text account, int64_t date_s)
{
    char room[QUOTED_MAX];
    char date[DBK_DATE_TEXT_SIZE];
    struct dbk_text word = quote_word(room, account);
    dbk_date_format(date, date_s);
    snprintf(command, DBK_REPORT_COMMAND_SIZE, "daybook history %.*s --from %.10s --to %.10s",
             (int)word.length, word.bytes, date, date);
}
