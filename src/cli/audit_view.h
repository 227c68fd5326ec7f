/**
 * The audit's comparison of one view, as of its checkpoints, with a replay of the log: what stands
 * between the log's records and "every stored byte is proven".
 *
 * The caller replays, up to the view's checkpoints, and hands on what was applied; nothing here
 * reads the log. Lifetime: open, applied any number of times, finish, close.
 */
#ifndef DAYBOOK_AUDIT_VIEW_H
#define DAYBOOK_AUDIT_VIEW_H

#include "audit_log.h"
#include "audit_rows.h"

#include <daybook/view_check.h>

struct dbk_audit_view {
    struct dbk_report *report;
    struct dbk_view *view;
    struct dbk_book *book;               /**< the replay's */
    const struct dbk_checkpoint *stored; /**< the view's, per partition */
    const bool *chosen;                  /**< per partition: audited at all */
    const int64_t *offset_start;         /**< per partition: where the replay begins */
    struct dbk_audit_log *log;
    struct dbk_view_check *check; /**< SQLite's, of the file; it has begun */
    struct dbk_audit_rows rows;
};

/** The caller sets all but rows, and closes the check in the end. */
DBK_MUST_CHECK int dbk_audit_view_open(struct dbk_audit_view *compared, struct dbk_err *err);
void dbk_audit_view_close(struct dbk_audit_view *compared);

/** Compare the rows of applied records, and the digests on the way. */
DBK_MUST_CHECK int dbk_audit_view_applied(struct dbk_audit_view *compared,
                                          const struct dbk_changes *changes, struct dbk_err *err);

/** The replay has ended: compare everything else. */
DBK_MUST_CHECK int dbk_audit_view_finish(struct dbk_audit_view *compared, struct dbk_err *err);

#endif
