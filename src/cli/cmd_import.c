#include "import.h"
#include "json_out.h"
#include "options.h"
#include "table.h"

#include <daybook/bank_rules.h>
#include <daybook/date.h>
#include <daybook/escape.h>
#include <daybook/message.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** Events that --dry-run shows. */
#define DRY_RUN_EVENTS 5

static struct dbk_bank_rules rules;
static const char *rules_path;
static bool dry_run;
static bool only_new;
static bool all;

static const struct dbk_option options[] = {
    {"columns", 0, DBK_OPTION_STRING, &rules.columns, "date=NAME,...",
     "where date, account, amount, type, balance and memo are: header names, or numbers", 0, 0},
    {"no-header", 0, DBK_OPTION_FLAG, &rules.no_header, NULL,
     "the first line is a row; --columns gives numbers from 1", 0, 0},
    {"delimiter", 0, DBK_OPTION_STRING, &rules.delimiter, "CHAR",
     "what divides fields (, ; or tab is recognised)", 0, 0},
    {"decimal", 0, DBK_OPTION_STRING, &rules.decimal, "CHAR", "the decimal sign: , or .", 0, 0},
    {"date-format", 0, DBK_OPTION_STRING, &rules.date_format, "FORMAT",
     "with strptime's letters (%d/%m/%Y, %Y-%m-%d)", 0, 0},
    {"encoding", 0, DBK_OPTION_STRING, &rules.encoding, "NAME",
     "as iconv knows it, such as WINDOWS-1252 (UTF-8)", 0, 0},
    {"deposit", 0, DBK_OPTION_STRING, &rules.deposit, "WORD,...",
     "words of the type column that mean a deposit", 0, 0},
    {"withdrawal", 0, DBK_OPTION_STRING, &rules.withdrawal, "WORD,...",
     "words of the type column that mean a withdrawal", 0, 0},
    {"rules", 0, DBK_OPTION_STRING, &rules_path, "FILE",
     "read these options from a file (FILE.rules is found by itself)", 0, 0},
    {"dry-run", 0, DBK_OPTION_FLAG, &dry_run, NULL, "validate, show the first events, send nothing",
     0, 0},
    {"only-new", 0, DBK_OPTION_FLAG, &only_new, NULL,
     "send only rows that the ledger does not have from another file", 0, 0},
    {"all", 0, DBK_OPTION_FLAG, &all, NULL, "send every row, also those it seems to have", 0, 0},
    {NULL, 0, DBK_OPTION_FLAG, NULL, NULL, NULL, 0, 0},
};

/** Options first, then the rules file that is named, or the one beside the file. */
static int read_rules(const char *path, char **text, struct dbk_err *err)
{
    char beside[4096];
    const char *found = rules_path;
    int length = snprintf(beside, sizeof beside, "%s.rules", path);
    if (found == NULL && length > 0 && (size_t)length < sizeof beside && strcmp(path, "-") != 0 &&
        access(beside, F_OK) == 0) {
        found = beside;
        dbk_message("using the rules in %s", beside);
    }
    return found != NULL ? dbk_bank_rules_read(&rules, text, found, dbk_nearest, err) : 0;
}

static void show_first_events(struct dbk_import *import)
{
    char json[DBK_EVENT_MAX];
    struct dbk_event event;
    dbk_bankfile_rewind(&import->file);
    for (int64_t row = 0;
         row < DRY_RUN_EVENTS && dbk_bankfile_next(&import->file, &event) == DBK_BANK_ROW; row++) {
        event.source = (struct dbk_text){import->source, (uint32_t)strlen(import->source)};
        event.seq = row;
        size_t size = dbk_event_encode(json, &event);
        printf("%.*s\n", (int)size, json);
    }
    uint32_t count = dbk_rowset_count(import->rowset);
    dbk_message("%" PRIu32 " row%s right; nothing was sent (--dry-run)", count,
                count == 1 ? " is" : "s are");
}

static int64_t sent_per_second(const struct dbk_import *import)
{
    return import->sent_count * 1000 / (import->sending_ms > 0 ? import->sending_ms : 1);
}

static int summarize_json(const struct dbk_import *import, struct dbk_err *err)
{
    char date[DBK_DATE_TEXT_SIZE];
    json_t *object = json_object();
    json_object_set_new(object, "source", json_string(import->source));
    json_object_set_new(object, "rows", json_integer(dbk_rowset_count(import->rowset)));
    json_object_set_new(object, "accounts", json_integer(dbk_rowset_account_count(import->rowset)));
    json_object_set_new(object, "sent", json_integer(import->sent_count));
    json_object_set_new(object, "sent_before", json_integer(import->sent_before));
    json_object_set_new(object, "already_there", json_integer(import->there_count));
    dbk_json_set_sum(object, "deposits", import->deposits_minor);
    dbk_json_set_sum(object, "withdrawals", import->withdrawals_minor);
    dbk_date_format(date, import->first_date_s);
    json_object_set_new(object, "first_date", json_string(date));
    dbk_date_format(date, import->last_date_s);
    json_object_set_new(object, "last_date", json_string(date));
    json_object_set_new(object, "sent_per_second", json_integer(sent_per_second(import)));
    return dbk_json_print(object, err);
}

static void add_line(struct dbk_table *table, const char *name, const char *value)
{
    dbk_table_add_string(table, name);
    dbk_table_add_string(table, value);
}

static int summarize(const struct dbk_import *import, struct dbk_err *err)
{
    static const struct dbk_column columns[] = {{"", false}, {"", false}};
    struct dbk_table table;
    char text[DBK_MONEY_SUM_TEXT_SIZE + 64];
    char sum[DBK_MONEY_SUM_TEXT_SIZE];
    char dates[2][DBK_DATE_TEXT_SIZE];
    dbk_table_init(&table, columns, 2);
    snprintf(text, sizeof text, "%" PRIu32, dbk_rowset_count(import->rowset));
    add_line(&table, "rows", text);
    snprintf(text, sizeof text, "%" PRId64, import->sent_count);
    add_line(&table, "sent", text);
    snprintf(text, sizeof text, "%" PRIu32, dbk_rowset_account_count(import->rowset));
    add_line(&table, "accounts", text);
    dbk_money_format_sum(sum, import->deposits_minor);
    snprintf(text, sizeof text, "%s in %" PRId64, sum, import->deposit_count);
    add_line(&table, "deposits", text);
    dbk_money_format_sum(sum, import->withdrawals_minor);
    snprintf(text, sizeof text, "%s in %" PRId64, sum, import->withdrawal_count);
    add_line(&table, "withdrawals", text);
    dbk_date_format(dates[0], import->first_date_s);
    dbk_date_format(dates[1], import->last_date_s);
    snprintf(text, sizeof text, "%s to %s", dates[0], dates[1]);
    add_line(&table, "dates", text);
    int code = dbk_table_print(&table, err);
    dbk_table_clear(&table);
    return code;
}

static int import_file(struct dbk_cli *cli, struct dbk_import *import, const char *path,
                       struct dbk_err *err)
{
    struct dbk_bank_format format = {.delimiter = 0};
    int code = dbk_bank_rules_compile(&format, &rules, err);
    if (code == 0)
        code = dbk_import_read(import, path, rules.encoding, &format, err);
    if (code == 0 && dry_run) {
        show_first_events(import);
        return 0;
    }
    if (code == 0)
        code = dbk_import_send(import, err);
    if (code != 0)
        return code;
    if (import->sent_count > 0)
        dbk_message("sent %" PRId64 " row%s in %" PRId64 ".%" PRId64 " s (%" PRId64 "/s)%s",
                    import->sent_count, import->sent_count == 1 ? "" : "s",
                    import->sending_ms / 1000, import->sending_ms / 100 % 10,
                    sent_per_second(import),
                    import->sent_before > 0 ? "; the others had been sent before" : "");
    return cli->json ? summarize_json(import, err) : summarize(import, err);
}

static int run(struct dbk_cli *cli, int argc, char **argv, struct dbk_err *err)
{
    char *text = NULL;
    (void)argc;
    if (only_new && all)
        return dbk_err_set(err, DBK_EUSAGE, "--only-new and --all exclude each other.");
    struct dbk_import *import = calloc(1, sizeof *import);
    if (import == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    import->config = &cli->config;
    import->only_new = only_new;
    import->all = all;
    int code = read_rules(argv[0], &text, err);
    if (code == 0)
        code = import_file(cli, import, argv[0], err);
    dbk_import_clear(import);
    free(import);
    free(text);
    return code;
}

const struct dbk_command dbk_command_import = {
    .name = "import",
    .arguments = "FILE",
    .summary = "append a bank's CSV file to the log",
    .description =
        "Validates the whole file first; if a single row is wrong, every wrong row is listed and\n"
        "nothing is sent. The same rows are never posted twice: a file that was imported adds\n"
        "nothing, one that was interrupted is completed, and rows that came with another file\n"
        "are noticed before anything is sent. FILE - is standard input.",
    .options = options,
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
