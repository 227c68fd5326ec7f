/**
 * A view that is asked for single accounts and sources, instead of being loaded whole: for a fold
 * of a few events, at a price that does not grow with the bank.
 *
 * Lifetime: open; use the book, which asks when it folds; close the book (or clear it), then close.
 * What neither index has (accounts' names, sources_by_digest) does not exist for the fold: that
 * they are whole is for the audit to prove.
 *
 * The view stays in the read transaction that the checkpoints are of, and holds up the database's
 * own checkpoints: soon closed. One thread.
 */
#ifndef DAYBOOK_VIEW_LEND_H
#define DAYBOOK_VIEW_LEND_H

#include <daybook/view.h>

struct dbk_view_lender;

/**
 * Put the checkpoints of all partitions into an empty book, and let its ledgers ask the view for
 * the rest.
 *
 * @param[out] lender  owns the view from now on, also on error; closed by the caller in any case.
 * @param book         of the view's topic and partition count, empty; to be closed on error.
 * @return 0, DBK_EVIEW, DBK_ENOMEM.
 */
DBK_MUST_CHECK int dbk_view_lend(struct dbk_view_lender **lender, struct dbk_view *view,
                                 struct dbk_book *book, struct dbk_err *err);
/** Takes NULL. */
void dbk_view_lender_close(struct dbk_view_lender *lender);

/** @return the view, for what it says about itself. */
const struct dbk_view *dbk_view_lender_view(const struct dbk_view_lender *lender);

/** @return why a fold ended with DBK_EVIEW. */
const struct dbk_err *dbk_view_lender_error(const struct dbk_view_lender *lender);

#endif
