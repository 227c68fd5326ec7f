#include "page_parts.h"

#include <daybook/date.h>

static void write_days(struct dbk_buffer *query, const void *selection, const struct dbk_days *days)
{
    struct dbk_statement_selection other = *(const struct dbk_statement_selection *)selection;
    other.days = *days;
    other.place = DBK_PLACE_START;
    dbk_statement_selection_write(query, &other);
}

/* --- what it holds now --- */

static void add_totals(struct dbk_page *page, const struct dbk_account_row *account)
{
    dbk_int128 balance_minor = account->balance_minor;
    dbk_int128 deposits_minor = account->deposits_minor;
    dbk_int128 withdrawals_minor = -(dbk_int128)account->withdrawals_minor;
    dbk_page_add(page,
                 "<dl id=\"totals\" class=\"totals\" data-live>\n<div class=\"total main%s\">"
                 "<dt>%t</dt><dd>%a</dd></div>\n",
                 account->balance_minor < 0 ? " negative" : "", DBK_T_BALANCE_NOW, &balance_minor);
    dbk_page_add(page, "<div class=\"total in\"><dt>%t</dt><dd>%a <small>", DBK_T_DEPOSITS,
                 &deposits_minor);
    dbk_page_add_count(page, account->deposit_count, DBK_T_OPERATION, DBK_T_OPERATIONS);
    dbk_page_add(page, "</small></dd></div>\n<div class=\"total out\"><dt>%t</dt><dd>%a <small>",
                 DBK_T_WITHDRAWALS, &withdrawals_minor);
    dbk_page_add_count(page, account->withdrawal_count, DBK_T_OPERATION, DBK_T_OPERATIONS);
    dbk_page_add(page, "</small></dd></div>\n<div class=\"total\"><dt>%t</dt><dd>",
                 DBK_T_LAST_MOVEMENT);
    dbk_page_add_time(page, account->last_date_s, false);
    dbk_page_add(page, "</dd></div>\n</dl>\n");
}

/* --- the balance over time --- */

static void add_point(struct dbk_page *page, const struct dbk_point *point)
{
    page->row_count++;
    dbk_page_add(page, "<tr><th scope=\"row\" data-k=\"time\" data-v=\"%d\">", point->date_s);
    dbk_page_add_time(page, point->date_s, false);
    dbk_page_add(page, "</th>");
    dbk_page_amount_cell(page, point->balance_minor, point->balance_minor < 0 ? "negative" : "",
                         "balance");
    dbk_page_add(page, "</tr>\n");
}

/** What the line shows: every transaction, or honestly how it was thinned out. */
static void add_chart_caption(struct dbk_page *page, const struct dbk_page_account *data)
{
    const struct dbk_series *series = data->series;
    dbk_page_add(page, "<figcaption id=\"balance-of\" data-live>%t ", DBK_T_BALANCE_OVER_TIME_OF);
    dbk_page_add_days(page, &data->selection->days);
    dbk_page_add(page, ". ");
    if (series->sampled)
        dbk_page_add(page, "%t %i / %i. %t", DBK_T_POINTS_SHOWN, (int64_t)series->count,
                     series->seen, DBK_T_SAMPLED);
    else
        dbk_page_add(page, "%t", DBK_T_EVERY_POINT);
    if (data->series_stopped)
        dbk_page_add(page, " <strong>%t</strong>", DBK_T_SERIES_STOPPED);
    dbk_page_add(page, "</figcaption>");
}

static void add_chart(struct dbk_page *page, const struct dbk_page_account *data)
{
    const struct dbk_series *series = data->series;
    const struct dbk_days *days = &data->selection->days;
    dbk_page_add(page,
                 "<section class=\"panel balance\" aria-labelledby=\"balance-title\">\n"
                 "<h2 id=\"balance-title\">%t</h2>\n<figure class=\"chart\" "
                 "data-chart=\"balance\" data-table=\"balance\" data-balance=\"%t\"",
                 DBK_T_BALANCE_OVER_TIME, DBK_T_BALANCE);
    if (days->first != INT64_MIN)
        dbk_page_add(page, " data-from=\"%d\"", days->first * DBK_SECONDS_PER_DAY);
    if (days->last != INT64_MAX)
        dbk_page_add(page, " data-to=\"%d\"", (days->last + 1) * DBK_SECONDS_PER_DAY);
    dbk_page_add(page, ">");
    add_chart_caption(page, data);
    dbk_page_add(page, "</figure>\n<details><summary>%t</summary>\n", DBK_T_AS_TABLE);
    dbk_page_begin_table(page, "balance", DBK_T_BALANCE_OVER_TIME, "list");
    dbk_page_add(page, "<thead><tr>");
    dbk_page_heading(page, DBK_T_DATE, "");
    dbk_page_heading(page, DBK_T_BALANCE, "number");
    dbk_page_add(page, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < series->count; i++)
        add_point(page, &series->points[i]);
    dbk_page_end_table(page, DBK_T_NOTHING_FOUND);
    dbk_page_end_live(page);
    dbk_page_add(page, "</details>\n</section>\n");
}

/* --- the statement --- */

/** Opening and closing balance, and what earlier pages brought. */
static void add_balance_row(struct dbk_page *page, const char *class, enum dbk_text_id text,
                            dbk_int128 balance_minor)
{
    dbk_page_add(page,
                 "<tr class=\"%s\"><td></td><th scope=\"row\" colspan=\"4\">%t</th>"
                 "<td class=\"number%s\"><b>%a</b></td><td></td></tr>\n",
                 class, text, balance_minor < 0 ? " negative" : "", &balance_minor);
}

static void add_line(struct dbk_page *page, const struct dbk_statement_line *line)
{
    const struct dbk_transaction_row *row = &line->transaction;
    dbk_int128 amount_minor =
        row->amount_minor < 0 ? -(dbk_int128)row->amount_minor : row->amount_minor;
    dbk_int128 balance_minor = line->balance_minor;
    bool deposit = row->amount_minor > 0;
    page->row_count++;
    dbk_page_add(page, "<tr id=\"e%d-%d\"><td class=\"date\">", row->partition, row->offset);
    dbk_page_add_time(page, row->date_s, false);
    dbk_page_add(page, "</td><td class=\"memo\"><span>%x</span></td>", &row->memo);
    dbk_page_type_cell(page, row->amount_minor);
    if (deposit)
        dbk_page_add(page, "<td class=\"number in\">%a</td><td class=\"number\"></td>",
                     &amount_minor);
    else
        dbk_page_add(page, "<td class=\"number\"></td><td class=\"number out\">%a</td>",
                     &amount_minor);
    dbk_page_add(page, "<td class=\"number%s\">%a", line->balance_minor < 0 ? " negative" : "",
                 &balance_minor);
    dbk_page_declared(page, row);
    dbk_page_add(page, "</td><td class=\"position\">");
    dbk_page_event_link(page, row->partition, row->offset);
    dbk_page_add(page, "</td></tr>\n");
}

static void add_sums(struct dbk_page *page, const struct dbk_sums *sums)
{
    dbk_page_add(page, "<tr class=\"sums\"><td></td><th scope=\"row\" colspan=\"2\"><span>%t (",
                 DBK_T_PERIOD_SUMS);
    dbk_page_add_count(page, sums->deposit_count + sums->withdrawal_count, DBK_T_OPERATION,
                       DBK_T_OPERATIONS);
    dbk_page_add(page,
                 ")</span></th><td class=\"number in\">%a</td><td class=\"number out\">%a</td>"
                 "<td></td><td></td></tr>\n",
                 &sums->deposits_minor, &sums->withdrawals_minor);
}

static void add_statement_table(struct dbk_page *page, const struct dbk_page_account *data)
{
    const struct dbk_statement *statement = data->statement;
    const struct dbk_extent *extent = &statement->extent;
    bool first_page = !extent->has_before;
    dbk_page_begin_table(page, "statement", DBK_T_STATEMENT, "list statement");
    dbk_page_add(page, "<thead><tr>");
    dbk_page_heading(page, DBK_T_DATE, "");
    dbk_page_heading(page, DBK_T_MEMO, "memo");
    dbk_page_heading(page, DBK_T_TYPE, "type");
    dbk_page_heading(page, DBK_T_DEPOSITS, "number");
    dbk_page_heading(page, DBK_T_WITHDRAWALS, "number");
    dbk_page_heading(page, DBK_T_BALANCE, "number");
    dbk_page_heading(page, DBK_T_EVENT, "position");
    dbk_page_add(page, "</tr></thead>\n<tbody>\n");
    add_balance_row(page, "opening", first_page ? DBK_T_OPENING : DBK_T_BROUGHT_FORWARD,
                    first_page ? statement->opening_minor : statement->brought_minor);
    for (size_t i = 0; i < statement->count; i++)
        add_line(page, &statement->lines[i]);
    if (extent->has_next && statement->count > 0) {
        add_balance_row(page, "carried", DBK_T_CARRIED_FORWARD,
                        statement->lines[statement->count - 1].balance_minor);
    } else if (!extent->stopped) {
        add_sums(page, &statement->sums);
        add_balance_row(page, "closing", DBK_T_CLOSING, statement->closing_minor);
    }
    dbk_page_end_table(page, DBK_T_NO_MOVEMENT);
}

static void add_statement(struct dbk_page *page, const struct dbk_page_account *data)
{
    struct dbk_buffer query = {.bytes = NULL};
    struct dbk_buffer feed = {.bytes = NULL};
    struct dbk_statement_selection start = *data->selection;
    start.place = DBK_PLACE_START;
    dbk_page_add(page,
                 "<section class=\"panel\" aria-labelledby=\"statement-title\">\n"
                 "<h2 id=\"statement-title\">%t</h2>\n"
                 "<p id=\"selected\" class=\"selected\" data-live><span>",
                 DBK_T_STATEMENT);
    dbk_page_add_days(page, &data->selection->days);
    dbk_page_add(page, "</span> · <span>%t</span></p>\n", DBK_T_BY_DATE);
    add_statement_table(page, data);
    dbk_statement_selection_write(&query, &start);
    dbk_page_pager(page, &query, data->selection->place != DBK_PLACE_START,
                   &data->statement->extent, DBK_T_PREVIOUS_PAGE, DBK_T_NEXT_PAGE);
    dbk_page_end_live(page);
    dbk_statement_selection_write(&query, &start);
    dbk_buffer_add_string(&feed, page->path);
    dbk_buffer_add_string(&feed, "/statement");
    dbk_page_downloads(page, feed.failed ? page->path : feed.bytes, &query);
    dbk_buffer_clear(&feed);
    dbk_page_add(page, "</section>\n");
}

void dbk_page_account(struct dbk_page *page, const struct dbk_page_account *data)
{
    static const char *const kept[] = {NULL};
    if (page->problem != NULL)
        dbk_page_problem(page);
    add_totals(page, data->account);
    dbk_page_begin_form(page, kept);
    dbk_page_day_inputs(page, &data->selection->days);
    dbk_page_end_form(page);
    dbk_page_presets(page, &data->selection->days, write_days, data->selection);
    if (data->statement == NULL)
        return;
    add_chart(page, data);
    add_statement(page, data);
}
