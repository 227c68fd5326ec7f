/*
 * Preloaded, it breaks the broker at the worst moment: just before the first event is handed to the
 * client library, the process DAYBOOK_BROKER_PID gets the signal DAYBOOK_BROKER_SIGNAL. A stopped
 * broker takes the bytes and does not answer; a killed one takes nothing.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <librdkafka/rdkafka.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

int rd_kafka_produce(rd_kafka_topic_t *topic, int32_t partition, int flags, void *payload,
                     size_t length, const void *key, size_t key_length, void *opaque)
{
    static int done;
    int (*real)(rd_kafka_topic_t *, int32_t, int, void *, size_t, const void *, size_t, void *);
    *(void **)&real = dlsym(RTLD_NEXT, "rd_kafka_produce");
    const char *pid = getenv("DAYBOOK_BROKER_PID");
    const char *number = getenv("DAYBOOK_BROKER_SIGNAL");
    if (pid != NULL && number != NULL && !done++) {
        kill((pid_t)strtol(pid, NULL, 10), (int)strtol(number, NULL, 10));
        usleep(300000); /* until the connections of a killed one are gone */
    }
    return real(topic, partition, flags, payload, length, key, key_length, opaque);
}
