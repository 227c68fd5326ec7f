#include "follow.h"
#include "rebuild_loop.h"

#include <daybook/message.h>

#include <inttypes.h>

static bool reset;
static bool follow;
static const char *snapshot_every;

static const struct dbk_option options[] = {
    {"reset", 0, DBK_OPTION_FLAG, &reset, NULL,
     "rebuild everything from offset 0, beside the current view, and swap it in", 0, 0},
    {"follow", 0, DBK_OPTION_FLAG, &follow, NULL, "go on with new events until stopped", 0, 0},
    {"snapshot-every", 0, DBK_OPTION_STRING, &snapshot_every, "N|Ns", DBK_SNAPSHOT_EVERY_HELP, 0,
     0},
    {NULL, 0, DBK_OPTION_FLAG, NULL, NULL, NULL, 0, 0},
};

static void report(const struct dbk_config *config, const struct dbk_follow_result *result)
{
    int64_t rate = result->applied * 1000 / (result->elapsed_ms > 0 ? result->elapsed_ms : 1);
    if (result->applied == 0 && dbk_stop_requested)
        dbk_message("stopped");
    else if (result->applied == 0)
        dbk_message("%s is up to date", config->database);
    else
        dbk_message("applied %" PRId64 " event%s in %" PRId64 ".%" PRId64 " s (%" PRId64 "/s)",
                    result->applied, result->applied == 1 ? "" : "s", result->elapsed_ms / 1000,
                    result->elapsed_ms / 100 % 10, rate);
    if (result->rejected > 0)
        dbk_message("%" PRId64 " of them %s rejected; daybook status counts them by reason, "
                    "table rejections lists them",
                    result->rejected, result->rejected == 1 ? "was" : "were");
    if (result->misrouted > 0)
        dbk_warning("%" PRId64 " events are misrouted: their writer did not put them on their "
                    "account's partition, as Kafka's Java clients and partitioner=murmur2_random "
                    "do with the account as key. Without a key, only a topic of one partition "
                    "works.",
                    result->misrouted);
}

static int run(struct dbk_cli *cli, int argc, char **argv, struct dbk_err *err)
{
    struct dbk_follow_result result = {0};
    (void)argc;
    (void)argv;
    int code = 0;
    if (reset)
        code = dbk_rebuild_run(&cli->config, &result, err);
    if (reset && code == 0)
        report(&cli->config, &result);
    if (code == 0 && (!reset || follow)) {
        code = dbk_follow(&cli->config, follow, snapshot_every, &result, err);
        if (code == 0)
            report(&cli->config, &result);
    }
    if (code == DBK_ESTOPPED) { /* what was asked for: a rebuild that is stopped changes nothing */
        dbk_message("%s", err->text);
        return 0;
    }
    return code;
}

const struct dbk_command dbk_command_project = {
    .name = "project",
    .arguments = "",
    .summary = "bring the view up to date with the log, or rebuild it",
    .description =
        "Applies the log's events to the database, from its checkpoint to the log's end. Rows\n"
        "and checkpoint are committed together: a kill at any moment loses and doubles\n"
        "nothing. With --reset everything is rebuilt from offset 0 into a new file, while\n"
        "readers go on with the old one until it is swapped.",
    .options = options,
    .run = run,
};
