/**
 * The log: reading a topic from exact offsets, and what Kafka says about the topic.
 *
 * Opening checks that the topic exists, that its settings keep every event for ever, and that it
 * starts at offset 0. Reading gives every offset once, in order within its partition: where the
 * broker has no record, one with DBK_LENGTH_ABSENT is made. Reading never commits offsets and joins
 * no consumer group. What waits for the broker gives up with DBK_ESTOPPED once config->stop says
 * so.
 *
 * Lifetime: open (or connect and check); start, read, release any number of times; close (takes
 * NULL). One thread reads; batches may be released by another.
 */
#ifndef DAYBOOK_LOG_H
#define DAYBOOK_LOG_H

#include <daybook/book.h>
#include <daybook/config.h>

/** Records in a full batch. */
#define DBK_BATCH_MAX 10000

/** Read on for ever instead of to an end. */
#define DBK_OFFSET_FOLLOW INT64_MAX

/** What is known about the topic. */
struct dbk_topic {
    char name[DBK_TOPIC_MAX + 11]; /**< room for DBK_SNAPSHOTS_SUFFIX */
    char cluster_id[64];
    int32_t partition_count;
    int32_t replication;
    bool settings_known; /**< false where the broker does not let us read them */
    char settings[512];  /**< "name=value, ..." of the settings that matter, for people */
    char danger[512];    /**< settings that would lose the ledger; "" where none */
};

/** Records, valid until released. */
struct dbk_batch {
    struct dbk_record *records; /**< capacity records */
    size_t count;
    size_t capacity;
    void **messages; /**< owned by log.c */
    size_t message_count;
};

struct dbk_log;
struct dbk_producer;

/**
 * Before the first handle, and before there are threads: where the connection is a plain one, spare
 * librdkafka's start the loading of Cyrus SASL's plugins, more than 1 ms for every program.
 */
void dbk_kafka_prepare(const struct dbk_config *config);

/**
 * Connect and check the topic.
 *
 * @param[out] log  NULL on error.
 * @return 0; DBK_EBROKER (unreachable, no such topic); DBK_ENO where it does not start at 0.
 */
DBK_MUST_CHECK int dbk_log_open(struct dbk_log **log, const struct dbk_config *config,
                                struct dbk_err *err);

/** For whoever posts: the first half of dbk_log_open, which waits for nothing, so much else can be
 *  done meanwhile. Of the topic only the name is known then: nothing but ask_through, follow, check
 *  and close may come next. That a broker is silent is noticed within some seconds. */
DBK_MUST_CHECK int dbk_log_connect(struct dbk_log **log, const struct dbk_config *config,
                                   struct dbk_err *err);
/** The second half: wait for the broker, check the topic. @return as dbk_log_open; close it after a
 *  failure. */
DBK_MUST_CHECK int dbk_log_check(struct dbk_log *log, struct dbk_err *err);

/** As dbk_log_open, without any message: for threads that only watch. */
DBK_MUST_CHECK int dbk_log_open_quietly(struct dbk_log **log, const struct dbk_config *config,
                                        struct dbk_err *err);
/** As dbk_log_open, also where the log does not begin at offset 0 any more: for the audit, which
 *  compares what is left. */
DBK_MUST_CHECK int dbk_log_open_damaged(struct dbk_log **log, const struct dbk_config *config,
                                        struct dbk_err *err);

/**
 * Open the compacted snapshots topic beside the log. Reading it gives the records that are there;
 * missing offsets are nothing special.
 *
 * @return as dbk_log_open; DBK_ENO where there is no such topic.
 */
DBK_MUST_CHECK int dbk_log_open_snapshots(struct dbk_log **log, const struct dbk_config *config,
                                          struct dbk_err *err);
void dbk_log_close(struct dbk_log *log);

/**
 * Ask about the topic through a producer's connection, which need not wait until the broker has
 * answered a reader that there is nothing new: up to 100 ms.
 *
 * The timeout of dbk_log_set_timeout goes with the questions.
 *
 * @param producer  NULL: the log's own connection again, before that producer is closed.
 */
void dbk_log_ask_through(struct dbk_log *log, struct dbk_producer *producer);

/** How long a question to the broker may take; 20 s unless set. */
void dbk_log_set_timeout(struct dbk_log *log, int timeout_ms);

const struct dbk_topic *dbk_log_topic(const struct dbk_log *log);

/** Ask for the low and high watermarks: partition_count each, NULL: not wanted. */
DBK_MUST_CHECK int dbk_log_watermarks(struct dbk_log *log, int64_t *low, int64_t *high,
                                      struct dbk_err *err);

/**
 * Ask for the high watermarks; where one is below wanted[p], again for 10 s, since a leader that
 * was just chosen may report late.
 *
 * @return 0, also where one stayed below; DBK_EBROKER; DBK_ESTOPPED.
 */
DBK_MUST_CHECK int dbk_log_watermarks_from(struct dbk_log *log, const int64_t *wanted,
                                           int64_t *high, struct dbk_err *err);

/**
 * Begin to read, wherever reading was before.
 *
 * @param offset_next  per partition: the first offset wanted.
 * @param offset_end   per partition: the first offset not wanted, or DBK_OFFSET_FOLLOW; a partition
 *                     whose end is not beyond its next offset is not read.
 */
DBK_MUST_CHECK int dbk_log_start(struct dbk_log *log, const int64_t *offset_next,
                                 const int64_t *offset_end, struct dbk_err *err);

/**
 * Begin to follow some partitions where a book ends, and check on the way that it is the same log:
 * the last record that the book has of each is read again, and dbk_log_read fails with DBK_ENO
 * where it does not link to the book. Sends no question and does not wait, so it also works while
 * the broker is away.
 *
 * @param book      lives as long as the reading; where it has not as many partitions as
 *                  dbk_log_check finds, reading ends there.
 * @param followed  per partition.
 */
DBK_MUST_CHECK int dbk_log_follow(struct dbk_log *log, struct dbk_book *book, const bool *followed,
                                  struct dbk_err *err);

/** @return true when every partition followed was recognised as the book's. */
bool dbk_log_is_linked(const struct dbk_log *log);

/** @return true when every partition followed was read to the end that it had at some time since
 *          following began. */
bool dbk_log_is_caught_up(const struct dbk_log *log);

/**
 * Read the next records.
 *
 * Waits up to timeout_ms for the first one and then takes what is there.
 *
 * @param[out] batch  from dbk_batch_open, released; count 0 where nothing came in time.
 * @return 0, DBK_EBROKER (damage, or an error that does not pass), DBK_ENOMEM.
 */
DBK_MUST_CHECK int dbk_log_read(struct dbk_log *log, struct dbk_batch *batch, int timeout_ms,
                                struct dbk_err *err);

/** @return true when every partition has been read to its end. */
bool dbk_log_at_end(const struct dbk_log *log);

/** @return true once after the connection was lost: the caller checks that it is the same log. */
bool dbk_log_interrupted(struct dbk_log *log);

/**
 * Check that the log is the one that book was made from: the partition count, that no partition is
 * shorter than its checkpoint, and that the last record read links to it. Ends any reading.
 *
 * @return 0; DBK_ENO where it is another log, DBK_EBROKER where it could not be read.
 */
DBK_MUST_CHECK int dbk_log_verify(struct dbk_log *log, struct dbk_book *book, struct dbk_err *err);

DBK_MUST_CHECK int dbk_batch_open(struct dbk_batch *batch, size_t capacity);
void dbk_batch_release(struct dbk_batch *batch);
void dbk_batch_close(struct dbk_batch *batch);

/**
 * Create the events and snapshots topics, or check those that exist.
 *
 * @param partition_count  0: those that the topic has, or 12.
 * @param replication      0: as many as there are brokers, at most 3.
 * @return 0 or DBK_EBROKER, with what is wrong with an existing topic.
 */
DBK_MUST_CHECK int dbk_log_init(const struct dbk_config *config, int32_t partition_count,
                                int32_t replication, struct dbk_err *err);

/** Delete the snapshots topic and create it anew, beside an events topic. */
DBK_MUST_CHECK int dbk_log_reset_snapshots(const struct dbk_config *config,
                                           const struct dbk_topic *events, struct dbk_err *err);

#endif
