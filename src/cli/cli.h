/**
 * Commands and their options, as tables: the one source of parsing, `--help`, and man pages.
 */
#ifndef DAYBOOK_CLI_H
#define DAYBOOK_CLI_H

#include <daybook/config.h>
#include <daybook/err.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum dbk_option_kind {
    DBK_OPTION_FLAG,    /**< target: bool */
    DBK_OPTION_STRING,  /**< target: const char * */
    DBK_OPTION_INTEGER, /**< target: int64_t, within minimum ... maximum */
};

struct dbk_option {
    const char *name; /**< long name without "--"; NULL ends a table */
    char letter;      /**< short form, or 0 */
    enum dbk_option_kind kind;
    void *target;
    const char *argument; /**< its name in the help: "FILE"; NULL for flags */
    const char *help;
    int64_t minimum;
    int64_t maximum;
};

/** What every command is given. */
struct dbk_cli {
    struct dbk_config config;
    bool json;
    bool
        ends_at_once; /**< set by a command that leaves its connections to the end of the process */
};

struct dbk_command {
    const char *name;
    const char *arguments;   /**< "FILE", "[ACCOUNT...]", "" */
    const char *summary;     /**< one line */
    const char *description; /**< some lines more for its help */
    const struct dbk_option *options;
    int arguments_min;
    int arguments_max; /**< -1: any number */
    /** argv holds the arguments only. Returns 0 or a code of enum dbk_failure with err set (an
     * empty text: everything was said already). */
    int (*run)(struct dbk_cli *cli, int argc, char **argv, struct dbk_err *err);
};

extern const struct dbk_command dbk_command_import;
extern const struct dbk_command dbk_command_deposit;
extern const struct dbk_command dbk_command_withdraw;
extern const struct dbk_command dbk_command_reverse;
extern const struct dbk_command dbk_command_init;
extern const struct dbk_command dbk_command_project;
extern const struct dbk_command dbk_command_audit;
extern const struct dbk_command dbk_command_balance;
extern const struct dbk_command dbk_command_status;
extern const struct dbk_command dbk_command_serve;
extern const struct dbk_command dbk_command_run;
extern const struct dbk_command dbk_command_snapshot;
extern const struct dbk_command dbk_command_export;
extern const struct dbk_command dbk_command_verify;
extern const struct dbk_command dbk_command_statement;
extern const struct dbk_command dbk_command_history;
extern const struct dbk_command dbk_command_log;
extern const struct dbk_command dbk_command_simulate;
extern const struct dbk_command dbk_command_teller;

/** Set by SIGINT, SIGTERM and SIGHUP (handlers are installed by main): long loops of every thread
 * look at it. */
extern atomic_bool dbk_stop_requested;

/** Standard output did not take what was printed: say why, by errno, unless its reader has closed
 *  it. @return DBK_ENO. */
int dbk_cli_output_failed(struct dbk_err *err);

/** Sixteen random bytes for dbk_book_open. @return 0 or DBK_ENOMEM. */
int dbk_random_key(uint8_t key[16], struct dbk_err *err);

#endif
