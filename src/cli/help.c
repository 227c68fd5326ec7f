#include "help.h"

#include "options.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define EXIT_STATUS                                                                                \
    "0 yes, 1 no, 2 usage, 3 broker or stopped (nothing was sent), 4 database,\n"                  \
    "5 sent but the outcome is not known."

void dbk_help_print(struct dbk_commands commands)
{
    puts("daybook - a ledger whose every number can be proven from its log\n\n"
         "Usage: daybook COMMAND [OPTIONS] [ARGUMENTS]\n\nCommands:");
    for (size_t i = 0; i < commands.count; i++)
        printf("  %-10s %s\n", commands.list[i]->name, commands.list[i]->summary);
    puts("  help       show help for a command; --man [COMMAND] its manual page,\n"
         "             --completion bash|zsh|fish completions for a shell\n\n"
         "Options of every command:");
    dbk_options_print(dbk_global_table);
    puts("      --version                versions of daybook and its libraries\n\n"
         "Exit status: " EXIT_STATUS);
}

static const char *space_before(const char *arguments)
{
    return arguments[0] != '\0' ? " " : "";
}

void dbk_help_print_command(const struct dbk_command *command)
{
    printf("daybook %s - %s\n\nUsage: daybook %s [OPTIONS]%s%s\n\n%s\n", command->name,
           command->summary, command->name, space_before(command->arguments), command->arguments,
           command->description);
    if (command->options != NULL && command->options->name != NULL) {
        puts("\nOptions:");
        dbk_options_print(command->options);
    }
    puts("\nOptions of every command:");
    dbk_options_print(dbk_global_table);
}

static void print_title(const char *name)
{
    printf(".TH ");
    for (const char *p = name; *p != '\0'; p++)
        putchar(toupper((unsigned char)*p));
    puts(" 1 \"\" \"daybook " DAYBOOK_VERSION "\" \"User Commands\"");
}

static void print_common_sections(void)
{
    puts(".SH OPTIONS OF EVERY COMMAND");
    dbk_options_print_manual(dbk_global_table);
    puts(".SH EXIT STATUS\n" EXIT_STATUS "\n"
         ".SH ENVIRONMENT\n"
         "DAYBOOK_BROKERS, DAYBOOK_TOPIC, DAYBOOK_DATABASE and DAYBOOK_CONFIG stand for -b, -t, "
         "-d and -F.\n"
         ".SH FILES\n~/.config/daybook.conf");
}

void dbk_help_print_manual(struct dbk_commands commands)
{
    print_title("daybook");
    puts(".SH NAME\ndaybook \\- a ledger whose every number can be proven from its log\n"
         ".SH SYNOPSIS\n.B daybook\n.I COMMAND\n[OPTIONS] [ARGUMENTS]\n"
         ".SH COMMANDS\nEach has a page of its own: daybook\\-COMMAND(1).");
    for (size_t i = 0; i < commands.count; i++)
        printf(".TP\n.B %s \\fR%s\n%s.\n", commands.list[i]->name, commands.list[i]->arguments,
               commands.list[i]->summary);
    print_common_sections();
}

void dbk_help_print_command_manual(struct dbk_commands commands, const struct dbk_command *command)
{
    char name[64];
    snprintf(name, sizeof name, "daybook-%s", command->name);
    print_title(name);
    printf(".SH NAME\ndaybook\\-%s \\- %s\n.SH SYNOPSIS\n.B daybook %s\n[OPTIONS]%s%s\n"
           ".SH DESCRIPTION\n%s\n",
           command->name, command->summary, command->name, space_before(command->arguments),
           command->arguments, command->description);
    if (command->options != NULL && command->options->name != NULL) {
        puts(".SH OPTIONS");
        dbk_options_print_manual(command->options);
    }
    print_common_sections();
    printf(".SH SEE ALSO\n.BR daybook (1)");
    for (size_t i = 0; i < commands.count; i++)
        if (commands.list[i] != command)
            printf(",\n.BR daybook\\-%s (1)", commands.list[i]->name);
    putchar('\n');
}
