/**
 * Events: one request to deposit or withdraw, as bytes and as a struct. See docs/events.md.
 *
 * Decoding is total: any bytes give either an event or the reason why not. A canonical event (the
 * form dbk_event_encode writes, without escapes) takes a short path, everything else goes through a
 * JSON parser; both give the same result for the same bytes. Pure.
 */
#ifndef DAYBOOK_EVENT_H
#define DAYBOOK_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DBK_ACCOUNT_MAX 64 /**< bytes */
#define DBK_SOURCE_MAX 64  /**< bytes */
#define DBK_MEMO_MAX 200   /**< bytes */

/** Largest canonical event: every field at its longest, every byte of text escaped. */
#define DBK_EVENT_MAX 1024

/** Room that dbk_event_decode may need for texts with escapes. */
#define DBK_EVENT_SCRATCH (DBK_ACCOUNT_MAX + DBK_SOURCE_MAX + DBK_MEMO_MAX)

/** Bytes somewhere else; not zero-terminated. */
struct dbk_text {
    const char *bytes;
    uint32_t length;
};

/** @return a zero-terminated string as a text; it points into it. */
struct dbk_text dbk_text_of(const char *string);

/** One record of the log, as the log has it. */
struct dbk_record {
    int64_t offset;
    int64_t timestamp_ms; /**< CreateTime; 0 for an absent offset */
    const void *key;
    const void *value;
    int32_t key_length;   /**< -1: null; -2: absent offset */
    int32_t value_length; /**< -1: null; -2: absent offset */
    int32_t partition;
};

#define DBK_LENGTH_NULL (-1)
#define DBK_LENGTH_ABSENT (-2)

enum dbk_transaction_type {
    DBK_DEPOSIT,
    DBK_WITHDRAWAL,
};

struct dbk_event {
    int64_t date_s; /**< transaction date, seconds since the epoch, UTC */
    int64_t value_minor;
    int64_t declared_minor; /**< valid if has_declared */
    int64_t floor_minor;    /**< valid if has_floor */
    int64_t seq;            /**< valid if source.length > 0 */
    struct dbk_text account;
    struct dbk_text source; /**< length 0: none */
    struct dbk_text memo;   /**< length 0: none */
    enum dbk_transaction_type type;
    bool has_declared;
    bool has_floor;
};

/** Why bytes are not an event. 0 means that they are one. */
enum dbk_malformed {
    DBK_WELL_FORMED = 0,
    DBK_MALFORMED_EMPTY,   /**< null or zero bytes */
    DBK_MALFORMED_JSON,    /**< not a JSON object, or a field twice */
    DBK_MALFORMED_DATE,    /**< transaction_date */
    DBK_MALFORMED_ACCOUNT, /**< account */
    DBK_MALFORMED_VALUE,   /**< transaction_value */
    DBK_MALFORMED_BALANCE, /**< balance */
    DBK_MALFORMED_TYPE,    /**< transaction_type */
    DBK_MALFORMED_SOURCE,  /**< source or seq */
    DBK_MALFORMED_FLOOR,   /**< floor */
    DBK_MALFORMED_MEMO,    /**< memo */
    DBK_MALFORMED_KEY,     /**< the key is not the account */
    DBK_MALFORMED_COUNT
};

/** @return one clause in English, e.g. "transaction_date is not a date as YYYY-MM-DDTHH:MM:SSZ". */
const char *dbk_malformed_text(enum dbk_malformed malformed);

/**
 * Decode an event.
 *
 * @param[out] event    points into value and scratch; its content is undefined where malformed.
 * @param[out] failed   set to true where memory ran out (the result is then meaningless); untouched
 *                      otherwise.
 * @param scratch       DBK_EVENT_SCRATCH bytes, living as long as event.
 * @param record        key and value; the position and time are not looked at.
 * @return DBK_WELL_FORMED, or the first broken rule in the enum's order.
 */
enum dbk_malformed dbk_event_decode(struct dbk_event *event, bool *failed, char *scratch,
                                    const struct dbk_record *record);

/** As dbk_event_decode, always by the general path: for tests that hold both paths together. */
enum dbk_malformed dbk_event_decode_general(struct dbk_event *event, bool *failed, char *scratch,
                                            const struct dbk_record *record);

/**
 * Write the canonical form.
 *
 * @param[out] json  at least DBK_EVENT_MAX bytes; not zero-terminated.
 * @param event      must satisfy dbk_event_check.
 * @return length.
 */
size_t dbk_event_encode(char *json, const struct dbk_event *event);

/** @return DBK_WELL_FORMED, or the first of the struct's fields that is out of its constraints. */
enum dbk_malformed dbk_event_check(const struct dbk_event *event);

/** @return < 0, 0 or > 0, as a is before, equal to or after b in the order of their bytes. */
int dbk_text_compare(struct dbk_text a, struct dbk_text b);

/**
 * @return true for 1 to max bytes of valid UTF-8 without control, bidirectional, zero-width or
 *         line-separator characters, and (if `trimmed`) no space at either end.
 */
bool dbk_text_is_clean(struct dbk_text text, size_t max, bool trimmed);

/** @return the account's partition: Kafka's default, (murmur2(account) & 0x7fffffff) mod count. */
int32_t dbk_event_partition(struct dbk_text account, int32_t partition_count);

#endif
