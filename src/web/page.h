/**
 * The pages as HTML: made from what they are given, in one of two languages.
 *
 * Pure but for the buffer's memory; every text from the log or a client goes through
 * dbk_escape_html. A page is its frame (begin, end) with sections in between; page_overview.c,
 * page_transactions.c and so on have one page each, page_parts.c and page_url.c what they share.
 *
 * What the browser's scripts may rely on (everything works without them):
 *
 * - **Live**: an element with an id and the attribute data-live. After a commit the same address is
 *   fetched again and the content of these elements replaced. Forms are never inside one. The
 *   element with id "freshness" is written by dbk_page_freshness, and changes by an event of its
 *   own.
 * - **Charts**: `<figure class="chart" data-chart="KIND" data-table="ID">` is drawn from the table
 *   with that id, and from nothing else. A row of its body is a point; the cells that matter carry
 *   data-k, what it is, and data-v, the raw value:
 *       daily    day (epoch seconds), deposits, withdrawals
 *       bars     account (text), deposits, withdrawals
 *       balance  time (epoch seconds), balance
 *   in minor units, deposits and withdrawals both positive. They may exceed 2^53: they are drawn,
 *   never added up or shown. The figure names the series: data-deposits, data-withdrawals,
 *   data-balance.
 * - **Counting**: `<a class="count-all" href="..." data-summary="URL">`: URL gives a piece of HTML
 *   that stands for the link. Without scripts the link shows the page with it.
 */
#ifndef DAYBOOK_PAGE_H
#define DAYBOOK_PAGE_H

#include "lang.h"

#include <daybook/query_accounts.h>
#include <daybook/query_events.h>

/** What is known about how far the view is behind the log. */
struct dbk_freshness {
    int64_t lag_events; /**< -1: not known */
    int64_t lag_s;
    bool reachable;      /**< the log answered lately */
    bool stuck;          /**< events wait, and nothing was committed for 10 s; or log_short */
    bool log_short;      /**< the log has not all events of the view, and that for 10 s */
    int64_t audit_at_ms; /**< when the last audit ended; 0: there was none */
    int64_t audit_differences;
    const char *audit_through; /**< "0:41, 1:17"; our own text */
};

/** One page being written. */
struct dbk_page {
    struct dbk_buffer *out;
    enum dbk_lang lang;
    const char *path;               /**< of this page, escaped for a URL */
    const char *query;              /**< the rest of its state in the URL: "" or "a=b&c=d" */
    int64_t today;                  /**< the UTC day */
    const struct dbk_param *params; /**< as the client gave them: what forms show again */
    size_t param_count;
    const struct dbk_param_problem *problem; /**< NULL where they make sense */
    int row_count;                           /**< rows written into the current table */
};

/** Which page of the navigation this is, or belongs to. */
enum dbk_page_section {
    DBK_SECTION_NONE,
    DBK_SECTION_OVERVIEW,
    DBK_SECTION_TRANSACTIONS,
    DBK_SECTION_ACCOUNTS,
    DBK_SECTION_REJECTIONS,
};

/**
 * Head, navigation, freshness line and heading.
 *
 * @param subject    what the page is about, a text from the log; length 0: title says all.
 * @param freshness  NULL where there is no view; overview is not used then.
 */
void dbk_page_begin(struct dbk_page *page, enum dbk_page_section section, enum dbk_text_id title,
                    struct dbk_text subject, const struct dbk_overview *overview,
                    const struct dbk_freshness *freshness);
void dbk_page_end(struct dbk_page *page);

/** The element with id "freshness". */
void dbk_page_freshness(struct dbk_page *page, const struct dbk_overview *overview,
                        const struct dbk_freshness *freshness);

/** A whole page that says what is wrong and what to do next. @param advice  our own words. */
void dbk_page_error(struct dbk_page *page, enum dbk_text_id title, enum dbk_text_id advice,
                    const struct dbk_overview *overview, const struct dbk_freshness *freshness);

/** What is wrong with page->problem, for people, with a link to its field. */
void dbk_page_problem(struct dbk_page *page);

/* --- the overview --- */

struct dbk_page_overview {
    const struct dbk_overview *overview;
    const struct dbk_sums *today;      /**< movement dated today */
    const struct dbk_day_volume *days; /**< ascending */
    size_t day_count;
    int64_t last_day; /**< of the chart */
    const struct dbk_transactions *newest;
};
void dbk_page_overview(struct dbk_page *page, const struct dbk_page_overview *data);

/* --- transactions --- */

/** Form and heading; rows NULL: only these, since there is a problem. count NULL: not counted. */
void dbk_page_transactions(struct dbk_page *page, const struct dbk_selection *selection,
                           const struct dbk_transactions *rows, const struct dbk_count *count);
/** The piece of HTML that stands for the link "count all". */
void dbk_page_count(struct dbk_page *page, const struct dbk_count *count);

/* --- accounts --- */

void dbk_page_accounts(struct dbk_page *page, const struct dbk_account_selection *selection,
                       const struct dbk_accounts *rows);

/** One account: its period, balance over time and statement. statement NULL: a problem. */
struct dbk_page_account {
    const struct dbk_account_row *account;
    const struct dbk_statement_selection *selection;
    const struct dbk_statement *statement;
    const struct dbk_series *series;
    bool series_stopped;
};
void dbk_page_account(struct dbk_page *page, const struct dbk_page_account *data);

/* --- rejections and events --- */

void dbk_page_rejections(struct dbk_page *page, const struct dbk_rejection_selection *selection,
                         const struct dbk_rejections *rows);

/** What became of reading a record from the log itself. */
enum dbk_record_state {
    DBK_RECORD_UNREAD,  /**< the log could not be reached in time */
    DBK_RECORD_READ,    /**< and nothing stored to check it against yet */
    DBK_RECORD_PROVEN,  /**< the chain of digests up to the next stored one holds */
    DBK_RECORD_DIFFERS, /**< it does not: the log is not the one the view was made from */
};

struct dbk_page_event {
    int64_t partition;
    int64_t offset;
    const struct dbk_event_row *row;
    enum dbk_record_state state;
    const struct dbk_record *record; /**< NULL where unread */
    const struct dbk_digest *digest; /**< of the log through this event; NULL where unread */
    const struct dbk_anchor *anchor; /**< what it was checked against */
    /* Reversals: what this one reverses, or is reversed by. */
    bool claims;             /**< its source is "reverse:P:N" with seq 0 */
    bool reverses;           /**< and account and amount agree with that event */
    int64_t other_partition; /**< of the one it claims to reverse */
    int64_t other_offset;
    bool is_reversed;
    bool reversal_unknown; /**< the time was up before all that could be one was looked at */
    int64_t reversal_partition;
    int64_t reversal_offset;
};
void dbk_page_event(struct dbk_page *page, const struct dbk_page_event *data);

#endif
