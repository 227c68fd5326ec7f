/**
 * What the files with the dashboard's questions share. Private to the shell.
 */
#ifndef DAYBOOK_QUERY_INTERNAL_H
#define DAYBOOK_QUERY_INTERNAL_H

#include "view_internal.h"

#include <daybook/query_transactions.h>

/**
 * @param[out] statement  of the text, kept by the connection: bind, step, reset, never finalize. At
 *                        most DBK_QUERIES_KEPT may be stepping at once.
 */
DBK_MUST_CHECK int dbk_query_prepare(struct dbk_view *view, const char *sql,
                                     sqlite3_stmt **statement, struct dbk_err *err);

/** @return true shortly before the questions' deadline. */
bool dbk_query_time_is_up(const struct dbk_view *view);

/** @return a text or blob column; gone with the next step. */
struct dbk_text dbk_query_text(sqlite3_stmt *statement, int column);

/** @return six columns: the counts, highs and lows of deposits and of withdrawals. */
struct dbk_sums dbk_query_sums(sqlite3_stmt *statement, int column);

/** First and last second of some days. */
void dbk_query_seconds(const struct dbk_days *days, int64_t *first_s, int64_t *last_s);

/** @param[out] id  -1 where there is no such account. */
DBK_MUST_CHECK int dbk_query_account_id(struct dbk_view *view, struct dbk_text account, int64_t *id,
                                        struct dbk_err *err);

/**
 * Look a transaction up. @param[out] statement  to be reset once the row's texts are not needed any
 * more; its columns 8 and 9 are source_id and seq. NULL where it could not be made.
 */
DBK_MUST_CHECK int dbk_query_row(struct dbk_view *view, int64_t partition, int64_t offset,
                                 sqlite3_stmt **statement, struct dbk_transaction_row *row,
                                 bool *found, struct dbk_err *err);

/** Sums of one account, or of all (account_id < 0), over some days. */
DBK_MUST_CHECK int dbk_query_sum_days(struct dbk_view *view, int64_t account_id,
                                      const struct dbk_days *days, struct dbk_sums *sums,
                                      struct dbk_err *err);

/** @return 0 to go on. */
typedef int dbk_query_scan_row(void *context, const struct dbk_transaction_key *key);

struct dbk_query_scan {
    struct dbk_view *view;
    const struct dbk_selection *selection;
    int64_t looked;
    int64_t total; /* rows of the days; those of the account may be fewer */
    bool stopped;
    dbk_query_scan_row *visit;
    void *context;
};

/** Visit the keys of all rows of a selection, whatever its place, in any order. @param account_id
 * of its account; -1: it has none. */
DBK_MUST_CHECK int dbk_query_scan(struct dbk_query_scan *scan, int64_t account_id,
                                  struct dbk_err *err);

/** Point a text, whose bytes were gathered one after the other, to where they are now. */
void dbk_query_place_text(struct dbk_text *text, const char **cursor);

/** Ask the clock only once for so many rows. */
#define DBK_QUERY_ROWS_A_LOOK 64

#endif
