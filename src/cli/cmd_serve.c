#include "follow.h"
#include "serve.h"

#include <daybook/message.h>

#include <unistd.h>

static const char *listen_at = DBK_DEFAULT_LISTEN;

static const char *snapshot_every;

static const struct dbk_option options_of_run[] = {
    {"listen", 0, DBK_OPTION_STRING, &listen_at, "HOST:PORT",
     "where, on this machine only (" DBK_DEFAULT_LISTEN ")", 0, 0},
    {"snapshot-every", 0, DBK_OPTION_STRING, &snapshot_every, "N|Ns", DBK_SNAPSHOT_EVERY_HELP, 0,
     0},
    {NULL, 0, DBK_OPTION_FLAG, NULL, NULL, NULL, 0, 0},
};

static const struct dbk_option options[] = {
    {"listen", 0, DBK_OPTION_STRING, &listen_at, "HOST:PORT",
     "where, on this machine only (" DBK_DEFAULT_LISTEN ")", 0, 0},
    {NULL, 0, DBK_OPTION_FLAG, NULL, NULL, NULL, 0, 0},
};

static int run_serve(struct dbk_cli *cli, int argc, char **argv, struct dbk_err *err)
{
    struct dbk_serve *serve = NULL;
    (void)argc;
    (void)argv;
    int code = dbk_serve_start(&serve, &cli->config, listen_at, err);
    while (code == 0 && !dbk_stop_requested)
        usleep(100000);
    dbk_serve_stop(serve);
    return code;
}

static int run_both(struct dbk_cli *cli, int argc, char **argv, struct dbk_err *err)
{
    struct dbk_serve *serve = NULL;
    struct dbk_follow_result result = {0};
    (void)argc;
    (void)argv;
    int code = dbk_serve_start(&serve, &cli->config, listen_at, err);
    if (code == 0)
        code = dbk_follow(&cli->config, true, snapshot_every, &result, err);
    dbk_serve_stop(serve);
    return code;
}

const struct dbk_command dbk_command_serve = {
    .name = "serve",
    .arguments = "",
    .summary = "serve the dashboard",
    .description =
        "Serves the view as pages, CSV and JSON over HTTP, for reading only, until stopped. It\n"
        "never writes and needs no projector beside it, but says how far behind the view is.",
    .options = options,
    .run = run_serve,
};

const struct dbk_command dbk_command_run = {
    .name = "run",
    .arguments = "",
    .summary = "project --follow and serve, in one process",
    .description = "Follows the log and serves the dashboard until stopped.",
    .options = options_of_run,
    .run = run_both,
};
