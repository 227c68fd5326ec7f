#include "sheet.h"

#include "cli.h"

#include <stdlib.h>
#include <string.h>

int dbk_sheet_open(struct dbk_sheet *sheet, struct dbk_err *err)
{
    *sheet = (struct dbk_sheet){.scratch = NULL};
    int code = dbk_batch_open(&sheet->batch, DBK_BATCH_MAX);
    sheet->changes.entries = calloc(DBK_BATCH_MAX, sizeof *sheet->changes.entries);
    sheet->changes.points = calloc(DBK_BATCH_MAX, sizeof *sheet->changes.points);
    sheet->scratch = calloc(DBK_BATCH_MAX, DBK_EVENT_SCRATCH);
    if (code == 0 && sheet->changes.entries != NULL && sheet->changes.points != NULL &&
        sheet->scratch != NULL)
        return 0;
    dbk_sheet_close(sheet);
    return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
}

void dbk_sheet_close(struct dbk_sheet *sheet)
{
    dbk_batch_close(&sheet->batch);
    free(sheet->changes.entries);
    free(sheet->changes.points);
    free(sheet->scratch);
    *sheet = (struct dbk_sheet){.scratch = NULL};
}

void dbk_sheet_release(struct dbk_sheet *sheet)
{
    dbk_batch_release(&sheet->batch);
    sheet->changes.count = 0;
    sheet->changes.point_count = 0;
}

int dbk_sheet_read(struct dbk_sheet *sheet, struct dbk_log *log, struct dbk_book *book,
                   int timeout_ms, struct dbk_err *err)
{
    struct dbk_changes *changes = &sheet->changes;
    int code = dbk_log_read(log, &sheet->batch, timeout_ms, err);
    if (code != 0)
        return code;
    for (size_t i = 0; i < sheet->batch.count; i++) {
        struct dbk_entry *entry = &changes->entries[i];
        entry->record = sheet->batch.records[i];
        code = sheet->before != NULL ? sheet->before(sheet->context, &entry->record, err) : 0;
        if (code != 0)
            return code;
        code = dbk_book_apply(book, entry, sheet->scratch + i * DBK_EVENT_SCRATCH);
        if (code != 0)
            return dbk_err_set(err, code, "%s",
                               code == DBK_EVIEW ? "the view cannot be read." : "out of memory.");
        const struct dbk_checkpoint *checkpoint =
            dbk_book_checkpoint(book, entry->record.partition);
        if (checkpoint->offset_next % DBK_DIGEST_INTERVAL == 0)
            changes->points[changes->point_count++] = (struct dbk_digest_point){
                entry->record.partition, checkpoint->offset_next, checkpoint->digest};
    }
    changes->count = sheet->batch.count;
    return 0;
}

int dbk_open_book(const struct dbk_topic *topic, struct dbk_book **book, struct dbk_err *err)
{
    uint8_t key[16];
    struct dbk_text name = {topic->name, (uint32_t)strlen(topic->name)};
    *book = NULL;
    int code = dbk_random_key(key, err);
    if (code == 0 && dbk_book_open(book, name, topic->partition_count, key) != 0)
        code = dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    return code;
}

int dbk_open_log_and_book(const struct dbk_config *config, struct dbk_log **log,
                          struct dbk_book **book, struct dbk_err *err)
{
    *book = NULL;
    int code = dbk_log_open(log, config, err);
    if (code != 0)
        return code;
    code = dbk_open_book(dbk_log_topic(*log), book, err);
    if (code != 0) {
        dbk_log_close(*log);
        *log = NULL;
    }
    return code;
}

int dbk_start_after_book(struct dbk_log *log, const struct dbk_book *book,
                         const int64_t *offset_end, struct dbk_err *err)
{
    int32_t count = dbk_book_partition_count(book);
    int64_t *offsets = calloc((size_t)count * 2, sizeof *offsets);
    if (offsets == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    for (int32_t p = 0; p < count; p++) {
        offsets[p] = dbk_book_checkpoint(book, p)->offset_next;
        offsets[count + p] = offset_end != NULL ? offset_end[p] : DBK_OFFSET_FOLLOW;
    }
    int code = dbk_log_start(log, offsets, offsets + count, err);
    free(offsets);
    return code;
}
