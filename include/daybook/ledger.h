/**
 * The fold: (state, event) -> (state, verdict), for one partition of the log.
 *
 * An account lives on one partition only, and a source's sequence is counted per partition; so the
 * partitions of a log are independent ledgers, and the order of events *between* partitions never
 * matters. The fold looks at nothing but the event, the partition count and its own state.
 *
 * Memory: O(accounts + sources). Cost of an event: two hash look-ups.
 * Lifetime: open, apply any number of records in offset order, close. One thread at a time.
 */
#ifndef DAYBOOK_LEDGER_H
#define DAYBOOK_LEDGER_H

#include <daybook/digest.h>
#include <daybook/err.h>
#include <daybook/event.h>

/** Raised when the same log would give another result: costs a rebuild of every view. */
#define DBK_FOLD_VERSION 1

/** In order of precedence. */
enum dbk_verdict {
    DBK_ABSENT,    /**< the broker has no record at this offset */
    DBK_MALFORMED, /**< see enum dbk_malformed */
    DBK_MISROUTED, /**< not on the account's own partition */
    DBK_DUPLICATE, /**< seq <= the last one seen of this source in this partition */
    DBK_OVERDRAFT, /**< would leave less than the event's floor */
    DBK_OVERFLOW,  /**< balance or totals of the account would not fit int64_t */
    DBK_POSTED,
    DBK_VERDICT_COUNT
};

/** @return the verdict's name as the view stores it: "absent", "malformed", ... "posted". */
const char *dbk_verdict_name(enum dbk_verdict verdict);

/** An account's state. Index i of partition p has account_id = i * partition_count + p. */
struct dbk_account {
    int64_t balance_minor;     /**< deposits_minor - withdrawals_minor */
    int64_t deposits_minor;    /**< sum of posted deposits */
    int64_t withdrawals_minor; /**< sum of posted withdrawals, positive */
    int64_t deposit_count;
    int64_t withdrawal_count;
    int64_t last_offset;  /**< of its last posted event */
    int64_t last_date_s;  /**< transaction date of that event */
    struct dbk_text name; /**< owned by the ledger; stays valid and in place until close */
    bool changed;         /**< set by apply; the owner of the view clears it */
};

/** A source's state; 32 bytes. Index i of partition p has source_id = i * partition_count + p. */
struct dbk_source {
    uint8_t digest[16]; /**< first 128 bits of SHA-256 of its name */
    int64_t seq;        /**< the last one seen */
    bool changed;       /**< set by apply; the owner of the view clears it */
};

/** What an event did. */
struct dbk_posting {
    enum dbk_verdict verdict;
    enum dbk_malformed malformed; /**< where verdict is DBK_MALFORMED */
    uint32_t account;             /**< index; where posted */
    uint32_t source;              /**< index, or DBK_NO_SOURCE; where duplicate or later */
    bool source_is_new;           /**< this event is the source's first in this partition */
    bool account_is_new;          /**< this event is the account's first posted one */
    int64_t balance_minor;        /**< of the account after the event; where posted */
};

#define DBK_NO_SOURCE UINT32_MAX

/**
 * Somebody who knows the accounts and sources that a ledger does not hold yet, such as a view. So a
 * ledger of which only a few events are wanted need not be loaded whole.
 *
 * Both give back 0, DBK_ENO where there is none, DBK_ENOMEM, or DBK_EVIEW where they cannot say:
 * that is what apply then returns.
 */
struct dbk_lender {
    /** @param[in,out] account  in: its name, which stays where it is; out: all else. */
    int (*account)(void *context, struct dbk_account *account);
    /** @param[in,out] source  in: its digest; out: its seq in this partition. */
    int (*source)(void *context, int32_t partition, struct dbk_source *source);
    void *context; /**< lives as long as the ledger, as this struct does */
};

struct dbk_ledger;

/**
 * @param[out] ledger      an empty ledger; NULL on error.
 * @param partition        0 <= partition < partition_count.
 * @param hash_key         16 bytes that key the hash tables, so that a hostile log cannot aim at
 *                         one bucket; any value gives the same verdicts.
 * @return 0 or DBK_ENOMEM.
 */
DBK_MUST_CHECK int dbk_ledger_open(struct dbk_ledger **ledger, int32_t partition,
                                   int32_t partition_count, const uint8_t hash_key[16]);

/** Takes NULL. */
void dbk_ledger_close(struct dbk_ledger *ledger);

/**
 * Decode one record and apply it.
 *
 * @param[out] posting  the verdict and what it did.
 * @param[out] event    the decoded event, where the verdict is DBK_MISROUTED or later; points into
 *                      record and scratch.
 * @param scratch       DBK_EVENT_SCRATCH bytes.
 * @return 0, or DBK_ENOMEM or DBK_EVIEW: then the ledger must not be used further.
 */
DBK_MUST_CHECK int dbk_ledger_apply(struct dbk_ledger *ledger, struct dbk_posting *posting,
                                    struct dbk_event *event, char *scratch,
                                    const struct dbk_record *record);

/** From now on, ask for what is not there; of a ledger that is empty. Its indices then are in the
 *  order in which they were asked for, and no ids. */
void dbk_ledger_borrow(struct dbk_ledger *ledger, const struct dbk_lender *lender);

/** @return number of accounts; indices are 0 ... n-1 in order of their first posted event. */
uint32_t dbk_ledger_account_count(const struct dbk_ledger *ledger);

/** @return the account, valid until the next apply or restore. */
struct dbk_account *dbk_ledger_account(struct dbk_ledger *ledger, uint32_t index);

/** @return true and the index of a name, or false. Asks no lender. */
bool dbk_ledger_find(const struct dbk_ledger *ledger, uint32_t *index, struct dbk_text name);

/** Hold the account from now on, if the lender has it. @return 0, DBK_ENOMEM, DBK_EVIEW. */
DBK_MUST_CHECK int dbk_ledger_ask_for(struct dbk_ledger *ledger, struct dbk_text name);

/** @return number of sources; indices are 0 ... n-1 in order of their first event. */
uint32_t dbk_ledger_source_count(const struct dbk_ledger *ledger);

/** @return the source, valid until the next apply or restore. */
struct dbk_source *dbk_ledger_source(struct dbk_ledger *ledger, uint32_t index);

/** @return true where a source has these first 128 bits of its name's SHA-256. */
bool dbk_ledger_has_source(const struct dbk_ledger *ledger, const uint8_t digest[16]);

/** @param[out] seq  the last seq seen of a source, -1 where none. @return 0, DBK_ENOMEM, DBK_EVIEW.
 */
DBK_MUST_CHECK int dbk_ledger_find_source(struct dbk_ledger *ledger, int64_t *seq,
                                          struct dbk_text source);

/**
 * Put an account or a source back as it was (from a view or a snapshot), in the order of indices.
 *
 * The name is copied. @return 0, DBK_ENOMEM, or DBK_EVIEW where it is there already or not valid.
 */
DBK_MUST_CHECK int dbk_ledger_restore_account(struct dbk_ledger *ledger,
                                              const struct dbk_account *account);
DBK_MUST_CHECK int dbk_ledger_restore_source(struct dbk_ledger *ledger,
                                             const struct dbk_source *source);

#endif
