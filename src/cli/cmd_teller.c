#include "ask.h"
#include "teller_run.h"

#include <daybook/clock.h>
#include <daybook/message.h>

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool no_tui;

static const struct dbk_option options[] = {
    {"no-tui", 0, DBK_OPTION_FLAG, &no_tui, NULL, "prompts and lines instead of a full screen", 0,
     0},
    {NULL, 0, DBK_OPTION_FLAG, NULL, NULL, NULL, 0, 0},
};

/** An account that the session knows goes into the list. */
static void put(struct dbk_teller_run *run, struct dbk_text name, int64_t balance_minor)
{
    run->changed = true;
    if (dbk_teller_list_put(&run->teller.list, name, balance_minor) != 0)
        run->failed = true;
}

static void put_account(void *context, const struct dbk_account *account)
{
    put(context, account->name, account->balance_minor);
}

static void watch(void *context, const struct dbk_entry *entry)
{
    if (entry->posting.verdict == DBK_POSTED)
        put(context, entry->event.account, entry->posting.balance_minor);
}

int dbk_teller_run_load(struct dbk_teller_run *run, struct dbk_err *err)
{
    int code = dbk_post_load_all(run->post, err);
    if (code == 0)
        code = dbk_post_catch_up(run->post, err);
    if (code == 0)
        dbk_post_each_account(run->post, put_account, run);
    return code;
}

int dbk_teller_run_connect(struct dbk_teller_run *run, const char *account, struct dbk_err *err)
{
    int code = dbk_post_connect(run->post, dbk_text_of(account), DBK_POST_RECENTS, err);
    return code == 0 ? dbk_post_catch_up(run->post, err) : code;
}

int dbk_teller_run_send(struct dbk_teller_run *run, enum dbk_transaction_type type,
                        int64_t value_minor, struct dbk_err *err)
{
    struct dbk_post_request request = {
        .event = {.account = dbk_post_account(run->post)->name,
                  .type = type,
                  .value_minor = value_minor,
                  .has_floor = type == DBK_WITHDRAWAL,
                  .date_s = dbk_clock_wall_ms() / 1000},
    };
    return dbk_post_send(run->post, &request, err);
}

void dbk_teller_run_count(struct dbk_teller_run *run, const struct dbk_post_result *result)
{
    if (dbk_outcome_is_posted(result->outcome)) {
        run->posted_count++;
        snprintf(run->last_position, sizeof run->last_position, "%" PRId32 ":%" PRId64,
                 result->partition, result->offset);
    } else {
        run->refused_count++;
    }
    bool decided =
        result->outcome != DBK_OUTCOME_UNKNOWN && result->outcome != DBK_OUTCOME_NOT_SENT;
    bool unknown = run->left_err.code == DBK_EUNKNOWN;
    if (decided && !unknown)
        run->left_err.code = 0; /* the broker is back */
    if (decided || (unknown && result->outcome == DBK_OUTCOME_NOT_SENT))
        return;
    if (unknown)
        dbk_message("%s", run->left_err.text); /* there is room for one; none is forgotten */
    char text[sizeof run->left_err.text];
    dbk_teller_result_text(text, sizeof text, &run->teller, result);
    dbk_err_set(&run->left_err, result->outcome == DBK_OUTCOME_UNKNOWN ? DBK_EUNKNOWN : DBK_EBROKER,
                "%s", text);
}

/** The state in which one leaves, for who has only the terminal's last lines to look at. */
static void say_goodbye(const struct dbk_teller_run *run)
{
    char text[DBK_SCREEN_TEXT];
    char count[24];
    snprintf(count, sizeof count, "%" PRId64, run->posted_count);
    const char *const several[DBK_TELLER_VALUES] = {count, run->last_position};
    const char *const one[DBK_TELLER_VALUES] = {run->last_position};
    bool is_one = run->posted_count == 1;
    if (run->posted_count == 0 || run->left_err.code != 0)
        return;
    dbk_teller_say(text, sizeof text, run->teller.lang,
                   is_one ? DBK_TT_LEFT_ONE : DBK_TT_LEFT_POSTED, is_one ? one : several);
    dbk_message("%s", text);
}

static void on_signal(int number)
{
    (void)number;
    dbk_stop_requested = true;
}

/** Ctrl-\ ends a session as Ctrl-C and a closed terminal do: in order. */
static void install_handler(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    sigaction(SIGQUIT, &action, NULL);
}

static int run(struct dbk_cli *cli, int argc, char **argv, struct dbk_err *err)
{
    struct dbk_teller_run *run = calloc(1, sizeof *run);
    (void)argc;
    (void)argv;
    if (run == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    install_handler();
    unsetenv("LINES"); /* the window has the terminal's size, whatever was exported once */
    unsetenv("COLUMNS");
    int code = dbk_post_open(&run->post, &cli->config, (struct dbk_text){"", 0}, err);
    if (code == 0) {
        dbk_teller_init(&run->teller,
                        dbk_teller_lang(getenv("LC_ALL"), getenv("LC_MESSAGES"), getenv("LANG")),
                        &cli->config);
        dbk_post_watch(run->post, watch, run);
        bool window =
            !no_tui && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && !dbk_term_is_dumb();
        code = window ? dbk_teller_run_window(run, err) : dbk_teller_run_lines(run, err);
        say_goodbye(run);
        if (run->left_err.code == DBK_EUNKNOWN || (code == 0 && run->left_err.code != 0)) {
            if (code != 0 && err->text[0] != '\0')
                dbk_message("%s", err->text);
            *err = run->left_err;
            code = err->code;
        }
    }
    dbk_post_close(run->post);
    dbk_teller_clear(&run->teller);
    free(run);
    return code;
}

const struct dbk_command dbk_command_teller = {
    .name = "teller",
    .arguments = "",
    .summary = "deposit and withdraw in a full-screen window",
    .description =
        "Account Connection: choose an account; type to search, Enter connects, F4 opens a new "
        "one.\n"
        "Make Transaction: type an amount, F2 deposits, F3 withdraws, Esc goes back. The balance "
        "and\n"
        "the last transactions are the log's, also those that others post meanwhile, and the "
        "answer\n"
        "is what the log decided: a withdrawal never leaves less than 0.00. While the broker is "
        "away\n"
        "nothing is sent; what was in flight is resolved when it is back, and never repeated. "
        "French\n"
        "or English by LC_ALL, LC_MESSAGES or LANG; NO_COLOR is heeded. Where there is no "
        "terminal,\n"
        "and with --no-tui, it asks line by line. Exit status 5: one left while the outcome of a\n"
        "transaction was not known; what to do is said.",
    .options = options,
    .run = run,
};
