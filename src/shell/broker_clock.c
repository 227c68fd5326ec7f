#include "kafka.h"

#include <daybook/clock.h>

#include <stdio.h>

struct answer {
    struct dbk_kafka kafka; /* first: the callbacks' opaque pointer */
    int64_t time_ms;        /* 0: none yet */
};

static void on_delivered(rd_kafka_t *handle, const rd_kafka_message_t *message, void *opaque)
{
    struct answer *answer = opaque;
    rd_kafka_timestamp_type_t type;
    (void)handle;
    int64_t time_ms = rd_kafka_message_timestamp(message, &type);
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME)
        answer->time_ms = time_ms;
}

/*
 * Kafka has no request for the time. But a topic with LogAppendTime stamps what it is given, and
 * tells the stamp: a tombstone under a key of its own costs nothing there, compaction removes it.
 */
bool dbk_broker_clock(const struct dbk_config *config, int64_t *ahead_ms)
{
    static const struct dbk_kafka_setting settings[] = {{"message.timeout.ms", "3000"},
                                                        {NULL, NULL}};
    char topic[DBK_TOPIC_MAX + sizeof DBK_SNAPSHOTS_SUFFIX];
    struct answer answer = {.time_ms = 0};
    struct dbk_err err;
    snprintf(topic, sizeof topic, "%s%s", config->topic, DBK_SNAPSHOTS_SUFFIX);
    if (dbk_kafka_open(&answer.kafka, config, RD_KAFKA_PRODUCER, settings, on_delivered, &err) != 0)
        return false;
    int64_t before_ms = dbk_clock_wall_ms();
    rd_kafka_producev(answer.kafka.handle, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(0),
                      RD_KAFKA_V_KEY("\x1f"
                                     "clock",
                                     6),
                      RD_KAFKA_V_END);
    rd_kafka_flush(answer.kafka.handle, 4000);
    int64_t now_ms = (before_ms + dbk_clock_wall_ms()) / 2;
    dbk_kafka_close(&answer.kafka);
    *ahead_ms = now_ms - answer.time_ms;
    return answer.time_ms != 0;
}
