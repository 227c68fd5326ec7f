#include "entry_out.h"

#include "json_out.h"

#include <daybook/date.h>
#include <daybook/outcome.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void dbk_entry_table_init(struct dbk_table *table, int columns)
{
    static const struct dbk_column with_account[] = {
        {"AT", false},    {"ARRIVED", false}, {"DATE", false},    {"VERDICT", false},
        {"AMOUNT", true}, {"BALANCE", true},  {"ACCOUNT", false}, {"SOURCE", false},
        {"MEMO", false},  {"RECORD", false}};
    static const struct dbk_column without[] = {
        {"AT", false},      {"ARRIVED", false}, {"DATE", false},
        {"VERDICT", false}, {"AMOUNT", true},   {"BALANCE", true},
        {"SOURCE", false},  {"MEMO", false},    {"RECORD", false}};
    bool account = (columns & DBK_ENTRY_ACCOUNT) != 0;
    int count = 8 + account + ((columns & DBK_ENTRY_RAW) != 0);
    dbk_table_init(table, account ? with_account : without, count);
}

static bool is_decoded(const struct dbk_entry *entry)
{
    return entry->posting.verdict >= DBK_MISROUTED;
}

static int64_t signed_amount(const struct dbk_event *event)
{
    return event->type == DBK_DEPOSIT ? event->value_minor : -event->value_minor;
}

static struct dbk_text value_of(const struct dbk_record *record)
{
    return (struct dbk_text){record->value_length > 0 ? record->value : "",
                             record->value_length > 0 ? (uint32_t)record->value_length : 0};
}

static void add_source(struct dbk_table *table, const struct dbk_event *event,
                       enum dbk_entry_reversal reversal)
{
    char text[DBK_SOURCE_MAX + 24];
    int32_t partition;
    int64_t offset;
    if (reversal != DBK_ENTRY_PLAIN &&
        dbk_reversal_parse(&partition, &offset, event->source, event->seq)) {
        snprintf(text, sizeof text, "%s %" PRId32 ":%" PRId64,
                 reversal == DBK_ENTRY_REVERSES ? "reverses" : "claims to reverse", partition,
                 offset);
        dbk_table_add_string(table, text);
        return;
    }
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

void dbk_entry_add_row(struct dbk_table *table, const struct dbk_entry *entry, int columns,
                       enum dbk_entry_reversal reversal)
{
    const struct dbk_event *event = &entry->event;
    bool decoded = is_decoded(entry);
    char date[DBK_DATE_TEXT_SIZE] = "";
    if (decoded)
        dbk_date_format(date, event->date_s);
    dbk_table_add_position(table, entry->record.partition, entry->record.offset);
    add_arrival(table, &entry->record);
    dbk_table_add_string(table, date);
    dbk_table_add_string(table, dbk_verdict_name(entry->posting.verdict));
    if (decoded)
        dbk_table_add_amount(table, signed_amount(event));
    else
        dbk_table_add_string(table, "");
    if (entry->posting.verdict == DBK_POSTED)
        dbk_table_add_amount(table, entry->posting.balance_minor);
    else
        dbk_table_add_string(table, "");
    if ((columns & DBK_ENTRY_ACCOUNT) != 0)
        dbk_table_add(table, decoded ? event->account : (struct dbk_text){"", 0});
    if (decoded) {
        add_source(table, event, reversal);
        dbk_table_add(table, event->memo);
    } else {
        dbk_table_add_string(table, "");
        dbk_table_add_string(table, dbk_malformed_text(entry->posting.malformed));
    }
    if ((columns & DBK_ENTRY_RAW) != 0)
        dbk_table_add(table, value_of(&entry->record));
}

static void set_reversal(json_t *object, const struct dbk_event *event,
                         enum dbk_entry_reversal reversal)
{
    int32_t partition;
    int64_t offset;
    if (reversal != DBK_ENTRY_PLAIN &&
        dbk_reversal_parse(&partition, &offset, event->source, event->seq))
        dbk_json_set_position(object,
                              reversal == DBK_ENTRY_REVERSES ? "reverses" : "claims_to_reverse",
                              partition, offset);
}

int dbk_entry_print_json(const struct dbk_entry *entry, int columns,
                         enum dbk_entry_reversal reversal, struct dbk_err *err)
{
    const struct dbk_event *event = &entry->event;
    char date[DBK_DATE_TEXT_SIZE];
    json_t *object = json_object();
    dbk_json_set_position(object, "at", entry->record.partition, entry->record.offset);
    json_object_set_new(object, "arrived_ms", json_integer(entry->record.timestamp_ms));
    json_object_set_new(object, "verdict", json_string(dbk_verdict_name(entry->posting.verdict)));
    if (is_decoded(entry)) {
        if ((columns & DBK_ENTRY_ACCOUNT) != 0)
            dbk_json_set_text(object, "account", event->account);
        dbk_date_format(date, event->date_s);
        json_object_set_new(object, "date", json_string(date));
        dbk_json_set_amount(object, "amount", signed_amount(event));
        if (entry->posting.verdict == DBK_POSTED)
            dbk_json_set_amount(object, "balance", entry->posting.balance_minor);
        if (event->has_declared)
            dbk_json_set_amount(object, "declared", event->declared_minor);
        if (event->has_floor)
            dbk_json_set_amount(object, "floor", event->floor_minor);
        if (event->source.length > 0) {
            dbk_json_set_text(object, "source", event->source);
            json_object_set_new(object, "seq", json_integer(event->seq));
        }
        set_reversal(object, event, reversal);
        if (event->memo.length > 0)
            dbk_json_set_text(object, "memo", event->memo);
    } else {
        json_object_set_new(object, "reason",
                            json_string(dbk_malformed_text(entry->posting.malformed)));
    }
    if ((columns & DBK_ENTRY_RAW) != 0)
        dbk_json_set_text(object, "raw", value_of(&entry->record));
    return dbk_json_print(object, err);
}
