#include "audit.h"

#include "json_out.h"
#include "sheet.h"

#include <daybook/clock.h>
#include <daybook/escape.h>
#include <daybook/message.h>
#include <daybook/view_read.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** The digest every so many offsets as the view has it, for one partition. */
struct points {
    struct dbk_digest *digests;
    bool *known;
    int64_t count;
};

struct audit {
    const struct dbk_audit_options *options;
    struct dbk_audit_result *result;
    struct dbk_log *log;
    struct dbk_book *book; /* what the log says */
    struct dbk_view *view; /* what the view says, as of one commit */
    struct dbk_checkpoint *stored;
    struct points *points;
    bool *broken;   /* per partition: a digest has differed already */
    uint8_t **seen; /* per partition: accounts of the book that the view has */
};

/** Report one difference: for people at once, for programs in the end. */
static void differ(struct audit *audit, const char *check, struct dbk_text account,
                   const char *what, const char *expected, const char *stored, const char *at,
                   const char *next)
{
    if (audit->result->difference_count++ >= audit->options->print_max)
        return;
    if (audit->options->json) {
        json_t *object = json_object();
        json_object_set_new(object, "check", json_string(check));
        if (account.length > 0)
            dbk_json_set_text(object, "account", account);
        json_object_set_new(object, "what", json_string(what));
        json_object_set_new(object, "expected", json_string(expected));
        json_object_set_new(object, "stored", json_string(stored));
        if (at[0] != '\0')
            json_object_set_new(object, "at", json_string(at));
        json_object_set_new(object, "next", json_string(next));
        json_array_append_new(audit->result->differences, object);
        return;
    }
    char *name = dbk_escape_terminal(account, true);
    printf("%s%s%s: %s: expected %s, stored %s%s%s; %s\n", check, account.length > 0 ? " " : "",
           name != NULL ? name : "?", what, expected, stored, at[0] != '\0' ? ", at " : "", at,
           next);
    free(name);
}

static const struct dbk_text no_account = {"", 0};
static const char repair[] = "daybook project --reset";

static void differ_amount(struct audit *audit, const struct dbk_account *account, const char *what,
                          int64_t expected_minor, int64_t stored_minor)
{
    char expected[DBK_MONEY_TEXT_SIZE];
    char stored[DBK_MONEY_TEXT_SIZE];
    char difference[DBK_MONEY_SUM_TEXT_SIZE];
    char both[2 * DBK_MONEY_SUM_TEXT_SIZE + 32];
    if (expected_minor == stored_minor)
        return;
    dbk_money_format(expected, expected_minor);
    dbk_money_format(stored, stored_minor);
    dbk_money_format_sum(difference, (dbk_int128)stored_minor - expected_minor);
    snprintf(both, sizeof both, "%s (difference %s)", stored, difference);
    differ(audit, "balance", account->name, what, expected, both, "", repair);
}

static void differ_integer(struct audit *audit, const struct dbk_account *account, const char *what,
                           int64_t expected, int64_t stored)
{
    char expected_text[24];
    char stored_text[24];
    if (expected == stored)
        return;
    snprintf(expected_text, sizeof expected_text, "%" PRId64, expected);
    snprintf(stored_text, sizeof stored_text, "%" PRId64, stored);
    differ(audit, "balance", account->name, what, expected_text, stored_text, "", repair);
}

/** An account as the view has it, against the one that the log gives. */
static int compare_account(void *context, int64_t account_id, const struct dbk_account *stored,
                           struct dbk_err *err)
{
    struct audit *audit = context;
    int32_t count = dbk_book_partition_count(audit->book);
    int32_t partition = dbk_event_partition(stored->name, count);
    struct dbk_ledger *ledger = dbk_book_ledger(audit->book, partition);
    uint32_t index;
    (void)err;
    if (!dbk_ledger_find(ledger, &index, stored->name)) {
        differ(audit, "account", stored->name, "is in the view", "none in the log", "an account",
               "", repair);
        return 0;
    }
    const struct dbk_account *expected = dbk_ledger_account(ledger, index);
    audit->seen[partition][index] = 1;
    differ_integer(audit, stored, "account_id", (int64_t)index * count + partition, account_id);
    differ_amount(audit, stored, "balance", expected->balance_minor, stored->balance_minor);
    differ_amount(audit, stored, "deposits", expected->deposits_minor, stored->deposits_minor);
    differ_amount(audit, stored, "withdrawals", expected->withdrawals_minor,
                  stored->withdrawals_minor);
    differ_integer(audit, stored, "deposit_count", expected->deposit_count, stored->deposit_count);
    differ_integer(audit, stored, "withdrawal_count", expected->withdrawal_count,
                   stored->withdrawal_count);
    differ_integer(audit, stored, "last_offset", expected->last_offset, stored->last_offset);
    differ_integer(audit, stored, "last_date_s", expected->last_date_s, stored->last_date_s);
    return 0;
}

static int compare_accounts(struct audit *audit, struct dbk_err *err)
{
    int32_t count = dbk_book_partition_count(audit->book);
    for (int32_t p = 0; p < count; p++) {
        size_t size = dbk_ledger_account_count(dbk_book_ledger(audit->book, p));
        audit->seen[p] = calloc(size + 1, 1);
        if (audit->seen[p] == NULL)
            return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    }
    int code = dbk_view_each_account(audit->view, NULL, compare_account, audit, err);
    for (int32_t p = 0; code == 0 && p < count; p++) {
        struct dbk_ledger *ledger = dbk_book_ledger(audit->book, p);
        for (uint32_t i = 0; i < dbk_ledger_account_count(ledger); i++) {
            const struct dbk_account *account = dbk_ledger_account(ledger, i);
            char balance[DBK_MONEY_TEXT_SIZE];
            if (audit->seen[p][i])
                continue;
            dbk_money_format(balance, account->balance_minor);
            differ(audit, "account", account->name, "balance", balance, "no such account", "",
                   repair);
        }
    }
    return code;
}

/** Rows by verdict, counted in the tables, against what the replay saw. */
static int compare_counts(struct audit *audit, const int64_t *expected, struct dbk_err *err)
{
    int64_t stored[DBK_VERDICT_COUNT];
    int code = dbk_view_count_verdicts(audit->view, stored, err);
    for (int i = 0; code == 0 && i < DBK_VERDICT_COUNT; i++) {
        char expected_text[24];
        char stored_text[24];
        if (expected[i] == stored[i])
            continue;
        snprintf(expected_text, sizeof expected_text, "%" PRId64, expected[i]);
        snprintf(stored_text, sizeof stored_text, "%" PRId64, stored[i]);
        differ(audit, "count", no_account, dbk_verdict_name((enum dbk_verdict)i), expected_text,
               stored_text, "", repair);
    }
    return code;
}

static void differ_digest(struct audit *audit, const char *check, int32_t partition,
                          int64_t offset_next, const struct dbk_digest *expected,
                          const struct dbk_digest *stored)
{
    char expected_hex[2 * DBK_DIGEST_SIZE + 1];
    char stored_hex[2 * DBK_DIGEST_SIZE + 1];
    char at[64];
    int64_t first = (offset_next - 1) / DBK_DIGEST_INTERVAL * DBK_DIGEST_INTERVAL;
    if (memcmp(expected->bytes, stored->bytes, DBK_DIGEST_SIZE) == 0 || audit->broken[partition])
        return;
    audit->broken[partition] = true; /* all later links of the chain differ with it */
    dbk_digest_hex(expected_hex, expected);
    dbk_digest_hex(stored_hex, stored);
    expected_hex[16] = stored_hex[16] = '\0';
    snprintf(at, sizeof at, "%d:%" PRId64 " to %d:%" PRId64, partition, first, partition,
             offset_next - 1);
    differ(audit, check, no_account, "the log's digest", expected_hex, stored_hex, at,
           "the log or the view was changed after the fact: compare with a copy of the log");
}

static int keep_point(void *context, const struct dbk_digest_point *point, struct dbk_err *err)
{
    struct audit *audit = context;
    int64_t i = point->offset_next / DBK_DIGEST_INTERVAL - 1;
    (void)err;
    if (point->partition < 0 ||
        point->partition >= dbk_view_identity(audit->view)->partition_count ||
        point->offset_next % DBK_DIGEST_INTERVAL != 0 || i < 0 ||
        i >= audit->points[point->partition].count) {
        differ(audit, "digest", no_account, "a row of table digests", "none", "one", "", repair);
        return 0;
    }
    audit->points[point->partition].digests[i] = point->digest;
    audit->points[point->partition].known[i] = true;
    return 0;
}

static int load_points(struct audit *audit, struct dbk_err *err)
{
    int32_t count = dbk_view_identity(audit->view)->partition_count;
    for (int32_t p = 0; p < count; p++) {
        struct points *points = &audit->points[p];
        points->count = audit->stored[p].offset_next / DBK_DIGEST_INTERVAL;
        points->digests = calloc((size_t)points->count + 1, sizeof *points->digests);
        points->known = calloc((size_t)points->count + 1, sizeof *points->known);
        if (points->digests == NULL || points->known == NULL)
            return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    }
    return dbk_view_each_point(audit->view, keep_point, audit, err);
}

static void compare_points(struct audit *audit, const struct dbk_changes *changes)
{
    for (size_t i = 0; i < changes->point_count; i++) {
        const struct dbk_digest_point *point = &changes->points[i];
        const struct points *points = &audit->points[point->partition];
        int64_t index = point->offset_next / DBK_DIGEST_INTERVAL - 1;
        if (!points->known[index])
            differ(audit, "digest", no_account, "a row of table digests", "one", "none", "",
                   repair);
        else
            differ_digest(audit, "digest", point->partition, point->offset_next, &point->digest,
                          &points->digests[index]);
    }
}

/** The log must reach the view's checkpoint; a new leader may need a moment to know its end. */
static int check_length(struct audit *audit, int64_t *offset_end, struct dbk_err *err)
{
    int32_t count = dbk_book_partition_count(audit->book);
    int64_t deadline_ms = dbk_clock_monotonic_ms() + 10000;
    bool is_short;
    int code;
    do {
        is_short = false;
        code = dbk_log_watermarks(audit->log, NULL, offset_end, err);
        for (int32_t p = 0; code == 0 && p < count; p++)
            is_short = is_short || offset_end[p] < audit->stored[p].offset_next;
    } while (code == 0 && is_short && !dbk_stop_requested &&
             dbk_clock_monotonic_ms() < deadline_ms);
    for (int32_t p = 0; code == 0 && p < count; p++) {
        char expected[48];
        char stored[48];
        if (offset_end[p] >= audit->stored[p].offset_next) {
            offset_end[p] = audit->stored[p].offset_next;
            continue;
        }
        snprintf(expected, sizeof expected, "up to %d:%" PRId64, p, offset_end[p] - 1);
        snprintf(stored, sizeof stored, "up to %d:%" PRId64, p, audit->stored[p].offset_next - 1);
        audit->broken[p] = true;
        differ(audit, "log", no_account, "it is shorter than the view", expected, stored, "",
               "keep the view: it holds events that the log has lost");
    }
    return code;
}

/** Replay the log to the view's checkpoints. */
static int replay(struct audit *audit, int64_t *counts, struct dbk_err *err)
{
    struct dbk_sheet sheet;
    struct dbk_progress progress;
    int64_t total = 0;
    int32_t count = dbk_book_partition_count(audit->book);
    int64_t *offset_end = calloc((size_t)count, sizeof *offset_end);
    int code = dbk_sheet_open(&sheet, err);
    if (offset_end == NULL)
        code = dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    if (code == 0)
        code = check_length(audit, offset_end, err);
    for (int32_t p = 0; code == 0 && p < count; p++)
        total += offset_end[p];
    if (code == 0)
        code = dbk_start_after_book(audit->log, audit->book, offset_end, err);
    dbk_progress_start(&progress, "audited", "events", total);
    while (code == 0 && !dbk_log_at_end(audit->log)) {
        code = dbk_sheet_read(&sheet, audit->log, audit->book, 100, err);
        for (size_t i = 0; code == 0 && i < sheet.changes.count; i++)
            counts[sheet.changes.entries[i].posting.verdict]++;
        if (code == 0)
            compare_points(audit, &sheet.changes);
        dbk_sheet_release(&sheet);
        dbk_progress_update(&progress, dbk_book_event_count(audit->book));
        if (code == 0 && dbk_stop_requested)
            code = dbk_err_set(err, DBK_EBROKER, "stopped before the end: nothing is proven.");
    }
    dbk_progress_end(&progress);
    dbk_sheet_close(&sheet);
    free(offset_end);
    return code;
}

static int compare(struct audit *audit, struct dbk_err *err)
{
    int64_t counts[DBK_VERDICT_COUNT] = {0};
    int code = load_points(audit, err);
    if (code == 0)
        code = replay(audit, counts, err);
    for (int32_t p = 0; code == 0 && p < dbk_book_partition_count(audit->book); p++)
        if (audit->stored[p].offset_next == dbk_book_checkpoint(audit->book, p)->offset_next)
            differ_digest(audit, "checkpoint", p, audit->stored[p].offset_next,
                          &dbk_book_checkpoint(audit->book, p)->digest, &audit->stored[p].digest);
    if (code == 0)
        code = compare_accounts(audit, err);
    if (code == 0)
        code = compare_counts(audit, counts, err);
    return code;
}

static void sum_up(struct audit *audit)
{
    struct dbk_audit_result *result = audit->result;
    for (int32_t p = 0; p < dbk_book_partition_count(audit->book); p++) {
        struct dbk_ledger *ledger = dbk_book_ledger(audit->book, p);
        uint32_t count = dbk_ledger_account_count(ledger);
        result->account_count += count;
        for (uint32_t i = 0; i < count; i++) {
            const struct dbk_account *account = dbk_ledger_account(ledger, i);
            result->balances_minor += account->balance_minor;
            result->deposits_minor += account->deposits_minor;
            result->withdrawals_minor += account->withdrawals_minor;
        }
    }
    result->event_count = dbk_book_event_count(audit->book);
}

/** Per-partition arrays, one for each member. */
static int allocate(struct audit *audit, struct dbk_err *err)
{
    size_t count = (size_t)dbk_view_identity(audit->view)->partition_count;
    audit->stored = calloc(count, sizeof *audit->stored);
    audit->points = calloc(count, sizeof *audit->points);
    audit->broken = calloc(count, sizeof *audit->broken);
    audit->seen = calloc(count, sizeof *audit->seen);
    if (audit->stored == NULL || audit->points == NULL || audit->broken == NULL ||
        audit->seen == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    return 0;
}

/** A view of another topic, cluster or partition count is not audited against this log. */
static int check_identity(struct audit *audit, struct dbk_err *err)
{
    const struct dbk_view_identity *identity = dbk_view_identity(audit->view);
    const struct dbk_topic *topic = dbk_log_topic(audit->log);
    if (strcmp(identity->topic, topic->name) != 0 ||
        strcmp(identity->cluster_id, topic->cluster_id) != 0)
        return dbk_err_set(err, DBK_ENO,
                           "the view is of topic %s in cluster %s, not of %s in %s. Choose the "
                           "topic with -t, the brokers with -b, the database with -d.",
                           identity->topic, identity->cluster_id, topic->name, topic->cluster_id);
    if (identity->partition_count != topic->partition_count)
        return dbk_err_set(err, DBK_ENO,
                           "topic %s has %d partitions, and the view was built from %d: accounts "
                           "have moved to other places. See docs/operations.md, \"Partitions were "
                           "added\".",
                           topic->name, topic->partition_count, identity->partition_count);
    if (topic->danger[0] != '\0')
        differ(audit, "settings", no_account, "of the topic", "none that lose events",
               topic->danger, "", "kafka-configs --alter");
    return 0;
}

static void clear(struct audit *audit, int32_t count)
{
    for (int32_t p = 0; p < count; p++) {
        if (audit->points != NULL) {
            free(audit->points[p].digests);
            free(audit->points[p].known);
        }
        if (audit->seen != NULL)
            free(audit->seen[p]);
    }
    free(audit->stored);
    free(audit->points);
    free(audit->broken);
    free(audit->seen);
    dbk_book_close(audit->book);
    dbk_view_close(audit->view);
    dbk_log_close(audit->log);
}

int dbk_audit(const struct dbk_config *config, const struct dbk_audit_options *options,
              struct dbk_audit_result *result, struct dbk_err *err)
{
    struct audit audit = {.options = options, .result = result};
    int32_t count = 0;
    int64_t started_ms = dbk_clock_monotonic_ms();
    /* The view first and the log's end last: then the log can only be ahead of the view. */
    int code = dbk_view_open_read(&audit.view, config->database, err);
    if (code == 0) {
        count = dbk_view_identity(audit.view)->partition_count;
        code = allocate(&audit, err);
    }
    if (code == 0)
        code = dbk_view_begin(audit.view, audit.stored, err);
    if (code == 0)
        code = dbk_open_log_and_book(config, &audit.log, &audit.book, err);
    if (code == 0)
        code = check_identity(&audit, err);
    if (code == 0)
        code = compare(&audit, err);
    if (code == 0)
        sum_up(&audit);
    clear(&audit, count);
    result->elapsed_ms = dbk_clock_monotonic_ms() - started_ms;
    return code;
}
