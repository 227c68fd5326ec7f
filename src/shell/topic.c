#include "kafka.h"

#include <daybook/clock.h>
#include <daybook/message.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** The topic whose name ends in DBK_SNAPSHOTS_SUFFIX has rules of its own. */
static bool is_snapshots_topic(const char *name)
{
    size_t length = strlen(name);
    size_t suffix = strlen(DBK_SNAPSHOTS_SUFFIX);
    return length > suffix && strcmp(name + length - suffix, DBK_SNAPSHOTS_SUFFIX) == 0;
}

size_t dbk_topic_settings(struct dbk_kafka_setting *settings, size_t capacity, const char *topic,
                          int32_t replication)
{
    static const struct dbk_kafka_setting events[] = {
        {"cleanup.policy", "delete"},
        {"retention.ms", "-1"}, /* the default deletes the ledger after 7 days */
        {"retention.bytes", "-1"},
        {"message.timestamp.type", "CreateTime"}, /* a restored copy keeps its digest */
        {"compression.type", "producer"},
        {"unclean.leader.election.enable", "false"},
    };
    /* LogAppendTime: a snapshot's time is nobody's claim, and a broker's clock can be asked for. */
    static const struct dbk_kafka_setting snapshots[] = {
        {"cleanup.policy", "compact"},
        {"message.timestamp.type", "LogAppendTime"},
        {"segment.bytes", "16777216"},
        {"segment.ms", "600000"},
        {"min.cleanable.dirty.ratio", "0.1"},
        {"min.compaction.lag.ms", "600000"},
        {"unclean.leader.election.enable", "false"},
    };
    bool is_snapshots = is_snapshots_topic(topic);
    const struct dbk_kafka_setting *chosen = is_snapshots ? snapshots : events;
    size_t count =
        is_snapshots ? sizeof snapshots / sizeof snapshots[0] : sizeof events / sizeof events[0];
    DBK_ASSERT(count + 1 <= capacity);
    memcpy(settings, chosen, count * sizeof *settings);
    if (replication >= 3)
        settings[count++] = (struct dbk_kafka_setting){"min.insync.replicas", "2"};
    else if (replication == 1 && !is_snapshots)
        settings[count++] = (struct dbk_kafka_setting){"flush.messages", "1"};
    return count;
}

static void append(char *text, size_t size, const char *format, ...) DBK_PRINTF(3, 4);

static void append(char *text, size_t size, const char *format, ...)
{
    size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, size - used, format, arguments);
    va_end(arguments);
}

/** Settings that lose events; all others only make a loss more likely. */
static bool is_vital(const char *name, bool snapshots)
{
    return strcmp(name, "cleanup.policy") == 0 ||
           (!snapshots &&
            (strcmp(name, "retention.ms") == 0 || strcmp(name, "retention.bytes") == 0 ||
             strcmp(name, "message.timestamp.type") == 0));
}

/** Compare what the topic has with what daybook would have given it. */
static void compare_settings(struct dbk_topic *topic, struct dbk_topic_findings *findings,
                             const rd_kafka_ConfigEntry_t *const *entries, size_t entry_count)
{
    struct dbk_kafka_setting wanted[16];
    size_t count = dbk_topic_settings(wanted, 16, topic->name, topic->replication);
    bool snapshots = is_snapshots_topic(topic->name);
    for (size_t i = 0; i < count; i++) {
        const char *found = NULL;
        for (size_t j = 0; j < entry_count; j++)
            if (strcmp(rd_kafka_ConfigEntry_name(entries[j]), wanted[i].name) == 0)
                found = rd_kafka_ConfigEntry_value(entries[j]);
        if (found == NULL)
            continue;
        append(topic->settings, sizeof topic->settings, "%s%s=%s", i > 0 ? ", " : "",
               wanted[i].name, found);
        if (strcmp(found, wanted[i].value) == 0)
            continue;
        bool vital = is_vital(wanted[i].name, snapshots);
        bool tuning =
            snapshots || strcmp(wanted[i].name, "compression.type") == 0 ||
            (strcmp(wanted[i].name, "min.insync.replicas") == 0 && strcmp(found, "1") != 0);
        char *text = vital ? findings->fatal : findings->weak;
        if (vital || !tuning)
            append(text, sizeof findings->fatal, "%s%s=%s (must be %s)",
                   text[0] != '\0' ? ", " : "", wanted[i].name, found, wanted[i].value);
    }
    topic->settings_known = true;
}

/** Ask for the topic's settings. @return where the answer comes. */
static rd_kafka_queue_t *ask_settings(struct dbk_kafka *kafka, const struct dbk_topic *topic)
{
    char why[256];
    rd_kafka_queue_t *queue = rd_kafka_queue_new(kafka->handle);
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(kafka->handle, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic->name);
    rd_kafka_AdminOptions_set_request_timeout(options, dbk_kafka_timeout(kafka, DBK_KAFKA_TRY_MS),
                                              why, sizeof why);
    rd_kafka_DescribeConfigs(kafka->handle, &resource, 1, options, queue);
    rd_kafka_ConfigResource_destroy(resource);
    rd_kafka_AdminOptions_destroy(options);
    return queue;
}

/** @param[out] again  this may pass: the broker died, or has not yet heard of the topic that the
 * metadata have. */
static int take_settings(struct dbk_kafka *kafka, rd_kafka_queue_t *queue, struct dbk_topic *topic,
                         struct dbk_topic_findings *findings, bool *again, struct dbk_err *err)
{
    int code = 0;
    *again = false;
    rd_kafka_event_t *event =
        dbk_kafka_await(kafka, queue, dbk_kafka_timeout(kafka, DBK_KAFKA_TRY_MS) + 1000);
    const rd_kafka_DescribeConfigs_result_t *result =
        event != NULL ? rd_kafka_event_DescribeConfigs_result(event) : NULL;
    rd_kafka_resp_err_t error =
        event != NULL ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    size_t count = 0;
    const rd_kafka_ConfigResource_t **resources =
        result != NULL ? rd_kafka_DescribeConfigs_result_resources(result, &count) : NULL;
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR && count == 1)
        error = rd_kafka_ConfigResource_error(resources[0]);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR && count == 1) {
        size_t entry_count;
        const rd_kafka_ConfigEntry_t **entries =
            rd_kafka_ConfigResource_configs(resources[0], &entry_count);
        compare_settings(topic, findings, entries, entry_count);
    } else if (error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
               error == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED ||
               error == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE) {
        topic->settings_known = false; /* the caller warns: reading them is a right of its own */
    } else if (dbk_kafka_is_stopped(kafka)) {
        code = dbk_err_set(err, DBK_ESTOPPED, "stopped.");
    } else {
        *again = error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || dbk_kafka_is_silence(error);
        code = dbk_err_set(err, DBK_EBROKER,
                           "the broker does not tell the settings of topic %s: %s. Try again when "
                           "the cluster is healthy.",
                           topic->name, rd_kafka_err2str(error));
        err->passing = *again;
    }
    if (event != NULL)
        rd_kafka_event_destroy(event);
    return code;
}

/** Partitions and replicas. @return DBK_ENO where there is no such topic. */
static int read_metadata(struct dbk_kafka *kafka, const struct dbk_config *config,
                         struct dbk_topic *topic, struct dbk_err *err)
{
    const rd_kafka_metadata_t *metadata = NULL;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(kafka->handle, topic->name, NULL);
    if (handle == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    rd_kafka_resp_err_t error = rd_kafka_metadata(kafka->handle, 0, handle, &metadata,
                                                  dbk_kafka_timeout(kafka, DBK_KAFKA_CONNECT_MS));
    rd_kafka_topic_destroy(handle);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
        return dbk_kafka_unreachable(kafka, err);
    int code = 0;
    const rd_kafka_metadata_topic_t *found = metadata->topic_cnt == 1 ? metadata->topics : NULL;
    if (found == NULL || found->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
        found->partition_cnt == 0) {
        code = dbk_err_set(err, DBK_ENO,
                           "there is no topic %s at %s. Create it with: daybook init -b %s -t %s",
                           topic->name, config->brokers, config->brokers, config->topic);
    } else if (found->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        code = dbk_err_set(err, DBK_EBROKER, "topic %s cannot be used: %s.", topic->name,
                           rd_kafka_err2str(found->err));
    } else {
        topic->partition_count = found->partition_cnt;
        topic->replication = found->partitions[0].replica_cnt;
    }
    rd_kafka_metadata_destroy(metadata);
    return code;
}

static int read_low(struct dbk_kafka *kafka, const struct dbk_topic *topic, int64_t **low,
                    struct dbk_err *err)
{
    free(*low);
    *low = calloc((size_t)topic->partition_count, sizeof **low);
    return *low != NULL
               ? dbk_kafka_watermarks(kafka, topic->name, topic->partition_count, *low, NULL, err)
               : dbk_err_set(err, DBK_ENOMEM, "out of memory.");
}

int dbk_topic_describe(struct dbk_kafka *kafka, const struct dbk_config *config, const char *name,
                       struct dbk_topic *topic, struct dbk_topic_findings *findings, int64_t **low,
                       struct dbk_err *err)
{
    if (low != NULL)
        *low = NULL;
    *topic = (struct dbk_topic){.partition_count = 0};
    *findings = (struct dbk_topic_findings){.fatal = ""};
    snprintf(topic->name, sizeof topic->name, "%s", name);
    int code = dbk_kafka_connect(kafka, err);
    if (code != 0)
        return code;
    char *cluster_id = rd_kafka_clusterid(kafka->handle, kafka->timeout_ms);
    if (cluster_id == NULL)
        return dbk_err_set(err, DBK_EBROKER, "the broker at %s does not tell its cluster's id.",
                           config->brokers);
    snprintf(topic->cluster_id, sizeof topic->cluster_id, "%s", cluster_id);
    rd_kafka_mem_free(kafka->handle, cluster_id);
    /* The settings are asked for at the broker that the metadata call the controller: where that
     * one is dead, later metadata name another. */
    int64_t deadline_ms = dbk_clock_monotonic_ms() + kafka->timeout_ms;
    bool again;
    do {
        again = false;
        /* The settings take longest to answer: the others are asked meanwhile. */
        rd_kafka_queue_t *queue = ask_settings(kafka, topic);
        code = read_metadata(kafka, config, topic, err);
        if (code == 0 && low != NULL)
            code = read_low(kafka, topic, low, err);
        if (code == 0)
            code = take_settings(kafka, queue, topic, findings, &again, err);
        rd_kafka_queue_destroy(queue);
        if (code != 0 && again)
            usleep(50000);
    } while (code != 0 && again && dbk_clock_monotonic_ms() < deadline_ms);
    return code;
}
