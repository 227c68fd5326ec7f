/* The server's life and its connections. */

#include "http_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/** Connections at once, streams included; from IDLE_LIMIT on the idle ones make room. */
#define CONNECTION_LIMIT 2048
#define IDLE_LIMIT 1536

/* --- requests --- */

static void answer(struct dbk_job *job, bool cancelled)
{
    struct dbk_exchange *exchange = (struct dbk_exchange *)job;
    const struct dbk_http_service *service = &exchange->http->service;
    if (cancelled)
        dbk_http_error(&exchange->response, 503, "the server is being stopped");
    else
        service->answer(service->context, &exchange->request, &exchange->response);
    dbk_http_finish(exchange);
    exchange->answered = true;
}

static void answer_on_worker(struct dbk_job *job, bool cancelled)
{
    struct dbk_exchange *exchange = (struct dbk_exchange *)job;
    answer(job, cancelled);
    MHD_resume_connection(exchange->connection);
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
    exchange->job.run = answer_on_worker;
    MHD_suspend_connection(exchange->connection);
    if (!dbk_workers_submit(work == DBK_HTTP_QUICK ? http->quick : http->slow, &exchange->job))
        answer_on_worker(&exchange->job, true);
    return MHD_YES;
}

/** Called when the headers are there, again when the (empty) body is, and after every resume. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *body,
                                  size_t *body_size, void **request_context)
{
    struct dbk_http *http = context;
    struct dbk_exchange *exchange = *request_context;
    const char *reason;
    (void)body;
    if (exchange != NULL && exchange->answered)
        return dbk_http_send(exchange);
    if (exchange == NULL) {
        exchange = calloc(1, sizeof *exchange);
        if (exchange == NULL)
            return MHD_NO;
        *exchange = (struct dbk_exchange){.http = http, .connection = connection};
        exchange->response.status = 200;
        exchange->tracked =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
        *request_context = exchange;
        int refused = dbk_http_check(http, connection, method, version, &reason);
        if (refused == 0)
            return MHD_YES;
        /* Before a body would be read: refusing now closes the connection. */
        dbk_http_error(&exchange->response, refused, reason);
        return dbk_http_send(exchange);
    }
    *body_size = 0;
    dbk_connection_begin(exchange->tracked);
    if (!dbk_http_read(&exchange->request, connection, url)) {
        dbk_http_error(&exchange->response, 400, "the address is not well formed");
        return dbk_http_send(exchange);
    }
    return begin_answer(exchange);
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
        int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        *socket_context = dbk_connections_add(http->connections, fd);
    } else {
        dbk_connections_remove(http->connections, *socket_context);
    }
}

static void on_completed(void *context, struct MHD_Connection *connection, void **request_context,
                         enum MHD_RequestTerminationCode code)
{
    struct dbk_exchange *exchange = *request_context;
    (void)context;
    (void)code;
    if (exchange != NULL)
        dbk_http_discard(&exchange->response);
    free(exchange);
    *request_context = NULL;
    dbk_connection_end(
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context);
}

/** Errors of clients are theirs; the library's own are rare and told by the address in use. */
static void on_log(void *context, const char *format, va_list arguments)
{
    (void)context;
    (void)format;
    (void)arguments;
}

/* --- starting --- */

static int parse_listen(struct dbk_http *http, const char *listen, struct sockaddr_storage *to,
                        struct dbk_err *err)
{
    const char *colon = strrchr(listen, ':');
    char *end = NULL;
    long port = colon != NULL ? strtol(colon + 1, &end, 10) : -1;
    size_t length = colon != NULL ? (size_t)(colon - listen) : 0;
    if (length == 0 || length >= sizeof http->host || end == colon + 1 || *end != '\0' ||
        port < 0 || port > 65535)
        return dbk_err_set(err, DBK_EUSAGE,
                           "--listen takes HOST:PORT, for example 127.0.0.1:8501, not \"%.100s\".",
                           listen);
    memcpy(http->host, listen, length);
    http->host[length] = '\0';
    http->port = (int)port;
    if (strcmp(http->host, "[::1]") == 0) {
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)to;
        *v6 = (struct sockaddr_in6){.sin6_family = AF_INET6,
                                    .sin6_port = htons((uint16_t)port),
                                    .sin6_addr = in6addr_loopback};
        return 0;
    }
    struct sockaddr_in *v4 = (struct sockaddr_in *)to;
    *v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    const char *address = strcmp(http->host, "localhost") == 0 ? "127.0.0.1" : http->host;
    if (inet_pton(AF_INET, address, &v4->sin_addr) != 1 ||
        (ntohl(v4->sin_addr.s_addr) >> 24) != 127)
        return dbk_err_set(err, DBK_EUSAGE,
                           "the dashboard shows everybody's money and asks nobody for a password, "
                           "so it listens on this machine only: 127.0.0.1, localhost or [::1], not "
                           "%s. To show it elsewhere, put a proxy with a login before it.",
                           http->host);
    return 0;
}

static int start_daemon(struct dbk_http *http, const struct sockaddr_storage *address,
                        struct dbk_err *err)
{
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    if (address->ss_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    errno = 0;
    http->daemon = MHD_start_daemon(
        flags, (uint16_t)http->port, NULL, NULL, on_request, http, MHD_OPTION_SOCK_ADDR,
        (const struct sockaddr *)address, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)DBK_HTTP_LOOPS,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTION_LIMIT, MHD_OPTION_CONNECTION_TIMEOUT, 30U,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)32768, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, http, MHD_OPTION_NOTIFY_COMPLETED, on_completed, http,
        MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_END);
    if (http->daemon == NULL)
        return dbk_err_set(err, DBK_EUSAGE,
                           "cannot listen on %s:%d: %s. Choose another port with --listen, or end "
                           "what holds it.",
                           http->host, http->port,
                           errno != 0 ? strerror(errno) : "the server did not start");
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_BIND_PORT);
    http->port = info != NULL ? info->port : http->port;
    return 0;
}

static void tick(void *context)
{
    struct dbk_http *http = context;
    dbk_events_tick(http->events);
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

int dbk_http_start(struct dbk_http **http, const char *listen,
                   const struct dbk_http_service *service, struct dbk_err *err)
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    *http = NULL;
    struct dbk_http *started = calloc(1, sizeof *started);
    if (started == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    started->service = *service;
    raise_file_limit();
    int code = parse_listen(started, listen, &address, err);
    if (code == 0)
        code = dbk_events_open(&started->events, err);
    if (code == 0)
        code = dbk_workers_open(&started->quick, DBK_HTTP_QUICK_WORKERS, err);
    if (code == 0)
        code = dbk_workers_open(&started->slow, DBK_HTTP_SLOW_WORKERS, err);
    if (code == 0)
        code = dbk_connections_open(&started->connections, IDLE_LIMIT, tick, started, err);
    if (code == 0)
        code = start_daemon(started, &address, err);
    if (code != 0) {
        dbk_http_stop(started);
        return code;
    }
    *http = started;
    return 0;
}

/** No connection may be suspended when the library stops: workers answer, streams end. */
void dbk_http_stop(struct dbk_http *http)
{
    if (http == NULL)
        return;
    dbk_workers_stop(http->quick);
    dbk_workers_stop(http->slow);
    dbk_connections_stop(http->connections);
    dbk_events_stop(http->events);
    if (http->daemon != NULL)
        MHD_stop_daemon(http->daemon);
    dbk_connections_close(http->connections);
    dbk_workers_close(http->quick);
    dbk_workers_close(http->slow);
    dbk_events_close(http->events);
    free(http);
}

int dbk_http_port(const struct dbk_http *http)
{
    return http->port;
}

void dbk_http_publish(struct dbk_http *http, int channel, const char *message, size_t length)
{
    dbk_events_publish(http->events, channel, message, length);
}

int dbk_http_stream_count(struct dbk_http *http)
{
    return dbk_events_count(http->events);
}
