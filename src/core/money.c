#include <daybook/money.h>

#include <math.h>
#include <string.h>

bool dbk_money_add(int64_t *sum, int64_t a, int64_t b)
{
    int64_t result;
    if (__builtin_add_overflow(a, b, &result))
        return false;
    *sum = result;
    return true;
}

bool dbk_money_subtract(int64_t *difference, int64_t a, int64_t b)
{
    int64_t result;
    if (__builtin_sub_overflow(a, b, &result))
        return false;
    *difference = result;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool dbk_money_parse(int64_t *amount_minor, const char *text, size_t length)
{
    size_t i = 0;
    bool negative = length > 0 && text[0] == '-';
    if (negative)
        i++;
    if (i == length || !is_digit(text[i]))
        return false;
    /* A leading zero stands alone: one amount has one whole part. */
    if (text[i] == '0' && i + 1 < length && text[i + 1] != '.')
        return false;

    /* Accumulates downwards, because the negative range is the larger one. */
    int64_t minor = 0;
    int decimals = 0;
    bool point = false;
    for (; i < length; i++) {
        if (text[i] == '.' && !point) {
            point = true;
            continue;
        }
        if (!is_digit(text[i]) || decimals == 2)
            return false;
        decimals += point;
        if (__builtin_mul_overflow(minor, 10, &minor) ||
            __builtin_sub_overflow(minor, text[i] - '0', &minor))
            return false;
    }
    if (point && decimals == 0)
        return false;
    for (; decimals < 2; decimals++)
        if (__builtin_mul_overflow(minor, 10, &minor))
            return false;
    if (!negative && __builtin_sub_overflow(0, minor, &minor))
        return false;
    *amount_minor = minor;
    return true;
}

/** Beyond this, doubles are too coarse for every cent to have its own. */
#define DOUBLE_MINOR_MAX 1e15

bool dbk_money_round_double(int64_t *amount_minor, double value)
{
    double minor = round(value * 100.0);
    if (!(fabs(minor) <= DOUBLE_MINOR_MAX))
        return false;
    *amount_minor = (int64_t)minor;
    return true;
}

bool dbk_money_from_double(int64_t *amount_minor, double value)
{
    int64_t minor;
    if (!dbk_money_round_double(&minor, value) || (double)minor / 100.0 != value)
        return false;
    *amount_minor = minor;
    return true;
}

size_t dbk_money_format_sum(char *text, dbk_int128 sum_minor)
{
    bool negative = sum_minor < 0;
    char digits[DBK_MONEY_SUM_TEXT_SIZE];
    char *p = digits + sizeof digits;
    for (int count = 0; count < 3 || sum_minor != 0; count++) {
        if (count == 2)
            *--p = '.';
        int digit = (int)(sum_minor % 10);
        *--p = (char)('0' + (negative ? -digit : digit));
        sum_minor /= 10;
    }
    if (negative)
        *--p = '-';
    size_t length = (size_t)(digits + sizeof digits - p);
    memcpy(text, p, length);
    text[length] = '\0';
    return length;
}

/** As the sum's, with 64-bit divisions, which are several times cheaper. */
size_t dbk_money_format(char *text, int64_t amount_minor)
{
    uint64_t rest = amount_minor < 0 ? 0 - (uint64_t)amount_minor : (uint64_t)amount_minor;
    char digits[DBK_MONEY_TEXT_SIZE];
    char *p = digits + sizeof digits;
    for (int count = 0; count < 3 || rest != 0; count++) {
        if (count == 2)
            *--p = '.';
        *--p = (char)('0' + rest % 10);
        rest /= 10;
    }
    if (amount_minor < 0)
        *--p = '-';
    size_t length = (size_t)(digits + sizeof digits - p);
    memcpy(text, p, length);
    text[length] = '\0';
    return length;
}
