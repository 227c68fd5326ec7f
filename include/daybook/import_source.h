/**
 * The source of an imported file: a name made from what its rows say, not from how it is written.
 *
 * The same rows give the same source whatever the line ends, delimiter, encoding or order of
 * columns, and whatever the file is called; any other rows give another one. It is "csv:" and the
 * first 128 bits, in hexadecimal, of d, where d is 32 zero bytes and, for each 256 rows in turn
 * (and the rest), d = SHA-256(d | canonical event, newline | ... | canonical event, newline), the
 * events being without source and seq. Cost: one hash over the events' bytes.
 *
 * Lifetime: open, add, finish, close.
 */
#ifndef DAYBOOK_IMPORT_SOURCE_H
#define DAYBOOK_IMPORT_SOURCE_H

#include <daybook/err.h>
#include <daybook/event.h>

/** "csv:", 32 digits and a zero. */
#define DBK_IMPORT_SOURCE_SIZE 37

struct dbk_import_source;

/** @return 0 or DBK_ENOMEM. */
DBK_MUST_CHECK int dbk_import_source_open(struct dbk_import_source **maker);

/** Takes NULL. */
void dbk_import_source_close(struct dbk_import_source *maker);

/** Add a row's event, which has no source. */
void dbk_import_source_add(struct dbk_import_source *maker, const struct dbk_event *event);

/** Write the source of all rows added, and a zero. */
void dbk_import_source_finish(struct dbk_import_source *maker, char source[DBK_IMPORT_SOURCE_SIZE]);

#endif
