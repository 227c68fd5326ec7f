/**
 * One row of a bank's file. Private to the core.
 */
#ifndef DAYBOOK_BANK_ROW_H
#define DAYBOOK_BANK_ROW_H

#include <daybook/bankfile.h>

/** Turn file->row, which is CSV, into an event; what is wrong with it is added to file->wrong. */
void dbk_bank_row_map(struct dbk_bankfile *file, struct dbk_event *event);

/** @return the row's field for a column that the file has, without spaces around it. */
struct dbk_text dbk_bank_row_field(const struct dbk_bankfile *file, enum dbk_bank_column column);

/** Note that something is wrong with a field (or, with field NULL, with the row). */
void dbk_bank_row_wrong(struct dbk_bankfile *file, enum dbk_bank_problem problem,
                        const struct dbk_csv_field *field);

#endif
