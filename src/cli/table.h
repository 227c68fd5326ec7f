/**
 * Data on standard output: aligned columns on a terminal, tab-separated lines in a pipe.
 */
#ifndef DAYBOOK_TABLE_H
#define DAYBOOK_TABLE_H

#include <daybook/err.h>
#include <daybook/event.h>

#include <stdbool.h>

#define DBK_TABLE_COLUMNS 10

struct dbk_column {
    const char *title;
    bool right; /**< aligned to the right: numbers */
};

struct dbk_table {
    const struct dbk_column *columns;
    int column_count;
    char **cells; /**< row after row */
    size_t cell_count;
    size_t capacity;
    int widths[DBK_TABLE_COLUMNS]; /**< least width of each column on a terminal; may be set */
    bool titled;                   /**< the titles were printed */
    bool failed;                   /**< out of memory: nothing will be printed */
};

/** @param columns  column_count of them, living as long as the table. */
void dbk_table_init(struct dbk_table *table, const struct dbk_column *columns, int column_count);
void dbk_table_clear(struct dbk_table *table);

/** Append a cell; rows fill by themselves. Hostile bytes are escaped here. */
void dbk_table_add(struct dbk_table *table, struct dbk_text text);
void dbk_table_add_string(struct dbk_table *table, const char *text);
void dbk_table_add_amount(struct dbk_table *table, int64_t amount_minor);
void dbk_table_add_position(struct dbk_table *table, int32_t partition, int64_t offset);

/** Print all rows and forget them: later rows follow below, without the titles. @return 0 or
 *  DBK_ENOMEM. */
DBK_MUST_CHECK int dbk_table_print(struct dbk_table *table, struct dbk_err *err);

#endif
