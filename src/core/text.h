/**
 * Which characters a text may hold. Private to the core.
 */
#ifndef DAYBOOK_TEXT_H
#define DAYBOOK_TEXT_H

#include <daybook/event.h>

/**
 * Look at the next character.
 *
 * @param length      bytes that are left, at least 1.
 * @param[out] clean  true where it is valid UTF-8 and neither control, bidirectional, zero-width
 * nor line separator.
 * @return its length in bytes; 1 for a byte that is not valid UTF-8.
 */
size_t dbk_text_next(const char *bytes, size_t length, bool *clean);

#endif
