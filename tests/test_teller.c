/* Goal: the teller's window without a terminal: what a key does, and what is on the screen. Method:
 * keys and decisions go in, the screen comes out as lines of text. */
#include "support.h"

#include <teller_run.h>
#include <text_width.h>

#include <daybook/message.h>

#include <locale.h>

#define WIDTH_MAX 200
#define HEIGHT_MAX 60

static struct dbk_screen screen;

/** The screen as text: one line per row, without blanks at its end. */
static char lines[HEIGHT_MAX][4 * WIDTH_MAX];

/** The same as columns, each with its character; "" behind one that takes two. */
static char cells[HEIGHT_MAX][WIDTH_MAX][5];

/** Whether something has the cell already. */
static bool taken[HEIGHT_MAX][WIDTH_MAX];

static void take(int y, int x, int width, int screen_height, int screen_width)
{
    assert_in_range(y, 0, screen_height - 1);
    assert_in_range(x, 0, screen_width - 1);
    assert_in_range(x + width, 0, screen_width);
    for (; width > 0; width--, x++) {
        if (taken[y][x])
            fail_msg("two things at row %d, column %d of %dx%d", y, x, screen_width, screen_height);
        taken[y][x] = true;
    }
}

static void overlay(int y, int x, const char *text)
{
    for (const char *p = text; *p != '\0'; x++) {
        size_t length = 1;
        while (((unsigned char)p[length] & 0xC0) == 0x80)
            length++;
        char *cell = cells[y][x];
        memcpy(cell, p, length);
        cell[length] = '\0';
        if (dbk_text_width(cell) == 2)
            cells[y][++x][0] = '\0';
        p += length;
    }
}

static void show(struct dbk_teller *teller, int height, int width)
{
    dbk_teller_lay_out(teller, &screen, height, width);
    assert_true(screen.span_count < DBK_SCREEN_SPANS);
    memset(lines, 0, sizeof lines);
    memset(taken, 0, sizeof taken);
    for (int y = 0; y < HEIGHT_MAX; y++)
        for (int x = 0; x < WIDTH_MAX; x++)
            memcpy(cells[y][x], " ", 2);
    for (int i = 0; i < screen.span_count; i++) {
        const struct dbk_span *span = &screen.spans[i];
        take(span->y, span->x, dbk_text_width(span->text), height, width);
        overlay(span->y, span->x, span->text);
    }
    if (screen.field.width > 0) {
        take(screen.field.y, screen.field.x, screen.field.width, height, width);
        overlay(screen.field.y, screen.field.x, screen.field.text);
    }
    for (int i = 0; i < screen.menu.count; i++) {
        int step = screen.menu.across ? i * (screen.menu.width + 2) : 0;
        int row = screen.menu.y + (screen.menu.across ? 0 : i);
        assert_int_equal(dbk_text_width(screen.menu.items[i]), screen.menu.width);
        take(row, screen.menu.x + step, screen.menu.width, height, width);
        overlay(row, screen.menu.x + step, screen.menu.items[i]);
    }
    for (int y = 0; y < height; y++) {
        size_t used = 0;
        for (int x = 0; x < WIDTH_MAX; x++)
            used += (size_t)snprintf(lines[y] + used, sizeof lines[y] - used, "%s", cells[y][x]);
        for (size_t length = strlen(lines[y]); length > 0 && lines[y][length - 1] == ' ';)
            lines[y][--length] = '\0';
    }
}

static void assert_line(int y, const char *expected)
{
    if (strcmp(lines[y], expected) != 0)
        fail_msg("line %d is\n%s|\nnot\n%s|", y, lines[y], expected);
}

static void assert_shown(const char *expected)
{
    for (int y = 0; y < HEIGHT_MAX; y++)
        if (strstr(lines[y], expected) != NULL)
            return;
    for (int y = 0; y < 24; y++)
        print_error("%s\n", lines[y]);
    fail_msg("\"%s\" is not on the screen", expected);
}

static struct dbk_text text_of(const char *string)
{
    return (struct dbk_text){string, (uint32_t)strlen(string)};
}

static void put(struct dbk_teller *teller, const char *name, int64_t balance_minor)
{
    assert_int_equal(dbk_teller_list_put(&teller->list, text_of(name), balance_minor), 0);
}

static void type(struct dbk_teller *teller, const char *text)
{
    assert_int_equal(dbk_teller_edited(teller, text), 0);
}

static char brokers[256] = "127.0.0.1:9092";
static char topic[] = "client_transactions";
static const struct dbk_config config = {.brokers = brokers, .topic = topic};

static struct dbk_teller begin(enum dbk_lang lang)
{
    struct dbk_teller teller;
    dbk_teller_init(&teller, lang, &config);
    put(&teller, "C200", 230000);
    put(&teller, "C100", 83000);
    put(&teller, "AC1", -5);
    type(&teller, "");
    assert_int_equal(dbk_teller_list_search(&teller.list, "", false), 0);
    return teller;
}

static struct dbk_post_account account;

static struct dbk_teller begin_connected(enum dbk_lang lang)
{
    struct dbk_teller teller = begin(lang);
    type(&teller, "C100");
    assert_int_equal(dbk_teller_key(&teller, DBK_KEY_ENTER), DBK_TELLER_CONNECT);
    account = (struct dbk_post_account){
        .name = text_of("C100"), .exists = true, .balance_minor = 83000, .recent_count = 2};
    account.recent[0] = (struct dbk_post_row){8, 2, 1704412800, -14500, 83000, "rent"};
    account.recent[1] = (struct dbk_post_row){8, 1, 1704326400, -2500, 97500, ""};
    dbk_teller_connected(&teller, &account, 3);
    return teller;
}

static struct dbk_post_result decided(enum dbk_outcome outcome, enum dbk_verdict verdict,
                                      enum dbk_transaction_type what)
{
    return (struct dbk_post_result){
        .outcome = outcome,
        .verdict = verdict,
        .partition = 0,
        .offset = 42,
        .balance_minor = 93000,
        .event = {.account = text_of("C100"),
                  .value_minor = 10000,
                  .type = what,
                  .date_s = 1777757489,
                  .source = text_of("teller:x"),
                  .seq = 7,
                  .has_floor = what == DBK_WITHDRAWAL},
    };
}

static void teller_accounts__are_listed_searched_and_chosen(void **state)
{
    struct dbk_teller teller = begin(DBK_ENGLISH);
    (void)state;
    show(&teller, 24, 80);
    assert_line(0,
                " daybook · Account Connection                    client_transactions · ● online");
    assert_line(2,
                "  Account                                                      3 of 3 accounts");
    assert_line(5, "   AC1                                                                  −0.05");
    assert_line(7, "   C200                                                              2,300.00");
    assert_line(23, "  Enter  Connect   F4  Open new   Ctrl-C  Quit   Esc  Clear   ↑↓  Choose");
    /* What begins with the search comes before what has it inside; either case is found. */
    type(&teller, "c1");
    show(&teller, 24, 80);
    assert_line(2,
                "  Account   c1                                                 2 of 3 accounts");
    assert_line(5, "   C100                                                                830.00");
    assert_line(6, "   AC1                                                                  −0.05");
    assert_int_equal(dbk_teller_key(&teller, DBK_KEY_DOWN), DBK_TELLER_NOTHING);
    assert_int_equal(dbk_teller_key(&teller, DBK_KEY_DOWN), DBK_TELLER_NOTHING);
    assert_int_equal(dbk_teller_key(&teller, DBK_KEY_ENTER), DBK_TELLER_CONNECT);
    assert_string_equal(teller.wanted, "AC1");
    type(&teller, "xyz");
    show(&teller, 24, 80);
    assert_shown("No account contains “xyz”.");
    assert_int_equal(dbk_teller_key(&teller, DBK_KEY_ENTER), DBK_TELLER_NOTHING);
    show(&teller, 24, 80);
    assert_shown("There is no account “xyz”. F4 opens it.");
    assert_string_equal(teller.search, "xyz"); /* nothing typed is lost */
    assert_int_equal(dbk_teller_key(&teller, DBK_KEY_F4), DBK_TELLER_CONNECT);
    assert_string_equal(teller.wanted, "xyz");
    assert_int_equal(dbk_teller_key(&teller, DBK_KEY_ESCAPE), DBK_TELLER_NOTHING);
    assert_string_equal(teller.search, "");
    dbk_teller_clear(&teller);
}

static void teller_accounts__refuse_names_that_are_none(void **state)
{
    static const struct {
        const char *name;
        const char *said;
    } cases[] = {
        {"", "Type the account’s name."},
        {"C100", "exists already"},
        {"a\u200bb", "cannot be an account’s name"},
        {" x", "cannot be an account’s name"},
    };
    struct dbk_teller teller = begin(DBK_ENGLISH);
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        type(&teller, cases[i].name);
        assert_int_equal(dbk_teller_key(&teller, DBK_KEY_F4), DBK_TELLER_NOTHING);
        if (strstr(teller.refusal, cases[i].said) == NULL)
            fail_msg("%zu: %s", i, teller.refusal);
    }
    dbk_teller_clear(&teller);
}

static void teller_accounts__scroll_and_keep_the_choice_while_others_come(void **state)
{
    struct dbk_teller teller = begin(DBK_ENGLISH);
    char name[16];
    (void)state;
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "N%03d", i);
        put(&teller, name, i);
    }
    type(&teller, "N");
    show(&teller, 24, 80);
    assert_int_equal(screen.menu.count, 15);
    dbk_teller_key(&teller, DBK_KEY_PAGE_DOWN);
    dbk_teller_key(&teller, DBK_KEY_DOWN);
    show(&teller, 24, 80);
    assert_int_equal(screen.menu.selected, 1);
    assert_string_equal(dbk_teller_list_match(&teller.list, teller.list.selected)->name, "N016");
    put(&teller, "N0001", 1);
    put(&teller, "N016", 777);
    assert_int_equal(dbk_teller_list_search(&teller.list, "N", true), 0);
    const struct dbk_teller_row *chosen = dbk_teller_list_match(&teller.list, teller.list.selected);
    assert_string_equal(chosen->name, "N016");
    assert_int_equal(chosen->balance_minor, 777);
    for (int i = 0; i < 20; i++)
        dbk_teller_key(&teller, DBK_KEY_PAGE_DOWN);
    assert_int_equal(teller.list.selected, 100);
    for (int i = 0; i < 20; i++)
        dbk_teller_key(&teller, DBK_KEY_PAGE_UP);
    assert_int_equal(teller.list.selected, 0);
    dbk_teller_clear(&teller);
}

static void teller_list__takes_the_last_balance_of_an_account_put_twice(void **state)
{
    struct dbk_teller_list list = {.rows = NULL};
    (void)state;
    for (int i = 0; i < 1000; i++)
        assert_int_equal(dbk_teller_list_put(&list, text_of(i % 2 ? "B" : "A"), i), 0);
    assert_int_equal(dbk_teller_list_search(&list, "", false), 0);
    assert_int_equal(list.count, 2);
    assert_int_equal(dbk_teller_list_find(&list, "A")->balance_minor, 998);
    assert_int_equal(dbk_teller_list_find(&list, "B")->balance_minor, 999);
    assert_null(dbk_teller_list_find(&list, "C"));
    dbk_teller_list_clear(&list);
}

static void teller_transaction__shows_the_account(void **state)
{
    struct dbk_teller teller = begin_connected(DBK_ENGLISH);
    (void)state;
    type(&teller, "100");
    show(&teller, 24, 80);
    assert_line(0,
                " daybook · Make Transaction                      client_transactions · ● online");
    assert_line(2, "  Account   C100");
    assert_line(3, "  Balance   830.00");
    assert_line(5, "  Amount    100");
    assert_line(7, "            [ Deposit  ]  [ Withdraw ]  [   Back   ]");
    assert_line(9, "  Transactions (UTC)    Amount  Balance  Position  Memo");
    assert_line(10, "  2024-01-05 00:00:00  −145.00   830.00  8:2       rent");
    assert_line(11, "  2024-01-04 00:00:00   −25.00   975.00  8:1");
    assert_line(23, "  F2  Deposit   F3  Withdraw   Esc  Back   Ctrl-C  Quit   Tab  Next");
    dbk_teller_clear(&teller);
}

static void teller_transaction__posts_and_says_what_the_log_decided(void **state)
{
    struct dbk_teller teller = begin_connected(DBK_ENGLISH);
    struct dbk_post_result result = decided(DBK_OUTCOME_POSTED, DBK_POSTED, DBK_DEPOSIT);
    (void)state;
    type(&teller, "100,5");
    assert_int_equal(dbk_teller_key(&teller, DBK_KEY_F2), DBK_TELLER_SEND);
    assert_int_equal(teller.type, DBK_DEPOSIT);
    assert_int_equal(teller.value_minor, 10050);
    dbk_teller_sent(&teller);
    /* Nobody sends the next one, or leaves, before this one is decided. */
    assert_int_equal(dbk_teller_key(&teller, DBK_KEY_F2), DBK_TELLER_NOTHING);
    assert_non_null(strstr(teller.refusal, "not decided yet"));
    assert_int_equal(dbk_teller_key(&teller, DBK_KEY_ESCAPE), DBK_TELLER_NOTHING);
    assert_int_equal(teller.place, DBK_TELLER_TRANSACTION);
    dbk_teller_decided(&teller, &result);
    show(&teller, 24, 80);
    assert_line(21,
                "  Deposited 100.00 into C100 at 2026-05-02 21:31:29 · 0:42 · new balance 930.00");
    assert_line(5, "  Amount");
    type(&teller, "30");
    assert_int_equal(dbk_teller_key(&teller, DBK_KEY_F3), DBK_TELLER_SEND);
    assert_int_equal(teller.type, DBK_WITHDRAWAL);
    dbk_teller_sent(&teller);
    type(&teller, "31"); /* the next one's: it stays */
    result = decided(DBK_OUTCOME_POSTED, DBK_POSTED, DBK_WITHDRAWAL);
    dbk_teller_decided(&teller, &result);
    assert_non_null(strstr(teller.notice, "Withdrew 100.00 from C100"));
    assert_string_equal(teller.amount, "31");
    dbk_teller_clear(&teller);
}

static void teller_transaction__refuses_beside_the_field_and_loses_nothing(void **state)
{
    struct dbk_teller teller = begin_connected(DBK_ENGLISH);
    struct dbk_post_result result = decided(DBK_OUTCOME_REFUSED, DBK_OVERDRAFT, DBK_WITHDRAWAL);
    (void)state;
    type(&teller, "9000");
    assert_int_equal(dbk_teller_key(&teller, DBK_KEY_F3), DBK_TELLER_SEND);
    dbk_teller_sent(&teller);
    dbk_teller_decided(&teller, &result);
    show(&teller, 24, 80);
    assert_line(5, "  Amount    9000                  Refused · 0:42 · the balance is 930.00 and");
    assert_line(6, "                                  must stay at 0.00 or more");
    result.verdict = DBK_OVERFLOW;
    dbk_teller_decided(&teller, &result);
    assert_non_null(strstr(teller.refusal, "too large"));
    result.outcome = DBK_OUTCOME_NOT_SENT;
    snprintf(result.err.text, sizeof result.err.text, "the reason");
    dbk_teller_decided(&teller, &result);
    assert_string_equal(teller.refusal, "Nothing was sent: the reason");
    assert_string_equal(teller.amount, "9000");
    dbk_teller_clear(&teller);
}

static void teller_amount__is_refused_with_its_reason(void **state)
{
    static const struct {
        const char *typed;
        const char *said; /* NULL: it is one */
    } cases[] = {
        {"", "Type an amount"},
        {"abc", "not an amount"},
        {"0", "More than zero"},
        {"0,00", "More than zero"},
        {"-5", "More than zero"},
        {"1.234", "thousands"},
        {"1 234", "thousands"},
        {"1,234.50", "thousands"},
        {"1.2345", "two decimals"},
        {"12.5.1", "thousands"},
        {"99999999999999999999", "too large"},
        {"12.50", NULL},
        {"12,5", NULL},
        {"1234", NULL},
    };
    struct dbk_teller teller = begin_connected(DBK_ENGLISH);
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        type(&teller, cases[i].typed);
        enum dbk_teller_action action = dbk_teller_key(&teller, DBK_KEY_F2);
        bool right = cases[i].said == NULL ? action == DBK_TELLER_SEND
                                           : action == DBK_TELLER_NOTHING &&
                                                 strstr(teller.refusal, cases[i].said) != NULL;
        if (!right)
            fail_msg("\"%s\": %s", cases[i].typed, teller.refusal);
        assert_string_equal(teller.amount, cases[i].typed);
    }
    dbk_teller_clear(&teller);
}

static void teller_focus__goes_round_and_enter_presses(void **state)
{
    struct dbk_teller teller = begin_connected(DBK_ENGLISH);
    (void)state;
    type(&teller, "5");
    assert_int_equal(dbk_teller_key(&teller, DBK_KEY_ENTER), DBK_TELLER_NOTHING);
    assert_int_equal(teller.focus, DBK_TELLER_DEPOSIT); /* Enter in the field moves no money */
    assert_int_equal(dbk_teller_key(&teller, DBK_KEY_ENTER), DBK_TELLER_SEND);
    assert_int_equal(teller.type, DBK_DEPOSIT);
    dbk_teller_key(&teller, DBK_KEY_RIGHT);
    assert_int_equal(dbk_teller_key(&teller, DBK_KEY_ENTER), DBK_TELLER_SEND);
    assert_int_equal(teller.type, DBK_WITHDRAWAL);
    dbk_teller_key(&teller, DBK_KEY_TAB);
    show(&teller, 24, 80);
    assert_true(screen.menu.focused && screen.menu.selected == 2 && !screen.field.focused);
    dbk_teller_key(&teller, DBK_KEY_TAB);
    assert_int_equal(teller.focus, DBK_TELLER_AMOUNT);
    dbk_teller_key(&teller, DBK_KEY_BACK_TAB);
    assert_int_equal(teller.focus, DBK_TELLER_BACK);
    type(&teller, "56"); /* typing goes to the field */
    assert_int_equal(teller.focus, DBK_TELLER_AMOUNT);
    dbk_teller_key(&teller, DBK_KEY_UP);
    assert_int_equal(dbk_teller_key(&teller, DBK_KEY_ENTER), DBK_TELLER_DISCONNECT);
    assert_int_equal(teller.place, DBK_TELLER_ACCOUNTS);
    dbk_teller_clear(&teller);
}

static void teller_online__says_at_once_that_the_broker_is_lost(void **state)
{
    struct dbk_teller teller = begin_connected(DBK_ENGLISH);
    struct dbk_post_result result = decided(DBK_OUTCOME_POSTED, DBK_POSTED, DBK_DEPOSIT);
    (void)state;
    type(&teller, "5");
    dbk_teller_set_online(&teller, false);
    show(&teller, 24, 80);
    assert_line(0,
                " daybook · Make Transaction                     client_transactions · ○ OFFLINE");
    assert_shown("does not answer");
    assert_int_equal(dbk_teller_key(&teller, DBK_KEY_F2), DBK_TELLER_NOTHING);
    assert_non_null(strstr(teller.refusal, "nothing was sent"));
    assert_string_equal(teller.amount, "5");
    dbk_teller_set_online(&teller, true);
    assert_int_equal(dbk_teller_key(&teller, DBK_KEY_F2), DBK_TELLER_SEND);
    dbk_teller_sent(&teller);
    dbk_teller_set_online(&teller, false);
    assert_non_null(strstr(teller.notice, "5 is in flight"));
    dbk_teller_set_online(&teller, true);
    dbk_teller_decided(&teller, &result);
    assert_non_null(strstr(teller.notice, "Deposited"));
    dbk_teller_clear(&teller);
}

static void teller_in_flight__what_is_typed_is_the_next_ones(void **state)
{
    struct dbk_teller teller = begin_connected(DBK_ENGLISH);
    struct dbk_post_result posted = decided(DBK_OUTCOME_POSTED, DBK_POSTED, DBK_DEPOSIT);
    struct dbk_post_result refused = decided(DBK_OUTCOME_REFUSED, DBK_OVERDRAFT, DBK_WITHDRAWAL);
    (void)state;
    type(&teller, "10");
    assert_int_equal(dbk_teller_key(&teller, DBK_KEY_F2), DBK_TELLER_SEND);
    dbk_teller_sent(&teller);
    show(&teller, 24, 80);
    assert_string_equal(screen.field.text, "");
    type(&teller, "20");
    assert_int_equal(dbk_teller_key(&teller, DBK_KEY_F2), DBK_TELLER_NOTHING);
    assert_non_null(strstr(teller.refusal, "not decided yet"));
    dbk_teller_decided(&teller, &posted);
    assert_string_equal(teller.amount, "20");
    /* What is refused can be typed on, unless another one was begun. */
    dbk_teller_sent(&teller);
    dbk_teller_decided(&teller, &refused);
    assert_string_equal(teller.amount, "20");
    type(&teller, "205"); /* it came back while the next one was begun */
    assert_string_equal(teller.amount, "5");
    type(&teller, "50");
    assert_string_equal(teller.amount, "50");
    dbk_teller_sent(&teller);
    dbk_teller_decided(&teller, &refused);
    type(&teller, "5");
    type(&teller, "55");
    assert_string_equal(teller.amount, "55"); /* it was corrected */
    dbk_teller_sent(&teller);
    type(&teller, "3");
    dbk_teller_decided(&teller, &refused);
    assert_string_equal(teller.amount, "3");
    dbk_teller_clear(&teller);
}

static void teller_notice__of_the_last_one_does_not_stay_beside_a_refusal(void **state)
{
    struct dbk_teller teller = begin_connected(DBK_ENGLISH);
    struct dbk_post_result posted = decided(DBK_OUTCOME_POSTED, DBK_POSTED, DBK_DEPOSIT);
    (void)state;
    type(&teller, "10");
    dbk_teller_sent(&teller);
    dbk_teller_decided(&teller, &posted);
    assert_non_null(strstr(teller.notice, "Deposited"));
    type(&teller, "1.234");
    assert_int_equal(dbk_teller_key(&teller, DBK_KEY_F2), DBK_TELLER_NOTHING);
    assert_string_equal(teller.notice, "");
    dbk_teller_clear(&teller);
}

static void teller_window__that_is_too_small_takes_no_keys(void **state)
{
    struct dbk_teller teller = begin_connected(DBK_ENGLISH);
    (void)state;
    type(&teller, "5");
    show(&teller, 5, 20);
    assert_int_equal(screen.field.width, 0); /* so that no letter is taken, either */
    assert_int_equal(dbk_teller_key(&teller, DBK_KEY_F2), DBK_TELLER_NOTHING);
    assert_int_equal(dbk_teller_key(&teller, DBK_KEY_TAB), DBK_TELLER_NOTHING);
    assert_int_equal(dbk_teller_key(&teller, DBK_KEY_ENTER), DBK_TELLER_NOTHING);
    show(&teller, 24, 80);
    assert_int_equal(teller.focus, DBK_TELLER_AMOUNT);
    assert_int_equal(dbk_teller_key(&teller, DBK_KEY_F2), DBK_TELLER_SEND);
    dbk_teller_clear(&teller);
}

static void teller_back__begins_with_an_empty_search_at_the_same_account(void **state)
{
    struct dbk_teller teller = begin_connected(DBK_ENGLISH);
    (void)state;
    assert_int_equal(dbk_teller_key(&teller, DBK_KEY_ESCAPE), DBK_TELLER_DISCONNECT);
    assert_string_equal(teller.search, "");
    assert_int_equal(teller.list.match_count, 3);
    assert_string_equal(dbk_teller_list_match(&teller.list, teller.list.selected)->name, "C100");
    dbk_teller_clear(&teller);
}

static void teller_result__of_an_unknown_outcome_is_the_command_that_finds_out(void **state)
{
    struct dbk_post_result result = decided(DBK_OUTCOME_UNKNOWN, DBK_POSTED, DBK_WITHDRAWAL);
    struct dbk_teller teller = begin(DBK_ENGLISH);
    char text[DBK_SCREEN_TEXT];
    (void)state;
    result.event.account = text_of("O'Brien");
    assert_false(dbk_teller_result_text(text, sizeof text, &teller, &result));
    assert_non_null(strstr(text, "looks: daybook withdraw --id 'teller:x:7' -b '127.0.0.1:9092' "
                                 "-t 'client_transactions' --date 2026-05-02T21:31:29Z "
                                 "'O'\\''Brien' 100.00"));
    /* Cut, it would be another command. */
    memset(brokers, 'b', sizeof brokers - 1);
    assert_false(dbk_teller_result_text(text, sizeof text, &teller, &result));
    assert_non_null(strstr(text, "100.00"));
    memset(topic, '\'', sizeof topic - 1);
    assert_false(dbk_teller_result_text(text, sizeof text, &teller, &result));
    assert_string_equal(strstr(text, "looks: "), "looks: --id teller:x:7");
    snprintf(brokers, sizeof brokers, "127.0.0.1:9092");
    snprintf(topic, sizeof topic, "client_transactions");
    dbk_teller_clear(&teller);
}

static void teller_result__of_an_unknown_outcome_is_shown_whole(void **state)
{
    struct dbk_teller teller = begin_connected(DBK_ENGLISH);
    struct dbk_post_result result = decided(DBK_OUTCOME_UNKNOWN, DBK_POSTED, DBK_DEPOSIT);
    (void)state;
    account.recent_count = DBK_POST_RECENT;
    type(&teller, "100");
    dbk_teller_sent(&teller);
    dbk_teller_decided(&teller, &result);
    show(&teller, 24, 80);
    assert_line(18, "");
    assert_line(19, "  Sent, outcome unknown. This posts it if the log does not have it, never");
    assert_line(20,
                "  twice; with --dry-run it only looks: daybook deposit --open --id 'teller:x:7'");
    assert_line(21, "  -b '127.0.0.1:9092' -t 'client_transactions' --date 2026-05-02T21:31:29Z");
    assert_line(22, "  'C100' 100.00");
    assert_string_equal(teller.amount, ""); /* another F2 would be another one */
    dbk_teller_clear(&teller);
}

static char told[256];

static void tell(void *context, const char *line)
{
    (void)context;
    snprintf(told, sizeof told, "%s", line);
}

static void teller_run__leaves_with_what_is_not_known(void **state)
{
    static struct dbk_teller_run run;
    struct dbk_post_result posted = decided(DBK_OUTCOME_POSTED, DBK_POSTED, DBK_DEPOSIT);
    struct dbk_post_result unknown = decided(DBK_OUTCOME_UNKNOWN, DBK_POSTED, DBK_DEPOSIT);
    struct dbk_post_result not_sent = decided(DBK_OUTCOME_NOT_SENT, DBK_POSTED, DBK_DEPOSIT);
    (void)state;
    dbk_teller_init(&run.teller, DBK_ENGLISH, &config);
    dbk_teller_run_count(&run, &not_sent);
    assert_int_equal(run.left_err.code, DBK_EBROKER);
    dbk_teller_run_count(&run, &posted); /* that is over */
    assert_int_equal(run.left_err.code, 0);
    dbk_teller_run_count(&run, &unknown);
    dbk_teller_run_count(&run, &not_sent);
    dbk_teller_run_count(&run, &posted);
    assert_int_equal(run.left_err.code, DBK_EUNKNOWN);
    assert_non_null(strstr(run.left_err.text, "'teller:x:7'"));
    unknown.event.seq = 0;
    dbk_message_divert(tell, NULL);
    dbk_teller_run_count(&run, &unknown);
    dbk_message_divert(NULL, NULL);
    assert_non_null(strstr(told, "'teller:x:7'"));
    assert_non_null(strstr(run.left_err.text, "'teller:x:0'"));
    assert_int_equal(run.posted_count, 2);
}

/** The whole screen as one line, single-spaced: what was broken into lines is whole again. */
static const char *joined(void)
{
    static char text[sizeof lines + HEIGHT_MAX];
    size_t used = 0;
    for (int y = 0; y < HEIGHT_MAX; y++) {
        for (const char *p = lines[y]; *p != '\0'; p++)
            if (*p != ' ' || (used > 0 && text[used - 1] != ' '))
                text[used++] = *p;
        if (used > 0 && text[used - 1] != ' ')
            text[used++] = ' ';
    }
    text[used] = '\0';
    return text;
}

static void assert_whole(const char *text, int height, int width)
{
    if (strstr(joined(), text) == NULL)
        fail_msg("%dx%d: \"%s\" is not whole in\n%s", width, height, text, joined());
}

static void assert_last_line_names(const struct dbk_teller *teller, int height, int width)
{
    static const enum dbk_teller_text_id ids[] = {DBK_TT_KEY_ESCAPE, DBK_TT_KEY_QUIT};
    for (size_t i = 0; i < COUNT(ids); i++)
        if (strstr(lines[height - 1], dbk_teller_text(teller->lang, ids[i])) == NULL)
            fail_msg("%dx%d: the keys are %s", width, height, lines[height - 1]);
}

/** One state, at every size that is supported. */
static void show_at_sizes(struct dbk_teller *teller)
{
    static const int sizes[][2] = {{12, 60}, {19, 60}, {20, 60}, {24, 80}, {40, 120}};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        int height = sizes[i][0];
        int width = sizes[i][1];
        show(teller, height, width);
        assert_last_line_names(teller, height, width);
        assert_whole(teller->refusal, height, width);
        if (teller->refusal[0] == '\0')
            assert_whole(teller->notice, height, width);
        enum dbk_teller_text_id state = teller->online ? DBK_TT_ONLINE : DBK_TT_OFFLINE;
        if (strstr(lines[0], dbk_teller_text(teller->lang, state)) == NULL)
            fail_msg("%dx%d: the bar is %s", width, height, lines[0]);
        /* Where no long notice needs the room, the last transaction is there, its amounts whole. */
        if (teller->place == DBK_TELLER_TRANSACTION && teller->notice[0] == '\0') {
            assert_whole("−145", height, width);
            assert_whole("830", height, width);
        }
    }
}

/** Nothing overlaps, leaves the screen, or is cut where it must be whole. */
static void teller_screen__shows_every_state_whole_at_every_size(void **state)
{
    struct dbk_post_result over = decided(DBK_OUTCOME_REFUSED, DBK_OVERDRAFT, DBK_WITHDRAWAL);
    struct dbk_post_result unknown = decided(DBK_OUTCOME_UNKNOWN, DBK_POSTED, DBK_WITHDRAWAL);
    struct dbk_post_result posted = decided(DBK_OUTCOME_POSTED, DBK_POSTED, DBK_DEPOSIT);
    (void)state;
    for (int lang = 0; lang < DBK_LANG_COUNT; lang++)
        for (int place = 0; place < 2; place++) {
            struct dbk_teller teller =
                place == 0 ? begin((enum dbk_lang)lang) : begin_connected((enum dbk_lang)lang);
            show_at_sizes(&teller);
            dbk_teller_set_online(&teller, false);
            show_at_sizes(&teller);
            for (int id = DBK_TT_AMOUNT_EMPTY; id <= DBK_TT_EXISTS; id++) {
                dbk_teller_refuse(
                    &teller, dbk_teller_text((enum dbk_lang)lang, (enum dbk_teller_text_id)id));
                show_at_sizes(&teller);
            }
            dbk_teller_decided(&teller, &over);
            show_at_sizes(&teller);
            dbk_teller_decided(&teller, &posted);
            show_at_sizes(&teller);
            dbk_teller_decided(&teller, &unknown);
            show_at_sizes(&teller);
            dbk_teller_refuse(&teller, dbk_teller_text((enum dbk_lang)lang, DBK_TT_UNDECIDED));
            show_at_sizes(&teller);
            dbk_teller_clear(&teller);
        }
}

/** What cannot be whole says so. */
static void teller_screen__says_that_a_notice_is_cut(void **state)
{
    struct dbk_teller teller = begin_connected(DBK_ENGLISH);
    (void)state;
    for (int i = 0; i < 60; i++)
        memcpy(teller.notice + i * 8, "1234567 ", 9);
    show(&teller, 12, 60);
    assert_line(10, "  Make the window larger.");
    show(&teller, 24, 60);
    assert_whole(teller.notice + 60, 24, 60);
    dbk_teller_clear(&teller);
}

/** Memo, position, date go as a whole; amounts and balances stay, as wide as they are. */
static void teller_recent__drops_columns_rather_than_cutting(void **state)
{
    struct dbk_teller teller = begin_connected(DBK_ENGLISH);
    (void)state;
    account.recent[0].amount_minor = 123456789;
    account.recent[0].balance_minor = 123456789;
    show(&teller, 12, 60);
    assert_line(5, "  Transactions (UTC)          Amount       Balance  Position");
    assert_line(6, "  2024-01-05 00:00:00  +1,234,567.89  1,234,567.89  8:2");
    show(&teller, 24, 80);
    assert_line(10, "  2024-01-05 00:00:00  +1,234,567.89  1,234,567.89  8:2       rent");
    account.recent[0].offset = 123456789012;
    show(&teller, 12, 60);
    assert_line(5, "  Transactions (UTC)          Amount       Balance");
    account.recent[0].amount_minor = INT64_MIN + 1;
    account.recent[0].balance_minor = INT64_MIN + 1;
    show(&teller, 12, 60);
    assert_line(6, "  −92,233,720,368,547,758.07  −92,233,720,368,547,758.07");
    dbk_teller_clear(&teller);
}

static void teller_accounts__names_the_nearest(void **state)
{
    struct dbk_teller teller = begin(DBK_ENGLISH);
    (void)state;
    type(&teller, "C1O0");
    show(&teller, 12, 60);
    assert_whole(
        "No account contains “C1O0”. F4 opens an account of this name. Nearest: C100, C200.", 12,
        60);
    type(&teller, "another name");
    show(&teller, 12, 60);
    assert_null(strstr(joined(), "Nearest"));
    dbk_teller_clear(&teller);
}

static void teller_accounts__are_counted_in_good_french(void **state)
{
    struct dbk_teller teller = begin(DBK_FRENCH);
    (void)state;
    show(&teller, 24, 80);
    assert_shown("3 comptes sur 3");
    assert_line(23, "  Entrée  Valider   F4  Créer   Ctrl-C  Fin   Échap  Effacer   ↑↓  Choisir");
    type(&teller, "C100");
    show(&teller, 24, 80);
    assert_shown("1 compte sur 3");
    type(&teller, "x");
    show(&teller, 24, 80);
    assert_shown("0 compte sur 3");
    dbk_teller_clear(&teller);
}

/** Every size, in both languages, at both places: nothing leaves the screen. */
static void teller_screen__fits_every_size(void **state)
{
    (void)state;
    for (int lang = 0; lang < DBK_LANG_COUNT; lang++)
        for (int place = 0; place < 2; place++) {
            struct dbk_teller teller =
                place == 0 ? begin((enum dbk_lang)lang) : begin_connected((enum dbk_lang)lang);
            account.recent_count = DBK_POST_RECENT;
            for (int i = 0; i < DBK_POST_RECENT; i++)
                account.recent[i] =
                    (struct dbk_post_row){11, INT64_MAX, 0, INT64_MIN + 1, INT64_MAX, "世界 é"};
            dbk_teller_refuse(&teller, "a refusal that is so long that it does not fit into one "
                                       "line of a screen, whatever its width is, or so it seems");
            for (int height = 1; height <= HEIGHT_MAX; height += 3)
                for (int width = 1; width <= 160; width += 7)
                    show(&teller, height, width);
            dbk_teller_clear(&teller);
        }
}

static void teller_screen__shows_hostile_text_as_data(void **state)
{
    struct dbk_teller teller = begin_connected(DBK_ENGLISH);
    (void)state;
    snprintf(account.recent[0].memo, sizeof account.recent[0].memo, "\x1b[2Jevil\u202e");
    account.name = text_of("a\x1b]0;x\x07");
    show(&teller, 24, 120);
    for (int y = 0; y < 24; y++)
        assert_null(strchr(lines[y], 0x1B));
    assert_shown("\\x1B[2Jevil");
    assert_shown("a\\x1B]0;x\\x07");
    dbk_teller_clear(&teller);
}

static void teller_text__is_there_in_every_language(void **state)
{
    (void)state;
    for (int id = 0; id < DBK_TEXT_TELLER_COUNT; id++)
        for (char place = '0'; place <= '4'; place++) {
            const char name[] = {'{', place, '}', '\0'};
            const char *french = dbk_teller_text(DBK_FRENCH, (enum dbk_teller_text_id)id);
            const char *english = dbk_teller_text(DBK_ENGLISH, (enum dbk_teller_text_id)id);
            if (french[0] == '\0' || english[0] == '\0')
                fail_msg("text %d is missing", id);
            if ((strstr(french, name) == NULL) != (strstr(english, name) == NULL))
                fail_msg("%s differs: %s", english, french);
        }
}

static void teller_lang__is_the_locale_s(void **state)
{
    (void)state;
    assert_int_equal(dbk_teller_lang(NULL, NULL, "fr_FR.UTF-8"), DBK_FRENCH);
    assert_int_equal(dbk_teller_lang("", "", "fr"), DBK_FRENCH);
    assert_int_equal(dbk_teller_lang("C.UTF-8", NULL, "fr_FR.UTF-8"), DBK_ENGLISH);
    assert_int_equal(dbk_teller_lang(NULL, "fr_CA", "en_US"), DBK_FRENCH);
    assert_int_equal(dbk_teller_lang(NULL, NULL, NULL), DBK_ENGLISH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(teller_accounts__are_listed_searched_and_chosen),
        cmocka_unit_test(teller_accounts__refuse_names_that_are_none),
        cmocka_unit_test(teller_accounts__scroll_and_keep_the_choice_while_others_come),
        cmocka_unit_test(teller_list__takes_the_last_balance_of_an_account_put_twice),
        cmocka_unit_test(teller_transaction__shows_the_account),
        cmocka_unit_test(teller_transaction__posts_and_says_what_the_log_decided),
        cmocka_unit_test(teller_transaction__refuses_beside_the_field_and_loses_nothing),
        cmocka_unit_test(teller_amount__is_refused_with_its_reason),
        cmocka_unit_test(teller_focus__goes_round_and_enter_presses),
        cmocka_unit_test(teller_online__says_at_once_that_the_broker_is_lost),
        cmocka_unit_test(teller_in_flight__what_is_typed_is_the_next_ones),
        cmocka_unit_test(teller_notice__of_the_last_one_does_not_stay_beside_a_refusal),
        cmocka_unit_test(teller_window__that_is_too_small_takes_no_keys),
        cmocka_unit_test(teller_back__begins_with_an_empty_search_at_the_same_account),
        cmocka_unit_test(teller_result__of_an_unknown_outcome_is_the_command_that_finds_out),
        cmocka_unit_test(teller_result__of_an_unknown_outcome_is_shown_whole),
        cmocka_unit_test(teller_run__leaves_with_what_is_not_known),
        cmocka_unit_test(teller_accounts__names_the_nearest),
        cmocka_unit_test(teller_accounts__are_counted_in_good_french),
        cmocka_unit_test(teller_recent__drops_columns_rather_than_cutting),
        cmocka_unit_test(teller_screen__shows_every_state_whole_at_every_size),
        cmocka_unit_test(teller_screen__says_that_a_notice_is_cut),
        cmocka_unit_test(teller_screen__fits_every_size),
        cmocka_unit_test(teller_screen__shows_hostile_text_as_data),
        cmocka_unit_test(teller_text__is_there_in_every_language),
        cmocka_unit_test(teller_lang__is_the_locale_s),
    };
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
