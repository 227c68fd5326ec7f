/* /live: what pages are told while they are open. One thread looks at the view for all of them. */

#include "serve_internal.h"

#include <daybook/clock.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/** Between two looks at the view, each some microseconds. */
#define LOOK_MS 20
/** Between two commits told: a page fetches itself anew at each. */
#define COMMIT_MS 100
/** Between two measures of the lag where nothing was committed. */
#define LAG_MS 1000
/** Between two attempts to open a view that cannot be read. */
#define RETRY_MS 500
/** How long after the last stream was asked for the view is looked at without any. */
#define LINGER_MS 5000

/** Channels: the freshness line in each language, then commits. */
#define COMMITS DBK_LANG_COUNT

struct dbk_live {
    struct dbk_serve *serve;
    pthread_t thread;
    bool started;
    pthread_mutex_t mutex; /* guards ended, wanted, wanted_ms */
    pthread_cond_t changed;
    bool ended;
    bool wanted; /* a stream was asked for, and nobody was looking */
    int64_t wanted_ms;
    struct dbk_view *view;
    int64_t retry_ms; /* not before, where there is no view */
    int64_t data_version;
    struct dbk_overview overview; /* of the commit seen last */
    bool known;                   /* overview is set */
    bool news;                    /* overview's commit is not told yet */
    int64_t told_ms;              /* when a commit was told last */
    int64_t measured_ms;
    struct dbk_buffer said[DBK_LANG_COUNT]; /* the freshness lines told last */
};

/* --- what is said --- */

/** `event: NAME`, the text as lines of data, an empty line. */
static void add_event(struct dbk_buffer *out, const char *name, const char *text, size_t length)
{
    dbk_buffer_add_string(out, "event: ");
    dbk_buffer_add_string(out, name);
    while (length > 0) {
        const char *end = memchr(text, '\n', length);
        size_t line = end != NULL ? (size_t)(end - text) : length;
        dbk_buffer_add_string(out, "\ndata: ");
        dbk_buffer_add(out, text, line);
        line += end != NULL;
        text += line;
        length -= line;
    }
    dbk_buffer_add_string(out, "\n\n");
}

static void say(struct dbk_live *live, int channel, const char *name, const char *text,
                size_t length)
{
    struct dbk_buffer message = {.bytes = NULL};
    add_event(&message, name, text, length);
    if (!message.failed)
        dbk_http_publish(live->serve->http, channel, message.bytes, message.length);
    dbk_buffer_clear(&message);
}

static bool equal(const struct dbk_buffer *a, const struct dbk_buffer *b)
{
    return a->length == b->length && (a->length == 0 || memcmp(a->bytes, b->bytes, a->length) == 0);
}

/** The freshness line is said where it reads differently. */
static void say_freshness(struct dbk_live *live)
{
    struct dbk_last_audit audit;
    struct dbk_freshness freshness;
    dbk_serve_freshness(live->serve, &live->overview, &audit, &freshness);
    live->measured_ms = dbk_clock_monotonic_ms();
    for (int lang = 0; lang < DBK_LANG_COUNT; lang++) {
        struct dbk_buffer line = {.bytes = NULL};
        struct dbk_page page = {.out = &line, .lang = (enum dbk_lang)lang, .path = "", .query = ""};
        dbk_page_freshness(&page, &live->overview, &freshness);
        if (!line.failed && !equal(&line, &live->said[lang])) {
            say(live, lang, "freshness", line.bytes, line.length);
            dbk_buffer_clear(&live->said[lang]);
            live->said[lang] = line;
        } else {
            dbk_buffer_clear(&line);
        }
    }
}

static void say_commit(struct dbk_live *live)
{
    char text[96];
    int length =
        snprintf(text, sizeof text, "{\"generation\":%" PRId64 ",\"commit_seq\":%" PRId64 "}",
                 live->overview.generation, live->overview.commit_seq);
    say(live, COMMITS, "commit", text, (size_t)length);
    live->told_ms = dbk_clock_monotonic_ms();
    live->news = false;
}

/* --- looking --- */

static void put_away(struct dbk_live *live)
{
    if (live->view != NULL)
        dbk_serve_give_view(live->serve, live->view);
    live->view = NULL;
}

/** Look for a commit or another generation. A view that cannot be read is tried again later. */
static void look(struct dbk_live *live)
{
    struct dbk_err err;
    struct dbk_overview seen;
    int64_t version;
    if (live->view != NULL && dbk_view_replaced(live->view)) {
        put_away(live);
    } else if (live->view != NULL) {
        if (dbk_query_data_version(live->view, &version, &err) == 0 &&
            version == live->data_version)
            return;
    }
    if (live->view == NULL && dbk_clock_monotonic_ms() < live->retry_ms)
        return;
    if (live->view == NULL)
        live->view = dbk_serve_take_view(live->serve, &err);
    live->retry_ms = dbk_clock_monotonic_ms() + RETRY_MS;
    if (live->view == NULL)
        return;
    int code = dbk_query_data_version(live->view, &version, &err);
    if (code == 0)
        code = dbk_query_begin(live->view, DBK_SERVE_TIMEOUT_MS, &err);
    if (code == 0)
        code = dbk_query_position(live->view, &seen, &err);
    dbk_query_end(live->view);
    if (code != 0) {
        put_away(live);
        return;
    }
    live->data_version = version;
    live->news = live->news || !live->known || seen.generation != live->overview.generation ||
                 seen.commit_seq != live->overview.commit_seq;
    live->overview = seen;
    live->known = true;
}

/** Nobody listens: let go of the view, and forget what would be old to whoever comes. */
static void rest(struct dbk_live *live)
{
    put_away(live);
    live->known = false;
    for (int channel = 0; channel <= COMMITS; channel++)
        dbk_http_publish(live->serve->http, channel, NULL, 0);
    for (int lang = 0; lang < DBK_LANG_COUNT; lang++)
        dbk_buffer_clear(&live->said[lang]);
}

/** Wait for the next look, or while nobody listens for a stream. @return false at the end. */
static bool wait(struct dbk_live *live, bool resting)
{
    struct timespec until;
    pthread_mutex_lock(&live->mutex);
    while (resting && !live->wanted && !live->ended)
        pthread_cond_wait(&live->changed, &live->mutex);
    if (!resting && !live->ended) {
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += LOOK_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        while (!live->ended &&
               pthread_cond_timedwait(&live->changed, &live->mutex, &until) != ETIMEDOUT)
            ;
    }
    live->wanted = false;
    bool ended = live->ended;
    pthread_mutex_unlock(&live->mutex);
    return !ended;
}

static bool is_unwanted(struct dbk_live *live, int64_t now_ms)
{
    pthread_mutex_lock(&live->mutex);
    bool lately = now_ms - live->wanted_ms < LINGER_MS;
    pthread_mutex_unlock(&live->mutex);
    return !lately && dbk_http_stream_count(live->serve->http) == 0;
}

static void *watch(void *argument)
{
    struct dbk_live *live = argument;
    bool resting = true;
    while (wait(live, resting)) {
        int64_t now_ms = dbk_clock_monotonic_ms();
        resting = is_unwanted(live, now_ms);
        look(live);
        if (live->known && live->news && now_ms - live->told_ms >= COMMIT_MS) {
            say_freshness(live);
            say_commit(live);
        } else if (live->known && now_ms - live->measured_ms >= LAG_MS) {
            say_freshness(live);
        }
        if (resting)
            rest(live);
    }
    put_away(live);
    return NULL;
}

/* --- the streams --- */

void dbk_serve_live(struct dbk_answer *answer)
{
    struct dbk_live *live = answer->serve->live;
    answer->response->content_type = "text/event-stream";
    answer->response->channels = 1U << answer->page.lang | 1U << COMMITS;
    pthread_mutex_lock(&live->mutex);
    live->wanted = true;
    live->wanted_ms = dbk_clock_monotonic_ms();
    pthread_cond_signal(&live->changed);
    pthread_mutex_unlock(&live->mutex);
}

int dbk_live_open(struct dbk_live **live, struct dbk_serve *serve, struct dbk_err *err)
{
    pthread_condattr_t attributes;
    *live = calloc(1, sizeof **live);
    if (*live == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    (*live)->serve = serve;
    pthread_mutex_init(&(*live)->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&(*live)->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    return 0;
}

int dbk_live_start(struct dbk_live *live, struct dbk_err *err)
{
    if (pthread_create(&live->thread, NULL, watch, live) != 0)
        return dbk_err_set(err, DBK_ENOMEM, "no further thread can be started.");
    live->started = true;
    return 0;
}

void dbk_live_stop(struct dbk_live *live)
{
    if (live == NULL || !live->started)
        return;
    pthread_mutex_lock(&live->mutex);
    live->ended = true;
    pthread_cond_signal(&live->changed);
    pthread_mutex_unlock(&live->mutex);
    pthread_join(live->thread, NULL);
    live->started = false;
}

void dbk_live_close(struct dbk_live *live)
{
    if (live == NULL)
        return;
    for (int lang = 0; lang < DBK_LANG_COUNT; lang++)
        dbk_buffer_clear(&live->said[lang]);
    pthread_cond_destroy(&live->changed);
    pthread_mutex_destroy(&live->mutex);
    free(live);
}
