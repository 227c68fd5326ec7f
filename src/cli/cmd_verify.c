#include "ask.h"
#include "audit_report.h"
#include "json_out.h"

#include <daybook/date.h>
#include <daybook/escape.h>
#include <daybook/message.h>
#include <daybook/view_cursor.h>
#include <daybook/view_read.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Bytes of a key or value that are shown to people; JSON has all. */
#define SHOWN_MAX 2048

struct verifying {
    const struct dbk_cli *cli;
    struct dbk_ask ask;
    int64_t offset;
    bool found;
    bool differs; /* the view has something else */
};

static void show_text(const char *name, struct dbk_text text)
{
    bool cut = text.length > SHOWN_MAX;
    text.length = cut ? SHOWN_MAX : text.length;
    char *escaped = dbk_escape_terminal(text, true);
    printf("%-10s %s%s\n", name, escaped != NULL ? escaped : "?", cut ? "…" : "");
    free(escaped);
}

static void show(json_t *object, const char *name, const char *value)
{
    if (object != NULL)
        json_object_set_new(object, name, json_string(value));
    else
        printf("%-10s %s\n", name, value);
}

static void show_bytes(json_t *object, const char *name, const void *bytes, int32_t length)
{
    struct dbk_text text = {bytes, length > 0 ? (uint32_t)length : 0};
    if (length < 0)
        show(object, name, "none");
    else if (object != NULL)
        dbk_json_set_text(object, name, length > 0 ? text : (struct dbk_text){"", 0});
    else
        show_text(name, text);
}

static const char *why(const struct dbk_entry *entry)
{
    return entry->posting.verdict == DBK_MALFORMED ? dbk_malformed_text(entry->posting.malformed)
                                                   : "";
}

/** What the log has, and what the fold made of it. */
static void show_entry(struct verifying *verifying, json_t *object, const struct dbk_entry *entry)
{
    char text[256];
    char date[DBK_DATE_TEXT_SIZE];
    char hex[2 * DBK_DIGEST_SIZE + 1];
    const struct dbk_record *record = &entry->record;
    snprintf(text, sizeof text, "%" PRId32 ":%" PRId64, record->partition, record->offset);
    show(object, "position", text);
    if (record->value_length != DBK_LENGTH_ABSENT) {
        snprintf(text, sizeof text, "%" PRId64, record->timestamp_ms);
        show(object, "timestamp", text);
        show_bytes(object, "key", record->key, record->key_length);
        show_bytes(object, "value", record->value, record->value_length);
    }
    snprintf(text, sizeof text, "%s%s%s", dbk_verdict_name(entry->posting.verdict),
             why(entry)[0] != '\0' ? ": " : "", why(entry));
    show(object, "verdict", text);
    if (entry->posting.verdict == DBK_POSTED) {
        const struct dbk_account *account = dbk_ledger_account(
            dbk_book_ledger(verifying->ask.book, record->partition), entry->posting.account);
        dbk_date_format(date, entry->event.date_s);
        show_bytes(object, "account", account->name.bytes, (int32_t)account->name.length);
        show(object, "date", date);
        dbk_money_format(text, entry->event.type == DBK_DEPOSIT ? entry->event.value_minor
                                                                : -entry->event.value_minor);
        show(object, "amount", text);
        dbk_money_format(text, entry->posting.balance_minor);
        show(object, "balance", text);
    }
    dbk_digest_hex(hex, &dbk_book_checkpoint(verifying->ask.book, record->partition)->digest);
    show(object, "digest", hex);
}

/** The view's row at this offset of one of its two tables: is it what the log gives? */
static int look_in(struct dbk_view *view, enum dbk_walk walk, const struct dbk_row *expected,
                   const struct dbk_entry *entry, bool *there, bool *same, struct dbk_err *err)
{
    struct dbk_view_cursor *cursor = NULL;
    const int64_t parameters[] = {entry->record.partition, entry->record.offset};
    *there = *same = false;
    int code = dbk_view_cursor_open(&cursor, view, walk, parameters, err);
    if (code == 0)
        code = dbk_view_cursor_next(cursor, err);
    const struct dbk_row *row = code == 0 ? dbk_view_cursor_row(cursor) : NULL;
    if (row != NULL && row->values[1].integer == entry->record.offset) {
        *there = true;
        *same = expected != NULL && row->count == expected->count;
        for (int i = 0; *same && i < row->count; i++)
            *same = dbk_value_equal(&row->values[i], &expected->values[i]);
    }
    dbk_view_cursor_close(cursor);
    return code;
}

static int compare_with_view(struct verifying *verifying, struct dbk_view *view,
                             const struct dbk_entry *entry, const char **text, struct dbk_err *err)
{
    struct dbk_row expected;
    struct dbk_row_scratch scratch;
    int32_t count = dbk_book_partition_count(verifying->ask.book);
    bool posted = entry->posting.verdict == DBK_POSTED;
    bool there[2];
    bool same[2];
    if (posted)
        dbk_row_of_transaction(&expected, entry, count);
    else
        dbk_row_of_rejection(&expected, entry, count, &scratch);
    int code = look_in(view, DBK_WALK_TRANSACTIONS, posted ? &expected : NULL, entry, &there[0],
                       &same[0], err);
    if (code == 0)
        code = look_in(view, DBK_WALK_REJECTIONS, posted ? NULL : &expected, entry, &there[1],
                       &same[1], err);
    bool right = posted ? same[0] && !there[1] : same[1] && !there[0];
    verifying->differs = code == 0 && !right;
    *text = right ? (posted ? "in transactions, as it should be" : "in rejections, as it should be")
            : there[0] || there[1] ? "another row; daybook audit says what differs"
                                   : "no row, though it was applied; daybook project --reset";
    return code;
}

static int show_view(struct verifying *verifying, json_t *object, const struct dbk_entry *entry,
                     struct dbk_err *err)
{
    struct dbk_view *view = NULL;
    struct dbk_err missing; /* no database is no failure: the log has answered */
    const struct dbk_topic *topic = dbk_log_topic(verifying->ask.log);
    const char *text = missing.text;
    int code = 0;
    if (dbk_view_open_read(&view, verifying->cli->config.database, NULL, &missing) == 0) {
        const struct dbk_view_identity *identity = dbk_view_identity(view);
        struct dbk_checkpoint *checkpoints =
            calloc((size_t)identity->partition_count, sizeof *checkpoints);
        code = checkpoints == NULL ? dbk_err_set(err, DBK_ENOMEM, "out of memory.")
                                   : dbk_view_begin(view, checkpoints, err);
        if (code == 0 && (strcmp(identity->topic, topic->name) != 0 ||
                          strcmp(identity->cluster_id, topic->cluster_id) != 0 ||
                          identity->partition_count != topic->partition_count))
            text = "the database is a view of another log";
        else if (code == 0 && checkpoints[entry->record.partition].offset_next <= verifying->offset)
            text = "not applied yet; daybook project brings the view up to date";
        else if (code == 0)
            code = compare_with_view(verifying, view, entry, &text, err);
        free(checkpoints);
    }
    dbk_view_close(view);
    if (code == 0)
        show(object, "view", text);
    return code;
}

static int applied(void *context, const struct dbk_changes *changes, struct dbk_err *err)
{
    struct verifying *verifying = context;
    for (size_t i = 0; i < changes->count; i++) {
        const struct dbk_entry *entry = &changes->entries[i];
        if (entry->record.offset != verifying->offset)
            continue;
        verifying->found = true;
        json_t *object = verifying->cli->json ? json_object() : NULL;
        show_entry(verifying, object, entry);
        int code = show_view(verifying, object, entry, err);
        if (code == 0 && object != NULL)
            code = dbk_json_print(object, err);
        return code;
    }
    return 0;
}

static int run(struct dbk_cli *cli, int argc, char **argv, struct dbk_err *err)
{
    struct verifying verifying = {.cli = cli};
    const char *end;
    int32_t partition;
    (void)argc;
    if (!dbk_position_parse(argv[0], &partition, &verifying.offset, &end) || *end != '\0')
        return dbk_err_set(err, DBK_EUSAGE,
                           "\"%.100s\" is no position: give partition:offset, like 0:42.", argv[0]);
    int code = dbk_ask_open(&verifying.ask, &cli->config, NULL, err);
    int32_t count = code == 0 ? dbk_book_partition_count(verifying.ask.book) : 0;
    if (code == 0 && partition >= count)
        code = dbk_err_set(err, DBK_ENO,
                           "there is no partition %" PRId32 "; they are 0 to %" PRId32 ".",
                           partition, count - 1);
    if (code == 0 && verifying.offset >= verifying.ask.offset_end[partition])
        code = dbk_err_set(err, DBK_ENO,
                           "%s is not in the log: partition %" PRId32 " ends before %" PRId32
                           ":%" PRId64 ".",
                           argv[0], partition, partition, verifying.ask.offset_end[partition]);
    for (int32_t p = 0; code == 0 && p < count; p++)
        verifying.ask.offset_end[p] = p == partition ? verifying.offset + 1 : 0;
    if (code == 0)
        code = dbk_ask_replay(&verifying.ask, applied, &verifying, err);
    if (code == 0 && verifying.differs)
        code = dbk_err_set(err, DBK_ENO, "%s", ""); /* it was said */
    dbk_ask_close(&verifying.ask);
    return code;
}

const struct dbk_command dbk_command_verify = {
    .name = "verify",
    .arguments = "POSITION",
    .summary = "show one record of the log, its verdict, and its row in the view",
    .description =
        "Replays the partition up to the record: its bytes, the verdict and the balance after it,\n"
        "the digest of the log including it, and whether the view has the row that it should.\n"
        "Exit status 1 where the view has another one.",
    .options = NULL,
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
