#include "feed.h"

#include <daybook/date.h>
#include <daybook/escape.h>

#include <string.h>

#define COLUMNS_MAX 12

static const struct {
    const char *name;
    const char *columns[COLUMNS_MAX]; /* of CSV */
} lists[DBK_FEED_LIST_COUNT] = {
    [DBK_FEED_TRANSACTIONS] = {"transactions",
                               {"transaction_date", "account", "transaction_type",
                                "transaction_value", "balance", "declared_balance", "memo",
                                "partition", "offset"}},
    [DBK_FEED_ACCOUNTS] = {"accounts",
                           {"account", "balance", "deposit_count", "deposits", "withdrawal_count",
                            "withdrawals", "last_date"}},
    [DBK_FEED_LINES] = {"lines",
                        {"transaction_date", "amount", "balance", "declared_balance",
                         "declared_agrees", "memo", "partition", "offset"}},
    [DBK_FEED_REJECTIONS] = {"rejections",
                             {"timestamp", "reason", "detail", "key", "value_length",
                              "value_sha256", "value", "partition", "offset"}},
    [DBK_FEED_DAYS] = {"days",
                       {"day", "deposit_count", "deposits", "withdrawal_count", "withdrawals"}},
};

/* --- one field --- */

static void begin_field(struct dbk_feed *feed, const char *name)
{
    if (feed->any_field)
        dbk_buffer_add(feed->out, feed->form == DBK_FEED_CSV_FR ? ";" : ",", 1);
    feed->any_field = true;
    if (feed->form != DBK_FEED_JSON)
        return;
    dbk_buffer_add(feed->out, "\"", 1);
    dbk_buffer_add_string(feed->out, name);
    dbk_buffer_add(feed->out, "\":", 2);
}

static void add_null(struct dbk_feed *feed, const char *name)
{
    begin_field(feed, name);
    if (feed->form == DBK_FEED_JSON)
        dbk_buffer_add(feed->out, "null", 4);
}

static void add_text(struct dbk_feed *feed, const char *name, struct dbk_text text)
{
    begin_field(feed, name);
    if (feed->form == DBK_FEED_JSON)
        dbk_escape_json(feed->out, text);
    else
        dbk_escape_csv(feed->out, text);
}

/** A text that may be missing. */
static void add_text_or_null(struct dbk_feed *feed, const char *name, struct dbk_text text)
{
    if (text.length > 0)
        add_text(feed, name, text);
    else
        add_null(feed, name);
}

/** Our own words, numbers and dates: nothing in them needs a door. */
static void add_plain(struct dbk_feed *feed, const char *name, const char *value, size_t length)
{
    begin_field(feed, name);
    if (feed->form == DBK_FEED_JSON)
        dbk_buffer_add(feed->out, "\"", 1);
    dbk_buffer_add(feed->out, value, length);
    if (feed->form == DBK_FEED_JSON)
        dbk_buffer_add(feed->out, "\"", 1);
}

static void add_integer(struct dbk_feed *feed, const char *name, int64_t number)
{
    begin_field(feed, name);
    dbk_buffer_add_integer(feed->out, number);
}

static void add_boolean(struct dbk_feed *feed, const char *name, bool value)
{
    begin_field(feed, name);
    dbk_buffer_add_string(feed->out, value ? "true" : "false");
}

static void add_money(struct dbk_feed *feed, const char *name, char *text, size_t length)
{
    if (feed->form == DBK_FEED_CSV_FR)
        text[length - 3] = ',';
    add_plain(feed, name, text, length);
}

static void add_amount(struct dbk_feed *feed, const char *name, int64_t amount_minor)
{
    char text[DBK_MONEY_TEXT_SIZE];
    add_money(feed, name, text, dbk_money_format(text, amount_minor));
}

static void add_sum(struct dbk_feed *feed, const char *name, dbk_int128 sum_minor)
{
    char text[DBK_MONEY_SUM_TEXT_SIZE];
    add_money(feed, name, text, dbk_money_format_sum(text, sum_minor));
}

/** A moment; French Excel does not know the T and the Z. */
static void add_date(struct dbk_feed *feed, const char *name, int64_t date_s)
{
    char text[DBK_DATE_TEXT_SIZE];
    size_t length = dbk_date_format(text, date_s);
    if (feed->form == DBK_FEED_CSV_FR) {
        text[10] = ' ';
        length--;
    }
    add_plain(feed, name, text, length);
}

/** Spreadsheets take "3:42" for a time of day: CSV has two columns instead. */
static void add_position(struct dbk_feed *feed, int64_t partition, int64_t offset)
{
    if (feed->form != DBK_FEED_JSON) {
        add_integer(feed, "partition", partition);
        add_integer(feed, "offset", offset);
        return;
    }
    begin_field(feed, "position");
    dbk_buffer_add(feed->out, "\"", 1);
    dbk_buffer_add_integer(feed->out, partition);
    dbk_buffer_add(feed->out, ":", 1);
    dbk_buffer_add_integer(feed->out, offset);
    dbk_buffer_add(feed->out, "\"", 1);
}

static void add_declared(struct dbk_feed *feed, const struct dbk_transaction_row *row)
{
    if (row->has_declared)
        add_amount(feed, "declared_balance", row->declared_minor);
    else
        add_null(feed, "declared_balance");
}

static void add_digest(struct dbk_feed *feed, const char *name, const struct dbk_digest *digest)
{
    char hex[2 * DBK_DIGEST_SIZE + 1];
    dbk_digest_hex(hex, digest);
    add_plain(feed, name, hex, sizeof hex - 1);
}

/* --- lists --- */

static void begin_array(struct dbk_feed *feed)
{
    begin_field(feed, lists[feed->list].name);
    dbk_buffer_add_string(feed->out, "[\n");
}

void dbk_feed_begin(struct dbk_feed *feed)
{
    const char *const *columns = lists[feed->list].columns;
    feed->any_row = feed->any_field = false;
    if (feed->form == DBK_FEED_JSON) {
        dbk_buffer_add_string(feed->out, "{");
        begin_array(feed);
        return;
    }
    if (feed->form == DBK_FEED_CSV_FR)
        dbk_buffer_add_string(feed->out, "\xEF\xBB\xBF");
    for (int i = 0; i < COLUMNS_MAX && columns[i] != NULL; i++) {
        begin_field(feed, columns[i]);
        dbk_buffer_add_string(feed->out, columns[i]);
    }
    dbk_buffer_add_string(feed->out, "\r\n");
}

static void begin_row(struct dbk_feed *feed)
{
    feed->any_field = false;
    if (feed->form == DBK_FEED_JSON)
        dbk_buffer_add_string(feed->out, feed->any_row ? ",\n{" : "{");
    feed->any_row = true;
}

static void end_row(struct dbk_feed *feed)
{
    dbk_buffer_add_string(feed->out, feed->form == DBK_FEED_JSON ? "}" : "\r\n");
}

static void end_object(struct dbk_feed *feed, const char *next, bool complete)
{
    add_boolean(feed, "complete", complete);
    if (next != NULL)
        add_plain(feed, "next", next, strlen(next));
    else
        add_null(feed, "next");
    dbk_buffer_add_string(feed->out, "}\n");
}

static void end_array(struct dbk_feed *feed)
{
    dbk_buffer_add_string(feed->out, "\n]");
    feed->any_field = true;
}

void dbk_feed_end(struct dbk_feed *feed, const char *next, bool complete)
{
    if (feed->form != DBK_FEED_JSON)
        return;
    end_array(feed);
    end_object(feed, next, complete);
}

void dbk_feed_begin_statement(struct dbk_feed *feed, struct dbk_text account, int64_t opening_minor)
{
    if (feed->form != DBK_FEED_JSON) {
        dbk_feed_begin(feed);
        return;
    }
    feed->any_row = feed->any_field = false;
    dbk_buffer_add_string(feed->out, "{");
    add_text(feed, "account", account);
    add_amount(feed, "opening_balance", opening_minor);
    begin_array(feed);
}

void dbk_feed_end_statement(struct dbk_feed *feed, int64_t closing_minor, const char *next,
                            bool complete)
{
    if (feed->form != DBK_FEED_JSON)
        return;
    end_array(feed);
    add_amount(feed, "closing_balance", closing_minor);
    end_object(feed, next, complete);
}

void dbk_feed_transaction(struct dbk_feed *feed, const struct dbk_transaction_row *row)
{
    bool deposit = row->amount_minor > 0;
    begin_row(feed);
    add_date(feed, "transaction_date", row->date_s);
    add_text(feed, "account", row->account);
    add_plain(feed, "transaction_type", deposit ? "deposit" : "withdrawal", deposit ? 7 : 10);
    add_amount(feed, "transaction_value", deposit ? row->amount_minor : -row->amount_minor);
    add_amount(feed, "balance", row->balance_minor);
    add_declared(feed, row);
    add_text_or_null(feed, "memo", row->memo);
    add_position(feed, row->partition, row->offset);
    end_row(feed);
}

void dbk_feed_account(struct dbk_feed *feed, const struct dbk_account_row *row)
{
    begin_row(feed);
    add_text(feed, "account", row->account);
    add_amount(feed, "balance", row->balance_minor);
    add_integer(feed, "deposit_count", row->deposit_count);
    add_amount(feed, "deposits", row->deposits_minor);
    add_integer(feed, "withdrawal_count", row->withdrawal_count);
    add_amount(feed, "withdrawals", row->withdrawals_minor);
    add_date(feed, "last_date", row->last_date_s);
    end_row(feed);
}

void dbk_feed_line(struct dbk_feed *feed, const struct dbk_statement_line *line)
{
    const struct dbk_transaction_row *row = &line->transaction;
    begin_row(feed);
    add_date(feed, "transaction_date", row->date_s);
    add_amount(feed, "amount", row->amount_minor);
    add_amount(feed, "balance", line->balance_minor);
    add_declared(feed, row);
    if (row->has_declared)
        add_boolean(feed, "declared_agrees", row->declared_minor == row->balance_minor);
    else
        add_null(feed, "declared_agrees");
    add_text_or_null(feed, "memo", row->memo);
    add_position(feed, row->partition, row->offset);
    end_row(feed);
}

/** Of the log's clock, which may be set to anything. */
static void add_timestamp(struct dbk_feed *feed, int64_t timestamp_ms)
{
    int64_t date_s = timestamp_ms / 1000 - (timestamp_ms % 1000 < 0);
    if (date_s < DBK_DATE_MIN_S || date_s > DBK_DATE_MAX_S)
        add_null(feed, "timestamp");
    else
        add_date(feed, "timestamp", date_s);
}

static void add_rejection(struct dbk_feed *feed, const struct dbk_rejection_row *row)
{
    const char *reason = row->reason < DBK_POSTED ? dbk_verdict_name(row->reason) : "unknown";
    add_timestamp(feed, row->timestamp_ms);
    add_plain(feed, "reason", reason, strlen(reason));
    add_text_or_null(feed, "detail", row->detail);
    if (row->has_key)
        add_text(feed, "key", row->key);
    else
        add_null(feed, "key");
    add_integer(feed, "value_length", row->value_length);
    if (row->has_value_digest)
        add_digest(feed, "value_sha256", &row->value_digest);
    else
        add_null(feed, "value_sha256");
    if (row->value_length >= 0)
        add_text(feed, "value", row->value);
    else
        add_null(feed, "value");
}

void dbk_feed_rejection(struct dbk_feed *feed, const struct dbk_rejection_row *row)
{
    begin_row(feed);
    add_rejection(feed, row);
    add_position(feed, row->partition, row->offset);
    end_row(feed);
}

static void add_sums(struct dbk_feed *feed, const struct dbk_sums *sums)
{
    add_integer(feed, "deposit_count", sums->deposit_count);
    add_sum(feed, "deposits", sums->deposits_minor);
    add_integer(feed, "withdrawal_count", sums->withdrawal_count);
    add_sum(feed, "withdrawals", sums->withdrawals_minor);
}

static void add_day(struct dbk_feed *feed, int64_t day)
{
    char text[DBK_DATE_TEXT_SIZE];
    dbk_date_format(text, day * DBK_SECONDS_PER_DAY);
    add_plain(feed, "day", text, 10);
}

void dbk_feed_day(struct dbk_feed *feed, const struct dbk_day_volume *volume)
{
    begin_row(feed);
    add_day(feed, volume->day);
    add_sums(feed, &volume->sums);
    end_row(feed);
}

/* --- objects --- */

static struct dbk_feed begin_object(struct dbk_buffer *out)
{
    dbk_buffer_add_string(out, "{");
    return (struct dbk_feed){.out = out, .form = DBK_FEED_JSON};
}

void dbk_feed_overview(struct dbk_buffer *out, const struct dbk_overview *overview,
                       const struct dbk_day_volume *today)
{
    struct dbk_feed feed = begin_object(out);
    const struct dbk_sums sums = {overview->deposit_count, overview->withdrawal_count,
                                  overview->deposits_minor, overview->withdrawals_minor};
    add_integer(&feed, "generation", overview->generation);
    add_integer(&feed, "commit_seq", overview->commit_seq);
    if (overview->committed_ms > 0)
        add_date(&feed, "committed_at", overview->committed_ms / 1000);
    else
        add_null(&feed, "committed_at");
    add_integer(&feed, "applied", overview->applied);
    add_integer(&feed, "account_count", overview->account_count);
    add_sums(&feed, &sums);
    add_sum(&feed, "balances", overview->balances_minor);
    add_integer(&feed, "rejection_count", overview->rejection_count);
    begin_field(&feed, "today");
    feed.any_field = false;
    dbk_buffer_add_string(out, "{");
    add_day(&feed, today->day);
    add_sums(&feed, &today->sums);
    dbk_buffer_add_string(out, "}}\n");
}

void dbk_feed_count(struct dbk_buffer *out, const struct dbk_count *count)
{
    struct dbk_feed feed = begin_object(out);
    add_integer(&feed, "count", count->sums.deposit_count + count->sums.withdrawal_count);
    add_sums(&feed, &count->sums);
    add_boolean(&feed, "complete", !count->stopped);
    add_integer(&feed, "looked_at", count->looked);
    dbk_buffer_add_string(out, "}\n");
}

void dbk_feed_series(struct dbk_buffer *out, struct dbk_text account, int64_t opening_minor,
                     const struct dbk_series *series, bool stopped)
{
    struct dbk_feed feed = begin_object(out);
    add_text(&feed, "account", account);
    add_amount(&feed, "opening_balance", opening_minor);
    add_integer(&feed, "transaction_count", series->seen);
    add_boolean(&feed, "sampled", series->sampled);
    add_boolean(&feed, "complete", !stopped);
    begin_field(&feed, "points");
    dbk_buffer_add_string(out, "[\n");
    for (size_t i = 0; i < series->count; i++) {
        begin_row(&feed);
        add_date(&feed, "transaction_date", series->points[i].date_s);
        add_amount(&feed, "balance", series->points[i].balance_minor);
        end_row(&feed);
    }
    dbk_buffer_add_string(out, "\n]}\n");
}

/** A record's bytes; what is not UTF-8 is replaced, so they also come in hexadecimal. */
static void add_bytes(struct dbk_feed *feed, const char *name, const char *hex_name,
                      const void *bytes, int32_t length)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *byte = bytes;
    if (length < 0) {
        add_null(feed, name);
        add_null(feed, hex_name);
        return;
    }
    add_text(feed, name, (struct dbk_text){bytes, (uint32_t)length});
    begin_field(feed, hex_name);
    dbk_buffer_add(feed->out, "\"", 1);
    for (int32_t i = 0; i < length; i++) {
        char pair[2] = {digits[byte[i] >> 4], digits[byte[i] & 15]};
        dbk_buffer_add(feed->out, pair, 2);
    }
    dbk_buffer_add(feed->out, "\"", 1);
}

static void add_posted(struct dbk_feed *feed, const struct dbk_event_row *event)
{
    const struct dbk_transaction_row *row = &event->transaction;
    add_date(feed, "transaction_date", row->date_s);
    add_text(feed, "account", row->account);
    add_amount(feed, "amount", row->amount_minor);
    add_amount(feed, "balance", row->balance_minor);
    add_declared(feed, row);
    add_text_or_null(feed, "memo", row->memo);
    if (event->has_source) {
        add_text(feed, "source", event->source);
        add_integer(feed, "seq", event->seq);
    } else {
        add_null(feed, "source");
        add_null(feed, "seq");
    }
}

void dbk_feed_event(struct dbk_buffer *out, const struct dbk_event_row *event, int64_t partition,
                    int64_t offset, const struct dbk_record *record,
                    const struct dbk_digest *digest, const char *proof)
{
    struct dbk_feed feed = begin_object(out);
    bool posted = event->kind == DBK_EVENT_POSTED;
    const char *verdict = posted ? "posted"
                          : event->rejection.reason < DBK_POSTED
                              ? dbk_verdict_name(event->rejection.reason)
                              : "unknown";
    add_position(&feed, partition, offset);
    add_plain(&feed, "verdict", verdict, strlen(verdict));
    begin_field(&feed, posted ? "transaction" : "rejection");
    dbk_buffer_add_string(out, "{");
    feed.any_field = false;
    if (posted)
        add_posted(&feed, event);
    else
        add_rejection(&feed, &event->rejection);
    dbk_buffer_add_string(out, "}");
    if (record != NULL) {
        begin_field(&feed, "record");
        dbk_buffer_add_string(out, "{");
        feed.any_field = false;
        add_integer(&feed, "timestamp_ms", record->timestamp_ms);
        add_bytes(&feed, "key", "key_hex", record->key, record->key_length);
        add_bytes(&feed, "value", "value_hex", record->value, record->value_length);
        dbk_buffer_add_string(out, "}");
        feed.any_field = true;
    } else {
        add_null(&feed, "record");
    }
    if (digest != NULL)
        add_digest(&feed, "digest", digest);
    else
        add_null(&feed, "digest");
    add_plain(&feed, "log", proof, strlen(proof));
    dbk_buffer_add_string(out, "}\n");
}
