#include "kafka.h"

#include <daybook/clock.h>
#include <daybook/message.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** A partition reported shorter than it was: a new leader may be late, damage stays. */
#define SHORT_LOG_PATIENCE_MS 10000

/** A replay to an end that gets nothing for so long gives up; who follows waits for ever. */
#define SILENCE_MS 30000

struct reader {
    int64_t offset_next;
    int64_t offset_end;
    bool reading;
    bool linking; /* the next record is the book's last: it is compared, not given on */
    bool at_tail; /* the end was reached */
};

struct dbk_log {
    struct dbk_kafka kafka;  /* first: the callbacks' opaque pointer */
    struct dbk_kafka *asked; /* who is asked about the topic: itself, or a producer's */
    struct dbk_topic topic;
    rd_kafka_topic_t *handle;
    rd_kafka_queue_t *queue;
    struct reader *readers; /* one per partition */
    int32_t reader_count;
    int32_t reading_count;
    int64_t short_since_ms;       /* 0: no partition ended before its end */
    int64_t heard_ms;             /* when the last record came, or reading began */
    bool follows;                 /* some partition is read without end */
    struct dbk_book *book;        /* what linking compares with */
    rd_kafka_message_t **fetched; /* taken from the library, not given on yet */
    size_t fetched_count;
    size_t fetched_next;
    bool quiet;
    bool compacted;  /* offsets may be missing: nothing is made of it */
    bool may_be_cut; /* the audit compares what is left of a log */
};

/** Settings are a warning for readers: an auditor must be able to read a log in danger. */
static void warn(const struct dbk_log *log, const struct dbk_topic_findings *findings)
{
    if (!log->topic.settings_known)
        dbk_warning("the settings of topic %s may not be read with these rights: whether it keeps "
                    "its events for ever is not known.",
                    log->topic.name);
    if (findings->fatal[0] != '\0')
        dbk_warning("topic %s is in danger of losing events: %s. Change that with kafka-configs "
                    "--alter now.",
                    log->topic.name, findings->fatal);
    if (findings->weak[0] != '\0')
        dbk_warning("topic %s: %s", log->topic.name, findings->weak);
}

/** A ledger's log begins at 0; one that does not has lost its beginning. */
static int check_beginning(const struct dbk_log *log, const int64_t *low, struct dbk_err *err)
{
    for (int32_t p = 0; p < log->topic.partition_count; p++)
        if (low[p] != 0)
            return dbk_err_set(err, DBK_ENO,
                               "the log is damaged: partition %d of topic %s begins at offset "
                               "%lld, the events before it are gone. Restore the topic from a copy "
                               "(see docs/operations.md); a view built earlier still holds what "
                               "was applied.",
                               p, log->topic.name, (long long)low[p]);
    return 0;
}

static int check_topic(struct dbk_log *log, struct dbk_err *err)
{
    struct dbk_topic_findings findings;
    int64_t *low = NULL;
    char name[sizeof log->topic.name];
    memcpy(name, log->topic.name, sizeof name);
    int code = dbk_topic_describe(log->asked, log->kafka.config, name, &log->topic, &findings,
                                  log->may_be_cut ? NULL : &low, err);
    if (code == DBK_ENO && !log->compacted)
        code = err->code = DBK_EBROKER; /* no such topic */
    if (code == 0) {
        memcpy(log->topic.danger, findings.fatal, sizeof log->topic.danger);
        if (!log->quiet)
            warn(log, &findings);
        code = low != NULL ? check_beginning(log, low, err) : 0;
    }
    free(low);
    return code;
}

/** Stop reading everywhere and drop what was fetched. */
static void stop_reading(struct dbk_log *log)
{
    for (int32_t p = 0; p < log->reader_count; p++) {
        if (log->readers[p].reading)
            rd_kafka_consume_stop(log->handle, p);
        log->readers[p].reading = false;
    }
    for (; log->fetched_next < log->fetched_count; log->fetched_next++)
        rd_kafka_message_destroy(log->fetched[log->fetched_next]);
    log->fetched_next = log->fetched_count = 0;
    log->reading_count = 0;
    log->short_since_ms = 0;
}

/** Have a reader for each of so many partitions: those there are, where there are as many. */
static int have_readers(struct dbk_log *log, int32_t count, struct dbk_err *err)
{
    if (log->reader_count == count)
        return 0;
    stop_reading(log);
    free(log->readers);
    log->readers = calloc((size_t)count, sizeof *log->readers);
    log->reader_count = log->readers != NULL ? count : 0;
    return log->readers != NULL ? 0 : dbk_err_set(err, DBK_ENOMEM, "out of memory.");
}

/** For whom a log is opened. */
enum purpose { FOR_ALL, FOR_POSTING, FOR_WATCHING, FOR_AUDIT, FOR_SNAPSHOTS };

/** Begin to connect. The topic's handle comes first: its metadata are asked for on the way. */
static int connect_log(struct dbk_log **log, const struct dbk_config *config, enum purpose purpose,
                       struct dbk_err *err)
{
    /* Whoever posts reads little at a time, and wants to know soon that a broker says nothing. */
    bool posts = purpose == FOR_POSTING;
    const struct dbk_kafka_setting settings[] = {
        {"enable.partition.eof", "true"},
        {"isolation.level", "read_uncommitted"},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "error"},
        {"check.crcs", "true"},
        /* Fetching pauses for up to a second when this many records wait: the default starves us.
         */
        {"queued.min.messages", "600000"},
        {"queued.max.messages.kbytes", "262144"},
        {"fetch.message.max.bytes", posts ? "262144" : "2097152"},
        {"fetch.wait.max.ms", "100"},
        {"socket.timeout.ms", posts ? "4000" : "60000"},
        {"reconnect.backoff.max.ms", "2000"},
        {NULL, NULL},
    };
    *log = NULL;
    struct dbk_log *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    opened->asked = &opened->kafka;
    opened->quiet = purpose == FOR_WATCHING;
    opened->compacted = purpose == FOR_SNAPSHOTS;
    opened->may_be_cut = opened->compacted || purpose == FOR_AUDIT;
    snprintf(opened->topic.name, sizeof opened->topic.name, "%s%s", config->topic,
             opened->compacted ? DBK_SNAPSHOTS_SUFFIX : "");
    opened->fetched = calloc(DBK_BATCH_MAX, sizeof(rd_kafka_message_t *));
    int code = dbk_kafka_open(&opened->kafka, config, RD_KAFKA_CONSUMER, settings, NULL, err);
    if (code == 0) {
        opened->handle = rd_kafka_topic_new(opened->kafka.handle, opened->topic.name, NULL);
        opened->queue = rd_kafka_queue_new(opened->kafka.handle);
        if (opened->fetched == NULL || opened->handle == NULL)
            code = dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    }
    if (code == 0 && opened->quiet)
        opened->kafka.timeout_ms = 700; /* whoever watches must be able to stop soon */
    if (code != 0) {
        dbk_log_close(opened);
        return code;
    }
    *log = opened;
    return 0;
}

int dbk_log_connect(struct dbk_log **log, const struct dbk_config *config, struct dbk_err *err)
{
    return connect_log(log, config, FOR_POSTING, err);
}

void dbk_log_ask_through(struct dbk_log *log, struct dbk_producer *producer)
{
    struct dbk_kafka *asked = producer != NULL ? dbk_producer_kafka(producer) : &log->kafka;
    asked->timeout_ms = log->asked->timeout_ms;
    log->asked = asked;
}

int dbk_log_check(struct dbk_log *log, struct dbk_err *err)
{
    int code = check_topic(log, err);
    if (code == 0)
        code = have_readers(log, log->topic.partition_count, err);
    if (code == 0 && !log->quiet)
        dbk_kafka_speak(&log->kafka);
    return code;
}

static int open_log(struct dbk_log **log, const struct dbk_config *config, enum purpose purpose,
                    struct dbk_err *err)
{
    int code = connect_log(log, config, purpose, err);
    if (code == 0)
        code = dbk_log_check(*log, err);
    if (code != 0) {
        dbk_log_close(*log);
        *log = NULL;
    }
    return code;
}

int dbk_log_open(struct dbk_log **log, const struct dbk_config *config, struct dbk_err *err)
{
    return open_log(log, config, FOR_ALL, err);
}

int dbk_log_open_damaged(struct dbk_log **log, const struct dbk_config *config, struct dbk_err *err)
{
    return open_log(log, config, FOR_AUDIT, err);
}

int dbk_log_open_quietly(struct dbk_log **log, const struct dbk_config *config, struct dbk_err *err)
{
    return open_log(log, config, FOR_WATCHING, err);
}

int dbk_log_open_snapshots(struct dbk_log **log, const struct dbk_config *config,
                           struct dbk_err *err)
{
    return open_log(log, config, FOR_SNAPSHOTS, err);
}

void dbk_log_set_timeout(struct dbk_log *log, int timeout_ms)
{
    log->asked->timeout_ms = timeout_ms;
}

void dbk_log_close(struct dbk_log *log)
{
    if (log == NULL)
        return;
    stop_reading(log);
    if (log->queue != NULL)
        rd_kafka_queue_destroy(log->queue);
    if (log->handle != NULL)
        rd_kafka_topic_destroy(log->handle);
    dbk_kafka_close(&log->kafka);
    free(log->fetched);
    free(log->readers);
    free(log);
}

const struct dbk_topic *dbk_log_topic(const struct dbk_log *log)
{
    return &log->topic;
}

int dbk_log_watermarks(struct dbk_log *log, int64_t *low, int64_t *high, struct dbk_err *err)
{
    return dbk_kafka_watermarks(log->asked, log->topic.name, log->topic.partition_count, low, high,
                                err);
}

int dbk_log_start(struct dbk_log *log, const int64_t *offset_next, const int64_t *offset_end,
                  struct dbk_err *err)
{
    stop_reading(log);
    log->heard_ms = dbk_clock_monotonic_ms();
    log->follows = false;
    for (int32_t p = 0; p < log->reader_count; p++) {
        if (offset_next[p] >= offset_end[p])
            continue;
        log->follows = log->follows || offset_end[p] == DBK_OFFSET_FOLLOW;
        if (rd_kafka_consume_start_queue(log->handle, p, offset_next[p], log->queue) != 0)
            return dbk_err_set(err, DBK_EBROKER, "partition %d of topic %s cannot be read: %s.", p,
                               log->topic.name, rd_kafka_err2str(rd_kafka_last_error()));
        log->readers[p] = (struct reader){
            .offset_next = offset_next[p], .offset_end = offset_end[p], .reading = true};
        log->reading_count++;
    }
    return 0;
}

int dbk_log_follow(struct dbk_log *log, struct dbk_book *book, const bool *followed,
                   struct dbk_err *err)
{
    size_t count = (size_t)dbk_book_partition_count(book);
    int code = have_readers(log, (int32_t)count, err);
    if (code != 0)
        return code;
    int64_t *offsets = calloc(count * 2, sizeof *offsets);
    if (offsets == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    for (size_t p = 0; p < count; p++) {
        int64_t offset_next = dbk_book_checkpoint(book, (int32_t)p)->offset_next;
        offsets[p] = offset_next > 0 ? offset_next - 1 : 0;
        offsets[count + p] = followed[p] ? DBK_OFFSET_FOLLOW : 0;
    }
    code = dbk_log_start(log, offsets, offsets + count, err);
    for (size_t p = 0; code == 0 && p < count; p++)
        log->readers[p].linking =
            followed[p] && dbk_book_checkpoint(book, (int32_t)p)->offset_next > 0;
    log->book = book;
    free(offsets);
    return code;
}

bool dbk_log_is_linked(const struct dbk_log *log)
{
    for (int32_t p = 0; p < log->reader_count; p++)
        if (log->readers[p].reading && log->readers[p].linking)
            return false;
    return true;
}

bool dbk_log_is_caught_up(const struct dbk_log *log)
{
    for (int32_t p = 0; p < log->reader_count; p++)
        if (log->readers[p].reading && !log->readers[p].at_tail)
            return false;
    return true;
}

static void finish_partition(struct dbk_log *log, int32_t partition)
{
    rd_kafka_consume_stop(log->handle, partition);
    log->readers[partition].reading = false;
    log->reading_count--;
}

/** The next offset of a partition as the record it holds, or as absent where message is NULL. */
static struct dbk_record next_record(struct reader *reader, int32_t partition,
                                     const rd_kafka_message_t *message)
{
    struct dbk_record record = {
        .offset = reader->offset_next++,
        .partition = partition,
        .key_length = DBK_LENGTH_ABSENT,
        .value_length = DBK_LENGTH_ABSENT,
    };
    if (message == NULL)
        return record;
    record.timestamp_ms = rd_kafka_message_timestamp(message, NULL);
    record.key = message->key;
    record.value = message->payload;
    record.key_length = message->key == NULL ? DBK_LENGTH_NULL : (int32_t)message->key_len;
    record.value_length = message->payload == NULL ? DBK_LENGTH_NULL : (int32_t)message->len;
    return record;
}

static int another_log(const struct dbk_log *log, int32_t partition, int64_t offset,
                       struct dbk_err *err)
{
    return dbk_err_set(err, DBK_ENO,
                       "this is not the log that the view was built from: topic %s has another "
                       "record at %d:%lld. The topic was made anew, or its history was changed. If "
                       "the topic is right, rebuild with: daybook project --reset",
                       log->topic.name, partition, (long long)offset);
}

/** Give the next offset on; or, where it is the book's last, compare it. */
static int emit(struct dbk_log *log, struct dbk_batch *batch, int32_t partition,
                rd_kafka_message_t *message, struct dbk_err *err)
{
    struct reader *reader = &log->readers[partition];
    struct dbk_record record = next_record(reader, partition, message);
    if (reader->linking) {
        reader->linking = false;
        bool same = dbk_book_same_log(log->book, &record);
        if (message != NULL)
            rd_kafka_message_destroy(message);
        return same ? 0 : another_log(log, partition, record.offset, err);
    }
    batch->records[batch->count++] = record;
    if (message != NULL)
        batch->messages[batch->message_count++] = message;
    return 0;
}

static int read_error(struct dbk_log *log, const rd_kafka_message_t *message, struct dbk_err *err)
{
    switch (message->err) {
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
        return dbk_err_set(
            err, DBK_ENO,
            "the log is damaged: partition %d of topic %s has no offset %lld any "
            "more. It was cut, or the topic was made anew; nothing was changed here.",
            message->partition, log->topic.name,
            (long long)log->readers[message->partition].offset_next);
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
        return dbk_err_set(err, DBK_EBROKER, "topic %s is gone from the cluster.", log->topic.name);
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        return dbk_err_set(err, DBK_EBROKER, "topic %s may not be read with these rights.",
                           log->topic.name);
    case RD_KAFKA_RESP_ERR__BAD_MSG:
        return dbk_err_set(err, DBK_ENO,
                           "the log is damaged: partition %d of topic %s does not match its "
                           "checksum after offset %lld.",
                           message->partition, log->topic.name,
                           (long long)log->readers[message->partition].offset_next - 1);
    default:
        return 0; /* passes: the library goes on by itself */
    }
}

/** @return who reads a partition; NULL: it is not read, any more. */
static struct reader *reader_of(struct dbk_log *log, int32_t partition)
{
    bool reads = partition >= 0 && partition < log->reader_count && log->readers[partition].reading;
    return reads ? &log->readers[partition] : NULL;
}

/** One thing from the library. @return true when it is done with. */
static bool take(struct dbk_log *log, struct dbk_batch *batch, rd_kafka_message_t *message,
                 int *code, struct dbk_err *err)
{
    struct reader *reader = reader_of(log, message->partition);
    bool is_end = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
    if (reader == NULL || (message->err != 0 && !is_end)) {
        if (reader != NULL)
            *code = read_error(log, message, err);
        rd_kafka_message_destroy(message);
        return true;
    }
    /* What lies between is absent: transaction markers, or damage. */
    int64_t upto = message->offset < reader->offset_end ? message->offset : reader->offset_end;
    if (log->compacted && reader->offset_next < upto)
        reader->offset_next = upto;
    while (*code == 0 && reader->offset_next < upto && batch->count < batch->capacity)
        *code = emit(log, batch, message->partition, NULL, err);
    if (*code != 0 || reader->offset_next < upto || (!is_end && batch->count == batch->capacity))
        return false;
    if (!is_end && message->offset == reader->offset_next && message->offset < reader->offset_end) {
        *code = emit(log, batch, message->partition, message, err);
    } else {
        bool is_short = reader->offset_next < reader->offset_end &&
                        (reader->offset_end != DBK_OFFSET_FOLLOW || reader->linking);
        if (is_end && is_short && log->short_since_ms == 0)
            log->short_since_ms = dbk_clock_monotonic_ms();
        reader->at_tail = reader->at_tail || (is_end && !reader->linking);
        rd_kafka_message_destroy(message);
    }
    if (reader->offset_next >= reader->offset_end)
        finish_partition(log, (int32_t)(reader - log->readers));
    return true;
}

/** Wait for the first, then take what is there: the library would wait for a full batch. */
static void fetch(struct dbk_log *log, int timeout_ms)
{
    log->fetched_next = log->fetched_count = 0;
    ssize_t count = rd_kafka_consume_batch_queue(log->queue, 0, log->fetched, DBK_BATCH_MAX);
    if (count <= 0 && timeout_ms > 0) {
        count = rd_kafka_consume_batch_queue(log->queue, timeout_ms, log->fetched, 1);
        if (count == 1) {
            ssize_t more =
                rd_kafka_consume_batch_queue(log->queue, 0, log->fetched + 1, DBK_BATCH_MAX - 1);
            count += more > 0 ? more : 0;
        }
    }
    log->fetched_count = count > 0 ? (size_t)count : 0;
}

int dbk_log_read(struct dbk_log *log, struct dbk_batch *batch, int timeout_ms, struct dbk_err *err)
{
    int code = 0;
    DBK_ASSERT(batch->count == 0 && batch->message_count == 0);
    rd_kafka_poll(log->kafka.handle, 0);
    if (log->fetched_next == log->fetched_count && log->reading_count > 0)
        fetch(log, timeout_ms);
    while (code == 0 && log->fetched_next < log->fetched_count) {
        if (!take(log, batch, log->fetched[log->fetched_next], &code, err))
            break;
        log->fetched_next++;
    }
    if (code != 0) {
        dbk_batch_release(batch);
        return code;
    }
    int64_t now_ms = dbk_clock_monotonic_ms();
    if (batch->count > 0) {
        log->short_since_ms = 0;
        log->heard_ms = now_ms;
    } else if (!log->follows && log->reading_count > 0 && now_ms - log->heard_ms > SILENCE_MS) {
        return dbk_kafka_unreachable(&log->kafka, err);
    }
    if (log->short_since_ms != 0 && now_ms - log->short_since_ms > SHORT_LOG_PATIENCE_MS)
        return dbk_err_set(err, DBK_EBROKER,
                           "the log became shorter while it was read: topic %s ends before the "
                           "offset that the broker promised. Check the cluster's health.",
                           log->topic.name);
    return 0;
}

bool dbk_log_at_end(const struct dbk_log *log)
{
    return log->reading_count == 0;
}

bool dbk_log_interrupted(struct dbk_log *log)
{
    return dbk_kafka_take_interrupted(&log->kafka);
}

int dbk_log_watermarks_from(struct dbk_log *log, const int64_t *wanted, int64_t *high,
                            struct dbk_err *err)
{
    int64_t deadline_ms = dbk_clock_monotonic_ms() + SHORT_LOG_PATIENCE_MS;
    for (bool told = log->quiet;; told = true) {
        bool is_short = false;
        int code = dbk_log_watermarks(log, NULL, high, err);
        for (int32_t p = 0; code == 0 && p < log->topic.partition_count; p++)
            is_short = is_short || high[p] < wanted[p];
        if (code != 0 || !is_short || dbk_clock_monotonic_ms() > deadline_ms)
            return code;
        if (dbk_kafka_is_stopped(&log->kafka))
            return dbk_err_set(err, DBK_ESTOPPED, "stopped.");
        if (!told)
            dbk_message("topic %s ends earlier than expected; looking again for up to %d s",
                        log->topic.name, SHORT_LOG_PATIENCE_MS / 1000);
        usleep(50000);
    }
}

/** Each partition must reach its checkpoint. */
static int check_length(struct dbk_log *log, const int64_t *offset_next, int64_t *high,
                        struct dbk_err *err)
{
    int code = dbk_log_watermarks_from(log, offset_next, high, err);
    for (int32_t p = 0; code == 0 && p < log->topic.partition_count; p++)
        if (high[p] < offset_next[p])
            code = dbk_err_set(
                err, DBK_ENO,
                "the log is shorter than the view: partition %d of topic %s ends at offset %lld, "
                "the view holds events up to %lld. Events were lost, or the topic was made anew. "
                "Keep the view, it is the only copy of the missing events; see "
                "docs/operations.md, \"Restore the log\".",
                p, log->topic.name, (long long)high[p], (long long)offset_next[p] - 1);
    return code;
}

/** Read the last record of every partition again and compare the chain's last link. */
static int check_links(struct dbk_log *log, struct dbk_book *book, struct dbk_batch *batch,
                       struct dbk_err *err)
{
    int64_t deadline_ms = dbk_clock_monotonic_ms() + 3 * SHORT_LOG_PATIENCE_MS;
    int code = 0;
    while (code == 0 && !dbk_log_at_end(log)) {
        code = dbk_log_read(log, batch, 200, err);
        for (size_t i = 0; code == 0 && i < batch->count; i++)
            if (!dbk_book_same_log(book, &batch->records[i]))
                code = another_log(log, batch->records[i].partition, batch->records[i].offset, err);
        dbk_batch_release(batch);
        if (code == 0 && dbk_kafka_is_stopped(&log->kafka))
            code = dbk_err_set(err, DBK_ESTOPPED, "stopped.");
        if (code == 0 && !dbk_log_at_end(log) && dbk_clock_monotonic_ms() > deadline_ms)
            code = dbk_kafka_unreachable(&log->kafka, err);
    }
    return code;
}

int dbk_log_verify(struct dbk_log *log, struct dbk_book *book, struct dbk_err *err)
{
    int32_t partition_count = log->topic.partition_count;
    if (partition_count != dbk_book_partition_count(book))
        return dbk_err_set(err, DBK_ENO,
                           "topic %s has %d partitions, and the view was built from %d. Adding "
                           "partitions moves accounts to other places: their history would break. "
                           "See docs/operations.md, \"Partitions were added\".",
                           log->topic.name, partition_count, dbk_book_partition_count(book));
    struct dbk_batch batch;
    int64_t *offset_end = calloc((size_t)partition_count * 2, sizeof *offset_end);
    if (offset_end == NULL || dbk_batch_open(&batch, (size_t)partition_count) != 0) {
        free(offset_end);
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    }
    int64_t *offsets = offset_end + partition_count;
    for (int32_t p = 0; p < partition_count; p++)
        offset_end[p] = dbk_book_checkpoint(book, p)->offset_next;
    int code = check_length(log, offset_end, offsets, err);
    for (int32_t p = 0; p < partition_count; p++)
        offsets[p] = offset_end[p] > 0 ? offset_end[p] - 1 : 0;
    if (code == 0)
        code = dbk_log_start(log, offsets, offset_end, err);
    if (code == 0)
        code = check_links(log, book, &batch, err);
    stop_reading(log);
    dbk_batch_close(&batch);
    free(offset_end);
    return code;
}
