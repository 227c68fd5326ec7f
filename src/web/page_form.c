#include "page_parts.h"

#include <daybook/date.h>

#include <string.h>

const char *dbk_page_given(const struct dbk_page *page, const char *name)
{
    for (size_t i = 0; i < page->param_count; i++)
        if (strcmp(page->params[i].name, name) == 0)
            return page->params[i].value;
    return "";
}

static bool is_wrong(const struct dbk_page *page, const char *name)
{
    return page->problem != NULL && strcmp(page->problem->name, name) == 0;
}

static enum dbk_text_id expected_text(enum dbk_expected expected)
{
    static const enum dbk_text_id texts[DBK_EXPECTED_COUNT] = {
        [DBK_EXPECTED_NOTHING] = DBK_T_EXPECTED_NOTHING,
        [DBK_EXPECTED_ONCE] = DBK_T_EXPECTED_ONCE,
        [DBK_EXPECTED_ACCOUNT] = DBK_T_EXPECTED_ACCOUNT,
        [DBK_EXPECTED_TYPE] = DBK_T_EXPECTED_TYPE,
        [DBK_EXPECTED_DAY] = DBK_T_EXPECTED_DAY,
        [DBK_EXPECTED_LATER_DAY] = DBK_T_EXPECTED_LATER_DAY,
        [DBK_EXPECTED_PERIOD] = DBK_T_EXPECTED_PERIOD,
        [DBK_EXPECTED_AMOUNT] = DBK_T_EXPECTED_AMOUNT,
        [DBK_EXPECTED_LARGER] = DBK_T_EXPECTED_LARGER,
        [DBK_EXPECTED_TEXT] = DBK_T_EXPECTED_TEXT,
        [DBK_EXPECTED_SORT] = DBK_T_EXPECTED_SORT,
        [DBK_EXPECTED_ORDER] = DBK_T_EXPECTED_ORDER,
        [DBK_EXPECTED_SIGN] = DBK_T_EXPECTED_SIGN,
        [DBK_EXPECTED_REASON] = DBK_T_EXPECTED_REASON,
        [DBK_EXPECTED_TOKEN] = DBK_T_EXPECTED_TOKEN,
        [DBK_EXPECTED_ONE_PLACE] = DBK_T_EXPECTED_ONE_PLACE,
    };
    return texts[expected];
}

/** The label of the field that a parameter belongs to; DBK_TEXT_COUNT: it has none. */
static enum dbk_text_id label_of(const char *name)
{
    static const struct {
        const char *name;
        enum dbk_text_id label;
    } labels[] = {{"account", DBK_T_ACCOUNT}, {"type", DBK_T_TYPE},   {"from", DBK_T_FROM_DAY},
                  {"to", DBK_T_TO_DAY},       {"min", DBK_T_MIN},     {"max", DBK_T_MAX},
                  {"memo", DBK_T_MEMO},       {"search", DBK_T_NAME}, {"reason", DBK_T_REASON}};
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++)
        if (strcmp(labels[i].name, name) == 0)
            return labels[i].label;
    return DBK_TEXT_COUNT;
}

void dbk_page_problem(struct dbk_page *page)
{
    const struct dbk_param_problem *problem = page->problem;
    enum dbk_text_id label = label_of(problem->name);
    dbk_page_add(page, "<div class=\"problem\" role=\"alert\"><p><strong>%t</strong> ",
                 DBK_T_PROBLEM);
    if (label != DBK_TEXT_COUNT)
        dbk_page_add(page, "<a href=\"#%h\">%t</a>", problem->name, label);
    else
        dbk_page_add(page, "<code>%h</code>", problem->name);
    dbk_page_add(page, " — %t</p></div>\n", expected_text(problem->expected));
}

void dbk_page_begin_form(struct dbk_page *page, const char *const *hidden)
{
    dbk_page_add(page,
                 "<form class=\"filters\" method=\"get\" action=\"%s\" role=\"search\" "
                 "aria-label=\"%t\">\n<input type=\"hidden\" name=\"lang\" value=\"%s\">",
                 page->path, DBK_T_FILTER_LIST, dbk_lang_code(page->lang));
    for (; *hidden != NULL; hidden++)
        if (dbk_page_given(page, *hidden)[0] != '\0')
            dbk_page_add(page, "<input type=\"hidden\" name=\"%s\" value=\"%h\">", *hidden,
                         dbk_page_given(page, *hidden));
    dbk_page_add(page, "\n");
}

void dbk_page_end_form(struct dbk_page *page)
{
    dbk_page_add(page, "<div class=\"buttons\"><button type=\"submit\">%t</button> ", DBK_T_FILTER);
    dbk_page_link(page, page->path, DBK_T_CLEAR, false);
    dbk_page_add(page, "</div>\n</form>\n");
}

/** Begin a field: its label, and what is wrong with it. */
static void begin_field(struct dbk_page *page, const char *name, enum dbk_text_id label)
{
    dbk_page_add(page, "<div class=\"field field-%s%s\"><label for=\"%s\">%t</label>", name,
                 is_wrong(page, name) ? " wrong" : "", name, label);
}

static void end_field(struct dbk_page *page, const char *name)
{
    if (is_wrong(page, name))
        dbk_page_add(page, "<p class=\"field-error\" id=\"%s-error\">%t</p>", name,
                     expected_text(page->problem->expected));
    dbk_page_add(page, "</div>\n");
}

static void add_wrong(struct dbk_page *page, const char *name)
{
    if (is_wrong(page, name))
        dbk_page_add(page, " aria-invalid=\"true\" aria-describedby=\"%s-error\"", name);
}

void dbk_page_input(struct dbk_page *page, const char *name, enum dbk_text_id label,
                    const char *attributes, const char *value)
{
    begin_field(page, name, label);
    dbk_page_add(page, "<input id=\"%s\" name=\"%s\" %s", name, name, attributes);
    if (value[0] != '\0')
        dbk_page_add(page, " value=\"%h\"", value);
    add_wrong(page, name);
    dbk_page_add(page, ">");
    end_field(page, name);
}

void dbk_page_select(struct dbk_page *page, const char *name, enum dbk_text_id label,
                     const struct dbk_page_option *options, const char *value)
{
    begin_field(page, name, label);
    dbk_page_add(page, "<select id=\"%s\" name=\"%s\"", name, name);
    add_wrong(page, name);
    dbk_page_add(page, ">");
    for (; options->value != NULL; options++)
        dbk_page_add(page, "<option value=\"%s\"%s>%t</option>", options->value,
                     strcmp(options->value, value) == 0 ? " selected" : "", options->text);
    dbk_page_add(page, "</select>");
    end_field(page, name);
}

/** One of the two days: what was typed, or the day that a preset means. */
static void add_day_input(struct dbk_page *page, const char *name, enum dbk_text_id label,
                          int64_t day, bool preset)
{
    char text[DBK_DATE_TEXT_SIZE] = "";
    const char *value = dbk_page_given(page, name);
    int64_t date_s;
    if (strlen(value) != 10 || !dbk_date_parse(&date_s, value, 10))
        value = ""; /* such an input cannot show anything but a day */
    if (preset) {
        dbk_date_format(text, day * DBK_SECONDS_PER_DAY);
        text[10] = '\0';
        value = text;
    }
    dbk_page_input(page, name, label, "type=\"date\" min=\"0001-01-01\" max=\"9999-12-31\"", value);
}

void dbk_page_day_inputs(struct dbk_page *page, const struct dbk_days *days)
{
    bool preset = days->period != DBK_PERIOD_ALL && days->period != DBK_PERIOD_DAYS;
    add_day_input(page, "from", DBK_T_FROM_DAY, days->first, preset);
    add_day_input(page, "to", DBK_T_TO_DAY, days->last, preset);
}
