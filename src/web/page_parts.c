#include "page_parts.h"

#include <daybook/date.h>
#include <daybook/escape.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* --- writing --- */

static void add_argument(struct dbk_page *page, char directive, va_list *arguments)
{
    char digits[24];
    switch (directive) {
    case 's':
        dbk_buffer_add_string(page->out, va_arg(*arguments, const char *));
        break;
    case 'h':
        dbk_escape_html(page->out, dbk_text_of(va_arg(*arguments, const char *)));
        break;
    case 'x':
        dbk_escape_html(page->out, *va_arg(*arguments, const struct dbk_text *));
        break;
    case 't':
        dbk_buffer_add_string(page->out,
                              dbk_lang_text(page->lang, va_arg(*arguments, enum dbk_text_id)));
        break;
    case 'd':
        snprintf(digits, sizeof digits, "%" PRId64, va_arg(*arguments, int64_t));
        dbk_buffer_add_string(page->out, digits);
        break;
    case 'i':
        dbk_lang_integer(page->out, page->lang, va_arg(*arguments, int64_t));
        break;
    case 'a':
        dbk_lang_amount(page->out, page->lang, *va_arg(*arguments, const dbk_int128 *));
        break;
    default:
        dbk_buffer_add(page->out, &directive, 1);
    }
}

void dbk_page_add(struct dbk_page *page, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    while (*format != '\0') {
        size_t plain = strcspn(format, "%");
        dbk_buffer_add(page->out, format, plain);
        format += plain;
        if (format[0] == '%' && format[1] != '\0') {
            add_argument(page, format[1], &arguments);
            format += 2;
        }
    }
    va_end(arguments);
}

void dbk_page_add_count(struct dbk_page *page, int64_t count, enum dbk_text_id one,
                        enum dbk_text_id many)
{
    bool single = count == 1 || (count == 0 && page->lang == DBK_FRENCH);
    dbk_page_add(page, "%i %t", count, single ? one : many);
}

/* --- times and amounts --- */

void dbk_page_add_time(struct dbk_page *page, int64_t date_s, bool with_time)
{
    char text[DBK_DATE_TEXT_SIZE];
    dbk_date_format(text, date_s);
    dbk_page_add(page, "<time datetime=\"%s\">", text);
    /* The time has an element of its own: it goes below the date where there is little room. */
    dbk_lang_day(page->out, page->lang, date_s);
    if (with_time || date_s % DBK_SECONDS_PER_DAY != 0) {
        dbk_page_add(page, "<span>\u00a0");
        dbk_lang_time(page->out, date_s);
        dbk_page_add(page, "</span>");
    }
    dbk_page_add(page, "</time>");
}

/** An amount in minor units as digits alone: "0.05" is 5, "12.30" is 1230. */
static void add_minor(struct dbk_page *page, dbk_int128 amount_minor)
{
    char text[DBK_MONEY_SUM_TEXT_SIZE];
    size_t length = dbk_money_format_sum(text, amount_minor);
    bool begun = false;
    for (size_t i = 0; i < length; i++) {
        begun = begun || (text[i] >= '1' && text[i] <= '9') || i == length - 1;
        if (text[i] == '-' || (begun && text[i] != '.'))
            dbk_buffer_add(page->out, text + i, 1);
    }
}

static void begin_cell(struct dbk_page *page, const char *class)
{
    dbk_page_add(page, "<td class=\"number%s%s\"", class[0] != '\0' ? " " : "", class);
}

void dbk_page_amount_cell(struct dbk_page *page, dbk_int128 amount_minor, const char *class,
                          const char *key)
{
    begin_cell(page, class);
    if (key != NULL) {
        /* What is drawn is the size; the sign that stands in the cell is the type's. */
        bool size = strcmp(key, "withdrawals") == 0;
        dbk_page_add(page, " data-k=\"%s\" data-v=\"", key);
        add_minor(page, size ? -amount_minor : amount_minor);
        dbk_page_add(page, "\"");
    }
    dbk_page_add(page, ">%a</td>", &amount_minor);
}

void dbk_page_count_cell(struct dbk_page *page, int64_t count, const char *class)
{
    begin_cell(page, class);
    dbk_page_add(page, ">%i</td>", count);
}

void dbk_page_add_days(struct dbk_page *page, const struct dbk_days *days)
{
    bool from = days->first != INT64_MIN;
    bool to = days->last != INT64_MAX;
    if (!from && !to)
        dbk_page_add(page, "%t", DBK_T_SINCE_EVER);
    if (from) {
        dbk_page_add(page, "%t ", to ? DBK_T_FROM : DBK_T_SINCE);
        dbk_page_add_time(page, days->first * DBK_SECONDS_PER_DAY, false);
    }
    if (to) {
        dbk_page_add(page, "%s%t ", from ? " " : "", from ? DBK_T_TO : DBK_T_UNTIL);
        dbk_page_add_time(page, days->last * DBK_SECONDS_PER_DAY, false);
    }
}

void dbk_page_bytes(struct dbk_page *page, struct dbk_text bytes, bool cut)
{
    dbk_page_add(page, "<code class=\"bytes\">%x%s</code>", &bytes, cut ? "…" : "");
}

/* --- tables --- */

void dbk_page_begin_table(struct dbk_page *page, const char *id, enum dbk_text_id caption,
                          const char *class)
{
    page->row_count = 0;
    dbk_page_add(page,
                 "<div id=\"%s-live\" data-live>\n<div class=\"scroll\" tabindex=\"0\" "
                 "role=\"group\" aria-labelledby=\"%s-caption\"><table id=\"%s\" class=\"%s\">\n"
                 "<caption id=\"%s-caption\" class=\"visually-hidden\">%t</caption>\n",
                 id, id, id, class, id, caption);
}

void dbk_page_heading(struct dbk_page *page, enum dbk_text_id text, const char *class)
{
    dbk_page_add(page, "<th scope=\"col\" class=\"%s\"><span>%t</span></th>", class, text);
}

void dbk_page_sort_heading(struct dbk_page *page, enum dbk_text_id text, const char *class,
                           enum dbk_page_order order, struct dbk_buffer *query)
{
    static const char *const sorts[] = {"", " aria-sort=\"ascending\"",
                                        " aria-sort=\"descending\""};
    static const char *const arrows[] = {"↕", "↑", "↓"};
    dbk_page_add(page, "<th scope=\"col\" class=\"%s\"%s><a class=\"sort\" href=\"", class,
                 sorts[order]);
    dbk_page_href(page, page->path, query);
    dbk_page_add(page, "\">%t<span class=\"arrow\" aria-hidden=\"true\">%s</span></a></th>", text,
                 arrows[order]);
}

void dbk_page_end_table(struct dbk_page *page, enum dbk_text_id if_empty)
{
    dbk_page_add(page, "</tbody>\n</table></div>\n");
    if (page->row_count == 0)
        dbk_page_add(page, "<p class=\"empty\">%t</p>\n", if_empty);
}

void dbk_page_end_live(struct dbk_page *page)
{
    dbk_page_add(page, "</div>\n");
}
