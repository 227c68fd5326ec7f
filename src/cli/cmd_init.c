#include "cli.h"

#include <daybook/log.h>

static int64_t partition_count;
static int64_t replication;

static const struct dbk_option options[] = {
    {"partitions", 0, DBK_OPTION_INTEGER, &partition_count, "N",
     "number of partitions, for ever (12, or those of the topic that exists)", 1, 10000},
    {"replication", 0, DBK_OPTION_INTEGER, &replication, "N",
     "copies of each event (3, or as many as there are brokers)", 1, 100},
    {NULL, 0, DBK_OPTION_FLAG, NULL, NULL, NULL, 0, 0},
};

static int run(struct dbk_cli *cli, int argc, char **argv, struct dbk_err *err)
{
    (void)argc;
    (void)argv;
    return dbk_log_init(&cli->config, (int32_t)partition_count, (int32_t)replication, err);
}

const struct dbk_command dbk_command_init = {
    .name = "init",
    .arguments = "",
    .summary = "create the log's topics, or check those that exist",
    .description =
        "Creates the events topic, which keeps everything for ever, and the compacted\n"
        "snapshots topic beside it. Safe to repeat. The number of partitions is part of a\n"
        "ledger's history: it cannot be changed later.",
    .options = options,
    .run = run,
};
