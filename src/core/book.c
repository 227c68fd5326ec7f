#include <daybook/book.h>

#include <stdlib.h>
#include <string.h>

struct dbk_book {
    int32_t partition_count;
    struct dbk_ledger **ledgers;
    struct dbk_checkpoint *checkpoints;
    uint8_t hash_key[16];
    struct dbk_text topic;
    char topic_bytes[DBK_BOOK_TOPIC_MAX];
};

int dbk_book_clear(struct dbk_book *book)
{
    for (int32_t p = 0; p < book->partition_count; p++) {
        dbk_ledger_close(book->ledgers[p]);
        book->ledgers[p] = NULL;
        book->checkpoints[p] = (struct dbk_checkpoint){.offset_next = 0};
        if (dbk_ledger_open(&book->ledgers[p], p, book->partition_count, book->hash_key) != 0)
            return DBK_ENOMEM;
        dbk_digest_start(&book->checkpoints[p].digest, book->topic, p, book->partition_count);
    }
    return 0;
}

int dbk_book_open(struct dbk_book **book, struct dbk_text topic, int32_t partition_count,
                  const uint8_t hash_key[16])
{
    DBK_ASSERT(partition_count > 0 && topic.length <= DBK_BOOK_TOPIC_MAX);
    *book = NULL;
    struct dbk_book *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return DBK_ENOMEM;
    size_t count = (size_t)partition_count;
    opened->partition_count = partition_count;
    memcpy(opened->hash_key, hash_key, sizeof opened->hash_key);
    memcpy(opened->topic_bytes, topic.bytes, topic.length);
    opened->topic = (struct dbk_text){opened->topic_bytes, topic.length};
    opened->ledgers = calloc(count, sizeof *opened->ledgers);
    opened->checkpoints = calloc(count, sizeof *opened->checkpoints);
    if (opened->ledgers == NULL || opened->checkpoints == NULL || dbk_book_clear(opened) != 0) {
        dbk_book_close(opened);
        return DBK_ENOMEM;
    }
    *book = opened;
    return 0;
}

void dbk_book_close(struct dbk_book *book)
{
    if (book == NULL)
        return;
    for (int32_t p = 0; book->ledgers != NULL && p < book->partition_count; p++)
        dbk_ledger_close(book->ledgers[p]);
    free(book->ledgers);
    free(book->checkpoints);
    free(book);
}

int dbk_book_apply(struct dbk_book *book, struct dbk_entry *entry, char *scratch)
{
    const struct dbk_record *record = &entry->record;
    DBK_ASSERT(record->partition >= 0 && record->partition < book->partition_count);
    struct dbk_checkpoint *checkpoint = &book->checkpoints[record->partition];
    DBK_ASSERT(record->offset == checkpoint->offset_next);
    int code = dbk_ledger_apply(book->ledgers[record->partition], &entry->posting, &entry->event,
                                scratch, record);
    if (code != 0)
        return code;
    checkpoint->digest_before = checkpoint->digest;
    dbk_digest_extend(&checkpoint->digest, record);
    checkpoint->timestamp_ms = record->timestamp_ms;
    checkpoint->offset_next++;
    return 0;
}

bool dbk_book_same_log(struct dbk_book *book, const struct dbk_record *last)
{
    const struct dbk_checkpoint *checkpoint = &book->checkpoints[last->partition];
    DBK_ASSERT(last->offset == checkpoint->offset_next - 1);
    struct dbk_digest digest = checkpoint->digest_before;
    dbk_digest_extend(&digest, last);
    return memcmp(digest.bytes, checkpoint->digest.bytes, DBK_DIGEST_SIZE) == 0;
}

int32_t dbk_book_partition_count(const struct dbk_book *book)
{
    return book->partition_count;
}

struct dbk_ledger *dbk_book_ledger(struct dbk_book *book, int32_t partition)
{
    return book->ledgers[partition];
}

const struct dbk_checkpoint *dbk_book_checkpoint(const struct dbk_book *book, int32_t partition)
{
    return &book->checkpoints[partition];
}

void dbk_book_restore_checkpoint(struct dbk_book *book, int32_t partition,
                                 const struct dbk_checkpoint *checkpoint)
{
    book->checkpoints[partition] = *checkpoint;
}

int64_t dbk_book_event_count(const struct dbk_book *book)
{
    int64_t count = 0;
    for (int32_t p = 0; p < book->partition_count; p++)
        count += book->checkpoints[p].offset_next;
    return count;
}

void dbk_book_restore_ledger(struct dbk_book *book, int32_t partition, struct dbk_ledger *ledger)
{
    DBK_ASSERT(partition >= 0 && partition < book->partition_count);
    dbk_ledger_close(book->ledgers[partition]);
    book->ledgers[partition] = ledger;
}

void dbk_book_swap(struct dbk_book *book, struct dbk_book *other, int32_t partition)
{
    DBK_ASSERT(book->partition_count == other->partition_count);
    DBK_ASSERT(partition >= 0 && partition < book->partition_count);
    struct dbk_ledger *ledger = book->ledgers[partition];
    struct dbk_checkpoint checkpoint = book->checkpoints[partition];
    book->ledgers[partition] = other->ledgers[partition];
    book->checkpoints[partition] = other->checkpoints[partition];
    other->ledgers[partition] = ledger;
    other->checkpoints[partition] = checkpoint;
}
