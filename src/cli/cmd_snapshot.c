#include "json_out.h"
#include "replay.h"
#include "sheet.h"
#include "snapshots.h"

#include <daybook/message.h>

#include <inttypes.h>
#include <stdlib.h>

static bool reset;

static const struct dbk_option options[] = {
    {"reset", 0, DBK_OPTION_FLAG, &reset, NULL,
     "delete the snapshots topic first, and make everything anew from offset 0", 0, 0},
    {NULL, 0, DBK_OPTION_FLAG, NULL, NULL, NULL, 0, 0},
};

/** Bring the book to the log's end: from the last good round where there is one. */
static int catch_up(struct dbk_log *log, struct dbk_book *book, struct dbk_publisher *publisher,
                    struct dbk_err *err)
{
    static const struct dbk_replay replay = {.verb = "read"};
    int64_t *offset_end = dbk_offsets_new(book, err);
    if (offset_end == NULL)
        return DBK_ENOMEM;
    int code = dbk_snapshots_restore(&publisher->snapshots, log, book, err);
    if (code == 0)
        code = dbk_log_watermarks(log, NULL, offset_end, err);
    if (code == 0)
        code = dbk_replay_run(&replay, log, book, offset_end, err);
    free(offset_end);
    return code;
}

static int publish(struct dbk_publisher *publisher, struct dbk_book *book, struct dbk_err *err)
{
    int code = 0;
    for (int32_t p = 0; code == 0 && p < dbk_book_partition_count(book); p++)
        code = dbk_publisher_put(publisher, book, p, err);
    return code == 0 ? dbk_producer_flush(publisher->producer, -1, err) : code;
}

static int report(const struct dbk_cli *cli, const struct dbk_publisher *publisher,
                  const struct dbk_book *book, struct dbk_err *err)
{
    if (!cli->json) {
        if (publisher->marker_count == 0)
            dbk_message("the snapshots are up to date: nothing was published");
        else
            dbk_message("published what changed: %" PRId64 " accounts and sources, in %" PRId64
                        " partition%s, as of %" PRId64 " events",
                        publisher->entry_count, publisher->marker_count,
                        publisher->marker_count == 1 ? "" : "s", dbk_book_event_count(book));
        return 0;
    }
    json_t *object = json_object();
    json_object_set_new(object, "entries", json_integer(publisher->entry_count));
    json_object_set_new(object, "partitions", json_integer(publisher->marker_count));
    json_object_set_new(object, "events", json_integer(dbk_book_event_count(book)));
    return dbk_json_print(object, err);
}

static int run(struct dbk_cli *cli, int argc, char **argv, struct dbk_err *err)
{
    struct dbk_log *log = NULL;
    struct dbk_book *book = NULL;
    struct dbk_publisher publisher = {0};
    (void)argc;
    (void)argv;
    int code = dbk_open_log_and_book(&cli->config, &log, &book, err);
    if (code == 0 && reset)
        code = dbk_log_reset_snapshots(&cli->config, dbk_log_topic(log), err);
    if (code == 0)
        code = dbk_publisher_open(&publisher, &cli->config, dbk_log_topic(log), err);
    if (code == 0)
        code = catch_up(log, book, &publisher, err);
    if (code == 0)
        code = publish(&publisher, book, err);
    if (code == 0)
        code = report(cli, &publisher, book, err);
    dbk_publisher_close(&publisher);
    dbk_book_close(book);
    dbk_log_close(log);
    return code;
}

const struct dbk_command dbk_command_snapshot = {
    .name = "snapshot",
    .arguments = "",
    .summary = "publish the state of all accounts to the snapshots topic",
    .description =
        "Publishes a round: what changed since the last one, as of one offset in each partition,\n"
        "closed by a marker with counts and a hash. Snapshots make balance --from-log fast; the\n"
        "log stays the only authority, and everything works without them. run and project\n"
        "--follow publish rounds by themselves with --snapshot-every.",
    .options = options,
    .run = run,
};
