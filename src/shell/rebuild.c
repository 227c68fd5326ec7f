#include <daybook/rebuild.h>

#include "view_internal.h"

#include <daybook/clock.h>
#include <daybook/date.h>
#include <daybook/lock.h>
#include <daybook/message.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const char dbk_indexes_sql[];

/** Every so many steps of SQLite's machine: a millisecond or less. */
#define PROGRESS_OPCODES 10000

struct dbk_rebuild {
    const char *path; /* the configuration's */
    const atomic_bool *stop;
    const struct dbk_topic *topic;
    struct dbk_lock lock;
    struct dbk_generation generation; /* the one being made */
    struct dbk_generation current;    /* the one it replaces, if any */
    struct dbk_view *view;            /* of generation */
    struct dbk_view *held;            /* of current, with its write lock, between hold and swap */
    bool swapped;
};

/** A file at the database's path that is not ours is never replaced. */
static int check_current(struct dbk_rebuild *rebuild, struct dbk_err *err)
{
    struct dbk_view *view = NULL;
    int64_t application_id = 0;
    if (rebuild->current.file == NULL || rebuild->current.number > 0)
        return 0;
    int code =
        dbk_view_open_file(&view, rebuild->path, rebuild->current.file, SQLITE_OPEN_READONLY, err);
    if (code == 0)
        code = dbk_view_integer(view, "PRAGMA application_id", &application_id, err);
    dbk_view_close(view);
    if (code == 0 && application_id == DBK_APPLICATION_ID)
        return 0;
    return dbk_err_set(err, DBK_EVIEW,
                       "%s is a file, but not one of daybook's databases; it was left as it is. "
                       "Choose another path with -d.",
                       rebuild->path);
}

/** SQLite asks now and then whether to go on: sorting an index takes long. */
static int on_progress(void *context)
{
    return dbk_view_is_stopped(context);
}

/** Nothing in this file is needed if we are killed, so nothing is made safe while loading. */
static int set_loading(struct dbk_view *view, struct dbk_err *err)
{
    sqlite3_progress_handler(view->db, PROGRESS_OPCODES, on_progress, view);
    return dbk_view_exec(view,
                         "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
                         "PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=-65536;"
                         "PRAGMA threads=2; BEGIN;",
                         err);
}

int dbk_rebuild_open(struct dbk_rebuild **rebuild, const struct dbk_config *config,
                     const struct dbk_topic *topic, struct dbk_err *err)
{
    *rebuild = NULL;
    struct dbk_rebuild *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    opened->topic = topic;
    opened->lock.fd = -1;
    opened->path = config->database;
    opened->stop = config->stop;
    int code = dbk_lock_take(&opened->lock, opened->path, "rebuild", err);
    struct dbk_err ignored; /* a link that leads nowhere is what a rebuild mends */
    if (code == 0 && dbk_generation_current(&opened->current, opened->path, &ignored) != 0)
        dbk_generation_clear(&opened->current);
    if (code == 0)
        code = check_current(opened, err);
    if (code == 0)
        code = dbk_generation_create(&opened->generation, opened->path, err);
    if (code == 0)
        code = dbk_view_open_file(&opened->view, opened->path, opened->generation.file,
                                  SQLITE_OPEN_READWRITE, err);
    if (code == 0)
        code = dbk_view_create_tables(opened->view, topic, false, err);
    if (code == 0)
        code = dbk_view_check_identity(opened->view, topic, err);
    if (code == 0) {
        dbk_view_stop_on(opened->view, opened->stop);
        code = set_loading(opened->view, err);
    }
    if (code != 0) {
        dbk_rebuild_close(opened);
        return code;
    }
    *rebuild = opened;
    return 0;
}

void dbk_rebuild_close(struct dbk_rebuild *rebuild)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    char file[4200];
    if (rebuild == NULL)
        return;
    dbk_view_close(rebuild->view);
    dbk_view_close(rebuild->held); /* ends its transaction */
    for (size_t i = 0; !rebuild->swapped && rebuild->generation.file != NULL && i < 3; i++) {
        snprintf(file, sizeof file, "%s%s", rebuild->generation.file, suffixes[i]);
        unlink(file);
    }
    dbk_generation_clear(&rebuild->generation);
    dbk_generation_clear(&rebuild->current);
    dbk_lock_release(&rebuild->lock);
    free(rebuild);
}

int64_t dbk_rebuild_generation(const struct dbk_rebuild *rebuild)
{
    return rebuild->generation.number;
}

int64_t dbk_rebuild_replaces(const struct dbk_rebuild *rebuild)
{
    return rebuild->current.file != NULL ? rebuild->current.number : -1;
}

int dbk_rebuild_insert(struct dbk_rebuild *rebuild, const struct dbk_changes *changes,
                       struct dbk_err *err)
{
    int code = 0;
    for (size_t i = 0; code == 0 && i < changes->count; i++)
        code = dbk_view_insert_entry(rebuild->view, &changes->entries[i], false, err);
    if (code == 0)
        code = dbk_view_insert_points(rebuild->view, changes, err);
    return code;
}

/** Accounts' balances and sources' last numbers, in the order of their ids. */
static int write_book(struct dbk_view *view, struct dbk_book *book, struct dbk_err *err)
{
    int64_t partition_count = dbk_book_partition_count(book);
    bool more = true;
    int code = 0;
    for (uint32_t i = 0; code == 0 && more; i++) {
        more = false;
        for (int32_t p = 0; code == 0 && p < partition_count; p++) {
            struct dbk_ledger *ledger = dbk_book_ledger(book, p);
            if (i < dbk_ledger_account_count(ledger)) {
                struct dbk_account *account = dbk_ledger_account(ledger, i);
                code = dbk_view_put_balance(view, account, i * partition_count + p, err);
                account->changed = false;
                more = true;
            }
            if (code == 0 && i < dbk_ledger_source_count(ledger)) {
                struct dbk_source *source = dbk_ledger_source(ledger, i);
                code = dbk_view_put_seq(view, i * partition_count + p, source->seq, err);
                source->changed = false;
                more = true;
            }
        }
    }
    for (int32_t p = 0; code == 0 && p < partition_count; p++)
        code = dbk_view_put_checkpoint(view, p, dbk_book_checkpoint(book, p), err);
    return code != 0 ? code : dbk_view_put_commit(view, err);
}

/**
 * Daily aggregates in the order of their key, read from the index that has just been made: no
 * sorting, and no more memory for more events. Sums fit, since those of the whole account do.
 */
static int make_days(struct dbk_view *view, struct dbk_err *err)
{
    sqlite3_stmt *select = NULL;
    struct dbk_day day = {.account_id = -1};
    int result = SQLITE_ERROR;
    int code = 0;
    if (sqlite3_prepare_v2(view->db,
                           "SELECT account_id, date_s, amount_minor FROM transactions "
                           "INDEXED BY transactions_by_account ORDER BY account_id, date_s",
                           -1, &select, NULL) != SQLITE_OK)
        return dbk_view_fail(view, "cannot make the daily aggregates", err);
    while (code == 0 && (result = sqlite3_step(select)) == SQLITE_ROW) {
        int64_t account_id = sqlite3_column_int64(select, 0);
        int64_t number = dbk_date_day(sqlite3_column_int64(select, 1));
        if (account_id != day.account_id || number != day.day) {
            code = day.account_id < 0 ? 0 : dbk_view_put_day(view, &day, err);
            day = (struct dbk_day){.account_id = account_id, .day = number};
        }
        dbk_day_add(&day, sqlite3_column_int64(select, 2));
    }
    if (code == 0 && result != SQLITE_DONE)
        code = dbk_view_fail(view, "cannot make the daily aggregates", err);
    if (code == 0 && day.account_id >= 0)
        code = dbk_view_put_day(view, &day, err);
    sqlite3_finalize(select);
    return code;
}

/** Totals of each day and of all, along the index by date: in constant memory. */
static int make_totals(struct dbk_view *view, struct dbk_book *book, struct dbk_err *err)
{
    sqlite3_stmt *select = NULL;
    struct dbk_sums all = {0};
    struct dbk_sums of_day = {0};
    int64_t day = 0;
    int64_t account_count = 0;
    int result = SQLITE_ERROR;
    int code = 0;
    if (sqlite3_prepare_v2(view->db,
                           "SELECT date_s, amount_minor FROM transactions "
                           "INDEXED BY transactions_by_date ORDER BY date_s",
                           -1, &select, NULL) != SQLITE_OK)
        return dbk_view_fail(view, "cannot make the daily totals", err);
    while (code == 0 && (result = sqlite3_step(select)) == SQLITE_ROW) {
        int64_t number = dbk_date_day(sqlite3_column_int64(select, 0));
        if (number != day && of_day.deposit_count + of_day.withdrawal_count > 0) {
            code = dbk_view_put_day_total(view, day, &of_day, err);
            dbk_sums_add_sums(&all, &of_day);
            of_day = (struct dbk_sums){0};
        }
        day = number;
        dbk_sums_add(&of_day, sqlite3_column_int64(select, 1));
    }
    if (code == 0 && result != SQLITE_DONE)
        code = dbk_view_fail(view, "cannot make the daily totals", err);
    sqlite3_finalize(select);
    if (code == 0 && of_day.deposit_count + of_day.withdrawal_count > 0)
        code = dbk_view_put_day_total(view, day, &of_day, err);
    dbk_sums_add_sums(&all, &of_day);
    for (int32_t p = 0; p < dbk_book_partition_count(book); p++)
        account_count += dbk_ledger_account_count(dbk_book_ledger(book, p));
    return code == 0 ? dbk_view_put_totals(view, account_count, &all, err) : code;
}

/** The invariants of schema/views.sql, as stored. */
static int check_counts(struct dbk_view *view, struct dbk_book *book, struct dbk_err *err)
{
    int64_t rows = 0;
    int64_t days = 0;
    int64_t posted = 0;
    int code = dbk_view_integer(view, "SELECT count(*) FROM transactions", &posted, err);
    if (code == 0)
        code = dbk_view_integer(view, "SELECT count(*) FROM rejections", &rows, err);
    if (code == 0)
        code = dbk_view_integer(
            view, "SELECT coalesce(sum(deposit_count + withdrawal_count), 0) FROM balances", &days,
            err);
    if (code != 0)
        return code;
    if (rows + posted != dbk_book_event_count(book) || days != posted)
        return dbk_err_set(err, DBK_EVIEW,
                           "the rebuilt view does not add up: %lld transactions, %lld rejections "
                           "and %lld in the balances, for %lld events. It was thrown away; the "
                           "current view stays. Check the disk.",
                           (long long)posted, (long long)rows, (long long)days,
                           (long long)dbk_book_event_count(book));
    return 0;
}

int dbk_rebuild_finish(struct dbk_rebuild *rebuild, struct dbk_book *book, struct dbk_view **view,
                       struct dbk_err *err)
{
    *view = NULL;
    int code = write_book(rebuild->view, book, err);
    if (code == 0)
        code = dbk_view_exec(rebuild->view, dbk_indexes_sql, err);
    if (code == 0)
        code = make_days(rebuild->view, err);
    if (code == 0)
        code = make_totals(rebuild->view, book, err);
    if (code == 0)
        code = check_counts(rebuild->view, book, err);
    if (code == 0)
        code = dbk_view_exec(rebuild->view, "COMMIT", err);
    dbk_view_close(rebuild->view); /* gives the exclusive lock back */
    rebuild->view = NULL;
    if (code == 0)
        code = dbk_view_open_file(&rebuild->view, rebuild->path, rebuild->generation.file,
                                  SQLITE_OPEN_READWRITE, err);
    if (code == 0)
        code = dbk_view_check_identity(rebuild->view, rebuild->topic, err);
    if (code == 0) {
        dbk_view_stop_on(rebuild->view, rebuild->stop);
        code = dbk_view_set_live(rebuild->view, err);
    }
    if (code == 0)
        *view = rebuild->view;
    return code;
}

int dbk_rebuild_hold(struct dbk_rebuild *rebuild, int64_t *offset_next, struct dbk_err *err)
{
    struct dbk_view *view = NULL;
    struct dbk_err ignored;
    for (int32_t p = 0; p < rebuild->topic->partition_count; p++)
        offset_next[p] = 0;
    /* What is there now, which may have been made while we were rebuilding. */
    dbk_generation_clear(&rebuild->current);
    if (dbk_generation_current(&rebuild->current, rebuild->path, &ignored) != 0 ||
        rebuild->current.file == NULL)
        return 0;
    /* A view that is damaged, or of another log, has nothing that could go back in time. */
    int code = dbk_view_open_file(&view, rebuild->path, rebuild->current.file,
                                  SQLITE_OPEN_READWRITE, &ignored);
    if (code != 0 || dbk_view_check_identity(view, rebuild->topic, &ignored) != 0 ||
        view->identity.partition_count != rebuild->topic->partition_count) {
        dbk_view_close(view);
        return 0;
    }
    rebuild->held = view;
    dbk_view_stop_on(view, rebuild->stop);
    if (sqlite3_exec(view->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
        return dbk_view_fail(view, "cannot stop its writer for the swap", err);
    sqlite3_stmt *statement = NULL;
    bool ok = sqlite3_prepare_v2(view->db, "SELECT partition, offset_next FROM checkpoints", -1,
                                 &statement, NULL) == SQLITE_OK;
    while (ok && sqlite3_step(statement) == SQLITE_ROW) {
        int64_t partition = sqlite3_column_int64(statement, 0);
        if (partition >= 0 && partition < rebuild->topic->partition_count)
            offset_next[partition] = sqlite3_column_int64(statement, 1);
    }
    sqlite3_finalize(statement);
    return 0;
}

int dbk_rebuild_swap(struct dbk_rebuild *rebuild, struct dbk_err *err)
{
    if (sqlite3_wal_checkpoint_v2(rebuild->view->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL,
                                  NULL) != SQLITE_OK)
        return dbk_view_fail(rebuild->view, "cannot write the rebuilt view to disk", err);
    int code = dbk_generation_swap(rebuild->path, &rebuild->generation, err);
    if (code != 0)
        return code;
    rebuild->swapped = true;
    if (rebuild->held != NULL)
        sqlite3_exec(rebuild->held->db, "ROLLBACK", NULL, NULL, NULL);
    dbk_generation_prune(rebuild->path, rebuild->generation.number,
                         rebuild->current.file != NULL ? rebuild->current.number
                                                       : rebuild->generation.number);
    return 0;
}
