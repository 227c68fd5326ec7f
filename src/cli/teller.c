#include "teller.h"

#include <daybook/amount_text.h>
#include <daybook/date.h>
#include <daybook/escape.h>
#include <daybook/money.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void dbk_teller_init(struct dbk_teller *teller, enum dbk_lang lang, const struct dbk_config *config)
{
    *teller = (struct dbk_teller){.lang = lang, .config = config, .online = true, .page_rows = 1};
}

void dbk_teller_clear(struct dbk_teller *teller)
{
    dbk_teller_list_clear(&teller->list);
}

bool dbk_teller_amount(int64_t *amount_minor, enum dbk_teller_text_id *why, const char *text)
{
    static const enum dbk_teller_text_id texts[] = {
        [DBK_AMOUNT_EMPTY] = DBK_TT_AMOUNT_EMPTY,
        [DBK_AMOUNT_NONE] = DBK_TT_AMOUNT_NONE,
        [DBK_AMOUNT_DECIMALS] = DBK_TT_AMOUNT_DECIMALS,
        [DBK_AMOUNT_LARGE] = DBK_TT_AMOUNT_LARGE,
        [DBK_AMOUNT_GROUPS] = DBK_TT_AMOUNT_GROUPS,
        [DBK_AMOUNT_POSITIVE] = DBK_TT_AMOUNT_POSITIVE,
    };
    struct dbk_text typed = {text, (uint32_t)strlen(text)};
    enum dbk_amount_problem problem = dbk_amount_typed(amount_minor, typed, true);
    if (problem != DBK_AMOUNT_FINE)
        *why = texts[problem];
    return problem == DBK_AMOUNT_FINE;
}

static void say(const struct dbk_teller *teller, char *out, enum dbk_teller_text_id id,
                const char *value)
{
    const char *const values[DBK_TELLER_VALUES] = {value};
    dbk_teller_say(out, DBK_SCREEN_TEXT, teller->lang, id, values);
}

void dbk_teller_refuse(struct dbk_teller *teller, const char *why)
{
    snprintf(teller->refusal, sizeof teller->refusal, "%s", why);
}

static enum dbk_teller_action refuse(struct dbk_teller *teller, enum dbk_teller_text_id id,
                                     const char *value)
{
    say(teller, teller->refusal, id, value);
    return DBK_TELLER_NOTHING;
}

static void notice(struct dbk_teller *teller, enum dbk_teller_text_id id, bool good)
{
    say(teller, teller->notice, id, teller->sent_amount);
    teller->notice_is_good = good;
}

static enum dbk_teller_action connect(struct dbk_teller *teller, const char *name)
{
    teller->refusal[0] = '\0';
    teller->notice[0] = '\0';
    snprintf(teller->wanted, sizeof teller->wanted, "%.*s", DBK_ACCOUNT_MAX, name);
    return DBK_TELLER_CONNECT;
}

static enum dbk_teller_action open_account(struct dbk_teller *teller)
{
    struct dbk_text name = {teller->search, (uint32_t)strlen(teller->search)};
    if (name.length == 0)
        return refuse(teller, DBK_TT_NAME_EMPTY, "");
    if (!dbk_text_is_clean(name, DBK_ACCOUNT_MAX, true))
        return refuse(teller, DBK_TT_NAME_WRONG, "");
    if (dbk_teller_list_find(&teller->list, teller->search) != NULL)
        return refuse(teller, DBK_TT_EXISTS, teller->search);
    return connect(teller, teller->search);
}

static enum dbk_teller_action key_at_accounts(struct dbk_teller *teller, enum dbk_key key)
{
    struct dbk_teller_list *list = &teller->list;
    size_t page = (size_t)teller->page_rows;
    const struct dbk_teller_row *row = dbk_teller_list_match(list, list->selected);
    size_t last = list->match_count > 0 ? list->match_count - 1 : 0;
    switch (key) {
    case DBK_KEY_UP:
        list->selected -= list->selected > 0;
        break;
    case DBK_KEY_DOWN:
        list->selected += list->selected < last;
        break;
    case DBK_KEY_PAGE_UP:
        list->selected -= list->selected < page ? list->selected : page;
        break;
    case DBK_KEY_PAGE_DOWN:
        list->selected = last - list->selected < page ? last : list->selected + page;
        break;
    case DBK_KEY_ENTER:
        if (row != NULL)
            return connect(teller, row->name);
        return refuse(teller,
                      teller->search[0] != '\0' ? DBK_TT_UNKNOWN_ACCOUNT : DBK_TT_NAME_EMPTY,
                      teller->search);
    case DBK_KEY_F4:
        return open_account(teller);
    case DBK_KEY_ESCAPE:
        teller->failed = dbk_teller_edited(teller, "") != 0;
        break;
    default:
        break;
    }
    return DBK_TELLER_NOTHING;
}

static enum dbk_teller_action send(struct dbk_teller *teller, enum dbk_transaction_type type)
{
    enum dbk_teller_text_id why;
    teller->refusal[0] = '\0';
    if (teller->waiting)
        return refuse(teller, DBK_TT_UNDECIDED, "");
    teller->notice[0] = '\0';
    if (!dbk_teller_amount(&teller->value_minor, &why, teller->amount)) {
        teller->focus = DBK_TELLER_AMOUNT;
        return refuse(teller, why, "");
    }
    if (!teller->online)
        return refuse(teller, DBK_TT_OFFLINE_NOT_SENT, "");
    teller->type = type;
    return DBK_TELLER_SEND;
}

static enum dbk_teller_action back(struct dbk_teller *teller)
{
    if (teller->waiting)
        return refuse(teller, DBK_TT_UNDECIDED, "");
    teller->place = DBK_TELLER_ACCOUNTS;
    teller->account = NULL;
    teller->refusal[0] = '\0';
    teller->notice[0] = '\0';
    teller->search[0] = '\0'; /* the next customer's is typed from its beginning */
    teller->failed = dbk_teller_list_search(&teller->list, "", true) != 0;
    return DBK_TELLER_DISCONNECT;
}

static enum dbk_teller_action press(struct dbk_teller *teller)
{
    switch (teller->focus) {
    case DBK_TELLER_DEPOSIT:
        return send(teller, DBK_DEPOSIT);
    case DBK_TELLER_WITHDRAW:
        return send(teller, DBK_WITHDRAWAL);
    case DBK_TELLER_BACK:
        return back(teller);
    default:
        teller->focus = DBK_TELLER_DEPOSIT; /* which way is for the buttons to say */
        return DBK_TELLER_NOTHING;
    }
}

static enum dbk_teller_action key_at_transaction(struct dbk_teller *teller, enum dbk_key key)
{
    int focus = (int)teller->focus;
    int step = 0;
    switch (key) {
    case DBK_KEY_TAB:
    case DBK_KEY_DOWN:
    case DBK_KEY_RIGHT:
        step = 1;
        break;
    case DBK_KEY_BACK_TAB:
    case DBK_KEY_UP:
    case DBK_KEY_LEFT:
        step = DBK_TELLER_FOCUS_COUNT - 1;
        break;
    case DBK_KEY_ENTER:
        return press(teller);
    case DBK_KEY_F2:
        return send(teller, DBK_DEPOSIT);
    case DBK_KEY_F3:
        return send(teller, DBK_WITHDRAWAL);
    case DBK_KEY_ESCAPE:
        return back(teller);
    default:
        break;
    }
    teller->focus = (enum dbk_teller_focus)((focus + step) % DBK_TELLER_FOCUS_COUNT);
    return DBK_TELLER_NOTHING;
}

enum dbk_teller_action dbk_teller_key(struct dbk_teller *teller, enum dbk_key key)
{
    if (teller->hidden) /* nobody acts on what nobody sees */
        return DBK_TELLER_NOTHING;
    return teller->place == DBK_TELLER_ACCOUNTS ? key_at_accounts(teller, key)
                                                : key_at_transaction(teller, key);
}

int dbk_teller_edited(struct dbk_teller *teller, const char *text)
{
    bool at_accounts = teller->place == DBK_TELLER_ACCOUNTS;
    char *field = at_accounts ? teller->search : teller->amount;
    teller->focus = DBK_TELLER_AMOUNT;
    if (strcmp(field, text) == 0)
        return 0;
    /* It may have come back while the next one was begun. */
    size_t length = strlen(field);
    if (!at_accounts && teller->restored && strncmp(text, field, length) == 0)
        text += length;
    teller->restored = teller->restored && at_accounts;
    snprintf(field, sizeof teller->search, "%s", text);
    teller->refusal[0] = '\0';
    return at_accounts ? dbk_teller_list_search(&teller->list, text, false) : 0;
}

void dbk_teller_connected(struct dbk_teller *teller, const struct dbk_post_account *account,
                          int64_t offset_next)
{
    teller->account = account;
    teller->offset_next = offset_next;
    teller->place = DBK_TELLER_TRANSACTION;
    teller->focus = DBK_TELLER_AMOUNT;
    teller->amount[0] = '\0';
    teller->restored = false;
    teller->refusal[0] = '\0';
}

void dbk_teller_sent(struct dbk_teller *teller)
{
    teller->waiting = true;
    memcpy(teller->sent_amount, teller->amount, sizeof teller->amount);
    teller->restored = false;
    teller->amount[0] = '\0'; /* what is typed from now on is the next one's */
    notice(teller, DBK_TT_SENDING, true);
}

void dbk_teller_late(struct dbk_teller *teller)
{
    notice(teller, DBK_TT_IN_FLIGHT, false);
}

void dbk_teller_leave(struct dbk_teller *teller)
{
    notice(teller, DBK_TT_LEAVING, false);
}

/** "2026-05-02 21:31:29", with a space that can be searched for. */
void dbk_teller_date(char *out, size_t size, enum dbk_lang lang, int64_t date_s)
{
    struct dbk_buffer buffer = {.bytes = NULL};
    dbk_lang_day(&buffer, lang, date_s);
    dbk_buffer_add_string(&buffer, " ");
    dbk_lang_time(&buffer, date_s);
    snprintf(out, size, "%s", buffer.failed || buffer.bytes == NULL ? "" : buffer.bytes);
    dbk_buffer_clear(&buffer);
}

void dbk_teller_money(char *out, size_t size, enum dbk_lang lang, int64_t amount_minor)
{
    struct dbk_buffer buffer = {.bytes = NULL};
    dbk_lang_amount(&buffer, lang, amount_minor);
    snprintf(out, size, "%s", buffer.failed || buffer.bytes == NULL ? "" : buffer.bytes);
    dbk_buffer_clear(&buffer);
}

bool dbk_teller_nearest(char *out, size_t size, const struct dbk_teller *teller)
{
    const struct dbk_nearest_names *nearest = &teller->list.nearest;
    char names[DBK_NEAREST_TEXT_SIZE];
    const char *const found[DBK_TELLER_VALUES] = {names};
    dbk_nearest_join(names, nearest);
    dbk_teller_say(out, size, teller->lang, DBK_TT_NEAREST, found);
    return nearest->count > 0;
}

/** A command is never cut: another amount would be another event. */
#define COMMAND_MAX 376

static void add_word(struct dbk_buffer *buffer, const char *before, const char *word)
{
    dbk_buffer_add_string(buffer, before);
    dbk_escape_shell(buffer, dbk_text_of(word));
}

/** The command that says what became of an event, and posts it if it is not there: in this log,
 *  wherever and whenever it is typed. Where it is too long, its id alone. */
static void format_command(char *out, const struct dbk_config *config,
                           const struct dbk_event *event)
{
    struct dbk_buffer buffer = {.bytes = NULL};
    char amount[DBK_MONEY_TEXT_SIZE];
    char id[DBK_SOURCE_MAX + 32];
    char date[DBK_DATE_TEXT_SIZE];
    char *account = dbk_escape_terminal(event->account, false);
    bool deposit = event->type == DBK_DEPOSIT;
    dbk_money_format(amount, event->value_minor);
    snprintf(id, sizeof id, "%.*s:%" PRId64, (int)event->source.length, event->source.bytes,
             event->seq);
    add_word(&buffer, deposit ? "daybook deposit --open --id " : "daybook withdraw --id ", id);
    add_word(&buffer, " -b ", config->brokers);
    add_word(&buffer, " -t ", config->topic);
    dbk_date_format(date, event->date_s);
    dbk_buffer_add_string(&buffer, " --date ");
    dbk_buffer_add_string(&buffer, date);
    bool dash = event->account.bytes[0] == '-'; /* else options may be added behind */
    add_word(&buffer, dash ? " -- " : " ", account != NULL ? account : "");
    dbk_buffer_add_string(&buffer, " ");
    dbk_buffer_add_string(&buffer, amount);
    bool fits = account != NULL && !buffer.failed && buffer.length < COMMAND_MAX;
    snprintf(out, COMMAND_MAX, "%s%s", fits ? "" : "--id ", fits ? buffer.bytes : id);
    dbk_buffer_clear(&buffer);
    free(account);
}

bool dbk_teller_result_text(char *out, size_t size, const struct dbk_teller *teller,
                            const struct dbk_post_result *result)
{
    enum dbk_lang lang = teller->lang;
    char amount[64];
    char balance[64];
    char floor[64];
    char date[64];
    char position[48] = "?";
    char command[COMMAND_MAX];
    const struct dbk_event *event = &result->event;
    char *account = dbk_escape_terminal(event->account, false);
    bool posted = dbk_outcome_is_posted(result->outcome);
    dbk_teller_money(amount, sizeof amount, lang, event->value_minor);
    dbk_teller_money(balance, sizeof balance, lang, result->balance_minor);
    dbk_teller_money(floor, sizeof floor, lang, event->floor_minor);
    format_command(command, teller->config, event);
    dbk_teller_date(date, sizeof date, lang, event->date_s);
    if (result->offset >= 0)
        snprintf(position, sizeof position, "%" PRId32 ":%" PRId64, result->partition,
                 result->offset);
    const char *const move[DBK_TELLER_VALUES] = {amount, account != NULL ? account : "", date,
                                                 position, balance};
    const char *const refusal[DBK_TELLER_VALUES] = {position, balance, floor};
    const char *const failure[DBK_TELLER_VALUES] = {result->err.text};
    const char *const unknown[DBK_TELLER_VALUES] = {command};
    if (posted)
        dbk_teller_say(out, size, lang,
                       event->type == DBK_DEPOSIT ? DBK_TT_DEPOSITED : DBK_TT_WITHDREW, move);
    else if (result->outcome == DBK_OUTCOME_NOT_SENT)
        dbk_teller_say(out, size, lang, DBK_TT_NOT_SENT, failure);
    else if (result->outcome == DBK_OUTCOME_UNKNOWN)
        dbk_teller_say(out, size, lang, DBK_TT_UNKNOWN, unknown);
    else if (result->verdict == DBK_OVERDRAFT)
        dbk_teller_say(out, size, lang, DBK_TT_OVERDRAFT, refusal);
    else if (result->verdict == DBK_OVERFLOW)
        dbk_teller_say(out, size, lang, DBK_TT_OVERFLOW, refusal);
    else
        dbk_teller_say(out, size, lang, DBK_TT_NOT_POSTED, refusal);
    free(account);
    return posted;
}

void dbk_teller_decided(struct dbk_teller *teller, const struct dbk_post_result *result)
{
    char text[DBK_SCREEN_TEXT];
    teller->waiting = false;
    teller->notice[0] = '\0';
    bool posted = dbk_teller_result_text(text, sizeof text, teller, result);
    if (!posted && result->outcome != DBK_OUTCOME_UNKNOWN) {
        dbk_teller_refuse(teller, text);
        teller->restored = teller->amount[0] == '\0';
        if (teller->restored)
            memcpy(teller->amount, teller->sent_amount, sizeof teller->amount);
        return;
    }
    memcpy(teller->notice, text, sizeof text);
    teller->notice_is_good = posted;
    teller->refusal[0] = '\0';
    if (posted)
        teller->focus = DBK_TELLER_AMOUNT;
}

void dbk_teller_set_online(struct dbk_teller *teller, bool online)
{
    if (teller->online == online)
        return;
    teller->online = online;
    if (teller->waiting)
        notice(teller, online ? DBK_TT_SENDING : DBK_TT_IN_FLIGHT, online);
    else
        notice(teller, online ? DBK_TT_BROKER_BACK : DBK_TT_BROKER_LOST, online);
    if (online)
        teller->refusal[0] = '\0';
}
