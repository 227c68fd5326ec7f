/* Goal: every CSV of RFC 4180 is read as it was meant, and every wrong row is placed. Method:
 * tables, each read by every way of ending lines; random rows written and read back. */
#include "support.h"

#include <daybook/csv.h>

/** The whole text as "[field|field]\n" a row, and "{problem line:column}\n" for wrong ones. */
static void flatten(char *out, size_t size, const char *text, size_t length, char delimiter)
{
    static const char *const problems[DBK_CSV_PROBLEM_COUNT] = {"",     "open", "after",
                                                                "long", "nul",  "utf8"};
    struct dbk_csv csv;
    struct dbk_csv_field fields[8];
    struct dbk_csv_row row = {.fields = fields, .capacity = 8};
    size_t used = 0;
    dbk_csv_start(&csv, text, length, delimiter);
    while (dbk_csv_next(&csv, &row)) {
        if (row.problem != DBK_CSV_FINE) {
            used += (size_t)snprintf(out + used, size - used, "{%s %d:%d}", problems[row.problem],
                                     (int)row.problem_line, (int)row.problem_column);
            continue;
        }
        used += (size_t)snprintf(out + used, size - used, "%d[", (int)row.line);
        for (uint32_t i = 0; i < row.count; i++) {
            char copy[256];
            const char *bytes;
            uint32_t field_length;
            assert_true(dbk_csv_unquote(&fields[i], &bytes, &field_length, copy, sizeof copy));
            used += (size_t)snprintf(out + used, size - used, "%s%.*s", i > 0 ? "|" : "",
                                     (int)field_length, bytes);
        }
        used += (size_t)snprintf(out + used, size - used, "]");
    }
    out[used] = '\0';
}

static void csv_next__reads_rows_and_fields(void **state)
{
    static const struct {
        const char *text;
        const char *expected;
    } cases[] = {
        {"", ""},
        {"\n\n\n", ""},
        {"\xEF\xBB\xBF", ""},
        {"a", "1[a]"},
        {"a\n", "1[a]"},
        {"a;b\nc;d\n", "1[a|b]2[c|d]"},
        {"a;b\nc;d", "1[a|b]2[c|d]"},
        {"\xEF\xBB\xBF"
         "a;b\n",
         "1[a|b]"},
        {"\xEF\xBB\xBF\"a\";b\n", "1[a|b]"},
        {";\n", "1[|]"},
        {";;\n;;", "1[||]2[||]"},
        {"a;\n", "1[a|]"},
        {"\n\na\n\n\nb\n\n", "3[a]6[b]"},
        {"\"a\"\n", "1[a]"},
        {"\"\"\n", "1[]"},
        {"\"\";\"\"\n", "1[|]"},
        {"\"a;b\";c\n", "1[a;b|c]"},
        {"\"a\"\"b\"\n", "1[a\"b]"},
        {"\"\"\"\"\n", "1[\"]"},
        {"\"\"\"a\"\"\"\n", "1[\"a\"]"},
        {"\"a\nb\";c\nd;e\n", "1[a\nb|c]3[d|e]"},
        {"a\"b;c\"\n", "1[a\"b|c\"]"},
        {" \"a\";b\n", "1[ \"a\"|b]"},
        {"a,b\tc;d\n", "1[a,b\tc|d]"},
        {"\xC3\xA9;\xE2\x82\xAC;\xF0\x9F\x92\xB6\n", "1[\xC3\xA9|\xE2\x82\xAC|\xF0\x9F\x92\xB6]"},
        {"1;2;3;4;5;6;7;8\n", "1[1|2|3|4|5|6|7|8]"},
    };
    char out[512];
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        flatten(out, sizeof out, cases[i].text, strlen(cases[i].text), ';');
        if (strcmp(out, cases[i].expected) != 0)
            fail_msg("case %zu, \"%s\": %s, not %s", i, cases[i].text, out, cases[i].expected);
    }
}

static void csv_next__takes_every_line_end(void **state)
{
    static const char *const texts[] = {
        "a;b\nc;d\n\ne;f\n",
        "a;b\r\nc;d\r\n\r\ne;f\r\n",
        "a;b\rc;d\r\re;f\r",
        "a;b\r\nc;d\n\re;f",
        "\"a\";b\r\n\"c\";\"d\"\n\r\"e\";\"f\"\r\n",
    };
    char out[256];
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        flatten(out, sizeof out, texts[i], strlen(texts[i]), ';');
        assert_string_equal(out, "1[a|b]2[c|d]4[e|f]");
    }
}

static void csv_next__places_what_is_wrong_and_goes_on(void **state)
{
    static const struct {
        const char *text;
        size_t length; /* 0: up to the zero */
        const char *expected;
    } cases[] = {
        {"a;b\nc;\"d\ne;f\n", 0, "1[a|b]{open 2:2}3[e|f]"},
        {"\"", 0, "{open 1:1}"},
        {"\"a", 0, "{open 1:1}"},
        {"\"a\"\"", 0, "{open 1:1}"},
        {"\"a\"b;c\nd;e\n", 0, "{after 1:1}2[d|e]"},
        {"a;\"b\nb\"b;c\nd;e\n", 0, "{after 1:2}3[d|e]"},
        {"a;\"b\" \nc;d\n", 0, "{after 1:2}2[c|d]"},
        {"a;b\0b;c\nd;e\n", 11, "{nul 1:2}2[d|e]"},
        {"a\nb\nc;\xE9t\xE9\nd\n", 0, "1[a]2[b]{utf8 3:2}4[d]"},
        {"\"x\ny\n\xFF\";b\nc\n", 0, "{utf8 3:1}4[c]"},
        {"\xC0\x80\n", 0, "{utf8 1:1}"},         /* overlong */
        {"\xE0\x9F\xBF\n", 0, "{utf8 1:1}"},     /* overlong */
        {"\xF0\x8F\xBF\xBF\n", 0, "{utf8 1:1}"}, /* overlong */
        {"\xED\xA0\x80\n", 0, "{utf8 1:1}"},     /* a surrogate */
        {"\xF4\x90\x80\x80\n", 0, "{utf8 1:1}"}, /* beyond U+10FFFF */
        {"\xE2\x82\n", 0, "{utf8 1:1}"},
        {"a;\xE2\x82", 0, "{utf8 1:2}"},
        {"1;2;3;4;5;6;7;8;9;\xFF\nb\n", 0, "{utf8 1:0}2[b]"},
    };
    char out[512];
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t length = cases[i].length > 0 ? cases[i].length : strlen(cases[i].text);
        flatten(out, sizeof out, cases[i].text, length, ';');
        if (strcmp(out, cases[i].expected) != 0)
            fail_msg("case %zu: %s, not %s", i, out, cases[i].expected);
    }
}

static void csv_next__counts_fields_that_it_cannot_store(void **state)
{
    struct dbk_csv csv;
    struct dbk_csv_field field;
    struct dbk_csv_row row = {.fields = &field, .capacity = 1};
    (void)state;
    dbk_csv_start(&csv, "a,b,\"c\"\"c\"\nd\n", 13, ',');
    assert_true(dbk_csv_next(&csv, &row));
    assert_int_equal(row.count, 3);
    assert_int_equal(row.length, 10);
    assert_true(dbk_csv_next(&csv, &row));
    assert_int_equal(row.count, 1);
    assert_false(dbk_csv_next(&csv, &row));
    assert_false(dbk_csv_next(&csv, &row));
}

static void csv_next__refuses_a_field_without_end(void **state)
{
    size_t length = DBK_CSV_FIELD_MAX + 10;
    char *text = malloc(length);
    struct dbk_csv csv;
    struct dbk_csv_field fields[2];
    struct dbk_csv_row row = {.fields = fields, .capacity = 2};
    (void)state;
    assert_non_null(text);
    for (int quoted = 0; quoted < 2; quoted++) {
        memset(text, 'x', length);
        text[0] = quoted ? '"' : 'y';
        text[length - 2] = '\n';
        dbk_csv_start(&csv, text, length, ',');
        assert_true(dbk_csv_next(&csv, &row));
        assert_int_equal(row.problem, DBK_CSV_TOO_LONG);
        assert_true(dbk_csv_next(&csv, &row));
        assert_int_equal(row.problem, DBK_CSV_FINE);
        assert_int_equal(row.line, 2);
        assert_false(dbk_csv_next(&csv, &row));
    }
    /* The longest that is allowed. */
    memset(text, 'x', length);
    text[DBK_CSV_FIELD_MAX] = ',';
    dbk_csv_start(&csv, text, DBK_CSV_FIELD_MAX + 3, ',');
    assert_true(dbk_csv_next(&csv, &row));
    assert_int_equal(row.problem, DBK_CSV_FINE);
    assert_int_equal(row.count, 2);
    assert_int_equal(fields[0].length, DBK_CSV_FIELD_MAX);
    free(text);
}

static void csv_unquote__says_where_there_is_no_room(void **state)
{
    struct dbk_csv_field field = {"a\"\"b", 4, true, true};
    char copy[3];
    const char *text;
    uint32_t length;
    (void)state;
    assert_true(dbk_csv_unquote(&field, &text, &length, copy, 3));
    assert_int_equal(length, 3);
    assert_memory_equal(text, "a\"b", 3);
    assert_false(dbk_csv_unquote(&field, &text, &length, copy, 2));
    assert_int_equal(length, 2);
}

static void csv_guess_delimiter__takes_the_one_that_fits(void **state)
{
    static const struct {
        const char *text;
        char expected;
    } cases[] = {
        {"", 0},
        {"abc\ndef\n", 0},
        {"a;b;c\n1;2;3\n", ';'},
        {"a,b,c\n1,2,3\n", ','},
        {"a\tb\tc\n1\t2\t3\n", '\t'},
        {"a;b;c\n1,5;2,5;3\n1,5;2,5;3\n", ';'},
        {"01/02/2024;C1;1,50\n", ';'},
        {"01/02/2024;C1;1,50\n01/02/2024;C1;2,50\n", ';'},
        {"\"a;b\",c,d\n1,2,3\n", ','},
        {"a, b;c;d\n1;2;3\n1;2;3\n", ';'},
        {"a;b,c\n", 0},                  /* as good as each other */
        {"a;b;c\n1;2\n1;2\n1;2\n", ';'}, /* none fits: the header decides */
        {"a,b;c,d;e\n1;2;3\n1;2;3\n4;5;6\n", ';'},
        {"a;b\n", ';'},
        {"\xEF\xBB\xBF"
         "a,b\n1,2\n",
         ','},
        {"a,b\n\"x;y\nz;w\",2\n", ','},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char guess = dbk_csv_guess_delimiter(cases[i].text, strlen(cases[i].text));
        if (guess != cases[i].expected)
            fail_msg("case %zu, \"%s\": '%c'", i, cases[i].text, guess);
    }
}

static void csv_guess_delimiter__looks_at_the_beginning_of_a_large_file(void **state)
{
    size_t length = 300000;
    char *text = malloc(length);
    (void)state;
    assert_non_null(text);
    memcpy(text, "a;b,c\n", 6);
    for (size_t i = 6; i < length; i++)
        text[i] = "1,5;2\n"[i % 6];
    assert_int_equal(dbk_csv_guess_delimiter(text, length), 0);
    memcpy(text, "a;b c\n", 6);
    assert_int_equal(dbk_csv_guess_delimiter(text, length), ';');
    free(text);
}

/** Write a field so that it can only be read as itself. */
static size_t write_field(char *out, const char *bytes, size_t length, uint64_t style)
{
    size_t used = 0;
    bool quote = length == 0 || style % 3 == 0;
    for (size_t i = 0; i < length; i++)
        quote = quote || strchr(",\"\r\n", bytes[i]) != NULL;
    if (quote)
        out[used++] = '"';
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] == '"')
            out[used++] = '"';
        out[used++] = bytes[i];
    }
    if (quote)
        out[used++] = '"';
    return used;
}

static void csv_next__reads_back_what_is_written(void **state)
{
    static const char *const ends[] = {"\n", "\r\n", "\r"};
    static const char alphabet[] = "ab,\"\n\r; \xC3";
    uint64_t random = 77;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        char values[4][16];
        size_t lengths[4];
        char text[512];
        size_t used = 0;
        uint32_t count = 1 + (uint32_t)(next_random(&random) % 4);
        for (uint32_t i = 0; i < count; i++) {
            size_t length = next_random(&random) % 6;
            lengths[i] = 0;
            for (size_t k = 0; k < length; k++) {
                char c = alphabet[next_random(&random) % (sizeof alphabet - 1)];
                values[i][lengths[i]++] = c;
                if (c == '\xC3')
                    values[i][lengths[i]++] = '\xA9';
            }
            if (i > 0)
                text[used++] = ',';
            used += write_field(text + used, values[i], lengths[i], next_random(&random));
        }
        const char *end = ends[next_random(&random) % 3];
        memcpy(text + used, end, strlen(end));
        used += strlen(end);

        struct dbk_csv csv;
        struct dbk_csv_field fields[4];
        struct dbk_csv_row row = {.fields = fields, .capacity = 4};
        dbk_csv_start(&csv, text, used, ',');
        assert_true(dbk_csv_next(&csv, &row));
        assert_int_equal(row.problem, DBK_CSV_FINE);
        assert_int_equal(row.count, count);
        for (uint32_t i = 0; i < count; i++) {
            char copy[64];
            const char *bytes;
            uint32_t length;
            assert_true(dbk_csv_unquote(&fields[i], &bytes, &length, copy, sizeof copy));
            assert_int_equal(length, lengths[i]);
            assert_memory_equal(bytes, values[i], length);
        }
        assert_false(dbk_csv_next(&csv, &row));
        assert_int_equal(csv.line, 1 + dbk_csv_count_lines(text, used));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_next__reads_rows_and_fields),
        cmocka_unit_test(csv_next__takes_every_line_end),
        cmocka_unit_test(csv_next__places_what_is_wrong_and_goes_on),
        cmocka_unit_test(csv_next__counts_fields_that_it_cannot_store),
        cmocka_unit_test(csv_next__refuses_a_field_without_end),
        cmocka_unit_test(csv_unquote__says_where_there_is_no_room),
        cmocka_unit_test(csv_guess_delimiter__takes_the_one_that_fits),
        cmocka_unit_test(csv_guess_delimiter__looks_at_the_beginning_of_a_large_file),
        cmocka_unit_test(csv_next__reads_back_what_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
