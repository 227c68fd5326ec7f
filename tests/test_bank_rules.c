/* Goal: rules mean the same in a file and as options, and what makes no sense is refused with what
 * would. Method: tables. */
#include "support.h"

#include <daybook/bank_rules.h>

#include <unistd.h>

static bool is(struct dbk_text text, const char *expected)
{
    return text.length == strlen(expected) &&
           (text.length == 0 || memcmp(text.bytes, expected, text.length) == 0);
}

static int compile(struct dbk_bank_format *format, struct dbk_bank_rules rules, struct dbk_err *err)
{
    *err = (struct dbk_err){.text = ""};
    return dbk_bank_rules_compile(format, &rules, err);
}

static void bank_rules_compile__understands_each_rule(void **state)
{
    struct dbk_bank_format format;
    struct dbk_err err;
    (void)state;
    assert_int_equal(compile(&format, (struct dbk_bank_rules){.columns = NULL}, &err), 0);
    assert_int_equal(format.delimiter, 0);
    assert_int_equal(format.names[DBK_COLUMN_DATE].length, 0);

    struct dbk_bank_rules rules = {
        .columns = "date=Date op\xC3\xA9ration, amount = x",
    };
    assert_int_equal(compile(&format, rules, &err), DBK_EUSAGE); /* a space before the sign */
    rules = (struct dbk_bank_rules){
        .columns = "date=Date op,amount= Montant ,memo=\"Libell\xC3\xA9, suite\" ,balance=",
        .delimiter = ";",
        .decimal = ",",
        .date_format = "%d.%m.%y",
        .deposit = "CR, VIR ,\"a, b\"",
        .withdrawal = "DB",
    };
    assert_int_equal(compile(&format, rules, &err), 0);
    assert_true(is(format.names[DBK_COLUMN_DATE], "Date op"));
    assert_true(is(format.names[DBK_COLUMN_AMOUNT], "Montant"));
    assert_true(is(format.names[DBK_COLUMN_MEMO], "Libell\xC3\xA9, suite"));
    assert_true(is(format.names[DBK_COLUMN_ACCOUNT], ""));
    assert_true(format.unused[DBK_COLUMN_BALANCE]);
    assert_false(format.unused[DBK_COLUMN_MEMO]);
    assert_int_equal(format.delimiter, ';');
    assert_int_equal(format.decimal, ',');
    assert_true(format.has_date_format);
    assert_int_equal(format.deposits.count, 3);
    assert_true(is(format.deposits.words[1], "VIR"));
    assert_true(is(format.deposits.words[2], "a, b"));
    assert_int_equal(format.withdrawals.count, 1);

    rules = (struct dbk_bank_rules){
        .columns = "date=3,account=1,amount=512", .no_header = true, .delimiter = "tab"};
    assert_int_equal(compile(&format, rules, &err), 0);
    assert_int_equal(format.numbers[DBK_COLUMN_DATE], 3);
    assert_int_equal(format.numbers[DBK_COLUMN_AMOUNT], 512);
    assert_int_equal(format.numbers[DBK_COLUMN_MEMO], 0);
    assert_int_equal(format.delimiter, '\t');
}

static void bank_rules_compile__refuses_what_makes_no_sense(void **state)
{
    static const struct {
        struct dbk_bank_rules rules;
        const char *why;
    } cases[] = {
        {{.columns = "dates=x"}, "cannot understand \"dates=x\""},
        {{.columns = "date"}, "cannot understand \"date\""},
        {{.columns = "date,account=b"}, "cannot understand \"date,account=b\""},
        {{.columns = "date=\"x"}, "cannot understand"},
        {{.columns = "date=\"x\"y"}, "cannot understand"},
        {{.columns = "date=a,date=b"}, "date is there twice"},
        {{.columns = "account="}, "account= needs a column"},
        {{.columns = "date=1,account=b,amount=3", .no_header = true}, "not as \"b\""},
        {{.columns = "date=0,account=1,amount=3", .no_header = true}, "not as \"0\""},
        {{.columns = "date=513,account=1,amount=3", .no_header = true}, "not as \"513\""},
        {{.no_header = true}, "needs --columns with numbers"},
        {{.delimiter = ""}, "--delimiter takes one character"},
        {{.delimiter = ";;"}, "--delimiter takes one character"},
        {{.delimiter = "a"}, "--delimiter takes one character"},
        {{.delimiter = "\""}, "--delimiter takes one character"},
        {{.delimiter = "\xE9"}, "--delimiter takes one character"},
        {{.decimal = ""}, "--decimal takes"},
        {{.decimal = ";"}, "--decimal takes"},
        {{.decimal = ",."}, "--decimal takes"},
        {{.date_format = "%d %B %Y"}, "%B is not known"},
        {{.date_format = "%d %m"}, "%Y is missing"},
        {{.date_format = "%F %d"}, "%d says again"},
        {{.deposit = ""}, "--deposit needs a word"},
        {{.deposit = "a,,b"}, "--deposit: cannot understand"},
        {{.withdrawal = "\"a"}, "--withdrawal: cannot understand"},
        {{.deposit = "a,b", .withdrawal = "c,A"}, "\"a\" cannot mean both"},
        {{.deposit = "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,"
                     "29,30,31,32,33"},
         "at most 32 words"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dbk_bank_format format;
        struct dbk_err err;
        int code = compile(&format, cases[i].rules, &err);
        if (code != DBK_EUSAGE || strstr(err.text, cases[i].why) == NULL)
            fail_msg("case %zu: %d %s", i, code, err.text);
    }
}

static const char *nearest(const char *word, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (names[i][0] == word[0])
            return names[i];
    return NULL;
}

static char path[] = "/tmp/test_bank_rules-XXXXXX";

static int read_rules(struct dbk_bank_rules *rules, char **text, const char *content,
                      struct dbk_err *err)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(content, file);
    assert_int_equal(fclose(file), 0);
    *err = (struct dbk_err){.text = ""};
    return dbk_bank_rules_read(rules, text, path, nearest, err);
}

static void bank_rules_read__adds_to_what_is_given(void **state)
{
    struct dbk_bank_rules rules = {.decimal = "."};
    struct dbk_err err;
    char *text;
    (void)state;
    assert_int_equal(read_rules(&rules, &text,
                                "\xEF\xBB\xBF# my bank\r\n"
                                "\r\n"
                                "  columns   date=Date x,amount=\"a, b\"  \r\n"
                                "delimiter\t;\n"
                                "decimal ,\n"
                                "no-header\n"
                                "date-format %d/%m/%Y %H:%M",
                                &err),
                     0);
    assert_string_equal(rules.columns, "date=Date x,amount=\"a, b\"");
    assert_string_equal(rules.delimiter, ";");
    assert_string_equal(rules.decimal, ".");
    assert_string_equal(rules.date_format, "%d/%m/%Y %H:%M");
    assert_null(rules.encoding);
    assert_true(rules.no_header);
    free(text);
}

static void bank_rules_read__says_where_it_is_wrong(void **state)
{
    static const struct {
        const char *content;
        const char *why;
    } cases[] = {
        {"# x\ncolumn date=1\n", ":2: there is no rule \"column\"; did you mean columns"},
        {"\n\nxyz 1", ":3: there is no rule \"xyz\"; see daybook help import"},
        {"decimal\n", ":1: decimal needs a value"},
        {"decimal ,\ndecimal .\n", ":2: decimal is there twice"},
        {"no-header yes\n", ":1: no-header takes no value"},
        {"decimal=,\n", ":1: there is no rule \"decimal=,\"; did you mean delimiter"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dbk_bank_rules rules = {.columns = NULL};
        struct dbk_err err;
        char *text;
        int code = read_rules(&rules, &text, cases[i].content, &err);
        if (code != DBK_EUSAGE || strstr(err.text, cases[i].why) == NULL)
            fail_msg("case %zu: %d %s", i, code, err.text);
        assert_null(text);
    }
    struct dbk_bank_rules rules = {.columns = NULL};
    struct dbk_err err;
    char *text;
    assert_int_equal(dbk_bank_rules_read(&rules, &text, "/nonexistent", nearest, &err), DBK_EUSAGE);
}

static int make_file(void **state)
{
    (void)state;
    int file = mkstemp(path);
    return file < 0 ? -1 : close(file);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bank_rules_compile__understands_each_rule),
        cmocka_unit_test(bank_rules_compile__refuses_what_makes_no_sense),
        cmocka_unit_test(bank_rules_read__adds_to_what_is_given),
        cmocka_unit_test(bank_rules_read__says_where_it_is_wrong),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
