#include "page_live.h"
#include "page_parts.h"

#include <daybook/escape.h>

#include <string.h>

/* --- the freshness line --- */

/** What the last audit said, and how far it saw. */
static void add_last_audit(struct dbk_page *page, const struct dbk_overview *overview,
                           const struct dbk_freshness *freshness)
{
    dbk_page_add(page, "<span class=\"audit\">");
    if (freshness->audit_at_ms == 0) {
        dbk_page_add(page, "%t</span>", DBK_T_NEVER_AUDITED);
        return;
    }
    dbk_page_add(page, "%t ", DBK_T_LAST_AUDIT);
    if (freshness->audit_differences == 0) {
        dbk_page_add(page, "<strong class=\"proven\">%t</strong>", DBK_T_PROVEN);
    } else {
        dbk_page_add(page, "<strong class=\"differs\">");
        dbk_page_add_count(page, freshness->audit_differences, DBK_T_DIFFERENCE, DBK_T_DIFFERENCES);
        dbk_page_add(page, "</strong>");
    }
    dbk_page_add(page, ", ");
    dbk_page_add_time(page, freshness->audit_at_ms / 1000, true);
    bool here = strcmp(freshness->audit_through, overview->positions) == 0;
    if (here && overview->positions[0] != '\0')
        dbk_page_add(page, ", %t", DBK_T_THROUGH_HERE);
    else if (freshness->audit_through[0] != '\0')
        dbk_page_add(page, ", %t <span class=\"position\">%h</span>", DBK_T_THROUGH,
                     freshness->audit_through);
    dbk_page_add(page, "</span>");
}

/** A state has a name, a sign and a class: colour is never the only difference. */
struct state {
    const char *class;
    const char *sign;
    enum dbk_text_id text;
    enum dbk_text_id advice; /* DBK_TEXT_COUNT: none */
};

static struct state state_of(const struct dbk_freshness *freshness)
{
    if (!freshness->reachable && freshness->lag_events < 0)
        return (struct state){"unknown", "?", DBK_T_NOT_REACHED, DBK_TEXT_COUNT};
    if (!freshness->reachable)
        return (struct state){"unreachable", "✕", DBK_T_UNREACHABLE, DBK_TEXT_COUNT};
    if (freshness->log_short)
        return (struct state){"stuck", "!", DBK_T_LOG_SHORT, DBK_T_LOG_SHORT_ADVICE};
    if (freshness->stuck)
        return (struct state){"stuck", "!", DBK_T_STUCK, DBK_T_STUCK_ADVICE};
    if (freshness->lag_events > 0)
        return (struct state){"behind", "…", DBK_T_CATCHING_UP, DBK_TEXT_COUNT};
    return (struct state){"fresh", "✓", DBK_T_UP_TO_DATE, DBK_TEXT_COUNT};
}

void dbk_page_freshness(struct dbk_page *page, const struct dbk_overview *overview,
                        const struct dbk_freshness *freshness)
{
    struct state state = state_of(freshness);
    dbk_page_add(page,
                 "<div id=\"freshness\" class=\"freshness %s\"><strong role=\"status\">"
                 "<span class=\"sign\" aria-hidden=\"true\">%s</span> %t</strong>",
                 state.class, state.sign, state.text);
    if (freshness->lag_events > 0) {
        dbk_page_add(page, " · <span class=\"lag\">");
        dbk_page_add_count(page, freshness->lag_events, DBK_T_EVENT_BEHIND, DBK_T_EVENTS_BEHIND);
        dbk_page_add(page, ", %i %t</span>", freshness->lag_s, DBK_T_SECONDS);
    }
    if (state.advice != DBK_TEXT_COUNT)
        dbk_page_add(page, " · <span class=\"advice\">%t</span>", state.advice);
    dbk_page_add(page, " · <span class=\"applied\">%t <span class=\"position\">%s</span>",
                 DBK_T_APPLIED_THROUGH,
                 overview->positions[0] != '\0' ? overview->positions
                                                : dbk_lang_text(page->lang, DBK_T_NO_EVENTS));
    if (overview->committed_ms > 0) {
        dbk_page_add(page, ", %t ", DBK_T_COMMITTED_AT);
        dbk_page_add_time(page, overview->committed_ms / 1000, true);
    }
    dbk_page_add(page, "</span> · ");
    add_last_audit(page, overview, freshness);
    dbk_page_add(page, "</div>\n");
}

/* --- the frame --- */

static void add_head(struct dbk_page *page, enum dbk_text_id title, struct dbk_text subject)
{
    dbk_page_add(page,
                 "<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
                 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                 "<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
                 dbk_lang_code(page->lang));
    if (subject.length > 0)
        dbk_page_add(page, "%x · ", &subject);
    dbk_page_add(page,
                 "%t · daybook</title>\n<link rel=\"icon\" href=\"/icon.svg\">\n"
                 "<link rel=\"stylesheet\" href=\"/style.css\">\n",
                 title);
    dbk_page_scripts(page);
    dbk_page_add(page, "</head>\n");
}

static void add_language_link(struct dbk_page *page)
{
    enum dbk_lang other = page->lang == DBK_FRENCH ? DBK_ENGLISH : DBK_FRENCH;
    const char *code = dbk_lang_code(other);
    dbk_page_add(page,
                 "<a class=\"language\" hreflang=\"%s\" lang=\"%s\" href=\"%s?lang=%s%s%h\">%t</a>",
                 code, code, page->path, code, page->query[0] != '\0' ? "&amp;" : "", page->query,
                 DBK_T_OTHER_LANGUAGE);
}

void dbk_page_begin(struct dbk_page *page, enum dbk_page_section section, enum dbk_text_id title,
                    struct dbk_text subject, const struct dbk_overview *overview,
                    const struct dbk_freshness *freshness)
{
    static const struct {
        const char *path;
        enum dbk_page_section section;
        enum dbk_text_id text;
    } links[] = {{"/", DBK_SECTION_OVERVIEW, DBK_T_OVERVIEW},
                 {"/transactions", DBK_SECTION_TRANSACTIONS, DBK_T_TRANSACTIONS},
                 {"/accounts", DBK_SECTION_ACCOUNTS, DBK_T_ACCOUNTS},
                 {"/rejections", DBK_SECTION_REJECTIONS, DBK_T_REJECTED}};
    add_head(page, title, subject);
    dbk_page_add(page,
                 "<body>\n<a class=\"skip\" href=\"#content\">%t</a>\n<header class=\"top\">\n"
                 "<p class=\"brand\">daybook <span>%t</span></p>\n"
                 "<nav class=\"sections\" aria-label=\"%t\">",
                 DBK_T_SKIP, DBK_T_TITLE, DBK_T_NAVIGATION);
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++)
        dbk_page_link(page, links[i].path, links[i].text, links[i].section == section);
    add_language_link(page);
    dbk_page_add(page, "</nav>\n");
    if (freshness != NULL) {
        dbk_page_freshness(page, overview, freshness);
        dbk_page_live(page, overview);
    }
    dbk_page_add(page, "</header>\n<main id=\"content\">\n<h1>");
    if (subject.length > 0)
        dbk_page_add(page, "<span class=\"kind\">%t</span> <span class=\"subject\">%x</span>",
                     title, &subject);
    else
        dbk_page_add(page, "%t", title);
    dbk_page_add(page, "</h1>\n");
}

void dbk_page_end(struct dbk_page *page)
{
    dbk_page_add(page, "</main>\n<footer><p>%t · %t</p></footer>\n</body>\n</html>\n", DBK_T_UTC,
                 DBK_T_PROVEN_BY);
}

void dbk_page_error(struct dbk_page *page, enum dbk_text_id title, enum dbk_text_id advice,
                    const struct dbk_overview *overview, const struct dbk_freshness *freshness)
{
    dbk_page_begin(page, DBK_SECTION_NONE, title, (struct dbk_text){"", 0}, overview, freshness);
    dbk_page_add(page, "<p class=\"advice\">%t</p>\n<p class=\"links\">", advice);
    dbk_page_link(page, "/", DBK_T_OVERVIEW, false);
    dbk_page_add(page, " ");
    dbk_page_link(page, "/transactions", DBK_T_TRANSACTIONS, false);
    dbk_page_add(page, " ");
    dbk_page_link(page, "/accounts", DBK_T_ACCOUNTS, false);
    dbk_page_add(page, "</p>\n");
    dbk_page_end(page);
}
