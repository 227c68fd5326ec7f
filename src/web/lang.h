/**
 * The page's two languages: texts, numbers, dates. French first.
 */
#ifndef DAYBOOK_LANG_H
#define DAYBOOK_LANG_H

#include <daybook/buffer.h>
#include <daybook/money.h>

enum dbk_lang { DBK_FRENCH, DBK_ENGLISH, DBK_LANG_COUNT };

enum dbk_text_id {
    DBK_T_TITLE,
    DBK_T_OVERVIEW,
    DBK_T_TRANSACTIONS,
    DBK_T_ACCOUNTS,
    DBK_T_DATE,
    DBK_T_ACCOUNT,
    DBK_T_AMOUNT,
    DBK_T_TYPE,
    DBK_T_BALANCE,
    DBK_T_BALANCE_AFTER,
    DBK_T_DECLARED,
    DBK_T_DISAGREES,
    DBK_T_MEMO,
    DBK_T_POSITION,
    DBK_T_DEPOSIT,
    DBK_T_WITHDRAWAL,
    DBK_T_DEPOSITS,
    DBK_T_DEPOSIT_COUNT,
    DBK_T_WITHDRAWAL_COUNT,
    DBK_T_WITHDRAWALS,
    DBK_T_LAST_MOVEMENT,
    DBK_T_REJECTED,
    DBK_T_TOTAL,
    DBK_T_NEWEST,
    DBK_T_OLDER,
    DBK_T_FIRST_PAGE,
    DBK_T_NEXT_PAGE,
    DBK_T_ALL_TRANSACTIONS,
    DBK_T_ALL_ACCOUNTS,
    DBK_T_DOWNLOAD,
    DBK_T_NOTHING_YET,
    DBK_T_NO_VIEW,
    DBK_T_NOT_FOUND,
    DBK_T_FAILED,
    DBK_T_APPLIED_THROUGH,
    DBK_T_NO_EVENTS,
    DBK_T_COMMITTED_AT,
    DBK_T_UP_TO_DATE,
    DBK_T_CATCHING_UP,
    DBK_T_STUCK,
    DBK_T_UNREACHABLE,
    DBK_T_EVENTS_BEHIND,
    DBK_T_SECONDS,
    DBK_T_OTHER_LANGUAGE,
    DBK_T_UTC,
    DBK_T_SKIP,
    DBK_T_PROVEN_BY,
    DBK_T_NEVER_AUDITED,
    DBK_T_LAST_AUDIT,
    DBK_T_PROVEN,
    DBK_T_DIFFERENCE,
    DBK_T_DIFFERENCES,
    DBK_T_THROUGH,
    DBK_T_PAUSE,
    DBK_T_LIVE,
    DBK_T_PAUSED_SINCE,
    DBK_T_LOST_SINCE,
    DBK_T_NEW_ROWS,
    DBK_T_COUNTING,
    DBK_TEXT_COUNT
};

const char *dbk_lang_code(enum dbk_lang lang);

/** Never NULL. Our own words: already fit for HTML. */
const char *dbk_lang_text(enum dbk_lang lang, enum dbk_text_id id);

/** "1 234,56" with narrow no-break spaces, or "1,234.56". */
void dbk_lang_amount(struct dbk_buffer *buffer, enum dbk_lang lang, dbk_int128 amount_minor);
void dbk_lang_integer(struct dbk_buffer *buffer, enum dbk_lang lang, int64_t number);

/** "31/12/2024" or "2024-12-31"; with the time of day where with_time, or where it is not midnight.
 */
void dbk_lang_date(struct dbk_buffer *buffer, enum dbk_lang lang, int64_t date_s, bool with_time);

/** Choose by ?lang= (may be NULL) and Accept-Language. */
enum dbk_lang dbk_lang_choose(const char *param, const char *accept_language);

#endif
