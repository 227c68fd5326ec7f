/**
 * Lists for programs and spreadsheets: rows as CSV or JSON, as schema/openapi.yaml says.
 *
 * Amounts are exact: JSON has them as texts with two decimals, CSV as numbers. Texts leave by their
 * doors; what a spreadsheet would take for a formula is neutralised.
 */
#ifndef DAYBOOK_FEED_H
#define DAYBOOK_FEED_H

#include <daybook/query_accounts.h>
#include <daybook/query_events.h>

enum dbk_feed_form {
    DBK_FEED_CSV,    /**< RFC 4180 */
    DBK_FEED_CSV_FR, /**< as French Excel reads it: semicolons, decimal commas, a byte order mark */
    DBK_FEED_JSON,
};

enum dbk_feed_list {
    DBK_FEED_TRANSACTIONS,
    DBK_FEED_ACCOUNTS,
    DBK_FEED_LINES, /**< of a statement */
    DBK_FEED_REJECTIONS,
    DBK_FEED_DAYS,
    DBK_FEED_LIST_COUNT
};

/** A list being written. */
struct dbk_feed {
    struct dbk_buffer *out; /**< may change from row to row */
    enum dbk_feed_form form;
    enum dbk_feed_list list;
    bool any_row;   /**< private */
    bool any_field; /**< private */
};

/** Header row, or the opening of the object and its array. */
void dbk_feed_begin(struct dbk_feed *feed);
/** For JSON: the end of both. @param next  the token of the next page; NULL: that was all.
 *  @param complete  false where the time was up before all rows were looked at. */
void dbk_feed_end(struct dbk_feed *feed, const char *next, bool complete);

/** The beginning and the end of a statement, whose lines stand between them. */
void dbk_feed_begin_statement(struct dbk_feed *feed, struct dbk_text account,
                              int64_t opening_minor);
void dbk_feed_end_statement(struct dbk_feed *feed, int64_t closing_minor, const char *next,
                            bool complete);

void dbk_feed_transaction(struct dbk_feed *feed, const struct dbk_transaction_row *row);
void dbk_feed_account(struct dbk_feed *feed, const struct dbk_account_row *row);
void dbk_feed_line(struct dbk_feed *feed, const struct dbk_statement_line *line);
void dbk_feed_rejection(struct dbk_feed *feed, const struct dbk_rejection_row *row);
void dbk_feed_day(struct dbk_feed *feed, const struct dbk_day_volume *volume);

/* Objects, always JSON. */

void dbk_feed_overview(struct dbk_buffer *out, const struct dbk_overview *overview,
                       const struct dbk_day_volume *today);
void dbk_feed_count(struct dbk_buffer *out, const struct dbk_count *count);
/** @param opening_minor  before the period. */
void dbk_feed_series(struct dbk_buffer *out, struct dbk_text account, int64_t opening_minor,
                     const struct dbk_series *series, bool stopped);
/** @param digest  of the partition's chain, the event included; NULL where the log did not answer.
 *  @param record  the log's; NULL the same. */
void dbk_feed_event(struct dbk_buffer *out, const struct dbk_event_row *event, int64_t partition,
                    int64_t offset, const struct dbk_record *record,
                    const struct dbk_digest *digest, const char *proof);

#endif
