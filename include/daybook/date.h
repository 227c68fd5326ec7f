/**
 * Dates: seconds since 1970-01-01T00:00:00Z in the proleptic Gregorian calendar, years 0000-9999.
 *
 * Time is UTC; there are no leap seconds and no time zones here. Pure; reads no clock.
 */
#ifndef DAYBOOK_DATE_H
#define DAYBOOK_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DBK_SECONDS_PER_DAY 86400

/** The first second of year 0000 and the last of year 9999. */
#define DBK_DATE_MIN_S (-62167219200)
#define DBK_DATE_MAX_S 253402300799

/** "YYYY-MM-DDTHH:MM:SSZ" with its terminating zero. */
#define DBK_DATE_TEXT_SIZE 21

/** A date in parts. */
struct dbk_civil {
    int year;   /**< 0-9999 */
    int month;  /**< 1-12 */
    int day;    /**< 1-31 */
    int hour;   /**< 0-23 */
    int minute; /**< 0-59 */
    int second; /**< 0-59 */
};

/** Convert parts to seconds since the epoch. @return false where a part is out of its range. */
bool dbk_date_from_civil(int64_t *date_s, const struct dbk_civil *civil);

/** The inverse of dbk_date_from_civil. date_s must be within years 0000-9999. */
void dbk_date_to_civil(struct dbk_civil *civil, int64_t date_s);

/**
 * Parse one of the event's forms: `YYYY-MM-DDTHH:MM:SSZ`, `YYYY-MM-DD HH:MM:SS`, `YYYY-MM-DD`.
 *
 * @param[out] date_s  untouched on error.
 * @return false where the text has another form or names a day or time that does not exist.
 */
bool dbk_date_parse(int64_t *date_s, const char *text, size_t length);

/** Write `YYYY-MM-DDTHH:MM:SSZ` and a zero to text (DBK_DATE_TEXT_SIZE bytes). @return 20. */
size_t dbk_date_format(char *text, int64_t date_s);

/** @return days since 1970-01-01 (rounding down, so days before it are negative). */
int64_t dbk_date_day(int64_t date_s);

#endif
