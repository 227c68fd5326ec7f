#include "serve_internal.h"

#include <daybook/escape.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ROWS_ON_OVERVIEW 10
#define ROWS_ON_PAGE 50

/* --- what every answer knows --- */

/** Totals change with commits only, and cost a look at every account: they are kept. */
static int read_totals(struct dbk_answer *answer, struct dbk_err *err)
{
    struct dbk_serve *serve = answer->serve;
    struct dbk_overview *overview = &answer->overview;
    pthread_mutex_lock(&serve->mutex);
    bool known = serve->totals_known && serve->totals.generation == overview->generation &&
                 serve->totals.commit_seq == overview->commit_seq;
    if (known)
        *overview = serve->totals;
    pthread_mutex_unlock(&serve->mutex);
    if (known)
        return 0;
    int code = dbk_query_totals(answer->view, overview, err);
    if (code != 0)
        return code;
    pthread_mutex_lock(&serve->mutex);
    serve->totals = *overview;
    serve->totals_known = true;
    pthread_mutex_unlock(&serve->mutex);
    return 0;
}

/** The validator: another commit, generation, language, address or freshness is another page. */
static void set_etag(struct dbk_answer *answer)
{
    const struct dbk_freshness *freshness = &answer->freshness;
    snprintf(answer->response->etag, sizeof answer->response->etag,
             "%" PRId64 "-%" PRId64 "-%s-%" PRId64 "-%" PRId64 "-%d%d-%" PRId64,
             answer->overview.generation, answer->overview.commit_seq,
             dbk_lang_code(answer->page.lang), freshness->lag_events,
             freshness->lag_events > 0 ? freshness->lag_s : 0, freshness->reachable,
             freshness->stuck, freshness->audit_at_ms);
}

static void begin_page(struct dbk_answer *answer, enum dbk_text_id title)
{
    answer->response->content_type = "text/html; charset=utf-8";
    dbk_serve_freshness(answer->serve, &answer->overview, &answer->audit, &answer->freshness);
    set_etag(answer);
    dbk_page_begin(&answer->page, title, &answer->overview, &answer->freshness);
}

/** A page of our own words, where there is nothing else to show. */
void dbk_serve_say(struct dbk_answer *answer, int status, enum dbk_text_id text)
{
    dbk_buffer_clear(&answer->response->body);
    answer->response->status = status;
    answer->response->etag[0] = '\0';
    answer->response->content_type = "text/html; charset=utf-8";
    dbk_page_begin(&answer->page, DBK_T_OVERVIEW, NULL, NULL);
    dbk_page_paragraph(&answer->page, text);
    dbk_page_end(&answer->page);
}

/* --- pages --- */

/** One row more than is shown tells whether there are more. */
static int show_transaction(void *context, const struct dbk_transaction_row *row)
{
    struct dbk_answer *answer = context;
    answer->more = answer->page.row_count == answer->limit;
    if (answer->more)
        return 0;
    answer->last = row->key;
    dbk_page_transaction(&answer->page, row);
    return 0;
}

static int show_account(void *context, const struct dbk_account_row *row)
{
    struct dbk_answer *answer = context;
    answer->more = answer->page.row_count == answer->limit;
    if (answer->more)
        return 0;
    snprintf(answer->last_account, sizeof answer->last_account, "%.*s", (int)row->account.length,
             row->account.bytes);
    dbk_page_account(&answer->page, row);
    return 0;
}

static int show_transactions(struct dbk_answer *answer, const struct dbk_transaction_key *before,
                             int limit, struct dbk_err *err)
{
    answer->limit = limit;
    dbk_page_begin_transactions(&answer->page);
    int code =
        dbk_query_transactions(answer->view, before, limit + 1, show_transaction, answer, err);
    dbk_page_end_table(&answer->page);
    return code;
}

static int show_accounts(struct dbk_answer *answer, const char *after, int limit,
                         struct dbk_err *err)
{
    struct dbk_text text = {after, (uint32_t)strlen(after)};
    answer->limit = limit;
    dbk_page_begin_accounts(&answer->page);
    int code = dbk_query_accounts(answer->view, text, limit + 1, show_account, answer, err);
    dbk_page_end_table(&answer->page);
    return code;
}

static int overview_page(struct dbk_answer *answer, struct dbk_err *err)
{
    int code = read_totals(answer, err);
    if (code != 0)
        return code;
    begin_page(answer, DBK_T_OVERVIEW);
    dbk_page_totals(&answer->page, &answer->overview);
    dbk_page_section(&answer->page, DBK_T_ACCOUNTS, "/accounts", DBK_T_ALL_ACCOUNTS);
    code = show_accounts(answer, "", ROWS_ON_OVERVIEW, err);
    if (code != 0)
        return code;
    dbk_page_section(&answer->page, DBK_T_NEWEST, "/transactions", DBK_T_ALL_TRANSACTIONS);
    return show_transactions(answer, NULL, ROWS_ON_OVERVIEW, err);
}

/** "date.partition.offset", as our own links have it. */
static bool parse_key(struct dbk_transaction_key *key, const char *text)
{
    int end = 0;
    return strlen(text) < 64 &&
           sscanf(text, "%" SCNd64 ".%" SCNd64 ".%" SCNd64 "%n", &key->date_s, &key->partition,
                  &key->offset, &end) == 3 &&
           text[end] == '\0';
}

static int transactions_page(struct dbk_answer *answer, struct dbk_err *err)
{
    struct dbk_transaction_key before;
    char next[80];
    const char *from = dbk_http_param(answer->request, "next");
    if (from != NULL && !parse_key(&before, from)) {
        dbk_http_error(answer->response, 400, "next is not one of this server's");
        return 0;
    }
    snprintf(next, sizeof next, "%s%s", from != NULL ? "next=" : "", from != NULL ? from : "");
    answer->page.query = next;
    begin_page(answer, DBK_T_TRANSACTIONS);
    int code = show_transactions(answer, from != NULL ? &before : NULL, ROWS_ON_PAGE, err);
    snprintf(next, sizeof next, "%" PRId64 ".%" PRId64 ".%" PRId64, answer->last.date_s,
             answer->last.partition, answer->last.offset);
    dbk_page_list_links(&answer->page, "/transactions", "/transactions", from == NULL,
                        answer->more ? next : NULL, DBK_T_OLDER);
    return code;
}

static int accounts_page(struct dbk_answer *answer, struct dbk_err *err)
{
    struct dbk_buffer query = {.bytes = NULL};
    struct dbk_buffer next = {.bytes = NULL};
    const char *from = dbk_http_param(answer->request, "next");
    dbk_buffer_add_string(&query, from != NULL ? "next=" : "");
    if (from != NULL)
        dbk_escape_url(&query, (struct dbk_text){from, (uint32_t)strlen(from)});
    answer->page.query = query.bytes != NULL ? query.bytes : "";
    begin_page(answer, DBK_T_ACCOUNTS);
    int code = show_accounts(answer, from != NULL ? from : "", ROWS_ON_PAGE, err);
    dbk_escape_url(&next,
                   (struct dbk_text){answer->last_account, (uint32_t)strlen(answer->last_account)});
    dbk_page_list_links(&answer->page, "/accounts", "/balances", from == NULL,
                        answer->more ? next.bytes : NULL, DBK_T_NEXT_PAGE);
    answer->page.query = "";
    dbk_buffer_clear(&query);
    dbk_buffer_clear(&next);
    return code;
}

bool dbk_serve_page(struct dbk_answer *answer, const char *path, int *code, struct dbk_err *err)
{
    static const struct {
        const char *path;
        int (*page)(struct dbk_answer *, struct dbk_err *);
    } pages[] = {
        {"", overview_page}, {"transactions", transactions_page}, {"accounts", accounts_page}};
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        if (strcmp(path, pages[i].path) != 0)
            continue;
        *code = pages[i].page(answer, err);
        if (*code == 0 && answer->response->status == 200)
            dbk_page_end(&answer->page);
        return true;
    }
    return false;
}
