#include "view_internal.h"

#include <daybook/clock.h>
#include <daybook/date.h>

/* Both lows are below DBK_SUM_BASE, so that their sum fits 64 bits. */
#define ADD_SUM(name, high, low)                                                                   \
    name "_high = " name "_high + " high " + (" name "_low + " low                                 \
         ") / 1000000000000000000, " name "_low = (" name "_low + " low ") % 1000000000000000000"

static const char *const statements[DBK_SQL_COUNT] = {
    [DBK_SQL_BEGIN] = "BEGIN IMMEDIATE",
    [DBK_SQL_COMMIT] = "COMMIT",
    [DBK_SQL_ROLLBACK] = "ROLLBACK",
    [DBK_SQL_TRANSACTION] = "INSERT INTO transactions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [DBK_SQL_REJECTION] = "INSERT INTO rejections VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [DBK_SQL_DAY] =
        "INSERT INTO daily_aggregates VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET "
        "deposit_count = deposit_count + ?3, deposits_minor = deposits_minor + ?4, "
        "withdrawal_count = withdrawal_count + ?5, withdrawals_minor = withdrawals_minor + ?6",
    [DBK_SQL_DAY_TOTAL] =
        "INSERT INTO daily_totals VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET "
        "deposit_count = deposit_count + ?2, " ADD_SUM(
            "deposits", "?3",
            "?4") ", "
                  "withdrawal_count = withdrawal_count + ?5, " ADD_SUM("withdrawals", "?6", "?7"),
    [DBK_SQL_TOTALS] =
        "UPDATE totals SET account_count = account_count + ?2, "
        "deposit_count = deposit_count + ?3, " ADD_SUM(
            "deposits", "?4", "?5") ", "
                                    "withdrawal_count = withdrawal_count + ?6, " ADD_SUM(
                                        "withdrawals", "?7", "?8") " WHERE only = ?1",
    [DBK_SQL_ACCOUNT] = "INSERT INTO accounts VALUES (?, ?)",
    [DBK_SQL_BALANCE] = "INSERT OR REPLACE INTO balances VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    [DBK_SQL_SOURCE] = "INSERT INTO sources VALUES (?, ?, ?, ?)",
    [DBK_SQL_SOURCE_SEQ] = "UPDATE sources SET seq = ?2 WHERE source_id = ?1",
    [DBK_SQL_CHECKPOINT] = "INSERT OR REPLACE INTO checkpoints VALUES (?, ?, ?, ?, ?)",
    [DBK_SQL_DIGEST] = "INSERT INTO digests VALUES (?, ?, ?)",
    [DBK_SQL_META] = "UPDATE meta SET commit_seq = commit_seq + 1, committed_ms = ?",
};

/** @return the statement, ready to bind, or NULL. */
static sqlite3_stmt *statement_of(struct dbk_view *view, enum dbk_view_statement which)
{
    if (view->statements[which] == NULL)
        sqlite3_prepare_v3(view->db, statements[which], -1, SQLITE_PREPARE_PERSISTENT,
                           &view->statements[which], NULL);
    return view->statements[which];
}

static int run(struct dbk_view *view, enum dbk_view_statement which, struct dbk_err *err)
{
    sqlite3_stmt *statement = statement_of(view, which);
    if (statement == NULL || sqlite3_step(statement) != SQLITE_DONE) {
        int code = dbk_view_fail(view, "cannot write", err);
        sqlite3_reset(statement);
        return code;
    }
    sqlite3_reset(statement);
    return 0;
}

static void bind(sqlite3_stmt *statement, int column, const struct dbk_value *value)
{
    switch (value->kind) {
    case DBK_VALUE_INTEGER:
        sqlite3_bind_int64(statement, column, value->integer);
        break;
    case DBK_VALUE_TEXT:
        sqlite3_bind_text(statement, column, value->text.bytes, (int)value->text.length,
                          SQLITE_STATIC);
        break;
    case DBK_VALUE_BLOB:
        sqlite3_bind_blob(statement, column, value->text.bytes, (int)value->text.length,
                          SQLITE_STATIC);
        break;
    case DBK_VALUE_NULL:
    case DBK_VALUE_OTHER:
        sqlite3_bind_null(statement, column);
        break;
    }
}

/** Run a statement whose parameters are a row's columns. */
static int put_row(struct dbk_view *view, enum dbk_view_statement which, const struct dbk_row *row,
                   struct dbk_err *err)
{
    sqlite3_stmt *statement = statement_of(view, which);
    if (statement == NULL)
        return dbk_view_fail(view, "cannot write", err);
    for (int i = 0; i < row->count; i++)
        bind(statement, i + 1, &row->values[i]);
    return run(view, which, err);
}

static int64_t signed_amount(const struct dbk_event *event)
{
    return event->type == DBK_DEPOSIT ? event->value_minor : -event->value_minor;
}

static int add_to_day(struct dbk_view *view, const struct dbk_event *event, int64_t account_id,
                      struct dbk_err *err)
{
    struct dbk_day day = {.account_id = account_id, .day = dbk_date_day(event->date_s)};
    dbk_day_add(&day, signed_amount(event));
    return dbk_view_put_day(view, &day, err);
}

static int insert_source(struct dbk_view *view, const struct dbk_entry *entry, struct dbk_err *err)
{
    struct dbk_digest digest;
    struct dbk_text source = entry->event.source;
    sqlite3_stmt *statement = statement_of(view, DBK_SQL_SOURCE);
    if (statement == NULL)
        return dbk_view_fail(view, "cannot write", err);
    dbk_digest_bytes(&digest, source.bytes, source.length);
    sqlite3_bind_int64(statement, 1,
                       (int64_t)entry->posting.source * view->identity.partition_count +
                           entry->record.partition);
    sqlite3_bind_text(statement, 2, source.bytes, (int)source.length, SQLITE_STATIC);
    sqlite3_bind_blob(statement, 3, digest.bytes, 16, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 4, entry->event.seq);
    return run(view, DBK_SQL_SOURCE, err);
}

int dbk_view_insert_entry(struct dbk_view *view, const struct dbk_entry *entry, bool daily,
                          struct dbk_err *err)
{
    struct dbk_row row;
    struct dbk_row_scratch scratch;
    int32_t partition_count = view->identity.partition_count;
    int64_t account_id =
        (int64_t)entry->posting.account * partition_count + entry->record.partition;
    int code = entry->posting.source_is_new ? insert_source(view, entry, err) : 0;
    if (code != 0)
        return code;
    if (entry->posting.verdict != DBK_POSTED) {
        dbk_row_of_rejection(&row, entry, partition_count, &scratch);
        return put_row(view, DBK_SQL_REJECTION, &row, err);
    }
    if (entry->posting.account_is_new) {
        struct dbk_account account = {.name = entry->event.account};
        dbk_row_of_account(&row, account_id, &account);
        code = put_row(view, DBK_SQL_ACCOUNT, &row, err);
    }
    dbk_row_of_transaction(&row, entry, partition_count);
    if (code == 0)
        code = put_row(view, DBK_SQL_TRANSACTION, &row, err);
    if (code == 0 && daily)
        code = add_to_day(view, &entry->event, account_id, err);
    return code;
}

int dbk_view_insert_points(struct dbk_view *view, const struct dbk_changes *changes,
                           struct dbk_err *err)
{
    int code = 0;
    for (size_t i = 0; code == 0 && i < changes->point_count; i++) {
        const struct dbk_digest_point *point = &changes->points[i];
        sqlite3_stmt *statement = statement_of(view, DBK_SQL_DIGEST);
        if (statement == NULL)
            return dbk_view_fail(view, "cannot write", err);
        sqlite3_bind_int(statement, 1, point->partition);
        sqlite3_bind_int64(statement, 2, point->offset_next);
        sqlite3_bind_blob(statement, 3, point->digest.bytes, DBK_DIGEST_SIZE, SQLITE_STATIC);
        code = run(view, DBK_SQL_DIGEST, err);
    }
    return code;
}

int dbk_view_put_balance(struct dbk_view *view, const struct dbk_account *account,
                         int64_t account_id, struct dbk_err *err)
{
    struct dbk_row row;
    dbk_row_of_balance(&row, account_id, account);
    return put_row(view, DBK_SQL_BALANCE, &row, err);
}

int dbk_view_put_day(struct dbk_view *view, const struct dbk_day *day, struct dbk_err *err)
{
    struct dbk_row row;
    dbk_row_of_day(&row, day);
    return put_row(view, DBK_SQL_DAY, &row, err);
}

int dbk_view_put_day_total(struct dbk_view *view, int64_t day, const struct dbk_sums *sums,
                           struct dbk_err *err)
{
    struct dbk_row row;
    dbk_row_of_day_total(&row, day, sums);
    return put_row(view, DBK_SQL_DAY_TOTAL, &row, err);
}

int dbk_view_put_totals(struct dbk_view *view, int64_t account_count, const struct dbk_sums *sums,
                        struct dbk_err *err)
{
    struct dbk_row row;
    dbk_row_of_totals(&row, account_count, sums);
    return put_row(view, DBK_SQL_TOTALS, &row, err);
}

int dbk_view_put_seq(struct dbk_view *view, int64_t source_id, int64_t seq, struct dbk_err *err)
{
    sqlite3_stmt *statement = statement_of(view, DBK_SQL_SOURCE_SEQ);
    if (statement == NULL)
        return dbk_view_fail(view, "cannot write", err);
    sqlite3_bind_int64(statement, 1, source_id);
    sqlite3_bind_int64(statement, 2, seq);
    return run(view, DBK_SQL_SOURCE_SEQ, err);
}

int dbk_view_put_checkpoint(struct dbk_view *view, int32_t partition,
                            const struct dbk_checkpoint *checkpoint, struct dbk_err *err)
{
    struct dbk_row row;
    dbk_row_of_checkpoint(&row, partition, checkpoint);
    return put_row(view, DBK_SQL_CHECKPOINT, &row, err);
}

int dbk_view_put_commit(struct dbk_view *view, struct dbk_err *err)
{
    sqlite3_stmt *statement = statement_of(view, DBK_SQL_META);
    if (statement == NULL)
        return dbk_view_fail(view, "cannot write", err);
    sqlite3_bind_int64(statement, 1, dbk_clock_wall_ms());
    return run(view, DBK_SQL_META, err);
}

/** Mark what the entries changed as still to be written: a failed commit is tried again. */
static void mark_changed(struct dbk_book *book, const struct dbk_changes *changes)
{
    for (size_t i = 0; i < changes->count; i++) {
        const struct dbk_entry *entry = &changes->entries[i];
        struct dbk_ledger *ledger = dbk_book_ledger(book, entry->record.partition);
        if (entry->posting.verdict == DBK_POSTED)
            dbk_ledger_account(ledger, entry->posting.account)->changed = true;
        if (entry->posting.source != DBK_NO_SOURCE)
            dbk_ledger_source(ledger, entry->posting.source)->changed = true;
    }
}

/** The account, source and checkpoint that an entry changed, each once however many entries did. */
static int put_state(struct dbk_view *view, struct dbk_book *book, const struct dbk_entry *entry,
                     struct dbk_err *err)
{
    int32_t partition = entry->record.partition;
    int64_t partition_count = view->identity.partition_count;
    struct dbk_ledger *ledger = dbk_book_ledger(book, partition);
    int code = 0;
    if (entry->posting.verdict == DBK_POSTED) {
        struct dbk_account *account = dbk_ledger_account(ledger, entry->posting.account);
        if (account->changed)
            code = dbk_view_put_balance(view, account,
                                        entry->posting.account * partition_count + partition, err);
        account->changed = false;
    }
    if (code == 0 && entry->posting.source != DBK_NO_SOURCE) {
        struct dbk_source *source = dbk_ledger_source(ledger, entry->posting.source);
        if (source->changed)
            code = dbk_view_put_seq(view, entry->posting.source * partition_count + partition,
                                    source->seq, err);
        source->changed = false;
    }
    const struct dbk_checkpoint *checkpoint = dbk_book_checkpoint(book, partition);
    if (code == 0 && entry->record.offset == checkpoint->offset_next - 1)
        code = dbk_view_put_checkpoint(view, partition, checkpoint, err);
    return code;
}

/** The totals of the entries: a day's are gathered while entries are of the same day, as most are.
 */
static int put_totals(struct dbk_view *view, const struct dbk_changes *changes, struct dbk_err *err)
{
    struct dbk_sums all = {0};
    struct dbk_sums of_day = {0};
    int64_t day = 0;
    int64_t account_count = 0;
    int code = 0;
    for (size_t i = 0; code == 0 && i < changes->count; i++) {
        const struct dbk_entry *entry = &changes->entries[i];
        if (entry->posting.verdict != DBK_POSTED)
            continue;
        int64_t its_day = dbk_date_day(entry->event.date_s);
        bool begun = of_day.deposit_count + of_day.withdrawal_count > 0;
        if (begun && its_day != day) {
            code = dbk_view_put_day_total(view, day, &of_day, err);
            of_day = (struct dbk_sums){0};
        }
        day = its_day;
        dbk_sums_add(&of_day, signed_amount(&entry->event));
        dbk_sums_add(&all, signed_amount(&entry->event));
        account_count += entry->posting.account_is_new;
    }
    if (code != 0 || all.deposit_count + all.withdrawal_count == 0)
        return code;
    code = dbk_view_put_day_total(view, day, &of_day, err);
    return code == 0 ? dbk_view_put_totals(view, account_count, &all, err) : code;
}

/** All that belongs to one commit, within its transaction. */
static int write_changes(struct dbk_view *view, struct dbk_book *book,
                         const struct dbk_changes *changes, struct dbk_err *err)
{
    int code = 0;
    for (size_t i = 0; code == 0 && i < changes->count; i++)
        code = dbk_view_insert_entry(view, &changes->entries[i], true, err);
    for (size_t i = 0; code == 0 && i < changes->count; i++)
        code = put_state(view, book, &changes->entries[i], err);
    if (code == 0)
        code = put_totals(view, changes, err);
    if (code == 0)
        code = dbk_view_insert_points(view, changes, err);
    if (code == 0)
        code = dbk_view_put_commit(view, err);
    return code == 0 ? run(view, DBK_SQL_COMMIT, err) : code;
}

static int write_if(struct dbk_view *view, struct dbk_book *book, const struct dbk_changes *changes,
                    bool linked, bool *replaced, struct dbk_err *err)
{
    *replaced = false;
    int code = run(view, DBK_SQL_BEGIN, err);
    if (code != 0)
        return code;
    /* Asked with the write lock held: a rebuild holds that lock while it swaps. */
    *replaced = linked && dbk_view_replaced(view);
    if (!*replaced)
        code = write_changes(view, book, changes, err);
    if (*replaced || code != 0) {
        mark_changed(book, changes);
        if (sqlite3_get_autocommit(view->db) == 0)
            sqlite3_exec(view->db, "ROLLBACK", NULL, NULL, NULL);
    }
    return code;
}

int dbk_view_write(struct dbk_view *view, struct dbk_book *book, const struct dbk_changes *changes,
                   bool *replaced, struct dbk_err *err)
{
    return write_if(view, book, changes, true, replaced, err);
}

int dbk_view_write_unlinked(struct dbk_view *view, struct dbk_book *book,
                            const struct dbk_changes *changes, struct dbk_err *err)
{
    bool replaced;
    return write_if(view, book, changes, false, &replaced, err);
}
