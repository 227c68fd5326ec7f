#include "lang.h"

#include <daybook/date.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const codes[DBK_LANG_COUNT] = {"fr", "en"};

static const char *const texts[DBK_TEXT_COUNT][DBK_LANG_COUNT] = {
    [DBK_T_TITLE] = {"Suivi des transactions clients", "Client transactions"},
    [DBK_T_OVERVIEW] = {"Vue d’ensemble", "Overview"},
    [DBK_T_TRANSACTIONS] = {"Transactions", "Transactions"},
    [DBK_T_ACCOUNTS] = {"Comptes", "Accounts"},
    [DBK_T_DATE] = {"Date", "Date"},
    [DBK_T_ACCOUNT] = {"Compte", "Account"},
    [DBK_T_AMOUNT] = {"Montant", "Amount"},
    [DBK_T_TYPE] = {"Type", "Type"},
    [DBK_T_BALANCE] = {"Solde", "Balance"},
    [DBK_T_BALANCE_AFTER] = {"Solde après", "Balance after"},
    [DBK_T_DECLARED] = {"Solde déclaré", "Declared balance"},
    [DBK_T_DISAGREES] = {"diffère", "differs"},
    [DBK_T_MEMO] = {"Libellé", "Memo"},
    [DBK_T_POSITION] = {"Position", "Position"},
    [DBK_T_DEPOSIT] = {"Dépôt", "Deposit"},
    [DBK_T_WITHDRAWAL] = {"Retrait", "Withdrawal"},
    [DBK_T_DEPOSITS] = {"Dépôts", "Deposits"},
    [DBK_T_DEPOSIT_COUNT] = {"Nb de dépôts", "No. of deposits"},
    [DBK_T_WITHDRAWAL_COUNT] = {"Nb de retraits", "No. of withdrawals"},
    [DBK_T_WITHDRAWALS] = {"Retraits", "Withdrawals"},
    [DBK_T_LAST_MOVEMENT] = {"Dernier mouvement", "Last movement"},
    [DBK_T_REJECTED] = {"Événements rejetés", "Rejected events"},
    [DBK_T_TOTAL] = {"Total des soldes", "Total of balances"},
    [DBK_T_NEWEST] = {"Dernières transactions", "Newest transactions"},
    [DBK_T_OLDER] = {"Plus anciennes", "Older"},
    [DBK_T_FIRST_PAGE] = {"Retour au début", "Back to the start"},
    [DBK_T_NEXT_PAGE] = {"Suite", "Next"},
    [DBK_T_ALL_TRANSACTIONS] = {"Toutes les transactions", "All transactions"},
    [DBK_T_ALL_ACCOUNTS] = {"Tous les comptes", "All accounts"},
    [DBK_T_DOWNLOAD] = {"Télécharger", "Download"},
    [DBK_T_NOTHING_YET] = {"Aucune transaction pour l’instant.", "No transactions yet."},
    [DBK_T_NO_VIEW] = {"La base n’existe pas encore. Elle est créée par <code>daybook "
                       "project</code>.",
                       "The database does not exist yet. <code>daybook project</code> makes it."},
    [DBK_T_NOT_FOUND] = {"Cette page n’existe pas.", "There is no such page."},
    [DBK_T_FAILED] = {"La base n’a pas pu répondre.", "The database could not answer."},
    [DBK_T_APPLIED_THROUGH] = {"Appliqué jusqu’à", "Applied through"},
    [DBK_T_NO_EVENTS] = {"aucun événement", "no event"},
    [DBK_T_COMMITTED_AT] = {"validé le", "committed"},
    [DBK_T_UP_TO_DATE] = {"À jour", "Up to date"},
    [DBK_T_CATCHING_UP] = {"Rattrapage en cours", "Catching up"},
    [DBK_T_STUCK] = {"Bloqué", "Stuck"},
    [DBK_T_UNREACHABLE] = {"Journal injoignable : derniers chiffres connus",
                           "Log unreachable: last known numbers"},
    [DBK_T_EVENTS_BEHIND] = {"événements de retard", "events behind"},
    [DBK_T_SECONDS] = {"s", "s"},
    [DBK_T_OTHER_LANGUAGE] = {"English", "Français"},
    [DBK_T_UTC] = {"Heures en UTC", "Times in UTC"},
    [DBK_T_SKIP] = {"Aller au contenu", "Skip to content"},
    [DBK_T_PROVEN_BY] = {"Chaque chiffre se prouve par <code>daybook audit</code>.",
                         "Every number is proven by <code>daybook audit</code>."},
    [DBK_T_NEVER_AUDITED] = {"Pas encore audité", "Not audited yet"},
    [DBK_T_LAST_AUDIT] = {"Dernier audit :", "Last audit:"},
    [DBK_T_PROVEN] = {"prouvé", "proven"},
    [DBK_T_DIFFERENCE] = {"écart", "difference"},
    [DBK_T_DIFFERENCES] = {"écarts", "differences"},
    [DBK_T_THROUGH] = {"jusqu’à", "through"},
    [DBK_T_PAUSE] = {"Pause", "Pause"},
    [DBK_T_LIVE] = {"En direct", "Live"},
    [DBK_T_PAUSED_SINCE] = {"En pause ; chiffres de", "Paused; numbers as of"},
    [DBK_T_LOST_SINCE] = {"Connexion perdue, nouvel essai en cours ; chiffres de",
                          "Connection lost, trying again; numbers as of"},
    [DBK_T_NEW_ROWS] = {"Nouvelles lignes :", "New rows:"},
    [DBK_T_COUNTING] = {"Calcul en cours…", "Counting…"},
};

const char *dbk_lang_code(enum dbk_lang lang)
{
    return codes[lang];
}

const char *dbk_lang_text(enum dbk_lang lang, enum dbk_text_id id)
{
    return texts[id][lang] != NULL ? texts[id][lang] : "";
}

/** Write digits in groups of three from the right. */
static void add_grouped(struct dbk_buffer *buffer, enum dbk_lang lang, const char *digits,
                        size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            dbk_buffer_add_string(buffer, lang == DBK_FRENCH ? "\u202f" : ",");
        dbk_buffer_add(buffer, digits + i, 1);
    }
}

void dbk_lang_amount(struct dbk_buffer *buffer, enum dbk_lang lang, dbk_int128 amount_minor)
{
    char text[DBK_MONEY_SUM_TEXT_SIZE];
    size_t length = dbk_money_format_sum(text, amount_minor);
    const char *digits = text;
    if (*digits == '-') {
        dbk_buffer_add_string(buffer, "\u2212"); /* a minus sign is as wide as a figure */
        digits++;
        length--;
    }
    add_grouped(buffer, lang, digits, length - 3);
    dbk_buffer_add_string(buffer, lang == DBK_FRENCH ? "," : ".");
    dbk_buffer_add(buffer, digits + length - 2, 2);
}

void dbk_lang_integer(struct dbk_buffer *buffer, enum dbk_lang lang, int64_t number)
{
    char text[24];
    int length = snprintf(text, sizeof text, "%lld", (long long)number);
    const char *digits = text;
    if (*digits == '-') {
        dbk_buffer_add_string(buffer, "\u2212");
        digits++;
        length--;
    }
    add_grouped(buffer, lang, digits, (size_t)length);
}

void dbk_lang_date(struct dbk_buffer *buffer, enum dbk_lang lang, int64_t date_s, bool with_time)
{
    struct dbk_civil civil;
    char text[64];
    dbk_date_to_civil(&civil, date_s);
    if (lang == DBK_FRENCH)
        snprintf(text, sizeof text, "%02d/%02d/%04d", civil.day, civil.month, civil.year);
    else
        snprintf(text, sizeof text, "%04d-%02d-%02d", civil.year, civil.month, civil.day);
    dbk_buffer_add_string(buffer, text);
    if (!with_time && civil.hour == 0 && civil.minute == 0 && civil.second == 0)
        return;
    snprintf(text, sizeof text, "\u00a0%02d:%02d:%02d", civil.hour, civil.minute, civil.second);
    dbk_buffer_add_string(buffer, text);
}

/** Read "0.8" or "1" in thousandths. */
static int thousandths(const char *text)
{
    int value = *text == '1' ? 1000 : 0;
    int unit = 100;
    if (text[0] != '\0' && text[1] == '.')
        for (text += 2; *text >= '0' && *text <= '9' && unit > 0; text++, unit /= 10)
            value += (*text - '0') * unit;
    return value;
}

/** How much a header wants a language, in thousandths; -1: not named. */
static int wish(const char *header, const char *code)
{
    int found = -1;
    while (*header != '\0') {
        char range[64];
        size_t length = strcspn(header, ",");
        snprintf(range, sizeof range, "%.*s", (int)(length < 63 ? length : 63), header);
        const char *name = range + strspn(range, " ");
        const char *q = strstr(name, "q=");
        if (strncasecmp(name, code, 2) == 0 && strchr("-; ", name[2]) != NULL) {
            int value = q != NULL ? thousandths(q + 2) : 1000;
            found = value > found ? value : found;
        }
        header += length;
        header += *header == ',';
    }
    return found;
}

enum dbk_lang dbk_lang_choose(const char *param, const char *accept_language)
{
    if (param != NULL)
        for (int lang = 0; lang < DBK_LANG_COUNT; lang++)
            if (strcmp(param, codes[lang]) == 0)
                return (enum dbk_lang)lang;
    bool english = wish(accept_language, "en") > wish(accept_language, "fr");
    return english ? DBK_ENGLISH : DBK_FRENCH;
}
