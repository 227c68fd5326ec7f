/**
 * The book: the ledgers and digests of all partitions of one log, and how far each has been read.
 *
 * The projector, the audit and every command that needs the present state apply records through
 * dbk_book_apply and nothing else. Pure. Lifetime: open, restore what a view holds or nothing,
 * apply, close. One thread at a time.
 */
#ifndef DAYBOOK_BOOK_H
#define DAYBOOK_BOOK_H

#include <daybook/ledger.h>

/** Longest name of a topic, Kafka's limit. */
#define DBK_BOOK_TOPIC_MAX 249

/** How far a partition has been read, and what was read. */
struct dbk_checkpoint {
    int64_t offset_next;             /**< the first offset not applied */
    int64_t timestamp_ms;            /**< of the last record applied; 0 where none */
    struct dbk_digest digest;        /**< d[offset_next] */
    struct dbk_digest digest_before; /**< d[offset_next - 1]: lets the last link be checked again */
};

/** One record and what it did. */
struct dbk_entry {
    struct dbk_record record;
    struct dbk_posting posting;
    struct dbk_event event;
};

struct dbk_book;

/**
 * @param[out] book        empty, all checkpoints at offset 0; NULL on error.
 * @param topic            copied.
 * @param partition_count  at least 1.
 * @param hash_key         see dbk_ledger_open.
 * @return 0 or DBK_ENOMEM.
 */
DBK_MUST_CHECK int dbk_book_open(struct dbk_book **book, struct dbk_text topic,
                                 int32_t partition_count, const uint8_t hash_key[16]);

/** Takes NULL. */
void dbk_book_close(struct dbk_book *book);

/**
 * Apply the next record of its partition: verdict, balances, digest, checkpoint.
 *
 * @param entry    entry->record is the input (its offset must be the partition's offset_next);
 *                 posting and event are set.
 * @param scratch  DBK_EVENT_SCRATCH bytes, living as long as entry->event is used.
 * @return 0, or DBK_ENOMEM, DBK_EVIEW (see struct dbk_lender): the book must not be used further.
 */
DBK_MUST_CHECK int dbk_book_apply(struct dbk_book *book, struct dbk_entry *entry, char *scratch);

/** @return true where `next` extends the checkpoint's last link: the log is still the same one. */
DBK_MUST_CHECK bool dbk_book_same_log(struct dbk_book *book, const struct dbk_record *last);

int32_t dbk_book_partition_count(const struct dbk_book *book);
struct dbk_ledger *dbk_book_ledger(struct dbk_book *book, int32_t partition);
const struct dbk_checkpoint *dbk_book_checkpoint(const struct dbk_book *book, int32_t partition);
void dbk_book_restore_checkpoint(struct dbk_book *book, int32_t partition,
                                 const struct dbk_checkpoint *checkpoint);

/** Replace a partition's ledger; the book owns it from now on. */
void dbk_book_restore_ledger(struct dbk_book *book, int32_t partition, struct dbk_ledger *ledger);

/** Take a partition's ledger and checkpoint over from another book of the same log; what this one
 *  had of it goes there. */
void dbk_book_swap(struct dbk_book *book, struct dbk_book *other, int32_t partition);

/** Back to the empty book that dbk_book_open gave. @return 0 or DBK_ENOMEM. */
DBK_MUST_CHECK int dbk_book_clear(struct dbk_book *book);

/** @return sum of all offset_next: the number of events applied. */
int64_t dbk_book_event_count(const struct dbk_book *book);

#endif
