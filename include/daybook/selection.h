/**
 * Selections: which rows of a list are asked for, in which order, from where on; and their text
 * form, the parameters of an address.
 *
 * One module reads and writes that text, for pages, downloads and links alike: what is written is
 * read back as the same selection. Every parameter that is not understood is an error that names
 * it and says what was expected; an empty value counts as absent, since forms send those. Days are
 * UTC days. Amounts are compared by magnitude (who looks for 1,000 wants deposits and withdrawals
 * of it) but sorted with their sign, as they are shown.
 *
 * A place in a list is a *token*: the order, and the key of a row in it. Tokens are opaque to
 * clients, and checked: one of another order is refused. Pure.
 */
#ifndef DAYBOOK_SELECTION_H
#define DAYBOOK_SELECTION_H

#include <daybook/buffer.h>
#include <daybook/ledger.h>
#include <daybook/money.h>

/** Room for a token with its zero. */
#define DBK_TOKEN_SIZE 256

/** One decoded parameter of an address. */
struct dbk_param {
    const char *name;
    const char *value;
};

/** What a parameter should have been. */
enum dbk_expected {
    DBK_EXPECTED_NOTHING,   /**< there is no such parameter */
    DBK_EXPECTED_ONCE,      /**< it was given twice */
    DBK_EXPECTED_ACCOUNT,   /**< 1 to 64 bytes of text, as an account's name is */
    DBK_EXPECTED_TYPE,      /**< deposit or withdrawal */
    DBK_EXPECTED_DAY,       /**< YYYY-MM-DD */
    DBK_EXPECTED_LATER_DAY, /**< not before `from` */
    DBK_EXPECTED_PERIOD,    /**< today, 7days, month or year, without from and to */
    DBK_EXPECTED_AMOUNT,    /**< an amount of at least 0, as 1234.56 or 1234,56 */
    DBK_EXPECTED_LARGER,    /**< not less than `min` */
    DBK_EXPECTED_TEXT,      /**< up to 200 bytes of text without control characters */
    DBK_EXPECTED_SORT,      /**< one of this list's columns */
    DBK_EXPECTED_ORDER,     /**< asc or desc */
    DBK_EXPECTED_SIGN,      /**< negative */
    DBK_EXPECTED_REASON,    /**< a reason of rejection */
    DBK_EXPECTED_TOKEN,     /**< what this server gave for this list in this order */
    DBK_EXPECTED_ONE_PLACE, /**< next or before, not both */
    DBK_EXPECTED_COUNT
};

/** Why parameters are no selection. */
struct dbk_param_problem {
    char name[32]; /**< the parameter, as given; cut */
    enum dbk_expected expected;
};

/** @return what was expected, one clause in English, for programs. */
const char *dbk_expected_text(enum dbk_expected expected);

/** Where to begin in a list. */
enum dbk_place {
    DBK_PLACE_START,
    DBK_PLACE_AFTER,  /**< with the first row after the key */
    DBK_PLACE_BEFORE, /**< with the rows that end just before the key */
};

/* Periods. */

enum dbk_period {
    DBK_PERIOD_ALL,
    DBK_PERIOD_DAYS, /**< from and/or to were given */
    DBK_PERIOD_TODAY,
    DBK_PERIOD_7_DAYS, /**< today and the six days before */
    DBK_PERIOD_MONTH,  /**< the calendar month of today, up to its end */
    DBK_PERIOD_YEAR,   /**< the calendar year of today, up to its end */
    DBK_PERIOD_COUNT
};

/** Days from one to another, both included. */
struct dbk_days {
    enum dbk_period period;
    int64_t first; /**< INT64_MIN: since ever */
    int64_t last;  /**< INT64_MAX: for ever */
};

/** Set the days of a preset. @param today  the UTC day, since 1970-01-01. */
void dbk_days_set(struct dbk_days *days, enum dbk_period period, int64_t today);

/* Transactions. */

enum dbk_sort {
    DBK_SORT_DATE,
    DBK_SORT_ACCOUNT, /**< by name, then date */
    DBK_SORT_AMOUNT,  /**< by value with its sign, then date */
    DBK_SORT_COUNT
};

enum dbk_side { DBK_SIDE_BOTH, DBK_SIDE_DEPOSITS, DBK_SIDE_WITHDRAWALS };

/** What orders transactions: everything that a row is sorted by. */
struct dbk_transaction_key {
    int64_t date_s;
    int64_t partition;
    int64_t offset;
    int64_t amount_minor;              /**< signed; used where sorted by amount */
    char account[DBK_ACCOUNT_MAX + 1]; /**< used where sorted by account */
};

/** Parameters: account, type, period | from, to, min, max, memo, sort, order, next | before. */
struct dbk_selection {
    char account[DBK_ACCOUNT_MAX + 1]; /**< "": any */
    enum dbk_side side;
    struct dbk_days days;
    int64_t min_minor;           /**< of the magnitude; 0: any */
    int64_t max_minor;           /**< INT64_MAX: any */
    char memo[DBK_MEMO_MAX + 1]; /**< what the memo contains; "": any */
    enum dbk_sort sort;
    bool ascending; /**< by default dates and amounts descend, accounts ascend */
    enum dbk_place place;
    struct dbk_transaction_key key; /**< unless place is the start */
};

/**
 * Read a selection.
 *
 * @param others   zero-terminated list of names that the caller reads itself (lang, limit, ...);
 *                 may be NULL.
 * @param today    the UTC day, for presets.
 * @return true; or false, and the first problem.
 */
bool dbk_selection_parse(struct dbk_selection *selection, const struct dbk_param *params,
                         size_t count, const char *const *others, int64_t today,
                         struct dbk_param_problem *problem);

/** All transactions, newest first: what no parameters give. */
void dbk_selection_init(struct dbk_selection *selection);

/** Append "name=value&..." without what is the default, in a fixed order; nothing where all is. */
void dbk_selection_write(struct dbk_buffer *out, const struct dbk_selection *selection);

/** @return true where a row is one of the selection's, whatever its place. The account is not
 *  looked at. */
bool dbk_selection_matches(const struct dbk_selection *selection, int64_t date_s,
                           int64_t amount_minor, struct dbk_text memo);

/** @return true where nothing but account, days and side is asked for: then counts and sums need
 *  no look at single rows. */
bool dbk_selection_is_aggregate(const struct dbk_selection *selection);

/** @return true where text contains part, ASCII and Latin-1 letters of either case being equal. */
bool dbk_text_contains(struct dbk_text text, const char *part);

/** Write the token of a key in the selection's order. @param token  DBK_TOKEN_SIZE bytes. */
void dbk_selection_token(char *token, const struct dbk_selection *selection,
                         const struct dbk_transaction_key *key);

/* Accounts. */

enum dbk_account_sort {
    DBK_ACCOUNTS_BY_NAME,
    DBK_ACCOUNTS_BY_BALANCE,
    DBK_ACCOUNTS_BY_COUNT, /**< of transactions */
    DBK_ACCOUNTS_BY_DEPOSITS,
    DBK_ACCOUNTS_BY_WITHDRAWALS,
    DBK_ACCOUNTS_BY_LAST, /**< date of the last posted event */
    DBK_ACCOUNTS_SORT_COUNT
};

/** Parameters: search, balance=negative, sort (name, balance, count, deposits, withdrawals, last),
 *  order, next | before. */
struct dbk_account_selection {
    char search[DBK_ACCOUNT_MAX + 1]; /**< what the name contains; "": any */
    bool negative;                    /**< only balances below zero */
    enum dbk_account_sort sort;
    bool ascending; /**< by default names ascend, numbers descend */
    enum dbk_place place;
    int64_t key_value;                  /**< of the column sorted by, unless that is the name */
    char key_name[DBK_ACCOUNT_MAX + 1]; /**< where sorted by name */
    int64_t key_id;                     /**< account_id, where sorted by another column */
};

void dbk_account_selection_init(struct dbk_account_selection *selection);
bool dbk_account_selection_parse(struct dbk_account_selection *selection,
                                 const struct dbk_param *params, size_t count,
                                 const char *const *others, struct dbk_param_problem *problem);
void dbk_account_selection_write(struct dbk_buffer *out,
                                 const struct dbk_account_selection *selection);
void dbk_account_selection_token(char *token, const struct dbk_account_selection *selection,
                                 struct dbk_text name, int64_t value, int64_t id);

/* The statement of one account: lines by date, ascending. */

/** Parameters: period | from, to, next | before. */
struct dbk_statement_selection {
    struct dbk_days days;
    enum dbk_place place;
    int64_t key_date_s;
    int64_t key_offset;
};

void dbk_statement_selection_init(struct dbk_statement_selection *selection);
bool dbk_statement_selection_parse(struct dbk_statement_selection *selection,
                                   const struct dbk_param *params, size_t count,
                                   const char *const *others, int64_t today,
                                   struct dbk_param_problem *problem);
void dbk_statement_selection_write(struct dbk_buffer *out,
                                   const struct dbk_statement_selection *selection);
void dbk_statement_selection_token(char *token, int64_t date_s, int64_t offset);

/* Rejections: newest first, by the log's time. */

/** Parameters: reason, next | before. */
struct dbk_rejection_selection {
    enum dbk_verdict reason; /**< DBK_VERDICT_COUNT: any */
    enum dbk_place place;
    int64_t key_timestamp_ms;
    int64_t key_partition;
    int64_t key_offset;
};

void dbk_rejection_selection_init(struct dbk_rejection_selection *selection);
bool dbk_rejection_selection_parse(struct dbk_rejection_selection *selection,
                                   const struct dbk_param *params, size_t count,
                                   const char *const *others, struct dbk_param_problem *problem);
void dbk_rejection_selection_write(struct dbk_buffer *out,
                                   const struct dbk_rejection_selection *selection);
void dbk_rejection_selection_token(char *token, int64_t timestamp_ms, int64_t partition,
                                   int64_t offset);

/* Addresses. */

/**
 * Append "/accounts/NAME", NAME percent-encoded as one segment.
 *
 * Browsers take the segments "." and ".." for directions, encoded or not: such names, and those
 * that begin with a tilde, get a tilde in front.
 */
void dbk_account_path(struct dbk_buffer *out, struct dbk_text account);

/** @return the account's name in a decoded segment of an address. */
const char *dbk_account_of_segment(const char *segment);

#endif
