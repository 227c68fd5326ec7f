/**
 * The teller's words, in both languages of the dashboard.
 */
#ifndef DAYBOOK_TELLER_TEXT_H
#define DAYBOOK_TELLER_TEXT_H

#include <lang.h>

#include <stddef.h>

enum dbk_teller_text_id {
    /* titles and labels */
    DBK_TT_CONNECTION,
    DBK_TT_TRANSACTION,
    DBK_TT_ACCOUNT,
    DBK_TT_BALANCE,
    DBK_TT_AMOUNT,
    DBK_TT_RECENT,
    DBK_TT_DATE,
    DBK_TT_MEMO,
    DBK_TT_POSITION,
    DBK_TT_DEPOSIT,
    DBK_TT_WITHDRAW,
    DBK_TT_BACK,
    DBK_TT_ONLINE,
    DBK_TT_OFFLINE,
    DBK_TT_ACCOUNTS_OF, /* shown, all */
    DBK_TT_NO_TRANSACTIONS,
    DBK_TT_NO_ACCOUNTS,
    DBK_TT_NO_MATCH, /* searched */
    DBK_TT_NEW_ACCOUNT,
    DBK_TT_TOO_SMALL,
    DBK_TT_LOADING,
    /* keys */
    DBK_TT_KEY_CONNECT,
    DBK_TT_KEY_CHOOSE,
    DBK_TT_KEY_OPEN,
    DBK_TT_KEY_CLEAR,
    DBK_TT_KEY_QUIT,
    DBK_TT_KEY_NEXT,
    /* what became of a transaction */
    DBK_TT_DEPOSITED, /* amount, account, date, position, balance */
    DBK_TT_WITHDREW,
    DBK_TT_SENDING,    /* amount */
    DBK_TT_IN_FLIGHT,  /* amount; and no answer yet */
    DBK_TT_LEAVING,    /* amount */
    DBK_TT_UNKNOWN,    /* command */
    DBK_TT_OVERDRAFT,  /* position, balance, floor */
    DBK_TT_OVERFLOW,   /* position, balance */
    DBK_TT_NOT_POSTED, /* position */
    DBK_TT_NOT_SENT,   /* why */
    DBK_TT_OFFLINE_NOT_SENT,
    DBK_TT_UNDECIDED,
    DBK_TT_BROKER_LOST,
    DBK_TT_BROKER_BACK,
    /* amounts that are none */
    DBK_TT_AMOUNT_EMPTY,
    DBK_TT_AMOUNT_NONE,
    DBK_TT_AMOUNT_POSITIVE,
    DBK_TT_AMOUNT_DECIMALS,
    DBK_TT_AMOUNT_GROUPS,
    DBK_TT_AMOUNT_LARGE,
    /* accounts that are none */
    DBK_TT_NAME_EMPTY,
    DBK_TT_NAME_WRONG,
    DBK_TT_UNKNOWN_ACCOUNT, /* account */
    DBK_TT_UNKNOWN_PLAIN,   /* account */
    DBK_TT_EXISTS,          /* account */
    /* on leaving */
    DBK_TT_LEFT_POSTED, /* how many, position of the last */
    DBK_TT_LEFT_ONE,    /* position */
    /* lines */
    DBK_TT_ASK_ACCOUNT,
    DBK_TT_ASK_WHAT,
    DBK_TT_LINE_HELP,
    DBK_TT_ASK_OPEN, /* account */
    /* keys' names */
    DBK_TT_KEY_ENTER,
    DBK_TT_KEY_ESCAPE,
    DBK_TT_ACCOUNT_OF, /* shown, all: where French has the singular */
    DBK_TT_NEAREST,    /* names */
    DBK_TEXT_TELLER_COUNT
};

/** Never NULL. May hold {0} ... {4}, for dbk_teller_say. */
const char *dbk_teller_text(enum dbk_lang lang, enum dbk_teller_text_id id);

/** Most values that a text takes. */
#define DBK_TELLER_VALUES 5

/**
 * Write a text with its values put in, cut at the end of out where it does not fit.
 *
 * @param values  for {0}, {1}, ...; NULL ends them early.
 */
void dbk_teller_say(char *out, size_t size, enum dbk_lang lang, enum dbk_teller_text_id id,
                    const char *const values[DBK_TELLER_VALUES]);

/** The language of the environment: the first of LC_ALL, LC_MESSAGES and LANG that is set. */
enum dbk_lang dbk_teller_lang(const char *lc_all, const char *lc_messages, const char *lang);

#endif
