#include "audit.h"
#include "json_out.h"

#include <daybook/message.h>

#include <inttypes.h>
#include <stdio.h>

static int64_t print_max = 100;

static const struct dbk_option options[] = {
    {"max", 0, DBK_OPTION_INTEGER, &print_max, "N", "differences to print; all are counted (100)",
     0, INT64_MAX},
    {NULL, 0, DBK_OPTION_FLAG, NULL, NULL, NULL, 0, 0},
};

static int report_json(struct dbk_audit_result *result, struct dbk_err *err)
{
    json_t *object = json_object();
    json_object_set_new(object, "result",
                        json_string(result->difference_count == 0 ? "proven" : "differences"));
    json_object_set_new(object, "events", json_integer(result->event_count));
    json_object_set_new(object, "accounts", json_integer(result->account_count));
    dbk_json_set_sum(object, "deposits", result->deposits_minor);
    dbk_json_set_sum(object, "withdrawals", result->withdrawals_minor);
    dbk_json_set_sum(object, "balances", result->balances_minor);
    json_object_set_new(object, "elapsed_ms", json_integer(result->elapsed_ms));
    json_object_set_new(object, "difference_count", json_integer(result->difference_count));
    json_object_set(object, "differences", result->differences);
    return dbk_json_print(object, err);
}

static void report_text(const struct dbk_audit_result *result)
{
    char sum[DBK_MONEY_SUM_TEXT_SIZE];
    int64_t hidden = result->difference_count - print_max;
    if (hidden > 0)
        printf("... and %" PRId64 " more\n", hidden);
    if (result->difference_count > 0) {
        printf("NOT proven: %" PRId64 " difference%s in %" PRId64 " events\n",
               result->difference_count, result->difference_count == 1 ? "" : "s",
               result->event_count);
        return;
    }
    dbk_money_format_sum(sum, result->balances_minor);
    printf("proven: %" PRId64 " event%s, %" PRId64 " account%s, balances add up to %s\n",
           result->event_count, result->event_count == 1 ? "" : "s", result->account_count,
           result->account_count == 1 ? "" : "s", sum);
}

static int run(struct dbk_cli *cli, int argc, char **argv, struct dbk_err *err)
{
    struct dbk_audit_options how = {.print_max = print_max, .json = cli->json};
    struct dbk_audit_result result = {.differences = json_array()};
    (void)argc;
    (void)argv;
    int code = result.differences != NULL ? dbk_audit(&cli->config, &how, &result, err)
                                          : dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    if (code == 0 && cli->json)
        code = report_json(&result, err);
    else if (code == 0)
        report_text(&result);
    json_decref(result.differences);
    if (code == 0 && result.difference_count > 0)
        code = dbk_err_set(err, DBK_ENO, "%s", ""); /* all was said */
    return code;
}

const struct dbk_command dbk_command_audit = {
    .name = "audit",
    .arguments = "",
    .summary = "prove the view against the log",
    .description =
        "Replays the log from offset 0 in memory and compares every balance, count and total in\n"
        "the database with it, at the database's own checkpoint, and the digests of the log's\n"
        "records. The projector may run meanwhile. All differences are reported. Exit status:\n"
        "0 proven, 1 differences, 3 the log could not be read, 4 the database could not.",
    .options = options,
    .run = run,
};
