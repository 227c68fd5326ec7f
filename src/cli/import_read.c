#include "import.h"

#include <daybook/buffer.h>
#include <daybook/escape.h>
#include <daybook/message.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Bytes of a wrong value that are shown. */
#define VALUE_MAX 60

/** Bytes of a header that are shown, roughly. */
#define HEADER_MAX 300

static const char *csv_problem_text(enum dbk_csv_problem problem)
{
    static const char *const texts[DBK_CSV_PROBLEM_COUNT] = {
        [DBK_CSV_FINE] = "",
        [DBK_CSV_OPEN_QUOTE] = "the quote that begins here is never closed",
        [DBK_CSV_TEXT_AFTER_QUOTE] = "text after a closing quote; expected the delimiter",
        [DBK_CSV_TOO_LONG] = "a field beyond 1 MiB; a closing quote may be missing",
        [DBK_CSV_NUL] = "a zero byte; is it UTF-16? Say so with --encoding",
        [DBK_CSV_NOT_UTF8] =
            "not valid UTF-8; banks often write WINDOWS-1252 or UTF-16: --encoding",
    };
    return texts[problem];
}

/** What was expected instead. */
static const char *problem_text(enum dbk_bank_problem problem)
{
    switch (problem) {
    case DBK_BANK_ACCOUNT:
        return "is not an account: expected 1 to 64 bytes of plain text";
    case DBK_BANK_AMOUNT:
        return "is not an amount: expected digits with a decimal sign and two decimals, "
               "such as -1234.56";
    case DBK_BANK_AMOUNT_ZERO:
        return "moves nothing: expected an amount other than 0";
    case DBK_BANK_AMOUNT_DECIMALS:
    case DBK_BANK_BALANCE_DECIMALS:
        return "has more than two decimals";
    case DBK_BANK_AMOUNT_LARGE:
    case DBK_BANK_BALANCE_LARGE:
        return "is too large: amounts go up to 92233720368547758.07";
    case DBK_BANK_SIGN_TYPE:
        return "is negative, but the type says deposit";
    case DBK_BANK_SIGN_CHANGED:
        return "has another sign than the withdrawals before it";
    case DBK_BANK_TYPE:
        return "is neither a deposit nor a withdrawal: name the words with --deposit and "
               "--withdrawal";
    case DBK_BANK_BALANCE:
        return "is not an amount: expected a balance such as -1234.56, or nothing";
    case DBK_BANK_MEMO:
        return "is not at most 200 bytes of plain text";
    default:
        return "is wrong";
    }
}

static void print_wrong_date(const struct dbk_bankfile *file, const char *shown)
{
    char form[DBK_DATE_FORMAT_TEXT_SIZE];
    dbk_date_format_describe(form, &file->date_format);
    fprintf(stderr, "\"%s\" is not a date: expected %s%s\n", shown, form,
            file->format->has_date_format ? "" : "; --date-format says another form");
}

/** One line on standard error for one thing that is wrong. */
static void print_wrong(const struct dbk_import *import, const struct dbk_bank_wrong *wrong)
{
    const struct dbk_bankfile *file = &import->file;
    struct dbk_text value = wrong->value;
    struct dbk_text name = dbk_bankfile_column_name(file, wrong->column);
    bool cut = value.length > VALUE_MAX;
    value.length = cut ? VALUE_MAX : value.length;
    char *shown = dbk_escape_terminal(value, false);
    char *column = dbk_escape_terminal(name, false);
    fprintf(stderr, "%s:%" PRIu64 ": ", import->path, wrong->line);
    if (wrong->column > 0)
        fprintf(stderr, "column %" PRIu32 "%s%s: ", wrong->column, name.length > 0 ? " " : "",
                column != NULL ? column : "");
    if (wrong->problem == DBK_BANK_NOT_CSV)
        fprintf(stderr, "%s\n", csv_problem_text(file->row.problem));
    else if (wrong->problem == DBK_BANK_FIELD_COUNT)
        fprintf(stderr, "%" PRIu32 " fields; expected %" PRIu32 "\n", file->row.count,
                file->column_count);
    else if (wrong->problem == DBK_BANK_DATE)
        print_wrong_date(file, shown != NULL ? shown : "");
    else
        fprintf(stderr, "\"%s%s\" %s\n", shown != NULL ? shown : "", cut ? "…" : "",
                problem_text(wrong->problem));
    free(shown);
    free(column);
}

/** The names in the file's header, for a message; to be freed. */
static char *header_names(const struct dbk_bankfile *file)
{
    struct dbk_buffer names = {.bytes = NULL};
    for (uint32_t i = 1; i <= file->column_count && !file->format->no_header; i++) {
        struct dbk_text name = dbk_bankfile_column_name(file, i);
        if (names.length > HEADER_MAX) {
            dbk_buffer_add_string(&names, ", …");
            break;
        }
        dbk_buffer_add_string(&names, i > 1 ? ", " : "");
        dbk_buffer_add(&names, name.bytes, name.length);
    }
    struct dbk_text text = {names.bytes, (uint32_t)names.length};
    char *shown = names.failed ? NULL : dbk_escape_terminal(text, false);
    dbk_buffer_clear(&names);
    return shown;
}

/** A column is not there: which, what is there, and how to say which it is. */
static int refuse_column(const struct dbk_import *import, struct dbk_err *err)
{
    const struct dbk_bankfile *file = &import->file;
    const char *key = dbk_bank_column_key(file->fault_column);
    struct dbk_text name = file->format->names[file->fault_column];
    if (file->format->no_header)
        return dbk_err_set(err, DBK_EUSAGE,
                           "%s has %" PRIu32 " columns; with --no-header, --columns %s=NUMBER says "
                           "which of them is the %s.",
                           import->path, file->column_count, key, key);
    char *names = header_names(file);
    if (name.length == 0)
        name = (struct dbk_text){dbk_bank_column_name(file->fault_column),
                                 (uint32_t)strlen(dbk_bank_column_name(file->fault_column))};
    int code = dbk_err_set(err, DBK_EUSAGE,
                           "%s has no column for the %s (\"%.*s\"): its header is %s. Name the "
                           "column with --columns %s=NAME; without header, --no-header --columns "
                           "%s=NUMBER.",
                           import->path, key, (int)(name.length < 100 ? name.length : 100),
                           name.bytes, names != NULL ? names : "", key, key);
    free(names);
    return code;
}

/** A fault of the file as a whole. */
static int refuse(const struct dbk_import *import, enum dbk_bank_fault fault, struct dbk_err *err)
{
    const struct dbk_bankfile *file = &import->file;
    const char *path = import->path;
    char *sample = dbk_escape_terminal(file->samples[0], false);
    int code = 0;
    switch (fault) {
    case DBK_BANK_FINE:
        break;
    case DBK_BANK_EMPTY:
        code = dbk_err_set(err, DBK_EUSAGE, "%s is empty.", path);
        break;
    case DBK_BANK_DELIMITER:
        code =
            dbk_err_set(err, DBK_EUSAGE,
                        "%s: what divides its fields is neither , nor ; nor tab for sure. Say it "
                        "with --delimiter.",
                        path);
        break;
    case DBK_BANK_HEADER:
        code = dbk_err_set(err, DBK_EUSAGE, "%s:%" PRIu64 ": the header: %s.", path,
                           file->row.problem_line, csv_problem_text(file->row.problem));
        break;
    case DBK_BANK_COLUMNS:
        code = dbk_err_set(err, DBK_EUSAGE, "%s has more than %d columns.", path, DBK_COLUMNS_MAX);
        break;
    case DBK_BANK_NO_COLUMN:
        code = refuse_column(import, err);
        break;
    case DBK_BANK_TWO_COLUMNS:
        code =
            dbk_err_set(err, DBK_EUSAGE, "%s has two columns for the %s. Say which with --columns.",
                        path, dbk_bank_column_key(file->fault_column));
        break;
    case DBK_BANK_NO_TYPE:
        code = dbk_err_set(err, DBK_EUSAGE,
                           "--deposit and --withdrawal name words of the type column, but %s has "
                           "none. Name it with --columns type=NAME.",
                           path);
        break;
    case DBK_BANK_CONTRADICTION:
        code =
            dbk_err_set(err, DBK_EUSAGE,
                        "%s has decimal commas (line %" PRIu64 ") and decimal points (line %" PRIu64
                        "). Say which is right with --decimal , or --decimal .",
                        path, file->lines[0], file->lines[1]);
        break;
    case DBK_BANK_AMBIGUOUS:
        code =
            dbk_err_set(err, DBK_EUSAGE,
                        "%s:%" PRIu64 ": \"%s\" could be thousands or decimals, and no other value "
                        "shows which. Say it with --decimal , or --decimal .",
                        path, file->lines[0], sample != NULL ? sample : "");
        break;
    }
    free(sample);
    return code;
}

static void add_totals(struct dbk_import *import, const struct dbk_event *event)
{
    bool first = import->deposit_count + import->withdrawal_count == 0;
    if (event->type == DBK_DEPOSIT) {
        import->deposit_count++;
        import->deposits_minor += event->value_minor;
    } else {
        import->withdrawal_count++;
        import->withdrawals_minor += event->value_minor;
    }
    if (first || event->date_s < import->first_date_s)
        import->first_date_s = event->date_s;
    if (first || event->date_s > import->last_date_s)
        import->last_date_s = event->date_s;
}

static int add_row(struct dbk_import *import, struct dbk_import_source *maker,
                   const struct dbk_event *event, struct dbk_err *err)
{
    dbk_import_source_add(maker, event);
    if (dbk_rowset_add(import->rowset, event) != 0)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    add_totals(import, event);
    return 0;
}

/** Read every row; nothing is sent if a single one is wrong. */
static int validate(struct dbk_import *import, struct dbk_import_source *maker, struct dbk_err *err)
{
    struct dbk_progress progress;
    struct dbk_event event;
    enum dbk_bank_result result;
    int64_t rows = 0;
    int code = 0;
    dbk_progress_start(&progress, "checked", "rows", (int64_t)import->file.row_count);
    while (code == 0 && (result = dbk_bankfile_next(&import->file, &event)) != DBK_BANK_END) {
        if (result == DBK_BANK_WRONG) {
            import->wrong_count++;
            for (uint32_t i = 0; i < import->file.wrong_count; i++)
                print_wrong(import, &import->file.wrong[i]);
        } else if (import->wrong_count == 0) {
            code = add_row(import, maker, &event, err);
        }
        if ((++rows & 1023) == 0)
            dbk_progress_update(&progress, rows);
        if (code == 0 && dbk_stop_requested)
            code = dbk_err_set(err, DBK_ESTOPPED, "stopped; nothing was sent.");
    }
    dbk_progress_end(&progress);
    if (code == 0 && import->wrong_count > 0)
        code = dbk_err_set(err, DBK_EUSAGE,
                           "%" PRId64 " of %" PRIu64 " rows are wrong; nothing was sent.",
                           import->wrong_count, import->file.row_count);
    if (code == 0 && rows == 0)
        code = dbk_err_set(err, DBK_EUSAGE, "%s has a header, but no rows.", import->path);
    if (code == 0)
        dbk_import_source_finish(maker, import->source);
    return code;
}

int dbk_import_read(struct dbk_import *import, const char *path, const char *encoding,
                    const struct dbk_bank_format *format, struct dbk_err *err)
{
    struct dbk_import_source *maker = NULL;
    uint8_t key[16];
    import->path = strcmp(path, "-") == 0 ? "standard input" : path;
    int code = dbk_textfile_open(&import->text, path, encoding, &dbk_stop_requested, err);
    if (code == 0)
        code = dbk_random_key(key, err);
    if (code == 0 &&
        (dbk_rowset_open(&import->rowset, key) != 0 || dbk_import_source_open(&maker) != 0))
        code = dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    if (code == 0)
        code = refuse(
            import,
            dbk_bankfile_open(&import->file, format, import->text.bytes, import->text.length), err);
    if (code == 0)
        code = refuse(import, dbk_bankfile_survey(&import->file), err);
    if (code == 0)
        code = validate(import, maker, err);
    dbk_import_source_close(maker);
    return code;
}

void dbk_import_clear(struct dbk_import *import)
{
    dbk_rowset_close(import->rowset);
    dbk_textfile_close(&import->text);
    import->rowset = NULL;
}
