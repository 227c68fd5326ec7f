/**
 * The audit's comparison of the view's other tables and its indexes with what the replay left.
 *
 * Each table is walked once, beside the rows that the book gives in the same order.
 */
#ifndef DAYBOOK_AUDIT_TABLES_H
#define DAYBOOK_AUDIT_TABLES_H

#include "audit_rows.h"

struct dbk_audit_tables {
    struct dbk_report *report;
    struct dbk_view *view;
    struct dbk_book *book; /**< at the view's checkpoints */
    const struct dbk_audit_rows *rows;
    const bool *chosen;          /**< per partition: audited at all */
    const int64_t *offset_start; /**< per partition: where the replay began */
};

/** accounts, balances, sources, checkpoints, daily_aggregates, totals, the indexes, the schema, and
 * rows that belong to no partition. */
DBK_MUST_CHECK int dbk_audit_tables(const struct dbk_audit_tables *tables, struct dbk_err *err);

#endif
