/**
 * Rebuilding the view from offset 0: reading and folding on one thread, SQLite on another.
 */
#ifndef DAYBOOK_REBUILD_LOOP_H
#define DAYBOOK_REBUILD_LOOP_H

#include "follow.h"

/** Rebuild and swap. dbk_stop_requested ends it with DBK_ESTOPPED, the current view untouched. */
DBK_MUST_CHECK int dbk_rebuild_run(const struct dbk_config *config,
                                   struct dbk_follow_result *result, struct dbk_err *err);

#endif
