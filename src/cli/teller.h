/**
 * The teller's window as a state machine: what is on the screen, and what a key does.
 *
 * It knows neither the terminal nor the log: keys and what was typed come in, what the log decided
 * comes in, an action or the description of a screen goes out. Pure but for memory. Lifetime: open,
 * any number of the others, close.
 */
#ifndef DAYBOOK_TELLER_H
#define DAYBOOK_TELLER_H

#include "post.h"
#include "teller_list.h"
#include "teller_text.h"

#include <daybook/term.h>

enum dbk_teller_place {
    DBK_TELLER_ACCOUNTS,    /**< Account Connection */
    DBK_TELLER_TRANSACTION, /**< Make Transaction */
};

/** What has the keys, at Make Transaction. */
enum dbk_teller_focus {
    DBK_TELLER_AMOUNT,
    DBK_TELLER_DEPOSIT,
    DBK_TELLER_WITHDRAW,
    DBK_TELLER_BACK,
    DBK_TELLER_FOCUS_COUNT
};

/** What the caller is to do. */
enum dbk_teller_action {
    DBK_TELLER_NOTHING,
    DBK_TELLER_CONNECT,    /**< to `wanted`; then dbk_teller_connected or dbk_teller_refuse */
    DBK_TELLER_DISCONNECT, /**< from the account */
    DBK_TELLER_SEND,       /**< `type` and `value_minor`; then dbk_teller_sent or _refuse */
};

struct dbk_teller {
    enum dbk_lang lang;
    const struct dbk_config *config; /**< the caller's: the log's topic and brokers */
    enum dbk_teller_place place;
    enum dbk_teller_focus focus;
    bool online;
    bool loading;
    bool restored; /**< the amount was refused and is there again: a digit begins another one */
    bool hidden;   /**< the last screen was too small to show anything: keys do nothing */
    struct dbk_teller_list list;
    char search[4 * DBK_FIELD_MAX + 1];
    char amount[4 * DBK_FIELD_MAX + 1];
    int page_rows; /**< of the list, on the last screen */

    char wanted[DBK_ACCOUNT_MAX + 1];
    const struct dbk_post_account *account; /**< connected; the caller's; NULL: none */
    int64_t offset_next;                    /**< of the account's partition when it was connected:
                                               what comes later is new to the eye */

    bool waiting; /**< a transaction is in flight */
    enum dbk_transaction_type type;
    int64_t value_minor;
    char sent_amount[4 * DBK_FIELD_MAX + 1]; /**< as typed: it comes back if that is refused */

    char refusal[DBK_SCREEN_TEXT]; /**< beside the field; "" where there is none */
    char notice[DBK_SCREEN_TEXT];  /**< below; "" where there is none */
    bool notice_is_good;
    bool failed; /**< out of memory while a key was served: end */
};

void dbk_teller_init(struct dbk_teller *teller, enum dbk_lang lang,
                     const struct dbk_config *config);
void dbk_teller_clear(struct dbk_teller *teller);

/** A key that the field did not take. @return what to do about it. */
enum dbk_teller_action dbk_teller_key(struct dbk_teller *teller, enum dbk_key key);

/** The field has another text. @return 0 or DBK_ENOMEM. */
DBK_MUST_CHECK int dbk_teller_edited(struct dbk_teller *teller, const char *text);

/** The account that was wanted is connected. @param offset_next  where its partition ends. */
void dbk_teller_connected(struct dbk_teller *teller, const struct dbk_post_account *account,
                          int64_t offset_next);

/** What was asked for could not be done: why, beside the field. Nothing typed is lost. */
void dbk_teller_refuse(struct dbk_teller *teller, const char *why);

/** The transaction is in flight. */
void dbk_teller_sent(struct dbk_teller *teller);

/** The answer takes longer than it should. */
void dbk_teller_late(struct dbk_teller *teller);

/** The user leaves, and what is in flight is waited for. */
void dbk_teller_leave(struct dbk_teller *teller);

/** The log, or somebody's patience, has decided about it. */
void dbk_teller_decided(struct dbk_teller *teller, const struct dbk_post_result *result);

/** The connection to the broker was lost, or is back. */
void dbk_teller_set_online(struct dbk_teller *teller, bool online);

/** Describe the screen for a terminal of this size. */
void dbk_teller_lay_out(struct dbk_teller *teller, struct dbk_screen *screen, int height,
                        int width);

/**
 * Check a typed amount: point or comma, at most two decimals, more than zero.
 *
 * @param[out] amount_minor  untouched where it is refused.
 * @param[out] why           the text that says so.
 */
bool dbk_teller_amount(int64_t *amount_minor, enum dbk_teller_text_id *why, const char *text);

/** "2026-05-02 21:31:29", or as the language writes it. */
void dbk_teller_date(char *out, size_t size, enum dbk_lang lang, int64_t date_s);

/** "1,234.50", or as the language writes it. */
void dbk_teller_money(char *out, size_t size, enum dbk_lang lang, int64_t amount_minor);

/** The names that are nearest to a search that finds nothing. @return false where there are none.
 */
bool dbk_teller_nearest(char *out, size_t size, const struct dbk_teller *teller);

/** The sentence about a decided transaction, for people. @return true where money was moved. */
bool dbk_teller_result_text(char *out, size_t size, const struct dbk_teller *teller,
                            const struct dbk_post_result *result);

#endif
