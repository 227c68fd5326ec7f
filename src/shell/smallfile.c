#include "smallfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int dbk_smallfile_read(struct dbk_buffer *bytes, struct stat *status, const char *path,
                       struct dbk_err *err)
{
    char block[4096];
    ssize_t count = 1;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, status) != 0)
        count = -1;
    while (count > 0 && bytes->length <= DBK_SMALLFILE_MAX) {
        count = read(fd, block, sizeof block);
        if (count < 0 && errno == EINTR)
            count = 1;
        else if (count > 0)
            dbk_buffer_add(bytes, block, (size_t)count);
    }
    int reason = errno;
    explicit_bzero(block, sizeof block);
    if (fd >= 0)
        close(fd);
    if (count < 0)
        return dbk_err_set(err, DBK_EUSAGE, "%s cannot be read: %s.", path, strerror(reason));
    if (bytes->length > DBK_SMALLFILE_MAX)
        return dbk_err_set(err, DBK_EUSAGE, "%s is longer than 1 MiB. Is it the right file?", path);
    return bytes->failed ? dbk_err_set(err, DBK_ENOMEM, "out of memory.") : 0;
}
