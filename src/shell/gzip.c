#include "gzip.h"

#include <stdlib.h>
#define ZLIB_CONST /* input is read only */
#include <zlib.h>

/** Fast: tables shrink to a fifth already, and a whole ledger is to be downloaded at full speed. */
#define LEVEL 1
#define WINDOW_BITS (15 + 16) /* 16: with gzip's header and checksum */
#define BLOCK_SIZE 16384

struct dbk_gzip {
    z_stream stream;
};

struct dbk_gzip *dbk_gzip_open(void)
{
    struct dbk_gzip *gzip = calloc(1, sizeof *gzip);
    if (gzip != NULL && deflateInit2(&gzip->stream, LEVEL, Z_DEFLATED, WINDOW_BITS, 8,
                                     Z_DEFAULT_STRATEGY) != Z_OK) {
        free(gzip);
        return NULL;
    }
    return gzip;
}

void dbk_gzip_add(struct dbk_gzip *gzip, const char *bytes, size_t length, bool last,
                  struct dbk_buffer *out)
{
    unsigned char block[BLOCK_SIZE];
    gzip->stream.next_in = (const unsigned char *)bytes;
    gzip->stream.avail_in = (unsigned)length; /* pieces are far below 4 GiB */
    do {
        gzip->stream.next_out = block;
        gzip->stream.avail_out = sizeof block;
        (void)deflate(&gzip->stream, last ? Z_FINISH : Z_NO_FLUSH); /* it cannot fail here */
        dbk_buffer_add(out, block, sizeof block - gzip->stream.avail_out);
    } while (gzip->stream.avail_out == 0);
}

void dbk_gzip_close(struct dbk_gzip *gzip)
{
    if (gzip == NULL)
        return;
    (void)deflateEnd(&gzip->stream);
    free(gzip);
}
