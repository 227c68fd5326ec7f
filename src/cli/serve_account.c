#include "serve_pages.h"

#include <daybook/escape.h>

#include <stdlib.h>
#include <string.h>

#define LINES_ON_PAGE 100

/** Read the account's statement and its balance over time. */
static int read_account(struct dbk_answer *answer, const struct dbk_account_row *account,
                        struct dbk_page_account *data, struct dbk_statement *statement,
                        struct dbk_series *series, struct dbk_err *err)
{
    int64_t opening_minor;
    int code =
        dbk_query_statement(answer->view, account, data->selection, LINES_ON_PAGE, statement, err);
    if (code == 0)
        code = dbk_query_series(answer->view, account->account_id, &data->selection->days, series,
                                &opening_minor, &data->series_stopped, err);
    data->statement = statement;
    data->series = series;
    return code;
}

static int show_account(struct dbk_answer *answer, const struct dbk_account_row *account,
                        struct dbk_err *err)
{
    static const char *const others[] = {"lang", NULL};
    struct dbk_statement_selection selection;
    struct dbk_statement statement = {.lines = NULL};
    struct dbk_page_account data = {.account = account, .selection = &selection};
    int code = 0;
    struct dbk_series *series = calloc(1, sizeof *series);
    if (series == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    dbk_statement_selection_init(&selection);
    if (dbk_statement_selection_parse(&selection, answer->params, answer->page.param_count, others,
                                      answer->page.today, &answer->problem)) {
        dbk_statement_selection_write(&answer->query, &selection);
        answer->page.query = answer->query.length > 0 ? answer->query.bytes : "";
        code = read_account(answer, account, &data, &statement, series, err);
    } else {
        dbk_serve_show_problem(answer);
    }
    if (data.series_stopped || statement.extent.stopped)
        dbk_serve_forget(answer);
    if (code == 0) {
        dbk_serve_begin_page(answer, DBK_SECTION_ACCOUNTS, DBK_T_ACCOUNT, account->account);
        dbk_page_account(&answer->page, &data);
    }
    dbk_statement_clear(&statement);
    free(series);
    return code;
}

int dbk_serve_account_page(struct dbk_answer *answer, struct dbk_err *err)
{
    struct dbk_account_row account;
    bool known;
    struct dbk_text name = dbk_text_of(dbk_account_of_segment(answer->request->segments[1]));
    int code = dbk_query_account(answer->view, name, &account, &known, err);
    if (code != 0)
        return code;
    if (known)
        return show_account(answer, &account, err);
    dbk_serve_say(answer, 404, DBK_T_UNKNOWN_ACCOUNT, DBK_T_UNKNOWN_ACCOUNT_ADVICE);
    return 0;
}
