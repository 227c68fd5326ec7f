#include "kafka.h"

#include <stdlib.h>

int dbk_batch_open(struct dbk_batch *batch, size_t capacity)
{
    *batch = (struct dbk_batch){.capacity = capacity};
    batch->records = calloc(capacity, sizeof *batch->records);
    batch->messages = calloc(capacity, sizeof *batch->messages);
    if (batch->records != NULL && batch->messages != NULL)
        return 0;
    dbk_batch_close(batch);
    return DBK_ENOMEM;
}

void dbk_batch_release(struct dbk_batch *batch)
{
    for (size_t i = 0; i < batch->message_count; i++)
        rd_kafka_message_destroy(batch->messages[i]);
    batch->message_count = 0;
    batch->count = 0;
}

void dbk_batch_close(struct dbk_batch *batch)
{
    dbk_batch_release(batch);
    free(batch->records);
    free(batch->messages);
    *batch = (struct dbk_batch){0};
}
