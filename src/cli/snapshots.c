#include "snapshots.h"

#include "sheet.h"

#include <daybook/message.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int read_records(struct dbk_snapshots *snapshots, struct dbk_err *err)
{
    struct dbk_batch batch;
    int code = 0;
    if (dbk_batch_open(&batch, DBK_BATCH_MAX) != 0)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    while (code == 0 && !dbk_log_at_end(snapshots->log)) {
        code = dbk_log_read(snapshots->log, &batch, 100, err);
        for (size_t i = 0; code == 0 && i < batch.count; i++)
            if (dbk_snapshot_add(snapshots->partitions[batch.records[i].partition],
                                 &batch.records[i]) != 0)
                code = dbk_err_set(err, DBK_ENOMEM, "out of memory.");
        dbk_batch_release(&batch);
        if (code == 0 && dbk_stop_requested)
            code = dbk_err_set(err, DBK_ESTOPPED, "stopped.");
    }
    dbk_batch_close(&batch);
    return code;
}

static int start_reading(struct dbk_snapshots *snapshots, int32_t only, struct dbk_err *err)
{
    size_t count = (size_t)snapshots->partition_count;
    int64_t *offsets = calloc(count, sizeof *offsets);
    snapshots->offset_end = calloc(count, sizeof *snapshots->offset_end);
    snapshots->partitions = calloc(count, sizeof(struct dbk_snapshot *));
    int code = offsets == NULL || snapshots->offset_end == NULL || snapshots->partitions == NULL
                   ? dbk_err_set(err, DBK_ENOMEM, "out of memory.")
                   : dbk_log_watermarks(snapshots->log, offsets, snapshots->offset_end, err);
    for (int32_t p = 0; code == 0 && p < snapshots->partition_count; p++) {
        if (only >= 0 && p != only)
            offsets[p] = snapshots->offset_end[p] = 0;
        else if (dbk_snapshot_open(&snapshots->partitions[p], p, snapshots->partition_count) != 0)
            code = dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    }
    if (code == 0)
        code = dbk_log_start(snapshots->log, offsets, snapshots->offset_end, err);
    free(offsets);
    return code;
}

int dbk_snapshots_read(struct dbk_snapshots *snapshots, const struct dbk_config *config,
                       const struct dbk_topic *topic, int32_t only, struct dbk_err *err)
{
    *snapshots = (struct dbk_snapshots){.partition_count = topic->partition_count};
    int code = dbk_log_open_snapshots(&snapshots->log, config, err);
    if (code == DBK_ENO)
        return 0; /* there is none: nobody has to have snapshots */
    if (code != 0)
        return code;
    const struct dbk_topic *found = dbk_log_topic(snapshots->log);
    if (found->partition_count != topic->partition_count)
        return dbk_err_set(err, DBK_ENO,
                           "topic %s has %d partitions, topic %s has %d: the number of partitions "
                           "is part of history. Make the snapshots anew: daybook snapshot --reset",
                           found->name, found->partition_count, topic->name,
                           topic->partition_count);
    code = start_reading(snapshots, only, err);
    return code == 0 ? read_records(snapshots, err) : code;
}

void dbk_snapshots_close(struct dbk_snapshots *snapshots)
{
    for (int32_t p = 0; snapshots->partitions != NULL && p < snapshots->partition_count; p++)
        dbk_snapshot_close(snapshots->partitions[p]);
    free(snapshots->partitions);
    free(snapshots->offset_end);
    dbk_log_close(snapshots->log);
    *snapshots = (struct dbk_snapshots){.log = NULL};
}

/** Put one partition's last round into the book. @return false where it is not good. */
static int restore_partition(const struct dbk_snapshot *snapshot, struct dbk_book *book, int32_t p,
                             struct dbk_err *err)
{
    struct dbk_ledger *ledger = NULL;
    const char *why;
    uint8_t key[16];
    size_t rounds = dbk_snapshot_marker_count(snapshot);
    if (rounds == 0)
        return 0;
    int code = dbk_random_key(key, err);
    if (code == 0 && dbk_ledger_open(&ledger, p, dbk_book_partition_count(book), key) != 0)
        code = dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    if (code != 0)
        return code;
    code = dbk_snapshot_restore(snapshot, ledger, &why);
    if (code == 0) {
        dbk_book_restore_ledger(book, p, ledger);
        dbk_book_restore_checkpoint(book, p,
                                    &dbk_snapshot_marker(snapshot, rounds - 1)->checkpoint);
        return 0;
    }
    dbk_ledger_close(ledger);
    if (code == DBK_ENOMEM)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    dbk_warning("the snapshot of partition %" PRId32 " cannot be used: %s. Reading from offset 0; "
                "daybook snapshot makes a new one.",
                p, why);
    return 0;
}

int dbk_snapshots_restore(const struct dbk_snapshots *snapshots, struct dbk_log *log,
                          struct dbk_book *book, struct dbk_err *err)
{
    struct dbk_err other;
    int code = 0;
    if (snapshots->log == NULL)
        return 0;
    for (int32_t p = 0; code == 0 && p < snapshots->partition_count; p++)
        if (snapshots->partitions[p] != NULL)
            code = restore_partition(snapshots->partitions[p], book, p, err);
    if (code != 0)
        return code;
    code = dbk_log_verify(log, book, &other);
    if (code != DBK_ENO) {
        if (code != 0)
            *err = other;
        return code;
    }
    dbk_warning("the snapshots are of another log, or the log was changed: they are not used. "
                "daybook audit says more; daybook snapshot --reset makes them anew.");
    return dbk_book_clear(book) == 0 ? 0 : dbk_err_set(err, DBK_ENOMEM, "out of memory.");
}
