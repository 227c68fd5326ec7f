/**
 * The rows of a file as a multiset of (account, date, amount), and which of them a ledger has.
 *
 * Rows are numbered from 0 in file order. Each transaction of the ledger that is shown to match
 * takes the first row of the same key that is not matched yet; so, whatever the order of the
 * transactions, of n equal rows and m equal transactions the first min(n, m) rows are matched.
 *
 * Memory: 24 bytes a row, at most 12 more from dbk_rowset_index on; accounts once each. Cost of add
 * and match: one hash look-up, however many rows are equal. Pure.
 * Lifetime: open, add rows, index once, match, close. One thread.
 */
#ifndef DAYBOOK_ROWSET_H
#define DAYBOOK_ROWSET_H

#include <daybook/err.h>
#include <daybook/event.h>

#define DBK_ROWS_MAX 2000000000U
#define DBK_NO_ROW UINT32_MAX
#define DBK_NO_ACCOUNT UINT32_MAX

/** An account of the file. */
struct dbk_rowset_account {
    struct dbk_text name; /**< owned by the rowset */
    int64_t date_first_s; /**< of its rows */
    int64_t date_last_s;
};

struct dbk_rowset;

/** @param hash_key  see dbk_ledger_open. @return 0 or DBK_ENOMEM. */
DBK_MUST_CHECK int dbk_rowset_open(struct dbk_rowset **rowset, const uint8_t hash_key[16]);

/** Takes NULL. */
void dbk_rowset_close(struct dbk_rowset *rowset);

/** Append a row. @return 0, or DBK_ENOMEM (also beyond DBK_ROWS_MAX rows). */
DBK_MUST_CHECK int dbk_rowset_add(struct dbk_rowset *rowset, const struct dbk_event *event);

uint32_t dbk_rowset_count(const struct dbk_rowset *rowset);

/** @return number of accounts; indices are 0 ... n-1 in the order of their first rows. */
uint32_t dbk_rowset_account_count(const struct dbk_rowset *rowset);
const struct dbk_rowset_account *dbk_rowset_account(const struct dbk_rowset *rowset,
                                                    uint32_t account);

/** @return an account's index, or DBK_NO_ACCOUNT. */
uint32_t dbk_rowset_find(const struct dbk_rowset *rowset, struct dbk_text name);

/** @return the index of a row's account. */
uint32_t dbk_rowset_row_account(const struct dbk_rowset *rowset, uint32_t row);

/** Make ready to match; no row may be added afterwards. @return 0 or DBK_ENOMEM. */
DBK_MUST_CHECK int dbk_rowset_index(struct dbk_rowset *rowset);

/** @return true where a row of this key is not matched yet. */
bool dbk_rowset_would_match(const struct dbk_rowset *rowset, uint32_t account, int64_t date_s,
                            int64_t amount_minor);

/**
 * Match one transaction of the ledger.
 *
 * @param amount_minor  negative for a withdrawal.
 * @return the row that it matches, or DBK_NO_ROW.
 */
uint32_t dbk_rowset_match(struct dbk_rowset *rowset, uint32_t account, int64_t date_s,
                          int64_t amount_minor);

bool dbk_rowset_is_matched(const struct dbk_rowset *rowset, uint32_t row);

#endif
