/**
 * Parsing a command line by its table, and the help made from the same table.
 */
#ifndef DAYBOOK_OPTIONS_H
#define DAYBOOK_OPTIONS_H

#include "cli.h"
#include "nearest.h"

#include <stddef.h>

/** Where `-X` puts its values while parsing, and what else is global. */
struct dbk_global_options {
    const char *brokers;
    const char *topic;
    const char *database;
    const char *file;
    bool json;
    bool help;
    bool version;
};

/** Options that every command takes; ended by a NULL name. `-X` is among them by letter only. */
extern const struct dbk_option dbk_global_table[];
extern struct dbk_global_options dbk_global;

/**
 * Take the options out of argv.
 *
 * @param options   the command's own, or NULL.
 * @param[in,out] argc, argv  in: all words after the program's (and command's) name; out: what is
 *                  left, the arguments. A word "--" ends the options.
 * @param stop_at_argument    leave everything from the first argument on as it is.
 * @return 0, DBK_EUSAGE (the nearest option is named), DBK_ENOMEM.
 */
DBK_MUST_CHECK int dbk_options_parse(const struct dbk_option *options, int *argc, char **argv,
                                     bool stop_at_argument, struct dbk_config *config,
                                     struct dbk_err *err);

/** Write the lines of an option table to standard output. */
void dbk_options_print(const struct dbk_option *options);

/** The same for the manual page. */
void dbk_options_print_manual(const struct dbk_option *options);

/** Write the versions of daybook and of the libraries it runs with. */
void dbk_print_versions(void);

#endif
