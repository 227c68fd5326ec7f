/**
 * Reading a view row by row, for commands that compare or show it.
 *
 * Values come as they are stored: what does not make sense is the caller's to notice.
 */
#ifndef DAYBOOK_VIEW_READ_H
#define DAYBOOK_VIEW_READ_H

#include <daybook/view.h>

/** Begin to read everything as of one commit, and read that commit's identity and checkpoints.
 *
 * @param[out] checkpoints  partition_count of dbk_view_identity; a partition without a row has
 *                          offset_next -1. NULL: not wanted.
 */
DBK_MUST_CHECK int dbk_view_begin(struct dbk_view *view, struct dbk_checkpoint *checkpoints,
                                  struct dbk_err *err);
void dbk_view_end(struct dbk_view *view);

/** One account as stored; its name dies with the call. @return 0 to go on. */
typedef int dbk_visit_account(void *context, int64_t account_id, const struct dbk_account *account,
                              struct dbk_err *err);

/**
 * Visit accounts in the order of their names' bytes.
 *
 * @param name  only this one; NULL: all.
 */
DBK_MUST_CHECK int dbk_view_each_account(struct dbk_view *view, const struct dbk_text *name,
                                         dbk_visit_account *visit, void *context,
                                         struct dbk_err *err);

/** Rows by verdict, as the tables have them; counts has DBK_VERDICT_COUNT elements. */
DBK_MUST_CHECK int dbk_view_count_verdicts(struct dbk_view *view, int64_t *counts,
                                           struct dbk_err *err);

/** @return bytes of the database's file and its write-ahead log. */
int64_t dbk_view_size(const struct dbk_view *view);

#endif
