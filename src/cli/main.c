#include "cli.h"
#include "options.h"

#include <daybook/message.h>

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct dbk_command *const commands[] = {
    &dbk_command_init,    &dbk_command_import,  &dbk_command_project,   &dbk_command_audit,
    &dbk_command_balance, &dbk_command_history, &dbk_command_statement, &dbk_command_verify,
    &dbk_command_export,  &dbk_command_status,  &dbk_command_snapshot,  &dbk_command_serve,
    &dbk_command_run,     &dbk_command_log,
};

#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

static void on_signal(int number)
{
    (void)number;
    dbk_stop_requested = 1;
}

static void install_handlers(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = SIG_IGN; /* a closed pipe is an error of write, not the end */
    sigaction(SIGPIPE, &action, NULL);
}

static void print_usage(void)
{
    puts("daybook - a ledger whose every number can be proven from its log\n\n"
         "Usage: daybook COMMAND [OPTIONS] [ARGUMENTS]\n\nCommands:");
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        printf("  %-10s %s\n", commands[i]->name, commands[i]->summary);
    puts("  help       show help for a command\n\nOptions of every command:");
    dbk_options_print(dbk_global_table);
    puts("      --version                versions of daybook and its libraries\n\n"
         "Exit status: 0 yes, 1 no, 2 usage, 3 broker (nothing was sent), 4 database,\n"
         "5 sent but the outcome is not known.");
}

static void print_help(const struct dbk_command *command)
{
    printf("daybook %s - %s\n\nUsage: daybook %s [OPTIONS]%s%s\n\n%s\n", command->name,
           command->summary, command->name, command->arguments[0] != '\0' ? " " : "",
           command->arguments, command->description);
    if (command->options != NULL && command->options->name != NULL) {
        puts("\nOptions:");
        dbk_options_print(command->options);
    }
    puts("\nOptions of every command:");
    dbk_options_print(dbk_global_table);
}

/** The manual page, from the same tables: groff's man macros. */
static void print_manual(void)
{
    puts(".TH DAYBOOK 1 \"\" \"daybook " DAYBOOK_VERSION "\" \"User Commands\"\n"
         ".SH NAME\ndaybook \\- a ledger whose every number can be proven from its log\n"
         ".SH SYNOPSIS\n.B daybook\n.I COMMAND\n[OPTIONS] [ARGUMENTS]\n"
         ".SH COMMANDS");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        const struct dbk_command *command = commands[i];
        printf(".SS daybook %s %s\n%s.\n.PP\n%s\n", command->name, command->arguments,
               command->summary, command->description);
        dbk_options_print_manual(command->options);
    }
    puts(".SH OPTIONS OF EVERY COMMAND");
    dbk_options_print_manual(dbk_global_table);
    puts(".SH EXIT STATUS\n"
         "0 yes, 1 no, 2 usage, 3 broker (nothing was sent), 4 database, 5 sent but the outcome "
         "is not known.\n"
         ".SH ENVIRONMENT\n"
         "DAYBOOK_BROKERS, DAYBOOK_TOPIC, DAYBOOK_DATABASE and DAYBOOK_CONFIG stand for -b, -t, "
         "-d and -F.\n"
         ".SH FILES\n~/.config/daybook.conf");
}

static const struct dbk_command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static int unknown_command(const char *name)
{
    const char *names[COMMAND_COUNT + 1] = {"help"};
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        names[i + 1] = commands[i]->name;
    const char *nearest = dbk_nearest(name, names, COMMAND_COUNT + 1);
    if (nearest != NULL)
        dbk_message("there is no command \"%.100s\"; did you mean %s?", name, nearest);
    else
        dbk_message("there is no command \"%.100s\"; daybook help lists them.", name);
    return dbk_err_exit_status(DBK_EUSAGE);
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
    return dbk_config_complete(&cli->config, dbk_global.file, err);
}

static int run_command(struct dbk_cli *cli, const struct dbk_command *command, int argc,
                       char **argv, struct dbk_err *err)
{
    int code = dbk_options_parse(command->options, &argc, argv, false, &cli->config, err);
    if (code != 0)
        return code;
    if (dbk_global.help) {
        print_help(command);
        return 0;
    }
    code = check_count(command, argc, err);
    if (code == 0)
        code = take_globals(cli, err);
    if (code == 0)
        code = command->run(cli, argc, argv, err);
    return code;
}

/** What was printed must have arrived: a full disk behind a pipe is not success. */
static int finish(int code, struct dbk_err *err)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        if (code == 0)
            code =
                dbk_err_set(err, DBK_ENO, "the output could not be written: %s.", strerror(errno));
    }
    if (code != 0 && err->text[0] != '\0')
        dbk_message("%s", err->text);
    return dbk_err_exit_status(code);
}

int main(int argc, char **argv)
{
    struct dbk_cli cli = {.json = false};
    struct dbk_err err = {.code = 0};
    setlocale(LC_CTYPE, "");
    install_handlers();
    dbk_config_init(&cli.config);
    argc--;
    argv++;
    int code = 0;
    const struct dbk_option version[] = {
        {"version", 'V', DBK_OPTION_FLAG, &dbk_global.version, NULL, "", 0, 0},
        {NULL, 0, DBK_OPTION_FLAG, NULL, NULL, NULL, 0, 0},
    };
    code = dbk_options_parse(version, &argc, argv, true, &cli.config, &err);
    if (code != 0)
        return finish(code, &err);
    if (dbk_global.version) {
        dbk_print_versions();
        return finish(0, &err);
    }
    bool help = argc > 0 && strcmp(argv[0], "help") == 0;
    if (argc == 0 || (help && argc == 1)) {
        print_usage();
        return finish(argc == 0 && !dbk_global.help ? DBK_EUSAGE : 0, &err);
    }
    const char *name = argv[help ? 1 : 0];
    if (help && strcmp(name, "--man") == 0) {
        print_manual();
        return finish(0, &err);
    }
    const struct dbk_command *command = find_command(name);
    if (command == NULL)
        return unknown_command(name);
    if (help)
        print_help(command);
    else
        code = run_command(&cli, command, argc - 1, argv + 1, &err);
    dbk_config_clear(&cli.config);
    return finish(code, &err);
}
