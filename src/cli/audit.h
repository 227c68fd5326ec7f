/**
 * The audit: replay the log in memory and compare everything derived with it, each thing at its own
 * position: the view's tables at the view's checkpoint, snapshots at theirs, a receipt at its own.
 */
#ifndef DAYBOOK_AUDIT_H
#define DAYBOOK_AUDIT_H

#include "audit_report.h"
#include "cli.h"

#include <daybook/money.h>

struct dbk_audit_options {
    int64_t print_max; /**< differences to print; all are counted */
    bool json;         /**< print differences as items of a JSON object */
    bool accept_absent;
    bool assume_settings;
    bool deep;                 /**< SQLite's integrity_check instead of its quick_check */
    const char *partitions;    /**< "0-3,7"; NULL: all */
    const char *account;       /**< only this one; NULL: all */
    const char *receipt;       /**< file to check the log against, or NULL */
    const char *write_receipt; /**< file to write when proven, or NULL */
    const char *since;         /**< receipt to begin at, or NULL */
};

struct dbk_audit_result {
    struct dbk_report report;
    int64_t event_count; /**< compared with the view */
    int64_t account_count;
    dbk_int128 balances_minor;
    dbk_int128 deposits_minor;
    dbk_int128 withdrawals_minor;
    char through[1024]; /**< "0:41, 1:17": the last event of each partition */
    char since[1024];   /**< "0:41, 1:17": the first event read of each partition; "": 0 */
    /* Apart: claims of sources and of writers, not errors of the view. */
    int64_t absent_count;
    int64_t negative_count;           /**< accounts whose balance is negative */
    int64_t floorless_count;          /**< posted withdrawals whose writer set no floor */
    int64_t declared_account_count;   /**< accounts with a declared balance that disagrees */
    int64_t declared_row_count;       /**< their rows */
    int64_t declared_reordered_count; /**< accounts whose first such day is only in another order */
    json_t *negative;    /**< an array of accounts with a negative balance, at most print_max */
    json_t *declared;    /**< an array of the first rows that disagree; for json */
    int64_t later_count; /**< events of the log that the view does not have yet */
    int64_t round_count; /**< rounds of snapshots that were checked */
    int64_t elapsed_ms;
};

/**
 * @param result  zeroed; cleared by the caller with dbk_audit_clear in any case.
 * @return 0 where everything was compared, whatever was found; DBK_EUSAGE, DBK_EBROKER, DBK_EVIEW,
 *         DBK_ENOMEM where it could not be: what was found until then is in result.
 */
DBK_MUST_CHECK int dbk_audit(const struct dbk_config *config,
                             const struct dbk_audit_options *options,
                             struct dbk_audit_result *result, struct dbk_err *err);
void dbk_audit_clear(struct dbk_audit_result *result);

#endif
