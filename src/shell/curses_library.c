#include "curses_library.h"

#include "library.h"

struct dbk_curses dbk_curses;

int dbk_curses_load(struct dbk_err *err)
{
    static const char remedy[] = "Install Debian's package libncursesw6, or use --no-tui.";
#define SYMBOL(name) {#name, offsetof(struct dbk_curses, name)},
    static const struct dbk_symbol symbols[] = {DBK_CURSES_SYMBOLS(SYMBOL)};
    static const struct dbk_symbol menu_symbols[] = {DBK_CURSES_MENU_SYMBOLS(SYMBOL)};
#undef SYMBOL
    struct dbk_curses loaded;
    if (dbk_curses.newterm != NULL)
        return 0;
    /* The form library brings ncurses itself with it. */
    int code = dbk_library_load(&loaded, "libformw.so.6", remedy, symbols,
                                sizeof symbols / sizeof symbols[0], err);
    if (code == 0)
        code = dbk_library_load(&loaded, "libmenuw.so.6", remedy, menu_symbols,
                                sizeof menu_symbols / sizeof menu_symbols[0], err);
    if (code == 0)
        dbk_curses = loaded;
    return code;
}
