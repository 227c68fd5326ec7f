#include "page_parts.h"

#include <string.h>

/** Bytes of a value shown in a list; the event's page has more. */
#define SHOWN_IN_LIST 160

enum dbk_text_id dbk_page_reason_text(enum dbk_verdict reason)
{
    static const enum dbk_text_id texts[DBK_VERDICT_COUNT] = {
        [DBK_ABSENT] = DBK_T_ABSENT,       [DBK_MALFORMED] = DBK_T_MALFORMED,
        [DBK_MISROUTED] = DBK_T_MISROUTED, [DBK_DUPLICATE] = DBK_T_DUPLICATE,
        [DBK_OVERDRAFT] = DBK_T_OVERDRAFT, [DBK_OVERFLOW] = DBK_T_OVERFLOW,
        [DBK_POSTED] = DBK_T_POSTED,
    };
    return reason < DBK_VERDICT_COUNT ? texts[reason] : DBK_T_UNKNOWN_REASON;
}

enum dbk_text_id dbk_page_reason_why(enum dbk_verdict reason)
{
    static const enum dbk_text_id texts[DBK_VERDICT_COUNT] = {
        [DBK_ABSENT] = DBK_T_WHY_ABSENT,       [DBK_MALFORMED] = DBK_T_WHY_MALFORMED,
        [DBK_MISROUTED] = DBK_T_WHY_MISROUTED, [DBK_DUPLICATE] = DBK_T_WHY_DUPLICATE,
        [DBK_OVERDRAFT] = DBK_T_WHY_OVERDRAFT, [DBK_OVERFLOW] = DBK_T_WHY_OVERFLOW,
        [DBK_POSTED] = DBK_T_WHY_POSTED,
    };
    return reason < DBK_VERDICT_COUNT ? texts[reason] : DBK_T_WHY_UNKNOWN;
}

/** What is wrong with a malformed event, as the view says it in English. */
static enum dbk_text_id malformed_text(struct dbk_text detail)
{
    static const enum dbk_text_id texts[DBK_MALFORMED_COUNT] = {
        [DBK_MALFORMED_EMPTY] = DBK_T_DETAIL_EMPTY, [DBK_MALFORMED_JSON] = DBK_T_DETAIL_JSON,
        [DBK_MALFORMED_DATE] = DBK_T_DETAIL_DATE,   [DBK_MALFORMED_ACCOUNT] = DBK_T_DETAIL_ACCOUNT,
        [DBK_MALFORMED_VALUE] = DBK_T_DETAIL_VALUE, [DBK_MALFORMED_BALANCE] = DBK_T_DETAIL_BALANCE,
        [DBK_MALFORMED_TYPE] = DBK_T_DETAIL_TYPE,   [DBK_MALFORMED_SOURCE] = DBK_T_DETAIL_SOURCE,
        [DBK_MALFORMED_FLOOR] = DBK_T_DETAIL_FLOOR, [DBK_MALFORMED_MEMO] = DBK_T_DETAIL_MEMO,
        [DBK_MALFORMED_KEY] = DBK_T_DETAIL_KEY,
    };
    for (int i = DBK_MALFORMED_EMPTY; i < DBK_MALFORMED_COUNT; i++) {
        const char *known = dbk_malformed_text((enum dbk_malformed)i);
        if (strlen(known) == detail.length && memcmp(known, detail.bytes, detail.length) == 0)
            return texts[i];
    }
    return DBK_TEXT_COUNT;
}

void dbk_page_detail(struct dbk_page *page, const struct dbk_rejection_row *row)
{
    static const char partition[] = "the account's partition is ";
    struct dbk_text detail = row->detail;
    size_t words = sizeof partition - 1;
    if (detail.length == 0)
        return;
    dbk_page_add(page, " <span class=\"detail\"");
    if (malformed_text(detail) != DBK_TEXT_COUNT) {
        dbk_page_add(page, ">%t", malformed_text(detail));
    } else if (detail.length > words && memcmp(detail.bytes, partition, words) == 0) {
        detail = (struct dbk_text){detail.bytes + words, detail.length - (uint32_t)words};
        dbk_page_add(page, ">%t %x", DBK_T_DETAIL_PARTITION, &detail);
    } else {
        dbk_page_add(page, " lang=\"en\">%x", &detail);
    }
    dbk_page_add(page, "</span>");
}

void dbk_page_value(struct dbk_page *page, const struct dbk_rejection_row *row, uint32_t shown)
{
    struct dbk_text value = row->value;
    if (row->value_length < 0) {
        dbk_page_add(page, "<span class=\"none\">%t</span>",
                     row->value_length == DBK_LENGTH_NULL ? DBK_T_NULL_VALUE : DBK_T_NO_RECORD);
        return;
    }
    value.length = value.length < shown ? value.length : shown;
    dbk_page_bytes(page, value, value.length < row->value_length);
    if (value.length < row->value_length) {
        dbk_page_add(page, " <small>");
        dbk_page_add_count(page, row->value_length, DBK_T_BYTE, DBK_T_BYTES);
        dbk_page_add(page, "</small>");
    }
}

static void add_row(struct dbk_page *page, const struct dbk_rejection_row *row)
{
    page->row_count++;
    dbk_page_add(page, "<tr><th scope=\"row\" class=\"position\">");
    dbk_page_event_link(page, row->partition, row->offset);
    dbk_page_add(page, "</th><td class=\"date\">");
    if (row->timestamp_ms > 0)
        dbk_page_add_time(page, row->timestamp_ms / 1000, true);
    dbk_page_add(page, "</td><td class=\"reason\"><strong>%t</strong>",
                 dbk_page_reason_text(row->reason));
    dbk_page_detail(page, row);
    dbk_page_add(page, "</td><td class=\"log-key\">");
    if (row->has_key)
        dbk_page_bytes(page, row->key, false);
    else
        dbk_page_add(page, "<span class=\"none\">%t</span>", DBK_T_NO_KEY);
    dbk_page_add(page, "</td><td>");
    dbk_page_value(page, row, SHOWN_IN_LIST);
    dbk_page_add(page, "</td></tr>\n");
}

static void add_form(struct dbk_page *page)
{
    static const char *const kept[] = {NULL};
    static const struct dbk_page_option reasons[] = {
        {"", DBK_T_ALL_REASONS},        {"absent", DBK_T_ABSENT},
        {"malformed", DBK_T_MALFORMED}, {"misrouted", DBK_T_MISROUTED},
        {"duplicate", DBK_T_DUPLICATE}, {"overdraft", DBK_T_OVERDRAFT},
        {"overflow", DBK_T_OVERFLOW},   {NULL, DBK_T_REASON}};
    dbk_page_begin_form(page, kept);
    dbk_page_select(page, "reason", DBK_T_REASON, reasons, dbk_page_given(page, "reason"));
    dbk_page_end_form(page);
}

void dbk_page_rejections(struct dbk_page *page, const struct dbk_rejection_selection *selection,
                         const struct dbk_rejections *rows)
{
    struct dbk_buffer query = {.bytes = NULL};
    struct dbk_rejection_selection start = *selection;
    start.place = DBK_PLACE_START;
    if (page->problem != NULL)
        dbk_page_problem(page);
    dbk_page_add(page, "<p class=\"intro\">%t</p>\n", DBK_T_REJECTED_INTRO);
    add_form(page);
    if (rows == NULL)
        return;
    if (selection->reason != DBK_VERDICT_COUNT)
        dbk_page_add(page, "<p class=\"selected\"><span>%t <strong>%t</strong></span></p>\n",
                     DBK_T_REASON, dbk_page_reason_text(selection->reason));
    dbk_page_begin_table(page, "rejections", DBK_T_REJECTED, "list rejections");
    dbk_page_add(page, "<thead><tr>");
    dbk_page_heading(page, DBK_T_POSITION, "");
    dbk_page_heading(page, DBK_T_LOG_TIME, "date");
    dbk_page_heading(page, DBK_T_REASON, "");
    dbk_page_heading(page, DBK_T_KEY, "log-key");
    dbk_page_heading(page, DBK_T_VALUE, "");
    dbk_page_add(page, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < rows->count; i++)
        add_row(page, &rows->rows[i]);
    dbk_page_end_table(page, DBK_T_NOTHING_REJECTED);
    dbk_rejection_selection_write(&query, &start);
    dbk_page_pager(page, &query, selection->place != DBK_PLACE_START, &rows->extent, DBK_T_NEWER,
                   DBK_T_OLDER);
    dbk_page_end_live(page);
    dbk_rejection_selection_write(&query, &start);
    dbk_page_downloads(page, "/rejections", &query);
}
