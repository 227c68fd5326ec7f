#include "serve_internal.h"

#include "assets.h"

#include <daybook/clock.h>
#include <daybook/date.h>
#include <daybook/escape.h>
#include <daybook/message.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- connections --- */

/** @return a connection to the current generation, or NULL with the reason. */
struct dbk_view *dbk_serve_take_view(struct dbk_serve *serve, struct dbk_err *err)
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
    if (dbk_view_open_read(&view, serve->config->database, serve->config->topic, err) != 0)
        return NULL;
    if (dbk_query_harden(view, err) != 0) {
        dbk_view_close(view);
        return NULL;
    }
    return view;
}

void dbk_serve_give_view(struct dbk_serve *serve, struct dbk_view *view)
{
    pthread_mutex_lock(&serve->mutex);
    if (serve->idle_count < DBK_SERVE_IDLE_VIEWS) {
        serve->idle[serve->idle_count++] = view;
        view = NULL;
    }
    pthread_mutex_unlock(&serve->mutex);
    dbk_view_close(view);
}

/* --- parameters --- */

/** Point params (DBK_HTTP_PARAMS of them) to the request's. @return how many. */
static size_t point_to_params(const struct dbk_answer *answer, struct dbk_param *params)
{
    size_t count = (size_t)answer->request->param_count;
    for (size_t i = 0; i < count; i++)
        params[i] =
            (struct dbk_param){answer->request->params[i].name, answer->request->params[i].value};
    return count;
}

void dbk_serve_refuse(struct dbk_answer *answer, const struct dbk_param_problem *problem)
{
    char message[256];
    snprintf(message, sizeof message, "%s: %s", problem->name,
             dbk_expected_text(problem->expected));
    dbk_http_error(answer->response, 400, message);
}

/* --- routing --- */

/** Answers that need no database. @return true where it was one. */
static bool serve_static(const char *path, struct dbk_http_response *response)
{
    const struct dbk_asset *asset = dbk_asset_find(path);
    if (asset != NULL) {
        response->content_type = asset->content_type;
        snprintf(response->etag, sizeof response->etag, "%s", asset->sha256);
        response->constant =
            (struct dbk_http_constant){asset->bytes, *asset->size, asset->gzip, *asset->gzip_size};
    } else if (strcmp(path, "healthz") == 0) {
        response->content_type = "text/plain; charset=utf-8";
        dbk_buffer_add_string(&response->body, "ok\n");
    } else {
        return false;
    }
    return true;
}

/** What machines ask is answered without a view too: that there is none. */
static bool serve_status(struct dbk_answer *answer)
{
    const struct dbk_http_request *request = answer->request;
    if (request->segment_count == 1 && strcmp(request->segments[0], "readyz") == 0)
        dbk_serve_ready(answer);
    else if (request->segment_count == 1 && strcmp(request->segments[0], "metrics") == 0)
        dbk_serve_metrics(answer);
    else
        return false;
    return true;
}

static int route(struct dbk_answer *answer, struct dbk_err *err)
{
    int code = 0;
    if (serve_status(answer))
        return 0;
    if (dbk_serve_is_feed(answer->request)) {
        if (!dbk_serve_feed(answer, &code, err))
            dbk_http_error(answer->response, 404, "there is no such list");
    } else if (!dbk_serve_page(answer, &code, err)) {
        dbk_serve_say(answer, 404, DBK_T_NOT_FOUND, DBK_T_NOT_FOUND_ADVICE);
    }
    return code;
}

/** Whether the program runs is told to everybody: what asks has no password. */
static bool is_open(const struct dbk_http_request *request)
{
    return request->segment_count == 1 && strcmp(request->segments[0], "healthz") == 0;
}

/** Filters and orders that no index helps with, counts, downloads, what asks the log, and pages of
 * one account, which may have most of the transactions. */
static bool may_be_slow(const struct dbk_http_request *request)
{
    static const char *const params[] = {"type",  "min",    "max",  "memo",
                                         "count", "search", "sort", "balance"};
    const char *first = request->segment_count > 1 ? request->segments[0] : "";
    if (strcmp(first, "accounts") == 0 || strcmp(first, "events") == 0 ||
        strcmp(first, "transactions") == 0)
        return true;
    for (size_t i = 0; i < sizeof params / sizeof params[0]; i++) {
        const char *value = dbk_http_param(request, params[i]);
        if (value != NULL && value[0] != '\0')
            return true;
    }
    return dbk_serve_is_feed(request);
}

/** Without touching the database: may the answer keep others waiting? */
static enum dbk_http_work classify(void *context, const struct dbk_http_request *request)
{
    const char *path = request->segment_count == 1 ? request->segments[0] : "";
    (void)context;
    if (dbk_asset_find(path) != NULL || strcmp(path, "healthz") == 0 || strcmp(path, "live") == 0)
        return DBK_HTTP_AT_ONCE;
    return may_be_slow(request) ? DBK_HTTP_SLOW : DBK_HTTP_QUICK;
}

/** What the address says, as the pages need it. */
static void read_address(struct dbk_answer *answer)
{
    const struct dbk_http_request *request = answer->request;
    for (int i = 0; i < request->segment_count; i++) {
        dbk_buffer_add_string(&answer->path, "/");
        dbk_escape_url(&answer->path, dbk_text_of(request->segments[i]));
    }
    answer->page = (struct dbk_page){
        .out = &answer->response->body,
        .lang = dbk_lang_choose(dbk_http_param(request, "lang"), request->accept_language),
        .path = request->segment_count > 0 && !answer->path.failed ? answer->path.bytes : "/",
        .query = "",
        .today = dbk_date_day(dbk_clock_wall_ms() / 1000),
        .params = answer->params,
        .param_count = point_to_params(answer, answer->params),
    };
}

/** Answer from the view, as of one commit. */
static void answer_from_view(struct dbk_answer *answer)
{
    struct dbk_err err = {.code = 0};
    answer->view = dbk_serve_take_view(answer->serve, &err);
    if (answer->view == NULL) {
        if (serve_status(answer))
            return;
        if (dbk_serve_is_feed(answer->request))
            dbk_http_error(answer->response, 503, "there is no database that can be read");
        else
            dbk_serve_say(answer, 503, DBK_T_NO_VIEW, DBK_T_NO_VIEW_ADVICE);
        return;
    }
    int code = dbk_query_begin(answer->view, DBK_SERVE_TIMEOUT_MS, &err);
    if (code == 0)
        code = dbk_query_position(answer->view, &answer->overview, &err);
    if (code == 0)
        code = route(answer, &err);
    if (code != 0) {
        dbk_warning("%s", err.text);
        if (dbk_serve_is_feed(answer->request))
            dbk_http_error(answer->response, 503, "the database could not be read in time");
        else
            dbk_serve_say(answer, 503, DBK_T_FAILED, DBK_T_FAILED_ADVICE);
    }
    if (answer->view != NULL) {
        dbk_query_end(answer->view);
        dbk_serve_give_view(answer->serve, answer->view);
    }
}

static void handle(void *context, const struct dbk_http_request *request,
                   struct dbk_http_response *response)
{
    const char *path = request->segment_count > 0 ? request->segments[0] : "";
    if (request->segment_count == 1 && serve_static(path, response))
        return;
    struct dbk_answer answer = {.serve = context, .request = request, .response = response};
    read_address(&answer);
    if (request->segment_count == 1 && strcmp(path, "live") == 0)
        dbk_serve_live(&answer);
    else
        answer_from_view(&answer);
    dbk_buffer_clear(&answer.path);
    dbk_buffer_clear(&answer.query);
}

/** A refusal in words: of a page that no view stands behind. */
static void explain(void *context, const char *accept_language, struct dbk_http_response *response)
{
    static const struct {
        int status;
        enum dbk_text_id title;
        enum dbk_text_id advice;
    } texts[] = {{401, DBK_T_LOGIN, DBK_T_LOGIN_ADVICE},
                 {421, DBK_T_OTHER_HOST, DBK_T_OTHER_HOST_ADVICE},
                 {429, DBK_T_BUSY, DBK_T_BUSY_ADVICE},
                 {503, DBK_T_BUSY, DBK_T_BUSY_ADVICE},
                 {0, DBK_T_BAD_REQUEST, DBK_T_BAD_REQUEST_ADVICE}};
    struct dbk_page page = {.out = &response->body,
                            .lang = dbk_lang_choose(NULL, accept_language),
                            .path = "/",
                            .query = ""};
    size_t i = 0;
    (void)context;
    while (texts[i].status != 0 && texts[i].status != response->status)
        i++;
    dbk_buffer_clear(&response->body);
    response->content_type = "text/html; charset=utf-8";
    dbk_page_error(&page, texts[i].title, texts[i].advice, NULL, NULL);
}

/** A view of another topic is refused; none, or a damaged one, may become one while it is served.
 */
static int check_topic(const struct dbk_config *config, struct dbk_err *err)
{
    struct dbk_view *view = NULL;
    struct dbk_err other;
    if (dbk_view_open_read(&view, config->database, NULL, &other) != 0)
        return 0;
    int code = dbk_view_check_topic(view, config->topic, err);
    dbk_view_close(view);
    return code;
}

int dbk_serve_start(struct dbk_serve **serve, const struct dbk_config *config,
                    const struct dbk_serve_options *options, struct dbk_err *err)
{
    char url[128];
    *serve = NULL;
    struct dbk_serve *started = calloc(1, sizeof *started);
    if (started == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    const struct dbk_http_service service = {started, is_open, classify, handle, explain};
    started->config = config;
    started->options = options;
    pthread_mutex_init(&started->mutex, NULL);
    int code = check_topic(config, err);
    if (code == 0)
        code = dbk_lag_start(&started->lag, config, err);
    if (code == 0)
        code = dbk_serve_log_open(&started->log, config, err);
    if (code == 0)
        code = dbk_live_open(&started->live, started, err);
    if (code == 0)
        code = dbk_http_start(&started->http, &options->http, &service, err);
    if (code == 0)
        code = dbk_live_start(started->live, err);
    if (code != 0) {
        dbk_serve_stop(started);
        return code;
    }
    dbk_http_url(started->http, url, sizeof url);
    dbk_message("the dashboard is at %s", url);
    *serve = started;
    return 0;
}

void dbk_serve_stop(struct dbk_serve *serve)
{
    if (serve == NULL)
        return;
    dbk_live_stop(serve->live);
    dbk_http_stop(serve->http);
    dbk_live_close(serve->live);
    dbk_lag_stop(serve->lag);
    dbk_serve_log_close(serve->log);
    for (int i = 0; i < serve->idle_count; i++)
        dbk_view_close(serve->idle[i]);
    pthread_mutex_destroy(&serve->mutex);
    free(serve);
}
