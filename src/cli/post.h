/**
 * Posting: one event at a time into the log, and the log's decision about it.
 *
 * A session keeps some partitions of the log folded, from a view's checkpoint, from the last
 * snapshot or from offset 0, and goes on folding what anybody appends. One account is connected at
 * a time; its balance and its last transactions are always those of the log. An event is sent, then
 * seen in the log and folded: only the fold says what became of it, with or without a projector.
 *
 * A lost broker is no failure: the session is offline, an event in flight stays in flight and is
 * resolved when the broker is back, and it is never sent under another id. Used by deposit,
 * withdraw, reverse (one event, then close) and by the teller (for hours).
 *
 * Lifetime: open; connect or load all; step, send, step until decided, any number of times; close.
 * Nothing here blocks but open, connect, load_all and catch_up. One thread.
 */
#ifndef DAYBOOK_POST_H
#define DAYBOOK_POST_H

#include "cli.h"

#include <daybook/book.h>
#include <daybook/outcome.h>

/** How many transactions of the connected account are kept. */
#define DBK_POST_RECENT 10

struct dbk_post;

/** One transaction of the connected account. */
struct dbk_post_row {
    int32_t partition;
    int64_t offset;
    int64_t date_s;        /**< transaction date */
    int64_t amount_minor;  /**< negative: withdrawal */
    int64_t balance_minor; /**< after it, in log order */
    char memo[DBK_MEMO_MAX + 1];
};

/** The connected account, as of everything folded so far. */
struct dbk_post_account {
    struct dbk_text name; /**< length 0: none is connected */
    bool exists;          /**< it has a posted event */
    int32_t partition;
    int64_t balance_minor;
    struct dbk_post_row recent[DBK_POST_RECENT]; /**< newest first; only where asked for */
    int recent_count;
    int64_t change_count; /**< raised by every transaction of the account: draw again */
};

/** What is to be posted. */
struct dbk_post_request {
    /** Account (the connected one), type, value, floor, memo, date. Without a source the session's
     *  own random source and its next number are taken. */
    struct dbk_event event;
    /** The date was given by the user: the same id with another date is another event. Otherwise it
     *  is only the time of sending, and says nothing. */
    bool date_matters;
    /** Another memo is another event. */
    bool memo_matters;
};

/** What became of the last request. Valid until the next send. */
struct dbk_post_result {
    enum dbk_outcome outcome;
    enum dbk_verdict verdict; /**< where the log has decided: of the event that counts */
    int32_t partition;     /**< of the event that counts: this one, or the earlier of the same id */
    int64_t offset;        /**< -1: not known */
    int64_t balance_minor; /**< posted: after the event; refused: what the account had then */
    int64_t seq_seen;      /**< DBK_OUTCOME_SEQ_BELOW: the last number seen of this source */
    struct dbk_event event; /**< as sent, with source and seq; texts live as long as the result */
    struct dbk_err err;     /**< DBK_OUTCOME_NOT_SENT, DBK_OUTCOME_UNKNOWN: why */
};

/**
 * Connect to the broker, check the topic, connect for sending.
 *
 * @param[out] post  NULL on error.
 * @param config     outlives the session.
 * @param account    the only one that will be connected, for one event: the view is asked only for
 *                   what its fold needs, so that a bank's size does not matter, and held until
 *                   close. Length 0: a session, with what it follows loaded, and the view let go.
 * @return 0; DBK_EBROKER; DBK_ENO (the log is damaged); DBK_ENOMEM.
 */
DBK_MUST_CHECK int dbk_post_open(struct dbk_post **post, const struct dbk_config *config,
                                 struct dbk_text account, struct dbk_err *err);
/** Takes NULL. What is in flight is dropped: call dbk_post_abandon before, to know its fate. */
void dbk_post_close(struct dbk_post *post);

/** Called for every event folded from now on, in log order within a partition; both die with the
 *  call. During connect and load_all too. NULL: nobody. */
typedef void dbk_post_watcher(void *context, const struct dbk_entry *entry);
void dbk_post_watch(struct dbk_post *post, dbk_post_watcher *watcher, void *context);

/** Where an account's state comes from. */
enum dbk_post_base {
    DBK_POST_FASTEST, /**< the view, or the last snapshot, or offset 0 */
    DBK_POST_RECENTS, /**< with the last transactions: the view, or offset 0 */
};

/**
 * Connect an account: load its partition afresh (opened for one event: ask for the account) and
 * follow it. The partitions that were followed before stay so. The account need not exist.
 *
 * When this returns, the state is that of a prefix of this log, at least as far as its base;
 * dbk_post_catch_up goes to the end.
 *
 * @return 0; DBK_EUSAGE where that cannot be an account's name; DBK_EBROKER, DBK_EVIEW, DBK_ENO
 * (not the log that the view was built from), DBK_ESTOPPED, DBK_ENOMEM. The session stays usable,
 *         with no account connected.
 */
DBK_MUST_CHECK int dbk_post_connect(struct dbk_post *post, struct dbk_text account,
                                    enum dbk_post_base base, struct dbk_err *err);

/** Connect none; the partition is followed on. */
void dbk_post_disconnect(struct dbk_post *post);

/** Load and follow all partitions that are not followed yet, so that all accounts are known. */
DBK_MUST_CHECK int dbk_post_load_all(struct dbk_post *post, struct dbk_err *err);

/** Fold up to the end that the log has now. @return as step; DBK_EBROKER where no broker answers.
 */
DBK_MUST_CHECK int dbk_post_catch_up(struct dbk_post *post, struct dbk_err *err);

/**
 * Serve acknowledgements and fold what has come, waiting up to timeout_ms for something to happen.
 *
 * @return 0, also while the broker is away; DBK_ENO: the log is not the same any more, or damaged:
 *         close; DBK_ENOMEM.
 */
DBK_MUST_CHECK int dbk_post_step(struct dbk_post *post, int timeout_ms, struct dbk_err *err);

/** @return false from the moment that the connection is lost until the log was recognised and read
 *          to its end again. */
bool dbk_post_is_online(const struct dbk_post *post);

/** @return the account connected; its name has length 0 where none is. */
const struct dbk_post_account *dbk_post_account(const struct dbk_post *post);

/** Visit all accounts of the partitions that are followed, in no order. */
typedef void dbk_visit_post_account(void *context, const struct dbk_account *account);
void dbk_post_each_account(struct dbk_post *post, dbk_visit_post_account *visit, void *context);

/**
 * Send an event to the connected account's partition; step until dbk_post_result is decided.
 *
 * Nothing may be in flight. Where the fold has already seen the request's id, nothing is sent: it
 * is looked up.
 *
 * @return 0; DBK_ENOMEM, and nothing is in flight. Whatever the broker does is in the result.
 */
DBK_MUST_CHECK int dbk_post_send(struct dbk_post *post, const struct dbk_post_request *request,
                                 struct dbk_err *err);

/** @return what became of the last request; DBK_OUTCOME_WAITING as long as it is in flight. */
const struct dbk_post_result *dbk_post_result(const struct dbk_post *post);

/** Wait no longer: what is still waiting becomes DBK_OUTCOME_NOT_SENT or DBK_OUTCOME_UNKNOWN. */
void dbk_post_abandon(struct dbk_post *post, const char *why);

/** What the fold would say to the request, sent now: the result's verdict and balance. Nothing is
 *  sent, and the session is of no other use afterwards. Where the fold has already seen the
 *  request's id, the result waits until that is looked up, as after dbk_post_send. */
DBK_MUST_CHECK int dbk_post_predict(struct dbk_post *post, const struct dbk_post_request *request,
                                    struct dbk_err *err);

#endif
