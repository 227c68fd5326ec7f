#include "page_parts.h"

#include <daybook/date.h>

static void begin_total(struct dbk_page *page, enum dbk_text_id label, const char *class)
{
    dbk_page_add(page, "<div class=\"total%s%s\"><dt>%t</dt><dd>", class[0] != '\0' ? " " : "",
                 class, label);
}

/** An amount, and below it how many transactions it is the sum of. */
static void add_sum(struct dbk_page *page, enum dbk_text_id label, const char *class,
                    dbk_int128 sum_minor, int64_t count)
{
    begin_total(page, label, class);
    dbk_page_add(page, "%a", &sum_minor);
    if (count >= 0) {
        dbk_page_add(page, " <small>");
        dbk_page_add_count(page, count, DBK_T_OPERATION, DBK_T_OPERATIONS);
        dbk_page_add(page, "</small>");
    }
    dbk_page_add(page, "</dd></div>\n");
}

/** A number that leads to the list of what it counts. */
static void add_number(struct dbk_page *page, enum dbk_text_id label, const char *class,
                       const char *path, int64_t number)
{
    begin_total(page, label, class);
    dbk_page_add(page, "<a href=\"");
    dbk_page_href(page, path, NULL);
    dbk_page_add(page, "\">%i</a></dd></div>\n", number);
}

static void add_totals(struct dbk_page *page, const struct dbk_overview *overview,
                       const struct dbk_sums *today)
{
    dbk_page_add(page, "<dl id=\"totals\" class=\"totals\" data-live>\n");
    add_sum(page, DBK_T_TOTAL, "main", overview->balances_minor, -1);
    add_sum(page, DBK_T_DEPOSITS, "in", overview->deposits_minor, overview->deposit_count);
    add_sum(page, DBK_T_WITHDRAWALS, "out", -overview->withdrawals_minor,
            overview->withdrawal_count);
    add_number(page, DBK_T_ACCOUNTS, "", "/accounts", overview->account_count);
    add_number(page, DBK_T_TRANSACTIONS, "", "/transactions",
               overview->deposit_count + overview->withdrawal_count);
    add_number(page, DBK_T_REJECTED, overview->rejection_count > 0 ? "attention" : "",
               "/rejections", overview->rejection_count);
    add_sum(page, DBK_T_DEPOSITS_TODAY, "in today", today->deposits_minor, today->deposit_count);
    add_sum(page, DBK_T_WITHDRAWALS_TODAY, "out today", -today->withdrawals_minor,
            today->withdrawal_count);
    dbk_page_add(page, "</dl>\n");
}

static void add_day(struct dbk_page *page, const struct dbk_day_volume *volume)
{
    page->row_count++;
    dbk_page_add(page, "<tr><th scope=\"row\" data-k=\"day\" data-v=\"%d\">",
                 volume->day * DBK_SECONDS_PER_DAY);
    dbk_page_add_time(page, volume->day * DBK_SECONDS_PER_DAY, false);
    dbk_page_add(page, "</th>");
    dbk_page_count_cell(page, volume->sums.deposit_count, "");
    dbk_page_amount_cell(page, volume->sums.deposits_minor, "in", "deposits");
    dbk_page_count_cell(page, volume->sums.withdrawal_count, "");
    dbk_page_amount_cell(page, -volume->sums.withdrawals_minor, "out", "withdrawals");
    dbk_page_add(page, "</tr>\n");
}

static void add_daily(struct dbk_page *page, const struct dbk_page_overview *data)
{
    dbk_page_add(page,
                 "<section class=\"panel daily\" aria-labelledby=\"daily-title\">\n"
                 "<h2 id=\"daily-title\">%t</h2>\n"
                 "<figure class=\"chart\" data-chart=\"daily\" data-table=\"daily\" "
                 "data-deposits=\"%t\" data-withdrawals=\"%t\">"
                 "<figcaption id=\"daily-until\" data-live>%t ",
                 DBK_T_DAILY, DBK_T_DEPOSITS, DBK_T_WITHDRAWALS, DBK_T_DAILY_UNTIL);
    dbk_page_add_time(page, data->last_day * DBK_SECONDS_PER_DAY, false);
    dbk_page_add(page, "</figcaption></figure>\n<details><summary>%t</summary>\n", DBK_T_AS_TABLE);
    dbk_page_begin_table(page, "daily", DBK_T_DAILY, "list");
    dbk_page_add(page, "<thead><tr>");
    dbk_page_heading(page, DBK_T_DATE, "");
    dbk_page_heading(page, DBK_T_DEPOSIT_COUNT, "number");
    dbk_page_heading(page, DBK_T_DEPOSITS, "number");
    dbk_page_heading(page, DBK_T_WITHDRAWAL_COUNT, "number");
    dbk_page_heading(page, DBK_T_WITHDRAWALS, "number");
    dbk_page_add(page, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < data->day_count; i++)
        add_day(page, &data->days[i]);
    dbk_page_end_table(page, DBK_T_NOTHING_YET);
    dbk_page_end_live(page);
    dbk_page_add(page, "</details>\n</section>\n");
}

void dbk_page_overview(struct dbk_page *page, const struct dbk_page_overview *data)
{
    add_totals(page, data->overview, data->today);
    add_daily(page, data);
    dbk_page_add(page,
                 "<section class=\"panel newest\" aria-labelledby=\"newest-title\">\n"
                 "<div class=\"heading\"><h2 id=\"newest-title\">%t</h2>",
                 DBK_T_NEWEST);
    dbk_page_link(page, "/transactions", DBK_T_ALL_TRANSACTIONS, false);
    dbk_page_add(page, "</div>\n");
    dbk_page_transaction_table(page, DBK_T_NEWEST, data->newest, NULL);
    dbk_page_end_live(page);
    dbk_page_add(page, "</section>\n");
}
