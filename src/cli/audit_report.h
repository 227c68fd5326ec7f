/**
 * What an audit found: each difference is printed as it comes, as a line of text or as an item of
 * the JSON object's array "differences", so that memory does not grow with them; all are counted.
 */
#ifndef DAYBOOK_AUDIT_REPORT_H
#define DAYBOOK_AUDIT_REPORT_H

#include <daybook/row.h>

#include <jansson.h>

/** What the numbers of a column are. */
enum dbk_column_kind {
    DBK_COLUMN_PLAIN,
    DBK_COLUMN_AMOUNT, /**< minor units */
    DBK_COLUMN_DATE,   /**< seconds since 1970 */
    DBK_COLUMN_DAY,    /**< days since 1970 */
};

/** One column of a table that is compared. */
struct dbk_audit_column {
    const char *name;
    enum dbk_column_kind kind;
};

/** Where and what differs. Texts live as long as the call. */
struct dbk_difference {
    const char *check;       /**< the table or thing: "transactions", "log", ... */
    struct dbk_text account; /**< length 0: of no account */
    const char *what;        /**< the column, or what it is about */
    const char *expected;
    const char *stored;
    const char *difference; /**< stored - expected, or NULL */
    int32_t partition;      /**< the place where they part: */
    int64_t offset_first;   /**< -1: no place */
    int64_t offset_last;    /**< up to here; at least offset_first */
    int64_t date_s;         /**< valid where has_date */
    bool has_date;
    const char *next; /**< the command that shows more; NULL: it is to be repaired */
};

struct dbk_report {
    int64_t print_max;
    bool json;
    struct dbk_text only; /**< length > 0: differences of other accounts are not reported */
    int64_t difference_count;
    bool log_differs; /**< some difference is about the log itself, or its digests */
    bool begun;       /**< for json: the object and its array of differences are open */
    bool failed;      /**< out of memory: the report is not complete */
};

/** @return true where this account is reported about. */
bool dbk_report_is_wanted(const struct dbk_report *report, struct dbk_text account);

void dbk_report_difference(struct dbk_report *report, const struct dbk_difference *difference);

/** For json: close the array of differences and print the rest of the object. Takes rest. */
DBK_MUST_CHECK int dbk_report_end_json(struct dbk_report *report, json_t *rest,
                                       struct dbk_err *err);

/** A value as it is shown: amounts with decimals, dates, bytes in hexadecimal. Never longer than
 *  DBK_REPORT_VALUE_SIZE with its zero. */
#define DBK_REPORT_VALUE_SIZE 160
void dbk_report_value(char *text, const struct dbk_value *value, enum dbk_column_kind kind);

/**
 * Compare a stored row with the expected one, column by column.
 *
 * @param like     check, account, place, date and next of whatever differs.
 * @param columns  as many as the row has; those without a name are not compared.
 * @return true where nothing differs.
 */
bool dbk_report_row(struct dbk_report *report, const struct dbk_difference *like,
                    const struct dbk_audit_column *columns, const struct dbk_row *expected,
                    const struct dbk_row *stored);

/** "daybook history C100 --from 0:42", the account quoted for a shell. */
#define DBK_REPORT_COMMAND_SIZE 400
void dbk_report_history(char *command, struct dbk_text account, int32_t partition, int64_t offset);

/** "daybook history C100 --from 2024-01-31 --to 2024-01-31". */
void dbk_report_history_of_day(char *command, struct dbk_text account, int64_t date_s);

#endif
