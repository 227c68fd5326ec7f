/**
 * How far the log is ahead of the view: a thread that asks for the watermarks every second.
 */
#ifndef DAYBOOK_LAG_H
#define DAYBOOK_LAG_H

#include "cli.h"

#include <daybook/query.h>

struct dbk_lag;

DBK_MUST_CHECK int dbk_lag_start(struct dbk_lag **lag, const struct dbk_config *config,
                                 struct dbk_err *err);
/** Takes NULL. */
void dbk_lag_stop(struct dbk_lag *lag);

struct dbk_behind {
    int64_t events;  /**< that the log has and the view has not; -1: the log was never reached */
    int64_t age_ms;  /**< how long the oldest of them has been in the log, as far as was seen */
    int64_t missing; /**< events of the view that the log has not; some, for a second, where the
                          view is newer than what was seen of the log */
};

/**
 * Compare a view, as far as its overview says it is, with the log; from any thread.
 *
 * @return true where the log answered lately.
 */
bool dbk_lag_get(struct dbk_lag *lag, const struct dbk_overview *overview,
                 struct dbk_behind *behind);

#endif
