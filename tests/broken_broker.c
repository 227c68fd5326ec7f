/*
 * Preloaded, it breaks the broker at the worst moment: just before the first event is handed to the
 * client library, the process DAYBOOK_BROKER_PID gets the signal DAYBOOK_BROKER_SIGNAL. A stopped
 * broker takes the bytes and does not answer; a killed one takes nothing. With DAYBOOK_SWALLOW the
 * client library takes events and does nothing with them: they stay in flight.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <librdkafka/rdkafka.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** @return true where the process has closed all it had open. */
static bool is_gone(const char *pid)
{
    char path[64];
    char line[512] = "";
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return true;
    bool zombie = fgets(line, sizeof line, file) == NULL || strstr(line, ") Z ") != NULL;
    fclose(file);
    return zombie;
}

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
        while (atoi(number) == SIGKILL && !is_gone(pid))
            usleep(10000);
        usleep(500000); /* until the client has seen it */
    }
    if (getenv("DAYBOOK_SWALLOW") != NULL)
        return 0;
    return real(topic, partition, flags, payload, length, key, key_length, opaque);
}
