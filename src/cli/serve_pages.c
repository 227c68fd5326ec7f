#include "serve_internal.h"

#include <daybook/clock.h>
#include <daybook/date.h>
#include <daybook/escape.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ROWS_ON_OVERVIEW 10
#define ROWS_ON_PAGE 50

/** Parameters that every page has. */
static const char *const own_params[] = {"lang", NULL};

/* --- what every answer knows --- */

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

static int show_transactions(struct dbk_answer *answer, const struct dbk_selection *selection,
                             int limit, struct dbk_extent *extent, struct dbk_err *err)
{
    struct dbk_transactions rows;
    dbk_page_begin_transactions(&answer->page);
    int code = dbk_query_transactions(answer->view, selection, limit, &rows, err);
    for (size_t i = 0; code == 0 && i < rows.count; i++)
        dbk_page_transaction(&answer->page, &rows.rows[i]);
    dbk_page_end_table(&answer->page);
    *extent = rows.extent;
    dbk_transactions_clear(&rows);
    return code;
}

static int show_accounts(struct dbk_answer *answer, const struct dbk_account_selection *selection,
                         int limit, struct dbk_extent *extent, struct dbk_err *err)
{
    struct dbk_accounts rows;
    dbk_page_begin_accounts(&answer->page);
    int code = dbk_query_accounts(answer->view, selection, limit, &rows, err);
    for (size_t i = 0; code == 0 && i < rows.count; i++)
        dbk_page_account(&answer->page, &rows.rows[i]);
    dbk_page_end_table(&answer->page);
    *extent = rows.extent;
    dbk_accounts_clear(&rows);
    return code;
}

static int overview_page(struct dbk_answer *answer, struct dbk_err *err)
{
    int code = dbk_query_totals(answer->view, &answer->overview, err);
    if (code != 0)
        return code;
    struct dbk_account_selection accounts;
    struct dbk_selection transactions;
    struct dbk_extent extent;
    dbk_account_selection_init(&accounts);
    dbk_selection_init(&transactions);
    begin_page(answer, DBK_T_OVERVIEW);
    dbk_page_totals(&answer->page, &answer->overview);
    dbk_page_section(&answer->page, DBK_T_ACCOUNTS, "/accounts", DBK_T_ALL_ACCOUNTS);
    code = show_accounts(answer, &accounts, ROWS_ON_OVERVIEW, &extent, err);
    if (code != 0)
        return code;
    dbk_page_section(&answer->page, DBK_T_NEWEST, "/transactions", DBK_T_ALL_TRANSACTIONS);
    return show_transactions(answer, &transactions, ROWS_ON_OVERVIEW, &extent, err);
}

static int transactions_page(struct dbk_answer *answer, struct dbk_err *err)
{
    struct dbk_selection selection;
    struct dbk_extent extent;
    struct dbk_buffer query = {.bytes = NULL};
    struct dbk_param_problem problem;
    struct dbk_param params[DBK_HTTP_PARAMS];
    if (!dbk_selection_parse(&selection, params, dbk_serve_params(answer, params), own_params,
                             dbk_date_day(dbk_clock_wall_ms() / 1000), &problem)) {
        dbk_serve_refuse(answer, &problem);
        return 0;
    }
    dbk_selection_write(&query, &selection);
    answer->page.query = query.bytes != NULL ? query.bytes : "";
    begin_page(answer, DBK_T_TRANSACTIONS);
    int code = show_transactions(answer, &selection, ROWS_ON_PAGE, &extent, err);
    dbk_page_list_links(&answer->page, "/transactions", "/transactions",
                        selection.place == DBK_PLACE_START, extent.has_next ? extent.next : NULL,
                        DBK_T_OLDER);
    answer->page.query = "";
    dbk_buffer_clear(&query);
    return code;
}

static int accounts_page(struct dbk_answer *answer, struct dbk_err *err)
{
    struct dbk_account_selection selection;
    struct dbk_extent extent;
    struct dbk_buffer query = {.bytes = NULL};
    struct dbk_param_problem problem;
    struct dbk_param params[DBK_HTTP_PARAMS];
    if (!dbk_account_selection_parse(&selection, params, dbk_serve_params(answer, params),
                                     own_params, &problem)) {
        dbk_serve_refuse(answer, &problem);
        return 0;
    }
    dbk_account_selection_write(&query, &selection);
    answer->page.query = query.bytes != NULL ? query.bytes : "";
    begin_page(answer, DBK_T_ACCOUNTS);
    int code = show_accounts(answer, &selection, ROWS_ON_PAGE, &extent, err);
    dbk_page_list_links(&answer->page, "/accounts", "/accounts", selection.place == DBK_PLACE_START,
                        extent.has_next ? extent.next : NULL, DBK_T_NEXT_PAGE);
    answer->page.query = "";
    dbk_buffer_clear(&query);
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
