#include "audit_view.h"

#include "ask.h"
#include "audit_tables.h"

#include <daybook/escape.h>
#include <daybook/message.h>

#include <stdlib.h>

int dbk_audit_view_open(struct dbk_audit_view *compared, struct dbk_err *err)
{
    return dbk_audit_rows_open(&compared->rows, compared->report, compared->view, compared->book,
                               err);
}

void dbk_audit_view_close(struct dbk_audit_view *compared)
{
    dbk_audit_rows_close(&compared->rows);
}

int dbk_audit_view_applied(struct dbk_audit_view *compared, const struct dbk_changes *changes,
                           struct dbk_err *err)
{
    int code = dbk_audit_log_check(compared->log, changes, err);
    for (size_t i = 0; code == 0 && i < changes->count; i++)
        code = dbk_audit_rows_check(&compared->rows, &changes->entries[i], err);
    return code;
}

/** The last link of each partition that the replay could follow to its end. */
static void check_last_links(struct dbk_audit_view *compared)
{
    for (int32_t p = 0; p < dbk_book_partition_count(compared->book); p++) {
        const struct dbk_checkpoint *reached = dbk_book_checkpoint(compared->book, p);
        const struct dbk_checkpoint *stored = &compared->stored[p];
        if (compared->chosen[p] && stored->offset_next == reached->offset_next)
            (void)dbk_audit_log_digest(compared->log, DBK_KEEPER_VIEW, "checkpoints", p,
                                       stored->offset_next / DBK_DIGEST_INTERVAL *
                                           DBK_DIGEST_INTERVAL,
                                       stored->offset_next, &reached->digest, &stored->digest);
    }
}

static int report_finding(void *context, const char *finding, struct dbk_err *err)
{
    struct dbk_report *report = context;
    /* It names tables and indexes as the damaged file does. */
    char *escaped = dbk_escape_terminal(dbk_text_of(finding), true);
    if (escaped == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    dbk_report_difference(report, &(struct dbk_difference){
                                      .check = "file",
                                      .what = "SQLite's check",
                                      .expected = "ok",
                                      .stored = escaped,
                                      .offset_first = -1,
                                  });
    free(escaped);
    return 0;
}

int dbk_audit_view_finish(struct dbk_audit_view *compared, struct dbk_err *err)
{
    const struct dbk_audit_tables tables = {
        .report = compared->report,
        .view = compared->view,
        .book = compared->book,
        .rows = &compared->rows,
        .chosen = compared->chosen,
        .offset_start = compared->offset_start,
    };
    check_last_links(compared);
    int code = dbk_audit_log_end_view(compared->log, compared->chosen, compared->book, err);
    if (code == 0)
        code = dbk_audit_rows_finish(&compared->rows, compared->chosen, err);
    if (code == 0)
        code = dbk_audit_tables(&tables, err);
    if (code == 0)
        dbk_progress_note("checking the database's file");
    if (code == 0)
        code = dbk_view_check_finish(compared->check, report_finding, compared->report, err);
    dbk_progress_note("");
    return code;
}
