/**
 * Messages for people, on standard error; data never goes here.
 */
#ifndef DAYBOOK_MESSAGE_H
#define DAYBOOK_MESSAGE_H

#include <daybook/err.h>

#include <stdbool.h>
#include <stdint.h>

/** One line "daybook: text" on standard error. Control characters are shown as \xNN. */
void dbk_message(const char *format, ...) DBK_PRINTF(1, 2);

/** As dbk_message: "daybook: warning: text". */
void dbk_warning(const char *format, ...) DBK_PRINTF(1, 2);

/** Given a whole line without its end, perhaps from another thread. */
typedef void dbk_take_message(void *context, const char *line);

/**
 * While somebody else has the terminal: give messages to a function instead of standard error, and
 * show no progress. NULL: standard error again.
 */
void dbk_message_divert(dbk_take_message *take, void *context);

/** Progress of a long piece of work; shown only where standard error is a terminal. */
struct dbk_progress {
    const char *verb; /**< "projected" */
    const char *unit; /**< "events" */
    int64_t total;    /**< 0: not known */
    int64_t started_ms;
    int64_t shown_ms;
    bool visible;
};

void dbk_progress_start(struct dbk_progress *progress, const char *verb, const char *unit,
                        int64_t total);
/** Cheap: draws at most five times a second. */
void dbk_progress_update(struct dbk_progress *progress, int64_t done);
/** What is being done now, where there is nothing to count; shown like progress. */
void dbk_progress_note(const char *text);
/** Removes the line. */
void dbk_progress_end(struct dbk_progress *progress);

#endif
