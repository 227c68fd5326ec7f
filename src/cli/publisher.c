#include "snapshots.h"

#include <daybook/clock.h>
#include <daybook/message.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int dbk_publisher_parse(struct dbk_publisher *publisher, const char *text, struct dbk_err *err)
{
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    bool seconds = strcmp(end, "s") == 0;
    if (errno != 0 || number <= 0 || number > 1000000000000 || (!seconds && *end != '\0'))
        return dbk_err_set(err, DBK_EUSAGE,
                           "--snapshot-every %.100s: give a number of events (10000) or of seconds "
                           "(60s).",
                           text);
    *(seconds ? &publisher->every_ms : &publisher->every_events) = seconds ? number * 1000 : number;
    return 0;
}

/** How long the broker has to take the last round before the next one begins. */
#define FLUSH_PATIENCE_MS 1000

/** After a failure the round is tried again, but the projector not held up before this. */
#define RETRY_MS 10000

int dbk_publisher_open(struct dbk_publisher *publisher, const struct dbk_config *config,
                       const struct dbk_topic *topic, struct dbk_err *err)
{
    publisher->config = config;
    publisher->topic = topic;
    publisher->turn = topic->partition_count;
    publisher->last_ms = dbk_clock_monotonic_ms();
    int code = dbk_snapshots_read(&publisher->snapshots, config, topic, -1, err);
    if (code == 0 && publisher->snapshots.log == NULL)
        code = dbk_err_set(err, DBK_EBROKER,
                           "there is no topic %s%s to publish snapshots to. Create it with: "
                           "daybook init -t %s",
                           config->topic, DBK_SNAPSHOTS_SUFFIX, config->topic);
    if (code == 0)
        code = dbk_producer_open(&publisher->producer, config,
                                 dbk_log_topic(publisher->snapshots.log), 5, NULL, NULL, err);
    if (code == 0)
        dbk_producer_stop_on(publisher->producer, &dbk_stop_requested);
    return code;
}

void dbk_publisher_close(struct dbk_publisher *publisher)
{
    dbk_producer_close(publisher->producer);
    dbk_snapshots_close(&publisher->snapshots);
    publisher->producer = NULL;
    publisher->last_ms = dbk_clock_monotonic_ms(); /* a try may have taken long */
    publisher->turn = publisher->topic != NULL ? publisher->topic->partition_count : 0;
}

/** One partition being published. */
struct putting {
    struct dbk_publisher *publisher;
    struct dbk_snapshot *snapshot; /* what the topic has, and will have */
    struct dbk_ledger *ledger;
    int32_t partition;
    struct dbk_err *err;
};

/** Send a record, and remember it as the topic will have it. length < 0: a deletion. */
static int send(struct putting *putting, struct dbk_text key, const char *value, int32_t length)
{
    struct dbk_record record = {
        .partition = putting->partition,
        .key = key.bytes,
        .key_length = (int32_t)key.length,
        .value = value,
        .value_length = length < 0 ? DBK_LENGTH_NULL : length,
    };
    int code = dbk_producer_send(putting->publisher->producer, putting->partition, key, value,
                                 length < 0 ? 0 : (size_t)length, 0, putting->err);
    putting->publisher->snapshots.offset_end[putting->partition] += code == 0;
    if (code == 0 && dbk_snapshot_add(putting->snapshot, &record) != 0)
        code = dbk_err_set(putting->err, DBK_ENOMEM, "out of memory.");
    return code;
}

static int put_entry(void *context, struct dbk_text key, struct dbk_text value)
{
    struct putting *putting = context;
    struct dbk_text there;
    if (dbk_snapshot_find(putting->snapshot, false, key, &there) && there.length == value.length &&
        memcmp(there.bytes, value.bytes, value.length) == 0)
        return 0;
    putting->publisher->entry_count++;
    return send(putting, key, value.bytes, (int32_t)value.length);
}

/** Keys that this ledger does not have, gathered: the topic is not changed while it is walked. */
struct strangers {
    struct putting *putting;
    char (*keys)[DBK_STATE_KEY_MAX];
    uint32_t *lengths;
    size_t count;
};

static bool is_known(const struct putting *putting, struct dbk_text key)
{
    uint32_t index;
    uint8_t digest[16];
    return dbk_state_is_source_key(digest, key) ? dbk_ledger_has_source(putting->ledger, digest)
                                                : dbk_ledger_find(putting->ledger, &index, key);
}

static int gather_stranger(void *context, struct dbk_text key, struct dbk_text value)
{
    struct strangers *strangers = context;
    (void)value;
    if (is_known(strangers->putting, key))
        return 0;
    void *keys = realloc(strangers->keys, (strangers->count + 1) * sizeof *strangers->keys);
    if (keys != NULL)
        strangers->keys = keys;
    void *lengths =
        realloc(strangers->lengths, (strangers->count + 1) * sizeof *strangers->lengths);
    if (lengths != NULL)
        strangers->lengths = lengths;
    if (keys == NULL || lengths == NULL)
        return DBK_ENOMEM;
    memcpy(strangers->keys[strangers->count], key.bytes, key.length);
    strangers->lengths[strangers->count++] = key.length;
    return 0;
}

/** Delete what the topic has and the ledger has not: a stranger wrote it. */
static int delete_strangers(struct putting *putting)
{
    struct strangers strangers = {.putting = putting};
    int code = dbk_snapshot_each(putting->snapshot, true, gather_stranger, &strangers);
    if (code == 0)
        code = dbk_snapshot_each(putting->snapshot, false, gather_stranger, &strangers);
    if (code == DBK_ENOMEM)
        code = dbk_err_set(putting->err, DBK_ENOMEM, "out of memory.");
    for (size_t i = 0; code == 0 && i < strangers.count; i++)
        code = send(putting, (struct dbk_text){strangers.keys[i], strangers.lengths[i]}, NULL, -1);
    free(strangers.keys);
    free(strangers.lengths);
    return code;
}

static int put_marker(struct putting *putting, const struct dbk_state_marker *marker)
{
    static const struct dbk_text key = {DBK_STATE_MARKER_KEY, sizeof DBK_STATE_MARKER_KEY - 1};
    struct dbk_buffer text = {0};
    dbk_state_add_marker(&text, marker);
    int code = text.failed ? dbk_err_set(putting->err, DBK_ENOMEM, "out of memory.")
                           : send(putting, key, text.bytes, (int32_t)text.length);
    dbk_buffer_clear(&text);
    putting->publisher->marker_count += code == 0;
    return code;
}

int dbk_publisher_put(struct dbk_publisher *publisher, struct dbk_book *book, int32_t partition,
                      struct dbk_err *err)
{
    struct putting putting = {
        .publisher = publisher,
        .snapshot = publisher->snapshots.partitions[partition],
        .ledger = dbk_book_ledger(book, partition),
        .partition = partition,
        .err = err,
    };
    struct dbk_state_marker marker = {
        .partition = partition,
        .partition_count = dbk_book_partition_count(book),
        .checkpoint = *dbk_book_checkpoint(book, partition),
        .account_count = dbk_ledger_account_count(putting.ledger),
        .source_count = dbk_ledger_source_count(putting.ledger),
    };
    int64_t before = publisher->entry_count;
    if (marker.checkpoint.offset_next == 0)
        return 0;
    int code = dbk_state_each(putting.ledger, partition, put_entry, &putting);
    if (code == 0)
        code = delete_strangers(&putting);
    if (code == 0 && dbk_state_digest(&marker.state, putting.ledger, partition) != 0)
        code = DBK_ENOMEM;
    if (code == DBK_ENOMEM)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    size_t count = dbk_snapshot_marker_count(putting.snapshot);
    const struct dbk_state_marker *last =
        count > 0 ? dbk_snapshot_marker(putting.snapshot, count - 1) : NULL;
    if (code == 0 && before == publisher->entry_count && last != NULL &&
        memcmp(&last->checkpoint.digest, &marker.checkpoint.digest, DBK_DIGEST_SIZE) == 0 &&
        memcmp(&last->state, &marker.state, DBK_DIGEST_SIZE) == 0)
        return 0; /* the topic says all of this already */
    return code == 0 ? put_marker(&putting, &marker) : code;
}

/** @return true where a round is to begin. */
static bool is_due(const struct dbk_publisher *publisher, int64_t events, int64_t now_ms)
{
    int64_t waited_ms = now_ms - publisher->last_ms;
    if (publisher->producer == NULL) /* the last round failed */
        return waited_ms >= RETRY_MS;
    return (publisher->every_events > 0 &&
            events - publisher->last_events >= publisher->every_events) ||
           (publisher->every_ms > 0 && waited_ms >= publisher->every_ms);
}

/** Does the topic end where this publisher's own records end? */
static int is_ours(struct dbk_publisher *publisher, bool *ours, struct dbk_err *err)
{
    struct dbk_snapshots *snapshots = &publisher->snapshots;
    int64_t *high = calloc((size_t)snapshots->partition_count, sizeof *high);
    int code = high == NULL ? dbk_err_set(err, DBK_ENOMEM, "out of memory.")
                            : dbk_producer_flush(publisher->producer, FLUSH_PATIENCE_MS, err);
    if (code == 0)
        code = dbk_log_watermarks(snapshots->log, NULL, high, err);
    *ours = true;
    for (int32_t p = 0; code == 0 && p < snapshots->partition_count; p++)
        *ours = *ours && high[p] == snapshots->offset_end[p];
    free(high);
    return code;
}

static int begin_round(struct dbk_publisher *publisher, struct dbk_err *err)
{
    bool ours = false;
    int code = publisher->producer != NULL ? is_ours(publisher, &ours, err) : 0;
    if (code == 0 && !ours) {
        dbk_publisher_close(publisher);
        code = dbk_publisher_open(publisher, publisher->config, publisher->topic, err);
    }
    if (code == 0)
        publisher->turn = 0;
    return code;
}

/** @return true where the topic's last round is later than the book. */
static bool is_ahead(const struct dbk_publisher *publisher, const struct dbk_book *book,
                     int32_t partition)
{
    const struct dbk_snapshot *snapshot = publisher->snapshots.partitions[partition];
    size_t count = dbk_snapshot_marker_count(snapshot);
    return count > 0 && dbk_snapshot_marker(snapshot, count - 1)->checkpoint.offset_next >
                            dbk_book_checkpoint(book, partition)->offset_next;
}

int dbk_publisher_step(struct dbk_publisher *publisher, struct dbk_book *book, struct dbk_err *err)
{
    int64_t events = dbk_book_event_count(book);
    int64_t now_ms = dbk_clock_monotonic_ms();
    if (publisher->turn == publisher->topic->partition_count) {
        if (!is_due(publisher, events, now_ms))
            return 0;
        publisher->last_events = events;
        publisher->last_ms = now_ms;
        int code = begin_round(publisher, err);
        if (code != 0)
            return code;
    }
    int32_t partition = publisher->turn++;
    return is_ahead(publisher, book, partition)
               ? 0
               : dbk_publisher_put(publisher, book, partition, err);
}
