/**
 * Declared balances: what a source says an account held after each of its rows.
 *
 * They are the source's claim and compute nothing. Sources often list a day's rows in another order
 * than the one their balances follow; that is told apart from amounts that are missing. Pure but
 * for the memory of a day's rows.
 */
#ifndef DAYBOOK_DECLARED_H
#define DAYBOOK_DECLARED_H

#include <daybook/err.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** One row of a day. */
struct dbk_declared_row {
    int64_t amount_minor;   /**< negative: withdrawal */
    int64_t declared_minor; /**< the balance after it, as the source says */
};

/**
 * Is there an order of the rows in which every declared balance is the balance after its row?
 *
 * Each row leads from one balance to another; such an order is a trail through all of them, and
 * exists where rows are connected and every balance but the first and the last is left as often as
 * it is reached (Euler). O(n log n).
 *
 * @param[out] reordered  the answer.
 * @param opening_minor   the balance before the rows.
 * @return 0 or DBK_ENOMEM.
 */
DBK_MUST_CHECK int dbk_declared_reordered(bool *reordered, int64_t opening_minor,
                                          const struct dbk_declared_row *rows, size_t count);

#endif
