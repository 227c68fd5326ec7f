/*
 * Preloaded, it makes the broker refuse to tell a topic's settings, as one does whose rights do not
 * include them.
 */
#include <librdkafka/rdkafka.h>

rd_kafka_resp_err_t rd_kafka_ConfigResource_error(const rd_kafka_ConfigResource_t *resource)
{
    (void)resource;
    return RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
}
