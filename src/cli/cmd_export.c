#include "cli.h"
#include "json_out.h"

#include <daybook/date.h>
#include <daybook/escape.h>
#include <daybook/message.h>
#include <daybook/money.h>
#include <daybook/view_cursor.h>
#include <daybook/view_read.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *format_name;

static const struct dbk_option options[] = {
    {"format", 0, DBK_OPTION_STRING, &format_name, "hledger|csv|jsonl", "what to write (csv)", 0,
     0},
    {NULL, 0, DBK_OPTION_FLAG, NULL, NULL, NULL, 0, 0},
};

/** Columns of DBK_WALK_EXPORT_LOG and DBK_WALK_EXPORT_ACCOUNTS. */
enum { PARTITION, OFFSET, ACCOUNT_ID, DATE, AMOUNT, BALANCE, ACCOUNT, SOURCE, SEQ, MEMO };

struct exporting {
    struct dbk_view *view;
    struct dbk_checkpoint *checkpoints; /* what the export holds: all before these */
    int32_t partition_count;
    struct dbk_buffer line;
    int64_t account_id; /* of the account that hledger's balance is added up for */
    int64_t balance_minor;
    int64_t rows;
};

struct format {
    const char *name;
    enum dbk_walk walk;
    int key_count;
    int keys[4]; /* columns that the walk goes on from */
    const char *header;
    void (*write)(struct exporting *exporting, const struct dbk_row *row);
};

static void add_amount(struct dbk_buffer *line, int64_t amount_minor)
{
    char text[DBK_MONEY_TEXT_SIZE];
    dbk_money_format(text, amount_minor);
    dbk_buffer_add_string(line, text);
}

static void add_date(struct dbk_buffer *line, int64_t date_s, size_t length)
{
    char text[DBK_DATE_TEXT_SIZE];
    bool good = date_s >= -62167219200 && date_s <= 253402300799;
    dbk_date_format(text, good ? date_s : 0);
    dbk_buffer_add(line, text, length);
}

static void add_position(struct dbk_buffer *line, const struct dbk_row *row)
{
    char text[48];
    snprintf(text, sizeof text, "%" PRId64 ":%" PRId64, row->values[PARTITION].integer,
             row->values[OFFSET].integer);
    dbk_buffer_add_string(line, text);
}

static void write_csv(struct exporting *exporting, const struct dbk_row *row)
{
    struct dbk_buffer *line = &exporting->line;
    char seq[24];
    add_position(line, row);
    dbk_buffer_add_string(line, ",");
    add_date(line, row->values[DATE].integer, 20);
    dbk_buffer_add_string(line, ",");
    dbk_escape_csv(line, row->values[ACCOUNT].text);
    dbk_buffer_add_string(line, ",");
    add_amount(line, row->values[AMOUNT].integer);
    dbk_buffer_add_string(line, ",");
    add_amount(line, row->values[BALANCE].integer);
    dbk_buffer_add_string(line, ",");
    if (row->values[SOURCE].kind == DBK_VALUE_TEXT) {
        dbk_escape_csv(line, row->values[SOURCE].text);
        snprintf(seq, sizeof seq, ",%" PRId64, row->values[SEQ].integer);
        dbk_buffer_add_string(line, seq);
    } else {
        dbk_buffer_add_string(line, ",");
    }
    dbk_buffer_add_string(line, ",");
    if (row->values[MEMO].kind == DBK_VALUE_TEXT)
        dbk_escape_csv(line, row->values[MEMO].text);
    dbk_buffer_add_string(line, "\r\n");
}

static void add_field(struct dbk_buffer *line, const char *name)
{
    dbk_buffer_add_string(line, ",\"");
    dbk_buffer_add_string(line, name);
    dbk_buffer_add_string(line, "\":");
}

static void write_jsonl(struct exporting *exporting, const struct dbk_row *row)
{
    struct dbk_buffer *line = &exporting->line;
    char seq[24];
    dbk_buffer_add_string(line, "{\"at\":\"");
    add_position(line, row);
    dbk_buffer_add_string(line, "\",\"date\":\"");
    add_date(line, row->values[DATE].integer, 20);
    dbk_buffer_add_string(line, "\"");
    add_field(line, "account");
    dbk_escape_json(line, row->values[ACCOUNT].text);
    dbk_buffer_add_string(line, ",\"amount\":\"");
    add_amount(line, row->values[AMOUNT].integer);
    dbk_buffer_add_string(line, "\",\"balance\":\"");
    add_amount(line, row->values[BALANCE].integer);
    dbk_buffer_add_string(line, "\"");
    if (row->values[SOURCE].kind == DBK_VALUE_TEXT) {
        add_field(line, "source");
        dbk_escape_json(line, row->values[SOURCE].text);
        snprintf(seq, sizeof seq, "%" PRId64, row->values[SEQ].integer);
        add_field(line, "seq");
        dbk_buffer_add_string(line, seq);
    }
    if (row->values[MEMO].kind == DBK_VALUE_TEXT) {
        add_field(line, "memo");
        dbk_escape_json(line, row->values[MEMO].text);
    }
    dbk_buffer_add_string(line, "}\n");
}

/**
 * A transaction with a balance assertion. hledger checks them by day and, within a day, in the
 * order of the file; so accounts follow each other, each in the order of its dates, and the balance
 * is added up in that order: it is not the ledger's own, which follows the log.
 */
static void write_hledger(struct exporting *exporting, const struct dbk_row *row)
{
    struct dbk_buffer *line = &exporting->line;
    int64_t amount_minor = row->values[AMOUNT].integer;
    if (row->values[ACCOUNT_ID].integer != exporting->account_id)
        exporting->balance_minor = 0;
    exporting->account_id = row->values[ACCOUNT_ID].integer;
    /* Fits: the account's sums of deposits and of withdrawals do. A tampered view may wrap. */
    exporting->balance_minor =
        (int64_t)((uint64_t)exporting->balance_minor + (uint64_t)amount_minor);
    add_date(line, row->values[DATE].integer, 10);
    dbk_buffer_add_string(line, amount_minor > 0 ? " deposit  ; " : " withdrawal  ; ");
    add_position(line, row);
    if (row->values[MEMO].kind == DBK_VALUE_TEXT) {
        dbk_buffer_add_string(line, " ");
        dbk_escape_url(line, row->values[MEMO].text);
    }
    dbk_buffer_add_string(line, "\n    accounts:");
    dbk_escape_url(line, row->values[ACCOUNT].text);
    dbk_buffer_add_string(line, "  ");
    add_amount(line, amount_minor);
    dbk_buffer_add_string(line, " = ");
    add_amount(line, exporting->balance_minor);
    dbk_buffer_add_string(line, amount_minor > 0 ? "\n    deposits\n\n" : "\n    withdrawals\n\n");
}

static const struct format formats[] = {
    {"csv",
     DBK_WALK_EXPORT_LOG,
     2,
     {PARTITION, OFFSET},
     "position,date,account,amount,balance,source,seq,memo\r\n",
     write_csv},
    {"jsonl", DBK_WALK_EXPORT_LOG, 2, {PARTITION, OFFSET}, "", write_jsonl},
    {"hledger",
     DBK_WALK_EXPORT_ACCOUNTS,
     4,
     {ACCOUNT_ID, DATE, PARTITION, OFFSET},
     "; daybook export. Accounts' names are percent-encoded.\n\n",
     write_hledger},
};

static bool is_held(const struct exporting *exporting, const struct dbk_row *row)
{
    int64_t partition = row->values[PARTITION].integer;
    return partition >= 0 && partition < exporting->partition_count &&
           row->values[OFFSET].integer < exporting->checkpoints[partition].offset_next;
}

/** Up to 10,000 rows, in a read transaction of their own: one held open makes the WAL grow. */
static int write_batch(struct exporting *exporting, const struct format *format, int64_t *keys,
                       int64_t *count, struct dbk_err *err)
{
    struct dbk_view_cursor *cursor = NULL;
    const struct dbk_row *row;
    *count = 0;
    int code = dbk_view_cursor_open(&cursor, exporting->view, format->walk, keys, err);
    if (code == 0)
        code = dbk_view_cursor_next(cursor, err);
    while (code == 0 && (row = dbk_view_cursor_row(cursor)) != NULL) {
        ++*count;
        for (int i = 0; i < format->key_count; i++)
            keys[i] = row->values[format->keys[i]].integer;
        if (is_held(exporting, row)) {
            exporting->line.length = 0;
            format->write(exporting, row);
            exporting->rows++;
            if (exporting->line.failed)
                code = dbk_err_set(err, DBK_ENOMEM, "out of memory.");
            else if (fwrite(exporting->line.bytes, 1, exporting->line.length, stdout) !=
                     exporting->line.length)
                break; /* nobody reads any more: main says so */
        }
        if (code == 0)
            code = dbk_view_cursor_next(cursor, err);
    }
    dbk_view_cursor_close(cursor);
    return code;
}

static int write_all(struct exporting *exporting, const struct format *format, struct dbk_err *err)
{
    int64_t keys[4] = {INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN};
    int64_t count = 1;
    int code = 0;
    struct dbk_progress progress;
    int64_t total = 0;
    for (int32_t p = 0; p < exporting->partition_count; p++)
        total += exporting->checkpoints[p].offset_next;
    fputs(format->header, stdout);
    dbk_progress_start(&progress, "exported", "rows", total);
    while (code == 0 && count > 0 && !ferror(stdout)) {
        code = write_batch(exporting, format, keys, &count, err);
        dbk_progress_update(&progress, exporting->rows);
        if (code == 0 && dbk_stop_requested)
            code = dbk_err_set(err, DBK_ENO, "stopped: the export is not complete.");
    }
    dbk_progress_end(&progress);
    return code;
}

static int run(struct dbk_cli *cli, int argc, char **argv, struct dbk_err *err)
{
    struct exporting exporting = {.account_id = -1};
    const struct format *format = NULL;
    const char *wanted = format_name != NULL ? format_name : cli->json ? "jsonl" : "csv";
    (void)argc;
    (void)argv;
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (strcmp(formats[i].name, wanted) == 0)
            format = &formats[i];
    if (format == NULL)
        return dbk_err_set(err, DBK_EUSAGE, "--format is hledger, csv or jsonl, not \"%.100s\".",
                           wanted);
    int code = dbk_view_open_read(&exporting.view, cli->config.database, cli->config.topic, err);
    if (code != 0)
        return code;
    exporting.partition_count = dbk_view_identity(exporting.view)->partition_count;
    exporting.checkpoints =
        calloc((size_t)exporting.partition_count, sizeof *exporting.checkpoints);
    code = exporting.checkpoints == NULL ? dbk_err_set(err, DBK_ENOMEM, "out of memory.")
                                         : dbk_view_map_file(exporting.view, err);
    if (code == 0)
        code = dbk_view_begin(exporting.view, exporting.checkpoints, err);
    dbk_view_end(exporting.view);
    if (code == 0)
        code = write_all(&exporting, format, err);
    dbk_buffer_clear(&exporting.line);
    dbk_view_close(exporting.view);
    free(exporting.checkpoints);
    return code;
}

const struct dbk_command dbk_command_export = {
    .name = "export",
    .arguments = "",
    .summary = "write all transactions as an hledger journal, CSV or JSON lines",
    .description =
        "Streams the view's transactions, up to the checkpoint that it had when the export began;\n"
        "daybook audit proves them. The hledger journal has a balance assertion in each\n"
        "transaction, for hledger check; its accounts are sorted by date.",
    .options = options,
    .run = run,
};
