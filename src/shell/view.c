#include "view_internal.h"

#include <daybook/message.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern const char dbk_views_sql[];
extern const char dbk_indexes_sql[];

/** How long a writer waits for another one: a rebuild's swap, or somebody's sqlite3 shell. */
#define BUSY_TIMEOUT_MS 30000
#define BUSY_PAUSE_MS 5

bool dbk_view_is_stopped(const struct dbk_view *view)
{
    return view->stop != NULL && *view->stop;
}

void dbk_view_stop_on(struct dbk_view *view, const atomic_bool *stop)
{
    view->stop = stop;
}

/** SQLite asks whether to try again for a lock. */
static int on_busy(void *context, int tries)
{
    if (dbk_view_is_stopped(context) || tries >= BUSY_TIMEOUT_MS / BUSY_PAUSE_MS)
        return 0;
    usleep(BUSY_PAUSE_MS * 1000);
    return 1;
}

int dbk_view_fail(const struct dbk_view *view, const char *doing, struct dbk_err *err)
{
    int result = view->db != NULL ? sqlite3_errcode(view->db) : SQLITE_NOMEM;
    const char *advice = "";
    if (dbk_view_is_stopped(view) &&
        ((result & 0xff) == SQLITE_BUSY || (result & 0xff) == SQLITE_INTERRUPT))
        return dbk_err_set(err, DBK_ESTOPPED, "stopped.");
    switch (result & 0xff) {
    case SQLITE_FULL:
        advice = " Make room on the disk and start again: nothing is lost, it goes on from the "
                 "checkpoint.";
        break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        advice = " Another program holds the database; end it and start again.";
        break;
    case SQLITE_NOTADB:
        advice = " If it is the view, it is damaged, and the log is not: rebuild it with daybook "
                 "project --reset. If not, choose another with -d";
        break;
    case SQLITE_CORRUPT:
        advice = " The view is damaged, the log is not: rebuild it with daybook project --reset";
        break;
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        advice = " Check the rights of the file and of its folder.";
        break;
    default:
        break;
    }
    return dbk_err_set(err, DBK_EVIEW, "%s: %s: %s.%s", view->file, doing,
                       view->db != NULL ? sqlite3_errmsg(view->db) : "out of memory", advice);
}

int dbk_view_exec(struct dbk_view *view, const char *sql, struct dbk_err *err)
{
    if (sqlite3_exec(view->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return dbk_view_fail(view, "cannot set up", err);
    return 0;
}

int dbk_view_integer(struct dbk_view *view, const char *sql, int64_t *value, struct dbk_err *err)
{
    sqlite3_stmt *statement = NULL;
    bool ok = sqlite3_prepare_v2(view->db, sql, -1, &statement, NULL) == SQLITE_OK &&
              sqlite3_step(statement) == SQLITE_ROW;
    if (ok)
        *value = sqlite3_column_int64(statement, 0);
    int code = ok ? 0 : dbk_view_fail(view, "cannot read", err);
    sqlite3_finalize(statement);
    return code;
}

int dbk_view_open_file(struct dbk_view **view, const char *path, const char *file, int flags,
                       struct dbk_err *err)
{
    struct stat status;
    struct dbk_view *opened = calloc(1, sizeof *opened);
    *view = opened;
    if (opened == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    opened->path = strdup(path);
    opened->file = strdup(file);
    if (opened->path == NULL || opened->file == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    if (sqlite3_open_v2(file, &opened->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return dbk_view_fail(opened, "cannot open", err);
    sqlite3_extended_result_codes(opened->db, 1);
    sqlite3_busy_handler(opened->db, on_busy, opened);
    if (stat(file, &status) != 0)
        return dbk_view_fail(opened, "cannot open", err);
    opened->device = status.st_dev;
    opened->inode = status.st_ino;
    const char *dot = strrchr(file, '.');
    opened->generation = dot != NULL && strcmp(path, file) != 0 ? strtoll(dot + 1, NULL, 10) : 0;
    return 0;
}

void dbk_view_close(struct dbk_view *view)
{
    if (view == NULL)
        return;
    for (int i = 0; i < DBK_SQL_COUNT; i++)
        sqlite3_finalize(view->statements[i]);
    for (int i = 0; i < DBK_QUERIES_KEPT; i++) {
        sqlite3_finalize(view->prepared[i].statement);
        free(view->prepared[i].sql);
    }
    sqlite3_close_v2(view->db);
    free(view->path);
    free(view->file);
    free(view);
}

const struct dbk_view_identity *dbk_view_identity(const struct dbk_view *view)
{
    return &view->identity;
}

int64_t dbk_view_generation(const struct dbk_view *view)
{
    return view->generation;
}

bool dbk_view_replaced(const struct dbk_view *view)
{
    struct stat status;
    return stat(view->path, &status) != 0 || status.st_dev != view->device ||
           status.st_ino != view->inode;
}

int dbk_view_set_live(struct dbk_view *view, struct dbk_err *err)
{
    int persist = 1;
    sqlite3_file_control(view->db, "main", SQLITE_FCNTL_PERSIST_WAL, &persist);
    /* NORMAL: after a power failure the last commits may be missing, never half of one; they are
     * applied from the log again. */
    return dbk_view_exec(view,
                         "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
                         "PRAGMA cache_size=-32768; PRAGMA journal_size_limit=67108864;"
                         "PRAGMA foreign_keys=OFF;",
                         err);
}

int dbk_view_create_tables(struct dbk_view *view, const struct dbk_topic *topic, bool with_indexes,
                           struct dbk_err *err)
{
    char pragmas[128];
    snprintf(pragmas, sizeof pragmas, "PRAGMA page_size=16384; PRAGMA application_id=%d;",
             DBK_APPLICATION_ID);
    int code = dbk_view_exec(view, pragmas, err);
    if (code == 0)
        code = dbk_view_exec(view, "BEGIN IMMEDIATE", err);
    if (code == 0)
        code = dbk_view_exec(view, dbk_views_sql, err);
    if (code == 0 && with_indexes)
        code = dbk_view_exec(view, dbk_indexes_sql, err);
    if (code != 0)
        return code;
    sqlite3_stmt *statement = NULL;
    bool ok = sqlite3_prepare_v2(view->db, "INSERT INTO meta VALUES (1, ?, ?, ?, ?, ?, 0, 0)", -1,
                                 &statement, NULL) == SQLITE_OK;
    if (ok) {
        sqlite3_bind_int(statement, 1, DBK_SCHEMA_VERSION);
        sqlite3_bind_int(statement, 2, DBK_FOLD_VERSION);
        sqlite3_bind_text(statement, 3, topic->name, -1, SQLITE_STATIC);
        sqlite3_bind_text(statement, 4, topic->cluster_id, -1, SQLITE_STATIC);
        sqlite3_bind_int(statement, 5, topic->partition_count);
        ok = sqlite3_step(statement) == SQLITE_DONE;
    }
    sqlite3_finalize(statement);
    if (!ok)
        return dbk_view_fail(view, "cannot set up", err);
    code = dbk_view_exec(view, "INSERT INTO totals VALUES (1, 0, 0, 0, 0, 0, 0, 0)", err);
    if (code != 0)
        return code;
    struct dbk_book *book = NULL;
    static const uint8_t any_key[16];
    struct dbk_text name = {topic->name, (uint32_t)strlen(topic->name)};
    if (dbk_book_open(&book, name, topic->partition_count, any_key) != 0)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    for (int32_t p = 0; code == 0 && p < topic->partition_count; p++)
        code = dbk_view_put_checkpoint(view, p, dbk_book_checkpoint(book, p), err);
    dbk_book_close(book);
    return code != 0 ? code : dbk_view_exec(view, "COMMIT", err);
}

static void copy_column(char *text, size_t size, sqlite3_stmt *statement, int column)
{
    const unsigned char *value = sqlite3_column_text(statement, column);
    snprintf(text, size, "%s", value != NULL ? (const char *)value : "");
}

static int read_identity(struct dbk_view *view, struct dbk_err *err)
{
    int64_t application_id = 0;
    struct dbk_view_identity *identity = &view->identity;
    if (dbk_view_integer(view, "PRAGMA application_id", &application_id, err) != 0)
        return DBK_EVIEW;
    if (application_id != DBK_APPLICATION_ID)
        return dbk_err_set(err, DBK_EVIEW,
                           "%s is a database, but not one of daybook's. Choose another path with "
                           "-d.",
                           view->path);
    sqlite3_stmt *statement = NULL;
    bool ok = sqlite3_prepare_v2(view->db,
                                 "SELECT schema_version, fold_version, topic, cluster_id, "
                                 "partition_count, commit_seq, committed_ms FROM meta",
                                 -1, &statement, NULL) == SQLITE_OK;
    int result = ok ? sqlite3_step(statement) : SQLITE_ERROR;
    if (result == SQLITE_ROW) {
        identity->schema_version = sqlite3_column_int(statement, 0);
        identity->fold_version = sqlite3_column_int(statement, 1);
        copy_column(identity->topic, sizeof identity->topic, statement, 2);
        copy_column(identity->cluster_id, sizeof identity->cluster_id, statement, 3);
        identity->partition_count = sqlite3_column_int(statement, 4);
        identity->commit_seq = sqlite3_column_int64(statement, 5);
        identity->committed_ms = sqlite3_column_int64(statement, 6);
        ok = identity->partition_count > 0 && identity->partition_count <= 1000000;
    }
    int code = 0;
    if (result != SQLITE_ROW && result != SQLITE_DONE)
        code = dbk_view_fail(view, "cannot read what it is a view of", err);
    else if (result == SQLITE_DONE || !ok)
        code = dbk_err_set(err, DBK_EVIEW,
                           "%s does not say what it is a view of: its table meta was damaged or "
                           "changed. Rebuild it with: daybook project --reset -d %s",
                           view->path, view->path);
    sqlite3_finalize(statement);
    return code;
}

int dbk_view_check_topic(const struct dbk_view *view, const char *name, struct dbk_err *err)
{
    if (strcmp(view->identity.topic, name) == 0)
        return 0;
    return dbk_err_set(err, DBK_EVIEW,
                       "%s is a view of topic %s, not of %s. Choose the topic with -t, another "
                       "database with -d, or rebuild this one with: daybook project --reset -t %s "
                       "-d %s",
                       view->path, view->identity.topic, name, name, view->path);
}

int dbk_view_check_identity(struct dbk_view *view, const struct dbk_topic *topic,
                            struct dbk_err *err)
{
    const struct dbk_view_identity *identity = &view->identity;
    int code = read_identity(view, err);
    if (code != 0)
        return code;
    if (identity->schema_version != DBK_SCHEMA_VERSION ||
        identity->fold_version != DBK_FOLD_VERSION)
        return dbk_err_set(err, DBK_EVIEW,
                           "%s has schema %d and fold %d, this program has %d and %d. Rebuild it "
                           "with: daybook project --reset -d %s",
                           view->path, identity->schema_version, identity->fold_version,
                           DBK_SCHEMA_VERSION, DBK_FOLD_VERSION, view->path);
    if (topic == NULL)
        return 0;
    code = dbk_view_check_topic(view, topic->name, err);
    if (code != 0)
        return code;
    if (strcmp(identity->cluster_id, topic->cluster_id) != 0)
        return dbk_err_set(err, DBK_EVIEW,
                           "%s is a view of topic %s in cluster %s, but this is cluster %s. Choose "
                           "the brokers with -b, another database with -d, or rebuild this one "
                           "with: daybook project --reset -d %s",
                           view->path, topic->name, identity->cluster_id, topic->cluster_id,
                           view->path);
    return 0;
}

/** A view's first generation. The link comes last, so that a kill leaves nothing half made. */
static int create(const char *path, const struct dbk_topic *topic, struct dbk_err *err)
{
    struct dbk_generation generation;
    struct dbk_view *view = NULL;
    int code = dbk_generation_create(&generation, path, err);
    if (code == 0)
        code = dbk_view_open_file(&view, path, generation.file, SQLITE_OPEN_READWRITE, err);
    if (code == 0)
        code = dbk_view_create_tables(view, topic, true, err);
    if (code == 0)
        code = dbk_view_set_live(view, err);
    dbk_view_close(view);
    if (code == 0)
        code = dbk_generation_link(path, &generation, err);
    dbk_generation_clear(&generation);
    return code;
}

int dbk_view_open(struct dbk_view **view, const char *path, const struct dbk_topic *topic,
                  struct dbk_err *err)
{
    struct dbk_generation generation;
    *view = NULL;
    int code = dbk_generation_current(&generation, path, err);
    if (code == 0 && generation.file == NULL) {
        code = create(path, topic, err);
        if (code == 0)
            code = dbk_generation_current(&generation, path, err);
    }
    if (code == 0)
        code = dbk_view_open_file(view, path, generation.file, SQLITE_OPEN_READWRITE, err);
    if (code == 0)
        code = dbk_view_check_identity(*view, topic, err);
    if (code == 0)
        code = dbk_view_set_live(*view, err);
    dbk_generation_clear(&generation);
    if (code != 0) {
        dbk_view_close(*view);
        *view = NULL;
    }
    return code;
}

int dbk_view_open_read(struct dbk_view **view, const char *path, const char *topic,
                       struct dbk_err *err)
{
    struct dbk_generation generation;
    *view = NULL;
    int code = dbk_generation_current(&generation, path, err);
    if (code == 0 && generation.file == NULL)
        return dbk_err_set(err, DBK_EVIEW,
                           "there is no database at %s yet. Make it with: daybook project -d %s",
                           path, path);
    if (code == 0)
        code = dbk_view_open_file(view, path, generation.file, SQLITE_OPEN_READONLY, err);
    if (code == 0)
        code = dbk_view_exec(*view, "PRAGMA query_only=1; PRAGMA trusted_schema=0;", err);
    if (code == 0)
        code = dbk_view_check_identity(*view, NULL, err);
    if (code == 0 && topic != NULL)
        code = dbk_view_check_topic(*view, topic, err);
    dbk_generation_clear(&generation);
    if (code != 0) {
        dbk_view_close(*view);
        *view = NULL;
    }
    return code;
}
