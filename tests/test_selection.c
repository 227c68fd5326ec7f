/*
 * Goal: what a list is asked for survives its way through an address, and nothing else is
 * understood. Method: tables of good and bad parameters; random selections, written and read back.
 */
#include "support.h"

#include <daybook/date.h>
#include <daybook/selection.h>

#define TODAY 20423 /* 2025-12-01 */

static const char *const others[] = {"lang", "limit", NULL};

/** Split "a=b&c=d" as a server does; only what the tests write is decoded. @return how many. */
static size_t split(struct dbk_param *params, char *text)
{
    size_t count = 0;
    for (char *p = text; *p != '\0';) {
        char *end = p + strcspn(p, "&");
        bool last = *end == '\0';
        *end = '\0';
        char *equals = strchr(p, '=');
        *equals = '\0';
        char *out = equals + 1;
        for (const char *in = equals + 1; *in != '\0'; in++) {
            char hex[3] = {0};
            if (*in == '%') {
                memcpy(hex, in + 1, 2);
                *out++ = (char)strtol(hex, NULL, 16);
                in += 2;
            } else {
                *out++ = *in;
            }
        }
        *out = '\0';
        params[count++] = (struct dbk_param){p, equals + 1};
        p = last ? end : end + 1;
    }
    return count;
}

static bool parse(struct dbk_selection *selection, const char *text,
                  struct dbk_param_problem *problem)
{
    static char copy[2048];
    struct dbk_param params[32];
    snprintf(copy, sizeof copy, "%s", text);
    return dbk_selection_parse(selection, params, split(params, copy), others, TODAY, problem);
}

static void assert_writes(const struct dbk_selection *selection, const char *expected)
{
    struct dbk_buffer text = {.bytes = NULL};
    dbk_selection_write(&text, selection);
    assert_string_equal(text.bytes != NULL ? text.bytes : "", expected);
    dbk_buffer_clear(&text);
}

static void parse__understands_each_parameter(void **state)
{
    static const struct {
        const char *text;
        const char *written; /* in its one form */
    } cases[] = {
        {"", ""},
        {"lang=fr&limit=7", ""},
        {"account=&from=&to=&min=&max=&memo=&type=&sort=&order=", ""},
        {"account=C100", "account=C100"},
        {"account=%20C100%20", "account=C100"},
        {"account=a%2Fb%25", "account=a%2Fb%25"},
        {"type=deposit", "type=deposit"},
        {"to=2024-02-29&from=2024-01-01", "from=2024-01-01&to=2024-02-29"},
        {"from=2024-01-01", "from=2024-01-01"},
        {"to=0000-01-01", "to=0000-01-01"},
        {"period=7days", "period=7days"},
        {"period=all", ""},
        {"min=0&max=1", "max=1.00"},
        {"min=12,5", "min=12.50"},
        {"min=1%20234,50&max=1234.51", "min=1234.50&max=1234.51"},
        {"max=92233720368547758.06", "max=92233720368547758.06"},
        {"memo=%C3%89t%C3%A9%20", "memo=%C3%89t%C3%A9%20"},
        {"sort=amount", "sort=amount"},
        {"sort=amount&order=desc", "sort=amount"},
        {"sort=account&order=asc", "sort=account"},
        {"order=asc", "order=asc"},
        {"next=T0d.-5.3.42", "next=T0d.-5.3.42"},
        {"before=T2a.9.0.1.-77&sort=amount&order=asc",
         "sort=amount&order=asc&before=T2a.9.0.1.-77"},
        {"sort=account&next=T1a.1.2.3.43313030", "sort=account&next=T1a.1.2.3.43313030"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dbk_selection selection;
        struct dbk_param_problem problem;
        if (!parse(&selection, cases[i].text, &problem))
            fail_msg("%s: %s: %s", cases[i].text, problem.name,
                     dbk_expected_text(problem.expected));
        assert_writes(&selection, cases[i].written);
    }
}

static void parse__says_which_parameter_and_what_was_expected(void **state)
{
    static const struct {
        const char *text;
        const char *name;
        enum dbk_expected expected;
    } cases[] = {
        {"acount=C100", "acount", DBK_EXPECTED_NOTHING},
        {"account=a&account=b", "account", DBK_EXPECTED_ONCE},
        {"lang=fr&lang=en", "lang", DBK_EXPECTED_ONCE},
        {"account=%C3", "account", DBK_EXPECTED_ACCOUNT},
        {"account=a%0A", "account", DBK_EXPECTED_ACCOUNT},
        {"account=123456789012345678901234567890123456789012345678901234567890123456", "account",
         DBK_EXPECTED_ACCOUNT},
        {"type=Deposit", "type", DBK_EXPECTED_TYPE},
        {"from=2023-02-29", "from", DBK_EXPECTED_DAY},
        {"to=2023-02-01T00:00:00Z", "to", DBK_EXPECTED_DAY},
        {"from=2024-01-02&to=2024-01-01", "to", DBK_EXPECTED_LATER_DAY},
        {"period=week", "period", DBK_EXPECTED_PERIOD},
        {"period=today&from=2024-01-01", "period", DBK_EXPECTED_PERIOD},
        {"min=1,234", "min", DBK_EXPECTED_AMOUNT},
        {"min=1.234", "min", DBK_EXPECTED_AMOUNT},
        {"min=-1", "min", DBK_EXPECTED_AMOUNT},
        {"max=1e3", "max", DBK_EXPECTED_AMOUNT},
        {"max=92233720368547758.08", "max", DBK_EXPECTED_AMOUNT},
        {"min=2&max=1", "max", DBK_EXPECTED_LARGER},
        {"memo=%E2%80%AE", "memo", DBK_EXPECTED_TEXT},
        {"sort=memo", "sort", DBK_EXPECTED_SORT},
        {"order=up", "order", DBK_EXPECTED_ORDER},
        {"next=T0d.1.2.3&before=T0d.1.2.3", "before", DBK_EXPECTED_ONE_PLACE},
        {"next=x", "next", DBK_EXPECTED_TOKEN},
        {"next=T0d.1.2", "next", DBK_EXPECTED_TOKEN},
        {"next=T0d.1.2.3.4", "next", DBK_EXPECTED_TOKEN},
        {"next=T0d.1.2.-3", "next", DBK_EXPECTED_TOKEN},
        {"next=T0d.1.2.9223372036854775808", "next", DBK_EXPECTED_TOKEN},
        {"next=T0d.1.2.+3", "next", DBK_EXPECTED_TOKEN},
        {"next=T0a.1.2.3", "next", DBK_EXPECTED_TOKEN},                 /* of the other direction */
        {"before=T0d.1.2.3&sort=amount", "before", DBK_EXPECTED_TOKEN}, /* of another order */
        {"next=A0a.1.2", "next", DBK_EXPECTED_TOKEN},                   /* of another list */
        {"sort=account&next=T1a.1.2.3.4", "next", DBK_EXPECTED_TOKEN},
        {"sort=account&next=T1a.1.2.3.00", "next", DBK_EXPECTED_TOKEN},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dbk_selection selection;
        struct dbk_param_problem problem = {"", DBK_EXPECTED_COUNT};
        if (parse(&selection, cases[i].text, &problem))
            fail_msg("%s: understood", cases[i].text);
        assert_string_equal(problem.name, cases[i].name);
        if (problem.expected != cases[i].expected)
            fail_msg("%s: %s", cases[i].text, dbk_expected_text(problem.expected));
    }
    for (int i = 0; i < DBK_EXPECTED_COUNT; i++)
        assert_non_null(dbk_expected_text((enum dbk_expected)i));
}

static void random_text(char *out, size_t max, uint64_t *random)
{
    static const char *const pieces[] = {"a", "Z", "/", "%", "é", "&",
                                         "=", "+", "9", ".", "😀", "'"};
    size_t length = 0;
    out[0] = '\0';
    for (uint64_t n = next_random(random) % 12; n > 0; n--) {
        const char *piece = pieces[next_random(random) % COUNT(pieces)];
        if (length + strlen(piece) > max)
            break;
        memcpy(out + length, piece, strlen(piece) + 1);
        length += strlen(piece);
    }
}

static void random_selection(struct dbk_selection *selection, uint64_t *random)
{
    dbk_selection_init(selection);
    random_text(selection->account, DBK_ACCOUNT_MAX, random);
    random_text(selection->memo, DBK_MEMO_MAX, random);
    selection->side = (enum dbk_side)(next_random(random) % 3);
    dbk_days_set(&selection->days, (enum dbk_period)(next_random(random) % DBK_PERIOD_COUNT),
                 TODAY);
    if (selection->days.period == DBK_PERIOD_DAYS) {
        selection->days.first = (int64_t)(next_random(random) % 40000) - 20000;
        if (next_random(random) % 2 == 0)
            selection->days.last = selection->days.first + (int64_t)(next_random(random) % 400);
    }
    selection->min_minor = next_random(random) % 2 == 0 ? 0 : (int64_t)(next_random(random) % 999);
    if (next_random(random) % 2 == 0)
        selection->max_minor = selection->min_minor + (int64_t)(next_random(random) >> 2);
    selection->sort = (enum dbk_sort)(next_random(random) % DBK_SORT_COUNT);
    selection->ascending = next_random(random) % 2 == 0;
    selection->place = (enum dbk_place)(next_random(random) % 3);
    if (selection->place == DBK_PLACE_START)
        return;
    selection->key.date_s = (int64_t)next_random(random);
    selection->key.partition = (int64_t)(next_random(random) >> 1);
    selection->key.offset = (int64_t)(next_random(random) >> 1);
    if (selection->sort == DBK_SORT_AMOUNT)
        selection->key.amount_minor = (int64_t)next_random(random);
    if (selection->sort == DBK_SORT_ACCOUNT)
        random_text(selection->key.account, DBK_ACCOUNT_MAX, random);
}

static void write__is_read_back_as_the_same(void **state)
{
    uint64_t random = 5;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct dbk_selection selection;
        struct dbk_selection again;
        struct dbk_param_problem problem;
        struct dbk_buffer text = {.bytes = NULL};
        random_selection(&selection, &random);
        if (selection.days.last < selection.days.first)
            continue;
        dbk_selection_write(&text, &selection);
        if (!parse(&again, text.bytes != NULL ? text.bytes : "", &problem))
            fail_msg("%s: %s: %s", text.bytes, problem.name, dbk_expected_text(problem.expected));
        assert_string_equal(again.account, selection.account);
        assert_string_equal(again.memo, selection.memo);
        assert_int_equal(again.side, selection.side);
        assert_int_equal(again.days.period, selection.days.period);
        assert_int_equal(again.days.first, selection.days.first);
        assert_int_equal(again.days.last, selection.days.last);
        assert_int_equal(again.min_minor, selection.min_minor);
        assert_int_equal(again.max_minor, selection.max_minor);
        assert_int_equal(again.sort, selection.sort);
        assert_int_equal(again.ascending, selection.ascending);
        assert_int_equal(again.place, selection.place);
        assert_memory_equal(&again.key, &selection.key, sizeof again.key);
        dbk_buffer_clear(&text);
    }
}

static void other_lists__are_read_back_as_the_same(void **state)
{
    static const char *const accounts[] = {
        "",
        "search=9%2F",
        "balance=negative&sort=balance&order=asc",
        "sort=last&next=A5d.-7.12",
        "order=desc&before=A0d.43",
        "sort=withdrawals&before=A4d.0.3",
    };
    static const char *const statements[] = {"", "period=year", "from=2024-01-01&next=S0a.5.6"};
    static const char *const rejections[] = {"", "reason=overdraft",
                                             "reason=absent&before=R0d.1.2.3", "next=R0d.-1.2.3"};
    struct dbk_param params[8];
    struct dbk_param_problem problem;
    char copy[256];
    (void)state;
    for (size_t i = 0; i < COUNT(accounts); i++) {
        struct dbk_account_selection selection;
        struct dbk_buffer text = {.bytes = NULL};
        snprintf(copy, sizeof copy, "%s", accounts[i]);
        assert_true(
            dbk_account_selection_parse(&selection, params, split(params, copy), others, &problem));
        dbk_account_selection_write(&text, &selection);
        assert_string_equal(text.bytes != NULL ? text.bytes : "", accounts[i]);
        dbk_buffer_clear(&text);
    }
    for (size_t i = 0; i < COUNT(statements); i++) {
        struct dbk_statement_selection selection;
        struct dbk_buffer text = {.bytes = NULL};
        snprintf(copy, sizeof copy, "%s", statements[i]);
        assert_true(dbk_statement_selection_parse(&selection, params, split(params, copy), others,
                                                  TODAY, &problem));
        dbk_statement_selection_write(&text, &selection);
        assert_string_equal(text.bytes != NULL ? text.bytes : "", statements[i]);
        dbk_buffer_clear(&text);
    }
    for (size_t i = 0; i < COUNT(rejections); i++) {
        struct dbk_rejection_selection selection;
        struct dbk_buffer text = {.bytes = NULL};
        snprintf(copy, sizeof copy, "%s", rejections[i]);
        assert_true(dbk_rejection_selection_parse(&selection, params, split(params, copy), others,
                                                  &problem));
        dbk_rejection_selection_write(&text, &selection);
        assert_string_equal(text.bytes != NULL ? text.bytes : "", rejections[i]);
        dbk_buffer_clear(&text);
    }
}

static void days_set__are_the_calendars(void **state)
{
    static const struct {
        const char *today;
        enum dbk_period period;
        const char *first;
        const char *last;
    } cases[] = {
        {"2024-02-29", DBK_PERIOD_TODAY, "2024-02-29", "2024-02-29"},
        {"2024-03-03", DBK_PERIOD_7_DAYS, "2024-02-26", "2024-03-03"},
        {"2024-02-29", DBK_PERIOD_MONTH, "2024-02-01", "2024-02-29"},
        {"2023-12-31", DBK_PERIOD_MONTH, "2023-12-01", "2023-12-31"},
        {"2023-07-01", DBK_PERIOD_YEAR, "2023-01-01", "2023-12-31"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t seconds[3] = {0};
        struct dbk_days days;
        assert_true(dbk_date_parse(&seconds[0], cases[i].today, 10));
        assert_true(dbk_date_parse(&seconds[1], cases[i].first, 10));
        assert_true(dbk_date_parse(&seconds[2], cases[i].last, 10));
        dbk_days_set(&days, cases[i].period, dbk_date_day(seconds[0]));
        assert_int_equal(days.first, dbk_date_day(seconds[1]));
        assert_int_equal(days.last, dbk_date_day(seconds[2]));
    }
}

static void matches__compares_magnitudes_days_and_text(void **state)
{
    static const struct {
        const char *text;
        int64_t date_s;
        int64_t amount_minor;
        const char *memo;
        bool expected;
    } cases[] = {
        {"", 0, -1, "", true},
        {"min=10&max=10", 0, -1000, "", true},
        {"min=10", 0, 999, "", false},
        {"max=10", 0, -1001, "", false},
        {"max=10", 0, INT64_MIN, "", false},
        {"type=deposit", 0, 1, "", true},
        {"type=deposit", 0, -1, "", false},
        {"type=withdrawal", 0, 1, "", false},
        {"to=1970-01-01", 86399, 1, "", true},
        {"to=1970-01-01", 86400, 1, "", false},
        {"from=1970-01-01", -1, 1, "", false},
        {"memo=loyer", 0, 1, "LOYER mai", true},
        {"memo=%C3%89T%C3%89", 0, 1, "l'été", true},
        {"memo=r%20m", 0, 1, "loyer mai", true},
        {"memo=x", 0, 1, "loyer", false},
        {"memo=x", 0, 1, "", false},
        {"memo=aab", 0, 1, "aaab", true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dbk_selection selection;
        struct dbk_param_problem problem;
        assert_true(parse(&selection, cases[i].text, &problem));
        struct dbk_text memo = {cases[i].memo, (uint32_t)strlen(cases[i].memo)};
        if (dbk_selection_matches(&selection, cases[i].date_s, cases[i].amount_minor, memo) !=
            cases[i].expected)
            fail_msg("%s, %s", cases[i].text, cases[i].memo);
    }
}

static void account_path__survives_browsers(void **state)
{
    static const char *const cases[][2] = {
        {"C100", "/accounts/C100"},     {"a/b", "/accounts/a%2Fb"},   {"..", "/accounts/~.."},
        {".", "/accounts/~."},          {"~x", "/accounts/~~x"},      {"...", "/accounts/..."},
        {"C1.csv", "/accounts/C1.csv"}, {"100%", "/accounts/100%25"}, {"é", "/accounts/%C3%A9"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dbk_buffer path = {.bytes = NULL};
        dbk_account_path(&path, (struct dbk_text){cases[i][0], (uint32_t)strlen(cases[i][0])});
        assert_string_equal(path.bytes, cases[i][1]);
        dbk_buffer_clear(&path);
    }
    assert_string_equal(dbk_account_of_segment("~.."), "..");
    assert_string_equal(dbk_account_of_segment("~~x"), "~x");
    assert_string_equal(dbk_account_of_segment("C1.csv"), "C1.csv");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse__understands_each_parameter),
        cmocka_unit_test(parse__says_which_parameter_and_what_was_expected),
        cmocka_unit_test(write__is_read_back_as_the_same),
        cmocka_unit_test(other_lists__are_read_back_as_the_same),
        cmocka_unit_test(days_set__are_the_calendars),
        cmocka_unit_test(matches__compares_magnitudes_days_and_text),
        cmocka_unit_test(account_path__survives_browsers),
    };
    return cmocka_run_group_tests_name("selection", tests, NULL, NULL);
}
