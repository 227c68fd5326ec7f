/**
 * Single records of the log, for the pages of events: read with one handle, one at a time, and
 * never waited for long.
 */
#ifndef DAYBOOK_SERVE_LOG_H
#define DAYBOOK_SERVE_LOG_H

#include "page.h"

#include <daybook/config.h>

struct dbk_serve_log;

/** A record taken out of the log, and what its place in the chain says. */
struct dbk_found_record {
    enum dbk_record_state state;
    struct dbk_record record; /**< key and value stand in bytes; set unless it is unread */
    struct dbk_digest digest; /**< of the chain through it */
    char *bytes;              /**< to be freed */
};

/** Nothing is asked before the first record is wanted. */
DBK_MUST_CHECK int dbk_serve_log_open(struct dbk_serve_log **log, const struct dbk_config *config,
                                      struct dbk_err *err);
/** Takes NULL. */
void dbk_serve_log_close(struct dbk_serve_log *log);

/**
 * Read a record; what goes wrong leaves it unread.
 *
 * @param before  a stored digest at or before it.
 * @param after   the next one after it; NULL: there is none.
 */
void dbk_serve_log_read(struct dbk_serve_log *reader, int64_t partition, int64_t offset,
                        const struct dbk_anchor *before, const struct dbk_anchor *after,
                        struct dbk_found_record *found);

#endif
