#include "spaces.h"

struct dbk_text dbk_trim(struct dbk_text text)
{
    const char *p = text.bytes;
    const char *end = p + text.length;
    uint32_t space;
    /* What a space ends with: no other character's last byte is 0x20, 0x09, but A0 and AF may be.
     */
    while ((space = dbk_space_at(p, end)) > 0)
        p += space;
    for (;;) {
        size_t left = (size_t)(end - p);
        if (left >= 1 && dbk_space_at(end - 1, end) == 1)
            end -= 1;
        else if (left >= 2 && dbk_space_at(end - 2, end) == 2)
            end -= 2;
        else if (left >= 3 && dbk_space_at(end - 3, end) == 3)
            end -= 3;
        else
            break;
    }
    return (struct dbk_text){p, (uint32_t)(end - p)};
}
