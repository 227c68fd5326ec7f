#include "post_once.h"

#include "nearest.h"

#include <daybook/clock.h>
#include <daybook/escape.h>
#include <daybook/message.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** How long to wait while nothing happens: no acknowledgement, no event to fold. */
#define WAIT_MS 10000

/** After this long, people are told what is waited for. */
#define NOTE_MS 1000

/** Accounts that are proposed for a name that does not exist. */
#define NEAREST_MAX 3

/** What is folded meanwhile: shown where it takes long, and a sign of life. */
struct folding {
    struct dbk_progress progress;
    int64_t count;
};

static void count_entry(void *context, const struct dbk_entry *entry)
{
    struct folding *folding = context;
    (void)entry;
    dbk_progress_update(&folding->progress, ++folding->count);
}

static void look_at(void *context, const struct dbk_account *account)
{
    dbk_nearest_look(context, account->name);
}

/** Refuse a name that no account has; another one may have been meant. */
static int refuse_unknown(struct dbk_post *post, struct dbk_text account, struct dbk_err *err)
{
    struct dbk_nearest_names nearest = {.word = account, .max = NEAREST_MAX};
    char names[DBK_NEAREST_TEXT_SIZE];
    int code = dbk_post_load_all(post, err);
    if (code == 0)
        code = dbk_post_catch_up(post, err);
    if (code != 0)
        return code;
    dbk_post_each_account(post, look_at, &nearest);
    dbk_nearest_join(names, &nearest);
    return dbk_err_set(err, DBK_ENO,
                       "there is no account \"%.*s\"; nothing was sent.%s%s%s --open opens a new "
                       "account.",
                       (int)account.length, account.bytes, names[0] != '\0' ? " Nearest: " : "",
                       names, names[0] != '\0' ? "." : "");
}

/** The account must exist, or be opened by this event. */
static int connect(struct dbk_post *post, const struct dbk_posting_order *order,
                   struct dbk_err *err)
{
    struct dbk_text account = order->request.event.account;
    int code = dbk_post_connect(post, account, DBK_POST_FASTEST, err);
    bool must_exist = !order->open && !dbk_post_account(post)->exists;
    if (code == 0 && (must_exist || order->dry_run))
        code = dbk_post_catch_up(post, err);
    if (code == 0 && must_exist && !dbk_post_account(post)->exists)
        code = refuse_unknown(post, account, err);
    if (code == DBK_ESTOPPED)
        code = dbk_err_set(err, DBK_EBROKER, "stopped; nothing was sent.");
    return code;
}

/** Step until the log has decided, the user stops, or time is up: the result says which. */
static void wait_for_decision(struct dbk_post *post, const struct folding *folding)
{
    const struct dbk_post_result *result = dbk_post_result(post);
    int64_t heard_ms = dbk_clock_monotonic_ms();
    struct dbk_err err;
    bool noted = false;
    int code = 0;
    while (code == 0 && result->outcome == DBK_OUTCOME_WAITING) {
        int64_t offset = result->offset;
        int64_t folded = folding->count;
        code = dbk_post_step(post, 50, &err);
        /* At the log's end others' events say nothing of ours, until it is known to be among them.
         */
        bool nearer = folding->count != folded && (!dbk_post_is_online(post) || offset >= 0);
        if (result->offset != offset || nearer)
            heard_ms = dbk_clock_monotonic_ms();
        int64_t waited_ms = dbk_clock_monotonic_ms() - heard_ms;
        if (dbk_stop_requested)
            dbk_post_abandon(post, "stopped.");
        else if (waited_ms > WAIT_MS)
            dbk_post_abandon(post, "the broker said nothing for 10 seconds.");
        else if (waited_ms > NOTE_MS && !noted)
            dbk_progress_note("waiting for the broker; Ctrl-C stops");
        noted = noted || waited_ms > NOTE_MS;
    }
    if (noted)
        dbk_progress_note("");
    if (code != 0)
        dbk_post_abandon(post, err.text); /* of what was decided before, nothing changes */
}

/** A reversal's id is its position: it is only repeated. */
static bool is_reversal(const struct dbk_event *event)
{
    int32_t partition;
    int64_t offset;
    return dbk_reversal_parse(&partition, &offset, event->source, event->seq);
}

/** What is not known is never called anything else. */
static int say_unknown(const struct dbk_post_result *result, struct dbk_err *err)
{
    const struct dbk_event *event = &result->event;
    struct dbk_buffer how = {.bytes = NULL};
    char id[DBK_SOURCE_MAX + 32];
    char at[64] = "";
    int length = snprintf(id, sizeof id, "%.*s:%" PRId64, (int)event->source.length,
                          event->source.bytes, event->seq);
    if (!is_reversal(event)) {
        dbk_buffer_add_string(&how, "with --id ");
        dbk_escape_shell(&how, (struct dbk_text){id, (uint32_t)length});
        dbk_buffer_add_string(&how, ", otherwise ");
    }
    dbk_buffer_add_string(&how, "the same command");
    if (result->offset >= 0)
        snprintf(at, sizeof at, " The log has it at %" PRId32 ":%" PRId64 ".", result->partition,
                 result->offset);
    dbk_err_set(err, DBK_EUNKNOWN,
                "sent, outcome unknown; repeat %s, which cannot post it twice. (%s%s)",
                how.failed ? id : how.bytes, result->err.text, at);
    dbk_buffer_clear(&how);
    return DBK_EUNKNOWN;
}

static int conclude(const struct dbk_post_result *result, struct dbk_err *err)
{
    if (dbk_outcome_is_posted(result->outcome))
        return 0;
    if (result->outcome == DBK_OUTCOME_NOT_SENT)
        return dbk_err_set(err, DBK_EBROKER, "not sent: %s", result->err.text);
    if (result->outcome != DBK_OUTCOME_UNKNOWN)
        return dbk_err_set(err, DBK_ENO, "%s", ""); /* it was said */
    return say_unknown(result, err);
}

/** Print a result. Where that fails, the log has decided all the same: say so. */
static int print(const struct dbk_post_result *result, bool json, struct dbk_err *err)
{
    struct dbk_err why;
    char at[48] = "";
    int code = dbk_post_print(result, json, &why);
    if (code == 0 && (fflush(stdout) != 0 || ferror(stdout)))
        code = dbk_err_set(&why, DBK_ENO, "the output could not be written: %s.", strerror(errno));
    if (code == 0 || result->outcome == DBK_OUTCOME_NOT_SENT ||
        result->outcome == DBK_OUTCOME_UNKNOWN)
        return conclude(result, err);
    if (result->offset >= 0)
        snprintf(at, sizeof at, " %" PRId32 ":%" PRId64, result->partition, result->offset);
    return dbk_err_set(err, dbk_outcome_is_posted(result->outcome) ? DBK_EUNKNOWN : DBK_ENO,
                       "%s%s, id '%.*s:%" PRId64 "'; but %s", dbk_outcome_name(result->outcome), at,
                       (int)result->event.source.length, result->event.source.bytes,
                       result->event.seq, why.text);
}

int dbk_post_once(struct dbk_cli *cli, const struct dbk_posting_order *order, struct dbk_err *err)
{
    struct dbk_post *post = NULL;
    struct folding folding = {.count = 0};
    int code = dbk_post_open(&post, &cli->config, order->request.event.account, err);
    dbk_progress_start(&folding.progress, "read", "events", 0);
    if (code == 0) {
        dbk_post_watch(post, count_entry, &folding);
        code = connect(post, order, err);
    }
    if (code == 0 && dbk_stop_requested)
        code = dbk_err_set(err, DBK_EBROKER, "stopped; nothing was sent.");
    if (code == 0)
        code = order->dry_run ? dbk_post_predict(post, &order->request, err)
                              : dbk_post_send(post, &order->request, err);
    if (code != 0) {
        dbk_post_not_sent(&order->request.event, cli->json, err);
        code = err->code;
    }
    bool predicted =
        code == 0 && order->dry_run && dbk_post_result(post)->outcome == DBK_OUTCOME_NOT_SENT;
    if (code == 0)
        wait_for_decision(post, &folding);
    dbk_progress_end(&folding.progress);
    if (predicted) {
        code = dbk_post_print_dry(dbk_post_result(post), cli->json, err);
        if (code == 0 && dbk_post_result(post)->verdict != DBK_POSTED)
            code = dbk_err_set(err, DBK_ENO, "%s", "");
    } else if (code == 0) {
        code = print(dbk_post_result(post), cli->json, err);
    }
    /* The answer is given: to take connections down in order would only keep the teller waiting. */
    cli->ends_at_once = true;
    return code;
}
