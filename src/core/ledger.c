#include <daybook/ledger.h>

#include <daybook/money.h>

#include <daybook/hash.h>

#include <stdlib.h>
#include <string.h>

/** Open addressing from a 64-bit hash to an index; slots hold index + 1, 0 is free. */
struct index {
    uint32_t *slots;
    uint32_t mask;
};

/** Names live in blocks that never move, so that texts stay valid while the table grows. */
struct block {
    struct block *previous;
    uint32_t used;
    char bytes[65536 - 16];
};

struct dbk_ledger {
    int32_t partition;
    int32_t partition_count;
    uint8_t hash_key[16];
    struct dbk_account *accounts;
    uint32_t account_count;
    uint32_t account_capacity;
    struct index account_index;
    struct dbk_source *sources;
    uint32_t source_count;
    uint32_t source_capacity;
    struct index source_index;
    struct block *names;
    const struct dbk_lender *lender; /* NULL: what is not here does not exist */
    /* The source of the event before, since events of one source come together. */
    struct dbk_text recent_name;
    char recent_bytes[DBK_SOURCE_MAX];
    uint32_t recent_source;
};

const char *dbk_verdict_name(enum dbk_verdict verdict)
{
    static const char *const names[DBK_VERDICT_COUNT] = {
        [DBK_ABSENT] = "absent",       [DBK_MALFORMED] = "malformed", [DBK_MISROUTED] = "misrouted",
        [DBK_DUPLICATE] = "duplicate", [DBK_OVERDRAFT] = "overdraft", [DBK_OVERFLOW] = "overflow",
        [DBK_POSTED] = "posted",
    };
    return names[verdict];
}

static uint64_t account_hash(const struct dbk_ledger *ledger, struct dbk_text name)
{
    return dbk_hash(ledger->hash_key, name.bytes, name.length);
}

static uint64_t source_hash(const struct dbk_ledger *ledger, const uint8_t digest[16])
{
    return dbk_hash(ledger->hash_key, digest, 16);
}

/** @return the slot that holds the account, or the free slot where it belongs. */
static uint32_t *account_slot(const struct dbk_ledger *ledger, struct dbk_text name)
{
    uint32_t i = (uint32_t)account_hash(ledger, name) & ledger->account_index.mask;
    for (;; i = (i + 1) & ledger->account_index.mask) {
        uint32_t *slot = &ledger->account_index.slots[i];
        if (*slot == 0)
            return slot;
        struct dbk_text found = ledger->accounts[*slot - 1].name;
        if (found.length == name.length && memcmp(found.bytes, name.bytes, name.length) == 0)
            return slot;
    }
}

static uint32_t *source_slot(const struct dbk_ledger *ledger, const uint8_t digest[16])
{
    uint32_t i = (uint32_t)source_hash(ledger, digest) & ledger->source_index.mask;
    for (;; i = (i + 1) & ledger->source_index.mask) {
        uint32_t *slot = &ledger->source_index.slots[i];
        if (*slot == 0 || memcmp(ledger->sources[*slot - 1].digest, digest, 16) == 0)
            return slot;
    }
}

/** Double an array and, at twice its size, the slots. The caller puts the entries in again. */
static int grow(void **array, size_t size, uint32_t *capacity, struct index *index)
{
    if (*capacity > UINT32_MAX / 8)
        return DBK_ENOMEM;
    uint32_t larger = *capacity == 0 ? 64 : *capacity * 2;
    uint32_t *slots = calloc((size_t)larger * 2, sizeof *slots);
    void *moved = slots == NULL ? NULL : realloc(*array, larger * size);
    if (moved == NULL) {
        free(slots);
        return DBK_ENOMEM;
    }
    *array = moved;
    *capacity = larger;
    free(index->slots);
    *index = (struct index){slots, larger * 2 - 1};
    return 0;
}

static int reserve_account(struct dbk_ledger *ledger)
{
    if (ledger->account_count < ledger->account_capacity)
        return 0;
    void *array = ledger->accounts;
    int code =
        grow(&array, sizeof *ledger->accounts, &ledger->account_capacity, &ledger->account_index);
    if (code != 0)
        return code;
    ledger->accounts = array;
    for (uint32_t i = 0; i < ledger->account_count; i++)
        *account_slot(ledger, ledger->accounts[i].name) = i + 1;
    return 0;
}

static int reserve_source(struct dbk_ledger *ledger)
{
    if (ledger->source_count < ledger->source_capacity)
        return 0;
    void *array = ledger->sources;
    int code =
        grow(&array, sizeof *ledger->sources, &ledger->source_capacity, &ledger->source_index);
    if (code != 0)
        return code;
    ledger->sources = array;
    for (uint32_t i = 0; i < ledger->source_count; i++)
        *source_slot(ledger, ledger->sources[i].digest) = i + 1;
    return 0;
}

/** Room for one more name. */
static int reserve_name(struct dbk_ledger *ledger)
{
    if (ledger->names != NULL &&
        ledger->names->used + DBK_ACCOUNT_MAX <= sizeof ledger->names->bytes)
        return 0;
    struct block *block = malloc(sizeof *block);
    if (block == NULL)
        return DBK_ENOMEM;
    block->previous = ledger->names;
    block->used = 0;
    ledger->names = block;
    return 0;
}

/** Append an account; room must be reserved. */
static void add_account(struct dbk_ledger *ledger, const struct dbk_account *account)
{
    char *bytes = ledger->names->bytes + ledger->names->used;
    memcpy(bytes, account->name.bytes, account->name.length);
    ledger->names->used += account->name.length;
    struct dbk_account *added = &ledger->accounts[ledger->account_count++];
    *added = *account;
    added->name.bytes = bytes;
    *account_slot(ledger, added->name) = ledger->account_count;
}

static void add_source(struct dbk_ledger *ledger, const struct dbk_source *source)
{
    ledger->sources[ledger->source_count++] = *source;
    *source_slot(ledger, source->digest) = ledger->source_count;
}

int dbk_ledger_open(struct dbk_ledger **ledger, int32_t partition, int32_t partition_count,
                    const uint8_t hash_key[16])
{
    *ledger = NULL;
    DBK_ASSERT(partition >= 0 && partition < partition_count);
    struct dbk_ledger *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return DBK_ENOMEM;
    opened->partition = partition;
    opened->partition_count = partition_count;
    memcpy(opened->hash_key, hash_key, sizeof opened->hash_key);
    if (reserve_account(opened) != 0 || reserve_source(opened) != 0) {
        dbk_ledger_close(opened);
        return DBK_ENOMEM;
    }
    *ledger = opened;
    return 0;
}

void dbk_ledger_close(struct dbk_ledger *ledger)
{
    if (ledger == NULL)
        return;
    while (ledger->names != NULL) {
        struct block *previous = ledger->names->previous;
        free(ledger->names);
        ledger->names = previous;
    }
    free(ledger->account_index.slots);
    free(ledger->source_index.slots);
    free(ledger->accounts);
    free(ledger->sources);
    free(ledger);
}

void dbk_ledger_borrow(struct dbk_ledger *ledger, const struct dbk_lender *lender)
{
    DBK_ASSERT(ledger->account_count == 0 && ledger->source_count == 0);
    ledger->lender = lender;
}

int dbk_ledger_ask_for(struct dbk_ledger *ledger, struct dbk_text name)
{
    struct dbk_account account = {.name = name};
    if (ledger->lender == NULL || *account_slot(ledger, name) != 0)
        return 0;
    int code = ledger->lender->account(ledger->lender->context, &account);
    if (code == DBK_ENO)
        return 0;
    return code == 0 ? dbk_ledger_restore_account(ledger, &account) : code;
}

/** As dbk_ledger_ask_for, of a source. */
static int ask_for_source(struct dbk_ledger *ledger, const uint8_t digest[16])
{
    struct dbk_source source = {.seq = -1};
    memcpy(source.digest, digest, sizeof source.digest);
    if (ledger->lender == NULL || *source_slot(ledger, digest) != 0)
        return 0;
    int code = ledger->lender->source(ledger->lender->context, ledger->partition, &source);
    if (code == DBK_ENO)
        return 0;
    return code == 0 ? dbk_ledger_restore_source(ledger, &source) : code;
}

/** The first 128 bits of SHA-256 of a source's name. */
static void source_digest(uint8_t digest[16], struct dbk_text name)
{
    struct dbk_digest whole;
    dbk_digest_bytes(&whole, name.bytes, name.length);
    memcpy(digest, whole.bytes, 16);
}

/**
 * See an event of a source: find or add the source and raise its seq.
 *
 * Only *new* is known to fail before anything changes: the caller has reserved the account already.
 */
static int see_source(struct dbk_ledger *ledger, struct dbk_posting *posting,
                      const struct dbk_event *event, bool *duplicate)
{
    struct dbk_text recent = ledger->recent_name;
    uint32_t index;
    if (recent.length == event->source.length &&
        memcmp(recent.bytes, event->source.bytes, recent.length) == 0) {
        index = ledger->recent_source;
    } else {
        struct dbk_source added = {.seq = -1};
        source_digest(added.digest, event->source);
        int code = ask_for_source(ledger, added.digest);
        if (code != 0)
            return code;
        if (reserve_source(ledger) != 0)
            return DBK_ENOMEM;
        uint32_t slot = *source_slot(ledger, added.digest);
        if (slot == 0) {
            add_source(ledger, &added);
            slot = ledger->source_count;
            posting->source_is_new = true;
        }
        index = slot - 1;
        memcpy(ledger->recent_bytes, event->source.bytes, event->source.length);
        ledger->recent_name = (struct dbk_text){ledger->recent_bytes, event->source.length};
        ledger->recent_source = index;
    }
    struct dbk_source *source = &ledger->sources[index];
    posting->source = index;
    *duplicate = event->seq <= source->seq;
    if (!*duplicate) {
        source->seq = event->seq;
        source->changed = true;
    }
    return 0;
}

/** The account after the event. @return DBK_POSTED, DBK_OVERDRAFT or DBK_OVERFLOW. */
static enum dbk_verdict post(struct dbk_account *account, const struct dbk_event *event)
{
    int64_t value = event->value_minor;
    if (event->type == DBK_DEPOSIT) {
        if (!dbk_money_add(&account->balance_minor, account->balance_minor, value) ||
            !dbk_money_add(&account->deposits_minor, account->deposits_minor, value))
            return DBK_OVERFLOW;
        account->deposit_count++;
        return DBK_POSTED;
    }
    /* Where even the difference does not fit, it is below every floor. */
    bool fits = dbk_money_subtract(&account->balance_minor, account->balance_minor, value);
    if (event->has_floor && (!fits || account->balance_minor < event->floor_minor))
        return DBK_OVERDRAFT;
    if (!fits || !dbk_money_add(&account->withdrawals_minor, account->withdrawals_minor, value))
        return DBK_OVERFLOW;
    account->withdrawal_count++;
    return DBK_POSTED;
}

int dbk_ledger_apply(struct dbk_ledger *ledger, struct dbk_posting *posting,
                     struct dbk_event *event, char *scratch, const struct dbk_record *record)
{
    bool failed = false;
    bool duplicate = false;
    *posting = (struct dbk_posting){.verdict = DBK_ABSENT, .source = DBK_NO_SOURCE};
    if (record->value_length == DBK_LENGTH_ABSENT)
        return 0;
    posting->malformed = dbk_event_decode(event, &failed, scratch, record);
    if (failed)
        return DBK_ENOMEM;
    posting->verdict = DBK_MALFORMED;
    if (posting->malformed != DBK_WELL_FORMED)
        return 0;
    posting->verdict = DBK_MISROUTED;
    if (dbk_event_partition(event->account, ledger->partition_count) != ledger->partition)
        return 0;

    /* Everything that can fail comes before the first change of state. */
    int code = dbk_ledger_ask_for(ledger, event->account);
    if (code != 0)
        return code;
    if (reserve_account(ledger) != 0 || reserve_name(ledger) != 0)
        return DBK_ENOMEM;
    code = event->source.length > 0 ? see_source(ledger, posting, event, &duplicate) : 0;
    if (code != 0)
        return code;
    posting->verdict = DBK_DUPLICATE;
    if (duplicate)
        return 0;
    uint32_t slot = *account_slot(ledger, event->account);
    struct dbk_account after = {.name = event->account};
    if (slot != 0)
        after = ledger->accounts[slot - 1];
    posting->verdict = post(&after, event);
    if (posting->verdict != DBK_POSTED)
        return 0;
    after.last_offset = record->offset;
    after.last_date_s = event->date_s;
    after.changed = true;
    if (slot != 0)
        ledger->accounts[slot - 1] = after;
    else
        add_account(ledger, &after);
    posting->account = slot != 0 ? slot - 1 : ledger->account_count - 1;
    posting->account_is_new = slot == 0;
    posting->balance_minor = after.balance_minor;
    return 0;
}

uint32_t dbk_ledger_account_count(const struct dbk_ledger *ledger)
{
    return ledger->account_count;
}

struct dbk_account *dbk_ledger_account(struct dbk_ledger *ledger, uint32_t index)
{
    DBK_ASSERT(index < ledger->account_count);
    return &ledger->accounts[index];
}

bool dbk_ledger_find(const struct dbk_ledger *ledger, uint32_t *index, struct dbk_text name)
{
    uint32_t slot = *account_slot(ledger, name);
    if (slot == 0)
        return false;
    *index = slot - 1;
    return true;
}

uint32_t dbk_ledger_source_count(const struct dbk_ledger *ledger)
{
    return ledger->source_count;
}

struct dbk_source *dbk_ledger_source(struct dbk_ledger *ledger, uint32_t index)
{
    DBK_ASSERT(index < ledger->source_count);
    return &ledger->sources[index];
}

bool dbk_ledger_has_source(const struct dbk_ledger *ledger, const uint8_t digest[16])
{
    return *source_slot(ledger, digest) != 0;
}

int dbk_ledger_find_source(struct dbk_ledger *ledger, int64_t *seq, struct dbk_text source)
{
    uint8_t digest[16];
    source_digest(digest, source);
    int code = ask_for_source(ledger, digest);
    if (code != 0)
        return code;
    uint32_t slot = *source_slot(ledger, digest);
    *seq = slot == 0 ? -1 : ledger->sources[slot - 1].seq;
    return 0;
}

int dbk_ledger_restore_account(struct dbk_ledger *ledger, const struct dbk_account *account)
{
    if (!dbk_text_is_clean(account->name, DBK_ACCOUNT_MAX, true) ||
        dbk_event_partition(account->name, ledger->partition_count) != ledger->partition)
        return DBK_EVIEW;
    if (reserve_account(ledger) != 0 || reserve_name(ledger) != 0)
        return DBK_ENOMEM;
    if (*account_slot(ledger, account->name) != 0)
        return DBK_EVIEW;
    add_account(ledger, account);
    return 0;
}

int dbk_ledger_restore_source(struct dbk_ledger *ledger, const struct dbk_source *source)
{
    if (reserve_source(ledger) != 0)
        return DBK_ENOMEM;
    if (source->seq < 0 || *source_slot(ledger, source->digest) != 0)
        return DBK_EVIEW;
    add_source(ledger, source);
    return 0;
}
