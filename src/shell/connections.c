#include "connections.h"

#include <daybook/clock.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

/** How long a client may take for a whole request, or for a piece of an answer. */
#define DEADLINE_MS 20000

/** How long a stop waits for the library to close what was cut. */
#define CLOSE_MS 250

struct dbk_connection {
    struct dbk_connection *next;
    struct dbk_connection *previous;
    _Atomic int64_t deadline_ms;
    atomic_bool busy;
    bool cut;
    int fd;
};

struct dbk_connections {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t ended_changed;
    bool ended;
    struct dbk_connection *first; /* the newest */
    struct dbk_connection *last;
    int count;
    int idle_limit;
    void (*tick)(void *context);
    void *context;
};

/** Shutting a socket down lets the server notice; the mutex keeps the number from being reused. */
static void cut(struct dbk_connection *connection)
{
    connection->cut = true;
    shutdown(connection->fd, SHUT_RDWR);
}

static void cut_late_ones(struct dbk_connections *connections)
{
    int64_t now_ms = dbk_clock_monotonic_ms();
    for (struct dbk_connection *c = connections->first; c != NULL; c = c->next)
        if (c->deadline_ms < now_ms)
            cut(c);
}

static void cut_oldest_idle_one(struct dbk_connections *connections)
{
    struct dbk_connection *c = connections->last;
    while (c != NULL && (c->busy || c->cut))
        c = c->previous;
    if (c != NULL)
        cut(c);
}

static void *watch(void *argument)
{
    struct dbk_connections *connections = argument;
    pthread_mutex_lock(&connections->mutex);
    while (!connections->ended) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec++;
        pthread_cond_timedwait(&connections->ended_changed, &connections->mutex, &until);
        if (connections->ended)
            break;
        cut_late_ones(connections);
        pthread_mutex_unlock(&connections->mutex);
        connections->tick(connections->context);
        pthread_mutex_lock(&connections->mutex);
    }
    pthread_mutex_unlock(&connections->mutex);
    return NULL;
}

int dbk_connections_open(struct dbk_connections **connections, int idle_limit,
                         void (*tick)(void *context), void *context, struct dbk_err *err)
{
    *connections = NULL;
    struct dbk_connections *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    opened->idle_limit = idle_limit;
    opened->tick = tick;
    opened->context = context;
    pthread_mutex_init(&opened->mutex, NULL);
    pthread_cond_init(&opened->ended_changed, NULL);
    if (pthread_create(&opened->thread, NULL, watch, opened) != 0) {
        free(opened);
        return dbk_err_set(err, DBK_ENOMEM, "no further thread can be started.");
    }
    *connections = opened;
    return 0;
}

void dbk_connections_stop(struct dbk_connections *connections)
{
    if (connections == NULL)
        return;
    pthread_mutex_lock(&connections->mutex);
    connections->ended = true;
    pthread_cond_signal(&connections->ended_changed);
    pthread_mutex_unlock(&connections->mutex);
    pthread_join(connections->thread, NULL);
}

void dbk_connections_close(struct dbk_connections *connections)
{
    if (connections == NULL)
        return;
    pthread_cond_destroy(&connections->ended_changed);
    pthread_mutex_destroy(&connections->mutex);
    free(connections);
}

static bool any_busy(struct dbk_connections *connections)
{
    pthread_mutex_lock(&connections->mutex);
    struct dbk_connection *c = connections->first;
    while (c != NULL && (!c->busy || c->cut))
        c = c->next;
    pthread_mutex_unlock(&connections->mutex);
    return c != NULL;
}

/** @return true while some connection is not closed yet. */
static bool cut_all(struct dbk_connections *connections)
{
    pthread_mutex_lock(&connections->mutex);
    bool any = connections->first != NULL;
    for (struct dbk_connection *c = connections->first; c != NULL; c = c->next)
        if (!c->cut)
            cut(c);
    pthread_mutex_unlock(&connections->mutex);
    return any;
}

void dbk_connections_settle(struct dbk_connections *connections, int timeout_ms)
{
    int64_t end_ms = dbk_clock_monotonic_ms() + timeout_ms;
    while (any_busy(connections) && dbk_clock_monotonic_ms() < end_ms)
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    end_ms = dbk_clock_monotonic_ms() + CLOSE_MS;
    while (cut_all(connections) && dbk_clock_monotonic_ms() < end_ms)
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
}

struct dbk_connection *dbk_connections_add(struct dbk_connections *connections, int fd)
{
    struct dbk_connection *added = calloc(1, sizeof *added);
    if (added == NULL)
        return NULL;
    added->fd = fd;
    dbk_connection_extend(added);
    pthread_mutex_lock(&connections->mutex);
    added->next = connections->first;
    if (added->next != NULL)
        added->next->previous = added;
    else
        connections->last = added;
    connections->first = added;
    if (++connections->count > connections->idle_limit)
        cut_oldest_idle_one(connections);
    pthread_mutex_unlock(&connections->mutex);
    return added;
}

void dbk_connections_remove(struct dbk_connections *connections, struct dbk_connection *connection)
{
    if (connection == NULL)
        return;
    pthread_mutex_lock(&connections->mutex);
    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        connections->first = connection->next;
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    else
        connections->last = connection->previous;
    connections->count--;
    pthread_mutex_unlock(&connections->mutex);
    free(connection);
}

void dbk_connection_extend(struct dbk_connection *connection)
{
    if (connection != NULL)
        connection->deadline_ms = dbk_clock_monotonic_ms() + DEADLINE_MS;
}

bool dbk_connection_is_late(const struct dbk_connection *connection)
{
    return connection != NULL && connection->deadline_ms < dbk_clock_monotonic_ms();
}

void dbk_connection_begin(struct dbk_connection *connection)
{
    dbk_connection_extend(connection);
    if (connection != NULL)
        connection->busy = true;
}

void dbk_connection_end(struct dbk_connection *connection)
{
    dbk_connection_extend(connection);
    if (connection != NULL)
        connection->busy = false;
}
