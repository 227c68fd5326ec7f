#include "view_internal.h"

#include <daybook/message.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 4096

/** Split a path into its folder ("." where none) and name. */
static const char *split(char *folder, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        snprintf(folder, PATH_SIZE, ".");
    else
        snprintf(folder, PATH_SIZE, "%.*s", (int)(slash == path ? 1 : slash - path), path);
    return slash != NULL ? slash + 1 : path;
}

/** @return N of "name.N", or -1. */
static int64_t number_of(const char *file, const char *name)
{
    size_t length = strlen(name);
    if (strncmp(file, name, length) != 0 || file[length] != '.')
        return -1;
    const char *digits = file + length + 1;
    size_t count = strspn(digits, "0123456789");
    if (count == 0 || count > 15 || digits[count] != '\0')
        return -1;
    return strtoll(digits, NULL, 10);
}

void dbk_generation_clear(struct dbk_generation *generation)
{
    free(generation->file);
    *generation = (struct dbk_generation){0};
}

int dbk_generation_current(struct dbk_generation *generation, const char *path, struct dbk_err *err)
{
    char folder[PATH_SIZE];
    char target[PATH_SIZE];
    char file[2 * PATH_SIZE];
    struct stat status;
    *generation = (struct dbk_generation){0};
    if (strlen(path) >= PATH_SIZE - 32)
        return dbk_err_set(err, DBK_EUSAGE, "the database's path is too long.");
    const char *name = split(folder, path);
    if (lstat(path, &status) != 0 && errno == ENOENT)
        return 0;
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length < 0 && errno == EINVAL) { /* a plain file */
        if (status.st_size == 0)
            return 0;
        generation->file = strdup(path);
        return generation->file != NULL ? 0 : dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    }
    if (length < 0)
        return dbk_err_set(err, DBK_EVIEW, "cannot read %s: %s.", path, strerror(errno));
    target[length] = '\0';
    if (target[0] == '/')
        snprintf(file, sizeof file, "%s", target);
    else
        snprintf(file, sizeof file, "%s/%s", folder, target);
    const char *base = strrchr(file, '/') + 1;
    generation->number = number_of(base, name);
    if (stat(file, &status) != 0)
        return dbk_err_set(err, DBK_EVIEW,
                           "%s points to %s, which is not there: %s. Rebuild it with: daybook "
                           "project --reset -d %s",
                           path, file, strerror(errno), path);
    generation->file = strdup(file);
    return generation->file != NULL ? 0 : dbk_err_set(err, DBK_ENOMEM, "out of memory.");
}

/** The highest generation in the folder, 0 where none. */
static int64_t highest(const char *path)
{
    char folder[PATH_SIZE];
    int64_t found = 0;
    const char *name = split(folder, path);
    DIR *directory = opendir(folder);
    if (directory == NULL)
        return 0;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        int64_t number = number_of(entry->d_name, name);
        found = number > found ? number : found;
    }
    closedir(directory);
    return found;
}

int dbk_generation_create(struct dbk_generation *generation, const char *path, struct dbk_err *err)
{
    char file[PATH_SIZE];
    int fd = -1;
    *generation = (struct dbk_generation){0};
    if (strlen(path) >= PATH_SIZE - 32)
        return dbk_err_set(err, DBK_EUSAGE, "the database's path is too long.");
    while (fd < 0) {
        generation->number = highest(path) + 1;
        snprintf(file, sizeof file, "%s.%" PRId64, path, generation->number);
        fd = open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        if (fd < 0 && errno != EEXIST)
            return dbk_err_set(err, DBK_EVIEW, "cannot create %s: %s.", file, strerror(errno));
    }
    close(fd);
    generation->file = strdup(file);
    return generation->file != NULL ? 0 : dbk_err_set(err, DBK_ENOMEM, "out of memory.");
}

static int sync_path(const char *path, int flags, struct dbk_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | flags);
    int result = fd >= 0 ? fsync(fd) : -1;
    int why = errno;
    if (fd >= 0)
        close(fd);
    if (result != 0)
        return dbk_err_set(err, DBK_EVIEW, "cannot write %s to disk: %s.", path, strerror(why));
    return 0;
}

int dbk_generation_swap(const char *path, const struct dbk_generation *generation,
                        struct dbk_err *err)
{
    char folder[PATH_SIZE];
    char link_path[PATH_SIZE];
    char target[PATH_SIZE];
    char kept[PATH_SIZE];
    struct stat status;
    const char *name = split(folder, path);
    snprintf(target, sizeof target, "%s.%" PRId64, name, generation->number);
    snprintf(link_path, sizeof link_path, "%s.link.%ld", path, (long)getpid());
    int code = sync_path(generation->file, 0, err);
    if (code != 0)
        return code;
    /* A plain file becomes generation 0, so that it too stays until the next rebuild. */
    if (lstat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
        snprintf(kept, sizeof kept, "%s.0", path);
        unlink(kept);
        if (link(path, kept) != 0)
            return dbk_err_set(err, DBK_EVIEW, "cannot keep %s as %s: %s.", path, kept,
                               strerror(errno));
    }
    unlink(link_path);
    if (symlink(target, link_path) != 0 || rename(link_path, path) != 0) {
        code = dbk_err_set(err, DBK_EVIEW, "cannot point %s to %s: %s.", path, target,
                           strerror(errno));
        unlink(link_path);
        return code;
    }
    return sync_path(folder, O_DIRECTORY, err);
}

/** Remove a generation's files. */
static void remove_generation(const char *file)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    char path[2 * PATH_SIZE + 16];
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        snprintf(path, sizeof path, "%s%s", file, suffixes[i]);
        if (unlink(path) != 0 && errno != ENOENT)
            dbk_warning("cannot remove %s: %s", path, strerror(errno));
    }
}

int dbk_generation_link(const char *path, const struct dbk_generation *generation,
                        struct dbk_err *err)
{
    char folder[PATH_SIZE];
    char target[PATH_SIZE];
    struct stat status;
    const char *name = split(folder, path);
    snprintf(target, sizeof target, "%s.%" PRId64, name, generation->number);
    int code = sync_path(generation->file, 0, err);
    if (code != 0)
        return code;
    if (lstat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_size == 0)
        unlink(path); /* an empty file, as mktemp leaves it */
    if (symlink(target, path) == 0) {
        dbk_message("created %s", path);
        return sync_path(folder, O_DIRECTORY, err);
    }
    if (errno != EEXIST)
        return dbk_err_set(err, DBK_EVIEW, "cannot create %s: %s.", path, strerror(errno));
    remove_generation(generation->file);
    return 0;
}

void dbk_generation_prune(const char *path, int64_t keep, int64_t keep_too)
{
    char folder[PATH_SIZE];
    char file[2 * PATH_SIZE];
    const char *name = split(folder, path);
    DIR *directory = opendir(folder);
    if (directory == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        int64_t number = number_of(entry->d_name, name);
        if (number < 0 || number == keep || number == keep_too)
            continue;
        snprintf(file, sizeof file, "%s/%s", folder, entry->d_name);
        remove_generation(file);
    }
    closedir(directory);
}
