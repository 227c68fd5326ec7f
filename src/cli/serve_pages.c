/* The frame of every page, and the pages that are lists. serve_account.c and serve_event.c have
 * those of one account and of one event. */

#include "serve_pages.h"

#include <daybook/clock.h>
#include <daybook/date.h>
#include <daybook/escape.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ROWS_ON_OVERVIEW 15
#define ROWS_ON_PAGE 50
#define ACCOUNTS_ON_PAGE 25
#define DAYS_ON_OVERVIEW 90

/* --- the frame --- */

/** The validator: another program, commit, generation, language, day or freshness is another page.
 * Numbers of commits recur where a database is made anew; the time of the last one does not. */
static void set_etag(struct dbk_answer *answer)
{
    const struct dbk_freshness *freshness = &answer->freshness;
    snprintf(answer->response->etag, sizeof answer->response->etag,
             "%s-%" PRId64 "-%" PRId64 "-%" PRId64 "-%s-%" PRId64 "-%" PRId64 "-%d%d%d-%" PRId64
             "-%" PRId64,
             DAYBOOK_VERSION, answer->overview.generation, answer->overview.commit_seq,
             answer->overview.committed_ms, dbk_lang_code(answer->page.lang), freshness->lag_events,
             freshness->lag_events > 0 ? freshness->lag_s : 0, freshness->reachable,
             freshness->stuck, freshness->log_short, freshness->audit_at_ms, answer->page.today);
}

void dbk_serve_begin_page(struct dbk_answer *answer, enum dbk_page_section section,
                          enum dbk_text_id title, struct dbk_text subject)
{
    answer->response->content_type = "text/html; charset=utf-8";
    dbk_page_begin(&answer->page, section, title, subject, &answer->overview, &answer->freshness);
}

void dbk_serve_say(struct dbk_answer *answer, int status, enum dbk_text_id title,
                   enum dbk_text_id advice)
{
    bool known = answer->overview.generation > 0;
    answer->said = true;
    dbk_buffer_clear(&answer->response->body);
    answer->response->status = status;
    answer->response->etag[0] = '\0';
    answer->response->content_type = "text/html; charset=utf-8";
    if (known)
        dbk_serve_freshness(answer->serve, &answer->overview, &answer->audit, &answer->freshness);
    dbk_page_error(&answer->page, title, advice, &answer->overview,
                   known ? &answer->freshness : NULL);
}

/** Parameters that pages read beside their selection. */
static const char *const others[] = {"lang", "count", NULL};

void dbk_serve_forget(struct dbk_answer *answer)
{
    answer->response->etag[0] = '\0';
}

void dbk_serve_show_problem(struct dbk_answer *answer)
{
    answer->response->status = 400;
    dbk_serve_forget(answer);
    answer->page.problem = &answer->problem;
    answer->page.query = "";
}

/** The selection as the language link keeps it. */
static void keep(struct dbk_answer *answer)
{
    answer->page.query = answer->query.length > 0 ? answer->query.bytes : "";
}

/* --- the overview --- */

struct days {
    struct dbk_day_volume rows[DAYS_ON_OVERVIEW];
    size_t count;
};

static int take_day(void *context, const struct dbk_day_volume *volume)
{
    struct days *days = context;
    if (days->count < DAYS_ON_OVERVIEW)
        days->rows[days->count++] = *volume;
    return 0;
}

static int take_sums(void *context, const struct dbk_day_volume *volume)
{
    *(struct dbk_sums *)context = volume->sums;
    return 0;
}

/** The last 90 days that have movement; days to come only where there are no others. */
static int read_days(struct dbk_answer *answer, struct days *days, int64_t *last_day,
                     struct dbk_err *err)
{
    int64_t first;
    bool any;
    int code = dbk_query_day_range(answer->view, &first, last_day, &any, err);
    if (code != 0)
        return code;
    if (!any)
        *last_day = answer->page.today;
    if (*last_day > answer->page.today && first <= answer->page.today)
        *last_day = answer->page.today;
    return dbk_query_days(answer->view, *last_day - DAYS_ON_OVERVIEW + 1, *last_day,
                          DAYS_ON_OVERVIEW, take_day, days, err);
}

static int overview_page(struct dbk_answer *answer, struct dbk_err *err)
{
    struct days days = {.count = 0};
    struct dbk_sums today = {.deposit_count = 0};
    struct dbk_transactions newest = {.rows = NULL};
    struct dbk_selection selection;
    struct dbk_page_overview data = {
        .overview = &answer->overview, .today = &today, .days = days.rows, .newest = &newest};
    dbk_selection_init(&selection);
    int code = dbk_query_totals(answer->view, &answer->overview, err);
    if (code == 0)
        code = dbk_query_days(answer->view, answer->page.today, answer->page.today, 1, take_sums,
                              &today, err);
    if (code == 0)
        code = read_days(answer, &days, &data.last_day, err);
    if (code == 0)
        code = dbk_query_transactions(answer->view, &selection, ROWS_ON_OVERVIEW, &newest, err);
    if (code == 0) {
        data.day_count = days.count;
        dbk_serve_begin_page(answer, DBK_SECTION_OVERVIEW, DBK_T_OVERVIEW,
                             (struct dbk_text){"", 0});
        dbk_page_overview(&answer->page, &data);
    }
    dbk_transactions_clear(&newest);
    return code;
}

/* --- transactions --- */

static bool wants_count(const struct dbk_answer *answer)
{
    const char *count = dbk_http_param(answer->request, "count");
    return count != NULL && strcmp(count, "1") == 0;
}

static int transactions_page(struct dbk_answer *answer, struct dbk_err *err)
{
    struct dbk_selection selection;
    struct dbk_transactions rows = {.rows = NULL};
    struct dbk_count count;
    bool counted = false;
    int code = 0;
    dbk_selection_init(&selection);
    if (!dbk_selection_parse(&selection, answer->params, answer->page.param_count, others,
                             answer->page.today, &answer->problem)) {
        dbk_serve_show_problem(answer);
    } else {
        dbk_selection_write(&answer->query, &selection);
        counted = wants_count(answer) || dbk_selection_is_aggregate(&selection);
        if (wants_count(answer))
            dbk_buffer_add_string(&answer->query,
                                  answer->query.length > 0 ? "&count=1" : "count=1");
        keep(answer);
        code = dbk_query_transactions(answer->view, &selection, ROWS_ON_PAGE, &rows, err);
        if (code == 0 && counted)
            code = dbk_query_count(answer->view, &selection, &count, err);
    }
    if (rows.extent.stopped || (code == 0 && counted && count.stopped))
        dbk_serve_forget(answer);
    if (code == 0) {
        dbk_serve_begin_page(answer, DBK_SECTION_TRANSACTIONS, DBK_T_TRANSACTIONS,
                             (struct dbk_text){"", 0});
        dbk_page_transactions(&answer->page, &selection,
                              answer->page.problem == NULL ? &rows : NULL, counted ? &count : NULL);
    }
    dbk_transactions_clear(&rows);
    return code;
}

/** The piece of a page that stands for its link "count all". */
static int count_piece(struct dbk_answer *answer, struct dbk_err *err)
{
    struct dbk_selection selection;
    struct dbk_count count;
    if (!dbk_selection_parse(&selection, answer->params, answer->page.param_count, others,
                             answer->page.today, &answer->problem)) {
        dbk_serve_refuse(answer, &answer->problem);
        return 0;
    }
    int code = dbk_query_count(answer->view, &selection, &count, err);
    if (code != 0)
        return code;
    answer->response->content_type = "text/html; charset=utf-8";
    dbk_page_count(&answer->page, &count);
    return 0;
}

/* --- accounts and rejections --- */

static int accounts_page(struct dbk_answer *answer, struct dbk_err *err)
{
    struct dbk_account_selection selection;
    struct dbk_accounts rows = {.rows = NULL};
    int code = 0;
    dbk_account_selection_init(&selection);
    if (!dbk_account_selection_parse(&selection, answer->params, answer->page.param_count, others,
                                     &answer->problem)) {
        dbk_serve_show_problem(answer);
    } else {
        dbk_account_selection_write(&answer->query, &selection);
        keep(answer);
        code = dbk_query_accounts(answer->view, &selection, ACCOUNTS_ON_PAGE, &rows, err);
    }
    if (rows.extent.stopped)
        dbk_serve_forget(answer);
    if (code == 0) {
        dbk_serve_begin_page(answer, DBK_SECTION_ACCOUNTS, DBK_T_ACCOUNTS,
                             (struct dbk_text){"", 0});
        dbk_page_accounts(&answer->page, &selection, answer->page.problem == NULL ? &rows : NULL);
    }
    dbk_accounts_clear(&rows);
    return code;
}

static int rejections_page(struct dbk_answer *answer, struct dbk_err *err)
{
    struct dbk_rejection_selection selection;
    struct dbk_rejections rows = {.rows = NULL};
    int code = 0;
    dbk_rejection_selection_init(&selection);
    if (!dbk_rejection_selection_parse(&selection, answer->params, answer->page.param_count, others,
                                       &answer->problem)) {
        dbk_serve_show_problem(answer);
    } else {
        dbk_rejection_selection_write(&answer->query, &selection);
        keep(answer);
        code = dbk_query_rejections(answer->view, &selection, ROWS_ON_PAGE, &rows, err);
    }
    if (code == 0) {
        dbk_serve_begin_page(answer, DBK_SECTION_REJECTIONS, DBK_T_REJECTED,
                             (struct dbk_text){"", 0});
        dbk_page_rejections(&answer->page, &selection, answer->page.problem == NULL ? &rows : NULL);
    }
    dbk_rejections_clear(&rows);
    return code;
}

/* --- which page --- */

/** A page's address: segments that are NULL stand for any. */
struct route {
    const char *segments[3];
    int segment_count;
    int (*answer)(struct dbk_answer *, struct dbk_err *);
    bool validated; /* by commit and freshness: all that it says depends on them */
    bool piece;     /* not a whole page */
};

static const struct route routes[] = {
    {{NULL}, 0, overview_page, true, false},
    {{"transactions"}, 1, transactions_page, true, false},
    {{"transactions", "count"}, 2, count_piece, false, true},
    {{"accounts"}, 1, accounts_page, true, false},
    {{"accounts", NULL}, 2, dbk_serve_account_page, true, false},
    {{"rejections"}, 1, rejections_page, true, false},
    {{"events", NULL, NULL}, 3, dbk_serve_event_page, false, false},
};

static bool leads_to(const struct dbk_http_request *request, const struct route *route)
{
    if (request->segment_count != route->segment_count)
        return false;
    for (int i = 0; i < route->segment_count; i++)
        if (route->segments[i] != NULL && strcmp(route->segments[i], request->segments[i]) != 0)
            return false;
    return true;
}

bool dbk_serve_page(struct dbk_answer *answer, int *code, struct dbk_err *err)
{
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (!leads_to(answer->request, &routes[i]))
            continue;
        dbk_serve_freshness(answer->serve, &answer->overview, &answer->audit, &answer->freshness);
        if (routes[i].validated)
            set_etag(answer);
        if (dbk_http_is_known(answer->request, answer->response))
            return true; /* nothing that the page says has changed */
        *code = routes[i].answer(answer, err);
        if (*code == 0 && !routes[i].piece && !answer->said)
            dbk_page_end(&answer->page);
        return true;
    }
    return false;
}
