#include "ask.h"
#include "at_hand.h"
#include "entry_out.h"
#include "sheet.h"

#include <daybook/message.h>
#include <daybook/view_cursor.h>
#include <daybook/view_read.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** How many records come first where nothing else was said. */
#define LAST_DEFAULT 10

static const char *from_text;
static int64_t last = -1;
static bool end_there;

static const struct dbk_option options[] = {
    {"from", 'o', DBK_OPTION_STRING, &from_text, "WHERE",
     "begin at \"beginning\", or at positions (0:42,1:17)", 0, 0},
    {"last", 'n', DBK_OPTION_INTEGER, &last, "N", "begin with the last N records (10)", 0, 100000},
    {"exit", 'e', DBK_OPTION_FLAG, &end_there, NULL,
     "end where the log ends now, instead of waiting for more", 0, 0},
    {NULL, 0, DBK_OPTION_FLAG, NULL, NULL, NULL, 0, 0},
};

/** A record kept until those before it are known. */
struct held {
    struct dbk_entry entry;
    int64_t order_ms; /* its arrival; never before that of an earlier record of its partition */
    char *bytes;      /* key, value, and room for the event's texts */
};

struct tail {
    bool json;
    struct dbk_log *log;
    struct dbk_book *book;
    struct dbk_sheet sheet;
    struct dbk_table table;
    int64_t *offset_from; /* per partition: the first record to show */
    int64_t *offset_end;  /* where the log ended at the start */
    struct held *held;    /* records of which some are the last, while they are gathered; else
                             NULL */
    size_t held_count;
    size_t held_capacity;
    int64_t *arrived_ms; /* per partition: order_ms of the last one held */
};

static int show(struct tail *tail, const struct dbk_entry *entry, struct dbk_err *err)
{
    if (tail->json)
        return dbk_entry_print_json(entry, DBK_ENTRY_ACCOUNT, DBK_ENTRY_PLAIN, err);
    dbk_entry_add_row(&tail->table, entry, DBK_ENTRY_ACCOUNT, DBK_ENTRY_PLAIN);
    return 0;
}

/** What was added must be seen now, not when a buffer is full. */
static int flush(struct tail *tail, struct dbk_err *err)
{
    int code = tail->json ? 0 : dbk_table_print(&tail->table, err);
    if (code == 0 && (fflush(stdout) != 0 || ferror(stdout)))
        code = dbk_cli_output_failed(err);
    return code;
}

static int by_arrival(const void *a, const void *b)
{
    const struct held *x = a;
    const struct held *y = b;
    if (x->order_ms != y->order_ms)
        return x->order_ms < y->order_ms ? -1 : 1;
    if (x->entry.record.partition != y->entry.record.partition)
        return x->entry.record.partition < y->entry.record.partition ? -1 : 1;
    return x->entry.record.offset < y->entry.record.offset ? -1 : 1;
}

/** Sort what is held into the order in which it arrived, and drop what is not among the last. */
static void keep_last(struct tail *tail)
{
    size_t kept = tail->held_count < (size_t)last ? tail->held_count : (size_t)last;
    size_t dropped = tail->held_count - kept;
    qsort(tail->held, tail->held_count, sizeof *tail->held, by_arrival);
    for (size_t i = 0; i < dropped; i++)
        free(tail->held[i].bytes);
    memmove(tail->held, tail->held + dropped, kept * sizeof *tail->held);
    tail->held_count = kept;
}

/** Keep a copy of an entry. */
static int hold(struct tail *tail, const struct dbk_entry *entry, struct dbk_err *err)
{
    if (tail->held_count == tail->held_capacity)
        keep_last(tail);
    const struct dbk_record *record = &entry->record;
    size_t key_length = record->key_length > 0 ? (size_t)record->key_length : 0;
    size_t value_length = record->value_length > 0 ? (size_t)record->value_length : 0;
    struct held *held = &tail->held[tail->held_count];
    bool failed = false;
    held->entry = *entry;
    held->bytes = malloc(key_length + value_length + DBK_EVENT_SCRATCH);
    if (held->bytes == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    tail->held_count++;
    int64_t *arrived_ms = &tail->arrived_ms[record->partition];
    if (record->timestamp_ms > *arrived_ms)
        *arrived_ms = record->timestamp_ms;
    held->order_ms = *arrived_ms;
    if (key_length > 0)
        memcpy(held->bytes, record->key, key_length);
    if (value_length > 0)
        memcpy(held->bytes + key_length, record->value, value_length);
    held->entry.record.key = record->key_length < 0 ? NULL : held->bytes;
    held->entry.record.value = record->value_length < 0 ? NULL : held->bytes + key_length;
    if (entry->posting.verdict >= DBK_MISROUTED)
        dbk_event_decode(&held->entry.event, &failed, held->bytes + key_length + value_length,
                         &held->entry.record);
    return failed ? dbk_err_set(err, DBK_ENOMEM, "out of memory.") : 0;
}

/** Show the last of what was held, in the order in which it arrived. */
static int show_held(struct tail *tail, struct dbk_err *err)
{
    int code = 0;
    keep_last(tail);
    for (size_t i = 0; i < tail->held_count; i++) {
        if (code == 0)
            code = show(tail, &tail->held[i].entry, err);
        free(tail->held[i].bytes);
    }
    free(tail->held);
    tail->held = NULL;
    return code == 0 ? flush(tail, err) : code;
}

/** An entry whose verdict is known. */
static int take(void *context, const struct dbk_entry *entry, struct dbk_err *err)
{
    struct tail *tail = context;
    if (entry->record.offset < tail->offset_from[entry->record.partition])
        return 0;
    return tail->held != NULL ? hold(tail, entry, err) : show(tail, entry, err);
}

/** After a lost connection: is it still the same log? Waits until the broker answers. */
static int go_on(struct tail *tail, struct dbk_err *err)
{
    int code;
    dbk_log_set_timeout(tail->log, 500); /* so that a stop is heard */
    while ((code = dbk_log_verify(tail->log, tail->book, err)) == DBK_EBROKER) {
        if (dbk_stop_requested)
            return 0;
        usleep(200000);
    }
    return code == 0 ? dbk_start_after_book(tail->log, tail->book, NULL, err) : code;
}

/** Read and fold to an end (NULL: for ever). */
static int fold(struct tail *tail, const int64_t *offset_end, struct dbk_err *err)
{
    int64_t behind = 0;
    struct dbk_progress progress;
    for (int32_t p = 0; offset_end != NULL && p < dbk_book_partition_count(tail->book); p++)
        behind += offset_end[p] - dbk_book_checkpoint(tail->book, p)->offset_next;
    int64_t before = dbk_book_event_count(tail->book);
    int code = dbk_start_after_book(tail->log, tail->book, offset_end, err);
    dbk_progress_start(&progress, "read", "events", behind);
    progress.visible = progress.visible && tail->held != NULL;
    while (code == 0 && !dbk_stop_requested && !dbk_log_at_end(tail->log)) {
        if (offset_end == NULL && dbk_log_interrupted(tail->log)) {
            code = go_on(tail, err);
        }
        if (code == 0)
            code = dbk_sheet_read(&tail->sheet, tail->log, tail->book, 100, err);
        for (size_t i = 0; code == 0 && i < tail->sheet.changes.count; i++)
            code = take(tail, &tail->sheet.changes.entries[i], err);
        if (code == 0 && tail->held == NULL && tail->sheet.changes.count > 0)
            code = flush(tail, err);
        dbk_sheet_release(&tail->sheet);
        dbk_progress_update(&progress, dbk_book_event_count(tail->book) - before);
    }
    dbk_progress_end(&progress);
    return code;
}

/** One of the view's two tables at a record's place. @return the row, or NULL. */
static int look_in(struct dbk_view *view, enum dbk_walk walk, const struct dbk_record *record,
                   struct dbk_view_cursor **cursor, const struct dbk_row **row, struct dbk_err *err)
{
    const int64_t parameters[] = {record->partition, record->offset};
    *row = NULL;
    int code = dbk_view_cursor_open(cursor, view, walk, parameters, err);
    if (code == 0)
        code = dbk_view_cursor_next(*cursor, err);
    if (code == 0)
        *row = dbk_view_cursor_row(*cursor);
    if (*row != NULL && (*row)->values[1].integer != record->offset)
        *row = NULL;
    return code;
}

static enum dbk_verdict verdict_named(struct dbk_text name)
{
    for (int verdict = 0; verdict < DBK_POSTED; verdict++) {
        const char *known = dbk_verdict_name((enum dbk_verdict)verdict);
        if (strlen(known) == name.length && memcmp(known, name.bytes, name.length) == 0)
            return (enum dbk_verdict)verdict;
    }
    return DBK_VERDICT_COUNT;
}

/** What the view says of a record that it has applied. */
static int look_up(struct dbk_view *view, struct dbk_posting *posting,
                   const struct dbk_record *record, struct dbk_err *err)
{
    struct dbk_view_cursor *cursor = NULL;
    const struct dbk_row *row;
    *posting = (struct dbk_posting){.verdict = DBK_VERDICT_COUNT};
    int code = look_in(view, DBK_WALK_TRANSACTIONS, record, &cursor, &row, err);
    if (row != NULL) {
        posting->verdict = DBK_POSTED;
        posting->balance_minor = row->values[5].integer;
    } else if (code == 0) {
        dbk_view_cursor_close(cursor);
        cursor = NULL;
        code = look_in(view, DBK_WALK_REJECTIONS, record, &cursor, &row, err);
        if (row != NULL)
            posting->verdict = verdict_named(row->values[2].text);
    }
    dbk_view_cursor_close(cursor);
    if (code == 0 && posting->verdict == DBK_VERDICT_COUNT)
        code = dbk_err_set(err, DBK_EVIEW,
                           "the database has no verdict on %" PRId32 ":%" PRId64
                           ", though it was applied; daybook audit says what else is wrong.",
                           record->partition, record->offset);
    return code;
}

/** One record that the view has applied. */
static int take_settled(struct tail *tail, struct dbk_view *view, const struct dbk_record *record,
                        struct dbk_err *err)
{
    char scratch[DBK_EVENT_SCRATCH];
    struct dbk_entry entry = {.record = *record};
    bool failed = false;
    int code = look_up(view, &entry.posting, record, err);
    if (code != 0)
        return code;
    if (entry.posting.verdict != DBK_ABSENT)
        entry.posting.malformed = dbk_event_decode(&entry.event, &failed, scratch, record);
    /* A database that calls an event posted which is none must not lead us to read it. */
    if (entry.posting.malformed != DBK_WELL_FORMED)
        entry.posting.verdict = DBK_MALFORMED;
    if (failed)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    return take(tail, &entry, err);
}

/** Show what lies before the view's checkpoints, with the verdicts that it has stored: folding it
 *  would need the whole log. */
static int show_settled(struct tail *tail, struct dbk_view *view, struct dbk_err *err)
{
    int32_t count = dbk_book_partition_count(tail->book);
    int64_t *settled = dbk_offsets_new(tail->book, err);
    if (settled == NULL)
        return DBK_ENOMEM;
    for (int32_t p = 0; p < count; p++)
        settled[p] = dbk_book_checkpoint(tail->book, p)->offset_next;
    int code = dbk_log_start(tail->log, tail->offset_from, settled, err);
    while (code == 0 && !dbk_stop_requested && !dbk_log_at_end(tail->log)) {
        code = dbk_log_read(tail->log, &tail->sheet.batch, 100, err);
        for (size_t i = 0; code == 0 && i < tail->sheet.batch.count; i++)
            code = take_settled(tail, view, &tail->sheet.batch.records[i], err);
        if (code == 0 && tail->held == NULL)
            code = flush(tail, err);
        dbk_batch_release(&tail->sheet.batch);
    }
    free(settled);
    return code;
}

/** Where to begin: --from, or the last records of each partition. */
static int choose_beginning(struct tail *tail, struct dbk_err *err)
{
    int32_t count = dbk_book_partition_count(tail->book);
    struct dbk_when when = {.kind = DBK_WHEN_NONE};
    int code = 0;
    if (from_text != NULL && strcmp(from_text, "beginning") == 0)
        return 0;
    size_t digits = from_text != NULL ? strspn(from_text, "0123456789") : 0;
    if (from_text != NULL && (digits == 0 || from_text[digits] != ':'))
        return dbk_err_set(err, DBK_EUSAGE,
                           "--from %.100s: give \"beginning\" or positions, like 0:42,1:17.",
                           from_text);
    if (from_text != NULL)
        code = dbk_when_parse(&when, "--from", from_text, count, err);
    for (int32_t p = 0; code == 0 && p < count; p++) {
        int64_t end = tail->offset_end[p];
        if (from_text == NULL)
            tail->offset_from[p] = end > last ? end - last : 0;
        else
            tail->offset_from[p] = when.offset_next[p] < 0 ? end : when.offset_next[p] - 1;
    }
    dbk_when_clear(&when);
    return code;
}

/** @return true where every record is shown: then the whole log is folded, and nothing else is
 *  needed. */
static bool shows_everything(const struct tail *tail)
{
    for (int32_t p = 0; p < dbk_book_partition_count(tail->book); p++)
        if (tail->offset_from[p] > 0)
            return false;
    return true;
}

/** The state at hand, if it lies before what is to be shown, or is a view that knows verdicts. */
static int load_state(struct tail *tail, const struct dbk_config *config, struct dbk_view **view,
                      struct dbk_err *err)
{
    if (shows_everything(tail))
        return 0;
    int code = dbk_at_hand(tail->book, tail->log, config, -1, view, err);
    if (*view != NULL)
        dbk_view_end(*view); /* its verdicts stay: it need not be held while somebody reads them */
    if (code == 0)
        code = dbk_log_verify(tail->log, tail->book, err);
    for (int32_t p = 0; code == 0 && p < dbk_book_partition_count(tail->book); p++) {
        int64_t offset_next = dbk_book_checkpoint(tail->book, p)->offset_next;
        if (offset_next > tail->offset_end[p])
            tail->offset_end[p] = offset_next; /* it grew meanwhile */
        if (*view == NULL && offset_next > tail->offset_from[p])
            return dbk_book_clear(tail->book) == 0 ? 0
                                                   : dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    }
    return code;
}

static int open_tail(struct tail *tail, const struct dbk_cli *cli, struct dbk_err *err)
{
    static const int widths[] = {8, 20, 20, 9, 12, 12, 12, 20};
    int code = dbk_open_log_and_book(&cli->config, &tail->log, &tail->book, err);
    if (code == 0)
        code = dbk_sheet_open(&tail->sheet, err);
    if (code != 0)
        return code;
    dbk_entry_table_init(&tail->table, DBK_ENTRY_ACCOUNT);
    memcpy(tail->table.widths, widths, sizeof widths);
    tail->offset_from = dbk_offsets_new(tail->book, err);
    tail->offset_end = dbk_offsets_new(tail->book, err);
    tail->arrived_ms = dbk_offsets_new(tail->book, err);
    if (tail->offset_from == NULL || tail->offset_end == NULL || tail->arrived_ms == NULL)
        return DBK_ENOMEM;
    return dbk_log_watermarks(tail->log, NULL, tail->offset_end, err);
}

static int run(struct dbk_cli *cli, int argc, char **argv, struct dbk_err *err)
{
    struct tail tail = {.json = cli->json};
    struct dbk_view *view = NULL;
    (void)argc;
    (void)argv;
    if (from_text != NULL && last >= 0)
        return dbk_err_set(err, DBK_EUSAGE, "give --from or --last, not both.");
    last = last >= 0 ? last : LAST_DEFAULT;
    int code = open_tail(&tail, cli, err);
    if (code == 0)
        code = choose_beginning(&tail, err);
    if (code == 0)
        code = load_state(&tail, &cli->config, &view, err);
    if (code == 0 && from_text == NULL) {
        tail.held_capacity = 2 * (size_t)last + 64;
        tail.held = malloc(tail.held_capacity * sizeof *tail.held);
        code = tail.held == NULL ? dbk_err_set(err, DBK_ENOMEM, "out of memory.") : 0;
    }
    if (code == 0 && view != NULL)
        code = show_settled(&tail, view, err);
    dbk_view_close(view);
    if (code == 0)
        code = fold(&tail, tail.offset_end, err);
    if (tail.held != NULL) {
        int shown = show_held(&tail, code == 0 ? err : &(struct dbk_err){0});
        code = code == 0 ? shown : code;
    }
    if (code == 0 && !end_there)
        code = fold(&tail, NULL, err);
    dbk_sheet_close(&tail.sheet);
    dbk_table_clear(&tail.table);
    dbk_book_close(tail.book);
    dbk_log_close(tail.log);
    free(tail.offset_from);
    free(tail.offset_end);
    free(tail.arrived_ms);
    return code == DBK_ESTOPPED ? 0 : code;
}

const struct dbk_command dbk_command_log = {
    .name = "log",
    .arguments = "",
    .summary = "show the log's records as they come, with their verdicts",
    .description =
        "Shows the last records, and then each one that arrives, until Ctrl-C: position, arrival,\n"
        "transaction date, verdict, amount, balance after it, account, source and number, memo.\n"
        "Verdicts up to the database's checkpoint are those that it has stored; after it, and\n"
        "without a database, the log is folded from the last snapshot or from offset 0.",
    .options = options,
    .run = run,
};
