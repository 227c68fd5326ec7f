/**
 * The files of the page that never change while the program runs: embedded at build.
 */
#ifndef DAYBOOK_ASSETS_H
#define DAYBOOK_ASSETS_H

struct dbk_asset {
    const char *name; /**< in its URL, after the slash */
    const char *content_type;
    const char *bytes;
    const unsigned long *size;
    const char *gzip; /**< the same bytes, compressed */
    const unsigned long *gzip_size;
    const char *sha256; /**< of its bytes, in hexadecimal: what it is revalidated by */
};

/** @return the asset of that name, or NULL. */
const struct dbk_asset *dbk_asset_find(const char *name);

#endif
