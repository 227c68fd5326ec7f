/* One event: what the view has of it, and its record from the log itself, with the chain of digests
 * computed anew between the two stored ones around it. */

#include "serve_feeds.h"
#include "serve_pages.h"

#include <daybook/outcome.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** "42"; @return false for anything else, or more than int64. */
static bool parse_number(int64_t *number, const char *text)
{
    int64_t value = 0;
    if (text[0] == '\0' || (text[0] == '0' && text[1] != '\0') || strlen(text) > 18)
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        value = value * 10 + (*text - '0');
    }
    *number = value;
    return true;
}

/** Is this posting the reversal of that one: the same account, the opposite amount? */
static bool agrees(const struct dbk_event_row *reversal, const struct dbk_event_row *reversed)
{
    const struct dbk_text *a = &reversal->transaction.account;
    const struct dbk_text *b = &reversed->transaction.account;
    return reversal->kind == DBK_EVENT_POSTED && reversed->kind == DBK_EVENT_POSTED &&
           a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0 &&
           reversal->transaction.amount_minor == -reversed->transaction.amount_minor;
}

/** What this event reverses, by its source, and what it is reversed by. */
static int look_for_reversals(struct dbk_answer *answer, struct dbk_page_event *data,
                              struct dbk_err *err)
{
    struct dbk_event_row other = {.kind = DBK_EVENT_BEYOND};
    const struct dbk_event_row *row = data->row;
    int32_t partition;
    int code = 0;
    if (row->kind != DBK_EVENT_POSTED)
        return 0;
    data->claims = row->has_source &&
                   dbk_reversal_parse(&partition, &data->other_offset, row->source, row->seq);
    if (data->claims) {
        data->other_partition = partition;
        code = dbk_query_event(answer->view, partition, data->other_offset, &other, err);
        data->reverses = code == 0 && agrees(row, &other);
        dbk_event_row_clear(&other);
    }
    if (code == 0)
        code = dbk_query_reversal(answer->view, data->partition, data->offset,
                                  &data->reversal_partition, &data->reversal_offset,
                                  &data->is_reversed, &data->reversal_unknown, err);
    return code;
}

static int read_from_log(struct dbk_answer *answer, struct dbk_page_event *data,
                         struct dbk_found_record *found, struct dbk_anchor *after,
                         struct dbk_err *err)
{
    struct dbk_anchor before;
    bool has_after;
    int code = dbk_query_anchors(answer->view, data->partition, data->offset, &before, after,
                                 &has_after, err);
    if (code != 0)
        return code;
    struct dbk_behind behind;
    if (!dbk_lag_get(answer->serve->lag, &answer->overview, &behind))
        return 0;                /* the broker does not answer the lag's questions either */
    dbk_query_end(answer->view); /* the log may take its time */
    dbk_serve_log_read(answer->serve->log, data->partition, data->offset, &before,
                       has_after ? after : NULL, found);
    data->state = found->state;
    data->anchor = after;
    if (found->state != DBK_RECORD_UNREAD) {
        data->record = &found->record;
        data->digest = &found->digest;
    }
    return 0;
}

/** "P" and "N", or "N.json". @return false where they are no position. */
static bool parse_position(const struct dbk_http_request *request, const char *suffix,
                           int64_t *partition, int64_t *offset)
{
    char text[32];
    size_t length = strlen(request->segments[2]);
    size_t end = strlen(suffix);
    if (length <= end || length - end >= sizeof text ||
        strcmp(request->segments[2] + length - end, suffix) != 0)
        return false;
    snprintf(text, sizeof text, "%.*s", (int)(length - end), request->segments[2]);
    return parse_number(partition, request->segments[1]) && parse_number(offset, text);
}

static const char *const state_names[] = {
    [DBK_RECORD_UNREAD] = "unread",
    [DBK_RECORD_READ] = "read",
    [DBK_RECORD_PROVEN] = "proven",
    [DBK_RECORD_DIFFERS] = "differs",
};

bool dbk_serve_event_object(struct dbk_answer *answer, int *code, struct dbk_err *err)
{
    struct dbk_page_event data = {.state = DBK_RECORD_UNREAD};
    struct dbk_event_row row;
    struct dbk_found_record found = {.state = DBK_RECORD_UNREAD};
    struct dbk_anchor after;
    if (!parse_position(answer->request, ".json", &data.partition, &data.offset))
        return false;
    *code = dbk_query_event(answer->view, data.partition, data.offset, &row, err);
    if (*code == 0 && row.kind == DBK_EVENT_BEYOND) {
        dbk_http_error(answer->response, 404, "no event was applied at this position");
    } else if (*code == 0) {
        *code = read_from_log(answer, &data, &found, &after, err);
        answer->response->content_type = "application/json";
        dbk_feed_event(&answer->response->body, &row, data.partition, data.offset, data.record,
                       data.digest, state_names[found.state]);
    }
    free(found.bytes);
    dbk_event_row_clear(&row);
    return true;
}

int dbk_serve_event_page(struct dbk_answer *answer, struct dbk_err *err)
{
    struct dbk_page_event data = {.state = DBK_RECORD_UNREAD};
    struct dbk_event_row row;
    struct dbk_found_record found = {.state = DBK_RECORD_UNREAD};
    struct dbk_anchor after;
    char title[48];
    if (!parse_position(answer->request, "", &data.partition, &data.offset)) {
        dbk_serve_say(answer, 404, DBK_T_NOT_FOUND, DBK_T_NOT_FOUND_ADVICE);
        return 0;
    }
    data.row = &row;
    int code = dbk_query_event(answer->view, data.partition, data.offset, &row, err);
    if (code == 0)
        code = look_for_reversals(answer, &data, err);
    if (code == 0 && row.kind != DBK_EVENT_BEYOND)
        code = read_from_log(answer, &data, &found, &after, err);
    if (code == 0) {
        answer->response->status = row.kind == DBK_EVENT_BEYOND ? 404 : 200;
        snprintf(title, sizeof title, "%" PRId64 ":%" PRId64, data.partition, data.offset);
        dbk_serve_begin_page(answer,
                             row.kind == DBK_EVENT_REJECTED ? DBK_SECTION_REJECTIONS
                                                            : DBK_SECTION_TRANSACTIONS,
                             DBK_T_EVENT, dbk_text_of(title));
        answer->response->etag[0] = '\0'; /* the log's answer is not in the validator */
        dbk_page_event(&answer->page, &data);
    }
    free(found.bytes);
    dbk_event_row_clear(&row);
    return code;
}
