/* Goal: both languages say everything, and numbers are written as their readers expect. */
#include "support.h"

#include <lang.h>

static void lang_text__is_there_in_every_language(void **state)
{
    (void)state;
    for (int id = 0; id < DBK_TEXT_COUNT; id++)
        for (int lang = 0; lang < DBK_LANG_COUNT; lang++)
            if (dbk_lang_text((enum dbk_lang)lang, (enum dbk_text_id)id)[0] == '\0')
                fail_msg("text %d has no %s", id, dbk_lang_code((enum dbk_lang)lang));
}

static void lang_choose__prefers_the_url_then_the_browser_then_french(void **state)
{
    static const struct {
        const char *param;
        const char *header;
        enum dbk_lang expected;
    } cases[] = {
        {NULL, "", DBK_FRENCH},
        {NULL, "de", DBK_FRENCH},
        {NULL, "en", DBK_ENGLISH},
        {NULL, "en-GB,en;q=0.9", DBK_ENGLISH},
        {NULL, "fr-FR,fr;q=0.9,en;q=0.8", DBK_FRENCH},
        {NULL, "en;q=0.3, fr;q=0.25", DBK_ENGLISH},
        {NULL, "fr;q=0, en;q=0.001", DBK_ENGLISH},
        {NULL, "english", DBK_FRENCH},
        {NULL, ",,;;q=,=", DBK_FRENCH},
        {"en", "fr", DBK_ENGLISH},
        {"fr", "en", DBK_FRENCH},
        {"xx", "en", DBK_ENGLISH},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        if (dbk_lang_choose(cases[i].param, cases[i].header) != cases[i].expected)
            fail_msg("%zu", i);
}

static void lang_amount__groups_by_three(void **state)
{
    static const struct {
        int64_t amount;
        const char *french;
        const char *english;
    } cases[] = {
        {0, "0,00", "0.00"},
        {-5, "\u22120,05", "\u22120.05"},
        {99999, "999,99", "999.99"},
        {100000, "1\u202f000,00", "1,000.00"},
        {-123456789, "\u22121\u202f234\u202f567,89", "\u22121,234,567.89"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dbk_buffer french = {.bytes = NULL};
        struct dbk_buffer english = {.bytes = NULL};
        dbk_lang_amount(&french, DBK_FRENCH, cases[i].amount);
        dbk_lang_amount(&english, DBK_ENGLISH, cases[i].amount);
        assert_string_equal(french.bytes, cases[i].french);
        assert_string_equal(english.bytes, cases[i].english);
        dbk_buffer_clear(&french);
        dbk_buffer_clear(&english);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lang_text__is_there_in_every_language),
        cmocka_unit_test(lang_choose__prefers_the_url_then_the_browser_then_french),
        cmocka_unit_test(lang_amount__groups_by_three),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
