#include "lang_texts.h"

#include <daybook/date.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const codes[DBK_LANG_COUNT] = {"fr", "en"};

static const char *const *const texts[DBK_LANG_COUNT] = {dbk_texts_fr, dbk_texts_en};

const char *dbk_lang_code(enum dbk_lang lang)
{
    return codes[lang];
}

const char *dbk_lang_text(enum dbk_lang lang, enum dbk_text_id id)
{
    return texts[lang][id] != NULL ? texts[lang][id] : "";
}

/** Write digits in groups of three from the right. */
static void add_grouped(struct dbk_buffer *buffer, enum dbk_lang lang, const char *digits,
                        size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            dbk_buffer_add_string(buffer, lang == DBK_FRENCH ? "\u202f" : ",");
        dbk_buffer_add(buffer, digits + i, 1);
    }
}

void dbk_lang_amount(struct dbk_buffer *buffer, enum dbk_lang lang, dbk_int128 amount_minor)
{
    char text[DBK_MONEY_SUM_TEXT_SIZE];
    size_t length = dbk_money_format_sum(text, amount_minor);
    const char *digits = text;
    if (*digits == '-') {
        dbk_buffer_add_string(buffer, "\u2212"); /* a minus sign is as wide as a figure */
        digits++;
        length--;
    }
    add_grouped(buffer, lang, digits, length - 3);
    dbk_buffer_add_string(buffer, lang == DBK_FRENCH ? "," : ".");
    dbk_buffer_add(buffer, digits + length - 2, 2);
}

void dbk_lang_integer(struct dbk_buffer *buffer, enum dbk_lang lang, int64_t number)
{
    char text[24];
    int length = snprintf(text, sizeof text, "%lld", (long long)number);
    const char *digits = text;
    if (*digits == '-') {
        dbk_buffer_add_string(buffer, "\u2212");
        digits++;
        length--;
    }
    add_grouped(buffer, lang, digits, (size_t)length);
}

void dbk_lang_day(struct dbk_buffer *buffer, enum dbk_lang lang, int64_t date_s)
{
    struct dbk_civil civil;
    char text[64];
    dbk_date_to_civil(&civil, date_s);
    if (lang == DBK_FRENCH)
        snprintf(text, sizeof text, "%02d/%02d/%04d", civil.day, civil.month, civil.year);
    else
        snprintf(text, sizeof text, "%04d-%02d-%02d", civil.year, civil.month, civil.day);
    dbk_buffer_add_string(buffer, text);
}

void dbk_lang_time(struct dbk_buffer *buffer, int64_t date_s)
{
    struct dbk_civil civil;
    char text[64];
    dbk_date_to_civil(&civil, date_s);
    snprintf(text, sizeof text, "%02d:%02d:%02d", civil.hour, civil.minute, civil.second);
    dbk_buffer_add_string(buffer, text);
}

/** Read "0.8" or "1" in thousandths. */
static int thousandths(const char *text)
{
    int value = *text == '1' ? 1000 : 0;
    int unit = 100;
    if (text[0] != '\0' && text[1] == '.')
        for (text += 2; *text >= '0' && *text <= '9' && unit > 0; text++, unit /= 10)
            value += (*text - '0') * unit;
    return value;
}

/** How much a header wants a language, in thousandths; -1: not named. */
static int wish(const char *header, const char *code)
{
    int found = -1;
    while (*header != '\0') {
        char range[64];
        size_t length = strcspn(header, ",");
        snprintf(range, sizeof range, "%.*s", (int)(length < 63 ? length : 63), header);
        const char *name = range + strspn(range, " ");
        const char *q = strstr(name, "q=");
        if (strncasecmp(name, code, 2) == 0 && strchr("-; ", name[2]) != NULL) {
            int value = q != NULL ? thousandths(q + 2) : 1000;
            found = value > found ? value : found;
        }
        header += length;
        header += *header == ',';
    }
    return found;
}

enum dbk_lang dbk_lang_choose(const char *param, const char *accept_language)
{
    if (param != NULL)
        for (int lang = 0; lang < DBK_LANG_COUNT; lang++)
            if (strcmp(param, codes[lang]) == 0)
                return (enum dbk_lang)lang;
    bool english = wish(accept_language, "en") > wish(accept_language, "fr");
    return english ? DBK_ENGLISH : DBK_FRENCH;
}
