#include "cli.h"
#include "json_out.h"

#include <daybook/clock.h>
#include <daybook/date.h>
#include <daybook/message.h>
#include <daybook/view_read.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/** All that status shows; log or view may be missing. */
struct status {
    const struct dbk_topic *topic; /* NULL: the log cannot be read */
    struct dbk_view *view;         /* NULL: there is no view */
    struct dbk_checkpoint *checkpoints;
    int64_t *high;
    bool comparable; /* the view is of this log: what follows is known */
    int64_t lag_events;
    int64_t lag_s;
    int64_t missing_events; /* the view has them, the log does not */
    int64_t counts[DBK_VERDICT_COUNT];
};

/** Seconds behind: the age of the oldest event that is not applied, by this machine's clock. */
static int measure_lag(struct status *status, struct dbk_log *log, struct dbk_err *err)
{
    int32_t count = status->topic->partition_count;
    int64_t oldest_ms = INT64_MAX;
    struct dbk_batch batch;
    int64_t *ends = calloc((size_t)count * 2, sizeof *ends);
    if (ends == NULL || dbk_batch_open(&batch, (size_t)count) != 0) {
        free(ends);
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    }
    for (int32_t p = 0; p < count; p++)
        ends[p] = status->checkpoints[p].offset_next;
    int code =
        dbk_log_watermarks_from(log, ends, status->high, err); /* a new leader is waited for */
    status->comparable = code == 0;
    for (int32_t p = 0; code == 0 && p < count; p++) {
        int64_t offset_next = ends[p];
        ends[count + p] = offset_next < status->high[p] ? offset_next + 1 : offset_next;
        if (offset_next < status->high[p])
            status->lag_events += status->high[p] - offset_next;
        else
            status->missing_events += offset_next - status->high[p];
    }
    if (status->missing_events > 0)
        dbk_warning("the log is shorter than the view: it lacks %" PRId64
                    " of the events that were "
                    "applied. Keep the view, it may be their only copy; daybook audit says where, "
                    "and see docs/operations.md, \"Restore the log\".",
                    status->missing_events);
    if (code == 0 && status->lag_events > 0)
        code = dbk_log_start(log, ends, ends + count, err);
    int64_t deadline_ms = dbk_clock_monotonic_ms() + 5000;
    while (code == 0 && status->lag_events > 0 && !dbk_log_at_end(log) &&
           dbk_clock_monotonic_ms() < deadline_ms) {
        code = dbk_log_read(log, &batch, 100, err);
        for (size_t i = 0; code == 0 && i < batch.count; i++)
            if (batch.records[i].timestamp_ms < oldest_ms)
                oldest_ms = batch.records[i].timestamp_ms;
        dbk_batch_release(&batch);
    }
    if (oldest_ms != INT64_MAX)
        status->lag_s = (dbk_clock_wall_ms() - oldest_ms) / 1000;
    dbk_batch_close(&batch);
    free(ends);
    return code;
}

static void print_positions(const char *title, int32_t count, const int64_t *offsets)
{
    printf("%-14s", title);
    for (int32_t p = 0; p < count; p++)
        printf("%s%" PRId32 ":%" PRId64, p > 0 ? "," : "", p, offsets[p]);
    putchar('\n');
}

static void print_text(const struct status *status, const struct dbk_config *config)
{
    if (status->topic != NULL) {
        printf("%-14s%s at %s, cluster %s, %d partitions, %d replica%s\n", "topic",
               status->topic->name, config->brokers, status->topic->cluster_id,
               status->topic->partition_count, status->topic->replication,
               status->topic->replication == 1 ? "" : "s");
        printf("%-14s%s\n", "settings",
               status->topic->settings_known ? status->topic->settings : "may not be read");
        print_positions("watermarks", status->topic->partition_count, status->high);
    }
    if (status->view == NULL)
        return;
    const struct dbk_view_identity *identity = dbk_view_identity(status->view);
    char date[DBK_DATE_TEXT_SIZE];
    printf("%-14s%s, generation %" PRId64 ", %" PRId64 " bytes, schema %d, fold %d\n", "database",
           config->database, dbk_view_generation(status->view), dbk_view_size(status->view),
           identity->schema_version, identity->fold_version);
    printf("%-14s", "checkpoint");
    for (int32_t p = 0; p < identity->partition_count; p++)
        printf("%s%" PRId32 ":%" PRId64, p > 0 ? "," : "", p, status->checkpoints[p].offset_next);
    dbk_date_format(date, identity->committed_ms / 1000);
    printf("\n%-14s%s, commit %" PRId64 "\n", "committed",
           identity->committed_ms > 0 ? date : "never", identity->commit_seq);
    if (status->comparable)
        printf("%-14s%" PRId64 " event%s, %" PRId64 " s\n", "lag", status->lag_events,
               status->lag_events == 1 ? "" : "s", status->lag_s);
    printf("%-14s", "verdicts");
    for (int i = DBK_VERDICT_COUNT - 1; i >= 0; i--)
        printf("%s%s %" PRId64, i < DBK_VERDICT_COUNT - 1 ? ", " : "",
               dbk_verdict_name((enum dbk_verdict)i), status->counts[i]);
    putchar('\n');
}

static json_t *offsets_json(int32_t count, const int64_t *high,
                            const struct dbk_checkpoint *checkpoints)
{
    json_t *array = json_array();
    for (int32_t p = 0; p < count; p++)
        json_array_append_new(array,
                              json_integer(high != NULL ? high[p] : checkpoints[p].offset_next));
    return array;
}

static int print_json(const struct status *status, const struct dbk_config *config,
                      struct dbk_err *err)
{
    json_t *object = json_object();
    const struct dbk_topic *topic = status->topic;
    if (topic != NULL) {
        json_object_set_new(object, "brokers", json_string(config->brokers));
        json_object_set_new(object, "topic", json_string(topic->name));
        json_object_set_new(object, "cluster_id", json_string(topic->cluster_id));
        json_object_set_new(object, "partitions", json_integer(topic->partition_count));
        json_object_set_new(object, "replication", json_integer(topic->replication));
        json_object_set_new(object, "settings", json_string(topic->settings));
        json_object_set_new(object, "danger", json_string(topic->danger));
        json_object_set_new(object, "watermarks",
                            offsets_json(topic->partition_count, status->high, NULL));
    }
    if (status->view != NULL) {
        const struct dbk_view_identity *identity = dbk_view_identity(status->view);
        json_t *verdicts = json_object();
        for (int i = 0; i < DBK_VERDICT_COUNT; i++)
            json_object_set_new(verdicts, dbk_verdict_name((enum dbk_verdict)i),
                                json_integer(status->counts[i]));
        json_object_set_new(object, "database", json_string(config->database));
        json_object_set_new(object, "generation", json_integer(dbk_view_generation(status->view)));
        json_object_set_new(object, "bytes", json_integer(dbk_view_size(status->view)));
        json_object_set_new(object, "schema_version", json_integer(identity->schema_version));
        json_object_set_new(object, "fold_version", json_integer(identity->fold_version));
        json_object_set_new(object, "commit_seq", json_integer(identity->commit_seq));
        json_object_set_new(object, "committed_ms", json_integer(identity->committed_ms));
        json_object_set_new(object, "checkpoint",
                            offsets_json(identity->partition_count, NULL, status->checkpoints));
        json_object_set_new(object, "verdicts", verdicts);
    }
    if (status->comparable) {
        json_object_set_new(object, "lag_events", json_integer(status->lag_events));
        json_object_set_new(object, "lag_s", json_integer(status->lag_s));
        json_object_set_new(object, "missing_events", json_integer(status->missing_events));
    }
    return dbk_json_print(object, err);
}

/** The view's half; a missing view is told, not an error. */
static int read_view(struct status *status, const struct dbk_config *config, struct dbk_err *err)
{
    int code = dbk_view_open_read(&status->view, config->database, NULL, err);
    if (code != 0)
        return code;
    status->checkpoints = calloc((size_t)dbk_view_identity(status->view)->partition_count,
                                 sizeof *status->checkpoints);
    if (status->checkpoints == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    code = dbk_view_begin(status->view, status->checkpoints, err);
    return code == 0 ? dbk_view_count_verdicts(status->view, status->counts, err) : code;
}

static int read_log(struct status *status, const struct dbk_config *config, struct dbk_log **log,
                    struct dbk_err *err)
{
    int code = dbk_log_open(log, config, err);
    if (code != 0)
        return code;
    const struct dbk_topic *topic = dbk_log_topic(*log);
    status->high = calloc((size_t)topic->partition_count, sizeof *status->high);
    if (status->high == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    code = dbk_log_watermarks(*log, NULL, status->high, err);
    if (code != 0)
        return code;
    status->topic = topic;
    if (status->view == NULL)
        return 0;
    code = dbk_view_check_identity(status->view, topic, err);
    if (code != 0)
        return code;
    if (dbk_view_identity(status->view)->partition_count != topic->partition_count) {
        dbk_warning("topic %s has %d partitions, the view was built from %d; see "
                    "docs/operations.md, \"Partitions were added\"",
                    topic->name, topic->partition_count,
                    dbk_view_identity(status->view)->partition_count);
        return 0;
    }
    return measure_lag(status, *log, err);
}

/** Show what can be shown, then fail with what could not. That there is no database yet is no
 * failure. */
static int run(struct dbk_cli *cli, int argc, char **argv, struct dbk_err *err)
{
    struct status status = {.topic = NULL};
    struct dbk_log *log = NULL;
    struct dbk_err view_err = {.code = 0};
    (void)argc;
    (void)argv;
    int view_code = read_view(&status, &cli->config, &view_err);
    struct stat link;
    bool no_view = view_code != 0 && lstat(cli->config.database, &link) != 0 && errno == ENOENT;
    if (view_code != 0) {
        dbk_view_close(status.view);
        status.view = NULL;
    }
    int code = read_log(&status, &cli->config, &log, err);
    int printed = 0;
    if (cli->json)
        printed = print_json(&status, &cli->config, err);
    else
        print_text(&status, &cli->config);
    if (code == 0 && printed == 0 && no_view)
        dbk_message("%s", view_err.text);
    else if (code == 0 && printed == 0 && view_code != 0)
        code = dbk_err_set(err, view_err.code, "%s", view_err.text);
    dbk_view_close(status.view);
    dbk_log_close(log);
    free(status.checkpoints);
    free(status.high);
    return code != 0 ? code : printed;
}

const struct dbk_command dbk_command_status = {
    .name = "status",
    .arguments = "",
    .summary = "show the log, the view, and how far apart they are",
    .description =
        "Shows the topic and its settings, watermarks, the view's checkpoint, its lag in\n"
        "events and seconds, events by verdict, size and versions.",
    .run = run,
};
