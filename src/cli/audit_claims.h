/**
 * What an audit reports apart: declared balances, negative balances, withdrawals without a floor.
 *
 * These are claims and choices of those who wrote the events; the ledger is not wrong where they
 * disagree with it. Memory is O(accounts), and only where some balance disagrees.
 */
#ifndef DAYBOOK_AUDIT_CLAIMS_H
#define DAYBOOK_AUDIT_CLAIMS_H

#include "audit.h"

#include <daybook/view.h>

/** The first row of an account whose declared balance is not the ledger's. */
struct dbk_claim {
    bool there;
    int64_t offset;
    int64_t date_s;
    int64_t expected_minor;
    int64_t declared_minor;
};

struct dbk_audit_claims {
    struct dbk_audit_result *result;
    const struct dbk_audit_options *options;
    struct dbk_book *book;
    struct dbk_claim **first; /**< per partition and account; NULL: none there */
    uint32_t *first_count;
};

DBK_MUST_CHECK int dbk_audit_claims_open(struct dbk_audit_claims *claims,
                                         struct dbk_audit_result *result,
                                         const struct dbk_audit_options *options,
                                         struct dbk_book *book, struct dbk_err *err);
void dbk_audit_claims_close(struct dbk_audit_claims *claims);

/** Look at applied events. */
DBK_MUST_CHECK int dbk_audit_claims_check(struct dbk_audit_claims *claims,
                                          const struct dbk_changes *changes, struct dbk_err *err);

/** Print or gather what was found. The day's rows come from the view, which is proven by then. */
DBK_MUST_CHECK int dbk_audit_claims_report(struct dbk_audit_claims *claims, struct dbk_view *view,
                                           struct dbk_err *err);

#endif
