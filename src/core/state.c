#include <daybook/state.h>

#include <daybook/date.h>
#include <daybook/escape.h>
#include <daybook/money.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static void add_name(struct dbk_buffer *buffer, const char *name)
{
    dbk_buffer_add_string(
        buffer, buffer->length > 0 && buffer->bytes[buffer->length - 1] == '{' ? "\"" : ",\"");
    dbk_buffer_add_string(buffer, name);
    dbk_buffer_add_string(buffer, "\":");
}

static void add_integer(struct dbk_buffer *buffer, const char *name, int64_t integer)
{
    add_name(buffer, name);
    dbk_buffer_add_integer(buffer, integer);
}

static void add_text(struct dbk_buffer *buffer, const char *name, struct dbk_text text)
{
    add_name(buffer, name);
    dbk_escape_json(buffer, text);
}

static void add_string(struct dbk_buffer *buffer, const char *name, const char *string)
{
    add_text(buffer, name, (struct dbk_text){string, (uint32_t)strlen(string)});
}

static void add_amount(struct dbk_buffer *buffer, const char *name, int64_t amount_minor)
{
    char text[DBK_MONEY_TEXT_SIZE];
    dbk_money_format(text, amount_minor);
    add_string(buffer, name, text);
}

static void add_digest(struct dbk_buffer *buffer, const char *name, const struct dbk_digest *digest)
{
    char hex[2 * DBK_DIGEST_SIZE + 1];
    dbk_digest_hex(hex, digest);
    add_string(buffer, name, hex);
}

/** Append it as an entry, without newline. */
static void add_account(struct dbk_buffer *buffer, int32_t partition, uint32_t number,
                        const struct dbk_account *account)
{
    char date[DBK_DATE_TEXT_SIZE];
    dbk_buffer_add_string(buffer, "{");
    add_text(buffer, "account", account->name);
    add_integer(buffer, "partition", partition);
    add_integer(buffer, "number", number);
    add_amount(buffer, "balance", account->balance_minor);
    add_amount(buffer, "deposits", account->deposits_minor);
    add_integer(buffer, "deposit_count", account->deposit_count);
    add_amount(buffer, "withdrawals", account->withdrawals_minor);
    add_integer(buffer, "withdrawal_count", account->withdrawal_count);
    add_integer(buffer, "last_offset", account->last_offset);
    dbk_date_format(date, account->last_date_s);
    add_string(buffer, "last_date", date);
    dbk_buffer_add_string(buffer, "}");
}

/** The 128 bits of a source in hexadecimal. hex has 33 bytes. */
static void source_hex(char *hex, const struct dbk_source *source)
{
    struct dbk_digest digest = {{0}};
    char whole[2 * DBK_DIGEST_SIZE + 1];
    memcpy(digest.bytes, source->digest, sizeof source->digest);
    dbk_digest_hex(whole, &digest);
    memcpy(hex, whole, 32);
    hex[32] = '\0';
}

/** Append it as an entry, without newline. */
static void add_source(struct dbk_buffer *buffer, int32_t partition, uint32_t number,
                       const struct dbk_source *source)
{
    char hex[33];
    source_hex(hex, source);
    dbk_buffer_add_string(buffer, "{");
    add_string(buffer, "source", hex);
    add_integer(buffer, "partition", partition);
    add_integer(buffer, "number", number);
    add_integer(buffer, "seq", source->seq);
    dbk_buffer_add_string(buffer, "}");
}

struct dbk_text dbk_state_source_key(char *key, const struct dbk_source *source)
{
    char hex[33];
    source_hex(hex, source);
    memcpy(key, "\x1fs", 2);
    memcpy(key + 2, hex, 32);
    return (struct dbk_text){key, 34};
}

void dbk_state_add_marker(struct dbk_buffer *buffer, const struct dbk_state_marker *marker)
{
    dbk_buffer_add_string(buffer, "{");
    add_integer(buffer, "fold", DBK_FOLD_VERSION);
    add_integer(buffer, "partition", marker->partition);
    add_integer(buffer, "partition_count", marker->partition_count);
    add_integer(buffer, "offset_next", marker->checkpoint.offset_next);
    add_integer(buffer, "timestamp_ms", marker->checkpoint.timestamp_ms);
    add_digest(buffer, "digest", &marker->checkpoint.digest);
    add_digest(buffer, "digest_before", &marker->checkpoint.digest_before);
    add_integer(buffer, "accounts", marker->account_count);
    add_integer(buffer, "sources", marker->source_count);
    add_digest(buffer, "state", &marker->state);
    dbk_buffer_add_string(buffer, "}");
}

static bool get_integer(const json_t *object, const char *name, int64_t least, int64_t most,
                        int64_t *integer)
{
    const json_t *value = json_object_get(object, name);
    *integer = json_integer_value(value);
    return json_is_integer(value) && *integer >= least && *integer <= most;
}

static bool get_amount(const json_t *object, const char *name, int64_t *amount_minor)
{
    const json_t *value = json_object_get(object, name);
    return json_is_string(value) &&
           dbk_money_parse(amount_minor, json_string_value(value), json_string_length(value));
}

static int nibble(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool from_hex(uint8_t *bytes, size_t size, const char *hex, size_t length)
{
    if (hex == NULL || length != 2 * size)
        return false;
    for (size_t i = 0; i < size; i++) {
        int high = nibble(hex[2 * i]);
        int low = nibble(hex[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool dbk_digest_from_hex(struct dbk_digest *digest, const char *hex, size_t length)
{
    return from_hex(digest->bytes, DBK_DIGEST_SIZE, hex, length);
}

bool dbk_state_is_source_key(uint8_t digest[16], struct dbk_text key)
{
    return key.length == 34 && memcmp(key.bytes, "\x1fs", 2) == 0 &&
           from_hex(digest, 16, key.bytes + 2, 32);
}

static bool get_digest(const json_t *object, const char *name, struct dbk_digest *digest)
{
    const json_t *value = json_object_get(object, name);
    return dbk_digest_from_hex(digest, json_string_value(value), json_string_length(value));
}

static bool get_account(const json_t *object, struct dbk_state_entry *entry)
{
    struct dbk_account *account = &entry->account;
    const json_t *name = json_object_get(object, "account");
    const json_t *date = json_object_get(object, "last_date");
    size_t length = json_string_length(name);
    if (!json_is_string(name) || length > sizeof entry->name || !json_is_string(date))
        return false;
    *account = (struct dbk_account){.name = {entry->name, (uint32_t)length}};
    memcpy(entry->name, json_string_value(name), length);
    return dbk_text_is_clean(account->name, DBK_ACCOUNT_MAX, true) &&
           get_amount(object, "balance", &account->balance_minor) &&
           get_amount(object, "deposits", &account->deposits_minor) &&
           get_amount(object, "withdrawals", &account->withdrawals_minor) &&
           get_integer(object, "deposit_count", 0, INT64_MAX, &account->deposit_count) &&
           get_integer(object, "withdrawal_count", 0, INT64_MAX, &account->withdrawal_count) &&
           get_integer(object, "last_offset", 0, INT64_MAX, &account->last_offset) &&
           dbk_date_parse(&account->last_date_s, json_string_value(date), json_string_length(date));
}

/** @return true where the entry, written again, gives the same bytes: there is one form. */
static bool is_canonical(const struct dbk_state_entry *entry, struct dbk_text text)
{
    struct dbk_buffer again = {0};
    if (entry->is_source)
        add_source(&again, entry->partition, (uint32_t)entry->number, &entry->source);
    else
        add_account(&again, entry->partition, (uint32_t)entry->number, &entry->account);
    bool same = !again.failed && again.length == text.length &&
                memcmp(again.bytes, text.bytes, text.length) == 0;
    dbk_buffer_clear(&again);
    return same;
}

bool dbk_state_decode(struct dbk_state_entry *entry, struct dbk_text text)
{
    int64_t partition;
    json_t *object = json_loadb(text.bytes, text.length, JSON_REJECT_DUPLICATES, NULL);
    bool ok = json_is_object(object) &&
              get_integer(object, "partition", 0, INT32_MAX, &partition) &&
              get_integer(object, "number", 0, UINT32_MAX - 1, &entry->number);
    if (ok) {
        const json_t *source = json_object_get(object, "source");
        entry->partition = (int32_t)partition;
        entry->is_source = source != NULL;
        entry->source = (struct dbk_source){.seq = 0};
        ok = !entry->is_source ? get_account(object, entry)
                               : from_hex(entry->source.digest, sizeof entry->source.digest,
                                          json_string_value(source), json_string_length(source)) &&
                                     get_integer(object, "seq", 0, INT64_MAX, &entry->source.seq);
    }
    json_decref(object);
    return ok && is_canonical(entry, text);
}

bool dbk_state_decode_marker(struct dbk_state_marker *marker, struct dbk_text text)
{
    int64_t fold;
    int64_t partition = 0;
    int64_t partition_count = 0;
    json_t *object = json_loadb(text.bytes, text.length, JSON_REJECT_DUPLICATES, NULL);
    struct dbk_checkpoint *checkpoint = &marker->checkpoint;
    bool ok =
        json_is_object(object) &&
        get_integer(object, "fold", DBK_FOLD_VERSION, DBK_FOLD_VERSION, &fold) &&
        get_integer(object, "partition", 0, INT32_MAX, &partition) &&
        get_integer(object, "partition_count", 1, INT32_MAX, &partition_count) &&
        get_integer(object, "offset_next", 0, INT64_MAX, &checkpoint->offset_next) &&
        get_integer(object, "timestamp_ms", INT64_MIN, INT64_MAX, &checkpoint->timestamp_ms) &&
        get_digest(object, "digest", &checkpoint->digest) &&
        get_digest(object, "digest_before", &checkpoint->digest_before) &&
        get_integer(object, "accounts", 0, UINT32_MAX, &marker->account_count) &&
        get_integer(object, "sources", 0, UINT32_MAX, &marker->source_count) &&
        get_digest(object, "state", &marker->state);
    marker->partition = (int32_t)partition;
    marker->partition_count = (int32_t)partition_count;
    json_decref(object);
    return ok;
}

/** An account or a source, and where its name is, to be sorted. */
struct sorted {
    struct dbk_text key;
    uint32_t number;
};

static int compare_sorted(const void *a, const void *b)
{
    const struct sorted *left = a;
    const struct sorted *right = b;
    return dbk_text_compare(left->key, right->key);
}

/** Sources come first: no account begins with a byte as low as 0x1F. */
int dbk_state_each(struct dbk_ledger *ledger, int32_t partition, dbk_visit_entry *visit,
                   void *context)
{
    uint32_t source_count = dbk_ledger_source_count(ledger);
    uint32_t account_count = dbk_ledger_account_count(ledger);
    size_t count = (size_t)source_count + account_count;
    struct dbk_buffer value = {0};
    struct sorted *sorted = calloc(count + 1, sizeof *sorted);
    char key[DBK_STATE_KEY_MAX];
    int code = sorted == NULL ? DBK_ENOMEM : 0;
    if (code == 0) {
        /* A source's key is its digest in hexadecimal: the order of the digests' bytes. */
        for (uint32_t i = 0; i < source_count; i++)
            sorted[i] =
                (struct sorted){{(const char *)dbk_ledger_source(ledger, i)->digest, 16}, i};
        for (uint32_t i = 0; i < account_count; i++)
            sorted[source_count + i] = (struct sorted){dbk_ledger_account(ledger, i)->name, i};
        qsort(sorted, source_count, sizeof *sorted, compare_sorted);
        qsort(sorted + source_count, account_count, sizeof *sorted, compare_sorted);
    }
    for (size_t i = 0; code == 0 && i < count; i++) {
        struct dbk_text found = sorted[i].key;
        value.length = 0;
        if (i < source_count) {
            const struct dbk_source *source = dbk_ledger_source(ledger, sorted[i].number);
            add_source(&value, partition, sorted[i].number, source);
            found = dbk_state_source_key(key, source);
        } else {
            add_account(&value, partition, sorted[i].number,
                        dbk_ledger_account(ledger, sorted[i].number));
        }
        code = value.failed
                   ? DBK_ENOMEM
                   : visit(context, found, (struct dbk_text){value.bytes, (uint32_t)value.length});
    }
    dbk_buffer_clear(&value);
    free(sorted);
    return code;
}

static int add_line(void *context, struct dbk_text key, struct dbk_text value)
{
    struct dbk_buffer *lines = context;
    (void)key;
    dbk_buffer_add(lines, value.bytes, value.length);
    dbk_buffer_add(lines, "\n", 1);
    return lines->failed ? DBK_ENOMEM : 0;
}

int dbk_state_add(struct dbk_buffer *lines, struct dbk_ledger *ledger, int32_t partition)
{
    return dbk_state_each(ledger, partition, add_line, lines);
}

int dbk_state_digest(struct dbk_digest *digest, struct dbk_ledger *ledger, int32_t partition)
{
    struct dbk_buffer lines = {0};
    int code = dbk_state_add(&lines, ledger, partition);
    if (code == 0)
        dbk_digest_bytes(digest, lines.bytes, lines.length);
    dbk_buffer_clear(&lines);
    return code;
}

static int compare_numbers(const void *a, const void *b)
{
    const struct dbk_state_entry *left = a;
    const struct dbk_state_entry *right = b;
    if (left->is_source != right->is_source)
        return left->is_source ? -1 : 1;
    return (left->number > right->number) - (left->number < right->number);
}

int dbk_state_restore(struct dbk_ledger *ledger, struct dbk_state_entry *entries, size_t count)
{
    int code = 0;
    qsort(entries, count, sizeof *entries, compare_numbers);
    for (size_t i = 0; code == 0 && i < count; i++) {
        struct dbk_state_entry *entry = &entries[i];
        entry->account.name.bytes = entry->name; /* they may have been moved */
        uint32_t expected =
            entry->is_source ? dbk_ledger_source_count(ledger) : dbk_ledger_account_count(ledger);
        if (entry->number != expected)
            return DBK_EVIEW;
        code = entry->is_source ? dbk_ledger_restore_source(ledger, &entry->source)
                                : dbk_ledger_restore_account(ledger, &entry->account);
    }
    return code;
}
