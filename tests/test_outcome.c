/* Goal: what a person is told about an event is what the log says, and ids are never mistaken.
 * Method: tables over every verdict and every form of an id. */
#include "support.h"

#include <daybook/outcome.h>

static struct dbk_text text_of(const char *string)
{
    return (struct dbk_text){string, (uint32_t)strlen(string)};
}

static void outcome_of__follows_the_verdict_and_the_first_of_the_id(void **state)
{
    static const struct {
        enum dbk_verdict verdict;
        struct dbk_first first;
        enum dbk_outcome outcome;
    } cases[] = {
        {DBK_POSTED, {false, false, DBK_ABSENT}, DBK_OUTCOME_POSTED},
        {DBK_OVERDRAFT, {false, false, DBK_ABSENT}, DBK_OUTCOME_REFUSED},
        {DBK_OVERFLOW, {false, false, DBK_ABSENT}, DBK_OUTCOME_REFUSED},
        {DBK_DUPLICATE, {true, true, DBK_POSTED}, DBK_OUTCOME_ALREADY_POSTED},
        {DBK_DUPLICATE, {true, true, DBK_OVERDRAFT}, DBK_OUTCOME_ALREADY_REFUSED},
        {DBK_DUPLICATE, {true, true, DBK_OVERFLOW}, DBK_OUTCOME_ALREADY_REFUSED},
        {DBK_DUPLICATE, {true, false, DBK_POSTED}, DBK_OUTCOME_ID_USED},
        {DBK_DUPLICATE, {true, false, DBK_OVERDRAFT}, DBK_OUTCOME_ID_USED},
        {DBK_DUPLICATE, {false, false, DBK_ABSENT}, DBK_OUTCOME_SEQ_BELOW},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(dbk_outcome_of(cases[i].verdict, &cases[i].first), cases[i].outcome);
    assert_true(dbk_outcome_is_posted(DBK_OUTCOME_POSTED));
    assert_true(dbk_outcome_is_posted(DBK_OUTCOME_ALREADY_POSTED));
    assert_false(dbk_outcome_is_posted(DBK_OUTCOME_UNKNOWN));
    assert_false(dbk_outcome_is_posted(DBK_OUTCOME_ID_USED));
}

static void id_parse__splits_at_the_last_colon(void **state)
{
    static const struct {
        const char *text;
        enum dbk_id_problem problem;
        const char *source;
        int64_t seq;
    } cases[] = {
        {"a:0", DBK_ID_FINE, "a", 0},
        {"teller:k3:17", DBK_ID_FINE, "teller:k3", 17},
        {"a::1", DBK_ID_FINE, "a:", 1},
        {"x:9223372036854775807", DBK_ID_FINE, "x", INT64_MAX},
        {"caisse n\xC2\xB0 2:5", DBK_ID_FINE, "caisse n\xC2\xB0 2", 5},
        {"", DBK_ID_FORM, NULL, 0},
        {"a", DBK_ID_FORM, NULL, 0},
        {":1", DBK_ID_SOURCE, NULL, 0},
        {"a\nb:1", DBK_ID_SOURCE, NULL, 0},
        {"\xFF:1", DBK_ID_SOURCE, NULL, 0},
        {"a:", DBK_ID_SEQ, NULL, 0},
        {"a:x", DBK_ID_SEQ, NULL, 0},
        {"a:-1", DBK_ID_SEQ, NULL, 0},
        {"a:01", DBK_ID_SEQ, NULL, 0},
        {"a: 1", DBK_ID_SEQ, NULL, 0},
        {"a:9223372036854775808", DBK_ID_SEQ, NULL, 0},
        {"csv:5d41402abc4b2a76:3", DBK_ID_IMPORT, NULL, 0},
        {"reverse:0:42:0", DBK_ID_REVERSAL, NULL, 0},
        {"reverse:0:42", DBK_ID_REVERSAL, NULL, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dbk_text source = {NULL, 0};
        int64_t seq = -1;
        enum dbk_id_problem problem = dbk_id_parse(&source, &seq, text_of(cases[i].text));
        if (problem != cases[i].problem)
            fail_msg("\"%s\": %d", cases[i].text, (int)problem);
        assert_true(strlen(dbk_id_problem_text(problem)) > 0);
        if (problem != DBK_ID_FINE)
            continue;
        assert_int_equal(source.length, strlen(cases[i].source));
        assert_memory_equal(source.bytes, cases[i].source, source.length);
        assert_int_equal(seq, cases[i].seq);
    }
    char longest[DBK_SOURCE_MAX + 4];
    memset(longest, 'a', sizeof longest);
    memcpy(longest + DBK_SOURCE_MAX, ":7", 3);
    struct dbk_text source;
    int64_t seq;
    assert_int_equal(dbk_id_parse(&source, &seq, text_of(longest)), DBK_ID_FINE);
    memcpy(longest + DBK_SOURCE_MAX, "a:7", 4);
    assert_int_equal(dbk_id_parse(&source, &seq, text_of(longest)), DBK_ID_SOURCE);
}

static void reversal__names_one_position_and_reads_it_back(void **state)
{
    static const char *const others[] = {"reverse:0",     "reverse:0:",   "reverse::1",
                                         "reverse:0:1:2", "reverse:00:1", "reverse:0:01",
                                         "reverse:-1:1",  "reverse: 0:1", "reverse:2147483648:1",
                                         "Reverse:0:1",   "csv:0:1",      "reverse:0:1 "};
    char source[DBK_REVERSAL_SOURCE_SIZE];
    int32_t partition;
    int64_t offset;
    (void)state;
    size_t length = dbk_reversal_source(source, INT32_MAX, INT64_MAX);
    assert_int_equal(length, strlen(source));
    assert_true(length <= DBK_SOURCE_MAX);
    assert_true(dbk_reversal_parse(&partition, &offset, text_of(source), 0));
    assert_true(partition == INT32_MAX && offset == INT64_MAX);
    dbk_reversal_source(source, 0, 42);
    assert_string_equal(source, "reverse:0:42");
    assert_true(dbk_reversal_parse(&partition, &offset, text_of(source), 0));
    assert_true(partition == 0 && offset == 42);
    assert_false(dbk_reversal_parse(&partition, &offset, text_of(source), 1));
    for (size_t i = 0; i < COUNT(others); i++)
        if (dbk_reversal_parse(&partition, &offset, text_of(others[i]), 0))
            fail_msg("\"%s\"", others[i]);
}

static void event_asks_same__compares_what_matters(void **state)
{
    const struct dbk_event event = {
        .date_s = 5,
        .value_minor = 100,
        .account = {"C100", 4},
        .memo = {"rent", 4},
        .type = DBK_WITHDRAWAL,
        .has_floor = true,
    };
    struct dbk_event other[6];
    (void)state;
    for (size_t i = 0; i < COUNT(other); i++)
        other[i] = event;
    assert_true(dbk_event_asks_same(&event, &other[0], true, true));
    other[0].account = text_of("C101");
    other[1].value_minor = 101;
    other[2].type = DBK_DEPOSIT;
    other[3].has_floor = false;
    other[4].floor_minor = 1;
    for (size_t i = 0; i < 5; i++)
        assert_false(dbk_event_asks_same(&event, &other[i], false, false));
    other[5].memo = text_of("");
    assert_false(dbk_event_asks_same(&event, &other[5], true, true));
    assert_true(dbk_event_asks_same(&event, &other[5], true, false));
    other[5] = event;
    other[5].date_s = 6;
    assert_false(dbk_event_asks_same(&event, &other[5], true, true));
    assert_true(dbk_event_asks_same(&event, &other[5], false, true));
    other[5] = event;
    other[5].declared_minor = 3;
    other[5].has_declared = true;
    assert_true(dbk_event_asks_same(&event, &other[5], true, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outcome_of__follows_the_verdict_and_the_first_of_the_id),
        cmocka_unit_test(id_parse__splits_at_the_last_colon),
        cmocka_unit_test(reversal__names_one_position_and_reads_it_back),
        cmocka_unit_test(event_asks_same__compares_what_matters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
