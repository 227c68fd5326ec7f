/* Server-sent events: channels with their last message, and the streams that follow them. */

#include "http_internal.h"

#include <daybook/clock.h>

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/** A stream that says nothing for so long says so: proxies keep it, a client that left shows. */
#define QUIET_MS 15000
/** Of the library's buffer for a stream, and of the kernel's: messages are short. */
#define BLOCK_SIZE 1024
#define SEND_BUFFER 16384

/** Shared by all streams that still send it. */
struct message {
    atomic_int users;
    size_t length;
    char bytes[];
};

struct stream {
    struct stream *next;
    struct stream *previous;
    struct dbk_events *events;
    struct MHD_Connection *connection;
    struct dbk_connection *tracked;
    int fd;
    unsigned channels;
    uint32_t seen[DBK_HTTP_CHANNELS]; /* versions */
    struct message *message;          /* being sent; NULL: none */
    size_t sent;
    int64_t spoke_ms;
    bool suspended;
    bool ended;
};

struct dbk_events {
    pthread_mutex_t mutex; /* guards all below, and all streams */
    struct message *messages[DBK_HTTP_CHANNELS];
    uint32_t versions[DBK_HTTP_CHANNELS];
    struct message *comment;
    struct stream *first;
    int count;
    bool ended;
};

static struct message *make_message(const char *bytes, size_t length)
{
    struct message *message = malloc(sizeof *message + length);
    if (message != NULL) {
        atomic_init(&message->users, 1);
        message->length = length;
        memcpy(message->bytes, bytes, length);
    }
    return message;
}

static void drop(struct message *message)
{
    if (message != NULL && atomic_fetch_sub(&message->users, 1) == 1)
        free(message);
}

static void begin_message(struct stream *stream, struct message *message)
{
    atomic_fetch_add(&message->users, 1);
    stream->message = message;
    stream->sent = 0;
    stream->spoke_ms = dbk_clock_monotonic_ms();
}

/** Go on to a message that this stream has not sent yet. */
static void next_message(struct stream *stream)
{
    struct dbk_events *events = stream->events;
    drop(stream->message);
    stream->message = NULL;
    for (int i = 0; i < DBK_HTTP_CHANNELS && stream->message == NULL; i++)
        if ((stream->channels >> i & 1) != 0 && events->messages[i] != NULL &&
            stream->seen[i] != events->versions[i]) {
            stream->seen[i] = events->versions[i];
            begin_message(stream, events->messages[i]);
        }
}

static ssize_t read_stream(void *context, uint64_t position, char *out, size_t size)
{
    struct stream *stream = context;
    struct dbk_events *events = stream->events;
    ssize_t result = 0;
    (void)position;
    pthread_mutex_lock(&events->mutex);
    if (stream->message == NULL || stream->sent == stream->message->length)
        next_message(stream);
    if (events->ended || stream->ended) {
        result = MHD_CONTENT_READER_END_OF_STREAM;
    } else if (stream->message != NULL) {
        size_t left = stream->message->length - stream->sent;
        size_t count = left < size ? left : size;
        memcpy(out, stream->message->bytes + stream->sent, count);
        stream->sent += count;
        result = (ssize_t)count;
        dbk_connection_extend(stream->tracked);
    } else {
        stream->suspended = true;
        dbk_mhd.suspend_connection(stream->connection);
    }
    pthread_mutex_unlock(&events->mutex);
    return result;
}

static void resume(struct stream *stream)
{
    if (!stream->suspended)
        return;
    stream->suspended = false;
    dbk_mhd.resume_connection(stream->connection);
}

static void close_stream(void *context)
{
    struct stream *stream = context;
    struct dbk_events *events = stream->events;
    pthread_mutex_lock(&events->mutex);
    if (stream->previous != NULL)
        stream->previous->next = stream->next;
    else
        events->first = stream->next;
    if (stream->next != NULL)
        stream->next->previous = stream->previous;
    events->count--;
    pthread_mutex_unlock(&events->mutex);
    drop(stream->message);
    free(stream);
}

struct MHD_Response *dbk_events_stream(struct dbk_events *events, unsigned channels,
                                       struct MHD_Connection *connection,
                                       struct dbk_connection *tracked)
{
    int send_buffer = SEND_BUFFER;
    struct stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL)
        return NULL;
    stream->events = events;
    stream->channels = channels;
    stream->connection = connection;
    stream->tracked = tracked;
    stream->spoke_ms = dbk_clock_monotonic_ms();
    stream->fd =
        dbk_mhd.get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    pthread_mutex_lock(&events->mutex);
    bool full = events->ended || events->count == DBK_HTTP_STREAMS_MAX;
    if (!full) {
        stream->next = events->first;
        if (stream->next != NULL)
            stream->next->previous = stream;
        events->first = stream;
        events->count++;
    }
    pthread_mutex_unlock(&events->mutex);
    if (full) {
        free(stream);
        return NULL;
    }
    /* A failure costs memory only. */
    (void)setsockopt(stream->fd, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer);
    struct MHD_Response *response = dbk_mhd.create_response_from_callback(
        MHD_SIZE_UNKNOWN, BLOCK_SIZE, read_stream, stream, close_stream);
    if (response == NULL)
        close_stream(stream);
    return response;
}

/** Whose client has closed its end? A suspended connection is not looked at by the library. */
static void end_abandoned(struct dbk_events *events)
{
    for (struct stream *stream = events->first; stream != NULL; stream = stream->next) {
        struct pollfd state = {.fd = stream->fd, .events = POLLRDHUP};
        if (!stream->suspended || poll(&state, 1, 0) <= 0)
            continue;
        stream->ended = true;
        resume(stream);
    }
}

void dbk_events_tick(struct dbk_events *events)
{
    int64_t now_ms = dbk_clock_monotonic_ms();
    pthread_mutex_lock(&events->mutex);
    end_abandoned(events);
    for (struct stream *stream = events->first; stream != NULL; stream = stream->next)
        if (stream->suspended && now_ms - stream->spoke_ms >= QUIET_MS) {
            begin_message(stream, events->comment);
            resume(stream);
        }
    pthread_mutex_unlock(&events->mutex);
}

void dbk_events_publish(struct dbk_events *events, int channel, const char *text, size_t length)
{
    struct message *message = text != NULL ? make_message(text, length) : NULL;
    pthread_mutex_lock(&events->mutex);
    struct message *before = events->messages[channel];
    events->messages[channel] = message;
    events->versions[channel]++;
    for (struct stream *stream = events->first; stream != NULL; stream = stream->next)
        if (message != NULL && (stream->channels >> channel & 1) != 0)
            resume(stream);
    pthread_mutex_unlock(&events->mutex);
    drop(before);
}

int dbk_events_count(struct dbk_events *events)
{
    pthread_mutex_lock(&events->mutex);
    int count = events->count;
    pthread_mutex_unlock(&events->mutex);
    return count;
}

int dbk_events_open(struct dbk_events **events, struct dbk_err *err)
{
    static const char comment[] = ":\n\n";
    *events = calloc(1, sizeof **events);
    if (*events == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    pthread_mutex_init(&(*events)->mutex, NULL);
    (*events)->comment = make_message(comment, sizeof comment - 1);
    if ((*events)->comment == NULL) {
        dbk_events_close(*events);
        *events = NULL;
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    }
    return 0;
}

void dbk_events_stop(struct dbk_events *events)
{
    if (events == NULL)
        return;
    pthread_mutex_lock(&events->mutex);
    events->ended = true;
    for (struct stream *stream = events->first; stream != NULL; stream = stream->next)
        resume(stream);
    pthread_mutex_unlock(&events->mutex);
}

void dbk_events_close(struct dbk_events *events)
{
    if (events == NULL)
        return;
    DBK_ASSERT(events->first == NULL);
    for (int i = 0; i < DBK_HTTP_CHANNELS; i++)
        drop(events->messages[i]);
    drop(events->comment);
    pthread_mutex_destroy(&events->mutex);
    free(events);
}
