#include "htpasswd.h"

#include "library.h"
#include "smallfile.h"

#include <daybook/message.h>

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define REMEMBERED_MAX 64
#define MAC_SIZE 32

struct user {
    char *name;
    char *hash;
};

struct dbk_htpasswd {
    __typeof__(&crypt_r) crypt_r; /* libcrypt's: see library.h */
    char *path;
    unsigned char key[32];
    pthread_mutex_t mutex; /* guards all below */
    struct stat status;    /* of the file just before it was read; zero: it was not there */
    unsigned version;      /* how often it was read */
    struct user *users;
    size_t user_count;
    unsigned char remembered[REMEMBERED_MAX][MAC_SIZE]; /* of log-ins that were right; a ring */
    size_t remembered_count;
};

/* --- the file --- */

static void forget_all(struct dbk_htpasswd *htpasswd)
{
    for (size_t i = 0; i < htpasswd->user_count; i++) {
        free(htpasswd->users[i].name);
        free(htpasswd->users[i].hash);
    }
    free(htpasswd->users);
    htpasswd->users = NULL;
    htpasswd->user_count = 0;
    htpasswd->remembered_count = 0;
}

/** @return NULL, or what is wrong with a hash. */
static const char *reject(const char *hash)
{
    static const char *const accepted[] = {"$2y$", "$2b$", "$2a$", "$6$", "$y$"};
    for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++)
        if (strncmp(hash, accepted[i], strlen(accepted[i])) == 0)
            return strlen(hash) < 20 ? "the hash is cut off" : NULL;
    if (strncmp(hash, "$apr1$", 6) == 0)
        return "the hash is MD5 ($apr1$), which is guessed too fast";
    return "the hash is not bcrypt, SHA-512-crypt or yescrypt";
}

/** Take one line. @return NULL, or what is wrong. */
static const char *take_line(struct dbk_htpasswd *htpasswd, char *line)
{
    line[strcspn(line, "\r")] = '\0';
    if (line[0] == '\0' || line[0] == '#')
        return NULL;
    char *hash = strchr(line, ':');
    if (hash == NULL || hash == line)
        return "it is not USER:HASH";
    *hash++ = '\0';
    hash[strcspn(hash, ":")] = '\0'; /* what may follow is a comment */
    const char *wrong = reject(hash);
    if (wrong != NULL)
        return wrong;
    struct user *grown =
        realloc(htpasswd->users, (htpasswd->user_count + 1) * sizeof *htpasswd->users);
    if (grown == NULL)
        return "memory ran out";
    htpasswd->users = grown;
    struct user *user = &grown[htpasswd->user_count];
    user->name = strdup(line);
    user->hash = strdup(hash);
    if (user->name != NULL && user->hash != NULL) {
        htpasswd->user_count++;
        return NULL;
    }
    free(user->name);
    free(user->hash);
    return "memory ran out";
}

/** Read the file anew. @return 0, or the first thing that is wrong; the other lines hold. */
static int read_file(struct dbk_htpasswd *htpasswd, struct dbk_err *err)
{
    struct dbk_buffer bytes = {.bytes = NULL};
    struct stat status;
    forget_all(htpasswd);
    htpasswd->version++;
    if (stat(htpasswd->path, &htpasswd->status) != 0)
        htpasswd->status = (struct stat){.st_size = 0};
    int code = dbk_smallfile_read(&bytes, &status, htpasswd->path, err);
    if (code == 0 && (status.st_mode & S_IWOTH) != 0)
        code = dbk_err_set(err, DBK_EUSAGE,
                           "everybody on this machine can write to %s, and so let themselves in. "
                           "Run: chmod o-w %s",
                           htpasswd->path, htpasswd->path);
    int number = 0;
    bool readable = code == 0;
    for (char *line = bytes.bytes; readable && line != NULL;) {
        char *end = strchr(line, '\n');
        if (end != NULL)
            *end++ = '\0';
        number++;
        const char *wrong = take_line(htpasswd, line);
        if (wrong != NULL && code == 0)
            code = dbk_err_set(err, DBK_EUSAGE,
                               "%s:%d: %s. Make that line anew with: htpasswd -B %s USER",
                               htpasswd->path, number, wrong, htpasswd->path);
        line = end;
    }
    if (bytes.bytes != NULL)
        explicit_bzero(bytes.bytes, bytes.length);
    dbk_buffer_clear(&bytes);
    if (code == 0 && htpasswd->user_count == 0)
        code = dbk_err_set(err, DBK_EUSAGE, "%s has no user. Add one with: htpasswd -B %s USER",
                           htpasswd->path, htpasswd->path);
    return code;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/** With the mutex held: a file that was changed holds at once, and one that is gone lets nobody in.
 */
static void look_again(struct dbk_htpasswd *htpasswd)
{
    struct stat now = {.st_size = 0};
    struct dbk_err err;
    if (stat(htpasswd->path, &now) != 0)
        now = (struct stat){.st_size = 0};
    if (same_file(&now, &htpasswd->status))
        return;
    if (read_file(htpasswd, &err) != 0)
        dbk_warning("%s%s", err.text, htpasswd->user_count == 0 ? " Nobody can log in now." : "");
}

/* --- log-ins --- */

static void make_mac(const struct dbk_htpasswd *htpasswd, const char *user, const char *password,
                     unsigned char mac[MAC_SIZE])
{
    unsigned char text[1024];
    unsigned length = MAC_SIZE;
    size_t user_size = strlen(user) + 1;
    size_t password_size = strlen(password) + 1;
    memset(mac, 0, MAC_SIZE);
    DBK_ASSERT(user_size + password_size <= sizeof text);
    memcpy(text, user, user_size);
    memcpy(text + user_size, password, password_size);
    unsigned char *made = HMAC(EVP_sha256(), htpasswd->key, (int)sizeof htpasswd->key, text,
                               user_size + password_size, mac, &length);
    DBK_ASSERT(made != NULL);
    explicit_bzero(text, sizeof text);
}

/** Longer ones are refused everywhere: no hash looks at so much. */
static bool too_long(const char *user, const char *password)
{
    return strlen(user) > 255 || strlen(password) > 511;
}

bool dbk_htpasswd_remembers(struct dbk_htpasswd *htpasswd, const char *user, const char *password)
{
    unsigned char mac[MAC_SIZE];
    int found = 0;
    if (too_long(user, password))
        return false;
    make_mac(htpasswd, user, password, mac);
    pthread_mutex_lock(&htpasswd->mutex);
    look_again(htpasswd);
    for (size_t i = 0; i < htpasswd->remembered_count && i < REMEMBERED_MAX; i++)
        found |= CRYPTO_memcmp(mac, htpasswd->remembered[i], MAC_SIZE) == 0;
    pthread_mutex_unlock(&htpasswd->mutex);
    return found != 0;
}

/** @return the hash to hold a password against, in memory of its own; NULL where there is none. */
static char *hash_of(struct dbk_htpasswd *htpasswd, const char *name, bool *known,
                     unsigned *version)
{
    pthread_mutex_lock(&htpasswd->mutex);
    look_again(htpasswd);
    /* For a user who is not there, somebody else's hash takes the same time. */
    const char *hash = htpasswd->user_count > 0 ? htpasswd->users[0].hash : NULL;
    *known = false;
    *version = htpasswd->version;
    for (size_t i = 0; i < htpasswd->user_count && !*known; i++)
        if (strcmp(htpasswd->users[i].name, name) == 0) {
            hash = htpasswd->users[i].hash;
            *known = true;
        }
    char *copy = hash != NULL ? strdup(hash) : NULL;
    pthread_mutex_unlock(&htpasswd->mutex);
    return copy;
}

bool dbk_htpasswd_check(struct dbk_htpasswd *htpasswd, const char *user, const char *password)
{
    unsigned char mac[MAC_SIZE];
    bool right = false;
    bool known;
    unsigned version;
    if (too_long(user, password))
        return false;
    char *hash = hash_of(htpasswd, user, &known, &version);
    struct crypt_data *data = calloc(1, sizeof *data);
    const char *made =
        hash != NULL && data != NULL ? htpasswd->crypt_r(password, hash, data) : NULL;
    if (made != NULL && strlen(made) == strlen(hash))
        right = (CRYPTO_memcmp(made, hash, strlen(hash)) == 0) & known;
    if (data != NULL)
        explicit_bzero(data, sizeof *data);
    free(data);
    if (right) {
        make_mac(htpasswd, user, password, mac);
        pthread_mutex_lock(&htpasswd->mutex);
        if (version == htpasswd->version) /* else it was right before the file changed */
            memcpy(htpasswd->remembered[htpasswd->remembered_count++ % REMEMBERED_MAX], mac,
                   MAC_SIZE);
        pthread_mutex_unlock(&htpasswd->mutex);
    }
    free(hash);
    return right;
}

int dbk_htpasswd_open(struct dbk_htpasswd **htpasswd, const char *path, struct dbk_err *err)
{
    static const struct dbk_symbol crypt_r_symbol = {"crypt_r",
                                                     offsetof(struct dbk_htpasswd, crypt_r)};
    *htpasswd = NULL;
    struct dbk_htpasswd *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    pthread_mutex_init(&opened->mutex, NULL);
    opened->path = strdup(path);
    int code =
        opened->path == NULL || getrandom(opened->key, sizeof opened->key, 0) != sizeof opened->key
            ? dbk_err_set(err, DBK_ENOMEM, "out of memory.")
            : read_file(opened, err);
    if (code == 0)
        code = dbk_library_load(opened, "libcrypt.so.1", "Install Debian's package libcrypt1.",
                                &crypt_r_symbol, 1, err);
    if (code != 0) {
        dbk_htpasswd_close(opened);
        return code;
    }
    *htpasswd = opened;
    return 0;
}

void dbk_htpasswd_close(struct dbk_htpasswd *htpasswd)
{
    if (htpasswd == NULL)
        return;
    forget_all(htpasswd);
    free(htpasswd->path);
    pthread_mutex_destroy(&htpasswd->mutex);
    explicit_bzero(htpasswd->key, sizeof htpasswd->key);
    free(htpasswd);
}
