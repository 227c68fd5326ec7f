#include <daybook/config.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void dbk_config_init(struct dbk_config *config)
{
    *config = (struct dbk_config){0};
}

void dbk_config_clear(struct dbk_config *config)
{
    for (size_t i = 0; i < config->property_count; i++) {
        free(config->properties[i].name);
        free(config->properties[i].value);
    }
    free(config->properties);
    free(config->brokers);
    free(config->topic);
    free(config->database);
    dbk_config_init(config);
}

/** Properties that daybook's guarantees rest on; nobody may set them. */
static const struct {
    const char *name;
    const char *why;
} guarded[] = {
    {"acks", "every event must be acknowledged by all replicas"},
    {"request.required.acks", "every event must be acknowledged by all replicas"},
    {"enable.idempotence", "without it a retry can append an event twice"},
    {"enable.gapless.guarantee", "the order of events rests on it"},
    {"message.timeout.ms", "an event must never be dropped because it waited"},
    {"delivery.timeout.ms", "an event must never be dropped because it waited"},
    {"message.send.max.retries", "an event must never be dropped because it waited"},
    {"retries", "an event must never be dropped because it waited"},
    {"max.in.flight", "the order of events rests on it"},
    {"max.in.flight.requests.per.connection", "the order of events rests on it"},
    {"queuing.strategy", "the order of events rests on it"},
    {"partitioner", "an account's partition is part of history"},
    {"auto.offset.reset", "a missing offset is damage, never something to skip"},
    {"isolation.level", "every record of the log counts"},
    {"enable.auto.commit", "the view keeps its own checkpoints"},
    {"auto.commit.enable", "the view keeps its own checkpoints"},
    {"enable.auto.offset.store", "the view keeps its own checkpoints"},
    {"enable.partition.eof", "the end of a replay is found by it"},
    {"check.crcs", "a damaged record must not be read as a good one"},
    {"api.version.request", "events need their times, which old protocols do not carry"},
    {"broker.version.fallback", "events need their times, which old protocols do not carry"},
    {"allow.auto.create.topics", "a mistyped topic must not come to life"},
    {"transactional.id", "transactions leave gaps in the log"},
    {"bootstrap.servers", "use -b or brokers="},
    {"metadata.broker.list", "use -b or brokers="},
};

static bool is_secret(const char *name)
{
    return strstr(name, "password") != NULL || strstr(name, "secret") != NULL ||
           strcmp(name, "ssl.key.pem") == 0 || strcmp(name, "sasl.oauthbearer.config") == 0;
}

static bool has_property(const struct dbk_config *config, const char *name)
{
    for (size_t i = 0; i < config->property_count; i++)
        if (strcmp(config->properties[i].name, name) == 0)
            return true;
    return false;
}

static int add_property(struct dbk_config *config, const char *name, const char *value,
                        struct dbk_err *err)
{
    for (size_t i = 0; i < sizeof guarded / sizeof guarded[0]; i++)
        if (strcmp(name, guarded[i].name) == 0)
            return dbk_err_set(err, DBK_EUSAGE, "property %s cannot be set: %s.", name,
                               guarded[i].why);
    struct dbk_property *grown =
        realloc(config->properties, (config->property_count + 1) * sizeof *grown);
    if (grown == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    config->properties = grown;
    struct dbk_property *added = &grown[config->property_count];
    added->name = strdup(name);
    added->value = strdup(value);
    config->property_count++;
    if (added->name == NULL || added->value == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    return 0;
}

int dbk_config_set_option(struct dbk_config *config, const char *assignment, struct dbk_err *err)
{
    char name[256];
    const char *equals = strchr(assignment, '=');
    if (equals == NULL || equals == assignment || (size_t)(equals - assignment) >= sizeof name)
        return dbk_err_set(err, DBK_EUSAGE, "-X takes property=value, not \"%.100s\".", assignment);
    memcpy(name, assignment, (size_t)(equals - assignment));
    name[equals - assignment] = '\0';
    if (is_secret(name))
        return dbk_err_set(err, DBK_EUSAGE,
                           "%s is a secret, and others on this machine can read a program's "
                           "arguments. Put it into a file that only you can read (chmod 600) and "
                           "give that with -F FILE.",
                           name);
    return add_property(config, name, equals + 1, err);
}

static char *trim(char *text)
{
    while (*text == ' ' || *text == '\t')
        text++;
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r\n", text[length - 1]) != NULL)
        text[--length] = '\0';
    return text;
}

/** Keep the first value: options come before the environment, that before files. */
static int set_once(char **field, const char *value, struct dbk_err *err)
{
    if (*field != NULL || value == NULL || value[0] == '\0')
        return 0;
    *field = strdup(value);
    return *field != NULL ? 0 : dbk_err_set(err, DBK_ENOMEM, "out of memory.");
}

static int read_line(struct dbk_config *config, char *line, bool private_file, const char *path,
                     int number, struct dbk_err *err)
{
    char *name = trim(line);
    if (name[0] == '\0' || name[0] == '#')
        return 0;
    char *equals = strchr(name, '=');
    if (equals == NULL || equals == name)
        return dbk_err_set(err, DBK_EUSAGE, "%s:%d: expected property=value.", path, number);
    *equals = '\0';
    name = trim(name);
    char *value = trim(equals + 1);
    if (strcmp(name, "brokers") == 0)
        return set_once(&config->brokers, value, err);
    if (strcmp(name, "topic") == 0)
        return set_once(&config->topic, value, err);
    if (strcmp(name, "database") == 0)
        return set_once(&config->database, value, err);
    if (is_secret(name) && !private_file)
        return dbk_err_set(err, DBK_EUSAGE,
                           "%s:%d: %s is a secret, but others can read this file. "
                           "Run: chmod 600 %s",
                           path, number, name, path);
    if (has_property(config, name))
        return 0;
    int code = add_property(config, name, value, err);
    if (code == DBK_EUSAGE) {
        char why[sizeof err->text];
        memcpy(why, err->text, sizeof why);
        dbk_err_set(err, code, "%s:%d: %.900s", path, number, why);
    }
    return code;
}

int dbk_config_read_file(struct dbk_config *config, const char *path, struct dbk_err *err)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return dbk_err_set(err, DBK_EUSAGE, "cannot read %s: %s.", path, strerror(errno));
    struct stat status;
    bool private_file =
        fstat(fileno(file), &status) == 0 && (status.st_mode & (S_IRWXG | S_IRWXO)) == 0;
    char *line = NULL;
    size_t capacity = 0;
    int number = 0;
    int code = 0;
    errno = 0;
    while (code == 0 && getline(&line, &capacity, file) >= 0)
        code = read_line(config, line, private_file, path, ++number, err);
    if (code == 0 && ferror(file))
        code = dbk_err_set(err, DBK_EUSAGE, "cannot read %s: %s.", path, strerror(errno));
    free(line);
    fclose(file);
    return code;
}

/** The file that is read when none is named, if it is there. */
static int read_default_file(struct dbk_config *config, struct dbk_err *err)
{
    char path[4096];
    const char *base = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    int length = 0;
    if (base != NULL && base[0] == '/')
        length = snprintf(path, sizeof path, "%s/daybook.conf", base);
    else if (home != NULL && home[0] == '/')
        length = snprintf(path, sizeof path, "%s/.config/daybook.conf", home);
    struct stat status;
    if (length <= 0 || (size_t)length >= sizeof path || stat(path, &status) != 0)
        return 0;
    return dbk_config_read_file(config, path, err);
}

static int check_topic(const char *topic, struct dbk_err *err)
{
    size_t length = strlen(topic);
    bool plain = strspn(topic, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                               "._-") == length;
    if (length == 0 || length > DBK_TOPIC_MAX || !plain || strcmp(topic, ".") == 0 ||
        strcmp(topic, "..") == 0)
        return dbk_err_set(err, DBK_EUSAGE,
                           "\"%.100s\" cannot be a topic: use 1 to %d letters, digits, '.', '_' "
                           "and '-'.",
                           topic, DBK_TOPIC_MAX);
    return 0;
}

int dbk_config_complete(struct dbk_config *config, const char *file, struct dbk_err *err)
{
    int code = 0;
    if (file == NULL)
        file = getenv("DAYBOOK_CONFIG");
    if ((code = set_once(&config->brokers, getenv("DAYBOOK_BROKERS"), err)) != 0 ||
        (code = set_once(&config->topic, getenv("DAYBOOK_TOPIC"), err)) != 0 ||
        (code = set_once(&config->database, getenv("DAYBOOK_DATABASE"), err)) != 0)
        return code;
    code = file != NULL ? dbk_config_read_file(config, file, err) : read_default_file(config, err);
    if (code != 0 || (code = set_once(&config->brokers, DBK_DEFAULT_BROKERS, err)) != 0 ||
        (code = set_once(&config->topic, DBK_DEFAULT_TOPIC, err)) != 0 ||
        (code = set_once(&config->database, DBK_DEFAULT_DATABASE, err)) != 0)
        return code;
    return check_topic(config->topic, err);
}
