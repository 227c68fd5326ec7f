#include "utf8.h"

#include <stdint.h>
#include <string.h>

/** @return the length of the character at bytes, which does not begin with ASCII; 0: none. */
static size_t character_length(const unsigned char *bytes, size_t left)
{
    unsigned char first = bytes[0];
    /* The second byte's range is what excludes overlong forms, surrogates and what is too large. */
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    size_t length = 2;
    if (first < 0xC2 || first > 0xF4)
        return 0;
    if (first >= 0xF0) {
        length = 4;
        low = first == 0xF0 ? 0x90 : low;
        high = first == 0xF4 ? 0x8F : high;
    } else if (first >= 0xE0) {
        length = 3;
        low = first == 0xE0 ? 0xA0 : low;
        high = first == 0xED ? 0x9F : high;
    }
    if (left < length || bytes[1] < low || bytes[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((bytes[i] & 0xC0) != 0x80)
            return 0;
    return length;
}

/** @return true where all eight bytes are ASCII and none is NUL. */
static int is_plain_word(const unsigned char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    /* Subtracting 1 from every byte raises the high bit of a NUL (and rarely of a byte above one,
     * which then merely takes the slow way). */
    return (((word - 0x0101010101010101) | word) & 0x8080808080808080) == 0;
}

size_t dbk_utf8_find_bad(const char *bytes, size_t length)
{
    const unsigned char *p = (const unsigned char *)bytes;
    size_t i = 0;
    while (i < length) {
        if (length - i >= 8 && is_plain_word(p + i)) {
            i += 8;
            continue;
        }
        size_t count = p[i] == 0 ? 0 : p[i] < 0x80 ? 1 : character_length(p + i, length - i);
        if (count == 0)
            return i;
        i += count;
    }
    return length;
}
