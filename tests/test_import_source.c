/* Goal: the source is a function of the rows' events and nothing else, and stays the same for ever.
 * Method: a value computed by other means (Python's hashlib); changes of every field. */
#include "support.h"

#include <daybook/import_source.h>

static const struct dbk_event sample = {
    .date_s = 1704067200,
    .value_minor = 100000,
    .declared_minor = 100000,
    .account = {"C100", 4},
    .memo = {"rent", 4},
    .type = DBK_DEPOSIT,
    .has_declared = true,
};

/** The source of count events: the sample with value 1000.00, 1000.01, ... but the last one. */
static void source_of(char *source, int count, const struct dbk_event *last)
{
    struct dbk_import_source *maker;
    assert_int_equal(dbk_import_source_open(&maker), 0);
    for (int i = 0; i < count; i++) {
        struct dbk_event event = sample;
        event.value_minor += i;
        dbk_import_source_add(maker, i + 1 == count ? last : &event);
    }
    dbk_import_source_finish(maker, source);
    dbk_import_source_close(maker);
}

static void import_source__is_the_documented_digest(void **state)
{
    /* d = sha256(d + b"".join(event + b"\n" for event in block)) for each 256 events */
    static const struct {
        int count;
        const char *expected;
    } cases[] = {
        {0, "csv:00000000000000000000000000000000"},
        {1, "csv:a58a138efbbb8c6ddba8f4af6f285819"},
        {256, "csv:1fd3bf53edb37886e79c4f18334b301d"},
        {257, "csv:499f9666daebcb2c35756d4f1615172f"},
        {600, "csv:b54e66070a0589e93ba9f4c50d5efe1e"},
    };
    char source[DBK_IMPORT_SOURCE_SIZE];
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dbk_event last = sample;
        last.value_minor += cases[i].count - 1;
        source_of(source, cases[i].count, &last);
        assert_string_equal(source, cases[i].expected);
    }
}

static void import_source__differs_where_any_field_does(void **state)
{
    struct dbk_event events[8];
    char sources[COUNT(events)][DBK_IMPORT_SOURCE_SIZE];
    (void)state;
    for (size_t i = 0; i < COUNT(events); i++)
        events[i] = sample;
    events[1].date_s++;
    events[2].value_minor++;
    events[3].account.length = 3;
    events[4].type = DBK_WITHDRAWAL;
    events[5].has_declared = false;
    events[6].declared_minor++;
    events[7].memo.length = 0;
    for (size_t i = 0; i < COUNT(events); i++) {
        source_of(sources[i], 3, &events[i]);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(sources[i], sources[k]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(import_source__is_the_documented_digest),
        cmocka_unit_test(import_source__differs_where_any_field_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
