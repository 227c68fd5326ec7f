/**
 * Walking over one of a view's tables or indexes, in order, a row at a time.
 *
 * For the audit and the export: values come as they are stored, whatever they are. Several cursors
 * may be open on one view. Lifetime: open, next any number of times, close (takes NULL).
 */
#ifndef DAYBOOK_VIEW_CURSOR_H
#define DAYBOOK_VIEW_CURSOR_H

#include <daybook/row.h>
#include <daybook/view.h>

/** What to walk over. Columns are those of schema/views.sql unless said otherwise. */
enum dbk_walk {
    DBK_WALK_TRANSACTIONS,    /**< of partition a, from offset b, by offset */
    DBK_WALK_REJECTIONS,      /**< the same */
    DBK_WALK_ACCOUNTS,        /**< by account_id */
    DBK_WALK_BALANCES,        /**< by account_id */
    DBK_WALK_SOURCES,         /**< by source_id */
    DBK_WALK_CHECKPOINTS,     /**< by partition */
    DBK_WALK_DIGESTS,         /**< of partition a, from offset_next b, by offset_next */
    DBK_WALK_DAYS,            /**< daily_aggregates, by account_id and day */
    DBK_WALK_DAY_TOTALS,      /**< daily_totals, by day */
    DBK_WALK_TOTALS,          /**< the row of totals */
    DBK_WALK_BY_REASON,       /**< index rejections_by_reason: reason, timestamp_ms, partition,
                                   offset */
    DBK_WALK_BY_ACCOUNT,      /**< index transactions_by_account: account_id, date_s, amount_minor,
                                   partition, offset */
    DBK_WALK_BY_DATE,         /**< index transactions_by_date: date_s, partition, offset,
                                   amount_minor */
    DBK_WALK_BY_NAME,         /**< the index of accounts' names: account, account_id */
    DBK_WALK_BY_DIGEST,       /**< index sources_by_digest: digest, source_id */
    DBK_WALK_STRAYS,          /**< table, partition, offset of rows whose partition is not in
                                   0 ... a - 1 */
    DBK_WALK_SCHEMA,          /**< type, name, tbl_name, sql of everything in the file, by name */
    DBK_WALK_ACCOUNT_DAY,     /**< amount_minor, declared_minor, balance_minor of account a's
                                   transactions with b <= date_s < b + 86400, by partition, offset */
    DBK_WALK_EXPORT_LOG,      /**< up to 10,000 rows after partition a, offset b: partition, offset,
                                   account_id, date_s, amount_minor, balance_minor, account, source,
                                   seq, memo */
    DBK_WALK_EXPORT_ACCOUNTS, /**< the same columns, after account_id a, date_s b, partition c,
                                   offset d, in this order */
    DBK_WALK_LATEST,          /**< the last b transactions of account a, newest first in log order:
                                    partition, offset, date_s, amount_minor, balance_minor, memo */
    DBK_WALK_COUNT
};

struct dbk_view_cursor;

/**
 * @param[out] cursor  NULL on error.
 * @param parameters   a, b, ... as the walk says; may be NULL where it has none.
 */
DBK_MUST_CHECK int dbk_view_cursor_open(struct dbk_view_cursor **cursor, struct dbk_view *view,
                                        enum dbk_walk walk, const int64_t *parameters,
                                        struct dbk_err *err);
void dbk_view_cursor_close(struct dbk_view_cursor *cursor);

/**
 * Step to the next row; the one before, and its texts, are gone.
 *
 * @return 0, DBK_EVIEW, or DBK_ESTOPPED where dbk_view_stop_on says so.
 */
DBK_MUST_CHECK int dbk_view_cursor_next(struct dbk_view_cursor *cursor, struct dbk_err *err);

/** @return the row that next stepped to, or NULL: at the end, or before the first next. */
const struct dbk_row *dbk_view_cursor_row(const struct dbk_view_cursor *cursor);

/** Read the file through a memory map: walks that jump about in it are then twice as fast. Its
 * pages count as this process's memory, though the system may take them back at any time. */
DBK_MUST_CHECK int dbk_view_map_file(struct dbk_view *view, struct dbk_err *err);

/** An empty view in memory, to compare a schema with. */
DBK_MUST_CHECK int dbk_view_open_model(struct dbk_view **view, struct dbk_err *err);

#endif
