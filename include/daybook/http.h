/**
 * An HTTP server for reading: GET and HEAD, nothing with a body.
 *
 * It owns libmicrohttpd and the rules that hold for every request: methods, bodies, the Host
 * header, limits and deadlines, compression, the headers of every answer. What is answered is the
 * service's.
 *
 * Threads: DBK_HTTP_LOOPS event loops, which never wait for anything but the network; answers that
 * read the database are made by workers, some for those that take milliseconds and some for those
 * that may take seconds, so that the slow ones hold up only each other.
 *
 * Lifetime: start, stop (takes NULL).
 */
#ifndef DAYBOOK_HTTP_H
#define DAYBOOK_HTTP_H

#include <daybook/buffer.h>
#include <daybook/err.h>

#include <stdbool.h>
#include <stdint.h>

#define DBK_HTTP_LOOPS 2
#define DBK_HTTP_QUICK_WORKERS 4
#define DBK_HTTP_SLOW_WORKERS 4
#define DBK_HTTP_SEGMENTS 4
#define DBK_HTTP_PARAMS 16
#define DBK_HTTP_VALUE_SIZE 512
#define DBK_HTTP_CHANNELS 4
/** Event streams open at once. */
#define DBK_HTTP_STREAMS_MAX 1000

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
    const char *if_none_match;   /**< "" where the client has none */
    bool accepts_gzip;
};

/** Bytes that stay where they are while the program runs. */
struct dbk_http_constant {
    const char *bytes;
    size_t length;
    const char *gzip; /**< the same, compressed */
    size_t gzip_length;
};

/** Append the next piece of a long answer. @return 1 more to come, 0 the end, negative: failed. */
typedef int dbk_http_more(void *stream, struct dbk_buffer *piece);

struct dbk_http_response {
    int status;
    const char *content_type;
    char etag[192];       /**< "" for none; without quotes */
    const char *filename; /**< suggested to who saves it; NULL for none */
    struct dbk_buffer body;
    struct dbk_http_constant constant; /**< bytes not NULL: this instead of body */
    dbk_http_more *more; /**< not NULL: the answer comes in pieces, body is not used */
    void *stream;        /**< of more, which is called by one thread at a time */
    void (*close)(void *stream);
    bool gzip;         /**< the body is compressed; the server's own business */
    unsigned channels; /**< not 0: a stream of server-sent events, bits 1 << channel */
};

/** Who may be kept waiting by an answer. */
enum dbk_http_work {
    DBK_HTTP_AT_ONCE, /**< nobody: from memory, microseconds */
    DBK_HTTP_QUICK,   /**< other quick ones: some short reads of the database */
    DBK_HTTP_SLOW,    /**< other slow ones: long reads, downloads */
};

struct dbk_http_service {
    void *context;
    /** May everybody see this, even where others must log in? */
    bool (*is_open)(const struct dbk_http_request *request);
    enum dbk_http_work (*classify)(void *context, const struct dbk_http_request *request);
    /** Answer one request; from several threads at once. response is zero but for status 200. */
    void (*answer)(void *context, const struct dbk_http_request *request,
                   struct dbk_http_response *response);
    /**
     * Put a page for people in the place of an error that dbk_http_error made, before there was a
     * request to answer; where the client asks for one. At once, from any thread.
     */
    void (*explain)(void *context, const char *accept_language, struct dbk_http_response *response);
};

/** Who may reach the server; texts must outlive it. */
struct dbk_http_options {
    const char *listen;     /**< "HOST:PORT"; HOST an address, or localhost; port 0: a free one */
    const char *host_names; /**< "NAME,NAME": names it answers to beside its own; or NULL */
    const char *htpasswd;   /**< file of users who may log in; NULL: nobody need */
    const char *tls_cert;   /**< files in PEM format, both or none */
    const char *tls_key;
    bool behind_proxy; /**< a proxy in front encrypts, and all clients have its address */
};

struct dbk_http;

/**
 * @return 0, or DBK_EUSAGE: an address that is taken, files that cannot be used, or an address
 *         beyond this machine without log-in or encryption.
 */
DBK_MUST_CHECK int dbk_http_start(struct dbk_http **http, const struct dbk_http_options *options,
                                  const struct dbk_http_service *service, struct dbk_err *err);
void dbk_http_stop(struct dbk_http *http);

/** Write the address it is reached at, "http://127.0.0.1:8501". */
void dbk_http_url(const struct dbk_http *http, char *url, size_t size);

/**
 * Set what a channel last said: every stream on it is sent that, and every new stream as its
 * first. A stream whose client is slow gets the newest only. From any thread.
 *
 * @param message  "event: NAME\ndata: ...\n\n"; it is copied. NULL: nothing yet.
 */
void dbk_http_publish(struct dbk_http *http, int channel, const char *message, size_t length);

/** @return requests answered with that status since the start; 100 to 599. */
int64_t dbk_http_answered(const struct dbk_http *http, int status);

/** @return streams that are open now. */
int dbk_http_stream_count(struct dbk_http *http);

/**
 * Does the client have this answer already, by the response's etag? Then it is answered so, and
 * the body need not be made. @return true where it does.
 */
bool dbk_http_is_known(const struct dbk_http_request *request, struct dbk_http_response *response);

/** @return the value of a parameter, or NULL. */
const char *dbk_http_param(const struct dbk_http_request *request, const char *name);

/** Fill in the one shape that errors have: `{"error":{"status":404,"message":"..."}}`. */
void dbk_http_error(struct dbk_http_response *response, int status, const char *message);

#endif
