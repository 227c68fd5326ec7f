/**
 * The fold's state as text: what snapshots and receipts hold of accounts and sources.
 *
 * One entry is one line of JSON in one fixed form, so that equal states are equal bytes. A
 * partition's state is its entries in the order of their keys' bytes, each followed by a newline;
 * its digest is the SHA-256 of that. An account's key is its name; a source's key is byte 0x1F, "s"
 * and its digest in hexadecimal, so that no account can have it. See docs/events.md. Pure.
 */
#ifndef DAYBOOK_STATE_H
#define DAYBOOK_STATE_H

#include <daybook/book.h>
#include <daybook/buffer.h>

/** Longest key: an account's, or a source's. */
#define DBK_STATE_KEY_MAX DBK_ACCOUNT_MAX
/** Longest entry: an account with every byte of its name escaped. */
#define DBK_STATE_ENTRY_MAX 1024

/** The key of the record that closes a round of a partition. */
#define DBK_STATE_MARKER_KEY "\x1fm"

/** One entry, decoded. */
struct dbk_state_entry {
    bool is_source;
    int32_t partition;
    int64_t number; /**< its index in the partition's ledger */
    struct dbk_account account;
    struct dbk_source source;
    char name[DBK_ACCOUNT_MAX]; /**< account.name points here */
};

/** @param key  DBK_STATE_KEY_MAX bytes. @return the key of a source. */
struct dbk_text dbk_state_source_key(char *key, const struct dbk_source *source);

/** @return true and the digest, where the key is a source's. */
bool dbk_state_is_source_key(uint8_t digest[16], struct dbk_text key);

/** Read an entry. @return false where it is none in the one form. */
DBK_MUST_CHECK bool dbk_state_decode(struct dbk_state_entry *entry, struct dbk_text text);

/** One entry with its key; both die with the call. @return 0 to go on. */
typedef int dbk_visit_entry(void *context, struct dbk_text key, struct dbk_text value);

/** Visit a partition's entries in the order of their keys. @return 0, DBK_ENOMEM, or what visit
 *  returned. */
DBK_MUST_CHECK int dbk_state_each(struct dbk_ledger *ledger, int32_t partition,
                                  dbk_visit_entry *visit, void *context);

/** Append a partition's state, entry by entry, each with its newline. @return 0 or DBK_ENOMEM. */
DBK_MUST_CHECK int dbk_state_add(struct dbk_buffer *lines, struct dbk_ledger *ledger,
                                 int32_t partition);

/** The digest of a partition's state. @return 0 or DBK_ENOMEM. */
DBK_MUST_CHECK int dbk_state_digest(struct dbk_digest *digest, struct dbk_ledger *ledger,
                                    int32_t partition);

/**
 * Put the entries of one partition, in any order, into an empty ledger.
 *
 * @param entries  sorted by this.
 * @return 0, DBK_ENOMEM, or DBK_EVIEW where they are not a state: numbers missing, an account twice
 *         or on another partition.
 */
DBK_MUST_CHECK int dbk_state_restore(struct dbk_ledger *ledger, struct dbk_state_entry *entries,
                                     size_t count);

/** Closes a round: the state of one partition is complete up to offset_next. */
struct dbk_state_marker {
    int32_t partition;
    int32_t partition_count;
    struct dbk_checkpoint checkpoint;
    int64_t account_count;
    int64_t source_count;
    struct dbk_digest state; /**< of the partition's whole state */
};

void dbk_state_add_marker(struct dbk_buffer *buffer, const struct dbk_state_marker *marker);
DBK_MUST_CHECK bool dbk_state_decode_marker(struct dbk_state_marker *marker, struct dbk_text text);

/** Read 64 hexadecimal characters. */
DBK_MUST_CHECK bool dbk_digest_from_hex(struct dbk_digest *digest, const char *hex, size_t length);

#endif
