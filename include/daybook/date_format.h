/**
 * Dates in a given form, described with the letters of strptime(3).
 *
 * `%d` day, `%m` month, `%Y` year of four digits, `%y` year of two (69-99 are 1969-1999, 00-68 are
 * 2000-2068), `%H` hour 0-23, `%M` minute, `%S` second 0-59, `%F` = `%Y-%m-%d`, `%T` = `%H:%M:%S`,
 * `%R` = `%H:%M`, `%D` = `%m/%d/%y`, `%%` a percent sign; every other character stands for itself.
 * Day, month and year must be there. A day, month, hour, minute or second may have one digit where
 * no other number touches it. Stricter than strptime: no names of months (they depend on a
 * language), no time zones (all times are UTC), nothing left over. Pure.
 */
#ifndef DAYBOOK_DATE_FORMAT_H
#define DAYBOOK_DATE_FORMAT_H

#include <daybook/event.h>

#define DBK_DATE_FORMAT_MAX 40 /**< elements, after %F, %T, %R and %D are taken apart */

/** A letter's number or a character. */
struct dbk_date_element {
    char letter; /**< d m Y y H M S, or 0: a character that stands for itself */
    char character;
    uint8_t digits_min;
    uint8_t digits_max;
};

struct dbk_date_format {
    struct dbk_date_element elements[DBK_DATE_FORMAT_MAX];
    uint32_t count;
};

enum dbk_date_format_problem {
    DBK_DATE_FORMAT_FINE,
    DBK_DATE_FORMAT_LETTER,  /**< a letter that is not among those above */
    DBK_DATE_FORMAT_TWICE,   /**< the same part twice, or two kinds of year */
    DBK_DATE_FORMAT_MISSING, /**< no day, no month or no year */
    DBK_DATE_FORMAT_LONG,    /**< too many characters */
};

/**
 * Take a format apart.
 *
 * @param[out] format  valid where the result is DBK_DATE_FORMAT_FINE.
 * @param[out] letter  the letter in question, where one is; else 0.
 */
enum dbk_date_format_problem dbk_date_format_compile(struct dbk_date_format *format, char *letter,
                                                     struct dbk_text text);

/**
 * Read a date.
 *
 * @param[out] date_s  untouched on error; without a time of day: midnight.
 * @return false where the text has another form or names a day or time that does not exist.
 */
bool dbk_date_format_parse(int64_t *date_s, const struct dbk_date_format *format,
                           struct dbk_text text);

/** Room for dbk_date_format_describe: every element at most four characters, and a zero. */
#define DBK_DATE_FORMAT_TEXT_SIZE (4 * DBK_DATE_FORMAT_MAX + 1)

/** Write the form for people, "dd/mm/yyyy HH:MM:SS", and a zero. */
void dbk_date_format_describe(char *text, const struct dbk_date_format *format);

#endif
