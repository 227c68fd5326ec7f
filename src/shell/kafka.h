/**
 * What the files that use librdkafka share: handles with daybook's settings, its log lines as
 * messages, and what is known about a topic. Private to the shell.
 */
#ifndef DAYBOOK_KAFKA_H
#define DAYBOOK_KAFKA_H

#include <daybook/config.h>
#include <daybook/log.h>

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>

/** How long a question to the cluster may take: others lead a dead broker's partitions after 10 s.
 */
#define DBK_KAFKA_TIMEOUT_MS 20000

/** How long it may take until any broker answers at all. */
#define DBK_KAFKA_CONNECT_MS 5000

/** After so long a question is asked again: it may wait for a broker that just died. */
#define DBK_KAFKA_TRY_MS 3000

struct dbk_kafka {
    rd_kafka_t *handle;
    pthread_mutex_t mutex; /* guards what the library's threads write: */
    char trouble[256];     /* the last thing that went wrong with a connection */
    char said[64];         /* the facility of the last line shown, and when: to show it once */
    int64_t said_ms;
    bool interrupted;
    bool rejected;                   /* a password or a certificate was not accepted */
    int timeout_ms;                  /* of a question to the broker */
    bool quiet;                      /* while connecting: the caller reports the trouble itself */
    atomic_llong produce_count;      /* requests to append that have left */
    const struct dbk_config *config; /* must live as long */
};

/** A property that daybook sets itself. */
struct dbk_kafka_setting {
    const char *name;
    const char *value;
};

/**
 * Make a handle: daybook's settings (ended by a NULL name), then the user's properties.
 *
 * kafka is the callbacks' opaque pointer: it must not move while the handle lives, and may be the
 * first member of a larger struct.
 */
DBK_MUST_CHECK int dbk_kafka_open(struct dbk_kafka *kafka, const struct dbk_config *config,
                                  rd_kafka_type_t type, const struct dbk_kafka_setting *settings,
                                  void (*delivered)(rd_kafka_t *, const rd_kafka_message_t *,
                                                    void *),
                                  struct dbk_err *err);
void dbk_kafka_close(struct dbk_kafka *kafka);

/** From now on, show the library's log lines: the caller no longer reports them itself. */
void dbk_kafka_speak(struct dbk_kafka *kafka);

/** Take and forget that a connection was lost. */
bool dbk_kafka_take_interrupted(struct dbk_kafka *kafka);

/** @return true where the user asked to stop. */
bool dbk_kafka_is_stopped(const struct dbk_kafka *kafka);

/** @return most_ms, or less where all questions may take less. */
int dbk_kafka_timeout(const struct dbk_kafka *kafka, int most_ms);

/** @return true where there was no answer: the broker died, or is out of reach. */
bool dbk_kafka_is_silence(rd_kafka_resp_err_t error);

/** Wait until a broker has answered. @return 0, DBK_EBROKER or DBK_ESTOPPED. */
DBK_MUST_CHECK int dbk_kafka_connect(struct dbk_kafka *kafka, struct dbk_err *err);

/** Wait for the answer to an administrative request. @return NULL where none came, or on a stop. */
rd_kafka_event_t *dbk_kafka_await(struct dbk_kafka *kafka, rd_kafka_queue_t *queue, int timeout_ms);

/** Fail with a text about an unreachable broker; or, on a stop, with that. @return DBK_EBROKER or
 *  DBK_ESTOPPED. */
int dbk_kafka_unreachable(struct dbk_kafka *kafka, struct dbk_err *err);

/** A producer's connection. */
struct dbk_kafka *dbk_producer_kafka(struct dbk_producer *producer);

/** What a topic's settings endanger. */
struct dbk_topic_findings {
    char fatal[512]; /* settings that would lose the ledger; "" where none */
    char weak[512];  /* settings that make a loss more likely; "" where none */
};

/**
 * Ask for a topic: its existence, partitions, replicas and settings.
 *
 * @param[out] low  each partition's low watermark, to be freed by the caller, also after an error;
 *                  NULL where not wanted.
 * @return 0, DBK_ENO where there is no such topic (err is set), DBK_EBROKER.
 */
DBK_MUST_CHECK int dbk_topic_describe(struct dbk_kafka *kafka, const struct dbk_config *config,
                                      const char *name, struct dbk_topic *topic,
                                      struct dbk_topic_findings *findings, int64_t **low,
                                      struct dbk_err *err);

/** @return the high-level reason of a watermark query that failed, or 0: see dbk_log_watermarks. */
DBK_MUST_CHECK int dbk_kafka_watermarks(struct dbk_kafka *kafka, const char *topic,
                                        int32_t partition_count, int64_t *low, int64_t *high,
                                        struct dbk_err *err);

/** @return true and how far this machine's clock is ahead of the broker's, or false: not known. */
bool dbk_broker_clock(const struct dbk_config *config, int64_t *ahead_ms);

/** The settings that a new topic is given; count entries. */
size_t dbk_topic_settings(struct dbk_kafka_setting *settings, size_t capacity, const char *topic,
                          int32_t replication);

#endif
