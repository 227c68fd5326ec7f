/* Lists and objects for programs: their addresses, and the answers that are short. */

#include "serve_feeds.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT_MAX 1000

/** Parameters that the server reads itself. */
static const char *const csv_params[] = {"lang", "dialect", NULL};
static const char *const json_params[] = {"lang", "limit", NULL};
static const char *const no_params[] = {"lang", NULL};

/** Refuse one of those, or a combination. */
static void refuse(struct dbk_answer *answer, const char *message)
{
    dbk_http_error(answer->response, 400, message);
}

/** @return false: the dialect is none; it was refused. */
static bool read_dialect(struct dbk_answer *answer, enum dbk_feed_form *form)
{
    const char *dialect = dbk_http_param(answer->request, "dialect");
    if (dialect == NULL || dialect[0] == '\0')
        return true;
    if (strcmp(dialect, "excel-fr") == 0) {
        *form = DBK_FEED_CSV_FR;
        return true;
    }
    refuse(answer, "dialect: excel-fr was expected");
    return false;
}

/** @param[out] limit  0: all rows. @return false: it is none; it was refused. */
static bool read_limit(struct dbk_answer *answer, int *limit)
{
    const char *text = dbk_http_param(answer->request, "limit");
    char *end;
    *limit = 0;
    if (text == NULL || text[0] == '\0')
        return true;
    long number = text[0] >= '0' && text[0] <= '9' ? strtol(text, &end, 10) : 0;
    if (number < 1 || number > LIMIT_MAX || *end != '\0') {
        refuse(answer, "limit: a number from 1 to 1000 was expected");
        return false;
    }
    *limit = (int)number;
    return true;
}

/* --- what is asked for --- */

static bool parse_days(struct dbk_answer *answer, const char *const *others, struct dbk_days *days)
{
    struct dbk_statement_selection selection; /* has the days' parameters, and a place */
    if (!dbk_statement_selection_parse(&selection, answer->params, answer->page.param_count, others,
                                       answer->page.today, &answer->problem))
        return false;
    *days = selection.days;
    return true;
}

static bool parse_list(struct dbk_answer *answer, const char *const *others,
                       struct dbk_serve_list *list)
{
    const struct dbk_param *params = answer->params;
    size_t count = answer->page.param_count;
    switch (list->kind) {
    case DBK_FEED_TRANSACTIONS:
        return dbk_selection_parse(&list->transactions, params, count, others, answer->page.today,
                                   &answer->problem);
    case DBK_FEED_ACCOUNTS:
        return dbk_account_selection_parse(&list->accounts, params, count, others,
                                           &answer->problem);
    case DBK_FEED_REJECTIONS:
        return dbk_rejection_selection_parse(&list->rejections, params, count, others,
                                             &answer->problem);
    case DBK_FEED_LINES:
        return dbk_statement_selection_parse(&list->statement, params, count, others,
                                             answer->page.today, &answer->problem);
    default:
        return parse_days(answer, others, &list->days);
    }
}

/** Orders and places in which rows cannot be streamed. @return NULL where they can. */
static const char *why_not_whole(const struct dbk_serve_list *list)
{
    if (list->kind == DBK_FEED_TRANSACTIONS && list->transactions.sort == DBK_SORT_AMOUNT)
        return "sort: date or account was expected, unless there is a limit: all rows are not "
               "sorted by amount";
    if ((list->kind == DBK_FEED_TRANSACTIONS && list->transactions.place == DBK_PLACE_BEFORE) ||
        (list->kind == DBK_FEED_REJECTIONS && list->rejections.place == DBK_PLACE_BEFORE))
        return "before: it is understood together with a limit only";
    if ((list->kind == DBK_FEED_ACCOUNTS && list->accounts.place != DBK_PLACE_START) ||
        (list->kind == DBK_FEED_LINES && list->statement.place != DBK_PLACE_START))
        return "next: it is understood together with a limit only";
    return NULL;
}

/* --- pages of a list --- */

static const char *next_of(const struct dbk_extent *extent)
{
    return extent->has_next ? extent->next : NULL;
}

static int transactions_page(struct dbk_view *view, const struct dbk_serve_list *list, int limit,
                             struct dbk_feed *feed, struct dbk_err *err)
{
    struct dbk_transactions page;
    int code = dbk_query_transactions(view, &list->transactions, limit, &page, err);
    dbk_feed_begin(feed);
    for (size_t i = 0; code == 0 && i < page.count; i++)
        dbk_feed_transaction(feed, &page.rows[i]);
    dbk_feed_end(feed, next_of(&page.extent), !page.extent.stopped);
    dbk_transactions_clear(&page);
    return code;
}

static int accounts_page(struct dbk_view *view, const struct dbk_serve_list *list, int limit,
                         struct dbk_feed *feed, struct dbk_err *err)
{
    struct dbk_accounts page;
    int code = dbk_query_accounts(view, &list->accounts, limit, &page, err);
    dbk_feed_begin(feed);
    for (size_t i = 0; code == 0 && i < page.count; i++)
        dbk_feed_account(feed, &page.rows[i]);
    dbk_feed_end(feed, next_of(&page.extent), !page.extent.stopped);
    dbk_accounts_clear(&page);
    return code;
}

static int rejections_page(struct dbk_view *view, const struct dbk_serve_list *list, int limit,
                           struct dbk_feed *feed, struct dbk_err *err)
{
    struct dbk_rejections page;
    int code = dbk_query_rejections(view, &list->rejections, limit, &page, err);
    dbk_feed_begin(feed);
    for (size_t i = 0; code == 0 && i < page.count; i++)
        dbk_feed_rejection(feed, &page.rows[i]);
    dbk_feed_end(feed, next_of(&page.extent), !page.extent.stopped);
    dbk_rejections_clear(&page);
    return code;
}

static int statement_page(struct dbk_view *view, const struct dbk_serve_list *list, int limit,
                          struct dbk_feed *feed, struct dbk_err *err)
{
    struct dbk_statement page;
    int code = dbk_query_statement(view, &list->account, &list->statement, limit, &page, err);
    dbk_feed_begin_statement(feed, list->account.account, page.opening_minor);
    for (size_t i = 0; code == 0 && i < page.count; i++)
        dbk_feed_line(feed, &page.lines[i]);
    dbk_feed_end_statement(feed, page.closing_minor, next_of(&page.extent), !page.extent.stopped);
    dbk_statement_clear(&page);
    return code;
}

struct day_page {
    struct dbk_feed *feed;
    int left;
    bool more;
};

static int add_day(void *context, const struct dbk_day_volume *volume)
{
    struct day_page *page = context;
    page->more = page->left == 0;
    if (page->left-- > 0)
        dbk_feed_day(page->feed, volume);
    return 0;
}

/** Days have no token: whoever wants more asks from a later day on. */
static int days_page(struct dbk_view *view, const struct dbk_serve_list *list, int limit,
                     struct dbk_feed *feed, struct dbk_err *err)
{
    struct day_page page = {feed, limit, false};
    dbk_feed_begin(feed);
    int code =
        dbk_query_days(view, list->days.first, list->days.last, limit + 1, add_day, &page, err);
    dbk_feed_end(feed, NULL, !page.more);
    return code;
}

static int answer_page(struct dbk_answer *answer, const struct dbk_serve_list *list, int limit,
                       struct dbk_err *err)
{
    static int (*const pages[DBK_FEED_LIST_COUNT])(struct dbk_view *, const struct dbk_serve_list *,
                                                   int, struct dbk_feed *, struct dbk_err *) = {
        [DBK_FEED_TRANSACTIONS] = transactions_page,
        [DBK_FEED_ACCOUNTS] = accounts_page,
        [DBK_FEED_LINES] = statement_page,
        [DBK_FEED_REJECTIONS] = rejections_page,
        [DBK_FEED_DAYS] = days_page,
    };
    struct dbk_feed feed = {
        .out = &answer->response->body, .form = DBK_FEED_JSON, .list = list->kind};
    answer->response->content_type = "application/json";
    return pages[list->kind](answer->view, list, limit, &feed, err);
}

/** Any list: a page of it, or all. */
static int answer_list(struct dbk_answer *answer, struct dbk_serve_list *list, bool csv,
                       struct dbk_err *err)
{
    enum dbk_feed_form form = csv ? DBK_FEED_CSV : DBK_FEED_JSON;
    int limit = 0;
    if (csv ? !read_dialect(answer, &form) : !read_limit(answer, &limit))
        return 0;
    if (!parse_list(answer, csv ? csv_params : json_params, list)) {
        dbk_serve_refuse(answer, &answer->problem);
        return 0;
    }
    if (limit > 0)
        return answer_page(answer, list, limit, err);
    const char *why = why_not_whole(list);
    if (why == NULL)
        return dbk_serve_download(answer, list, form, err);
    refuse(answer, why);
    return 0;
}

/* --- objects --- */

static int take_sums(void *context, const struct dbk_day_volume *volume)
{
    ((struct dbk_day_volume *)context)->sums = volume->sums;
    return 0;
}

static int answer_overview(struct dbk_answer *answer, struct dbk_err *err)
{
    int64_t day = answer->page.today;
    struct dbk_day_volume today = {.day = day};
    int code = dbk_query_totals(answer->view, &answer->overview, err);
    if (code == 0)
        code = dbk_query_days(answer->view, day, day, 1, take_sums, &today, err);
    dbk_feed_overview(&answer->response->body, &answer->overview, &today);
    return code;
}

static int answer_summary(struct dbk_answer *answer, struct dbk_err *err)
{
    struct dbk_selection selection;
    struct dbk_count count;
    if (!dbk_selection_parse(&selection, answer->params, answer->page.param_count, no_params,
                             answer->page.today, &answer->problem)) {
        dbk_serve_refuse(answer, &answer->problem);
        return 0;
    }
    int code = dbk_query_count(answer->view, &selection, &count, err);
    dbk_feed_count(&answer->response->body, &count);
    return code;
}

static int answer_series(struct dbk_answer *answer, const struct dbk_account_row *account,
                         struct dbk_err *err)
{
    struct dbk_days days;
    int64_t opening_minor = 0;
    bool stopped = false;
    if (!parse_days(answer, no_params, &days)) {
        dbk_serve_refuse(answer, &answer->problem);
        return 0;
    }
    struct dbk_series *series = calloc(1, sizeof *series);
    if (series == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    int code = dbk_query_series(answer->view, account->account_id, &days, series, &opening_minor,
                                &stopped, err);
    dbk_feed_series(&answer->response->body, account->account, opening_minor, series, stopped);
    free(series);
    return code;
}

/** /accounts/NAME/...: names may hold anything, so what is asked about them has its own segment. */
static bool answer_account(struct dbk_answer *answer, int *code, struct dbk_err *err)
{
    const struct dbk_http_request *request = answer->request;
    const char *what = request->segments[2];
    bool csv = strcmp(what, "statement.csv") == 0;
    bool series = strcmp(what, "series.json") == 0;
    struct dbk_serve_list list = {.kind = DBK_FEED_LINES, .filename = "statement.csv"};
    bool known;
    if (!csv && !series && strcmp(what, "statement.json") != 0)
        return false;
    answer->response->content_type = "application/json";
    struct dbk_text name = dbk_text_of(dbk_account_of_segment(request->segments[1]));
    *code = dbk_query_account(answer->view, name, &list.account, &known, err);
    if (*code == 0 && !known)
        dbk_http_error(answer->response, 404, "no event was posted to this account");
    else if (*code == 0 && series)
        *code = answer_series(answer, &list.account, err);
    else if (*code == 0)
        *code = answer_list(answer, &list, csv, err);
    return true;
}

/* --- addresses --- */

bool dbk_serve_is_feed(const struct dbk_http_request *request)
{
    static const char *const suffixes[] = {".csv", ".json"};
    int count = request->segment_count;
    const char *last = count > 0 ? request->segments[count - 1] : "";
    size_t length = strlen(last);
    if (count == 2 && strcmp(request->segments[0], "accounts") == 0)
        return false;
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        size_t end = strlen(suffixes[i]);
        if (length > end && strcmp(last + length - end, suffixes[i]) == 0)
            return true;
    }
    return false;
}

static bool answer_named_list(struct dbk_answer *answer, int *code, struct dbk_err *err)
{
    static const struct {
        const char *path;
        enum dbk_feed_list kind;
        bool csv;
    } lists[] = {
        {"transactions.csv", DBK_FEED_TRANSACTIONS, true},
        {"transactions.json", DBK_FEED_TRANSACTIONS, false},
        {"accounts.csv", DBK_FEED_ACCOUNTS, true},
        {"accounts.json", DBK_FEED_ACCOUNTS, false},
        {"rejections.csv", DBK_FEED_REJECTIONS, true},
        {"rejections.json", DBK_FEED_REJECTIONS, false},
        {"days.csv", DBK_FEED_DAYS, true},
        {"days.json", DBK_FEED_DAYS, false},
    };
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        struct dbk_serve_list list = {.kind = lists[i].kind, .filename = lists[i].path};
        if (strcmp(answer->request->segments[0], lists[i].path) != 0)
            continue;
        *code = answer_list(answer, &list, lists[i].csv, err);
        return true;
    }
    return false;
}

bool dbk_serve_feed(struct dbk_answer *answer, int *code, struct dbk_err *err)
{
    const struct dbk_http_request *request = answer->request;
    const char *first = request->segments[0];
    if (request->segment_count == 1 && answer_named_list(answer, code, err))
        return true;
    if (request->segment_count == 3 && strcmp(first, "accounts") == 0)
        return answer_account(answer, code, err);
    if (request->segment_count == 3 && strcmp(first, "events") == 0)
        return dbk_serve_event_object(answer, code, err);
    answer->response->content_type = "application/json";
    if (request->segment_count == 1 && strcmp(first, "overview.json") == 0)
        *code = answer_overview(answer, err);
    else if (request->segment_count == 2 && strcmp(first, "transactions") == 0 &&
             strcmp(request->segments[1], "summary.json") == 0)
        *code = answer_summary(answer, err);
    else
        return false;
    return true;
}
