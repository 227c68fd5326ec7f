/**
 * SQLite's own check of a view's file, beside whatever else is done with the view: it needs a
 * processor for as long as everything else that is read from the file.
 */
#ifndef DAYBOOK_VIEW_CHECK_H
#define DAYBOOK_VIEW_CHECK_H

#include <daybook/err.h>
#include <daybook/view.h>

#include <stdbool.h>

struct dbk_view_check;

/** One of SQLite's findings. @return 0 to go on. */
typedef int dbk_visit_finding(void *context, const char *finding, struct dbk_err *err);

/**
 * Begin to check the file that view reads, on a connection and a thread of their own. Commits may
 * go on: the check is of one commit, this one or a later one.
 *
 * @param[out] check  NULL on error; close it.
 * @param deep        integrity_check, which also looks up every row in every index, instead of
 *                    quick_check.
 */
DBK_MUST_CHECK int dbk_view_check_start(struct dbk_view_check **check, const struct dbk_view *view,
                                        bool deep, struct dbk_err *err);

/** Wait for its end and visit what was found, in this thread. @return 0, visit's code, DBK_EVIEW,
 * or DBK_ESTOPPED where the view's dbk_view_stop_on says so. */
DBK_MUST_CHECK int dbk_view_check_finish(struct dbk_view_check *check, dbk_visit_finding *visit,
                                         void *context, struct dbk_err *err);

/** End it, also before its end. NULL is allowed. */
void dbk_view_check_close(struct dbk_view_check *check);

#endif
