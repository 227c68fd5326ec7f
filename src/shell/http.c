/* The server's life and its connections. */

#include "http_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/** Connections at once, streams included; from IDLE_LIMIT on the idle ones make room. */
#define CONNECTION_LIMIT 2048
#define IDLE_LIMIT 1536
/** Slow requests that wait for a worker. Each may take seconds: more would wait in vain, as their
 * deadline would pass before their turn. */
#define SLOW_WAITING_MAX 32
/** How long a stop waits for clients to take what was answered. */
#define SETTLE_MS 500

/* --- requests --- */

static void answer(struct dbk_job *job, bool cancelled)
{
    struct dbk_exchange *exchange = (struct dbk_exchange *)job;
    const struct dbk_http_service *service = &exchange->http->service;
    if (cancelled)
        dbk_http_refuse(exchange, 503, "the server is being stopped");
    else
        service->answer(service->context, &exchange->request, &exchange->response);
    dbk_http_finish(exchange);
    exchange->answered = true;
}

static void answer_on_worker(struct dbk_job *job, bool cancelled)
{
    struct dbk_exchange *exchange = (struct dbk_exchange *)job;
    answer(job, cancelled || dbk_connection_is_late(exchange->tracked));
    dbk_mhd.resume_connection(exchange->connection);
}

/** Let it be answered where nobody else is kept waiting: at once, or by a worker. */
static enum MHD_Result begin_answer(struct dbk_exchange *exchange)
{
    struct dbk_http *http = exchange->http;
    enum dbk_http_work work = http->service.classify(http->service.context, &exchange->request);
    if (work == DBK_HTTP_AT_ONCE) {
        answer(&exchange->job, false);
        return dbk_http_send(exchange);
    }
    if (work == DBK_HTTP_SLOW && dbk_workers_waiting(http->slow) >= SLOW_WAITING_MAX) {
        dbk_http_refuse(exchange, 503, "too many long requests wait already; try again later");
        return dbk_http_send(exchange);
    }
    exchange->job.run = answer_on_worker;
    dbk_mhd.suspend_connection(exchange->connection);
    if (!dbk_workers_submit(work == DBK_HTTP_QUICK ? http->quick : http->slow, &exchange->job))
        answer_on_worker(&exchange->job, true);
    return MHD_YES;
}

static struct dbk_exchange *open_exchange(struct dbk_http *http, struct MHD_Connection *connection)
{
    struct dbk_exchange *exchange = calloc(1, sizeof *exchange);
    if (exchange == NULL)
        return NULL;
    exchange->http = http;
    exchange->connection = connection;
    exchange->response.status = 200;
    exchange->tracked =
        dbk_mhd.get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    return exchange;
}

static void close_exchange(struct dbk_exchange *exchange)
{
    if (exchange == NULL)
        return;
    dbk_http_discard(&exchange->response);
    free(exchange);
}

/** The headers are there, a body would not be yet: refusing now closes the connection. */
static enum MHD_Result begin(struct dbk_exchange *exchange, const char *method, const char *version)
{
    const char *reason;
    int refused = dbk_http_check(exchange->http, exchange->connection, method, version, &reason);
    if (refused == 0)
        return MHD_YES;
    dbk_http_refuse(exchange, refused, reason);
    return dbk_http_send(exchange);
}

/** The request is whole, or it was resumed after its password was checked or it was answered. */
static enum MHD_Result go_on(struct dbk_exchange *exchange, const char *url)
{
    if (exchange->answered)
        return dbk_http_send(exchange);
    if (exchange->logged_in)
        return begin_answer(exchange);
    dbk_connection_begin(exchange->tracked);
    if (!dbk_http_read(&exchange->request, exchange->connection, url)) {
        dbk_http_refuse(exchange, 400, "the address is not well formed");
        return dbk_http_send(exchange);
    }
    bool open = exchange->http->service.is_open(&exchange->request);
    enum dbk_login login = open ? DBK_LOGIN_DONE : dbk_login(exchange);
    if (login == DBK_LOGIN_REFUSED)
        return dbk_http_send(exchange);
    return login == DBK_LOGIN_DONE ? begin_answer(exchange) : MHD_YES;
}

/** Called when the headers are there, again when the (empty) body is, and after every resume. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *body,
                                  size_t *body_size, void **request_context)
{
    enum MHD_Result result;
    struct dbk_exchange *exchange = *request_context;
    (void)body;
    *body_size = 0;
    if (exchange == NULL) {
        exchange = *request_context = open_exchange(context, connection);
        if (exchange == NULL)
            return MHD_NO;
        result = begin(exchange, method, version);
    } else {
        result = go_on(exchange, url);
    }
    /* A stream may stay for hours, and what was asked is not needed any more. */
    if (exchange->sent) {
        close_exchange(exchange);
        *request_context = NULL;
    }
    return result;
}

/** Leave escapes alone: paths are split first and decoded then. */
static size_t keep_escapes(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

static void on_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct dbk_http *http = context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        int fd =
            dbk_mhd.get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        *socket_context = dbk_connections_add(http->connections, fd);
    } else {
        dbk_connections_remove(http->connections, *socket_context);
    }
}

static void on_completed(void *context, struct MHD_Connection *connection, void **request_context,
                         enum MHD_RequestTerminationCode code)
{
    (void)context;
    (void)code;
    close_exchange(*request_context);
    *request_context = NULL;
    dbk_connection_end(dbk_mhd.get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
                           ->socket_context);
}

static void tick(void *context)
{
    struct dbk_http *http = context;
    dbk_events_tick(http->events);
    dbk_logins_tick(http->logins);
}

/** A connection is a file: as many as may be open, where the system lets us. */
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 2 * CONNECTION_LIMIT) {
        limit.rlim_cur =
            limit.rlim_max < 2 * CONNECTION_LIMIT ? limit.rlim_max : 2 * CONNECTION_LIMIT;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int start_daemon(struct dbk_http *http, struct dbk_err *err)
{
    const struct MHD_OptionItem callbacks[] = {
        {MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)keep_escapes, NULL},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, http},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, http},
        {MHD_OPTION_END, 0, NULL},
    };
    return dbk_http_listen(http, CONNECTION_LIMIT, callbacks, on_request, err);
}

int dbk_http_start(struct dbk_http **http, const struct dbk_http_options *options,
                   const struct dbk_http_service *service, struct dbk_err *err)
{
    *http = NULL;
    struct dbk_http *started = calloc(1, sizeof *started);
    if (started == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    started->service = *service;
    raise_file_limit();
    int code = dbk_http_place(started, options, err);
    if (code == 0)
        code = dbk_http_read_tls(started, options, err);
    if (code == 0 && options->htpasswd != NULL)
        code = dbk_logins_open(&started->logins, options->htpasswd,
                               started->loopback || started->behind_proxy, err);
    if (code == 0)
        code = dbk_events_open(&started->events, err);
    if (code == 0)
        code = dbk_workers_open(&started->quick, DBK_HTTP_QUICK_WORKERS, err);
    if (code == 0)
        code = dbk_workers_open(&started->slow, DBK_HTTP_SLOW_WORKERS, err);
    if (code == 0)
        code = dbk_connections_open(&started->connections, IDLE_LIMIT, tick, started, err);
    *http = started; /* requests may come before this returns */
    if (code == 0)
        code = start_daemon(started, err);
    if (code != 0) {
        dbk_http_stop(started);
        *http = NULL;
    }
    return code;
}

/** No connection may be suspended when the library stops: workers answer, streams end. */
void dbk_http_stop(struct dbk_http *http)
{
    MHD_socket listening = MHD_INVALID_SOCKET;
    if (http == NULL)
        return;
    if (http->daemon != NULL)
        listening = dbk_mhd.quiesce_daemon(http->daemon);
    dbk_logins_stop(http->logins);
    dbk_workers_stop(http->quick);
    dbk_workers_stop(http->slow);
    dbk_connections_stop(http->connections);
    dbk_events_stop(http->events);
    if (http->daemon != NULL) {
        dbk_connections_settle(http->connections, SETTLE_MS);
        dbk_mhd.stop_daemon(http->daemon);
    }
    if (listening != MHD_INVALID_SOCKET)
        close(listening);
    dbk_connections_close(http->connections);
    dbk_workers_close(http->quick);
    dbk_workers_close(http->slow);
    dbk_events_close(http->events);
    dbk_logins_close(http->logins);
    if (http->tls_key.bytes != NULL)
        explicit_bzero(http->tls_key.bytes, http->tls_key.length);
    dbk_buffer_clear(&http->tls_key);
    dbk_buffer_clear(&http->tls_cert);
    free(http);
}

void dbk_http_publish(struct dbk_http *http, int channel, const char *message, size_t length)
{
    dbk_events_publish(http->events, channel, message, length);
}

int64_t dbk_http_answered(const struct dbk_http *http, int status)
{
    return http->answered[status];
}

int dbk_http_stream_count(struct dbk_http *http)
{
    return dbk_events_count(http->events);
}
