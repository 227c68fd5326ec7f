/**
 * A bank's day, made up: a stream of believable deposits and withdrawals over many accounts.
 *
 * Everything follows from the seed and the number of accounts: the same two give the same accounts,
 * types, amounts and memos in the same order, on any machine. Accounts are called SIM-000001, ...,
 * so that made-up money never touches a real account. Each account begins with an opening deposit;
 * then come salaries, rents, groceries and so on, each account with an income and habits of its
 * own, some accounts busier than others. Withdrawals carry a floor of 0.00, so some are refused.
 *
 * Pure. Memory: one bit per account. Lifetime: open, any number of next, close (takes NULL).
 */
#ifndef DAYBOOK_SIMULATION_H
#define DAYBOOK_SIMULATION_H

#include <daybook/err.h>
#include <daybook/event.h>

#define DBK_SIMULATION_ACCOUNTS_MAX 10000000

struct dbk_simulation;

/**
 * @param account_count  1 ... DBK_SIMULATION_ACCOUNTS_MAX.
 * @return 0 or DBK_ENOMEM.
 */
DBK_MUST_CHECK int dbk_simulation_open(struct dbk_simulation **simulation, int64_t seed,
                                       int64_t account_count);
void dbk_simulation_close(struct dbk_simulation *simulation);

/**
 * The next event.
 *
 * @param[out] event  without date, source and seq, which are the caller's; texts are valid until
 *                    the next call.
 */
void dbk_simulation_next(struct dbk_simulation *simulation, struct dbk_event *event);

#endif
