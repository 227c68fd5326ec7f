#include "import.h"
#include "replay.h"
#include "sheet.h"

#include <daybook/clock.h>
#include <daybook/message.h>
#include <daybook/overlap.h>
#include <daybook/producer.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** How often a producer that gave up is replaced. */
#define ATTEMPT_MAX 5

/** The state of the ledger, as far as an import needs it. */
struct sending {
    struct dbk_import *import;
    struct dbk_text source;
    struct dbk_log *log;
    struct dbk_book *book;
    struct dbk_overlap overlap;
    int32_t *partitions; /* of the rowset's accounts */
    int64_t *seen;       /* per partition: the last row of this source in the log, or -1 */
    bool known;          /* the log has rows of this source */
};

/** Keep the first few overlaps, for the message. */
static void keep_example(void *context, uint32_t row, int32_t partition, int64_t offset)
{
    struct dbk_import *import = context;
    if (import->example_count < DBK_IMPORT_EXAMPLES)
        import->examples[import->example_count++] =
            (struct dbk_import_example){row, 0, partition, offset};
}

static int compare_changes(void *context, const struct dbk_changes *changes, struct dbk_err *err)
{
    struct sending *sending = context;
    for (size_t i = 0; i < changes->count; i++)
        if (dbk_overlap_entry(&sending->overlap, &changes->entries[i]) != 0)
            return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    return 0;
}

/** Read the log from the book's end to its own, comparing on the way. */
static int read_tail(struct sending *sending, struct dbk_err *err)
{
    const struct dbk_replay replay = {
        .verb = "compared with",
        .applied = compare_changes,
        .context = sending,
    };
    int64_t *offset_end = dbk_offsets_new(sending->book, err);
    if (offset_end == NULL)
        return DBK_ENOMEM;
    int code = dbk_log_watermarks(sending->log, NULL, offset_end, err);
    if (code == 0)
        code = dbk_replay_run(&replay, sending->log, sending->book, offset_end, err);
    if (code == DBK_ESTOPPED)
        code = dbk_err_set(err, DBK_ESTOPPED, "stopped; nothing was sent.");
    free(offset_end);
    return code;
}

/** How far each partition has this source's rows. */
static int look_at_source(struct sending *sending, struct dbk_err *err)
{
    for (int32_t p = 0; p < dbk_book_partition_count(sending->book); p++) {
        if (dbk_ledger_find_source(dbk_book_ledger(sending->book, p), &sending->seen[p],
                                   sending->source) != 0)
            return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
        sending->known = sending->known || sending->seen[p] >= 0;
    }
    return 0;
}

/** The view's state and what the log has after it: never less than all of the log. */
static int learn(struct sending *sending, struct dbk_err *err)
{
    struct dbk_import *import = sending->import;
    bool loaded;
    int code = dbk_open_log_and_book(import->config, &sending->log, &sending->book, err);
    if (code != 0)
        return code;
    const struct dbk_topic *topic = dbk_log_topic(sending->log);
    if (topic->danger[0] != '\0')
        return dbk_err_set(err, DBK_EBROKER,
                           "nothing was sent: topic %s would lose the ledger's events: %s. Change "
                           "that with kafka-configs --alter first.",
                           topic->name, topic->danger);
    uint32_t account_count = dbk_rowset_account_count(import->rowset);
    sending->seen = calloc((size_t)topic->partition_count, sizeof *sending->seen);
    sending->partitions = calloc((size_t)account_count + 1, sizeof *sending->partitions);
    if (sending->seen == NULL || sending->partitions == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    for (uint32_t i = 0; i < account_count; i++)
        sending->partitions[i] = dbk_event_partition(dbk_rowset_account(import->rowset, i)->name,
                                                     topic->partition_count);
    code = dbk_overlap_load(&sending->overlap, import->config->database, topic, sending->book,
                            &loaded, err);
    if (code == 0 && loaded)
        code = dbk_log_verify(sending->log, sending->book, err);
    if (code == 0)
        code = read_tail(sending, err);
    return code == 0 ? look_at_source(sending, err) : code;
}

/** @return true where the log does not have this row from this source. */
static bool is_missing(const struct sending *sending, uint32_t row)
{
    uint32_t account = dbk_rowset_row_account(sending->import->rowset, row);
    return row > sending->seen[sending->partitions[account]];
}

static bool is_wanted(const struct sending *sending, uint32_t row)
{
    return is_missing(sending, row) &&
           (sending->import->all || !dbk_rowset_is_matched(sending->import->rowset, row));
}

/** Lines of the examples: a row's line is only known while it is read. */
static void find_lines(struct dbk_import *import)
{
    struct dbk_event event;
    uint32_t row = 0;
    dbk_bankfile_rewind(&import->file);
    for (; dbk_bankfile_next(&import->file, &event) == DBK_BANK_ROW; row++)
        for (int i = 0; i < import->example_count; i++)
            if (import->examples[i].row == row)
                import->examples[i].line = import->file.row.line;
}

static int refuse_overlap(struct dbk_import *import, struct dbk_err *err)
{
    char examples[256] = "";
    size_t used = 0;
    find_lines(import);
    for (int i = 0; i < import->example_count; i++) {
        const struct dbk_import_example *example = &import->examples[i];
        used += (size_t)snprintf(examples + used, sizeof examples - used,
                                 "%sline %" PRIu64 " = %" PRId32 ":%" PRId64, i > 0 ? ", " : "",
                                 example->line, example->partition, example->offset);
    }
    return dbk_err_set(err, DBK_ENO,
                       "%" PRId64 " of %" PRIu32
                       " rows are already there (%s%s). Nothing was sent: "
                       "--only-new sends the other rows, --all sends every row again.",
                       import->there_count, dbk_rowset_count(import->rowset), examples,
                       import->there_count > import->example_count ? ", …" : "");
}

/** Count what is to be sent. @return DBK_ENO where somebody has to decide first. */
static int decide(struct sending *sending, int64_t *wanted, struct dbk_err *err)
{
    struct dbk_import *import = sending->import;
    uint32_t count = dbk_rowset_count(import->rowset);
    int64_t passed_count = 0;
    *wanted = 0;
    import->there_count = 0;
    import->sent_before = 0;
    for (uint32_t row = 0; row < count; row++) {
        bool missing = is_missing(sending, row);
        bool matched = dbk_rowset_is_matched(import->rowset, row);
        *wanted += is_wanted(sending, row);
        import->there_count += missing && matched;
        import->sent_before += !missing;
        passed_count += !missing && matched;
    }
    if (import->all && passed_count > 0)
        dbk_warning("%" PRId64
                    " rows of %s are there from another source, before the last row sent "
                    "from this file. If an earlier --only-new left them out, put them into a file "
                    "of their own and import that with --all",
                    passed_count, import->path);
    bool undecided = import->there_count > 0 && !import->only_new && !import->all;
    return undecided && !(sending->known && *wanted == 0) ? refuse_overlap(import, err) : 0;
}

static void count_delivery(void *context, const struct dbk_delivery *delivery)
{
    struct dbk_import *import = context;
    (void)delivery;
    import->sent_count++;
}

/** Send every wanted row once. */
static int send_rows(struct sending *sending, struct dbk_producer *producer,
                     struct dbk_progress *progress, struct dbk_err *err)
{
    struct dbk_import *import = sending->import;
    char json[DBK_EVENT_MAX];
    struct dbk_event event;
    int code = 0;
    dbk_bankfile_rewind(&import->file);
    for (uint32_t row = 0; code == 0 && dbk_bankfile_next(&import->file, &event) == DBK_BANK_ROW;
         row++) {
        if (!is_wanted(sending, row))
            continue;
        event.source = sending->source;
        event.seq = row;
        uint32_t account = dbk_rowset_row_account(import->rowset, row);
        code = dbk_producer_send(producer, sending->partitions[account], event.account, json,
                                 dbk_event_encode(json, &event), row, err);
        if ((row & 1023) == 0)
            dbk_progress_update(progress, import->sent_count);
        if (code == 0 && dbk_stop_requested)
            code = dbk_err_set(err, DBK_ESTOPPED, "stopped.");
    }
    return code;
}

/** One producer's life. @return DBK_EUNKNOWN where it gave up or its last records are in doubt. */
static int send_once(struct sending *sending, struct dbk_progress *progress, struct dbk_err *err)
{
    struct dbk_import *import = sending->import;
    struct dbk_producer *producer = NULL;
    int code = dbk_producer_open(&producer, import->config, dbk_log_topic(sending->log), 50,
                                 count_delivery, import, err);
    if (code != 0)
        return code;
    dbk_producer_stop_on(producer, &dbk_stop_requested);
    code = send_rows(sending, producer, progress, err);
    while (code == 0) {
        code = dbk_producer_flush(producer, 200, err);
        dbk_progress_update(progress, import->sent_count);
        if (code == 0)
            break;
        if (code == DBK_EUNKNOWN && !dbk_producer_has_failed(producer))
            code = 0; /* only not acknowledged yet */
    }
    if (code == DBK_ESTOPPED) {
        struct dbk_err late;
        dbk_producer_stop_on(producer, NULL);
        int flushed = dbk_producer_flush(producer, 3000, &late);
        code = dbk_err_set(err, import->sent_count > 0 || flushed != 0 ? DBK_EUNKNOWN : DBK_EBROKER,
                           "stopped after %" PRId64 " rows%s. The same command completes it.",
                           import->sent_count,
                           flushed == 0 ? "" : "; the last ones are not acknowledged");
    }
    if (code == DBK_EBROKER && !dbk_producer_settle(producer))
        code = err->code = DBK_EUNKNOWN;
    dbk_producer_close(producer);
    return code;
}

/** Send; where the client library gave up, look what arrived and send what did not. */
static int send_all(struct sending *sending, int64_t wanted, struct dbk_err *err)
{
    struct dbk_import *import = sending->import;
    struct dbk_progress progress;
    int64_t started_ms = dbk_clock_monotonic_ms();
    dbk_progress_start(&progress, "sent", "rows", wanted);
    int code = send_once(sending, &progress, err);
    for (int i = 1; i < ATTEMPT_MAX && code == DBK_EUNKNOWN && !dbk_stop_requested; i++) {
        dbk_warning("%s Starting a new one with what is missing.", err->text);
        code = read_tail(sending, err);
        if (code == 0)
            code = look_at_source(sending, err);
        if (code == 0)
            code = send_once(sending, &progress, err);
    }
    dbk_progress_end(&progress);
    import->sending_ms = dbk_clock_monotonic_ms() - started_ms;
    if (code == DBK_EBROKER && import->sent_count > 0)
        code = DBK_EUNKNOWN;
    if (code == DBK_EBROKER) {
        struct dbk_err why = *err;
        if (strstr(why.text, "othing was sent") == NULL)
            dbk_err_set(err, code, "%.900s Nothing was sent.", why.text);
    }
    if (code == DBK_EUNKNOWN && !dbk_stop_requested) {
        struct dbk_err why = *err;
        dbk_err_set(err, code, "%.800s Run the same command again: it adds only what is missing.",
                    why.text);
    }
    return code;
}

int dbk_import_send(struct dbk_import *import, struct dbk_err *err)
{
    struct sending sending = {
        .import = import,
        .source = {import->source, (uint32_t)strlen(import->source)},
        .overlap = {.rowset = import->rowset, .found = keep_example, .context = import},
    };
    int64_t wanted = 0;
    sending.overlap.source = sending.source;
    int code = learn(&sending, err);
    if (code == 0)
        code = decide(&sending, &wanted, err);
    if (code == 0 && wanted == 0)
        dbk_message(sending.known ? "%s is already imported; nothing was sent"
                                  : "%s has nothing new; nothing was sent",
                    import->path);
    else if (code == 0)
        code = send_all(&sending, wanted, err);
    dbk_book_close(sending.book);
    dbk_log_close(sending.log);
    free(sending.partitions);
    free(sending.seen);
    return code;
}
