/**
 * The snapshots topic as a whole: reading it, beginning a replay from it, publishing to it.
 */
#ifndef DAYBOOK_SNAPSHOTS_H
#define DAYBOOK_SNAPSHOTS_H

#include "cli.h"

#include <daybook/log.h>
#include <daybook/producer.h>
#include <daybook/snapshot.h>

struct dbk_snapshots {
    struct dbk_log *log; /**< the snapshots topic; NULL where there is none */
    int32_t partition_count;
    struct dbk_snapshot **partitions; /**< NULL: not read */
    int64_t *offset_end;              /**< per partition: where the topic ended */
};

/**
 * Read the snapshots of a log to their present end.
 *
 * @param[out] snapshots  closed by the caller in any case; its log is NULL where the topic does not
 *                        exist.
 * @param topic           the events topic.
 * @param only            this partition only, or -1: all.
 */
DBK_MUST_CHECK int dbk_snapshots_read(struct dbk_snapshots *snapshots,
                                      const struct dbk_config *config,
                                      const struct dbk_topic *topic, int32_t only,
                                      struct dbk_err *err);
/** Takes one that is all zero, or was closed. */
void dbk_snapshots_close(struct dbk_snapshots *snapshots);

/**
 * Bring an empty book to the last round of each partition that was read, if it is good and of this
 * log; where it is not, says so and leaves the partition at offset 0.
 */
DBK_MUST_CHECK int dbk_snapshots_restore(const struct dbk_snapshots *snapshots, struct dbk_log *log,
                                         struct dbk_book *book, struct dbk_err *err);

/**
 * Publishes rounds while somebody else applies events.
 *
 * It knows what the topic holds from reading it once, and from what it has sent itself; where the
 * topic ends elsewhere than it should, somebody else has written to it or made it anew, and it is
 * read again.
 */
struct dbk_publisher {
    const struct dbk_config *config;
    const struct dbk_topic *topic; /**< of the events */
    struct dbk_snapshots snapshots;
    struct dbk_producer *producer; /**< NULL: not open */
    int64_t every_events;          /**< 0: not by events */
    int64_t every_ms;              /**< 0: not by time */
    int64_t last_events;           /**< of the book, when the last round began */
    int64_t last_ms;
    int32_t turn;        /**< the partition whose turn it is; partition_count: no round goes on */
    int64_t entry_count; /**< published so far */
    int64_t marker_count;
};

/** Read "10000" (events) or "60s" (seconds). */
DBK_MUST_CHECK int dbk_publisher_parse(struct dbk_publisher *publisher, const char *text,
                                       struct dbk_err *err);

/** @param config, topic  live as long as the publisher. */
DBK_MUST_CHECK int dbk_publisher_open(struct dbk_publisher *publisher,
                                      const struct dbk_config *config,
                                      const struct dbk_topic *topic, struct dbk_err *err);

/** May be opened again, by dbk_publisher_open or by the next round's step. */
void dbk_publisher_close(struct dbk_publisher *publisher);

/** Publish what has changed in one partition and its marker; nothing where nothing has. */
DBK_MUST_CHECK int dbk_publisher_put(struct dbk_publisher *publisher, struct dbk_book *book,
                                     int32_t partition, struct dbk_err *err);

/**
 * Called between commits: begins a round when one is due and publishes one partition of it. A topic
 * that is ahead of the book, by another publisher's hand, is left alone. Whatever fails, the caller
 * closes, and a later step tries again.
 */
DBK_MUST_CHECK int dbk_publisher_step(struct dbk_publisher *publisher, struct dbk_book *book,
                                      struct dbk_err *err);

#endif
