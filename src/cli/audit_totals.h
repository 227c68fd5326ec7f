/**
 * The audit's comparison of the view's totals, and of the indexes that they are read along.
 */
#ifndef DAYBOOK_AUDIT_TOTALS_H
#define DAYBOOK_AUDIT_TOTALS_H

#include "audit_tables.h"

/**
 * daily_totals and totals, and the indexes transactions_by_date and rejections_by_reason.
 *
 * Totals are added up again along the index by date, in constant memory; the index is proven by the
 * sum of its entries. Totals are of all partitions, audited or not.
 */
DBK_MUST_CHECK int dbk_audit_totals(const struct dbk_audit_tables *tables, struct dbk_err *err);

/** Report that an index has other entries than its table. */
void dbk_audit_report_index(const struct dbk_audit_tables *tables, const char *name);

#endif
