/* One event: what the view has of it, and its record from the log itself, with the chain of digests
 * computed anew between the two stored ones around it. */

#include "serve_pages.h"

#include <daybook/clock.h>
#include <daybook/log.h>
#include <daybook/outcome.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** How long the log may take: a page is shown without it rather than late. */
#define LOG_TIMEOUT_MS 1500

/* --- the log --- */

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

/** A record taken out of the log, and what its place in the chain says. */
struct found {
    enum dbk_record_state state;
    struct dbk_record record; /* key and value stand in bytes */
    struct dbk_digest digest;
    char *bytes;
};

/** Copy a record out of its batch. */
static bool keep_record(struct found *found, const struct dbk_record *record)
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
static int follow_chain(struct dbk_log *log, int64_t offset, struct found *found,
                        struct dbk_digest *chain, struct dbk_err *err)
{
    struct dbk_batch batch;
    int64_t deadline_ms = dbk_clock_monotonic_ms() + LOG_TIMEOUT_MS;
    struct dbk_digest_context *context = dbk_digest_open();
    int code = context == NULL || dbk_batch_open(&batch, DBK_DIGEST_INTERVAL) != 0
                   ? dbk_err_set(err, DBK_ENOMEM, "out of memory.")
                   : 0;
    if (code != 0) {
        dbk_digest_close(context);
        return code;
    }
    while (code == 0 && !dbk_log_at_end(log)) {
        if (dbk_clock_monotonic_ms() > deadline_ms)
            code = dbk_err_set(err, DBK_EBROKER, "the log did not answer in time.");
        if (code == 0)
            code = dbk_log_read(log, &batch, 200, err);
        for (size_t i = 0; code == 0 && i < batch.count; i++) {
            const struct dbk_record *record = &batch.records[i];
            bool good = dbk_digest_extend(context, chain, record);
            if (good && record->offset == offset) {
                good = keep_record(found, record);
                found->digest = *chain;
            }
            if (!good)
                code = dbk_err_set(err, DBK_ENOMEM, "out of memory.");
        }
        dbk_batch_release(&batch);
    }
    dbk_batch_close(&batch);
    dbk_digest_close(context);
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

/** Ask the log for a record; what goes wrong leaves it unread. */
static void read_record(struct dbk_serve_log *reader, int64_t partition, int64_t offset,
                        const struct dbk_anchor *before, const struct dbk_anchor *after,
                        struct found *found)
{
    struct dbk_err err;
    struct dbk_digest chain = before->digest;
    int64_t end = after != NULL ? after->offset_next : offset + 1;
    int code = 0;
    pthread_mutex_lock(&reader->mutex);
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

/* --- the page --- */

/** "42"; @return false for anything else, or more than int64. */
static bool parse_number(int64_t *number, const char *text)
{
    int64_t value = 0;
    if (text[0] == '\0' || (text[0] == '0' && text[1] != '\0') || strlen(text) > 18)
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        value = value * 10 + (*text - '0');
    }
    *number = value;
    return true;
}

/** Is this posting the reversal of that one: the same account, the opposite amount? */
static bool agrees(const struct dbk_event_row *reversal, const struct dbk_event_row *reversed)
{
    const struct dbk_text *a = &reversal->transaction.account;
    const struct dbk_text *b = &reversed->transaction.account;
    return reversal->kind == DBK_EVENT_POSTED && reversed->kind == DBK_EVENT_POSTED &&
           a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0 &&
           reversal->transaction.amount_minor == -reversed->transaction.amount_minor;
}

/** What this event reverses, by its source, and what it is reversed by. */
static int look_for_reversals(struct dbk_answer *answer, struct dbk_page_event *data,
                              struct dbk_err *err)
{
    struct dbk_event_row other = {.kind = DBK_EVENT_BEYOND};
    const struct dbk_event_row *row = data->row;
    int32_t partition;
    int code = 0;
    if (row->kind != DBK_EVENT_POSTED)
        return 0;
    data->claims = row->has_source &&
                   dbk_reversal_parse(&partition, &data->other_offset, row->source, row->seq);
    if (data->claims) {
        data->other_partition = partition;
        code = dbk_query_event(answer->view, partition, data->other_offset, &other, err);
        data->reverses = code == 0 && agrees(row, &other);
        dbk_event_row_clear(&other);
    }
    if (code == 0)
        code = dbk_query_reversal(answer->view, data->partition, data->offset,
                                  &data->reversal_partition, &data->reversal_offset,
                                  &data->is_reversed, err);
    return code;
}

static int read_from_log(struct dbk_answer *answer, struct dbk_page_event *data,
                         struct found *found, struct dbk_anchor *after, struct dbk_err *err)
{
    struct dbk_anchor before;
    bool has_after;
    int code = dbk_query_anchors(answer->view, data->partition, data->offset, &before, after,
                                 &has_after, err);
    if (code != 0)
        return code;
    dbk_query_end(answer->view); /* the log may take its time */
    read_record(answer->serve->log, data->partition, data->offset, &before,
                has_after ? after : NULL, found);
    data->state = found->state;
    data->anchor = after;
    if (found->state != DBK_RECORD_UNREAD) {
        data->record = &found->record;
        data->digest = &found->digest;
    }
    return 0;
}

int dbk_serve_event_page(struct dbk_answer *answer, struct dbk_err *err)
{
    struct dbk_page_event data = {.state = DBK_RECORD_UNREAD};
    struct dbk_event_row row;
    struct found found = {.state = DBK_RECORD_UNREAD};
    struct dbk_anchor after;
    char title[48];
    if (!parse_number(&data.partition, answer->request->segments[1]) ||
        !parse_number(&data.offset, answer->request->segments[2])) {
        dbk_serve_say(answer, 404, DBK_T_NOT_FOUND, DBK_T_NOT_FOUND_ADVICE);
        return 0;
    }
    data.row = &row;
    int code = dbk_query_event(answer->view, data.partition, data.offset, &row, err);
    if (code == 0)
        code = look_for_reversals(answer, &data, err);
    if (code == 0 && row.kind != DBK_EVENT_BEYOND)
        code = read_from_log(answer, &data, &found, &after, err);
    if (code == 0) {
        answer->response->status = row.kind == DBK_EVENT_BEYOND ? 404 : 200;
        snprintf(title, sizeof title, "%" PRId64 ":%" PRId64, data.partition, data.offset);
        dbk_serve_begin_page(answer,
                             row.kind == DBK_EVENT_REJECTED ? DBK_SECTION_REJECTIONS
                                                            : DBK_SECTION_TRANSACTIONS,
                             DBK_T_EVENT, dbk_text_of(title));
        answer->response->etag[0] = '\0'; /* the log's answer is not in the validator */
        dbk_page_event(&answer->page, &data);
    }
    free(found.bytes);
    dbk_event_row_clear(&row);
    return code;
}
