#include <daybook/query_events.h>

#include "query_internal.h"

#include <daybook/outcome.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REJECTION_COLUMNS                                                                          \
    "partition, offset, reason, detail, timestamp_ms, key, value_length, value_digest, value_head"

static enum dbk_verdict reason_of(struct dbk_text name)
{
    for (int i = 0; i < DBK_POSTED; i++) {
        const char *known = dbk_verdict_name((enum dbk_verdict)i);
        if (strlen(known) == name.length && memcmp(known, name.bytes, name.length) == 0)
            return (enum dbk_verdict)i;
    }
    return DBK_VERDICT_COUNT;
}

/** Gather a text; its bytes stand in texts, where dbk_query_place_text finds them. */
static struct dbk_text gather(struct dbk_buffer *texts, sqlite3_stmt *statement, int column)
{
    struct dbk_text text = dbk_query_text(statement, column);
    dbk_buffer_add(texts, text.bytes, text.length);
    return text;
}

static void fill_rejection(struct dbk_rejection_row *row, sqlite3_stmt *statement,
                           struct dbk_buffer *texts)
{
    *row = (struct dbk_rejection_row){
        .partition = sqlite3_column_int64(statement, 0),
        .offset = sqlite3_column_int64(statement, 1),
        .reason = reason_of(dbk_query_text(statement, 2)),
        .detail = gather(texts, statement, 3),
        .timestamp_ms = sqlite3_column_int64(statement, 4),
        .has_key = sqlite3_column_type(statement, 5) != SQLITE_NULL,
        .key = gather(texts, statement, 5),
        .value_length = sqlite3_column_int64(statement, 6),
        .value = gather(texts, statement, 8),
        .has_value_digest = sqlite3_column_bytes(statement, 7) == DBK_DIGEST_SIZE,
    };
    if (row->has_value_digest)
        memcpy(row->value_digest.bytes, sqlite3_column_blob(statement, 7), DBK_DIGEST_SIZE);
}

static void place_rejection(struct dbk_rejection_row *row, const char **cursor)
{
    dbk_query_place_text(&row->detail, cursor);
    dbk_query_place_text(&row->key, cursor);
    dbk_query_place_text(&row->value, cursor);
}

/* --- pages --- */

static void add_select(struct dbk_buffer *sql, enum dbk_verdict reason, bool ascending)
{
    dbk_buffer_add_string(sql, "SELECT " REJECTION_COLUMNS
                               " FROM rejections INDEXED BY rejections_by_reason WHERE reason = '");
    dbk_buffer_add_string(sql, dbk_verdict_name(reason));
    dbk_buffer_add_string(sql, ascending
                                   ? "' AND (timestamp_ms, partition, offset) > (?1, ?2, ?3)"
                                   : "' AND (timestamp_ms, partition, offset) < (?1, ?2, ?3)");
}

/** One reason's rows stand in order in the index; those of all reasons are merged. */
static int prepare_page(struct dbk_view *view, const struct dbk_rejection_selection *selection,
                        bool ascending, sqlite3_stmt **statement, struct dbk_err *err)
{
    struct dbk_buffer sql = {.bytes = NULL};
    bool one = selection->reason != DBK_VERDICT_COUNT;
    for (int i = 0; i < DBK_POSTED; i++) {
        if (one && i != (int)selection->reason)
            continue;
        if (sql.length > 0)
            dbk_buffer_add_string(&sql, " UNION ALL ");
        add_select(&sql, (enum dbk_verdict)i, ascending);
    }
    dbk_buffer_add_string(
        &sql, ascending ? " ORDER BY timestamp_ms, partition, offset LIMIT ?4"
                        : " ORDER BY timestamp_ms DESC, partition DESC, offset DESC LIMIT ?4");
    int code = sql.failed ? dbk_err_set(err, DBK_ENOMEM, "out of memory.")
                          : dbk_query_prepare(view, sql.bytes, statement, err);
    dbk_buffer_clear(&sql);
    return code;
}

static void set_extent(struct dbk_rejections *page, const struct dbk_rejection_selection *selection,
                       bool more)
{
    struct dbk_extent *extent = &page->extent;
    bool backwards = selection->place == DBK_PLACE_BEFORE;
    if (page->count == 0)
        return;
    const struct dbk_rejection_row *first = &page->rows[0];
    const struct dbk_rejection_row *last = &page->rows[page->count - 1];
    extent->has_next = backwards || more;
    extent->has_before = backwards ? more : selection->place == DBK_PLACE_AFTER;
    dbk_rejection_selection_token(extent->before, first->timestamp_ms, first->partition,
                                  first->offset);
    dbk_rejection_selection_token(extent->next, last->timestamp_ms, last->partition, last->offset);
}

static int read_page(struct dbk_view *view, const struct dbk_rejection_selection *selection,
                     int limit, struct dbk_rejections *page, struct dbk_err *err)
{
    bool backwards = selection->place == DBK_PLACE_BEFORE;
    bool at_start = selection->place == DBK_PLACE_START;
    sqlite3_stmt *statement;
    int result = SQLITE_ERROR;
    int code = prepare_page(view, selection, backwards, &statement, err);
    if (code != 0)
        return code;
    page->rows = calloc((size_t)limit + 1, sizeof *page->rows);
    if (page->rows == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    sqlite3_bind_int64(statement, 1, at_start ? INT64_MAX : selection->key_timestamp_ms);
    sqlite3_bind_int64(statement, 2, at_start ? INT64_MAX : selection->key_partition);
    sqlite3_bind_int64(statement, 3, at_start ? INT64_MAX : selection->key_offset);
    sqlite3_bind_int(statement, 4, limit + 1);
    while ((result = sqlite3_step(statement)) == SQLITE_ROW)
        fill_rejection(&page->rows[page->count++], statement, &page->texts);
    if (result != SQLITE_DONE)
        code = dbk_view_fail(view, "cannot read the rejections", err);
    sqlite3_reset(statement);
    if (code == 0 && page->texts.failed)
        code = dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    if (code != 0)
        return code;
    const char *cursor = page->texts.bytes;
    for (size_t i = 0; i < page->count; i++)
        place_rejection(&page->rows[i], &cursor);
    bool more = page->count > (size_t)limit;
    page->count -= more;
    for (size_t i = 0; backwards && i < page->count / 2; i++) {
        struct dbk_rejection_row kept = page->rows[i];
        page->rows[i] = page->rows[page->count - 1 - i];
        page->rows[page->count - 1 - i] = kept;
    }
    page->extent.looked = (int64_t)page->count;
    set_extent(page, selection, more);
    return 0;
}

int dbk_query_rejections(struct dbk_view *view, const struct dbk_rejection_selection *selection,
                         int limit, struct dbk_rejections *page, struct dbk_err *err)
{
    *page = (struct dbk_rejections){.rows = NULL};
    int code = read_page(view, selection, limit, page, err);
    if (code != 0 || selection->place != DBK_PLACE_BEFORE || page->extent.has_before)
        return code;
    struct dbk_rejection_selection start = *selection;
    start.place = DBK_PLACE_START;
    dbk_rejections_clear(page);
    return read_page(view, &start, limit, page, err);
}

void dbk_rejections_clear(struct dbk_rejections *page)
{
    free(page->rows);
    dbk_buffer_clear(&page->texts);
    *page = (struct dbk_rejections){.rows = NULL};
}

/* --- one position --- */

static int find_rejection(struct dbk_view *view, int64_t partition, int64_t offset,
                          struct dbk_event_row *event, struct dbk_err *err)
{
    sqlite3_stmt *statement;
    int code = dbk_query_prepare(
        view, "SELECT " REJECTION_COLUMNS " FROM rejections WHERE partition = ?1 AND offset = ?2",
        &statement, err);
    if (code != 0)
        return code;
    sqlite3_bind_int64(statement, 1, partition);
    sqlite3_bind_int64(statement, 2, offset);
    int result = sqlite3_step(statement);
    if (result == SQLITE_ROW) {
        event->kind = DBK_EVENT_REJECTED;
        fill_rejection(&event->rejection, statement, &event->texts);
    } else if (result != SQLITE_DONE) {
        code = dbk_view_fail(view, "cannot read the rejections", err);
    }
    sqlite3_reset(statement);
    const char *cursor = event->texts.bytes;
    place_rejection(&event->rejection, &cursor);
    return code;
}

static int find_source(struct dbk_view *view, int64_t source_id, struct dbk_event_row *event,
                       struct dbk_err *err)
{
    sqlite3_stmt *statement;
    int code =
        dbk_query_prepare(view, "SELECT source FROM sources WHERE source_id = ?1", &statement, err);
    if (code != 0)
        return code;
    sqlite3_bind_int64(statement, 1, source_id);
    int result = sqlite3_step(statement);
    if (result == SQLITE_ROW)
        event->source = gather(&event->texts, statement, 0);
    else if (result != SQLITE_DONE)
        code = dbk_view_fail(view, "cannot read the sources", err);
    sqlite3_reset(statement);
    return code;
}

static int find_transaction(struct dbk_view *view, int64_t partition, int64_t offset,
                            struct dbk_event_row *event, struct dbk_err *err)
{
    sqlite3_stmt *statement = NULL;
    struct dbk_transaction_row *row = &event->transaction;
    int64_t source_id = 0;
    bool found;
    int code = dbk_query_row(view, partition, offset, &statement, row, &found, err);
    if (code == 0 && found) {
        event->kind = DBK_EVENT_POSTED;
        dbk_buffer_add(&event->texts, row->account.bytes, row->account.length);
        dbk_buffer_add(&event->texts, row->memo.bytes, row->memo.length);
        event->has_source = sqlite3_column_type(statement, 8) != SQLITE_NULL;
        source_id = sqlite3_column_int64(statement, 8);
        event->seq = sqlite3_column_int64(statement, 9);
    }
    sqlite3_reset(statement);
    if (code == 0 && event->has_source)
        code = find_source(view, source_id, event, err);
    const char *cursor = event->texts.bytes;
    dbk_query_place_text(&row->account, &cursor);
    dbk_query_place_text(&row->memo, &cursor);
    dbk_query_place_text(&event->source, &cursor);
    return code;
}

static int offset_next_of(struct dbk_view *view, int64_t partition, int64_t *offset_next,
                          struct dbk_err *err)
{
    sqlite3_stmt *statement;
    int code = dbk_query_prepare(view, "SELECT offset_next FROM checkpoints WHERE partition = ?1",
                                 &statement, err);
    *offset_next = 0;
    if (code != 0)
        return code;
    sqlite3_bind_int64(statement, 1, partition);
    int result = sqlite3_step(statement);
    if (result == SQLITE_ROW)
        *offset_next = sqlite3_column_int64(statement, 0);
    else if (result != SQLITE_DONE)
        code = dbk_view_fail(view, "cannot read the checkpoints", err);
    sqlite3_reset(statement);
    return code;
}

int dbk_query_event(struct dbk_view *view, int64_t partition, int64_t offset,
                    struct dbk_event_row *event, struct dbk_err *err)
{
    int64_t offset_next;
    *event = (struct dbk_event_row){.kind = DBK_EVENT_BEYOND};
    int code = offset_next_of(view, partition, &offset_next, err);
    if (code != 0 || offset < 0 || offset >= offset_next)
        return code;
    event->has_before = offset > 0;
    event->has_after = offset + 1 < offset_next;
    code = find_transaction(view, partition, offset, event, err);
    if (code == 0 && event->kind == DBK_EVENT_BEYOND)
        code = find_rejection(view, partition, offset, event, err);
    if (code == 0 && event->texts.failed)
        code = dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    return code;
}

void dbk_event_row_clear(struct dbk_event_row *event)
{
    dbk_buffer_clear(&event->texts);
    *event = (struct dbk_event_row){.kind = DBK_EVENT_BEYOND};
}

int dbk_query_reversal(struct dbk_view *view, int64_t partition, int64_t offset,
                       int64_t *reversal_partition, int64_t *reversal_offset, bool *found,
                       bool *stopped, struct dbk_err *err)
{
    char source[DBK_REVERSAL_SOURCE_SIZE];
    sqlite3_stmt *statement;
    int code = dbk_query_prepare(
        view,
        "SELECT r.partition, r.offset FROM transactions AS t "
        "CROSS JOIN transactions AS r INDEXED BY transactions_by_account "
        "ON r.account_id = t.account_id AND r.amount_minor = -t.amount_minor "
        "CROSS JOIN sources AS s ON s.source_id = r.source_id "
        "WHERE t.partition = ?1 AND t.offset = ?2 AND r.seq = 0 AND s.source = ?3 LIMIT 1",
        &statement, err);
    *found = *stopped = false;
    if (code != 0)
        return code;
    size_t length = dbk_reversal_source(source, (int32_t)partition, offset);
    sqlite3_bind_int64(statement, 1, partition);
    sqlite3_bind_int64(statement, 2, offset);
    sqlite3_bind_text(statement, 3, source, (int)length, SQLITE_STATIC);
    int result = sqlite3_step(statement);
    if (result == SQLITE_ROW) {
        *found = true;
        *reversal_partition = sqlite3_column_int64(statement, 0);
        *reversal_offset = sqlite3_column_int64(statement, 1);
    } else if (result == SQLITE_INTERRUPT) {
        *stopped = true;
    } else if (result != SQLITE_DONE) {
        code = dbk_view_fail(view, "cannot look for a reversal", err);
    }
    sqlite3_reset(statement);
    return code;
}

/* --- digests --- */

static int read_anchor(struct dbk_view *view, const char *sql, int64_t partition, int64_t offset,
                       struct dbk_anchor *anchor, bool *found, struct dbk_err *err)
{
    sqlite3_stmt *statement;
    int code = dbk_query_prepare(view, sql, &statement, err);
    *found = false;
    if (code != 0)
        return code;
    sqlite3_bind_int64(statement, 1, partition);
    sqlite3_bind_int64(statement, 2, offset);
    int result = sqlite3_step(statement);
    if (result == SQLITE_ROW && sqlite3_column_bytes(statement, 1) == DBK_DIGEST_SIZE) {
        *found = true;
        anchor->offset_next = sqlite3_column_int64(statement, 0);
        memcpy(anchor->digest.bytes, sqlite3_column_blob(statement, 1), DBK_DIGEST_SIZE);
    } else if (result != SQLITE_ROW && result != SQLITE_DONE) {
        code = dbk_view_fail(view, "cannot read the digests", err);
    }
    sqlite3_reset(statement);
    return code;
}

int dbk_query_anchors(struct dbk_view *view, int64_t partition, int64_t offset,
                      struct dbk_anchor *before, struct dbk_anchor *after, bool *has_after,
                      struct dbk_err *err)
{
    struct dbk_text topic = {view->identity.topic, (uint32_t)strlen(view->identity.topic)};
    bool found;
    *has_after = false;
    int code = read_anchor(view,
                           "SELECT offset_next, digest FROM digests WHERE partition = ?1 AND "
                           "offset_next <= ?2 ORDER BY offset_next DESC LIMIT 1",
                           partition, offset, before, &found, err);
    if (code == 0 && !found) {
        before->offset_next = 0;
        dbk_digest_start(&before->digest, topic, (int32_t)partition,
                         view->identity.partition_count);
    }
    if (code == 0)
        code = read_anchor(view,
                           "SELECT offset_next, digest FROM digests WHERE partition = ?1 AND "
                           "offset_next > ?2 ORDER BY offset_next LIMIT 1",
                           partition, offset, after, has_after, err);
    if (code == 0 && !*has_after)
        code = read_anchor(view,
                           "SELECT offset_next, digest FROM checkpoints WHERE partition = ?1 AND "
                           "offset_next > ?2",
                           partition, offset, after, has_after, err);
    return code;
}
