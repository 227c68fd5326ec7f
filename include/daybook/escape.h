/**
 * The doors: text from the log, a file or a request leaves the program through one of these.
 *
 * Accounts, memos, sources and raw bytes are written by strangers. Each function writes them so
 * that they are data in the language of their reader and nothing else. Pure but for the buffer's
 * memory.
 */
#ifndef DAYBOOK_ESCAPE_H
#define DAYBOOK_ESCAPE_H

#include <daybook/buffer.h>
#include <daybook/event.h>

/** HTML text and quoted attributes. Bytes that are not valid UTF-8, control and bidirectional
 *  characters become visible as \xNN. */
void dbk_escape_html(struct dbk_buffer *buffer, struct dbk_text text);

/** One field of a CSV file (RFC 4180), quoted; text that a spreadsheet would take for a formula
 * gets an apostrophe in front. */
void dbk_escape_csv(struct dbk_buffer *buffer, struct dbk_text text);

/** A JSON string with its quotes. Bytes that are not valid UTF-8 become U+FFFD. */
void dbk_escape_json(struct dbk_buffer *buffer, struct dbk_text text);

/** One component of a URL: everything but letters, digits and -._~ as %NN. */
void dbk_escape_url(struct dbk_buffer *buffer, struct dbk_text text);

/** One word of a POSIX shell, in single quotes. The terminal's door comes before this one. */
void dbk_escape_shell(struct dbk_buffer *buffer, struct dbk_text text);

/**
 * Text for a terminal: control, bidirectional, zero-width and invalid bytes become \xNN.
 *
 * @param separated  tab-separated output: the backslash is doubled too, so that it can be undone.
 * @return a zero-terminated text to be freed, or NULL where memory ran out.
 */
char *dbk_escape_terminal(struct dbk_text text, bool separated);

#endif
