#include "teller.h"
#include "text_width.h"

#include <daybook/escape.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_HEIGHT 12
#define LEAST_WIDTH 60
#define MARGIN 2
#define LABEL_WIDTH 10
/** A list wider than this is hard to read along. */
#define LIST_WIDTH 76
#define FIELD_WIDTH 34
#define AMOUNT_WIDTH 20
#define NOTICE_LEAST 2
/** A screen less high than this has no blank lines. */
#define ROOMY_HEIGHT 20
/** Between two columns. */
#define GAP 2
/** A memo in less than this says nothing. */
#define MEMO_LEAST 12

/** The columns of the last transactions. */
enum column {
    COLUMN_DATE,
    COLUMN_AMOUNT,
    COLUMN_BALANCE,
    COLUMN_POSITION,
    COLUMN_MEMO,
    COLUMN_COUNT
};
#define CELL_SIZE (5 * DBK_MEMO_MAX)

/** A screen being laid out. */
struct sheet {
    struct dbk_teller *teller;
    struct dbk_screen *screen;
    int height;
    int width;
};

/** Put text at a place, cut at the screen's edge. */
static void put(struct sheet *sheet, int y, int x, enum dbk_style style, const char *text)
{
    struct dbk_screen *screen = sheet->screen;
    int room = sheet->width - x;
    if (y < 0 || y >= sheet->height || room <= 0 || text[0] == '\0' ||
        screen->span_count == DBK_SCREEN_SPANS)
        return;
    struct dbk_span *span = &screen->spans[screen->span_count++];
    span->y = y;
    span->x = x;
    span->style = style;
    int width = dbk_text_width(text);
    dbk_text_fit(span->text, sizeof span->text, text, width < room ? width : room, false);
}

static const char *word(const struct sheet *sheet, enum dbk_teller_text_id id)
{
    return dbk_teller_text(sheet->teller->lang, id);
}

/** Put text that ends before a column. */
static void put_right(struct sheet *sheet, int y, int end, enum dbk_style style, const char *text)
{
    int x = end - dbk_text_width(text);
    put(sheet, y, x > 0 ? x : 0, style, text);
}

/** Put text in lines between x and the edge. @return the row behind them. */
static int put_lines(struct sheet *sheet, int y, int x, int lines, enum dbk_style style,
                     const char *text)
{
    char line[DBK_SCREEN_TEXT];
    for (; lines > 0 && dbk_text_line(line, sizeof line, &text, sheet->width - x - 1); lines--)
        put(sheet, y++, x, style, line);
    return y;
}

/** Lines that a text takes between x and the edge. */
static int count_lines(const struct sheet *sheet, int x, const char *text)
{
    char line[DBK_SCREEN_TEXT];
    int count = 0;
    while (dbk_text_line(line, sizeof line, &text, sheet->width - x - 1))
        count++;
    return count;
}

/** A stranger's text, through the terminal's door. */
static void escape(char *out, size_t size, const char *bytes, size_t length)
{
    char *escaped = dbk_escape_terminal((struct dbk_text){bytes, (uint32_t)length}, false);
    snprintf(out, size, "%s", escaped != NULL ? escaped : "");
    free(escaped);
}

/** Where one is, and whether the broker answers; the topic where there is room for it. */
static void lay_out_bar(struct sheet *sheet)
{
    const struct dbk_teller *teller = sheet->teller;
    char left[DBK_SCREEN_TEXT];
    char state[64];
    char right[DBK_SCREEN_TEXT];
    bool at_accounts = teller->place == DBK_TELLER_ACCOUNTS;
    snprintf(left, sizeof left, " daybook · %s",
             word(sheet, at_accounts ? DBK_TT_CONNECTION : DBK_TT_TRANSACTION));
    snprintf(state, sizeof state, "%s %s ", teller->online ? "●" : "○",
             word(sheet, teller->online ? DBK_TT_ONLINE : DBK_TT_OFFLINE));
    snprintf(right, sizeof right, "%.250s · %s", teller->config->topic, state);
    bool has_room = dbk_text_width(left) + 1 + dbk_text_width(right) < sheet->width;
    put(sheet, 0, 0, DBK_STYLE_BAR, left);
    put_right(sheet, 0, sheet->width, DBK_STYLE_BAR, has_room ? right : state);
}

/** Keys and what they do, at the bottom: the first ones, as many as there is room for. */
static void lay_out_keys(struct sheet *sheet, const char *const (*keys)[2], size_t count)
{
    int x = 1;
    for (size_t i = 0; i < count; i++) {
        char key[32];
        snprintf(key, sizeof key, " %s ", keys[i][0]);
        int width = dbk_text_width(key) + dbk_text_width(keys[i][1]) + 3;
        if (x + width > sheet->width + 2)
            return;
        put(sheet, sheet->height - 1, x, DBK_STYLE_KEY, key);
        put(sheet, sheet->height - 1, x + dbk_text_width(key) + 1, DBK_STYLE_PLAIN, keys[i][1]);
        x += width;
    }
}

/**
 * What became of what was done: the refusal beside the field, or where it is not whole there, in
 * the notice's place above the keys. Either is of use only as a whole: a notice may be a command.
 *
 * @param y, x, lines  the room beside the field.
 * @param top          the first row that the notice may take.
 * @return the first row that it takes.
 */
static int lay_out_outcome(struct sheet *sheet, int y, int x, int lines, int top)
{
    const struct dbk_teller *teller = sheet->teller;
    bool is_beside = count_lines(sheet, x, teller->refusal) <= lines;
    const char *text = is_beside ? teller->notice : teller->refusal;
    int bottom = sheet->height - 1;
    int count = count_lines(sheet, MARGIN, text);
    bool is_cut = count > bottom - top;
    if (is_cut)
        count = bottom - top;
    if (count < NOTICE_LEAST)
        count = NOTICE_LEAST;
    if (is_beside)
        put_lines(sheet, y, x, lines, DBK_STYLE_BAD, teller->refusal);
    put_lines(sheet, bottom - count, MARGIN, count - is_cut,
              is_beside && teller->notice_is_good ? DBK_STYLE_GOOD : DBK_STYLE_BAD, text);
    if (is_cut)
        put(sheet, bottom - 1, MARGIN, DBK_STYLE_STRONG, word(sheet, DBK_TT_TOO_SMALL));
    return bottom - count;
}

/** The part of the list around the account that is selected. */
static void lay_out_list(struct sheet *sheet, int y, int rows, int width)
{
    struct dbk_teller *teller = sheet->teller;
    struct dbk_screen *screen = sheet->screen;
    size_t page = rows < DBK_SCREEN_ITEMS ? (size_t)rows : DBK_SCREEN_ITEMS;
    size_t first = teller->list.selected / page * page;
    teller->page_rows = (int)page;
    screen->menu.y = y;
    screen->menu.x = MARGIN;
    screen->menu.width = width;
    screen->menu.focused = true;
    screen->menu.selected = (int)(teller->list.selected - first);
    for (size_t i = 0; i < page; i++) {
        const struct dbk_teller_row *row = dbk_teller_list_match(&teller->list, first + i);
        char name[5 * DBK_ACCOUNT_MAX];
        char balance[64];
        char left[DBK_SCREEN_TEXT];
        if (row == NULL)
            break;
        escape(name, sizeof name, row->name, strlen(row->name));
        dbk_teller_money(balance, sizeof balance, teller->lang, row->balance_minor);
        dbk_text_fit(left, sizeof left, name, width - dbk_text_width(balance) - 4, false);
        snprintf(screen->menu.items[i], DBK_SCREEN_TEXT, " %.400s  %.60s ", left, balance);
        screen->menu.count = (int)i + 1;
    }
}

/** Nothing is found: what could have been meant. */
static void lay_out_no_match(struct sheet *sheet, int y, int rows)
{
    const struct dbk_teller *teller = sheet->teller;
    char search[DBK_SCREEN_TEXT];
    char text[DBK_SCREEN_TEXT];
    const char *const searched[DBK_TELLER_VALUES] = {search};
    escape(search, sizeof search, teller->search, strlen(teller->search));
    dbk_teller_say(text, sizeof text, teller->lang, DBK_TT_NO_MATCH, searched);
    int next = put_lines(sheet, y, MARGIN + 1, rows, DBK_STYLE_PLAIN, text);
    if (dbk_teller_nearest(text, sizeof text, teller))
        put_lines(sheet, next, MARGIN + 1, rows - (next - y), DBK_STYLE_PLAIN, text);
}

/** How many accounts the search finds. */
static void say_count(char *out, size_t size, const struct dbk_teller *teller)
{
    char shown[32];
    char all[32];
    const char *const counts[DBK_TELLER_VALUES] = {shown, all};
    snprintf(shown, sizeof shown, "%zu", teller->list.match_count);
    snprintf(all, sizeof all, "%zu", teller->list.count);
    dbk_teller_say(out, size, teller->lang,
                   teller->list.match_count < 2 ? DBK_TT_ACCOUNT_OF : DBK_TT_ACCOUNTS_OF, counts);
}

static void lay_out_accounts(struct sheet *sheet)
{
    const struct dbk_teller *teller = sheet->teller;
    const char *const keys[][2] = {{word(sheet, DBK_TT_KEY_ENTER), word(sheet, DBK_TT_KEY_CONNECT)},
                                   {"F4", word(sheet, DBK_TT_KEY_OPEN)},
                                   {"Ctrl-C", word(sheet, DBK_TT_KEY_QUIT)},
                                   {word(sheet, DBK_TT_KEY_ESCAPE), word(sheet, DBK_TT_KEY_CLEAR)},
                                   {"↑↓", word(sheet, DBK_TT_KEY_CHOOSE)}};
    char text[DBK_SCREEN_TEXT];
    int width = sheet->width - 2 * MARGIN < LIST_WIDTH ? sheet->width - 2 * MARGIN : LIST_WIDTH;
    int field_width = width - LABEL_WIDTH < FIELD_WIDTH ? width - LABEL_WIDTH : FIELD_WIDTH;
    int blank = sheet->height >= ROOMY_HEIGHT;
    int y = 1 + blank;
    int list_y = y + 3;
    put(sheet, y, MARGIN, DBK_STYLE_PLAIN, word(sheet, DBK_TT_ACCOUNT));
    sheet->screen->field.y = y;
    sheet->screen->field.x = MARGIN + LABEL_WIDTH;
    sheet->screen->field.width = field_width;
    sheet->screen->field.focused = true;
    sheet->screen->field.text = teller->search;
    say_count(text, sizeof text, teller);
    if (!teller->loading && LABEL_WIDTH + field_width + 2 + dbk_text_width(text) <= width)
        put_right(sheet, y, MARGIN + width, DBK_STYLE_DIM, text);
    put(sheet, y + 2, MARGIN + 1, DBK_STYLE_DIM, word(sheet, DBK_TT_ACCOUNT));
    put_right(sheet, y + 2, MARGIN + width - 1, DBK_STYLE_DIM, word(sheet, DBK_TT_BALANCE));
    int end = lay_out_outcome(sheet, y + 1, MARGIN + LABEL_WIDTH, 1, list_y + 1 + blank) - blank;
    if (teller->loading)
        put(sheet, list_y, MARGIN + 1, DBK_STYLE_PLAIN, word(sheet, DBK_TT_LOADING));
    else if (teller->list.count == 0)
        put_lines(sheet, list_y, MARGIN + 1, end - list_y, DBK_STYLE_PLAIN,
                  word(sheet, DBK_TT_NO_ACCOUNTS));
    else if (teller->list.match_count == 0)
        lay_out_no_match(sheet, list_y, end - list_y);
    else
        lay_out_list(sheet, list_y, end - list_y, width);
    lay_out_keys(sheet, keys, sizeof keys / sizeof keys[0]);
}

/** One transaction as text. */
static void write_row(const struct sheet *sheet, char cells[COLUMN_COUNT][CELL_SIZE],
                      const struct dbk_post_row *row)
{
    enum dbk_lang lang = sheet->teller->lang;
    char *amount = cells[COLUMN_AMOUNT];
    amount[0] = '+';
    dbk_teller_date(cells[COLUMN_DATE], CELL_SIZE, lang, row->date_s);
    dbk_teller_money(amount + (row->amount_minor > 0), CELL_SIZE - 1, lang, row->amount_minor);
    dbk_teller_money(cells[COLUMN_BALANCE], CELL_SIZE, lang, row->balance_minor);
    snprintf(cells[COLUMN_POSITION], CELL_SIZE, "%" PRId32 ":%" PRId64, row->partition,
             row->offset);
    escape(cells[COLUMN_MEMO], CELL_SIZE, row->memo, strlen(row->memo));
}

/** Columns are as wide as what is in them, but a memo goes to the edge; 0: there is no room for
 *  it, the memo's being the first to go. */
static void measure(const struct sheet *sheet, int widths[COLUMN_COUNT],
                    const char *const header[COLUMN_COUNT], int rows)
{
    static const enum column dropped[] = {COLUMN_MEMO, COLUMN_POSITION, COLUMN_DATE};
    char cells[COLUMN_COUNT][CELL_SIZE];
    int total = 0;
    for (int i = 0; i < COLUMN_COUNT; i++)
        widths[i] = dbk_text_width(header[i]);
    for (int i = 0; i < rows; i++) {
        write_row(sheet, cells, &sheet->teller->account->recent[i]);
        for (int j = 0; j < COLUMN_MEMO; j++) {
            int width = dbk_text_width(cells[j]);
            widths[j] = width > widths[j] ? width : widths[j];
        }
    }
    widths[COLUMN_MEMO] = MEMO_LEAST;
    for (int i = 0; i < COLUMN_COUNT; i++)
        total += widths[i] + GAP;
    for (int i = 0; i < 3 && MARGIN + total - GAP > sheet->width; i++) {
        total -= widths[dropped[i]] + GAP;
        widths[dropped[i]] = 0;
    }
}

/** Amounts and balances end below each other. */
static void put_row(struct sheet *sheet, int y, const int widths[COLUMN_COUNT],
                    enum dbk_style style, const char *const cells[COLUMN_COUNT])
{
    int x = MARGIN;
    for (int i = 0; i < COLUMN_COUNT; i++) {
        if (widths[i] == 0)
            continue;
        if (i == COLUMN_AMOUNT || i == COLUMN_BALANCE)
            put_right(sheet, y, x + widths[i], style, cells[i]);
        else
            put(sheet, y, x, style, cells[i]);
        x += widths[i] + GAP;
    }
}

/** The last transactions, newest first; those that came while one looks stand out. */
static void lay_out_recent(struct sheet *sheet, int y, int rows)
{
    const struct dbk_teller *teller = sheet->teller;
    const struct dbk_post_account *account = teller->account;
    const char *const header[COLUMN_COUNT] = {
        word(sheet, DBK_TT_RECENT), word(sheet, DBK_TT_AMOUNT), word(sheet, DBK_TT_BALANCE),
        word(sheet, DBK_TT_POSITION), word(sheet, DBK_TT_MEMO)};
    char cells[COLUMN_COUNT][CELL_SIZE];
    int widths[COLUMN_COUNT];
    int count = account->recent_count < rows ? account->recent_count : rows;
    if (rows < 1)
        return;
    measure(sheet, widths, header, count);
    put_row(sheet, y, widths, DBK_STYLE_DIM, header);
    if (count == 0)
        put(sheet, y + 1, MARGIN, DBK_STYLE_PLAIN, word(sheet, DBK_TT_NO_TRANSACTIONS));
    for (int i = 0; i < count; i++) {
        const struct dbk_post_row *row = &account->recent[i];
        const char *const texts[COLUMN_COUNT] = {cells[0], cells[1], cells[2], cells[3], cells[4]};
        write_row(sheet, cells, row);
        put_row(sheet, y + 1 + i, widths,
                row->offset >= teller->offset_next ? DBK_STYLE_STRONG : DBK_STYLE_PLAIN, texts);
    }
}

/** Deposit, Withdraw and Back, all of one width. */
static void lay_out_buttons(struct sheet *sheet, int y)
{
    static const enum dbk_teller_text_id ids[] = {DBK_TT_DEPOSIT, DBK_TT_WITHDRAW, DBK_TT_BACK};
    struct dbk_screen *screen = sheet->screen;
    int width = 0;
    for (int i = 0; i < 3; i++) {
        int wide = dbk_text_width(word(sheet, ids[i]));
        width = wide > width ? wide : width;
    }
    for (int i = 0; i < 3; i++) {
        char text[64];
        int padding = width - dbk_text_width(word(sheet, ids[i]));
        snprintf(text, sizeof text, "[ %*s%s%*s ]", padding / 2, "", word(sheet, ids[i]),
                 padding - padding / 2, "");
        memcpy(screen->menu.items[i], text, sizeof text);
    }
    screen->menu.y = y;
    screen->menu.x = MARGIN + LABEL_WIDTH;
    screen->menu.width = width + 4;
    screen->menu.across = true;
    screen->menu.count = 3;
    screen->menu.focused = sheet->teller->focus != DBK_TELLER_AMOUNT;
    screen->menu.selected = screen->menu.focused ? (int)sheet->teller->focus - 1 : 0;
}

static void lay_out_transaction(struct sheet *sheet)
{
    const struct dbk_teller *teller = sheet->teller;
    const struct dbk_post_account *account = teller->account;
    const char *const keys[][2] = {{"F2", word(sheet, DBK_TT_DEPOSIT)},
                                   {"F3", word(sheet, DBK_TT_WITHDRAW)},
                                   {word(sheet, DBK_TT_KEY_ESCAPE), word(sheet, DBK_TT_BACK)},
                                   {"Ctrl-C", word(sheet, DBK_TT_KEY_QUIT)},
                                   {"Tab", word(sheet, DBK_TT_KEY_NEXT)}};
    char text[5 * DBK_ACCOUNT_MAX];
    int x = MARGIN + LABEL_WIDTH;
    int blank = sheet->height >= ROOMY_HEIGHT;
    int y = 1 + blank;
    int amount_y = y + 2 + blank;
    int buttons_y = amount_y + 1 + blank;
    int recent_y = buttons_y + 1 + blank;
    escape(text, sizeof text, account->name.bytes, account->name.length);
    put(sheet, y, MARGIN, DBK_STYLE_PLAIN, word(sheet, DBK_TT_ACCOUNT));
    put(sheet, y, x, DBK_STYLE_STRONG, text);
    if (!account->exists)
        put(sheet, y, x + dbk_text_width(text) + 2, DBK_STYLE_DIM, word(sheet, DBK_TT_NEW_ACCOUNT));
    dbk_teller_money(text, sizeof text, teller->lang, account->balance_minor);
    put(sheet, y + 1, MARGIN, DBK_STYLE_PLAIN, word(sheet, DBK_TT_BALANCE));
    put(sheet, y + 1, x, DBK_STYLE_STRONG, text);
    put(sheet, amount_y, MARGIN, DBK_STYLE_PLAIN, word(sheet, DBK_TT_AMOUNT));
    sheet->screen->field.y = amount_y;
    sheet->screen->field.x = x;
    sheet->screen->field.width = AMOUNT_WIDTH;
    sheet->screen->field.focused = teller->focus == DBK_TELLER_AMOUNT;
    sheet->screen->field.text = teller->amount;
    lay_out_buttons(sheet, buttons_y);
    int end = lay_out_outcome(sheet, amount_y, x + AMOUNT_WIDTH + 2, 1 + blank, recent_y);
    lay_out_recent(sheet, recent_y, end - blank - recent_y - 1);
    lay_out_keys(sheet, keys, sizeof keys / sizeof keys[0]);
}

void dbk_teller_lay_out(struct dbk_teller *teller, struct dbk_screen *screen, int height, int width)
{
    struct sheet sheet = {teller, screen, height, width};
    screen->span_count = 0;
    screen->field.width = 0;
    screen->menu.count = 0;
    screen->menu.across = false;
    teller->hidden = height < LEAST_HEIGHT || width < LEAST_WIDTH;
    if (teller->hidden) {
        put(&sheet, 0, 0, DBK_STYLE_PLAIN, word(&sheet, DBK_TT_TOO_SMALL));
        return;
    }
    lay_out_bar(&sheet);
    if (teller->place == DBK_TELLER_ACCOUNTS)
        lay_out_accounts(&sheet);
    else
        lay_out_transaction(&sheet);
}
