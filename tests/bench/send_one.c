/*
 * The least that a program can do to have one event in the log: connect, send, wait for the
 * acknowledgement, say so. It checks nothing, and does not know what became of the event.
 *
 *     send_one BROKERS TOPIC PARTITION KEY VALUE
 */
#include <librdkafka/rdkafka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void on_delivered(rd_kafka_t *handle, const rd_kafka_message_t *message, void *opaque)
{
    int *delivered = opaque;
    (void)handle;
    if (message->err != 0)
        exit(1);
    *delivered = 1;
}

int main(int argc, char **argv)
{
    char why[512];
    int delivered = 0;
    if (argc != 6)
        return 2;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", argv[1], why, sizeof why);
    rd_kafka_conf_set(conf, "enable.idempotence", "true", why, sizeof why);
    rd_kafka_conf_set(conf, "acks", "all", why, sizeof why);
    rd_kafka_conf_set(conf, "linger.ms", "0", why, sizeof why);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivered);
    rd_kafka_conf_set_opaque(conf, &delivered);
    rd_kafka_t *handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (handle == NULL)
        return 1;
    rd_kafka_topic_t *topic = rd_kafka_topic_new(handle, argv[2], NULL);
    if (rd_kafka_produce(topic, atoi(argv[3]), RD_KAFKA_MSG_F_COPY, argv[5], strlen(argv[5]),
                         argv[4], strlen(argv[4]), NULL) != 0)
        return 1;
    while (!delivered)
        rd_kafka_poll(handle, 100);
    puts("acknowledged");
    fflush(stdout);
    _exit(0);
}
