#include "page_live.h"

#include <daybook/escape.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void add(struct dbk_page *page, const char *html)
{
    dbk_buffer_add_string(page->out, html);
}

static void add_text(struct dbk_page *page, enum dbk_text_id id)
{
    add(page, dbk_lang_text(page->lang, id));
}

static void add_link(struct dbk_page *page, const char *path, enum dbk_text_id text, bool current)
{
    add(page, "<a href=\"");
    add(page, path);
    add(page, "?lang=");
    add(page, dbk_lang_code(page->lang));
    add(page, current ? "\" aria-current=\"page\">" : "\">");
    add_text(page, text);
    add(page, "</a>");
}

/** What the last audit said, and how far it saw. */
static void add_last_audit(struct dbk_page *page, const struct dbk_freshness *freshness)
{
    add(page, "<br><span class=\"audit\">");
    if (freshness->audit_at_ms == 0) {
        add_text(page, DBK_T_NEVER_AUDITED);
        add(page, "</span>");
        return;
    }
    add_text(page, DBK_T_LAST_AUDIT);
    add(page, freshness->audit_differences == 0 ? " <strong class=\"proven\">"
                                                : " <strong class=\"differs\">");
    if (freshness->audit_differences == 0) {
        add_text(page, DBK_T_PROVEN);
    } else {
        dbk_lang_integer(page->out, page->lang, freshness->audit_differences);
        add(page, " ");
        add_text(page, freshness->audit_differences == 1 ? DBK_T_DIFFERENCE : DBK_T_DIFFERENCES);
    }
    add(page, "</strong>, ");
    dbk_lang_date(page->out, page->lang, freshness->audit_at_ms / 1000, true);
    if (freshness->audit_through[0] != '\0') {
        add(page, ", ");
        add_text(page, DBK_T_THROUGH);
        add(page, " <span class=\"position\">");
        dbk_escape_html(page->out, (struct dbk_text){freshness->audit_through,
                                                     (uint32_t)strlen(freshness->audit_through)});
        add(page, "</span>");
    }
    add(page, "</span>");
}

/** Name, class and extent of what is applied; colour is never the only sign. */
void dbk_page_freshness(struct dbk_page *page, const struct dbk_overview *overview,
                        const struct dbk_freshness *freshness)
{
    enum dbk_text_id text = DBK_T_UP_TO_DATE;
    const char *state = "fresh";
    if (!freshness->reachable) {
        text = DBK_T_UNREACHABLE;
        state = "unreachable";
    } else if (freshness->stuck) {
        text = DBK_T_STUCK;
        state = "stuck";
    } else if (freshness->lag_events > 0) {
        text = DBK_T_CATCHING_UP;
        state = "behind";
    }
    add(page, "<p id=\"freshness\" class=\"freshness ");
    add(page, state);
    add(page, "\" role=\"status\"><strong>");
    add_text(page, text);
    add(page, "</strong>");
    if (freshness->lag_events > 0) {
        add(page, " · ");
        dbk_lang_integer(page->out, page->lang, freshness->lag_events);
        add(page, " ");
        add_text(page, DBK_T_EVENTS_BEHIND);
        add(page, ", ");
        dbk_lang_integer(page->out, page->lang, freshness->lag_s);
        add(page, " ");
        add_text(page, DBK_T_SECONDS);
    }
    add(page, " · ");
    add_text(page, DBK_T_APPLIED_THROUGH);
    add(page, " <span class=\"position\">");
    add(page, overview->positions[0] != '\0' ? overview->positions
                                             : dbk_lang_text(page->lang, DBK_T_NO_EVENTS));
    add(page, "</span>");
    if (overview->committed_ms > 0) {
        add(page, ", ");
        add_text(page, DBK_T_COMMITTED_AT);
        add(page, " ");
        dbk_lang_date(page->out, page->lang, overview->committed_ms / 1000, true);
    }
    add_last_audit(page, freshness);
    add(page, "</p>\n");
}

void dbk_page_begin(struct dbk_page *page, enum dbk_text_id title,
                    const struct dbk_overview *overview, const struct dbk_freshness *freshness)
{
    enum dbk_lang other = page->lang == DBK_FRENCH ? DBK_ENGLISH : DBK_FRENCH;
    add(page, "<!doctype html>\n<html lang=\"");
    add(page, dbk_lang_code(page->lang));
    add(page, "\">\n<head>\n<meta charset=\"utf-8\">\n"
              "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
              "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    add_text(page, title);
    add(page, " · daybook</title>\n<link rel=\"icon\" href=\"/icon.svg\">\n"
              "<link rel=\"stylesheet\" href=\"/style.css\">\n");
    dbk_page_scripts(page);
    add(page, "</head>\n<body>\n<a class=\"skip\" href=\"#content\">");
    add_text(page, DBK_T_SKIP);
    add(page, "</a>\n<header>\n<p class=\"brand\">daybook <span>");
    add_text(page, DBK_T_TITLE);
    add(page, "</span></p>\n<nav aria-label=\"daybook\">");
    add_link(page, "/", DBK_T_OVERVIEW, title == DBK_T_OVERVIEW);
    add_link(page, "/transactions", DBK_T_TRANSACTIONS, title == DBK_T_TRANSACTIONS);
    add_link(page, "/accounts", DBK_T_ACCOUNTS, title == DBK_T_ACCOUNTS);
    add(page, "<a class=\"language\" hreflang=\"");
    add(page, dbk_lang_code(other));
    add(page, "\" lang=\"");
    add(page, dbk_lang_code(other));
    add(page, "\" href=\"");
    add(page, page->path);
    add(page, "?lang=");
    add(page, dbk_lang_code(other));
    if (page->query[0] != '\0') {
        add(page, "&amp;");
        add(page, page->query);
    }
    add(page, "\">");
    add_text(page, DBK_T_OTHER_LANGUAGE);
    add(page, "</a></nav>\n</header>\n<main id=\"content\">\n");
    if (freshness != NULL) {
        dbk_page_freshness(page, overview, freshness);
        dbk_page_live(page, overview);
    }
    add(page, "<h1>");
    add_text(page, title);
    add(page, "</h1>\n");
}

void dbk_page_end(struct dbk_page *page)
{
    add(page, "</main>\n<footer><p>");
    add_text(page, DBK_T_UTC);
    add(page, " · ");
    add_text(page, DBK_T_PROVEN_BY);
    add(page, "</p></footer>\n</body>\n</html>\n");
}

static void add_number(struct dbk_page *page, enum dbk_text_id label, int64_t number)
{
    add(page, "<div><dt>");
    add_text(page, label);
    add(page, "</dt><dd>");
    dbk_lang_integer(page->out, page->lang, number);
    add(page, "</dd></div>\n");
}

static void add_sum(struct dbk_page *page, enum dbk_text_id label, const char *class,
                    dbk_int128 sum_minor, int64_t count)
{
    add(page, "<div><dt>");
    add_text(page, label);
    add(page, "</dt><dd");
    add(page, class);
    add(page, ">");
    dbk_lang_amount(page->out, page->lang, sum_minor);
    if (count >= 0) {
        add(page, " <small>");
        dbk_lang_integer(page->out, page->lang, count);
        add(page, "</small>");
    }
    add(page, "</dd></div>\n");
}

void dbk_page_totals(struct dbk_page *page, const struct dbk_overview *overview)
{
    add(page, "<dl class=\"totals\">\n");
    add_number(page, DBK_T_ACCOUNTS, overview->account_count);
    add_number(page, DBK_T_TRANSACTIONS, overview->deposit_count + overview->withdrawal_count);
    add_sum(page, DBK_T_DEPOSITS, " class=\"in\"", overview->deposits_minor,
            overview->deposit_count);
    add_sum(page, DBK_T_WITHDRAWALS, " class=\"out\"", -overview->withdrawals_minor,
            overview->withdrawal_count);
    add_sum(page, DBK_T_TOTAL, "", overview->balances_minor, -1);
    add_number(page, DBK_T_REJECTED, overview->rejection_count);
    add(page, "</dl>\n");
}

void dbk_page_section(struct dbk_page *page, enum dbk_text_id heading, const char *target,
                      enum dbk_text_id link)
{
    add(page, "<div class=\"heading\"><h2>");
    add_text(page, heading);
    add(page, "</h2>");
    if (target != NULL)
        add_link(page, target, link, false);
    add(page, "</div>\n");
}

/** Columns of a table: those of numbers are aligned to the right. */
static void begin_table(struct dbk_page *page, enum dbk_text_id caption,
                        const enum dbk_text_id *columns, size_t count, unsigned numbers)
{
    page->row_count = 0;
    add(page, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"");
    add_text(page, caption);
    add(page, "\"><table>\n<thead><tr>");
    for (size_t i = 0; i < count; i++) {
        add(page, numbers >> i & 1 ? "<th scope=\"col\" class=\"number\">" : "<th scope=\"col\">");
        add_text(page, columns[i]);
        add(page, "</th>");
    }
    add(page, "</tr></thead>\n<tbody>\n");
}

void dbk_page_end_table(struct dbk_page *page)
{
    add(page, "</tbody>\n</table></div>\n");
    if (page->row_count == 0)
        dbk_page_paragraph(page, DBK_T_NOTHING_YET);
}

static void add_amount_cell(struct dbk_page *page, dbk_int128 amount_minor, const char *class)
{
    add(page, "<td class=\"number");
    add(page, class);
    add(page, "\">");
    dbk_lang_amount(page->out, page->lang, amount_minor);
    add(page, "</td>");
}

static void add_count_cell(struct dbk_page *page, int64_t count)
{
    add(page, "<td class=\"number\">");
    dbk_lang_integer(page->out, page->lang, count);
    add(page, "</td>");
}

void dbk_page_begin_accounts(struct dbk_page *page)
{
    static const enum dbk_text_id columns[] = {
        DBK_T_ACCOUNT,          DBK_T_BALANCE,     DBK_T_DEPOSIT_COUNT, DBK_T_DEPOSITS,
        DBK_T_WITHDRAWAL_COUNT, DBK_T_WITHDRAWALS, DBK_T_LAST_MOVEMENT};
    begin_table(page, DBK_T_ACCOUNTS, columns, 7, 0x3e);
}

void dbk_page_account(struct dbk_page *page, const struct dbk_account_row *row)
{
    page->row_count++;
    add(page, "<tr><th scope=\"row\">");
    dbk_escape_html(page->out, row->account);
    add(page, "</th>");
    add_amount_cell(page, row->balance_minor, row->balance_minor < 0 ? " out" : "");
    add_count_cell(page, row->deposit_count);
    add_amount_cell(page, row->deposits_minor, "");
    add_count_cell(page, row->withdrawal_count);
    add_amount_cell(page, -(dbk_int128)row->withdrawals_minor, "");
    add(page, "<td>");
    dbk_lang_date(page->out, page->lang, row->last_date_s, false);
    add(page, "</td></tr>\n");
}

void dbk_page_begin_transactions(struct dbk_page *page)
{
    static const enum dbk_text_id columns[] = {DBK_T_DATE,   DBK_T_ACCOUNT,       DBK_T_TYPE,
                                               DBK_T_AMOUNT, DBK_T_BALANCE_AFTER, DBK_T_DECLARED,
                                               DBK_T_MEMO,   DBK_T_POSITION};
    begin_table(page, DBK_T_TRANSACTIONS, columns, 8, 0x38);
}

void dbk_page_transaction(struct dbk_page *page, const struct dbk_transaction_row *row)
{
    char position[48];
    bool deposit = row->amount_minor > 0;
    page->row_count++;
    add(page, "<tr><td>");
    dbk_lang_date(page->out, page->lang, row->date_s, false);
    add(page, "</td><th scope=\"row\">");
    dbk_escape_html(page->out, row->account);
    add(page, "</th><td>");
    add_text(page, deposit ? DBK_T_DEPOSIT : DBK_T_WITHDRAWAL);
    add(page, "</td>");
    add_amount_cell(page, row->amount_minor, deposit ? " in" : " out");
    add_amount_cell(page, row->balance_minor, row->balance_minor < 0 ? " out" : "");
    add(page, "<td class=\"number\">");
    if (row->has_declared) {
        dbk_lang_amount(page->out, page->lang, row->declared_minor);
        if (row->declared_minor != row->balance_minor) {
            add(page, " <em>");
            add_text(page, DBK_T_DISAGREES);
            add(page, "</em>");
        }
    }
    add(page, "</td><td>");
    dbk_escape_html(page->out, row->memo);
    snprintf(position, sizeof position, "</td><td class=\"position\">%" PRId64 ":%" PRId64 "</td>",
             row->partition, row->offset);
    add(page, position);
    add(page, "</tr>\n");
}

void dbk_page_list_links(struct dbk_page *page, const char *list, const char *feed, bool at_start,
                         const char *next, enum dbk_text_id next_text)
{
    static const char *const forms[] = {"csv", "json"};
    add(page, "<p class=\"links\">");
    if (!at_start)
        add_link(page, list, DBK_T_FIRST_PAGE, false);
    if (next != NULL) {
        add(page, "<a rel=\"next\" href=\"");
        add(page, list);
        add(page, "?lang=");
        add(page, dbk_lang_code(page->lang));
        add(page, "&amp;next=");
        add(page, next);
        add(page, "\">");
        add_text(page, next_text);
        add(page, " ›</a>");
    }
    for (size_t i = 0; i < 2; i++) {
        add(page, "<a class=\"download\" href=\"");
        add(page, feed);
        add(page, ".");
        add(page, forms[i]);
        add(page, "\">");
        add_text(page, DBK_T_DOWNLOAD);
        add(page, i == 0 ? " CSV</a>" : " JSON</a>");
    }
    add(page, "</p>\n");
}

void dbk_page_paragraph(struct dbk_page *page, enum dbk_text_id text)
{
    add(page, "<p>");
    add_text(page, text);
    add(page, "</p>\n");
}
