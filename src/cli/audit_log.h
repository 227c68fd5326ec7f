/**
 * The audit's look at the log itself: its digests against those that the view, snapshots and a
 * receipt keep, and offsets that the broker did not deliver.
 *
 * The view's digests are walked beside the replay: memory is O(partitions).
 */
#ifndef DAYBOOK_AUDIT_LOG_H
#define DAYBOOK_AUDIT_LOG_H

#include "audit_report.h"

#include <daybook/view.h>
#include <daybook/view_cursor.h>

/** Who keeps copies of the log's digests. */
enum dbk_keeper { DBK_KEEPER_VIEW, DBK_KEEPER_SNAPSHOTS, DBK_KEEPER_RECEIPT, DBK_KEEPER_COUNT };

/** One partition. */
struct dbk_audit_chain {
    struct dbk_view_cursor *digests; /**< the view's, from where the replay began */
    bool broken[DBK_KEEPER_COUNT];   /**< its last digest differed: the next ones will, too */
    int64_t absent_first;            /**< the run of absent offsets that is going on; -1: none */
    int64_t absent_last;
};

struct dbk_audit_log {
    struct dbk_report *report;
    struct dbk_view *view;
    int32_t partition_count;
    struct dbk_audit_chain *chains;
    bool with_view; /**< the replay has not passed the view's checkpoints */
    bool accept_absent;
    int64_t absent_count;
};

DBK_MUST_CHECK int dbk_audit_log_open(struct dbk_audit_log *log, struct dbk_report *report,
                                      struct dbk_view *view, int32_t partition_count,
                                      struct dbk_err *err);
void dbk_audit_log_close(struct dbk_audit_log *log);

/** Compare the digests on the way and note what is absent. */
DBK_MUST_CHECK int dbk_audit_log_check(struct dbk_audit_log *log, const struct dbk_changes *changes,
                                       struct dbk_err *err);

/** The replay has reached the view's checkpoints: report the digests that the view has beyond. */
DBK_MUST_CHECK int dbk_audit_log_end_view(struct dbk_audit_log *log, const bool *chosen,
                                          const struct dbk_book *book, struct dbk_err *err);

/** Report the runs of absent offsets that reach the end. */
void dbk_audit_log_finish(struct dbk_audit_log *log);

/**
 * Compare the digest at one offset with what somebody kept of it. Of a run of digests that differ
 * only the first is reported: all links after a change differ with it.
 *
 * @param check  its name in the report.
 * @param first  the change is at or after this offset.
 * @return true where they are equal.
 */
bool dbk_audit_log_digest(struct dbk_audit_log *log, enum dbk_keeper keeper, const char *check,
                          int32_t partition, int64_t first, int64_t offset_next,
                          const struct dbk_digest *expected, const struct dbk_digest *stored);

#endif
