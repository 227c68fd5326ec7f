/* Goal: what is found in a view is what a look at every transaction finds, by either way of
 * looking, and the file's own transactions never count. Method: random ledgers in a real view,
 * files of few and of many rows, against a count by brute force. */
#include "support.h"

#include <daybook/overlap.h>

#include <unistd.h>

#define PARTITIONS 3
#define LEDGER 600
#define ACCOUNTS 12

static const uint8_t key[16] = {9};
static const struct dbk_text own = {"csv:own", 7};

static struct dbk_topic topic(void)
{
    return (struct dbk_topic){.name = "t", .cluster_id = "c", .partition_count = PARTITIONS};
}

static const char *const names[ACCOUNTS] = {"A", "B", "C", "D", "E", "F",
                                            "G", "H", "I", "J", "K", "L"};

/** A random event; one of few keys, so that many are equal. seq makes it unique. */
static struct dbk_event random_event(uint64_t *random, int64_t seq)
{
    static const char *const sources[] = {"csv:own", "csv:other", "", "teller"};
    const char *source = sources[next_random(random) % 4];
    return (struct dbk_event){
        .date_s = (int64_t)(next_random(random) % 3) * 86400,
        .value_minor = (int64_t)(next_random(random) % 3) + 1,
        .account = {names[next_random(random) % ACCOUNTS], 1},
        .source = {source, (uint32_t)strlen(source)},
        .seq = seq,
        .type = next_random(random) % 2 == 0 ? DBK_DEPOSIT : DBK_WITHDRAWAL,
    };
}

/** The log: LEDGER events on their partitions. */
struct log {
    struct dbk_event events[LEDGER];
    int64_t offsets[LEDGER];
    char values[LEDGER][DBK_EVENT_MAX];
    struct dbk_record records[LEDGER];
};

static void make_log(struct log *log, uint64_t *random)
{
    int64_t next[PARTITIONS] = {0};
    for (int i = 0; i < LEDGER; i++) {
        log->events[i] = random_event(random, i);
        int32_t partition = dbk_event_partition(log->events[i].account, PARTITIONS);
        size_t length = dbk_event_encode(log->values[i], &log->events[i]);
        log->records[i] = (struct dbk_record){
            .offset = next[partition]++,
            .partition = partition,
            .key_length = DBK_LENGTH_NULL,
            .value = log->values[i],
            .value_length = (int32_t)length,
        };
    }
}

/** Apply records first ... last-1 to book and, where there is one, to view. */
static void apply(const struct log *log, int first, int last, struct dbk_book *book,
                  struct dbk_view *view, struct dbk_overlap *overlap)
{
    static struct dbk_entry entries[LEDGER];
    static char scratch[LEDGER][DBK_EVENT_SCRATCH];
    struct dbk_changes changes = {.entries = entries};
    struct dbk_err err;
    bool replaced;
    for (int i = first; i < last; i++) {
        struct dbk_entry *entry = &entries[changes.count++];
        entry->record = log->records[i];
        assert_int_equal(dbk_book_apply(book, entry, scratch[i]), 0);
        assert_int_equal(entry->posting.verdict, DBK_POSTED);
        if (overlap != NULL)
            assert_int_equal(dbk_overlap_entry(overlap, entry), 0);
    }
    if (view != NULL)
        assert_int_equal(dbk_view_write(view, book, &changes, &replaced, &err), 0);
}

static void open_book(struct dbk_book **book)
{
    assert_int_equal(dbk_book_open(book, (struct dbk_text){"t", 1}, PARTITIONS, key), 0);
}

static bool same_key(const struct dbk_event *a, const struct dbk_event *b)
{
    return a->date_s == b->date_s && a->value_minor == b->value_minor && a->type == b->type &&
           a->account.bytes[0] == b->account.bytes[0];
}

struct found {
    const struct log *log;
    const struct dbk_event *rows;
    bool used[LEDGER];
    int count;
};

/** Each match is between equals, and no transaction serves twice or is the file's own. */
static void check_found(void *context, uint32_t row, int32_t partition, int64_t offset)
{
    struct found *found = context;
    for (int i = 0; i < LEDGER; i++) {
        const struct dbk_record *record = &found->log->records[i];
        if (record->partition != partition || record->offset != offset)
            continue;
        assert_true(same_key(&found->rows[row], &found->log->events[i]));
        assert_false(found->used[i]);
        assert_false(found->log->events[i].source.length == own.length);
        found->used[i] = true;
        found->count++;
        return;
    }
    fail();
}

/** Compare a file with the view and the log after it, and both with brute force. */
static void compare(const struct log *log, int in_view, const char *path, uint32_t rows,
                    uint64_t *random)
{
    static struct dbk_event file[LEDGER];
    struct found found = {.log = log, .rows = file};
    struct dbk_overlap overlap = {.source = own, .found = check_found, .context = &found};
    struct dbk_book *book;
    struct dbk_topic of = topic();
    struct dbk_err err;
    bool taken[LEDGER] = {false};
    bool loaded;
    assert_int_equal(dbk_rowset_open(&overlap.rowset, key), 0);
    for (uint32_t i = 0; i < rows; i++) {
        file[i] = random_event(random, 0);
        assert_int_equal(dbk_rowset_add(overlap.rowset, &file[i]), 0);
    }
    open_book(&book);
    if (dbk_overlap_load(&overlap, path, &of, book, &loaded, &err) != 0)
        fail_msg("%s", err.text);
    assert_int_equal(loaded, in_view >= 0);
    apply(log, in_view < 0 ? 0 : in_view, LEDGER, book, NULL, &overlap);
    int count = 0;
    for (uint32_t i = 0; i < rows; i++) {
        bool matched = false;
        for (int k = 0; k < LEDGER && !matched; k++) {
            matched = !taken[k] && log->events[k].source.length != own.length &&
                      same_key(&file[i], &log->events[k]);
            taken[k] = taken[k] || matched;
        }
        count += matched;
        assert_int_equal(dbk_rowset_is_matched(overlap.rowset, i), matched);
    }
    assert_int_equal(found.count, count);
    dbk_book_close(book);
    dbk_rowset_close(overlap.rowset);
}

static void overlap__is_what_a_look_at_everything_finds(void **state)
{
    static struct log log;
    uint64_t random = 42;
    char folder[] = "/tmp/test_overlap-XXXXXX";
    char path[64];
    char command[64];
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/v.db", folder);
    make_log(&log, &random);
    for (uint32_t rows = 0; rows <= LEDGER; rows = rows * 4 + 1)
        compare(&log, -1, path, rows, &random);
    struct dbk_view *view;
    struct dbk_book *book;
    struct dbk_topic of = topic();
    struct dbk_err err;
    assert_int_equal(dbk_view_open(&view, path, &of, &err), 0);
    open_book(&book);
    for (int upto = 0; upto <= LEDGER; upto += 200) {
        if (upto > 0)
            apply(&log, upto - 200, upto, book, view, NULL);
        for (uint32_t rows = 0; rows <= LEDGER; rows = rows * 4 + 1)
            compare(&log, upto, path, rows, &random);
    }
    dbk_book_close(book);
    dbk_view_close(view);

    of.name[0] = 'u';
    struct dbk_overlap overlap = {.source = own};
    bool loaded;
    open_book(&book);
    assert_int_equal(dbk_overlap_load(&overlap, path, &of, book, &loaded, &err), DBK_EVIEW);
    of = topic();
    of.partition_count = 4;
    assert_int_equal(dbk_overlap_load(&overlap, path, &of, book, &loaded, &err), DBK_ENO);
    dbk_book_close(book);
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overlap__is_what_a_look_at_everything_finds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
