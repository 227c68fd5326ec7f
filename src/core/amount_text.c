#include <daybook/amount_text.h>

#include "spaces.h"

#include <string.h>

/** An amount in pieces, under one reading of comma and point. */
struct reading {
    bool large;     /* beyond int64_t */
    int64_t number; /* whole part and up to two decimals as one negative (or zero) number */
    uint32_t decimals;
};

/** What is left of an amount without sign, spaces around it and currency. */
struct body {
    const char *p;
    const char *end;
    bool negative;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void add_digit(struct reading *reading, char digit)
{
    /* Downwards, since the negative range is the larger one. */
    if (__builtin_mul_overflow(reading->number, 10, &reading->number) ||
        __builtin_sub_overflow(reading->number, digit - '0', &reading->number))
        reading->large = true;
}

/** Read digits. @return how many there were. */
static uint32_t read_digits(struct reading *reading, struct body *body)
{
    uint32_t count = 0;
    for (; body->p < body->end && is_digit(*body->p); body->p++, count++)
        add_digit(reading, *body->p);
    return count;
}

/** Take off what is not the number itself. @return false where no digit is first then. */
static bool strip(struct body *body, struct dbk_text text)
{
    text = dbk_trim(text);
    if (text.length > 3 && memcmp(text.bytes + text.length - 3, "\xE2\x82\xAC", 3) == 0)
        text = dbk_trim((struct dbk_text){text.bytes, text.length - 3}); /* the € sign */
    *body = (struct body){text.bytes, text.bytes + text.length, false};
    if (text.length > 0 && (*body->p == '-' || *body->p == '+')) {
        body->negative = *body->p == '-';
        body->p++;
    } else if (text.length > 3 && memcmp(body->p, "\xE2\x88\x92", 3) == 0) { /* U+2212 */
        body->negative = true;
        body->p += 3;
    }
    return body->p < body->end && is_digit(*body->p);
}

/**
 * Step over a separator of groups.
 *
 * @param[in,out] kind  length and first byte of the number's first separator, 0 before it: all are
 *                      alike.
 */
static bool skip_group_separator(struct body *body, char decimal, uint32_t *kind)
{
    uint32_t length = dbk_space_at(body->p, body->end);
    if (length == 1 && *body->p == '\t')
        return false;
    if (length == 0 && body->p < body->end && (*body->p == ',' || *body->p == '.') &&
        *body->p != decimal)
        length = 1;
    uint32_t found = length == 0 ? 0 : length << 8 | (unsigned char)*body->p;
    if (length == 0 || (*kind != 0 && *kind != found))
        return false;
    *kind = found;
    body->p += length;
    return true;
}

/** Read the number with this decimal sign. @return false where that makes no sense. */
static bool read_number(struct reading *reading, struct body body, char decimal)
{
    *reading = (struct reading){false, 0, 0};
    bool leading_zero = *body.p == '0';
    uint32_t kind = 0;
    uint32_t count = read_digits(reading, &body);
    while (skip_group_separator(&body, decimal, &kind)) {
        if (leading_zero || count > 3 || read_digits(reading, &body) != 3)
            return false;
    }
    if (body.p == body.end)
        return true;
    if (*body.p != decimal)
        return false;
    body.p++;
    while (body.p < body.end && is_digit(*body.p)) {
        if (reading->decimals++ < 2)
            add_digit(reading, *body.p);
        body.p++;
    }
    return reading->decimals > 0 && body.p == body.end;
}

/** The commonest form, "-1234.50": up to 16 digits, at most two of them decimals. */
struct simple {
    int64_t number; /* all digits */
    uint32_t decimals;
    char sign; /* between them, or 0 */
    bool negative;
};

static bool read_simple(struct simple *simple, struct dbk_text text)
{
    const char *p = text.bytes;
    const char *end = p + text.length;
    *simple = (struct simple){0, 0, 0, text.length > 0 && *p == '-'};
    p += simple->negative;
    const char *start = p;
    if (end - p > 17)
        return false;
    for (; p < end && is_digit(*p); p++)
        simple->number = simple->number * 10 + (*p - '0');
    if (p == start || p == end)
        return p != start;
    simple->sign = *p++;
    for (; p < end && is_digit(*p); p++, simple->decimals++)
        simple->number = simple->number * 10 + (*p - '0');
    return p == end && (simple->sign == ',' || simple->sign == '.') &&
           (simple->decimals == 1 || simple->decimals == 2);
}

static bool has_sign(struct body body)
{
    for (; body.p < body.end; body.p++)
        if (*body.p == ',' || *body.p == '.')
            return true;
    return false;
}

enum dbk_evidence dbk_amount_evidence(struct dbk_text text)
{
    struct simple simple;
    struct body body;
    struct reading reading;
    if (read_simple(&simple, text))
        return simple.sign == 0     ? DBK_EVIDENCE_NONE
               : simple.sign == ',' ? DBK_EVIDENCE_COMMA
                                    : DBK_EVIDENCE_POINT;
    if (!strip(&body, text))
        return DBK_EVIDENCE_NONE;
    if (!has_sign(body))
        return DBK_EVIDENCE_NONE;
    bool comma = read_number(&reading, body, ',');
    bool point = read_number(&reading, body, '.');
    if (comma && point)
        return DBK_EVIDENCE_AMBIGUOUS;
    return comma ? DBK_EVIDENCE_COMMA : point ? DBK_EVIDENCE_POINT : DBK_EVIDENCE_NONE;
}

enum dbk_amount_problem dbk_amount_parse(int64_t *amount_minor, struct dbk_text text, char decimal)
{
    struct simple simple;
    struct body body;
    struct reading reading;
    if (read_simple(&simple, text) && (simple.sign == 0 || simple.sign == decimal)) {
        static const int64_t scale[] = {100, 10, 1};
        int64_t minor;
        if (__builtin_mul_overflow(simple.number, scale[simple.decimals], &minor))
            return DBK_AMOUNT_LARGE;
        *amount_minor = simple.negative ? -minor : minor;
        return DBK_AMOUNT_FINE;
    }
    if (!strip(&body, text))
        return dbk_trim(text).length == 0 ? DBK_AMOUNT_EMPTY : DBK_AMOUNT_NONE;
    /* With no known decimal sign, comma and point cannot divide groups either. */
    if ((decimal == 0 && has_sign(body)) || !read_number(&reading, body, decimal))
        return DBK_AMOUNT_NONE;
    if (reading.decimals > 2)
        return DBK_AMOUNT_DECIMALS;
    for (uint32_t i = reading.decimals; i < 2; i++)
        add_digit(&reading, '0');
    if (!body.negative && __builtin_sub_overflow(0, reading.number, &reading.number))
        reading.large = true;
    if (reading.large)
        return DBK_AMOUNT_LARGE;
    *amount_minor = reading.number;
    return DBK_AMOUNT_FINE;
}

enum dbk_amount_problem dbk_amount_typed(int64_t *amount_minor, struct dbk_text text, bool positive)
{
    struct body body;
    if (!strip(&body, text))
        return dbk_trim(text).length == 0 ? DBK_AMOUNT_EMPTY : DBK_AMOUNT_NONE;
    int separators = 0;
    char decimal = 0; /* the last separator; 0: a space, or none */
    const char *after = body.p;
    for (const char *p = body.p; p < body.end;) {
        uint32_t space = dbk_space_at(p, body.end);
        if (is_digit(*p)) {
            p++;
            continue;
        }
        if (space == 0 && *p != ',' && *p != '.')
            return DBK_AMOUNT_NONE;
        separators++;
        decimal = space == 0 ? *p : (char)0;
        after = p += space == 0 ? 1 : space;
    }
    if (separators > 1 || (separators == 1 && (decimal == 0 || body.end - after == 3)))
        return DBK_AMOUNT_GROUPS;
    int64_t typed_minor;
    enum dbk_amount_problem problem = dbk_amount_parse(&typed_minor, text, decimal);
    if (problem == DBK_AMOUNT_FINE && positive && typed_minor <= 0)
        return DBK_AMOUNT_POSITIVE;
    if (problem == DBK_AMOUNT_FINE)
        *amount_minor = typed_minor;
    return problem;
}

const char *dbk_amount_problem_text(enum dbk_amount_problem problem)
{
    static const char *const texts[] = {
        [DBK_AMOUNT_FINE] = "it is an amount",
        [DBK_AMOUNT_EMPTY] = "an amount is missing",
        [DBK_AMOUNT_NONE] = "an amount is written like 1234.50 or 1234,50",
        [DBK_AMOUNT_DECIMALS] = "an amount has at most two decimals",
        [DBK_AMOUNT_LARGE] = "an amount is at most 92233720368547758.07",
        [DBK_AMOUNT_GROUPS] = "write an amount without separators of thousands, like 1234.50 or "
                              "1234,50",
        [DBK_AMOUNT_POSITIVE] = "an amount must be greater than 0",
    };
    return texts[problem];
}
