#include "feed.h"

#include <daybook/date.h>
#include <daybook/escape.h>

#include <inttypes.h>
#include <stdio.h>

const char dbk_feed_account_header[] =
    "account,balance,deposit_count,deposits,withdrawal_count,withdrawals,last_date\r\n";
const char dbk_feed_transaction_header[] =
    "transaction_date,account,transaction_type,transaction_value,balance,declared_balance,memo,"
    "position\r\n";

/** A field of our own making: no escaping is needed, but JSON wants its name and quotes. */
struct field {
    const char *name;
    char value[DBK_MONEY_TEXT_SIZE + 24];
    bool is_number; /* in JSON without quotes */
    bool is_null;
};

static void add_field(struct dbk_buffer *out, enum dbk_feed feed, const struct field *field)
{
    dbk_buffer_add_string(out, ",");
    if (feed == DBK_FEED_CSV) {
        dbk_buffer_add_string(out, field->is_null ? "" : field->value);
        return;
    }
    dbk_buffer_add_string(out, "\"");
    dbk_buffer_add_string(out, field->name);
    dbk_buffer_add_string(out, "\":");
    const char *quote = field->is_number || field->is_null ? "" : "\"";
    dbk_buffer_add_string(out, quote);
    dbk_buffer_add_string(out, field->is_null ? "null" : field->value);
    dbk_buffer_add_string(out, quote);
}

static void add_text(struct dbk_buffer *out, enum dbk_feed feed, const char *name,
                     struct dbk_text text, bool first)
{
    if (!first)
        dbk_buffer_add_string(out, ",");
    if (feed == DBK_FEED_CSV) {
        dbk_escape_csv(out, text);
        return;
    }
    dbk_buffer_add_string(out, "\"");
    dbk_buffer_add_string(out, name);
    dbk_buffer_add_string(out, "\":");
    dbk_escape_json(out, text);
}

static void add_amount(struct dbk_buffer *out, enum dbk_feed feed, const char *name,
                       int64_t amount_minor, bool present)
{
    struct field field = {.name = name, .is_null = !present};
    dbk_money_format(field.value, amount_minor);
    add_field(out, feed, &field);
}

static void add_integer(struct dbk_buffer *out, enum dbk_feed feed, const char *name,
                        int64_t number)
{
    struct field field = {.name = name, .is_number = true};
    snprintf(field.value, sizeof field.value, "%" PRId64, number);
    add_field(out, feed, &field);
}

static void begin_row(struct dbk_buffer *out, enum dbk_feed feed, bool first)
{
    if (feed == DBK_FEED_JSON)
        dbk_buffer_add_string(out, first ? "{" : ",\n{");
}

static void end_row(struct dbk_buffer *out, enum dbk_feed feed)
{
    dbk_buffer_add_string(out, feed == DBK_FEED_JSON ? "}" : "\r\n");
}

void dbk_feed_account(struct dbk_buffer *out, enum dbk_feed feed, bool first,
                      const struct dbk_account_row *row)
{
    struct field date = {.name = "last_date"};
    begin_row(out, feed, first);
    add_text(out, feed, "account", row->account, true);
    add_amount(out, feed, "balance", row->balance_minor, true);
    add_integer(out, feed, "deposit_count", row->deposit_count);
    add_amount(out, feed, "deposits", row->deposits_minor, true);
    add_integer(out, feed, "withdrawal_count", row->withdrawal_count);
    add_amount(out, feed, "withdrawals", row->withdrawals_minor, true);
    dbk_date_format(date.value, row->last_date_s);
    add_field(out, feed, &date);
    end_row(out, feed);
}

void dbk_feed_transaction(struct dbk_buffer *out, enum dbk_feed feed, bool first,
                          const struct dbk_transaction_row *row)
{
    struct field position = {.name = "position"};
    char date[DBK_DATE_TEXT_SIZE];
    bool deposit = row->amount_minor > 0;
    struct dbk_text date_text = {date, (uint32_t)dbk_date_format(date, row->date_s)};
    begin_row(out, feed, first);
    add_text(out, feed, "transaction_date", date_text, true);
    add_text(out, feed, "account", row->account, false);
    struct field type = {.name = "transaction_type"};
    snprintf(type.value, sizeof type.value, "%s", deposit ? "deposit" : "withdrawal");
    add_field(out, feed, &type);
    add_amount(out, feed, "transaction_value", deposit ? row->amount_minor : -row->amount_minor,
               true);
    add_amount(out, feed, "balance", row->balance_minor, true);
    add_amount(out, feed, "declared_balance", row->declared_minor, row->has_declared);
    add_text(out, feed, "memo", row->memo, false);
    snprintf(position.value, sizeof position.value, "%" PRId64 ":%" PRId64, row->partition,
             row->offset);
    add_field(out, feed, &position);
    end_row(out, feed);
}
