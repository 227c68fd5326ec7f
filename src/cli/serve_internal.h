/**
 * The dashboard's parts: what the server's files share. serve.c has the connections, the routes and
 * the life of it all; serve_pages.c the HTML, serve_feeds.c the downloads, serve_live.c the events,
 * serve_status.c what machines ask, serve_freshness.c the measure that all of them show.
 */
#ifndef DAYBOOK_SERVE_INTERNAL_H
#define DAYBOOK_SERVE_INTERNAL_H

#include "audit_file.h"
#include "lag.h"
#include "page.h"
#include "serve.h"
#include "serve_log.h"

#include <daybook/http.h>

#include <pthread.h>

#define DBK_SERVE_TIMEOUT_MS 2000 /* of a set of questions to the database */
#define DBK_SERVE_IDLE_VIEWS 8
#define DBK_SERVE_DOWNLOADS 4 /* at once */

struct dbk_serve {
    const struct dbk_config *config;
    const struct dbk_serve_options *options;
    struct dbk_http *http;
    struct dbk_lag *lag;
    struct dbk_live *live;
    struct dbk_serve_log *log;                   /* single records, for the pages of events */
    pthread_mutex_t mutex;                       /* guards all below */
    struct dbk_view *idle[DBK_SERVE_IDLE_VIEWS]; /* open connections that nobody uses now */
    int idle_count;
    int downloads; /* that run */
};

/** One request being answered. */
struct dbk_answer {
    struct dbk_serve *serve;
    const struct dbk_http_request *request;
    struct dbk_http_response *response;
    struct dbk_view *view;
    struct dbk_overview overview;
    struct dbk_freshness freshness;
    struct dbk_last_audit audit;
    struct dbk_page page;
    struct dbk_param params[DBK_HTTP_PARAMS]; /* the request's */
    struct dbk_param_problem problem;         /* where they make no sense */
    struct dbk_buffer path;                   /* the page's address, escaped */
    struct dbk_buffer query;                  /* its state, as links have it */
    bool said;                                /* the whole page is dbk_serve_say's */
};

/** @return a connection to the current generation, or NULL with the reason. */
struct dbk_view *dbk_serve_take_view(struct dbk_serve *serve, struct dbk_err *err);
void dbk_serve_give_view(struct dbk_serve *serve, struct dbk_view *view);

/** Answer with a page, where the request's path is one. @return false: it is none. */
bool dbk_serve_page(struct dbk_answer *answer, int *code, struct dbk_err *err);

/** A page of our own words, where there is nothing else to show: what is wrong, what to do next. */
void dbk_serve_say(struct dbk_answer *answer, int status, enum dbk_text_id title,
                   enum dbk_text_id advice);

/** Answer that a parameter is not as it should be, in the one shape of errors. */
void dbk_serve_refuse(struct dbk_answer *answer, const struct dbk_param_problem *problem);

/** @return true where the path is one for programs: it ends in .csv or .json, and no account is
 *  called so. Its errors are JSON. */
bool dbk_serve_is_feed(const struct dbk_http_request *request);

/** Answer with a list or an object for programs, where the request's path is one: a download takes
 *  over the answer's connection. @return false: it is none. */
bool dbk_serve_feed(struct dbk_answer *answer, int *code, struct dbk_err *err);

/** How far the view is behind; freshness points into audit. */
void dbk_serve_freshness(struct dbk_serve *serve, const struct dbk_overview *overview,
                         struct dbk_last_audit *audit, struct dbk_freshness *freshness);

/**
 * What pages are told while they are open: `freshness` (the line's HTML in the stream's language)
 * and `commit` ({"generation":N,"commit_seq":M}), as they are at the beginning and at every change,
 * commits at most ten times a second.
 *
 * Lifetime: open before the server, start after it, stop before it, close after it.
 */
DBK_MUST_CHECK int dbk_live_open(struct dbk_live **live, struct dbk_serve *serve,
                                 struct dbk_err *err);
DBK_MUST_CHECK int dbk_live_start(struct dbk_live *live, struct dbk_err *err);
void dbk_live_stop(struct dbk_live *live);
void dbk_live_close(struct dbk_live *live);

/** Answer /readyz and /metrics; the view may be NULL. */
void dbk_serve_ready(struct dbk_answer *answer);
void dbk_serve_metrics(struct dbk_answer *answer);

/** Answer with a stream. */
void dbk_serve_live(struct dbk_answer *answer);

#endif
