#include "view_internal.h"

#include <string.h>

/** A view whose content cannot be what the fold made. */
static int damaged(const struct dbk_view *view, const char *what, int64_t id, struct dbk_err *err)
{
    return dbk_err_set(err, DBK_EVIEW,
                       "%s is damaged: %s %lld cannot be right. The log is the authority: rebuild "
                       "the view with: daybook project --reset -d %s",
                       view->file, what, (long long)id, view->path);
}

static int prepare(struct dbk_view *view, sqlite3_stmt **statement, const char *sql,
                   struct dbk_err *err)
{
    if (sqlite3_prepare_v2(view->db, sql, -1, statement, NULL) == SQLITE_OK)
        return 0;
    return dbk_view_fail(view, "cannot read", err);
}

/** Index of an id within its partition: ids count all partitions in turn. The query gives only
 * those of the partition wanted. */
static bool in_order(const struct dbk_view *view, int64_t id, uint32_t count)
{
    return id >= 0 && id / view->identity.partition_count == (int64_t)count;
}

struct dbk_account dbk_view_take_account(sqlite3_stmt *statement)
{
    return (struct dbk_account){
        .balance_minor = sqlite3_column_int64(statement, 2),
        .deposit_count = sqlite3_column_int64(statement, 3),
        .deposits_minor = sqlite3_column_int64(statement, 4),
        .withdrawal_count = sqlite3_column_int64(statement, 5),
        .withdrawals_minor = sqlite3_column_int64(statement, 6),
        .last_offset = sqlite3_column_int64(statement, 7),
        .last_date_s = sqlite3_column_int64(statement, 8),
    };
}

static int load_accounts(struct dbk_view *view, struct dbk_book *book, int32_t only,
                         sqlite3_stmt *statement, struct dbk_err *err)
{
    int result;
    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
        int64_t id = sqlite3_column_int64(statement, 0);
        int32_t partition = id < 0 ? 0 : (int32_t)(id % view->identity.partition_count);
        struct dbk_ledger *ledger = dbk_book_ledger(book, partition);
        struct dbk_account account = dbk_view_take_account(statement);
        account.name.bytes = (const char *)sqlite3_column_text(statement, 1);
        account.name.length = (uint32_t)sqlite3_column_bytes(statement, 1);
        int code =
            (only < 0 || partition == only) && in_order(view, id, dbk_ledger_account_count(ledger))
                ? dbk_ledger_restore_account(ledger, &account)
                : DBK_EVIEW;
        if (code == DBK_ENOMEM)
            return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
        if (code != 0)
            return damaged(view, "account_id", id, err);
    }
    return result == SQLITE_DONE ? 0 : dbk_view_fail(view, "cannot read the accounts", err);
}

static int load_sources(struct dbk_view *view, struct dbk_book *book, int32_t only,
                        sqlite3_stmt *statement, struct dbk_err *err)
{
    int result;
    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
        int64_t id = sqlite3_column_int64(statement, 0);
        int32_t partition = id < 0 ? 0 : (int32_t)(id % view->identity.partition_count);
        struct dbk_ledger *ledger = dbk_book_ledger(book, partition);
        struct dbk_source source = {.seq = sqlite3_column_int64(statement, 2)};
        if (sqlite3_column_bytes(statement, 1) != sizeof source.digest)
            return damaged(view, "source_id", id, err);
        memcpy(source.digest, sqlite3_column_blob(statement, 1), sizeof source.digest);
        int code =
            (only < 0 || partition == only) && in_order(view, id, dbk_ledger_source_count(ledger))
                ? dbk_ledger_restore_source(ledger, &source)
                : DBK_EVIEW;
        if (code == DBK_ENOMEM)
            return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
        if (code != 0)
            return damaged(view, "source_id", id, err);
    }
    return result == SQLITE_DONE ? 0 : dbk_view_fail(view, "cannot read the sources", err);
}

static int load_checkpoints(struct dbk_view *view, struct dbk_book *book, int32_t only,
                            sqlite3_stmt *statement, struct dbk_err *err)
{
    int result;
    int32_t next = only < 0 ? 0 : only;
    int32_t end = only < 0 ? view->identity.partition_count : only + 1;
    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
        int64_t partition = sqlite3_column_int64(statement, 0);
        struct dbk_checkpoint checkpoint = {
            .offset_next = sqlite3_column_int64(statement, 1),
            .timestamp_ms = sqlite3_column_int64(statement, 2),
        };
        if (partition != next || next == end || checkpoint.offset_next < 0 ||
            sqlite3_column_bytes(statement, 3) != DBK_DIGEST_SIZE ||
            sqlite3_column_bytes(statement, 4) != DBK_DIGEST_SIZE)
            return damaged(view, "the checkpoint of partition", partition, err);
        memcpy(checkpoint.digest.bytes, sqlite3_column_blob(statement, 3), DBK_DIGEST_SIZE);
        memcpy(checkpoint.digest_before.bytes, sqlite3_column_blob(statement, 4), DBK_DIGEST_SIZE);
        dbk_book_restore_checkpoint(book, next++, &checkpoint);
    }
    if (result != SQLITE_DONE)
        return dbk_view_fail(view, "cannot read the checkpoints", err);
    return next == end ? 0 : damaged(view, "the checkpoint of partition", next, err);
}

/** What a view holds, in the order to load it. */
static const struct part {
    const char *sql;
    int (*load)(struct dbk_view *, struct dbk_book *, int32_t only, sqlite3_stmt *,
                struct dbk_err *);
} parts[] = {
    {"SELECT " DBK_ACCOUNT_COLUMNS " FROM balances JOIN accounts USING (account_id) "
     "WHERE ?1 < 0 OR account_id % ?2 = ?1 ORDER BY account_id",
     load_accounts},
    {"SELECT source_id, digest, seq FROM sources "
     "WHERE ?1 < 0 OR source_id % ?2 = ?1 ORDER BY source_id",
     load_sources},
    {"SELECT partition, offset_next, timestamp_ms, digest, digest_before FROM checkpoints "
     "WHERE ?1 < 0 OR partition = ?1 ORDER BY partition",
     load_checkpoints},
};

#define PART_COUNT (sizeof parts / sizeof parts[0])

static int load_part(struct dbk_view *view, struct dbk_book *book, int32_t only,
                     const struct part *part, struct dbk_err *err)
{
    sqlite3_stmt *statement = NULL;
    int code = prepare(view, &statement, part->sql, err);
    if (code == 0) {
        sqlite3_bind_int(statement, 1, only);
        if (sqlite3_bind_parameter_count(statement) > 1)
            sqlite3_bind_int(statement, 2, view->identity.partition_count);
        code = part->load(view, book, only, statement, err);
    }
    sqlite3_finalize(statement);
    return code;
}

int dbk_view_load_checkpoints(struct dbk_view *view, struct dbk_book *book, struct dbk_err *err)
{
    return load_part(view, book, -1, &parts[PART_COUNT - 1], err);
}

int dbk_view_load(struct dbk_view *view, struct dbk_book *book, int32_t only, struct dbk_err *err)
{
    DBK_ASSERT(dbk_book_partition_count(book) == view->identity.partition_count);
    /* Within a caller's transaction, which then holds all that it reads together. */
    bool own = sqlite3_get_autocommit(view->db) != 0;
    int code = own ? dbk_view_exec(view, "BEGIN", err) : 0;
    for (size_t i = 0; code == 0 && i < PART_COUNT; i++)
        code = load_part(view, book, only, &parts[i], err);
    if (own && sqlite3_get_autocommit(view->db) == 0)
        sqlite3_exec(view->db, "ROLLBACK", NULL, NULL, NULL);
    return code;
}
