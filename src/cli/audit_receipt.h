/**
 * The audit's use of receipts: the log, the totals and the state held against an earlier one, and
 * a new one written.
 */
#ifndef DAYBOOK_AUDIT_RECEIPT_H
#define DAYBOOK_AUDIT_RECEIPT_H

#include "audit_log.h"

#include <daybook/buffer.h>
#include <daybook/receipt.h>

struct dbk_audit_receipt {
    struct dbk_report *report;
    struct dbk_audit_log *log;
    struct dbk_book *book;
    struct dbk_receipt kept;   /**< partition_count is 0: there is none, or it is of another log */
    struct dbk_receipt replay; /**< the same sums of the replay, of the partitions reached */
    struct dbk_buffer *states; /**< and their states, per partition */
    int32_t reached_count;
};

/** Add up the accounts of one partition that the report is about. */
void dbk_audit_receipt_sum(struct dbk_receipt *sums, const struct dbk_report *report,
                           struct dbk_ledger *ledger);

/**
 * Hold it against the topic; one of another log is a difference, and is not used further.
 *
 * @param receipt  its report, log, book and kept are set.
 */
DBK_MUST_CHECK int dbk_audit_receipt_open(struct dbk_audit_receipt *receipt, const char *path,
                                          const struct dbk_topic *topic, struct dbk_err *err);
void dbk_audit_receipt_close(struct dbk_audit_receipt *receipt);

/** @return the offset up to which partition must be replayed for it. */
int64_t dbk_audit_receipt_end(const struct dbk_audit_receipt *receipt, int32_t partition);

/** The replay is at this offset of a partition, before its record is applied or at the end: compare
 *  what the receipt has of it. The totals are compared with the last partition. */
DBK_MUST_CHECK int dbk_audit_receipt_at(struct dbk_audit_receipt *receipt, int32_t partition,
                                        int64_t offset, struct dbk_err *err);

/** Write one of the book as it is. */
DBK_MUST_CHECK int dbk_audit_receipt_write(const char *path, const struct dbk_report *report,
                                           const struct dbk_topic *topic, struct dbk_book *book,
                                           struct dbk_err *err);

#endif
