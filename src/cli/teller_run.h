/**
 * A teller's session: the posting session and the list of accounts that its two faces, the window
 * and the lines, share.
 */
#ifndef DAYBOOK_TELLER_RUN_H
#define DAYBOOK_TELLER_RUN_H

#include "teller.h"

struct dbk_teller_run {
    struct dbk_post *post;
    struct dbk_teller teller;
    bool changed;       /**< some balance changed; whoever looks clears it */
    bool failed;        /**< out of memory while accounts were put into the list */
    int64_t line_count; /**< lines read, of the face of lines */
    int64_t posted_count;
    int64_t refused_count;
    char last_position[48];  /**< of the last one posted */
    struct dbk_err left_err; /**< what is to be said of one that was left undecided; code 0: none.
                                DBK_EBROKER, not sent, goes with the next decision */
};

/** Load all accounts and go to the log's end. */
DBK_MUST_CHECK int dbk_teller_run_load(struct dbk_teller_run *run, struct dbk_err *err);

/** Connect an account and go to the log's end. */
DBK_MUST_CHECK int dbk_teller_run_connect(struct dbk_teller_run *run, const char *account,
                                          struct dbk_err *err);

/** Send a deposit or withdrawal for the connected account, dated now; a withdrawal never leaves
 *  less than 0.00. */
DBK_MUST_CHECK int dbk_teller_run_send(struct dbk_teller_run *run, enum dbk_transaction_type type,
                                       int64_t value_minor, struct dbk_err *err);

/** Count what a decided transaction came to. */
void dbk_teller_run_count(struct dbk_teller_run *run, const struct dbk_post_result *result);

/** The full-screen face. */
DBK_MUST_CHECK int dbk_teller_run_window(struct dbk_teller_run *run, struct dbk_err *err);

/** The face of prompts and lines. @return DBK_ENO, said already, where something was refused. */
DBK_MUST_CHECK int dbk_teller_run_lines(struct dbk_teller_run *run, struct dbk_err *err);

#endif
