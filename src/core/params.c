#include "params.h"

#include <daybook/escape.h>

#include <string.h>

static const char *const expected_texts[DBK_EXPECTED_COUNT] = {
    [DBK_EXPECTED_NOTHING] = "no such parameter is known here",
    [DBK_EXPECTED_ONCE] = "it can be given only once",
    [DBK_EXPECTED_ACCOUNT] = "an account's name of 1 to 64 bytes was expected",
    [DBK_EXPECTED_TYPE] = "deposit or withdrawal was expected",
    [DBK_EXPECTED_DAY] = "a day as YYYY-MM-DD was expected",
    [DBK_EXPECTED_LATER_DAY] = "a day that is not before from was expected",
    [DBK_EXPECTED_PERIOD] = "today, 7days, month or year was expected, without from and to",
    [DBK_EXPECTED_AMOUNT] = "an amount of at least 0 with up to two decimals was expected",
    [DBK_EXPECTED_LARGER] = "an amount that is not less than min was expected",
    [DBK_EXPECTED_TEXT] = "a text of up to 200 bytes without control characters was expected",
    [DBK_EXPECTED_SORT] = "a column that this list can be sorted by was expected",
    [DBK_EXPECTED_ORDER] = "asc or desc was expected",
    [DBK_EXPECTED_SIGN] = "negative was expected",
    [DBK_EXPECTED_REASON] =
        "absent, malformed, misrouted, duplicate, overdraft or overflow was expected",
    [DBK_EXPECTED_TOKEN] = "a token that was given for this list in this order was expected",
    [DBK_EXPECTED_ONE_PLACE] = "next and before cannot be given together",
};

const char *dbk_expected_text(enum dbk_expected expected)
{
    return expected_texts[expected];
}

bool dbk_params_fail(struct dbk_param_problem *problem, const char *name,
                     enum dbk_expected expected)
{
    size_t length = strlen(name);
    if (length >= sizeof problem->name)
        length = sizeof problem->name - 1;
    memcpy(problem->name, name, length);
    problem->name[length] = '\0';
    problem->expected = expected;
    return false;
}

static bool is_one_of(const char *const *names, const char *name)
{
    for (; names != NULL && *names != NULL; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

bool dbk_params_read(const struct dbk_field *fields, size_t field_count, void *selection,
                     const struct dbk_param *params, size_t count, const char *const *others,
                     struct dbk_param_problem *problem)
{
    for (size_t i = 0; i < count; i++) {
        const struct dbk_param *param = &params[i];
        const struct dbk_field *field = NULL;
        for (size_t j = 0; field == NULL && j < field_count; j++)
            if (strcmp(fields[j].name, param->name) == 0)
                field = &fields[j];
        if (field == NULL && !is_one_of(others, param->name))
            return dbk_params_fail(problem, param->name, DBK_EXPECTED_NOTHING);
        for (size_t j = 0; j < i; j++)
            if (strcmp(params[j].name, param->name) == 0)
                return dbk_params_fail(problem, param->name, DBK_EXPECTED_ONCE);
        if (field != NULL && param->value[0] != '\0' && !field->read(selection, param->value))
            return dbk_params_fail(problem, param->name, field->expected);
    }
    return true;
}

/** Append "name=" in front of which an ampersand stands where out is not empty. */
static void begin(struct dbk_buffer *out, const char *name)
{
    if (out->length > 0)
        dbk_buffer_add_string(out, "&");
    dbk_buffer_add_string(out, name);
    dbk_buffer_add_string(out, "=");
}

void dbk_params_add(struct dbk_buffer *out, const char *name, const char *value)
{
    begin(out, name);
    dbk_escape_url(out, (struct dbk_text){value, (uint32_t)strlen(value)});
}

bool dbk_params_text(char *out, size_t max, const char *value, bool trimmed)
{
    size_t length = strlen(value);
    while (trimmed && *value == ' ') {
        value++;
        length--;
    }
    while (trimmed && length > 0 && value[length - 1] == ' ')
        length--;
    if (length > max || !dbk_text_is_clean((struct dbk_text){value, (uint32_t)length}, max, false))
        return false;
    memcpy(out, value, length);
    out[length] = '\0';
    return true;
}

int dbk_params_choice(const char *const *names, int count, const char *value)
{
    for (int i = 0; i < count; i++)
        if (names[i] != NULL && strcmp(names[i], value) == 0)
            return i;
    return -1;
}

/* --- tokens: letters, numbers and a name in hexadecimal, divided by points --- */

static const char hex_digits[] = "0123456789abcdef";

void dbk_token_begin(struct dbk_buffer *token, char list, int sort, bool ascending)
{
    char head[3] = {list, (char)('0' + sort), ascending ? 'a' : 'd'};
    dbk_buffer_add(token, head, sizeof head);
}

void dbk_token_integer(struct dbk_buffer *token, int64_t number)
{
    dbk_buffer_add_string(token, ".");
    dbk_buffer_add_integer(token, number);
}

void dbk_token_name(struct dbk_buffer *token, struct dbk_text name)
{
    dbk_buffer_add_string(token, ".");
    for (uint32_t i = 0; i < name.length && i < DBK_ACCOUNT_MAX; i++) {
        unsigned char byte = (unsigned char)name.bytes[i];
        char pair[2] = {hex_digits[byte >> 4], hex_digits[byte & 15]};
        dbk_buffer_add(token, pair, sizeof pair);
    }
}

void dbk_token_finish(struct dbk_buffer *token, char *out)
{
    bool fits = !token->failed && token->length < DBK_TOKEN_SIZE;
    DBK_ASSERT(token->failed || fits);
    memcpy(out, fits ? token->bytes : "", fits ? token->length + 1 : 1);
    dbk_buffer_clear(token);
}

struct dbk_token_reader dbk_token_read(const char *token, char list, int sort, bool ascending)
{
    bool right = token[0] == list && token[1] == '0' + sort && token[2] == (ascending ? 'a' : 'd');
    return (struct dbk_token_reader){right ? token + 3 : "", !right};
}

int64_t dbk_token_read_integer(struct dbk_token_reader *reader, int64_t lowest)
{
    const char *p = reader->rest;
    int64_t number = 0;
    bool negative = p[0] == '.' && p[1] == '-';
    bool good = p[0] == '.';
    p += good + negative;
    good = good && *p >= '0' && *p <= '9';
    for (; good && *p >= '0' && *p <= '9'; p++)
        good = !__builtin_mul_overflow(number, 10, &number) &&
               !__builtin_sub_overflow(number, *p - '0', &number);
    if (good && !negative)
        good = !__builtin_sub_overflow(0, number, &number);
    if (!good || number < lowest)
        reader->bad = true;
    reader->rest = reader->bad ? "" : p;
    return reader->bad ? 0 : number;
}

static int hex_value(char c)
{
    const char *found = c != '\0' ? strchr(hex_digits, c) : NULL;
    return found != NULL ? (int)(found - hex_digits) : -1;
}

void dbk_token_read_name(struct dbk_token_reader *reader, char *name)
{
    const char *p = reader->rest;
    size_t length = 0;
    bool good = *p == '.';
    for (p += good; good && *p != '\0' && *p != '.'; p += 2) {
        int high = hex_value(p[0]);
        int low = high >= 0 ? hex_value(p[1]) : -1;
        good = low >= 0 && length < DBK_ACCOUNT_MAX && high + low > 0;
        if (good)
            name[length++] = (char)(high * 16 + low);
    }
    name[length] = '\0';
    if (!good)
        reader->bad = true;
    reader->rest = reader->bad ? "" : p;
}

bool dbk_token_read_end(const struct dbk_token_reader *reader)
{
    return !reader->bad && *reader->rest == '\0';
}
