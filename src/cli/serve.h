/**
 * The dashboard: joins the HTTP server, the view and the pages.
 */
#ifndef DAYBOOK_SERVE_H
#define DAYBOOK_SERVE_H

#include "cli.h"

#include <daybook/http.h>

#define DBK_DEFAULT_LISTEN "127.0.0.1:8501"

/** How long events may wait before /readyz says no, in seconds. */
#define DBK_DEFAULT_READY_LAG 60

struct dbk_serve_options {
    struct dbk_http_options http;
    int64_t ready_lag_s;
};

struct dbk_serve;

/**
 * Start to serve config's database on threads of its own, and to watch how far the log is ahead.
 *
 * config and options must outlive it. @return 0 or DBK_EUSAGE.
 */
DBK_MUST_CHECK int dbk_serve_start(struct dbk_serve **serve, const struct dbk_config *config,
                                   const struct dbk_serve_options *options, struct dbk_err *err);
/** Takes NULL. */
void dbk_serve_stop(struct dbk_serve *serve);

#endif
