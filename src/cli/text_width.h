/**
 * Columns on a terminal: how many a text takes, and texts cut or padded to a number of them.
 */
#ifndef DAYBOOK_TEXT_WIDTH_H
#define DAYBOOK_TEXT_WIDTH_H

#include <stdbool.h>
#include <stddef.h>

/** @return columns of a zero-terminated text that has passed the terminal's door. */
int dbk_text_width(const char *text);

/**
 * Write a text in exactly so many columns: cut with "…" where it is longer, padded with spaces
 * (before it, if right) where it is shorter.
 *
 * @param size  of out; large enough for width characters of four bytes, or the text is cut more.
 */
void dbk_text_fit(char *out, size_t size, const char *text, int width, bool right);

/**
 * Break a text at spaces into lines of at most so many columns.
 *
 * @param[in,out] text  the rest of the text; moved behind the line that was taken.
 * @return false where nothing is left.
 */
bool dbk_text_line(char *out, size_t size, const char **text, int width);

#endif
