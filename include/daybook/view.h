/**
 * The view: SQLite tables derived from the log (schema/views.sql), their files and their writer.
 *
 * The database's path is a symbolic link to a generation, `ledger.db` -> `ledger.db.7`; a rebuild
 * makes the next generation beside it and swaps the link. Rows and checkpoints are committed
 * together, so a view is always the exact result of a prefix of every partition.
 *
 * Lifetime: one of the opens, then close (takes NULL). One thread at a time.
 */
#ifndef DAYBOOK_VIEW_H
#define DAYBOOK_VIEW_H

#include <daybook/book.h>
#include <daybook/log.h>

#define DBK_SCHEMA_VERSION 3

struct dbk_view;

/** A digest at a multiple of DBK_DIGEST_INTERVAL. */
struct dbk_digest_point {
    int32_t partition;
    int64_t offset_next;
    struct dbk_digest digest;
};

/** What a view says about itself. */
struct dbk_view_identity {
    int schema_version;
    int fold_version;
    char topic[DBK_TOPIC_MAX + 1];
    char cluster_id[64];
    int32_t partition_count;
    int64_t commit_seq;
    int64_t committed_ms;
};

/** Some applied records, to be written. */
struct dbk_changes {
    struct dbk_entry *entries;
    size_t count;
    struct dbk_digest_point *points;
    size_t point_count;
};

/**
 * Open the current generation for writing; create it where there is none.
 *
 * Refuses a database of another schema, fold, topic or cluster, or that is no view at all, with the
 * command that solves it.
 */
DBK_MUST_CHECK int dbk_view_open(struct dbk_view **view, const char *path,
                                 const struct dbk_topic *topic, struct dbk_err *err);

/** @return DBK_EVIEW where the view is of another topic, with what to do. */
DBK_MUST_CHECK int dbk_view_check_topic(const struct dbk_view *view, const char *name,
                                        struct dbk_err *err);

/** Read and check meta. topic may be NULL: any. */
DBK_MUST_CHECK int dbk_view_check_identity(struct dbk_view *view, const struct dbk_topic *topic,
                                           struct dbk_err *err);

/** Open the current generation for reading. DBK_EVIEW where there is none, it is no view, or one
 * of another topic than this one (NULL: of any). */
DBK_MUST_CHECK int dbk_view_open_read(struct dbk_view **view, const char *path, const char *topic,
                                      struct dbk_err *err);
void dbk_view_close(struct dbk_view *view);

/** Let a wait for somebody else's lock, or a walk over the view, end with DBK_ESTOPPED once *stop
 * is not 0. */
void dbk_view_stop_on(struct dbk_view *view, const atomic_bool *stop);

const struct dbk_view_identity *dbk_view_identity(const struct dbk_view *view);

/** @return the number N of this generation's file. */
int64_t dbk_view_generation(const struct dbk_view *view);

/** @return true where the link now points to another generation than this one. */
bool dbk_view_replaced(const struct dbk_view *view);

/**
 * Read accounts, sources and checkpoints into an empty book, in one read transaction.
 *
 * @param only  one partition's, or -1: all.
 */
DBK_MUST_CHECK int dbk_view_load(struct dbk_view *view, struct dbk_book *book, int32_t only,
                                 struct dbk_err *err);

/**
 * Write changes, the accounts and sources of book that they changed, and its checkpoints, in one
 * transaction.
 *
 * @param[out] replaced  true where the link points elsewhere now: nothing was written; open again.
 * @return 0, or DBK_EVIEW: nothing was written, and the same changes may be written again.
 */
DBK_MUST_CHECK int dbk_view_write(struct dbk_view *view, struct dbk_book *book,
                                  const struct dbk_changes *changes, bool *replaced,
                                  struct dbk_err *err);

/** As dbk_view_write, for a generation that the link does not point to yet. */
DBK_MUST_CHECK int dbk_view_write_unlinked(struct dbk_view *view, struct dbk_book *book,
                                           const struct dbk_changes *changes, struct dbk_err *err);

#endif
