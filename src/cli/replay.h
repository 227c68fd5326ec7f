/**
 * Reading the log from where a book is to an end, with progress: what everything that asks the log
 * does.
 */
#ifndef DAYBOOK_REPLAY_H
#define DAYBOOK_REPLAY_H

#include "cli.h"

#include <daybook/view.h>

struct dbk_replay {
    const char *verb; /**< for the progress: "audited" */
    /** Before each record is applied; NULL: nothing. */
    int (*before)(void *context, const struct dbk_record *record, struct dbk_err *err);
    /** After each batch is applied; NULL: nothing. */
    int (*applied)(void *context, const struct dbk_changes *changes, struct dbk_err *err);
    void *context;
};

/**
 * Apply the log's records to book, up to offset_end in each partition.
 *
 * @return 0; DBK_ESTOPPED where the user asked to stop; DBK_EBROKER, DBK_ENO (the log is damaged),
 *         DBK_ENOMEM; or what a callback returned.
 */
DBK_MUST_CHECK int dbk_replay_run(const struct dbk_replay *replay, struct dbk_log *log,
                                  struct dbk_book *book, const int64_t *offset_end,
                                  struct dbk_err *err);

/** An array of a number for each partition, all 0, or NULL. */
int64_t *dbk_offsets_new(const struct dbk_book *book, struct dbk_err *err);

#endif
