/* Goal: the fold and the digests are those of docs/events.md, and the state never depends on how a
 * log is cut into pieces. Method: vectors made by a second implementation; random streams, replayed
 * whole and in pieces with the state put back in between; every verdict in enum order. */
#include "support.h"

#include <daybook/book.h>

#include <jansson.h>

static const uint8_t hash_key[16] = {1, 2, 3};

static struct dbk_text text_of(const char *string)
{
    return (struct dbk_text){string, (uint32_t)strlen(string)};
}

static struct dbk_book *open_book(const char *topic, int32_t partition_count)
{
    struct dbk_book *book;
    assert_int_equal(dbk_book_open(&book, text_of(topic), partition_count, hash_key), 0);
    return book;
}

/* --- vectors --- */

/** Bytes of a hexadecimal text, to be freed. */
static uint8_t *bytes_of(const char *hex, int32_t *length)
{
    *length = (int32_t)(strlen(hex) / 2);
    uint8_t *bytes = malloc((size_t)*length + 1);
    for (int32_t i = 0; i < *length; i++) {
        unsigned byte;
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
        bytes[i] = (uint8_t)byte;
    }
    return bytes;
}

static void apply_vector(struct dbk_book *book, json_t *vector)
{
    char scratch[DBK_EVENT_SCRATCH];
    char hex[2 * DBK_DIGEST_SIZE + 1];
    struct dbk_entry entry = {
        .record = {
            .partition = (int32_t)json_integer_value(json_object_get(vector, "partition")),
            .offset = json_integer_value(json_object_get(vector, "offset")),
            .timestamp_ms = json_integer_value(json_object_get(vector, "timestamp_ms")),
            .key_length = DBK_LENGTH_NULL,
            .value_length = DBK_LENGTH_NULL,
        }};
    struct dbk_record *record = &entry.record;
    uint8_t *key = NULL;
    uint8_t *value = NULL;
    if (json_is_string(json_object_get(vector, "key")))
        record->key = key =
            bytes_of(json_string_value(json_object_get(vector, "key")), &record->key_length);
    if (json_is_string(json_object_get(vector, "value")))
        record->value = value =
            bytes_of(json_string_value(json_object_get(vector, "value")), &record->value_length);
    if (json_is_true(json_object_get(vector, "absent")))
        record->key_length = record->value_length = DBK_LENGTH_ABSENT;
    assert_int_equal(dbk_book_apply(book, &entry, scratch), 0);
    const char *verdict = dbk_verdict_name(entry.posting.verdict);
    if (strcmp(verdict, json_string_value(json_object_get(vector, "verdict"))) != 0)
        fail_msg("%d:%lld is %s: %s", record->partition, (long long)record->offset, verdict,
                 json_dumps(vector, 0));
    dbk_digest_hex(hex, &dbk_book_checkpoint(book, record->partition)->digest);
    assert_string_equal(hex, json_string_value(json_object_get(vector, "digest")));
    free(key);
    free(value);
}

static void book_apply__gives_what_the_vectors_say(void **state)
{
    json_error_t error;
    json_t *vectors = json_load_file(DAYBOOK_SOURCE_DIR "/data/vectors/log.json", 0, &error);
    (void)state;
    assert_non_null(vectors);
    int32_t count = (int32_t)json_integer_value(json_object_get(vectors, "partition_count"));
    struct dbk_book *book = open_book(json_string_value(json_object_get(vectors, "topic")), count);
    json_t *records = json_object_get(vectors, "records");
    assert_true(json_array_size(records) > 80);
    for (int32_t p = 0; p < count; p++) {
        char hex[2 * DBK_DIGEST_SIZE + 1];
        dbk_digest_hex(hex, &dbk_book_checkpoint(book, p)->digest);
        assert_string_equal(
            hex, json_string_value(json_array_get(json_object_get(vectors, "d0"), (size_t)p)));
    }
    for (size_t i = 0; i < json_array_size(records); i++)
        apply_vector(book, json_array_get(records, i));
    const char *name;
    json_t *sums;
    json_object_foreach(json_object_get(vectors, "accounts_minor"), name, sums)
    {
        struct dbk_ledger *ledger =
            dbk_book_ledger(book, dbk_event_partition(text_of(name), count));
        uint32_t index;
        assert_true(dbk_ledger_find(ledger, &index, text_of(name)));
        const struct dbk_account *account = dbk_ledger_account(ledger, index);
        assert_int_equal(account->balance_minor,
                         strtoll(json_string_value(json_array_get(sums, 0)), NULL, 10));
        assert_int_equal(account->deposits_minor,
                         strtoll(json_string_value(json_array_get(sums, 1)), NULL, 10));
        assert_int_equal(account->withdrawals_minor,
                         strtoll(json_string_value(json_array_get(sums, 2)), NULL, 10));
    }
    dbk_book_close(book);
    json_decref(vectors);
}

/* --- random streams --- */

#define PARTITIONS 3
#define STREAM 4000

/** A stream of events, good and bad, on three partitions. */
struct stream {
    char values[STREAM][DBK_EVENT_MAX];
    struct dbk_record records[STREAM];
};

static struct stream *make_stream(uint64_t *random)
{
    static const char *const names[] = {"A", "B", "C100", "C200", "Zoë", "x y"};
    static const char *const sources[] = {"", "bank", "teller", "other"};
    struct stream *stream = calloc(1, sizeof *stream);
    int64_t offsets[PARTITIONS] = {0};
    for (int i = 0; i < STREAM; i++) {
        struct dbk_record *record = &stream->records[i];
        struct dbk_event event = {
            .date_s = (int64_t)(next_random(random) % 100000000),
            .value_minor = 1 + (int64_t)(next_random(random) >> (next_random(random) % 60 + 2)),
            .type = next_random(random) % 2 ? DBK_DEPOSIT : DBK_WITHDRAWAL,
            .account = text_of(names[next_random(random) % COUNT(names)]),
            .source = text_of(sources[next_random(random) % COUNT(sources)]),
            .seq = (int64_t)(next_random(random) % 500),
            .has_floor = next_random(random) % 3 == 0,
        };
        size_t length = dbk_event_encode(stream->values[i], &event);
        if (next_random(random) % 16 == 0)
            stream->values[i][next_random(random) % length] ^= 4;
        int32_t partition = dbk_event_partition(event.account, PARTITIONS);
        if (next_random(random) % 16 == 0)
            partition = (int32_t)(next_random(random) % PARTITIONS);
        *record = (struct dbk_record){.partition = partition,
                                      .offset = offsets[partition]++,
                                      .timestamp_ms = i,
                                      .value = stream->values[i],
                                      .value_length = (int32_t)length,
                                      .key_length = DBK_LENGTH_NULL};
        if (next_random(random) % 64 == 0)
            record->value_length = record->key_length = DBK_LENGTH_ABSENT;
    }
    return stream;
}

/** A new book with the state of another, as a view or a snapshot would give it back. */
static struct dbk_book *restored(struct dbk_book *book)
{
    struct dbk_book *copy = open_book("t", PARTITIONS);
    for (int32_t p = 0; p < PARTITIONS; p++) {
        struct dbk_ledger *from = dbk_book_ledger(book, p);
        struct dbk_ledger *to = dbk_book_ledger(copy, p);
        for (uint32_t i = 0; i < dbk_ledger_account_count(from); i++)
            assert_int_equal(dbk_ledger_restore_account(to, dbk_ledger_account(from, i)), 0);
        for (uint32_t i = 0; i < dbk_ledger_source_count(from); i++)
            assert_int_equal(dbk_ledger_restore_source(to, dbk_ledger_source(from, i)), 0);
        dbk_book_restore_checkpoint(copy, p, dbk_book_checkpoint(book, p));
    }
    return copy;
}

static void assert_same_books(struct dbk_book *a, struct dbk_book *b)
{
    for (int32_t p = 0; p < PARTITIONS; p++) {
        struct dbk_ledger *x = dbk_book_ledger(a, p);
        struct dbk_ledger *y = dbk_book_ledger(b, p);
        assert_memory_equal(dbk_book_checkpoint(a, p), dbk_book_checkpoint(b, p),
                            sizeof(struct dbk_checkpoint));
        assert_int_equal(dbk_ledger_account_count(x), dbk_ledger_account_count(y));
        assert_int_equal(dbk_ledger_source_count(x), dbk_ledger_source_count(y));
        for (uint32_t i = 0; i < dbk_ledger_account_count(x); i++) {
            struct dbk_account *m = dbk_ledger_account(x, i);
            struct dbk_account *n = dbk_ledger_account(y, i);
            assert_memory_equal(m, n, offsetof(struct dbk_account, name));
            assert_int_equal(m->name.length, n->name.length);
            assert_memory_equal(m->name.bytes, n->name.bytes, m->name.length);
        }
        for (uint32_t i = 0; i < dbk_ledger_source_count(x); i++)
            assert_memory_equal(dbk_ledger_source(x, i), dbk_ledger_source(y, i),
                                offsetof(struct dbk_source, changed));
    }
}

static void book_apply__is_the_same_for_any_cut(void **state)
{
    uint64_t random = 7;
    int64_t verdicts[DBK_VERDICT_COUNT] = {0};
    (void)state;
    for (int round = 0; round < 20; round++) {
        struct stream *stream = make_stream(&random);
        struct dbk_book *whole = open_book("t", PARTITIONS);
        struct dbk_book *pieces = open_book("t", PARTITIONS);
        for (int i = 0; i < STREAM; i++) {
            char scratch[2][DBK_EVENT_SCRATCH];
            struct dbk_entry entries[2] = {{.record = stream->records[i]},
                                           {.record = stream->records[i]}};
            if (next_random(&random) % 200 == 0) {
                struct dbk_book *again = restored(pieces);
                dbk_book_close(pieces);
                pieces = again;
            }
            assert_int_equal(dbk_book_apply(whole, &entries[0], scratch[0]), 0);
            assert_int_equal(dbk_book_apply(pieces, &entries[1], scratch[1]), 0);
            assert_int_equal(entries[0].posting.verdict, entries[1].posting.verdict);
            assert_int_equal(entries[0].posting.balance_minor, entries[1].posting.balance_minor);
            verdicts[entries[0].posting.verdict]++;
        }
        assert_same_books(whole, pieces);
        assert_int_equal(dbk_book_event_count(whole), STREAM);
        dbk_book_close(whole);
        dbk_book_close(pieces);
        free(stream);
    }
    for (int v = 0; v < DBK_VERDICT_COUNT; v++)
        if (verdicts[v] == 0)
            fail_msg("no event was %s", dbk_verdict_name((enum dbk_verdict)v));
}

static void book_apply__counts_every_offset_once(void **state)
{
    uint64_t random = 11;
    struct stream *stream = make_stream(&random);
    struct dbk_book *book = open_book("t", PARTITIONS);
    int64_t posted = 0;
    int64_t counted = 0;
    (void)state;
    for (int i = 0; i < STREAM; i++) {
        char scratch[DBK_EVENT_SCRATCH];
        struct dbk_entry entry = {.record = stream->records[i]};
        assert_int_equal(dbk_book_apply(book, &entry, scratch), 0);
        posted += entry.posting.verdict == DBK_POSTED;
    }
    for (int32_t p = 0; p < PARTITIONS; p++)
        for (uint32_t i = 0; i < dbk_ledger_account_count(dbk_book_ledger(book, p)); i++) {
            const struct dbk_account *account = dbk_ledger_account(dbk_book_ledger(book, p), i);
            counted += account->deposit_count + account->withdrawal_count;
            assert_int_equal(account->balance_minor,
                             account->deposits_minor - account->withdrawals_minor);
        }
    assert_int_equal(counted, posted);
    dbk_book_close(book);
    free(stream);
}

static void book_same_log__notices_any_change(void **state)
{
    char scratch[DBK_EVENT_SCRATCH];
    struct dbk_book *book = open_book("t", 1);
    struct dbk_entry entry = {
        .record = {
            .timestamp_ms = 5, .key = "k", .value = "junk", .key_length = 1, .value_length = 4}};
    (void)state;
    assert_int_equal(dbk_book_apply(book, &entry, scratch), 0);
    assert_true(dbk_book_same_log(book, &entry.record));
    struct dbk_record changed[] = {entry.record, entry.record, entry.record, entry.record};
    changed[0].timestamp_ms = 6;
    changed[1].value = "junK";
    changed[2].key_length = DBK_LENGTH_NULL;
    changed[3].value_length = DBK_LENGTH_ABSENT;
    for (size_t i = 0; i < COUNT(changed); i++)
        assert_false(dbk_book_same_log(book, &changed[i]));
    dbk_book_close(book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(book_apply__gives_what_the_vectors_say),
        cmocka_unit_test(book_apply__is_the_same_for_any_cut),
        cmocka_unit_test(book_apply__counts_every_offset_once),
        cmocka_unit_test(book_same_log__notices_any_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
