/**
 * The state at hand: where a fold can begin without reading the whole log.
 */
#ifndef DAYBOOK_AT_HAND_H
#define DAYBOOK_AT_HAND_H

#include "cli.h"

#include <daybook/view_lend.h>

/**
 * Bring an empty book forward: to the checkpoints of the database's view where there is one of this
 * log, else to the last snapshots, else it stays at offset 0. Says so where one cannot be used.
 * That the log is still the one that it was built from is for dbk_log_verify or dbk_log_follow to
 * check.
 *
 * @param book, log  from dbk_open_log_and_book.
 * @param only       one partition, the others stay empty; or -1: all.
 * @param[out] view  the view that the book was loaded from, in the read transaction of exactly
 *                   these checkpoints, or NULL; closed by the caller, soon (it holds up the
 *                   database's own checkpoints).
 * @return 0, DBK_EBROKER, DBK_ENOMEM.
 */
DBK_MUST_CHECK int dbk_at_hand(struct dbk_book *book, struct dbk_log *log,
                               const struct dbk_config *config, int32_t only,
                               struct dbk_view **view, struct dbk_err *err);

/** A book that borrows from the database's view (see view_lend.h). Both NULL: there is none. */
struct dbk_borrowed {
    struct dbk_book *book;
    struct dbk_view_lender *lender;
};

/** Borrow, before anything is known of the log. Says nothing where there is no view, or none that
 *  can be used: dbk_at_hand, which is the way then, does. */
void dbk_at_hand_borrow(struct dbk_borrowed *borrowed, const struct dbk_config *config);

/** @return true where there is one, of this log. */
bool dbk_at_hand_is_of(const struct dbk_borrowed *borrowed, const struct dbk_topic *topic);
void dbk_at_hand_give_back(struct dbk_borrowed *borrowed);

#endif
