/*
 * Goal: no byte of a database can change without the audit finding it, unless nothing that the
 * database says changes. Method: a small database with pages of 512 bytes; its bytes are flipped,
 * one at a time (every 16th, or every DAYBOOK_MUTATION_STEPth), and each time all of the audit's
 * comparisons with the log run in this process. A flip that they do not find must be harmless: the
 * same dump, and SQLite's integrity_check says ok. Two numbers are counted apart: when and how
 * often the projector committed (meta), which the log does not know.
 */
#include "support.h"

#include "audit_view.h"

#include <daybook/buffer.h>
#include <daybook/view_read.h>

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#define PARTITIONS 2
#define RECORDS 160

static const uint8_t any_key[16] = {1};
static const struct dbk_topic topic = {
    .name = "log",
    .cluster_id = "cluster",
    .partition_count = PARTITIONS,
};

static struct dbk_record records[RECORDS];
static char values[RECORDS][DBK_EVENT_MAX];
static char scratch[DBK_EVENT_SCRATCH];
static char folder[] = "/tmp/test_audit-XXXXXX";
static char path[64];

/** A log with postings, rejections, sources, memos and declared balances. */
static void make_log(void)
{
    static const char *const accounts[] = {"C100", "C200", "Zoé", "A", "B"};
    uint64_t random = 11;
    int64_t next[PARTITIONS] = {0};
    for (int i = 0; i < RECORDS; i++) {
        const char *name = accounts[next_random(&random) % COUNT(accounts)];
        struct dbk_event event = {
            .date_s = 1700000000 + (int64_t)(next_random(&random) % 400000),
            .value_minor = 1 + (int64_t)(next_random(&random) % 100000),
            .type = next_random(&random) % 3 == 0 ? DBK_WITHDRAWAL : DBK_DEPOSIT,
            .account = {name, (uint32_t)strlen(name)},
        };
        if (i % 3 == 0) {
            event.source = (struct dbk_text){i % 2 == 0 ? "bank" : "till", 4};
            event.seq = i / 7;
        }
        if (i % 5 == 0)
            event.memo = (struct dbk_text){"a memo", 6};
        if (i % 4 == 0) {
            event.has_declared = true;
            event.declared_minor = i;
        }
        if (event.type == DBK_WITHDRAWAL && i % 2 == 0)
            event.has_floor = true;
        size_t length = dbk_event_encode(values[i], &event);
        int32_t partition = dbk_event_partition(event.account, PARTITIONS);
        if (i % 23 == 0)
            partition = 1 - partition; /* misrouted */
        if (i % 29 == 0)
            length = 7; /* malformed */
        records[i] = (struct dbk_record){
            .offset = next[partition]++,
            .timestamp_ms = 1700000000000 + i,
            .key = name,
            .key_length = (int32_t)event.account.length,
            .value = values[i],
            .value_length = (int32_t)length,
            .partition = partition,
        };
    }
}

static struct dbk_book *open_book(void)
{
    struct dbk_book *book;
    assert_int_equal(dbk_book_open(&book, (struct dbk_text){topic.name, 3}, PARTITIONS, any_key),
                     0);
    return book;
}

/** Write the view as the projector does; then make its pages small. */
static void make_view(void)
{
    struct dbk_err err;
    struct dbk_view *view;
    struct dbk_entry entries[RECORDS];
    static char scratches[RECORDS][DBK_EVENT_SCRATCH];
    struct dbk_changes changes = {.entries = entries, .count = RECORDS};
    bool replaced;
    struct dbk_book *book = open_book();
    for (int i = 0; i < RECORDS; i++) {
        entries[i].record = records[i];
        assert_int_equal(dbk_book_apply(book, &entries[i], scratches[i]), 0);
    }
    assert_int_equal(dbk_view_open(&view, path, &topic, &err), 0);
    assert_int_equal(dbk_view_write(view, book, &changes, &replaced, &err), 0);
    dbk_view_close(view);
    dbk_book_close(book);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA journal_mode=DELETE; PRAGMA page_size=512; VACUUM;",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
}

/** Replay the log in memory up to the view's checkpoints, as the audit does. */
static int replay(struct dbk_audit_view *compared, struct dbk_err *err)
{
    int code = 0;
    for (int i = 0; code == 0 && i < RECORDS; i++) {
        struct dbk_entry entry = {.record = records[i]};
        const struct dbk_changes changes = {.entries = &entry, .count = 1};
        if (records[i].offset >= compared->stored[records[i].partition].offset_next)
            continue;
        assert_int_equal(dbk_book_apply(compared->book, &entry, scratch), 0);
        code = dbk_audit_view_applied(compared, &changes, err);
    }
    for (int32_t p = 0; code == 0 && p < PARTITIONS; p++)
        if (dbk_book_checkpoint(compared->book, p)->offset_next != compared->stored[p].offset_next)
            code = DBK_ENO; /* the log is shorter */
    return code;
}

/** The audit's own comparison, with a log in memory. @return true where it finds something. */
static bool is_found(const char *file)
{
    struct dbk_err err;
    struct dbk_view *view = NULL;
    struct dbk_checkpoint stored[PARTITIONS];
    struct dbk_report report = {.print_max = 0};
    struct dbk_audit_log log = {.report = NULL};
    static const bool chosen[PARTITIONS] = {true, true};
    static const int64_t start[PARTITIONS] = {0, 0};
    struct dbk_book *book = open_book();
    int code = dbk_view_open_read(&view, file, NULL, &err);
    if (code == 0 && (dbk_view_identity(view)->partition_count != PARTITIONS ||
                      strcmp(dbk_view_identity(view)->topic, topic.name) != 0 ||
                      strcmp(dbk_view_identity(view)->cluster_id, topic.cluster_id) != 0))
        code = DBK_ENO;
    if (code == 0)
        code = dbk_view_begin(view, stored, &err);
    struct dbk_view_check *check = NULL;
    if (code == 0)
        code = dbk_view_check_start(&check, view, false, &err);
    struct dbk_audit_view compared = {&report, view, book, stored, chosen, start, &log, check, {0}};
    if (code == 0)
        code = dbk_audit_log_open(&log, &report, view, PARTITIONS, &err);
    if (code == 0)
        code = dbk_audit_view_open(&compared, &err);
    if (code == 0)
        code = replay(&compared, &err);
    if (code == 0)
        code = dbk_audit_view_finish(&compared, &err);
    dbk_audit_view_close(&compared);
    dbk_audit_log_close(&log);
    dbk_view_check_close(check);
    dbk_view_close(view);
    dbk_book_close(book);
    return code != 0 || report.difference_count > 0;
}

static int append_cells(void *context, int count, char **cells, char **names)
{
    struct dbk_buffer *dump = context;
    (void)names;
    for (int i = 0; i < count; i++) {
        dbk_buffer_add_string(dump, cells[i] != NULL ? cells[i] : "NULL");
        dbk_buffer_add_string(dump, "|");
    }
    dbk_buffer_add_string(dump, "\n");
    return 0;
}

/** Everything that the database says, and whether SQLite calls it whole; the projector's own two
 *  numbers in a line of their own, the first. */
static void dump(struct dbk_buffer *text, const char *file)
{
    static const char *const queries[] = {
        "SELECT commit_seq, committed_ms FROM meta",
        "PRAGMA integrity_check",
        "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name",
        "SELECT only, schema_version, fold_version, topic, cluster_id, partition_count FROM meta",
        "SELECT partition, offset_next, timestamp_ms, hex(digest), hex(digest_before) "
        "FROM checkpoints ORDER BY 1",
        "SELECT partition, offset_next, hex(digest) FROM digests ORDER BY 1, 2",
        "SELECT * FROM accounts ORDER BY 1",
        "SELECT * FROM balances ORDER BY 1",
        "SELECT source_id, source, hex(digest), seq FROM sources ORDER BY 1",
        "SELECT * FROM transactions ORDER BY 1, 2",
        "SELECT partition, offset, reason, detail, timestamp_ms, quote(key), value_length, "
        "hex(value_digest), quote(value_head) FROM rejections ORDER BY 1, 2",
        "SELECT * FROM daily_aggregates ORDER BY 1, 2",
        "SELECT * FROM daily_totals ORDER BY 1",
        "SELECT * FROM totals",
    };
    sqlite3 *db;
    text->length = 0;
    if (sqlite3_open_v2(file, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK)
        for (size_t i = 0; i < COUNT(queries); i++)
            if (sqlite3_exec(db, queries[i], append_cells, text, NULL) != SQLITE_OK)
                dbk_buffer_add_string(text, sqlite3_errmsg(db));
    sqlite3_close(db);
}

/** @return true where the dumps are equal from this line on. */
static bool same_dump(const struct dbk_buffer *a, const struct dbk_buffer *b, bool first_line)
{
    size_t skip_a = first_line ? 0 : strcspn(a->bytes, "\n");
    size_t skip_b = first_line ? 0 : strcspn(b->bytes, "\n");
    return a->length - skip_a == b->length - skip_b &&
           memcmp(a->bytes + skip_a, b->bytes + skip_b, a->length - skip_a) == 0;
}

static void write_byte(int fd, long at, unsigned char byte)
{
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
}

static void audit__finds_every_flipped_byte_or_it_is_harmless(void **state)
{
    const char *text = getenv("DAYBOOK_MUTATION_STEP");
    long step = text != NULL ? strtol(text, NULL, 10) : 16;
    struct dbk_buffer before = {0};
    struct dbk_buffer after = {0};
    char file[80];
    long found = 0;
    long harmless = 0;
    long commits = 0;
    long missed = 0;
    (void)state;
    snprintf(file, sizeof file, "%s.1", path);
    assert_false(is_found(path));
    dump(&before, file);
    assert_non_null(strstr(before.bytes, "ok|"));
    int fd = open(file, O_RDWR);
    assert_true(fd >= 0 && step > 0);
    long size = lseek(fd, 0, SEEK_END);
    for (long at = 0; at < size; at += step) {
        unsigned char byte;
        assert_int_equal(pread(fd, &byte, 1, at), 1);
        write_byte(fd, at, byte ^ 0xff);
        if (is_found(path)) {
            found++;
        } else {
            dump(&after, file);
            bool same = same_dump(&before, &after, true);
            bool of_commit = !same && same_dump(&before, &after, false);
            harmless += same;
            commits += of_commit;
            missed += !same && !of_commit;
            if (!same && !of_commit)
                print_message("missed: byte %ld, page %ld\n", at, at / 512 + 1);
        }
        write_byte(fd, at, byte);
    }
    print_message("%ld bytes, one in %ld flipped: %ld found, %ld harmless, %ld in the time and "
                  "number of the last commit, %ld missed\n",
                  size, step, found, harmless, commits, missed);
    assert_false(is_found(path));
    assert_int_equal(missed, 0);
    assert_true(commits <= 16 && found > harmless);
    close(fd);
    dbk_buffer_clear(&before);
    dbk_buffer_clear(&after);
}

static void view_cursor__ends_when_it_is_stopped(void **state)
{
    static const atomic_bool stop = true;
    struct dbk_err err;
    struct dbk_view *view;
    struct dbk_view_cursor *cursor;
    (void)state;
    assert_int_equal(dbk_view_open_read(&view, path, NULL, &err), 0);
    assert_int_equal(dbk_view_cursor_open(&cursor, view, DBK_WALK_ACCOUNTS, NULL, &err), 0);
    assert_int_equal(dbk_view_cursor_next(cursor, &err), 0);
    assert_non_null(dbk_view_cursor_row(cursor));
    dbk_view_stop_on(view, &stop);
    assert_int_equal(dbk_view_cursor_next(cursor, &err), DBK_ESTOPPED);
    dbk_view_cursor_close(cursor);
    dbk_view_close(view);
}

static int set_up(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/v.db", folder);
    make_log();
    make_view();
    return 0;
}

static int tear_down(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(view_cursor__ends_when_it_is_stopped),
        cmocka_unit_test(audit__finds_every_flipped_byte_or_it_is_harmless),
    };
    return cmocka_run_group_tests_name("audit", tests, set_up, tear_down);
}
