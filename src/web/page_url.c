#include "page_parts.h"

#include <daybook/escape.h>

#include <string.h>

void dbk_page_href(struct dbk_page *page, const char *path, struct dbk_buffer *query)
{
    dbk_page_add(page, "%s?lang=%s", path, dbk_lang_code(page->lang));
    if (query != NULL && query->length > 0)
        dbk_page_add(page, "&amp;%h", query->bytes);
    if (query != NULL) {
        page->out->failed = page->out->failed || query->failed;
        dbk_buffer_clear(query);
    }
}

void dbk_page_link(struct dbk_page *page, const char *path, enum dbk_text_id text, bool current)
{
    dbk_page_add(page, "<a href=\"");
    dbk_page_href(page, path, NULL);
    dbk_page_add(page, "\"%s>%t</a>", current ? " aria-current=\"page\"" : "", text);
}

void dbk_page_account_link(struct dbk_page *page, struct dbk_text account)
{
    struct dbk_buffer path = {.bytes = NULL};
    dbk_account_path(&path, account);
    page->out->failed = page->out->failed || path.failed;
    dbk_page_add(page, "<a href=\"");
    dbk_page_href(page, path.bytes != NULL ? path.bytes : "", NULL);
    dbk_page_add(page, "\">%x</a>", &account);
    dbk_buffer_clear(&path);
}

void dbk_page_event_link(struct dbk_page *page, int64_t partition, int64_t offset)
{
    dbk_page_add(page, "<a href=\"/events/%d/%d?lang=%s\">%d:%d</a>", partition, offset,
                 dbk_lang_code(page->lang), partition, offset);
}

void dbk_page_downloads(struct dbk_page *page, const char *path, struct dbk_buffer *query)
{
    static const struct {
        const char *extension;
        const char *dialect;
        enum dbk_text_id text;
    } forms[] = {{".csv", "", DBK_T_CSV},
                 {".csv", "dialect=excel-fr", DBK_T_CSV_EXCEL},
                 {".json", "", DBK_T_JSON}};
    const char *state = query->length > 0 ? query->bytes : "";
    dbk_page_add(page, "<p class=\"downloads\">%t ", DBK_T_DOWNLOAD);
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        const char *dialect = forms[i].dialect;
        dbk_page_add(page, "<a download href=\"%s%s%s%h%s%s\">%t</a> ", path, forms[i].extension,
                     state[0] != '\0' || dialect[0] != '\0' ? "?" : "", state,
                     state[0] != '\0' && dialect[0] != '\0' ? "&amp;" : "", dialect, forms[i].text);
    }
    dbk_page_add(page, "</p>\n");
    page->out->failed = page->out->failed || query->failed;
    dbk_buffer_clear(query);
}

/** token NULL: to the list's first page. */
static void add_pager_link(struct dbk_page *page, const struct dbk_buffer *state, const char *name,
                           const char *token, enum dbk_text_id text)
{
    struct dbk_buffer query = {.bytes = NULL};
    dbk_buffer_add(&query, state->bytes != NULL ? state->bytes : "", state->length);
    if (token != NULL) {
        dbk_buffer_add_string(&query, query.length > 0 ? "&" : "");
        dbk_buffer_add_string(&query, name);
        dbk_buffer_add_string(&query, "=");
        dbk_escape_url(&query, dbk_text_of(token));
    }
    bool next = strcmp(name, "next") == 0;
    bool before = strcmp(name, "before") == 0;
    dbk_page_add(page, "<a %s href=\"",
                 next     ? "rel=\"next\""
                 : before ? "rel=\"prev\""
                          : "class=\"first\"");
    dbk_page_href(page, page->path, &query);
    dbk_page_add(page, "\">%s%t%s</a>\n", before ? "<span aria-hidden=\"true\">‹ </span>" : "",
                 text, next ? "<span aria-hidden=\"true\"> ›</span>" : "");
}

void dbk_page_pager(struct dbk_page *page, struct dbk_buffer *query, bool away,
                    const struct dbk_extent *extent, enum dbk_text_id before, enum dbk_text_id next)
{
    if (extent->stopped)
        dbk_page_add(page, "<p class=\"stopped\" role=\"status\">%t (%t %i). %t</p>\n",
                     DBK_T_SEARCH_STOPPED, DBK_T_LOOKED_AT, extent->looked,
                     extent->has_next ? DBK_T_SEARCH_ON : DBK_T_SEARCH_NARROWER);
    if (away || extent->has_next || extent->has_before) {
        dbk_page_add(page, "<nav class=\"pager\" aria-label=\"%t\">", DBK_T_PAGES);
        if (away)
            add_pager_link(page, query, "first", NULL, DBK_T_FIRST_PAGE);
        if (extent->has_before)
            add_pager_link(page, query, "before", extent->before, before);
        if (extent->has_next)
            add_pager_link(page, query, "next", extent->next, next);
        dbk_page_add(page, "</nav>\n");
    }
    page->out->failed = page->out->failed || query->failed;
    dbk_buffer_clear(query);
}

void dbk_page_presets(struct dbk_page *page, const struct dbk_days *days,
                      dbk_page_write_days *write, const void *selection)
{
    static const struct {
        enum dbk_period period;
        enum dbk_text_id text;
    } presets[] = {{DBK_PERIOD_TODAY, DBK_T_TODAY},
                   {DBK_PERIOD_7_DAYS, DBK_T_7_DAYS},
                   {DBK_PERIOD_MONTH, DBK_T_THIS_MONTH},
                   {DBK_PERIOD_YEAR, DBK_T_THIS_YEAR},
                   {DBK_PERIOD_ALL, DBK_T_ALL_DAYS}};
    dbk_page_add(page, "<nav class=\"presets\" aria-label=\"%t\">", DBK_T_PERIOD);
    for (size_t i = 0; i < sizeof presets / sizeof presets[0]; i++) {
        struct dbk_buffer query = {.bytes = NULL};
        struct dbk_days preset;
        dbk_days_set(&preset, presets[i].period, page->today);
        write(&query, selection, &preset);
        dbk_page_add(page, "<a href=\"");
        dbk_page_href(page, page->path, &query);
        dbk_page_add(page, "\"%s>%t</a>",
                     days->period == presets[i].period ? " aria-current=\"true\"" : "",
                     presets[i].text);
    }
    dbk_page_add(page, "</nav>\n");
}
