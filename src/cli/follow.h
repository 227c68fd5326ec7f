/**
 * The projector: from the view's checkpoint to the log's end, or on and on.
 */
#ifndef DAYBOOK_FOLLOW_H
#define DAYBOOK_FOLLOW_H

#include "cli.h"

#include <daybook/view.h>

struct dbk_follow_result {
    int64_t applied;   /**< events applied by this call */
    int64_t rejected;  /**< of these, not posted */
    int64_t misrouted; /**< of these, on a partition that is not their account's */
    int64_t elapsed_ms;
};

/**
 * Apply events to the database's view.
 *
 * Takes the follower's lock. Rows and checkpoints are committed together; dbk_stop_requested ends
 * it after a commit. While following, a broker that does not answer, also at the start, and a
 * database that cannot be written are waited for.
 *
 * @param follow          false: return at the watermarks captured at the start.
 * @param snapshot_every  how often to publish snapshots, as dbk_publisher_parse reads it; NULL:
 *                        never. Their failure is warned about and never stops the projector.
 */
DBK_MUST_CHECK int dbk_follow(const struct dbk_config *config, bool follow,
                              const char *snapshot_every, struct dbk_follow_result *result,
                              struct dbk_err *err);

/** The help of --snapshot-every, for the commands that follow. */
#define DBK_SNAPSHOT_EVERY_HELP "publish snapshots every so many events, or seconds (60s)"

/** Add what some records did to a result. */
void dbk_follow_count(struct dbk_follow_result *result, const struct dbk_changes *changes);

#endif
