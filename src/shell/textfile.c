#include <daybook/textfile.h>

#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK_SIZE (1024 * 1024)

/** Copying a file into its spool. */
struct copy {
    const char *name; /* for messages */
    const char *encoding;
    const atomic_bool *stop;
    int input;
    int spool;
    size_t length;
    iconv_t converter; /* (iconv_t)-1: none */
    uint64_t line;     /* of the converted text, from 1 */
    bool after_cr;     /* a following LF belongs to the line end already counted */
    char *in;
    char *out;
};

static const char *spool_folder(void)
{
    const char *folder = getenv("TMPDIR");
    return folder != NULL && folder[0] != '\0' ? folder : "/tmp";
}

/** Open a temporary file that has no name and goes away with the program. */
static int open_spool(struct copy *copy, struct dbk_err *err)
{
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/daybook-XXXXXX", spool_folder());
    if (length < 0 || (size_t)length >= sizeof path)
        return dbk_err_set(err, DBK_EUSAGE, "TMPDIR is too long.");
    copy->spool = mkstemp(path);
    if (copy->spool < 0)
        return dbk_err_set(err, DBK_EUSAGE,
                           "cannot make a temporary file in %s: %s. Set TMPDIR to a folder that "
                           "can be written to.",
                           spool_folder(), strerror(errno));
    unlink(path);
    fcntl(copy->spool, F_SETFD, FD_CLOEXEC);
    return 0;
}

static int open_input(struct copy *copy, const char *path, struct dbk_err *err)
{
    struct stat status;
    copy->name = path;
    copy->input = STDIN_FILENO;
    if (strcmp(path, "-") == 0) {
        copy->name = "standard input";
        return 0;
    }
    copy->input = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (copy->input < 0)
        return dbk_err_set(err, DBK_EUSAGE, "cannot read %s: %s.", path, strerror(errno));
    if (fstat(copy->input, &status) == 0 && S_ISDIR(status.st_mode))
        return dbk_err_set(err, DBK_EUSAGE, "%s is a folder, not a file.", path);
    return 0;
}

static int open_converter(struct copy *copy, const char *encoding, struct dbk_err *err)
{
    copy->converter = (iconv_t)-1;
    if (encoding == NULL)
        return 0;
    /* A suffix such as //IGNORE would drop bytes without a word. */
    if (encoding[0] != '\0' && strchr(encoding, '/') == NULL)
        copy->converter = iconv_open("UTF-8", encoding);
    if (copy->converter == (iconv_t)-1)
        return dbk_err_set(err, DBK_EUSAGE,
                           "there is no encoding \"%.100s\". Banks in Western Europe mostly use "
                           "WINDOWS-1252 or ISO-8859-15; iconv -l lists all.",
                           encoding);
    copy->encoding = encoding;
    return 0;
}

/** Read what is there. @return 0 with *length 0 at the end. */
static int read_block(struct copy *copy, char *bytes, size_t capacity, size_t *length,
                      struct dbk_err *err)
{
    for (;;) {
        ssize_t count = read(copy->input, bytes, capacity);
        if (copy->stop != NULL && *copy->stop)
            return dbk_err_set(err, DBK_ESTOPPED, "stopped; nothing was sent.");
        if (count >= 0) {
            *length = (size_t)count;
            return 0;
        }
        if (errno != EINTR)
            return dbk_err_set(err, DBK_EUSAGE, "cannot read %s: %s.", copy->name, strerror(errno));
    }
}

static int write_spool(struct copy *copy, const char *bytes, size_t length, struct dbk_err *err)
{
    while (length > 0) {
        ssize_t count = write(copy->spool, bytes, length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return dbk_err_set(err, DBK_EUSAGE,
                               "cannot copy %s to a temporary file in %s: %s. Set TMPDIR to a "
                               "folder with more room.",
                               copy->name, spool_folder(), strerror(errno));
        bytes += count;
        length -= (size_t)count;
        copy->length += (size_t)count;
    }
    return 0;
}

static void count_lines(struct copy *copy, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] == '\r' || (bytes[i] == '\n' && !copy->after_cr))
            copy->line++;
        copy->after_cr = bytes[i] == '\r';
    }
}

static int invalid_byte(const struct copy *copy, unsigned char byte, bool cut, struct dbk_err *err)
{
    return dbk_err_set(err, DBK_EUSAGE,
                       "%s, line %llu: %s \\x%02X is not %s. Is it another encoding?", copy->name,
                       (unsigned long long)copy->line, cut ? "the character cut off at" : "byte",
                       byte, copy->encoding);
}

/** Write converted text and take notice of its lines. */
static int write_converted(struct copy *copy, size_t length, struct dbk_err *err)
{
    count_lines(copy, copy->out, length);
    return write_spool(copy, copy->out, length, err);
}

/**
 * Convert a block.
 *
 * @param[in,out] length  of copy->in; out: what is left at its beginning, a character's first
 * bytes.
 */
static int convert_block(struct copy *copy, size_t *length, struct dbk_err *err)
{
    char *in = copy->in;
    size_t left = *length;
    for (;;) {
        char *out = copy->out;
        size_t room = BLOCK_SIZE;
        size_t result = iconv(copy->converter, &in, &left, &out, &room);
        int why = errno;
        int code = write_converted(copy, (size_t)(out - copy->out), err);
        if (code != 0)
            return code;
        if (result != (size_t)-1 || why == EINVAL)
            break;
        if (why != E2BIG)
            return invalid_byte(copy, (unsigned char)*in, false, err);
    }
    memmove(copy->in, in, left);
    *length = left;
    return 0;
}

/** End the conversion: what an encoding with states still has to say. */
static int finish_conversion(struct copy *copy, size_t left, struct dbk_err *err)
{
    char *out = copy->out;
    size_t room = BLOCK_SIZE;
    if (left > 0)
        return invalid_byte(copy, (unsigned char)copy->in[0], true, err);
    if (iconv(copy->converter, NULL, NULL, &out, &room) == (size_t)-1)
        return dbk_err_set(err, DBK_EUSAGE, "%s does not end as %s does.", copy->name,
                           copy->encoding);
    return write_converted(copy, (size_t)(out - copy->out), err);
}

static int copy_all(struct copy *copy, struct dbk_err *err)
{
    bool convert = copy->converter != (iconv_t)-1;
    size_t left = 0;
    int code;
    for (;;) {
        size_t length = 0;
        code = read_block(copy, copy->in + left, BLOCK_SIZE - left, &length, err);
        if (code != 0 || length == 0)
            break;
        left += length;
        if (convert) {
            code = convert_block(copy, &left, err);
        } else {
            code = write_spool(copy, copy->in, left, err);
            left = 0;
        }
        if (code != 0)
            break;
    }
    return code == 0 && convert ? finish_conversion(copy, left, err) : code;
}

static int map_spool(struct dbk_textfile *file, const struct copy *copy, struct dbk_err *err)
{
    *file = (struct dbk_textfile){"", copy->length, NULL};
    if (copy->length == 0)
        return 0;
    void *map = mmap(NULL, copy->length, PROT_READ, MAP_PRIVATE, copy->spool, 0);
    if (map == MAP_FAILED) {
        file->length = 0;
        return dbk_err_set(err, DBK_ENOMEM, "cannot map %s into memory: %s.", copy->name,
                           strerror(errno));
    }
    posix_madvise(map, copy->length, POSIX_MADV_SEQUENTIAL);
    file->bytes = map;
    file->map = map;
    return 0;
}

int dbk_textfile_open(struct dbk_textfile *file, const char *path, const char *encoding,
                      const atomic_bool *stop, struct dbk_err *err)
{
    struct copy copy = {.stop = stop, .input = -1, .spool = -1, .line = 1};
    *file = (struct dbk_textfile){"", 0, NULL};
    int code = open_converter(&copy, encoding, err);
    if (code == 0)
        code = open_input(&copy, path, err);
    if (code == 0)
        code = open_spool(&copy, err);
    if (code == 0) {
        copy.in = malloc(BLOCK_SIZE);
        copy.out = malloc(BLOCK_SIZE);
        code = copy.in != NULL && copy.out != NULL ? copy_all(&copy, err)
                                                   : dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    }
    if (code == 0)
        code = map_spool(file, &copy, err);
    if (copy.converter != (iconv_t)-1)
        iconv_close(copy.converter);
    if (copy.input > STDIN_FILENO)
        close(copy.input);
    if (copy.spool >= 0)
        close(copy.spool);
    free(copy.in);
    free(copy.out);
    return code;
}

void dbk_textfile_close(struct dbk_textfile *file)
{
    if (file->map != NULL)
        munmap(file->map, file->length);
    *file = (struct dbk_textfile){"", 0, NULL};
}
