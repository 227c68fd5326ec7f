/**
 * The dashboard's questions to a view: short, bounded in time, by keyset and never by offset.
 *
 * The connection is opened read-only and hardened: no writing, no schema tricks, no function that
 * reaches outside, and every question ends within its time limit.
 */
#ifndef DAYBOOK_QUERY_H
#define DAYBOOK_QUERY_H

#include <daybook/row.h>
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

/** Partitions that are told apart in an overview; those beyond are one. */
#define DBK_OVERVIEW_PARTITIONS 64

/** How far the view is, and sums over all accounts. */
struct dbk_overview {
    int64_t generation;
    int64_t commit_seq;
    int64_t committed_ms;                             /**< 0: never */
    int64_t applied;                                  /**< events: sum of all offset_next */
    int64_t offset_next[DBK_OVERVIEW_PARTITIONS + 1]; /**< the last: of all other partitions */
    int64_t account_count;
    int64_t deposit_count;
    int64_t withdrawal_count;
    int64_t rejection_count;
    dbk_int128 deposits_minor;
    dbk_int128 withdrawals_minor;
    dbk_int128 balances_minor;
    char positions[1024]; /**< "0:41,1:17": the last event applied of each partition that has one */
};

/** Read what changes with every commit: everything up to and including `offset_next`. */
DBK_MUST_CHECK int dbk_query_position(struct dbk_view *view, struct dbk_overview *overview,
                                      struct dbk_err *err);
/** Read the rest: a few rows. */
DBK_MUST_CHECK int dbk_query_totals(struct dbk_view *view, struct dbk_overview *overview,
                                    struct dbk_err *err);

/**
 * How far each partition is, so that what later commits add can be told apart.
 *
 * @param[out] offset_next  one for each partition.
 */
DBK_MUST_CHECK int dbk_query_bounds(struct dbk_view *view, int64_t *offset_next,
                                    struct dbk_err *err);

/** The movement of all accounts on one day that has any. */
struct dbk_day_volume {
    int64_t day; /**< since 1970-01-01, UTC */
    struct dbk_sums sums;
};
/** @return 0 to go on. */
typedef int dbk_visit_day(void *context, const struct dbk_day_volume *volume);

/** Visit up to limit (below 0: all) days with movement, from first to last, in ascending order. */
DBK_MUST_CHECK int dbk_query_days(struct dbk_view *view, int64_t first, int64_t last, int limit,
                                  dbk_visit_day *visit, void *context, struct dbk_err *err);

/** The first and last day that have movement. @param[out] any  false where none has. */
DBK_MUST_CHECK int dbk_query_day_range(struct dbk_view *view, int64_t *first, int64_t *last,
                                       bool *any, struct dbk_err *err);

#endif
