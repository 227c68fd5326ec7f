#include <daybook/http.h>

#include "connections.h"

#include <daybook/escape.h>

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PIECE_SIZE 65536

struct dbk_http {
    struct MHD_Daemon *daemon;
    struct dbk_connections *connections;
    dbk_http_handler *handler;
    void *context;
    char host[64]; /* as given to --listen, without port */
    int port;
};

const char *dbk_http_param(const struct dbk_http_request *request, const char *name)
{
    for (int i = 0; i < request->param_count; i++)
        if (strcmp(request->params[i].name, name) == 0)
            return request->params[i].value;
    return NULL;
}

void dbk_http_error(struct dbk_http_response *response, int status, const char *message)
{
    char head[48];
    dbk_buffer_clear(&response->body);
    response->status = status;
    response->content_type = "application/json";
    response->etag[0] = '\0';
    snprintf(head, sizeof head, "{\"error\":{\"status\":%d,\"message\":", status);
    dbk_buffer_add_string(&response->body, head);
    dbk_escape_json(&response->body, (struct dbk_text){message, (uint32_t)strlen(message)});
    dbk_buffer_add_string(&response->body, "}}\n");
}

/* --- reading a request --- */

/** Decode %NN once. @return false for a bad escape, a NUL, or what does not fit. */
static bool decode(char *out, size_t size, const char *text, size_t length)
{
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (c == '%') {
            char digits[3] = {0};
            char *end;
            if (i + 2 >= length)
                return false;
            memcpy(digits, text + i + 1, 2);
            c = (char)strtol(digits, &end, 16);
            if (end != digits + 2 || digits[0] == '+' || digits[0] == '-' || digits[0] == ' ')
                return false;
            i += 2;
        }
        if (c == '\0' || used + 1 >= size)
            return false;
        out[used++] = c;
    }
    out[used] = '\0';
    return true;
}

static bool split_path(struct dbk_http_request *request, const char *path)
{
    if (*path++ != '/')
        return false;
    while (*path != '\0') {
        size_t length = strcspn(path, "/");
        if (request->segment_count == DBK_HTTP_SEGMENTS || length == 0 ||
            !decode(request->segments[request->segment_count++], DBK_HTTP_VALUE_SIZE, path, length))
            return false;
        path += length;
        if (*path == '/')
            path++;
    }
    return true;
}

struct params {
    struct dbk_http_request *request;
    bool bad;
};

static enum MHD_Result take_param(void *context, enum MHD_ValueKind kind, const char *name,
                                  const char *value)
{
    struct params *params = context;
    struct dbk_http_request *request = params->request;
    (void)kind;
    if (request->param_count == DBK_HTTP_PARAMS) {
        params->bad = true;
        return MHD_NO;
    }
    struct dbk_http_param *param = &request->params[request->param_count++];
    value = value != NULL ? value : "";
    if (!decode(param->name, sizeof param->name, name, strlen(name)) ||
        !decode(param->value, sizeof param->value, value, strlen(value)))
        params->bad = true;
    return params->bad ? MHD_NO : MHD_YES;
}

/** What all headers of a request say together. */
struct headers {
    const char *host;
    int host_count;
    bool body;
};

static enum MHD_Result look_at_header(void *context, enum MHD_ValueKind kind, const char *name,
                                      const char *value)
{
    struct headers *headers = context;
    (void)kind;
    if (strcasecmp(name, MHD_HTTP_HEADER_HOST) == 0) {
        headers->host = value;
        headers->host_count++;
    } else if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0) {
        /* Even "0", when it is given twice, is a way to smuggle. */
        headers->body = headers->body || value == NULL || strcmp(value, "0") != 0;
    } else if (strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0 ||
               strcasecmp(name, MHD_HTTP_HEADER_EXPECT) == 0) {
        headers->body = true;
    }
    return MHD_YES;
}

/** Only our own names: a page elsewhere must not reach us by a name of its own (DNS rebinding). */
static bool is_our_host(const struct dbk_http *http, const char *host)
{
    const char *const names[] = {http->host, "127.0.0.1", "localhost", "[::1]"};
    char full[96];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(full, sizeof full, "%s:%d", names[i], http->port);
        if (strcasecmp(host, full) == 0 || (http->port == 80 && strcasecmp(host, names[i]) == 0))
            return true;
    }
    return false;
}

/** The rules for every request. @return 0, or the status to refuse it with. */
static int check(const struct dbk_http *http, struct MHD_Connection *connection, const char *method,
                 const char *version, const char **reason)
{
    struct headers headers = {.host = NULL};
    MHD_get_connection_values(connection, MHD_HEADER_KIND, look_at_header, &headers);
    *reason = "requests have no body here";
    if (headers.body)
        return 400;
    *reason = "only GET and HEAD are answered";
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return 405;
    *reason = "exactly one Host header is needed";
    if (headers.host_count > 1 ||
        (headers.host_count == 0 && strcmp(version, MHD_HTTP_VERSION_1_1) == 0))
        return 400;
    *reason = "this server has another name";
    if (headers.host_count == 1 && !is_our_host(http, headers.host))
        return 421;
    return 0;
}

/* --- writing an answer --- */

struct stream {
    struct dbk_http_response response;
    struct dbk_buffer piece;
    size_t sent;
    int more;
    struct dbk_connection *connection;
};

static ssize_t read_stream(void *context, uint64_t position, char *out, size_t size)
{
    struct stream *stream = context;
    (void)position;
    dbk_connection_extend(stream->connection);
    while (stream->sent == stream->piece.length) {
        if (stream->more == 0)
            return MHD_CONTENT_READER_END_OF_STREAM;
        stream->piece.length = stream->sent = 0;
        stream->more = stream->response.more(stream->response.stream, &stream->piece);
        if (stream->more < 0 || stream->piece.failed)
            return MHD_CONTENT_READER_END_WITH_ERROR; /* cut off: who reads must notice */
    }
    size_t left = stream->piece.length - stream->sent;
    size_t count = left < size ? left : size;
    memcpy(out, stream->piece.bytes + stream->sent, count);
    stream->sent += count;
    return (ssize_t)count;
}

static void close_stream(void *context)
{
    struct stream *stream = context;
    if (stream->response.close != NULL)
        stream->response.close(stream->response.stream);
    dbk_buffer_clear(&stream->piece);
    free(stream);
}

static void discard(struct dbk_http_response *answer)
{
    if (answer->more != NULL && answer->close != NULL)
        answer->close(answer->stream);
    dbk_buffer_clear(&answer->body);
}

/** Takes over the answer's body or stream. @return NULL where memory ran out. */
static struct MHD_Response *make_response(struct dbk_http_response *answer,
                                          struct dbk_connection *connection)
{
    struct MHD_Response *response = NULL;
    if (answer->more != NULL) {
        struct stream *stream = calloc(1, sizeof *stream);
        if (stream != NULL) {
            *stream = (struct stream){.response = *answer, .more = 1, .connection = connection};
            response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE_SIZE, read_stream,
                                                         stream, close_stream);
            if (response == NULL)
                free(stream);
        }
        if (response == NULL)
            discard(answer);
        return response;
    }
    if (!answer->body.failed)
        response = MHD_create_response_from_buffer(
            answer->body.length, answer->body.bytes != NULL ? answer->body.bytes : NULL,
            MHD_RESPMEM_MUST_COPY);
    dbk_buffer_clear(&answer->body);
    return response;
}

static void add_headers(struct MHD_Response *response, const struct dbk_http_response *answer)
{
    char text[160];
    static const char *const always[][2] = {
        {"Content-Security-Policy",
         "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
         "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
        {"Cache-Control", "no-cache"},
        {"Vary", "Accept-Language"},
    };
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
        MHD_add_response_header(response, always[i][0], always[i][1]);
    if (answer->content_type != NULL)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->content_type);
    if (answer->etag[0] != '\0') {
        snprintf(text, sizeof text, "\"%s\"", answer->etag);
        MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, text);
    }
    if (answer->filename != NULL) {
        snprintf(text, sizeof text, "attachment; filename=\"%s\"", answer->filename);
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_DISPOSITION, text);
    }
    if (answer->status == 405)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
}

static enum MHD_Result send_answer(struct MHD_Connection *connection,
                                   struct dbk_connection *tracked, struct dbk_http_response *answer)
{
    const char *known =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_IF_NONE_MATCH);
    if (answer->status == 200 && answer->etag[0] != '\0' && known != NULL &&
        strstr(known, answer->etag) != NULL) {
        discard(answer);
        answer->more = NULL;
        answer->status = 304;
    }
    struct MHD_Response *response = make_response(answer, tracked);
    if (response == NULL)
        return MHD_NO;
    add_headers(response, answer);
    if (answer->status == 400)
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    enum MHD_Result result = MHD_queue_response(connection, (unsigned)answer->status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *body,
                                  size_t *body_size, void **request_context)
{
    static int headers_seen;
    struct dbk_http *http = context;
    struct dbk_http_response answer = {.status = 200};
    struct dbk_http_request request = {.segment_count = 0};
    const char *reason;
    (void)body;
    struct dbk_connection *tracked =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    int refused = check(http, connection, method, version, &reason);
    /* The first call comes before a body would be read: refusing now closes the connection. */
    if (refused == 0 && *request_context == NULL) {
        *request_context = &headers_seen;
        return MHD_YES;
    }
    *body_size = 0;
    dbk_connection_extend(tracked);
    struct params params = {.request = &request};
    MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, take_param, &params);
    if (refused == 0 && (params.bad || !split_path(&request, url))) {
        refused = 400;
        reason = "the address is not well formed";
    }
    const char *language =
        MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Accept-Language");
    request.accept_language = language != NULL ? language : "";
    if (refused != 0)
        dbk_http_error(&answer, refused, reason);
    else
        http->handler(http->context, &request, &answer);
    return send_answer(connection, tracked, &answer);
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
    (void)context;
    (void)request_context;
    (void)code;
    dbk_connection_extend(
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
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG;
    if (address->ss_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    errno = 0;
    http->daemon = MHD_start_daemon(
        flags, (uint16_t)http->port, NULL, NULL, on_request, http, MHD_OPTION_SOCK_ADDR,
        (const struct sockaddr *)address, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)DBK_HTTP_THREADS,
        MHD_OPTION_CONNECTION_LIMIT, 1024U, MHD_OPTION_PER_IP_CONNECTION_LIMIT, 512U,
        MHD_OPTION_CONNECTION_TIMEOUT, 30U, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)32768,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, http, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, http, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_END);
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

int dbk_http_start(struct dbk_http **http, const char *listen, dbk_http_handler *handler,
                   void *context, struct dbk_err *err)
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    *http = NULL;
    struct dbk_http *started = calloc(1, sizeof *started);
    if (started == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    started->handler = handler;
    started->context = context;
    int code = parse_listen(started, listen, &address, err);
    if (code == 0)
        code = dbk_connections_open(&started->connections, err);
    if (code == 0)
        code = start_daemon(started, &address, err);
    if (code != 0) {
        dbk_http_stop(started);
        return code;
    }
    *http = started;
    return 0;
}

void dbk_http_stop(struct dbk_http *http)
{
    if (http == NULL)
        return;
    if (http->daemon != NULL)
        MHD_stop_daemon(http->daemon);
    dbk_connections_close(http->connections);
    free(http);
}

int dbk_http_port(const struct dbk_http *http)
{
    return http->port;
}
