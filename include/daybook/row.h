/**
 * Rows of the view (schema/views.sql) as values: what an event or a state is stored as.
 *
 * The writer binds these rows and the audit compares stored rows with them, so that there is one
 * place that says what a row holds. Pure.
 */
#ifndef DAYBOOK_ROW_H
#define DAYBOOK_ROW_H

#include <daybook/book.h>
#include <daybook/money.h>

enum dbk_value_kind {
    DBK_VALUE_NULL,
    DBK_VALUE_INTEGER,
    DBK_VALUE_TEXT,
    DBK_VALUE_BLOB,
    DBK_VALUE_OTHER, /**< of no kind that a view holds: a floating-point number */
};

/** One column of a row. */
struct dbk_value {
    enum dbk_value_kind kind;
    int64_t integer;      /**< of an integer */
    struct dbk_text text; /**< of a text or a blob; borrowed */
};

/** Columns of the widest table. */
#define DBK_ROW_MAX 10

struct dbk_row {
    int count;
    struct dbk_value values[DBK_ROW_MAX];
};

/** Bytes of a rejected record's key and value that the view keeps. */
#define DBK_ROW_HEAD_SIZE 1024

/** What a row of rejections may point into. */
struct dbk_row_scratch {
    struct dbk_digest digest;
    char detail[64];
};

bool dbk_value_equal(const struct dbk_value *a, const struct dbk_value *b);

/** transactions: of an entry that was posted. Points into the entry. */
void dbk_row_of_transaction(struct dbk_row *row, const struct dbk_entry *entry,
                            int32_t partition_count);

/** rejections: of an entry that was not posted. Points into the entry and scratch. */
void dbk_row_of_rejection(struct dbk_row *row, const struct dbk_entry *entry,
                          int32_t partition_count, struct dbk_row_scratch *scratch);

/** accounts. Points into the account. */
void dbk_row_of_account(struct dbk_row *row, int64_t account_id, const struct dbk_account *account);

/** balances. */
void dbk_row_of_balance(struct dbk_row *row, int64_t account_id, const struct dbk_account *account);

/** sources; the name, which a ledger does not keep, is a text of length 0. Points into source. */
void dbk_row_of_source(struct dbk_row *row, int64_t source_id, const struct dbk_source *source);

/** checkpoints. Points into the checkpoint. */
void dbk_row_of_checkpoint(struct dbk_row *row, int32_t partition,
                           const struct dbk_checkpoint *checkpoint);

/** Movement of one account on one UTC day. */
struct dbk_day {
    int64_t account_id;
    int64_t day; /**< since 1970-01-01 */
    int64_t deposit_count;
    int64_t deposits_minor;
    int64_t withdrawal_count;
    int64_t withdrawals_minor;
};

/** Count one posting. @param amount_minor  negative: withdrawal. The sums fit where the account's
 *  own totals do. */
void dbk_day_add(struct dbk_day *day, int64_t amount_minor);

/** daily_aggregates. */
void dbk_row_of_day(struct dbk_row *row, const struct dbk_day *day);

/** Sums over the transactions of any number of accounts. */
struct dbk_sums {
    int64_t deposit_count;
    int64_t withdrawal_count;
    dbk_int128 deposits_minor;
    dbk_int128 withdrawals_minor; /**< a positive number */
};

/** A sum of money is stored in two integers: high * DBK_SUM_BASE + low. */
#define DBK_SUM_BASE 1000000000000000000

/** Count one transaction. @param amount_minor  negative: withdrawal. */
void dbk_sums_add(struct dbk_sums *sums, int64_t amount_minor);
void dbk_sums_add_sums(struct dbk_sums *sums, const struct dbk_sums *more);

/** daily_totals. */
void dbk_row_of_day_total(struct dbk_row *row, int64_t day, const struct dbk_sums *sums);

/** totals. */
void dbk_row_of_totals(struct dbk_row *row, int64_t account_count, const struct dbk_sums *sums);

#endif
