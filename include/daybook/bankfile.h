/**
 * Banks' files: rows of a CSV as events.
 *
 * A bankfile finds the columns by the header's names (or by numbers), decides once for the whole
 * file which delimiter, decimal sign and form of date it has, and gives each row as an event or as
 * the list of everything that is wrong with it. What cannot be decided from the file without
 * guessing is a fault: the user has to say it. Reading the same bytes again gives the same events.
 *
 * Texts are compared without regard to case (ASCII and the letters U+00C0-00DE) and to spaces
 * around them. Pure; no allocation. Lifetime: open, survey, then next until the end; rewind to
 * begin again. The bytes and the format must outlive it.
 */
#ifndef DAYBOOK_BANKFILE_H
#define DAYBOOK_BANKFILE_H

#include <daybook/csv.h>
#include <daybook/date_format.h>
#include <daybook/event.h>

/** What a column holds. */
enum dbk_bank_column {
    DBK_COLUMN_DATE,
    DBK_COLUMN_ACCOUNT,
    DBK_COLUMN_AMOUNT,
    DBK_COLUMN_TYPE,    /**< optional: without it the amount's sign tells */
    DBK_COLUMN_BALANCE, /**< optional: declared by the bank */
    DBK_COLUMN_MEMO,    /**< optional */
    DBK_COLUMN_COUNT
};

/** @return "date", "account", "amount", "type", "balance" or "memo". */
const char *dbk_bank_column_key(enum dbk_bank_column column);

/** @return the name that it has in a header unless the user gives another. */
const char *dbk_bank_column_name(enum dbk_bank_column column);

#define DBK_COLUMNS_MAX 512 /**< columns of a file */
#define DBK_WORDS_MAX 32

/** Words of the type column that mean the same. */
struct dbk_words {
    struct dbk_text words[DBK_WORDS_MAX];
    uint32_t count; /**< 0: the default, "deposit" or "withdrawal" */
};

/** How a bank writes its files: what the user said about it. All zero: nothing. */
struct dbk_bank_format {
    struct dbk_text names[DBK_COLUMN_COUNT]; /**< length 0: the default */
    uint32_t numbers[DBK_COLUMN_COUNT];      /**< without header: the column, from 1; 0: none */
    bool unused[DBK_COLUMN_COUNT];           /**< to be left out even where it is there */
    bool no_header;
    bool has_date_format;
    char delimiter; /**< 0: recognise it */
    char decimal;   /**< 0: find it out */
    struct dbk_date_format date_format;
    struct dbk_words deposits;
    struct dbk_words withdrawals;
};

/** Why a file as a whole cannot be read. */
enum dbk_bank_fault {
    DBK_BANK_FINE,
    DBK_BANK_EMPTY,         /**< no row at all, not even a header */
    DBK_BANK_DELIMITER,     /**< not recognised */
    DBK_BANK_HEADER,        /**< the header is no CSV: see row.problem */
    DBK_BANK_COLUMNS,       /**< more than DBK_COLUMNS_MAX */
    DBK_BANK_NO_COLUMN,     /**< fault_column is missing */
    DBK_BANK_TWO_COLUMNS,   /**< fault_column is there twice */
    DBK_BANK_NO_TYPE,       /**< words are given, but there is no type column */
    DBK_BANK_CONTRADICTION, /**< decimal commas and decimal points: see lines[0], lines[1] */
    DBK_BANK_AMBIGUOUS,     /**< comma or point never shows which it is: see lines[0] */
};

/** What is wrong with a row or one of its fields. */
enum dbk_bank_problem {
    DBK_BANK_NOT_CSV,     /**< row.problem has the reason; column may be 0 */
    DBK_BANK_FIELD_COUNT, /**< the row has `count` fields; column 0 */
    DBK_BANK_DATE,
    DBK_BANK_ACCOUNT,
    DBK_BANK_AMOUNT, /**< not an amount */
    DBK_BANK_AMOUNT_ZERO,
    DBK_BANK_AMOUNT_DECIMALS, /**< more than two */
    DBK_BANK_AMOUNT_LARGE,
    DBK_BANK_SIGN_TYPE,    /**< negative, but the type says deposit */
    DBK_BANK_SIGN_CHANGED, /**< withdrawals with a minus and without one in the same file */
    DBK_BANK_TYPE,         /**< none of the words */
    DBK_BANK_BALANCE,      /**< not an amount */
    DBK_BANK_BALANCE_DECIMALS,
    DBK_BANK_BALANCE_LARGE,
    DBK_BANK_MEMO,
};

struct dbk_bank_wrong {
    enum dbk_bank_problem problem;
    uint32_t column;       /**< from 1; 0: the row as a whole */
    uint64_t line;         /**< physical, from 1 */
    struct dbk_text value; /**< as it stands in the file */
};

#define DBK_BANK_WRONG_MAX (DBK_COLUMN_COUNT + 1)
#define DBK_NO_COLUMN UINT32_MAX

struct dbk_bankfile {
    const struct dbk_bank_format *format;
    const char *bytes;
    size_t length;

    /* Decided by open. */
    char delimiter;
    uint32_t column_count;
    uint32_t columns[DBK_COLUMN_COUNT]; /**< index of the field, from 0, or DBK_NO_COLUMN */
    enum dbk_bank_column fault_column;

    /* Decided by survey. */
    uint64_t row_count; /**< right and wrong ones, without the header */
    char decimal;       /**< ',' or '.'; 0: no value has either */
    struct dbk_date_format date_format;
    bool date_found;            /**< false: no date in the file has any of the forms known */
    uint64_t lines[2];          /**< evidence: of the decimal comma (or ambiguous), of the point */
    struct dbk_text samples[2]; /**< the values there */

    /* The row that next read. */
    struct dbk_csv csv;
    struct dbk_csv_row row;
    struct dbk_bank_wrong wrong[DBK_BANK_WRONG_MAX];
    uint32_t wrong_count;
    uint64_t sign_line; /**< the first withdrawal by type, which shows if they have a minus; or 0 */
    bool sign_minus;
    struct dbk_text date_text; /**< the date of the row before: mostly the next one's too */
    int64_t date_s;
    char account_copy[DBK_ACCOUNT_MAX]; /**< for fields with doubled quotes or line ends */
    char memo_copy[DBK_MEMO_MAX];
    struct dbk_csv_field fields[DBK_COLUMNS_MAX];
};

/** Recognise delimiter and columns. The format is kept, not copied. */
enum dbk_bank_fault dbk_bankfile_open(struct dbk_bankfile *file,
                                      const struct dbk_bank_format *format, const char *bytes,
                                      size_t length);

/** Read the whole file once to count its rows and decide decimal sign and form of date. */
enum dbk_bank_fault dbk_bankfile_survey(struct dbk_bankfile *file);

enum dbk_bank_result {
    DBK_BANK_ROW,   /**< event is valid */
    DBK_BANK_WRONG, /**< wrong[0 ... wrong_count-1] say why it is not */
    DBK_BANK_END,
};

/**
 * Read the next row.
 *
 * @param[out] event  without source; satisfies dbk_event_check. Its texts live until the next call.
 */
enum dbk_bank_result dbk_bankfile_next(struct dbk_bankfile *file, struct dbk_event *event);

/** Begin again with the first row. */
void dbk_bankfile_rewind(struct dbk_bankfile *file);

/** @return the header's text for a column (from 1), trimmed, as it stands in the file; empty where
 *          there is none. */
struct dbk_text dbk_bankfile_column_name(const struct dbk_bankfile *file, uint32_t column);

/** @return true where the texts are the same but for case. */
bool dbk_bank_same_word(struct dbk_text a, struct dbk_text b);

/** The forms of date that are known without being told, for messages; ended by NULL. */
extern const char *const dbk_bank_date_formats[];

#endif
