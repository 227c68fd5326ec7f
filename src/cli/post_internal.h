/**
 * What the two files of the posting module share: post.c folds, post_request.c sends.
 */
#ifndef DAYBOOK_POST_INTERNAL_H
#define DAYBOOK_POST_INTERNAL_H

#include "at_hand.h"
#include "post.h"
#include "sheet.h"

#include <daybook/producer.h>

/** One event on its way. Its id was seen by nobody else's event, or the fold says so. */
struct request {
    bool waiting;
    bool date_matters;
    bool memo_matters;
    char json[DBK_EVENT_MAX]; /* as sent; the result's event points into it and scratch */
    size_t length;
    char scratch[DBK_EVENT_SCRATCH];
    int32_t partition;
    bool maybe_sent;        /* some attempt may have reached the log */
    bool acknowledged;      /* it is in the log, */
    int64_t offset;         /* here; -1: the broker did not say where */
    bool known;             /* its number was seen before: it is looked up, not sent */
    bool looked_up;         /* the partition is folded again from offset 0, or was */
    bool again;             /* to be sent again, once the log was read to its end */
    int attempts;           /* how often it was sent */
    struct dbk_first first; /* of its id, folded since the request was made */
    int64_t first_offset;
    int64_t first_balance_minor;
};

struct dbk_post {
    const struct dbk_config *config;
    struct dbk_log *log;
    struct dbk_book *book;
    struct dbk_borrowed borrowed; /* its book is the session's; NULL where nothing is borrowed */
    struct dbk_sheet sheet;
    struct dbk_producer *producer; /* NULL: opened when it is needed; the log asks through it */
    bool *followed;                /* per partition */
    int64_t *offset_end;           /* per partition: where the log ended when it was asked */
    bool online;
    int64_t retry_ms; /* when to try to follow again; 0: it is followed */
    struct dbk_post_account account;
    char name[DBK_ACCOUNT_MAX];
    dbk_post_watcher *watcher;
    void *context;
    char source[32]; /* the session's own, random */
    int64_t seq;     /* its last number; -1: none */
    struct request request;
    struct dbk_post_result result;
};

/** Take a source that nobody else has, 80 random bits, and begin at number 0. */
DBK_MUST_CHECK int dbk_post_new_source(struct dbk_post *post, struct dbk_err *err);

/** Begin to follow again from where the book is. */
DBK_MUST_CHECK int dbk_post_follow(struct dbk_post *post, struct dbk_err *err);

/** A broker that is away is tried again later: nothing is lost by waiting. @return 0 for
 *  DBK_EBROKER, else the code. */
DBK_MUST_CHECK int dbk_post_may_pass(struct dbk_post *post, int code);

/** Describe what kept a ledger from folding or looking up: no memory, or the view it borrows from.
 */
int dbk_post_fold_failed(const struct dbk_post *post, int code, struct dbk_err *err);

/** The view that is borrowed from failed: the log alone says everything, too. */
DBK_MUST_CHECK int dbk_post_fold_from_log(struct dbk_post *post, struct dbk_err *err);

/** Put a partition back to offset 0; the connected account with it. */
DBK_MUST_CHECK int dbk_post_reset(struct dbk_post *post, int32_t partition, struct dbk_err *err);

/** Let the producer connect, without sending anything yet. */
DBK_MUST_CHECK int dbk_post_connect_producer(struct dbk_post *post, struct dbk_err *err);

/** Look at a folded event: is it of the request's id? Before the account is updated. */
void dbk_post_match(struct dbk_post *post, const struct dbk_entry *entry);

/** Serve the producer, send again what has to be; decide where the log has decided. */
DBK_MUST_CHECK int dbk_post_serve(struct dbk_post *post, int timeout_ms, struct dbk_err *err);

#endif
