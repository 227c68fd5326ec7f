#include "help.h"
#include "options.h"

#include <daybook/log.h>
#include <daybook/message.h>

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct dbk_command *const list[] = {
    &dbk_command_init,    &dbk_command_import,  &dbk_command_deposit,   &dbk_command_withdraw,
    &dbk_command_reverse, &dbk_command_teller,  &dbk_command_project,   &dbk_command_audit,
    &dbk_command_balance, &dbk_command_history, &dbk_command_statement, &dbk_command_verify,
    &dbk_command_export,  &dbk_command_status,  &dbk_command_snapshot,  &dbk_command_serve,
    &dbk_command_run,     &dbk_command_log,     &dbk_command_simulate,
};

#define COMMAND_COUNT (sizeof list / sizeof list[0])

static const struct dbk_commands commands = {list, COMMAND_COUNT};

static void on_signal(int number)
{
    (void)number;
    dbk_stop_requested = true;
}

static void install_handlers(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    struct sigaction before;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN) /* nohup */
        sigaction(SIGHUP, &action, NULL);
    action.sa_handler = SIG_IGN; /* a closed pipe is an error of write, not the end */
    sigaction(SIGPIPE, &action, NULL);
}

static const struct dbk_command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(list[i]->name, name) == 0)
            return list[i];
    return NULL;
}

static int unknown_command(const char *name, struct dbk_err *err)
{
    const char *names[COMMAND_COUNT + 1] = {"help"};
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        names[i + 1] = list[i]->name;
    const char *nearest = dbk_nearest(name, names, COMMAND_COUNT + 1);
    if (nearest != NULL)
        return dbk_err_set(err, DBK_EUSAGE, "there is no command \"%.100s\"; did you mean %s?",
                           name, nearest);
    return dbk_err_set(err, DBK_EUSAGE, "there is no command \"%.100s\"; daybook help lists them.",
                       name);
}

static int check_count(const struct dbk_command *command, int argc, struct dbk_err *err)
{
    bool few = argc < command->arguments_min;
    bool many = command->arguments_max >= 0 && argc > command->arguments_max;
    if (!few && !many)
        return 0;
    return dbk_err_set(err, DBK_EUSAGE, "%s. Usage: daybook %s [OPTIONS]%s%s",
                       few ? "an argument is missing" : "there are too many arguments",
                       command->name, command->arguments[0] != '\0' ? " " : "", command->arguments);
}

/** Copy what the options say into the configuration, before environment and files are asked. */
static int take_globals(struct dbk_cli *cli, struct dbk_err *err)
{
    const char *const given[] = {dbk_global.brokers, dbk_global.topic, dbk_global.database};
    char **const fields[] = {&cli->config.brokers, &cli->config.topic, &cli->config.database};
    for (size_t i = 0; i < 3; i++) {
        if (given[i] == NULL)
            continue;
        *fields[i] = strdup(given[i]);
        if (*fields[i] == NULL)
            return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    }
    cli->json = dbk_global.json;
    cli->config.stop = &dbk_stop_requested;
    int code = dbk_config_complete(&cli->config, dbk_global.file, err);
    if (code == 0)
        dbk_kafka_prepare(&cli->config);
    return code;
}

static int run_command(struct dbk_cli *cli, const struct dbk_command *command, int argc,
                       char **argv, struct dbk_err *err)
{
    int code = dbk_options_parse(command->options, &argc, argv, false, &cli->config, err);
    if (code != 0)
        return code;
    if (dbk_global.help) {
        dbk_help_print_command(command);
        return 0;
    }
    code = check_count(command, argc, err);
    if (code == 0)
        code = take_globals(cli, err);
    if (code == 0)
        code = command->run(cli, argc, argv, err);
    return code;
}

int dbk_cli_output_failed(struct dbk_err *err)
{
    if (errno == EPIPE) /* whoever read it has enough */
        return dbk_err_set(err, DBK_ENO, "%s", "");
    return dbk_err_set(err, DBK_ENO, "the output could not be written: %s.", strerror(errno));
}

/** What was printed must have arrived: a full disk behind a pipe is not success. */
static int finish(int code, struct dbk_err *err)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        if (code == 0)
            code = dbk_cli_output_failed(err);
    }
    if (code != 0 && err->text[0] != '\0')
        dbk_message("%s", err->text);
    return dbk_err_exit_status(code);
}

/** `daybook help ...`: argv is what follows. */
static int help(int argc, char **argv, struct dbk_err *err)
{
    bool manual = argc > 0 && strcmp(argv[0], "--man") == 0;
    bool completion = argc > 0 && strcmp(argv[0], "--completion") == 0;
    const char *name = argc > manual ? argv[manual] : NULL;
    if (completion) {
        if (argc > 1 && dbk_completion_print(commands, argv[1]))
            return 0;
        return dbk_err_set(err, DBK_EUSAGE, "--completion takes a shell: bash, zsh or fish.");
    }
    if (name == NULL) {
        if (manual)
            dbk_help_print_manual(commands);
        else
            dbk_help_print(commands);
        return 0;
    }
    const struct dbk_command *command = find_command(name);
    if (command == NULL)
        return unknown_command(name, err);
    if (manual)
        dbk_help_print_command_manual(commands, command);
    else
        dbk_help_print_command(command);
    return 0;
}

static int run(struct dbk_cli *cli, int argc, char **argv, struct dbk_err *err)
{
    const struct dbk_option version[] = {
        {"version", 'V', DBK_OPTION_FLAG, &dbk_global.version, NULL, "", 0, 0},
        {NULL, 0, DBK_OPTION_FLAG, NULL, NULL, NULL, 0, 0},
    };
    int code = dbk_options_parse(version, &argc, argv, true, &cli->config, err);
    if (code != 0)
        return code;
    if (dbk_global.version) {
        dbk_print_versions();
        return 0;
    }
    if (argc == 0) {
        dbk_help_print(commands);
        return dbk_global.help ? 0 : DBK_EUSAGE;
    }
    if (strcmp(argv[0], "help") == 0)
        return help(argc - 1, argv + 1, err);
    const struct dbk_command *command = find_command(argv[0]);
    if (command == NULL)
        return unknown_command(argv[0], err);
    return run_command(cli, command, argc - 1, argv + 1, err);
}

int main(int argc, char **argv)
{
    struct dbk_cli cli = {.json = false};
    struct dbk_err err = {.code = 0};
    setlocale(LC_CTYPE, "");
    install_handlers();
    dbk_config_init(&cli.config);
    int code = run(&cli, argc - 1, argv + 1, &err);
    int status = finish(code, &err);
    if (cli.ends_at_once)
        _exit(status);
    dbk_config_clear(&cli.config);
    return status;
}
