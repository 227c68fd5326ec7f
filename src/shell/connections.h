/**
 * Deadlines for connections: libmicrohttpd's own timeout is one of inactivity, so a client that
 * sends a byte a second would keep its connection for ever. Private to the shell.
 */
#ifndef DAYBOOK_CONNECTIONS_H
#define DAYBOOK_CONNECTIONS_H

#include <daybook/err.h>

struct dbk_connections;
struct dbk_connection;

/** Starts the thread that watches. */
DBK_MUST_CHECK int dbk_connections_open(struct dbk_connections **connections, struct dbk_err *err);
/** Takes NULL. All connections must have been removed. */
void dbk_connections_close(struct dbk_connections *connections);

/** @return what the other functions take; NULL where memory ran out (then without deadline). */
struct dbk_connection *dbk_connections_add(struct dbk_connections *connections, int fd);
void dbk_connections_remove(struct dbk_connections *connections, struct dbk_connection *connection);

/** Something was achieved: a whole request, a piece of an answer. Takes NULL. */
void dbk_connection_extend(struct dbk_connection *connection);

#endif
