#include "curses_library.h"

#include "library.h"

struct dbk_curses dbk_curses;

int dbk_curses_load(struct dbk_err *err)
{
    static const char package[] = "libncursesw6";
#define SYMBOL(name) {#name, offsetof(struct dbk_curses, name)},
    static const struct dbk_symbol symbols[] = {DBK_CURSES_SYMBOLS(SYMBOL)};
    static const struct dbk_symbol menu_symbols[] = {DBK_CURSES_MENU_SYMBOLS(SYMBOL)};
#undef SYMBOL
    /* The form library brings ncurses itself with it. */
    int code = dbk_library_load(&dbk_curses, "libformw.so.6", package, symbols,
                                sizeof symbols / sizeof symbols[0], err);
    return code == 0 ? dbk_library_load(&dbk_curses, "libmenuw.so.6", package, menu_symbols,
                                        sizeof menu_symbols / sizeof menu_symbols[0], err)
                     : code;
}
