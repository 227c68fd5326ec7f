#include "page_parts.h"

/* --- the table --- */

/** A heading that sorts by its column: again in the other direction, else as the column begins. */
static void sort_heading(struct dbk_page *page, const struct dbk_selection *selection,
                         enum dbk_sort sort, enum dbk_text_id text, const char *class)
{
    struct dbk_buffer query = {.bytes = NULL};
    struct dbk_selection other = *selection;
    enum dbk_page_order order = DBK_UNORDERED;
    if (selection->sort == sort)
        order = selection->ascending ? DBK_ASCENDING : DBK_DESCENDING;
    other.ascending = selection->sort == sort ? !selection->ascending : sort == DBK_SORT_ACCOUNT;
    other.sort = sort;
    other.place = DBK_PLACE_START;
    dbk_selection_write(&query, &other);
    dbk_page_sort_heading(page, text, class, order, &query);
}

static void add_headings(struct dbk_page *page, const struct dbk_selection *selection)
{
    dbk_page_add(page, "<thead><tr>");
    if (selection != NULL) {
        sort_heading(page, selection, DBK_SORT_DATE, DBK_T_DATE, "");
        sort_heading(page, selection, DBK_SORT_ACCOUNT, DBK_T_ACCOUNT, "");
    } else {
        dbk_page_heading(page, DBK_T_DATE, "");
        dbk_page_heading(page, DBK_T_ACCOUNT, "");
    }
    dbk_page_heading(page, DBK_T_TYPE, "type");
    if (selection != NULL)
        sort_heading(page, selection, DBK_SORT_AMOUNT, DBK_T_AMOUNT, "number");
    else
        dbk_page_heading(page, DBK_T_AMOUNT, "number");
    dbk_page_heading(page, DBK_T_BALANCE_AFTER, "number after");
    dbk_page_heading(page, DBK_T_MEMO, "memo");
    dbk_page_heading(page, DBK_T_EVENT, "position");
    dbk_page_add(page, "</tr></thead>\n<tbody>\n");
}

void dbk_page_declared(struct dbk_page *page, const struct dbk_transaction_row *row)
{
    dbk_int128 declared_minor = row->declared_minor;
    if (row->has_declared && row->declared_minor != row->balance_minor)
        dbk_page_add(page, "<em class=\"disagrees\">%t %a</em>", DBK_T_DECLARED, &declared_minor);
}

void dbk_page_type_cell(struct dbk_page *page, int64_t amount_minor)
{
    bool deposit = amount_minor > 0;
    dbk_page_add(page, "<td class=\"type\"><span class=\"%s\">%t</span></td>",
                 deposit ? "in" : "out", deposit ? DBK_T_DEPOSIT : DBK_T_WITHDRAWAL);
}

static void add_row(struct dbk_page *page, const struct dbk_transaction_row *row)
{
    dbk_int128 balance_minor = row->balance_minor;
    page->row_count++;
    dbk_page_add(page, "<tr id=\"e%d-%d\"><td class=\"date\">", row->partition, row->offset);
    dbk_page_add_time(page, row->date_s, false);
    dbk_page_add(page, "</td><th scope=\"row\">");
    dbk_page_account_link(page, row->account);
    dbk_page_add(page, "</th>");
    dbk_page_type_cell(page, row->amount_minor);
    dbk_page_amount_cell(page, row->amount_minor, row->amount_minor > 0 ? "in" : "out", NULL);
    dbk_page_add(page, "<td class=\"number after%s\"><span>%a",
                 row->balance_minor < 0 ? " negative" : "", &balance_minor);
    dbk_page_declared(page, row);
    dbk_page_add(page, "</span></td><td class=\"memo\"><span>%x</span></td><td class=\"position\">",
                 &row->memo);
    dbk_page_event_link(page, row->partition, row->offset);
    dbk_page_add(page, "</td></tr>\n");
}

void dbk_page_transaction_table(struct dbk_page *page, enum dbk_text_id caption,
                                const struct dbk_transactions *rows,
                                const struct dbk_selection *selection)
{
    dbk_page_begin_table(page, "transactions", caption, "list transactions");
    add_headings(page, selection);
    for (size_t i = 0; i < rows->count; i++)
        add_row(page, &rows->rows[i]);
    dbk_page_end_table(page, selection != NULL ? DBK_T_NOTHING_FOUND : DBK_T_NOTHING_YET);
}

/* --- the form --- */

static void write_days(struct dbk_buffer *query, const void *selection, const struct dbk_days *days)
{
    struct dbk_selection other = *(const struct dbk_selection *)selection;
    other.days = *days;
    other.place = DBK_PLACE_START;
    dbk_selection_write(query, &other);
}

static void add_form(struct dbk_page *page, const struct dbk_selection *selection)
{
    static const struct dbk_page_option types[] = {{"", DBK_T_ALL_TYPES},
                                                   {"deposit", DBK_T_DEPOSITS},
                                                   {"withdrawal", DBK_T_WITHDRAWALS},
                                                   {NULL, DBK_T_TYPE}};
    static const char *const kept[] = {"sort", "order", NULL};
    static const char amount[] = "inputmode=\"decimal\" autocomplete=\"off\" maxlength=\"24\"";
    dbk_page_begin_form(page, kept);
    dbk_page_input(page, "account", DBK_T_ACCOUNT, "autocomplete=\"off\" maxlength=\"64\"",
                   dbk_page_given(page, "account"));
    dbk_page_select(page, "type", DBK_T_TYPE, types, dbk_page_given(page, "type"));
    dbk_page_day_inputs(page, &selection->days);
    dbk_page_input(page, "min", DBK_T_MIN, amount, dbk_page_given(page, "min"));
    dbk_page_input(page, "max", DBK_T_MAX, amount, dbk_page_given(page, "max"));
    dbk_page_input(page, "memo", DBK_T_MEMO_CONTAINS, "autocomplete=\"off\" maxlength=\"200\"",
                   dbk_page_given(page, "memo"));
    dbk_page_end_form(page);
    dbk_page_presets(page, &selection->days, write_days, selection);
}

/* --- what is shown --- */

/** The filters and the order in words: for print, and for who looks twice. */
static void add_summary(struct dbk_page *page, const struct dbk_selection *selection)
{
    static const enum dbk_text_id sorts[] = {DBK_T_DATE, DBK_T_ACCOUNT, DBK_T_AMOUNT};
    dbk_int128 min_minor = selection->min_minor;
    dbk_int128 max_minor = selection->max_minor;
    dbk_page_add(page, "<p id=\"selected\" class=\"selected\" data-live><span>");
    dbk_page_add_days(page, &selection->days);
    dbk_page_add(page, "</span>");
    if (selection->account[0] != '\0')
        dbk_page_add(page, " · <span>%t <strong>%h</strong></span>", DBK_T_ACCOUNT,
                     selection->account);
    if (selection->side != DBK_SIDE_BOTH)
        dbk_page_add(page, " · <span>%t</span>",
                     selection->side == DBK_SIDE_DEPOSITS ? DBK_T_DEPOSITS : DBK_T_WITHDRAWALS);
    if (selection->min_minor > 0)
        dbk_page_add(page, " · <span>%t %a</span>", DBK_T_AT_LEAST, &min_minor);
    if (selection->max_minor < INT64_MAX)
        dbk_page_add(page, " · <span>%t %a</span>", DBK_T_AT_MOST, &max_minor);
    if (selection->memo[0] != '\0')
        dbk_page_add(page, " · <span>%t <q>%h</q></span>", DBK_T_MEMO_CONTAINS, selection->memo);
    dbk_page_add(page, " · <span>%t %t, %t</span></p>\n", DBK_T_SORTED_BY, sorts[selection->sort],
                 selection->ascending ? DBK_T_ASCENDING : DBK_T_DESCENDING);
}

void dbk_page_count(struct dbk_page *page, const struct dbk_count *count)
{
    const struct dbk_sums *sums = &count->sums;
    dbk_int128 withdrawals_minor = -sums->withdrawals_minor;
    dbk_int128 net_minor = sums->deposits_minor - sums->withdrawals_minor;
    dbk_page_add(page, "<span class=\"counted%s\">", count->stopped ? " stopped" : "");
    if (count->stopped)
        dbk_page_add(page, "<strong>%t</strong> %t %i / %i. ", DBK_T_COUNT_STOPPED, DBK_T_LOOKED_AT,
                     count->looked, count->total);
    dbk_page_add_count(page, sums->deposit_count + sums->withdrawal_count, DBK_T_TRANSACTION,
                       DBK_T_TRANSACTIONS_MANY);
    dbk_page_add(page, " · <span class=\"in\">%t <b>%a</b> (%i)</span> · ", DBK_T_DEPOSITS,
                 &sums->deposits_minor, sums->deposit_count);
    dbk_page_add(page, "<span class=\"out\">%t <b>%a</b> (%i)</span> · ", DBK_T_WITHDRAWALS,
                 &withdrawals_minor, sums->withdrawal_count);
    dbk_page_add(page, "<span>%t <b>%a</b></span></span>", DBK_T_NET, &net_minor);
}

/** The count, or a link to it, which a script replaces by what the piece says. */
static void add_count(struct dbk_page *page, const struct dbk_selection *selection,
                      const struct dbk_count *count)
{
    /* What costs a look at many rows is counted when asked for, not after every commit. */
    bool live = count != NULL && count->looked == 0;
    dbk_page_add(page, "<p id=\"count\" class=\"count\"%s>", live ? " data-live" : "");
    if (count != NULL) {
        dbk_page_count(page, count);
    } else {
        struct dbk_buffer query = {.bytes = NULL};
        struct dbk_buffer again = {.bytes = NULL};
        struct dbk_selection whole = *selection;
        whole.place = DBK_PLACE_START;
        dbk_selection_write(&query, selection);
        dbk_buffer_add_string(&query, query.length > 0 ? "&count=1" : "count=1");
        dbk_selection_write(&again, &whole);
        dbk_page_add(page, "<a class=\"count-all\" href=\"");
        dbk_page_href(page, "/transactions", &query);
        dbk_page_add(page, "#count\" data-summary=\"");
        dbk_page_href(page, "/transactions/count", &again);
        dbk_page_add(page, "\">%t</a>", DBK_T_COUNT_ALL);
    }
    dbk_page_add(page, "</p>\n");
}

static void add_pager(struct dbk_page *page, const struct dbk_selection *selection,
                      const struct dbk_extent *extent)
{
    struct dbk_selection start = *selection;
    struct dbk_buffer query = {.bytes = NULL};
    bool newest = selection->sort == DBK_SORT_DATE && !selection->ascending;
    start.place = DBK_PLACE_START;
    dbk_selection_write(&query, &start);
    dbk_page_pager(page, &query, selection->place != DBK_PLACE_START, extent,
                   newest ? DBK_T_NEWER : DBK_T_PREVIOUS_PAGE,
                   newest ? DBK_T_OLDER : DBK_T_NEXT_PAGE);
}

void dbk_page_transactions(struct dbk_page *page, const struct dbk_selection *selection,
                           const struct dbk_transactions *rows, const struct dbk_count *count)
{
    struct dbk_buffer query = {.bytes = NULL};
    struct dbk_selection whole = *selection;
    whole.place = DBK_PLACE_START;
    if (page->problem != NULL)
        dbk_page_problem(page);
    add_form(page, selection);
    if (rows == NULL)
        return;
    add_summary(page, selection);
    add_count(page, selection, count);
    dbk_page_transaction_table(page, DBK_T_TRANSACTIONS, rows, selection);
    add_pager(page, selection, &rows->extent);
    dbk_page_end_live(page);
    if (whole.sort == DBK_SORT_AMOUNT) { /* all rows are not sorted by amount */
        whole.sort = DBK_SORT_DATE;
        whole.ascending = false;
    }
    dbk_selection_write(&query, &whole);
    dbk_page_downloads(page, "/transactions", &query);
}
