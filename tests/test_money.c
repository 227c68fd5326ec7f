/* Goal: every amount is read and written exactly, or refused. Method: tables, and random round
 * trips. */
#include "support.h"

#include <daybook/money.h>

static void money_parse__reads_the_grammar_and_nothing_else(void **state)
{
    static const struct {
        const char *text;
        int64_t expected;
        bool valid;
    } cases[] = {
        {"0", 0, true},
        {"0.00", 0, true},
        {"-0", 0, true},
        {"1", 100, true},
        {"1.5", 150, true},
        {"1.05", 105, true},
        {"-1.05", -105, true},
        {"92233720368547758.07", INT64_MAX, true},
        {"-92233720368547758.08", INT64_MIN, true},
        {"92233720368547758.08", 0, false},
        {"-92233720368547758.09", 0, false},
        {"922337203685477580", 0, false},
        {"", 0, false},
        {"-", 0, false},
        {"+1", 0, false},
        {"01", 0, false},
        {"-01.00", 0, false},
        {"00", 0, false},
        {"1.", 0, false},
        {".5", 0, false},
        {"1.234", 0, false},
        {"1.2.3", 0, false},
        {"1,5", 0, false},
        {"1e2", 0, false},
        {" 1", 0, false},
        {"1 ", 0, false},
        {"--1", 0, false},
        {"0x1", 0, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t amount = -7;
        bool valid = dbk_money_parse(&amount, cases[i].text, strlen(cases[i].text));
        if (valid != cases[i].valid || (valid && amount != cases[i].expected))
            fail_msg("\"%s\": %d %lld", cases[i].text, valid, (long long)amount);
        if (!valid)
            assert_int_equal(amount, -7);
    }
}

static void money_format__is_read_back(void **state)
{
    uint64_t random = 1;
    char text[DBK_MONEY_TEXT_SIZE];
    (void)state;
    for (int i = 0; i < 100000; i++) {
        int64_t amount = (int64_t)(next_random(&random) >> (i % 64));
        if (i % 2 == 1)
            amount = -amount;
        int64_t again;
        size_t length = dbk_money_format(text, amount);
        assert_int_equal(length, strlen(text));
        assert_true(dbk_money_parse(&again, text, length));
        assert_int_equal(again, amount);
    }
    dbk_money_format(text, INT64_MIN);
    assert_string_equal(text, "-92233720368547758.08");
    dbk_money_format(text, -5);
    assert_string_equal(text, "-0.05");
}

static void money_add__refuses_what_does_not_fit(void **state)
{
    int64_t sum = 3;
    (void)state;
    assert_true(dbk_money_add(&sum, INT64_MAX - 1, 1));
    assert_int_equal(sum, INT64_MAX);
    assert_false(dbk_money_add(&sum, INT64_MAX, 1));
    assert_int_equal(sum, INT64_MAX);
    assert_true(dbk_money_subtract(&sum, INT64_MIN + 1, 1));
    assert_false(dbk_money_subtract(&sum, INT64_MIN, 1));
    assert_false(dbk_money_subtract(&sum, 0, INT64_MIN));
}

static void money_from_double__takes_only_whole_cents(void **state)
{
    static const struct {
        double value;
        int64_t expected;
        bool exact;
        bool rounds;
    } cases[] = {
        {0.1, 10, true, true},
        {0.29, 29, true, true},
        {1.005, 100, false, true},
        {8.41, 841, true, true},
        {-12.34, -1234, true, true},
        {830.0000000000001, 83000, false, true},
        {9999999999999.99, 999999999999999, true, true},
        {10000000000000.0, 1000000000000000, true, true},
        {10000000000000.01, 0, false, false},
        {1e300, 0, false, false},
        {0.001, 0, false, true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t amount = 0;
        if (dbk_money_from_double(&amount, cases[i].value) != cases[i].exact)
            fail_msg("%.17g exact", cases[i].value);
        if (cases[i].exact)
            assert_int_equal(amount, cases[i].expected);
        if (dbk_money_round_double(&amount, cases[i].value) != cases[i].rounds)
            fail_msg("%.17g rounded", cases[i].value);
        if (cases[i].rounds)
            assert_int_equal(amount, cases[i].expected);
    }
    for (int64_t cents = -200000; cents <= 200000; cents++) {
        int64_t amount;
        assert_true(dbk_money_from_double(&amount, (double)cents / 100.0));
        assert_int_equal(amount, cents);
    }
}

static void money_format_sum__shows_sums_beyond_64_bits(void **state)
{
    char text[DBK_MONEY_SUM_TEXT_SIZE];
    (void)state;
    dbk_money_format_sum(text, (dbk_int128)INT64_MAX + INT64_MAX);
    assert_string_equal(text, "184467440737095516.14");
    dbk_money_format_sum(text, (dbk_int128)INT64_MIN * 2);
    assert_string_equal(text, "-184467440737095516.16");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(money_parse__reads_the_grammar_and_nothing_else),
        cmocka_unit_test(money_format__is_read_back),
        cmocka_unit_test(money_add__refuses_what_does_not_fit),
        cmocka_unit_test(money_from_double__takes_only_whole_cents),
        cmocka_unit_test(money_format_sum__shows_sums_beyond_64_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
