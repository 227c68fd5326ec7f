#include "feed.h"
#include "serve_internal.h"

#include <daybook/message.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_IN_PIECE 2000

/* --- feeds: all rows, in pieces, each read in a transaction of its own --- */

struct feed {
    struct dbk_serve *serve;
    struct dbk_view *view;
    enum dbk_feed form;
    bool transactions;
    bool begun;
    struct dbk_selection selection;
    struct dbk_account_selection accounts;
    struct dbk_buffer *piece;
    bool first_row;
};

static int feed_transaction(void *context, const struct dbk_transaction_row *row)
{
    struct feed *feed = context;
    dbk_feed_transaction(feed->piece, feed->form, feed->first_row, row);
    feed->first_row = false;
    return 0;
}

static int feed_account(void *context, const struct dbk_account_row *row)
{
    struct feed *feed = context;
    dbk_feed_account(feed->piece, feed->form, feed->first_row, row);
    feed->first_row = false;
    return 0;
}

/** Each piece is a short read: a long one would keep the write-ahead log from being emptied. */
static int more_rows(void *stream, struct dbk_buffer *piece)
{
    struct feed *feed = stream;
    struct dbk_err err;
    bool ended = true;
    if (!feed->begun && feed->form == DBK_FEED_JSON)
        dbk_buffer_add_string(piece, "[");
    else if (!feed->begun)
        dbk_buffer_add_string(piece, feed->transactions ? dbk_feed_transaction_header
                                                        : dbk_feed_account_header);
    feed->begun = true;
    feed->piece = piece;
    int code = dbk_query_begin(feed->view, DBK_SERVE_TIMEOUT_MS, &err);
    if (code == 0 && feed->transactions)
        code = dbk_query_each_transaction(feed->view, &feed->selection, ROWS_IN_PIECE,
                                          feed_transaction, feed, &ended, &err);
    else if (code == 0)
        code = dbk_query_each_account(feed->view, &feed->accounts, feed_account, feed, &err);
    dbk_query_end(feed->view);
    if (code != 0) {
        dbk_warning("a download was cut off: %s", err.text);
        return -1;
    }
    if (!ended)
        return 1;
    if (feed->form == DBK_FEED_JSON)
        dbk_buffer_add_string(piece, "]\n");
    return 0;
}

static void close_feed(void *stream)
{
    struct feed *feed = stream;
    dbk_serve_give_view(feed->serve, feed->view);
    free(feed);
}

/** The feed takes over the answer's connection. */
static int start_feed(struct dbk_answer *answer, bool transactions, enum dbk_feed form,
                      struct dbk_err *err)
{
    struct feed *feed = calloc(1, sizeof *feed);
    if (feed == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    *feed = (struct feed){.serve = answer->serve,
                          .view = answer->view,
                          .form = form,
                          .transactions = transactions,
                          .first_row = true};
    dbk_selection_init(&feed->selection);
    dbk_account_selection_init(&feed->accounts);
    dbk_query_end(answer->view);
    answer->view = NULL;
    answer->response->content_type =
        form == DBK_FEED_CSV ? "text/csv; charset=utf-8; header=present" : "application/json";
    if (form == DBK_FEED_CSV)
        answer->response->filename = transactions ? "transactions.csv" : "accounts.csv";
    answer->response->more = more_rows;
    answer->response->stream = feed;
    answer->response->close = close_feed;
    return 0;
}

bool dbk_serve_feed(struct dbk_answer *answer, const char *path, int *code, struct dbk_err *err)
{
    static const struct {
        const char *path;
        bool transactions;
        enum dbk_feed form;
    } feeds[] = {{"transactions.csv", true, DBK_FEED_CSV},
                 {"transactions.json", true, DBK_FEED_JSON},
                 {"accounts.csv", false, DBK_FEED_CSV},
                 {"accounts.json", false, DBK_FEED_JSON}};
    for (size_t i = 0; i < sizeof feeds / sizeof feeds[0]; i++) {
        if (strcmp(path, feeds[i].path) != 0)
            continue;
        *code = start_feed(answer, feeds[i].transactions, feeds[i].form, err);
        return true;
    }
    return false;
}
