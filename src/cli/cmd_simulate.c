#include "cli.h"
#include "json_out.h"
#include "table.h"

#include <daybook/clock.h>
#include <daybook/log.h>
#include <daybook/message.h>
#include <daybook/producer.h>
#include <daybook/simulation.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/** From this rate on events are sent in large batches. */
#define BULK_RATE 10000

static int64_t rate = 10;
static int64_t account_count = 100;
static int64_t duration_s;
static int64_t seed = -1;

static const struct dbk_option options[] = {
    {"rate", 0, DBK_OPTION_INTEGER, &rate, "N",
     "events a second (10); 0: as many as the broker takes", 0, 10000000},
    {"accounts", 0, DBK_OPTION_INTEGER, &account_count, "A", "over so many accounts (100)", 1,
     DBK_SIMULATION_ACCOUNTS_MAX},
    {"duration", 0, DBK_OPTION_INTEGER, &duration_s, "S", "for so many seconds (until Ctrl-C)", 1,
     1000000000},
    {"seed", 0, DBK_OPTION_INTEGER, &seed, "X", "the same accounts and amounts as then (random)", 0,
     INT64_MAX},
    {NULL, 0, DBK_OPTION_FLAG, NULL, NULL, NULL, 0, 0},
};

struct simulate {
    struct dbk_log *log;
    struct dbk_producer *producer;
    struct dbk_simulation *simulation;
    struct dbk_progress progress;
    char source[32];
    int64_t date_s; /* of the event that is sent next */
    int64_t sent_count;
    int64_t acknowledged_count;
    int64_t started_ms;
    int64_t paced_ms; /* the rate is kept from here on */
    int64_t paced_count;
    int64_t elapsed_ms;
    dbk_int128 deposits_minor;
    dbk_int128 withdrawals_minor;
};

static void count_delivery(void *context, const struct dbk_delivery *delivery)
{
    struct simulate *simulate = context;
    (void)delivery;
    simulate->acknowledged_count++;
}

/** A source that no other run has: events are new even where their content is the same. */
static int choose_source(struct simulate *simulate, struct dbk_err *err)
{
    uint64_t numbers[2];
    if (getrandom(numbers, sizeof numbers, 0) != sizeof numbers)
        return dbk_err_set(err, DBK_ENOMEM, "the system gives no random numbers.");
    snprintf(simulate->source, sizeof simulate->source, "simulate-%016" PRIx64, numbers[0]);
    if (seed < 0)
        seed = (int64_t)(numbers[1] % 1000000);
    return 0;
}

static int send_one(struct simulate *simulate, struct dbk_err *err)
{
    char json[DBK_EVENT_MAX];
    struct dbk_event event;
    dbk_simulation_next(simulate->simulation, &event);
    event.date_s = simulate->date_s;
    event.source = (struct dbk_text){simulate->source, (uint32_t)strlen(simulate->source)};
    event.seq = simulate->sent_count;
    int code = dbk_producer_send(
        simulate->producer,
        dbk_event_partition(event.account, dbk_log_topic(simulate->log)->partition_count),
        event.account, json, dbk_event_encode(json, &event), 0, err);
    if (code != 0)
        return code;
    *(event.type == DBK_DEPOSIT ? &simulate->deposits_minor : &simulate->withdrawals_minor) +=
        event.value_minor;
    simulate->sent_count++;
    return 0;
}

/** How many events should have been sent by now. What could not be sent for a second (a broker that
 *  was away) is not made up for: the rate is the most that is asked of it. */
static int64_t due_count(struct simulate *simulate, int64_t now_ms)
{
    if (rate == 0)
        return INT64_MAX;
    int64_t due = simulate->paced_count + 1 + (now_ms - simulate->paced_ms) * rate / 1000;
    if (due - simulate->sent_count > rate + 1) {
        simulate->paced_ms = now_ms;
        simulate->paced_count = simulate->sent_count;
        due = simulate->sent_count + 1;
    }
    return due;
}

/** Let acknowledgements in, and wait for what is due next. */
static int wait_for_due(struct simulate *simulate, struct dbk_err *err)
{
    int code = dbk_producer_flush(simulate->producer, 0, err);
    if (code == DBK_EUNKNOWN && !dbk_producer_has_failed(simulate->producer))
        code = 0; /* only not acknowledged yet */
    usleep(rate >= 100 ? 5000 : 20000);
    return code;
}

static int send_all(struct simulate *simulate, struct dbk_err *err)
{
    int64_t now_ms = simulate->started_ms;
    int64_t end_ms = duration_s > 0 ? now_ms + duration_s * 1000 : INT64_MAX;
    int code = 0;
    while (code == 0 && now_ms < end_ms && !dbk_stop_requested) {
        int64_t due = due_count(simulate, now_ms);
        simulate->date_s = dbk_clock_wall_ms() / 1000;
        if (simulate->sent_count >= due)
            code = wait_for_due(simulate, err);
        for (int i = 0; code == 0 && i < 1000 && simulate->sent_count < due; i++)
            code = send_one(simulate, err);
        dbk_progress_update(&simulate->progress, simulate->acknowledged_count);
        now_ms = dbk_clock_monotonic_ms();
    }
    return code == DBK_ESTOPPED ? 0 : code;
}

/** Wait for the last acknowledgements; after Ctrl-C not for ever. */
static int finish(struct simulate *simulate, struct dbk_err *err)
{
    int code;
    do {
        code = dbk_producer_flush(simulate->producer, 200, err);
        dbk_progress_update(&simulate->progress, simulate->acknowledged_count);
    } while (code == DBK_EUNKNOWN && !dbk_producer_has_failed(simulate->producer) &&
             !dbk_stop_requested);
    if (dbk_stop_requested) {
        dbk_producer_stop_on(simulate->producer, NULL);
        code = dbk_producer_flush(simulate->producer, 3000, err);
    }
    if (code == DBK_EUNKNOWN)
        return dbk_err_set(err, DBK_EUNKNOWN,
                           "%" PRId64 " of %" PRId64 " events were acknowledged; the others may or "
                           "may not be in the log.",
                           simulate->acknowledged_count, simulate->sent_count);
    return code;
}

static int print_json(const struct simulate *simulate, struct dbk_err *err)
{
    json_t *object = json_object();
    json_object_set_new(object, "sent", json_integer(simulate->acknowledged_count));
    json_object_set_new(object, "accounts", json_integer(account_count));
    dbk_json_set_sum(object, "deposits", simulate->deposits_minor);
    dbk_json_set_sum(object, "withdrawals", simulate->withdrawals_minor);
    json_object_set_new(object, "seed", json_integer(seed));
    json_object_set_new(object, "source", json_string(simulate->source));
    json_object_set_new(object, "elapsed_ms", json_integer(simulate->elapsed_ms));
    return dbk_json_print(object, err);
}

static int print(const struct simulate *simulate, struct dbk_err *err)
{
    static const struct dbk_column columns[] = {{"SIMULATION", false}, {"", false}};
    static const char *const names[] = {"sent",        "accounts", "deposits",
                                        "withdrawals", "seed",     "source"};
    char values[6][DBK_MONEY_SUM_TEXT_SIZE];
    struct dbk_table table;
    snprintf(values[0], sizeof values[0], "%" PRId64, simulate->acknowledged_count);
    snprintf(values[1], sizeof values[1], "%" PRId64, account_count);
    dbk_money_format_sum(values[2], simulate->deposits_minor);
    dbk_money_format_sum(values[3], simulate->withdrawals_minor);
    snprintf(values[4], sizeof values[4], "%" PRId64, seed);
    snprintf(values[5], sizeof values[5], "%s", simulate->source);
    dbk_table_init(&table, columns, 2);
    for (int i = 0; i < 6; i++) {
        dbk_table_add_string(&table, names[i]);
        dbk_table_add_string(&table, values[i]);
    }
    int code = dbk_table_print(&table, err);
    dbk_table_clear(&table);
    return code;
}

static int summarize(const struct simulate *simulate, bool json, struct dbk_err *err)
{
    int64_t elapsed_ms = simulate->elapsed_ms > 0 ? simulate->elapsed_ms : 1;
    dbk_message("sent %" PRId64 " events in %" PRId64 ".%d s (%" PRId64 "/s)",
                simulate->acknowledged_count, elapsed_ms / 1000, (int)(elapsed_ms / 100 % 10),
                simulate->acknowledged_count * 1000 / elapsed_ms);
    return json ? print_json(simulate, err) : print(simulate, err);
}

static int run(struct dbk_cli *cli, int argc, char **argv, struct dbk_err *err)
{
    struct simulate simulate = {.sent_count = 0};
    (void)argc;
    (void)argv;
    int code = choose_source(&simulate, err);
    if (code == 0 && dbk_simulation_open(&simulate.simulation, seed, account_count) != 0)
        code = dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    if (code == 0)
        code = dbk_log_open(&simulate.log, &cli->config, err);
    if (code == 0)
        code = dbk_producer_open(&simulate.producer, &cli->config, dbk_log_topic(simulate.log),
                                 rate == 0 || rate >= BULK_RATE ? 50 : 0, count_delivery, &simulate,
                                 err);
    if (code == 0) {
        dbk_producer_stop_on(simulate.producer, &dbk_stop_requested);
        simulate.started_ms = simulate.paced_ms = dbk_clock_monotonic_ms();
        dbk_progress_start(&simulate.progress, "sent", "events", rate * duration_s);
        code = send_all(&simulate, err);
        if (code == 0)
            code = finish(&simulate, err);
        dbk_progress_end(&simulate.progress);
        simulate.elapsed_ms = dbk_clock_monotonic_ms() - simulate.started_ms;
    }
    if (code == 0)
        code = summarize(&simulate, cli->json, err);
    else if (code == DBK_EBROKER && simulate.sent_count > 0 &&
             (!dbk_producer_settle(simulate.producer) || simulate.acknowledged_count > 0))
        code = err->code = DBK_EUNKNOWN;
    dbk_producer_close(simulate.producer);
    dbk_log_close(simulate.log);
    dbk_simulation_close(simulate.simulation);
    return code;
}

const struct dbk_command dbk_command_simulate = {
    .name = "simulate",
    .arguments = "",
    .summary = "send made-up deposits and withdrawals, for demos and load",
    .description =
        "Sends a steady stream of believable transactions (salaries, rents, groceries, ...) over\n"
        "accounts SIM-000001, SIM-000002, ..., dated as they are sent; no other account is\n"
        "touched. A seed gives the same accounts, amounts and memos again. Withdrawals carry a\n"
        "floor of 0.00: some are refused. The money is not real, but the log keeps it for ever:\n"
        "use a topic of its own (-t) beside a real ledger.",
    .options = options,
    .run = run,
};
