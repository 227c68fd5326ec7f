/**
 * The digest chain of a partition: d[n+1] = SHA-256(d[n] | record n). See docs/events.md.
 *
 * Two logs with the same digest at the same offset hold the same records up to it. Headers are not
 * covered. Cost: one SHA-256 a record, no allocation. Nothing here can fail.
 */
#ifndef DAYBOOK_DIGEST_H
#define DAYBOOK_DIGEST_H

#include <daybook/err.h>
#include <daybook/event.h>

#define DBK_DIGEST_SIZE 32

/** Every so many offsets the view keeps a digest, so that a change can be placed. */
#define DBK_DIGEST_INTERVAL 4096

struct dbk_digest {
    uint8_t bytes[DBK_DIGEST_SIZE];
};

/** d[0] of a partition. */
void dbk_digest_start(struct dbk_digest *digest, struct dbk_text topic, int32_t partition,
                      int32_t partition_count);

/** d[n+1] from d[n], in place. */
void dbk_digest_extend(struct dbk_digest *digest, const struct dbk_record *record);

/** SHA-256 of bytes. @param bytes  may be NULL where there are none. */
void dbk_digest_bytes(struct dbk_digest *digest, const void *bytes, size_t length);

/** Write 64 hexadecimal characters and a zero. */
void dbk_digest_hex(char *hex, const struct dbk_digest *digest);

#endif
