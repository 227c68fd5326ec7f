/**
 * A small HTTP server for reading: GET and HEAD, nothing with a body, on loopback.
 *
 * It owns libmicrohttpd and the rules that hold for every request: methods, bodies, the Host
 * header, limits and deadlines, the headers of every answer. What is answered is the handler's.
 *
 * Lifetime: start, stop (takes NULL). The handler runs on the server's threads, at most
 * DBK_HTTP_THREADS at once.
 */
#ifndef DAYBOOK_HTTP_H
#define DAYBOOK_HTTP_H

#include <daybook/buffer.h>
#include <daybook/err.h>

#include <stdint.h>

#define DBK_HTTP_THREADS 2
#define DBK_HTTP_SEGMENTS 4
#define DBK_HTTP_PARAMS 8
#define DBK_HTTP_VALUE_SIZE 512

struct dbk_http_param {
    char name[32];
    char value[DBK_HTTP_VALUE_SIZE]; /**< decoded */
};

struct dbk_http_request {
    char segments[DBK_HTTP_SEGMENTS]
                 [DBK_HTTP_VALUE_SIZE]; /**< of the path, decoded after splitting */
    int segment_count;                  /**< 0: "/" */
    struct dbk_http_param params[DBK_HTTP_PARAMS];
    int param_count;
    const char *accept_language; /**< "" where the client has none */
};

/** Append the next piece of a long answer. @return 1 more to come, 0 the end, negative: failed. */
typedef int dbk_http_more(void *stream, struct dbk_buffer *piece);

struct dbk_http_response {
    int status;
    const char *content_type;
    char etag[96];        /**< "" for none; without quotes */
    const char *filename; /**< suggested to who saves it; NULL for none */
    struct dbk_buffer body;
    dbk_http_more *more; /**< not NULL: the answer comes in pieces, body is not used */
    void *stream;
    void (*close)(void *stream);
};

/** Answer one request. response is zero but for status 200. */
typedef void dbk_http_handler(void *context, const struct dbk_http_request *request,
                              struct dbk_http_response *response);

struct dbk_http;

/**
 * @param listen   "HOST:PORT"; HOST is 127.0.0.1, localhost or [::1]; port 0 takes a free one.
 * @return 0, or DBK_EUSAGE (an address that is not loopback, or taken).
 */
DBK_MUST_CHECK int dbk_http_start(struct dbk_http **http, const char *listen,
                                  dbk_http_handler *handler, void *context, struct dbk_err *err);
void dbk_http_stop(struct dbk_http *http);

/** @return the port it listens on. */
int dbk_http_port(const struct dbk_http *http);

/** @return the value of a parameter, or NULL. */
const char *dbk_http_param(const struct dbk_http_request *request, const char *name);

/** Fill in the one shape that errors have: `{"error":{"status":404,"message":"..."}}`. */
void dbk_http_error(struct dbk_http_response *response, int status, const char *message);

#endif
