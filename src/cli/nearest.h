/**
 * Words that somebody may have meant: by edit distance. Pure.
 */
#ifndef DAYBOOK_NEAREST_H
#define DAYBOOK_NEAREST_H

#include <daybook/event.h>

#define DBK_NEAREST_MAX 5

/** The nearest of the names looked at, nearest first. */
struct dbk_nearest_names {
    struct dbk_text word;
    int max;                                /**< how many are kept, up to DBK_NEAREST_MAX */
    int count;                              /**< 0 before the first is looked at */
    struct dbk_text names[DBK_NEAREST_MAX]; /**< as given: they must stay where they are */
    size_t distances[DBK_NEAREST_MAX];
};

/** Look at one name; where it is near, keep it. */
void dbk_nearest_look(struct dbk_nearest_names *nearest, struct dbk_text name);

/** Those that were kept, for people: "C100, C200"; "" where there are none. */
#define DBK_NEAREST_TEXT_SIZE (DBK_NEAREST_MAX * (4 * DBK_ACCOUNT_MAX + 2) + 1)
void dbk_nearest_join(char text[DBK_NEAREST_TEXT_SIZE], const struct dbk_nearest_names *nearest);

/** @return the candidate nearest to word, or NULL where none is near. */
const char *dbk_nearest(const char *word, const char *const *candidates, size_t count);

#endif
