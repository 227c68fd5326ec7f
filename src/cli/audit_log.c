#include "audit_log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void report_point(struct dbk_audit_log *log, int32_t partition, int64_t offset_next,
                         const char *expected, const char *stored)
{
    dbk_report_difference(log->report, &(struct dbk_difference){
                                           .check = "digests",
                                           .what = "a row",
                                           .expected = expected,
                                           .stored = stored,
                                           .partition = partition,
                                           .offset_first = offset_next,
                                           .next = "daybook project --reset",
                                       });
}

static int load_points(struct dbk_audit_log *log, struct dbk_view *view, const bool *chosen,
                       struct dbk_err *err)
{
    struct dbk_view_cursor *cursor = NULL;
    const struct dbk_row *row;
    int code = dbk_view_cursor_open(&cursor, view, DBK_WALK_DIGESTS, NULL, err);
    if (code == 0)
        code = dbk_view_cursor_next(cursor, err);
    while (code == 0 && (row = dbk_view_cursor_row(cursor)) != NULL) {
        int64_t partition = row->values[0].integer;
        int64_t offset_next = row->values[1].integer;
        const struct dbk_text digest = row->values[2].text;
        bool known_partition = partition >= 0 && partition < log->partition_count;
        struct dbk_audit_points *points = known_partition ? &log->points[partition] : NULL;
        int64_t i = offset_next / DBK_DIGEST_INTERVAL - 1;
        if (points == NULL ||
            (chosen[partition] && (offset_next % DBK_DIGEST_INTERVAL != 0 || i < 0 ||
                                   i >= points->count || digest.length != DBK_DIGEST_SIZE))) {
            report_point(log, (int32_t)partition, offset_next, "none", "one");
        } else if (chosen[partition]) {
            memcpy(points->digests[i].bytes, digest.bytes, DBK_DIGEST_SIZE);
            points->known[i] = true;
        }
        code = dbk_view_cursor_next(cursor, err);
    }
    dbk_view_cursor_close(cursor);
    return code;
}

int dbk_audit_log_open(struct dbk_audit_log *log, struct dbk_report *report, struct dbk_view *view,
                       const struct dbk_checkpoint *checkpoints, const bool *chosen,
                       struct dbk_err *err)
{
    log->report = report;
    log->partition_count = dbk_view_identity(view)->partition_count;
    log->points = calloc((size_t)log->partition_count, sizeof *log->points);
    if (log->points == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    for (int32_t p = 0; p < log->partition_count; p++) {
        struct dbk_audit_points *points = &log->points[p];
        points->absent_first = -1;
        points->count =
            checkpoints[p].offset_next > 0 ? checkpoints[p].offset_next / DBK_DIGEST_INTERVAL : 0;
        /* A checkpoint that was tampered with may be any number. */
        if (points->count > 1000000000)
            return dbk_err_set(err, DBK_ENO,
                               "the view's checkpoint of partition %" PRId32
                               " is at offset %" PRId64
                               ": no log is that long. Rebuild the view: daybook project --reset",
                               p, checkpoints[p].offset_next);
        points->digests = calloc((size_t)points->count + 1, sizeof *points->digests);
        points->known = calloc((size_t)points->count + 1, sizeof *points->known);
        if (points->digests == NULL || points->known == NULL)
            return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    }
    return load_points(log, view, chosen, err);
}

void dbk_audit_log_close(struct dbk_audit_log *log)
{
    for (int32_t p = 0; log->points != NULL && p < log->partition_count; p++) {
        free(log->points[p].digests);
        free(log->points[p].known);
    }
    free(log->points);
    log->points = NULL;
}

bool dbk_audit_log_digest(struct dbk_audit_log *log, const char *check, int32_t partition,
                          int64_t first, int64_t offset_next, const struct dbk_digest *expected,
                          const struct dbk_digest *stored)
{
    char expected_hex[2 * DBK_DIGEST_SIZE + 1];
    char stored_hex[2 * DBK_DIGEST_SIZE + 1];
    struct dbk_audit_points *points = &log->points[partition];
    if (memcmp(expected->bytes, stored->bytes, DBK_DIGEST_SIZE) == 0 || points->broken)
        return true;
    points->broken = true; /* all later links of the chain differ with it */
    dbk_digest_hex(expected_hex, expected);
    dbk_digest_hex(stored_hex, stored);
    expected_hex[16] = stored_hex[16] = '\0';
    dbk_report_difference(
        log->report,
        &(struct dbk_difference){
            .check = check,
            .what = "the log's digest",
            .expected = expected_hex,
            .stored = stored_hex,
            .partition = partition,
            .offset_first = first,
            .offset_last = offset_next - 1,
            .next = "the log, or this copy of its digest, was changed afterwards: compare with a "
                    "copy of the log",
        });
    return false;
}

static void report_absent(struct dbk_audit_log *log, int32_t partition)
{
    struct dbk_audit_points *points = &log->points[partition];
    char next[64];
    if (points->absent_first < 0)
        return;
    snprintf(next, sizeof next, "daybook verify %" PRId32 ":%" PRId64, partition,
             points->absent_first);
    if (!log->accept_absent)
        dbk_report_difference(log->report, &(struct dbk_difference){
                                               .check = "log",
                                               .what = "records",
                                               .expected = "one at each offset",
                                               .stored = "absent",
                                               .partition = partition,
                                               .offset_first = points->absent_first,
                                               .offset_last = points->absent_last,
                                               .next = next,
                                           });
    points->absent_first = -1;
}

void dbk_audit_log_check(struct dbk_audit_log *log, const struct dbk_changes *changes)
{
    for (size_t i = 0; i < changes->count; i++) {
        const struct dbk_entry *entry = &changes->entries[i];
        struct dbk_audit_points *points = &log->points[entry->record.partition];
        bool absent = entry->posting.verdict == DBK_ABSENT;
        if (absent && points->absent_first < 0)
            points->absent_first = entry->record.offset;
        if (absent) {
            points->absent_last = entry->record.offset;
            log->absent_count++;
        } else if (points->absent_first >= 0) {
            report_absent(log, entry->record.partition);
        }
    }
    for (size_t i = 0; i < changes->point_count; i++) {
        const struct dbk_digest_point *point = &changes->points[i];
        struct dbk_audit_points *points = &log->points[point->partition];
        int64_t index = point->offset_next / DBK_DIGEST_INTERVAL - 1;
        if (index >= points->count)
            continue; /* beyond the view */
        if (!points->known[index])
            report_point(log, point->partition, point->offset_next, "one", "none");
        else
            (void)dbk_audit_log_digest(log, "digests", point->partition,
                                       point->offset_next - DBK_DIGEST_INTERVAL, point->offset_next,
                                       &point->digest, &points->digests[index]);
    }
}

void dbk_audit_log_finish(struct dbk_audit_log *log)
{
    for (int32_t p = 0; p < log->partition_count; p++)
        report_absent(log, p);
}
