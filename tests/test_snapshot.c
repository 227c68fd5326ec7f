/*
 * Goal: a state comes back from its snapshots exactly, or not at all. Method: random ledgers,
 * published round after round as the publisher does; every record altered, dropped or added in
 * turn.
 */
#include "support.h"

#include <daybook/buffer.h>
#include <daybook/snapshot.h>

#define RECORDS_MAX 400

static const uint8_t any_key[16] = {3};

/** A snapshots topic in memory, of partition 0 of 1. */
struct topic {
    char keys[RECORDS_MAX][DBK_STATE_KEY_MAX];
    char values[RECORDS_MAX][DBK_STATE_ENTRY_MAX];
    struct dbk_record records[RECORDS_MAX];
    int count;
    struct dbk_snapshot *published; /* what it has: only changes are appended */
};

static void append(struct topic *topic, struct dbk_text key, struct dbk_text value)
{
    int i = topic->count++;
    assert_true(i < RECORDS_MAX);
    memcpy(topic->keys[i], key.bytes, key.length);
    memcpy(topic->values[i], value.bytes, value.length);
    topic->records[i] = (struct dbk_record){
        .offset = i,
        .key = topic->keys[i],
        .key_length = (int32_t)key.length,
        .value = topic->values[i],
        .value_length = (int32_t)value.length,
    };
    assert_int_equal(dbk_snapshot_add(topic->published, &topic->records[i]), 0);
}

static int append_changed(void *context, struct dbk_text key, struct dbk_text value)
{
    struct topic *topic = context;
    struct dbk_text there;
    if (!dbk_snapshot_find(topic->published, false, key, &there) || there.length != value.length ||
        memcmp(there.bytes, value.bytes, value.length) != 0)
        append(topic, key, value);
    return 0;
}

static void publish(struct topic *topic, struct dbk_ledger *ledger, int64_t offset_next)
{
    static const struct dbk_text key = {DBK_STATE_MARKER_KEY, sizeof DBK_STATE_MARKER_KEY - 1};
    struct dbk_buffer text = {0};
    struct dbk_state_marker marker = {
        .partition_count = 1,
        .checkpoint = {.offset_next = offset_next, .timestamp_ms = -5},
        .account_count = dbk_ledger_account_count(ledger),
        .source_count = dbk_ledger_source_count(ledger),
    };
    assert_int_equal(dbk_state_each(ledger, 0, append_changed, topic), 0);
    assert_int_equal(dbk_state_digest(&marker.state, ledger, 0), 0);
    dbk_state_add_marker(&text, &marker);
    append(topic, key, (struct dbk_text){text.bytes, (uint32_t)text.length});
    dbk_buffer_clear(&text);
}

static void apply(struct dbk_ledger *ledger, uint64_t *random, int64_t offset)
{
    static const char *const names[] = {"C100", "A", "Zo\xc3\xa9", "a\"b\\c", "=x"};
    char scratch[DBK_EVENT_SCRATCH];
    char json[DBK_EVENT_MAX];
    char source[8];
    struct dbk_posting posting;
    struct dbk_event decoded;
    const char *name = names[next_random(random) % COUNT(names)];
    struct dbk_event event = {
        .date_s = (int64_t)(next_random(random) % 2000000000),
        .value_minor = 1 + (int64_t)(next_random(random) % 100000),
        .type = next_random(random) % 2 == 0 ? DBK_DEPOSIT : DBK_WITHDRAWAL,
        .account = {name, (uint32_t)strlen(name)},
    };
    int length = snprintf(source, sizeof source, "s%d", (int)(next_random(random) % 4));
    event.source = (struct dbk_text){source, (uint32_t)length};
    event.seq = (int64_t)(next_random(random) % 50);
    size_t size = dbk_event_encode(json, &event);
    struct dbk_record record = {.offset = offset,
                                .key = name,
                                .key_length = (int32_t)event.account.length,
                                .value = json,
                                .value_length = (int32_t)size};
    assert_int_equal(dbk_ledger_apply(ledger, &posting, &decoded, scratch, &record), 0);
}

static struct dbk_ledger *open_ledger(void)
{
    struct dbk_ledger *ledger;
    assert_int_equal(dbk_ledger_open(&ledger, 0, 1, any_key), 0);
    return ledger;
}

/** Read records and restore. @return 0 and the digest of the state, or DBK_ENO. */
static int restore(const struct dbk_record *records, int count, struct dbk_digest *digest)
{
    struct dbk_snapshot *snapshot;
    struct dbk_ledger *ledger = open_ledger();
    const char *why;
    assert_int_equal(dbk_snapshot_open(&snapshot, 0, 1), 0);
    for (int i = 0; i < count; i++)
        assert_int_equal(dbk_snapshot_add(snapshot, &records[i]), 0);
    int code = dbk_snapshot_restore(snapshot, ledger, &why);
    if (code == 0)
        assert_int_equal(dbk_state_digest(digest, ledger, 0), 0);
    else
        assert_non_null(why);
    dbk_snapshot_close(snapshot);
    dbk_ledger_close(ledger);
    return code;
}

static void make_topic(struct topic *topic, struct dbk_digest *digest, uint64_t seed, int rounds)
{
    struct dbk_ledger *ledger = open_ledger();
    int64_t offset = 0;
    topic->count = 0;
    assert_int_equal(dbk_snapshot_open(&topic->published, 0, 1), 0);
    for (int round = 0; round < rounds; round++) {
        for (int i = 0; i < 12; i++)
            apply(ledger, &seed, offset++);
        publish(topic, ledger, offset);
    }
    assert_int_equal(dbk_state_digest(digest, ledger, 0), 0);
    dbk_ledger_close(ledger);
}

static void snapshot_restore__gives_the_state_of_the_last_round(void **state)
{
    static struct topic topic;
    (void)state;
    for (uint64_t seed = 1; seed < 30; seed++) {
        struct dbk_digest expected;
        struct dbk_digest found;
        make_topic(&topic, &expected, seed, 5);
        assert_int_equal(restore(topic.records, topic.count, &found), 0);
        assert_memory_equal(&found, &expected, sizeof found);
        /* An unfinished round after it is ignored. */
        topic.records[topic.count] = topic.records[0];
        assert_int_equal(restore(topic.records, topic.count + 1, &found), 0);
        assert_memory_equal(&found, &expected, sizeof found);
        dbk_snapshot_close(topic.published);
    }
}

static void snapshot_restore__refuses_what_is_not_whole(void **state)
{
    static struct topic topic;
    static struct dbk_record records[RECORDS_MAX];
    static char value[DBK_STATE_ENTRY_MAX];
    struct dbk_digest expected;
    struct dbk_digest found;
    int refused = 0;
    (void)state;
    make_topic(&topic, &expected, 9, 3);
    for (int i = 0; i < topic.count; i++) {
        /* Dropped: refused, unless a later round said the same key again. */
        memcpy(records, topic.records, sizeof records);
        memmove(&records[i], &records[i + 1], (size_t)(topic.count - i) * sizeof *records);
        int code = restore(records, topic.count - 1, &found);
        if (code == 0 && i < topic.count - 1)
            assert_memory_equal(&found, &expected, sizeof found);
        refused += code != 0;
        /* Every byte altered: refused, or of no consequence. */
        for (int at = 0; at < topic.records[i].value_length; at++) {
            memcpy(records, topic.records, sizeof records);
            memcpy(value, topic.values[i], sizeof value);
            value[at] ^= 1;
            records[i].value = value;
            code = restore(records, topic.count, &found);
            if (code == 0 && i < topic.count - 1)
                assert_memory_equal(&found, &expected, sizeof found);
            refused += code != 0;
        }
    }
    assert_true(refused > 500);
    dbk_snapshot_close(topic.published);
    assert_int_equal(restore(NULL, 0, &found), DBK_ENO);
}

static void state_decode__takes_one_form_only(void **state)
{
    static const char *const good =
        "{\"account\":\"C1\",\"partition\":0,\"number\":0,\"balance\":\"-1.00\",\"deposits\":"
        "\"0.00\",\"deposit_count\":0,\"withdrawals\":\"1.00\",\"withdrawal_count\":1,"
        "\"last_offset\":7,\"last_date\":\"2024-01-01T00:00:00Z\"}";
    static const char *const bad[] = {
        "",
        "{}",
        "[]",
        "{\"source\":\"00\",\"partition\":0,\"number\":0,\"seq\":1}",
        "{\"source\":\"000102030405060708090A0B0C0D0E0F\",\"partition\":0,\"number\":0,\"seq\":1}",
        "{\"source\":\"000102030405060708090a0b0c0d0e0f\",\"partition\":0,\"number\":0,\"seq\":-1}",
        "{\"source\":\"000102030405060708090a0b0c0d0e0f\",\"partition\":0, \"number\":0,\"seq\":1}",
    };
    struct dbk_state_entry entry;
    (void)state;
    assert_true(dbk_state_decode(&entry, (struct dbk_text){good, (uint32_t)strlen(good)}));
    assert_int_equal(entry.account.balance_minor, -100);
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(dbk_state_decode(&entry, (struct dbk_text){bad[i], (uint32_t)strlen(bad[i])}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(snapshot_restore__gives_the_state_of_the_last_round),
        cmocka_unit_test(snapshot_restore__refuses_what_is_not_whole),
        cmocka_unit_test(state_decode__takes_one_form_only),
    };
    return cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
}
