/**
 * What the table of commands says, in the forms that people and shells read: help, manual pages,
 * completions.
 */
#ifndef DAYBOOK_HELP_H
#define DAYBOOK_HELP_H

#include "cli.h"

#include <stddef.h>

/** All commands, in the order of the help. */
struct dbk_commands {
    const struct dbk_command *const *list;
    size_t count;
};

/** `daybook help`. */
void dbk_help_print(struct dbk_commands commands);

/** `daybook help COMMAND`. */
void dbk_help_print_command(const struct dbk_command *command);

/** daybook(1), in groff's man macros. */
void dbk_help_print_manual(struct dbk_commands commands);

/** daybook-COMMAND(1). */
void dbk_help_print_command_manual(struct dbk_commands commands, const struct dbk_command *command);

/** Print the completion script for bash, zsh or fish. @return false where the shell is another. */
bool dbk_completion_print(struct dbk_commands commands, const char *shell);

#endif
