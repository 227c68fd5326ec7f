/**
 * The audit's look at the log itself: its digests against those that the view and a receipt keep,
 * and offsets that the broker did not deliver.
 */
#ifndef DAYBOOK_AUDIT_LOG_H
#define DAYBOOK_AUDIT_LOG_H

#include "audit_report.h"

#include <daybook/receipt.h>
#include <daybook/view_cursor.h>

/** The digest every DBK_DIGEST_INTERVAL offsets as the view has it, for one partition. */
struct dbk_audit_points {
    struct dbk_digest *digests;
    bool *known;
    int64_t count;
    bool broken;          /**< a digest has differed: all later ones do */
    int64_t absent_first; /**< the run of absent offsets that is going on; -1: none */
    int64_t absent_last;
};

struct dbk_audit_log {
    struct dbk_report *report;
    int32_t partition_count;
    struct dbk_audit_points *points;
    bool accept_absent;
    int64_t absent_count;
};

DBK_MUST_CHECK int dbk_audit_log_open(struct dbk_audit_log *log, struct dbk_report *report,
                                      struct dbk_view *view,
                                      const struct dbk_checkpoint *checkpoints, const bool *chosen,
                                      struct dbk_err *err);
void dbk_audit_log_close(struct dbk_audit_log *log);

/** Compare the digests on the way and note what is absent. */
void dbk_audit_log_check(struct dbk_audit_log *log, const struct dbk_changes *changes);

/** Report the runs of absent offsets that reach the end. */
void dbk_audit_log_finish(struct dbk_audit_log *log);

/**
 * Compare the digest at one offset with what somebody kept of it.
 *
 * @param check        "checkpoint", "receipt", "snapshot".
 * @param first        the change is at or after this offset.
 * @return true where they are equal, or the partition was found to be broken before.
 */
bool dbk_audit_log_digest(struct dbk_audit_log *log, const char *check, int32_t partition,
                          int64_t first, int64_t offset_next, const struct dbk_digest *expected,
                          const struct dbk_digest *stored);

#endif
