#include <daybook/series.h>

#define POINTS_OF_BUCKET 4

void dbk_series_init(struct dbk_series *series, int64_t first_s, int64_t last_s, int64_t expected)
{
    const int64_t buckets = DBK_SERIES_MAX / POINTS_OF_BUCKET;
    series->count = 0;
    series->seen = 0;
    series->sampled = expected > DBK_SERIES_MAX;
    series->start_s = first_s;
    series->width_s = last_s > first_s ? (last_s - first_s) / buckets + 1 : 1;
    series->in_bucket = 0;
    series->bucket = 0;
}

static void keep(struct dbk_series *series, const struct dbk_point *point)
{
    if (series->count < DBK_SERIES_MAX)
        series->points[series->count++] = *point;
}

static bool same(const struct dbk_point *a, const struct dbk_point *b)
{
    return a->date_s == b->date_s && a->offset == b->offset;
}

/** Does a come before b? */
static bool earlier(const struct dbk_point *a, const struct dbk_point *b)
{
    return a->date_s != b->date_s ? a->date_s < b->date_s : a->offset < b->offset;
}

/** Keep the bucket's points in their order, each once. */
static void flush(struct dbk_series *series)
{
    const struct dbk_point *low = &series->lowest;
    const struct dbk_point *high = &series->highest;
    const struct dbk_point *inner[2] = {earlier(low, high) ? low : high,
                                        earlier(low, high) ? high : low};
    if (series->in_bucket == 0)
        return;
    keep(series, &series->first);
    for (int i = 0; i < 2; i++)
        if (!same(inner[i], &series->first) && !same(inner[i], &series->last) &&
            (i == 0 || !same(inner[0], inner[1])))
            keep(series, inner[i]);
    if (!same(&series->last, &series->first))
        keep(series, &series->last);
    series->in_bucket = 0;
}

void dbk_series_add(struct dbk_series *series, const struct dbk_point *point)
{
    series->seen++;
    if (!series->sampled) {
        keep(series, point);
        return;
    }
    int64_t bucket = (point->date_s - series->start_s) / series->width_s;
    if (series->in_bucket > 0 && bucket != series->bucket)
        flush(series);
    if (series->in_bucket++ == 0) {
        series->bucket = bucket;
        series->first = series->lowest = series->highest = *point;
    }
    if (point->balance_minor < series->lowest.balance_minor)
        series->lowest = *point;
    if (point->balance_minor > series->highest.balance_minor)
        series->highest = *point;
    series->last = *point;
}

void dbk_series_finish(struct dbk_series *series)
{
    flush(series);
}
