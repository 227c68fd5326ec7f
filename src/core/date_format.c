#include <daybook/date_format.h>

#include <daybook/date.h>

#include <string.h>

static const char *composite(char letter)
{
    switch (letter) {
    case 'F':
        return "%Y-%m-%d";
    case 'T':
        return "%H:%M:%S";
    case 'R':
        return "%H:%M";
    case 'D':
        return "%m/%d/%y";
    default:
        return NULL;
    }
}

/** Append the elements of text, which has no composite letter. */
static enum dbk_date_format_problem add_elements(struct dbk_date_format *format, char *letter,
                                                 const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        struct dbk_date_element element = {0, text[i], 0, 0};
        if (text[i] == '%') {
            *letter = i + 1 < length ? text[i + 1] : '%';
            if (i + 1 == length)
                return DBK_DATE_FORMAT_LETTER;
            element.character = '%';
            i++;
            const char *whole = composite(*letter);
            if (whole != NULL) {
                enum dbk_date_format_problem problem =
                    add_elements(format, letter, whole, strlen(whole));
                if (problem != DBK_DATE_FORMAT_FINE)
                    return problem;
                continue;
            }
            if (*letter == '\0' || strchr("dmYyHMS%", *letter) == NULL)
                return DBK_DATE_FORMAT_LETTER;
            if (*letter != '%') {
                element.letter = *letter;
                element.digits_min = *letter == 'Y' ? 4 : *letter == 'y' ? 2 : 1;
                element.digits_max = *letter == 'Y' ? 4 : 2;
            }
        }
        if (format->count == DBK_DATE_FORMAT_MAX) {
            *letter = 0;
            return DBK_DATE_FORMAT_LONG;
        }
        format->elements[format->count++] = element;
    }
    return DBK_DATE_FORMAT_FINE;
}

/** Where numbers touch, each has all its digits: 20240102 can be read in one way only. */
static void fix_widths(struct dbk_date_format *format)
{
    for (uint32_t i = 0; i < format->count; i++) {
        struct dbk_date_element *element = &format->elements[i];
        const struct dbk_date_element *before = i > 0 ? element - 1 : NULL;
        const struct dbk_date_element *after = i + 1 < format->count ? element + 1 : NULL;
        bool digit_before =
            before != NULL &&
            (before->letter != 0 || (before->character >= '0' && before->character <= '9'));
        bool digit_after = after != NULL && (after->letter != 0 ||
                                             (after->character >= '0' && after->character <= '9'));
        if (digit_before || digit_after)
            element->digits_min = element->digits_max;
    }
}

enum dbk_date_format_problem dbk_date_format_compile(struct dbk_date_format *format, char *letter,
                                                     struct dbk_text text)
{
    static const char parts[] = "dmYHMS"; /* y counts as Y */
    uint32_t seen[sizeof parts - 1] = {0};
    memset(format, 0, sizeof *format);
    *letter = 0;
    enum dbk_date_format_problem problem = add_elements(format, letter, text.bytes, text.length);
    if (problem != DBK_DATE_FORMAT_FINE)
        return problem;
    for (uint32_t i = 0; i < format->count; i++) {
        *letter = format->elements[i].letter;
        if (*letter == 0)
            continue;
        const char *part = strchr(parts, *letter == 'y' ? 'Y' : *letter);
        if (seen[part - parts]++ > 0)
            return DBK_DATE_FORMAT_TWICE;
    }
    for (uint32_t i = 0; i < 3; i++) {
        *letter = parts[i];
        if (seen[i] == 0)
            return DBK_DATE_FORMAT_MISSING;
    }
    *letter = 0;
    fix_widths(format);
    return DBK_DATE_FORMAT_FINE;
}

static void set_part(struct dbk_civil *civil, char letter, int number)
{
    switch (letter) {
    case 'd':
        civil->day = number;
        break;
    case 'm':
        civil->month = number;
        break;
    case 'Y':
        civil->year = number;
        break;
    case 'y':
        civil->year = number + (number >= 69 ? 1900 : 2000);
        break;
    case 'H':
        civil->hour = number;
        break;
    case 'M':
        civil->minute = number;
        break;
    default:
        civil->second = number;
        break;
    }
}

bool dbk_date_format_parse(int64_t *date_s, const struct dbk_date_format *format,
                           struct dbk_text text)
{
    struct dbk_civil civil = {0};
    const char *p = text.bytes;
    const char *end = p + text.length;
    for (uint32_t i = 0; i < format->count; i++) {
        const struct dbk_date_element *element = &format->elements[i];
        if (element->letter == 0) {
            if (p == end || *p++ != element->character)
                return false;
            continue;
        }
        int number = 0;
        uint32_t digits = 0;
        for (; p < end && digits < element->digits_max && *p >= '0' && *p <= '9'; p++, digits++)
            number = number * 10 + (*p - '0');
        if (digits < element->digits_min)
            return false;
        set_part(&civil, element->letter, number);
    }
    return p == end && dbk_date_from_civil(date_s, &civil);
}

void dbk_date_format_describe(char *text, const struct dbk_date_format *format)
{
    static const char *const forms[][2] = {
        {"d", "dd"}, {"m", "mm"}, {"Y", "yyyy"}, {"y", "yy"}, {"H", "HH"}, {"M", "MM"}, {"S", "SS"},
    };
    for (uint32_t i = 0; i < format->count; i++) {
        const struct dbk_date_element *element = &format->elements[i];
        if (element->letter == 0)
            *text++ = element->character;
        for (size_t f = 0; element->letter != 0 && f < sizeof forms / sizeof forms[0]; f++)
            if (forms[f][0][0] == element->letter) {
                size_t length = strlen(forms[f][1]);
                memcpy(text, forms[f][1], length);
                text += length;
            }
    }
    *text = '\0';
}
