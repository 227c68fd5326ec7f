/* Downloads: all rows of a list, in pieces, bounded by what was applied when they began. */

#include "serve_feeds.h"

#include <daybook/message.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_IN_PIECE 2000
#define REJECTIONS_IN_PIECE 200
/** A read transaction held open keeps the write-ahead log from being emptied. */
#define PIECE_TIMEOUT_MS 500
/** Accounts and days change with every commit, so they are read in one go, and put aside. */
#define SPOOL_TIMEOUT_MS 10000
#define SPOOL_PIECE_SIZE 65536

struct download {
    struct dbk_serve *serve;
    struct dbk_view *view;
    struct dbk_feed feed;
    struct dbk_serve_list list;
    bool begun;
    int64_t *offset_next; /* per partition: later rows came after the download began */
    int32_t partition_count;
    int64_t opening_minor; /* of a statement, */
    int64_t balance_minor; /* and after the lines so far */
    FILE *spool;           /* rows that were put aside */
    struct dbk_buffer spooled;
    bool no_room; /* for it */
};

static bool is_bounded(const struct download *download, int64_t partition, int64_t offset)
{
    return partition >= 0 && partition < download->partition_count &&
           offset < download->offset_next[partition];
}

/* --- rows that never change: transactions, statements, rejections --- */

static int add_transaction(void *context, const struct dbk_transaction_row *row)
{
    struct download *download = context;
    if (is_bounded(download, row->partition, row->offset))
        dbk_feed_transaction(&download->feed, row);
    return 0;
}

static int add_line(void *context, const struct dbk_transaction_row *row)
{
    struct download *download = context;
    struct dbk_statement_line line = {.transaction = *row};
    if (!is_bounded(download, row->partition, row->offset))
        return 0;
    if (!dbk_money_add(&download->balance_minor, download->balance_minor, row->amount_minor))
        return DBK_EVIEW;
    line.balance_minor = download->balance_minor;
    dbk_feed_line(&download->feed, &line);
    return 0;
}

static int add_rejections(struct download *download, bool *ended, struct dbk_err *err)
{
    struct dbk_rejection_selection *selection = &download->list.rejections;
    struct dbk_rejections page;
    int code = dbk_query_rejections(download->view, selection, REJECTIONS_IN_PIECE, &page, err);
    for (size_t i = 0; code == 0 && i < page.count; i++) {
        const struct dbk_rejection_row *row = &page.rows[i];
        if (is_bounded(download, row->partition, row->offset))
            dbk_feed_rejection(&download->feed, row);
        selection->place = DBK_PLACE_AFTER;
        selection->key_timestamp_ms = row->timestamp_ms;
        selection->key_partition = row->partition;
        selection->key_offset = row->offset;
    }
    *ended = !page.extent.has_next;
    dbk_rejections_clear(&page);
    return code;
}

static int add_rows(struct download *download, bool *ended, struct dbk_err *err)
{
    bool lines = download->list.kind == DBK_FEED_LINES;
    int code = dbk_query_begin(download->view, PIECE_TIMEOUT_MS, err);
    if (code == 0 && download->list.kind == DBK_FEED_REJECTIONS)
        code = add_rejections(download, ended, err);
    else if (code == 0)
        code =
            dbk_query_each_transaction(download->view, &download->list.transactions, ROWS_IN_PIECE,
                                       lines ? add_line : add_transaction, download, ended, err);
    dbk_query_end(download->view);
    return code;
}

/* --- rows that change: accounts, days --- */

static int write_spool(struct download *download)
{
    struct dbk_buffer *rows = &download->spooled;
    bool good = !rows->failed && (rows->length == 0 || fwrite(rows->bytes, 1, rows->length,
                                                              download->spool) == rows->length);
    rows->length = 0;
    download->no_room = !good;
    return good ? 0 : DBK_EVIEW;
}

static int spool_account(void *context, const struct dbk_account_row *row)
{
    struct download *download = context;
    dbk_feed_account(&download->feed, row);
    return download->spooled.length < SPOOL_PIECE_SIZE ? 0 : write_spool(download);
}

static int spool_day(void *context, const struct dbk_day_volume *volume)
{
    struct download *download = context;
    dbk_feed_day(&download->feed, volume);
    return download->spooled.length < SPOOL_PIECE_SIZE ? 0 : write_spool(download);
}

/** Read all rows as of one commit into a file that has no name. */
static int fill_spool(struct download *download, struct dbk_err *err)
{
    const struct dbk_days *days = &download->list.days;
    download->spool = tmpfile();
    if (download->spool == NULL)
        return dbk_err_set(err, DBK_EVIEW, "no temporary file can be made.");
    download->feed.out = &download->spooled;
    int code = dbk_query_begin(download->view, SPOOL_TIMEOUT_MS, err);
    if (code == 0 && download->list.kind == DBK_FEED_ACCOUNTS)
        code = dbk_query_each_account(download->view, &download->list.accounts, spool_account,
                                      download, err);
    else if (code == 0)
        code =
            dbk_query_days(download->view, days->first, days->last, -1, spool_day, download, err);
    dbk_query_end(download->view);
    if (code == 0)
        code = write_spool(download);
    if (download->no_room || (code == 0 && fflush(download->spool) != 0))
        code = dbk_err_set(err, DBK_EVIEW, "there is no room for a temporary file.");
    rewind(download->spool);
    return code;
}

static int add_spooled(struct download *download, struct dbk_buffer *piece, bool *ended,
                       struct dbk_err *err)
{
    char bytes[SPOOL_PIECE_SIZE];
    int code = download->spool == NULL ? fill_spool(download, err) : 0;
    if (code != 0)
        return code;
    size_t length = fread(bytes, 1, sizeof bytes, download->spool);
    dbk_buffer_add(piece, bytes, length);
    *ended = length < sizeof bytes;
    return ferror(download->spool) ? dbk_err_set(err, DBK_EVIEW, "a temporary file is damaged.")
                                   : 0;
}

/* --- pieces --- */

static void begin(struct download *download)
{
    if (download->list.kind == DBK_FEED_LINES)
        dbk_feed_begin_statement(&download->feed, dbk_text_of(download->list.transactions.account),
                                 download->opening_minor);
    else
        dbk_feed_begin(&download->feed);
    download->begun = true;
}

static int more(void *stream, struct dbk_buffer *piece)
{
    struct download *download = stream;
    struct dbk_err err = {.text = "its numbers do not add up."};
    bool ended = false;
    bool spools = download->list.kind == DBK_FEED_ACCOUNTS || download->list.kind == DBK_FEED_DAYS;
    download->feed.out = piece;
    if (!download->begun)
        begin(download);
    int code =
        spools ? add_spooled(download, piece, &ended, &err) : add_rows(download, &ended, &err);
    if (code != 0) {
        dbk_warning("a download was cut off: %s", err.text);
        return -1;
    }
    download->feed.out = piece;
    if (ended && download->list.kind == DBK_FEED_LINES)
        dbk_feed_end_statement(&download->feed, download->balance_minor, NULL, true);
    else if (ended)
        dbk_feed_end(&download->feed, NULL, true);
    return ended ? 0 : 1;
}

static void close_download(void *stream)
{
    struct download *download = stream;
    struct dbk_serve *serve = download->serve;
    if (download->view != NULL)
        dbk_serve_give_view(serve, download->view);
    if (download->spool != NULL)
        fclose(download->spool);
    dbk_buffer_clear(&download->spooled);
    free(download->offset_next);
    free(download);
    pthread_mutex_lock(&serve->mutex);
    serve->downloads--;
    pthread_mutex_unlock(&serve->mutex);
}

/** @return false where as many run as may. */
static bool take_place(struct dbk_serve *serve)
{
    pthread_mutex_lock(&serve->mutex);
    bool free_place = serve->downloads < DBK_SERVE_DOWNLOADS;
    serve->downloads += free_place;
    pthread_mutex_unlock(&serve->mutex);
    return free_place;
}

/** A statement's lines are a selection like any other. */
static void select_lines(struct dbk_serve_list *list)
{
    struct dbk_selection *lines = &list->transactions;
    dbk_selection_init(lines);
    lines->days = list->statement.days;
    lines->ascending = true;
    snprintf(lines->account, sizeof lines->account, "%.*s", (int)list->account.account.length,
             list->account.account.bytes);
}

/** What bounds it, as of the answer's commit. */
static int set_bounds(struct download *download, struct dbk_answer *answer, struct dbk_err *err)
{
    download->partition_count = dbk_view_identity(answer->view)->partition_count;
    download->offset_next =
        calloc((size_t)download->partition_count, sizeof *download->offset_next);
    if (download->offset_next == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    int code = dbk_query_bounds(answer->view, download->offset_next, err);
    if (code == 0 && download->list.kind == DBK_FEED_LINES)
        code = dbk_query_balance_before(answer->view, download->list.account.account_id,
                                        download->list.statement.days.first,
                                        &download->opening_minor, err);
    download->balance_minor = download->opening_minor;
    return code;
}

int dbk_serve_download(struct dbk_answer *answer, const struct dbk_serve_list *list,
                       enum dbk_feed_form form, struct dbk_err *err)
{
    struct dbk_http_response *response = answer->response;
    if (!take_place(answer->serve)) {
        dbk_http_error(response, 503, "as many downloads run as may at once; ask again later");
        return 0;
    }
    struct download *download = calloc(1, sizeof *download);
    if (download == NULL) {
        pthread_mutex_lock(&answer->serve->mutex);
        answer->serve->downloads--;
        pthread_mutex_unlock(&answer->serve->mutex);
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    }
    download->serve = answer->serve;
    download->list = *list;
    download->feed = (struct dbk_feed){.form = form, .list = list->kind};
    if (list->kind == DBK_FEED_LINES)
        select_lines(&download->list);
    int code = set_bounds(download, answer, err);
    if (code != 0) {
        close_download(download);
        return code;
    }
    dbk_query_end(answer->view);
    download->view = answer->view;
    answer->view = NULL;
    response->content_type =
        form == DBK_FEED_JSON ? "application/json" : "text/csv; charset=utf-8; header=present";
    response->filename = form == DBK_FEED_JSON ? NULL : list->filename;
    response->more = more;
    response->stream = download;
    response->close = close_download;
    return 0;
}
