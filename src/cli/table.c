#include "table.h"

#include "text_width.h"

#include <daybook/escape.h>

#include <daybook/money.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void dbk_table_init(struct dbk_table *table, const struct dbk_column *columns, int column_count)
{
    DBK_ASSERT(column_count <= DBK_TABLE_COLUMNS);
    *table = (struct dbk_table){.columns = columns, .column_count = column_count};
}

static void forget_rows(struct dbk_table *table)
{
    for (size_t i = 0; i < table->cell_count; i++)
        free(table->cells[i]);
    table->cell_count = 0;
}

void dbk_table_clear(struct dbk_table *table)
{
    forget_rows(table);
    free(table->cells);
    *table = (struct dbk_table){.cells = NULL};
}

/** Take over an allocated text; NULL is out of memory. */
static void add(struct dbk_table *table, char *cell)
{
    if (table->cell_count == table->capacity && cell != NULL) {
        size_t capacity = table->capacity == 0 ? 256 : table->capacity * 2;
        char **cells = realloc(table->cells, capacity * sizeof *cells);
        if (cells == NULL) {
            free(cell);
            cell = NULL;
        } else {
            table->cells = cells;
            table->capacity = capacity;
        }
    }
    if (cell == NULL)
        table->failed = true;
    else
        table->cells[table->cell_count++] = cell;
}

void dbk_table_add(struct dbk_table *table, struct dbk_text text)
{
    add(table, dbk_escape_terminal(text, !isatty(STDOUT_FILENO)));
}

void dbk_table_add_string(struct dbk_table *table, const char *text)
{
    add(table, strdup(text));
}

void dbk_table_add_amount(struct dbk_table *table, int64_t amount_minor)
{
    char text[DBK_MONEY_TEXT_SIZE];
    dbk_money_format(text, amount_minor);
    add(table, strdup(text));
}

void dbk_table_add_position(struct dbk_table *table, int32_t partition, int64_t offset)
{
    char text[40];
    snprintf(text, sizeof text, "%" PRId32 ":%" PRId64, partition, offset);
    add(table, strdup(text));
}

static void print_cell(const char *text, int width, bool right, bool last)
{
    int padding = width - dbk_text_width(text);
    padding = padding > 0 ? padding : 0;
    if (right)
        printf("%*s%s%s", padding, "", text, last ? "\n" : "  ");
    else if (last)
        printf("%s\n", text);
    else
        printf("%s%*s  ", text, padding, "");
}

static void print_aligned(struct dbk_table *table)
{
    int *widths = table->widths;
    int columns = table->column_count;
    for (int c = 0; c < columns; c++) {
        int width = dbk_text_width(table->columns[c].title);
        widths[c] = width > widths[c] ? width : widths[c];
    }
    for (size_t i = 0; i < table->cell_count; i++) {
        int width = dbk_text_width(table->cells[i]);
        int *widest = &widths[i % (size_t)columns];
        *widest = width > *widest ? width : *widest;
    }
    /* Names and values, as import's summary has them, need no titles. */
    bool untitled = table->titled || table->columns[0].title[0] == '\0';
    for (int c = 0; !untitled && c < columns; c++)
        print_cell(table->columns[c].title, widths[c], table->columns[c].right, c == columns - 1);
    table->titled = true;
    for (size_t i = 0; i < table->cell_count; i++) {
        int c = (int)(i % (size_t)columns);
        print_cell(table->cells[i], widths[c], table->columns[c].right, c == columns - 1);
    }
}

int dbk_table_print(struct dbk_table *table, struct dbk_err *err)
{
    if (table->failed)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    if (isatty(STDOUT_FILENO))
        print_aligned(table);
    else
        for (size_t i = 0; i < table->cell_count; i++)
            printf("%s%c", table->cells[i],
                   (i + 1) % (size_t)table->column_count == 0 ? '\n' : '\t');
    forget_rows(table);
    return 0;
}
