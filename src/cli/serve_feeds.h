/**
 * What the files of the dashboard's lists for programs share: serve_feeds.c has the addresses and
 * the short answers, serve_downloads.c whole lists.
 */
#ifndef DAYBOOK_SERVE_FEEDS_H
#define DAYBOOK_SERVE_FEEDS_H

#include "feed.h"
#include "serve_internal.h"

/** What is asked for. */
struct dbk_serve_list {
    enum dbk_feed_list kind;
    struct dbk_selection transactions;
    struct dbk_account_selection accounts;
    struct dbk_rejection_selection rejections;
    struct dbk_days days; /**< of daily totals */
    struct dbk_statement_selection statement;
    struct dbk_account_row account; /**< of the statement; its name is the request's */
    const char *filename;           /**< of CSV */
};

/** Stream all rows; it takes over the answer's connection. */
DBK_MUST_CHECK int dbk_serve_download(struct dbk_answer *answer, const struct dbk_serve_list *list,
                                      enum dbk_feed_form form, struct dbk_err *err);

/** /events/P/N.json. @return false where the path is none. */
bool dbk_serve_event_object(struct dbk_answer *answer, int *code, struct dbk_err *err);

#endif
