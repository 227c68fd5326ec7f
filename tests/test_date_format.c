/* Goal: a form of date is what its letters say, strictly. Method: tables; every day of some
 * centuries written and read back. */
#include "support.h"

#include <daybook/date.h>
#include <daybook/date_format.h>

static struct dbk_text text_of(const char *string)
{
    return (struct dbk_text){string, (uint32_t)strlen(string)};
}

static void date_format_compile__takes_the_documented_letters(void **state)
{
    static const struct {
        const char *format;
        enum dbk_date_format_problem problem;
        char letter;
        const char *description;
    } cases[] = {
        {"%d/%m/%Y", DBK_DATE_FORMAT_FINE, 0, "dd/mm/yyyy"},
        {"%F", DBK_DATE_FORMAT_FINE, 0, "yyyy-mm-dd"},
        {"%F %T", DBK_DATE_FORMAT_FINE, 0, "yyyy-mm-dd HH:MM:SS"},
        {"%D %R", DBK_DATE_FORMAT_FINE, 0, "mm/dd/yy HH:MM"},
        {"%Y%m%d", DBK_DATE_FORMAT_FINE, 0, "yyyymmdd"},
        {"%d.%m.%y", DBK_DATE_FORMAT_FINE, 0, "dd.mm.yy"},
        {"%d%%%m%%%Y", DBK_DATE_FORMAT_FINE, 0, "dd%mm%yyyy"},
        {"%Y-%m-%dT%H:%M:%SZ", DBK_DATE_FORMAT_FINE, 0, "yyyy-mm-ddTHH:MM:SSZ"},
        {"", DBK_DATE_FORMAT_MISSING, 'd', NULL},
        {"%d/%m", DBK_DATE_FORMAT_MISSING, 'Y', NULL},
        {"%m/%Y", DBK_DATE_FORMAT_MISSING, 'd', NULL},
        {"%d %b %Y", DBK_DATE_FORMAT_LETTER, 'b', NULL},
        {"%d/%m/%Y %p", DBK_DATE_FORMAT_LETTER, 'p', NULL},
        {"%d/%m/%Y%", DBK_DATE_FORMAT_LETTER, '%', NULL},
        {"%", DBK_DATE_FORMAT_LETTER, '%', NULL},
        {"%d/%d/%Y", DBK_DATE_FORMAT_TWICE, 'd', NULL},
        {"%d/%m/%Y %y", DBK_DATE_FORMAT_TWICE, 'y', NULL},
        {"%F %Y", DBK_DATE_FORMAT_TWICE, 'Y', NULL},
        {"%d/%m/%Y 3456789012345678901234567890123456789012", DBK_DATE_FORMAT_LONG, 0, NULL},
        {"%F 34567890123456789012345678901234%T", DBK_DATE_FORMAT_LONG, 0, NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dbk_date_format format;
        char letter = 'x';
        char description[DBK_DATE_FORMAT_TEXT_SIZE];
        enum dbk_date_format_problem problem =
            dbk_date_format_compile(&format, &letter, text_of(cases[i].format));
        if (problem != cases[i].problem || letter != cases[i].letter)
            fail_msg("\"%s\": %d '%c'", cases[i].format, (int)problem, letter);
        if (problem != DBK_DATE_FORMAT_FINE)
            continue;
        dbk_date_format_describe(description, &format);
        assert_string_equal(description, cases[i].description);
    }
}

static void date_format_parse__is_strict(void **state)
{
    static const struct {
        const char *format;
        const char *text;
        const char *expected; /* NULL: no such date */
    } cases[] = {
        {"%d/%m/%Y", "01/02/2024", "2024-02-01T00:00:00Z"},
        {"%d/%m/%Y", "1/2/2024", "2024-02-01T00:00:00Z"},
        {"%d/%m/%Y", "29/02/2024", "2024-02-29T00:00:00Z"},
        {"%d/%m/%Y", "29/02/2023", NULL},
        {"%d/%m/%Y", "31/12/9999", "9999-12-31T00:00:00Z"},
        {"%d/%m/%Y", "01/13/2024", NULL},
        {"%d/%m/%Y", "00/01/2024", NULL},
        {"%d/%m/%Y", "01/00/2024", NULL},
        {"%d/%m/%Y", "01/02/24", NULL},
        {"%d/%m/%Y", "01/02/02024", NULL},
        {"%d/%m/%Y", "001/02/2024", NULL},
        {"%d/%m/%Y", "01/02/2024 ", NULL},
        {"%d/%m/%Y", "01-02-2024", NULL},
        {"%d/%m/%Y", "/02/2024", NULL},
        {"%d/%m/%Y", "-1/02/2024", NULL},
        {"%d/%m/%Y", "", NULL},
        {"%m/%d/%Y", "12/31/2024", "2024-12-31T00:00:00Z"},
        {"%d.%m.%y", "01.02.69", "1969-02-01T00:00:00Z"},
        {"%d.%m.%y", "01.02.68", "2068-02-01T00:00:00Z"},
        {"%d.%m.%y", "01.02.2024", NULL},
        {"%Y%m%d", "20240102", "2024-01-02T00:00:00Z"},
        {"%Y%m%d", "2024112", NULL},
        {"%Y%m%d", "202401021", NULL},
        {"%Y1%m/%d", "202411/3", NULL}, /* a digit of the form touches the month */
        {"%Y1%m/%d", "2024111/3", "2024-11-03T00:00:00Z"},
        {"%F %T", "2024-01-02 03:04:05", "2024-01-02T03:04:05Z"},
        {"%F %T", "2024-01-02 24:00:00", NULL},
        {"%F %T", "2024-01-02 23:60:00", NULL},
        {"%F %T", "2024-01-02 23:59:60", NULL},
        {"%F %T", "2024-01-02", NULL},
        {"%F %T", "2024-01-02  03:04:05", NULL},
        {"%d/%m/%Y %R", "02/01/2024 3:04", "2024-01-02T03:04:00Z"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dbk_date_format format;
        char letter;
        int64_t date_s = -7;
        char text[DBK_DATE_TEXT_SIZE] = "";
        assert_int_equal(dbk_date_format_compile(&format, &letter, text_of(cases[i].format)),
                         DBK_DATE_FORMAT_FINE);
        if (dbk_date_format_parse(&date_s, &format, text_of(cases[i].text)))
            dbk_date_format(text, date_s);
        else
            assert_int_equal(date_s, -7);
        if (strcmp(text, cases[i].expected != NULL ? cases[i].expected : "") != 0)
            fail_msg("\"%s\" as \"%s\": %s", cases[i].text, cases[i].format, text);
    }
}

static void date_format_parse__reads_back_every_day(void **state)
{
    struct dbk_date_format format;
    char letter;
    (void)state;
    assert_int_equal(dbk_date_format_compile(&format, &letter, text_of("%d/%m/%Y")),
                     DBK_DATE_FORMAT_FINE);
    for (int64_t day = -200000; day < 200000; day++) {
        struct dbk_civil civil;
        char text[40];
        int64_t date_s = 0;
        dbk_date_to_civil(&civil, day * DBK_SECONDS_PER_DAY);
        int length =
            snprintf(text, sizeof text, "%02d/%02d/%04d", civil.day, civil.month, civil.year);
        assert_true(
            dbk_date_format_parse(&date_s, &format, (struct dbk_text){text, (uint32_t)length}));
        assert_int_equal(date_s, day * DBK_SECONDS_PER_DAY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(date_format_compile__takes_the_documented_letters),
        cmocka_unit_test(date_format_parse__is_strict),
        cmocka_unit_test(date_format_parse__reads_back_every_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
