/**
 * Libraries that are loaded when they are used.
 *
 * Linked to the program, each of them makes every command start later: libmicrohttpd with the nine
 * that it brings by 2 ms, ncurses and libcrypt by most of another, and a posting is to take less
 * than 10. Private to the shell.
 */
#ifndef DAYBOOK_LIBRARY_H
#define DAYBOOK_LIBRARY_H

#include <daybook/err.h>

#include <stddef.h>

/** A function of a library, or a variable. */
struct dbk_symbol {
    const char *name;
    size_t offset; /* where in the table its address belongs */
};

/**
 * Load a library, and write the addresses of its symbols into a table of pointers.
 *
 * @param library  by the name that its interface has: "libcrypt.so.1".
 * @param remedy   what to do where that fails, a sentence for the error.
 * @return 0; DBK_ENO, and the table may be half filled.
 */
DBK_MUST_CHECK int dbk_library_load(void *table, const char *library, const char *remedy,
                                    const struct dbk_symbol *symbols, size_t count,
                                    struct dbk_err *err);

#endif
