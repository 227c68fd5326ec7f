#include "audit_receipt.h"

#include <daybook/state.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void dbk_audit_receipt_sum(struct dbk_receipt *sums, const struct dbk_report *report,
                           struct dbk_ledger *ledger)
{
    uint32_t count = dbk_ledger_account_count(ledger);
    for (uint32_t i = 0; i < count; i++) {
        const struct dbk_account *account = dbk_ledger_account(ledger, i);
        if (!dbk_report_is_wanted(report, account->name))
            continue;
        sums->account_count++;
        sums->balances_minor += account->balance_minor;
        sums->deposits_minor += account->deposits_minor;
        sums->withdrawals_minor += account->withdrawals_minor;
    }
}

static void differ(struct dbk_report *report, const char *what, const char *expected,
                   const char *stored)
{
    dbk_report_difference(report, &(struct dbk_difference){
                                      .check = "receipt",
                                      .what = what,
                                      .expected = expected,
                                      .stored = stored,
                                      .offset_first = -1,
                                      .next = "look for the receipt that was written",
                                  });
}

int dbk_audit_receipt_open(struct dbk_audit_receipt *receipt, const char *path,
                           const struct dbk_topic *topic, struct dbk_err *err)
{
    struct dbk_err other;
    if (receipt->kept.partition_count == 0)
        return 0;
    if (dbk_receipt_check_log(&receipt->kept, path, topic, &other) != 0) {
        differ(receipt->report, "of another log", "one of this log", other.text);
        dbk_receipt_clear(&receipt->kept);
        return 0;
    }
    receipt->states = calloc((size_t)topic->partition_count, sizeof *receipt->states);
    return receipt->states != NULL ? 0 : dbk_err_set(err, DBK_ENOMEM, "out of memory.");
}

void dbk_audit_receipt_close(struct dbk_audit_receipt *receipt)
{
    for (int32_t p = 0; receipt->states != NULL && p < receipt->kept.partition_count; p++)
        dbk_buffer_clear(&receipt->states[p]);
    free(receipt->states);
    receipt->states = NULL;
    dbk_receipt_clear(&receipt->kept);
}

int64_t dbk_audit_receipt_end(const struct dbk_audit_receipt *receipt, int32_t partition)
{
    return partition < receipt->kept.partition_count
               ? receipt->kept.checkpoints[partition].offset_next
               : 0;
}

static void compare_sum(struct dbk_report *report, const char *what, dbk_int128 expected_minor,
                        const char *stored)
{
    char expected[DBK_MONEY_SUM_TEXT_SIZE];
    dbk_money_format_sum(expected, expected_minor);
    if (strcmp(expected, stored) != 0)
        differ(report, what, expected, stored);
}

static void compare_count(struct dbk_report *report, const char *what, int64_t expected,
                          int64_t stored)
{
    char texts[2][24];
    snprintf(texts[0], sizeof texts[0], "%" PRId64, expected);
    snprintf(texts[1], sizeof texts[1], "%" PRId64, stored);
    if (expected != stored)
        differ(report, what, texts[0], texts[1]);
}

/** The whole state as FILE.state has it, and its digest. */
static int compare_state(struct dbk_audit_receipt *receipt, struct dbk_err *err)
{
    struct dbk_buffer all = {0};
    struct dbk_digest digest;
    for (int32_t p = 0; p < receipt->kept.partition_count; p++) {
        struct dbk_buffer *state = &receipt->states[p];
        dbk_buffer_add(&all, state->length > 0 ? state->bytes : "", state->length);
        dbk_buffer_clear(state);
    }
    bool failed = all.failed;
    dbk_digest_bytes(&digest, all.bytes, all.length);
    dbk_buffer_clear(&all);
    if (failed)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    if (memcmp(digest.bytes, receipt->kept.state.bytes, DBK_DIGEST_SIZE) != 0)
        differ(receipt->report, "the digest of its state", "the replay's", "another");
    return 0;
}

int dbk_audit_receipt_at(struct dbk_audit_receipt *receipt, int32_t partition, int64_t offset,
                         struct dbk_err *err)
{
    const struct dbk_receipt *kept = &receipt->kept;
    if (partition >= kept->partition_count || kept->checkpoints[partition].offset_next != offset)
        return 0;
    struct dbk_ledger *ledger = dbk_book_ledger(receipt->book, partition);
    (void)dbk_audit_log_digest(receipt->log, DBK_KEEPER_RECEIPT, "receipt", partition, 0, offset,
                               &dbk_book_checkpoint(receipt->book, partition)->digest,
                               &kept->checkpoints[partition].digest);
    dbk_audit_receipt_sum(&receipt->replay, receipt->report, ledger);
    if (dbk_state_add(&receipt->states[partition], ledger, partition) != 0)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    if (++receipt->reached_count < kept->partition_count)
        return 0;
    /* Where the log is another one, its totals are, too: once is enough. */
    for (int32_t p = 0; p < kept->partition_count; p++)
        if (receipt->log->chains[p].broken[DBK_KEEPER_RECEIPT])
            return 0;
    const struct dbk_receipt *replay = &receipt->replay;
    compare_count(receipt->report, "accounts", replay->account_count, kept->account_count);
    compare_sum(receipt->report, "deposits", replay->deposits_minor, kept->totals.deposits);
    compare_sum(receipt->report, "withdrawals", replay->withdrawals_minor,
                kept->totals.withdrawals);
    compare_sum(receipt->report, "balances", replay->balances_minor, kept->totals.balances);
    return compare_state(receipt, err);
}

int dbk_audit_receipt_write(const char *path, const struct dbk_report *report,
                            const struct dbk_topic *topic, struct dbk_book *book,
                            struct dbk_err *err)
{
    struct dbk_receipt receipt = {.partition_count = topic->partition_count};
    snprintf(receipt.topic, sizeof receipt.topic, "%s", topic->name);
    snprintf(receipt.cluster_id, sizeof receipt.cluster_id, "%s", topic->cluster_id);
    receipt.checkpoints = calloc((size_t)topic->partition_count, sizeof *receipt.checkpoints);
    if (receipt.checkpoints == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    for (int32_t p = 0; p < topic->partition_count; p++) {
        receipt.checkpoints[p] = *dbk_book_checkpoint(book, p);
        dbk_audit_receipt_sum(&receipt, report, dbk_book_ledger(book, p));
    }
    int code = dbk_receipt_write(&receipt, path, book, err);
    dbk_receipt_clear(&receipt);
    return code;
}
