#include <daybook/bankfile.h>

#include "bank_row.h"
#include "spaces.h"

#include <daybook/amount_text.h>
#include <daybook/err.h>

#include <string.h>

const char *const dbk_bank_date_formats[] = {
    "%d/%m/%Y", "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", NULL,
};

static const struct {
    const char *key;
    const char *name;
    bool required;
} columns[DBK_COLUMN_COUNT] = {
    [DBK_COLUMN_DATE] = {"date", "transaction_date", true},
    [DBK_COLUMN_ACCOUNT] = {"account", "account", true},
    [DBK_COLUMN_AMOUNT] = {"amount", "transaction_value", true},
    [DBK_COLUMN_TYPE] = {"type", "transaction_type", false},
    [DBK_COLUMN_BALANCE] = {"balance", "balance", false},
    [DBK_COLUMN_MEMO] = {"memo", "memo", false},
};

const char *dbk_bank_column_key(enum dbk_bank_column column)
{
    return columns[column].key;
}

const char *dbk_bank_column_name(enum dbk_bank_column column)
{
    return columns[column].name;
}

void dbk_bankfile_rewind(struct dbk_bankfile *file)
{
    dbk_csv_start(&file->csv, file->bytes, file->length, file->delimiter);
    file->row = (struct dbk_csv_row){.fields = file->fields, .capacity = DBK_COLUMNS_MAX};
    file->wrong_count = 0;
    file->sign_line = 0;
    file->date_text.length = 0;
    if (!file->format->no_header)
        dbk_csv_next(&file->csv, &file->row);
}

/** @return true where a field of the header is this name. */
static bool is_named(const struct dbk_csv_field *field, struct dbk_text name)
{
    char copy[256];
    struct dbk_text text;
    return dbk_csv_unquote(field, &text.bytes, &text.length, copy, sizeof copy) &&
           dbk_bank_same_word(dbk_trim(text), dbk_trim(name));
}

/** Find a column by its name in file->row, the header. */
static enum dbk_bank_fault find_by_name(struct dbk_bankfile *file, enum dbk_bank_column column)
{
    struct dbk_text name = file->format->names[column];
    bool required = columns[column].required || name.length > 0;
    if (name.length == 0)
        name = (struct dbk_text){columns[column].name, (uint32_t)strlen(columns[column].name)};
    for (uint32_t i = 0; i < file->row.count; i++) {
        if (!is_named(&file->fields[i], name))
            continue;
        if (file->columns[column] != DBK_NO_COLUMN)
            return DBK_BANK_TWO_COLUMNS;
        file->columns[column] = i;
    }
    return required && file->columns[column] == DBK_NO_COLUMN ? DBK_BANK_NO_COLUMN : DBK_BANK_FINE;
}

static enum dbk_bank_fault find_by_number(struct dbk_bankfile *file, enum dbk_bank_column column)
{
    uint32_t number = file->format->numbers[column];
    if (number > file->row.count || (number == 0 && columns[column].required))
        return DBK_BANK_NO_COLUMN;
    if (number > 0)
        file->columns[column] = number - 1;
    return DBK_BANK_FINE;
}

static enum dbk_bank_fault find_columns(struct dbk_bankfile *file)
{
    enum dbk_bank_fault fault = DBK_BANK_FINE;
    for (int i = 0; i < DBK_COLUMN_COUNT; i++)
        file->columns[i] = DBK_NO_COLUMN;
    for (int i = 0; i < DBK_COLUMN_COUNT && fault == DBK_BANK_FINE; i++) {
        file->fault_column = (enum dbk_bank_column)i;
        if (!file->format->unused[i])
            fault = file->format->no_header ? find_by_number(file, file->fault_column)
                                            : find_by_name(file, file->fault_column);
    }
    bool words = file->format->deposits.count > 0 || file->format->withdrawals.count > 0;
    if (fault == DBK_BANK_FINE && words && file->columns[DBK_COLUMN_TYPE] == DBK_NO_COLUMN)
        fault = DBK_BANK_NO_TYPE;
    return fault;
}

enum dbk_bank_fault dbk_bankfile_open(struct dbk_bankfile *file,
                                      const struct dbk_bank_format *format, const char *bytes,
                                      size_t length)
{
    memset(file, 0, sizeof *file);
    file->format = format;
    file->bytes = bytes;
    file->length = length;
    file->row = (struct dbk_csv_row){.fields = file->fields, .capacity = DBK_COLUMNS_MAX};
    file->delimiter = format->delimiter;
    dbk_csv_start(&file->csv, bytes, length, ','); /* is there a row? any delimiter shows it */
    if (!dbk_csv_next(&file->csv, &file->row))
        return DBK_BANK_EMPTY;
    if (file->delimiter == 0)
        file->delimiter = dbk_csv_guess_delimiter(bytes, length);
    if (file->delimiter == 0)
        return DBK_BANK_DELIMITER;
    dbk_csv_start(&file->csv, bytes, length, file->delimiter);
    dbk_csv_next(&file->csv, &file->row);
    if (file->row.problem != DBK_CSV_FINE)
        return DBK_BANK_HEADER;
    if (file->row.count > DBK_COLUMNS_MAX)
        return DBK_BANK_COLUMNS;
    file->column_count = file->row.count;
    return find_columns(file);
}

/** Take notice of a value's decimal sign. */
static void note_evidence(struct dbk_bankfile *file, enum dbk_bank_column column, bool *ambiguous)
{
    if (file->columns[column] == DBK_NO_COLUMN)
        return;
    struct dbk_text text = dbk_bank_row_field(file, column);
    size_t side = 0;
    switch (dbk_amount_evidence(text)) {
    case DBK_EVIDENCE_COMMA:
        break;
    case DBK_EVIDENCE_POINT:
        side = 1;
        break;
    case DBK_EVIDENCE_AMBIGUOUS:
        if (file->lines[0] == 0 && file->lines[1] == 0) {
            *ambiguous = true;
            file->samples[0] = text;
            file->lines[0] = file->row.line;
        }
        return;
    default:
        return;
    }
    /* Evidence takes the place of an ambiguous value met before it. */
    if (*ambiguous) {
        *ambiguous = false;
        file->lines[0] = 0;
    }
    if (file->lines[side] == 0) {
        file->lines[side] = file->row.line;
        file->samples[side] = text;
    }
}

/** The first date that has one of the known forms decides it for the file. */
static void note_date(struct dbk_bankfile *file)
{
    int64_t date_s;
    char letter;
    struct dbk_date_format format;
    struct dbk_text text = dbk_bank_row_field(file, DBK_COLUMN_DATE);
    for (size_t i = 0; !file->date_found && dbk_bank_date_formats[i] != NULL; i++) {
        struct dbk_text letters = {dbk_bank_date_formats[i],
                                   (uint32_t)strlen(dbk_bank_date_formats[i])};
        enum dbk_date_format_problem problem = dbk_date_format_compile(&format, &letter, letters);
        DBK_ASSERT(problem == DBK_DATE_FORMAT_FINE);
        file->date_found = dbk_date_format_parse(&date_s, &format, text);
        /* Where no date is right, the first form, of the original's file, is the one expected. */
        if (file->date_found || (i == 0 && file->date_format.count == 0))
            file->date_format = format;
    }
}

enum dbk_bank_fault dbk_bankfile_survey(struct dbk_bankfile *file)
{
    bool ambiguous = false;
    bool decimal_given = file->format->decimal != 0;
    file->row_count = 0;
    file->lines[0] = file->lines[1] = 0;
    file->decimal = file->format->decimal;
    file->date_found = file->format->has_date_format;
    file->date_format = file->format->date_format;
    dbk_bankfile_rewind(file);
    while (dbk_csv_next(&file->csv, &file->row)) {
        file->row_count++;
        if (file->row.problem != DBK_CSV_FINE || file->row.count != file->column_count)
            continue;
        if (!file->date_found)
            note_date(file);
        if (!decimal_given) {
            note_evidence(file, DBK_COLUMN_AMOUNT, &ambiguous);
            note_evidence(file, DBK_COLUMN_BALANCE, &ambiguous);
        }
    }
    dbk_bankfile_rewind(file);
    if (decimal_given)
        return DBK_BANK_FINE;
    if (ambiguous)
        return DBK_BANK_AMBIGUOUS;
    if (file->lines[0] > 0 && file->lines[1] > 0)
        return DBK_BANK_CONTRADICTION;
    file->decimal = file->lines[0] > 0 ? ',' : file->lines[1] > 0 ? '.' : 0;
    return DBK_BANK_FINE;
}

/** Note what the CSV reader found. */
static void wrong_csv(struct dbk_bankfile *file)
{
    const struct dbk_csv_row *row = &file->row;
    dbk_bank_row_wrong(file, DBK_BANK_NOT_CSV, NULL);
    struct dbk_bank_wrong *wrong = &file->wrong[0];
    wrong->line = row->problem_line;
    wrong->column = row->problem_column <= DBK_COLUMNS_MAX ? row->problem_column : 0;
    if (row->problem == DBK_CSV_NOT_UTF8 || row->problem == DBK_CSV_NUL) {
        if (wrong->column > 0) {
            const struct dbk_csv_field *field = &file->fields[wrong->column - 1];
            wrong->value = (struct dbk_text){field->bytes, field->length};
        }
        return;
    }
    size_t left = (size_t)(row->bytes + row->length - row->problem_at);
    if (row->problem_at >= row->bytes + row->length)
        left = 0;
    wrong->value = (struct dbk_text){
        row->problem_at, (uint32_t)(left < DBK_CSV_FIELD_MAX ? left : DBK_CSV_FIELD_MAX)};
}

enum dbk_bank_result dbk_bankfile_next(struct dbk_bankfile *file, struct dbk_event *event)
{
    file->wrong_count = 0;
    if (!dbk_csv_next(&file->csv, &file->row))
        return DBK_BANK_END;
    *event = (struct dbk_event){.type = DBK_DEPOSIT};
    if (file->row.problem != DBK_CSV_FINE)
        wrong_csv(file);
    else if (file->row.count != file->column_count)
        dbk_bank_row_wrong(file, DBK_BANK_FIELD_COUNT, NULL);
    else
        dbk_bank_row_map(file, event);
    return file->wrong_count == 0 ? DBK_BANK_ROW : DBK_BANK_WRONG;
}

struct dbk_text dbk_bankfile_column_name(const struct dbk_bankfile *file, uint32_t column)
{
    struct dbk_csv csv;
    struct dbk_csv_field fields[DBK_COLUMNS_MAX];
    struct dbk_csv_row row = {.fields = fields, .capacity = DBK_COLUMNS_MAX};
    struct dbk_text none = {"", 0};
    if (file->format->no_header || column == 0 || column > file->column_count)
        return none;
    dbk_csv_start(&csv, file->bytes, file->length, file->delimiter);
    if (!dbk_csv_next(&csv, &row) || row.problem != DBK_CSV_FINE)
        return none;
    return dbk_trim((struct dbk_text){fields[column - 1].bytes, fields[column - 1].length});
}
