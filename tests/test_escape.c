/* Goal: hostile text stays data in every output language. Method: a table, one column per door. */
#include "support.h"

#include <daybook/escape.h>

struct escape_case {
    const char *text;
    const char *html;
    const char *csv;
    const char *json;
    const char *terminal;
};

static const struct escape_case cases[] = {
    {"C100", "C100", "\"C100\"", "\"C100\"", "C100"},
    {"", "", "\"\"", "\"\"", ""},
    {"Zoë", "Zoë", "\"Zoë\"", "\"Zoë\"", "Zoë"},
    {"<b a='1' c=\"2\">&", "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;",
     "\"<b a='1' c=\"\"2\"\">&\"", "\"<b a='1' c=\\\"2\\\">&\"", "<b a='1' c=\"2\">&"},
    {"=1+1", "=1+1", "\"'=1+1\"", "\"=1+1\"", "=1+1"},
    {"-2", "-2", "\"'-2\"", "\"-2\"", "-2"},
    {"+2", "+2", "\"'+2\"", "\"+2\"", "+2"},
    {"@x", "@x", "\"'@x\"", "\"@x\"", "@x"},
    {"a\tb\nc", "a\\x09b\\x0Ac", "\"a\\x09b\\x0Ac\"", "\"a\\u0009b\\u000Ac\"", "a\\x09b\\x0Ac"},
    {"\x1b[31m", "\\x1B[31m", "\"\\x1B[31m\"", "\"\\u001B[31m\"", "\\x1B[31m"},
    {"\xff", "\\xFF", "\"\\xFF\"", "\"\xEF\xBF\xBD\"", "\\xFF"},
    {"\xc3", "\\xC3", "\"\\xC3\"", "\"\xEF\xBF\xBD\"", "\\xC3"},
    {"a\xe2\x80\xae"
     "b",
     "a\\xE2\\x80\\xAEb", "\"a\\xE2\\x80\\xAEb\"",
     "\"a\xe2\x80\xae"
     "b\"",
     "a\\xE2\\x80\\xAEb"},
    {"a\\b", "a\\b", "\"a\\b\"", "\"a\\\\b\"", "a\\b"},
};

typedef void door(struct dbk_buffer *buffer, struct dbk_text text);

static void assert_door(door *escape, const char *text, const char *expected)
{
    struct dbk_buffer buffer = {.bytes = NULL};
    escape(&buffer, (struct dbk_text){text, (uint32_t)strlen(text)});
    dbk_buffer_add(&buffer, "", 1);
    assert_false(buffer.failed);
    assert_string_equal(buffer.bytes, expected);
    dbk_buffer_clear(&buffer);
}

static void escape__keeps_hostile_text_data(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct escape_case *c = &cases[i];
        assert_door(dbk_escape_html, c->text, c->html);
        assert_door(dbk_escape_csv, c->text, c->csv);
        assert_door(dbk_escape_json, c->text, c->json);
        char *terminal =
            dbk_escape_terminal((struct dbk_text){c->text, (uint32_t)strlen(c->text)}, false);
        assert_string_equal(terminal, c->terminal);
        free(terminal);
    }
    char *separated = dbk_escape_terminal((struct dbk_text){"a\\b\t", 4}, true);
    assert_string_equal(separated, "a\\\\b\\x09");
    free(separated);
    assert_door(dbk_escape_url, "a b/é?&=", "a%20b%2F%C3%A9%3F%26%3D");
    assert_door(dbk_escape_shell, "", "''");
    assert_door(dbk_escape_shell, "a$b 'c'", "'a$b '\\''c'\\'''");
}

static void buffer__grows_and_stays_terminated(void **state)
{
    struct dbk_buffer buffer = {.bytes = NULL};
    (void)state;
    for (int i = 0; i < 100000; i++)
        dbk_buffer_add_string(&buffer, "0123456789");
    assert_int_equal(buffer.length, 1000000);
    assert_int_equal(strlen(buffer.bytes), 1000000);
    dbk_buffer_clear(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escape__keeps_hostile_text_data),
        cmocka_unit_test(buffer__grows_and_stays_terminated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
