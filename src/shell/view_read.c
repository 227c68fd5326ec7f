#include <daybook/view_read.h>

#include "view_internal.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int read_checkpoints(struct dbk_view *view, struct dbk_checkpoint *checkpoints,
                            struct dbk_err *err)
{
    sqlite3_stmt *statement = NULL;
    int result = SQLITE_ERROR;
    int32_t count = view->identity.partition_count;
    for (int32_t p = 0; p < count; p++)
        checkpoints[p] = (struct dbk_checkpoint){.offset_next = -1};
    if (sqlite3_prepare_v2(view->db,
                           "SELECT partition, offset_next, timestamp_ms, digest, digest_before "
                           "FROM checkpoints",
                           -1, &statement, NULL) == SQLITE_OK)
        while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
            int64_t partition = sqlite3_column_int64(statement, 0);
            if (partition < 0 || partition >= count)
                continue;
            struct dbk_checkpoint *checkpoint = &checkpoints[partition];
            checkpoint->offset_next = sqlite3_column_int64(statement, 1);
            checkpoint->timestamp_ms = sqlite3_column_int64(statement, 2);
            if (sqlite3_column_bytes(statement, 3) == DBK_DIGEST_SIZE)
                memcpy(checkpoint->digest.bytes, sqlite3_column_blob(statement, 3),
                       DBK_DIGEST_SIZE);
            if (sqlite3_column_bytes(statement, 4) == DBK_DIGEST_SIZE)
                memcpy(checkpoint->digest_before.bytes, sqlite3_column_blob(statement, 4),
                       DBK_DIGEST_SIZE);
        }
    int code = result == SQLITE_DONE ? 0 : dbk_view_fail(view, "cannot read the checkpoints", err);
    sqlite3_finalize(statement);
    return code;
}

int dbk_view_begin(struct dbk_view *view, struct dbk_checkpoint *checkpoints, struct dbk_err *err)
{
    int code = dbk_view_exec(view, "BEGIN", err);
    if (code == 0)
        code = dbk_view_check_identity(view, NULL, err);
    return code == 0 && checkpoints != NULL ? read_checkpoints(view, checkpoints, err) : code;
}

void dbk_view_end(struct dbk_view *view)
{
    if (sqlite3_get_autocommit(view->db) == 0)
        sqlite3_exec(view->db, "ROLLBACK", NULL, NULL, NULL);
}

int dbk_view_each_account(struct dbk_view *view, const struct dbk_text *name,
                          dbk_visit_account *visit, void *context, struct dbk_err *err)
{
    static const char all[] =
        "SELECT " DBK_ACCOUNT_COLUMNS
        " FROM balances LEFT JOIN accounts USING (account_id) ORDER BY account";
    static const char one[] = "SELECT " DBK_ACCOUNT_COLUMNS
                              " FROM accounts JOIN balances USING (account_id) WHERE account = ?";
    sqlite3_stmt *statement = NULL;
    int result = SQLITE_ERROR;
    int code = 0;
    if (sqlite3_prepare_v2(view->db, name != NULL ? one : all, -1, &statement, NULL) != SQLITE_OK)
        return dbk_view_fail(view, "cannot read the accounts", err);
    if (name != NULL)
        sqlite3_bind_text(statement, 1, name->bytes, (int)name->length, SQLITE_STATIC);
    while (code == 0 && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        struct dbk_account account = dbk_view_take_account(statement);
        account.name.bytes = (const char *)sqlite3_column_text(statement, 1);
        account.name.length = (uint32_t)sqlite3_column_bytes(statement, 1);
        if (account.name.bytes == NULL)
            account.name = (struct dbk_text){"", 0};
        code = visit(context, sqlite3_column_int64(statement, 0), &account, err);
    }
    if (code == 0 && result != SQLITE_DONE)
        code = dbk_view_fail(view, "cannot read the accounts", err);
    sqlite3_finalize(statement);
    return code;
}

int dbk_view_count_verdicts(struct dbk_view *view, int64_t *counts, struct dbk_err *err)
{
    sqlite3_stmt *statement = NULL;
    int result = SQLITE_ERROR;
    for (int i = 0; i < DBK_VERDICT_COUNT; i++)
        counts[i] = 0;
    /* Postings are counted in the balances: the transactions may be many millions. */
    int code = dbk_view_integer(
        view, "SELECT coalesce(sum(deposit_count + withdrawal_count), 0) FROM balances",
        &counts[DBK_POSTED], err);
    if (code != 0)
        return code;
    if (sqlite3_prepare_v2(view->db, "SELECT reason, count(*) FROM rejections GROUP BY reason", -1,
                           &statement, NULL) == SQLITE_OK)
        while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
            const char *reason = (const char *)sqlite3_column_text(statement, 0);
            for (int i = 0; reason != NULL && i < DBK_VERDICT_COUNT; i++)
                if (strcmp(reason, dbk_verdict_name((enum dbk_verdict)i)) == 0)
                    counts[i] = sqlite3_column_int64(statement, 1);
        }
    code = result == SQLITE_DONE ? 0 : dbk_view_fail(view, "cannot read the rejections", err);
    sqlite3_finalize(statement);
    return code;
}

int64_t dbk_view_size(const struct dbk_view *view)
{
    static const char *const suffixes[] = {"", "-wal"};
    char file[4200];
    struct stat status;
    int64_t size = 0;
    for (int i = 0; i < 2; i++) {
        snprintf(file, sizeof file, "%s%s", view->file, suffixes[i]);
        if (stat(file, &status) == 0)
            size += status.st_size;
    }
    return size;
}
