#include <daybook/view_check.h>

#include "view_internal.h"

#include <daybook/buffer.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct dbk_view_check {
    struct dbk_view *view; /* a connection of its own */
    bool deep;
    bool started;
    pthread_t thread;
    atomic_bool cancelled;
    struct dbk_buffer findings; /* each ends with a zero byte */
    int code;
    struct dbk_err err;
};

/** SQLite asks now and then whether to go on: its deep check takes long. */
static int on_progress(void *context)
{
    const struct dbk_view_check *check = context;
    return atomic_load(&check->cancelled) || dbk_view_is_stopped(check->view);
}

static void *run(void *context)
{
    struct dbk_view_check *check = context;
    sqlite3 *db = check->view->db;
    sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(
        db, check->deep ? "PRAGMA integrity_check" : "PRAGMA quick_check", -1, &statement, NULL);
    sqlite3_progress_handler(db, 10000, on_progress, check);
    while (result == SQLITE_OK || result == SQLITE_ROW) {
        result = sqlite3_step(statement);
        if (result != SQLITE_ROW)
            break;
        const char *finding = (const char *)sqlite3_column_text(statement, 0);
        if (finding == NULL)
            finding = "out of memory";
        if (strcmp(finding, "ok") != 0)
            dbk_buffer_add(&check->findings, finding, strlen(finding) + 1);
    }
    if (result != SQLITE_DONE)
        check->code = dbk_view_fail(check->view, "cannot be checked", &check->err);
    else if (check->findings.failed)
        check->code = dbk_err_set(&check->err, DBK_ENOMEM, "out of memory.");
    sqlite3_finalize(statement);
    return NULL;
}

int dbk_view_check_start(struct dbk_view_check **check, const struct dbk_view *view, bool deep,
                         struct dbk_err *err)
{
    struct dbk_view_check *started = calloc(1, sizeof *started);
    *check = NULL;
    if (started == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    started->deep = deep;
    int code =
        dbk_view_open_file(&started->view, view->path, view->file, SQLITE_OPEN_READONLY, err);
    if (code == 0)
        code = dbk_view_exec(started->view, "PRAGMA query_only=1; PRAGMA trusted_schema=0;", err);
    if (code == 0 && (started->view->device != view->device || started->view->inode != view->inode))
        code =
            dbk_err_set(err, DBK_EVIEW, "%s was replaced at this moment. Try again.", view->path);
    if (code == 0) {
        dbk_view_stop_on(started->view, view->stop);
        started->started = pthread_create(&started->thread, NULL, run, started) == 0;
        if (!started->started)
            code = dbk_err_set(err, DBK_ENOMEM, "no thread can be started.");
    }
    if (code != 0) {
        dbk_view_check_close(started);
        return code;
    }
    *check = started;
    return 0;
}

static void join(struct dbk_view_check *check)
{
    if (check->started)
        pthread_join(check->thread, NULL);
    check->started = false;
}

int dbk_view_check_finish(struct dbk_view_check *check, dbk_visit_finding *visit, void *context,
                          struct dbk_err *err)
{
    int code = 0;
    join(check);
    for (size_t i = 0; code == 0 && i < check->findings.length;
         i += strlen(check->findings.bytes + i) + 1)
        code = visit(context, check->findings.bytes + i, err);
    if (code == 0 && check->code != 0) {
        *err = check->err;
        code = check->code;
    }
    return code;
}

void dbk_view_check_close(struct dbk_view_check *check)
{
    if (check == NULL)
        return;
    atomic_store(&check->cancelled, true);
    join(check);
    dbk_view_close(check->view);
    dbk_buffer_clear(&check->findings);
    free(check);
}
