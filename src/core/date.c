#include <daybook/date.h>
#include <daybook/err.h>

#include <string.h>

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/** Days from 1970-01-01. Years begin in March here, so that the leap day is a year's last. */
static int64_t days_from_civil(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year;
    int era = (y >= 0 ? y : y - 399) / 400;
    int year_of_era = y - era * 400;
    int day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return (int64_t)era * 146097 + day_of_era - 719468;
}

bool dbk_date_from_civil(int64_t *date_s, const struct dbk_civil *civil)
{
    if (civil->year < 0 || civil->year > 9999 || civil->month < 1 || civil->month > 12)
        return false;
    if (civil->day < 1 || civil->day > days_in_month(civil->year, civil->month))
        return false;
    if (civil->hour < 0 || civil->hour > 23 || civil->minute < 0 || civil->minute > 59 ||
        civil->second < 0 || civil->second > 59)
        return false;
    *date_s = days_from_civil(civil->year, civil->month, civil->day) * DBK_SECONDS_PER_DAY +
              civil->hour * 3600 + civil->minute * 60 + civil->second;
    return true;
}

int64_t dbk_date_day(int64_t date_s)
{
    int64_t day = date_s / DBK_SECONDS_PER_DAY;
    return date_s % DBK_SECONDS_PER_DAY < 0 ? day - 1 : day;
}

void dbk_date_to_civil(struct dbk_civil *civil, int64_t date_s)
{
    int64_t days = dbk_date_day(date_s);
    int second_of_day = (int)(date_s - days * DBK_SECONDS_PER_DAY);
    int64_t shifted = days + 719468;
    int era = (int)((shifted >= 0 ? shifted : shifted - 146096) / 146097);
    int day_of_era = (int)(shifted - (int64_t)era * 146097);
    int year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int month_from_march = (5 * day_of_year + 2) / 153;
    civil->day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    civil->month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    civil->year = year_of_era + era * 400 + (civil->month <= 2);
    civil->hour = second_of_day / 3600;
    civil->minute = second_of_day / 60 % 60;
    civil->second = second_of_day % 60;
}

/** Read `count` digits. @return the number, or -1. */
static int digits(const char *text, int count)
{
    int number = 0;
    for (int i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        number = number * 10 + (text[i] - '0');
    }
    return number;
}

bool dbk_date_parse(int64_t *date_s, const char *text, size_t length)
{
    struct dbk_civil civil = {0};
    if (length < 10 || text[4] != '-' || text[7] != '-')
        return false;
    civil.year = digits(text, 4);
    civil.month = digits(text + 5, 2);
    civil.day = digits(text + 8, 2);
    if (length > 10) {
        bool iso = length == 20 && text[10] == 'T' && text[19] == 'Z';
        bool plain = length == 19 && text[10] == ' ';
        if ((!iso && !plain) || text[13] != ':' || text[16] != ':')
            return false;
        civil.hour = digits(text + 11, 2);
        civil.minute = digits(text + 14, 2);
        civil.second = digits(text + 17, 2);
    }
    return dbk_date_from_civil(date_s, &civil);
}

static void put_digits(char *text, int count, int number)
{
    for (int i = count - 1; i >= 0; i--) {
        text[i] = (char)('0' + number % 10);
        number /= 10;
    }
}

size_t dbk_date_format(char *text, int64_t date_s)
{
    struct dbk_civil civil;
    dbk_date_to_civil(&civil, date_s);
    DBK_ASSERT(civil.year >= 0 && civil.year <= 9999);
    memcpy(text, "0000-00-00T00:00:00Z", DBK_DATE_TEXT_SIZE);
    put_digits(text, 4, civil.year);
    put_digits(text + 5, 2, civil.month);
    put_digits(text + 8, 2, civil.day);
    put_digits(text + 11, 2, civil.hour);
    put_digits(text + 14, 2, civil.minute);
    put_digits(text + 17, 2, civil.second);
    return 20;
}
