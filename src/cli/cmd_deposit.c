#include "ask.h"
#include "post_once.h"

#include <daybook/amount_text.h>
#include <daybook/clock.h>
#include <daybook/date.h>
#include <daybook/message.h>

#include <string.h>

static const char *floor_text;
static const char *memo;
static const char *date;
static const char *id;
static bool open_account;
static bool dry_run;

#define OPTIONS_OF_BOTH                                                                            \
    {"memo", 0, DBK_OPTION_STRING, &memo, "TEXT", "what it is for, up to 200 bytes", 0, 0},        \
        {"date", 0, DBK_OPTION_STRING, &date, "WHEN", "its date, 2024-01-31 or with a time (now)", \
         0,      0},                                                                               \
        {"id",                                                                                     \
         0,                                                                                        \
         DBK_OPTION_STRING,                                                                        \
         &id,                                                                                      \
         "SOURCE:SEQ",                                                                             \
         "its id: repeated under the same one, it is posted once (a random one)",                  \
         0,                                                                                        \
         0},                                                                                       \
        {"open", 0, DBK_OPTION_FLAG, &open_account, NULL, "the account may be a new one", 0, 0},   \
    {                                                                                              \
        "dry-run", 0, DBK_OPTION_FLAG, &dry_run, NULL,                                             \
            "say what would become of it, send nothing", 0, 0                                      \
    }

static const struct dbk_option deposit_options[] = {
    OPTIONS_OF_BOTH,
    {NULL, 0, DBK_OPTION_FLAG, NULL, NULL, NULL, 0, 0},
};

static const struct dbk_option withdraw_options[] = {
    {"floor", 0, DBK_OPTION_STRING, &floor_text, "AMOUNT",
     "never leave less than this (0.00); none: for corrections", 0, 0},
    OPTIONS_OF_BOTH,
    {NULL, 0, DBK_OPTION_FLAG, NULL, NULL, NULL, 0, 0},
};

static int parse_floor(struct dbk_event *event, struct dbk_err *err)
{
    event->has_floor = floor_text == NULL || strcmp(floor_text, "none") != 0;
    if (floor_text == NULL || !event->has_floor)
        return 0;
    enum dbk_amount_problem problem =
        dbk_amount_typed(&event->floor_minor, dbk_text_of(floor_text), false);
    if (problem == DBK_AMOUNT_FINE)
        return 0;
    return dbk_err_set(err, DBK_EUSAGE, "--floor %.100s: %s; or none.", floor_text,
                       dbk_amount_problem_text(problem));
}

/** Read what was typed; nothing is connected to before all of it is right. */
static int parse(struct dbk_posting_order *order, char **argv, struct dbk_err *err)
{
    struct dbk_event *event = &order->request.event;
    event->account = dbk_text_of(argv[0]);
    if (!dbk_text_is_clean(event->account, DBK_ACCOUNT_MAX, true))
        return dbk_err_set(err, DBK_EUSAGE,
                           "that cannot be an account's name: 1 to 64 bytes of UTF-8, no control "
                           "characters, no space at either end.");
    enum dbk_amount_problem amount =
        dbk_amount_typed(&event->value_minor, dbk_text_of(argv[1]), true);
    if (amount != DBK_AMOUNT_FINE)
        return dbk_err_set(err, DBK_EUSAGE, "\"%.100s\": %s.", argv[1],
                           dbk_amount_problem_text(amount));
    event->date_s = dbk_clock_wall_ms() / 1000;
    order->request.date_matters = date != NULL;
    if (date != NULL && !dbk_date_parse(&event->date_s, date, strlen(date)))
        return dbk_err_set(err, DBK_EUSAGE,
                           "--date %.100s: write a day that exists as 2024-01-31, or with its time "
                           "of UTC as 2024-01-31T12:00:00Z.",
                           date);
    if (date != NULL && event->date_s > dbk_clock_wall_ms() / 1000 + DBK_SECONDS_PER_DAY)
        dbk_warning("--date %.100s lies in the future.", date);
    order->request.memo_matters = true;
    if (memo != NULL)
        event->memo = dbk_text_of(memo);
    if (event->memo.length > 0 && !dbk_text_is_clean(event->memo, DBK_MEMO_MAX, false))
        return dbk_err_set(err, DBK_EUSAGE,
                           "--memo: at most 200 bytes of UTF-8 without control characters.");
    enum dbk_id_problem problem =
        id == NULL ? DBK_ID_FINE : dbk_id_parse(&event->source, &event->seq, dbk_text_of(id));
    if (problem != DBK_ID_FINE)
        return dbk_err_set(err, DBK_EUSAGE, "--id %.100s: %s.", id, dbk_id_problem_text(problem));
    return 0;
}

static int run(struct dbk_cli *cli, enum dbk_transaction_type type, char **argv,
               struct dbk_err *err)
{
    struct dbk_posting_order order = {.open = open_account, .dry_run = dry_run};
    order.request.event.type = type;
    int code = parse(&order, argv, err);
    if (code == 0 && type == DBK_WITHDRAWAL)
        code = parse_floor(&order.request.event, err);
    if (code == 0 && type == DBK_WITHDRAWAL && !order.request.event.has_floor)
        dbk_message("without a floor: this may leave the account below 0.00");
    return code == 0 ? dbk_post_once(cli, &order, err) : code;
}

static int run_deposit(struct dbk_cli *cli, int argc, char **argv, struct dbk_err *err)
{
    (void)argc;
    return run(cli, DBK_DEPOSIT, argv, err);
}

static int run_withdraw(struct dbk_cli *cli, int argc, char **argv, struct dbk_err *err)
{
    (void)argc;
    return run(cli, DBK_WITHDRAWAL, argv, err);
}

#define HOW_IT_ENDS                                                                                \
    "Prints the log's decision. Exit status 0: posted, or posted before under the same --id;\n"    \
    "1: refused; 3: certainly not sent; 5: sent, outcome unknown: repeat with the --id that is\n"  \
    "printed, which cannot post it twice."

const struct dbk_command dbk_command_deposit = {
    .name = "deposit",
    .arguments = "ACCOUNT AMOUNT",
    .summary = "post a deposit, and say what the log decided",
    .description =
        "AMOUNT is greater than 0, with up to two decimals, point or comma.\n" HOW_IT_ENDS,
    .options = deposit_options,
    .arguments_min = 2,
    .arguments_max = 2,
    .run = run_deposit,
};

const struct dbk_command dbk_command_withdraw = {
    .name = "withdraw",
    .arguments = "ACCOUNT AMOUNT",
    .summary = "post a withdrawal, and say what the log decided",
    .description = "AMOUNT is greater than 0, with up to two decimals, point or comma. However "
                   "many withdraw at\n"
                   "once, none of them leaves less than its --floor.\n" HOW_IT_ENDS,
    .options = withdraw_options,
    .arguments_min = 2,
    .arguments_max = 2,
    .run = run_withdraw,
};
