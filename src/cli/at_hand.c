#include "at_hand.h"

#include "sheet.h"
#include "snapshots.h"

#include <daybook/message.h>
#include <daybook/view_read.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/** @return true where the view was made from this log. */
static bool is_of(const struct dbk_view_identity *identity, const struct dbk_topic *topic)
{
    return strcmp(identity->topic, topic->name) == 0 &&
           strcmp(identity->cluster_id, topic->cluster_id) == 0 &&
           identity->partition_count == topic->partition_count;
}

/** Open the database, if it is there and of this log. */
static struct dbk_view *open_view(const struct dbk_topic *topic, const char *path)
{
    struct dbk_view *view = NULL;
    struct dbk_err err;
    if (access(path, F_OK) != 0)
        return NULL;
    if (dbk_view_open_read(&view, path, NULL, &err) != 0) {
        dbk_warning("going on without the database: %s", err.text);
        return NULL;
    }
    if (is_of(dbk_view_identity(view), topic))
        return view;
    dbk_warning("%s is a view of another log than topic %s. Going on without it.", path,
                topic->name);
    dbk_view_close(view);
    return NULL;
}

static int from_snapshots(struct dbk_book *book, struct dbk_log *log,
                          const struct dbk_config *config, int32_t only, struct dbk_err *err)
{
    struct dbk_snapshots snapshots;
    int code = dbk_snapshots_read(&snapshots, config, dbk_log_topic(log), only, err);
    if (code == 0)
        code = dbk_snapshots_restore(&snapshots, log, book, err);
    dbk_snapshots_close(&snapshots);
    return code;
}

int dbk_at_hand(struct dbk_book *book, struct dbk_log *log, const struct dbk_config *config,
                int32_t only, struct dbk_view **view, struct dbk_err *err)
{
    struct dbk_err other;
    *view = open_view(dbk_log_topic(log), config->database);
    if (*view == NULL)
        return from_snapshots(book, log, config, only, err);
    int code = dbk_view_begin(*view, NULL, &other);
    if (code == 0)
        code = dbk_view_load(*view, book, only, &other);
    if (code == DBK_EVIEW) {
        dbk_warning("going on without the database: %s", other.text);
        dbk_view_close(*view);
        *view = NULL;
        if (dbk_book_clear(book) != 0)
            return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
        return from_snapshots(book, log, config, only, err);
    }
    if (code != 0)
        *err = other;
    return code;
}

void dbk_at_hand_borrow(struct dbk_borrowed *borrowed, const struct dbk_config *config)
{
    struct dbk_err err;
    struct dbk_view *view = NULL;
    struct dbk_topic topic = {.partition_count = 0};
    *borrowed = (struct dbk_borrowed){.book = NULL};
    if (dbk_view_open_read(&view, config->database, config->topic, &err) != 0)
        return;
    int code = dbk_view_begin(view, NULL, &err);
    topic.partition_count = dbk_view_identity(view)->partition_count;
    snprintf(topic.name, sizeof topic.name, "%s", config->topic);
    if (code == 0)
        code = dbk_open_book(&topic, &borrowed->book, &err);
    if (code == 0)
        code = dbk_view_lend(&borrowed->lender, view, borrowed->book, &err);
    else
        dbk_view_close(view);
    if (code != 0)
        dbk_at_hand_give_back(borrowed);
}

bool dbk_at_hand_is_of(const struct dbk_borrowed *borrowed, const struct dbk_topic *topic)
{
    return borrowed->lender != NULL &&
           is_of(dbk_view_identity(dbk_view_lender_view(borrowed->lender)), topic);
}

void dbk_at_hand_give_back(struct dbk_borrowed *borrowed)
{
    dbk_book_close(borrowed->book);
    dbk_view_lender_close(borrowed->lender);
    *borrowed = (struct dbk_borrowed){.book = NULL};
}
