/**
 * The digest chain of a partition: d[n+1] = SHA-256(d[n] | record n). See docs/events.md.
 *
 * Two logs with the same digest at the same offset hold the same records up to it. Headers are not
 * covered. Cost: one SHA-256 a record, no allocation after dbk_digest_open.
 *
 * Lifetime: open, any number of start/extend, close. One context serves one thread at a time.
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

struct dbk_digest_context;

/** @return a context, or NULL where OpenSSL gives none (out of memory). */
struct dbk_digest_context *dbk_digest_open(void);

/** Takes NULL. */
void dbk_digest_close(struct dbk_digest_context *context);

/** d[0] of a partition. @return false where OpenSSL failed. */
DBK_MUST_CHECK bool dbk_digest_start(struct dbk_digest_context *context, struct dbk_digest *digest,
                                     struct dbk_text topic, int32_t partition,
                                     int32_t partition_count);

/** d[n+1] from d[n], in place. @return false where OpenSSL failed; digest is then undefined. */
DBK_MUST_CHECK bool dbk_digest_extend(struct dbk_digest_context *context, struct dbk_digest *digest,
                                      const struct dbk_record *record);

/** SHA-256 of bytes. @return false where OpenSSL failed. */
DBK_MUST_CHECK bool dbk_digest_bytes(struct dbk_digest_context *context, struct dbk_digest *digest,
                                     const void *bytes, size_t length);

/** Write 64 hexadecimal characters and a zero. */
void dbk_digest_hex(char *hex, const struct dbk_digest *digest);

#endif
