/* Goal: a fold that borrows from a view says what a fold of the whole log says, wherever the view
 * ends. Method: random events of few accounts and sources, many of them duplicates and overdrafts,
 * the view at a random offset, every verdict and balance after it compared. */
#include "support.h"

#include <daybook/view_lend.h>

#include <unistd.h>

#define PARTITIONS 3
#define EVENTS 300

static const uint8_t key[16] = {7};

struct log {
    char values[EVENTS][DBK_EVENT_MAX];
    struct dbk_record records[EVENTS];
};

static void make_log(struct log *log, uint64_t *random)
{
    static const char *const names[] = {"A", "B", "C", "D", "E", "F", "G"};
    static const char *const sources[] = {"s", "t", "u", "v", ""};
    int64_t next[PARTITIONS] = {0};
    for (int i = 0; i < EVENTS; i++) {
        const char *name = names[next_random(random) % 7];
        const char *source = sources[next_random(random) % 5];
        struct dbk_event event = {
            .date_s = 86400,
            .value_minor = (int64_t)(next_random(random) % 500) + 1,
            .account = {name, 1},
            .source = {source, (uint32_t)strlen(source)},
            .seq = (int64_t)(next_random(random) % 40) + i / 10,
            .type = next_random(random) % 2 == 0 ? DBK_DEPOSIT : DBK_WITHDRAWAL,
            .has_floor = true,
        };
        int32_t partition = dbk_event_partition(event.account, PARTITIONS);
        log->records[i] = (struct dbk_record){
            .offset = next[partition]++,
            .partition = partition,
            .key_length = DBK_LENGTH_NULL,
            .value = log->values[i],
            .value_length = (int32_t)dbk_event_encode(log->values[i], &event),
        };
    }
}

static struct dbk_book *open_book(void)
{
    struct dbk_book *book;
    assert_int_equal(dbk_book_open(&book, (struct dbk_text){"t", 1}, PARTITIONS, key), 0);
    return book;
}

/** Fold records first ... last-1. */
static void fold(const struct log *log, int first, int last, struct dbk_book *book,
                 struct dbk_entry *entries, char (*scratch)[DBK_EVENT_SCRATCH])
{
    for (int i = first; i < last; i++) {
        entries[i].record = log->records[i];
        assert_int_equal(dbk_book_apply(book, &entries[i], scratch[i]), 0);
    }
}

static void compare(uint64_t *random, int counts[DBK_VERDICT_COUNT])
{
    static struct log log;
    static struct dbk_entry whole[EVENTS], part[EVENTS];
    static char scratch[2][EVENTS][DBK_EVENT_SCRATCH];
    char path[] = "/tmp/lend.XXXXXX";
    char file[64];
    const struct dbk_topic topic = {.name = "t", .cluster_id = "c", .partition_count = PARTITIONS};
    int split = (int)(next_random(random) % EVENTS);
    struct dbk_view *view;
    struct dbk_view_lender *lender;
    struct dbk_err err;
    bool replaced;
    assert_non_null(mkdtemp(path));
    snprintf(file, sizeof file, "%s/db", path);
    make_log(&log, random);
    struct dbk_book *book = open_book();
    struct dbk_book *borrowed = open_book();
    assert_int_equal(dbk_view_open(&view, file, &topic, &err), 0);
    fold(&log, 0, split, book, whole, scratch[0]);
    struct dbk_changes changes = {.entries = whole, .count = (size_t)split};
    assert_int_equal(dbk_view_write(view, book, &changes, &replaced, &err), 0);
    dbk_view_close(view);
    fold(&log, split, EVENTS, book, whole, scratch[0]);

    assert_int_equal(dbk_view_open_read(&view, file, NULL, &err), 0);
    assert_int_equal(dbk_view_lend(&lender, view, borrowed, &err), 0);
    fold(&log, split, EVENTS, borrowed, part, scratch[1]);
    for (int i = split; i < EVENTS; i++) {
        assert_int_equal(part[i].posting.verdict, whole[i].posting.verdict);
        assert_int_equal(part[i].posting.balance_minor, whole[i].posting.balance_minor);
        counts[part[i].posting.verdict]++;
    }
    for (int32_t p = 0; p < PARTITIONS; p++)
        assert_memory_equal(dbk_book_checkpoint(borrowed, p), dbk_book_checkpoint(book, p),
                            sizeof(struct dbk_checkpoint));
    dbk_book_close(borrowed);
    dbk_view_lender_close(lender);
    dbk_book_close(book);
    static const char *const names[] = {"db", "db.1", "db.1-wal", "db.1-shm", "db.lock"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(file, sizeof file, "%s/%s", path, names[i]);
        unlink(file);
    }
    rmdir(path);
}

static void view_lend__gives_the_verdicts_of_the_whole_log(void **state)
{
    uint64_t random = 42;
    int counts[DBK_VERDICT_COUNT] = {0};
    (void)state;
    for (int i = 0; i < 40; i++)
        compare(&random, counts);
    assert_true(counts[DBK_POSTED] > 500);
    assert_true(counts[DBK_DUPLICATE] > 500);
    assert_true(counts[DBK_OVERDRAFT] > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(view_lend__gives_the_verdicts_of_the_whole_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
