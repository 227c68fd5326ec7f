#include "event_json.h"

#include <daybook/date.h>
#include <daybook/money.h>

#include <jansson.h>

#include <string.h>

/** A field that is there; JSON null counts as absent. */
static json_t *field(json_t *root, const char *name)
{
    json_t *value = json_object_get(root, name);
    return json_is_null(value) ? NULL : value;
}

/** Amounts may be texts or numbers; a declared balance was computed in floating point. */
static bool read_amount(int64_t *amount_minor, json_t *value, bool declared)
{
    if (json_is_string(value))
        return dbk_money_parse(amount_minor, json_string_value(value), json_string_length(value));
    if (json_is_integer(value)) {
        const json_int_t limit = 10000000000000; /* 10^15 minor units */
        json_int_t whole = json_integer_value(value);
        if (whole < -limit || whole > limit)
            return false;
        *amount_minor = whole * 100;
        return true;
    }
    if (!json_is_real(value))
        return false;
    return declared ? dbk_money_round_double(amount_minor, json_real_value(value))
                    : dbk_money_from_double(amount_minor, json_real_value(value));
}

/** Copy a text of at most max bytes to scratch, because it dies with the JSON tree. */
static bool read_text(struct dbk_text *text, char *scratch, json_t *value, size_t max, bool trimmed)
{
    if (!json_is_string(value) || json_string_length(value) > max)
        return false;
    *text = (struct dbk_text){scratch, (uint32_t)json_string_length(value)};
    memcpy(scratch, json_string_value(value), text->length);
    return dbk_text_is_clean(*text, max, trimmed);
}

static bool read_date(int64_t *date_s, json_t *value)
{
    return json_is_string(value) &&
           dbk_date_parse(date_s, json_string_value(value), json_string_length(value));
}

static bool read_type(enum dbk_transaction_type *type, json_t *value)
{
    const char *word = json_string_value(value); /* NULL where it is no string */
    if (word == NULL)
        return false;
    size_t length = json_string_length(value);
    if (length == 7 && memcmp(word, "deposit", 7) == 0)
        *type = DBK_DEPOSIT;
    else if (length == 10 && memcmp(word, "withdrawal", 10) == 0)
        *type = DBK_WITHDRAWAL;
    else
        return false;
    return true;
}

static bool read_source(struct dbk_event *event, char *scratch, json_t *root)
{
    json_t *source = field(root, "source");
    json_t *seq = field(root, "seq");
    if (source == NULL && seq == NULL)
        return true;
    if (!json_is_integer(seq) || json_integer_value(seq) < 0)
        return false;
    event->seq = json_integer_value(seq);
    return read_text(&event->source, scratch, source, DBK_SOURCE_MAX, false);
}

static bool read_memo(struct dbk_event *event, char *scratch, json_t *value)
{
    if (value == NULL || (json_is_string(value) && json_string_length(value) == 0))
        return true;
    return read_text(&event->memo, scratch, value, DBK_MEMO_MAX, false);
}

static bool read_optional_amount(bool *present, int64_t *amount_minor, json_t *value, bool declared)
{
    *present = value != NULL;
    return value == NULL || read_amount(amount_minor, value, declared);
}

/** The fields in the order of enum dbk_malformed, so that the first broken rule is the answer. */
static enum dbk_malformed read_fields(struct dbk_event *event, char *scratch, json_t *root)
{
    char *source_scratch = scratch + DBK_ACCOUNT_MAX;
    char *memo_scratch = source_scratch + DBK_SOURCE_MAX;
    *event = (struct dbk_event){.type = DBK_DEPOSIT};
    if (!read_date(&event->date_s, field(root, "transaction_date")))
        return DBK_MALFORMED_DATE;
    if (!read_text(&event->account, scratch, field(root, "account"), DBK_ACCOUNT_MAX, true))
        return DBK_MALFORMED_ACCOUNT;
    if (!read_amount(&event->value_minor, field(root, "transaction_value"), false) ||
        event->value_minor <= 0)
        return DBK_MALFORMED_VALUE;
    if (!read_optional_amount(&event->has_declared, &event->declared_minor, field(root, "balance"),
                              true))
        return DBK_MALFORMED_BALANCE;
    if (!read_type(&event->type, field(root, "transaction_type")))
        return DBK_MALFORMED_TYPE;
    if (!read_source(event, source_scratch, root))
        return DBK_MALFORMED_SOURCE;
    if (!read_optional_amount(&event->has_floor, &event->floor_minor, field(root, "floor"), false))
        return DBK_MALFORMED_FLOOR;
    if (!read_memo(event, memo_scratch, field(root, "memo")))
        return DBK_MALFORMED_MEMO;
    return DBK_WELL_FORMED;
}

enum dbk_malformed dbk_event_decode_json(struct dbk_event *event, bool *failed, char *scratch,
                                         const char *value, size_t length)
{
    json_error_t error;
    json_t *root = json_loadb(value, length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (root == NULL) {
        /* The parser gives no text where it ran out of memory: that is no fault of the event. */
        if (error.text[0] == '\0' || json_error_code(&error) == json_error_out_of_memory)
            *failed = true;
        return DBK_MALFORMED_JSON;
    }
    enum dbk_malformed malformed =
        json_is_object(root) ? read_fields(event, scratch, root) : DBK_MALFORMED_JSON;
    json_decref(root);
    return malformed;
}
