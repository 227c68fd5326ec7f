/**
 * Down-sampling a series of balances so that the picture stays true: of every bucket of time the
 * first, the last, the lowest and the highest point are kept, as they are, in their order.
 *
 * Constant memory whatever the number of points. Pure. Lifetime: init, add in order of time,
 * finish.
 */
#ifndef DAYBOOK_SERIES_H
#define DAYBOOK_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Points that a series has at most. */
#define DBK_SERIES_MAX 2000

/** One moment: the balance after it. */
struct dbk_point {
    int64_t date_s;
    int64_t offset; /**< of the transaction, in the account's partition */
    int64_t balance_minor;
};

struct dbk_series {
    struct dbk_point points[DBK_SERIES_MAX];
    size_t count;
    bool sampled;      /**< false: points are all there are */
    int64_t seen;      /**< points added */
    int64_t start_s;   /**< private from here on */
    int64_t width_s;   /**< of a bucket */
    int64_t bucket;    /**< being filled */
    int64_t in_bucket; /**< points seen in it */
    struct dbk_point first, last, lowest, highest;
};

/**
 * @param first_s, last_s  dates of the first and the last point that may be added.
 * @param expected         how many will be added; above DBK_SERIES_MAX they are sampled.
 */
void dbk_series_init(struct dbk_series *series, int64_t first_s, int64_t last_s, int64_t expected);
void dbk_series_add(struct dbk_series *series, const struct dbk_point *point);
void dbk_series_finish(struct dbk_series *series);

#endif
