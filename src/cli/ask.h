/**
 * Questions to the log: about one account, by reading its partition, or about all.
 *
 * Answers come from the log alone, up to the end that it had when the question was asked; no
 * database is needed. Lifetime: open, replay, close.
 */
#ifndef DAYBOOK_ASK_H
#define DAYBOOK_ASK_H

#include "replay.h"

#include <daybook/receipt.h>

struct dbk_ask {
    struct dbk_log *log;
    struct dbk_book *book;
    int64_t *offset_end; /**< per partition; 0 where it is not read */
    int32_t partition;   /**< of the account; -1: all are read */
};

/**
 * @param account  only its partition is read; NULL: all are.
 * @return also DBK_EUSAGE where that cannot be an account's name.
 */
DBK_MUST_CHECK int dbk_ask_open(struct dbk_ask *ask, const struct dbk_config *config,
                                const char *account, struct dbk_err *err);
void dbk_ask_close(struct dbk_ask *ask);

/** Apply everything up to offset_end. */
DBK_MUST_CHECK int dbk_ask_replay(struct dbk_ask *ask,
                                  int (*applied)(void *context, const struct dbk_changes *changes,
                                                 struct dbk_err *err),
                                  void *context, struct dbk_err *err);

/** Fail: an account that has no event. @return DBK_ENO. */
int dbk_ask_unknown(const char *account, struct dbk_err *err);

enum dbk_when_kind {
    DBK_WHEN_NONE,
    DBK_WHEN_DATE,      /**< a moment of transaction dates */
    DBK_WHEN_POSITIONS, /**< positions in the log, one or more */
    DBK_WHEN_RECEIPT,   /**< the positions of a receipt */
};

/** A moment that the user gave. */
struct dbk_when {
    enum dbk_when_kind kind;
    int64_t first_s;      /**< of a date: its first second, */
    int64_t last_s;       /**< and its last */
    int64_t *offset_next; /**< of positions: per partition the first offset after them; -1: not
                             given; owned */
    int given;            /**< how many positions */
    struct dbk_receipt receipt;
};

/**
 * Read "2024-01-31", "2024-01-31T12:00:00Z", "0:42", "0:42,1:17", or the path of a receipt.
 *
 * @param text  NULL: none.
 */
DBK_MUST_CHECK int dbk_when_parse(struct dbk_when *when, const char *option, const char *text,
                                  int32_t partition_count, struct dbk_err *err);
void dbk_when_clear(struct dbk_when *when);

/** "0:42" alone. @return false where text has another form. */
bool dbk_position_parse(const char *text, int32_t *partition, int64_t *offset, const char **end);

#endif
