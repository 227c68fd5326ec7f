/**
 * Balances at a moment of the past, and balances from the log alone.
 */
#ifndef DAYBOOK_BALANCE_AT_H
#define DAYBOOK_BALANCE_AT_H

#include "cli.h"

/** balance --at WHEN [ACCOUNT...]: replays the log. */
DBK_MUST_CHECK int dbk_balance_at(const struct dbk_cli *cli, const char *at, int argc, char **argv,
                                  struct dbk_err *err);

/** balance --from-log ACCOUNT: from the last snapshot and what the log has after it. */
DBK_MUST_CHECK int dbk_balance_from_log(const struct dbk_cli *cli, const char *account,
                                        struct dbk_err *err);

#endif
