#include <daybook/term.h>

#include "curses_library.h"

#include <locale.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wctype.h>

/** Escape alone is a key; what a terminal sends for one key comes together. */
#define ESCAPE_DELAY_MS 25

struct dbk_term {
    SCREEN *screen;
    attr_t styles[DBK_STYLE_COUNT];
    short pairs[DBK_STYLE_COUNT];
    /* The field: a form of one field, in a window of its own. */
    WINDOW *field_window;
    FIELD *fields[2];
    FORM *form;
    int field_y, field_x, field_width;
    bool field_focused;
    /* The menu: made anew for every screen. */
    WINDOW *menu_window;
    MENU *menu;
    ITEM *items[DBK_SCREEN_ITEMS + 1];
    char item_texts[DBK_SCREEN_ITEMS][DBK_SCREEN_TEXT];
};

static void choose_styles(struct dbk_term *term)
{
    const char *no_color = getenv("NO_COLOR");
    term->styles[DBK_STYLE_BAR] = A_REVERSE;
    term->styles[DBK_STYLE_STRONG] = A_BOLD;
    term->styles[DBK_STYLE_DIM] = A_DIM;
    term->styles[DBK_STYLE_GOOD] = A_BOLD;
    term->styles[DBK_STYLE_BAD] = A_BOLD;
    term->styles[DBK_STYLE_KEY] = A_REVERSE;
    if ((no_color != NULL && no_color[0] != '\0') || !dbk_curses.has_colors() ||
        dbk_curses.start_color() == ERR || dbk_curses.use_default_colors() == ERR)
        return;
    dbk_curses.init_pair(1, COLOR_GREEN, -1);
    dbk_curses.init_pair(2, COLOR_RED, -1);
    term->pairs[DBK_STYLE_GOOD] = 1;
    term->pairs[DBK_STYLE_BAD] = 2;
}

bool dbk_term_is_dumb(void)
{
    const char *name = getenv("TERM");
    struct dbk_err ignored;
    return name != NULL && dbk_curses_load(&ignored) == 0 && dbk_curses.tgetent(NULL, name) == 1 &&
           dbk_curses.tgetstr("cm", NULL) == NULL;
}

int dbk_term_open(struct dbk_term **term, struct dbk_err *err)
{
    const char *name = getenv("TERM");
    *term = NULL;
    /* A machine without the locale that it names: characters are UTF-8 all the same. */
    if (MB_CUR_MAX == 1)
        setlocale(LC_CTYPE, "C.UTF-8");
    int code = dbk_curses_load(err);
    if (code != 0)
        return code;
    struct dbk_term *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    opened->screen = dbk_curses.newterm(NULL, stdout, stdin);
    if (opened->screen == NULL) {
        free(opened);
        return dbk_err_set(err, DBK_EUSAGE,
                           "the terminal \"%.50s\" (TERM) is not known here. Set TERM, or use "
                           "--no-tui.",
                           name != NULL ? name : "");
    }
    dbk_curses.set_term(opened->screen);
    dbk_curses.set_escdelay(ESCAPE_DELAY_MS);
    dbk_curses.cbreak();
    dbk_curses.noecho();
    dbk_curses.nonl();
    dbk_curses.keypad(*dbk_curses.stdscr, TRUE);
    dbk_curses.nodelay(*dbk_curses.stdscr, TRUE);
    choose_styles(opened);
    *term = opened;
    return 0;
}

static void drop_menu(struct dbk_term *term)
{
    if (term->menu != NULL) {
        dbk_curses.unpost_menu(term->menu);
        dbk_curses.free_menu(term->menu);
    }
    for (int i = 0; i < DBK_SCREEN_ITEMS && term->items[i] != NULL; i++) {
        dbk_curses.free_item(term->items[i]);
        term->items[i] = NULL;
    }
    if (term->menu_window != NULL)
        dbk_curses.delwin(term->menu_window);
    term->menu = NULL;
    term->menu_window = NULL;
}

static void drop_field(struct dbk_term *term)
{
    if (term->form != NULL) {
        dbk_curses.unpost_form(term->form);
        dbk_curses.free_form(term->form);
    }
    if (term->fields[0] != NULL)
        dbk_curses.free_field(term->fields[0]);
    if (term->field_window != NULL)
        dbk_curses.delwin(term->field_window);
    term->form = NULL;
    term->fields[0] = NULL;
    term->field_window = NULL;
    term->field_width = 0;
}

void dbk_term_close(struct dbk_term *term)
{
    if (term == NULL)
        return;
    drop_menu(term);
    drop_field(term);
    dbk_curses.endwin();
    dbk_curses.delscreen(term->screen);
    free(term);
}

void dbk_term_size(const struct dbk_term *term, int *height, int *width)
{
    (void)term;
    *height = dbk_curses.getmaxy(*dbk_curses.stdscr);
    *width = dbk_curses.getmaxx(*dbk_curses.stdscr);
}

void dbk_term_field_text(struct dbk_term *term, char *text)
{
    text[0] = '\0';
    if (term->form == NULL)
        return;
    dbk_curses.form_driver(term->form, REQ_VALIDATION); /* brings what was typed into the buffer */
    const char *buffer = dbk_curses.field_buffer(term->fields[0], 0);
    size_t length = buffer != NULL ? strlen(buffer) : 0;
    while (length > 0 && buffer[length - 1] == ' ')
        length--;
    if (length > 4 * DBK_FIELD_MAX)
        length = 4 * DBK_FIELD_MAX;
    if (length > 0)
        memcpy(text, buffer, length);
    text[length] = '\0';
}

/** A form for the field at its place; one that was elsewhere is made anew. */
static void place_field(struct dbk_term *term, const struct dbk_screen *screen)
{
    char text[4 * DBK_FIELD_MAX + 1];
    bool moved = term->field_y != screen->field.y || term->field_x != screen->field.x ||
                 term->field_width != screen->field.width;
    if (moved)
        drop_field(term);
    if (screen->field.width == 0)
        return;
    if (term->form == NULL) {
        term->field_y = screen->field.y;
        term->field_x = screen->field.x;
        term->field_window =
            dbk_curses.newwin(1, screen->field.width, term->field_y, term->field_x);
        term->fields[0] = dbk_curses.new_field(1, screen->field.width, 0, 0, 0, 0);
        if (term->field_window == NULL || term->fields[0] == NULL) {
            drop_field(term);
            return;
        }
        dbk_curses.field_opts_off(term->fields[0], O_STATIC | O_AUTOSKIP);
        dbk_curses.set_max_field(term->fields[0], DBK_FIELD_MAX);
        dbk_curses.set_field_back(term->fields[0], A_UNDERLINE);
        term->form = dbk_curses.new_form(term->fields);
        if (term->form == NULL) {
            drop_field(term);
            return;
        }
        dbk_curses.set_form_win(term->form, term->field_window);
        dbk_curses.set_form_sub(term->form, term->field_window);
        dbk_curses.post_form(term->form);
        term->field_width = screen->field.width;
    }
    dbk_term_field_text(term, text);
    if (strcmp(text, screen->field.text) != 0) {
        dbk_curses.set_field_buffer(term->fields[0], 0, screen->field.text);
        dbk_curses.form_driver(term->form, REQ_END_LINE);
    }
}

static void place_menu(struct dbk_term *term, const struct dbk_screen *screen)
{
    int count = screen->menu.count;
    drop_menu(term);
    if (count == 0)
        return;
    int gap = screen->menu.across ? 2 : 0;
    int width = screen->menu.across ? count * (screen->menu.width + gap) : screen->menu.width;
    for (int i = 0; i < count; i++) {
        memcpy(term->item_texts[i], screen->menu.items[i], DBK_SCREEN_TEXT);
        term->items[i] = dbk_curses.new_item(term->item_texts[i], NULL);
        if (term->items[i] == NULL)
            return;
    }
    term->menu_window =
        dbk_curses.newwin(screen->menu.across ? 1 : count, width, screen->menu.y, screen->menu.x);
    term->menu = term->menu_window != NULL ? dbk_curses.new_menu(term->items) : NULL;
    if (term->menu == NULL)
        return;
    dbk_curses.set_menu_win(term->menu, term->menu_window);
    dbk_curses.set_menu_sub(term->menu, term->menu_window);
    dbk_curses.set_menu_mark(term->menu, "");
    dbk_curses.set_menu_format(term->menu, screen->menu.across ? 1 : count,
                               screen->menu.across ? count : 1);
    dbk_curses.set_menu_spacing(term->menu, 1, 1, gap > 0 ? gap : 1);
    dbk_curses.set_menu_fore(term->menu, screen->menu.focused ? A_REVERSE : A_NORMAL);
    dbk_curses.set_menu_back(term->menu, A_NORMAL);
    dbk_curses.set_current_item(term->menu, term->items[screen->menu.selected]);
    dbk_curses.post_menu(term->menu);
}

void dbk_term_draw(struct dbk_term *term, const struct dbk_screen *screen)
{
    WINDOW *window = *dbk_curses.stdscr;
    int height, width;
    dbk_term_size(term, &height, &width);
    dbk_curses.werase(window);
    for (int i = 0; i < screen->span_count; i++) {
        const struct dbk_span *span = &screen->spans[i];
        if (span->y >= height || span->x >= width)
            continue;
        dbk_curses.wattr_set(window, term->styles[span->style], term->pairs[span->style], NULL);
        dbk_curses.wmove(window, span->y, span->x);
        if (span->style == DBK_STYLE_BAR && span->x == 0)
            dbk_curses.whline(window, ' ' | A_REVERSE, width);
        dbk_curses.waddstr(window, span->text);
    }
    dbk_curses.wattr_set(window, A_NORMAL, 0, NULL);
    place_menu(term, screen);
    place_field(term, screen);
    dbk_curses.wnoutrefresh(window);
    if (term->menu != NULL) {
        dbk_curses.wtouchln(term->menu_window, 0, dbk_curses.getmaxy(term->menu_window), 1);
        dbk_curses.wnoutrefresh(term->menu_window);
    }
    term->field_focused = screen->field.width > 0 && screen->field.focused;
    dbk_curses.curs_set(term->field_focused ? 1 : 0);
    if (term->form != NULL) {
        dbk_curses.pos_form_cursor(term->form);
        dbk_curses.wtouchln(term->field_window, 0, 1, 1);
        dbk_curses.wnoutrefresh(term->field_window);
    }
    dbk_curses.doupdate();
}

/** What the form does with a key, or 0. */
static int request_of(const struct dbk_term *term, bool special, wint_t key)
{
    if (special) {
        switch (key) {
        case KEY_BACKSPACE:
            return REQ_DEL_PREV;
        case KEY_DC:
            return REQ_DEL_CHAR;
        case KEY_HOME:
            return REQ_BEG_LINE;
        case KEY_END:
            return REQ_END_LINE;
        case KEY_LEFT:
            return term->field_focused ? REQ_PREV_CHAR : 0;
        case KEY_RIGHT:
            return term->field_focused ? REQ_NEXT_CHAR : 0;
        default:
            return 0;
        }
    }
    switch (key) {
    case 0x7F:
    case 'H' & 0x1F:
        return REQ_DEL_PREV;
    case 'U' & 0x1F:
        return REQ_CLR_FIELD;
    case 'A' & 0x1F:
        return REQ_BEG_LINE;
    case 'E' & 0x1F:
        return REQ_END_LINE;
    default:
        return 0;
    }
}

static enum dbk_key special_key(wint_t key)
{
    static const struct {
        int code;
        enum dbk_key key;
    } known[] = {
        {KEY_UP, DBK_KEY_UP},       {KEY_DOWN, DBK_KEY_DOWN},     {KEY_LEFT, DBK_KEY_LEFT},
        {KEY_RIGHT, DBK_KEY_RIGHT}, {KEY_PPAGE, DBK_KEY_PAGE_UP}, {KEY_NPAGE, DBK_KEY_PAGE_DOWN},
        {KEY_ENTER, DBK_KEY_ENTER}, {KEY_BTAB, DBK_KEY_BACK_TAB}, {KEY_F(2), DBK_KEY_F2},
        {KEY_F(3), DBK_KEY_F3},     {KEY_F(4), DBK_KEY_F4},       {KEY_RESIZE, DBK_KEY_RESIZE},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if ((wint_t)known[i].code == key)
            return known[i].key;
    return DBK_KEY_OTHER;
}

static bool is_gone(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&input, 1, 0) > 0 && (input.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

enum dbk_key dbk_term_read(struct dbk_term *term)
{
    wint_t key = 0;
    int kind = dbk_curses.wget_wch(*dbk_curses.stdscr, &key);
    if (kind == ERR)
        return is_gone() ? DBK_KEY_CLOSED : DBK_KEY_NONE;
    int request = term->form != NULL ? request_of(term, kind == KEY_CODE_YES, key) : 0;
    if (request != 0) {
        dbk_curses.form_driver(term->form, request);
        return DBK_KEY_EDITED;
    }
    if (kind == KEY_CODE_YES)
        return special_key(key);
    if (key == '\r' || key == '\n')
        return DBK_KEY_ENTER;
    if (key == '\t')
        return DBK_KEY_TAB;
    if (key == 0x1B)
        return DBK_KEY_ESCAPE;
    if (key == ('L' & 0x1F)) {
        dbk_curses.clearok(*dbk_curses.stdscr, TRUE);
        return DBK_KEY_RESIZE; /* draw everything again */
    }
    if (term->form == NULL || !iswprint(key))
        return DBK_KEY_OTHER;
    dbk_curses.form_driver_w(term->form, OK, (wchar_t)key);
    return DBK_KEY_EDITED;
}
