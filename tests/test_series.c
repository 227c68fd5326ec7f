/*
 * Goal: a down-sampled series shows what the whole one would. Method: random series of many shapes;
 * what is left is compared with all points: kept points are points, in order, and each bucket of
 * time keeps its first, last, lowest and highest.
 */
#include "support.h"

#include <daybook/series.h>

#define POINTS_MAX 30000

static struct dbk_point all[POINTS_MAX];
static struct dbk_series series;

/** @return the index in all of a point, from an index on; -1: it is none. */
static int64_t find(const struct dbk_point *point, size_t from, size_t count)
{
    for (size_t i = from; i < count; i++)
        if (all[i].date_s == point->date_s && all[i].offset == point->offset)
            return all[i].balance_minor == point->balance_minor ? (int64_t)i : -1;
    return -1;
}

static size_t make(uint64_t *random)
{
    size_t count = 1 + next_random(random) % POINTS_MAX;
    int64_t date_s = (int64_t)(next_random(random) % 2000000000) - 1000000000;
    uint64_t step = 1 + next_random(random) % 100000;
    int64_t balance = 0;
    bool same_moment = next_random(random) % 8 == 0;
    for (size_t i = 0; i < count; i++) {
        date_s += same_moment ? 0 : (int64_t)(next_random(random) % step);
        balance += (int64_t)(next_random(random) % 20001) - 10000;
        all[i] = (struct dbk_point){date_s, (int64_t)i * 3, balance};
    }
    return count;
}

static void check(size_t count)
{
    size_t next = 0;
    assert_true(series.count <= DBK_SERIES_MAX && series.count <= count);
    assert_int_equal(series.seen, count);
    assert_int_equal(series.sampled, count > DBK_SERIES_MAX);
    if (!series.sampled)
        assert_int_equal(series.count, count);
    for (size_t i = 0; i < series.count; i++) {
        int64_t at = find(&series.points[i], next, count);
        assert_true(at >= 0); /* a point of the whole, after the one before */
        next = (size_t)at + 1;
    }
    assert_int_equal(series.points[0].offset, all[0].offset);
    assert_int_equal(series.points[series.count - 1].offset, all[count - 1].offset);
}

/** Every bucket's extremes are among the points that are left. */
static void check_extremes(size_t count)
{
    size_t left = 0;
    for (size_t i = 0; i < count;) {
        int64_t bucket = (all[i].date_s - all[0].date_s) / series.width_s;
        int64_t low = INT64_MAX;
        int64_t high = INT64_MIN;
        int64_t kept_low = INT64_MAX;
        int64_t kept_high = INT64_MIN;
        int64_t first = all[i].offset;
        int64_t last = first;
        int64_t kept_first = -1;
        int64_t kept_last = -1;
        for (; i < count && (all[i].date_s - all[0].date_s) / series.width_s == bucket; i++) {
            low = all[i].balance_minor < low ? all[i].balance_minor : low;
            high = all[i].balance_minor > high ? all[i].balance_minor : high;
            last = all[i].offset;
        }
        for (; left < series.count &&
               (series.points[left].date_s - all[0].date_s) / series.width_s == bucket;
             left++) {
            const struct dbk_point *point = &series.points[left];
            kept_low = point->balance_minor < kept_low ? point->balance_minor : kept_low;
            kept_high = point->balance_minor > kept_high ? point->balance_minor : kept_high;
            kept_first = kept_first < 0 ? point->offset : kept_first;
            kept_last = point->offset;
        }
        assert_int_equal(kept_low, low);
        assert_int_equal(kept_high, high);
        assert_int_equal(kept_first, first);
        assert_int_equal(kept_last, last);
    }
    assert_int_equal(left, series.count);
}

static void series__keeps_first_last_lowest_and_highest(void **state)
{
    uint64_t random = 9;
    int sampled = 0;
    (void)state;
    for (int round = 0; round < 300; round++) {
        size_t count = make(&random);
        dbk_series_init(&series, all[0].date_s, all[count - 1].date_s, (int64_t)count);
        for (size_t i = 0; i < count; i++)
            dbk_series_add(&series, &all[i]);
        dbk_series_finish(&series);
        check(count);
        check_extremes(count);
        sampled += series.sampled;
    }
    assert_true(sampled > 100 && sampled < 300);
}

static void series__of_nothing_is_empty(void **state)
{
    (void)state;
    dbk_series_init(&series, 0, 0, 0);
    dbk_series_finish(&series);
    assert_int_equal(series.count, 0);
    assert_false(series.sampled);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(series__keeps_first_last_lowest_and_highest),
        cmocka_unit_test(series__of_nothing_is_empty),
    };
    return cmocka_run_group_tests_name("series", tests, NULL, NULL);
}
