#include <daybook/date.h>
#include <daybook/err.h>
#include <daybook/event.h>
#include <daybook/money.h>

#include "event_json.h"

#include <string.h>

struct dbk_text dbk_text_of(const char *string)
{
    return (struct dbk_text){string, (uint32_t)strlen(string)};
}

const char *dbk_malformed_text(enum dbk_malformed malformed)
{
    static const char *const texts[DBK_MALFORMED_COUNT] = {
        [DBK_WELL_FORMED] = "",
        [DBK_MALFORMED_EMPTY] = "the value is empty",
        [DBK_MALFORMED_JSON] = "the value is not a JSON object with each field once",
        [DBK_MALFORMED_DATE] = "transaction_date is not a date as YYYY-MM-DDTHH:MM:SSZ",
        [DBK_MALFORMED_ACCOUNT] = "account is not 1 to 64 bytes of plain text",
        [DBK_MALFORMED_VALUE] = "transaction_value is not an amount above 0 with two decimals",
        [DBK_MALFORMED_BALANCE] = "balance is not an amount with two decimals",
        [DBK_MALFORMED_TYPE] = "transaction_type is neither deposit nor withdrawal",
        [DBK_MALFORMED_SOURCE] = "source and seq are not a short text and a number, together",
        [DBK_MALFORMED_FLOOR] = "floor is not an amount with two decimals",
        [DBK_MALFORMED_MEMO] = "memo is not at most 200 bytes of plain text",
        [DBK_MALFORMED_KEY] = "the key is not the account",
    };
    return texts[malformed];
}

/** What is left to read of a canonical event. */
struct cursor {
    const char *p;
    const char *end;
};

/** Step over text. @return false, and stay, where something else is there. */
static bool skip(struct cursor *cursor, const char *text, size_t length)
{
    if ((size_t)(cursor->end - cursor->p) < length || memcmp(cursor->p, text, length) != 0)
        return false;
    cursor->p += length;
    return true;
}

#define SKIP(cursor, literal) skip(cursor, literal, sizeof(literal) - 1)

/** Take the bytes up to the closing quote. Text with an escape is not for the short path. */
static bool take_text(struct cursor *cursor, struct dbk_text *text)
{
    const char *start = cursor->p;
    const char *p = start;
    while (p < cursor->end && *p != '"' && *p != '\\')
        p++;
    if (p == cursor->end || *p == '\\')
        return false;
    *text = (struct dbk_text){start, (uint32_t)(p - start)};
    cursor->p = p + 1;
    return true;
}

static bool take_amount(struct cursor *cursor, int64_t *amount_minor)
{
    struct dbk_text text;
    return take_text(cursor, &text) && text.length >= 4 && text.bytes[text.length - 3] == '.' &&
           dbk_money_parse(amount_minor, text.bytes, text.length);
}

static bool take_seq(struct cursor *cursor, int64_t *seq)
{
    const char *start = cursor->p;
    int64_t number = 0;
    for (; cursor->p < cursor->end && *cursor->p >= '0' && *cursor->p <= '9'; cursor->p++)
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, *cursor->p - '0', &number))
            return false;
    size_t length = (size_t)(cursor->p - start);
    *seq = number;
    return length == 1 || (length > 1 && *start != '0');
}

/** Read the form that dbk_event_encode writes. @return false where it is any other. */
static bool decode_canonical(struct dbk_event *event, struct cursor cursor)
{
    struct cursor *c = &cursor;
    struct dbk_text date;
    *event = (struct dbk_event){.type = DBK_DEPOSIT};
    if (!SKIP(c, "{\"transaction_date\":\"") || !take_text(c, &date) || date.length != 20 ||
        !dbk_date_parse(&event->date_s, date.bytes, date.length))
        return false;
    if (!SKIP(c, ",\"account\":\"") || !take_text(c, &event->account))
        return false;
    if (!SKIP(c, ",\"transaction_value\":\"") || !take_amount(c, &event->value_minor))
        return false;
    if (SKIP(c, ",\"balance\":\"")) {
        event->has_declared = true;
        if (!take_amount(c, &event->declared_minor))
            return false;
    }
    if (SKIP(c, ",\"transaction_type\":\"withdrawal\""))
        event->type = DBK_WITHDRAWAL;
    else if (!SKIP(c, ",\"transaction_type\":\"deposit\""))
        return false;
    if (SKIP(c, ",\"source\":\"") && (!take_text(c, &event->source) || event->source.length == 0 ||
                                      !SKIP(c, ",\"seq\":") || !take_seq(c, &event->seq)))
        return false;
    if (SKIP(c, ",\"floor\":\"")) {
        event->has_floor = true;
        if (!take_amount(c, &event->floor_minor))
            return false;
    }
    if (SKIP(c, ",\"memo\":\"") && (!take_text(c, &event->memo) || event->memo.length == 0))
        return false;
    return SKIP(c, "}") && c->p == c->end;
}

enum dbk_malformed dbk_event_check(const struct dbk_event *event)
{
    struct dbk_civil civil;
    int64_t date_s = 0;
    dbk_date_to_civil(&civil, event->date_s);
    if (!dbk_date_from_civil(&date_s, &civil) || date_s != event->date_s)
        return DBK_MALFORMED_DATE;
    if (!dbk_text_is_clean(event->account, DBK_ACCOUNT_MAX, true))
        return DBK_MALFORMED_ACCOUNT;
    if (event->value_minor <= 0)
        return DBK_MALFORMED_VALUE;
    if (event->type != DBK_DEPOSIT && event->type != DBK_WITHDRAWAL)
        return DBK_MALFORMED_TYPE;
    if (event->source.length > 0 &&
        (!dbk_text_is_clean(event->source, DBK_SOURCE_MAX, false) || event->seq < 0))
        return DBK_MALFORMED_SOURCE;
    if (event->memo.length > 0 && !dbk_text_is_clean(event->memo, DBK_MEMO_MAX, false))
        return DBK_MALFORMED_MEMO;
    return DBK_WELL_FORMED;
}

/** The rules on the texts and signs, once the fields are read. */
static bool texts_are_valid(const struct dbk_event *event)
{
    return event->value_minor > 0 && dbk_text_is_clean(event->account, DBK_ACCOUNT_MAX, true) &&
           (event->source.length == 0 || dbk_text_is_clean(event->source, DBK_SOURCE_MAX, false)) &&
           (event->memo.length == 0 || dbk_text_is_clean(event->memo, DBK_MEMO_MAX, false));
}

static enum dbk_malformed check_key(const struct dbk_event *event, const struct dbk_record *record)
{
    if (record->key_length == DBK_LENGTH_NULL)
        return DBK_WELL_FORMED;
    bool same = (uint32_t)record->key_length == event->account.length &&
                memcmp(record->key, event->account.bytes, event->account.length) == 0;
    return same ? DBK_WELL_FORMED : DBK_MALFORMED_KEY;
}

enum dbk_malformed dbk_event_decode_general(struct dbk_event *event, bool *failed, char *scratch,
                                            const struct dbk_record *record)
{
    if (record->value_length <= 0)
        return DBK_MALFORMED_EMPTY;
    enum dbk_malformed malformed =
        dbk_event_decode_json(event, failed, scratch, record->value, (size_t)record->value_length);
    return malformed != DBK_WELL_FORMED ? malformed : check_key(event, record);
}

enum dbk_malformed dbk_event_decode(struct dbk_event *event, bool *failed, char *scratch,
                                    const struct dbk_record *record)
{
    if (record->value_length <= 0)
        return DBK_MALFORMED_EMPTY;
    const char *value = record->value;
    if (decode_canonical(event, (struct cursor){value, value + record->value_length}) &&
        texts_are_valid(event))
        return check_key(event, record);
    return dbk_event_decode_general(event, failed, scratch, record);
}

static char *put(char *p, const char *text, size_t length)
{
    memcpy(p, text, length);
    return p + length;
}

#define PUT(p, literal) put(p, literal, sizeof(literal) - 1)

/** The texts hold no control characters, so these are the only two that JSON must escape. */
static char *put_text(char *p, struct dbk_text text)
{
    for (uint32_t i = 0; i < text.length; i++) {
        if (text.bytes[i] == '"' || text.bytes[i] == '\\')
            *p++ = '\\';
        *p++ = text.bytes[i];
    }
    return p;
}

static char *put_amount(char *p, int64_t amount_minor)
{
    char text[DBK_MONEY_TEXT_SIZE];
    return put(p, text, dbk_money_format(text, amount_minor));
}

static char *put_seq(char *p, int64_t seq)
{
    char digits[20];
    char *first = digits + sizeof digits;
    do {
        *--first = (char)('0' + seq % 10);
        seq /= 10;
    } while (seq > 0);
    return put(p, first, (size_t)(digits + sizeof digits - first));
}

size_t dbk_event_encode(char *json, const struct dbk_event *event)
{
    char date[DBK_DATE_TEXT_SIZE];
    DBK_ASSERT(event->value_minor > 0 && event->account.length <= DBK_ACCOUNT_MAX &&
               event->source.length <= DBK_SOURCE_MAX && event->memo.length <= DBK_MEMO_MAX);
    char *p = PUT(json, "{\"transaction_date\":\"");
    p = put(p, date, dbk_date_format(date, event->date_s));
    p = PUT(p, "\",\"account\":\"");
    p = put_text(p, event->account);
    p = PUT(p, "\",\"transaction_value\":\"");
    p = put_amount(p, event->value_minor);
    if (event->has_declared) {
        p = PUT(p, "\",\"balance\":\"");
        p = put_amount(p, event->declared_minor);
    }
    p = PUT(p, "\",\"transaction_type\":\"");
    p = event->type == DBK_DEPOSIT ? PUT(p, "deposit\"") : PUT(p, "withdrawal\"");
    if (event->source.length > 0) {
        p = PUT(p, ",\"source\":\"");
        p = put_text(p, event->source);
        p = PUT(p, "\",\"seq\":");
        p = put_seq(p, event->seq);
    }
    if (event->has_floor) {
        p = PUT(p, ",\"floor\":\"");
        p = put_amount(p, event->floor_minor);
        p = PUT(p, "\"");
    }
    if (event->memo.length > 0) {
        p = PUT(p, ",\"memo\":\"");
        p = put_text(p, event->memo);
        p = PUT(p, "\"");
    }
    p = PUT(p, "}");
    return (size_t)(p - json);
}
