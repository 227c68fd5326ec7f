#include "kafka.h"

#include <daybook/clock.h>
#include <daybook/message.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/** Partitions of a new ledger of which nobody said how many. */
#define PARTITION_COUNT_USUAL 12

static int broker_count(struct dbk_kafka *kafka, int *count, struct dbk_err *err)
{
    const rd_kafka_metadata_t *metadata = NULL;
    int code = dbk_kafka_connect(kafka, err);
    if (code != 0)
        return code;
    if (rd_kafka_metadata(kafka->handle, 0, NULL, &metadata, DBK_KAFKA_CONNECT_MS) !=
        RD_KAFKA_RESP_ERR_NO_ERROR)
        return dbk_kafka_unreachable(kafka, err);
    *count = metadata->broker_cnt;
    rd_kafka_metadata_destroy(metadata);
    return 0;
}

/** Ask for a new topic. @return DBK_EBROKER with the broker's reason. */
static int create(struct dbk_kafka *kafka, const char *name, int32_t partition_count,
                  int32_t replication, struct dbk_err *err)
{
    char why[512];
    struct dbk_kafka_setting settings[16];
    size_t count = dbk_topic_settings(settings, 16, name, replication);
    rd_kafka_NewTopic_t *topic =
        rd_kafka_NewTopic_new(name, partition_count, replication, why, sizeof why);
    if (topic == NULL)
        return dbk_err_set(err, DBK_EUSAGE, "topic %s cannot be created: %s.", name, why);
    rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
    for (size_t i = 0; error == 0 && i < count; i++)
        error = rd_kafka_NewTopic_set_config(topic, settings[i].name, settings[i].value);
    DBK_ASSERT(error == RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(kafka->handle);
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(kafka->handle, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_AdminOptions_set_operation_timeout(options, DBK_KAFKA_TIMEOUT_MS / 2, why, sizeof why);
    rd_kafka_CreateTopics(kafka->handle, &topic, 1, options, queue);
    rd_kafka_event_t *event = dbk_kafka_await(kafka, queue, DBK_KAFKA_TIMEOUT_MS);
    int code = 0;
    size_t results = 0;
    const rd_kafka_CreateTopics_result_t *result =
        event != NULL ? rd_kafka_event_CreateTopics_result(event) : NULL;
    const rd_kafka_topic_result_t **topics =
        result != NULL ? rd_kafka_CreateTopics_result_topics(result, &results) : NULL;
    const char *reason = NULL;
    if (event == NULL)
        reason = "no answer";
    else if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR || results != 1)
        reason = rd_kafka_event_error_string(event);
    else if (rd_kafka_topic_result_error(topics[0]) != RD_KAFKA_RESP_ERR_NO_ERROR &&
             rd_kafka_topic_result_error(topics[0]) != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
        reason = rd_kafka_topic_result_error_string(topics[0]);
    if (reason != NULL) {
        size_t length = strlen(reason); /* some of Kafka's sentences have their full stop */
        length -= length > 0 && reason[length - 1] == '.';
        code = dbk_err_set(err, DBK_EBROKER, "topic %s was not created: %.*s.", name, (int)length,
                           reason);
    }
    if (event != NULL)
        rd_kafka_event_destroy(event);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy(topic);
    return code;
}

/** A new topic is known to all brokers a moment after it was created. */
static int describe_created(struct dbk_kafka *kafka, const struct dbk_config *config,
                            const char *name, struct dbk_topic *topic,
                            struct dbk_topic_findings *findings, struct dbk_err *err)
{
    int64_t deadline_ms = dbk_clock_monotonic_ms() + DBK_KAFKA_TIMEOUT_MS;
    for (;;) {
        int code = dbk_topic_describe(kafka, config, name, topic, findings, NULL, err);
        if (code != DBK_ENO || dbk_clock_monotonic_ms() > deadline_ms)
            return code == DBK_ENO ? DBK_EBROKER : code;
        usleep(50000);
    }
}

static int refuse(const struct dbk_topic *topic, const struct dbk_topic_findings *findings,
                  struct dbk_err *err)
{
    return dbk_err_set(
        err, DBK_EBROKER,
        "topic %s exists, and its settings would lose the ledger: %s. If it is to be "
        "this ledger's log, change them with kafka-configs --alter; otherwise choose "
        "another topic with -t.",
        topic->name, findings->fatal);
}

/** Create or check one topic. replication: for a new one. */
static int ensure(struct dbk_kafka *kafka, const struct dbk_config *config, const char *name,
                  int32_t partition_count, int32_t replication, struct dbk_topic *topic,
                  struct dbk_err *err)
{
    struct dbk_topic_findings findings;
    bool created = false;
    int code = dbk_topic_describe(kafka, config, name, topic, &findings, NULL, err);
    if (code == DBK_ENO) {
        created = true;
        code = create(kafka, name, partition_count > 0 ? partition_count : PARTITION_COUNT_USUAL,
                      replication, err);
        if (code == 0)
            code = describe_created(kafka, config, name, topic, &findings, err);
    }
    if (code != 0)
        return code;
    if (findings.fatal[0] != '\0')
        return refuse(topic, &findings, err);
    if (topic->partition_count != partition_count && partition_count > 0)
        return dbk_err_set(
            err, DBK_EBROKER,
            "topic %s exists with %d partitions, not %d. The number of partitions is "
            "part of a ledger's history and never changes; run init with "
            "--partitions %d, or choose another topic with -t.",
            name, topic->partition_count, partition_count, topic->partition_count);
    dbk_message("topic %s %s: %d partitions, %d replica%s, %s", name,
                created ? "created" : "is there already", topic->partition_count,
                topic->replication, topic->replication == 1 ? "" : "s",
                topic->settings_known ? topic->settings : "settings may not be read");
    if (findings.weak[0] != '\0')
        dbk_warning("topic %s: %s", name, findings.weak);
    return 0;
}

/** Delete a topic and wait until it is gone. */
static int delete_topic(struct dbk_kafka *kafka, const struct dbk_config *config, const char *name,
                        struct dbk_err *err)
{
    char why[256];
    struct dbk_topic topic;
    struct dbk_topic_findings findings;
    struct dbk_err gone;
    rd_kafka_DeleteTopic_t *request = rd_kafka_DeleteTopic_new(name);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(kafka->handle);
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(kafka->handle, RD_KAFKA_ADMIN_OP_DELETETOPICS);
    rd_kafka_AdminOptions_set_operation_timeout(options, DBK_KAFKA_TIMEOUT_MS / 2, why, sizeof why);
    rd_kafka_DeleteTopics(kafka->handle, &request, 1, options, queue);
    rd_kafka_event_t *event = dbk_kafka_await(kafka, queue, DBK_KAFKA_TIMEOUT_MS);
    const rd_kafka_DeleteTopics_result_t *result =
        event != NULL ? rd_kafka_event_DeleteTopics_result(event) : NULL;
    size_t count = 0;
    const rd_kafka_topic_result_t **results =
        result != NULL ? rd_kafka_DeleteTopics_result_topics(result, &count) : NULL;
    rd_kafka_resp_err_t error =
        event != NULL ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR && count == 1)
        error = rd_kafka_topic_result_error(results[0]);
    int code =
        error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART
            ? 0
            : dbk_err_set(err, DBK_EBROKER, "topic %s was not deleted: %s.", name,
                          rd_kafka_err2str(error));
    if (event != NULL)
        rd_kafka_event_destroy(event);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
    rd_kafka_DeleteTopic_destroy(request);
    int64_t deadline_ms = dbk_clock_monotonic_ms() + DBK_KAFKA_TIMEOUT_MS;
    while (code == 0 &&
           dbk_topic_describe(kafka, config, name, &topic, &findings, NULL, &gone) == 0) {
        if (dbk_clock_monotonic_ms() > deadline_ms)
            return dbk_err_set(err, DBK_EBROKER,
                               "topic %s is still there after it was deleted. Try again.", name);
        usleep(50000);
    }
    return code;
}

int dbk_log_reset_snapshots(const struct dbk_config *config, const struct dbk_topic *events,
                            struct dbk_err *err)
{
    static const struct dbk_kafka_setting settings[] = {{NULL, NULL}};
    char snapshots[DBK_TOPIC_MAX + sizeof DBK_SNAPSHOTS_SUFFIX];
    struct dbk_kafka kafka;
    struct dbk_topic topic;
    snprintf(snapshots, sizeof snapshots, "%s%s", config->topic, DBK_SNAPSHOTS_SUFFIX);
    int code = dbk_kafka_open(&kafka, config, RD_KAFKA_CONSUMER, settings, NULL, err);
    if (code != 0)
        return code;
    code = delete_topic(&kafka, config, snapshots, err);
    if (code == 0)
        code = ensure(&kafka, config, snapshots, events->partition_count, events->replication,
                      &topic, err);
    dbk_kafka_close(&kafka);
    return code;
}

int dbk_log_init(const struct dbk_config *config, int32_t partition_count, int32_t replication,
                 struct dbk_err *err)
{
    static const struct dbk_kafka_setting settings[] = {{NULL, NULL}};
    char snapshots[DBK_TOPIC_MAX + sizeof DBK_SNAPSHOTS_SUFFIX];
    struct dbk_kafka kafka;
    struct dbk_topic topic;
    int brokers = 0;
    int32_t wanted = replication;
    snprintf(snapshots, sizeof snapshots, "%s%s", config->topic, DBK_SNAPSHOTS_SUFFIX);
    int code = dbk_kafka_open(&kafka, config, RD_KAFKA_CONSUMER, settings, NULL, err);
    if (code != 0)
        return code;
    code = broker_count(&kafka, &brokers, err);
    if (code == 0 && replication == 0)
        replication = brokers < 3 ? brokers : 3;
    if (code == 0)
        code = ensure(&kafka, config, config->topic, partition_count, replication, &topic, err);
    if (code == 0 && wanted > 0 && topic.replication != wanted)
        dbk_warning("topic %s has %d replica%s, not %d. Kafka's kafka-reassign-partitions changes "
                    "that.",
                    topic.name, topic.replication, topic.replication == 1 ? "" : "s", wanted);
    if (code == 0) {
        if (topic.replication == 2)
            dbk_warning("with 2 replicas an event is acknowledged while one of them may be down: "
                        "losing the other then loses the event, and waiting for both would stop "
                        "the ledger with either. 3 replicas do neither.");
        code = ensure(&kafka, config, snapshots, topic.partition_count, topic.replication, &topic,
                      err);
    }
    dbk_kafka_close(&kafka);
    return code;
}
