/**
 * The spaces that files of banks have around and within values. Private to the core. Pure.
 */
#ifndef DAYBOOK_SPACES_H
#define DAYBOOK_SPACES_H

#include <daybook/event.h>

/** @return the length of the space (U+0020, tab, U+00A0, U+202F) that p begins with, or 0. */
static inline uint32_t dbk_space_at(const char *p, const char *end)
{
    if (p < end && (*p == ' ' || *p == '\t'))
        return 1;
    if (end - p >= 2 && p[0] == '\xC2' && p[1] == '\xA0')
        return 2;
    if (end - p >= 3 && p[0] == '\xE2' && p[1] == '\x80' && p[2] == '\xAF')
        return 3;
    return 0;
}

/** @return text without spaces at either end. */
struct dbk_text dbk_trim(struct dbk_text text);

#endif
