/**
 * A sheet: one batch of the log's records, applied to the book, ready for the view.
 *
 * What the projector, the rebuild, the audit and import all do with a batch, in one place.
 * Lifetime: open, read and release any number of times, close.
 */
#ifndef DAYBOOK_SHEET_H
#define DAYBOOK_SHEET_H

#include <daybook/log.h>
#include <daybook/view.h>

struct dbk_sheet {
    struct dbk_batch batch;
    struct dbk_changes changes; /**< of the batch's records */
    char *scratch;
    /** Called before each record is applied, where not NULL. @return 0 to go on. */
    int (*before)(void *context, const struct dbk_record *record, struct dbk_err *err);
    void *context;
};

DBK_MUST_CHECK int dbk_sheet_open(struct dbk_sheet *sheet, struct dbk_err *err);
void dbk_sheet_close(struct dbk_sheet *sheet);

/** Read records as dbk_log_read does and apply them to book. */
DBK_MUST_CHECK int dbk_sheet_read(struct dbk_sheet *sheet, struct dbk_log *log,
                                  struct dbk_book *book, int timeout_ms, struct dbk_err *err);

/** Give the records back; changes become invalid. */
void dbk_sheet_release(struct dbk_sheet *sheet);

/**
 * Open a log and an empty book for it.
 *
 * @param[out] log, book  NULL on error.
 */
DBK_MUST_CHECK int dbk_open_log_and_book(const struct dbk_config *config, struct dbk_log **log,
                                         struct dbk_book **book, struct dbk_err *err);

/** An empty book for a topic. */
DBK_MUST_CHECK int dbk_open_book(const struct dbk_topic *topic, struct dbk_book **book,
                                 struct dbk_err *err);

/**
 * Start reading where the book ends.
 *
 * @param offset_end  per partition, or NULL: follow.
 */
DBK_MUST_CHECK int dbk_start_after_book(struct dbk_log *log, const struct dbk_book *book,
                                        const int64_t *offset_end, struct dbk_err *err);

#endif
