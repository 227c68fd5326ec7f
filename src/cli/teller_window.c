#include "teller_run.h"

#include <daybook/clock.h>
#include <daybook/message.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** How long one look at the log waits for something: a key is answered within this time. */
#define STEP_MS 10

/** New accounts are sorted in this often. */
#define SEARCH_MS 300

/** After a request to stop, a transaction in flight is waited for this long. */
#define LAST_PATIENCE_MS 3000

/** After this long without the log's decision the user is told what is waited for. */
#define LATE_MS 2000

/** Messages that are kept until the terminal is given back. */
#define KEPT_MAX 8

struct window {
    struct dbk_teller_run *run;
    struct dbk_teller *teller;
    struct dbk_term *term;
    struct dbk_screen *screen;
    int64_t change_count; /* of the account, when it was last drawn */
    int64_t searched_ms;
    int64_t
        late_ms; /* when the transaction in flight is late; 0: that was said, or there is none */
    bool dirty;  /* the screen is not what it should be */
};

/** Messages that came while the screen had the terminal. */
static struct {
    pthread_mutex_t mutex;
    char lines[KEPT_MAX][1200];
    int count;
} kept = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/** Keep a message for later; that the broker was away is on the screen already. */
static void keep_message(void *context, const char *line)
{
    (void)context;
    if (strstr(line, "warning: kafka: ") != NULL)
        return;
    pthread_mutex_lock(&kept.mutex);
    bool known = kept.count == KEPT_MAX;
    for (int i = 0; i < kept.count; i++)
        known = known || strcmp(kept.lines[i], line) == 0;
    if (!known)
        snprintf(kept.lines[kept.count++], sizeof kept.lines[0], "%s", line);
    pthread_mutex_unlock(&kept.mutex);
}

static void draw(struct window *window)
{
    int height;
    int width;
    dbk_term_size(window->term, &height, &width);
    dbk_teller_lay_out(window->teller, window->screen, height, width);
    dbk_term_draw(window->term, window->screen);
    window->dirty = false;
}

/** Something that takes a while: say so first. */
static void draw_loading(struct window *window)
{
    window->teller->loading = true;
    draw(window);
    window->teller->loading = false;
    window->dirty = true;
}

static int connect(struct window *window, struct dbk_err *err)
{
    struct dbk_err why;
    draw_loading(window);
    int code = dbk_teller_run_connect(window->run, window->teller->wanted, &why);
    if (code == DBK_EBROKER || code == DBK_EUSAGE || code == DBK_EVIEW) {
        dbk_teller_refuse(window->teller, why.text);
        return 0;
    }
    if (code != 0) {
        *err = why;
        return code;
    }
    const struct dbk_post_account *account = dbk_post_account(window->run->post);
    dbk_teller_connected(window->teller, account,
                         account->recent_count > 0 ? account->recent[0].offset + 1 : 0);
    return 0;
}

static int act(struct window *window, enum dbk_teller_action action, struct dbk_err *err)
{
    struct dbk_teller *teller = window->teller;
    int code;
    switch (action) {
    case DBK_TELLER_CONNECT:
        return connect(window, err);
    case DBK_TELLER_DISCONNECT:
        dbk_post_disconnect(window->run->post);
        break;
    case DBK_TELLER_SEND:
        code = dbk_teller_run_send(window->run, teller->type, teller->value_minor, err);
        if (code != 0)
            return code;
        dbk_teller_sent(teller);
        window->late_ms = dbk_clock_monotonic_ms() + LATE_MS;
        break;
    case DBK_TELLER_NOTHING:
        break;
    }
    return 0;
}

/** Take all keys that were typed. */
static int take_keys(struct window *window, struct dbk_err *err)
{
    char text[4 * DBK_FIELD_MAX + 1];
    enum dbk_key key;
    int code = 0;
    while (code == 0 && (key = dbk_term_read(window->term)) != DBK_KEY_NONE) {
        window->dirty = true;
        if (key == DBK_KEY_CLOSED) {
            dbk_stop_requested = true;
            return 0;
        }
        if (key == DBK_KEY_EDITED) {
            dbk_term_field_text(window->term, text);
            if (dbk_teller_edited(window->teller, text) != 0)
                code = dbk_err_set(err, DBK_ENOMEM, "out of memory.");
        } else {
            code = act(window, dbk_teller_key(window->teller, key), err);
        }
        if (code == 0)
            draw(window); /* the field must know what it shows before the next key */
    }
    return code;
}

/** What the log says now. */
static int look_at_log(struct window *window, struct dbk_err *err)
{
    struct dbk_teller *teller = window->teller;
    struct dbk_post *post = window->run->post;
    int code = dbk_post_step(post, STEP_MS, err);
    if (code != 0)
        return code;
    bool online = dbk_post_is_online(post);
    window->dirty = window->dirty || online != teller->online;
    dbk_teller_set_online(teller, online);
    if (teller->waiting && dbk_post_result(post)->outcome != DBK_OUTCOME_WAITING) {
        dbk_teller_run_count(window->run, dbk_post_result(post));
        dbk_teller_decided(teller, dbk_post_result(post));
        window->dirty = true;
    }
    int64_t change_count = dbk_post_account(post)->change_count;
    window->dirty = window->dirty || change_count != window->change_count || window->run->changed;
    window->change_count = change_count;
    window->run->changed = false;
    int64_t now_ms = dbk_clock_monotonic_ms();
    if (teller->waiting && window->late_ms != 0 && now_ms >= window->late_ms) {
        window->late_ms = 0;
        window->dirty = true;
        dbk_teller_late(teller);
    }
    if (teller->list.count > teller->list.sorted_count &&
        now_ms - window->searched_ms >= SEARCH_MS) {
        window->searched_ms = now_ms;
        window->dirty = true;
        if (dbk_teller_list_search(&teller->list, teller->search, true) != 0)
            return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    }
    return window->run->failed || teller->failed ? dbk_err_set(err, DBK_ENOMEM, "out of memory.")
                                                 : 0;
}

/** Somebody wants to leave: what is in flight must be known first, if that is to be had soon. */
static int settle(struct window *window, struct dbk_err *err)
{
    struct dbk_post *post = window->run->post;
    int64_t deadline_ms = dbk_clock_monotonic_ms() + LAST_PATIENCE_MS;
    int code = 0;
    dbk_stop_requested = false; /* a second one ends the patience */
    dbk_teller_leave(window->teller);
    draw(window);
    while (code == 0 && window->teller->waiting && !dbk_stop_requested &&
           dbk_clock_monotonic_ms() < deadline_ms) {
        code = look_at_log(window, err);
        if (window->dirty)
            draw(window);
    }
    if (window->teller->waiting) {
        dbk_post_abandon(post, "you left before the broker took it.");
        dbk_teller_run_count(window->run, dbk_post_result(post));
        window->teller->waiting = false;
    }
    return code;
}

static int loop(struct window *window, struct dbk_err *err)
{
    draw_loading(window);
    int code = dbk_teller_run_load(window->run, err);
    if (code == 0 && dbk_teller_list_search(&window->teller->list, "", false) != 0)
        code = dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    while (code == 0 && !dbk_stop_requested) {
        code = take_keys(window, err);
        if (code == 0)
            code = look_at_log(window, err);
        if (code == 0 && window->dirty)
            draw(window);
    }
    if (code == DBK_ESTOPPED)
        code = 0;
    if (window->teller->waiting) {
        struct dbk_err other;
        int settled = settle(window, code == 0 ? err : &other);
        code = code == 0 ? settled : code;
    }
    return code;
}

int dbk_teller_run_window(struct dbk_teller_run *run, struct dbk_err *err)
{
    struct window window = {.run = run, .teller = &run->teller};
    window.screen = calloc(1, sizeof *window.screen);
    if (window.screen == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    int code = dbk_term_open(&window.term, err);
    if (code == 0) {
        dbk_message_divert(keep_message, NULL);
        code = loop(&window, err);
        dbk_term_close(window.term);
        dbk_message_divert(NULL, NULL);
    }
    free(window.screen);
    for (int i = 0; i < kept.count; i++)
        fprintf(stderr, "%s\n", kept.lines[i]);
    return code;
}
