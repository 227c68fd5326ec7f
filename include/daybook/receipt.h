/**
 * Receipts: what an auditor keeps of a log that was proven, to hold later logs against it.
 *
 * A receipt is a JSON file (schema/receipt.schema.json): which log, per partition the next offset
 * and the digest, totals, time and version. Beside it, FILE.state has every account and source at
 * that point, so that a later audit can begin there; the receipt holds its SHA-256.
 *
 * Lifetime: zero, read or fill, clear.
 */
#ifndef DAYBOOK_RECEIPT_H
#define DAYBOOK_RECEIPT_H

#include <daybook/buffer.h>
#include <daybook/log.h>
#include <daybook/money.h>

/** Sums as a receipt's file has them. */
struct dbk_receipt_totals {
    char deposits[DBK_MONEY_SUM_TEXT_SIZE];
    char withdrawals[DBK_MONEY_SUM_TEXT_SIZE];
    char balances[DBK_MONEY_SUM_TEXT_SIZE];
};

struct dbk_receipt {
    char topic[DBK_TOPIC_MAX + 11]; /**< as struct dbk_topic has it */
    char cluster_id[64];
    int32_t partition_count;
    struct dbk_checkpoint *checkpoints; /**< partition_count of them; owned */
    int64_t written_ms;
    int64_t account_count;
    dbk_int128 deposits_minor; /**< sums over all accounts: what is written, */
    dbk_int128 withdrawals_minor;
    dbk_int128 balances_minor;
    struct dbk_receipt_totals totals; /**< and what was read */
    struct dbk_digest state;          /**< SHA-256 of FILE.state */
};

void dbk_receipt_clear(struct dbk_receipt *receipt);

/** @return 0, DBK_EUSAGE where the file is no receipt, DBK_ENOMEM. */
DBK_MUST_CHECK int dbk_receipt_read(struct dbk_receipt *receipt, const char *path,
                                    struct dbk_err *err);

/** A receipt is of one log: name, cluster and number of partitions. @return 0, or DBK_ENO where it
 *  is of another than topic. */
DBK_MUST_CHECK int dbk_receipt_check_log(const struct dbk_receipt *receipt, const char *path,
                                         const struct dbk_topic *topic, struct dbk_err *err);

/**
 * Write FILE.state and then FILE, each whole or not at all.
 *
 * @param book  at the receipt's checkpoints; its state is written, and receipt->state set.
 */
DBK_MUST_CHECK int dbk_receipt_write(struct dbk_receipt *receipt, const char *path,
                                     struct dbk_book *book, struct dbk_err *err);

/** Fill an empty book from FILE.state, which must be the one that the receipt names. */
DBK_MUST_CHECK int dbk_receipt_restore(const struct dbk_receipt *receipt, const char *path,
                                       struct dbk_book *book, struct dbk_err *err);

/** Write a file whole or not at all: beside it, synced, renamed. */
DBK_MUST_CHECK int dbk_write_file(const char *path, const char *bytes, size_t length,
                                  struct dbk_err *err);

#endif
