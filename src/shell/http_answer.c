/* Answers: their headers, and those that come in pieces. */

#include "gzip.h"
#include "http_internal.h"

#include <daybook/clock.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE 65536
/** A piece that is short is sent after so long: who waits sees that it goes on, and others have
 * their turn with the worker. */
#define PIECE_MS 200
/** Answers below fit into a packet or two as they are. */
#define GZIP_FROM 1400

/* --- downloads: a worker makes the next piece while the event loop sends the one before --- */

enum making { MAKING_NOTHING, MAKING, MADE };

struct download {
    struct dbk_job job;
    struct dbk_http *http;
    struct MHD_Connection *connection;
    struct dbk_connection *tracked;
    struct dbk_http_response response;
    struct dbk_gzip *gzip;   /* the worker's; NULL: as it is */
    struct dbk_buffer plain; /* the worker's: what is to be compressed */
    struct dbk_buffer piece; /* being sent; the event loop's */
    size_t sent;
    pthread_mutex_t mutex; /* guards all below */
    enum making making;
    struct dbk_buffer next; /* the worker's while MAKING */
    int more;               /* what the source said last */
    bool suspended;
    bool abandoned; /* the connection is gone: whoever works on it clears it away */
};

static void clear_download(struct download *download)
{
    if (download->response.close != NULL)
        download->response.close(download->response.stream);
    dbk_gzip_close(download->gzip);
    dbk_buffer_clear(&download->plain);
    dbk_buffer_clear(&download->piece);
    dbk_buffer_clear(&download->next);
    pthread_mutex_destroy(&download->mutex);
    free(download);
}

/** @return as dbk_http_more. */
static int fill(struct download *download)
{
    struct dbk_buffer *to = download->gzip != NULL ? &download->plain : &download->next;
    int64_t end_ms = dbk_clock_monotonic_ms() + PIECE_MS;
    int more = 1;
    download->next.length = 0;
    while (more > 0 && download->next.length < BLOCK_SIZE && !download->next.failed) {
        if (to == &download->plain)
            to->length = 0;
        more = download->response.more(download->response.stream, to);
        if (to->failed)
            return -1;
        if (to == &download->plain)
            dbk_gzip_add(download->gzip, to->bytes, to->length, more == 0, &download->next);
        if (dbk_clock_monotonic_ms() >= end_ms)
            break;
    }
    return download->next.failed ? -1 : more;
}

static void make_piece(struct dbk_job *job, bool cancelled)
{
    struct download *download = (struct download *)job;
    int more = cancelled ? -1 : fill(download);
    pthread_mutex_lock(&download->mutex);
    download->more = more;
    download->making = MADE;
    bool abandoned = download->abandoned;
    if (download->suspended)
        dbk_mhd.resume_connection(download->connection);
    download->suspended = false;
    pthread_mutex_unlock(&download->mutex);
    if (abandoned)
        clear_download(download);
}

/** Ask for the next piece; with the mutex held. */
static void order_piece(struct download *download)
{
    download->making = MAKING;
    if (!dbk_workers_submit(download->http->slow, &download->job)) {
        download->more = -1;
        download->making = MADE;
    }
}

/** Take the piece that was made, if one was; with the mutex held. */
static bool take_piece(struct download *download)
{
    if (download->making != MADE)
        return false;
    struct dbk_buffer emptied = download->piece;
    download->piece = download->next;
    download->next = emptied;
    download->sent = 0;
    download->making = MAKING_NOTHING;
    if (download->more > 0)
        order_piece(download);
    return true;
}

static ssize_t read_download(void *context, uint64_t position, char *out, size_t size)
{
    struct download *download = context;
    (void)position;
    dbk_connection_extend(download->tracked);
    while (download->sent == download->piece.length) {
        pthread_mutex_lock(&download->mutex);
        bool ended = download->making == MAKING_NOTHING && download->more <= 0;
        /* A download that failed is cut off: who reads must notice. */
        ssize_t end = download->more < 0 ? MHD_CONTENT_READER_END_WITH_ERROR
                                         : MHD_CONTENT_READER_END_OF_STREAM;
        bool taken = !ended && take_piece(download);
        if (!ended && !taken) {
            if (download->making == MAKING_NOTHING)
                order_piece(download);
            download->suspended = true;
            dbk_mhd.suspend_connection(download->connection);
        }
        pthread_mutex_unlock(&download->mutex);
        if (ended)
            return end;
        if (!taken)
            return 0;
    }
    size_t left = download->piece.length - download->sent;
    size_t count = left < size ? left : size;
    memcpy(out, download->piece.bytes + download->sent, count);
    download->sent += count;
    return (ssize_t)count;
}

static void close_download(void *context)
{
    struct download *download = context;
    pthread_mutex_lock(&download->mutex);
    bool working = download->making == MAKING;
    download->abandoned = true;
    pthread_mutex_unlock(&download->mutex);
    if (!working)
        clear_download(download);
}

static struct MHD_Response *begin_download(struct dbk_exchange *exchange)
{
    struct MHD_Response *response = NULL;
    struct download *download = calloc(1, sizeof *download);
    if (download == NULL)
        return NULL;
    *download = (struct download){.job = {.run = make_piece},
                                  .http = exchange->http,
                                  .connection = exchange->connection,
                                  .tracked = exchange->tracked,
                                  .response = exchange->response,
                                  .gzip = exchange->response.gzip ? dbk_gzip_open() : NULL,
                                  .more = 1};
    exchange->response.gzip = download->gzip != NULL;
    exchange->response.more = NULL;
    pthread_mutex_init(&download->mutex, NULL);
    response = dbk_mhd.create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_SIZE, read_download,
                                                     download, close_download);
    if (response == NULL)
        clear_download(download);
    return response;
}

/* --- all answers --- */

void dbk_http_discard(struct dbk_http_response *answer)
{
    if (answer->more != NULL && answer->close != NULL)
        answer->close(answer->stream);
    answer->more = NULL;
    answer->channels = 0;
    answer->constant.bytes = NULL;
    dbk_buffer_clear(&answer->body);
}

static bool is_text(const char *content_type)
{
    return content_type != NULL && (strncmp(content_type, "text/", 5) == 0 ||
                                    strncmp(content_type, "application/json", 16) == 0 ||
                                    strncmp(content_type, "application/problem+json", 24) == 0 ||
                                    strncmp(content_type, "image/svg+xml", 13) == 0);
}

/** Where memory runs out, it is sent as it is. */
static void compress_body(struct dbk_http_response *answer)
{
    struct dbk_buffer compressed = {.bytes = NULL};
    struct dbk_gzip *gzip = dbk_gzip_open();
    if (gzip != NULL)
        dbk_gzip_add(gzip, answer->body.bytes, answer->body.length, true, &compressed);
    dbk_gzip_close(gzip);
    answer->gzip = gzip != NULL && !compressed.failed;
    if (answer->gzip) {
        dbk_buffer_clear(&answer->body);
        answer->body = compressed;
    } else {
        dbk_buffer_clear(&compressed);
    }
}

void dbk_http_finish(struct dbk_exchange *exchange)
{
    struct dbk_http_response *answer = &exchange->response;
    if (dbk_http_is_known(&exchange->request, answer)) {
        dbk_http_discard(answer);
        return;
    }
    if (!exchange->request.accepts_gzip || !is_text(answer->content_type) || answer->channels != 0)
        return;
    if (answer->more != NULL || answer->constant.gzip_length > GZIP_FROM)
        answer->gzip = true;
    else if (answer->body.length > GZIP_FROM && !answer->body.failed)
        compress_body(answer);
}

/** The body becomes the library's, without a copy. */
static struct MHD_Response *give_body(struct dbk_http_response *answer)
{
    struct dbk_buffer *body = &answer->body;
    const struct dbk_http_constant *constant = &answer->constant;
    struct MHD_Response *response = NULL;
    /* The library does not write to what is persistent; its type is older than const. */
    if (constant->bytes != NULL)
        return dbk_mhd.create_response_from_buffer(
            answer->gzip ? constant->gzip_length : constant->length,
            (void *)(uintptr_t)(answer->gzip ? constant->gzip : constant->bytes),
            MHD_RESPMEM_PERSISTENT);
    if (!body->failed && body->length > 0)
        response =
            dbk_mhd.create_response_from_buffer(body->length, body->bytes, MHD_RESPMEM_MUST_FREE);
    else if (!body->failed)
        response = dbk_mhd.create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (response != NULL && body->length > 0)
        *body = (struct dbk_buffer){.bytes = NULL};
    dbk_buffer_clear(body);
    return response;
}

/** Takes over the answer's body or stream. @return NULL where memory ran out. */
static struct MHD_Response *make_response(struct dbk_exchange *exchange)
{
    struct dbk_http_response *answer = &exchange->response;
    if (answer->channels != 0) {
        struct MHD_Response *stream = dbk_events_stream(exchange->http->events, answer->channels,
                                                        exchange->connection, exchange->tracked);
        if (stream != NULL)
            return stream;
        answer->channels = 0;
        dbk_http_error(answer, 503, "too many pages are live already; try again later");
    }
    if (answer->more != NULL)
        return begin_download(exchange);
    return give_body(answer);
}

static void add_validators(struct MHD_Response *response, const struct dbk_http_response *answer)
{
    char text[208];
    /* A stream is never kept; a page may be, by its reader, who asks each time if it still holds.
     */
    dbk_mhd.add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL,
                                answer->channels != 0            ? "no-store"
                                : answer->constant.bytes != NULL ? "no-cache"
                                                                 : "private, no-cache");
    dbk_mhd.add_response_header(response, MHD_HTTP_HEADER_VARY, "Accept-Encoding, Accept-Language");
    if (answer->etag[0] == '\0')
        return;
    snprintf(text, sizeof text, "\"%s%s\"", answer->etag, answer->gzip ? DBK_HTTP_GZIP_ENDING : "");
    dbk_mhd.add_response_header(response, MHD_HTTP_HEADER_ETAG, text);
}

static void add_headers(struct MHD_Response *response, const struct dbk_http_response *answer,
                        bool tls)
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
        {"Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
    };
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
        dbk_mhd.add_response_header(response, always[i][0], always[i][1]);
    if (tls)
        dbk_mhd.add_response_header(response, "Strict-Transport-Security", "max-age=31536000");
    if (answer->content_type != NULL)
        dbk_mhd.add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->content_type);
    if (answer->gzip && answer->status != 304)
        dbk_mhd.add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
    if (answer->channels != 0) /* proxies that collect answers before they pass them on */
        dbk_mhd.add_response_header(response, "X-Accel-Buffering", "no");
    if (answer->filename != NULL) {
        snprintf(text, sizeof text, "attachment; filename=\"%s\"", answer->filename);
        dbk_mhd.add_response_header(response, MHD_HTTP_HEADER_CONTENT_DISPOSITION, text);
    }
    if (answer->status == 400)
        dbk_mhd.add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    if (answer->status == 401)
        dbk_mhd.add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE,
                                    "Basic realm=\"daybook\", charset=\"UTF-8\"");
    if (answer->status == 405)
        dbk_mhd.add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    if (answer->status == 503 || answer->status == 429)
        dbk_mhd.add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "5");
}

enum MHD_Result dbk_http_send(struct dbk_exchange *exchange)
{
    struct dbk_http_response *answer = &exchange->response;
    struct MHD_Response *response = make_response(exchange);
    if (response == NULL)
        return MHD_NO;
    add_validators(response, answer);
    add_headers(response, answer, exchange->http->tls);
    enum MHD_Result result =
        dbk_mhd.queue_response(exchange->connection, (unsigned)answer->status, response);
    dbk_mhd.destroy_response(response);
    exchange->http->answered[answer->status]++;
    exchange->sent = true;
    return result;
}
