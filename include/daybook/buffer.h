/**
 * A growing run of bytes: what pages, answers and escaped texts are written into.
 *
 * A failed allocation is remembered, not reported at once: later writes do nothing, and the owner
 * asks `failed` once at the end. Lifetime: zero-initialised, any number of writes, clear.
 */
#ifndef DAYBOOK_BUFFER_H
#define DAYBOOK_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dbk_buffer {
    char *bytes; /**< followed by a zero once something was written */
    size_t length;
    size_t capacity;
    bool failed;
};

void dbk_buffer_add(struct dbk_buffer *buffer, const void *bytes, size_t length);
void dbk_buffer_add_string(struct dbk_buffer *buffer, const char *string);
/** Digits, after a minus sign where it is negative. */
void dbk_buffer_add_integer(struct dbk_buffer *buffer, int64_t number);
void dbk_buffer_clear(struct dbk_buffer *buffer);

#endif
