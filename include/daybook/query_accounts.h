/**
 * Questions about accounts: lists of them, and one account's statement and balance over time.
 *
 * Between dbk_query_begin and dbk_query_end.
 */
#ifndef DAYBOOK_QUERY_ACCOUNTS_H
#define DAYBOOK_QUERY_ACCOUNTS_H

#include <daybook/query_transactions.h>
#include <daybook/series.h>

/** One account. */
struct dbk_account_row {
    int64_t account_id;
    int64_t balance_minor;
    int64_t deposit_count;
    int64_t deposits_minor;
    int64_t withdrawal_count;
    int64_t withdrawals_minor; /**< a positive number */
    int64_t last_offset;       /**< of the last posted event, in the account's partition */
    int64_t last_date_s;
    struct dbk_text account;
};

/** A page of accounts; it owns its rows and their texts. */
struct dbk_accounts {
    struct dbk_account_row *rows;
    size_t count;
    struct dbk_extent extent;
    struct dbk_buffer texts; /**< private */
};

/** Read one page. Where extent.stopped and the order is not by name, the rows are the first of
 * those looked at, and there is no next. @param[out] page  to be cleared, on error too. */
DBK_MUST_CHECK int dbk_query_accounts(struct dbk_view *view,
                                      const struct dbk_account_selection *selection, int limit,
                                      struct dbk_accounts *page, struct dbk_err *err);
void dbk_accounts_clear(struct dbk_accounts *page);

typedef int dbk_visit_account_row(void *context, const struct dbk_account_row *row);

/** Visit all accounts of a selection, whatever its place, in its order, in one read: for downloads.
 *  Texts die with the call. */
DBK_MUST_CHECK int dbk_query_each_account(struct dbk_view *view,
                                          const struct dbk_account_selection *selection,
                                          dbk_visit_account_row *visit, void *context,
                                          struct dbk_err *err);

/** Find one account by its name. @param[out] row  its text is account itself. @param[out] known */
DBK_MUST_CHECK int dbk_query_account(struct dbk_view *view, struct dbk_text account,
                                     struct dbk_account_row *row, bool *known, struct dbk_err *err);

/** The balance by transaction date, before a day (INT64_MIN: 0). */
DBK_MUST_CHECK int dbk_query_balance_before(struct dbk_view *view, int64_t account_id, int64_t day,
                                            int64_t *balance_minor, struct dbk_err *err);

/** One line of a statement: balances add up by transaction date. */
struct dbk_statement_line {
    struct dbk_transaction_row transaction; /**< its balance_minor and declared_minor follow the
                                               log: they disagree where those two differ */
    int64_t balance_minor;                  /**< after this line, by date */
};

/** A page of a statement; it owns its lines and their texts. */
struct dbk_statement {
    int64_t opening_minor; /**< before the period's first line */
    int64_t closing_minor; /**< after the period's last line, on whatever page */
    struct dbk_sums sums;  /**< of the period */
    int64_t brought_minor; /**< before this page's first line */
    struct dbk_statement_line *lines;
    size_t count;
    struct dbk_extent extent;
    struct dbk_buffer texts; /**< private */
};

/** Read a page of an account's statement. @param account  from dbk_query_account. @param[out]
 * statement  to be cleared, on error too. */
DBK_MUST_CHECK int dbk_query_statement(struct dbk_view *view, const struct dbk_account_row *account,
                                       const struct dbk_statement_selection *selection, int limit,
                                       struct dbk_statement *statement, struct dbk_err *err);
void dbk_statement_clear(struct dbk_statement *statement);

/**
 * The balance over a period, by transaction date, down-sampled where there are too many points.
 *
 * @param[out] opening_minor  before the period.
 * @param[out] stopped        the time was up: the series ends early.
 */
DBK_MUST_CHECK int dbk_query_series(struct dbk_view *view, int64_t account_id,
                                    const struct dbk_days *days, struct dbk_series *series,
                                    int64_t *opening_minor, bool *stopped, struct dbk_err *err);

#endif
