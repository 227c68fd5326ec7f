/**
 * Failures: what went wrong with Kafka, SQLite, a file or memory, as a text ready to print.
 *
 * A verdict of the ledger is never a failure, and a bug is neither: it is an assertion. Functions
 * that can fail return 0 or one of the codes below and take a `struct dbk_err *` as last argument,
 * which is untouched on success. The text is one or more whole sentences: what is wrong, where, and
 * what to do next.
 */
#ifndef DAYBOOK_ERR_H
#define DAYBOOK_ERR_H

#undef NDEBUG
#include <assert.h>
#include <stdbool.h>

/** A bug if it does not hold; checked in release builds too. */
#define DBK_ASSERT(condition) assert(condition)

#define DBK_MUST_CHECK __attribute__((warn_unused_result))
#define DBK_PRINTF(text, first) __attribute__((format(printf, text, first)))

/** What failed. Each code maps to one exit status of the program (see dbk_err_exit_status). */
enum dbk_failure {
    DBK_ENOMEM = -1,   /**< out of memory */
    DBK_EUSAGE = -2,   /**< an option, a file or a value given by the user */
    DBK_EBROKER = -3,  /**< the broker or the topic; nothing was sent */
    DBK_EVIEW = -4,    /**< the database */
    DBK_EUNKNOWN = -5, /**< something was sent and its outcome is not known */
    DBK_ESTOPPED = -6, /**< the user asked to stop */
    DBK_ENO = -7,      /**< the answer is no: differences, an unknown account, refused rows */
};

struct dbk_err {
    int code;     /**< enum dbk_failure */
    bool passing; /**< it passes by itself: who has time waits and tries again */
    char text[1024];
};

/** Set code and text (cut at the buffer's end). @return code, so that callers may `return` it. */
int dbk_err_set(struct dbk_err *err, int code, const char *format, ...) DBK_PRINTF(3, 4);

/** @return the exit status for a failure: 1 no, 2 usage, 3 broker or stopped, 4 database, 5 outcome
 *  unknown. */
int dbk_err_exit_status(int code);

#endif
