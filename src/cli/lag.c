#include "lag.h"

#include <daybook/clock.h>
#include <daybook/log.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/** Remembered watermarks: an hour of seconds. */
#define SAMPLE_COUNT 3600

struct sample {
    int64_t events; /* in the log, over all partitions */
    int64_t at_ms;
};

struct dbk_lag {
    const struct dbk_config *config;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t ended_changed;
    bool ended;
    bool reachable;
    int64_t ends[DBK_OVERVIEW_PARTITIONS + 1]; /* as an overview has them */
    struct sample samples[SAMPLE_COUNT];       /* only where events grew; a ring */
    int sample_count;
    int first;
};

static struct sample *sample_at(struct dbk_lag *lag, int i)
{
    return &lag->samples[(lag->first + i) % SAMPLE_COUNT];
}

static void remember(struct dbk_lag *lag, const int64_t *high, int32_t partition_count)
{
    int64_t events = 0;
    pthread_mutex_lock(&lag->mutex);
    lag->reachable = true;
    memset(lag->ends, 0, sizeof lag->ends);
    for (int32_t p = 0; p < partition_count; p++) {
        lag->ends[p < DBK_OVERVIEW_PARTITIONS ? p : DBK_OVERVIEW_PARTITIONS] += high[p];
        events += high[p];
    }
    if (lag->sample_count == 0 || sample_at(lag, lag->sample_count - 1)->events != events) {
        if (lag->sample_count == SAMPLE_COUNT) {
            lag->first = (lag->first + 1) % SAMPLE_COUNT;
            lag->sample_count--;
        }
        *sample_at(lag, lag->sample_count++) = (struct sample){events, dbk_clock_monotonic_ms()};
    }
    pthread_mutex_unlock(&lag->mutex);
}

static void forget(struct dbk_lag *lag)
{
    pthread_mutex_lock(&lag->mutex);
    lag->reachable = false;
    pthread_mutex_unlock(&lag->mutex);
}

/** Wait a second, or less when the end is asked for. @return false at the end. */
static bool wait_a_second(struct dbk_lag *lag)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    pthread_mutex_lock(&lag->mutex);
    if (!lag->ended)
        pthread_cond_timedwait(&lag->ended_changed, &lag->mutex, &until);
    bool ended = lag->ended;
    pthread_mutex_unlock(&lag->mutex);
    return !ended;
}

static void *watch(void *argument)
{
    struct dbk_lag *lag = argument;
    struct dbk_log *log = NULL;
    int64_t *high = NULL;
    struct dbk_err err;
    do {
        if (log == NULL && dbk_log_open_quietly(&log, lag->config, &err) == 0) {
            dbk_log_set_timeout(log, 1000);
            high = calloc((size_t)dbk_log_topic(log)->partition_count, sizeof *high);
        }
        if (log == NULL || high == NULL || dbk_log_watermarks(log, NULL, high, &err) != 0) {
            forget(lag);
            continue;
        }
        remember(lag, high, dbk_log_topic(log)->partition_count);
    } while (wait_a_second(lag));
    dbk_log_close(log);
    free(high);
    return NULL;
}

int dbk_lag_start(struct dbk_lag **lag, const struct dbk_config *config, struct dbk_err *err)
{
    *lag = NULL;
    struct dbk_lag *started = calloc(1, sizeof *started);
    if (started == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    started->config = config;
    pthread_mutex_init(&started->mutex, NULL);
    pthread_cond_init(&started->ended_changed, NULL);
    if (pthread_create(&started->thread, NULL, watch, started) != 0) {
        free(started);
        return dbk_err_set(err, DBK_ENOMEM, "no further thread can be started.");
    }
    *lag = started;
    return 0;
}

void dbk_lag_stop(struct dbk_lag *lag)
{
    if (lag == NULL)
        return;
    pthread_mutex_lock(&lag->mutex);
    lag->ended = true;
    pthread_cond_signal(&lag->ended_changed);
    pthread_mutex_unlock(&lag->mutex);
    pthread_join(lag->thread, NULL);
    pthread_cond_destroy(&lag->ended_changed);
    pthread_mutex_destroy(&lag->mutex);
    free(lag);
}

bool dbk_lag_get(struct dbk_lag *lag, const struct dbk_overview *overview,
                 struct dbk_behind *behind)
{
    *behind = (struct dbk_behind){.events = -1};
    pthread_mutex_lock(&lag->mutex);
    bool reachable = lag->reachable;
    if (lag->sample_count > 0) {
        /* What one partition has too few must not make up for what another has too many. */
        behind->events = 0;
        for (int i = 0; i <= DBK_OVERVIEW_PARTITIONS; i++) {
            int64_t ahead = lag->ends[i] - overview->offset_next[i];
            if (ahead > 0)
                behind->events += ahead;
            else
                behind->missing -= ahead;
        }
        int64_t applied = sample_at(lag, lag->sample_count - 1)->events - behind->events;
        for (int i = 0; i < lag->sample_count && behind->events > 0; i++)
            if (sample_at(lag, i)->events > applied) {
                behind->age_ms = dbk_clock_monotonic_ms() - sample_at(lag, i)->at_ms;
                break;
            }
    }
    pthread_mutex_unlock(&lag->mutex);
    return reachable;
}
