/* Goal: each row of a bank's file becomes the one event that it means, or everything wrong with it
 * is said; what would have to be guessed is refused. Method: tables of whole files. */
#include "support.h"

#include <daybook/bankfile.h>
#include <daybook/event.h>

static struct dbk_text text_of(const char *string)
{
    return (struct dbk_text){string, (uint32_t)strlen(string)};
}

static const char *const fault_names[] = {
    [DBK_BANK_FINE] = "fine",
    [DBK_BANK_EMPTY] = "empty",
    [DBK_BANK_DELIMITER] = "delimiter",
    [DBK_BANK_HEADER] = "header",
    [DBK_BANK_COLUMNS] = "columns",
    [DBK_BANK_NO_COLUMN] = "no column",
    [DBK_BANK_TWO_COLUMNS] = "two",
    [DBK_BANK_NO_TYPE] = "no type",
    [DBK_BANK_CONTRADICTION] = "contradiction",
    [DBK_BANK_AMBIGUOUS] = "ambiguous",
};

static const char *const problem_names[] = {
    [DBK_BANK_NOT_CSV] = "csv",
    [DBK_BANK_FIELD_COUNT] = "count",
    [DBK_BANK_DATE] = "date",
    [DBK_BANK_ACCOUNT] = "account",
    [DBK_BANK_AMOUNT] = "amount",
    [DBK_BANK_AMOUNT_ZERO] = "zero",
    [DBK_BANK_AMOUNT_DECIMALS] = "decimals",
    [DBK_BANK_AMOUNT_LARGE] = "large",
    [DBK_BANK_SIGN_TYPE] = "sign-type",
    [DBK_BANK_SIGN_CHANGED] = "sign-changed",
    [DBK_BANK_TYPE] = "type",
    [DBK_BANK_BALANCE] = "balance",
    [DBK_BANK_BALANCE_DECIMALS] = "balance-decimals",
    [DBK_BANK_BALANCE_LARGE] = "balance-large",
    [DBK_BANK_MEMO] = "memo",
};

/** All rows: canonical events one a line, cut to what differs, or "line:column problem=value". */
static void read_rows(char *out, size_t size, struct dbk_bankfile *file)
{
    size_t used = 0;
    struct dbk_event event;
    enum dbk_bank_result result;
    out[0] = '\0';
    while ((result = dbk_bankfile_next(file, &event)) != DBK_BANK_END) {
        for (uint32_t i = 0; result == DBK_BANK_WRONG && i < file->wrong_count; i++) {
            const struct dbk_bank_wrong *wrong = &file->wrong[i];
            used += (size_t)snprintf(out + used, size - used, "%d:%d %s=%.*s\n", (int)wrong->line,
                                     (int)wrong->column, problem_names[wrong->problem],
                                     (int)wrong->value.length, wrong->value.bytes);
        }
        if (result == DBK_BANK_WRONG)
            continue;
        char json[DBK_EVENT_MAX];
        assert_int_equal(dbk_event_check(&event), DBK_WELL_FORMED);
        size_t length = dbk_event_encode(json, &event);
        used += (size_t)snprintf(out + used, size - used, "%.*s\n", (int)length, json);
    }
}

static void read_file(char *out, size_t size, const struct dbk_bank_format *format,
                      const char *text)
{
    struct dbk_bankfile *file = malloc(sizeof *file);
    char again[4096];
    assert_non_null(file);
    enum dbk_bank_fault fault = dbk_bankfile_open(file, format, text, strlen(text));
    if (fault == DBK_BANK_FINE)
        fault = dbk_bankfile_survey(file);
    if (fault != DBK_BANK_FINE) {
        snprintf(out, size, "%s", fault_names[fault]);
        if (fault == DBK_BANK_NO_COLUMN || fault == DBK_BANK_TWO_COLUMNS)
            snprintf(out, size, "%s %s", fault_names[fault],
                     dbk_bank_column_key(file->fault_column));
        if (fault == DBK_BANK_CONTRADICTION || fault == DBK_BANK_AMBIGUOUS)
            snprintf(out, size, "%s %d:%.*s %d:%.*s", fault_names[fault], (int)file->lines[0],
                     (int)file->samples[0].length, file->samples[0].bytes, (int)file->lines[1],
                     (int)file->samples[1].length,
                     file->samples[1].length > 0 ? file->samples[1].bytes : "");
        free(file);
        return;
    }
    read_rows(out, size, file);
    dbk_bankfile_rewind(file);
    read_rows(again, sizeof again, file);
    assert_string_equal(out, again);
    free(file);
}

static void check(const struct dbk_bank_format *format, const char *text, const char *expected)
{
    char out[4096];
    read_file(out, sizeof out, format, text);
    if (strcmp(out, expected) != 0)
        fail_msg("%s\n--- gives ---\n%s\n--- not ---\n%s", text, out, expected);
}

#define HEADER "transaction_date;account;transaction_value;balance\n"
#define EVENT(date, account, value, rest)                                                          \
    "{\"transaction_date\":\"" date "\",\"account\":\"" account                                    \
    "\",\"transaction_value\":\"" value "\"," rest "}\n"
#define IN "\"transaction_type\":\"deposit\""
#define OUT "\"transaction_type\":\"withdrawal\""
#define DAY "2024-02-01T00:00:00Z"

static void bankfile__reads_the_original_file(void **state)
{
    static const char *const texts[] = {
        "transaction_date;account;transaction_value;balance\r\n"
        "01/01/2024;C100;1000;1000\r\n"
        "03/01/2024;C200;-200;2300",
        "\xEF\xBB\xBFtransaction_date,account,transaction_value,balance\n"
        "2024-01-01,C100,1000.00,\"1,000\"\n\n"
        "2024-01-03,\"C200\",-200.0,2300\n",
        " Balance \tACCOUNT\tTransaction_Date\tTransaction_Value\textra\r"
        "1.000,00\tC100\t2024-01-01 00:00:00\t1000\tx\r"
        "2300\t C200 \t2024-01-03 00:00:00\t-200,00 \xE2\x82\xAC\ty\r",
        "balance;transaction_value;transaction_type;account;transaction_date;memo\n"
        "1000;1000;Deposit;C100;2024-01-01T00:00:00Z;\n"
        "2300;200;WITHDRAWAL;C200;2024-01-03T00:00:00Z;\"\"\n",
    };
    static const struct dbk_bank_format format = {.delimiter = 0};
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++)
        check(&format, texts[i],
              EVENT("2024-01-01T00:00:00Z", "C100", "1000.00", "\"balance\":\"1000.00\"," IN)
                  EVENT("2024-01-03T00:00:00Z", "C200", "200.00", "\"balance\":\"2300.00\"," OUT));
}

static void bankfile_open__says_what_is_missing(void **state)
{
    static const struct {
        const char *text;
        const char *expected;
    } cases[] = {
        {"", "empty"},
        {"\n\r\n", "empty"},
        {"abc\n", "delimiter"},
        {"a;b,c\n1;2,3\n", "delimiter"},
        {"transaction_date;\"account;transaction_value\n", "header"},
        {"transaction_date;account;\xE9\n", "header"},
        {"transaction_date;account;amount\n", "no column amount"},
        {"date;account;transaction_value\n", "no column date"},
        {"transaction_date;account;ACCOUNT;transaction_value\n", "two account"},
        {"01/01/2024;C100;1000;1000\n", "no column date"},
        {HEADER, ""},
    };
    static const struct dbk_bank_format format = {.delimiter = 0};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        check(&format, cases[i].text, cases[i].expected);
}

/** What read_file gave, shortened: each event to its value, each problem to what it is. */
static void values_of(char *found, size_t size, const char *out)
{
    size_t used = 0;
    if (strchr(out, '\n') == NULL) {
        snprintf(found, size, "%s", out);
        return;
    }
    found[0] = '\0';
    for (const char *line = out; *line != '\0'; line += strcspn(line, "\n") + 1) {
        const char *value =
            line[0] == '{' ? strstr(line, "_value\":\"") + 9 : strchr(line, ' ') + 1;
        used += (size_t)snprintf(found + used, size - used, "%s%.*s", used > 0 ? " " : "",
                                 (int)strcspn(value, "\"\n"), value);
    }
}

static void bankfile_survey__never_guesses_the_decimal_sign(void **state)
{
    static const struct {
        char given;
        const char *values[3];
        const char *expected;
    } cases[] = {
        {0, {"1,5", "1,234", "2"}, "1.50 decimals=1,234 2.00"},
        {0, {"1,234", "2", "1,5"}, "decimals=1,234 2.00 1.50"},
        {0, {"1.234", "2", "1,5"}, "1234.00 2.00 1.50"},
        {0, {"1.5", "1,234", "2"}, "1.50 1234.00 2.00"},
        {0, {"1,234.5", "1,234", "2"}, "1234.50 1234.00 2.00"},
        {0, {"1,234,567", "7", "8"}, "1234567.00 7.00 8.00"},
        {0, {"1", "2", "3 000"}, "1.00 2.00 3000.00"},
        {0, {"1,234", "2", "3"}, "ambiguous 2:1,234 0:"},
        {0, {"1", "1.234", "1,234"}, "ambiguous 3:1.234 0:"},
        {0, {"1,5", "2.5", "3"}, "contradiction 2:1,5 3:2.5"},
        {0, {"1.5", "1,234", "2,50"}, "contradiction 4:2,50 2:1.5"},
        {0, {"1.234", "2,5", "2.5"}, "contradiction 3:2,5 4:2.5"},
        {',', {"1,234", "2", "3"}, "decimals=1,234 2.00 3.00"},
        {'.', {"1,234", "2", "3"}, "1234.00 2.00 3.00"},
        {'.', {"1,5", "2.5", "3"}, "amount=1,5 2.50 3.00"},
        {',', {"1,5", "2.5", "3"}, "1.50 amount=2.5 3.00"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dbk_bank_format format = {.delimiter = ';', .decimal = cases[i].given};
        char text[256];
        char out[4096];
        char found[8192];
        snprintf(text, sizeof text, HEADER "01/02/2024;A;%s;\n01/02/2024;A;%s;\n01/02/2024;A;%s;\n",
                 cases[i].values[0], cases[i].values[1], cases[i].values[2]);
        read_file(out, sizeof out, &format, text);
        values_of(found, sizeof found, out);
        if (strcmp(found, cases[i].expected) != 0)
            fail_msg("case %zu: \"%s\", not \"%s\"", i, found, cases[i].expected);
    }
}

static void bankfile_survey__takes_the_balances_as_evidence_too(void **state)
{
    static const struct dbk_bank_format format = {.delimiter = 0};
    (void)state;
    check(&format, HEADER "01/02/2024;A;1.234;1.234,50\n",
          EVENT(DAY, "A", "1234.00", "\"balance\":\"1234.50\"," IN));
}

static void bankfile_survey__decides_the_form_of_date_once(void **state)
{
    static const struct {
        const char *dates[2];
        const char *expected[2]; /* NULL: refused */
    } cases[] = {
        {{"01/02/2024", "2/2/2024"}, {"2024-02-01T00:00:00Z", "2024-02-02T00:00:00Z"}},
        {{"01/02/2024", "2024-02-02"}, {"2024-02-01T00:00:00Z", NULL}},
        {{"2024-02-02", "01/02/2024"}, {"2024-02-02T00:00:00Z", NULL}},
        {{"2024-02-02", "2024-02-02 01:02:03"}, {"2024-02-02T00:00:00Z", NULL}},
        {{"2024-02-02 01:02:03", "2024-02-02 00:00:00"},
         {"2024-02-02T01:02:03Z", "2024-02-02T00:00:00Z"}},
        {{"31/02/2024", "2024-02-02"}, {NULL, "2024-02-02T00:00:00Z"}},
        {{"12/31/2024", "01/02/2024"}, {NULL, "2024-02-01T00:00:00Z"}},
        {{"x", "y"}, {NULL, NULL}},
    };
    static const struct dbk_bank_format format = {.delimiter = 0};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[256];
        char expected[512];
        size_t used = 0;
        snprintf(text, sizeof text, HEADER "%s;A;1;\n%s;A;1;\n", cases[i].dates[0],
                 cases[i].dates[1]);
        for (int k = 0; k < 2; k++) {
            const char *date = cases[i].expected[k];
            char *end = expected + used;
            used += date == NULL ? (size_t)snprintf(end, sizeof expected - used, "%d:1 date=%s\n",
                                                    k + 2, cases[i].dates[k])
                                 : (size_t)snprintf(end, sizeof expected - used,
                                                    EVENT("%s", "A", "1.00", IN), date);
        }
        check(&format, text, expected);
    }
}

static void bankfile_next__reports_everything_wrong_with_a_row(void **state)
{
    static const struct {
        const char *row;
        const char *expected;
    } cases[] = {
        {"x;;y;z", "2:1 date=x\n2:2 account=\n2:3 amount=y\n2:4 balance=z\n"},
        {"01/02/2024;A;1", "2:0 count=01/02/2024;A;1\n"},
        {"01/02/2024;A;1;;", "2:0 count=01/02/2024;A;1;;\n"},
        {"01/02/2024;A;0;", "2:3 zero=0\n"},
        {"01/02/2024;A;-0;", "2:3 zero=-0\n"},
        {"01/02/2024;A;;", "2:3 amount=\n"},
        {"01/02/2024;A;1.2345;", "2:3 decimals=1.2345\n"},
        {"01/02/2024;A;99999999999999999999;", "2:3 large=99999999999999999999\n"},
        {"01/02/2024;A;-92233720368547758.08;", "2:3 large=-92233720368547758.08\n"},
        {"01/02/2024;A;1;1.2345", "2:4 balance-decimals=1.2345\n"},
        {"01/02/2024;A;1;99999999999999999999", "2:4 balance-large=99999999999999999999\n"},
        {"01/02/2024;A;1;-92233720368547758.08",
         EVENT(DAY, "A", "1.00", "\"balance\":\"-92233720368547758.08\"," IN)},
        {"01/02/2024;\xE2\x80\xAE"
         "A;1;",
         "2:2 account=\xE2\x80\xAE"
         "A\n"},
        {"01/02/2024;1234567890123456789012345678901234567890123456789012345678901234;1;",
         EVENT(DAY, "1234567890123456789012345678901234567890123456789012345678901234", "1.00",
               IN)},
        {"01/02/2024;12345678901234567890123456789012345678901234567890123456789012345;1;",
         "2:2 account=12345678901234567890123456789012345678901234567890123456789012345\n"},
        {"01/02/2024;\"C\"\"1\";1;", EVENT(DAY, "C\\\"1", "1.00", IN)},
        {"01/02/2024;\"C\n1\";1;", "2:2 account=C\n1\n"},
        {"01/02/2024;\"C\n1\";0;", "2:2 account=C\n1\n3:3 zero=0\n"},
        {"01/02/2024;A;\"1", "2:3 csv=\"1\n"},
        {"01/02/2024;A;\"1\"x;", "2:3 csv=\"1\"x;\n"},
        {"01/02/2024;\xE9;1;", "2:2 csv=\xE9\n"},
        {"01/02/2024; A\xC2\xA0;1;", EVENT(DAY, "A", "1.00", IN)},
    };
    static const struct dbk_bank_format format = {.delimiter = ';', .decimal = '.'};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[512];
        char expected[1024];
        snprintf(text, sizeof text, HEADER "%s\n01/02/2024;B;7;\n", cases[i].row);
        snprintf(expected, sizeof expected, "%s" EVENT(DAY, "B", "7.00", IN), cases[i].expected);
        check(&format, text, expected);
    }
}

static void bankfile_next__reads_types_and_their_signs(void **state)
{
    static const struct {
        const char *rows;
        const char *expected;
    } cases[] = {
        {"CR;5\nDB;2\n", EVENT(DAY, "A", "5.00", IN) EVENT(DAY, "A", "2.00", OUT)},
        {"vir;5\nDB;-2\ndb;-3\n",
         EVENT(DAY, "A", "5.00", IN) EVENT(DAY, "A", "2.00", OUT) EVENT(DAY, "A", "3.00", OUT)},
        {"CR;-5\n", "2:4 sign-type=-5\n"},
        {"DB;5\nDB;-2\n", EVENT(DAY, "A", "5.00", OUT) "3:4 sign-changed=-2\n"},
        {"DB;-5\nDB;2\nDB;-3\n",
         EVENT(DAY, "A", "5.00", OUT) "3:4 sign-changed=2\n" EVENT(DAY, "A", "3.00", OUT)},
        {"deposit;5\n", "2:1 type=deposit\n"},
        {";5\nD\xC3\x89"
         "BIT;2\n",
         "2:1 type=\n" EVENT(DAY, "A", "2.00", OUT)},
        {"x;y\n", "2:1 type=x\n2:4 amount=y\n"},
    };
    struct dbk_bank_format format = {.delimiter = ';'};
    (void)state;
    format.names[DBK_COLUMN_TYPE] = text_of("Sens");
    format.names[DBK_COLUMN_DATE] = text_of("Date op\xC3\xA9ration");
    format.deposits = (struct dbk_words){{text_of("CR"), text_of("VIR")}, 2};
    format.withdrawals = (struct dbk_words){{text_of("DB"), text_of("d\xC3\xA9"
                                                                    "bit")},
                                            2};
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[512];
        size_t used = (size_t)snprintf(text, sizeof text,
                                       "SENS;DATE OP\xC3\x89RATION;account;transaction_value\n");
        for (const char *row = cases[i].rows; *row != '\0'; row += strcspn(row, "\n") + 1) {
            size_t split = strcspn(row, ";");
            used +=
                (size_t)snprintf(text + used, sizeof text - used, "%.*s;01/02/2024;A%.*s\n",
                                 (int)split, row, (int)(strcspn(row, "\n") - split), row + split);
        }
        check(&format, text, cases[i].expected);
    }
    check(&format, "Date op\xC3\xA9ration;account;transaction_value\n", "no column type");
    format.names[DBK_COLUMN_TYPE].length = 0;
    check(&format, "Date op\xC3\xA9ration;account;transaction_value\n", "no type");
}

static void bankfile_next__cleans_memos_of_line_ends_only(void **state)
{
    static const struct {
        const char *field;
        const char *expected; /* NULL: wrong */
    } cases[] = {
        {" rent ", "rent"},
        {"\"two\r\nlines\"", "two lines"},
        {"\"tab\there\"", "tab here"},
        {"\"the \"\"big\"\" one\"", "the \\\"big\\\" one"},
        {"a\"\"b", "a\\\"\\\"b"},
        {"bell\a", NULL},
        {"\xE2\x80\x8Bhidden", NULL},
    };
    static const struct dbk_bank_format format = {.delimiter = ';'};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[512];
        char expected[512];
        snprintf(text, sizeof text,
                 "memo;transaction_date;account;transaction_value\n%s;01/02/2024;A;1\n",
                 cases[i].field);
        if (cases[i].expected != NULL)
            snprintf(expected, sizeof expected, EVENT(DAY, "A", "1.00", IN ",\"memo\":\"%s\""),
                     cases[i].expected);
        else
            snprintf(expected, sizeof expected, "2:1 memo=%s\n", cases[i].field);
        check(&format, text, expected);
    }
    char text[512];
    snprintf(text, sizeof text,
             "memo;transaction_date;account;transaction_value\n%0201d;01/02/2024;A;1\n", 0);
    struct dbk_bank_format without = {.unused[DBK_COLUMN_MEMO] = true};
    check(&without, text, EVENT(DAY, "A", "1.00", IN));
    char expected[512];
    snprintf(expected, sizeof expected, "2:1 memo=%0201d\n", 0);
    check(&format, text, expected);
}

static void bankfile_open__takes_numbers_without_a_header(void **state)
{
    struct dbk_bank_format format = {.no_header = true};
    (void)state;
    check(&format, "01/02/2024;A;1\n", "no column date");
    format.numbers[DBK_COLUMN_DATE] = 2;
    format.numbers[DBK_COLUMN_ACCOUNT] = 1;
    format.numbers[DBK_COLUMN_AMOUNT] = 4;
    check(&format, "A;01/02/2024;x;1,5\nB;x;01/02/2024;7\n",
          EVENT(DAY, "A", "1.50", IN) "2:2 date=x\n");
    check(&format, "A;01/02/2024;1\n", "no column amount");
}

static void bankfile_open__refuses_more_columns_than_it_can_hold(void **state)
{
    static const struct dbk_bank_format format = {.delimiter = ';'};
    char text[DBK_COLUMNS_MAX + 100] = "transaction_date;account;transaction_value";
    (void)state;
    memset(text + strlen(text), ';', DBK_COLUMNS_MAX - 3);
    check(&format, text, "");
    text[strlen(text)] = ';';
    check(&format, text, "columns");
}

static void bankfile_column_name__gives_the_header_as_it_stands(void **state)
{
    static const struct dbk_bank_format format = {.delimiter = ';'};
    static const char text[] = "transaction_date; Account ;\"transaction_value\";\"x;y\"\n";
    struct dbk_bankfile *file = malloc(sizeof *file);
    static const char *const names[] = {
        "", "transaction_date", "Account", "transaction_value", "x;y", ""};
    (void)state;
    assert_non_null(file);
    assert_int_equal(dbk_bankfile_open(file, &format, text, strlen(text)), DBK_BANK_FINE);
    for (uint32_t i = 0; i < COUNT(names); i++) {
        struct dbk_text name = dbk_bankfile_column_name(file, i);
        assert_int_equal(name.length, strlen(names[i]));
        assert_memory_equal(name.bytes, names[i], name.length);
    }
    free(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bankfile__reads_the_original_file),
        cmocka_unit_test(bankfile_open__says_what_is_missing),
        cmocka_unit_test(bankfile_survey__never_guesses_the_decimal_sign),
        cmocka_unit_test(bankfile_survey__takes_the_balances_as_evidence_too),
        cmocka_unit_test(bankfile_survey__decides_the_form_of_date_once),
        cmocka_unit_test(bankfile_next__reports_everything_wrong_with_a_row),
        cmocka_unit_test(bankfile_next__reads_types_and_their_signs),
        cmocka_unit_test(bankfile_next__cleans_memos_of_line_ends_only),
        cmocka_unit_test(bankfile_open__takes_numbers_without_a_header),
        cmocka_unit_test(bankfile_open__refuses_more_columns_than_it_can_hold),
        cmocka_unit_test(bankfile_column_name__gives_the_header_as_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
