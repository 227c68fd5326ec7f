/**
 * Appending to the log: idempotent, acknowledged by all replicas, never timing a message out.
 *
 * Lifetime: open (or connect and admit), send, flush, close (takes NULL; whatever is still queued
 * is dropped, so flush first). One thread.
 */
#ifndef DAYBOOK_PRODUCER_H
#define DAYBOOK_PRODUCER_H

#include <daybook/log.h>

#include <stdatomic.h>

/** What became of a record. */
struct dbk_delivery {
    int32_t partition;
    int64_t offset; /**< valid where delivered */
    int64_t timestamp_ms;
    uint64_t tag; /**< as given to send */
};

/** Called from send and flush, in the order of offsets within a partition. */
typedef void dbk_delivered(void *context, const struct dbk_delivery *delivery);

struct dbk_producer;

/**
 * @param topic       the log's, as dbk_log_topic has it.
 * @param linger_ms   how long to wait for more before sending: 0 for one event, 50 for bulk.
 * @param delivered   may be NULL.
 */
DBK_MUST_CHECK int dbk_producer_open(struct dbk_producer **producer,
                                     const struct dbk_config *config, const struct dbk_topic *topic,
                                     int linger_ms, dbk_delivered *delivered, void *context,
                                     struct dbk_err *err);

/** The first half of dbk_producer_open: begin to connect, wait for nothing. Nothing may be sent;
 *  dbk_log_ask_through may be told of it. */
DBK_MUST_CHECK int dbk_producer_connect(struct dbk_producer **producer,
                                        const struct dbk_config *config, const char *topic,
                                        int linger_ms, dbk_delivered *delivered, void *context,
                                        struct dbk_err *err);
/** The second half: let events be sent to this topic, the same. @return DBK_EBROKER where it would
 *  lose them; close it then. */
DBK_MUST_CHECK int dbk_producer_admit(struct dbk_producer *producer, const struct dbk_topic *topic,
                                      struct dbk_err *err);
void dbk_producer_close(struct dbk_producer *producer);

/** Let send and flush return DBK_ESTOPPED, while they wait, once *stop is not 0. */
void dbk_producer_stop_on(struct dbk_producer *producer, const atomic_bool *stop);

/**
 * Queue one event; waits while the queue is full. Key and value are copied.
 *
 * @return 0; else this event was not taken: DBK_EBROKER where an earlier one failed for good;
 *         DBK_ESTOPPED; DBK_EUNKNOWN after a fatal error of the library: close, read the log's
 *         tail, open another producer and send what is missing.
 */
DBK_MUST_CHECK int dbk_producer_send(struct dbk_producer *producer, int32_t partition,
                                     struct dbk_text key, const void *value, size_t value_length,
                                     uint64_t tag, struct dbk_err *err);

/** Wait up to timeout_ms (-1: for ever) for every record's delivery report. Returns as send, and
 *  DBK_EUNKNOWN where time ran out. */
DBK_MUST_CHECK int dbk_producer_flush(struct dbk_producer *producer, int timeout_ms,
                                      struct dbk_err *err);

/** Serve delivery reports, waiting up to timeout_ms for the first. Returns as send; DBK_EBROKER
 * only where the record that failed is certainly not in the log. */
DBK_MUST_CHECK int dbk_producer_poll(struct dbk_producer *producer, int timeout_ms,
                                     struct dbk_err *err);

/**
 * Drop what is not acknowledged; nothing can be sent afterwards.
 *
 * @return true where certainly nothing of it is in the log, or will be.
 */
DBK_MUST_CHECK bool dbk_producer_abandon(struct dbk_producer *producer);

/** One failed: wait some seconds for the answers to those that were sent beside it. @return true
 *  where all are known, and none may be in the log without an acknowledgement. */
DBK_MUST_CHECK bool dbk_producer_settle(struct dbk_producer *producer);

/** @return true where a record failed, or the client library gave up: only another producer can go
 *  on. */
bool dbk_producer_has_failed(const struct dbk_producer *producer);

#endif
