/**
 * Deadlines for connections, and a limit that harms the idle ones only. Private to the shell.
 *
 * libmicrohttpd's own timeout is one of inactivity, so a client that sends a byte a second would
 * keep its connection for ever; and its limit refuses whoever comes last, so some hundred clients
 * that say nothing would keep everybody else out.
 */
#ifndef DAYBOOK_CONNECTIONS_H
#define DAYBOOK_CONNECTIONS_H

#include <daybook/err.h>

#include <stdbool.h>

struct dbk_connections;
struct dbk_connection;

/**
 * Starts the thread that watches.
 *
 * @param idle_limit  connections from which on a new one ends the oldest one without a request.
 * @param tick        called every second, on that thread.
 */
DBK_MUST_CHECK int dbk_connections_open(struct dbk_connections **connections, int idle_limit,
                                        void (*tick)(void *context), void *context,
                                        struct dbk_err *err);
/** Ends the thread. Takes NULL. */
void dbk_connections_stop(struct dbk_connections *connections);
/** After dbk_connections_stop, when all connections were removed. Takes NULL. */
void dbk_connections_close(struct dbk_connections *connections);

/** Wait until what was begun is answered, or for so long; then cut all and wait a moment until they
 * are closed. libmicrohttpd 0.9.75 reads a null pointer where it refuses a request while it stops
 * (MHD_queue_response says yes and has queued nothing): it must stop without connections. */
void dbk_connections_settle(struct dbk_connections *connections, int timeout_ms);

/** @return what the other functions take; NULL where memory ran out (then without deadline). */
struct dbk_connection *dbk_connections_add(struct dbk_connections *connections, int fd);
void dbk_connections_remove(struct dbk_connections *connections, struct dbk_connection *connection);

/** Something was achieved: a whole request, a piece of an answer. Takes NULL. */
void dbk_connection_extend(struct dbk_connection *connection);
/** @return true where its deadline has passed: nobody waits for an answer any more. Takes NULL. */
bool dbk_connection_is_late(const struct dbk_connection *connection);
/** A request is whole: the connection is busy until it is answered, and not idle. Takes NULL. */
void dbk_connection_begin(struct dbk_connection *connection);
void dbk_connection_end(struct dbk_connection *connection);

#endif
