#include "serve.h"

#include "audit_file.h"
#include "feed.h"
#include "lag.h"
#include "page.h"

#include <daybook/clock.h>
#include <daybook/escape.h>
#include <daybook/http.h>
#include <daybook/message.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const char dbk_style_css[];
extern const unsigned long dbk_style_css_size;
extern const char dbk_icon_svg[];
extern const unsigned long dbk_icon_svg_size;

#define ROWS_ON_OVERVIEW 10
#define ROWS_ON_PAGE 50
#define ROWS_IN_PIECE 2000
#define QUERY_TIMEOUT_MS 2000
#define STUCK_MS 10000
#define IDLE_VIEWS 8

struct dbk_serve {
    const struct dbk_config *config;
    struct dbk_http *http;
    struct dbk_lag *lag;
    pthread_mutex_t mutex;             /* guards all below */
    struct dbk_view *idle[IDLE_VIEWS]; /* open connections that nobody uses now */
    int idle_count;
    struct dbk_overview totals; /* of the commit they were counted at */
    bool totals_known;
};

/* --- connections --- */

/** @return a connection to the current generation, or NULL with the reason. */
static struct dbk_view *take_view(struct dbk_serve *serve, struct dbk_err *err)
{
    struct dbk_view *view = NULL;
    pthread_mutex_lock(&serve->mutex);
    while (serve->idle_count > 0 && view == NULL) {
        view = serve->idle[--serve->idle_count];
        if (dbk_view_replaced(view)) {
            dbk_view_close(view);
            view = NULL;
        }
    }
    pthread_mutex_unlock(&serve->mutex);
    if (view != NULL)
        return view;
    if (dbk_view_open_read(&view, serve->config->database, err) != 0)
        return NULL;
    if (dbk_query_harden(view, err) != 0) {
        dbk_view_close(view);
        return NULL;
    }
    return view;
}

static void give_view(struct dbk_serve *serve, struct dbk_view *view)
{
    pthread_mutex_lock(&serve->mutex);
    if (serve->idle_count < IDLE_VIEWS) {
        serve->idle[serve->idle_count++] = view;
        view = NULL;
    }
    pthread_mutex_unlock(&serve->mutex);
    dbk_view_close(view);
}

/* --- what every answer knows --- */

/** One request being answered. */
struct answer {
    struct dbk_serve *serve;
    const struct dbk_http_request *request;
    struct dbk_http_response *response;
    struct dbk_view *view;
    struct dbk_overview overview;
    struct dbk_freshness freshness;
    struct dbk_last_audit audit;
    struct dbk_page page;
    struct dbk_transaction_key last; /* of the rows written */
    char last_account[DBK_ACCOUNT_MAX + 1];
    int limit;
    bool more; /* there are rows after the last one */
};

static void measure_freshness(struct answer *answer)
{
    struct dbk_freshness *freshness = &answer->freshness;
    int64_t age_ms;
    freshness->reachable =
        dbk_lag_get(answer->serve->lag, answer->overview.applied, &freshness->lag_events, &age_ms);
    freshness->lag_s = age_ms / 1000;
    dbk_last_audit_read(answer->serve->config->database, &answer->audit);
    freshness->audit_at_ms = answer->audit.at_ms;
    freshness->audit_differences = answer->audit.difference_count;
    freshness->audit_through = answer->audit.through;
    freshness->stuck = freshness->lag_events > 0 && age_ms > STUCK_MS &&
                       dbk_clock_wall_ms() - answer->overview.committed_ms > STUCK_MS;
}

/** Totals change with commits only, and cost a look at every account: they are kept. */
static int read_totals(struct answer *answer, struct dbk_err *err)
{
    struct dbk_serve *serve = answer->serve;
    struct dbk_overview *overview = &answer->overview;
    pthread_mutex_lock(&serve->mutex);
    bool known = serve->totals_known && serve->totals.generation == overview->generation &&
                 serve->totals.commit_seq == overview->commit_seq;
    if (known)
        *overview = serve->totals;
    pthread_mutex_unlock(&serve->mutex);
    if (known)
        return 0;
    int code = dbk_query_totals(answer->view, overview, err);
    if (code != 0)
        return code;
    pthread_mutex_lock(&serve->mutex);
    serve->totals = *overview;
    serve->totals_known = true;
    pthread_mutex_unlock(&serve->mutex);
    return 0;
}

/** The validator: another commit, generation, language, address or freshness is another page. */
static void set_etag(struct answer *answer)
{
    const struct dbk_freshness *freshness = &answer->freshness;
    snprintf(answer->response->etag, sizeof answer->response->etag,
             "%" PRId64 "-%" PRId64 "-%s-%" PRId64 "-%" PRId64 "-%d%d-%" PRId64,
             answer->overview.generation, answer->overview.commit_seq,
             dbk_lang_code(answer->page.lang), freshness->lag_events,
             freshness->lag_events > 0 ? freshness->lag_s : 0, freshness->reachable,
             freshness->stuck, freshness->audit_at_ms);
}

static void begin_page(struct answer *answer, enum dbk_text_id title)
{
    answer->response->content_type = "text/html; charset=utf-8";
    measure_freshness(answer);
    set_etag(answer);
    dbk_page_begin(&answer->page, title, &answer->overview, &answer->freshness);
}

/** A page of our own words, where there is nothing else to show. */
static void say(struct answer *answer, int status, enum dbk_text_id text)
{
    dbk_buffer_clear(&answer->response->body);
    answer->response->status = status;
    answer->response->etag[0] = '\0';
    answer->response->content_type = "text/html; charset=utf-8";
    dbk_page_begin(&answer->page, DBK_T_OVERVIEW, NULL, NULL);
    dbk_page_paragraph(&answer->page, text);
    dbk_page_end(&answer->page);
}

/* --- pages --- */

/** One row more than is shown tells whether there are more. */
static int show_transaction(void *context, const struct dbk_transaction_row *row)
{
    struct answer *answer = context;
    answer->more = answer->page.row_count == answer->limit;
    if (answer->more)
        return 0;
    answer->last = row->key;
    dbk_page_transaction(&answer->page, row);
    return 0;
}

static int show_account(void *context, const struct dbk_account_row *row)
{
    struct answer *answer = context;
    answer->more = answer->page.row_count == answer->limit;
    if (answer->more)
        return 0;
    snprintf(answer->last_account, sizeof answer->last_account, "%.*s", (int)row->account.length,
             row->account.bytes);
    dbk_page_account(&answer->page, row);
    return 0;
}

static int show_transactions(struct answer *answer, const struct dbk_transaction_key *before,
                             int limit, struct dbk_err *err)
{
    answer->limit = limit;
    dbk_page_begin_transactions(&answer->page);
    int code =
        dbk_query_transactions(answer->view, before, limit + 1, show_transaction, answer, err);
    dbk_page_end_table(&answer->page);
    return code;
}

static int show_accounts(struct answer *answer, const char *after, int limit, struct dbk_err *err)
{
    struct dbk_text text = {after, (uint32_t)strlen(after)};
    answer->limit = limit;
    dbk_page_begin_accounts(&answer->page);
    int code = dbk_query_accounts(answer->view, text, limit + 1, show_account, answer, err);
    dbk_page_end_table(&answer->page);
    return code;
}

static int overview_page(struct answer *answer, struct dbk_err *err)
{
    int code = read_totals(answer, err);
    if (code != 0)
        return code;
    begin_page(answer, DBK_T_OVERVIEW);
    dbk_page_totals(&answer->page, &answer->overview);
    dbk_page_section(&answer->page, DBK_T_ACCOUNTS, "/accounts", DBK_T_ALL_ACCOUNTS);
    code = show_accounts(answer, "", ROWS_ON_OVERVIEW, err);
    if (code != 0)
        return code;
    dbk_page_section(&answer->page, DBK_T_NEWEST, "/transactions", DBK_T_ALL_TRANSACTIONS);
    return show_transactions(answer, NULL, ROWS_ON_OVERVIEW, err);
}

/** "date.partition.offset", as our own links have it. */
static bool parse_key(struct dbk_transaction_key *key, const char *text)
{
    int end = 0;
    return strlen(text) < 64 &&
           sscanf(text, "%" SCNd64 ".%" SCNd64 ".%" SCNd64 "%n", &key->date_s, &key->partition,
                  &key->offset, &end) == 3 &&
           text[end] == '\0';
}

static int transactions_page(struct answer *answer, struct dbk_err *err)
{
    struct dbk_transaction_key before;
    char next[80];
    const char *from = dbk_http_param(answer->request, "next");
    if (from != NULL && !parse_key(&before, from)) {
        dbk_http_error(answer->response, 400, "next is not one of this server's");
        return 0;
    }
    snprintf(next, sizeof next, "%s%s", from != NULL ? "next=" : "", from != NULL ? from : "");
    answer->page.query = next;
    begin_page(answer, DBK_T_TRANSACTIONS);
    int code = show_transactions(answer, from != NULL ? &before : NULL, ROWS_ON_PAGE, err);
    snprintf(next, sizeof next, "%" PRId64 ".%" PRId64 ".%" PRId64, answer->last.date_s,
             answer->last.partition, answer->last.offset);
    dbk_page_list_links(&answer->page, "/transactions", "/transactions", from == NULL,
                        answer->more ? next : NULL, DBK_T_OLDER);
    return code;
}

static int accounts_page(struct answer *answer, struct dbk_err *err)
{
    struct dbk_buffer query = {.bytes = NULL};
    struct dbk_buffer next = {.bytes = NULL};
    const char *from = dbk_http_param(answer->request, "next");
    dbk_buffer_add_string(&query, from != NULL ? "next=" : "");
    if (from != NULL)
        dbk_escape_url(&query, (struct dbk_text){from, (uint32_t)strlen(from)});
    answer->page.query = query.bytes != NULL ? query.bytes : "";
    begin_page(answer, DBK_T_ACCOUNTS);
    int code = show_accounts(answer, from != NULL ? from : "", ROWS_ON_PAGE, err);
    dbk_escape_url(&next,
                   (struct dbk_text){answer->last_account, (uint32_t)strlen(answer->last_account)});
    dbk_page_list_links(&answer->page, "/accounts", "/balances", from == NULL,
                        answer->more ? next.bytes : NULL, DBK_T_NEXT_PAGE);
    answer->page.query = "";
    dbk_buffer_clear(&query);
    dbk_buffer_clear(&next);
    return code;
}

/* --- feeds: all rows, in pieces, each read in a transaction of its own --- */

struct feed {
    struct dbk_serve *serve;
    struct dbk_view *view;
    enum dbk_feed form;
    bool transactions;
    bool begun;
    struct dbk_transaction_key last;
    char last_account[DBK_ACCOUNT_MAX + 1];
    struct dbk_buffer *piece;
    int rows; /* in this piece */
    bool first_row;
};

static int feed_transaction(void *context, const struct dbk_transaction_row *row)
{
    struct feed *feed = context;
    dbk_feed_transaction(feed->piece, feed->form, feed->first_row, row);
    feed->first_row = false;
    feed->last = row->key;
    feed->rows++;
    return 0;
}

static int feed_account(void *context, const struct dbk_account_row *row)
{
    struct feed *feed = context;
    dbk_feed_account(feed->piece, feed->form, feed->first_row, row);
    feed->first_row = false;
    snprintf(feed->last_account, sizeof feed->last_account, "%.*s", (int)row->account.length,
             row->account.bytes);
    feed->rows++;
    return 0;
}

/** Each piece is a short read: a long one would keep the write-ahead log from being emptied. */
static int more_rows(void *stream, struct dbk_buffer *piece)
{
    struct feed *feed = stream;
    struct dbk_err err;
    bool continued = feed->begun;
    if (!feed->begun && feed->form == DBK_FEED_JSON)
        dbk_buffer_add_string(piece, "[");
    else if (!feed->begun)
        dbk_buffer_add_string(piece, feed->transactions ? dbk_feed_transaction_header
                                                        : dbk_feed_account_header);
    feed->begun = true;
    feed->piece = piece;
    feed->rows = 0;
    int code = dbk_query_begin(feed->view, QUERY_TIMEOUT_MS, &err);
    if (code == 0 && feed->transactions)
        code = dbk_query_transactions(feed->view, continued ? &feed->last : NULL, ROWS_IN_PIECE,
                                      feed_transaction, feed, &err);
    else if (code == 0)
        code = dbk_query_accounts(
            feed->view, (struct dbk_text){feed->last_account, (uint32_t)strlen(feed->last_account)},
            ROWS_IN_PIECE, feed_account, feed, &err);
    dbk_query_end(feed->view);
    if (code != 0) {
        dbk_warning("a download was cut off: %s", err.text);
        return -1;
    }
    if (feed->rows == ROWS_IN_PIECE)
        return 1;
    if (feed->form == DBK_FEED_JSON)
        dbk_buffer_add_string(piece, "]\n");
    return 0;
}

static void close_feed(void *stream)
{
    struct feed *feed = stream;
    give_view(feed->serve, feed->view);
    free(feed);
}

/** The feed takes over the answer's connection. */
static int start_feed(struct answer *answer, bool transactions, enum dbk_feed form,
                      struct dbk_err *err)
{
    struct feed *feed = calloc(1, sizeof *feed);
    if (feed == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    *feed = (struct feed){.serve = answer->serve,
                          .view = answer->view,
                          .form = form,
                          .transactions = transactions,
                          .first_row = true};
    dbk_query_end(answer->view);
    answer->view = NULL;
    answer->response->content_type =
        form == DBK_FEED_CSV ? "text/csv; charset=utf-8; header=present" : "application/json";
    if (form == DBK_FEED_CSV)
        answer->response->filename = transactions ? "transactions.csv" : "balances.csv";
    answer->response->more = more_rows;
    answer->response->stream = feed;
    answer->response->close = close_feed;
    return 0;
}

/* --- routing --- */

static void serve_asset(struct dbk_http_response *response, const char *type, const char *bytes,
                        unsigned long size)
{
    response->content_type = type;
    snprintf(response->etag, sizeof response->etag, "%s", DAYBOOK_VERSION);
    dbk_buffer_add(&response->body, bytes, size);
}

/** Answers that need no database. @return true where it was one. */
static bool serve_static(const char *path, struct dbk_http_response *response)
{
    if (strcmp(path, "style.css") == 0) {
        serve_asset(response, "text/css; charset=utf-8", dbk_style_css, dbk_style_css_size);
    } else if (strcmp(path, "icon.svg") == 0) {
        serve_asset(response, "image/svg+xml", dbk_icon_svg, dbk_icon_svg_size);
    } else if (strcmp(path, "healthz") == 0) {
        response->content_type = "text/plain; charset=utf-8";
        dbk_buffer_add_string(&response->body, "ok\n");
    } else {
        return false;
    }
    return true;
}

static int route(struct answer *answer, const char *path, struct dbk_err *err)
{
    static const struct {
        const char *path;
        int (*page)(struct answer *, struct dbk_err *);
    } pages[] = {
        {"", overview_page}, {"transactions", transactions_page}, {"accounts", accounts_page}};
    static const struct {
        const char *path;
        bool transactions;
        enum dbk_feed form;
    } feeds[] = {{"transactions.csv", true, DBK_FEED_CSV},
                 {"transactions.json", true, DBK_FEED_JSON},
                 {"balances.csv", false, DBK_FEED_CSV},
                 {"balances.json", false, DBK_FEED_JSON}};
    for (size_t i = 0; i < sizeof feeds / sizeof feeds[0]; i++)
        if (strcmp(path, feeds[i].path) == 0)
            return start_feed(answer, feeds[i].transactions, feeds[i].form, err);
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        if (strcmp(path, pages[i].path) != 0)
            continue;
        int code = pages[i].page(answer, err);
        if (code == 0 && answer->response->status == 200)
            dbk_page_end(&answer->page);
        return code;
    }
    say(answer, 404, DBK_T_NOT_FOUND);
    return 0;
}

static void handle(void *context, const struct dbk_http_request *request,
                   struct dbk_http_response *response)
{
    struct dbk_serve *serve = context;
    struct dbk_err err = {.code = 0};
    char address[DBK_HTTP_VALUE_SIZE + 1];
    const char *path = request->segment_count > 0 ? request->segments[0] : "";
    if (request->segment_count == 1 && serve_static(path, response))
        return;
    snprintf(address, sizeof address, "/%s", path);
    struct answer answer = {
        .serve = serve,
        .request = request,
        .response = response,
        .page = {.out = &response->body,
                 .lang = dbk_lang_choose(dbk_http_param(request, "lang"), request->accept_language),
                 .path = "/",
                 .query = ""},
    };
    if (strcmp(path, "transactions") == 0 || strcmp(path, "accounts") == 0)
        answer.page.path = address;
    if (request->segment_count > 1) {
        say(&answer, 404, DBK_T_NOT_FOUND);
        return;
    }
    answer.view = take_view(serve, &err);
    if (answer.view == NULL) {
        say(&answer, 503, DBK_T_NO_VIEW);
        return;
    }
    int code = dbk_query_begin(answer.view, QUERY_TIMEOUT_MS, &err);
    if (code == 0)
        code = dbk_query_position(answer.view, &answer.overview, &err);
    if (code == 0)
        code = route(&answer, path, &err);
    if (code != 0) {
        dbk_warning("%s", err.text);
        say(&answer, 503, DBK_T_FAILED);
    }
    if (answer.view != NULL) {
        dbk_query_end(answer.view);
        give_view(serve, answer.view);
    }
}

int dbk_serve_start(struct dbk_serve **serve, const struct dbk_config *config, const char *listen,
                    struct dbk_err *err)
{
    *serve = NULL;
    struct dbk_serve *started = calloc(1, sizeof *started);
    if (started == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    started->config = config;
    pthread_mutex_init(&started->mutex, NULL);
    int code = dbk_lag_start(&started->lag, config, err);
    if (code == 0)
        code = dbk_http_start(&started->http, listen, handle, started, err);
    if (code != 0) {
        dbk_serve_stop(started);
        return code;
    }
    dbk_message("the dashboard is at http://127.0.0.1:%d", dbk_http_port(started->http));
    *serve = started;
    return 0;
}

void dbk_serve_stop(struct dbk_serve *serve)
{
    if (serve == NULL)
        return;
    dbk_http_stop(serve->http);
    dbk_lag_stop(serve->lag);
    for (int i = 0; i < serve->idle_count; i++)
        dbk_view_close(serve->idle[i]);
    pthread_mutex_destroy(&serve->mutex);
    free(serve);
}
