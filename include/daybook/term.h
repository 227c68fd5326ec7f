/**
 * A full-screen terminal: one screen described, drawn; keys read. By ncurses, with its form library
 * for the field that is typed into and its menu library for what is chosen from.
 *
 * A screen is described whole each time, as pieces of text at places, at most one field and at most
 * one menu; only what differs goes to the terminal. Text is UTF-8 that has passed the terminal's
 * door (escape.h). Where NO_COLOR is set, or the terminal has no colours, styles are bold, dim and
 * reverse only.
 *
 * Lifetime: open, draw and read any number of times, close (takes NULL), which gives the terminal
 * back as it was. One per process, one thread.
 */
#ifndef DAYBOOK_TERM_H
#define DAYBOOK_TERM_H

#include <daybook/err.h>

#include <stdbool.h>
#include <stddef.h>

enum dbk_style {
    DBK_STYLE_PLAIN,
    DBK_STYLE_BAR, /**< reverse, to the end of the line */
    DBK_STYLE_STRONG,
    DBK_STYLE_DIM,
    DBK_STYLE_GOOD,
    DBK_STYLE_BAD,
    DBK_STYLE_KEY, /**< a key's name */
    DBK_STYLE_COUNT
};

#define DBK_SCREEN_TEXT 512
#define DBK_SCREEN_SPANS 96
#define DBK_SCREEN_ITEMS 64
/** Longest text in a field, in characters; four bytes each at most. */
#define DBK_FIELD_MAX 64

struct dbk_span {
    int y;
    int x;
    enum dbk_style style;
    char text[DBK_SCREEN_TEXT];
};

struct dbk_screen {
    struct dbk_span spans[DBK_SCREEN_SPANS];
    int span_count;
    struct {
        int y;
        int x;
        int width; /**< 0: there is none */
        bool focused;
        const char *text; /**< what stands in it; where it differs, the cursor goes to its end */
    } field;
    struct {
        int y;
        int x;
        int width;   /**< of an item */
        bool across; /**< items beside each other instead of one a line */
        bool focused;
        int count; /**< 0: there is none */
        int selected;
        char items[DBK_SCREEN_ITEMS][DBK_SCREEN_TEXT];
    } menu;
};

enum dbk_key {
    DBK_KEY_NONE,   /**< nothing was typed */
    DBK_KEY_CLOSED, /**< the terminal is gone */
    DBK_KEY_RESIZE,
    DBK_KEY_EDITED, /**< the field took it: dbk_term_field_text */
    DBK_KEY_UP,
    DBK_KEY_DOWN,
    DBK_KEY_LEFT,  /**< where the field is not focused */
    DBK_KEY_RIGHT, /**< the same */
    DBK_KEY_PAGE_UP,
    DBK_KEY_PAGE_DOWN,
    DBK_KEY_ENTER,
    DBK_KEY_TAB,
    DBK_KEY_BACK_TAB,
    DBK_KEY_ESCAPE,
    DBK_KEY_F2,
    DBK_KEY_F3,
    DBK_KEY_F4,
    DBK_KEY_OTHER, /**< one that means nothing here */
};

struct dbk_term;

/** @return whether TERM names a terminal that is known and cannot move its cursor: no screen can be
 *  drawn there. Whatever else is wrong with it, dbk_term_open says. */
bool dbk_term_is_dumb(void);

/** Take the terminal over. @return 0 or DBK_EUSAGE (a terminal that ncurses does not know). */
DBK_MUST_CHECK int dbk_term_open(struct dbk_term **term, struct dbk_err *err);
void dbk_term_close(struct dbk_term *term);

void dbk_term_size(const struct dbk_term *term, int *height, int *width);

/** Show a screen. */
void dbk_term_draw(struct dbk_term *term, const struct dbk_screen *screen);

/** The next key, without waiting. Characters and what deletes them always go to the field. */
enum dbk_key dbk_term_read(struct dbk_term *term);

/** @param[out] text  what stands in the field, without blanks at its end; 4 * DBK_FIELD_MAX + 1
 * bytes. */
void dbk_term_field_text(struct dbk_term *term, char *text);

#endif
