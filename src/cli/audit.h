/**
 * The audit: replay the log in memory and compare the view with it, at the view's own checkpoint.
 */
#ifndef DAYBOOK_AUDIT_H
#define DAYBOOK_AUDIT_H

#include "cli.h"

#include <daybook/money.h>

#include <jansson.h>

struct dbk_audit_options {
    int64_t print_max; /**< differences to print; all are counted */
    bool json;         /**< gather differences instead of printing them */
};

struct dbk_audit_result {
    int64_t difference_count;
    json_t *differences; /**< an array, for json; owned by the caller */
    int64_t event_count;
    int64_t account_count;
    dbk_int128 balances_minor;
    dbk_int128 deposits_minor;
    dbk_int128 withdrawals_minor;
    int64_t elapsed_ms;
};

/** @return 0 where the comparison was made, whatever it found; DBK_EBROKER, DBK_EVIEW, DBK_ENO. */
DBK_MUST_CHECK int dbk_audit(const struct dbk_config *config,
                             const struct dbk_audit_options *options,
                             struct dbk_audit_result *result, struct dbk_err *err);

#endif
