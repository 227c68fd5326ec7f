#include "page_parts.h"

#include <string.h>

/** Steps of the heat map's colours: 0 for none at all, then by equal steps up to the page's most.
 */
#define HEAT_STEPS 9

/** @return 0 for no transaction, else 1 to HEAT_STEPS. @param most  the largest count there is. */
static int64_t heat(int64_t count, int64_t most)
{
    if (count <= 0)
        return 0;
    return (int64_t)(((dbk_int128)count * HEAT_STEPS + most - 1) / most);
}

static int64_t find_most(const struct dbk_accounts *rows)
{
    int64_t most = 0;
    for (size_t i = 0; i < rows->count; i++) {
        const struct dbk_account_row *row = &rows->rows[i];
        most = row->deposit_count > most ? row->deposit_count : most;
        most = row->withdrawal_count > most ? row->withdrawal_count : most;
    }
    return most;
}

/** What each colour stands for; steps that no count can fall into are left out. */
static void add_legend(struct dbk_page *page, int64_t most)
{
    dbk_page_add(page, "<ol class=\"heat-legend\" aria-label=\"%t\">", DBK_T_HEAT_LEGEND);
    dbk_page_add(page, "<li class=\"heat-0\">0</li>");
    int64_t before = 0;
    for (int64_t step = 1; step <= HEAT_STEPS; step++) {
        int64_t to = most / HEAT_STEPS * step + most % HEAT_STEPS * step / HEAT_STEPS;
        if (to == before)
            continue;
        dbk_page_add(page, "<li class=\"heat-%d\">", step);
        if (to > before + 1)
            dbk_page_add(page, "%i–%i</li>", before + 1, to);
        else
            dbk_page_add(page, "%i</li>", to);
        before = to;
    }
    dbk_page_add(page, "</ol>\n");
}

static void sort_heading(struct dbk_page *page, const struct dbk_account_selection *selection,
                         enum dbk_account_sort sort, enum dbk_text_id text, const char *class)
{
    struct dbk_buffer query = {.bytes = NULL};
    struct dbk_account_selection other = *selection;
    bool current = selection->sort == sort;
    enum dbk_page_order order = DBK_UNORDERED;
    if (current)
        order = selection->ascending ? DBK_ASCENDING : DBK_DESCENDING;
    other.ascending = current ? !selection->ascending : sort == DBK_ACCOUNTS_BY_NAME;
    other.sort = sort;
    other.place = DBK_PLACE_START;
    dbk_account_selection_write(&query, &other);
    dbk_page_sort_heading(page, text, class, order, &query);
}

static void add_headings(struct dbk_page *page, const struct dbk_account_selection *selection)
{
    dbk_page_add(page,
                 "<thead>\n<tr><td></td><th scope=\"colgroup\" colspan=\"3\" class=\"group\">%t"
                 "</th><th scope=\"colgroup\" colspan=\"3\" class=\"group\">%t</th><td></td></tr>\n"
                 "<tr>",
                 DBK_T_OPERATION_COUNT, DBK_T_AMOUNTS);
    sort_heading(page, selection, DBK_ACCOUNTS_BY_NAME, DBK_T_ACCOUNT, "");
    dbk_page_heading(page, DBK_T_DEPOSITS, "number");
    dbk_page_heading(page, DBK_T_WITHDRAWALS, "number");
    sort_heading(page, selection, DBK_ACCOUNTS_BY_COUNT, DBK_T_ALL_TYPES, "number");
    sort_heading(page, selection, DBK_ACCOUNTS_BY_DEPOSITS, DBK_T_DEPOSITS, "number");
    sort_heading(page, selection, DBK_ACCOUNTS_BY_WITHDRAWALS, DBK_T_WITHDRAWALS, "number");
    sort_heading(page, selection, DBK_ACCOUNTS_BY_BALANCE, DBK_T_BALANCE, "number");
    sort_heading(page, selection, DBK_ACCOUNTS_BY_LAST, DBK_T_LAST_MOVEMENT, "");
    dbk_page_add(page, "</tr></thead>\n<tbody>\n");
}

static void add_heat_cell(struct dbk_page *page, int64_t count, int64_t most)
{
    dbk_page_add(page, "<td class=\"number heat heat-%d\">%i</td>", heat(count, most), count);
}

static void add_row(struct dbk_page *page, const struct dbk_account_row *row, int64_t most)
{
    page->row_count++;
    dbk_page_add(page, "<tr><th scope=\"row\" data-k=\"account\" data-v=\"%x\">", &row->account);
    dbk_page_account_link(page, row->account);
    dbk_page_add(page, "</th>");
    add_heat_cell(page, row->deposit_count, most);
    add_heat_cell(page, row->withdrawal_count, most);
    dbk_page_count_cell(page, row->deposit_count + row->withdrawal_count, "");
    dbk_page_amount_cell(page, row->deposits_minor, "in", "deposits");
    dbk_page_amount_cell(page, -(dbk_int128)row->withdrawals_minor, "out", "withdrawals");
    dbk_page_amount_cell(page, row->balance_minor,
                         row->balance_minor < 0 ? "balance negative" : "balance", NULL);
    dbk_page_add(page, "<td class=\"date\">");
    dbk_page_add_time(page, row->last_date_s, false);
    dbk_page_add(page, "</td></tr>\n");
}

static void add_form(struct dbk_page *page)
{
    static const char *const kept[] = {"sort", "order", NULL};
    static const struct dbk_page_option balances[] = {
        {"", DBK_T_ALL_BALANCES}, {"negative", DBK_T_NEGATIVE}, {NULL, DBK_T_BALANCE}};
    dbk_page_begin_form(page, kept);
    dbk_page_input(page, "search", DBK_T_NAME_CONTAINS,
                   "type=\"search\" autocomplete=\"off\" maxlength=\"64\"",
                   dbk_page_given(page, "search"));
    dbk_page_select(page, "balance", DBK_T_BALANCE, balances, dbk_page_given(page, "balance"));
    dbk_page_end_form(page);
}

static void add_summary(struct dbk_page *page, const struct dbk_account_selection *selection)
{
    static const enum dbk_text_id sorts[DBK_ACCOUNTS_SORT_COUNT] = {
        [DBK_ACCOUNTS_BY_NAME] = DBK_T_ACCOUNT,
        [DBK_ACCOUNTS_BY_BALANCE] = DBK_T_BALANCE,
        [DBK_ACCOUNTS_BY_COUNT] = DBK_T_OPERATION_COUNT,
        [DBK_ACCOUNTS_BY_DEPOSITS] = DBK_T_DEPOSITS,
        [DBK_ACCOUNTS_BY_WITHDRAWALS] = DBK_T_WITHDRAWALS,
        [DBK_ACCOUNTS_BY_LAST] = DBK_T_LAST_MOVEMENT,
    };
    dbk_page_add(page, "<p class=\"selected\">");
    if (selection->search[0] != '\0')
        dbk_page_add(page, "<span>%t <q>%h</q></span> · ", DBK_T_NAME_CONTAINS, selection->search);
    if (selection->negative)
        dbk_page_add(page, "<span>%t</span> · ", DBK_T_NEGATIVE);
    dbk_page_add(page, "<span>%t %t, %t</span></p>\n", DBK_T_SORTED_BY, sorts[selection->sort],
                 selection->ascending ? DBK_T_ASCENDING : DBK_T_DESCENDING);
}

/** The bars are drawn from the table, which is the heat map too: account by type. */
static void add_chart(struct dbk_page *page)
{
    dbk_page_add(page,
                 "<figure class=\"chart\" data-chart=\"bars\" data-table=\"accounts\" "
                 "data-deposits=\"%t\" data-withdrawals=\"%t\"><figcaption>%t</figcaption>"
                 "</figure>\n",
                 DBK_T_DEPOSITS, DBK_T_WITHDRAWALS, DBK_T_BARS);
}

void dbk_page_accounts(struct dbk_page *page, const struct dbk_account_selection *selection,
                       const struct dbk_accounts *rows)
{
    struct dbk_buffer query = {.bytes = NULL};
    struct dbk_account_selection start = *selection;
    start.place = DBK_PLACE_START;
    if (page->problem != NULL)
        dbk_page_problem(page);
    add_form(page);
    if (rows == NULL)
        return;
    int64_t most = find_most(rows);
    dbk_page_add(page, "<h2>%t</h2>\n", DBK_T_HEAT);
    add_summary(page, selection);
    dbk_page_begin_table(page, "accounts", DBK_T_HEAT, "list accounts");
    add_headings(page, selection);
    for (size_t i = 0; i < rows->count; i++)
        add_row(page, &rows->rows[i], most);
    dbk_page_end_table(page, DBK_T_NO_ACCOUNTS);
    add_legend(page, most);
    dbk_account_selection_write(&query, &start);
    dbk_page_pager(page, &query, selection->place != DBK_PLACE_START, &rows->extent,
                   DBK_T_PREVIOUS_PAGE, DBK_T_NEXT_PAGE);
    dbk_page_end_live(page);
    if (rows->count > 0)
        add_chart(page);
    dbk_account_selection_write(&query, &start);
    dbk_page_downloads(page, "/accounts", &query);
}
