/**
 * The dashboard's questions to a view: short, bounded in time, by keyset and never by offset.
 *
 * The connection is opened read-only and hardened: no writing, no schema tricks, no function that
 * reaches outside, and every question ends within its time limit.
 */
#ifndef DAYBOOK_QUERY_H
#define DAYBOOK_QUERY_H

#include <daybook/money.h>
#include <daybook/view.h>

/** Make a view from dbk_view_open_read fit for questions from the network. */
DBK_MUST_CHECK int dbk_query_harden(struct dbk_view *view, struct dbk_err *err);

/** Begin a set of questions about one commit, to be answered within timeout_ms. */
DBK_MUST_CHECK int dbk_query_begin(struct dbk_view *view, int timeout_ms, struct dbk_err *err);
void dbk_query_end(struct dbk_view *view);

/**
 * Has anybody committed since? Cheap enough to ask many times a second.
 *
 * @param[out] version  another number than before after another connection's commit. It means
 *                      nothing to other connections.
 */
DBK_MUST_CHECK int dbk_query_data_version(struct dbk_view *view, int64_t *version,
                                          struct dbk_err *err);

/** How far the view is, and sums over all accounts. */
struct dbk_overview {
    int64_t generation;
    int64_t commit_seq;
    int64_t committed_ms; /**< 0: never */
    int64_t applied;      /**< events: sum of all offset_next */
    int64_t account_count;
    int64_t deposit_count;
    int64_t withdrawal_count;
    int64_t rejection_count;
    dbk_int128 deposits_minor;
    dbk_int128 withdrawals_minor;
    dbk_int128 balances_minor;
    char positions[1024]; /**< "0:41,1:17": the last event applied of each partition that has one */
};

/** Read what changes with every commit: everything up to and including `applied`. */
DBK_MUST_CHECK int dbk_query_position(struct dbk_view *view, struct dbk_overview *overview,
                                      struct dbk_err *err);
/** Read the rest: O(accounts + rejections). */
DBK_MUST_CHECK int dbk_query_totals(struct dbk_view *view, struct dbk_overview *overview,
                                    struct dbk_err *err);

/** One account; texts die with the call of the visitor. */
struct dbk_account_row {
    struct dbk_text account;
    int64_t balance_minor;
    int64_t deposit_count;
    int64_t deposits_minor;
    int64_t withdrawal_count;
    int64_t withdrawals_minor;
    int64_t last_date_s;
};
typedef int dbk_visit_account_row(void *context, const struct dbk_account_row *row);

/** Visit up to limit accounts by name, beginning after one (length 0: with the first). */
DBK_MUST_CHECK int dbk_query_accounts(struct dbk_view *view, struct dbk_text after, int limit,
                                      dbk_visit_account_row *visit, void *context,
                                      struct dbk_err *err);

/** Place of a transaction in the order of dates. */
struct dbk_transaction_key {
    int64_t date_s;
    int64_t partition;
    int64_t offset;
};

/** One transaction; texts die with the call of the visitor. */
struct dbk_transaction_row {
    struct dbk_transaction_key key;
    struct dbk_text account;
    int64_t amount_minor; /**< negative: withdrawal */
    int64_t balance_minor;
    int64_t declared_minor;
    bool has_declared;
    struct dbk_text memo;
};
typedef int dbk_visit_transaction_row(void *context, const struct dbk_transaction_row *row);

/** Visit up to limit transactions, newest first, beginning before a key (NULL: with the newest). */
DBK_MUST_CHECK int dbk_query_transactions(struct dbk_view *view,
                                          const struct dbk_transaction_key *before, int limit,
                                          dbk_visit_transaction_row *visit, void *context,
                                          struct dbk_err *err);

#endif
