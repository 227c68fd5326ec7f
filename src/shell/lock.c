#include <daybook/lock.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

int dbk_lock_take(struct dbk_lock *lock, const char *database, const char *role,
                  struct dbk_err *err)
{
    char path[4096];
    char holder[32] = "";
    lock->fd = -1;
    int length = snprintf(path, sizeof path, "%s.%s.lock", database, role);
    if (length < 0 || (size_t)length >= sizeof path)
        return dbk_err_set(err, DBK_EUSAGE, "the database's path is too long.");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0)
        return dbk_err_set(err, DBK_EVIEW, "cannot write %s: %s.", path, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int why = errno;
        ssize_t count = pread(fd, holder, sizeof holder - 1, 0);
        close(fd);
        if (why != EWOULDBLOCK)
            return dbk_err_set(err, DBK_EVIEW, "cannot lock %s: %s.", path, strerror(why));
        holder[count > 0 ? strspn(holder, "0123456789") : 0] = '\0';
        return dbk_err_set(err, DBK_EVIEW,
                           "%s has a %s already%s%s. Only one at a time: wait for it, or stop it.",
                           database, role, holder[0] != '\0' ? ": process " : "", holder);
    }
    int written = snprintf(holder, sizeof holder, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, holder, (size_t)written, 0) != written) {
        int code = dbk_err_set(err, DBK_EVIEW, "cannot write %s: %s.", path, strerror(errno));
        close(fd);
        return code;
    }
    lock->fd = fd;
    return 0;
}

void dbk_lock_release(struct dbk_lock *lock)
{
    if (lock->fd >= 0)
        close(lock->fd);
    lock->fd = -1;
}
