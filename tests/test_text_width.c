/* Goal: texts broken, cut and padded by the columns that a terminal gives them. Method: tables. */
#include "support.h"

#include <text_width.h>

#include <locale.h>

static void text_line__breaks_at_spaces(void **state)
{
    const char *text = "one two  threefourfive é";
    char line[64];
    static const char *const expected[] = {"one two", "threefo", "urfive", "é"};
    (void)state;
    for (size_t i = 0; i < COUNT(expected); i++) {
        assert_true(dbk_text_line(line, sizeof line, &text, 7));
        assert_string_equal(line, expected[i]);
    }
    assert_false(dbk_text_line(line, sizeof line, &text, 7));
}

static void text_fit__cuts_and_pads_by_columns(void **state)
{
    static const struct {
        const char *text;
        int width;
        bool right;
        const char *expected;
    } cases[] = {
        {"abc", 5, false, "abc  "}, {"abc", 5, true, "  abc"},  {"abcdef", 5, false, "abcd…"},
        {"éé", 3, false, "éé "},    {"世界", 4, false, "世界"}, {"世界x", 4, false, "世… "},
        {"", 2, false, "  "},       {"abc", 0, false, ""},      {"abc", 1, false, "…"},
    };
    char out[64];
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        dbk_text_fit(out, sizeof out, cases[i].text, cases[i].width, cases[i].right);
        assert_string_equal(out, cases[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_line__breaks_at_spaces),
        cmocka_unit_test(text_fit__cuts_and_pads_by_columns),
    };
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
