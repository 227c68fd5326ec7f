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
#define NOTICE_MAX 10

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

/** Put text in lines between x and the edge. */
static void put_lines(struct sheet *sheet, int y, int x, int lines, enum dbk_style style,
                      const char *text)
{
    char line[DBK_SCREEN_TEXT];
    for (; lines > 0 && dbk_text_line(line, sizeof line, &text, sheet->width - x - 1); lines--)
        put(sheet, y++, x, style, line);
}

/** A stranger's text, through the terminal's door. */
static void escape(char *out, size_t size, const char *bytes, size_t length)
{
    char *escaped = dbk_escape_terminal((struct dbk_text){bytes, (uint32_t)length}, false);
    snprintf(out, size, "%s", escaped != NULL ? escaped : "");
    free(escaped);
}

static void lay_out_bar(struct sheet *sheet)
{
    const struct dbk_teller *teller = sheet->teller;
    char left[DBK_SCREEN_TEXT];
    char right[DBK_SCREEN_TEXT];
    bool at_accounts = teller->place == DBK_TELLER_ACCOUNTS;
    snprintf(left, sizeof left, " daybook · %s",
             word(sheet, at_accounts ? DBK_TT_CONNECTION : DBK_TT_TRANSACTION));
    snprintf(right, sizeof right, "%.250s · %s %s ", teller->config->topic,
             teller->online ? "●" : "○",
             word(sheet, teller->online ? DBK_TT_ONLINE : DBK_TT_OFFLINE));
    put(sheet, 0, 0, DBK_STYLE_BAR, left);
    int x = sheet->width - dbk_text_width(right);
    if (x > dbk_text_width(left) + 1)
        put(sheet, 0, x, DBK_STYLE_BAR, right);
    else
        put_right(sheet, 0, sheet->width, DBK_STYLE_BAR, teller->online ? " ● " : " ○ ");
}

/** Keys and what they do, at the bottom, as many as there is room for. */
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

/** Lines that the notice takes above the keys: a command in it is of use only as a whole. */
static int notice_lines(const struct sheet *sheet)
{
    char line[DBK_SCREEN_TEXT];
    const char *rest = sheet->teller->notice;
    int lines = 0;
    while (lines < NOTICE_MAX && dbk_text_line(line, sizeof line, &rest, sheet->width - MARGIN - 1))
        lines++;
    return lines > 2 ? lines : 2;
}

static void lay_out_notice(struct sheet *sheet)
{
    const struct dbk_teller *teller = sheet->teller;
    int lines = notice_lines(sheet);
    put_lines(sheet, sheet->height - 1 - lines, MARGIN, lines,
              teller->notice_is_good ? DBK_STYLE_GOOD : DBK_STYLE_BAD, teller->notice);
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

static void lay_out_accounts(struct sheet *sheet)
{
    const struct dbk_teller *teller = sheet->teller;
    const char *const keys[][2] = {{"Enter", word(sheet, DBK_TT_KEY_CONNECT)},
                                   {"↑↓", word(sheet, DBK_TT_KEY_CHOOSE)},
                                   {"F4", word(sheet, DBK_TT_KEY_OPEN)},
                                   {"Esc", word(sheet, DBK_TT_KEY_CLEAR)},
                                   {"Ctrl-C", word(sheet, DBK_TT_KEY_QUIT)}};
    char shown[32];
    char all[32];
    char text[DBK_SCREEN_TEXT];
    char search[DBK_SCREEN_TEXT];
    const char *const counts[DBK_TELLER_VALUES] = {shown, all};
    const char *const searched[DBK_TELLER_VALUES] = {search};
    int width = sheet->width - 2 * MARGIN < LIST_WIDTH ? sheet->width - 2 * MARGIN : LIST_WIDTH;
    int field_width = width - LABEL_WIDTH < FIELD_WIDTH ? width - LABEL_WIDTH : FIELD_WIDTH;
    put(sheet, 2, MARGIN, DBK_STYLE_PLAIN, word(sheet, DBK_TT_ACCOUNT));
    sheet->screen->field.y = 2;
    sheet->screen->field.x = MARGIN + LABEL_WIDTH;
    sheet->screen->field.width = field_width;
    sheet->screen->field.focused = true;
    sheet->screen->field.text = teller->search;
    snprintf(shown, sizeof shown, "%zu", teller->list.match_count);
    snprintf(all, sizeof all, "%zu", teller->list.count);
    dbk_teller_say(text, sizeof text, teller->lang, DBK_TT_ACCOUNTS_OF, counts);
    if (!teller->loading && LABEL_WIDTH + field_width + 2 + dbk_text_width(text) <= width)
        put_right(sheet, 2, MARGIN + width, DBK_STYLE_DIM, text);
    put_lines(sheet, 3, MARGIN + LABEL_WIDTH, 1, DBK_STYLE_BAD, teller->refusal);
    put(sheet, 4, MARGIN + 1, DBK_STYLE_DIM, word(sheet, DBK_TT_ACCOUNT));
    put_right(sheet, 4, MARGIN + width - 1, DBK_STYLE_DIM, word(sheet, DBK_TT_BALANCE));
    escape(search, sizeof search, teller->search, strlen(teller->search));
    if (teller->loading)
        put(sheet, 5, MARGIN + 1, DBK_STYLE_PLAIN, word(sheet, DBK_TT_LOADING));
    else if (teller->list.count == 0)
        put_lines(sheet, 5, MARGIN + 1, 3, DBK_STYLE_PLAIN, word(sheet, DBK_TT_NO_ACCOUNTS));
    else if (teller->list.match_count == 0) {
        dbk_teller_say(text, sizeof text, teller->lang, DBK_TT_NO_MATCH, searched);
        put_lines(sheet, 5, MARGIN + 1, 3, DBK_STYLE_PLAIN, text);
    } else
        lay_out_list(sheet, 5, sheet->height - 9, width);
    lay_out_keys(sheet, keys, sizeof keys / sizeof keys[0]);
}

/** The last transactions, newest first; those that came while one looks stand out. */
static void lay_out_recent(struct sheet *sheet, int y)
{
    const struct dbk_teller *teller = sheet->teller;
    const struct dbk_post_account *account = teller->account;
    int rows = sheet->height - 2 - notice_lines(sheet) - y - 1;
    char line[DBK_SCREEN_TEXT];
    char amount[64];
    char fitted[3][DBK_SCREEN_TEXT];
    put(sheet, y, MARGIN, DBK_STYLE_DIM, word(sheet, DBK_TT_RECENT));
    dbk_text_fit(fitted[0], sizeof fitted[0], word(sheet, DBK_TT_AMOUNT), 14, true);
    dbk_text_fit(fitted[1], sizeof fitted[1], word(sheet, DBK_TT_BALANCE), 14, true);
    dbk_text_fit(fitted[2], sizeof fitted[2], word(sheet, DBK_TT_POSITION), 9, false);
    snprintf(line, sizeof line, "%.120s  %.120s  %.120s  %s", fitted[0], fitted[1], fitted[2],
             word(sheet, DBK_TT_MEMO));
    put(sheet, y, MARGIN + 27, DBK_STYLE_DIM, line);
    if (account->recent_count == 0)
        put(sheet, y + 1, MARGIN, DBK_STYLE_PLAIN, word(sheet, DBK_TT_NO_TRANSACTIONS));
    for (int i = 0; i < account->recent_count && i < rows; i++) {
        const struct dbk_post_row *row = &account->recent[i];
        char date[64];
        char position[48];
        char memo[5 * DBK_MEMO_MAX];
        dbk_teller_date(date, sizeof date, teller->lang, row->date_s);
        amount[0] = '+';
        dbk_teller_money(amount + (row->amount_minor > 0), sizeof amount - 1, teller->lang,
                         row->amount_minor);
        dbk_text_fit(fitted[0], sizeof fitted[0], amount, 14, true);
        dbk_teller_money(amount, sizeof amount, teller->lang, row->balance_minor);
        dbk_text_fit(fitted[1], sizeof fitted[1], amount, 14, true);
        snprintf(position, sizeof position, "%" PRId32 ":%" PRId64, row->partition, row->offset);
        dbk_text_fit(fitted[2], sizeof fitted[2], position, 9, false);
        escape(memo, sizeof memo, row->memo, strlen(row->memo));
        snprintf(line, sizeof line, "%-25.25s  %.120s  %.120s  %.40s  %.120s", date, fitted[0],
                 fitted[1], fitted[2], memo);
        put(sheet, y + 1 + i, MARGIN,
            row->offset >= teller->offset_next ? DBK_STYLE_STRONG : DBK_STYLE_PLAIN, line);
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
                                   {"Esc", word(sheet, DBK_TT_BACK)},
                                   {"Tab", word(sheet, DBK_TT_KEY_NEXT)},
                                   {"Ctrl-C", word(sheet, DBK_TT_KEY_QUIT)}};
    char text[5 * DBK_ACCOUNT_MAX];
    int x = MARGIN + LABEL_WIDTH;
    escape(text, sizeof text, account->name.bytes, account->name.length);
    put(sheet, 2, MARGIN, DBK_STYLE_PLAIN, word(sheet, DBK_TT_ACCOUNT));
    put(sheet, 2, x, DBK_STYLE_STRONG, text);
    if (!account->exists)
        put(sheet, 2, x + dbk_text_width(text) + 2, DBK_STYLE_DIM, word(sheet, DBK_TT_NEW_ACCOUNT));
    dbk_teller_money(text, sizeof text, teller->lang, account->balance_minor);
    put(sheet, 3, MARGIN, DBK_STYLE_PLAIN, word(sheet, DBK_TT_BALANCE));
    put(sheet, 3, x, DBK_STYLE_STRONG, text);
    put(sheet, 5, MARGIN, DBK_STYLE_PLAIN, word(sheet, DBK_TT_AMOUNT));
    sheet->screen->field.y = 5;
    sheet->screen->field.x = x;
    sheet->screen->field.width = AMOUNT_WIDTH;
    sheet->screen->field.focused = teller->focus == DBK_TELLER_AMOUNT;
    sheet->screen->field.text = teller->amount;
    put_lines(sheet, 5, x + AMOUNT_WIDTH + 2, 2, DBK_STYLE_BAD, teller->refusal);
    lay_out_buttons(sheet, 7);
    lay_out_recent(sheet, 9);
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
    lay_out_notice(&sheet);
}
