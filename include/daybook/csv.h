/**
 * Reading CSV as in RFC 4180, from memory, without copying.
 *
 * A field is quoted where its first byte is a quote; in it a doubled quote stands for one, and
 * delimiters and line ends are text. A quote elsewhere is text. A line ends with CRLF, LF or CR, in
 * any mixture; lines without a byte are skipped. A byte order mark at the very beginning is
 * skipped. Every row must be valid UTF-8 without NUL.
 *
 * A row that is wrong is reported and reading goes on with the next line, so that one pass finds
 * every wrong row. Fields point into the buffer, which must outlive them. Pure; no allocation; the
 * cost is linear in the bytes, whatever they are.
 */
#ifndef DAYBOOK_CSV_H
#define DAYBOOK_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Longest field: beyond it, a closing quote is missing rather than the text that long. */
#define DBK_CSV_FIELD_MAX (1024 * 1024)

enum dbk_csv_problem {
    DBK_CSV_FINE,
    DBK_CSV_OPEN_QUOTE,       /**< no closing quote before the end of the file */
    DBK_CSV_TEXT_AFTER_QUOTE, /**< a closing quote is followed by something else than a delimiter */
    DBK_CSV_TOO_LONG,         /**< a field beyond DBK_CSV_FIELD_MAX */
    DBK_CSV_NUL,
    DBK_CSV_NOT_UTF8,
    DBK_CSV_PROBLEM_COUNT
};

struct dbk_csv_field {
    const char *bytes; /**< in the buffer; of a quoted field what is between its quotes */
    uint32_t length;
    bool quoted;
    bool doubled; /**< holds doubled quotes: see dbk_csv_unquote */
};

struct dbk_csv_row {
    struct dbk_csv_field *fields; /**< the caller's storage */
    uint32_t capacity;            /**< of fields; those beyond it are counted, not stored */
    uint32_t count;               /**< fields of the row */
    uint64_t line;                /**< where the row begins; lines count from 1 */
    const char *bytes;            /**< the row as it is, without its line end */
    size_t length;
    enum dbk_csv_problem problem;
    uint64_t problem_line;   /**< where the problem is; of a quoted field where it begins */
    uint32_t problem_column; /**< field, from 1; 0: beyond those that could be stored */
    const char *problem_at;  /**< the byte that is wrong, or the wrong field's first one */
};

struct dbk_csv {
    const char *start; /**< after a byte order mark */
    const char *next;
    const char *end;
    uint64_t line; /**< of next */
    char delimiter;
    bool stops[256]; /**< bytes that end an unquoted field */
};

/**
 * Begin to read.
 *
 * @param delimiter  any ASCII character but a quote, CR, LF or NUL.
 */
void dbk_csv_start(struct dbk_csv *csv, const char *bytes, size_t length, char delimiter);

/** Read the next row, right or wrong (row->problem). @return false at the end. */
bool dbk_csv_next(struct dbk_csv *csv, struct dbk_csv_row *row);

/**
 * A field's text: its own bytes, or, where it has doubled quotes, a copy without them.
 *
 * @param[out] text      where the text is.
 * @param[out] length    its length; where it does not fit, capacity is the length of what does.
 * @param copy, capacity room for the copy.
 * @return false where the copy does not fit.
 */
bool dbk_csv_unquote(const struct dbk_csv_field *field, const char **text, uint32_t *length,
                     char *copy, uint32_t capacity);

/** @return the number of line ends in bytes: a CRLF is one. */
uint64_t dbk_csv_count_lines(const char *bytes, size_t length);

/**
 * Recognise the delimiter from the first lines: comma, semicolon or tab.
 *
 * It is the one that most rows of the beginning have as often as the first row does; among several,
 * the one that makes the most fields.
 *
 * @return the delimiter, or 0 where none divides the first row or two do so equally well.
 */
char dbk_csv_guess_delimiter(const char *bytes, size_t length);

#endif
