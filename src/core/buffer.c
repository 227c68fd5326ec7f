#include <daybook/buffer.h>

#include <stdlib.h>
#include <string.h>

void dbk_buffer_add(struct dbk_buffer *buffer, const void *bytes, size_t length)
{
    if (buffer->failed || length == 0)
        return;
    if (length >= buffer->capacity - buffer->length) {
        size_t capacity = buffer->capacity == 0 ? 4096 : buffer->capacity;
        while (capacity - buffer->length <= length && capacity <= SIZE_MAX / 4)
            capacity *= 2;
        char *grown = capacity - buffer->length > length ? realloc(buffer->bytes, capacity) : NULL;
        if (grown == NULL) {
            buffer->failed = true;
            return;
        }
        buffer->bytes = grown;
        buffer->capacity = capacity;
    }
    memcpy(buffer->bytes + buffer->length, bytes, length);
    buffer->length += length;
    buffer->bytes[buffer->length] = '\0';
}

void dbk_buffer_add_string(struct dbk_buffer *buffer, const char *string)
{
    dbk_buffer_add(buffer, string, strlen(string));
}

void dbk_buffer_add_integer(struct dbk_buffer *buffer, int64_t number)
{
    char digits[20];
    size_t i = sizeof digits;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do {
        digits[--i] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0)
        digits[--i] = '-';
    dbk_buffer_add(buffer, digits + i, sizeof digits - i);
}

void dbk_buffer_clear(struct dbk_buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct dbk_buffer){.bytes = NULL};
}
