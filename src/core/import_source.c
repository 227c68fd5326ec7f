#include <daybook/import_source.h>

#include <daybook/digest.h>

#include <stdlib.h>
#include <string.h>

#define BLOCK_ROWS 256

struct dbk_import_source {
    uint32_t rows; /* in the block */
    size_t used;
    char block[DBK_DIGEST_SIZE + BLOCK_ROWS * (DBK_EVENT_MAX + 1)]; /* begins with d */
};

int dbk_import_source_open(struct dbk_import_source **maker)
{
    struct dbk_import_source *opened = malloc(sizeof *opened);
    *maker = NULL;
    if (opened == NULL)
        return DBK_ENOMEM;
    memset(opened->block, 0, DBK_DIGEST_SIZE);
    opened->rows = 0;
    opened->used = DBK_DIGEST_SIZE;
    *maker = opened;
    return 0;
}

void dbk_import_source_close(struct dbk_import_source *maker)
{
    free(maker);
}

/** Replace the block by its digest. */
static void fold_block(struct dbk_import_source *maker)
{
    struct dbk_digest digest;
    dbk_digest_bytes(&digest, maker->block, maker->used);
    memcpy(maker->block, digest.bytes, DBK_DIGEST_SIZE);
    maker->used = DBK_DIGEST_SIZE;
    maker->rows = 0;
}

void dbk_import_source_add(struct dbk_import_source *maker, const struct dbk_event *event)
{
    DBK_ASSERT(event->source.length == 0);
    maker->used += dbk_event_encode(maker->block + maker->used, event);
    maker->block[maker->used++] = '\n';
    if (++maker->rows == BLOCK_ROWS)
        fold_block(maker);
}

void dbk_import_source_finish(struct dbk_import_source *maker, char source[DBK_IMPORT_SOURCE_SIZE])
{
    char hex[2 * DBK_DIGEST_SIZE + 1];
    struct dbk_digest digest;
    if (maker->rows > 0)
        fold_block(maker);
    memcpy(digest.bytes, maker->block, DBK_DIGEST_SIZE);
    dbk_digest_hex(hex, &digest);
    memcpy(source, "csv:", 4);
    memcpy(source + 4, hex, 32);
    source[DBK_IMPORT_SOURCE_SIZE - 1] = '\0';
}
