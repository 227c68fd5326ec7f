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
static bool raw;

static const struct dbk_option options[] = {
    {"from", 0, DBK_OPTION_STRING, &from_text, "WHEN", "begin at a date or a position", 0, 0},
    {"to", 0, DBK_OPTION_STRING, &to_text, "WHEN", "end with a date or a position", 0, 0},
    {"raw", 0, DBK_OPTION_FLAG, &raw, NULL, "show each record's bytes too", 0, 0},
    {NULL, 0, DBK_OPTION_FLAG, NULL, NULL, NULL, 0, 0},
};

struct history {
    struct dbk_ask ask;
    struct dbk_text account;
    struct dbk_when from;
    struct dbk_when to;
    struct dbk_table table;
    bool json;
    int64_t found; /* events of the account, shown or not */
};

/** @return true where the record is about the account: it says so, or its key does. */
static bool touches(const struct history *history, const struct dbk_entry *entry)
{
    bool decoded = entry->posting.verdict >= DBK_MISROUTED;
    struct dbk_text name =
        decoded ? entry->event.account
                : (struct dbk_text){entry->record.key, entry->record.key_length > 0
                                                           ? (uint32_t)entry->record.key_length
                                                           : 0};
    return name.length == history->account.length &&
           memcmp(name.bytes, history->account.bytes, name.length) == 0;
}

static bool is_within(const struct history *history, const struct dbk_entry *entry)
{
    const struct dbk_when *from = &history->from;
    const struct dbk_when *to = &history->to;
    int32_t p = entry->record.partition;
    bool decoded = entry->posting.verdict >= DBK_MISROUTED;
    if (from->kind == DBK_WHEN_POSITIONS && entry->record.offset < from->offset_next[p] - 1)
        return false;
    if (to->kind == DBK_WHEN_POSITIONS && entry->record.offset >= to->offset_next[p])
        return false;
    if (from->kind == DBK_WHEN_DATE && (!decoded || entry->event.date_s < from->first_s))
        return false;
    return to->kind != DBK_WHEN_DATE || (decoded && entry->event.date_s <= to->last_s);
}

static struct dbk_text value_of(const struct dbk_record *record)
{
    return (struct dbk_text){record->value_length > 0 ? record->value : "",
                             record->value_length > 0 ? (uint32_t)record->value_length : 0};
}

static int show_json(const struct dbk_entry *entry, struct dbk_err *err)
{
    const struct dbk_event *event = &entry->event;
    bool decoded = entry->posting.verdict >= DBK_MISROUTED;
    char date[DBK_DATE_TEXT_SIZE];
    json_t *object = json_object();
    dbk_json_set_position(object, "at", entry->record.partition, entry->record.offset);
    json_object_set_new(object, "arrived_ms", json_integer(entry->record.timestamp_ms));
    json_object_set_new(object, "verdict", json_string(dbk_verdict_name(entry->posting.verdict)));
    if (decoded) {
        dbk_date_format(date, event->date_s);
        json_object_set_new(object, "date", json_string(date));
        dbk_json_set_amount(object, "amount",
                            event->type == DBK_DEPOSIT ? event->value_minor : -event->value_minor);
        if (entry->posting.verdict == DBK_POSTED)
            dbk_json_set_amount(object, "balance", entry->posting.balance_minor);
        if (event->has_declared)
            dbk_json_set_amount(object, "declared", event->declared_minor);
        if (event->source.length > 0) {
            dbk_json_set_text(object, "source", event->source);
            json_object_set_new(object, "seq", json_integer(event->seq));
        }
        if (event->memo.length > 0)
            dbk_json_set_text(object, "memo", event->memo);
    } else {
        json_object_set_new(object, "reason",
                            json_string(dbk_malformed_text(entry->posting.malformed)));
    }
    if (raw)
        dbk_json_set_text(object, "raw", value_of(&entry->record));
    return dbk_json_print(object, err);
}

static void add_source(struct dbk_table *table, const struct dbk_event *event)
{
    char text[DBK_SOURCE_MAX + 24];
    if (event->source.length == 0) {
        dbk_table_add_string(table, "");
        return;
    }
    size_t length = event->source.length;
    memcpy(text, event->source.bytes, length);
    length += (size_t)snprintf(text + length, sizeof text - length, ":%" PRId64, event->seq);
    dbk_table_add(table, (struct dbk_text){text, (uint32_t)length});
}

/** The log's time of the record; whatever a writer claimed, if it is no date. */
static void add_arrival(struct dbk_table *table, const struct dbk_record *record)
{
    char date[DBK_DATE_TEXT_SIZE];
    int64_t seconds = record->timestamp_ms / 1000;
    if (record->timestamp_ms < 0 || seconds > 253402300799) {
        dbk_table_add_string(table, "");
        return;
    }
    dbk_date_format(date, seconds);
    dbk_table_add_string(table, date);
}

static void show_row(struct history *history, const struct dbk_entry *entry)
{
    struct dbk_table *table = &history->table;
    const struct dbk_event *event = &entry->event;
    bool decoded = entry->posting.verdict >= DBK_MISROUTED;
    char date[DBK_DATE_TEXT_SIZE] = "";
    if (decoded)
        dbk_date_format(date, event->date_s);
    dbk_table_add_position(table, entry->record.partition, entry->record.offset);
    add_arrival(table, &entry->record);
    dbk_table_add_string(table, date);
    dbk_table_add_string(table, dbk_verdict_name(entry->posting.verdict));
    if (decoded)
        dbk_table_add_amount(table,
                             event->type == DBK_DEPOSIT ? event->value_minor : -event->value_minor);
    else
        dbk_table_add_string(table, "");
    if (entry->posting.verdict == DBK_POSTED)
        dbk_table_add_amount(table, entry->posting.balance_minor);
    else
        dbk_table_add_string(table, "");
    if (decoded) {
        add_source(table, event);
        dbk_table_add(table, event->memo);
    } else {
        dbk_table_add_string(table, "");
        dbk_table_add_string(table, dbk_malformed_text(entry->posting.malformed));
    }
    if (raw)
        dbk_table_add(table, value_of(&entry->record));
}

static int applied(void *context, const struct dbk_changes *changes, struct dbk_err *err)
{
    struct history *history = context;
    int code = 0;
    for (size_t i = 0; code == 0 && i < changes->count; i++) {
        const struct dbk_entry *entry = &changes->entries[i];
        if (!touches(history, entry))
            continue;
        history->found++;
        if (!is_within(history, entry))
            continue;
        if (history->json)
            code = show_json(entry, err);
        else
            show_row(history, entry);
    }
    return code;
}

/** A position must be on the account's partition: elsewhere nothing of it is posted. */
static int check_partition(const struct history *history, const struct dbk_when *when,
                           const char *option, struct dbk_err *err)
{
    if (when->kind == DBK_WHEN_NONE || when->kind == DBK_WHEN_DATE)
        return 0;
    if (when->kind == DBK_WHEN_POSITIONS && when->given == 1 &&
        when->offset_next[history->ask.partition] >= 0)
        return 0;
    return dbk_err_set(err, DBK_EUSAGE,
                       "%s: give a date, or a position on the account's own partition, %" PRId32
                       ":N.",
                       option, history->ask.partition);
}

static int run(struct dbk_cli *cli, int argc, char **argv, struct dbk_err *err)
{
    static const struct dbk_column columns[] = {
        {"AT", false},      {"ARRIVED", false}, {"DATE", false},
        {"VERDICT", false}, {"AMOUNT", true},   {"BALANCE", true},
        {"SOURCE", false},  {"MEMO", false},    {"RECORD", false}};
    struct history history = {.account = dbk_text_of(argv[0]), .json = cli->json};
    (void)argc;
    int code = dbk_ask_open(&history.ask, &cli->config, argv[0], err);
    dbk_table_init(&history.table, columns, raw ? 9 : 8);
    if (code == 0)
        code = dbk_when_parse(&history.from, "--from", from_text,
                              dbk_book_partition_count(history.ask.book), err);
    if (code == 0)
        code = dbk_when_parse(&history.to, "--to", to_text,
                              dbk_book_partition_count(history.ask.book), err);
    if (code == 0)
        code = check_partition(&history, &history.from, "--from", err);
    if (code == 0)
        code = check_partition(&history, &history.to, "--to", err);
    if (code == 0)
        code = dbk_ask_replay(&history.ask, applied, &history, err);
    if (code == 0 && !cli->json)
        code = dbk_table_print(&history.table, err);
    if (code == 0 && history.found == 0)
        code = dbk_ask_unknown(argv[0], err);
    dbk_table_clear(&history.table);
    dbk_when_clear(&history.from);
    dbk_when_clear(&history.to);
    dbk_ask_close(&history.ask);
    return code;
}

const struct dbk_command dbk_command_history = {
    .name = "history",
    .arguments = "ACCOUNT",
    .summary = "show every event of an account, from the log",
    .description =
        "Replays the account's partition and shows each event that is about it, posted or\n"
        "rejected, in log order: position, arrival, transaction date, verdict, amount, balance\n"
        "after it, source and number, memo. No database is needed.",
    .options = options,
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
