/**
 * How far the log is ahead of the view: a thread that asks for the watermarks every second.
 */
#ifndef DAYBOOK_LAG_H
#define DAYBOOK_LAG_H

#include "cli.h"

struct dbk_lag;

DBK_MUST_CHECK int dbk_lag_start(struct dbk_lag **lag, const struct dbk_config *config,
                                 struct dbk_err *err);
/** Takes NULL. */
void dbk_lag_stop(struct dbk_lag *lag);

/**
 * What is known for a view that has applied so many events; from any thread.
 *
 * @param[out] events   events behind, -1 where the log was never reached.
 * @param[out] age_ms   how long the oldest of them has been in the log, as far as was seen.
 * @return true where the log answered lately.
 */
bool dbk_lag_get(struct dbk_lag *lag, int64_t applied, int64_t *events, int64_t *age_ms);

#endif
