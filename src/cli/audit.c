#include "audit.h"

#include "audit_claims.h"
#include "audit_log.h"
#include "audit_receipt.h"
#include "audit_snapshots.h"
#include "audit_view.h"
#include "replay.h"
#include "sheet.h"

#include <daybook/clock.h>
#include <daybook/message.h>
#include <daybook/view_read.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct audit {
    const struct dbk_config *config;
    const struct dbk_audit_options *options;
    struct dbk_audit_result *result;
    struct dbk_log *log;
    struct dbk_book *book; /* what the log says */
    struct dbk_view *view; /* what the view says, as of one commit */
    struct dbk_checkpoint *stored;
    struct dbk_audit_receipt receipt; /* to check */
    struct dbk_receipt since;         /* to begin at; no partitions: none */
    bool *chosen;
    int64_t *offset_start;
    int64_t *offset_end;
    bool with_view;               /* the first replay: up to the view's checkpoints */
    struct dbk_view_check *check; /* SQLite's, of the file: it runs beside the replay */
    struct dbk_audit_log log_check;
    struct dbk_audit_view compared;
    struct dbk_audit_claims claims;
    struct dbk_audit_snapshots snapshots;
};

static void differ_log(struct audit *audit, const char *check, const char *what,
                       const char *expected, const char *stored, const char *next)
{
    dbk_report_difference(&audit->result->report, &(struct dbk_difference){
                                                      .check = check,
                                                      .what = what,
                                                      .expected = expected,
                                                      .stored = stored,
                                                      .offset_first = -1,
                                                      .next = next,
                                                  });
}

/** "0-3,7". */
static int choose_partitions(struct audit *audit, int32_t count, struct dbk_err *err)
{
    const char *text = audit->options->partitions;
    for (const char *p = text; p != NULL;) {
        char *end;
        errno = 0;
        long first = strtol(p, &end, 10);
        long last = first;
        bool ok = end != p;
        if (ok && *end == '-') {
            p = end + 1;
            last = strtol(p, &end, 10);
            ok = end != p;
        }
        if (!ok || errno != 0 || first < 0 || last < first || last >= count ||
            (*end != '\0' && *end != ','))
            return dbk_err_set(err, DBK_EUSAGE,
                               "--partitions %.100s: give numbers and ranges from 0 to %" PRId32
                               ", like 0-3,7.",
                               text, count - 1);
        for (long i = first; i <= last; i++)
            audit->chosen[i] = true;
        p = *end == ',' ? end + 1 : NULL;
    }
    return 0;
}

static int choose(struct audit *audit, struct dbk_err *err)
{
    int32_t count = dbk_book_partition_count(audit->book);
    const char *account = audit->options->account;
    audit->chosen = calloc((size_t)count, sizeof *audit->chosen);
    audit->offset_start = dbk_offsets_new(audit->book, err);
    audit->offset_end = dbk_offsets_new(audit->book, err);
    if (audit->chosen == NULL || audit->offset_start == NULL || audit->offset_end == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    if (account != NULL) {
        struct dbk_text name = {account, (uint32_t)strlen(account)};
        if (!dbk_text_is_clean(name, DBK_ACCOUNT_MAX, true))
            return dbk_err_set(err, DBK_EUSAGE, "--account: that is no account's name.");
        audit->result->report.only = name;
        audit->chosen[dbk_event_partition(name, count)] = true;
        return 0;
    }
    if (audit->options->partitions != NULL)
        return choose_partitions(audit, count, err);
    for (int32_t p = 0; p < count; p++)
        audit->chosen[p] = true;
    return 0;
}

/** A view of another topic, cluster or partition count is not audited against this log. */
static int check_identity(struct audit *audit, struct dbk_err *err)
{
    const struct dbk_view_identity *identity = dbk_view_identity(audit->view);
    const struct dbk_topic *topic = dbk_log_topic(audit->log);
    if (strcmp(identity->cluster_id, topic->cluster_id) != 0)
        return dbk_err_set(err, DBK_ENO,
                           "the view is of topic %s in cluster %s, and this is cluster %s. If the "
                           "brokers are right (-b), the topic was made anew or the view was "
                           "changed: keep both.",
                           identity->topic, identity->cluster_id, topic->cluster_id);
    if (identity->partition_count != topic->partition_count)
        return dbk_err_set(err, DBK_ENO,
                           "topic %s has %d partitions, and the view was built from %d: accounts "
                           "have moved to other places. See docs/operations.md, \"Partitions were "
                           "added\".",
                           topic->name, topic->partition_count, identity->partition_count);
    if (topic->danger[0] != '\0')
        differ_log(audit, "settings", "of the topic", "none that lose events", topic->danger,
                   "kafka-configs --alter");
    return 0;
}

/** "0:41, 1:17" of the last event (or, plus 0, the next one) in each partition that has any. */
static void format_positions(char *text, size_t size, const struct dbk_book *book, int64_t plus)
{
    size_t used = 0;
    text[0] = '\0';
    for (int32_t p = 0; p < dbk_book_partition_count(book); p++) {
        int64_t offset_next = dbk_book_checkpoint(book, p)->offset_next;
        if (offset_next == 0)
            continue;
        if (used + 60 > size) {
            snprintf(text + used, size - used, ", …");
            return;
        }
        used += (size_t)snprintf(text + used, size - used, "%s%" PRId32 ":%" PRId64,
                                 used > 0 ? ", " : "", p, offset_next + plus);
    }
}

/** Begin where a receipt ends. */
static int begin_since(struct audit *audit, struct dbk_err *err)
{
    int code =
        dbk_receipt_check_log(&audit->since, audit->options->since, dbk_log_topic(audit->log), err);
    if (code == 0)
        code = dbk_receipt_restore(&audit->since, audit->options->since, audit->book, err);
    if (code == 0)
        code = dbk_log_verify(audit->log, audit->book, err);
    for (int32_t p = 0; code == 0 && p < audit->since.partition_count; p++) {
        audit->offset_start[p] = audit->since.checkpoints[p].offset_next;
        if (audit->offset_start[p] > audit->stored[p].offset_next)
            code = dbk_err_set(err, DBK_EVIEW,
                               "the receipt %s is ahead of the view, which ends before %d:%" PRId64
                               ". Bring the view up to date: daybook project",
                               audit->options->since, p, audit->offset_start[p]);
        else if (p < audit->receipt.kept.partition_count &&
                 dbk_audit_receipt_end(&audit->receipt, p) < audit->offset_start[p])
            code =
                dbk_err_set(err, DBK_EUSAGE,
                            "the receipt %s ends before --since %s begins: it cannot be checked. "
                            "Give the later one as --receipt.",
                            audit->options->receipt, audit->options->since);
        dbk_audit_snapshots_skip(&audit->snapshots, p, audit->offset_start[p]);
    }
    format_positions(audit->result->since, sizeof audit->result->since, audit->book, 0);
    return code;
}

/** Also a log that is damaged is opened: what is left of it is compared. */
static int open_log(struct audit *audit, struct dbk_err *err)
{
    int code = dbk_log_open_damaged(&audit->log, audit->config, err);
    return code == 0 ? dbk_open_book(dbk_log_topic(audit->log), &audit->book, err) : code;
}

/** A partition whose first events are gone cannot be replayed: nothing can be said of it. */
static int check_beginning(struct audit *audit, struct dbk_err *err)
{
    int32_t count = dbk_book_partition_count(audit->book);
    int64_t *low = dbk_offsets_new(audit->book, err);
    int64_t *high = dbk_offsets_new(audit->book, err);
    int code =
        low == NULL || high == NULL ? DBK_ENOMEM : dbk_log_watermarks(audit->log, low, high, err);
    for (int32_t p = 0; code == 0 && p < count; p++) {
        char stored[64];
        if (!audit->chosen[p] || low[p] == 0)
            continue;
        snprintf(stored, sizeof stored, "begins at offset %" PRId64, low[p]);
        dbk_report_difference(&audit->result->report,
                              &(struct dbk_difference){
                                  .check = "log",
                                  .what = "its beginning",
                                  .expected = "offset 0",
                                  .stored = stored,
                                  .partition = p,
                                  .offset_first = 0,
                                  .offset_last = low[p] - 1,
                                  .next = "keep the view: it may be the only copy of these events",
                              });
        audit->chosen[p] = false;
    }
    free(low);
    free(high);
    return code;
}

/** Each partition must reach wanted[p]. */
static int check_length(struct audit *audit, const char *of, const int64_t *wanted,
                        struct dbk_err *err)
{
    int32_t count = dbk_book_partition_count(audit->book);
    int64_t *high = dbk_offsets_new(audit->book, err);
    for (int32_t p = 0; p < count; p++)
        audit->offset_end[p] = audit->chosen[p] ? wanted[p] : 0;
    int code = high == NULL ? DBK_ENOMEM
                            : dbk_log_watermarks_from(audit->log, audit->offset_end, high, err);
    for (int32_t p = 0; code == 0 && p < count; p++) {
        char expected[64];
        char stored[64];
        audit->offset_end[p] = audit->offset_start[p];
        if (!audit->chosen[p])
            continue;
        audit->offset_end[p] = high[p] < wanted[p] ? high[p] : wanted[p];
        if (audit->with_view && high[p] > wanted[p])
            audit->result->later_count += high[p] - wanted[p];
        if (high[p] >= wanted[p])
            continue;
        snprintf(expected, sizeof expected, "up to %d:%" PRId64 ", as %s has it", p, wanted[p] - 1,
                 of);
        if (high[p] > 0)
            snprintf(stored, sizeof stored, "up to %d:%" PRId64, p, high[p] - 1);
        else
            snprintf(stored, sizeof stored, "nothing in partition %d", p);
        dbk_report_difference(&audit->result->report,
                              &(struct dbk_difference){
                                  .check = "log",
                                  .what = "its end",
                                  .expected = expected,
                                  .stored = stored,
                                  .partition = p,
                                  .offset_first = high[p],
                                  .offset_last = wanted[p] - 1,
                                  .next = "keep the view: it may be the only copy of these events",
                              });
    }
    free(high);
    return code;
}

/** What is kept of this offset somewhere is compared before its record is applied. */
static int before(void *context, const struct dbk_record *record, struct dbk_err *err)
{
    struct audit *audit = context;
    int code = dbk_audit_receipt_at(&audit->receipt, record->partition, record->offset, err);
    return code == 0
               ? dbk_audit_snapshots_at(&audit->snapshots, record->partition, record->offset, err)
               : code;
}

static int applied(void *context, const struct dbk_changes *changes, struct dbk_err *err)
{
    struct audit *audit = context;
    int code;
    if (!audit->with_view)
        return dbk_audit_log_check(&audit->log_check, changes, err);
    code = dbk_audit_view_applied(&audit->compared, changes, err);
    return code == 0 ? dbk_audit_claims_check(&audit->claims, changes, err) : code;
}

static int replay(struct audit *audit, const char *of, const int64_t *wanted, struct dbk_err *err)
{
    const struct dbk_replay how = {"audited", before, applied, audit};
    int code = check_length(audit, of, wanted, err);
    if (code == 0)
        code = dbk_replay_run(&how, audit->log, audit->book, audit->offset_end, err);
    return code;
}

static void sum_up(struct audit *audit)
{
    struct dbk_audit_result *result = audit->result;
    struct dbk_receipt sums = {.account_count = 0};
    for (int32_t p = 0; p < dbk_book_partition_count(audit->book); p++)
        dbk_audit_receipt_sum(&sums, &result->report, dbk_book_ledger(audit->book, p));
    result->account_count = sums.account_count;
    result->balances_minor = sums.balances_minor;
    result->deposits_minor = sums.deposits_minor;
    result->withdrawals_minor = sums.withdrawals_minor;
    for (int32_t p = 0; p < dbk_book_partition_count(audit->book); p++)
        result->event_count +=
            dbk_book_checkpoint(audit->book, p)->offset_next - audit->offset_start[p];
    format_positions(result->through, sizeof result->through, audit->book, -1);
}

/** The view, at its own checkpoints. */
static int compare_view(struct audit *audit, struct dbk_err *err)
{
    int64_t *wanted = dbk_offsets_new(audit->book, err);
    if (wanted == NULL)
        return DBK_ENOMEM;
    for (int32_t p = 0; p < dbk_book_partition_count(audit->book); p++)
        wanted[p] = audit->stored[p].offset_next;
    audit->with_view = true;
    int code = replay(audit, "the view", wanted, err);
    audit->with_view = false;
    free(wanted);
    sum_up(audit);
    if (code == 0)
        code = dbk_audit_view_finish(&audit->compared, err);
    return code == 0 ? dbk_audit_claims_report(&audit->claims, audit->view, err) : code;
}

/** Snapshots and the receipt may be ahead of the view: read on as far as they are. */
static int compare_the_rest(struct audit *audit, struct dbk_err *err)
{
    int32_t count = dbk_book_partition_count(audit->book);
    int64_t *wanted = dbk_offsets_new(audit->book, err);
    if (wanted == NULL)
        return DBK_ENOMEM;
    for (int32_t p = 0; p < count; p++) {
        int64_t kept = dbk_audit_receipt_end(&audit->receipt, p);
        int64_t published = dbk_audit_snapshots_end(&audit->snapshots, p);
        wanted[p] = kept > published ? kept : published;
        audit->offset_start[p] = dbk_book_checkpoint(audit->book, p)->offset_next;
        if (wanted[p] < audit->offset_start[p])
            wanted[p] = audit->offset_start[p];
    }
    int code = replay(audit, "a snapshot or the receipt", wanted, err);
    for (int32_t p = 0; code == 0 && p < count; p++) {
        int64_t reached = dbk_book_checkpoint(audit->book, p)->offset_next;
        code = dbk_audit_receipt_at(&audit->receipt, p, reached, err);
        if (code == 0)
            code = dbk_audit_snapshots_at(&audit->snapshots, p, reached, err);
    }
    dbk_audit_log_finish(&audit->log_check);
    free(wanted);
    return code;
}

static int open_compared(struct audit *audit, struct dbk_err *err)
{
    audit->compared = (struct dbk_audit_view){
        .report = &audit->result->report,
        .view = audit->view,
        .book = audit->book,
        .stored = audit->stored,
        .chosen = audit->chosen,
        .offset_start = audit->offset_start,
        .log = &audit->log_check,
        .check = audit->check,
    };
    return dbk_audit_view_open(&audit->compared, err);
}

/** View first, then the snapshots, and the log's end last: then it can only be ahead of both. */
static int open_all(struct audit *audit, struct dbk_err *err)
{
    const struct dbk_audit_options *options = audit->options;
    struct dbk_report *report = &audit->result->report;
    int code = 0;
    if (options->receipt != NULL)
        code = dbk_receipt_read(&audit->receipt.kept, options->receipt, err);
    if (code == 0 && options->since != NULL)
        code = dbk_receipt_read(&audit->since, options->since, err);
    if (code == 0)
        code = dbk_view_open_read(&audit->view, audit->config->database, audit->config->topic, err);
    if (code == 0) {
        dbk_view_stop_on(audit->view, audit->config->stop);
        audit->stored =
            calloc((size_t)dbk_view_identity(audit->view)->partition_count, sizeof *audit->stored);
        code = audit->stored == NULL ? dbk_err_set(err, DBK_ENOMEM, "out of memory.")
                                     : dbk_view_begin(audit->view, audit->stored, err);
    }
    if (code == 0)
        code = dbk_view_check_start(&audit->check, audit->view, options->deep, err);
    if (code == 0)
        code = open_log(audit, err);
    if (code == 0)
        code = check_identity(audit, err);
    if (code == 0)
        code = choose(audit, err);
    if (code == 0)
        code = check_beginning(audit, err);
    audit->log_check.accept_absent = options->accept_absent;
    if (code == 0)
        code = dbk_audit_log_open(&audit->log_check, report, audit->view,
                                  dbk_book_partition_count(audit->book), err);
    audit->snapshots.report = report;
    audit->snapshots.log = &audit->log_check;
    if (code == 0)
        code = dbk_audit_snapshots_open(&audit->snapshots, audit->config, dbk_log_topic(audit->log),
                                        audit->book, audit->chosen, err);
    audit->receipt.report = report;
    audit->receipt.log = &audit->log_check;
    audit->receipt.book = audit->book;
    if (code == 0)
        code = dbk_audit_receipt_open(&audit->receipt, options->receipt, dbk_log_topic(audit->log),
                                      err);
    if (code == 0)
        code = open_compared(audit, err);
    if (code == 0)
        code = dbk_audit_claims_open(&audit->claims, audit->result, options, audit->book, err);
    if (code == 0 && options->since != NULL)
        code = begin_since(audit, err);
    return code;
}

static void close_all(struct audit *audit)
{
    dbk_audit_snapshots_close(&audit->snapshots);
    dbk_audit_claims_close(&audit->claims);
    dbk_audit_view_close(&audit->compared);
    dbk_audit_log_close(&audit->log_check);
    dbk_audit_receipt_close(&audit->receipt);
    dbk_receipt_clear(&audit->since);
    free(audit->stored);
    free(audit->chosen);
    free(audit->offset_start);
    free(audit->offset_end);
    dbk_book_close(audit->book);
    dbk_view_check_close(audit->check);
    dbk_view_close(audit->view);
    dbk_log_close(audit->log);
}

int dbk_audit(const struct dbk_config *config, const struct dbk_audit_options *options,
              struct dbk_audit_result *result, struct dbk_err *err)
{
    struct audit audit = {.config = config, .options = options, .result = result};
    int64_t started_ms = dbk_clock_monotonic_ms();
    result->report.print_max = options->print_max;
    result->report.json = options->json;
    int code = open_all(&audit, err);
    if (code == 0)
        code = compare_view(&audit, err);
    if (code == 0)
        code = compare_the_rest(&audit, err);
    if (code == DBK_ESTOPPED)
        code = dbk_err_set(err, DBK_EBROKER, "stopped before the end: nothing is proven.");
    if (code == DBK_ENO) { /* the log itself, a receipt or the view's identity is what differs */
        differ_log(&audit, "log", "what was found", "the log that this was made from", err->text,
                   "docs/operations.md");
        code = 0;
    }
    if (code == 0 && options->account != NULL && result->account_count == 0 &&
        result->report.difference_count == 0)
        code = dbk_err_set(err, DBK_ENO,
                           "there is no account \"%.200s\" up to the view's checkpoint: nothing "
                           "is proven of it; daybook balance lists all accounts.",
                           options->account);
    result->absent_count = audit.log_check.absent_count;
    result->round_count = audit.snapshots.round_count;
    if (code == 0 && !options->assume_settings && audit.log != NULL &&
        !dbk_log_topic(audit.log)->settings_known)
        code = dbk_err_set(err, DBK_EBROKER,
                           "the settings of topic %s may not be read: whether it keeps its events "
                           "for ever is not known, so nothing is proven. --assume-settings takes "
                           "them for granted.",
                           dbk_log_topic(audit.log)->name);
    if (code == 0 && result->report.failed)
        code = dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    if (code == 0 && options->write_receipt != NULL && result->report.difference_count == 0)
        code = dbk_audit_receipt_write(options->write_receipt, &result->report,
                                       dbk_log_topic(audit.log), audit.book, err);
    close_all(&audit);
    result->elapsed_ms = dbk_clock_monotonic_ms() - started_ms;
    return code;
}

void dbk_audit_clear(struct dbk_audit_result *result)
{
    json_decref(result->negative);
    json_decref(result->declared);
    result->negative = result->declared = NULL;
}
