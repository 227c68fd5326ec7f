/**
 * A text file as one run of bytes in UTF-8 that nobody else can change.
 *
 * The file (or standard input) is copied once, converted on the way where an encoding is given,
 * into an unlinked temporary file, which is mapped. So what is validated is what is used, even if
 * the file is written to or cut meanwhile, and memory holds only what is being looked at. The bytes
 * are not checked to be UTF-8 where no encoding is given; a byte order mark stays.
 *
 * Lifetime: open, close. One thread.
 */
#ifndef DAYBOOK_TEXTFILE_H
#define DAYBOOK_TEXTFILE_H

#include <daybook/err.h>

#include <stdatomic.h>
#include <stddef.h>

struct dbk_textfile {
    const char *bytes;
    size_t length;
    void *map; /**< NULL where the file is empty */
};

/**
 * @param path      "-": standard input.
 * @param encoding  a name that iconv knows ("WINDOWS-1252"), or NULL: UTF-8.
 * @param stop      ends waiting for input once *stop is not 0; or NULL.
 * @return 0; DBK_EUSAGE (not readable, unknown encoding, a byte that is invalid in it, with its
 *         line; no room for the copy); DBK_ESTOPPED; DBK_ENOMEM.
 */
DBK_MUST_CHECK int dbk_textfile_open(struct dbk_textfile *file, const char *path,
                                     const char *encoding, const atomic_bool *stop,
                                     struct dbk_err *err);

/** Takes one that is all zero, or was closed. */
void dbk_textfile_close(struct dbk_textfile *file);

#endif
