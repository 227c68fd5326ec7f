#include "ask.h"
#include "entry_out.h"

#include <daybook/outcome.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *from_text;
static const char *to_text;
static bool raw;

static const struct dbk_option options[] = {
    {"from", 0, DBK_OPTION_STRING, &from_text, "WHEN", "begin at a date or a position", 0, 0},
    {"to", 0, DBK_OPTION_STRING, &to_text, "WHEN", "end with a date or a position", 0, 0},
    {"raw", 0, DBK_OPTION_FLAG, &raw, NULL, "show each record's bytes too", 0, 0},
    {NULL, 0, DBK_OPTION_FLAG, NULL, NULL, NULL, 0, 0},
};

/** One transaction of the account: what a reversal must agree with. */
struct posted {
    int64_t offset;
    int64_t amount_minor;
};

struct history {
    struct dbk_ask ask;
    struct dbk_text account;
    struct dbk_when from;
    struct dbk_when to;
    struct dbk_table table;
    int columns; /* enum dbk_entry_columns */
    bool json;
    int64_t found;         /* events of the account, shown or not */
    struct posted *posted; /* by offset */
    size_t posted_count;
    size_t posted_capacity;
};

/** @return true where the record is about the account: it says so, or its key does. */
static bool touches(const struct history *history, const struct dbk_entry *entry)
{
    bool decoded = entry->posting.verdict >= DBK_MISROUTED;
    struct dbk_text name =
        decoded ? entry->event.account
                : (struct dbk_text){entry->record.key, entry->record.key_length > 0
                                                           ? (uint32_t)entry->record.key_length
                                                           : 0};
    return name.length == history->account.length &&
           memcmp(name.bytes, history->account.bytes, name.length) == 0;
}

static bool is_within(const struct history *history, const struct dbk_entry *entry)
{
    const struct dbk_when *from = &history->from;
    const struct dbk_when *to = &history->to;
    int32_t p = entry->record.partition;
    bool decoded = entry->posting.verdict >= DBK_MISROUTED;
    if (from->kind == DBK_WHEN_POSITIONS && entry->record.offset < from->offset_next[p] - 1)
        return false;
    if (to->kind == DBK_WHEN_POSITIONS && entry->record.offset >= to->offset_next[p])
        return false;
    if (from->kind == DBK_WHEN_DATE && (!decoded || entry->event.date_s < from->first_s))
        return false;
    return to->kind != DBK_WHEN_DATE || (decoded && entry->event.date_s <= to->last_s);
}

/** Remember a transaction. */
static int remember(struct history *history, const struct dbk_entry *entry, struct dbk_err *err)
{
    const struct dbk_event *event = &entry->event;
    if (entry->posting.verdict != DBK_POSTED)
        return 0;
    if (history->posted_count == history->posted_capacity) {
        size_t larger = history->posted_capacity == 0 ? 256 : history->posted_capacity * 2;
        struct posted *moved = realloc(history->posted, larger * sizeof *moved);
        if (moved == NULL)
            return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
        history->posted = moved;
        history->posted_capacity = larger;
    }
    history->posted[history->posted_count++] =
        (struct posted){entry->record.offset,
                        event->type == DBK_DEPOSIT ? event->value_minor : -event->value_minor};
    return 0;
}

static int compare_offsets(const void *a, const void *b)
{
    const struct posted *first = a;
    const struct posted *second = b;
    return (first->offset > second->offset) - (first->offset < second->offset);
}

/** Is it the opposite of a transaction of this account that was posted before it? */
static enum dbk_entry_reversal look_at_reversal(const struct history *history,
                                                const struct dbk_entry *entry)
{
    const struct dbk_event *event = &entry->event;
    int32_t partition;
    struct posted key;
    if (entry->posting.verdict < DBK_DUPLICATE ||
        !dbk_reversal_parse(&partition, &key.offset, event->source, event->seq))
        return DBK_ENTRY_PLAIN;
    if (entry->posting.verdict != DBK_POSTED || partition != entry->record.partition ||
        history->posted_count == 0)
        return DBK_ENTRY_CLAIMS;
    const struct posted *found =
        bsearch(&key, history->posted, history->posted_count, sizeof key, compare_offsets);
    int64_t undone = event->type == DBK_DEPOSIT ? -event->value_minor : event->value_minor;
    return found != NULL && found->amount_minor == undone ? DBK_ENTRY_REVERSES : DBK_ENTRY_CLAIMS;
}

static int applied(void *context, const struct dbk_changes *changes, struct dbk_err *err)
{
    struct history *history = context;
    int code = 0;
    for (size_t i = 0; code == 0 && i < changes->count; i++) {
        const struct dbk_entry *entry = &changes->entries[i];
        if (!touches(history, entry))
            continue;
        history->found++;
        enum dbk_entry_reversal reversal = look_at_reversal(history, entry);
        code = remember(history, entry, err);
        if (code != 0 || !is_within(history, entry))
            continue;
        if (history->json)
            code = dbk_entry_print_json(entry, history->columns, reversal, err);
        else
            dbk_entry_add_row(&history->table, entry, history->columns, reversal);
    }
    return code;
}

/** A position must be on the account's partition: elsewhere nothing of it is posted. */
static int check_partition(const struct history *history, const struct dbk_when *when,
                           const char *option, struct dbk_err *err)
{
    if (when->kind == DBK_WHEN_NONE || when->kind == DBK_WHEN_DATE)
        return 0;
    if (when->kind == DBK_WHEN_POSITIONS && when->given == 1 &&
        when->offset_next[history->ask.partition] >= 0)
        return 0;
    return dbk_err_set(err, DBK_EUSAGE,
                       "%s: give a date, or a position on the account's own partition, %" PRId32
                       ":N.",
                       option, history->ask.partition);
}

static int run(struct dbk_cli *cli, int argc, char **argv, struct dbk_err *err)
{
    struct history history = {
        .account = dbk_text_of(argv[0]), .json = cli->json, .columns = raw ? DBK_ENTRY_RAW : 0};
    (void)argc;
    int code = dbk_ask_open(&history.ask, &cli->config, argv[0], err);
    dbk_entry_table_init(&history.table, history.columns);
    if (code == 0)
        code = dbk_when_parse(&history.from, "--from", from_text,
                              dbk_book_partition_count(history.ask.book), err);
    if (code == 0)
        code = dbk_when_parse(&history.to, "--to", to_text,
                              dbk_book_partition_count(history.ask.book), err);
    if (code == 0)
        code = check_partition(&history, &history.from, "--from", err);
    if (code == 0)
        code = check_partition(&history, &history.to, "--to", err);
    if (code == 0)
        code = dbk_ask_replay(&history.ask, applied, &history, err);
    if (code == 0 && !cli->json)
        code = dbk_table_print(&history.table, err);
    if (code == 0 && history.found == 0)
        code = dbk_ask_unknown(argv[0], err);
    dbk_table_clear(&history.table);
    free(history.posted);
    dbk_when_clear(&history.from);
    dbk_when_clear(&history.to);
    dbk_ask_close(&history.ask);
    return code;
}

const struct dbk_command dbk_command_history = {
    .name = "history",
    .arguments = "ACCOUNT",
    .summary = "show every event of an account, from the log",
    .description =
        "Replays the account's partition and shows each event that is about it, posted or\n"
        "rejected, in log order: position, arrival, transaction date, verdict, amount, balance\n"
        "after it, source and number, memo. No database is needed. Events that name the account "
        "on\n"
        "another partition are misrouted and touch nothing: they stand in the view's rejections.",
    .options = options,
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
