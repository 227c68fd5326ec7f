/* Goal: dates are exact over the whole range. Method: tables, and every day of ten thousand years.
 */
#include "support.h"

#include <daybook/date.h>

static void date_parse__reads_three_forms_and_nothing_else(void **state)
{
    static const struct {
        const char *text;
        int64_t expected;
        bool valid;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0, true},
        {"1970-01-01 00:00:01", 1, true},
        {"1970-01-02", 86400, true},
        {"1969-12-31T23:59:59Z", -1, true},
        {"2024-02-29", 1709164800, true},
        {"2023-02-29", 0, false},
        {"1900-02-29", 0, false},
        {"2000-02-29", 951782400, true},
        {"0000-01-01", -62167219200, true},
        {"9999-12-31T23:59:59Z", 253402300799, true},
        {"2024-13-01", 0, false},
        {"2024-00-01", 0, false},
        {"2024-01-00", 0, false},
        {"2024-01-32", 0, false},
        {"2024-01-01T24:00:00Z", 0, false},
        {"2024-01-01T00:60:00Z", 0, false},
        {"2024-01-01T00:00:60Z", 0, false},
        {"2024-01-01T00:00:00", 0, false},
        {"2024-01-01 00:00:00Z", 0, false},
        {"2024-01-01T00:00:00+00:00", 0, false},
        {"2024-1-1", 0, false},
        {"2024-01-1a", 0, false},
        {"24-01-01", 0, false},
        {"", 0, false},
        {"2024-01-01T00:00:0 Z", 0, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t date_s = 7;
        bool valid = dbk_date_parse(&date_s, cases[i].text, strlen(cases[i].text));
        if (valid != cases[i].valid || date_s != (valid ? cases[i].expected : 7))
            fail_msg("\"%s\": %d %lld", cases[i].text, valid, (long long)date_s);
    }
}

static void date_format__is_read_back_for_every_day(void **state)
{
    char text[DBK_DATE_TEXT_SIZE];
    int64_t count = 0;
    (void)state;
    for (int64_t day = -719528; day <= 2932896; day++, count++) {
        int64_t date_s = day * DBK_SECONDS_PER_DAY + (day & 0xffff);
        int64_t again;
        assert_int_equal(dbk_date_format(text, date_s), 20);
        assert_true(dbk_date_parse(&again, text, 20));
        assert_int_equal(again, date_s);
        assert_int_equal(dbk_date_day(date_s), day);
    }
    assert_int_equal(count, 3652425); /* ten thousand Gregorian years */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(date_parse__reads_three_forms_and_nothing_else),
        cmocka_unit_test(date_format__is_read_back_for_every_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
