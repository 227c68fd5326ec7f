/* Any bytes, as CSV and as a bank's file. Properties: fields lie in order inside the buffer; every
 * byte belongs to one row or between rows; what was read and is written again reads back the same;
 * whatever becomes an event is a valid one, and reading twice gives the same. */
#include <daybook/bankfile.h>
#include <daybook/err.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Write a field so that it can only be read as itself. @return the byte after it. */
static char *write_field(char *out, const struct dbk_csv_field *field)
{
    *out++ = '"';
    for (uint32_t i = 0; i < field->length; i++) {
        if (field->bytes[i] == '"' && !field->doubled)
            *out++ = '"';
        *out++ = field->bytes[i];
    }
    *out++ = '"';
    return out;
}

static void check_same(const struct dbk_csv_field *a, const struct dbk_csv_field *b, char *copies,
                       uint32_t room)
{
    const char *texts[2];
    uint32_t lengths[2];
    DBK_ASSERT(dbk_csv_unquote(a, &texts[0], &lengths[0], copies, room));
    DBK_ASSERT(dbk_csv_unquote(b, &texts[1], &lengths[1], copies + room, room));
    DBK_ASSERT(lengths[0] == lengths[1] && memcmp(texts[0], texts[1], lengths[0]) == 0);
}

static void check_row(const struct dbk_csv_row *row, char delimiter)
{
    struct dbk_csv csv;
    struct dbk_csv_field fields[64];
    struct dbk_csv_row again = {.fields = fields, .capacity = 64};
    uint32_t room = (uint32_t)(2 * row->length + 2);
    char *text = malloc(2 * row->length + 3 * (size_t)row->count + 2);
    char *copies = malloc(2 * (size_t)room);
    if (text == NULL || copies == NULL)
        abort();
    char *p = text;
    for (uint32_t i = 0; i < row->count; i++) {
        p = write_field(p, &row->fields[i]);
        *p++ = i + 1 < row->count ? delimiter : '\n';
    }
    dbk_csv_start(&csv, text, (size_t)(p - text), delimiter);
    DBK_ASSERT(dbk_csv_next(&csv, &again));
    DBK_ASSERT(again.problem == DBK_CSV_FINE && again.count == row->count);
    for (uint32_t i = 0; i < row->count; i++)
        check_same(&row->fields[i], &fields[i], copies, room);
    DBK_ASSERT(!dbk_csv_next(&csv, &again));
    free(text);
    free(copies);
}

static void check_csv(const char *text, size_t size, char delimiter)
{
    struct dbk_csv csv;
    struct dbk_csv_field fields[64];
    struct dbk_csv_row row = {.fields = fields, .capacity = 64};
    dbk_csv_start(&csv, text, size, delimiter);
    const char *after = csv.start;
    uint64_t line = 0;
    while (dbk_csv_next(&csv, &row)) {
        DBK_ASSERT(row.bytes >= after && row.length <= (size_t)(text + size - row.bytes));
        DBK_ASSERT(row.line > line && csv.next > after);
        DBK_ASSERT(row.line == 1 + dbk_csv_count_lines(csv.start, (size_t)(row.bytes - csv.start)));
        line = row.line;
        after = csv.next;
        if (row.problem != DBK_CSV_FINE) {
            DBK_ASSERT(row.problem_at >= row.bytes && row.problem_at < text + size);
            DBK_ASSERT(row.problem_line >= row.line);
            continue;
        }
        const char *end = row.bytes;
        for (uint32_t i = 0; i < row.count && i < row.capacity; i++) {
            DBK_ASSERT(fields[i].bytes >= end);
            end = fields[i].bytes + fields[i].length;
        }
        DBK_ASSERT(end <= row.bytes + row.length);
        if (row.count <= row.capacity)
            check_row(&row, delimiter);
    }
    DBK_ASSERT(csv.next == text + size);
}

/** Read all rows. @return a number that depends on every event. */
static uint64_t read_events(struct dbk_bankfile *file)
{
    struct dbk_event event;
    enum dbk_bank_result result;
    uint64_t sum = 0;
    while ((result = dbk_bankfile_next(file, &event)) != DBK_BANK_END) {
        sum = sum * 31 + (uint64_t)result;
        if (result == DBK_BANK_WRONG) {
            DBK_ASSERT(file->wrong_count > 0 && file->wrong_count <= DBK_BANK_WRONG_MAX);
            continue;
        }
        char json[DBK_EVENT_MAX];
        DBK_ASSERT(dbk_event_check(&event) == DBK_WELL_FORMED);
        size_t length = dbk_event_encode(json, &event);
        for (size_t i = 0; i < length; i++)
            sum = sum * 31 + (uint8_t)json[i];
    }
    return sum;
}

static void check_bankfile(const char *text, size_t size, bool no_header)
{
    static struct dbk_bankfile file;
    struct dbk_bank_format format = {.no_header = no_header};
    for (uint32_t i = 0; i < DBK_COLUMN_COUNT; i++)
        format.numbers[i] = i + 1;
    if (dbk_bankfile_open(&file, &format, text, size) != DBK_BANK_FINE ||
        dbk_bankfile_survey(&file) != DBK_BANK_FINE)
        return;
    uint64_t sum = read_events(&file);
    dbk_bankfile_rewind(&file);
    DBK_ASSERT(read_events(&file) == sum);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A copy of just this size, so that reading beyond it is seen. */
    char *text = malloc(size > 0 ? size : 1);
    if (text == NULL)
        abort();
    if (size > 0)
        memcpy(text, data, size);
    check_csv(text, size, ';');
    check_csv(text, size, ',');
    check_bankfile(text, size, false);
    check_bankfile(text, size, true);
    free(text);
    return 0;
}
