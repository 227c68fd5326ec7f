/*
 * Goal: a page says what it was given, in both languages, and nothing that a stranger wrote becomes
 * HTML. Method: frames, pieces and accounts made from invented rows, searched for what must and
 * must not be in them.
 */
#include "page_support.h"

/* --- writing --- */

static void page_add__writes_each_kind_of_value(void **state)
{
    (void)state;
    struct dbk_text text = {"<b>", 3};
    dbk_int128 amount = -123456;
    dbk_page_add(&page, "%s|%h|%x|%d|%i|%a|%t|100%%", "<i>", "a&b", &text, (int64_t)-5,
                 (int64_t)1234567, &amount, DBK_T_DATE);
    assert_string_equal(html(), "<i>|a&amp;b|&lt;b&gt;|-5|1\u202f234\u202f567|"
                                "\u22121\u202f234,56|Date|100%");
}

static void page_add_count__agrees_in_number(void **state)
{
    static const struct {
        enum dbk_lang lang;
        int64_t count;
        const char *expected;
    } cases[] = {{DBK_FRENCH, 0, "0 octet"},  {DBK_FRENCH, 1, "1 octet"},
                 {DBK_FRENCH, 2, "2 octets"}, {DBK_ENGLISH, 0, "0 bytes"},
                 {DBK_ENGLISH, 1, "1 byte"},  {DBK_ENGLISH, 1000, "1,000 bytes"}};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        clear();
        page.lang = cases[i].lang;
        dbk_page_add_count(&page, cases[i].count, DBK_T_BYTE, DBK_T_BYTES);
        assert_string_equal(html(), cases[i].expected);
    }
}

static void page_amount_cell__carries_the_raw_value(void **state)
{
    static const struct {
        int64_t amount;
        const char *key;
        const char *expected;
    } cases[] = {{0, "balance", "data-v=\"0\""},
                 {5, "balance", "data-v=\"5\""},
                 {-5, "balance", "data-v=\"-5\""},
                 {1230, "balance", "data-v=\"1230\""},
                 {-1230, "withdrawals", "data-v=\"1230\""},
                 {100, "deposits", "data-v=\"100\""},
                 {INT64_MIN, "balance", "data-v=\"-9223372036854775808\""}};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        clear();
        dbk_page_amount_cell(&page, cases[i].amount, "", cases[i].key);
        has(cases[i].expected);
    }
}

static void page_add_days__says_which(void **state)
{
    static const struct {
        struct dbk_days days;
        const char *french;
    } cases[] = {
        {{DBK_PERIOD_ALL, INT64_MIN, INT64_MAX}, "Toutes les dates"},
        {{DBK_PERIOD_DAYS, 0, INT64_MAX},
         "Depuis le <time datetime=\"1970-01-01T00:00:00Z\">"
         "01/01/1970</time>"},
        {{DBK_PERIOD_DAYS, INT64_MIN, 0},
         "Jusqu’au <time datetime=\"1970-01-01T00:00:00Z\">"
         "01/01/1970</time>"},
        {{DBK_PERIOD_DAYS, 0, 1},
         "Du <time datetime=\"1970-01-01T00:00:00Z\">01/01/1970</time> au "
         "<time datetime=\"1970-01-02T00:00:00Z\">02/01/1970</time>"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        clear();
        dbk_page_add_days(&page, &cases[i].days);
        assert_string_equal(html(), cases[i].french);
    }
}

/* --- the frame --- */

static void page_freshness__each_state_has_its_class_and_its_words(void **state)
{
    static const struct {
        struct dbk_freshness freshness;
        const char *class;
        const char *french;
        const char *english;
    } cases[] = {
        {{.lag_events = 0, .reachable = true}, "freshness fresh", "À jour", "Up to date"},
        {{.lag_events = 1, .lag_s = 2, .reachable = true},
         "freshness behind",
         "Rattrapage en cours",
         "Catching up"},
        {{.lag_events = 5, .lag_s = 60, .reachable = true, .stuck = true},
         "freshness stuck",
         "Bloqué",
         "Stuck"},
        {{.lag_events = 0, .reachable = true, .stuck = true, .log_short = true},
         "freshness stuck",
         "Le journal a moins d’événements",
         "The log has fewer events"},
        {{.lag_events = 5, .lag_s = 60},
         "freshness unreachable",
         "Journal injoignable",
         "Log unrea"},
        {{.lag_events = -1}, "freshness unknown", "Journal injoignable jusqu", "not reached yet"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        for (int lang = 0; lang < DBK_LANG_COUNT; lang++) {
            struct dbk_freshness given = cases[i].freshness;
            given.audit_through = "";
            clear();
            page.lang = (enum dbk_lang)lang;
            dbk_page_freshness(&page, &overview, &given);
            has(cases[i].class);
            has(lang == DBK_FRENCH ? cases[i].french : cases[i].english);
            has("0:41, 1:17");
            has("id=\"freshness\"");
        }
}

static void page_freshness__counts_what_is_behind(void **state)
{
    (void)state;
    freshness.lag_events = 1;
    freshness.lag_s = 12;
    dbk_page_freshness(&page, &overview, &freshness);
    has("1 événement de retard, 12 s");
    clear();
    freshness.lag_events = 12345;
    dbk_page_freshness(&page, &overview, &freshness);
    has("12\u202f345 événements de retard, 12 s");
}

static void page_freshness__tells_the_last_audit(void **state)
{
    static const struct {
        int64_t at_ms;
        int64_t differences;
        const char *through;
        const char *expected;
    } cases[] = {
        {0, 0, "", "Not audited yet"},
        {1700000000000, 0, "0:40", "<strong class=\"proven\">proven</strong>"},
        {1700000000000, 0, "0:40", "through <span class=\"position\">0:40</span>"},
        {1700000000000, 0, "0:41, 1:17", "through this position"},
        {1700000000000, 1, "0:40", "<strong class=\"differs\">1 difference</strong>"},
        {1700000000000, 2, "0:40", "<strong class=\"differs\">2 differences</strong>"},
    };
    (void)state;
    page.lang = DBK_ENGLISH;
    for (size_t i = 0; i < COUNT(cases); i++) {
        clear();
        freshness.audit_at_ms = cases[i].at_ms;
        freshness.audit_differences = cases[i].differences;
        freshness.audit_through = cases[i].through;
        dbk_page_freshness(&page, &overview, &freshness);
        has(cases[i].expected);
    }
}

static void page_begin__keeps_the_state_in_the_language_link(void **state)
{
    (void)state;
    page.query = "account=C100&next=x%22y";
    dbk_page_begin(&page, DBK_SECTION_TRANSACTIONS, DBK_T_TRANSACTIONS, (struct dbk_text){"", 0},
                   &overview, &freshness);
    has("href=\"/transactions?lang=en&amp;account=C100&amp;next=x%22y\">English</a>");
    has("<html lang=\"fr\">");
    has("<a href=\"/transactions?lang=fr\" aria-current=\"page\">");
    assert_int_equal(count_of("aria-current=\"page\""), 1);
}

static void page_begin__escapes_its_subject(void **state)
{
    (void)state;
    dbk_page_begin(&page, DBK_SECTION_ACCOUNTS, DBK_T_ACCOUNT, dbk_text_of(hostile), &overview,
                   &freshness);
    assert_int_equal(count_of(harmless), 2); /* title and heading */
    lacks("</td><script>");
}

/* --- accounts --- */

static void show_counts(const int64_t *counts, size_t count)
{
    struct dbk_account_row rows[16];
    struct dbk_accounts accounts = {.rows = rows, .count = count};
    struct dbk_account_selection selection;
    dbk_account_selection_init(&selection);
    for (size_t i = 0; i < count; i++)
        rows[i] = (struct dbk_account_row){.deposit_count = counts[i], .account = dbk_text_of("A")};
    clear();
    page.path = "/accounts";
    dbk_page_accounts(&page, &selection, &accounts);
}

static void page_accounts__colours_by_equal_steps_and_says_which(void **state)
{
    static const struct {
        int64_t counts[4];
        const char *cell;
        const char *legend;
    } cases[] = {
        {{0, 0, 0, 0}, "heat heat-0\">0</td>", "aria-label=\"Couleurs"},
        {{1, 0, 0, 0}, "heat heat-9\">1</td>", "<li class=\"heat-9\">1</li>"},
        {{90, 10, 11, 0}, "heat heat-1\">10</td>", "<li class=\"heat-1\">1–10</li>"},
        {{90, 10, 11, 0}, "heat heat-2\">11</td>", "<li class=\"heat-2\">11–20</li>"},
        {{90, 10, 11, 0}, "heat heat-9\">90</td>", "<li class=\"heat-9\">81–90</li>"},
        {{4, 3, 2, 1}, "heat heat-7\">3</td>", "<li class=\"heat-7\">3</li>"},
        {{INT64_MAX, 1, 2, 3}, "heat heat-1\">1</td>", "<li class=\"heat-0\">0</li>"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        show_counts(cases[i].counts, 4);
        has(cases[i].cell);
        has(cases[i].legend);
    }
}

static void page_accounts__gives_the_chart_what_it_draws(void **state)
{
    (void)state;
    struct dbk_account_row row = {.deposits_minor = 1000,
                                  .withdrawals_minor = 250,
                                  .balance_minor = -1,
                                  .account = dbk_text_of(hostile)};
    struct dbk_accounts accounts = {.rows = &row, .count = 1};
    struct dbk_account_selection selection;
    dbk_account_selection_init(&selection);
    page.path = "/accounts";
    dbk_page_accounts(&page, &selection, &accounts);
    has("data-chart=\"bars\" data-table=\"accounts\"");
    has("data-k=\"account\" data-v=\"&lt;/td&gt;&lt;script&gt;&quot;&#39;&amp;\\x01\\xFF\"");
    has("data-k=\"deposits\" data-v=\"1000\"");
    has("data-k=\"withdrawals\" data-v=\"250\"");
    has("negative\">\u22120,01");
    lacks("</td><script>");
}

/* --- one account --- */

static void show_statement(struct dbk_statement *statement, bool sampled)
{
    static struct dbk_series series;
    struct dbk_account_row account = {.account = dbk_text_of("C100")};
    struct dbk_statement_selection selection;
    struct dbk_page_account data = {
        .account = &account, .selection = &selection, .statement = statement, .series = &series};
    dbk_statement_selection_init(&selection);
    series.count = 1;
    series.seen = sampled ? 9000 : 1;
    series.sampled = sampled;
    clear();
    page.path = "/accounts/C100";
    dbk_page_account(&page, &data);
}

static void page_account__a_statement_opens_and_closes(void **state)
{
    (void)state;
    struct dbk_statement_line line = {.transaction = posted("C100", 5000), .balance_minor = 15000};
    struct dbk_statement statement = {.opening_minor = 10000,
                                      .closing_minor = 15000,
                                      .brought_minor = 10000,
                                      .lines = &line,
                                      .count = 1};
    show_statement(&statement, false);
    has("Solde d’ouverture</th><td class=\"number\"><b>100,00</b>");
    has("Solde de clôture</th><td class=\"number\"><b>150,00</b>");
    has("Chaque transaction est un point");
    has("href=\"/accounts/C100/statement.csv\"");
    lacks("Report<");
    statement.extent.has_next = true;
    statement.extent.has_before = true;
    show_statement(&statement, true);
    has("Report</th>");
    has("À reporter</th><td class=\"number\"><b>150,00</b>");
    lacks("Solde de clôture");
    has("1 / 9\u202f000. De chaque intervalle");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(page_add__writes_each_kind_of_value),
        CASE(page_add_count__agrees_in_number),
        CASE(page_amount_cell__carries_the_raw_value),
        CASE(page_add_days__says_which),
        CASE(page_freshness__each_state_has_its_class_and_its_words),
        CASE(page_freshness__counts_what_is_behind),
        CASE(page_freshness__tells_the_last_audit),
        CASE(page_begin__keeps_the_state_in_the_language_link),
        CASE(page_begin__escapes_its_subject),
        CASE(page_accounts__colours_by_equal_steps_and_says_which),
        CASE(page_accounts__gives_the_chart_what_it_draws),
        CASE(page_account__a_statement_opens_and_closes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
