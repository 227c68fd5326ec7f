#include <daybook/row.h>

#include <string.h>

static void add_integer(struct dbk_row *row, int64_t integer)
{
    DBK_ASSERT(row->count < DBK_ROW_MAX);
    row->values[row->count++] = (struct dbk_value){.kind = DBK_VALUE_INTEGER, .integer = integer};
}

static void add_null(struct dbk_row *row)
{
    DBK_ASSERT(row->count < DBK_ROW_MAX);
    row->values[row->count++] = (struct dbk_value){.kind = DBK_VALUE_NULL};
}

static void add_text(struct dbk_row *row, struct dbk_text text)
{
    DBK_ASSERT(row->count < DBK_ROW_MAX);
    row->values[row->count++] = (struct dbk_value){.kind = DBK_VALUE_TEXT, .text = text};
}

static void add_string(struct dbk_row *row, const char *string)
{
    add_text(row, (struct dbk_text){string, (uint32_t)strlen(string)});
}

static void add_blob(struct dbk_row *row, const void *bytes, size_t length)
{
    DBK_ASSERT(row->count < DBK_ROW_MAX);
    row->values[row->count++] =
        (struct dbk_value){.kind = DBK_VALUE_BLOB, .text = {bytes, (uint32_t)length}};
}

/** The first bytes of a key or value; length < 0: it has none. */
static void add_head(struct dbk_row *row, const void *bytes, int32_t length)
{
    if (length < 0)
        add_null(row);
    else
        add_blob(row, length > 0 ? bytes : "",
                 length < DBK_ROW_HEAD_SIZE ? (size_t)length : DBK_ROW_HEAD_SIZE);
}

bool dbk_value_equal(const struct dbk_value *a, const struct dbk_value *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case DBK_VALUE_NULL:
        return true;
    case DBK_VALUE_INTEGER:
        return a->integer == b->integer;
    case DBK_VALUE_TEXT:
    case DBK_VALUE_BLOB:
        return a->text.length == b->text.length &&
               memcmp(a->text.bytes, b->text.bytes, a->text.length) == 0;
    case DBK_VALUE_OTHER:
        break;
    }
    return false;
}

void dbk_row_of_transaction(struct dbk_row *row, const struct dbk_entry *entry,
                            int32_t partition_count)
{
    const struct dbk_event *event = &entry->event;
    int32_t partition = entry->record.partition;
    row->count = 0;
    add_integer(row, partition);
    add_integer(row, entry->record.offset);
    add_integer(row, (int64_t)entry->posting.account * partition_count + partition);
    add_integer(row, event->date_s);
    add_integer(row, event->type == DBK_DEPOSIT ? event->value_minor : -event->value_minor);
    add_integer(row, entry->posting.balance_minor);
    if (event->has_declared)
        add_integer(row, event->declared_minor);
    else
        add_null(row);
    if (entry->posting.source != DBK_NO_SOURCE) {
        add_integer(row, (int64_t)entry->posting.source * partition_count + partition);
        add_integer(row, event->seq);
    } else {
        add_null(row);
        add_null(row);
    }
    if (event->memo.length > 0)
        add_text(row, event->memo);
    else
        add_null(row);
}

/** "the account's partition is 7" */
static void describe_misrouted(char *detail, int32_t partition)
{
    static const char words[] = "the account's partition is ";
    char digits[12];
    size_t count = 0;
    do
        digits[count++] = (char)('0' + partition % 10);
    while ((partition /= 10) > 0);
    memcpy(detail, words, sizeof words - 1);
    detail += sizeof words - 1;
    while (count > 0)
        *detail++ = digits[--count];
    *detail = '\0';
}

void dbk_row_of_rejection(struct dbk_row *row, const struct dbk_entry *entry,
                          int32_t partition_count, struct dbk_row_scratch *scratch)
{
    const struct dbk_record *record = &entry->record;
    enum dbk_verdict verdict = entry->posting.verdict;
    scratch->detail[0] = '\0';
    if (verdict == DBK_MISROUTED)
        describe_misrouted(scratch->detail,
                           dbk_event_partition(entry->event.account, partition_count));
    row->count = 0;
    add_integer(row, record->partition);
    add_integer(row, record->offset);
    add_string(row, dbk_verdict_name(verdict));
    add_string(row, verdict == DBK_MALFORMED ? dbk_malformed_text(entry->posting.malformed)
                                             : scratch->detail);
    add_integer(row, record->timestamp_ms);
    add_head(row, record->key, record->key_length);
    add_integer(row, record->value_length);
    if (record->value_length < 0) {
        add_null(row);
    } else {
        dbk_digest_bytes(&scratch->digest, record->value, (size_t)record->value_length);
        add_blob(row, scratch->digest.bytes, DBK_DIGEST_SIZE);
    }
    add_head(row, record->value, record->value_length);
}

void dbk_row_of_account(struct dbk_row *row, int64_t account_id, const struct dbk_account *account)
{
    row->count = 0;
    add_integer(row, account_id);
    add_text(row, account->name);
}

void dbk_row_of_balance(struct dbk_row *row, int64_t account_id, const struct dbk_account *account)
{
    row->count = 0;
    add_integer(row, account_id);
    add_integer(row, account->balance_minor);
    add_integer(row, account->deposit_count);
    add_integer(row, account->deposits_minor);
    add_integer(row, account->withdrawal_count);
    add_integer(row, account->withdrawals_minor);
    add_integer(row, account->last_offset);
    add_integer(row, account->last_date_s);
}

void dbk_row_of_source(struct dbk_row *row, int64_t source_id, const struct dbk_source *source)
{
    row->count = 0;
    add_integer(row, source_id);
    add_string(row, "");
    add_blob(row, source->digest, sizeof source->digest);
    add_integer(row, source->seq);
}

void dbk_row_of_checkpoint(struct dbk_row *row, int32_t partition,
                           const struct dbk_checkpoint *checkpoint)
{
    row->count = 0;
    add_integer(row, partition);
    add_integer(row, checkpoint->offset_next);
    add_integer(row, checkpoint->timestamp_ms);
    add_blob(row, checkpoint->digest.bytes, DBK_DIGEST_SIZE);
    add_blob(row, checkpoint->digest_before.bytes, DBK_DIGEST_SIZE);
}

void dbk_day_add(struct dbk_day *day, int64_t amount_minor)
{
    if (amount_minor > 0) {
        day->deposit_count++;
        day->deposits_minor += amount_minor;
    } else {
        day->withdrawal_count++;
        day->withdrawals_minor -= amount_minor;
    }
}

void dbk_row_of_day(struct dbk_row *row, const struct dbk_day *day)
{
    row->count = 0;
    add_integer(row, day->account_id);
    add_integer(row, day->day);
    add_integer(row, day->deposit_count);
    add_integer(row, day->deposits_minor);
    add_integer(row, day->withdrawal_count);
    add_integer(row, day->withdrawals_minor);
}

void dbk_sums_add(struct dbk_sums *sums, int64_t amount_minor)
{
    if (amount_minor > 0) {
        sums->deposit_count++;
        sums->deposits_minor += amount_minor;
    } else {
        sums->withdrawal_count++;
        sums->withdrawals_minor -= amount_minor;
    }
}

void dbk_sums_add_sums(struct dbk_sums *sums, const struct dbk_sums *more)
{
    sums->deposit_count += more->deposit_count;
    sums->deposits_minor += more->deposits_minor;
    sums->withdrawal_count += more->withdrawal_count;
    sums->withdrawals_minor += more->withdrawals_minor;
}

static void add_sums(struct dbk_row *row, const struct dbk_sums *sums)
{
    add_integer(row, sums->deposit_count);
    add_integer(row, (int64_t)(sums->deposits_minor / DBK_SUM_BASE));
    add_integer(row, (int64_t)(sums->deposits_minor % DBK_SUM_BASE));
    add_integer(row, sums->withdrawal_count);
    add_integer(row, (int64_t)(sums->withdrawals_minor / DBK_SUM_BASE));
    add_integer(row, (int64_t)(sums->withdrawals_minor % DBK_SUM_BASE));
}

void dbk_row_of_day_total(struct dbk_row *row, int64_t day, const struct dbk_sums *sums)
{
    row->count = 0;
    add_integer(row, day);
    add_sums(row, sums);
}

void dbk_row_of_totals(struct dbk_row *row, int64_t account_count, const struct dbk_sums *sums)
{
    row->count = 0;
    add_integer(row, 1);
    add_integer(row, account_count);
    add_sums(row, sums);
}
