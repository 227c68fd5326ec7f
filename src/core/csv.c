#include <daybook/csv.h>

#include "utf8.h"

#include <daybook/err.h>

#include <string.h>

/** How much of a file its delimiter is recognised from. */
#define GUESS_BYTES 65536
#define GUESS_ROWS 50

static bool is_line_end(char c)
{
    return c == '\n' || c == '\r';
}

/** @return the byte after the line end at p. */
static const char *after_line_end(const char *p, const char *end)
{
    return *p == '\r' && p + 1 < end && p[1] == '\n' ? p + 2 : p + 1;
}

uint64_t dbk_csv_count_lines(const char *bytes, size_t length)
{
    uint64_t count = 0;
    const char *end = bytes + length;
    for (const char *p = bytes; p < end;) {
        if (is_line_end(*p)) {
            count++;
            p = after_line_end(p, end);
        } else {
            p++;
        }
    }
    return count;
}

void dbk_csv_start(struct dbk_csv *csv, const char *bytes, size_t length, char delimiter)
{
    DBK_ASSERT(delimiter > 0 && delimiter != '"' && !is_line_end(delimiter));
    size_t mark = length >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    memset(csv, 0, sizeof *csv);
    csv->start = bytes + mark;
    csv->next = csv->start;
    csv->end = bytes + length;
    csv->line = 1;
    csv->delimiter = delimiter;
    csv->stops[(unsigned char)delimiter] = true;
    csv->stops['\r'] = true;
    csv->stops['\n'] = true;
}

static void report(struct dbk_csv_row *row, enum dbk_csv_problem problem, uint64_t line,
                   const char *at)
{
    row->problem = problem;
    row->problem_line = line;
    row->problem_column = row->count + 1;
    row->problem_at = at;
}

static const char *find_line_end(const char *p, const char *end)
{
    while (p < end && !is_line_end(*p))
        p++;
    return p;
}

/**
 * Read the quoted field at csv->next.
 *
 * @return the byte after it; where it is wrong, the end of the line to go on after.
 */
static const char *read_quoted(struct dbk_csv *csv, struct dbk_csv_row *row,
                               struct dbk_csv_field *field)
{
    const char *opening = csv->next;
    const char *start = opening + 1;
    size_t left = (size_t)(csv->end - start);
    const char *limit = left > DBK_CSV_FIELD_MAX ? start + DBK_CSV_FIELD_MAX : csv->end;
    const char *p = start;
    bool doubled = false;
    for (;; p += 2) {
        p = memchr(p, '"', (size_t)(limit - p));
        if (p == NULL) {
            report(row, limit < csv->end ? DBK_CSV_TOO_LONG : DBK_CSV_OPEN_QUOTE, csv->line,
                   opening);
            return find_line_end(start, csv->end);
        }
        if (p + 1 == csv->end || p[1] != '"')
            break;
        doubled = true;
        if (p + 2 > limit)
            limit = p + 2;
    }
    *field = (struct dbk_csv_field){start, (uint32_t)(p - start), true, doubled};
    uint64_t line = csv->line;
    csv->line += dbk_csv_count_lines(start, field->length);
    p++;
    if (p == csv->end || csv->stops[(unsigned char)*p])
        return p;
    report(row, DBK_CSV_TEXT_AFTER_QUOTE, line, opening);
    return find_line_end(p, csv->end);
}

/** Read one field at csv->next. @return the byte after it, or as read_quoted. */
static const char *read_field(struct dbk_csv *csv, struct dbk_csv_row *row,
                              struct dbk_csv_field *field)
{
    const char *start = csv->next;
    const char *end = csv->end;
    if (start < end && *start == '"')
        return read_quoted(csv, row, field);
    const char *p = start;
    while (p < end && !csv->stops[(unsigned char)*p])
        p++;
    if (p - start > DBK_CSV_FIELD_MAX) {
        report(row, DBK_CSV_TOO_LONG, csv->line, start);
        return find_line_end(p, end);
    }
    *field = (struct dbk_csv_field){start, (uint32_t)(p - start), false, false};
    return p;
}

static void check_text(struct dbk_csv_row *row)
{
    size_t bad = dbk_utf8_find_bad(row->bytes, row->length);
    if (bad == row->length)
        return;
    row->problem = row->bytes[bad] == '\0' ? DBK_CSV_NUL : DBK_CSV_NOT_UTF8;
    row->problem_at = row->bytes + bad;
    row->problem_line = row->line + dbk_csv_count_lines(row->bytes, bad);
    row->problem_column = 0;
    if (row->count > row->capacity)
        return;
    while (row->problem_column < row->count &&
           row->fields[row->problem_column].bytes <= row->problem_at)
        row->problem_column++;
}

bool dbk_csv_next(struct dbk_csv *csv, struct dbk_csv_row *row)
{
    struct dbk_csv_field beyond; /* takes the fields that the caller has no room for */
    const char *end = csv->end;
    for (; csv->next < end && is_line_end(*csv->next); csv->line++)
        csv->next = after_line_end(csv->next, end);
    row->count = 0;
    row->problem = DBK_CSV_FINE;
    if (csv->next == end)
        return false;
    row->line = csv->line;
    row->bytes = csv->next;
    for (;;) {
        struct dbk_csv_field *field =
            row->count < row->capacity ? &row->fields[row->count] : &beyond;
        csv->next = read_field(csv, row, field);
        if (row->problem != DBK_CSV_FINE)
            break;
        row->count++;
        if (csv->next == end || *csv->next != csv->delimiter)
            break;
        csv->next++;
    }
    row->length = (size_t)(csv->next - row->bytes);
    if (csv->next < end) {
        csv->next = after_line_end(csv->next, end);
        csv->line++;
    }
    if (row->problem == DBK_CSV_FINE)
        check_text(row);
    return true;
}

bool dbk_csv_unquote(const struct dbk_csv_field *field, const char **text, uint32_t *length,
                     char *copy, uint32_t capacity)
{
    *text = field->bytes;
    *length = field->length;
    if (!field->doubled)
        return true;
    *text = copy;
    *length = 0;
    for (uint32_t i = 0; i < field->length; i++) {
        if (*length == capacity)
            return false;
        copy[(*length)++] = field->bytes[i];
        if (field->bytes[i] == '"')
            i++; /* the second of the two */
    }
    return true;
}

/** How a delimiter would divide the beginning of a file. */
struct division {
    uint32_t columns; /* of the first row */
    bool fits;        /* at least three of four rows have as many */
};

static struct division divide(const char *bytes, size_t length, char delimiter)
{
    struct dbk_csv csv;
    struct dbk_csv_row row = {.capacity = 0};
    struct division division = {0, false};
    int rows = 0;
    int alike = 0;
    size_t seen = length < GUESS_BYTES ? length : GUESS_BYTES;
    dbk_csv_start(&csv, bytes, seen, delimiter);
    while (rows < GUESS_ROWS && dbk_csv_next(&csv, &row)) {
        if (csv.next == csv.end && seen < length && rows > 0)
            break; /* this row is cut */
        /* A field that cannot be read is one all the same. */
        bool broken = row.problem != DBK_CSV_FINE && row.problem_column > row.count;
        uint32_t count = row.count + broken;
        if (rows++ == 0)
            division.columns = count;
        alike += count == division.columns;
    }
    division.fits = alike * 4 >= rows * 3;
    return division;
}

char dbk_csv_guess_delimiter(const char *bytes, size_t length)
{
    static const char candidates[] = {';', ',', '\t'};
    struct division best = {1, false};
    char guess = 0;
    for (size_t i = 0; i < sizeof candidates; i++) {
        struct division division = divide(bytes, length, candidates[i]);
        if (division.columns < 2 || division.fits < best.fits)
            continue;
        if (division.fits > best.fits || division.columns > best.columns) {
            best = division;
            guess = candidates[i];
        } else if (division.columns == best.columns) {
            guess = 0;
        }
    }
    return guess;
}
