#include "balance_at.h"

#include "ask.h"
#include "json_out.h"
#include "snapshots.h"
#include "table.h"

#include <daybook/date.h>
#include <daybook/message.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct dbk_column columns[] = {
    {"ACCOUNT", false}, {"BALANCE", true}, {"AT", false}, {"", false}};

/** What an account had. */
struct was {
    int64_t balance_minor;
    bool there; /* some event counts */
};

struct asking {
    const struct dbk_cli *cli;
    struct dbk_ask ask;
    struct dbk_when when;
    struct was **was; /* per partition and account */
    uint32_t *was_count;
    struct dbk_table table;
};

/** @return the account's entry, or NULL: out of memory. */
static struct was *was_of(struct asking *asking, int32_t partition, uint32_t account)
{
    if (account >= asking->was_count[partition]) {
        uint32_t count = dbk_ledger_account_count(dbk_book_ledger(asking->ask.book, partition));
        struct was *larger = realloc(asking->was[partition], count * sizeof *larger);
        if (larger == NULL)
            return NULL;
        memset(larger + asking->was_count[partition], 0,
               (count - asking->was_count[partition]) * sizeof *larger);
        asking->was[partition] = larger;
        asking->was_count[partition] = count;
    }
    return &asking->was[partition][account];
}

/** @return true where the event counts at the moment asked for. */
static bool counts(const struct asking *asking, const struct dbk_entry *entry)
{
    if (entry->posting.verdict != DBK_POSTED)
        return false;
    if (asking->when.kind == DBK_WHEN_DATE)
        return entry->event.date_s <= asking->when.last_s;
    return entry->record.offset < asking->when.offset_next[entry->record.partition];
}

static int applied(void *context, const struct dbk_changes *changes, struct dbk_err *err)
{
    struct asking *asking = context;
    for (size_t i = 0; i < changes->count; i++) {
        const struct dbk_entry *entry = &changes->entries[i];
        const struct dbk_event *event = &entry->event;
        if (!counts(asking, entry))
            continue;
        struct was *was = was_of(asking, entry->record.partition, entry->posting.account);
        if (was == NULL)
            return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
        was->there = true;
        /* Fits: the account's sums of deposits and of withdrawals do. */
        was->balance_minor += event->type == DBK_DEPOSIT ? event->value_minor : -event->value_minor;
    }
    return 0;
}

/** Positions beyond the log are a mistake, not a balance. */
static int check_positions(struct asking *asking, const char *at, bool all, struct dbk_err *err)
{
    struct dbk_when *when = &asking->when;
    int32_t count = dbk_book_partition_count(asking->ask.book);
    if (when->kind != DBK_WHEN_POSITIONS)
        return 0;
    for (int32_t p = 0; p < count; p++) {
        if (when->offset_next[p] < 0 && all && asking->ask.offset_end[p] > 0)
            return dbk_err_set(err, DBK_EUSAGE,
                               "--at %.100s: for all accounts give a position for each partition "
                               "that has events; partition %" PRId32
                               " is missing. For one account, name it.",
                               at, p);
        if (when->offset_next[p] > asking->ask.offset_end[p])
            return dbk_err_set(err, DBK_ENO,
                               "--at %.100s: the log does not have %" PRId32 ":%" PRId64
                               " yet; the partition ends before %" PRId32 ":%" PRId64 ".",
                               at, p, when->offset_next[p] - 1, p, asking->ask.offset_end[p]);
        if (when->offset_next[p] < 0)
            when->offset_next[p] = 0;
    }
    return 0;
}

/** A receipt is a list of positions, of this log and no other. */
static int take_receipt(struct asking *asking, const char *at, struct dbk_err *err)
{
    struct dbk_when *when = &asking->when;
    const struct dbk_receipt *receipt = &when->receipt;
    const struct dbk_topic *topic = dbk_log_topic(asking->ask.log);
    if (when->kind != DBK_WHEN_RECEIPT)
        return 0;
    int code = dbk_receipt_check_log(receipt, at, topic, err);
    if (code != 0)
        return code;
    when->kind = DBK_WHEN_POSITIONS;
    when->offset_next = dbk_offsets_new(asking->ask.book, err);
    if (when->offset_next == NULL)
        return DBK_ENOMEM;
    for (int32_t p = 0; p < receipt->partition_count; p++)
        when->offset_next[p] = receipt->checkpoints[p].offset_next;
    return 0;
}

/** Read the log; at a receipt's positions it must still be the log that the receipt is of. */
static int replay(struct asking *asking, const char *at, struct dbk_err *err)
{
    const struct dbk_receipt *receipt = &asking->when.receipt;
    struct dbk_ask *ask = &asking->ask;
    int64_t *whole = ask->offset_end;
    int64_t *first = dbk_offsets_new(ask->book, err);
    int code = first == NULL ? DBK_ENOMEM : 0;
    for (int32_t p = 0; code == 0 && p < receipt->partition_count; p++)
        first[p] = asking->when.offset_next[p];
    ask->offset_end = first;
    if (code == 0 && receipt->partition_count > 0)
        code = dbk_ask_replay(ask, applied, asking, err);
    ask->offset_end = whole;
    free(first);
    for (int32_t p = 0; code == 0 && p < receipt->partition_count; p++) {
        const struct dbk_checkpoint *kept = &receipt->checkpoints[p];
        const struct dbk_checkpoint *reached = dbk_book_checkpoint(ask->book, p);
        if (reached->offset_next == kept->offset_next &&
            memcmp(reached->digest.bytes, kept->digest.bytes, DBK_DIGEST_SIZE) != 0)
            code = dbk_err_set(err, DBK_ENO,
                               "this is not the log that the receipt %s was written of: partition "
                               "%" PRId32 " has another digest before offset %" PRId64
                               ". daybook audit --receipt %s says more.",
                               at, p, kept->offset_next, at);
    }
    return code == 0 ? dbk_ask_replay(ask, applied, asking, err) : code;
}

static int show(struct asking *asking, int32_t partition, const struct dbk_account *account,
                const struct was *was, struct dbk_err *err)
{
    const char *note = was == NULL || !was->there ? "no event yet; its first is later" : "";
    int64_t balance_minor = was != NULL ? was->balance_minor : 0;
    int64_t offset_next = asking->when.kind == DBK_WHEN_DATE ? asking->ask.offset_end[partition]
                                                             : asking->when.offset_next[partition];
    if (!asking->cli->json) {
        dbk_table_add(&asking->table, account->name);
        dbk_table_add_amount(&asking->table, balance_minor);
        dbk_table_add_position(&asking->table, partition, offset_next - 1);
        dbk_table_add_string(&asking->table, note);
        return 0;
    }
    json_t *object = json_object();
    dbk_json_set_text(object, "account", account->name);
    dbk_json_set_amount(object, "balance", balance_minor);
    dbk_json_set_position(object, "at", partition, offset_next - 1);
    if (note[0] != '\0')
        json_object_set_new(object, "note", json_string(note));
    return dbk_json_print(object, err);
}

static const struct was *find_was(const struct asking *asking, int32_t partition, uint32_t account)
{
    return account < asking->was_count[partition] ? &asking->was[partition][account] : NULL;
}

struct named {
    int32_t partition;
    uint32_t index;
    struct dbk_text name;
};

static int by_name(const void *a, const void *b)
{
    const struct named *left = a;
    const struct named *right = b;
    return dbk_text_compare(left->name, right->name);
}

/** All accounts that have an event at that moment, by name, as balance lists them. */
static int show_all(struct asking *asking, struct dbk_err *err)
{
    int32_t count = dbk_book_partition_count(asking->ask.book);
    size_t total = 0;
    size_t used = 0;
    int code = 0;
    for (int32_t p = 0; p < count; p++)
        total += asking->was_count[p];
    struct named *named = calloc(total + 1, sizeof *named);
    if (named == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    for (int32_t p = 0; p < count; p++)
        for (uint32_t i = 0; i < asking->was_count[p]; i++)
            if (asking->was[p][i].there)
                named[used++] = (struct named){
                    p, i, dbk_ledger_account(dbk_book_ledger(asking->ask.book, p), i)->name};
    qsort(named, used, sizeof *named, by_name);
    for (size_t i = 0; code == 0 && i < used; i++)
        code = show(asking, named[i].partition,
                    dbk_ledger_account(dbk_book_ledger(asking->ask.book, named[i].partition),
                                       named[i].index),
                    find_was(asking, named[i].partition, named[i].index), err);
    free(named);
    return code;
}

static int show_one(struct asking *asking, const char *account, const char *at, struct dbk_err *err)
{
    struct dbk_text name = dbk_text_of(account);
    int32_t p = dbk_event_partition(name, dbk_book_partition_count(asking->ask.book));
    struct dbk_ledger *ledger = dbk_book_ledger(asking->ask.book, p);
    uint32_t index;
    if (!dbk_ledger_find(ledger, &index, name))
        return dbk_ask_unknown(account, err);
    if (asking->when.kind == DBK_WHEN_POSITIONS && asking->when.given > 0 &&
        asking->when.offset_next[p] == 0)
        return dbk_err_set(err, DBK_EUSAGE,
                           "--at %.100s: account %.100s is on partition %" PRId32
                           ": give its position there.",
                           at, account, p);
    return show(asking, p, dbk_ledger_account(ledger, index), find_was(asking, p, index), err);
}

int dbk_balance_at(const struct dbk_cli *cli, const char *at, int argc, char **argv,
                   struct dbk_err *err)
{
    struct asking asking = {.cli = cli};
    int code = dbk_ask_open(&asking.ask, &cli->config, argc == 1 ? argv[0] : NULL, err);
    size_t count = code == 0 ? (size_t)dbk_book_partition_count(asking.ask.book) : 0;
    dbk_table_init(&asking.table, columns, 4);
    if (code == 0)
        code = dbk_when_parse(&asking.when, "--at", at, (int32_t)count, err);
    if (code == 0)
        code = take_receipt(&asking, at, err);
    if (code == 0 && argc != 1)
        code = check_positions(&asking, at, argc == 0, err);
    else if (code == 0 && asking.when.kind == DBK_WHEN_POSITIONS) {
        /* Only the account's own partition is looked at. */
        for (int32_t p = 0; p < (int32_t)count; p++)
            if (p != asking.ask.partition)
                asking.when.offset_next[p] = 0;
        code = check_positions(&asking, at, false, err);
    }
    if (code == 0) {
        asking.was = calloc(count, sizeof(struct was *));
        asking.was_count = calloc(count, sizeof *asking.was_count);
        if (asking.was == NULL || asking.was_count == NULL)
            code = dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    }
    if (code == 0)
        code = replay(&asking, at, err);
    if (code == 0 && argc == 0)
        code = show_all(&asking, err);
    for (int i = 0; code == 0 && i < argc; i++)
        code = show_one(&asking, argv[i], at, err);
    if (!cli->json && (code == 0 || code == DBK_ENO)) {
        struct dbk_err late;
        if (dbk_table_print(&asking.table, &late) != 0 && code == 0) {
            *err = late;
            code = late.code;
        }
    }
    for (size_t p = 0; asking.was != NULL && p < count; p++)
        free(asking.was[p]);
    free(asking.was);
    free(asking.was_count);
    dbk_table_clear(&asking.table);
    dbk_when_clear(&asking.when);
    dbk_ask_close(&asking.ask);
    return code;
}

static int show_from_log(const struct dbk_cli *cli, const struct dbk_ask *ask, const char *account,
                         int64_t read, struct dbk_err *err)
{
    struct dbk_text name = dbk_text_of(account);
    struct dbk_ledger *ledger = dbk_book_ledger(ask->book, ask->partition);
    int64_t end = dbk_book_checkpoint(ask->book, ask->partition)->offset_next;
    uint32_t index;
    if (!dbk_ledger_find(ledger, &index, name))
        return dbk_ask_unknown(account, err);
    int64_t balance_minor = dbk_ledger_account(ledger, index)->balance_minor;
    if (cli->json) {
        json_t *object = json_object();
        dbk_json_set_text(object, "account", name);
        dbk_json_set_amount(object, "balance", balance_minor);
        dbk_json_set_position(object, "at", ask->partition, end - 1);
        json_object_set_new(object, "events_read", json_integer(read));
        dbk_json_set_position(object, "snapshot", ask->partition, end - read - 1);
        return dbk_json_print(object, err);
    }
    struct dbk_table table;
    dbk_table_init(&table, columns, 3);
    dbk_table_add(&table, name);
    dbk_table_add_amount(&table, balance_minor);
    dbk_table_add_position(&table, ask->partition, end - 1);
    int code = dbk_table_print(&table, err);
    dbk_table_clear(&table);
    if (end > read)
        dbk_message("read %" PRId64 " event%s after the snapshot at %" PRId32 ":%" PRId64, read,
                    read == 1 ? "" : "s", ask->partition, end - read - 1);
    else
        dbk_message("read %" PRId64 " event%s from offset 0: there is no snapshot to begin at",
                    read, read == 1 ? "" : "s");
    return code;
}

int dbk_balance_from_log(const struct dbk_cli *cli, const char *account, struct dbk_err *err)
{
    struct dbk_ask ask;
    struct dbk_snapshots snapshots = {.log = NULL};
    int64_t before = 0;
    int code = dbk_ask_open(&ask, &cli->config, account, err);
    if (code == 0)
        code = dbk_snapshots_read(&snapshots, &cli->config, dbk_log_topic(ask.log), ask.partition,
                                  err);
    if (code == 0)
        code = dbk_snapshots_restore(&snapshots, ask.log, ask.book, err);
    if (code == 0) {
        before = dbk_book_event_count(ask.book);
        /* The snapshot may have been published after the end was asked for. */
        if (ask.offset_end[ask.partition] < before)
            ask.offset_end[ask.partition] = before;
        code = dbk_ask_replay(&ask, NULL, NULL, err);
    }
    if (code == 0)
        code = show_from_log(cli, &ask, account, dbk_book_event_count(ask.book) - before, err);
    dbk_snapshots_close(&snapshots);
    dbk_ask_close(&ask);
    return code;
}
