/* Goal: who mistypes a name is shown the names that are near, nearest first, and no others.
 * Method: a table; an order that does not depend on the order of looking. */
#include "support.h"

#include "nearest.h"

static struct dbk_text text_of(const char *string)
{
    return (struct dbk_text){string, (uint32_t)strlen(string)};
}

static void nearest_look__keeps_the_nearest_in_order(void **state)
{
    static const struct {
        const char *word;
        const char *expected; /* joined by spaces */
    } cases[] = {
        {"C10O", "C100 C101 C200"}, /* one change, one change by name, two */
        {"C1", "C100 C101 C200"},   /* a beginning is near, whatever follows */
        {"c100", "C100 C101 C200"}, {"SALAIRE", "SALAIRES"}, {"zzzzzzzz", ""}, {"", ""},
    };
    static const char *const names[] = {"C200", "SALAIRES", "C101", "Z", "C100", "LOYER-2024"};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (size_t start = 0; start < COUNT(names); start++) {
            struct dbk_nearest_names nearest = {.word = text_of(cases[i].word), .max = 3};
            char joined[64] = "";
            for (size_t k = 0; k < COUNT(names); k++)
                dbk_nearest_look(&nearest, text_of(names[(start + k) % COUNT(names)]));
            for (int k = 0; k < nearest.count; k++) {
                strcat(joined, k > 0 ? " " : "");
                strcat(joined, nearest.names[k].bytes);
            }
            assert_string_equal(joined, cases[i].expected);
        }
    }
}

static void nearest__gives_one_or_none(void **state)
{
    static const char *const commands[] = {"deposit", "withdraw", "project", "audit"};
    (void)state;
    assert_string_equal(dbk_nearest("deposti", commands, COUNT(commands)), "deposit");
    assert_string_equal(dbk_nearest("proj", commands, COUNT(commands)), "project");
    assert_null(dbk_nearest("frobnicate", commands, COUNT(commands)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nearest_look__keeps_the_nearest_in_order),
        cmocka_unit_test(nearest__gives_one_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
