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
                                       });
}

int dbk_audit_log_open(struct dbk_audit_log *log, struct dbk_report *report, struct dbk_view *view,
                       int32_t partition_count, struct dbk_err *err)
{
    log->report = report;
    log->view = view;
    log->partition_count = partition_count;
    log->with_view = true;
    log->chains = calloc((size_t)partition_count, sizeof *log->chains);
    if (log->chains == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    for (int32_t p = 0; p < partition_count; p++)
        log->chains[p].absent_first = -1;
    return 0;
}

void dbk_audit_log_close(struct dbk_audit_log *log)
{
    for (int32_t p = 0; log->chains != NULL && p < log->partition_count; p++)
        dbk_view_cursor_close(log->chains[p].digests);
    free(log->chains);
    log->chains = NULL;
}

bool dbk_audit_log_digest(struct dbk_audit_log *log, enum dbk_keeper keeper, const char *check,
                          int32_t partition, int64_t first, int64_t offset_next,
                          const struct dbk_digest *expected, const struct dbk_digest *stored)
{
    char expected_hex[2 * DBK_DIGEST_SIZE + 1];
    char stored_hex[2 * DBK_DIGEST_SIZE + 1];
    bool *broken = &log->chains[partition].broken[keeper];
    bool was_broken = *broken;
    *broken = memcmp(expected->bytes, stored->bytes, DBK_DIGEST_SIZE) != 0;
    if (!*broken || was_broken)
        return !*broken;
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

/** Step to the view's next digest of a partition, or to the first one after offset: to whatever
 *  there is, where the replay begins at 0. */
static int next_digest(struct dbk_audit_log *log, int32_t partition, int64_t offset,
                       struct dbk_err *err)
{
    struct dbk_audit_chain *chain = &log->chains[partition];
    const int64_t parameters[] = {partition, offset == 0 ? INT64_MIN : offset + 1};
    int code = chain->digests != NULL ? 0
                                      : dbk_view_cursor_open(&chain->digests, log->view,
                                                             DBK_WALK_DIGESTS, parameters, err);
    return code == 0 ? dbk_view_cursor_next(chain->digests, err) : code;
}

/** Compare one link with the view's digest there; whatever the view has before it is too much. */
static int check_point(struct dbk_audit_log *log, const struct dbk_digest_point *point,
                       struct dbk_err *err)
{
    struct dbk_audit_chain *chain = &log->chains[point->partition];
    const struct dbk_row *row;
    int code = 0;
    while (code == 0 && (row = dbk_view_cursor_row(chain->digests)) != NULL &&
           row->values[1].integer < point->offset_next) {
        report_point(log, point->partition, row->values[1].integer, "none", "one");
        code = next_digest(log, point->partition, 0, err);
    }
    if (code != 0)
        return code;
    if (row == NULL || row->values[1].integer != point->offset_next) {
        report_point(log, point->partition, point->offset_next, "one", "none");
        return 0;
    }
    struct dbk_digest stored = {{0}}; /* whatever has another length differs from every digest */
    if (row->values[2].text.length == DBK_DIGEST_SIZE)
        memcpy(stored.bytes, row->values[2].text.bytes, DBK_DIGEST_SIZE);
    (void)dbk_audit_log_digest(log, DBK_KEEPER_VIEW, "digests", point->partition,
                               point->offset_next - DBK_DIGEST_INTERVAL, point->offset_next,
                               &point->digest, &stored);
    return next_digest(log, point->partition, 0, err);
}

int dbk_audit_log_end_view(struct dbk_audit_log *log, const bool *chosen,
                           const struct dbk_book *book, struct dbk_err *err)
{
    int code = 0;
    log->with_view = false;
    for (int32_t p = 0; code == 0 && p < log->partition_count; p++) {
        struct dbk_audit_chain *chain = &log->chains[p];
        const struct dbk_row *row;
        if (chosen[p] && chain->digests == NULL)
            code = next_digest(log, p, dbk_book_checkpoint(book, p)->offset_next, err);
        while (chosen[p] && code == 0 && (row = dbk_view_cursor_row(chain->digests)) != NULL) {
            report_point(log, p, row->values[1].integer, "none", "one");
            code = next_digest(log, p, 0, err);
        }
        dbk_view_cursor_close(chain->digests);
        chain->digests = NULL;
    }
    return code;
}

static void report_absent(struct dbk_audit_log *log, int32_t partition)
{
    struct dbk_audit_chain *chain = &log->chains[partition];
    char next[64];
    if (chain->absent_first < 0)
        return;
    snprintf(next, sizeof next, "daybook verify %" PRId32 ":%" PRId64, partition,
             chain->absent_first);
    if (!log->accept_absent)
        dbk_report_difference(log->report, &(struct dbk_difference){
                                               .check = "log",
                                               .what = "records",
                                               .expected = "one at each offset",
                                               .stored = "absent",
                                               .partition = partition,
                                               .offset_first = chain->absent_first,
                                               .offset_last = chain->absent_last,
                                               .next = next,
                                           });
    chain->absent_first = -1;
}

/** Absent offsets are reported in runs. */
static void check_presence(struct dbk_audit_log *log, const struct dbk_entry *entry)
{
    struct dbk_audit_chain *chain = &log->chains[entry->record.partition];
    bool absent = entry->posting.verdict == DBK_ABSENT;
    if (absent && chain->absent_first < 0)
        chain->absent_first = entry->record.offset;
    if (absent) {
        chain->absent_last = entry->record.offset;
        log->absent_count++;
    } else if (chain->absent_first >= 0) {
        report_absent(log, entry->record.partition);
    }
}

int dbk_audit_log_check(struct dbk_audit_log *log, const struct dbk_changes *changes,
                        struct dbk_err *err)
{
    int code = 0;
    for (size_t i = 0; code == 0 && i < changes->count; i++) {
        const struct dbk_record *record = &changes->entries[i].record;
        check_presence(log, &changes->entries[i]);
        if (log->with_view && log->chains[record->partition].digests == NULL)
            code = next_digest(log, record->partition, record->offset, err);
    }
    for (size_t i = 0; code == 0 && log->with_view && i < changes->point_count; i++)
        code = check_point(log, &changes->points[i], err);
    return code;
}

void dbk_audit_log_finish(struct dbk_audit_log *log)
{
    for (int32_t p = 0; p < log->partition_count; p++)
        report_absent(log, p);
}
