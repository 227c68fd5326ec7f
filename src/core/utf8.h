/**
 * Is it UTF-8? Private to the core. Pure.
 */
#ifndef DAYBOOK_UTF8_H
#define DAYBOOK_UTF8_H

#include <stddef.h>

/**
 * Find the first byte that a text cannot have: one that is not valid UTF-8 (overlong forms,
 * surrogates and numbers beyond U+10FFFF are not), or NUL.
 *
 * Eight bytes at a time while they are ASCII.
 *
 * @return its index, or length where all is well.
 */
size_t dbk_utf8_find_bad(const char *bytes, size_t length);

#endif
