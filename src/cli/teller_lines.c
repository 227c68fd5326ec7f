#include "teller_run.h"

#include <daybook/clock.h>
#include <daybook/escape.h>
#include <daybook/message.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** Accounts that "?" shows at once. */
#define LISTED_MAX 40

static void print(const struct dbk_teller_run *run, enum dbk_teller_text_id id, const char *value)
{
    char text[DBK_SCREEN_TEXT];
    char *escaped = dbk_escape_terminal((struct dbk_text){value, (uint32_t)strlen(value)}, false);
    const char *const values[DBK_TELLER_VALUES] = {escaped != NULL ? escaped : ""};
    dbk_teller_say(text, sizeof text, run->teller.lang, id, values);
    free(escaped);
    puts(text);
}

/** Ask, and read the answer. @return false at the end of what there is to read. */
static bool ask(struct dbk_teller_run *run, enum dbk_teller_text_id id, const char *value,
                char **line, size_t *size)
{
    char text[DBK_SCREEN_TEXT];
    char *escaped = dbk_escape_terminal((struct dbk_text){value, (uint32_t)strlen(value)}, false);
    const char *const values[DBK_TELLER_VALUES] = {escaped != NULL ? escaped : ""};
    dbk_teller_say(text, sizeof text, run->teller.lang, id, values);
    free(escaped);
    fputs(text, stdout);
    fflush(stdout);
    ssize_t length = dbk_stop_requested ? -1 : getline(line, size, stdin);
    if (length < 0 || !isatty(STDIN_FILENO))
        putchar('\n'); /* nobody pressed Enter here */
    while (length > 0 && strchr("\n\r ", (*line)[length - 1]) != NULL)
        (*line)[--length] = '\0';
    run->line_count += length >= 0;
    for (ssize_t i = 0; i < length; i++)
        if ((*line)[i] == '\0')
            (*line)[i] = '\x01'; /* nothing that is meant has such a byte */
    if (length > 0) {
        size_t spaces = strspn(*line, " ");
        memmove(*line, *line + spaces, (size_t)length - spaces + 1);
    }
    return length >= 0;
}

/** A person is told what can be typed. A script ends: what comes next was meant for what this line
 *  would have done. */
static int not_understood(const struct dbk_teller_run *run, const char *line, struct dbk_err *err)
{
    if (isatty(STDIN_FILENO)) {
        print(run, DBK_TT_LINE_HELP, "");
        return 0;
    }
    char *escaped = dbk_escape_terminal(dbk_text_of(line), false);
    dbk_err_set(err, DBK_EUSAGE,
                "line %" PRId64 ", \"%.100s\", is not understood; nothing from there on was done.",
                run->line_count, escaped != NULL ? escaped : "?");
    free(escaped);
    return DBK_EUSAGE;
}

static void print_account_line(const struct dbk_teller_run *run)
{
    const struct dbk_post_account *account = dbk_post_account(run->post);
    char balance[64];
    char *name = dbk_escape_terminal(account->name, false);
    dbk_teller_money(balance, sizeof balance, run->teller.lang, account->balance_minor);
    printf("%s · %s %s%s%s\n", name != NULL ? name : "",
           dbk_teller_text(run->teller.lang, DBK_TT_BALANCE), balance, account->exists ? "" : " · ",
           account->exists ? "" : dbk_teller_text(run->teller.lang, DBK_TT_NEW_ACCOUNT));
    free(name);
}

static void list_accounts(struct dbk_teller_run *run, const char *search)
{
    struct dbk_teller_list *list = &run->teller.list;
    if (dbk_teller_list_search(list, search, false) != 0) {
        run->failed = true;
        return;
    }
    for (size_t i = 0; i < list->match_count && i < LISTED_MAX; i++) {
        const struct dbk_teller_row *row = dbk_teller_list_match(list, i);
        char balance[64];
        char *name =
            dbk_escape_terminal((struct dbk_text){row->name, (uint32_t)strlen(row->name)}, false);
        dbk_teller_money(balance, sizeof balance, run->teller.lang, row->balance_minor);
        printf("  %s  %s\n", name != NULL ? name : "", balance);
        free(name);
    }
    if (list->match_count > LISTED_MAX)
        puts("  …");
}

static void list_recent(struct dbk_teller_run *run)
{
    const struct dbk_post_account *account = dbk_post_account(run->post);
    if (account->recent_count == 0)
        print(run, DBK_TT_NO_TRANSACTIONS, "");
    for (int i = account->recent_count - 1; i >= 0; i--) {
        const struct dbk_post_row *row = &account->recent[i];
        char date[64];
        char amount[64];
        char balance[64];
        struct dbk_text text = {row->memo, (uint32_t)strlen(row->memo)};
        char *memo = dbk_escape_terminal(text, false);
        dbk_teller_date(date, sizeof date, run->teller.lang, row->date_s);
        dbk_teller_money(amount, sizeof amount, run->teller.lang, row->amount_minor);
        dbk_teller_money(balance, sizeof balance, run->teller.lang, row->balance_minor);
        printf("  %s  %s%s  %s  %" PRId32 ":%" PRId64 "  %s\n", date,
               row->amount_minor > 0 ? "+" : "", amount, balance, row->partition, row->offset,
               memo != NULL ? memo : "");
        free(memo);
    }
}

/** What others posted while one was typing comes first; while no broker answers, that is said.
 *  @param[out] online  the log was read to its end. */
static int catch_up(struct dbk_teller_run *run, bool *online, struct dbk_err *err)
{
    struct dbk_err why;
    int code = dbk_post_step(run->post, 0, &why);
    if (code == 0 && !dbk_post_is_online(run->post)) {
        print(run, DBK_TT_BROKER_LOST, "");
        fflush(stdout);
    }
    if (code == 0)
        code = dbk_post_catch_up(run->post, &why);
    *online = code == 0;
    if (code == DBK_EBROKER)
        puts(why.text);
    else if (code != 0)
        *err = why;
    return code == DBK_EBROKER ? 0 : code;
}

/** Wait for the log's decision, however long the broker is away. */
static int wait_for_decision(struct dbk_teller_run *run, const char *amount, struct dbk_err *err)
{
    bool told = false;
    int code = 0;
    while (code == 0 && dbk_post_result(run->post)->outcome == DBK_OUTCOME_WAITING) {
        code = dbk_post_step(run->post, 50, err);
        if (!told && !dbk_post_is_online(run->post)) {
            print(run, DBK_TT_IN_FLIGHT, amount);
            fflush(stdout);
            told = true;
        }
        if (dbk_stop_requested && dbk_post_result(run->post)->outcome == DBK_OUTCOME_WAITING)
            dbk_post_abandon(run->post, "stopped before the broker took it.");
    }
    return code;
}

static int transact(struct dbk_teller_run *run, enum dbk_transaction_type type, const char *amount,
                    struct dbk_err *err)
{
    const struct dbk_post_result *result = dbk_post_result(run->post);
    struct dbk_err why;
    enum dbk_teller_text_id refusal;
    char text[DBK_SCREEN_TEXT];
    int64_t value_minor;
    if (!dbk_teller_amount(&value_minor, &refusal, amount)) {
        print(run, refusal, "");
        run->refused_count++;
        return 0;
    }
    int code = dbk_teller_run_send(run, type, value_minor, &why);
    if (code == 0) {
        code = wait_for_decision(run, amount, &why);
        if (code != 0)
            dbk_post_abandon(run->post, why.text);
        dbk_teller_run_count(run, result);
        dbk_teller_result_text(text, sizeof text, &run->teller, result);
        puts(text);
    }
    if (code != 0)
        *err = why;
    return code;
}

static const char *const quit[] = {"q", "quit", "quitter", NULL};

/** @return the argument after one of some words, or NULL. */
static const char *after(const char *line, const char *const *words)
{
    for (; *words != NULL; words++) {
        size_t length = strlen(*words);
        if (strncmp(line, *words, length) == 0 && (line[length] == ' ' || line[length] == '\0'))
            return line + length + strspn(line + length, " ");
    }
    return NULL;
}

/** While the broker is away nothing is sent, nor when the user stops. */
static void refuse_offline(struct dbk_teller_run *run, bool stopped)
{
    print(run, stopped ? DBK_TT_NOT_SENT : DBK_TT_OFFLINE_NOT_SENT, "stopped.");
    run->refused_count++;
}

/** What is done with one account. @param[out] left  the user is done with everything. */
static int serve_account(struct dbk_teller_run *run, char **line, size_t *size, bool *left,
                         struct dbk_err *err)
{
    static const char *const deposit[] = {"d", "deposit", "déposer", "deposer", NULL};
    static const char *const withdraw[] = {"w", "withdraw", "r", "retirer", NULL};
    static const char *const last[] = {"l", NULL};
    static const char *const back[] = {"b", "back", "retour", NULL};
    int code = 0;
    while (code == 0) {
        bool online;
        if (!ask(run, DBK_TT_ASK_WHAT, "", line, size) || after(*line, quit) != NULL) {
            *left = true;
            return 0;
        }
        const char *deposited = after(*line, deposit);
        const char *withdrawn = after(*line, withdraw);
        code = catch_up(run, &online, err);
        if ((deposited != NULL || withdrawn != NULL) && !online)
            refuse_offline(run, code == DBK_ESTOPPED);
        if (code != 0 || (*line)[0] == '\0' || after(*line, back) != NULL)
            return code;
        if (deposited != NULL && online)
            code = transact(run, DBK_DEPOSIT, deposited, err);
        else if (withdrawn != NULL && online)
            code = transact(run, DBK_WITHDRAWAL, withdrawn, err);
        else if (after(*line, last) != NULL)
            list_recent(run);
        else if (deposited == NULL && withdrawn == NULL)
            code = not_understood(run, *line, err);
        if (code == 0)
            print_account_line(run);
    }
    return code;
}

/** Ask whether to open an account. @return 0, DBK_EUSAGE where a script answers something else. */
static int ask_open(struct dbk_teller_run *run, const char *name, char **line, size_t *size,
                    bool *open, struct dbk_err *err)
{
    static const char *const yes[] = {"y", "yes", "o", "oui", NULL};
    static const char *const no[] = {"n", "no", "non", NULL};
    bool answered = ask(run, DBK_TT_ASK_OPEN, name, line, size);
    *open = answered && after(*line, yes) != NULL;
    if (answered && !*open && after(*line, no) == NULL && !isatty(STDIN_FILENO))
        return not_understood(run, *line, err);
    run->refused_count += !*open && !isatty(STDIN_FILENO);
    return 0;
}

/** Find the account, or open it where the user says so. */
static int choose(struct dbk_teller_run *run, char **line, size_t *size, bool *connected,
                  struct dbk_err *err)
{
    char name[DBK_ACCOUNT_MAX + 1];
    struct dbk_err why;
    *connected = false;
    if (strlen(*line) >= sizeof name ||
        !dbk_text_is_clean((struct dbk_text){*line, (uint32_t)strlen(*line)}, DBK_ACCOUNT_MAX,
                           true)) {
        print(run, DBK_TT_NAME_WRONG, "");
        return isatty(STDIN_FILENO) ? 0 : not_understood(run, *line, err);
    }
    memcpy(name, *line, strlen(*line) + 1);
    if (dbk_teller_list_search(&run->teller.list, name, false) != 0) {
        run->failed = true;
        return 0;
    }
    if (dbk_teller_list_find(&run->teller.list, name) == NULL) {
        char nearest[DBK_SCREEN_TEXT];
        print(run, DBK_TT_UNKNOWN_PLAIN, name);
        if (dbk_teller_nearest(nearest, sizeof nearest, &run->teller))
            puts(nearest);
        list_accounts(run, name);
        bool open;
        int code = ask_open(run, name, line, size, &open, err);
        if (code != 0 || !open)
            return code;
    }
    int code = dbk_teller_run_connect(run, name, &why);
    if (code == DBK_EBROKER && isatty(STDIN_FILENO)) {
        puts(why.text);
        return 0;
    }
    if (code != 0)
        *err = why;
    *connected = code == 0;
    return code;
}

int dbk_teller_run_lines(struct dbk_teller_run *run, struct dbk_err *err)
{
    char *line = NULL;
    size_t size = 0;
    bool left = false;
    int code = dbk_teller_run_load(run, err);
    while (code == 0 && !left && !run->failed) {
        bool connected = false;
        bool online;
        if (!ask(run, DBK_TT_ASK_ACCOUNT, "", &line, &size) || line[0] == '\0')
            break;
        code = catch_up(run, &online, err);
        bool known = code == 0 && dbk_teller_list_find(&run->teller.list, line) != NULL;
        if (code == 0 && !known && after(line, quit) != NULL)
            break;
        if (code == 0 && !known && strcmp(line, "?") == 0) {
            list_accounts(run, "");
            continue;
        }
        if (code == 0)
            code = choose(run, &line, &size, &connected, err);
        if (code == 0 && connected) {
            print_account_line(run);
            code = serve_account(run, &line, &size, &left, err);
            dbk_post_disconnect(run->post);
        }
    }
    free(line);
    if (code == 0 && run->failed)
        code = dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    if (code == DBK_ESTOPPED)
        code = 0;
    if (code == 0 && run->refused_count > 0)
        code = DBK_ENO; /* each was said */
    return code;
}
