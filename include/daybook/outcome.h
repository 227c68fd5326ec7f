/**
 * Outcomes: what a writer may say about an event that it sent, from what the log has of it.
 *
 * An event's id is its source and seq, written `SOURCE:SEQ`. Sending it again under the same id is
 * always safe, since the fold posts an id once; so whoever does not know an outcome repeats, and
 * learns here what the first one came to. Pure.
 */
#ifndef DAYBOOK_OUTCOME_H
#define DAYBOOK_OUTCOME_H

#include <daybook/ledger.h>

enum dbk_outcome {
    DBK_OUTCOME_WAITING,         /**< in flight, or nothing was sent yet */
    DBK_OUTCOME_POSTED,          /**< this event was posted */
    DBK_OUTCOME_REFUSED,         /**< this event was refused: overdraft or overflow */
    DBK_OUTCOME_ALREADY_POSTED,  /**< the same event was posted before */
    DBK_OUTCOME_ALREADY_REFUSED, /**< the same event was refused before */
    DBK_OUTCOME_ID_USED,         /**< another event has this id: not posted */
    DBK_OUTCOME_SEQ_BELOW,       /**< the source is beyond this number: not posted */
    DBK_OUTCOME_NOT_SENT,        /**< it is not in the log and will never be */
    DBK_OUTCOME_UNKNOWN, /**< it may be in the log, or still arrive: repeat with the same id */
};

/** The first event of an id that the fold did not call a duplicate. */
struct dbk_first {
    bool found;
    bool same; /**< it asks for the same */
    enum dbk_verdict verdict;
};

/**
 * The outcome of an event that the log has decided.
 *
 * @param verdict  of the event itself: DBK_DUPLICATE or later.
 * @param first    of its id; only looked at where it is a duplicate.
 */
enum dbk_outcome dbk_outcome_of(enum dbk_verdict verdict, const struct dbk_first *first);

/** @return true for the outcomes that mean that the money has moved, once. */
bool dbk_outcome_is_posted(enum dbk_outcome outcome);

/** @return the outcome's name for programs: "posted", "already_posted", "unknown", ... */
const char *dbk_outcome_name(enum dbk_outcome outcome);

enum dbk_id_problem {
    DBK_ID_FINE,
    DBK_ID_FORM,     /**< not SOURCE:SEQ */
    DBK_ID_SOURCE,   /**< not 1 to 64 bytes of plain text */
    DBK_ID_SEQ,      /**< not an integer from 0 to 2^63-1 */
    DBK_ID_IMPORT,   /**< an import's: begins with "csv:" */
    DBK_ID_REVERSAL, /**< a reversal's: begins with "reverse:" */
};

/** Split an id at its last colon. @param[out] source  points into text; untouched on a problem. */
enum dbk_id_problem dbk_id_parse(struct dbk_text *source, int64_t *seq, struct dbk_text text);

/** @return one clause in English. */
const char *dbk_id_problem_text(enum dbk_id_problem problem);

#define DBK_REVERSAL_SOURCE_SIZE 48

/** Write the source of the reversal of a position, "reverse:0:42", and a zero. @return length. */
size_t dbk_reversal_source(char source[DBK_REVERSAL_SOURCE_SIZE], int32_t partition,
                           int64_t offset);

/** @return true and the position, where an event's source and seq say that it reverses one. */
bool dbk_reversal_parse(int32_t *partition, int64_t *offset, struct dbk_text source, int64_t seq);

/** @return true where the events ask for the same: account, type, value, floor and, where they
 *          matter, date and memo. */
bool dbk_event_asks_same(const struct dbk_event *a, const struct dbk_event *b, bool date_matters,
                         bool memo_matters);

#endif
