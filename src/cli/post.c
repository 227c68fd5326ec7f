#include "post_internal.h"

#include "replay.h"

#include <daybook/clock.h>
#include <daybook/message.h>
#include <daybook/view_cursor.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** How long opening, connecting and catching up wait for a broker that says nothing. */
#define SILENCE_MS 10000

/** How often a log that cannot be read is tried again. */
#define RETRY_MS 500

int dbk_post_new_source(struct dbk_post *post, struct dbk_err *err)
{
    static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
    static const char prefix[] = "teller:";
    uint8_t random[16];
    int code = dbk_random_key(random, err);
    if (code != 0)
        return code;
    memcpy(post->source, prefix, sizeof prefix);
    for (size_t i = 0; i < sizeof random; i++)
        post->source[sizeof prefix - 1 + i] = digits[random[i] % 32];
    post->source[sizeof prefix - 1 + sizeof random] = '\0';
    post->seq = -1;
    return 0;
}

/** Fold into this book from now on; nothing is followed yet. */
static int have_book(struct dbk_post *post, struct dbk_book *book, struct dbk_err *err)
{
    post->book = book;
    free(post->followed);
    free(post->offset_end);
    post->followed = calloc((size_t)dbk_book_partition_count(book), sizeof(bool));
    post->offset_end = dbk_offsets_new(book, err);
    return post->followed != NULL && post->offset_end != NULL
               ? 0
               : dbk_err_set(err, DBK_ENOMEM, "out of memory.");
}

static void close_book(struct dbk_post *post)
{
    if (post->book != post->borrowed.book)
        dbk_book_close(post->book);
    dbk_at_hand_give_back(&post->borrowed);
    post->book = NULL;
}

/** Borrow from the view, and begin to read the account's partition where it ends. Whether the view
 *  is of this log at all is found out meanwhile. */
static int begin_borrowing(struct dbk_post *post, struct dbk_text account, struct dbk_err *err)
{
    dbk_at_hand_borrow(&post->borrowed, post->config);
    if (post->borrowed.book == NULL)
        return 0;
    int code = have_book(post, post->borrowed.book, err);
    if (code != 0)
        return code;
    int32_t partition = dbk_event_partition(account, dbk_book_partition_count(post->book));
    post->followed[partition] = true;
    return dbk_post_follow(post, err);
}

/** The view was of another log, or there is none: begin with an empty book. */
static int have_own_book(struct dbk_post *post, struct dbk_err *err)
{
    struct dbk_book *empty = NULL;
    int code = dbk_open_book(dbk_log_topic(post->log), &empty, err);
    if (code == 0)
        code = have_book(post, empty, err);
    return code == 0 ? dbk_post_follow(post, err) : code;
}

/** Begin to connect both ways, open the view meanwhile, and only then wait for the broker. */
static int open_log_and_book(struct dbk_post *post, struct dbk_text account, struct dbk_err *err)
{
    int code = dbk_post_connect_producer(post, err);
    if (code == 0)
        code = dbk_log_connect(&post->log, post->config, err);
    if (code == 0)
        dbk_log_ask_through(post->log, post->producer);
    if (code == 0 && account.length > 0)
        code = begin_borrowing(post, account, err);
    if (code == 0)
        code = dbk_log_check(post->log, err);
    if (code != 0)
        return code;
    if (!dbk_at_hand_is_of(&post->borrowed, dbk_log_topic(post->log)))
        close_book(post);
    if (post->book == NULL)
        code = have_own_book(post, err);
    return code == 0 ? dbk_producer_admit(post->producer, dbk_log_topic(post->log), err) : code;
}

int dbk_post_open(struct dbk_post **post, const struct dbk_config *config, struct dbk_text account,
                  struct dbk_err *err)
{
    *post = NULL;
    struct dbk_post *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    opened->config = config;
    int code = dbk_post_new_source(opened, err);
    if (code == 0)
        code = dbk_sheet_open(&opened->sheet, err);
    if (code == 0)
        code = open_log_and_book(opened, account, err);
    if (code != 0) {
        dbk_post_close(opened);
        return code;
    }
    dbk_log_set_timeout(opened->log, SILENCE_MS);
    *post = opened;
    return 0;
}

void dbk_post_close(struct dbk_post *post)
{
    if (post == NULL)
        return;
    dbk_sheet_close(&post->sheet);
    dbk_log_close(post->log);
    dbk_producer_close(post->producer);
    close_book(post);
    free(post->followed);
    free(post->offset_end);
    free(post);
}

void dbk_post_watch(struct dbk_post *post, dbk_post_watcher *watcher, void *context)
{
    post->watcher = watcher;
    post->context = context;
}

int dbk_post_follow(struct dbk_post *post, struct dbk_err *err)
{
    post->online = false;
    post->retry_ms = 0;
    return dbk_log_follow(post->log, post->book, post->followed, err);
}

/** The connected account as the book has it now. */
static void look_at_account(struct dbk_post *post)
{
    struct dbk_post_account *account = &post->account;
    struct dbk_ledger *ledger = dbk_book_ledger(post->book, account->partition);
    uint32_t index;
    account->exists = dbk_ledger_find(ledger, &index, account->name);
    account->balance_minor = account->exists ? dbk_ledger_account(ledger, index)->balance_minor : 0;
    account->change_count++;
}

static void push_row(struct dbk_post_account *account, const struct dbk_post_row *row)
{
    memmove(account->recent + 1, account->recent,
            (DBK_POST_RECENT - 1) * sizeof account->recent[0]);
    account->recent[0] = *row;
    account->recent_count += account->recent_count < DBK_POST_RECENT;
}

static void set_memo(struct dbk_post_row *row, struct dbk_text memo)
{
    uint32_t length = memo.length < DBK_MEMO_MAX ? memo.length : DBK_MEMO_MAX;
    memcpy(row->memo, memo.length > 0 ? memo.bytes : "", length);
    row->memo[length] = '\0';
}

static void update_account(struct dbk_post *post, const struct dbk_entry *entry)
{
    struct dbk_post_account *account = &post->account;
    const struct dbk_event *event = &entry->event;
    if (entry->posting.verdict != DBK_POSTED || account->name.length != event->account.length ||
        account->name.length == 0 ||
        memcmp(account->name.bytes, event->account.bytes, account->name.length) != 0)
        return;
    struct dbk_post_row row = {
        .partition = entry->record.partition,
        .offset = entry->record.offset,
        .date_s = event->date_s,
        .amount_minor = event->type == DBK_DEPOSIT ? event->value_minor : -event->value_minor,
        .balance_minor = entry->posting.balance_minor,
    };
    set_memo(&row, event->memo);
    push_row(account, &row);
    account->exists = true;
    account->balance_minor = row.balance_minor;
    account->change_count++;
}

/** Read and fold what has come. */
static int fold(struct dbk_post *post, int timeout_ms, struct dbk_err *err)
{
    int code = dbk_sheet_read(&post->sheet, post->log, post->book, timeout_ms, err);
    for (size_t i = 0; code == 0 && i < post->sheet.changes.count; i++) {
        const struct dbk_entry *entry = &post->sheet.changes.entries[i];
        dbk_post_match(post, entry);
        update_account(post, entry);
        if (post->watcher != NULL)
            post->watcher(post->context, entry);
    }
    dbk_sheet_release(&post->sheet);
    return code;
}

int dbk_post_fold_failed(const struct dbk_post *post, int code, struct dbk_err *err)
{
    if (code != DBK_EVIEW)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    const struct dbk_err *why =
        post->borrowed.lender != NULL ? dbk_view_lender_error(post->borrowed.lender) : NULL;
    return dbk_err_set(err, DBK_EVIEW, "%s",
                       why != NULL && why->code != 0 ? why->text : "the view is damaged.");
}

/** Have an empty book of our own instead of the one that borrows. */
static int stop_borrowing(struct dbk_post *post, struct dbk_err *err)
{
    struct dbk_book *empty = NULL;
    int code = dbk_open_book(dbk_log_topic(post->log), &empty, err);
    if (code != 0)
        return code;
    close_book(post);
    post->book = empty;
    post->account.recent_count = 0;
    look_at_account(post);
    return 0;
}

int dbk_post_fold_from_log(struct dbk_post *post, struct dbk_err *err)
{
    struct dbk_err why;
    (void)dbk_post_fold_failed(post, DBK_EVIEW, &why);
    dbk_warning("going on without the database: %s", why.text);
    int code = stop_borrowing(post, err);
    return code == 0 ? dbk_post_follow(post, err) : code;
}

int dbk_post_may_pass(struct dbk_post *post, int code)
{
    if (code != DBK_EBROKER)
        return code;
    post->online = false;
    post->retry_ms = dbk_clock_monotonic_ms() + RETRY_MS;
    return 0;
}

int dbk_post_step(struct dbk_post *post, int timeout_ms, struct dbk_err *err)
{
    int64_t now_ms = dbk_clock_monotonic_ms();
    bool lost = dbk_log_interrupted(post->log) && dbk_log_is_linked(post->log);
    int code = 0;
    if (lost || (post->retry_ms != 0 && now_ms >= post->retry_ms))
        code = dbk_post_follow(post, err);
    const struct request *request = &post->request;
    bool unanswered =
        request->waiting && !request->acknowledged && !request->again && !request->known;
    if (code == 0)
        code = dbk_post_serve(post, unanswered ? timeout_ms : 0, err);
    unanswered = unanswered && !request->acknowledged;
    int fold_ms = lost || unanswered ? 0 : timeout_ms;
    if (code == 0 && post->retry_ms == 0) {
        code = fold(post, fold_ms, err);
        if (code == DBK_EVIEW)
            code = dbk_post_fold_from_log(post, err);
    } else if (code == 0) {
        usleep((useconds_t)fold_ms * 1000); /* there is nothing to read before the next try */
    }
    code = dbk_post_may_pass(post, code);
    if (code == 0)
        code = dbk_post_serve(post, 0, err);
    if (!post->online && post->retry_ms == 0)
        post->online = dbk_log_is_caught_up(post->log);
    return code;
}

bool dbk_post_is_online(const struct dbk_post *post)
{
    return post->online;
}

typedef bool reached(const struct dbk_post *post);

/** The log was recognised. */
static bool is_linked(const struct dbk_post *post)
{
    return dbk_log_is_linked(post->log);
}

/** It is read, and was to the end that it had when it was asked. */
static bool is_caught_up(const struct dbk_post *post)
{
    for (int32_t p = 0; p < dbk_book_partition_count(post->book); p++)
        if (post->followed[p] &&
            dbk_book_checkpoint(post->book, p)->offset_next < post->offset_end[p])
            return false;
    return post->retry_ms == 0 && dbk_log_is_linked(post->log);
}

/** Step until it is so, as long as the broker says something. */
static int step_until(struct dbk_post *post, reached *is_reached, struct dbk_err *err)
{
    int64_t before = dbk_book_event_count(post->book);
    int64_t heard_ms = dbk_clock_monotonic_ms();
    while (!is_reached(post)) {
        int code = dbk_post_step(post, 50, err);
        if (code != 0)
            return code;
        if (dbk_stop_requested)
            return dbk_err_set(err, DBK_ESTOPPED, "stopped.");
        int64_t now_ms = dbk_clock_monotonic_ms();
        if (dbk_book_event_count(post->book) != before)
            heard_ms = now_ms;
        before = dbk_book_event_count(post->book);
        if (now_ms - heard_ms > SILENCE_MS)
            return dbk_err_set(err, DBK_EBROKER,
                               "the broker at %s does not answer any more; nothing was sent.",
                               post->config->brokers);
    }
    return 0;
}

int dbk_post_catch_up(struct dbk_post *post, struct dbk_err *err)
{
    /* That there is no more, a reader learns only after the broker waited for more in vain. */
    int code = dbk_log_watermarks(post->log, NULL, post->offset_end, err);
    if (code == 0)
        code = step_until(post, is_caught_up, err);
    post->online = post->online || code == 0;
    return code;
}

int dbk_post_reset(struct dbk_post *post, int32_t partition, struct dbk_err *err)
{
    struct dbk_book *empty = NULL;
    int code = dbk_open_book(dbk_log_topic(post->log), &empty, err);
    if (code != 0)
        return code;
    dbk_book_swap(post->book, empty, partition);
    dbk_book_close(empty);
    if (post->account.name.length > 0 && post->account.partition == partition) {
        post->account.recent_count = 0;
        look_at_account(post);
    }
    return 0;
}

/** The last transactions as the view has them, at the book's own checkpoint. */
static int read_recent(struct dbk_post *post, struct dbk_view *view, struct dbk_book *book,
                       struct dbk_err *err)
{
    struct dbk_post_account *account = &post->account;
    struct dbk_view_cursor *cursor = NULL;
    uint32_t index;
    if (!dbk_ledger_find(dbk_book_ledger(book, account->partition), &index, account->name))
        return 0;
    const int64_t parameters[] = {
        (int64_t)index * dbk_book_partition_count(book) + account->partition, DBK_POST_RECENT};
    int code = dbk_view_cursor_open(&cursor, view, DBK_WALK_LATEST, parameters, err);
    while (code == 0 && (code = dbk_view_cursor_next(cursor, err)) == 0) {
        const struct dbk_row *found = dbk_view_cursor_row(cursor);
        if (found == NULL || account->recent_count == DBK_POST_RECENT)
            break;
        struct dbk_post_row *row = &account->recent[account->recent_count++];
        *row = (struct dbk_post_row){
            .partition = (int32_t)found->values[0].integer,
            .offset = found->values[1].integer,
            .date_s = found->values[2].integer,
            .amount_minor = found->values[3].integer,
            .balance_minor = found->values[4].integer,
        };
        if (found->values[5].kind == DBK_VALUE_TEXT)
            set_memo(row, found->values[5].text);
    }
    dbk_view_cursor_close(cursor);
    return code;
}

/** Load one partition (or all that are not followed: -1) and take them into the book. */
static int load(struct dbk_post *post, int32_t only, bool with_recent, struct dbk_err *err)
{
    struct dbk_book *loaded = NULL;
    struct dbk_view *view = NULL;
    int code = dbk_open_book(dbk_log_topic(post->log), &loaded, err);
    if (code == 0)
        code = dbk_at_hand(loaded, post->log, post->config, only, &view, err);
    if (code == 0 && with_recent && view != NULL)
        code = read_recent(post, view, loaded, err);
    bool usable = code == 0 && (!with_recent || view != NULL);
    for (int32_t p = 0; usable && p < dbk_book_partition_count(loaded); p++)
        if (p == only || (only < 0 && !post->followed[p]))
            dbk_book_swap(post->book, loaded, p);
    dbk_view_close(view);
    dbk_book_close(loaded);
    if (code == 0 && !usable) /* a snapshot has no transactions */
        code = dbk_post_reset(post, only, err);
    return code;
}

/** Ask for the account, where the book borrows. */
static int borrow_account(struct dbk_post *post, struct dbk_err *err)
{
    struct dbk_ledger *ledger = dbk_book_ledger(post->book, post->account.partition);
    int code = dbk_ledger_ask_for(ledger, post->account.name);
    if (code == DBK_EVIEW)
        return dbk_post_fold_from_log(post, err);
    return code == 0 ? 0 : dbk_post_fold_failed(post, code, err);
}

static int connect(struct dbk_post *post, enum dbk_post_base base, struct dbk_err *err)
{
    int32_t p = post->account.partition;
    bool had = post->followed[p];
    int code = post->borrowed.lender != NULL ? borrow_account(post, err) : 0;
    if (code == 0 && (base == DBK_POST_RECENTS || !had))
        code = load(post, p, base == DBK_POST_RECENTS, err);
    post->followed[p] = had || code == 0;
    look_at_account(post);
    if (base != DBK_POST_FASTEST || !had) {
        struct dbk_err other;
        int followed = dbk_post_follow(post, code == 0 ? err : &other);
        code = code == 0 ? followed : code;
    }
    return code == 0 ? step_until(post, is_linked, err) : code;
}

int dbk_post_connect(struct dbk_post *post, struct dbk_text account, enum dbk_post_base base,
                     struct dbk_err *err)
{
    dbk_post_disconnect(post);
    if (!dbk_text_is_clean(account, DBK_ACCOUNT_MAX, true))
        return dbk_err_set(err, DBK_EUSAGE,
                           "that cannot be an account's name: 1 to 64 bytes of UTF-8, no control "
                           "characters, no space at either end.");
    memcpy(post->name, account.bytes, account.length);
    post->account.name = (struct dbk_text){post->name, account.length};
    post->account.partition = dbk_event_partition(account, dbk_book_partition_count(post->book));
    int code = connect(post, base, err);
    if (code != 0)
        dbk_post_disconnect(post);
    return code;
}

void dbk_post_disconnect(struct dbk_post *post)
{
    DBK_ASSERT(!post->request.waiting);
    int64_t change_count = post->account.change_count;
    post->account = (struct dbk_post_account){.change_count = change_count + 1};
}

int dbk_post_load_all(struct dbk_post *post, struct dbk_err *err)
{
    int code = 0;
    if (post->borrowed.lender != NULL) {
        code = stop_borrowing(post, err);
        for (int32_t p = 0; code == 0 && p < dbk_book_partition_count(post->book); p++)
            post->followed[p] = false;
        if (code == 0)
            code = dbk_post_follow(post, err); /* nothing, until all is loaded */
    }
    if (code == 0)
        code = load(post, -1, false, err);
    for (int32_t p = 0; code == 0 && p < dbk_book_partition_count(post->book); p++)
        post->followed[p] = true;
    if (code == 0)
        code = dbk_post_follow(post, err);
    return code == 0 ? step_until(post, is_linked, err) : code;
}

const struct dbk_post_account *dbk_post_account(const struct dbk_post *post)
{
    return &post->account;
}

void dbk_post_each_account(struct dbk_post *post, dbk_visit_post_account *visit, void *context)
{
    for (int32_t p = 0; p < dbk_book_partition_count(post->book); p++) {
        struct dbk_ledger *ledger = dbk_book_ledger(post->book, p);
        uint32_t count = post->followed[p] ? dbk_ledger_account_count(ledger) : 0;
        for (uint32_t i = 0; i < count; i++)
            visit(context, dbk_ledger_account(ledger, i));
    }
}
