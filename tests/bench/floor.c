/*
 * The floor for a rebuild: one thread that consumes the topic and inserts into one table, with one
 * index made after the load. It folds nothing, checks nothing, and keeps no balances.
 *
 *     floor BROKERS TOPIC DATABASE
 */
#define _GNU_SOURCE
#include <librdkafka/rdkafka.h>
#include <sqlite3.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BATCH 10000

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void need(int ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "floor: %s failed\n", what);
    exit(1);
}

/** A field of the canonical form: the bytes after name, up to the next quote. */
static const char *field(const char *json, size_t length, const char *name, int *field_length)
{
    const char *start = memmem(json, length, name, strlen(name));
    need(start != NULL, name);
    start += strlen(name);
    *field_length = (int)((const char *)memchr(start, '"', length) - start);
    return start;
}

static int64_t cents(const char *text, int length)
{
    int64_t value = 0;
    for (int i = 0; i < length; i++)
        if (text[i] != '.')
            value = value * 10 + (text[i] - '0');
    return value;
}

static void insert(sqlite3_stmt *statement, const rd_kafka_message_t *message)
{
    int account_length;
    int value_length;
    int date_length;
    const char *json = message->payload;
    const char *account = field(json, message->len, "\"account\":\"", &account_length);
    const char *value = field(json, message->len, "\"transaction_value\":\"", &value_length);
    const char *date = field(json, message->len, "\"transaction_date\":\"", &date_length);
    sqlite3_bind_int(statement, 1, message->partition);
    sqlite3_bind_int64(statement, 2, message->offset);
    sqlite3_bind_text(statement, 3, account, account_length, SQLITE_STATIC);
    sqlite3_bind_text(statement, 4, date, 10, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 5, cents(value, value_length));
    need(sqlite3_step(statement) == SQLITE_DONE, "insert");
    sqlite3_reset(statement);
}

static rd_kafka_t *open_consumer(const char *brokers)
{
    static const char *const settings[][2] = {{"enable.partition.eof", "true"},
                                              {"auto.offset.reset", "error"},
                                              {"queued.min.messages", "1000000"},
                                              {"queued.max.messages.kbytes", "262144"},
                                              {"fetch.message.max.bytes", "2097152"}};
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", brokers, NULL, 0);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        need(rd_kafka_conf_set(conf, settings[i][0], settings[i][1], why, sizeof why) ==
                 RD_KAFKA_CONF_OK,
             settings[i][0]);
    rd_kafka_t *consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    need(consumer != NULL, why);
    return consumer;
}

int main(int argc, char **argv)
{
    need(argc == 4, "usage: floor BROKERS TOPIC DATABASE");
    double start_s = now_s();
    sqlite3 *db;
    sqlite3_stmt *statement;
    const rd_kafka_metadata_t *metadata;
    static rd_kafka_message_t *messages[BATCH];
    remove(argv[3]);
    need(sqlite3_open(argv[3], &db) == SQLITE_OK, "open");
    need(sqlite3_exec(db,
                      "PRAGMA page_size=16384; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
                      "PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=-65536; PRAGMA threads=2;"
                      "CREATE TABLE t (partition INTEGER, offset INTEGER, account TEXT, date TEXT, "
                      "amount INTEGER, PRIMARY KEY (partition, offset)) WITHOUT ROWID; BEGIN",
                      NULL, NULL, NULL) == SQLITE_OK,
         "create");
    need(sqlite3_prepare_v2(db, "INSERT INTO t VALUES (?,?,?,?,?)", -1, &statement, NULL) ==
             SQLITE_OK,
         "prepare");
    rd_kafka_t *consumer = open_consumer(argv[1]);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(consumer, argv[2], NULL);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(consumer);
    need(rd_kafka_metadata(consumer, 0, topic, &metadata, 10000) == 0, "metadata");
    int left = metadata->topics[0].partition_cnt;
    for (int p = 0; p < left; p++)
        rd_kafka_consume_start_queue(topic, p, 0, queue);
    int64_t count = 0;
    while (left > 0) {
        ssize_t got = rd_kafka_consume_batch_queue(queue, 100, messages, BATCH);
        for (ssize_t i = 0; i < got; i++) {
            if (messages[i]->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
                left--;
            } else if (messages[i]->err == 0) {
                insert(statement, messages[i]);
                count++;
            }
            rd_kafka_message_destroy(messages[i]);
        }
    }
    need(sqlite3_exec(db, "CREATE INDEX i ON t (account, date); COMMIT", NULL, NULL, NULL) ==
             SQLITE_OK,
         "index");
    double seconds = now_s() - start_s;
    printf("%.0f\n", (double)count / seconds);
    return 0;
}
