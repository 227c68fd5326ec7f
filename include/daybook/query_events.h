/**
 * Questions about single events: what was rejected, and what is stored of one position.
 *
 * Between dbk_query_begin and dbk_query_end.
 */
#ifndef DAYBOOK_QUERY_EVENTS_H
#define DAYBOOK_QUERY_EVENTS_H

#include <daybook/query_transactions.h>

/** One rejected event. Keys, values and details are written by strangers. */
struct dbk_rejection_row {
    int64_t partition;
    int64_t offset;
    int64_t timestamp_ms;    /**< the log's; 0 where absent */
    enum dbk_verdict reason; /**< DBK_VERDICT_COUNT where the view has no known one */
    struct dbk_text detail;  /**< English; length 0: none */
    bool has_key;
    struct dbk_text key;   /**< first 1,024 bytes */
    int64_t value_length;  /**< -1: null; -2: absent */
    struct dbk_text value; /**< first 1,024 bytes */
    bool has_value_digest;
    struct dbk_digest value_digest; /**< SHA-256 of the whole value */
};

/** A page of rejections; it owns its rows and their texts. */
struct dbk_rejections {
    struct dbk_rejection_row *rows;
    size_t count;
    struct dbk_extent extent;
    struct dbk_buffer texts; /**< private */
};

DBK_MUST_CHECK int dbk_query_rejections(struct dbk_view *view,
                                        const struct dbk_rejection_selection *selection, int limit,
                                        struct dbk_rejections *page, struct dbk_err *err);
void dbk_rejections_clear(struct dbk_rejections *page);

/** What the view has of one position. */
struct dbk_event_row {
    enum {
        DBK_EVENT_BEYOND, /**< not applied, or no such partition */
        DBK_EVENT_POSTED,
        DBK_EVENT_REJECTED,
    } kind;
    struct dbk_transaction_row transaction; /**< where posted */
    bool has_source;
    struct dbk_text source; /**< where posted by a source */
    int64_t seq;
    struct dbk_rejection_row rejection; /**< where rejected */
    bool has_before;                    /**< there is an event at the offset before, */
    bool has_after;                     /**< and one applied after */
    struct dbk_buffer texts;            /**< private */
};

/** Read what is stored of a position. @param[out] event  to be cleared, on error too. */
DBK_MUST_CHECK int dbk_query_event(struct dbk_view *view, int64_t partition, int64_t offset,
                                   struct dbk_event_row *event, struct dbk_err *err);
void dbk_event_row_clear(struct dbk_event_row *event);

/**
 * Find the posted reversal of a transaction: the same account, the opposite amount, and the source
 * that reversals have.
 *
 * Looks through the account's index.
 *
 * @param[out] found    with the reversal's place.
 * @param[out] stopped  the time was up before all was looked at.
 */
DBK_MUST_CHECK int dbk_query_reversal(struct dbk_view *view, int64_t partition, int64_t offset,
                                      int64_t *reversal_partition, int64_t *reversal_offset,
                                      bool *found, bool *stopped, struct dbk_err *err);

/** Stored digests around a position, to check the log's records against. */
struct dbk_anchor {
    int64_t offset_next;
    struct dbk_digest digest; /**< of all records before offset_next */
};

/**
 * @param[out] before  the nearest stored one at or before offset; at 0 it is the chain's start.
 * @param[out] after   the nearest stored one after offset; has_after false where there is none.
 */
DBK_MUST_CHECK int dbk_query_anchors(struct dbk_view *view, int64_t partition, int64_t offset,
                                     struct dbk_anchor *before, struct dbk_anchor *after,
                                     bool *has_after, struct dbk_err *err);

#endif
