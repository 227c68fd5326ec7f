/**
 * The teller's list of accounts: all that the log knows, those that a search finds, and the one
 * that is chosen.
 *
 * Pure but for memory. Names are copied. Lifetime: zero-initialised; put and settle any number of
 * times; clear.
 */
#ifndef DAYBOOK_TELLER_LIST_H
#define DAYBOOK_TELLER_LIST_H

#include "nearest.h"

#include <daybook/err.h>
#include <daybook/event.h>

struct dbk_teller_row {
    char *name; /**< zero-terminated: names have no zero in them; owned */
    int64_t balance_minor;
    size_t order; /**< of putting */
};

struct dbk_teller_list {
    struct dbk_teller_row *rows; /**< the first sorted_count by name, then new ones */
    size_t count;
    size_t sorted_count;
    size_t capacity;
    uint32_t *matches; /**< rows that the search finds: those that begin with it first */
    size_t match_count;
    size_t selected;                  /**< index of matches */
    struct dbk_nearest_names nearest; /**< where the search finds nothing: what was meant */
};

void dbk_teller_list_clear(struct dbk_teller_list *list);

/** Set an account's balance; add the account where it is new. @return 0 or DBK_ENOMEM. */
DBK_MUST_CHECK int dbk_teller_list_put(struct dbk_teller_list *list, struct dbk_text name,
                                       int64_t balance_minor);

/**
 * Sort in what was added, and search.
 *
 * @param search  part of a name; letters of ASCII match in either case; "" finds all.
 * @param keep    the account that was selected stays so, if it is found; else the first one is.
 * @return 0 or DBK_ENOMEM.
 */
DBK_MUST_CHECK int dbk_teller_list_search(struct dbk_teller_list *list, const char *search,
                                          bool keep);

/** @return the account of exactly this name, or NULL; after a search. */
const struct dbk_teller_row *dbk_teller_list_find(const struct dbk_teller_list *list,
                                                  const char *name);

/** @return the match at an index, or NULL. */
const struct dbk_teller_row *dbk_teller_list_match(const struct dbk_teller_list *list,
                                                   size_t index);

#endif
