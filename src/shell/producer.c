#include <daybook/producer.h>

#include "kafka.h"

#include <daybook/clock.h>
#include <daybook/message.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/** After this long without an acknowledgement the user is told what is waited for. */
#define SILENCE_MS 5000

/** How long the library may take to say what it dropped. */
#define ABANDON_MS 1000

/** How long those that were sent beside a failed one may take to be answered. */
#define SETTLE_MS 3000

struct dbk_producer {
    struct dbk_kafka kafka; /* first: the callbacks' opaque pointer */
    const struct dbk_config *config;
    rd_kafka_topic_t *topic;
    bool many;     /* records are sent in batches, not one by one */
    bool admitted; /* the topic may be sent to */
    dbk_delivered *delivered;
    void *context;
    const atomic_bool *stop; /* NULL: nobody can ask to stop */
    int64_t sent_count;
    int64_t delivered_count;
    int64_t heard_ms;            /* when the last acknowledgement came */
    int64_t before_count;        /* requests that left before those records that are in flight */
    rd_kafka_resp_err_t failure; /* of the first record that failed */
    bool maybe_sent;             /* that record may be in the log nevertheless */
};

/** @return true for what a broker refuses before it appends anything. */
static bool is_refusal(rd_kafka_resp_err_t error)
{
    switch (error) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
        return true;
    default:
        return false;
    }
}

/** May a record that was not acknowledged be in the log? The library calls some errors certain
 *  which a broker also gives after it appended, as where it ceases to lead meanwhile: certain is
 *  only what never left, and the one answer that refuses. */
static bool may_be_in_log(struct dbk_producer *producer, rd_kafka_resp_err_t error)
{
    int64_t left = atomic_load(&producer->kafka.produce_count) - producer->before_count;
    if (is_refusal(error))
        return !producer->many && left > 1; /* of many, others have left */
    return left > 0;
}

/** Every record's fate arrives here, on the thread that polls. */
static void on_delivered(rd_kafka_t *handle, const rd_kafka_message_t *message, void *opaque)
{
    struct dbk_producer *producer = opaque;
    (void)handle;
    producer->heard_ms = dbk_clock_monotonic_ms();
    rd_kafka_msg_status_t status = rd_kafka_message_status(message);
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && status == RD_KAFKA_MSG_STATUS_PERSISTED) {
        struct dbk_delivery delivery = {
            .partition = message->partition,
            .offset = message->offset,
            .timestamp_ms = rd_kafka_message_timestamp(message, NULL),
            .tag = (uint64_t)(uintptr_t)message->_private,
        };
        producer->delivered_count++;
        if (producer->delivered != NULL)
            producer->delivered(producer->context, &delivery);
        return;
    }
    if (status != RD_KAFKA_MSG_STATUS_NOT_PERSISTED || may_be_in_log(producer, message->err))
        producer->maybe_sent = true;
    if (producer->failure == RD_KAFKA_RESP_ERR_NO_ERROR)
        producer->failure = message->err != 0 ? message->err : RD_KAFKA_RESP_ERR__FAIL;
}

int dbk_producer_connect(struct dbk_producer **producer, const struct dbk_config *config,
                         const char *topic, int linger_ms, dbk_delivered *delivered, void *context,
                         struct dbk_err *err)
{
    char linger[16];
    *producer = NULL;
    snprintf(linger, sizeof linger, "%d", linger_ms);
    const struct dbk_kafka_setting settings[] = {
        {"enable.idempotence", "true"},
        /* Who lingers sends many at once: nothing may follow what was refused, or seq has holes.
         * Who does not waits for each event's outcome. */
        {"enable.gapless.guarantee", linger_ms > 0 ? "true" : "false"},
        {"acks", "all"},
        {"allow.auto.create.topics", "false"},
        /* Of what is asked through this connection: where a partition ends. */
        {"isolation.level", "read_uncommitted"},
        {"message.timeout.ms", "0"},
        {"linger.ms", linger},
        {"partitioner", "murmur2_random"},
        {"compression.codec", "lz4"},
        {"batch.num.messages", "100000"},
        {"queue.buffering.max.messages", "500000"},
        {"queue.buffering.max.kbytes", "262144"},
        {"reconnect.backoff.max.ms", "2000"},
        {NULL, NULL},
    };
    struct dbk_producer *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    opened->config = config;
    opened->many = linger_ms > 0;
    opened->delivered = delivered;
    opened->context = context;
    opened->heard_ms = dbk_clock_monotonic_ms();
    int code =
        dbk_kafka_open(&opened->kafka, config, RD_KAFKA_PRODUCER, settings, on_delivered, err);
    /* Now, so that where it is comes with the first answer. */
    if (code == 0)
        opened->topic = rd_kafka_topic_new(opened->kafka.handle, topic, NULL);
    if (code == 0 && opened->topic == NULL)
        code = dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    if (code != 0) {
        dbk_producer_close(opened);
        return code;
    }
    *producer = opened;
    return 0;
}

int dbk_producer_admit(struct dbk_producer *producer, const struct dbk_topic *topic,
                       struct dbk_err *err)
{
    if (topic->danger[0] != '\0')
        return dbk_err_set(err, DBK_EBROKER,
                           "nothing was sent: topic %s would lose the ledger's events: %s. Change "
                           "that with kafka-configs --alter first.",
                           topic->name, topic->danger);
    producer->admitted = true;
    dbk_kafka_speak(&producer->kafka);
    return 0;
}

int dbk_producer_open(struct dbk_producer **producer, const struct dbk_config *config,
                      const struct dbk_topic *topic, int linger_ms, dbk_delivered *delivered,
                      void *context, struct dbk_err *err)
{
    int code =
        dbk_producer_connect(producer, config, topic->name, linger_ms, delivered, context, err);
    if (code == 0)
        code = dbk_producer_admit(*producer, topic, err);
    if (code != 0) {
        dbk_producer_close(*producer);
        *producer = NULL;
    }
    return code;
}

struct dbk_kafka *dbk_producer_kafka(struct dbk_producer *producer)
{
    return &producer->kafka;
}

void dbk_producer_stop_on(struct dbk_producer *producer, const atomic_bool *stop)
{
    producer->stop = stop;
}

void dbk_producer_close(struct dbk_producer *producer)
{
    if (producer == NULL)
        return;
    if (producer->kafka.handle != NULL)
        rd_kafka_purge(producer->kafka.handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                                   RD_KAFKA_PURGE_F_NON_BLOCKING);
    if (producer->topic != NULL)
        rd_kafka_topic_destroy(producer->topic);
    dbk_kafka_close(&producer->kafka);
    free(producer);
}

/** The broker refused a time: say whose clock is wrong, and by how much. */
static int clock_is_wrong(struct dbk_producer *producer, struct dbk_err *err)
{
    int64_t ahead_ms;
    char sent[64] = "nothing was sent";
    if (producer->delivered_count > 0)
        snprintf(sent, sizeof sent, "%" PRId64 " events were sent before that",
                 producer->delivered_count);
    if (!dbk_broker_clock(producer->config, &ahead_ms))
        return dbk_err_set(err, DBK_EBROKER,
                           "the broker refuses this machine's time as too far from its own "
                           "(invalid timestamp); %s. Set this machine's clock and try again.",
                           sent);
    int64_t seconds = (ahead_ms < 0 ? -ahead_ms : ahead_ms) / 1000;
    return dbk_err_set(err, DBK_EBROKER,
                       "this machine's clock is %" PRId64 ":%02d:%02d %s the broker's, which "
                       "refuses its time (invalid timestamp); %s. Set this machine's clock and "
                       "try again.",
                       seconds / 3600, (int)(seconds / 60 % 60), (int)(seconds % 60),
                       ahead_ms < 0 ? "behind" : "ahead of", sent);
}

/** What failed so far. @return 0, DBK_EBROKER or DBK_EUNKNOWN. */
static int check(struct dbk_producer *producer, struct dbk_err *err)
{
    char why[256];
    /* A refusal stops the client for good (no gaps), but the refusal is what to tell; the broker's
     * own errors are above 0. */
    bool refused = producer->failure > RD_KAFKA_RESP_ERR_NO_ERROR && !producer->maybe_sent;
    if (refused && producer->failure == RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP)
        return clock_is_wrong(producer, err);
    rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(producer->kafka.handle, why, sizeof why);
    if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR && !refused)
        return dbk_err_set(
            err, DBK_EUNKNOWN,
            "the Kafka client gave up (%s: %s); the last events may or may not be in "
            "the log.",
            rd_kafka_err2name(fatal), why);
    if (producer->failure == RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    if (producer->maybe_sent)
        return dbk_err_set(err, DBK_EUNKNOWN, "an event may or may not be in the log: %s.",
                           rd_kafka_err2str(producer->failure));
    return dbk_err_set(err, DBK_EBROKER, "the broker refused an event: %s.",
                       rd_kafka_err2str(producer->failure));
}

/** Serve acknowledgements for a moment; tell the user when there have been none for long. */
static int wait_a_moment(struct dbk_producer *producer, int timeout_ms, struct dbk_err *err)
{
    rd_kafka_poll(producer->kafka.handle, timeout_ms);
    if (producer->stop != NULL && *producer->stop)
        return dbk_err_set(err, DBK_ESTOPPED, "stopped.");
    if (dbk_clock_monotonic_ms() - producer->heard_ms > SILENCE_MS) {
        producer->heard_ms = dbk_clock_monotonic_ms();
        dbk_warning("waiting for %d events to be acknowledged by the broker at %s; Ctrl-C stops",
                    rd_kafka_outq_len(producer->kafka.handle), producer->config->brokers);
    }
    return check(producer, err);
}

int dbk_producer_send(struct dbk_producer *producer, int32_t partition, struct dbk_text key,
                      const void *value, size_t value_length, uint64_t tag, struct dbk_err *err)
{
    DBK_ASSERT(producer->admitted);
    /* The library's signature is not const, but with F_COPY it only reads. */
    union {
        const void *in;
        void *out;
    } payload = {.in = value};
    if (producer->sent_count == producer->delivered_count)
        producer->before_count = atomic_load(&producer->kafka.produce_count);
    /* Acknowledgements are served now and then: a poll for each event costs as much as sending.
     * Before the event is taken: what is found then is about those before it. */
    if ((++producer->sent_count & 1023) == 0) {
        rd_kafka_poll(producer->kafka.handle, 0);
        int code = check(producer, err);
        if (code != 0)
            return code;
    }
    while (rd_kafka_produce(producer->topic, partition, RD_KAFKA_MSG_F_COPY, payload.out,
                            value_length, key.bytes, key.length, (void *)(uintptr_t)tag) != 0) {
        rd_kafka_resp_err_t error = rd_kafka_last_error();
        if (error == RD_KAFKA_RESP_ERR__FATAL)
            return check(producer, err);
        if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            return dbk_err_set(err, DBK_EBROKER, "an event cannot be sent: %s.",
                               rd_kafka_err2str(error));
        int code = wait_a_moment(producer, 100, err);
        if (code != 0)
            return code;
    }
    return 0;
}

int dbk_producer_flush(struct dbk_producer *producer, int timeout_ms, struct dbk_err *err)
{
    int64_t deadline_ms = timeout_ms < 0 ? INT64_MAX : dbk_clock_monotonic_ms() + timeout_ms;
    int code = check(producer, err);
    while (code == 0 && rd_kafka_outq_len(producer->kafka.handle) > 0) {
        if (dbk_clock_monotonic_ms() > deadline_ms)
            return dbk_err_set(
                err, DBK_EUNKNOWN,
                "%d events are not acknowledged yet by the broker at %s; they may or "
                "may not be in the log.",
                rd_kafka_outq_len(producer->kafka.handle), producer->config->brokers);
        rd_kafka_flush(producer->kafka.handle, 0); /* ends the lingering */
        code = wait_a_moment(producer, 20, err);
    }
    return code;
}

int dbk_producer_poll(struct dbk_producer *producer, int timeout_ms, struct dbk_err *err)
{
    rd_kafka_poll(producer->kafka.handle, timeout_ms);
    return check(producer, err);
}

/** @return true where all was answered in time, and none may be in the log without being known. */
static bool wait_for_answers(struct dbk_producer *producer, int timeout_ms)
{
    int64_t deadline_ms = dbk_clock_monotonic_ms() + timeout_ms;
    while (rd_kafka_outq_len(producer->kafka.handle) > 0 && dbk_clock_monotonic_ms() < deadline_ms)
        rd_kafka_poll(producer->kafka.handle, 20);
    return rd_kafka_outq_len(producer->kafka.handle) == 0 && !producer->maybe_sent;
}

bool dbk_producer_abandon(struct dbk_producer *producer)
{
    rd_kafka_purge(producer->kafka.handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    return wait_for_answers(producer, ABANDON_MS);
}

bool dbk_producer_settle(struct dbk_producer *producer)
{
    return wait_for_answers(producer, SETTLE_MS);
}

bool dbk_producer_has_failed(const struct dbk_producer *producer)
{
    char why[256];
    return producer->failure != RD_KAFKA_RESP_ERR_NO_ERROR ||
           rd_kafka_fatal_error(producer->kafka.handle, why, sizeof why) !=
               RD_KAFKA_RESP_ERR_NO_ERROR;
}
