#include <daybook/view_lend.h>

#include "view_internal.h"

#include <daybook/view_read.h>

#include <stdlib.h>
#include <string.h>

struct dbk_view_lender {
    struct dbk_view *view;
    sqlite3_stmt *account;
    sqlite3_stmt *source;
    struct dbk_lender lender;
    struct dbk_err err;
};

/** @return 0 where there is a row, DBK_ENO where there is none, DBK_EVIEW. */
static int look_up(struct dbk_view_lender *lender, sqlite3_stmt *statement)
{
    int result = sqlite3_step(statement);
    if (result == SQLITE_ROW)
        return 0;
    if (result == SQLITE_DONE)
        return DBK_ENO;
    return dbk_view_fail(lender->view, "cannot read", &lender->err);
}

/** A row that the fold cannot have made. */
static int damaged(struct dbk_view_lender *lender, const char *what)
{
    return dbk_err_set(&lender->err, DBK_EVIEW,
                       "%s is damaged: %s cannot be right. The log is the authority: rebuild the "
                       "view with: daybook project --reset -d %s",
                       lender->view->file, what, lender->view->path);
}

/** What an account has is what came, less what went. */
static bool adds_up(const struct dbk_account *account)
{
    int64_t balance_minor;
    return !__builtin_sub_overflow(account->deposits_minor, account->withdrawals_minor,
                                   &balance_minor) &&
           balance_minor == account->balance_minor;
}

static int lend_account(void *context, struct dbk_account *account)
{
    struct dbk_view_lender *lender = context;
    struct dbk_text name = account->name;
    sqlite3_bind_text(lender->account, 1, name.bytes, (int)name.length, SQLITE_STATIC);
    int code = look_up(lender, lender->account);
    if (code == 0 && sqlite3_column_type(lender->account, 2) != SQLITE_INTEGER)
        code = damaged(lender, "an account without a balance");
    if (code == 0)
        *account = dbk_view_take_account(lender->account);
    account->name = name;
    if (code == 0 && !adds_up(account))
        code = damaged(lender, "an account's balance");
    sqlite3_reset(lender->account);
    return code;
}

static int lend_source(void *context, int32_t partition, struct dbk_source *source)
{
    struct dbk_view_lender *lender = context;
    sqlite3_bind_blob(lender->source, 1, source->digest, sizeof source->digest, SQLITE_STATIC);
    sqlite3_bind_int(lender->source, 2, partition);
    sqlite3_bind_int(lender->source, 3, lender->view->identity.partition_count);
    int code = look_up(lender, lender->source);
    if (code == 0)
        source->seq = sqlite3_column_int64(lender->source, 0);
    if (code == 0 && source->seq < 0)
        code = damaged(lender, "a source's number");
    sqlite3_reset(lender->source);
    return code;
}

int dbk_view_lend(struct dbk_view_lender **lender, struct dbk_view *view, struct dbk_book *book,
                  struct dbk_err *err)
{
    static const char account[] =
        "SELECT " DBK_ACCOUNT_COLUMNS " FROM accounts LEFT JOIN balances USING (account_id) "
        "WHERE account = ?";
    static const char source[] = "SELECT seq FROM sources INDEXED BY sources_by_digest "
                                 "WHERE digest = ?1 AND source_id % ?3 = ?2";
    struct dbk_view_lender *opened = calloc(1, sizeof *opened);
    *lender = opened;
    if (opened == NULL) {
        dbk_view_close(view);
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    }
    opened->view = view;
    opened->lender =
        (struct dbk_lender){.account = lend_account, .source = lend_source, .context = opened};
    if (sqlite3_prepare_v2(view->db, account, -1, &opened->account, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(view->db, source, -1, &opened->source, NULL) != SQLITE_OK)
        return dbk_view_fail(view, "cannot read", err);
    int code = dbk_view_load_checkpoints(view, book, err);
    for (int32_t p = 0; code == 0 && p < view->identity.partition_count; p++)
        dbk_ledger_borrow(dbk_book_ledger(book, p), &opened->lender);
    return code;
}

void dbk_view_lender_close(struct dbk_view_lender *lender)
{
    if (lender == NULL)
        return;
    sqlite3_finalize(lender->account);
    sqlite3_finalize(lender->source);
    dbk_view_close(lender->view);
    free(lender);
}

const struct dbk_view *dbk_view_lender_view(const struct dbk_view_lender *lender)
{
    return lender->view;
}

const struct dbk_err *dbk_view_lender_error(const struct dbk_view_lender *lender)
{
    return &lender->err;
}
