/*
 * Goal: a question whose time is up loses nothing: what it found and where it stopped lead to the
 * same rows as a question with all the time it needs. Method: a small view, asked with so little
 * time, so that every question stops after its first look at the clock.
 */
#include "support.h"

#include <daybook/query_accounts.h>

#include <unistd.h>

#define PARTITIONS 3
#define RECORDS 4000
#define ACCOUNTS 40
#define AMPLE_MS 60000
#define PASSED_MS 49 /* less than what a question keeps back to end in time */

static const struct dbk_topic topic = {
    .name = "log", .cluster_id = "cluster", .partition_count = PARTITIONS};
static char folder[] = "/tmp/test_query-XXXXXX";
static char path[64];
static struct dbk_entry entries[RECORDS];
static char values[RECORDS][DBK_EVENT_MAX];
static char names[RECORDS][16];
static char scratches[RECORDS][DBK_EVENT_SCRATCH];
static struct dbk_view *view;

static void make_entry(int i, uint64_t *random, int64_t *next)
{
    int length =
        snprintf(names[i], sizeof names[i], "C%02d", (int)(next_random(random) % ACCOUNTS));
    struct dbk_event event = {
        .date_s = 1700000000 + (int64_t)(next_random(random) % 50) * 86400,
        .value_minor = 1 + (int64_t)(next_random(random) % 100000),
        .type = next_random(random) % 3 == 0 ? DBK_WITHDRAWAL : DBK_DEPOSIT,
        .account = {names[i], (uint32_t)length},
    };
    if (next_random(random) % 97 == 0)
        event.memo = (struct dbk_text){"needle", 6};
    int32_t partition = dbk_event_partition(event.account, PARTITIONS);
    entries[i].record = (struct dbk_record){
        .offset = next[partition]++,
        .key = names[i],
        .key_length = length,
        .value = values[i],
        .value_length = (int32_t)dbk_event_encode(values[i], &event),
        .partition = partition,
    };
}

static int set_up(void **state)
{
    static const uint8_t any_key[16] = {1};
    struct dbk_err err;
    struct dbk_book *book;
    struct dbk_view *written;
    struct dbk_changes changes = {.entries = entries, .count = RECORDS};
    uint64_t random = 4;
    int64_t next[PARTITIONS] = {0};
    bool replaced;
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/v.db", folder);
    assert_int_equal(dbk_book_open(&book, (struct dbk_text){"log", 3}, PARTITIONS, any_key), 0);
    for (int i = 0; i < RECORDS; i++) {
        make_entry(i, &random, next);
        assert_int_equal(dbk_book_apply(book, &entries[i], scratches[i]), 0);
        assert_int_equal(entries[i].posting.verdict, DBK_POSTED);
    }
    assert_int_equal(dbk_view_open(&written, path, &topic, &err), 0);
    assert_int_equal(dbk_view_write(written, book, &changes, &replaced, &err), 0);
    dbk_view_close(written);
    dbk_book_close(book);
    assert_int_equal(dbk_view_open_read(&view, path, NULL, &err), 0);
    assert_int_equal(dbk_query_harden(view, &err), 0);
    return 0;
}

static int tear_down(void **state)
{
    char command[128];
    (void)state;
    dbk_view_close(view);
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

/** Positions of rows, in the order in which they were given. */
struct places {
    int64_t partition[RECORDS];
    int64_t offset[RECORDS];
    size_t count;
};

static void ask(const struct dbk_selection *selection, int timeout_ms, int limit,
                struct dbk_transactions *page)
{
    struct dbk_err err;
    assert_int_equal(dbk_query_begin(view, timeout_ms, &err), 0);
    if (dbk_query_transactions(view, selection, limit, page, &err) != 0)
        fail_msg("%s", err.text);
    dbk_query_end(view);
}

static void keep(struct places *places, const struct dbk_transactions *page)
{
    for (size_t i = 0; i < page->count; i++) {
        assert_true(places->count < RECORDS);
        places->partition[places->count] = page->rows[i].partition;
        places->offset[places->count++] = page->rows[i].offset;
    }
}

/** Go on by a token, as a client does. */
static void go_to(struct dbk_selection *selection, const char *name, const char *token)
{
    struct dbk_param params[12];
    struct dbk_param_problem problem;
    struct dbk_buffer text = {.bytes = NULL};
    struct dbk_selection start = *selection;
    size_t count = 0;
    start.place = DBK_PLACE_START;
    dbk_selection_write(&text, &start);
    for (char *p = text.bytes; p != NULL && *p != '\0';) {
        char *equals = strchr(p, '=');
        char *end = strchr(p, '&');
        *equals = '\0';
        if (end != NULL)
            *end = '\0';
        params[count++] = (struct dbk_param){p, equals + 1};
        p = end != NULL ? end + 1 : NULL;
    }
    params[count++] = (struct dbk_param){name, token};
    assert_true(dbk_selection_parse(selection, params, count, NULL, 0, &problem));
    dbk_buffer_clear(&text);
}

/** All rows, by as many questions as it takes. @return how many of them were stopped. */
static int walk(struct dbk_selection selection, int timeout_ms, struct places *places)
{
    int stopped = 0;
    bool more = true;
    places->count = 0;
    for (int asked = 0; more; asked++) {
        struct dbk_transactions page;
        assert_true(asked < RECORDS);
        ask(&selection, timeout_ms, 37, &page);
        keep(places, &page);
        stopped += page.extent.stopped;
        more = page.extent.has_next;
        if (more)
            go_to(&selection, "next", page.extent.next);
        dbk_transactions_clear(&page);
    }
    return stopped;
}

static const struct {
    const char *name;
    const char *value;
} filters[] = {
    {"memo", "NEEDLE"}, {"min", "999.00"},      {"type", "withdrawal"},
    {"account", "C07"}, {"from", "2023-12-01"}, {"to", "2023-11-20"},
};

static void query__goes_on_from_where_it_stopped(void **state)
{
    int stopped = 0;
    (void)state;
    for (size_t f = 0; f < COUNT(filters); f++)
        for (int sort = 0; sort < 4; sort++) {
            static struct places expected;
            static struct places found;
            struct dbk_selection selection;
            struct dbk_param_problem problem;
            const struct dbk_param params[] = {
                {filters[f].name, filters[f].value},
                {"sort", sort / 2 == 0 ? "date" : "account"},
                {"order", sort % 2 == 0 ? "asc" : "desc"},
            };
            assert_true(dbk_selection_parse(&selection, params, 3, NULL, 0, &problem));
            assert_int_equal(walk(selection, AMPLE_MS, &expected), 0);
            stopped += walk(selection, PASSED_MS, &found);
            assert_true(expected.count > 0);
            assert_int_equal(found.count, expected.count);
            assert_memory_equal(found.partition, expected.partition,
                                expected.count * sizeof(int64_t));
            assert_memory_equal(found.offset, expected.offset, expected.count * sizeof(int64_t));
        }
    assert_true(stopped > 100);
}

static void query__goes_back_from_where_it_stopped(void **state)
{
    static struct places expected;
    struct dbk_selection selection;
    struct dbk_transactions page;
    size_t left;
    (void)state;
    dbk_selection_init(&selection);
    memcpy(selection.memo, "needle", 7);
    (void)walk(selection, AMPLE_MS, &expected);
    /* The last row's token, then backwards through all the others. */
    ask(&selection, AMPLE_MS, 1000, &page);
    left = page.count - 1;
    assert_int_equal(page.count, expected.count);
    go_to(&selection, "before", page.extent.next);
    dbk_transactions_clear(&page);
    for (int asked = 0; left > 0; asked++) {
        assert_true(asked < RECORDS);
        ask(&selection, PASSED_MS, 5, &page);
        if (selection.place == DBK_PLACE_BEFORE && !page.extent.has_before) {
            dbk_transactions_clear(&page); /* the start was reached: its own page is shown */
            break;
        }
        for (size_t i = page.count; i > 0; i--) {
            left--;
            assert_int_equal(page.rows[i - 1].partition, expected.partition[left]);
            assert_int_equal(page.rows[i - 1].offset, expected.offset[left]);
        }
        go_to(&selection, "before", page.extent.before);
        dbk_transactions_clear(&page);
    }
    assert_true(left <= 5);
}

static void query__by_amount_says_that_it_is_not_complete(void **state)
{
    struct dbk_selection selection;
    struct dbk_transactions page;
    (void)state;
    dbk_selection_init(&selection);
    selection.sort = DBK_SORT_AMOUNT;
    ask(&selection, PASSED_MS, 10, &page);
    assert_true(page.extent.stopped && !page.extent.has_next && page.extent.looked < RECORDS);
    dbk_transactions_clear(&page);
    ask(&selection, AMPLE_MS, 10, &page);
    assert_true(!page.extent.stopped && page.extent.has_next && page.extent.looked == RECORDS);
    dbk_transactions_clear(&page);
}

static void count__needs_no_rows_or_says_how_far_it_came(void **state)
{
    static const struct dbk_param account[] = {{"account", "C07"}, {"type", "deposit"}};
    static const struct dbk_param days[] = {{"from", "2023-12-01"}, {"to", "2023-12-05"}};
    static const struct dbk_param amount[] = {{"min", "0.01"}};
    struct dbk_selection selection;
    struct dbk_param_problem problem;
    struct dbk_count count;
    struct dbk_count by_rows;
    struct dbk_err err;
    (void)state;
    for (int i = 0; i < 3; i++) {
        const struct dbk_param *params = i == 0 ? account : i == 1 ? days : NULL;
        assert_true(dbk_selection_parse(&selection, params, i < 2 ? 2 : 0, NULL, 0, &problem));
        assert_int_equal(dbk_query_begin(view, PASSED_MS, &err), 0);
        assert_int_equal(dbk_query_count(view, &selection, &count, &err), 0);
        dbk_query_end(view);
        assert_true(!count.stopped && count.looked == 0);
        selection.min_minor = 1; /* the same rows, looked at */
        assert_int_equal(dbk_query_begin(view, AMPLE_MS, &err), 0);
        assert_int_equal(dbk_query_count(view, &selection, &by_rows, &err), 0);
        dbk_query_end(view);
        assert_true(!by_rows.stopped && by_rows.looked > 0);
        assert_memory_equal(&count.sums, &by_rows.sums, sizeof count.sums);
    }
    assert_true(dbk_selection_parse(&selection, amount, 1, NULL, 0, &problem));
    assert_int_equal(dbk_query_begin(view, PASSED_MS, &err), 0);
    assert_int_equal(dbk_query_count(view, &selection, &count, &err), 0);
    dbk_query_end(view);
    assert_true(count.stopped && count.looked < RECORDS && count.total == RECORDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(query__goes_on_from_where_it_stopped),
        cmocka_unit_test(query__goes_back_from_where_it_stopped),
        cmocka_unit_test(query__by_amount_says_that_it_is_not_complete),
        cmocka_unit_test(count__needs_no_rows_or_says_how_far_it_came),
    };
    return cmocka_run_group_tests_name("query", tests, set_up, tear_down);
}
