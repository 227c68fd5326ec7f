/**
 * The pages as HTML. Pure but for the buffer's memory; every text from the log goes through
 * dbk_escape_html.
 */
#ifndef DAYBOOK_PAGE_H
#define DAYBOOK_PAGE_H

#include "lang.h"

#include <daybook/query_accounts.h>

/** What is known about how far the view is behind the log. */
struct dbk_freshness {
    int64_t lag_events; /**< -1: not known */
    int64_t lag_s;
    bool reachable;      /**< the log answered lately */
    bool stuck;          /**< events wait, and nothing was committed for 10 s */
    int64_t audit_at_ms; /**< when the last audit ended; 0: there was none */
    int64_t audit_differences;
    const char *audit_through; /**< "0:41, 1:17"; our own text */
};

/** One page being written. */
struct dbk_page {
    struct dbk_buffer *out;
    enum dbk_lang lang;
    const char *path;  /**< of this page, for the language link */
    const char *query; /**< the rest of its state in the URL, "" or "before=..."; escaped already */
    int row_count;     /**< rows written into the current table */
};

/** The freshness line alone, as the pages have it. */
void dbk_page_freshness(struct dbk_page *page, const struct dbk_overview *overview,
                        const struct dbk_freshness *freshness);

/** Head, navigation and freshness line; freshness NULL where there is no view. */
void dbk_page_begin(struct dbk_page *page, enum dbk_text_id title,
                    const struct dbk_overview *overview, const struct dbk_freshness *freshness);
void dbk_page_end(struct dbk_page *page);

/** The numbers of the overview. */
void dbk_page_totals(struct dbk_page *page, const struct dbk_overview *overview);

/** A section with a heading, and a link beside it where target is not NULL. */
void dbk_page_section(struct dbk_page *page, enum dbk_text_id heading, const char *target,
                      enum dbk_text_id link);

/** Tables: begin, one row per visit, end. */
void dbk_page_begin_accounts(struct dbk_page *page);
void dbk_page_account(struct dbk_page *page, const struct dbk_account_row *row);
void dbk_page_begin_transactions(struct dbk_page *page);
void dbk_page_transaction(struct dbk_page *page, const struct dbk_transaction_row *row);
void dbk_page_end_table(struct dbk_page *page);

/** Links of a list: back to its start, on to the next page, downloads. next is NULL at the end. */
void dbk_page_list_links(struct dbk_page *page, const char *list, const char *feed, bool at_start,
                         const char *next, enum dbk_text_id next_text);

/** A paragraph of our own words. */
void dbk_page_paragraph(struct dbk_page *page, enum dbk_text_id text);

#endif
