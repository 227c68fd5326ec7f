/**
 * Questions about transactions: pages of a selection, all of its rows, its count and sums.
 *
 * Between dbk_query_begin and dbk_query_end. Lists without filters, and those of one account or a
 * period, are read along an index and cost what their rows cost. Others look at many rows: they
 * stop when the time is up, and say how far they came.
 */
#ifndef DAYBOOK_QUERY_TRANSACTIONS_H
#define DAYBOOK_QUERY_TRANSACTIONS_H

#include <daybook/query.h>
#include <daybook/selection.h>

/** One transaction. */
struct dbk_transaction_row {
    int64_t partition;
    int64_t offset;
    int64_t date_s;
    int64_t amount_minor;  /**< negative: withdrawal */
    int64_t balance_minor; /**< of the account after it, in log order */
    int64_t declared_minor;
    bool has_declared;
    struct dbk_text account;
    struct dbk_text memo; /**< length 0: none */
};

/** How a list ended. */
struct dbk_extent {
    bool stopped;   /**< the time was up: there may be more rows than those found */
    int64_t looked; /**< rows looked at */
    bool has_next;
    bool has_before;
    char next[DBK_TOKEN_SIZE];   /**< of what follows; where stopped, of where to look on */
    char before[DBK_TOKEN_SIZE]; /**< of what comes before */
};

/** A page of a list; it owns its rows and their texts. */
struct dbk_transactions {
    struct dbk_transaction_row *rows;
    size_t count;
    struct dbk_extent extent;
    struct dbk_buffer texts; /**< private */
};

/**
 * Read one page, in the selection's order.
 *
 * Sorted by amount, many rows must be looked at: where the time is up before all are
 * (extent.stopped) the rows are the first of those looked at, and there is no next.
 *
 * @param[out] page  to be cleared, on error too.
 * @param limit      rows at most, up to 1,000.
 */
DBK_MUST_CHECK int dbk_query_transactions(struct dbk_view *view,
                                          const struct dbk_selection *selection, int limit,
                                          struct dbk_transactions *page, struct dbk_err *err);
void dbk_transactions_clear(struct dbk_transactions *page);

/** A row while all are read; its texts die with the call. @return 0 to go on. */
typedef int dbk_visit_transaction(void *context, const struct dbk_transaction_row *row);

/**
 * Visit up to limit rows of a selection that is sorted by date or account, from its place on, for
 * downloads: call it again, in another transaction, with the selection that it left.
 *
 * @param selection  its place and key become those of the last row looked at.
 * @param[out] ended there are no more.
 */
DBK_MUST_CHECK int dbk_query_each_transaction(struct dbk_view *view,
                                              struct dbk_selection *selection, int limit,
                                              dbk_visit_transaction *visit, void *context,
                                              bool *ended, struct dbk_err *err);

/** Count and sums of a selection. */
struct dbk_count {
    struct dbk_sums sums;
    bool stopped;   /**< the time was up: these are of the rows looked at */
    int64_t looked; /**< rows looked at; 0 where that was not needed */
    int64_t total;  /**< rows there are to look at */
};

/** Count all rows of a selection, whatever its place. */
DBK_MUST_CHECK int dbk_query_count(struct dbk_view *view, const struct dbk_selection *selection,
                                   struct dbk_count *count, struct dbk_err *err);

#endif
