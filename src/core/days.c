/* Periods: presets, and days from one to another. */

#include "params.h"

#include <daybook/date.h>

#include <string.h>

static const char *const period_names[DBK_PERIOD_COUNT] = {
    [DBK_PERIOD_TODAY] = "today",
    [DBK_PERIOD_7_DAYS] = "7days",
    [DBK_PERIOD_MONTH] = "month",
    [DBK_PERIOD_YEAR] = "year",
};

static int64_t day_of(int year, int month, int day)
{
    int64_t date_s = 0;
    const struct dbk_civil civil = {.year = year, .month = month, .day = day};
    bool ok = dbk_date_from_civil(&date_s, &civil);
    DBK_ASSERT(ok);
    return dbk_date_day(date_s);
}

void dbk_days_set(struct dbk_days *days, enum dbk_period period, int64_t today)
{
    struct dbk_civil now;
    *days = (struct dbk_days){.period = period, .first = INT64_MIN, .last = INT64_MAX};
    dbk_date_to_civil(&now, today * DBK_SECONDS_PER_DAY);
    switch (period) {
    case DBK_PERIOD_TODAY:
        days->first = days->last = today;
        break;
    case DBK_PERIOD_7_DAYS:
        days->first = today - 6;
        days->last = today;
        break;
    case DBK_PERIOD_MONTH:
        days->first = day_of(now.year, now.month, 1);
        days->last =
            now.month == 12 ? day_of(now.year, 12, 31) : day_of(now.year, now.month + 1, 1) - 1;
        break;
    case DBK_PERIOD_YEAR:
        days->first = day_of(now.year, 1, 1);
        days->last = day_of(now.year, 12, 31);
        break;
    default:
        break;
    }
}

bool dbk_days_read_day(int64_t *day, const char *value)
{
    int64_t date_s;
    if (strlen(value) != 10 || !dbk_date_parse(&date_s, value, 10))
        return false;
    *day = dbk_date_day(date_s);
    return true;
}

bool dbk_days_read_period(struct dbk_days *days, const char *value)
{
    int found = strcmp(value, "all") == 0
                    ? DBK_PERIOD_ALL
                    : dbk_params_choice(period_names, DBK_PERIOD_COUNT, value);
    if (found < 0)
        return false;
    days->period = (enum dbk_period)found;
    return true;
}

static void write_day(struct dbk_buffer *out, const char *name, int64_t day)
{
    char text[DBK_DATE_TEXT_SIZE];
    dbk_date_format(text, day * DBK_SECONDS_PER_DAY);
    text[10] = '\0';
    dbk_params_add(out, name, text);
}

void dbk_days_write(struct dbk_buffer *out, const struct dbk_days *days)
{
    if (period_names[days->period] != NULL)
        dbk_params_add(out, "period", period_names[days->period]);
    if (days->period != DBK_PERIOD_DAYS)
        return;
    if (days->first != INT64_MIN)
        write_day(out, "from", days->first);
    if (days->last != INT64_MAX)
        write_day(out, "to", days->last);
}
