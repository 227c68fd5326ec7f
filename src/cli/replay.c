#include "replay.h"

#include "sheet.h"

#include <daybook/message.h>

#include <stdlib.h>

int64_t *dbk_offsets_new(const struct dbk_book *book, struct dbk_err *err)
{
    int64_t *offsets = calloc((size_t)dbk_book_partition_count(book), sizeof *offsets);
    if (offsets == NULL)
        dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    return offsets;
}

int dbk_replay_run(const struct dbk_replay *replay, struct dbk_log *log, struct dbk_book *book,
                   const int64_t *offset_end, struct dbk_err *err)
{
    struct dbk_sheet sheet;
    struct dbk_progress progress;
    int64_t before = dbk_book_event_count(book);
    int64_t total = 0;
    int code = dbk_sheet_open(&sheet, err);
    if (code != 0)
        return code;
    sheet.before = replay->before;
    sheet.context = replay->context;
    for (int32_t p = 0; p < dbk_book_partition_count(book); p++) {
        int64_t offset_next = dbk_book_checkpoint(book, p)->offset_next;
        total += offset_end[p] > offset_next ? offset_end[p] - offset_next : 0;
    }
    code = dbk_start_after_book(log, book, offset_end, err);
    dbk_progress_start(&progress, replay->verb, "events", total);
    while (code == 0 && !dbk_log_at_end(log)) {
        code = dbk_sheet_read(&sheet, log, book, 100, err);
        if (code == 0 && replay->applied != NULL && sheet.changes.count > 0)
            code = replay->applied(replay->context, &sheet.changes, err);
        dbk_sheet_release(&sheet);
        dbk_progress_update(&progress, dbk_book_event_count(book) - before);
        if (code == 0 && dbk_stop_requested)
            code = dbk_err_set(err, DBK_ESTOPPED, "stopped before the end.");
    }
    dbk_progress_end(&progress);
    dbk_sheet_close(&sheet);
    return code;
}
