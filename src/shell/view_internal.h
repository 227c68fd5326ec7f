/**
 * What the files that use SQLite share. Private to the shell.
 */
#ifndef DAYBOOK_VIEW_INTERNAL_H
#define DAYBOOK_VIEW_INTERNAL_H

#include <daybook/row.h>
#include <daybook/view.h>

#include <sqlite3.h>
#include <sys/types.h>

/** "dayb": tells a view from other SQLite files. */
#define DBK_APPLICATION_ID 0x64617962

enum dbk_view_statement {
    DBK_SQL_BEGIN,
    DBK_SQL_COMMIT,
    DBK_SQL_ROLLBACK,
    DBK_SQL_TRANSACTION,
    DBK_SQL_REJECTION,
    DBK_SQL_DAY,
    DBK_SQL_DAY_TOTAL,
    DBK_SQL_TOTALS,
    DBK_SQL_ACCOUNT,
    DBK_SQL_BALANCE,
    DBK_SQL_SOURCE,
    DBK_SQL_SOURCE_SEQ,
    DBK_SQL_CHECKPOINT,
    DBK_SQL_DIGEST,
    DBK_SQL_META,
    DBK_SQL_COUNT
};

/** Prepared questions that a connection keeps. */
#define DBK_QUERIES_KEPT 32

/** A question's text and its statement. */
struct dbk_prepared {
    char *sql;
    sqlite3_stmt *statement;
};

struct dbk_view {
    sqlite3 *db;
    char *path; /* the link */
    char *file; /* the generation's file */
    int64_t generation;
    dev_t device;
    ino_t inode;
    struct dbk_view_identity identity;
    int64_t deadline_ms;                            /* of the question being answered; 0: none */
    const atomic_bool *stop;                        /* NULL: nobody can ask to stop */
    sqlite3_stmt *statements[DBK_SQL_COUNT];        /* of a writer; prepared when first used */
    struct dbk_prepared prepared[DBK_QUERIES_KEPT]; /* of a reader */
    int prepared_next;                              /* the place whose turn it is to be given up */
};

/** @return true where the user asked to stop. */
bool dbk_view_is_stopped(const struct dbk_view *view);

/** Describe the connection's last error: what was done, why it failed, what to do. @return
 *  DBK_EVIEW, or DBK_ESTOPPED where it failed because of a stop. */
int dbk_view_fail(const struct dbk_view *view, const char *doing, struct dbk_err *err);

/** Run SQL text without results. */
DBK_MUST_CHECK int dbk_view_exec(struct dbk_view *view, const char *sql, struct dbk_err *err);

/** An account as dbk_view_take_account takes it, from balances and accounts. */
#define DBK_ACCOUNT_COLUMNS                                                                        \
    "account_id, account, balance_minor, deposit_count, deposits_minor, withdrawal_count, "        \
    "withdrawals_minor, last_offset, last_date_s"

/** @return the numbers of a row of DBK_ACCOUNT_COLUMNS; the name is the caller's to take. */
struct dbk_account dbk_view_take_account(sqlite3_stmt *statement);

/** The checkpoints' part of dbk_view_load. */
DBK_MUST_CHECK int dbk_view_load_checkpoints(struct dbk_view *view, struct dbk_book *book,
                                             struct dbk_err *err);

/** Read one integer. */
DBK_MUST_CHECK int dbk_view_integer(struct dbk_view *view, const char *sql, int64_t *value,
                                    struct dbk_err *err);

/** Open a file by its own name. flags are SQLite's. The caller closes view in any case. */
DBK_MUST_CHECK int dbk_view_open_file(struct dbk_view **view, const char *path, const char *file,
                                      int flags, struct dbk_err *err);

/** Make the tables in an empty file. with_indexes: at once, for a view that starts empty. */
DBK_MUST_CHECK int dbk_view_create_tables(struct dbk_view *view, const struct dbk_topic *topic,
                                          bool with_indexes, struct dbk_err *err);

/** The settings of a live view: WAL, whose files stay for readers without write access. */
DBK_MUST_CHECK int dbk_view_set_live(struct dbk_view *view, struct dbk_err *err);

/** Insert what an entry did. daily: with its day's aggregate. Within a transaction. */
DBK_MUST_CHECK int dbk_view_insert_entry(struct dbk_view *view, const struct dbk_entry *entry,
                                         bool daily, struct dbk_err *err);
DBK_MUST_CHECK int dbk_view_insert_points(struct dbk_view *view, const struct dbk_changes *changes,
                                          struct dbk_err *err);
DBK_MUST_CHECK int dbk_view_put_balance(struct dbk_view *view, const struct dbk_account *account,
                                        int64_t account_id, struct dbk_err *err);
/** Add to the row of its account and day. */
DBK_MUST_CHECK int dbk_view_put_day(struct dbk_view *view, const struct dbk_day *day,
                                    struct dbk_err *err);
/** Add to the row of its day. */
DBK_MUST_CHECK int dbk_view_put_day_total(struct dbk_view *view, int64_t day,
                                          const struct dbk_sums *sums, struct dbk_err *err);
/** Add to the totals. */
DBK_MUST_CHECK int dbk_view_put_totals(struct dbk_view *view, int64_t account_count,
                                       const struct dbk_sums *sums, struct dbk_err *err);
DBK_MUST_CHECK int dbk_view_put_seq(struct dbk_view *view, int64_t source_id, int64_t seq,
                                    struct dbk_err *err);
DBK_MUST_CHECK int dbk_view_put_checkpoint(struct dbk_view *view, int32_t partition,
                                           const struct dbk_checkpoint *checkpoint,
                                           struct dbk_err *err);
DBK_MUST_CHECK int dbk_view_put_commit(struct dbk_view *view, struct dbk_err *err);

/* Files: path -> path.N */

/** Where a path leads. */
struct dbk_generation {
    char *file;     /* NULL: there is no view yet */
    int64_t number; /* 0: a plain file */
};

DBK_MUST_CHECK int dbk_generation_current(struct dbk_generation *generation, const char *path,
                                          struct dbk_err *err);

/** Make a new empty file path.N, N above all others. file is allocated. */
DBK_MUST_CHECK int dbk_generation_create(struct dbk_generation *generation, const char *path,
                                         struct dbk_err *err);

/** Point path to a generation, atomically and durably. */
DBK_MUST_CHECK int dbk_generation_swap(const char *path, const struct dbk_generation *generation,
                                       struct dbk_err *err);

/** Point path to the first generation; where another process was faster, drop ours. */
DBK_MUST_CHECK int dbk_generation_link(const char *path, const struct dbk_generation *generation,
                                       struct dbk_err *err);

/** Remove all generations but two; 0 counts. */
void dbk_generation_prune(const char *path, int64_t keep, int64_t keep_too);

void dbk_generation_clear(struct dbk_generation *generation);

#endif
