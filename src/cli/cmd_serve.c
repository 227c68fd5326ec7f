#include "follow.h"
#include "serve.h"

#include <daybook/message.h>

#include <unistd.h>

static struct dbk_serve_options given = {
    .http = {.listen = DBK_DEFAULT_LISTEN},
    .ready_lag_s = DBK_DEFAULT_READY_LAG,
};

static const char *snapshot_every;

/* clang-format off */
#define OPTIONS_OF_THE_DASHBOARD                                                                   \
    {"listen", 0, DBK_OPTION_STRING, &given.http.listen, "ADDRESS:PORT",                           \
     "where (" DBK_DEFAULT_LISTEN "); beyond this machine only with --htpasswd and TLS", 0, 0},    \
    {"host-name", 0, DBK_OPTION_STRING, &given.http.host_names, "NAME,...",                        \
     "names that browsers reach it by, beside its address and localhost", 0, 0},                   \
    {"htpasswd", 0, DBK_OPTION_STRING, &given.http.htpasswd, "FILE",                               \
     "users who may log in, as htpasswd -B makes it; nobody else sees anything", 0, 0},            \
    {"tls-cert", 0, DBK_OPTION_STRING, &given.http.tls_cert, "FILE",                               \
     "encrypt with this certificate and its chain, in PEM format", 0, 0},                          \
    {"tls-key", 0, DBK_OPTION_STRING, &given.http.tls_key, "FILE",                                 \
     "the certificate's key, in PEM format", 0, 0},                                                \
    {"behind-proxy", 0, DBK_OPTION_FLAG, &given.http.behind_proxy, NULL,                           \
     "a proxy in front of it does the encryption", 0, 0},                                          \
    {"ready-lag", 0, DBK_OPTION_INTEGER, &given.ready_lag_s, "SECONDS",                            \
     "how long events may wait before /readyz says no (60)", 1, 86400}
/* clang-format on */

static const struct dbk_option options_of_run[] = {
    OPTIONS_OF_THE_DASHBOARD,
    {"snapshot-every", 0, DBK_OPTION_STRING, &snapshot_every, "N|Ns", DBK_SNAPSHOT_EVERY_HELP, 0,
     0},
    {NULL, 0, DBK_OPTION_FLAG, NULL, NULL, NULL, 0, 0},
};

static const struct dbk_option options[] = {
    OPTIONS_OF_THE_DASHBOARD,
    {NULL, 0, DBK_OPTION_FLAG, NULL, NULL, NULL, 0, 0},
};

static int run_serve(struct dbk_cli *cli, int argc, char **argv, struct dbk_err *err)
{
    struct dbk_serve *serve = NULL;
    (void)argc;
    (void)argv;
    int code = dbk_serve_start(&serve, &cli->config, &given, err);
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
    int code = dbk_serve_start(&serve, &cli->config, &given, err);
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
