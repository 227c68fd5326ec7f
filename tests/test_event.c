/* Goal: any bytes give one answer, and both decoding paths the same one. Method: a table by reason
 * in enum order, random canonical events, and random damage to them. */
#include "support.h"

#include <daybook/event.h>

#define BASE_DATE "\"transaction_date\":\"2024-01-01T00:00:00Z\""
#define BASE_REST                                                                                  \
    ",\"account\":\"C100\",\"transaction_value\":\"10.00\",\"transaction_type\":\"deposit\""

static struct dbk_record record_of(const char *value, const char *key)
{
    return (struct dbk_record){
        .key = key,
        .value = value,
        .key_length = key != NULL ? (int32_t)strlen(key) : DBK_LENGTH_NULL,
        .value_length = value != NULL ? (int32_t)strlen(value) : DBK_LENGTH_NULL,
    };
}

static enum dbk_malformed decode(struct dbk_event *event, const char *value, const char *key)
{
    static char scratch[DBK_EVENT_SCRATCH];
    struct dbk_record record = record_of(value, key);
    bool failed = false;
    enum dbk_malformed malformed = dbk_event_decode(event, &failed, scratch, &record);
    assert_false(failed);
    return malformed;
}

static void event_decode__names_the_first_broken_rule(void **state)
{
    static const struct {
        enum dbk_malformed expected;
        const char *value;
        const char *key;
    } cases[] = {
        {DBK_WELL_FORMED, "{" BASE_DATE BASE_REST "}", NULL},
        {DBK_WELL_FORMED, "{" BASE_DATE BASE_REST "}", "C100"},
        {DBK_WELL_FORMED, " {\"x\":[1,{}], " BASE_DATE BASE_REST ",\"memo\":null}\n", NULL},
        {DBK_WELL_FORMED, "{" BASE_DATE BASE_REST ",\"memo\":\"\"}", NULL},
        {DBK_WELL_FORMED, "{" BASE_DATE BASE_REST ",\"x\":\"\\u0000\"}", NULL},
        {DBK_MALFORMED_EMPTY, NULL, "C100"},
        {DBK_MALFORMED_EMPTY, "", "C100"},
        {DBK_MALFORMED_JSON, "junk", NULL},
        {DBK_MALFORMED_JSON, "[1]", NULL},
        {DBK_MALFORMED_JSON, "{" BASE_DATE BASE_REST "} x", NULL},
        {DBK_MALFORMED_JSON, "{" BASE_DATE BASE_REST ",\"account\":\"C100\"}", NULL},
        {DBK_MALFORMED_JSON, "{" BASE_DATE BASE_REST ",\"n\":99999999999999999999}", NULL},
        {DBK_MALFORMED_JSON, "{" BASE_DATE BASE_REST ",\"memo\":\"\xff\"}", NULL},
        {DBK_MALFORMED_DATE, "{}", NULL},
        {DBK_MALFORMED_DATE, "{\"transaction_date\":\"2024-02-30\"" BASE_REST "}", NULL},
        {DBK_MALFORMED_DATE, "{\"transaction_date\":null" BASE_REST "}", NULL},
        {DBK_MALFORMED_DATE, "{\"transaction_date\":20240101" BASE_REST "}", NULL},
        {DBK_MALFORMED_ACCOUNT, "{" BASE_DATE ",\"account\":\"\"}", NULL},
        {DBK_MALFORMED_ACCOUNT, "{" BASE_DATE ",\"account\":\" C\"}", NULL},
        {DBK_MALFORMED_ACCOUNT, "{" BASE_DATE ",\"account\":\"C \"}", NULL},
        {DBK_MALFORMED_ACCOUNT, "{" BASE_DATE ",\"account\":\"a\\tb\"}", NULL},
        {DBK_MALFORMED_ACCOUNT, "{" BASE_DATE ",\"account\":\"a\\u202eb\"}", NULL},
        {DBK_MALFORMED_ACCOUNT, "{" BASE_DATE ",\"account\":\"a\\u0000b\"}", NULL},
        {DBK_MALFORMED_ACCOUNT, "{" BASE_DATE ",\"account\":100}", NULL},
        {DBK_MALFORMED_VALUE, "{" BASE_DATE ",\"account\":\"C\",\"transaction_value\":\"0.00\"}",
         NULL},
        {DBK_MALFORMED_VALUE, "{" BASE_DATE ",\"account\":\"C\",\"transaction_value\":-1}", NULL},
        {DBK_MALFORMED_VALUE, "{" BASE_DATE ",\"account\":\"C\",\"transaction_value\":0.001}",
         NULL},
        {DBK_MALFORMED_VALUE, "{" BASE_DATE ",\"account\":\"C\",\"transaction_value\":true}", NULL},
        {DBK_MALFORMED_VALUE,
         "{" BASE_DATE ",\"account\":\"C\",\"transaction_value\":10000000000001}", NULL},
        {DBK_MALFORMED_BALANCE,
         "{" BASE_DATE ",\"account\":\"C\",\"transaction_value\":1,\"balance\":\"x\"}", NULL},
        {DBK_MALFORMED_TYPE,
         "{" BASE_DATE ",\"account\":\"C\",\"transaction_value\":1,\"transaction_type\":\"Deposit"
         "\"}",
         NULL},
        {DBK_MALFORMED_SOURCE, "{" BASE_DATE BASE_REST ",\"source\":\"s\"}", NULL},
        {DBK_MALFORMED_SOURCE, "{" BASE_DATE BASE_REST ",\"seq\":1}", NULL},
        {DBK_MALFORMED_SOURCE, "{" BASE_DATE BASE_REST ",\"source\":\"s\",\"seq\":-1}", NULL},
        {DBK_MALFORMED_SOURCE, "{" BASE_DATE BASE_REST ",\"source\":\"s\",\"seq\":1.0}", NULL},
        {DBK_MALFORMED_SOURCE, "{" BASE_DATE BASE_REST ",\"source\":\"\",\"seq\":1}", NULL},
        {DBK_MALFORMED_FLOOR, "{" BASE_DATE BASE_REST ",\"floor\":\"1.234\"}", NULL},
        {DBK_MALFORMED_FLOOR, "{" BASE_DATE BASE_REST ",\"floor\":1.001}", NULL},
        {DBK_MALFORMED_MEMO, "{" BASE_DATE BASE_REST ",\"memo\":7}", NULL},
        {DBK_MALFORMED_MEMO, "{" BASE_DATE BASE_REST ",\"memo\":\"a\\u200bb\"}", NULL},
        {DBK_MALFORMED_KEY, "{" BASE_DATE BASE_REST "}", ""},
        {DBK_MALFORMED_KEY, "{" BASE_DATE BASE_REST "}", "C10"},
        {DBK_MALFORMED_KEY, "{" BASE_DATE BASE_REST "}", "C1000"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dbk_event event;
        enum dbk_malformed found = decode(&event, cases[i].value, cases[i].key);
        if (found != cases[i].expected)
            fail_msg("%zu %s: %d, not %d", i, cases[i].value, found, cases[i].expected);
        assert_non_null(dbk_malformed_text(found));
    }
}

static void event_decode__reads_the_original_systems_events(void **state)
{
    struct dbk_event event;
    (void)state;
    assert_int_equal(decode(&event,
                            "{\"transaction_date\": \"2024-01-01 00:00:00\", \"account\": "
                            "\"C100\", \"transaction_value\": 1000, \"balance\": "
                            "829.9999999999999, \"transaction_type\": \"withdrawal\"}",
                            NULL),
                     DBK_WELL_FORMED);
    assert_int_equal(event.date_s, 1704067200);
    assert_int_equal(event.value_minor, 100000);
    assert_true(event.has_declared);
    assert_int_equal(event.declared_minor, 83000);
    assert_int_equal(event.type, DBK_WITHDRAWAL);
    assert_false(event.has_floor);
}

/** A random event; its texts live in `texts`. */
static void random_event(struct dbk_event *event, char *texts, uint64_t *random)
{
    static const char *const pieces[] = {"C", "7", "é", "€", "𝄞", "\"", "\\", " x", "=", "<b>"};
    struct dbk_text *const fields[] = {&event->account, &event->source, &event->memo};
    static const size_t limits[] = {DBK_ACCOUNT_MAX, DBK_SOURCE_MAX, DBK_MEMO_MAX};
    *event = (struct dbk_event){
        .date_s = (int64_t)(next_random(random) % 300000000000) - 50000000000,
        .value_minor = (int64_t)(next_random(random) >> (1 + next_random(random) % 60)) | 1,
        .declared_minor = (int64_t)next_random(random),
        .floor_minor = (int64_t)next_random(random),
        .seq = (int64_t)(next_random(random) >> 1),
        .type = next_random(random) % 2 ? DBK_DEPOSIT : DBK_WITHDRAWAL,
        .has_declared = next_random(random) % 2,
        .has_floor = next_random(random) % 2,
    };
    for (size_t i = 0; i < 3; i++) {
        char *start = texts;
        bool wanted = i == 0 || next_random(random) % 2;
        size_t length = wanted ? 1 + next_random(random) % limits[i] : 0;
        while (wanted && (size_t)(texts - start) < length) {
            const char *piece = pieces[next_random(random) % COUNT(pieces)];
            if ((size_t)(texts - start) + strlen(piece) > limits[i])
                break;
            memcpy(texts, piece, strlen(piece));
            texts += strlen(piece);
        }
        if (wanted && i == 0 && (start == texts || *start == ' '))
            *start = 'C', texts = start == texts ? start + 1 : texts;
        *fields[i] = (struct dbk_text){start, (uint32_t)(texts - start)};
    }
}

static bool same_text(struct dbk_text a, struct dbk_text b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.bytes, b.bytes, a.length) == 0);
}

static void assert_same(const struct dbk_event *a, const struct dbk_event *b)
{
    assert_int_equal(a->date_s, b->date_s);
    assert_int_equal(a->value_minor, b->value_minor);
    assert_int_equal(a->has_declared, b->has_declared);
    assert_int_equal(a->has_floor, b->has_floor);
    assert_int_equal(a->type, b->type);
    if (a->has_declared)
        assert_int_equal(a->declared_minor, b->declared_minor);
    if (a->has_floor)
        assert_int_equal(a->floor_minor, b->floor_minor);
    assert_true(same_text(a->account, b->account));
    assert_true(same_text(a->source, b->source));
    assert_true(same_text(a->memo, b->memo));
    if (a->source.length > 0)
        assert_int_equal(a->seq, b->seq);
}

static void event_decode__gives_the_same_by_both_paths(void **state)
{
    uint64_t random = 20240101;
    int well_formed = 0;
    (void)state;
    for (int i = 0; i < 60000; i++) {
        char texts[DBK_EVENT_SCRATCH + 8];
        char scratch[2][DBK_EVENT_SCRATCH];
        char json[DBK_EVENT_MAX + 1];
        struct dbk_event written;
        struct dbk_event read[2];
        bool failed = false;
        random_event(&written, texts, &random);
        bool valid = dbk_event_check(&written) == DBK_WELL_FORMED;
        size_t length = dbk_event_encode(json, &written);
        assert_true(length <= DBK_EVENT_MAX);
        /* Every third one is damaged: one byte changed, removed or doubled. */
        if (i % 3 == 0) {
            size_t at = next_random(&random) % length;
            if (i % 2 == 0)
                json[at] = (char)next_random(&random);
            else
                memmove(json + at, json + at + 1, length-- - at - 1);
        }
        struct dbk_record record = {
            .key_length = DBK_LENGTH_NULL, .value = json, .value_length = (int32_t)length};
        enum dbk_malformed fast = dbk_event_decode(&read[0], &failed, scratch[0], &record);
        enum dbk_malformed slow = dbk_event_decode_general(&read[1], &failed, scratch[1], &record);
        assert_false(failed);
        if (fast != slow)
            fail_msg("%.*s: %d and %d", (int)length, json, fast, slow);
        if (fast != DBK_WELL_FORMED)
            continue;
        well_formed++;
        assert_same(&read[0], &read[1]);
        if (i % 3 != 0) {
            assert_true(valid);
            assert_same(&read[0], &written);
        }
    }
    assert_true(well_formed > 20000);
}

static void event_partition__is_that_of_kafkas_java_client(void **state)
{
    /* From the Java client's Utils.murmur2 for these keys. */
    static const struct {
        const char *key;
        uint32_t murmur2;
    } cases[] = {
        {"21", (uint32_t)-973932308},
        {"foobar", (uint32_t)-790332482},
        {"a-little-bit-long-string", (uint32_t)-985981536},
        {"a-little-bit-longer-string", (uint32_t)-1486304829},
        {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", (uint32_t)-58897971},
        {"abc", 479470107},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dbk_text key = {cases[i].key, (uint32_t)strlen(cases[i].key)};
        for (int32_t count = 1; count < 70; count++)
            assert_int_equal(dbk_event_partition(key, count),
                             (cases[i].murmur2 & 0x7fffffff) % (uint32_t)count);
    }
}

static void text_is_clean__refuses_what_could_deceive(void **state)
{
    static const struct {
        const char *text;
        bool clean;
    } cases[] = {
        {"C100", true},
        {"Café Zoë", true},
        {"日本", true},
        {"a b", true},
        {"", false},
        {" a", false},
        {"a ", false},
        {"a\tb", false},
        {"a\x7f", false},
        {"a\xc2\x85", false},
        {"a\xc2\xad"
         "b",
         false},
        {"a\xd8\x9c", false},
        {"\xe2\x80\x8b", false},
        {"\xe2\x80\xa8", false},
        {"\xe2\x80\xae", false},
        {"\xe2\x81\xa6", false},
        {"\xef\xbb\xbf"
         "a",
         false},
        {"\xef\xbf\xb9", false},
        {"\xc0\xaf", false},
        {"\xed\xa0\x80", false},
        {"\xf4\x90\x80\x80", false},
        {"\xc3", false},
        {"\x80", false},
        {"\xf0\x9d\x84\x9e", true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dbk_text text = {cases[i].text, (uint32_t)strlen(cases[i].text)};
        if (dbk_text_is_clean(text, 64, true) != cases[i].clean)
            fail_msg("%zu", i);
    }
    char longest[65];
    memset(longest, 'a', sizeof longest);
    assert_true(dbk_text_is_clean((struct dbk_text){longest, 64}, 64, true));
    assert_false(dbk_text_is_clean((struct dbk_text){longest, 65}, 64, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(event_decode__names_the_first_broken_rule),
        cmocka_unit_test(event_decode__reads_the_original_systems_events),
        cmocka_unit_test(event_decode__gives_the_same_by_both_paths),
        cmocka_unit_test(event_partition__is_that_of_kafkas_java_client),
        cmocka_unit_test(text_is_clean__refuses_what_could_deceive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
