#include "kafka.h"

#include <daybook/clock.h>
#include <daybook/message.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** The protocol's number of a request that appends. */
#define API_PRODUCE 0

/** librdkafka's log lines come from its own threads. */
static void on_log(const rd_kafka_t *handle, int level, const char *facility, const char *text)
{
    struct dbk_kafka *kafka = rd_kafka_opaque(handle);
    int64_t now_ms = dbk_clock_monotonic_ms();
    if (level > 4) /* notices and below are about the library, not about the ledger */
        return;
    /* A property that only the other kind of client knows: those of -X are given to both. */
    if (strcmp(facility, "CONFWARN") == 0 && strstr(text, "will be ignored by this") != NULL)
        return;
    if (strcmp(facility, "CONFWARN") == 0 && strstr(text, "is experimental") != NULL)
        return; /* what we set ourselves */
    if (strcmp(facility, "GETPID") == 0 && strstr(text, "retrying") != NULL)
        return; /* a broker that has just started: it passes within a second */
    /* The library's prefix "[thrd:...]: " says nothing to our readers. */
    const char *start = strncmp(text, "[thrd:", 6) == 0 ? strstr(text, "]: ") : NULL;
    start = start != NULL ? start + 3 : text;
    pthread_mutex_lock(&kafka->mutex);
    snprintf(kafka->trouble, sizeof kafka->trouble, "%s", start);
    bool again = strcmp(kafka->said, facility) == 0 && now_ms - kafka->said_ms < 30000;
    bool show = !kafka->quiet && !again;
    if (show) {
        snprintf(kafka->said, sizeof kafka->said, "%s", facility);
        kafka->said_ms = now_ms;
    }
    pthread_mutex_unlock(&kafka->mutex);
    if (show)
        dbk_warning("kafka: %s", start);
}

static void on_error(rd_kafka_t *handle, int code, const char *reason, void *opaque)
{
    struct dbk_kafka *kafka = opaque;
    (void)handle;
    pthread_mutex_lock(&kafka->mutex);
    if (code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN ||
        code == RD_KAFKA_RESP_ERR__RESOLVE)
        kafka->interrupted = true;
    if (code == RD_KAFKA_RESP_ERR__AUTHENTICATION)
        kafka->rejected = true;
    if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
        snprintf(kafka->trouble, sizeof kafka->trouble, "%s", reason);
    pthread_mutex_unlock(&kafka->mutex);
}

/** A whole request has left, on a thread of the library. */
static rd_kafka_resp_err_t on_request_sent(rd_kafka_t *handle, int socket, const char *broker,
                                           int32_t broker_id, int16_t api_key, int16_t version,
                                           int32_t number, size_t size, void *opaque)
{
    struct dbk_kafka *kafka = opaque;
    (void)handle, (void)socket, (void)broker, (void)broker_id;
    (void)version, (void)number, (void)size;
    if (api_key == API_PRODUCE)
        atomic_fetch_add(&kafka->produce_count, 1);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t on_new(rd_kafka_t *handle, const rd_kafka_conf_t *conf, void *opaque,
                                  char *why, size_t why_size)
{
    (void)conf, (void)why, (void)why_size;
    return rd_kafka_interceptor_add_on_request_sent(handle, "daybook", on_request_sent, opaque);
}

static int set(rd_kafka_conf_t *conf, const char *name, const char *value, struct dbk_err *err)
{
    char why[512];
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) == RD_KAFKA_CONF_OK)
        return 0;
    return dbk_err_set(err, DBK_EUSAGE, "property %s: %s.", name, why);
}

void dbk_kafka_prepare(const struct dbk_config *config)
{
    for (size_t i = 0; i < config->property_count; i++)
        if (strcmp(config->properties[i].name, "security.protocol") == 0)
            return;
    /* A folder without plugins; of one that is missing, the system's log would be told. */
    setenv("SASL_PATH", "/", 1);
}

int dbk_kafka_open(struct dbk_kafka *kafka, const struct dbk_config *config, rd_kafka_type_t type,
                   const struct dbk_kafka_setting *settings,
                   void (*delivered)(rd_kafka_t *, const rd_kafka_message_t *, void *),
                   struct dbk_err *err)
{
    char why[512];
    memset(kafka, 0, sizeof *kafka);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    int code = set(conf, "bootstrap.servers", config->brokers, err);
    if (code == 0)
        code = set(conf, "client.id", "daybook", err);
    for (; code == 0 && settings->name != NULL; settings++)
        code = set(conf, settings->name, settings->value, err);
    for (size_t i = 0; code == 0 && i < config->property_count; i++)
        code = set(conf, config->properties[i].name, config->properties[i].value, err);
    if (code != 0) {
        rd_kafka_conf_destroy(conf);
        return code;
    }
    rd_kafka_conf_set_opaque(conf, kafka);
    rd_kafka_conf_set_log_cb(conf, on_log);
    rd_kafka_conf_set_error_cb(conf, on_error);
    if (delivered != NULL) {
        rd_kafka_conf_set_dr_msg_cb(conf, delivered);
        rd_kafka_conf_interceptor_add_on_new(conf, "daybook", on_new, kafka);
    }
    pthread_mutex_init(&kafka->mutex, NULL);
    kafka->quiet = true;
    kafka->timeout_ms = DBK_KAFKA_TIMEOUT_MS;
    kafka->config = config;
    kafka->handle = rd_kafka_new(type, conf, why, sizeof why);
    if (kafka->handle == NULL) {
        rd_kafka_conf_destroy(conf);
        pthread_mutex_destroy(&kafka->mutex);
        return dbk_err_set(err, DBK_EUSAGE, "the Kafka client cannot start: %s.", why);
    }
    return 0;
}

void dbk_kafka_close(struct dbk_kafka *kafka)
{
    if (kafka->handle == NULL)
        return;
    rd_kafka_destroy(kafka->handle);
    kafka->handle = NULL;
    pthread_mutex_destroy(&kafka->mutex);
}

void dbk_kafka_speak(struct dbk_kafka *kafka)
{
    pthread_mutex_lock(&kafka->mutex);
    kafka->quiet = false;
    pthread_mutex_unlock(&kafka->mutex);
}

bool dbk_kafka_take_interrupted(struct dbk_kafka *kafka)
{
    rd_kafka_poll(kafka->handle, 0);
    pthread_mutex_lock(&kafka->mutex);
    bool interrupted = kafka->interrupted;
    kafka->interrupted = false;
    pthread_mutex_unlock(&kafka->mutex);
    return interrupted;
}

bool dbk_kafka_is_stopped(const struct dbk_kafka *kafka)
{
    return kafka->config->stop != NULL && *kafka->config->stop;
}

int dbk_kafka_timeout(const struct dbk_kafka *kafka, int most_ms)
{
    return kafka->timeout_ms < most_ms ? kafka->timeout_ms : most_ms;
}

int dbk_kafka_connect(struct dbk_kafka *kafka, struct dbk_err *err)
{
    int64_t deadline_ms = dbk_clock_monotonic_ms() + dbk_kafka_timeout(kafka, DBK_KAFKA_CONNECT_MS);
    /* The cluster's id is part of the first answer; waiting for it asks nothing by itself. Only for
     * a moment: an answer that comes just as the wait begins does not end it. */
    for (;;) {
        char *cluster_id = rd_kafka_clusterid(kafka->handle, 2);
        if (cluster_id != NULL) {
            rd_kafka_mem_free(kafka->handle, cluster_id);
            return 0;
        }
        if (dbk_kafka_is_stopped(kafka) || dbk_clock_monotonic_ms() > deadline_ms)
            return dbk_kafka_unreachable(kafka, err);
        usleep(1000);
    }
}

rd_kafka_event_t *dbk_kafka_await(struct dbk_kafka *kafka, rd_kafka_queue_t *queue, int timeout_ms)
{
    int64_t deadline_ms = dbk_clock_monotonic_ms() + timeout_ms;
    rd_kafka_event_t *event;
    do {
        event = rd_kafka_queue_poll(queue, 100);
    } while (event == NULL && !dbk_kafka_is_stopped(kafka) &&
             dbk_clock_monotonic_ms() < deadline_ms);
    return event;
}

int dbk_kafka_unreachable(struct dbk_kafka *kafka, struct dbk_err *err)
{
    char trouble[sizeof kafka->trouble];
    if (dbk_kafka_is_stopped(kafka))
        return dbk_err_set(err, DBK_ESTOPPED, "stopped.");
    rd_kafka_poll(kafka->handle, 0);
    pthread_mutex_lock(&kafka->mutex);
    memcpy(trouble, kafka->trouble, sizeof trouble);
    bool rejected = kafka->rejected;
    pthread_mutex_unlock(&kafka->mutex);
    char *detail = strstr(trouble, " (after "); /* of interest to the library's authors */
    if (detail != NULL)
        *detail = '\0';
    dbk_err_set(err, DBK_EBROKER,
                "no broker answers at %s%s%s. Start one (scripts/kafka start), or name another "
                "with -b HOST:PORT or DAYBOOK_BROKERS.",
                kafka->config->brokers, trouble[0] != '\0' ? ": " : "", trouble);
    err->passing = !rejected;
    return DBK_EBROKER;
}

bool dbk_kafka_is_silence(rd_kafka_resp_err_t error)
{
    return error == RD_KAFKA_RESP_ERR__TIMED_OUT || error == RD_KAFKA_RESP_ERR__TRANSPORT ||
           error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
}

/** What may pass by itself: a topic that was just made, a leader that died or was just chosen. */
static bool is_passing(rd_kafka_resp_err_t error)
{
    return dbk_kafka_is_silence(error) || error == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
           error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
           error == RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE ||
           error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
           error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
}

/** One request for all partitions: the "times" -1 and -2 stand for the end and the beginning.
 *  @return the first error. */
static rd_kafka_resp_err_t ask_offsets(struct dbk_kafka *kafka, const char *topic,
                                       int32_t partition_count, int64_t which, int64_t *offsets,
                                       int32_t *failed)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partition_count);
    for (int32_t p = 0; p < partition_count; p++)
        rd_kafka_topic_partition_list_add(list, topic, p)->offset = which;
    rd_kafka_resp_err_t error =
        rd_kafka_offsets_for_times(kafka->handle, list, dbk_kafka_timeout(kafka, DBK_KAFKA_TRY_MS));
    *failed = 0;
    for (int i = 0; error == RD_KAFKA_RESP_ERR_NO_ERROR && i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *found = &list->elems[i];
        error = found->err;
        *failed = found->partition;
        offsets[found->partition] = found->offset;
    }
    rd_kafka_topic_partition_list_destroy(list);
    return error;
}

static int query_offsets(struct dbk_kafka *kafka, const char *topic, int32_t partition_count,
                         int64_t which, int64_t *offsets, struct dbk_err *err)
{
    int64_t deadline_ms = dbk_clock_monotonic_ms() + kafka->timeout_ms;
    for (;;) {
        int32_t failed;
        rd_kafka_resp_err_t error =
            ask_offsets(kafka, topic, partition_count, which, offsets, &failed);
        if (error == RD_KAFKA_RESP_ERR_NO_ERROR)
            return 0;
        bool late = dbk_clock_monotonic_ms() > deadline_ms || dbk_kafka_is_stopped(kafka);
        if (late && dbk_kafka_is_silence(error))
            return dbk_kafka_unreachable(kafka, err);
        if (late || !is_passing(error)) {
            dbk_err_set(err, DBK_EBROKER,
                        "the broker does not say where partition %d of topic %s ends: %s. Try "
                        "again when the cluster is healthy.",
                        failed, topic, rd_kafka_err2str(error));
            err->passing = is_passing(error);
            return DBK_EBROKER;
        }
        usleep(50000);
    }
}

int dbk_kafka_watermarks(struct dbk_kafka *kafka, const char *topic, int32_t partition_count,
                         int64_t *low, int64_t *high, struct dbk_err *err)
{
    int code = 0;
    if (low != NULL)
        code = query_offsets(kafka, topic, partition_count, RD_KAFKA_OFFSET_BEGINNING, low, err);
    if (code == 0 && high != NULL)
        code = query_offsets(kafka, topic, partition_count, RD_KAFKA_OFFSET_END, high, err);
    return code;
}
