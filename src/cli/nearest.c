#include "nearest.h"

#include <daybook/escape.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Beyond this many changes, nobody meant it. */
#define FAR 4

/** Words up to this length are compared. */
#define WORD_MAX 64

static size_t minimum(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/** Levenshtein distance of two short words. */
static size_t distance(struct dbk_text a, struct dbk_text b)
{
    size_t row[WORD_MAX + 1];
    if (a.length > WORD_MAX || b.length > WORD_MAX)
        return WORD_MAX;
    for (size_t j = 0; j <= b.length; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.length; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.length; j++) {
            size_t above = row[j];
            row[j] =
                minimum(above + 1, row[j - 1] + 1, diagonal + (a.bytes[i - 1] != b.bytes[j - 1]));
            diagonal = above;
        }
    }
    return row[b.length];
}

static bool comes_before(struct dbk_text a, struct dbk_text b)
{
    uint32_t length = a.length < b.length ? a.length : b.length;
    int order = memcmp(a.bytes, b.bytes, length);
    return order < 0 || (order == 0 && a.length < b.length);
}

void dbk_nearest_look(struct dbk_nearest_names *nearest, struct dbk_text name)
{
    struct dbk_text word = nearest->word;
    size_t longer = word.length > name.length ? word.length : name.length;
    size_t shorter = word.length < name.length ? word.length : name.length;
    bool begins = word.length >= 2 && name.length >= word.length &&
                  memcmp(name.bytes, word.bytes, word.length) == 0;
    if (longer - shorter >= FAR && !begins)
        return;
    size_t found = begins ? 1 : distance(word, name);
    if (found >= FAR || found >= name.length)
        return;
    int at = nearest->count;
    while (at > 0 &&
           (found < nearest->distances[at - 1] ||
            (found == nearest->distances[at - 1] && comes_before(name, nearest->names[at - 1]))))
        at--;
    if (at == nearest->max)
        return;
    int last = nearest->count < nearest->max ? nearest->count++ : nearest->max - 1;
    for (; last > at; last--) {
        nearest->names[last] = nearest->names[last - 1];
        nearest->distances[last] = nearest->distances[last - 1];
    }
    nearest->names[at] = name;
    nearest->distances[at] = found;
}

void dbk_nearest_join(char text[DBK_NEAREST_TEXT_SIZE], const struct dbk_nearest_names *nearest)
{
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < nearest->count; i++) {
        char *name = dbk_escape_terminal(nearest->names[i], false);
        used += (size_t)snprintf(text + used, DBK_NEAREST_TEXT_SIZE - used, "%s%s",
                                 i > 0 ? ", " : "", name != NULL ? name : "?");
        free(name);
    }
}

const char *dbk_nearest(const char *word, const char *const *candidates, size_t count)
{
    struct dbk_nearest_names nearest = {.word = {word, (uint32_t)strlen(word)}, .max = 1};
    for (size_t i = 0; i < count; i++)
        dbk_nearest_look(&nearest,
                         (struct dbk_text){candidates[i], (uint32_t)strlen(candidates[i])});
    return nearest.count > 0 ? nearest.names[0].bytes : NULL;
}
