/*
 * Goal: a list of transactions shows its rows, keeps its state in every link, and ties a problem to
 * its field. Method: as test_page.c.
 */
#include "page_support.h"

/* --- transactions --- */

static void show_transactions(struct dbk_selection *selection, struct dbk_transactions *rows)
{
    clear();
    dbk_page_transactions(&page, selection, rows, NULL);
}

static void page_transactions__strangers_texts_stay_texts(void **state)
{
    (void)state;
    struct dbk_transaction_row row = posted(hostile, 100);
    struct dbk_transactions rows = {.rows = &row, .count = 1};
    struct dbk_selection selection;
    dbk_selection_init(&selection);
    row.memo = dbk_text_of(hostile);
    snprintf(selection.memo, sizeof selection.memo, "%s", "<q>\"");
    show_transactions(&selection, &rows);
    lacks("</td><script>");
    lacks("<q>\"");
    assert_int_equal(count_of(harmless), 2);
    has("/accounts/%3C%2Ftd%3E%3Cscript%3E%22%27%26%01%FF?lang=fr");
    has("<q>&lt;q&gt;&quot;</q>");
}

static void page_transactions__a_row_leads_to_its_event_and_account(void **state)
{
    (void)state;
    struct dbk_transaction_row row = posted("C100", -250);
    struct dbk_transactions rows = {.rows = &row, .count = 1};
    struct dbk_selection selection;
    dbk_selection_init(&selection);
    show_transactions(&selection, &rows);
    has("<a href=\"/events/1/7?lang=fr\">1:7</a>");
    has("<a href=\"/accounts/C100?lang=fr\">C100</a>");
    has("<td class=\"number out\">\u22122,50</td>");
    has("01/01/2024");
    has("Retrait");
    page.lang = DBK_ENGLISH;
    show_transactions(&selection, &rows);
    has("2024-01-01");
    has("\u22122.50");
    has("Withdrawal");
}

static void page_transactions__marks_declared_balances_that_disagree(void **state)
{
    (void)state;
    struct dbk_transaction_row row = posted("C100", 100);
    struct dbk_transactions rows = {.rows = &row, .count = 1};
    struct dbk_selection selection;
    dbk_selection_init(&selection);
    row.has_declared = true;
    row.declared_minor = row.balance_minor;
    show_transactions(&selection, &rows);
    lacks("disagrees");
    row.declared_minor = 1200;
    show_transactions(&selection, &rows);
    has("<em class=\"disagrees\">déclaré 12,00</em>");
}

static void page_transactions__links_keep_the_filter_and_begin_anew(void **state)
{
    (void)state;
    struct dbk_transactions rows = {.extent = {.has_next = true, .has_before = true}};
    struct dbk_selection selection;
    dbk_selection_init(&selection);
    snprintf(selection.account, sizeof selection.account, "C&100");
    selection.place = DBK_PLACE_AFTER;
    snprintf(rows.extent.next, sizeof rows.extent.next, "n.1");
    snprintf(rows.extent.before, sizeof rows.extent.before, "b.1");
    show_transactions(&selection, &rows);
    has("rel=\"next\" href=\"/transactions?lang=fr&amp;account=C%26100&amp;next=n.1\"");
    has("rel=\"prev\" href=\"/transactions?lang=fr&amp;account=C%26100&amp;before=b.1\"");
    has("class=\"first\" href=\"/transactions?lang=fr&amp;account=C%26100\"");
    has("href=\"/transactions?lang=fr&amp;account=C%26100&amp;sort=amount\"");
    has("href=\"/transactions?lang=fr&amp;account=C%26100&amp;period=today\"");
    has("href=\"/transactions.csv?account=C%26100&amp;dialect=excel-fr\"");
    has("href=\"/transactions.json?account=C%26100\"");
    has("data-summary=\"/transactions/count?lang=fr&amp;account=C%26100\"");
    has("Rien ne correspond");
    has("<p id=\"selected\" class=\"selected\" data-live>");
}

static void page_transactions__the_sorted_column_says_so(void **state)
{
    static const struct {
        enum dbk_sort sort;
        bool ascending;
        const char *heading;
    } cases[] = {
        {DBK_SORT_DATE, false,
         "aria-sort=\"descending\"><a class=\"sort\" href=\"/transactions?"
         "lang=fr&amp;order=asc\">Date"},
        {DBK_SORT_AMOUNT, true,
         "aria-sort=\"ascending\"><a class=\"sort\" href=\"/transactions?"
         "lang=fr&amp;sort=amount\">Montant"},
        {DBK_SORT_ACCOUNT, true,
         "aria-sort=\"ascending\"><a class=\"sort\" href=\"/transactions?"
         "lang=fr&amp;sort=account&amp;order=desc\">Compte"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dbk_transactions rows = {.rows = NULL};
        struct dbk_selection selection;
        dbk_selection_init(&selection);
        selection.sort = cases[i].sort;
        selection.ascending = cases[i].ascending;
        show_transactions(&selection, &rows);
        assert_int_equal(count_of("aria-sort="), 1);
        has(cases[i].heading);
    }
}

static void page_transactions__a_problem_is_tied_to_its_field(void **state)
{
    static const struct dbk_param params[] = {
        {"min", "<abc"}, {"account", "C100"}, {"sort", "date"}};
    static const struct dbk_param_problem problem = {"min", DBK_EXPECTED_AMOUNT};
    (void)state;
    struct dbk_selection selection;
    dbk_selection_init(&selection);
    page.params = params;
    page.param_count = COUNT(params);
    page.problem = &problem;
    show_transactions(&selection, NULL);
    has("<a href=\"#min\">Montant min.</a>");
    has("value=\"&lt;abc\" aria-invalid=\"true\" aria-describedby=\"min-error\"");
    has("id=\"min-error\">un montant positif");
    has("name=\"account\" autocomplete=\"off\" maxlength=\"64\" value=\"C100\"");
    has("<input type=\"hidden\" name=\"sort\" value=\"date\">");
    lacks("<table");
    assert_int_equal(count_of("aria-invalid"), 1);
}

static void page_transactions__a_preset_fills_in_its_days(void **state)
{
    (void)state;
    struct dbk_transactions rows = {.rows = NULL};
    struct dbk_selection selection;
    dbk_selection_init(&selection);
    dbk_days_set(&selection.days, DBK_PERIOD_7_DAYS, page.today);
    show_transactions(&selection, &rows);
    has("max=\"9999-12-31\" value=\"2024-12-25\"");
    has("max=\"9999-12-31\" value=\"2024-12-31\"");
    assert_int_equal(count_of("aria-current=\"true\">7 jours"), 1);
}

static void page_count__tells_what_was_counted_and_what_not(void **state)
{
    (void)state;
    struct dbk_count count = {.sums = {.deposit_count = 1234,
                                       .withdrawal_count = 1,
                                       .deposits_minor = 100000,
                                       .withdrawals_minor = 250}};
    dbk_page_count(&page, &count);
    has("1\u202f235 transactions");
    has("<b>1\u202f000,00</b> (1\u202f234)");
    has("<b>\u22122,50</b> (1)");
    has("<b>997,50</b>");
    lacks("stopped");
    clear();
    count.stopped = true;
    count.looked = 5000;
    count.total = 5000000;
    dbk_page_count(&page, &count);
    has("counted stopped");
    has("5\u202f000 / 5\u202f000\u202f000");
}

static void page_pager__tells_that_a_search_was_stopped(void **state)
{
    (void)state;
    struct dbk_transactions rows = {.extent = {.stopped = true, .looked = 777, .has_next = true}};
    struct dbk_selection selection;
    dbk_selection_init(&selection);
    show_transactions(&selection, &rows);
    has("777). La page suivante reprend");
    rows.extent.has_next = false;
    show_transactions(&selection, &rows);
    has("777). Resserrez les filtres");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(page_transactions__strangers_texts_stay_texts),
        CASE(page_transactions__a_row_leads_to_its_event_and_account),
        CASE(page_transactions__marks_declared_balances_that_disagree),
        CASE(page_transactions__links_keep_the_filter_and_begin_anew),
        CASE(page_transactions__the_sorted_column_says_so),
        CASE(page_transactions__a_problem_is_tied_to_its_field),
        CASE(page_transactions__a_preset_fills_in_its_days),
        CASE(page_count__tells_what_was_counted_and_what_not),
        CASE(page_pager__tells_that_a_search_was_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
