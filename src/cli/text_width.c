#include "text_width.h"

#include <string.h>
#include <wchar.h>

/** The next character. @return its bytes, at least 1. */
static size_t next(const char *text, int *columns)
{
    wchar_t wide;
    mbstate_t state = {0};
    size_t bytes = mbrtowc(&wide, text, strlen(text), &state);
    if (bytes == 0 || bytes > strlen(text)) {
        *columns = 1;
        return 1;
    }
    int width = wcwidth(wide);
    *columns = width >= 0 ? width : 1;
    return bytes;
}

int dbk_text_width(const char *text)
{
    int width = 0;
    while (*text != '\0') {
        int columns;
        text += next(text, &columns);
        width += columns;
    }
    return width;
}

/** @return bytes of the longest beginning that takes at most so many columns, and its columns. */
static size_t cut(const char *text, int width, size_t size, int *taken)
{
    size_t length = 0;
    *taken = 0;
    while (text[length] != '\0') {
        int columns;
        size_t bytes = next(text + length, &columns);
        if (*taken + columns > width || length + bytes >= size)
            break;
        *taken += columns;
        length += bytes;
    }
    return length;
}

void dbk_text_fit(char *out, size_t size, const char *text, int width, bool right)
{
    static const char ellipsis[] = "\u2026";
    int taken;
    if (width <= 0 || size < (size_t)width + sizeof ellipsis) {
        out[0] = '\0';
        return;
    }
    size_t room = size - (size_t)width - sizeof ellipsis;
    size_t length = cut(text, width, room, &taken);
    bool is_cut = text[length] != '\0';
    if (is_cut)
        length = cut(text, width - 1, room, &taken);
    size_t padding = (size_t)(width - taken - is_cut);
    char *p = out;
    if (right) {
        memset(p, ' ', padding);
        p += padding;
    }
    memcpy(p, text, length);
    p += length;
    if (is_cut) {
        memcpy(p, ellipsis, sizeof ellipsis - 1);
        p += sizeof ellipsis - 1;
    }
    if (!right) {
        memset(p, ' ', padding);
        p += padding;
    }
    *p = '\0';
}

bool dbk_text_line(char *out, size_t size, const char **text, int width)
{
    int taken;
    const char *begin = *text + strspn(*text, " ");
    if (*begin == '\0' || width <= 0)
        return false;
    size_t length = cut(begin, width, size, &taken);
    if (length == 0)
        return false;
    if (begin[length] != '\0' && begin[length] != ' ') {
        size_t space = length;
        while (space > 0 && begin[space] != ' ')
            space--;
        length = space > 0 ? space : length;
    }
    memcpy(out, begin, length);
    out[length] = '\0';
    *text = begin + length;
    return true;
}
