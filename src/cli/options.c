#include "options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct dbk_global_options dbk_global;

const struct dbk_option dbk_global_table[] = {
    {"brokers", 'b', DBK_OPTION_STRING, &dbk_global.brokers, "HOST:PORT,...",
     "Kafka brokers (" DBK_DEFAULT_BROKERS ")", 0, 0},
    {"topic", 't', DBK_OPTION_STRING, &dbk_global.topic, "TOPIC",
     "the log's topic (" DBK_DEFAULT_TOPIC ")", 0, 0},
    {"database", 'd', DBK_OPTION_STRING, &dbk_global.database, "FILE",
     "the view's database (" DBK_DEFAULT_DATABASE ")", 0, 0},
    {"property", 'X', DBK_OPTION_STRING, NULL, "NAME=VALUE",
     "a property of librdkafka; may be repeated", 0, 0},
    {"config", 'F', DBK_OPTION_STRING, &dbk_global.file, "FILE",
     "read options and properties from a file (~/.config/daybook.conf)", 0, 0},
    {"json", 0, DBK_OPTION_FLAG, &dbk_global.json, NULL, "data as JSON, for programs", 0, 0},
    {"help", 'h', DBK_OPTION_FLAG, &dbk_global.help, NULL, "show this help", 0, 0},
    {NULL, 0, DBK_OPTION_FLAG, NULL, NULL, NULL, 0, 0},
};

static int set_value(const struct dbk_option *option, const char *value, struct dbk_config *config,
                     struct dbk_err *err)
{
    if (option->letter == 'X')
        return dbk_config_set_option(config, value, err);
    if (option->kind == DBK_OPTION_STRING) {
        *(const char **)option->target = value;
        return 0;
    }
    char *end;
    errno = 0;
    intmax_t number = strtoimax(value, &end, 10);
    if (errno != 0 || end == value || *end != '\0' || number < option->minimum ||
        number > option->maximum)
        return dbk_err_set(err, DBK_EUSAGE,
                           "--%s takes a whole number from %" PRId64 " to %" PRId64
                           ", not \"%.100s\".",
                           option->name, option->minimum, option->maximum, value);
    *(int64_t *)option->target = number;
    return 0;
}

static const struct dbk_option *find_letter(const struct dbk_option *table, char letter)
{
    for (; table != NULL && table->name != NULL; table++)
        if (table->letter == letter)
            return table;
    return NULL;
}

static const struct dbk_option *find_name(const struct dbk_option *table, const char *name,
                                          size_t length)
{
    for (; table != NULL && table->name != NULL; table++)
        if (strlen(table->name) == length && memcmp(table->name, name, length) == 0)
            return table;
    return NULL;
}

static int unknown(const struct dbk_option *options, const char *word, struct dbk_err *err)
{
    const char *names[64];
    size_t count = 0;
    for (int i = 0; i < 2; i++, options = dbk_global_table)
        for (const struct dbk_option *o = options; o != NULL && o->name != NULL && count < 64; o++)
            names[count++] = o->name;
    const char *nearest = word[1] == '-' ? dbk_nearest(word + 2, names, count) : NULL;
    if (nearest != NULL)
        return dbk_err_set(err, DBK_EUSAGE, "there is no option %.100s; did you mean --%s?", word,
                           nearest);
    return dbk_err_set(err, DBK_EUSAGE, "there is no option %.100s; --help lists them.", word);
}

/** State of one pass over the words. */
struct parse {
    const struct dbk_option *options;
    struct dbk_config *config;
    char **argv;
    int argc;
    int i;
};

/** The value of an option: what follows it in its word, or the next word. */
static int take_value(struct parse *parse, const struct dbk_option *option, const char *attached,
                      struct dbk_err *err)
{
    if (option->kind == DBK_OPTION_FLAG) {
        if (attached != NULL)
            return dbk_err_set(err, DBK_EUSAGE, "--%s takes no value.", option->name);
        *(bool *)option->target = true;
        return 0;
    }
    if (attached == NULL && parse->i + 1 < parse->argc)
        attached = parse->argv[++parse->i];
    if (attached == NULL)
        return dbk_err_set(err, DBK_EUSAGE, "--%s needs a value: %s.", option->name,
                           option->argument);
    return set_value(option, attached, parse->config, err);
}

static int take_long(struct parse *parse, const char *word, struct dbk_err *err)
{
    const char *equals = strchr(word, '=');
    size_t length = equals != NULL ? (size_t)(equals - word - 2) : strlen(word) - 2;
    const struct dbk_option *option = find_name(parse->options, word + 2, length);
    if (option == NULL)
        option = find_name(dbk_global_table, word + 2, length);
    if (option == NULL)
        return unknown(parse->options, word, err);
    return take_value(parse, option, equals != NULL ? equals + 1 : NULL, err);
}

static int take_letters(struct parse *parse, const char *word, struct dbk_err *err)
{
    for (const char *p = word + 1; *p != '\0'; p++) {
        const struct dbk_option *option = find_letter(parse->options, *p);
        if (option == NULL)
            option = find_letter(dbk_global_table, *p);
        if (option == NULL)
            return unknown(parse->options, word, err);
        if (option->kind != DBK_OPTION_FLAG)
            return take_value(parse, option, p[1] != '\0' ? p + 1 : NULL, err);
        *(bool *)option->target = true;
    }
    return 0;
}

/** No option is a digit: "-5" is a number, and whoever wants one says what is wrong with it. */
static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

int dbk_options_parse(const struct dbk_option *options, int *argc, char **argv,
                      bool stop_at_argument, struct dbk_config *config, struct dbk_err *err)
{
    struct parse parse = {options, config, argv, *argc, 0};
    int left = 0;
    bool ended = false;
    for (; parse.i < parse.argc; parse.i++) {
        char *word = argv[parse.i];
        int code = 0;
        if (!ended && strcmp(word, "--") == 0) {
            ended = true;
        } else if (ended || word[0] != '-' || word[1] == '\0' || is_digit(word[1])) {
            argv[left++] = word;
            ended = ended || stop_at_argument;
        } else if (word[1] == '-') {
            code = take_long(&parse, word, err);
        } else {
            code = take_letters(&parse, word, err);
        }
        if (code != 0)
            return code;
    }
    *argc = left;
    return 0;
}

void dbk_options_print(const struct dbk_option *options)
{
    for (; options != NULL && options->name != NULL; options++) {
        char left[64];
        snprintf(left, sizeof left, "%c%c%s --%s%s%s", options->letter ? '-' : ' ',
                 options->letter ? options->letter : ' ', options->letter ? "," : " ",
                 options->name, options->argument != NULL ? " " : "",
                 options->argument != NULL ? options->argument : "");
        printf("  %-28s %s\n", left, options->help);
    }
}

void dbk_options_print_manual(const struct dbk_option *options)
{
    for (; options != NULL && options->name != NULL; options++) {
        printf(".TP\n.B ");
        if (options->letter != 0)
            printf("\\-%c, ", options->letter);
        printf("\\-\\-%s%s%s\n%s\n", options->name, options->argument != NULL ? " " : "",
               options->argument != NULL ? options->argument : "", options->help);
    }
}
