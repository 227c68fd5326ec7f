/* Single records, read from the log itself, with the chain of digests computed anew between the two
 * stored ones around them. */

#include "serve_log.h"

#include <daybook/clock.h>
#include <daybook/log.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/** How long the log may take: a page is shown without it rather than late. */
#define LOG_TIMEOUT_MS 1500

struct dbk_serve_log {
    const struct dbk_config *config;
    pthread_mutex_t mutex; /* one record is read at a time */
    struct dbk_log *log;   /* NULL until it is asked for */
    int64_t failed_ms;     /* when it could not be reached; 0: never */
};

int dbk_serve_log_open(struct dbk_serve_log **log, const struct dbk_config *config,
                       struct dbk_err *err)
{
    *log = calloc(1, sizeof **log);
    if (*log == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    (*log)->config = config;
    pthread_mutex_init(&(*log)->mutex, NULL);
    return 0;
}

void dbk_serve_log_close(struct dbk_serve_log *log)
{
    if (log == NULL)
        return;
    dbk_log_close(log->log);
    pthread_mutex_destroy(&log->mutex);
    free(log);
}

/** Copy a record out of its batch. */
static bool keep_record(struct dbk_found_record *found, const struct dbk_record *record)
{
    size_t key_length = record->key_length > 0 ? (size_t)record->key_length : 0;
    size_t value_length = record->value_length > 0 ? (size_t)record->value_length : 0;
    found->bytes = malloc(key_length + value_length + 1);
    if (found->bytes == NULL)
        return false;
    if (key_length > 0)
        memcpy(found->bytes, record->key, key_length);
    if (value_length > 0)
        memcpy(found->bytes + key_length, record->value, value_length);
    found->record = *record;
    found->record.key = found->bytes;
    found->record.value = found->bytes + key_length;
    return true;
}

/** Read to the end of what was started, extending the chain. @return 0 where all was read. */
static int follow_chain(struct dbk_log *log, int64_t offset, struct dbk_found_record *found,
                        struct dbk_digest *chain, struct dbk_err *err)
{
    struct dbk_batch batch;
    int64_t deadline_ms = dbk_clock_monotonic_ms() + LOG_TIMEOUT_MS;
    int code = 0;
    if (dbk_batch_open(&batch, DBK_DIGEST_INTERVAL) != 0)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    while (code == 0 && !dbk_log_at_end(log)) {
        if (dbk_clock_monotonic_ms() > deadline_ms)
            code = dbk_err_set(err, DBK_EBROKER, "the log did not answer in time.");
        if (code == 0)
            code = dbk_log_read(log, &batch, 200, err);
        for (size_t i = 0; code == 0 && i < batch.count; i++) {
            const struct dbk_record *record = &batch.records[i];
            dbk_digest_extend(chain, record);
            if (record->offset != offset)
                continue;
            found->digest = *chain;
            if (!keep_record(found, record))
                code = dbk_err_set(err, DBK_ENOMEM, "out of memory.");
        }
        dbk_batch_release(&batch);
    }
    dbk_batch_close(&batch);
    return code;
}

/** Start to read from the stored digest before the event through the one after it. */
static int start_reading(struct dbk_log *log, int64_t partition, int64_t from, int64_t end,
                         struct dbk_err *err)
{
    int32_t count = dbk_log_topic(log)->partition_count;
    if (partition >= count)
        return dbk_err_set(err, DBK_ENO, "the log has another number of partitions.");
    int64_t *offsets = calloc((size_t)count * 2, sizeof *offsets);
    if (offsets == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    offsets[partition] = from;
    offsets[count + partition] = end;
    int code = dbk_log_start(log, offsets, offsets + count, err);
    free(offsets);
    return code;
}

void dbk_serve_log_read(struct dbk_serve_log *reader, int64_t partition, int64_t offset,
                        const struct dbk_anchor *before, const struct dbk_anchor *after,
                        struct dbk_found_record *found)
{
    struct dbk_err err;
    struct dbk_digest chain = before->digest;
    int64_t end = after != NULL ? after->offset_next : offset + 1;
    int code = 0;
    *found = (struct dbk_found_record){.state = DBK_RECORD_UNREAD};
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += LOG_TIMEOUT_MS / 1000;
    if (pthread_mutex_timedlock(&reader->mutex, &until) != 0)
        return; /* others are waiting for the log already */
    int64_t now_ms = dbk_clock_monotonic_ms();
    if (reader->log == NULL && reader->failed_ms != 0 &&
        now_ms - reader->failed_ms < LOG_TIMEOUT_MS)
        code = DBK_EBROKER; /* just now it could not be reached: nobody waits for that again */
    else if (reader->log == NULL)
        code = dbk_log_open_quietly(&reader->log, reader->config, &err);
    if (code == 0) {
        dbk_log_set_timeout(reader->log, LOG_TIMEOUT_MS);
        code = start_reading(reader->log, partition, before->offset_next, end, &err);
    }
    if (code == 0)
        code = follow_chain(reader->log, offset, found, &chain, &err);
    if (code != 0) {
        dbk_log_close(reader->log);
        reader->log = NULL;
        reader->failed_ms = dbk_clock_monotonic_ms();
    } else if (after == NULL) {
        found->state = DBK_RECORD_READ;
    } else {
        bool equal = memcmp(chain.bytes, after->digest.bytes, DBK_DIGEST_SIZE) == 0;
        found->state = equal ? DBK_RECORD_PROVEN : DBK_RECORD_DIFFERS;
    }
    pthread_mutex_unlock(&reader->mutex);
}
