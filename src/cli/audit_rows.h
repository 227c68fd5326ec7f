/**
 * The audit's comparison of every row of transactions and rejections, while the log is replayed.
 *
 * Stored rows are walked in the order of the log, beside the replay: memory is O(partitions), and
 * one number an account that has a difference. On the way it sums up a keyed hash of what is
 * stored, so that the indexes can be proven to hold the same.
 */
#ifndef DAYBOOK_AUDIT_ROWS_H
#define DAYBOOK_AUDIT_ROWS_H

#include "audit_report.h"

#include <daybook/view_cursor.h>

struct dbk_audit_rows {
    struct dbk_report *report;
    struct dbk_view *view;
    struct dbk_book *book;
    int32_t partition_count;
    struct dbk_view_cursor **cursors; /**< two a partition: transactions, rejections */
    int64_t **first_bad; /**< per partition and account: the first offset that differs, + 1 */
    uint32_t *first_bad_count;
    uint8_t hash_key[16];
    uint64_t by_account_sum; /**< of the stored rows, as index transactions_by_account has them */
    uint64_t by_date_sum;
    uint64_t by_reason_sum; /**< of the stored rejections, as index rejections_by_reason has them */
    int64_t row_count;      /**< stored transactions */
};

/** @param rows  zeroed by this. */
DBK_MUST_CHECK int dbk_audit_rows_open(struct dbk_audit_rows *rows, struct dbk_report *report,
                                       struct dbk_view *view, struct dbk_book *book,
                                       struct dbk_err *err);
void dbk_audit_rows_close(struct dbk_audit_rows *rows);

/** Compare what is stored of one applied record. */
DBK_MUST_CHECK int dbk_audit_rows_check(struct dbk_audit_rows *rows, const struct dbk_entry *entry,
                                        struct dbk_err *err);

/** Report what is stored beyond the last record of each partition. */
DBK_MUST_CHECK int dbk_audit_rows_finish(struct dbk_audit_rows *rows, const bool *chosen,
                                         struct dbk_err *err);

/** @return the first offset of an account whose stored rows differ, or -1. */
int64_t dbk_audit_rows_first_bad(const struct dbk_audit_rows *rows, int32_t partition,
                                 uint32_t account);

/** Hash some integers of a row with the audit's key. */
uint64_t dbk_audit_rows_hash(const struct dbk_audit_rows *rows, const struct dbk_value *values,
                             const int *columns, int count);

/** Hash an entry of rejections_by_reason. */
uint64_t dbk_audit_rows_hash_reason(const struct dbk_audit_rows *rows, struct dbk_text reason,
                                    int64_t timestamp_ms, int64_t partition, int64_t offset);

#endif
