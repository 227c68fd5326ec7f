/**
 * ncurses with its form and menu libraries, loaded when the teller's window is opened: see
 * library.h. Private to the shell.
 */
#ifndef DAYBOOK_CURSES_LIBRARY_H
#define DAYBOOK_CURSES_LIBRARY_H

#include <daybook/err.h>

#define NCURSES_NOMACROS 1
#define NCURSES_WIDECHAR 1
#include <ncursesw/form.h>
#include <ncursesw/menu.h>
#include <ncursesw/ncurses.h>
#include <ncursesw/termcap.h>

/** The functions that are used, and the variable stdscr. */
#define DBK_CURSES_SYMBOLS(SYMBOL)                                                                 \
    SYMBOL(cbreak)                                                                                 \
    SYMBOL(clearok)                                                                                \
    SYMBOL(curs_set)                                                                               \
    SYMBOL(delscreen)                                                                              \
    SYMBOL(delwin)                                                                                 \
    SYMBOL(doupdate)                                                                               \
    SYMBOL(endwin)                                                                                 \
    SYMBOL(field_buffer)                                                                           \
    SYMBOL(field_opts_off)                                                                         \
    SYMBOL(form_driver)                                                                            \
    SYMBOL(form_driver_w)                                                                          \
    SYMBOL(free_field)                                                                             \
    SYMBOL(free_form)                                                                              \
    SYMBOL(getmaxx)                                                                                \
    SYMBOL(getmaxy)                                                                                \
    SYMBOL(has_colors)                                                                             \
    SYMBOL(init_pair)                                                                              \
    SYMBOL(keypad)                                                                                 \
    SYMBOL(new_field)                                                                              \
    SYMBOL(new_form)                                                                               \
    SYMBOL(newterm)                                                                                \
    SYMBOL(newwin)                                                                                 \
    SYMBOL(nodelay)                                                                                \
    SYMBOL(noecho)                                                                                 \
    SYMBOL(nonl)                                                                                   \
    SYMBOL(pos_form_cursor)                                                                        \
    SYMBOL(post_form)                                                                              \
    SYMBOL(set_escdelay)                                                                           \
    SYMBOL(set_field_back)                                                                         \
    SYMBOL(set_field_buffer)                                                                       \
    SYMBOL(set_form_sub)                                                                           \
    SYMBOL(set_form_win)                                                                           \
    SYMBOL(set_max_field)                                                                          \
    SYMBOL(set_term)                                                                               \
    SYMBOL(start_color)                                                                            \
    SYMBOL(stdscr)                                                                                 \
    SYMBOL(tgetent)                                                                                \
    SYMBOL(tgetstr)                                                                                \
    SYMBOL(unpost_form)                                                                            \
    SYMBOL(use_default_colors)                                                                     \
    SYMBOL(waddstr)                                                                                \
    SYMBOL(wattr_set)                                                                              \
    SYMBOL(werase)                                                                                 \
    SYMBOL(wget_wch)                                                                               \
    SYMBOL(whline)                                                                                 \
    SYMBOL(wmove)                                                                                  \
    SYMBOL(wnoutrefresh)                                                                           \
    SYMBOL(wtouchln)
#define DBK_CURSES_MENU_SYMBOLS(SYMBOL)                                                            \
    SYMBOL(free_item)                                                                              \
    SYMBOL(free_menu)                                                                              \
    SYMBOL(new_item)                                                                               \
    SYMBOL(new_menu)                                                                               \
    SYMBOL(post_menu)                                                                              \
    SYMBOL(set_current_item)                                                                       \
    SYMBOL(set_menu_back)                                                                          \
    SYMBOL(set_menu_fore)                                                                          \
    SYMBOL(set_menu_format)                                                                        \
    SYMBOL(set_menu_mark)                                                                          \
    SYMBOL(set_menu_spacing)                                                                       \
    SYMBOL(set_menu_sub)                                                                           \
    SYMBOL(set_menu_win)                                                                           \
    SYMBOL(unpost_menu)

struct dbk_curses {
#define DBK_CURSES_MEMBER(name) __typeof__(&name) name;
    DBK_CURSES_SYMBOLS(DBK_CURSES_MEMBER)
    DBK_CURSES_MENU_SYMBOLS(DBK_CURSES_MEMBER)
#undef DBK_CURSES_MEMBER
};

/** All NULL until loaded. */
extern struct dbk_curses dbk_curses;

/** Load the libraries, once. @return 0, DBK_ENO. */
DBK_MUST_CHECK int dbk_curses_load(struct dbk_err *err);

#endif
