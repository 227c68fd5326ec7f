#include <daybook/escape.h>

#include "text.h"

#include <stdlib.h>
#include <string.h>

static const char hex_digits[] = "0123456789ABCDEF";

/** Bytes as \xNN. */
static void add_visible(struct dbk_buffer *buffer, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        char text[4] = {'\\', 'x', hex_digits[byte >> 4], hex_digits[byte & 15]};
        dbk_buffer_add(buffer, text, sizeof text);
    }
}

void dbk_escape_html(struct dbk_buffer *buffer, struct dbk_text text)
{
    for (size_t i = 0; i < text.length;) {
        bool clean;
        const char *p = text.bytes + i;
        size_t count = dbk_text_next(p, text.length - i, &clean);
        i += count;
        if (!clean)
            add_visible(buffer, p, count);
        else if (*p == '&')
            dbk_buffer_add_string(buffer, "&amp;");
        else if (*p == '<')
            dbk_buffer_add_string(buffer, "&lt;");
        else if (*p == '>')
            dbk_buffer_add_string(buffer, "&gt;");
        else if (*p == '"')
            dbk_buffer_add_string(buffer, "&quot;");
        else if (*p == '\'')
            dbk_buffer_add_string(buffer, "&#39;");
        else
            dbk_buffer_add(buffer, p, count);
    }
}

void dbk_escape_csv(struct dbk_buffer *buffer, struct dbk_text text)
{
    dbk_buffer_add_string(buffer, "\"");
    if (text.length > 0 && strchr("=+-@\t\r", text.bytes[0]) != NULL && text.bytes[0] != '\0')
        dbk_buffer_add_string(buffer, "'");
    for (size_t i = 0; i < text.length;) {
        bool clean;
        const char *p = text.bytes + i;
        size_t count = dbk_text_next(p, text.length - i, &clean);
        i += count;
        if (!clean)
            add_visible(buffer, p, count);
        else if (*p == '"')
            dbk_buffer_add_string(buffer, "\"\"");
        else
            dbk_buffer_add(buffer, p, count);
    }
    dbk_buffer_add_string(buffer, "\"");
}

/** A control, bidirectional or other deceiving character in JSON: valid, so kept, as \uNNNN. */
static void add_json_byte(struct dbk_buffer *buffer, unsigned char c)
{
    char text[6] = {'\\', 'u', '0', '0', hex_digits[c >> 4], hex_digits[c & 15]};
    dbk_buffer_add(buffer, text, sizeof text);
}

void dbk_escape_json(struct dbk_buffer *buffer, struct dbk_text text)
{
    dbk_buffer_add_string(buffer, "\"");
    for (size_t i = 0; i < text.length;) {
        bool clean;
        const char *p = text.bytes + i;
        size_t count = dbk_text_next(p, text.length - i, &clean);
        unsigned char c = (unsigned char)*p;
        i += count;
        if (c == '"' || c == '\\') {
            char pair[2] = {'\\', *p};
            dbk_buffer_add(buffer, pair, 2);
        } else if (c < 0x20 || c == 0x7F) {
            add_json_byte(buffer, c);
        } else if (c >= 0x80 && count == 1) {
            dbk_buffer_add_string(buffer, "\xEF\xBF\xBD");
        } else {
            dbk_buffer_add(buffer, p, count);
        }
    }
    dbk_buffer_add_string(buffer, "\"");
}

static bool is_plain_in_url(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void dbk_escape_url(struct dbk_buffer *buffer, struct dbk_text text)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.bytes[i];
        char coded[3] = {'%', hex_digits[c >> 4], hex_digits[c & 15]};
        if (is_plain_in_url(c))
            dbk_buffer_add(buffer, &text.bytes[i], 1);
        else
            dbk_buffer_add(buffer, coded, sizeof coded);
    }
}

void dbk_escape_shell(struct dbk_buffer *buffer, struct dbk_text text)
{
    dbk_buffer_add_string(buffer, "'");
    for (size_t i = 0; i < text.length; i++) {
        if (text.bytes[i] == '\'')
            dbk_buffer_add_string(buffer, "'\\''");
        else
            dbk_buffer_add(buffer, &text.bytes[i], 1);
    }
    dbk_buffer_add_string(buffer, "'");
}

char *dbk_escape_terminal(struct dbk_text text, bool separated)
{
    struct dbk_buffer buffer = {.bytes = NULL};
    for (size_t i = 0; i < text.length;) {
        bool clean;
        const char *p = text.bytes + i;
        size_t count = dbk_text_next(p, text.length - i, &clean);
        i += count;
        if (!clean)
            add_visible(&buffer, p, count);
        else if (*p == '\\' && separated)
            dbk_buffer_add_string(&buffer, "\\\\");
        else
            dbk_buffer_add(&buffer, p, count);
    }
    if (buffer.failed) {
        dbk_buffer_clear(&buffer);
        return NULL;
    }
    return buffer.bytes != NULL ? buffer.bytes : calloc(1, 1);
}
