#include "ask.h"
#include "post_once.h"

#include <daybook/clock.h>

#include <inttypes.h>
#include <string.h>

static const char *reason;
static bool dry_run;

static const struct dbk_option options[] = {
    {"reason", 0, DBK_OPTION_STRING, &reason, "TEXT", "why, up to 200 bytes: the reversal's memo",
     0, 0},
    {"dry-run", 0, DBK_OPTION_FLAG, &dry_run, NULL, "say what would become of it, send nothing", 0,
     0},
    {NULL, 0, DBK_OPTION_FLAG, NULL, NULL, NULL, 0, 0},
};

/** The transaction to be reversed. */
struct original {
    int32_t partition;
    int64_t offset;
    bool found;
    enum dbk_verdict verdict;
    char account[DBK_ACCOUNT_MAX];
    uint32_t account_length;
    enum dbk_transaction_type type;
    int64_t value_minor;
};

static int applied(void *context, const struct dbk_changes *changes, struct dbk_err *err)
{
    struct original *original = context;
    (void)err;
    for (size_t i = 0; i < changes->count; i++) {
        const struct dbk_entry *entry = &changes->entries[i];
        if (entry->record.offset != original->offset)
            continue;
        original->found = true;
        original->verdict = entry->posting.verdict;
        if (entry->posting.verdict != DBK_POSTED)
            continue;
        original->account_length = entry->event.account.length;
        memcpy(original->account, entry->event.account.bytes, original->account_length);
        original->type = entry->event.type;
        original->value_minor = entry->event.value_minor;
    }
    return 0;
}

/** Read the log up to the transaction: only that says whether it was posted. */
static int find(struct original *original, const struct dbk_cli *cli, struct dbk_err *err)
{
    struct dbk_ask ask;
    int code = dbk_ask_open(&ask, &cli->config, NULL, err);
    int32_t count = code == 0 ? dbk_book_partition_count(ask.book) : 0;
    bool there = code == 0 && original->partition < count &&
                 original->offset < ask.offset_end[original->partition];
    for (int32_t p = 0; p < count; p++)
        ask.offset_end[p] = there && p == original->partition ? original->offset + 1 : 0;
    if (there)
        code = dbk_ask_replay(&ask, applied, original, err);
    dbk_ask_close(&ask);
    if (code != 0 || original->verdict == DBK_POSTED)
        return code;
    if (!original->found)
        return dbk_err_set(err, DBK_ENO,
                           "%" PRId32 ":%" PRId64 " is not in the log; nothing was sent.",
                           original->partition, original->offset);
    return dbk_err_set(err, DBK_ENO,
                       "%" PRId32 ":%" PRId64 " was not posted (%s): there is nothing to reverse; "
                       "nothing was sent.",
                       original->partition, original->offset, dbk_verdict_name(original->verdict));
}

static int run(struct dbk_cli *cli, int argc, char **argv, struct dbk_err *err)
{
    struct original original = {.verdict = DBK_ABSENT};
    struct dbk_posting_order order = {.dry_run = dry_run};
    struct dbk_event *event = &order.request.event;
    char source[DBK_REVERSAL_SOURCE_SIZE];
    const char *end;
    (void)argc;
    if (!dbk_position_parse(argv[0], &original.partition, &original.offset, &end) || *end != '\0')
        return dbk_err_set(err, DBK_EUSAGE,
                           "\"%.100s\" is no position: give partition:offset, like 0:42.", argv[0]);
    if (reason == NULL || !dbk_text_is_clean(dbk_text_of(reason), DBK_MEMO_MAX, false))
        return dbk_err_set(err, DBK_EUSAGE,
                           "give the reason with --reason: 1 to 200 bytes of UTF-8 without control "
                           "characters.");
    int code = find(&original, cli, err);
    if (code == DBK_ESTOPPED)
        code = dbk_err_set(err, DBK_EBROKER, "stopped; nothing was sent.");
    if (code != 0) {
        dbk_post_not_sent(event, cli->json, err);
        return err->code;
    }
    dbk_reversal_source(source, original.partition, original.offset);
    event->account = (struct dbk_text){original.account, original.account_length};
    event->type = original.type == DBK_DEPOSIT ? DBK_WITHDRAWAL : DBK_DEPOSIT;
    event->value_minor = original.value_minor;
    event->date_s = dbk_clock_wall_ms() / 1000;
    event->memo = dbk_text_of(reason);
    event->source = dbk_text_of(source);
    return dbk_post_once(cli, &order, err);
}

const struct dbk_command dbk_command_reverse = {
    .name = "reverse",
    .arguments = "POSITION --reason TEXT",
    .summary = "post the opposite of a transaction, once",
    .description =
        "Posts a deposit for a withdrawal and a withdrawal, without a floor, for a deposit; "
        "linked\n"
        "to it by its source, reverse:POSITION. A transaction is reversed once: a second reversal\n"
        "says \"already posted\". A reversal is a transaction too, and can be reversed.\n"
        "Exit status as of daybook deposit; repeating it is always safe.",
    .options = options,
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
