#include "bank_row.h"

#include "spaces.h"

#include <daybook/amount_text.h>
#include <daybook/err.h>

#include <string.h>

/** Lower case of one byte, where `before` is the one before it (0: none). */
static unsigned char fold(unsigned char before, unsigned char c)
{
    if (c >= 'A' && c <= 'Z')
        return (unsigned char)(c + ('a' - 'A'));
    /* U+00C0-00DE but the multiplication sign: their small letters are 32 further. */
    if (before == 0xC3 && c >= 0x80 && c <= 0x9E && c != 0x97)
        return (unsigned char)(c + 0x20);
    return c;
}

bool dbk_bank_same_word(struct dbk_text a, struct dbk_text b)
{
    if (a.length != b.length)
        return false;
    unsigned char before = 0;
    for (uint32_t i = 0; i < a.length; i++) {
        unsigned char x = (unsigned char)a.bytes[i];
        unsigned char y = (unsigned char)b.bytes[i];
        if (fold(before, x) != fold(before, y))
            return false;
        before = x; /* where they differ, they are letters: 0xC3 is none */
    }
    return true;
}

void dbk_bank_row_wrong(struct dbk_bankfile *file, enum dbk_bank_problem problem,
                        const struct dbk_csv_field *field)
{
    DBK_ASSERT(file->wrong_count < DBK_BANK_WRONG_MAX);
    struct dbk_bank_wrong *wrong = &file->wrong[file->wrong_count++];
    *wrong = (struct dbk_bank_wrong){.problem = problem, .line = file->row.line};
    if (field == NULL) {
        size_t length = file->row.length < DBK_CSV_FIELD_MAX ? file->row.length : DBK_CSV_FIELD_MAX;
        wrong->value = (struct dbk_text){file->row.bytes, (uint32_t)length};
        return;
    }
    wrong->column = (uint32_t)(field - file->fields) + 1;
    wrong->line += dbk_csv_count_lines(file->row.bytes, (size_t)(field->bytes - file->row.bytes));
    wrong->value = (struct dbk_text){field->bytes, field->length};
}

static const struct dbk_csv_field *field_of(const struct dbk_bankfile *file,
                                            enum dbk_bank_column column)
{
    return &file->fields[file->columns[column]];
}

static bool has_column(const struct dbk_bankfile *file, enum dbk_bank_column column)
{
    return file->columns[column] != DBK_NO_COLUMN;
}

struct dbk_text dbk_bank_row_field(const struct dbk_bankfile *file, enum dbk_bank_column column)
{
    const struct dbk_csv_field *field = field_of(file, column);
    return dbk_trim((struct dbk_text){field->bytes, field->length});
}

static void map_date(struct dbk_bankfile *file, struct dbk_event *event)
{
    struct dbk_text text = dbk_bank_row_field(file, DBK_COLUMN_DATE);
    bool same = text.length == file->date_text.length && text.length > 0 &&
                memcmp(text.bytes, file->date_text.bytes, text.length) == 0;
    if (!same) {
        if (!dbk_date_format_parse(&file->date_s, &file->date_format, text)) {
            file->date_text.length = 0;
            dbk_bank_row_wrong(file, DBK_BANK_DATE, field_of(file, DBK_COLUMN_DATE));
            return;
        }
        file->date_text = text;
    }
    event->date_s = file->date_s;
}

static void map_account(struct dbk_bankfile *file, struct dbk_event *event)
{
    const struct dbk_csv_field *field = field_of(file, DBK_COLUMN_ACCOUNT);
    struct dbk_text text;
    bool fits = dbk_csv_unquote(field, &text.bytes, &text.length, file->account_copy,
                                sizeof file->account_copy);
    event->account = dbk_trim(text);
    if (!fits || !dbk_text_is_clean(event->account, DBK_ACCOUNT_MAX, true))
        dbk_bank_row_wrong(file, DBK_BANK_ACCOUNT, field);
}

static bool is_one_of(struct dbk_text text, const struct dbk_words *words, const char *otherwise)
{
    if (words->count == 0)
        return dbk_bank_same_word(text, (struct dbk_text){otherwise, (uint32_t)strlen(otherwise)});
    for (uint32_t i = 0; i < words->count; i++)
        if (dbk_bank_same_word(text, words->words[i]))
            return true;
    return false;
}

/** Read the type column. @return false where it has none of the words. */
static bool map_type(struct dbk_bankfile *file, struct dbk_event *event)
{
    const struct dbk_csv_field *field = field_of(file, DBK_COLUMN_TYPE);
    char copy[256];
    struct dbk_text text;
    bool fits = dbk_csv_unquote(field, &text.bytes, &text.length, copy, sizeof copy);
    text = dbk_trim(text);
    if (fits && is_one_of(text, &file->format->deposits, "deposit"))
        event->type = DBK_DEPOSIT;
    else if (fits && is_one_of(text, &file->format->withdrawals, "withdrawal"))
        event->type = DBK_WITHDRAWAL;
    else {
        dbk_bank_row_wrong(file, DBK_BANK_TYPE, field);
        return false;
    }
    return true;
}

/**
 * The sign beside a type: deposits have no minus; withdrawals all have one, or none has.
 *
 * A file that mixes them may mean a cancelled withdrawal by the odd ones: not for us to guess.
 */
static void check_sign(struct dbk_bankfile *file, const struct dbk_event *event, bool minus)
{
    const struct dbk_csv_field *field = field_of(file, DBK_COLUMN_AMOUNT);
    if (event->type == DBK_DEPOSIT) {
        if (minus)
            dbk_bank_row_wrong(file, DBK_BANK_SIGN_TYPE, field);
        return;
    }
    if (file->sign_line == 0) {
        file->sign_line = file->row.line;
        file->sign_minus = minus;
    }
    if (minus != file->sign_minus)
        dbk_bank_row_wrong(file, DBK_BANK_SIGN_CHANGED, field);
}

static void map_amount(struct dbk_bankfile *file, struct dbk_event *event)
{
    const struct dbk_csv_field *field = field_of(file, DBK_COLUMN_AMOUNT);
    int64_t amount_minor = 0;
    bool has_type = has_column(file, DBK_COLUMN_TYPE);
    bool type_known = has_type && map_type(file, event);
    switch (dbk_amount_parse(&amount_minor, dbk_bank_row_field(file, DBK_COLUMN_AMOUNT),
                             file->decimal)) {
    case DBK_AMOUNT_FINE:
        break;
    case DBK_AMOUNT_DECIMALS:
        dbk_bank_row_wrong(file, DBK_BANK_AMOUNT_DECIMALS, field);
        return;
    case DBK_AMOUNT_LARGE:
        dbk_bank_row_wrong(file, DBK_BANK_AMOUNT_LARGE, field);
        return;
    default:
        dbk_bank_row_wrong(file, DBK_BANK_AMOUNT, field);
        return;
    }
    if (amount_minor == 0 || amount_minor == INT64_MIN) {
        dbk_bank_row_wrong(file, amount_minor == 0 ? DBK_BANK_AMOUNT_ZERO : DBK_BANK_AMOUNT_LARGE,
                           field);
        return;
    }
    bool minus = amount_minor < 0;
    event->value_minor = minus ? -amount_minor : amount_minor;
    if (!has_type)
        event->type = minus ? DBK_WITHDRAWAL : DBK_DEPOSIT;
    else if (type_known)
        check_sign(file, event, minus);
}

static void map_balance(struct dbk_bankfile *file, struct dbk_event *event)
{
    const struct dbk_csv_field *field = field_of(file, DBK_COLUMN_BALANCE);
    switch (dbk_amount_parse(&event->declared_minor, dbk_bank_row_field(file, DBK_COLUMN_BALANCE),
                             file->decimal)) {
    case DBK_AMOUNT_FINE:
        event->has_declared = true;
        break;
    case DBK_AMOUNT_EMPTY: /* this row declares none */
        break;
    case DBK_AMOUNT_DECIMALS:
        dbk_bank_row_wrong(file, DBK_BANK_BALANCE_DECIMALS, field);
        break;
    case DBK_AMOUNT_LARGE:
        dbk_bank_row_wrong(file, DBK_BANK_BALANCE_LARGE, field);
        break;
    default:
        dbk_bank_row_wrong(file, DBK_BANK_BALANCE, field);
        break;
    }
}

/**
 * Copy a memo, with a space for each line end and tab and one quote for two.
 *
 * @return false where it does not fit.
 */
static bool copy_memo(struct dbk_text *memo, char *copy, uint32_t capacity,
                      const struct dbk_csv_field *field)
{
    struct dbk_text text = dbk_trim((struct dbk_text){field->bytes, field->length});
    uint32_t length = 0;
    for (uint32_t i = 0; i < text.length; i++) {
        char c = text.bytes[i];
        bool pair = i + 1 < text.length &&
                    ((c == '\r' && text.bytes[i + 1] == '\n') || (c == '"' && field->doubled));
        if (length == capacity)
            return false;
        copy[length++] = c == '\r' || c == '\n' || c == '\t' ? ' ' : c;
        i += pair;
    }
    *memo = dbk_trim((struct dbk_text){copy, length});
    return true;
}

static bool has_line_end_or_tab(const struct dbk_csv_field *field)
{
    for (uint32_t i = 0; i < field->length; i++)
        if (field->bytes[i] == '\n' || field->bytes[i] == '\r' || field->bytes[i] == '\t')
            return true;
    return false;
}

static void map_memo(struct dbk_bankfile *file, struct dbk_event *event)
{
    const struct dbk_csv_field *field = field_of(file, DBK_COLUMN_MEMO);
    bool fits = true;
    event->memo = dbk_bank_row_field(file, DBK_COLUMN_MEMO);
    if (field->doubled || has_line_end_or_tab(field))
        fits = copy_memo(&event->memo, file->memo_copy, sizeof file->memo_copy, field);
    if (!fits || (event->memo.length > 0 && !dbk_text_is_clean(event->memo, DBK_MEMO_MAX, false)))
        dbk_bank_row_wrong(file, DBK_BANK_MEMO, field);
}

void dbk_bank_row_map(struct dbk_bankfile *file, struct dbk_event *event)
{
    map_date(file, event);
    map_account(file, event);
    map_amount(file, event);
    if (has_column(file, DBK_COLUMN_BALANCE))
        map_balance(file, event);
    if (has_column(file, DBK_COLUMN_MEMO))
        map_memo(file, event);
}
