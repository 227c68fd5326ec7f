/**
 * Records of the log as people and programs see them: what `history` and `log` print.
 */
#ifndef DAYBOOK_ENTRY_OUT_H
#define DAYBOOK_ENTRY_OUT_H

#include "table.h"

#include <daybook/book.h>

/** Which columns a row has beside position, arrival, date, verdict, amount, balance, source, memo.
 */
enum dbk_entry_columns {
    DBK_ENTRY_ACCOUNT = 1, /**< the account, before the source */
    DBK_ENTRY_RAW = 2,     /**< the record's value as it is, last */
};

/** What is known about an event whose source says that it reverses another. */
enum dbk_entry_reversal {
    DBK_ENTRY_PLAIN,    /**< it is none, or nobody looked */
    DBK_ENTRY_REVERSES, /**< posted, and account and amount agree with the other's */
    DBK_ENTRY_CLAIMS,   /**< they do not, or one of the two was not posted */
};

/** Begin a table of entries. @param columns  enum dbk_entry_columns, or-ed. */
void dbk_entry_table_init(struct dbk_table *table, int columns);

/** Append a row with the same columns. */
void dbk_entry_add_row(struct dbk_table *table, const struct dbk_entry *entry, int columns,
                       enum dbk_entry_reversal reversal);

/** Print one line of JSON. */
DBK_MUST_CHECK int dbk_entry_print_json(const struct dbk_entry *entry, int columns,
                                        enum dbk_entry_reversal reversal, struct dbk_err *err);

#endif
