#include <daybook/bank_rules.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** A rules file is written by hand: something larger is another file. */
#define RULES_FILE_MAX 65536

/** The rules that have a value. */
static const struct {
    const char *name;
    size_t offset; /* of its field */
} valued[] = {
    {"columns", offsetof(struct dbk_bank_rules, columns)},
    {"delimiter", offsetof(struct dbk_bank_rules, delimiter)},
    {"decimal", offsetof(struct dbk_bank_rules, decimal)},
    {"date-format", offsetof(struct dbk_bank_rules, date_format)},
    {"encoding", offsetof(struct dbk_bank_rules, encoding)},
    {"deposit", offsetof(struct dbk_bank_rules, deposit)},
    {"withdrawal", offsetof(struct dbk_bank_rules, withdrawal)},
};

#define VALUED_COUNT (sizeof valued / sizeof valued[0])

static const char **field_of(struct dbk_bank_rules *rules, size_t i)
{
    return (const char **)(void *)((char *)rules + valued[i].offset);
}

static char *trim(char *text)
{
    text += strspn(text, " \t\r");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r", text[length - 1]) != NULL)
        text[--length] = '\0';
    return text;
}

/** Where in a file something was found. */
struct place {
    const char *path;
    int line;
};

static int unknown_rule(struct place place, const char *name, dbk_find_nearest *nearest,
                        struct dbk_err *err)
{
    const char *names[VALUED_COUNT + 1] = {"no-header"};
    for (size_t i = 0; i < VALUED_COUNT; i++)
        names[i + 1] = valued[i].name;
    const char *meant = nearest != NULL ? nearest(name, names, VALUED_COUNT + 1) : NULL;
    return dbk_err_set(err, DBK_EUSAGE,
                       "%s:%d: there is no rule \"%.60s\"; %s%s. A rule is a long option without "
                       "its dashes, spaces, its value: delimiter ;",
                       place.path, place.line, name,
                       meant != NULL ? "did you mean "
                                     : "see "
                                       "daybook help import",
                       meant != NULL ? meant : "");
}

/** Take one line. found: this file's own rules, to tell a rule that is there twice. */
static int read_line(struct dbk_bank_rules *found, char *line, struct place place,
                     dbk_find_nearest *nearest, struct dbk_err *err)
{
    char *name = trim(line);
    if (name[0] == '\0' || name[0] == '#')
        return 0;
    size_t length = strcspn(name, " \t");
    char *value = trim(name + length);
    bool has_value = value[0] != '\0';
    name[length] = '\0';
    if (strcmp(name, "no-header") == 0) {
        found->no_header = true;
        return has_value ? dbk_err_set(err, DBK_EUSAGE, "%s:%d: no-header takes no value.",
                                       place.path, place.line)
                         : 0;
    }
    for (size_t i = 0; i < VALUED_COUNT; i++) {
        if (strcmp(name, valued[i].name) != 0)
            continue;
        const char **field = field_of(found, i);
        if (*field != NULL)
            return dbk_err_set(err, DBK_EUSAGE, "%s:%d: %s is there twice.", place.path, place.line,
                               name);
        if (!has_value)
            return dbk_err_set(err, DBK_EUSAGE, "%s:%d: %s needs a value.", place.path, place.line,
                               name);
        *field = value;
        return 0;
    }
    return unknown_rule(place, name, nearest, err);
}

static int read_whole(char **text, const char *path, struct dbk_err *err)
{
    *text = calloc(1, RULES_FILE_MAX + 1);
    if (*text == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return dbk_err_set(err, DBK_EUSAGE, "cannot read the rules in %s: %s.", path,
                           strerror(errno));
    size_t length = fread(*text, 1, RULES_FILE_MAX + 1, file);
    int code = 0;
    if (ferror(file))
        code =
            dbk_err_set(err, DBK_EUSAGE, "cannot read the rules in %s: %s.", path, strerror(errno));
    else if (length > RULES_FILE_MAX || memchr(*text, '\0', length) != NULL)
        code = dbk_err_set(err, DBK_EUSAGE, "%s is not a file of rules.", path);
    fclose(file);
    return code;
}

int dbk_bank_rules_read(struct dbk_bank_rules *rules, char **text, const char *path,
                        dbk_find_nearest *nearest, struct dbk_err *err)
{
    struct dbk_bank_rules found = {.columns = NULL};
    struct place place = {path, 0};
    int code = read_whole(text, path, err);
    char *next = *text;
    if (code == 0 && strncmp(next, "\xEF\xBB\xBF", 3) == 0)
        next += 3; /* a byte order mark */
    while (code == 0 && next != NULL) {
        char *line = next;
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        place.line++;
        code = read_line(&found, line, place, nearest, err);
    }
    if (code != 0) {
        free(*text);
        *text = NULL;
        return code;
    }
    for (size_t i = 0; i < VALUED_COUNT; i++)
        if (*field_of(rules, i) == NULL)
            *field_of(rules, i) = *field_of(&found, i);
    rules->no_header = rules->no_header || found.no_header;
    return 0;
}

/**
 * Take the next value of a list, in quotes or up to the next comma.
 *
 * @param[in,out] p  after it, and after the comma.
 * @return false where quotes do not match.
 */
static bool take_value(const char **p, struct dbk_text *value)
{
    const char *start = *p + strspn(*p, " \t");
    const char *end;
    if (*start == '"') {
        end = strchr(++start, '"');
        if (end == NULL)
            return false;
        *p = end + 1 + strspn(end + 1, " \t");
        if (**p != ',' && **p != '\0')
            return false;
    } else {
        end = start + strcspn(start, ",");
        *p = end;
        while (end > start && (end[-1] == ' ' || end[-1] == '\t'))
            end--;
    }
    *value = (struct dbk_text){start, (uint32_t)(end - start)};
    if (**p == ',')
        ++*p;
    return true;
}

/** A column's number. @return 0 where the text is none. */
static uint32_t number_of(struct dbk_text text)
{
    uint32_t number = 0;
    for (uint32_t i = 0; i < text.length; i++) {
        if (text.bytes[i] < '0' || text.bytes[i] > '9' || number > DBK_COLUMNS_MAX)
            return 0;
        number = number * 10 + (uint32_t)(text.bytes[i] - '0');
    }
    return number <= DBK_COLUMNS_MAX ? number : 0;
}

static int set_column(struct dbk_bank_format *format, enum dbk_bank_column column,
                      struct dbk_text value, struct dbk_err *err)
{
    const char *key = dbk_bank_column_key(column);
    if (value.length == 0) {
        if (column <= DBK_COLUMN_AMOUNT)
            return dbk_err_set(err, DBK_EUSAGE,
                               "--columns: %s= needs a column: every event has "
                               "date, account and amount.",
                               key);
        format->unused[column] = true;
        return 0;
    }
    format->names[column] = value;
    format->numbers[column] = number_of(value);
    if (format->no_header && format->numbers[column] == 0)
        return dbk_err_set(err, DBK_EUSAGE,
                           "--columns: with --no-header, columns are given by their numbers "
                           "(date=1), not as \"%.*s\".",
                           (int)(value.length < 100 ? value.length : 100), value.bytes);
    return 0;
}

static int compile_columns(struct dbk_bank_format *format, const char *list, struct dbk_err *err)
{
    bool given[DBK_COLUMN_COUNT] = {false};
    for (const char *p = list; *p != '\0';) {
        struct dbk_text value;
        const char *item = p + strspn(p, " \t");
        size_t length = strcspn(item, "=,");
        int column = 0;
        while (column < DBK_COLUMN_COUNT &&
               (strlen(dbk_bank_column_key((enum dbk_bank_column)column)) != length ||
                strncmp(dbk_bank_column_key((enum dbk_bank_column)column), item, length) != 0))
            column++;
        p = item + length + (item[length] == '=');
        if (item[length] != '=' || column == DBK_COLUMN_COUNT || !take_value(&p, &value))
            return dbk_err_set(err, DBK_EUSAGE,
                               "--columns: cannot understand \"%.100s\". It takes "
                               "date=NAME,account=NAME,amount=NAME and, where there are such, "
                               "type=NAME, balance=NAME, memo=NAME; a name with a comma stands in "
                               "quotes.",
                               item);
        if (given[column])
            return dbk_err_set(err, DBK_EUSAGE, "--columns: %s is there twice.",
                               dbk_bank_column_key((enum dbk_bank_column)column));
        given[column] = true;
        int code = set_column(format, (enum dbk_bank_column)column, value, err);
        if (code != 0)
            return code;
    }
    return 0;
}

static int compile_words(struct dbk_words *words, const char *option, const char *list,
                         struct dbk_err *err)
{
    const char *p = list;
    while (*p != '\0') {
        if (words->count == DBK_WORDS_MAX)
            return dbk_err_set(err, DBK_EUSAGE, "--%s takes at most %d words.", option,
                               DBK_WORDS_MAX);
        struct dbk_text *word = &words->words[words->count++];
        if (!take_value(&p, word) || word->length == 0)
            return dbk_err_set(err, DBK_EUSAGE,
                               "--%s: cannot understand \"%.100s\". It takes words, divided by "
                               "commas; one with a comma stands in quotes.",
                               option, list);
    }
    if (words->count == 0)
        return dbk_err_set(err, DBK_EUSAGE, "--%s needs a word.", option);
    return 0;
}

/** A word must not mean both. */
static int check_words(const struct dbk_bank_format *format, struct dbk_err *err)
{
    for (uint32_t i = 0; i < format->deposits.count; i++)
        for (uint32_t k = 0; k < format->withdrawals.count; k++)
            if (dbk_bank_same_word(format->deposits.words[i], format->withdrawals.words[k]))
                return dbk_err_set(
                    err, DBK_EUSAGE, "\"%.*s\" cannot mean both a deposit and a withdrawal.",
                    (int)format->deposits.words[i].length, format->deposits.words[i].bytes);
    return 0;
}

static int compile_delimiter(struct dbk_bank_format *format, const char *text, struct dbk_err *err)
{
    format->delimiter = text[0];
    if (strcmp(text, "tab") == 0 || strcmp(text, "\\t") == 0 || strcmp(text, "\t") == 0)
        format->delimiter = '\t';
    else if (strlen(text) != 1 || strchr("!#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", text[0]) == NULL)
        return dbk_err_set(err, DBK_EUSAGE,
                           "--delimiter takes one character, mostly \",\" or \";\", or tab; not "
                           "\"%.20s\".",
                           text);
    return 0;
}

static int compile_date_format(struct dbk_bank_format *format, const char *text,
                               struct dbk_err *err)
{
    static const char *const letters =
        "%d day, %m month, %Y or %y year, %H %M %S time, %F = %Y-%m-%d, %T = %H:%M:%S, %R = "
        "%H:%M, %D = %m/%d/%y, %% a percent sign";
    char letter;
    struct dbk_text whole = {text, (uint32_t)strlen(text)};
    format->has_date_format = true;
    switch (dbk_date_format_compile(&format->date_format, &letter, whole)) {
    case DBK_DATE_FORMAT_FINE:
        return 0;
    case DBK_DATE_FORMAT_LETTER:
        return dbk_err_set(err, DBK_EUSAGE,
                           "--date-format \"%.100s\": %%%c is not known. There "
                           "are: %s.",
                           text, letter, letters);
    case DBK_DATE_FORMAT_TWICE:
        return dbk_err_set(err, DBK_EUSAGE,
                           "--date-format \"%.100s\": %%%c says again what "
                           "another letter says.",
                           text, letter);
    case DBK_DATE_FORMAT_MISSING:
        return dbk_err_set(err, DBK_EUSAGE,
                           "--date-format \"%.100s\": %%%c is missing; a date "
                           "has day, month and year. There are: %s.",
                           text, letter, letters);
    default:
        return dbk_err_set(err, DBK_EUSAGE, "--date-format \"%.100s\" is too long.", text);
    }
}

int dbk_bank_rules_compile(struct dbk_bank_format *format, const struct dbk_bank_rules *rules,
                           struct dbk_err *err)
{
    int code = 0;
    memset(format, 0, sizeof *format);
    format->no_header = rules->no_header;
    if (rules->columns != NULL)
        code = compile_columns(format, rules->columns, err);
    if (code == 0 && rules->delimiter != NULL)
        code = compile_delimiter(format, rules->delimiter, err);
    if (code == 0 && rules->date_format != NULL)
        code = compile_date_format(format, rules->date_format, err);
    if (code == 0 && rules->deposit != NULL)
        code = compile_words(&format->deposits, "deposit", rules->deposit, err);
    if (code == 0 && rules->withdrawal != NULL)
        code = compile_words(&format->withdrawals, "withdrawal", rules->withdrawal, err);
    if (code == 0)
        code = check_words(format, err);
    if (code == 0 && rules->decimal != NULL) {
        format->decimal = rules->decimal[0];
        if (strcmp(rules->decimal, ",") != 0 && strcmp(rules->decimal, ".") != 0)
            code = dbk_err_set(err, DBK_EUSAGE, "--decimal takes \",\" or \".\", not \"%.20s\".",
                               rules->decimal);
    }
    if (code == 0 && format->no_header && rules->columns == NULL)
        code = dbk_err_set(err, DBK_EUSAGE,
                           "--no-header needs --columns with numbers: "
                           "--columns date=1,account=2,amount=3");
    return code;
}
