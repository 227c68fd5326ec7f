/*
 * Preloaded, it makes the Kafka client give up once, after DAYBOOK_FATAL_AFTER records: the fatal
 * error that an idempotent producer can meet at any time, and that no broker gives on demand.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <librdkafka/rdkafka.h>
#include <stdlib.h>

static rd_kafka_t *producer;

rd_kafka_t *rd_kafka_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, char *why, size_t why_size)
{
    rd_kafka_t *(*real)(rd_kafka_type_t, rd_kafka_conf_t *, char *, size_t);
    *(void **)&real = dlsym(RTLD_NEXT, "rd_kafka_new");
    rd_kafka_t *handle = real(type, conf, why, why_size);
    if (type == RD_KAFKA_PRODUCER)
        producer = handle;
    return handle;
}

int rd_kafka_produce(rd_kafka_topic_t *topic, int32_t partition, int flags, void *payload,
                     size_t length, const void *key, size_t key_length, void *opaque)
{
    static long count;
    int (*real)(rd_kafka_topic_t *, int32_t, int, void *, size_t, const void *, size_t, void *);
    *(void **)&real = dlsym(RTLD_NEXT, "rd_kafka_produce");
    const char *after = getenv("DAYBOOK_FATAL_AFTER");
    if (after != NULL && ++count == strtol(after, NULL, 10))
        rd_kafka_test_fatal_error(producer, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
                                  "a test");
    return real(topic, partition, flags, payload, length, key, key_length, opaque);
}
