#include "post_internal.h"

#include <daybook/clock.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/** How often a client library that gives up is replaced for one event. */
#define ATTEMPT_MAX 5

static void on_delivered(void *context, const struct dbk_delivery *delivery)
{
    struct dbk_post *post = context;
    if (!post->request.waiting)
        return;
    post->request.acknowledged = true;
    post->request.offset = delivery->offset;
    post->result.offset = delivery->offset;
}

int dbk_post_connect_producer(struct dbk_post *post, struct dbk_err *err)
{
    return dbk_producer_connect(&post->producer, post->config, post->config->topic, 0, on_delivered,
                                post, err);
}

static int open_producer(struct dbk_post *post, struct dbk_err *err)
{
    if (post->producer != NULL)
        return 0;
    int code = dbk_post_connect_producer(post, err);
    if (code == 0)
        dbk_log_ask_through(post->log, post->producer);
    return code == 0 ? dbk_producer_admit(post->producer, dbk_log_topic(post->log), err) : code;
}

static void close_producer(struct dbk_post *post)
{
    dbk_log_ask_through(post->log, NULL);
    dbk_producer_close(post->producer);
    post->producer = NULL;
}

const struct dbk_post_result *dbk_post_result(const struct dbk_post *post)
{
    return &post->result;
}

static void finish(struct dbk_post *post, enum dbk_outcome outcome)
{
    post->result.outcome = outcome;
    post->request.waiting = false;
}

/** It failed before the log decided. */
static void fail(struct dbk_post *post, const struct dbk_err *why)
{
    post->result.err = *why;
    close_producer(post);
    finish(post, post->request.maybe_sent ? DBK_OUTCOME_UNKNOWN : DBK_OUTCOME_NOT_SENT);
}

/** The client library gave up: the log's end, from now, knows what arrived. Then another goes on.
 */
static int start_anew(struct dbk_post *post, const struct dbk_err *why, struct dbk_err *err)
{
    if (post->request.attempts == ATTEMPT_MAX) {
        fail(post, why);
        return 0;
    }
    close_producer(post);
    post->request.again = true;
    return dbk_post_follow(post, err);
}

static int transmit(struct dbk_post *post, struct dbk_err *err)
{
    struct request *request = &post->request;
    struct dbk_err why = {.text = ""};
    request->again = false;
    request->attempts++;
    int code = open_producer(post, &why);
    if (code == 0)
        code = dbk_producer_send(post->producer, request->partition, post->result.event.account,
                                 request->json, request->length, 0, &why);
    if (code == DBK_EUNKNOWN) /* it had given up before: this event it did not take */
        return start_anew(post, &why, err);
    if (code != 0)
        fail(post, &why);
    return 0;
}

/** Find the first event of the id: fold the partition again, from offset 0. */
static int look_up(struct dbk_post *post, struct dbk_err *err)
{
    post->request.looked_up = true;
    int code = dbk_post_reset(post, post->request.partition, err);
    return code == 0 ? dbk_post_follow(post, err) : code;
}

/** Write the event as it will be sent, and read it back into the result. */
static int prepare(struct dbk_post *post, const struct dbk_post_request *asked, struct dbk_err *err)
{
    struct request *request = &post->request;
    struct dbk_event event = asked->event;
    bool failed = false;
    DBK_ASSERT(!request->waiting && post->account.name.length > 0);
    *request = (struct request){
        .date_matters = asked->date_matters,
        .memo_matters = asked->memo_matters,
        .partition = post->account.partition,
        .offset = -1,
    };
    event.account = post->account.name;
    /* No number follows one whose outcome is not known: that one would become a duplicate. */
    bool unresolved = post->result.outcome == DBK_OUTCOME_UNKNOWN;
    if (unresolved && dbk_post_new_source(post, err) != 0)
        return DBK_ENOMEM;
    if (event.source.length == 0) {
        event.source = (struct dbk_text){post->source, (uint32_t)strlen(post->source)};
        event.seq = ++post->seq;
    }
    DBK_ASSERT(dbk_event_check(&event) == DBK_WELL_FORMED);
    request->length = dbk_event_encode(request->json, &event);
    post->result = (struct dbk_post_result){.partition = request->partition, .offset = -1};
    const struct dbk_record record = {
        .key_length = DBK_LENGTH_NULL,
        .value = request->json,
        .value_length = (int32_t)request->length,
    };
    enum dbk_malformed malformed =
        dbk_event_decode(&post->result.event, &failed, request->scratch, &record);
    if (failed)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    DBK_ASSERT(malformed == DBK_WELL_FORMED);
    return 0;
}

/** @param[out] seq  the last number seen of the last request's source, or -1. @return 0,
 * DBK_ENOMEM, DBK_EVIEW. */
static int last_seq(struct dbk_post *post, int64_t *seq, struct dbk_err *err)
{
    int code = dbk_ledger_find_source(dbk_book_ledger(post->book, post->request.partition), seq,
                                      post->result.event.source);
    return code == 0 ? 0 : dbk_post_fold_failed(post, code, err);
}

/** One whose number was seen could only be a duplicate: the log need not hold it to know. */
static int recognise(struct dbk_post *post, struct dbk_err *err)
{
    struct request *request = &post->request;
    int64_t seq_seen = -1;
    const struct dbk_event *event = &post->result.event;
    int code = last_seq(post, &seq_seen, err);
    if (code != 0)
        return code;
    request->known = seq_seen >= event->seq;
    request->maybe_sent = request->known;
    return 0;
}

/** Take the request's first step. Whatever fails from here on is in the result. */
static void begin(struct dbk_post *post, int (*step)(struct dbk_post *, struct dbk_err *))
{
    struct dbk_err why;
    post->request.waiting = true;
    if (dbk_post_may_pass(post, step(post, &why)) != 0)
        dbk_post_abandon(post, why.text);
}

int dbk_post_send(struct dbk_post *post, const struct dbk_post_request *asked, struct dbk_err *err)
{
    int code = prepare(post, asked, err);
    if (code == 0)
        code = recognise(post, err);
    if (code == DBK_EVIEW) /* whether it was known, the fold of all will say */
        code = dbk_post_may_pass(post, dbk_post_fold_from_log(post, err));
    if (code == 0)
        begin(post, post->request.known ? look_up : transmit);
    return code;
}

void dbk_post_match(struct dbk_post *post, const struct dbk_entry *entry)
{
    struct request *request = &post->request;
    const struct dbk_event *event = &entry->event;
    const struct dbk_event *sent = &post->result.event;
    if (!request->waiting || request->first.found || entry->posting.verdict <= DBK_DUPLICATE ||
        entry->record.partition != request->partition || event->seq != sent->seq ||
        event->source.length != sent->source.length ||
        memcmp(event->source.bytes, sent->source.bytes, sent->source.length) != 0)
        return;
    bool posted = entry->posting.verdict == DBK_POSTED;
    request->first = (struct dbk_first){
        .found = true,
        .same = dbk_event_asks_same(event, sent, request->date_matters, request->memo_matters),
        .verdict = entry->posting.verdict,
    };
    request->first_offset = entry->record.offset;
    request->first_balance_minor =
        posted ? entry->posting.balance_minor : post->account.balance_minor;
}

/** @return true where everything that decides was folded. */
static bool is_folded(const struct dbk_post *post)
{
    const struct request *request = &post->request;
    if (request->acknowledged && request->offset >= 0)
        return dbk_book_checkpoint(post->book, request->partition)->offset_next > request->offset;
    return (request->acknowledged || request->known) && post->online;
}

/** The verdict of the event itself; it is a duplicate where its id came before it. */
static enum dbk_verdict own_verdict(const struct request *request)
{
    bool is_first =
        request->first.found &&
        (request->offset >= 0 ? request->offset == request->first_offset : request->first.same);
    return is_first && !request->known ? request->first.verdict : DBK_DUPLICATE;
}

/** Say what the log has decided, if it has. */
static int decide(struct dbk_post *post, struct dbk_err *err)
{
    struct request *request = &post->request;
    struct dbk_post_result *result = &post->result;
    if (!request->waiting || !is_folded(post))
        return 0;
    enum dbk_outcome outcome = dbk_outcome_of(own_verdict(request), &request->first);
    if (outcome == DBK_OUTCOME_SEQ_BELOW && !request->looked_up)
        return look_up(post, err);
    if (request->first.found) {
        result->verdict = request->first.verdict;
        result->offset = request->first_offset;
        result->balance_minor = request->first_balance_minor;
    } else {
        result->verdict = DBK_DUPLICATE;
        result->offset = request->offset;
        result->balance_minor = post->account.balance_minor;
        int code = last_seq(post, &result->seq_seen, err);
        if (code != 0)
            return code;
    }
    finish(post, outcome);
    return 0;
}

static int serve_producer(struct dbk_post *post, int timeout_ms, struct dbk_err *err)
{
    struct request *request = &post->request;
    struct dbk_err why;
    int code = dbk_producer_poll(post->producer, timeout_ms, &why);
    if (!request->waiting || request->acknowledged) {
        if (code != 0)
            close_producer(post); /* nothing of ours is in it */
        else if (request->waiting && request->offset < 0)
            return dbk_post_follow(post, err); /* the broker had it already, and says not where */
        return 0;
    }
    if (code == DBK_EUNKNOWN) {
        request->maybe_sent = true;
        return start_anew(post, &why, err);
    }
    if (code != 0)
        fail(post, &why);
    return 0;
}

int dbk_post_serve(struct dbk_post *post, int timeout_ms, struct dbk_err *err)
{
    struct request *request = &post->request;
    bool unanswered = request->waiting && !request->acknowledged;
    int code = 0;
    if (post->producer != NULL && (unanswered || !request->waiting))
        code = serve_producer(post, timeout_ms, err);
    if (code == 0 && request->waiting && request->again && post->online) {
        if (request->first.found && request->first.same) {
            request->acknowledged = true;
            request->offset = request->first_offset;
            request->again = false;
        } else {
            code = transmit(post, err);
        }
    }
    return code == 0 ? decide(post, err) : code;
}

void dbk_post_abandon(struct dbk_post *post, const char *why)
{
    struct request *request = &post->request;
    struct dbk_err text;
    if (!request->waiting)
        return;
    if (post->producer != NULL && !request->acknowledged)
        request->maybe_sent = !dbk_producer_abandon(post->producer) || request->maybe_sent;
    request->maybe_sent = request->maybe_sent || request->acknowledged || request->first.found;
    dbk_err_set(&text, request->maybe_sent ? DBK_EUNKNOWN : DBK_EBROKER, "%s", why);
    fail(post, &text);
}

int dbk_post_predict(struct dbk_post *post, const struct dbk_post_request *asked,
                     struct dbk_err *err)
{
    char scratch[DBK_EVENT_SCRATCH];
    struct request *request = &post->request;
    int code = prepare(post, asked, err);
    if (code == 0)
        code = recognise(post, err);
    if (code == DBK_EVIEW) {
        code = dbk_post_fold_from_log(post, err);
        if (code == 0)
            code = dbk_post_catch_up(post, err);
        if (code == 0)
            code = recognise(post, err);
    }
    if (code != 0)
        return code;
    if (request->known) {
        begin(post, look_up);
        return 0;
    }
    struct dbk_entry entry = {
        .record = {
            .offset = dbk_book_checkpoint(post->book, request->partition)->offset_next,
            .timestamp_ms = dbk_clock_wall_ms(),
            .partition = request->partition,
            .key = post->account.name.bytes,
            .key_length = (int32_t)post->account.name.length,
            .value = request->json,
            .value_length = (int32_t)request->length,
        }};
    code = dbk_book_apply(post->book, &entry, scratch);
    if (code != 0)
        return dbk_post_fold_failed(post, code, err);
    post->result.outcome = DBK_OUTCOME_NOT_SENT;
    post->result.verdict = entry.posting.verdict;
    post->result.balance_minor = entry.posting.verdict == DBK_POSTED ? entry.posting.balance_minor
                                                                     : post->account.balance_minor;
    return 0;
}
