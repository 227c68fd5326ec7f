/**
 * Compression of answers; owns zlib. Private to the shell.
 */
#ifndef DAYBOOK_GZIP_H
#define DAYBOOK_GZIP_H

#include <daybook/buffer.h>

struct dbk_gzip;

/** @return NULL where memory ran out. About 260 KB until closed. */
struct dbk_gzip *dbk_gzip_open(void);

/**
 * Compress a piece onto the end of out; what is not written yet comes with a later piece.
 *
 * @param last  the stream is complete with this piece.
 */
void dbk_gzip_add(struct dbk_gzip *gzip, const char *bytes, size_t length, bool last,
                  struct dbk_buffer *out);
/** Takes NULL. */
void dbk_gzip_close(struct dbk_gzip *gzip);

#endif
