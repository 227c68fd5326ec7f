#include "audit_snapshots.h"

#include <daybook/message.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPUBLISH "daybook snapshot"

static int by_position(const void *a, const void *b)
{
    const struct dbk_state_marker *const *left = a;
    const struct dbk_state_marker *const *right = b;
    int64_t first = (*left)->checkpoint.offset_next;
    int64_t second = (*right)->checkpoint.offset_next;
    return (first > second) - (first < second);
}

/** Two publishers' rounds need not come in the order of their positions. */
static int sort_markers(struct dbk_audit_snapshots *snapshots, int32_t partition,
                        struct dbk_err *err)
{
    const struct dbk_snapshot *snapshot = snapshots->snapshots.partitions[partition];
    size_t count = dbk_snapshot_marker_count(snapshot);
    const struct dbk_state_marker **markers = calloc(count + 1, sizeof *markers);
    if (markers == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    for (size_t i = 0; i < count; i++)
        markers[i] = dbk_snapshot_marker(snapshot, i);
    qsort(markers, count, sizeof *markers, by_position);
    snapshots->markers[partition] = markers;
    return 0;
}

int dbk_audit_snapshots_open(struct dbk_audit_snapshots *snapshots, const struct dbk_config *config,
                             const struct dbk_topic *topic, struct dbk_book *book,
                             const bool *chosen, struct dbk_err *err)
{
    snapshots->book = book;
    snapshots->next_marker = calloc((size_t)topic->partition_count, sizeof(size_t));
    snapshots->markers =
        calloc((size_t)topic->partition_count, sizeof(const struct dbk_state_marker **));
    if (snapshots->next_marker == NULL || snapshots->markers == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    int code = dbk_snapshots_read(&snapshots->snapshots, config, topic, -1, err);
    for (int32_t p = 0; code == 0 && snapshots->snapshots.log != NULL && p < topic->partition_count;
         p++) {
        int64_t junk = dbk_snapshot_junk_count(snapshots->snapshots.partitions[p]);
        char stored[48];
        snprintf(stored, sizeof stored, "%" PRId64 " in partition %" PRId32, junk, p);
        if (junk > 0 && chosen[p])
            dbk_report_difference(snapshots->report, &(struct dbk_difference){
                                                         .check = "snapshot",
                                                         .what = "records that are no snapshots",
                                                         .expected = "none",
                                                         .stored = stored,
                                                         .offset_first = -1,
                                                         .next = REPUBLISH " --reset",
                                                     });
        if (!chosen[p]) {
            dbk_snapshot_close(snapshots->snapshots.partitions[p]);
            snapshots->snapshots.partitions[p] = NULL;
        } else {
            code = sort_markers(snapshots, p, err);
        }
    }
    return code;
}

void dbk_audit_snapshots_close(struct dbk_audit_snapshots *snapshots)
{
    for (int32_t p = 0; snapshots->markers != NULL && p < snapshots->snapshots.partition_count; p++)
        free(snapshots->markers[p]);
    free(snapshots->markers);
    free(snapshots->next_marker);
    dbk_snapshots_close(&snapshots->snapshots);
    *snapshots = (struct dbk_audit_snapshots){.report = NULL};
}

static const struct dbk_snapshot *of(const struct dbk_audit_snapshots *snapshots, int32_t partition)
{
    return snapshots->snapshots.partitions != NULL ? snapshots->snapshots.partitions[partition]
                                                   : NULL;
}

int64_t dbk_audit_snapshots_end(const struct dbk_audit_snapshots *snapshots, int32_t partition)
{
    const struct dbk_snapshot *snapshot = of(snapshots, partition);
    size_t count = snapshot != NULL ? dbk_snapshot_marker_count(snapshot) : 0;
    return count > 0 ? snapshots->markers[partition][count - 1]->checkpoint.offset_next : 0;
}

void dbk_audit_snapshots_skip(struct dbk_audit_snapshots *snapshots, int32_t partition,
                              int64_t offset)
{
    const struct dbk_snapshot *snapshot = of(snapshots, partition);
    size_t *next = &snapshots->next_marker[partition];
    while (snapshot != NULL && *next < dbk_snapshot_marker_count(snapshot) &&
           snapshots->markers[partition][*next]->checkpoint.offset_next < offset)
        ++*next;
}

static void report(struct dbk_audit_snapshots *snapshots, const struct dbk_state_marker *marker,
                   const char *what, const char *expected, const char *stored)
{
    dbk_report_difference(snapshots->report, &(struct dbk_difference){
                                                 .check = "snapshot",
                                                 .what = what,
                                                 .expected = expected,
                                                 .stored = stored,
                                                 .partition = marker->partition,
                                                 .offset_first = marker->checkpoint.offset_next - 1,
                                                 .next = REPUBLISH,
                                             });
}

static void report_counts(struct dbk_audit_snapshots *snapshots,
                          const struct dbk_state_marker *marker, const char *what, int64_t expected,
                          int64_t stored)
{
    char expected_text[24];
    char stored_text[24];
    if (expected == stored)
        return;
    snprintf(expected_text, sizeof expected_text, "%" PRId64, expected);
    snprintf(stored_text, sizeof stored_text, "%" PRId64, stored);
    report(snapshots, marker, what, expected_text, stored_text);
}

/** The entries of the last round, one by one: they say which account is wrong. */
struct comparing {
    struct dbk_audit_snapshots *snapshots;
    const struct dbk_snapshot *snapshot;
    const struct dbk_state_marker *marker;
    int64_t found;
};

static void report_entry(struct dbk_audit_snapshots *snapshots, int32_t partition, int64_t offset,
                         struct dbk_text key, struct dbk_text expected, struct dbk_text stored)
{
    static const struct dbk_audit_column columns[] = {{"partition", DBK_COLUMN_PLAIN},
                                                      {"balance", DBK_COLUMN_AMOUNT},
                                                      {"count of deposits", DBK_COLUMN_PLAIN},
                                                      {"deposits", DBK_COLUMN_AMOUNT},
                                                      {"count of withdrawals", DBK_COLUMN_PLAIN},
                                                      {"withdrawals", DBK_COLUMN_AMOUNT},
                                                      {"last offset", DBK_COLUMN_PLAIN},
                                                      {"last date", DBK_COLUMN_DATE}};
    struct dbk_state_entry sides[2];
    struct dbk_row rows[2];
    char command[DBK_REPORT_COMMAND_SIZE] = REPUBLISH;
    bool is_source = key.length > 0 && key.bytes[0] == '\x1f';
    struct dbk_difference like = {
        .check = "snapshot",
        .account = is_source ? (struct dbk_text){"", 0} : key,
        .what = is_source ? "a source" : "an account",
        .expected = expected.length > 0 ? "an entry" : "none",
        .stored = stored.length > 0 ? "another" : "none",
        .partition = partition,
        .offset_first = offset,
        .next = command,
    };
    if (!is_source && expected.length > 0)
        dbk_report_history(command, key, partition, offset);
    bool both = dbk_state_decode(&sides[0], expected) && dbk_state_decode(&sides[1], stored) &&
                !sides[0].is_source && !sides[1].is_source;
    for (int i = 0; both && i < 2; i++)
        dbk_row_of_balance(&rows[i], partition, &sides[i].account);
    if (!both || dbk_report_row(snapshots->report, &like, columns, &rows[0], &rows[1]))
        dbk_report_difference(snapshots->report, &like);
}

static int compare_entry(void *context, struct dbk_text key, struct dbk_text expected)
{
    struct comparing *comparing = context;
    struct dbk_text stored = {"", 0};
    bool there = dbk_snapshot_find(comparing->snapshot, true, key, &stored);
    comparing->found += there;
    if (!there || stored.length != expected.length ||
        memcmp(stored.bytes, expected.bytes, expected.length) != 0)
        report_entry(comparing->snapshots, comparing->marker->partition,
                     comparing->marker->checkpoint.offset_next - 1, key, expected, stored);
    return 0;
}

/** What the topic has and the ledger has not. */
static int find_extra(void *context, struct dbk_text key, struct dbk_text stored)
{
    struct comparing *comparing = context;
    const struct dbk_ledger *ledger =
        dbk_book_ledger(comparing->snapshots->book, comparing->marker->partition);
    uint32_t index;
    uint8_t digest[16];
    bool known = dbk_state_is_source_key(digest, key) ? dbk_ledger_has_source(ledger, digest)
                                                      : dbk_ledger_find(ledger, &index, key);
    if (!known)
        report_entry(comparing->snapshots, comparing->marker->partition,
                     comparing->marker->checkpoint.offset_next - 1, key, (struct dbk_text){"", 0},
                     stored);
    return 0;
}

/** An entry after the last marker: of a round that is going on, or of nobody's. */
static int compare_pending(void *context, struct dbk_text key, struct dbk_text stored)
{
    struct comparing *comparing = context;
    struct dbk_state_entry entry;
    const struct dbk_state_marker *marker = comparing->marker;
    struct dbk_text expected = {"", 0};
    /* It is right if it says what the last round said, or is about events after it. */
    if (dbk_snapshot_find(comparing->snapshot, true, key, &expected) &&
        expected.length == stored.length &&
        memcmp(expected.bytes, stored.bytes, stored.length) == 0)
        return 0;
    bool decoded = stored.length > 0 && dbk_state_decode(&entry, stored);
    bool later =
        decoded && (entry.is_source || entry.account.last_offset >= marker->checkpoint.offset_next);
    if (!later && stored.length > 0)
        report_entry(comparing->snapshots, marker->partition, marker->checkpoint.offset_next - 1,
                     key, expected, stored);
    return 0;
}

static int check_marker(struct dbk_audit_snapshots *snapshots, const struct dbk_snapshot *snapshot,
                        const struct dbk_state_marker *marker, struct dbk_err *err)
{
    struct dbk_ledger *ledger = dbk_book_ledger(snapshots->book, marker->partition);
    const struct dbk_checkpoint *reached = dbk_book_checkpoint(snapshots->book, marker->partition);
    bool is_last = marker == dbk_snapshot_marker(snapshot, dbk_snapshot_marker_count(snapshot) - 1);
    struct dbk_digest digest;
    int code = 0;
    snapshots->round_count++;
    if (!dbk_audit_log_digest(snapshots->log, DBK_KEEPER_SNAPSHOTS, "snapshot", marker->partition,
                              0, marker->checkpoint.offset_next, &reached->digest,
                              &marker->checkpoint.digest))
        return 0; /* of another history: nothing else of it can be right */
    report_counts(snapshots, marker, "accounts", dbk_ledger_account_count(ledger),
                  marker->account_count);
    report_counts(snapshots, marker, "sources", dbk_ledger_source_count(ledger),
                  marker->source_count);
    if (dbk_state_digest(&digest, ledger, marker->partition) != 0)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    if (memcmp(&digest, &marker->state, sizeof digest) != 0)
        report(snapshots, marker, "the hash of the state", "the replay's", "another");
    if (is_last) {
        struct comparing comparing = {snapshots, snapshot, marker, 0};
        code = dbk_state_each(ledger, marker->partition, compare_entry, &comparing);
        if (code == 0)
            code = dbk_snapshot_each(snapshot, true, find_extra, &comparing);
        if (code == 0)
            code = dbk_snapshot_each(snapshot, false, compare_pending, &comparing);
    }
    return code == DBK_ENOMEM ? dbk_err_set(err, DBK_ENOMEM, "out of memory.") : code;
}

int dbk_audit_snapshots_at(struct dbk_audit_snapshots *snapshots, int32_t partition, int64_t offset,
                           struct dbk_err *err)
{
    const struct dbk_snapshot *snapshot = of(snapshots, partition);
    int code = 0;
    if (snapshot == NULL)
        return 0;
    size_t *next = &snapshots->next_marker[partition];
    for (; code == 0 && *next < dbk_snapshot_marker_count(snapshot); (*next)++) {
        const struct dbk_state_marker *marker = snapshots->markers[partition][*next];
        if (marker->checkpoint.offset_next > offset)
            break;
        code = check_marker(snapshots, snapshot, marker, err);
    }
    return code;
}
