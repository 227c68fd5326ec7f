#include "follow.h"

#include "sheet.h"
#include "snapshots.h"

#include <daybook/clock.h>
#include <daybook/lock.h>
#include <daybook/message.h>

#include <stdlib.h>
#include <unistd.h>

/** How often a wait for the broker or the disk is mentioned. */
#define REMIND_MS 30000

struct follower {
    const struct dbk_config *config;
    bool follow;
    struct dbk_follow_result *result;
    struct dbk_lock lock;
    struct dbk_log *log;
    struct dbk_view *view;
    struct dbk_book *book;
    struct dbk_sheet sheet;
    int64_t *offset_end; /* NULL: follow */
    int64_t total;       /* events to apply until offset_end */
    int64_t reminded_ms;
    struct dbk_publisher publisher;
    bool publishing;
    int64_t unpublished_ms; /* when it was last told that this failed; 0: never */
};

/** Tell once in a while why nothing moves. */
static void remind(struct follower *follower, const char *text)
{
    int64_t now_ms = dbk_clock_monotonic_ms();
    if (follower->reminded_ms == 0 || now_ms - follower->reminded_ms >= REMIND_MS) {
        follower->reminded_ms = now_ms;
        dbk_warning("waiting: %s", text);
    }
}

/** Open the current generation and bring the book to its checkpoint. */
static int open_view(struct follower *follower, struct dbk_err *err)
{
    const struct dbk_topic *topic = dbk_log_topic(follower->log);
    dbk_view_close(follower->view);
    dbk_book_close(follower->book);
    follower->book = NULL;
    int code = dbk_view_open(&follower->view, follower->config->database, topic, err);
    if (code != 0)
        return code;
    dbk_view_stop_on(follower->view, follower->config->stop);
    int32_t built_with = dbk_view_identity(follower->view)->partition_count;
    if (built_with != topic->partition_count)
        return dbk_err_set(err, DBK_ENO,
                           "topic %s has %d partitions, and the view %s was built from %d. Adding "
                           "partitions moves accounts to other places: their history would break. "
                           "See docs/operations.md, \"Partitions were added\".",
                           topic->name, topic->partition_count, follower->config->database,
                           built_with);
    code = dbk_open_book(topic, &follower->book, err);
    if (code == 0)
        code = dbk_view_load(follower->view, follower->book, -1, err);
    if (code == 0)
        code = dbk_log_verify(follower->log, follower->book, err);
    return code;
}

static int start(struct follower *follower, struct dbk_err *err)
{
    return dbk_start_after_book(follower->log, follower->book, follower->offset_end, err);
}

/** A rebuild has swapped its generation in: go on with that one. */
static int reopen(struct follower *follower, struct dbk_err *err)
{
    dbk_message("the view was rebuilt; following the new one");
    int code = open_view(follower, err);
    return code == 0 ? start(follower, err) : code;
}

/** After an error of the broker, which err tells: only a follower waits a moment.
 * @return 0 to try again. */
static int wait_for_broker(struct follower *follower, struct dbk_err *err)
{
    if (!follower->follow)
        return DBK_EBROKER;
    remind(follower, err->text);
    if (dbk_stop_requested)
        return DBK_ESTOPPED;
    usleep(200000);
    return 0;
}

/** After a lost connection: is it still the same log? A follower waits until the broker answers. */
static int verify_again(struct follower *follower, struct dbk_err *err)
{
    dbk_log_set_timeout(follower->log, 500); /* so that a stop is heard */
    for (;;) {
        int code = dbk_log_verify(follower->log, follower->book, err);
        if (code == 0) {
            if (follower->reminded_ms != 0)
                dbk_message("the broker is back, it is the same log; going on");
            follower->reminded_ms = 0;
            return start(follower, err);
        }
        if (code == DBK_EBROKER)
            code = wait_for_broker(follower, err);
        if (code != 0)
            return code;
    }
}

/** After an error of the broker, which err tells. */
static int find_again(struct follower *follower, struct dbk_err *err)
{
    int code = wait_for_broker(follower, err);
    return code == 0 ? verify_again(follower, err) : code;
}

static int open_publisher(struct follower *follower, struct dbk_err *err)
{
    int code = dbk_publisher_open(&follower->publisher, follower->config,
                                  dbk_log_topic(follower->log), err);
    follower->publishing = code == 0;
    follower->publisher.last_events = dbk_book_event_count(follower->book);
    return code;
}

/** A follower may be started before its broker, as after a power cut. What does not pass by
 * itself, like a topic that is not there or a wrong password, ends it. */
static int open_all(struct follower *follower, bool publishing, struct dbk_err *err)
{
    for (;;) {
        int code = dbk_log_open(&follower->log, follower->config, err);
        if (code == 0)
            code = open_view(follower, err);
        if (code == 0 && publishing)
            code = open_publisher(follower, err);
        if (code == 0 && follower->reminded_ms != 0)
            dbk_message("the broker is there; going on");
        if (code == 0)
            follower->reminded_ms = 0;
        if (code != DBK_EBROKER || !err->passing)
            return code;
        dbk_publisher_close(&follower->publisher);
        follower->publisher.topic = NULL; /* it was the log's */
        dbk_log_close(follower->log);
        follower->log = NULL;
        code = wait_for_broker(follower, err);
        if (code != 0)
            return code;
    }
}

void dbk_follow_count(struct dbk_follow_result *result, const struct dbk_changes *changes)
{
    result->applied += (int64_t)changes->count;
    for (size_t i = 0; i < changes->count; i++) {
        result->rejected += changes->entries[i].posting.verdict != DBK_POSTED;
        result->misrouted += changes->entries[i].posting.verdict == DBK_MISROUTED;
    }
}

/** Commit a sheet. A follower waits for a full disk or a held database; others give up. */
static int commit(struct follower *follower, bool *replaced, struct dbk_err *err)
{
    for (;;) {
        int code =
            dbk_view_write(follower->view, follower->book, &follower->sheet.changes, replaced, err);
        if (code == DBK_EVIEW && dbk_view_replaced(follower->view)) {
            *replaced = true; /* whatever is wrong with it, it is not the view any more */
            return 0;
        }
        if (code == 0 && !*replaced) {
            dbk_follow_count(follower->result, &follower->sheet.changes);
            follower->reminded_ms = 0;
        }
        if (code != DBK_EVIEW || !follower->follow)
            return code;
        remind(follower, err->text);
        if (dbk_stop_requested)
            return DBK_ESTOPPED;
        usleep(500000);
    }
}

static int step(struct follower *follower, struct dbk_err *err)
{
    bool replaced = false;
    if (dbk_log_interrupted(follower->log)) {
        int code = verify_again(follower, err);
        if (code != 0)
            return code;
    }
    int code = dbk_sheet_read(&follower->sheet, follower->log, follower->book, 100, err);
    if (code == DBK_EBROKER)
        code = find_again(follower, err);
    if (code == 0 && follower->sheet.changes.count > 0)
        code = commit(follower, &replaced, err);
    else if (code == 0 && follower->follow)
        replaced = dbk_view_replaced(follower->view);
    dbk_sheet_release(&follower->sheet);
    if (code == 0 && replaced)
        code = reopen(follower, err);
    return code == DBK_EBROKER ? find_again(follower, err) : code;
}

/** Capture where the log ends now. */
static int capture_end(struct follower *follower, struct dbk_err *err)
{
    int32_t count = dbk_log_topic(follower->log)->partition_count;
    follower->offset_end = calloc((size_t)count, sizeof *follower->offset_end);
    if (follower->offset_end == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    int code = dbk_log_watermarks(follower->log, NULL, follower->offset_end, err);
    follower->total = -dbk_book_event_count(follower->book);
    for (int32_t p = 0; code == 0 && p < count; p++)
        follower->total += follower->offset_end[p];
    return code;
}

/** Snapshots only speed things up: whatever is wrong with them, the projector goes on. */
static void publish(struct follower *follower)
{
    struct dbk_err err;
    if (!follower->publishing)
        return;
    int code = dbk_publisher_step(&follower->publisher, follower->book, &err);
    if (code == 0 || code == DBK_ESTOPPED)
        return;
    int64_t now_ms = dbk_clock_monotonic_ms();
    if (follower->unpublished_ms == 0 || now_ms - follower->unpublished_ms >= REMIND_MS) {
        follower->unpublished_ms = now_ms;
        dbk_warning("a round of snapshots failed, and is tried again every 10 s: %s", err.text);
    }
    dbk_publisher_close(&follower->publisher);
}

static int run(struct follower *follower, struct dbk_err *err)
{
    struct dbk_progress progress;
    int code = 0;
    dbk_progress_start(&progress, "projected", "events", follower->total);
    progress.visible = progress.visible && !follower->follow;
    while (code == 0 && !dbk_stop_requested && !dbk_log_at_end(follower->log)) {
        code = step(follower, err);
        if (code == 0)
            publish(follower);
        dbk_progress_update(&progress, follower->result->applied);
    }
    dbk_progress_end(&progress);
    return code;
}

/** What was published must have arrived, if the broker takes it within a moment. */
static void finish_publishing(struct follower *follower)
{
    struct dbk_err err;
    bool is_open = follower->publisher.producer != NULL;
    if (is_open)
        dbk_producer_stop_on(follower->publisher.producer, NULL);
    if (is_open && dbk_producer_flush(follower->publisher.producer, 500, &err) != 0)
        dbk_warning("the last snapshots may not have arrived: %s", err.text);
    dbk_publisher_close(&follower->publisher);
}

int dbk_follow(const struct dbk_config *config, bool follow, const char *snapshot_every,
               struct dbk_follow_result *result, struct dbk_err *err)
{
    struct follower follower = {
        .config = config,
        .follow = follow,
        .result = result,
        .lock = {.fd = -1},
    };
    int64_t started_ms = dbk_clock_monotonic_ms();
    *result = (struct dbk_follow_result){0};
    int code =
        snapshot_every != NULL ? dbk_publisher_parse(&follower.publisher, snapshot_every, err) : 0;
    if (code == 0)
        code = dbk_lock_take(&follower.lock, config->database, "follower", err);
    if (code == 0)
        code = dbk_sheet_open(&follower.sheet, err);
    if (code == 0)
        code = open_all(&follower, snapshot_every != NULL, err);
    if (code == 0 && !follow)
        code = capture_end(&follower, err);
    if (code == 0)
        code = start(&follower, err);
    if (code == 0)
        code = run(&follower, err);
    finish_publishing(&follower);
    dbk_sheet_close(&follower.sheet);
    dbk_log_close(follower.log);
    dbk_book_close(follower.book);
    dbk_view_close(follower.view);
    dbk_lock_release(&follower.lock);
    free(follower.offset_end);
    result->elapsed_ms = dbk_clock_monotonic_ms() - started_ms;
    return code == DBK_ESTOPPED ? 0 : code;
}
