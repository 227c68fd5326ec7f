#include "rebuild_loop.h"

#include "sheet.h"

#include <daybook/clock.h>
#include <daybook/message.h>
#include <daybook/rebuild.h>

#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/** Sheets on their way from the fold to SQLite: memory is bounded by their number. */
#define SHEET_COUNT 4

/** The line between the two threads: sheets go to the writer full and come back empty. */
struct line {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct dbk_sheet *full[SHEET_COUNT];
    struct dbk_sheet *empty[SHEET_COUNT];
    int full_count;
    int empty_count;
    bool ended;      /* no more sheets will come */
    int writer_code; /* the writer's failure, with its text */
    struct dbk_err writer_err;
};

struct work {
    const struct dbk_config *config;
    struct dbk_log *log;
    struct dbk_book *book;
    struct dbk_rebuild *rebuild;
    struct dbk_sheet sheets[SHEET_COUNT];
    struct line line;
    int64_t *offset_end;
    int64_t total;
    struct dbk_follow_result *result;
};

static struct dbk_sheet *take_full(struct line *line)
{
    struct dbk_sheet *sheet = NULL;
    pthread_mutex_lock(&line->mutex);
    while (line->full_count == 0 && !line->ended)
        pthread_cond_wait(&line->changed, &line->mutex);
    if (line->full_count > 0) {
        sheet = line->full[0];
        line->full_count--;
        memmove(line->full, line->full + 1, (size_t)line->full_count * sizeof *line->full);
    }
    pthread_mutex_unlock(&line->mutex);
    return sheet;
}

static void give_back(struct line *line, struct dbk_sheet *sheet, int code,
                      const struct dbk_err *err)
{
    pthread_mutex_lock(&line->mutex);
    line->empty[line->empty_count++] = sheet;
    if (code != 0 && line->writer_code == 0) {
        line->writer_code = code;
        line->writer_err = *err;
    }
    pthread_cond_broadcast(&line->changed);
    pthread_mutex_unlock(&line->mutex);
}

/** @return an empty sheet, or NULL where the writer has failed. */
static struct dbk_sheet *take_empty(struct line *line)
{
    struct dbk_sheet *sheet = NULL;
    pthread_mutex_lock(&line->mutex);
    while (line->empty_count == 0)
        pthread_cond_wait(&line->changed, &line->mutex);
    if (line->writer_code == 0)
        sheet = line->empty[--line->empty_count];
    pthread_mutex_unlock(&line->mutex);
    return sheet;
}

static void hand_over(struct line *line, struct dbk_sheet *sheet)
{
    pthread_mutex_lock(&line->mutex);
    line->full[line->full_count++] = sheet;
    pthread_cond_broadcast(&line->changed);
    pthread_mutex_unlock(&line->mutex);
}

static void end_line(struct line *line)
{
    pthread_mutex_lock(&line->mutex);
    line->ended = true;
    pthread_cond_broadcast(&line->changed);
    pthread_mutex_unlock(&line->mutex);
}

static void *write_sheets(void *argument)
{
    struct work *work = argument;
    struct dbk_err err = {.code = 0};
    for (struct dbk_sheet *sheet; (sheet = take_full(&work->line)) != NULL;) {
        int code = dbk_rebuild_insert(work->rebuild, &sheet->changes, &err);
        dbk_sheet_release(sheet);
        give_back(&work->line, sheet, code, &err);
    }
    return NULL;
}

/** Read and fold until the captured end; the writer stores meanwhile. */
static int fill_sheets(struct work *work, struct dbk_err *err)
{
    struct dbk_progress progress;
    int code = 0;
    dbk_progress_start(&progress, "rebuilt", "events", work->total);
    while (code == 0 && !dbk_log_at_end(work->log)) {
        struct dbk_sheet *sheet = take_empty(&work->line);
        if (sheet == NULL)
            break; /* the writer's failure is reported after it has ended */
        code = dbk_sheet_read(sheet, work->log, work->book, 100, err);
        if (code == 0) {
            dbk_follow_count(work->result, &sheet->changes);
            hand_over(&work->line, sheet);
        } else {
            give_back(&work->line, sheet, 0, err);
        }
        if (code == 0 && dbk_stop_requested)
            code = DBK_ESTOPPED;
        dbk_progress_update(&progress, work->result->applied);
    }
    dbk_progress_end(&progress);
    return code;
}

static int load(struct work *work, struct dbk_err *err)
{
    pthread_t writer;
    int code = dbk_start_after_book(work->log, work->book, work->offset_end, err);
    if (code != 0)
        return code;
    if (pthread_create(&writer, NULL, write_sheets, work) != 0)
        return dbk_err_set(err, DBK_ENOMEM, "no second thread can be started.");
    code = fill_sheets(work, err);
    end_line(&work->line);
    pthread_join(writer, NULL);
    malloc_trim(0); /* what waited in the queue goes back, before the indexes are sorted */
    if (code == 0 && work->line.writer_code != 0) {
        *err = work->line.writer_err;
        code = work->line.writer_code;
    }
    return code;
}

/** Apply on to offset_end with the live writer. */
static int catch_up(struct work *work, struct dbk_view *view, struct dbk_err *err)
{
    struct dbk_sheet *sheet = &work->sheets[0];
    int code = dbk_start_after_book(work->log, work->book, work->offset_end, err);
    while (code == 0 && !dbk_log_at_end(work->log)) {
        code = dbk_sheet_read(sheet, work->log, work->book, 100, err);
        if (code == 0 && sheet->changes.count > 0) {
            dbk_follow_count(work->result, &sheet->changes);
            code = dbk_view_write_unlinked(view, work->book, &sheet->changes, err);
        }
        dbk_sheet_release(sheet);
        if (code == 0 && dbk_stop_requested)
            code = DBK_ESTOPPED;
    }
    return code;
}

/** Where the log ends now. */
static int capture_end(struct work *work, struct dbk_err *err)
{
    int code = dbk_log_watermarks(work->log, NULL, work->offset_end, err);
    work->total = 0;
    for (int32_t p = 0; code == 0 && p < dbk_log_topic(work->log)->partition_count; p++)
        work->total += work->offset_end[p];
    return code;
}

/**
 * A view must not go back in time: what the current one holds must be in the new one. Its writer is
 * held while we look and apply the last few events.
 */
static int reach_current(struct work *work, struct dbk_view *view, struct dbk_err *err)
{
    int32_t count = dbk_log_topic(work->log)->partition_count;
    int64_t missing = 0;
    int64_t *held = calloc((size_t)count, sizeof *held);
    if (held == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    int code = dbk_rebuild_hold(work->rebuild, held, err);
    if (code == 0)
        code = dbk_log_watermarks_from(work->log, held, work->offset_end, err);
    for (int32_t p = 0; code == 0 && p < count; p++) {
        if (held[p] > work->offset_end[p])
            missing += held[p] - work->offset_end[p];
        else
            work->offset_end[p] = held[p];
    }
    if (code == 0 && missing > 0)
        dbk_warning("the log is shorter than the view that is replaced: %lld events are in that "
                    "view and no longer in the log. It stays on disk as %s.%lld.",
                    (long long)missing, work->config->database,
                    (long long)dbk_rebuild_replaces(work->rebuild));
    if (code == 0)
        code = catch_up(work, view, err);
    free(held);
    return code;
}

static int rebuild(struct work *work, struct dbk_err *err)
{
    struct dbk_view *view = NULL;
    int code = capture_end(work, err);
    if (code == 0)
        code = dbk_rebuild_open(&work->rebuild, work->config, dbk_log_topic(work->log), err);
    if (code == 0)
        code = load(work, err);
    dbk_progress_note("making indexes and daily aggregates");
    if (code == 0)
        code = dbk_rebuild_finish(work->rebuild, work->book, &view, err);
    if (code == 0)
        code = capture_end(work, err);
    if (code == 0)
        code = catch_up(work, view, err);
    if (code == 0)
        code = reach_current(work, view, err);
    if (code == 0)
        code = dbk_rebuild_swap(work->rebuild, err);
    return code;
}

int dbk_rebuild_run(const struct dbk_config *config, struct dbk_follow_result *result,
                    struct dbk_err *err)
{
    struct work work = {.config = config, .result = result};
    int64_t started_ms = dbk_clock_monotonic_ms();
    *result = (struct dbk_follow_result){0};
    pthread_mutex_init(&work.line.mutex, NULL);
    pthread_cond_init(&work.line.changed, NULL);
    int code = dbk_open_log_and_book(config, &work.log, &work.book, err);
    for (int i = 0; code == 0 && i < SHEET_COUNT; i++) {
        code = dbk_sheet_open(&work.sheets[i], err);
        work.line.empty[work.line.empty_count++] = &work.sheets[i];
    }
    if (code == 0) {
        work.offset_end =
            calloc((size_t)dbk_log_topic(work.log)->partition_count, sizeof *work.offset_end);
        code = work.offset_end != NULL ? rebuild(&work, err)
                                       : dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    }
    if (code == 0)
        dbk_message("%s is rebuilt: generation %lld%s", config->database,
                    (long long)dbk_rebuild_generation(work.rebuild),
                    dbk_rebuild_replaces(work.rebuild) >= 0
                        ? " replaces the one before, which stays until the next rebuild"
                        : "");
    dbk_progress_note("");
    if (code == DBK_ESTOPPED)
        dbk_err_set(err, code, "stopped; the current view was not changed.");
    for (int i = 0; i < SHEET_COUNT; i++)
        dbk_sheet_close(&work.sheets[i]);
    dbk_log_close(work.log);
    dbk_rebuild_close(work.rebuild);
    dbk_book_close(work.book);
    free(work.offset_end);
    pthread_cond_destroy(&work.line.changed);
    pthread_mutex_destroy(&work.line.mutex);
    result->elapsed_ms = dbk_clock_monotonic_ms() - started_ms;
    return code;
}
