#include "ask.h"
#include "json_out.h"
#include "table.h"

#include <daybook/date.h>
#include <daybook/escape.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *from_text;
static const char *to_text;
static bool csv;

static const struct dbk_option options[] = {
    {"from", 0, DBK_OPTION_STRING, &from_text, "DATE", "first day (the account's first)", 0, 0},
    {"to", 0, DBK_OPTION_STRING, &to_text, "DATE", "last day (the account's last)", 0, 0},
    {"csv", 0, DBK_OPTION_FLAG, &csv, NULL, "as CSV; opening and closing balance have no position",
     0, 0},
    {NULL, 0, DBK_OPTION_FLAG, NULL, NULL, NULL, 0, 0},
};

/** One posting of the period. */
struct line {
    int64_t date_s;
    int64_t offset;
    int64_t amount_minor;
    uint32_t memo_length;
    char *memo;
};

struct statement {
    struct dbk_ask ask;
    struct dbk_text account;
    struct dbk_when from;
    struct dbk_when to;
    int64_t opening_minor; /* of all that is dated before */
    struct line *lines;
    size_t count;
    size_t capacity;
    bool known;
};

static int add_line(struct statement *statement, const struct dbk_entry *entry)
{
    const struct dbk_event *event = &entry->event;
    if (statement->count == statement->capacity) {
        size_t larger = statement->capacity == 0 ? 64 : statement->capacity * 2;
        void *moved = realloc(statement->lines, larger * sizeof *statement->lines);
        if (moved == NULL)
            return DBK_ENOMEM;
        statement->lines = moved;
        statement->capacity = larger;
    }
    char *memo = malloc((size_t)event->memo.length + 1);
    if (memo == NULL)
        return DBK_ENOMEM;
    memcpy(memo, event->memo.length > 0 ? event->memo.bytes : "", event->memo.length);
    statement->lines[statement->count++] = (struct line){
        .date_s = event->date_s,
        .offset = entry->record.offset,
        .amount_minor = event->type == DBK_DEPOSIT ? event->value_minor : -event->value_minor,
        .memo_length = event->memo.length,
        .memo = memo,
    };
    return 0;
}

static int applied(void *context, const struct dbk_changes *changes, struct dbk_err *err)
{
    struct statement *statement = context;
    for (size_t i = 0; i < changes->count; i++) {
        const struct dbk_entry *entry = &changes->entries[i];
        const struct dbk_event *event = &entry->event;
        if (entry->posting.verdict != DBK_POSTED ||
            event->account.length != statement->account.length ||
            memcmp(event->account.bytes, statement->account.bytes, event->account.length) != 0)
            continue;
        statement->known = true;
        if (statement->from.kind == DBK_WHEN_DATE && event->date_s < statement->from.first_s) {
            /* Fits: the account's own sums of deposits and of withdrawals do. */
            statement->opening_minor +=
                event->type == DBK_DEPOSIT ? event->value_minor : -event->value_minor;
            continue;
        }
        if (statement->to.kind == DBK_WHEN_DATE && event->date_s > statement->to.last_s)
            continue;
        if (add_line(statement, entry) != 0)
            return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    }
    return 0;
}

static int by_date(const void *a, const void *b)
{
    const struct line *left = a;
    const struct line *right = b;
    if (left->date_s != right->date_s)
        return left->date_s < right->date_s ? -1 : 1;
    return (left->offset > right->offset) - (left->offset < right->offset);
}

/** Opening and closing: the rows without a position. */
static void print_csv_balance(const char *date, int64_t balance_minor, const char *name)
{
    char balance[DBK_MONEY_TEXT_SIZE];
    dbk_money_format(balance, balance_minor);
    printf("%s,,,%s,%s\r\n", date != NULL ? date : "", balance, name);
}

static void print_csv(const struct statement *statement)
{
    int64_t balance_minor = statement->opening_minor;
    puts("date,position,amount,balance,memo\r");
    print_csv_balance(from_text, balance_minor, "opening balance");
    for (size_t i = 0; i < statement->count; i++) {
        const struct line *line = &statement->lines[i];
        struct dbk_buffer memo = {0};
        char date[DBK_DATE_TEXT_SIZE];
        char amount[DBK_MONEY_TEXT_SIZE];
        char balance[DBK_MONEY_TEXT_SIZE];
        balance_minor += line->amount_minor;
        dbk_date_format(date, line->date_s);
        dbk_money_format(amount, line->amount_minor);
        dbk_money_format(balance, balance_minor);
        dbk_escape_csv(&memo, (struct dbk_text){line->memo, line->memo_length});
        printf("%s,%" PRId32 ":%" PRId64 ",%s,%s,%s\r\n", date, statement->ask.partition,
               line->offset, amount, balance, memo.failed ? "" : memo.bytes);
        dbk_buffer_clear(&memo);
    }
    print_csv_balance(to_text, balance_minor, "closing balance");
}

static int print_json(const struct statement *statement, struct dbk_err *err)
{
    int64_t balance_minor = statement->opening_minor;
    json_t *object = json_object();
    json_t *lines = json_array();
    dbk_json_set_text(object, "account", statement->account);
    if (from_text != NULL)
        json_object_set_new(object, "from", json_string(from_text));
    if (to_text != NULL)
        json_object_set_new(object, "to", json_string(to_text));
    dbk_json_set_amount(object, "opening", statement->opening_minor);
    for (size_t i = 0; i < statement->count; i++) {
        const struct line *line = &statement->lines[i];
        json_t *item = json_object();
        char date[DBK_DATE_TEXT_SIZE];
        balance_minor += line->amount_minor;
        dbk_date_format(date, line->date_s);
        json_object_set_new(item, "date", json_string(date));
        dbk_json_set_position(item, "at", statement->ask.partition, line->offset);
        dbk_json_set_amount(item, "amount", line->amount_minor);
        dbk_json_set_amount(item, "balance", balance_minor);
        if (line->memo_length > 0)
            dbk_json_set_text(item, "memo", (struct dbk_text){line->memo, line->memo_length});
        json_array_append_new(lines, item);
    }
    json_object_set_new(object, "lines", lines);
    dbk_json_set_amount(object, "closing", balance_minor);
    return dbk_json_print(object, err);
}

static int print_text(const struct statement *statement, struct dbk_err *err)
{
    static const struct dbk_column columns[] = {
        {"DATE", false}, {"AT", false}, {"AMOUNT", true}, {"BALANCE", true}, {"MEMO", false}};
    struct dbk_table table;
    int64_t balance_minor = statement->opening_minor;
    dbk_table_init(&table, columns, 5);
    dbk_table_add_string(&table, from_text != NULL ? from_text : "");
    dbk_table_add_string(&table, "");
    dbk_table_add_string(&table, "");
    dbk_table_add_amount(&table, balance_minor);
    dbk_table_add_string(&table, "opening balance");
    for (size_t i = 0; i < statement->count; i++) {
        const struct line *line = &statement->lines[i];
        char date[DBK_DATE_TEXT_SIZE];
        balance_minor += line->amount_minor;
        dbk_date_format(date, line->date_s);
        date[10] = '\0';
        dbk_table_add_string(&table, date);
        dbk_table_add_position(&table, statement->ask.partition, line->offset);
        dbk_table_add_amount(&table, line->amount_minor);
        dbk_table_add_amount(&table, balance_minor);
        dbk_table_add(&table, (struct dbk_text){line->memo, line->memo_length});
    }
    dbk_table_add_string(&table, to_text != NULL ? to_text : "");
    dbk_table_add_string(&table, "");
    dbk_table_add_string(&table, "");
    dbk_table_add_amount(&table, balance_minor);
    dbk_table_add_string(&table, "closing balance");
    int code = dbk_table_print(&table, err);
    dbk_table_clear(&table);
    return code;
}

static int parse_date(struct dbk_when *when, const char *option, const char *text,
                      struct dbk_err *err)
{
    *when = (struct dbk_when){.kind = DBK_WHEN_NONE};
    if (text == NULL)
        return 0;
    if (!dbk_date_parse(&when->first_s, text, strlen(text)))
        return dbk_err_set(err, DBK_EUSAGE, "%s takes a date like 2024-01-31, not \"%.100s\".",
                           option, text);
    when->kind = DBK_WHEN_DATE;
    when->last_s = when->first_s + (strlen(text) == 10 ? DBK_SECONDS_PER_DAY - 1 : 0);
    return 0;
}

static int run(struct dbk_cli *cli, int argc, char **argv, struct dbk_err *err)
{
    struct statement statement = {.account = dbk_text_of(argv[0])};
    (void)argc;
    int code = parse_date(&statement.from, "--from", from_text, err);
    if (code == 0)
        code = parse_date(&statement.to, "--to", to_text, err);
    if (code == 0 && statement.from.kind == DBK_WHEN_DATE && statement.to.kind == DBK_WHEN_DATE &&
        statement.to.last_s < statement.from.first_s)
        code = dbk_err_set(err, DBK_EUSAGE, "--to is before --from.");
    if (code == 0)
        code = dbk_ask_open(&statement.ask, &cli->config, argv[0], err);
    if (code == 0)
        code = dbk_ask_replay(&statement.ask, applied, &statement, err);
    if (code == 0 && !statement.known)
        code = dbk_ask_unknown(argv[0], err);
    if (code == 0) {
        if (statement.count > 0)
            qsort(statement.lines, statement.count, sizeof *statement.lines, by_date);
        if (cli->json)
            code = print_json(&statement, err);
        else if (csv)
            print_csv(&statement);
        else
            code = print_text(&statement, err);
    }
    for (size_t i = 0; i < statement.count; i++)
        free(statement.lines[i].memo);
    free(statement.lines);
    dbk_ask_close(&statement.ask);
    return code;
}

const struct dbk_command dbk_command_statement = {
    .name = "statement",
    .arguments = "ACCOUNT",
    .summary = "show an account's opening balance, postings by date, and closing balance",
    .description =
        "Adds up by transaction date, as a bank's statement does: the opening balance is what is\n"
        "dated before --from, whenever it arrived in the log. Read from the log alone.",
    .options = options,
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
