/* Goal: what people write as an amount is read exactly or refused, and an ambiguous value proves
 * nothing. Method: one table with all three readings of each text; random amounts written in every
 * style and read back. */
#include "support.h"

#include <daybook/amount_text.h>
#include <daybook/money.h>

#define NBSP "\xC2\xA0"
#define NNBSP "\xE2\x80\xAF"
#define EURO "\xE2\x82\xAC"
#define MINUS "\xE2\x88\x92"

enum {
    NO = DBK_EVIDENCE_NONE,
    COMMA = DBK_EVIDENCE_COMMA,
    POINT = DBK_EVIDENCE_POINT,
    EITHER = DBK_EVIDENCE_AMBIGUOUS,
};

/* Results beside amounts. */
#define EMPTY (INT64_MIN + 1)
#define NONE (INT64_MIN + 2)
#define DECIMALS (INT64_MIN + 3)
#define LARGE (INT64_MIN + 4)

static struct dbk_text text_of(const char *string)
{
    return (struct dbk_text){string, (uint32_t)strlen(string)};
}

static int64_t parse(const char *string, char decimal)
{
    int64_t amount = -7;
    enum dbk_amount_problem problem = dbk_amount_parse(&amount, text_of(string), decimal);
    if (problem == DBK_AMOUNT_FINE)
        return amount;
    assert_int_equal(amount, -7);
    return problem == DBK_AMOUNT_EMPTY      ? EMPTY
           : problem == DBK_AMOUNT_NONE     ? NONE
           : problem == DBK_AMOUNT_DECIMALS ? DECIMALS
                                            : LARGE;
}

static const struct {
    const char *text;
    int evidence;
    int64_t unknown; /* read with no decimal sign known */
    int64_t comma;
    int64_t point;
} cases[] = {
    /* whole numbers: the same in every reading */
    {"0", NO, 0, 0, 0},
    {"-0", NO, 0, 0, 0},
    {"1000", NO, 100000, 100000, 100000},
    {"-25", NO, -2500, -2500, -2500},
    {"+25", NO, 2500, 2500, 2500},
    {MINUS "25", NO, -2500, -2500, -2500},
    {"0025", NO, 2500, 2500, 2500},
    {"1 234 567", NO, 123456700, 123456700, 123456700},
    {"1" NBSP "234", NO, 123400, 123400, 123400},
    {"-1" NNBSP "234" NNBSP "567", NO, -123456700, -123456700, -123456700},
    {" 12 ", NO, 1200, 1200, 1200},
    {"12 " EURO, NO, 1200, 1200, 1200},
    {"12" EURO, NO, 1200, 1200, 1200},
    /* a decimal sign that shows itself */
    {"1,5", COMMA, NONE, 150, NONE},
    {"1.5", POINT, NONE, NONE, 150},
    {"1,50", COMMA, NONE, 150, NONE},
    {"-1.05", POINT, NONE, NONE, -105},
    {"0,05", COMMA, NONE, 5, NONE},
    {"1234,56", COMMA, NONE, 123456, NONE},
    {"1.234,56", COMMA, NONE, 123456, NONE},
    {"1,234.56", POINT, NONE, NONE, 123456},
    {"1,234,567", POINT, NONE, NONE, 123456700},
    {"1.234.567", COMMA, NONE, 123456700, NONE},
    {"1 234,5", COMMA, NONE, 123450, NONE},
    {"-1" NNBSP "234" NNBSP "567,89" NBSP EURO, COMMA, NONE, -123456789, NONE},
    {"1234,567", COMMA, NONE, DECIMALS, NONE},
    {"0,234", COMMA, NONE, DECIMALS, NONE},
    {"12.3456", POINT, NONE, NONE, DECIMALS},
    {"1 234.567", POINT, NONE, NONE, DECIMALS},
    /* one that does not: the other reading is three decimals */
    {"1,234", EITHER, NONE, DECIMALS, 123400},
    {"1.234", EITHER, NONE, 123400, DECIMALS},
    {"-123,000", EITHER, NONE, DECIMALS, -12300000},
    {"1,000 " EURO, EITHER, NONE, DECIMALS, 100000},
    /* the ends of the range */
    {"92233720368547758,07", COMMA, NONE, INT64_MAX, NONE},
    {"-92233720368547758.08", POINT, NONE, NONE, INT64_MIN},
    {"92233720368547758,08", COMMA, NONE, LARGE, NONE},
    {"92 233 720 368 547 758,07", COMMA, NONE, INT64_MAX, NONE},
    {"92233720368547758", NO, 9223372036854775800, 9223372036854775800, 9223372036854775800},
    {"92233720368547759", NO, LARGE, LARGE, LARGE},
    {"123456789012345678901234567890", NO, LARGE, LARGE, LARGE},
    /* not amounts */
    {"", NO, EMPTY, EMPTY, EMPTY},
    {"  " NBSP, NO, EMPTY, EMPTY, EMPTY},
    {"-", NO, NONE, NONE, NONE},
    {"+", NO, NONE, NONE, NONE},
    {EURO, NO, NONE, NONE, NONE},
    {MINUS, NO, NONE, NONE, NONE},
    {"abc", NO, NONE, NONE, NONE},
    {"1e5", NO, NONE, NONE, NONE},
    {"1a", NO, NONE, NONE, NONE},
    {"--1", NO, NONE, NONE, NONE},
    {"- 1", NO, NONE, NONE, NONE},
    {"1-", NO, NONE, NONE, NONE},
    {"(1)", NO, NONE, NONE, NONE},
    {"1'000", NO, NONE, NONE, NONE},
    {",5", NO, NONE, NONE, NONE},
    {"5,", NO, NONE, NONE, NONE},
    {"5.", NO, NONE, NONE, NONE},
    {"1,,5", NO, NONE, NONE, NONE},
    {"1,5.5", NO, NONE, NONE, NONE},
    {"12 34", NO, NONE, NONE, NONE},
    {"1234 567", NO, NONE, NONE, NONE},
    {"1  234", NO, NONE, NONE, NONE},
    {"1\t234", NO, NONE, NONE, NONE},
    {"0 123", NO, NONE, NONE, NONE},
    {"012.345,00", NO, NONE, NONE, NONE},
    {"1 234" NBSP "567", NO, NONE, NONE, NONE},
    {"1.234 567,00", NO, NONE, NONE, NONE},
    {"1,234.567,00", NO, NONE, NONE, NONE},
    {EURO "12", NO, NONE, NONE, NONE},
    {"12 $", NO, NONE, NONE, NONE},
};

static void amount_parse__reads_each_text_in_each_reading(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t unknown = parse(cases[i].text, 0);
        int64_t comma = parse(cases[i].text, ',');
        int64_t point = parse(cases[i].text, '.');
        if (unknown != cases[i].unknown || comma != cases[i].comma || point != cases[i].point)
            fail_msg("\"%s\": %lld %lld %lld", cases[i].text, (long long)unknown, (long long)comma,
                     (long long)point);
    }
}

static void amount_evidence__is_given_by_unambiguous_values_only(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int evidence = (int)dbk_amount_evidence(text_of(cases[i].text));
        if (evidence != cases[i].evidence)
            fail_msg("\"%s\": %d", cases[i].text, evidence);
    }
}

/** Write an amount: its whole part in groups or not, its decimals. */
static void write_amount(char *out, int64_t amount, const char *group, char decimal,
                         const char *tail)
{
    char digits[DBK_MONEY_TEXT_SIZE];
    size_t length = dbk_money_format(digits, amount);
    char *p = out;
    size_t whole = length - 3;
    size_t first = digits[0] == '-';
    for (size_t i = 0; i < whole; i++) {
        if (i > first && (whole - i) % 3 == 0) {
            memcpy(p, group, strlen(group));
            p += strlen(group);
        }
        *p++ = digits[i];
    }
    *p++ = decimal;
    memcpy(p, digits + whole + 1, 2);
    memcpy(p + 2, tail, strlen(tail) + 1);
}

static void amount_parse__reads_back_every_style(void **state)
{
    static const char *const groups[] = {"", " ", NBSP, NNBSP, "."};
    static const char *const tails[] = {"", EURO, NBSP EURO, " "};
    uint64_t random = 5;
    char text[96];
    (void)state;
    for (int i = 0; i < 100000; i++) {
        int64_t amount = (int64_t)(next_random(&random) >> (i % 64));
        amount = i % 2 == 0 && amount != INT64_MIN ? -amount : amount;
        write_amount(text, amount, groups[next_random(&random) % COUNT(groups)], ',',
                     tails[next_random(&random) % COUNT(tails)]);
        int64_t read = parse(text, ',');
        if (read != amount || dbk_amount_evidence(text_of(text)) != DBK_EVIDENCE_COMMA)
            fail_msg("\"%s\": %lld", text, (long long)read);
    }
}

/* Whatever the bytes: no reading but a clean one, and evidence agrees with what can be read. */
static void amount_evidence__agrees_with_parse(void **state)
{
    static const char alphabet[] = "0123459,. -";
    uint64_t random = 99;
    (void)state;
    for (int i = 0; i < 300000; i++) {
        char text[16];
        size_t length = next_random(&random) % 10;
        for (size_t k = 0; k < length; k++)
            text[k] = alphabet[next_random(&random) % (sizeof alphabet - 1)];
        text[length] = '\0';
        int64_t unknown = parse(text, 0);
        int64_t comma = parse(text, ',');
        int64_t point = parse(text, '.');
        bool comma_reads = comma != NONE && comma != EMPTY;
        bool point_reads = point != NONE && point != EMPTY;
        enum dbk_evidence evidence = dbk_amount_evidence(text_of(text));
        bool same = comma == point && comma == unknown;
        enum dbk_evidence expected = same                         ? DBK_EVIDENCE_NONE
                                     : comma_reads && point_reads ? DBK_EVIDENCE_AMBIGUOUS
                                     : comma_reads                ? DBK_EVIDENCE_COMMA
                                                                  : DBK_EVIDENCE_POINT;
        if (evidence != expected)
            fail_msg("\"%s\": %d, not %d", text, (int)evidence, (int)expected);
    }
}

static void amount_typed__takes_point_or_comma_and_no_groups(void **state)
{
    static const struct {
        const char *text;
        enum dbk_amount_problem problem;
        int64_t amount_minor;
    } typed[] = {
        {"100", DBK_AMOUNT_FINE, 10000},
        {"100.5", DBK_AMOUNT_FINE, 10050},
        {"100,50", DBK_AMOUNT_FINE, 10050},
        {" 0,01 ", DBK_AMOUNT_FINE, 1},
        {"12,30" NBSP EURO, DBK_AMOUNT_FINE, 1230},
        {"92233720368547758.07", DBK_AMOUNT_FINE, INT64_MAX},
        {"", DBK_AMOUNT_EMPTY, 0},
        {"  ", DBK_AMOUNT_EMPTY, 0},
        {"abc", DBK_AMOUNT_NONE, 0},
        {"1e3", DBK_AMOUNT_NONE, 0},
        {"1.", DBK_AMOUNT_NONE, 0},
        {",5", DBK_AMOUNT_NONE, 0},
        {"0x10", DBK_AMOUNT_NONE, 0},
        {"1.2345", DBK_AMOUNT_DECIMALS, 0},
        {"92233720368547758.08", DBK_AMOUNT_LARGE, 0},
        {"99999999999999999999", DBK_AMOUNT_LARGE, 0},
        {"1,234", DBK_AMOUNT_GROUPS, 0},
        {"1.234", DBK_AMOUNT_GROUPS, 0},
        {"1 234", DBK_AMOUNT_GROUPS, 0},
        {"1" NNBSP "234,50", DBK_AMOUNT_GROUPS, 0},
        {"1,234.50", DBK_AMOUNT_GROUPS, 0},
        {"1.234,50", DBK_AMOUNT_GROUPS, 0},
        {"1 234.50", DBK_AMOUNT_GROUPS, 0},
        {"1.234.567", DBK_AMOUNT_GROUPS, 0},
        {"0", DBK_AMOUNT_POSITIVE, 0},
        {"0.00", DBK_AMOUNT_POSITIVE, 0},
        {"-5", DBK_AMOUNT_POSITIVE, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(typed); i++) {
        int64_t amount_minor = 0;
        enum dbk_amount_problem problem =
            dbk_amount_typed(&amount_minor, text_of(typed[i].text), true);
        if (problem != typed[i].problem || amount_minor != typed[i].amount_minor)
            fail_msg("\"%s\": %d, %lld", typed[i].text, (int)problem, (long long)amount_minor);
        assert_true(strlen(dbk_amount_problem_text(problem)) > 0);
    }
    int64_t floor_minor = 7;
    assert_int_equal(dbk_amount_typed(&floor_minor, text_of("-50,00"), false), DBK_AMOUNT_FINE);
    assert_int_equal(floor_minor, -5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amount_parse__reads_each_text_in_each_reading),
        cmocka_unit_test(amount_evidence__is_given_by_unambiguous_values_only),
        cmocka_unit_test(amount_parse__reads_back_every_style),
        cmocka_unit_test(amount_evidence__agrees_with_parse),
        cmocka_unit_test(amount_typed__takes_point_or_comma_and_no_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
