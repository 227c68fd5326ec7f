/**
 * A small file as a whole: keys, certificates, password files. Private to the shell.
 */
#ifndef DAYBOOK_SMALLFILE_H
#define DAYBOOK_SMALLFILE_H

#include <daybook/buffer.h>
#include <daybook/err.h>

#include <sys/stat.h>

#define DBK_SMALLFILE_MAX (1024 * 1024)

/**
 * @param[out] bytes   zero before; its content, to be cleared by the caller.
 * @param[out] status  of the file that was read.
 * @return 0, DBK_EUSAGE (not readable, or longer than DBK_SMALLFILE_MAX), DBK_ENOMEM.
 */
DBK_MUST_CHECK int dbk_smallfile_read(struct dbk_buffer *bytes, struct stat *status,
                                      const char *path, struct dbk_err *err);

#endif
