#include "ask.h"
#include "audit.h"
#include "audit_file.h"
#include "json_out.h"

#include <daybook/clock.h>
#include <daybook/escape.h>
#include <daybook/message.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static struct dbk_audit_options how = {.print_max = INT64_MAX};

static const struct dbk_option options[] = {
    {"max", 0, DBK_OPTION_INTEGER, &how.print_max, "N",
     "print no more differences than this; all are counted (all)", 0, INT64_MAX},
    {"receipt", 0, DBK_OPTION_STRING, &how.receipt, "FILE",
     "check the log against an earlier receipt, too", 0, 0},
    {"write-receipt", 0, DBK_OPTION_STRING, &how.write_receipt, "FILE",
     "when proven, write a receipt to FILE and the state to FILE.state", 0, 0},
    {"since", 0, DBK_OPTION_STRING, &how.since, "FILE",
     "begin at a receipt and its FILE.state; what is before is not read", 0, 0},
    {"partitions", 0, DBK_OPTION_STRING, &how.partitions, "LIST",
     "only these: numbers and ranges, 0-3,7", 0, 0},
    {"account", 0, DBK_OPTION_STRING, &how.account, "ACCOUNT", "only this account", 0, 0},
    {"deep", 0, DBK_OPTION_FLAG, &how.deep, NULL, "let SQLite check every row in every index", 0,
     0},
    {"accept-absent", 0, DBK_OPTION_FLAG, &how.accept_absent, NULL,
     "offsets without a record are no difference: you have looked at them", 0, 0},
    {"assume-settings", 0, DBK_OPTION_FLAG, &how.assume_settings, NULL,
     "the topic's settings are safe, where these rights do not let them be read", 0, 0},
    {NULL, 0, DBK_OPTION_FLAG, NULL, NULL, NULL, 0, 0},
};

static int check_options(struct dbk_err *err)
{
    bool partly = how.partitions != NULL || how.account != NULL;
    if (how.partitions != NULL && how.account != NULL)
        return dbk_err_set(err, DBK_EUSAGE, "give --partitions or --account, not both.");
    if (partly && (how.receipt != NULL || how.write_receipt != NULL || how.since != NULL))
        return dbk_err_set(err, DBK_EUSAGE,
                           "a receipt is of the whole log: not together with --partitions or "
                           "--account.");
    return 0;
}

static const char *verdict(const struct dbk_audit_result *result, bool complete)
{
    if (!complete)
        return "unknown";
    return result->report.difference_count == 0 ? "proven" : "differences";
}

static int report_json(struct dbk_audit_result *result, bool complete, const struct dbk_err *failed,
                       struct dbk_err *err)
{
    json_t *object = json_object();
    json_object_set_new(object, "result", json_string(verdict(result, complete)));
    if (!complete)
        json_object_set_new(object, "error", json_string(failed->text));
    json_object_set_new(object, "events", json_integer(result->event_count));
    json_object_set_new(object, "through", json_string(result->through));
    if (result->since[0] != '\0')
        json_object_set_new(object, "since", json_string(result->since));
    json_object_set_new(object, "accounts", json_integer(result->account_count));
    dbk_json_set_sum(object, "deposits", result->deposits_minor);
    dbk_json_set_sum(object, "withdrawals", result->withdrawals_minor);
    dbk_json_set_sum(object, "balances", result->balances_minor);
    json_object_set_new(object, "snapshot_rounds", json_integer(result->round_count));
    json_object_set_new(object, "later_events", json_integer(result->later_count));
    json_object_set_new(object, "absent", json_integer(result->absent_count));
    json_object_set_new(object, "negative_balances", json_integer(result->negative_count));
    if (result->negative != NULL)
        json_object_set(object, "negative", result->negative);
    json_object_set_new(object, "withdrawals_without_floor", json_integer(result->floorless_count));
    json_object_set_new(object, "declared_rows", json_integer(result->declared_row_count));
    json_object_set_new(object, "declared_accounts", json_integer(result->declared_account_count));
    json_object_set_new(object, "declared_reordered",
                        json_integer(result->declared_reordered_count));
    if (result->declared != NULL)
        json_object_set(object, "declared", result->declared);
    json_object_set_new(object, "elapsed_ms", json_integer(result->elapsed_ms));
    json_object_set_new(object, "difference_count", json_integer(result->report.difference_count));
    return dbk_report_end_json(&result->report, object, err);
}

/** ", 3 withdrawals without a floor", where there are any. */
static void print_count(int64_t count, const char *one, const char *many)
{
    if (count > 0)
        printf(", %" PRId64 " %s", count, count == 1 ? one : many);
}

/** Whose they are: the first three by name; --json has all. */
static void print_negative(const struct dbk_audit_result *result)
{
    size_t i;
    json_t *item;
    print_count(result->negative_count, "negative balance", "negative balances");
    json_array_foreach(result->negative, i, item)
    {
        char *name = dbk_escape_terminal(
            dbk_text_of(json_string_value(json_object_get(item, "account"))), true);
        if (i == 3 || name == NULL) {
            free(name);
            break;
        }
        printf("%s%s %s", i == 0 ? " (" : ", ", name,
               json_string_value(json_object_get(item, "balance")));
        free(name);
    }
    if (json_array_size(result->negative) > 0)
        fputs(result->negative_count > 3 ? ", ...)" : ")", stdout);
}

static void report_text(const struct dbk_audit_result *result)
{
    char sum[DBK_MONEY_SUM_TEXT_SIZE];
    int64_t differences = result->report.difference_count;
    int64_t hidden = differences - how.print_max;
    if (hidden > 0)
        printf("... and %" PRId64 " more\n", hidden);
    if (result->since[0] != '\0')
        printf("events before %s were not read\n", result->since);
    if (differences > 0) {
        printf("NOT proven: %" PRId64 " difference%s in %" PRId64 " events. %s\n", differences,
               differences == 1 ? "" : "s", result->event_count,
               result->report.log_differs
                   ? "The log itself is in question: keep the view and all copies of the log"
                   : "The log is the authority: daybook project --reset makes the view anew");
        return;
    }
    dbk_money_format_sum(sum, result->balances_minor);
    printf("proven: %" PRId64 " event%s, %" PRId64 " account%s, balances add up to %s",
           result->event_count, result->event_count == 1 ? "" : "s", result->account_count,
           result->account_count == 1 ? "" : "s", sum);
    print_count(result->round_count, "snapshot", "snapshots");
    print_count(result->absent_count, "absent record accepted", "absent records accepted");
    if (result->later_count > 0)
        printf("; %" PRId64 " later event%s in the log %s not in the view yet", result->later_count,
               result->later_count == 1 ? "" : "s", result->later_count == 1 ? "is" : "are");
    if (result->negative_count + result->floorless_count + result->declared_account_count > 0)
        printf("; apart from that");
    print_negative(result);
    print_count(result->floorless_count, "withdrawal without a floor",
                "withdrawals without a floor");
    print_count(result->declared_account_count, "account with another declared balance",
                "accounts with other declared balances");
    puts("");
}

/** A whole audit is remembered for the dashboard. */
static void remember(const struct dbk_cli *cli, const struct dbk_audit_result *result)
{
    struct dbk_last_audit last = {
        .at_ms = dbk_clock_wall_ms(),
        .proven = result->report.difference_count == 0,
        .difference_count = result->report.difference_count,
        .event_count = result->event_count,
    };
    snprintf(last.through, sizeof last.through, "%s", result->through);
    if (how.partitions == NULL && how.account == NULL)
        dbk_last_audit_write(cli->config.database, &last);
}

static int run(struct dbk_cli *cli, int argc, char **argv, struct dbk_err *err)
{
    struct dbk_audit_result result = {.event_count = 0};
    struct dbk_err late;
    (void)argc;
    (void)argv;
    int code = check_options(err);
    if (code != 0)
        return code;
    how.json = cli->json;
    /* What was fetched waits in memory, since comparing is slower than fetching: less of it. */
    code = dbk_config_set_option(&cli->config, "fetch.message.max.bytes=1048576", err);
    if (code == 0)
        code = dbk_config_set_option(&cli->config, "queued.min.messages=500000", err);
    if (code == 0)
        code = dbk_audit(&cli->config, &how, &result, err);
    bool complete = code == 0;
    int said = 0;
    if (cli->json)
        said = report_json(&result, complete, err, &late);
    else if (complete)
        report_text(&result);
    else if (result.report.difference_count > 0)
        printf("%" PRId64 " differences were found before it ended; there may be more\n",
               result.report.difference_count);
    if (complete && said == 0)
        remember(cli, &result);
    if (complete && said != 0) {
        *err = late;
        code = said;
    }
    bool differs = result.report.difference_count > 0;
    dbk_audit_clear(&result);
    if (code == 0 && differs)
        code = dbk_err_set(err, DBK_ENO, "%s", ""); /* all was said */
    return code;
}

const struct dbk_command dbk_command_audit = {
    .name = "audit",
    .arguments = "",
    .summary = "prove the view, the snapshots and a receipt against the log",
    .description =
        "Replays the log from offset 0 in memory and compares all that was derived from it, each\n"
        "thing at its own position: every row of every table and index of the database, every\n"
        "round of snapshots, an earlier receipt, and the digests of the log's records. The\n"
        "projector may run meanwhile. All differences are reported, with their place and the\n"
        "command that shows more. Apart from these, claims of the sources that disagree\n"
        "(declared balances), negative balances, and withdrawals without a floor. Exit status:\n"
        "0 proven, 1 differences, 3 the log could not be read, 4 the database could not.",
    .options = options,
    .run = run,
};
