#include "page_live.h"

#include <inttypes.h>
#include <stdio.h>

static void add(struct dbk_page *page, const char *html)
{
    dbk_buffer_add_string(page->out, html);
}

/** A text as an attribute's value: ours have no quotes, and those of the panel no tags. */
static void add_attribute(struct dbk_page *page, const char *name, enum dbk_text_id text)
{
    add(page, name);
    add(page, "=\"");
    add(page, dbk_lang_text(page->lang, text));
    add(page, "\"");
}

void dbk_page_scripts(struct dbk_page *page)
{
    static const char *const names[] = {"tables", "live", "count", "charts"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        add(page, "<script type=\"module\" src=\"/");
        add(page, names[i]);
        add(page, ".js\"></script>\n");
    }
}

void dbk_page_live(struct dbk_page *page, const struct dbk_overview *overview)
{
    char commit[48];
    snprintf(commit, sizeof commit, "%" PRId64 ":%" PRId64, overview->generation,
             overview->commit_seq);
    add(page, "<div id=\"live\" class=\"live\" hidden data-commit=\"");
    add(page, commit);
    add(page, "\"");
    add_attribute(page, " data-on", DBK_T_LIVE);
    add_attribute(page, " data-paused", DBK_T_PAUSED_SINCE);
    add_attribute(page, " data-lost", DBK_T_LOST_SINCE);
    add_attribute(page, " data-rows", DBK_T_NEW_ROWS);
    add_attribute(page, " data-counting", DBK_T_COUNTING);
    add(page, ">\n<button type=\"button\" aria-pressed=\"false\">");
    add(page, dbk_lang_text(page->lang, DBK_T_PAUSE));
    add(page, "</button>\n<span class=\"live-state\" role=\"status\"></span>\n"
              "<span class=\"live-news visually-hidden\" role=\"status\"></span>\n</div>\n");
}
