#include "teller_text.h"

#include <string.h>

static const char *const texts[DBK_TEXT_TELLER_COUNT][DBK_LANG_COUNT] = {
    [DBK_TT_CONNECTION] = {"Connexion au compte", "Account Connection"},
    [DBK_TT_TRANSACTION] = {"Effectuer une transaction", "Make Transaction"},
    [DBK_TT_ACCOUNT] = {"Compte", "Account"},
    [DBK_TT_BALANCE] = {"Solde", "Balance"},
    [DBK_TT_AMOUNT] = {"Montant", "Amount"},
    [DBK_TT_RECENT] = {"Opérations (UTC)", "Transactions (UTC)"},
    [DBK_TT_DATE] = {"Date", "Date"},
    [DBK_TT_MEMO] = {"Libellé", "Memo"},
    [DBK_TT_POSITION] = {"Position", "Position"},
    [DBK_TT_DEPOSIT] = {"Déposer", "Deposit"},
    [DBK_TT_WITHDRAW] = {"Retirer", "Withdraw"},
    [DBK_TT_BACK] = {"Retour", "Back"},
    [DBK_TT_ONLINE] = {"en ligne", "online"},
    [DBK_TT_OFFLINE] = {"HORS LIGNE", "OFFLINE"},
    [DBK_TT_ACCOUNTS_OF] = {"{0} comptes sur {1}", "{0} of {1} accounts"},
    [DBK_TT_NO_TRANSACTIONS] = {"aucune transaction pour l’instant", "no transactions yet"},
    [DBK_TT_NO_ACCOUNTS] = {"Il n’y a pas encore de compte. Tapez un nom, puis F4 pour l’ouvrir.",
                            "There are no accounts yet. Type a name, then F4 to open it."},
    [DBK_TT_NO_MATCH] = {"Aucun compte ne contient « {0} ». F4 ouvre un compte de ce nom.",
                         "No account contains “{0}”. F4 opens an account of this name."},
    [DBK_TT_NEW_ACCOUNT] = {"nouveau : le premier dépôt l’ouvre",
                            "new: its first deposit opens it"},
    [DBK_TT_TOO_SMALL] = {"Agrandissez la fenêtre.", "Make the window larger."},
    [DBK_TT_LOADING] = {"Lecture du journal…", "Reading the log…"},
    [DBK_TT_KEY_CONNECT] = {"Valider", "Connect"},
    [DBK_TT_KEY_CHOOSE] = {"Choisir", "Choose"},
    [DBK_TT_KEY_OPEN] = {"Créer", "Open new"},
    [DBK_TT_KEY_CLEAR] = {"Effacer", "Clear"},
    [DBK_TT_KEY_QUIT] = {"Fin", "Quit"},
    [DBK_TT_KEY_NEXT] = {"Suivant", "Next"},
    [DBK_TT_DEPOSITED] = {"Dépôt de {0} sur {1} le {2} · {3} · nouveau solde {4}",
                          "Deposited {0} into {1} at {2} · {3} · new balance {4}"},
    [DBK_TT_WITHDREW] = {"Retrait de {0} de {1} le {2} · {3} · nouveau solde {4}",
                         "Withdrew {0} from {1} at {2} · {3} · new balance {4}"},
    [DBK_TT_SENDING] = {"{0} : envoyé ; le journal décide…", "{0} is sent; the log decides…"},
    [DBK_TT_IN_FLIGHT] =
        {"{0} : en suspens. Le serveur Kafka ne répond pas encore ; la décision du journal "
         "s’affichera ; rien n’est envoyé deux fois.",
         "{0} is in flight: the Kafka broker does not answer yet. The log’s decision will be "
         "shown; nothing is sent twice."},
    [DBK_TT_LEAVING] = {"{0} : en suspens. On attend la décision quelques secondes avant de "
                        "quitter ; Ctrl-C encore : quitter tout de suite.",
                        "{0} is in flight. Leaving after some seconds of waiting for the decision; "
                        "Ctrl-C again leaves at once."},
    [DBK_TT_UNKNOWN] = {"Envoyé, sort inconnu. Ceci le comptabilise si le journal ne l’a pas, "
                        "jamais deux fois ; avec --dry-run, on regarde seulement : {0}",
                        "Sent, outcome unknown. This posts it if the log does not have it, never "
                        "twice; with --dry-run it only looks: {0}"},
    [DBK_TT_OVERDRAFT] = {"Refusé · {0} · le solde est de {1} et doit rester à {2} au moins",
                          "Refused · {0} · the balance is {1} and must stay at {2} or more"},
    [DBK_TT_OVERFLOW] = {"Refusé · {0} · les totaux du compte seraient trop grands ; solde {1}",
                         "Refused · {0} · the account’s totals would be too large; balance {1}"},
    [DBK_TT_NOT_POSTED] = {"Non comptabilisé · {0} · daybook verify {0} dit pourquoi",
                           "Not posted · {0} · daybook verify {0} says why"},
    [DBK_TT_NOT_SENT] = {"Rien n’a été envoyé : {0}", "Nothing was sent: {0}"},
    [DBK_TT_OFFLINE_NOT_SENT] = {"Hors ligne : rien n’a été envoyé. Réessayez une fois en ligne.",
                                 "Offline: nothing was sent. Try again when online."},
    [DBK_TT_UNDECIDED] = {"Attendez : la dernière transaction n’est pas encore décidée.",
                          "Wait: the last transaction is not decided yet."},
    [DBK_TT_BROKER_LOST] =
        {"Le serveur Kafka ne répond plus ; les chiffres sont les derniers connus.",
         "The Kafka broker does not answer; the numbers are the last ones known."},
    [DBK_TT_BROKER_BACK] = {"De nouveau en ligne ; tout est à jour.",
                            "Online again; all is up to date."},
    [DBK_TT_AMOUNT_EMPTY] = {"Tapez un montant, par exemple 12,50.", "Type an amount, like 12.50."},
    [DBK_TT_AMOUNT_NONE] = {"Ce n’est pas un montant : tapez-le comme 12,50.",
                            "That is not an amount: type it like 12.50."},
    [DBK_TT_AMOUNT_POSITIVE] =
        {"Plus que zéro, sans signe : déposer ou retirer dit le sens.",
         "More than zero, without a sign: deposit or withdraw says which way."},
    [DBK_TT_AMOUNT_DECIMALS] = {"Deux décimales au plus.", "At most two decimals."},
    [DBK_TT_AMOUNT_GROUPS] = {"Sans séparateur de milliers : 1234,50.",
                              "Without thousands separators: 1234.50."},
    [DBK_TT_AMOUNT_LARGE] = {"Ce montant est trop grand.", "That amount is too large."},
    [DBK_TT_NAME_EMPTY] = {"Tapez le nom du compte.", "Type the account’s name."},
    [DBK_TT_NAME_WRONG] = {"Ce ne peut être un nom de compte : 64 octets au plus, sans espace au "
                           "bord ni caractère invisible.",
                           "That cannot be an account’s name: at most 64 bytes, no space at either "
                           "end, nothing invisible."},
    [DBK_TT_UNKNOWN_ACCOUNT] = {"Le compte « {0} » n’existe pas. F4 l’ouvre.",
                                "There is no account “{0}”. F4 opens it."},
    [DBK_TT_UNKNOWN_PLAIN] = {"Le compte « {0} » n’existe pas.", "There is no account “{0}”."},
    [DBK_TT_EXISTS] = {"Le compte « {0} » existe déjà.", "The account “{0}” exists already."},
    [DBK_TT_LEFT_POSTED] = {"{0} transactions comptabilisées, la dernière à {1} ; rien n’est en "
                            "suspens.",
                            "{0} transactions posted, the last at {1}; nothing is in flight."},
    [DBK_TT_LEFT_ONE] = {"Une transaction comptabilisée, à {0} ; rien n’est en suspens.",
                         "One transaction posted, at {0}; nothing is in flight."},
    [DBK_TT_ASK_ACCOUNT] = {"Compte (? pour la liste, ligne vide pour finir) : ",
                            "Account (? lists them, an empty line ends): "},
    [DBK_TT_ASK_WHAT] = {"d MONTANT, r MONTANT, l, b ou ? : ", "d AMOUNT, w AMOUNT, l, b or ?: "},
    [DBK_TT_LINE_HELP] =
        {"d déposer, r retirer, l dernières transactions, b retour aux comptes, q "
         "quitter",
         "d deposit, w withdraw, l last transactions, b back to the accounts, q quit"},
    [DBK_TT_ASK_OPEN] = {"Ouvrir le compte « {0} » ? (o/n) ", "Open the account “{0}”? (y/n) "},
    [DBK_TT_KEY_ENTER] = {"Entrée", "Enter"},
    [DBK_TT_KEY_ESCAPE] = {"Échap", "Esc"},
    [DBK_TT_ACCOUNT_OF] = {"{0} compte sur {1}", "{0} of {1} accounts"},
    [DBK_TT_NEAREST] = {"Les plus proches : {0}.", "Nearest: {0}."},
};

const char *dbk_teller_text(enum dbk_lang lang, enum dbk_teller_text_id id)
{
    return texts[id][lang] != NULL ? texts[id][lang] : "";
}

/** Append what fits, never half a character. */
static void append(char *out, size_t size, size_t *used, const char *text, size_t length)
{
    size_t room = size - 1 - *used;
    if (length > room) {
        length = room;
        while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
            length--;
    }
    memcpy(out + *used, text, length);
    *used += length;
    out[*used] = '\0';
}

void dbk_teller_say(char *out, size_t size, enum dbk_lang lang, enum dbk_teller_text_id id,
                    const char *const values[DBK_TELLER_VALUES])
{
    size_t used = 0;
    out[0] = '\0';
    for (const char *p = dbk_teller_text(lang, id); *p != '\0';) {
        size_t plain = strcspn(p, "{");
        append(out, size, &used, p, plain);
        p += plain;
        if (*p == '\0')
            break;
        const char *value = values[p[1] - '0'];
        append(out, size, &used, value, strlen(value));
        p += 3;
    }
}

enum dbk_lang dbk_teller_lang(const char *lc_all, const char *lc_messages, const char *lang)
{
    const char *const order[] = {lc_all, lc_messages, lang};
    for (int i = 0; i < 3; i++)
        if (order[i] != NULL && order[i][0] != '\0')
            return strncmp(order[i], "fr", 2) == 0 ? DBK_FRENCH : DBK_ENGLISH;
    return DBK_ENGLISH;
}
