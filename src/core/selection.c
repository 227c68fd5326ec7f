#include <daybook/selection.h>

#include "params.h"
#include "text.h"

#include <daybook/amount_text.h>
#include <daybook/date.h>
#include <daybook/escape.h>

#include <string.h>

/** What is being read: one of the selections, and what can only be understood at the end. */
struct reading {
    struct dbk_days days;
    int64_t today;
    const char *next;
    const char *before;
    const char *sort;
    bool has_order;
    bool ascending;
    struct dbk_selection *transactions;
    struct dbk_account_selection *accounts;
    struct dbk_rejection_selection *rejections;
};

static const char *const type_names[] = {NULL, "deposit", "withdrawal"};
static const char *const sort_names[DBK_SORT_COUNT] = {"date", "account", "amount"};
static const char *const account_sort_names[DBK_ACCOUNTS_SORT_COUNT] = {
    "name", "balance", "count", "deposits", "withdrawals", "last"};
static const char *const order_names[] = {"desc", "asc"};
/** Sorts that begin with the smallest unless told otherwise. */
static const bool sort_ascends[DBK_SORT_COUNT] = {[DBK_SORT_ACCOUNT] = true};
static const bool account_sort_ascends[DBK_ACCOUNTS_SORT_COUNT] = {[DBK_ACCOUNTS_BY_NAME] = true};

/* --- days --- */

static bool read_from(void *reading, const char *value)
{
    return dbk_days_read_day(&((struct reading *)reading)->days.first, value);
}

static bool read_to(void *reading, const char *value)
{
    return dbk_days_read_day(&((struct reading *)reading)->days.last, value);
}

static bool read_period(void *reading, const char *value)
{
    return dbk_days_read_period(&((struct reading *)reading)->days, value);
}

/** What from, to and period say together. */
static bool finish_days(struct dbk_days *days, const struct reading *reading,
                        struct dbk_param_problem *problem)
{
    const struct dbk_days *read = &reading->days;
    bool given = read->first != INT64_MIN || read->last != INT64_MAX;
    if (given && read->period != DBK_PERIOD_ALL)
        return dbk_params_fail(problem, "period", DBK_EXPECTED_PERIOD);
    if (read->first > read->last)
        return dbk_params_fail(problem, "to", DBK_EXPECTED_LATER_DAY);
    if (given)
        *days = (struct dbk_days){DBK_PERIOD_DAYS, read->first, read->last};
    else
        dbk_days_set(days, read->period, reading->today);
    return true;
}

/* --- places and orders --- */

static bool read_next(void *reading, const char *value)
{
    ((struct reading *)reading)->next = value;
    return true;
}

static bool read_before(void *reading, const char *value)
{
    ((struct reading *)reading)->before = value;
    return true;
}

static bool read_order(void *context, const char *value)
{
    struct reading *reading = context;
    int found = dbk_params_choice(order_names, 2, value);
    reading->has_order = true;
    reading->ascending = found == 1;
    return found >= 0;
}

/** @param[out] token  of the place; NULL where it is the start. @return false: two places. */
static bool finish_place(enum dbk_place *place, const char **token, const struct reading *reading,
                         struct dbk_param_problem *problem)
{
    *token = reading->next != NULL ? reading->next : reading->before;
    *place = reading->next != NULL     ? DBK_PLACE_AFTER
             : reading->before != NULL ? DBK_PLACE_BEFORE
                                       : DBK_PLACE_START;
    if (reading->next != NULL && reading->before != NULL)
        return dbk_params_fail(problem, "before", DBK_EXPECTED_ONE_PLACE);
    return true;
}

static bool finish_token(const struct dbk_token_reader *reader, enum dbk_place place,
                         struct dbk_param_problem *problem)
{
    return dbk_token_read_end(reader) ||
           dbk_params_fail(problem, place == DBK_PLACE_AFTER ? "next" : "before",
                           DBK_EXPECTED_TOKEN);
}

static void write_place(struct dbk_buffer *out, enum dbk_place place, const char *token)
{
    if (place != DBK_PLACE_START)
        dbk_params_add(out, place == DBK_PLACE_AFTER ? "next" : "before", token);
}

static void write_order(struct dbk_buffer *out, bool ascending, bool by_default)
{
    if (ascending != by_default)
        dbk_params_add(out, "order", order_names[ascending]);
}

/* --- transactions --- */

static bool read_account(void *reading, const char *value)
{
    char *account = ((struct reading *)reading)->transactions->account;
    return dbk_params_text(account, DBK_ACCOUNT_MAX, value, true);
}

static bool read_type(void *reading, const char *value)
{
    int found = dbk_params_choice(type_names, 3, value);
    if (found > 0)
        ((struct reading *)reading)->transactions->side = (enum dbk_side)found;
    return found > 0;
}

/** Amounts as people write them, unless comma or point could be either sign. */
static bool read_magnitude(int64_t *amount_minor, const char *value)
{
    struct dbk_text text = {value, (uint32_t)strlen(value)};
    enum dbk_evidence evidence = dbk_amount_evidence(text);
    int64_t amount = 0;
    if (evidence == DBK_EVIDENCE_AMBIGUOUS ||
        dbk_amount_parse(&amount, text, evidence == DBK_EVIDENCE_COMMA ? ',' : '.') !=
            DBK_AMOUNT_FINE ||
        amount < 0)
        return false;
    *amount_minor = amount;
    return true;
}

static bool read_min(void *reading, const char *value)
{
    return read_magnitude(&((struct reading *)reading)->transactions->min_minor, value);
}

static bool read_max(void *reading, const char *value)
{
    return read_magnitude(&((struct reading *)reading)->transactions->max_minor, value);
}

static bool read_memo(void *reading, const char *value)
{
    char *memo = ((struct reading *)reading)->transactions->memo;
    return dbk_params_text(memo, DBK_MEMO_MAX, value, false);
}

static bool read_sort(void *reading, const char *value)
{
    int found = dbk_params_choice(sort_names, DBK_SORT_COUNT, value);
    if (found >= 0)
        ((struct reading *)reading)->transactions->sort = (enum dbk_sort)found;
    return found >= 0;
}

void dbk_selection_init(struct dbk_selection *selection)
{
    *selection = (struct dbk_selection){.max_minor = INT64_MAX};
    dbk_days_set(&selection->days, DBK_PERIOD_ALL, 0);
}

static bool read_transaction_key(struct dbk_selection *selection, const char *token,
                                 struct dbk_param_problem *problem)
{
    struct dbk_transaction_key *key = &selection->key;
    struct dbk_token_reader reader =
        dbk_token_read(token, 'T', (int)selection->sort, selection->ascending);
    key->date_s = dbk_token_read_integer(&reader, INT64_MIN);
    key->partition = dbk_token_read_integer(&reader, 0);
    key->offset = dbk_token_read_integer(&reader, 0);
    if (selection->sort == DBK_SORT_AMOUNT)
        key->amount_minor = dbk_token_read_integer(&reader, INT64_MIN);
    if (selection->sort == DBK_SORT_ACCOUNT)
        dbk_token_read_name(&reader, key->account);
    return finish_token(&reader, selection->place, problem);
}

bool dbk_selection_parse(struct dbk_selection *selection, const struct dbk_param *params,
                         size_t count, const char *const *others, int64_t today,
                         struct dbk_param_problem *problem)
{
    static const struct dbk_field fields[] = {
        {"account", DBK_EXPECTED_ACCOUNT, read_account},
        {"type", DBK_EXPECTED_TYPE, read_type},
        {"period", DBK_EXPECTED_PERIOD, read_period},
        {"from", DBK_EXPECTED_DAY, read_from},
        {"to", DBK_EXPECTED_DAY, read_to},
        {"min", DBK_EXPECTED_AMOUNT, read_min},
        {"max", DBK_EXPECTED_AMOUNT, read_max},
        {"memo", DBK_EXPECTED_TEXT, read_memo},
        {"sort", DBK_EXPECTED_SORT, read_sort},
        {"order", DBK_EXPECTED_ORDER, read_order},
        {"next", DBK_EXPECTED_TOKEN, read_next},
        {"before", DBK_EXPECTED_TOKEN, read_before},
    };
    struct reading reading = {.today = today, .transactions = selection};
    const char *token;
    dbk_selection_init(selection);
    reading.days = selection->days;
    if (!dbk_params_read(fields, sizeof fields / sizeof fields[0], &reading, params, count, others,
                         problem) ||
        !finish_days(&selection->days, &reading, problem))
        return false;
    if (selection->min_minor > selection->max_minor)
        return dbk_params_fail(problem, "max", DBK_EXPECTED_LARGER);
    selection->ascending = reading.has_order ? reading.ascending : sort_ascends[selection->sort];
    if (!finish_place(&selection->place, &token, &reading, problem))
        return false;
    return token == NULL || read_transaction_key(selection, token, problem);
}

void dbk_selection_write(struct dbk_buffer *out, const struct dbk_selection *selection)
{
    char text[DBK_MONEY_TEXT_SIZE];
    char token[DBK_TOKEN_SIZE] = "";
    if (selection->account[0] != '\0')
        dbk_params_add(out, "account", selection->account);
    if (selection->side != DBK_SIDE_BOTH)
        dbk_params_add(out, "type", type_names[selection->side]);
    dbk_days_write(out, &selection->days);
    if (selection->min_minor > 0) {
        dbk_money_format(text, selection->min_minor);
        dbk_params_add(out, "min", text);
    }
    if (selection->max_minor < INT64_MAX) {
        dbk_money_format(text, selection->max_minor);
        dbk_params_add(out, "max", text);
    }
    if (selection->memo[0] != '\0')
        dbk_params_add(out, "memo", selection->memo);
    if (selection->sort != DBK_SORT_DATE)
        dbk_params_add(out, "sort", sort_names[selection->sort]);
    write_order(out, selection->ascending, sort_ascends[selection->sort]);
    if (selection->place != DBK_PLACE_START)
        dbk_selection_token(token, selection, &selection->key);
    write_place(out, selection->place, token);
}

/** One letter's smaller form, ASCII or Latin-1 in UTF-8. @param before  the byte before it. */
static char fold(char before, char c)
{
    unsigned char byte = (unsigned char)c;
    if (byte >= 'A' && byte <= 'Z')
        return (char)(byte + 32);
    if (before == '\xC3' && byte >= 0x80 && byte <= 0x9E && byte != 0x97)
        return (char)(byte + 32);
    return c;
}

bool dbk_text_contains(struct dbk_text text, const char *part)
{
    size_t length = strlen(part);
    for (size_t i = 0; i + length <= text.length; i++) {
        size_t j = 0;
        while (j < length && fold(i + j > 0 ? text.bytes[i + j - 1] : '\0', text.bytes[i + j]) ==
                                 fold(j > 0 ? part[j - 1] : '\0', part[j]))
            j++;
        if (j == length)
            return true;
    }
    return false;
}

bool dbk_selection_matches(const struct dbk_selection *selection, int64_t date_s,
                           int64_t amount_minor, struct dbk_text memo)
{
    int64_t day = dbk_date_day(date_s);
    uint64_t magnitude = amount_minor < 0 ? 0 - (uint64_t)amount_minor : (uint64_t)amount_minor;
    if (day < selection->days.first || day > selection->days.last)
        return false;
    if ((selection->side == DBK_SIDE_DEPOSITS && amount_minor < 0) ||
        (selection->side == DBK_SIDE_WITHDRAWALS && amount_minor > 0))
        return false;
    if (magnitude < (uint64_t)selection->min_minor || magnitude > (uint64_t)selection->max_minor)
        return false;
    return selection->memo[0] == '\0' || dbk_text_contains(memo, selection->memo);
}

bool dbk_selection_is_aggregate(const struct dbk_selection *selection)
{
    return selection->min_minor == 0 && selection->max_minor == INT64_MAX &&
           selection->memo[0] == '\0';
}

void dbk_selection_token(char *token, const struct dbk_selection *selection,
                         const struct dbk_transaction_key *key)
{
    struct dbk_buffer text = {.bytes = NULL};
    dbk_token_begin(&text, 'T', (int)selection->sort, selection->ascending);
    dbk_token_integer(&text, key->date_s);
    dbk_token_integer(&text, key->partition);
    dbk_token_integer(&text, key->offset);
    if (selection->sort == DBK_SORT_AMOUNT)
        dbk_token_integer(&text, key->amount_minor);
    if (selection->sort == DBK_SORT_ACCOUNT)
        dbk_token_name(&text, (struct dbk_text){key->account, (uint32_t)strlen(key->account)});
    dbk_token_finish(&text, token);
}

/* --- accounts --- */

static bool read_search(void *reading, const char *value)
{
    char *search = ((struct reading *)reading)->accounts->search;
    return dbk_params_text(search, DBK_ACCOUNT_MAX, value, true);
}

static bool read_sign(void *reading, const char *value)
{
    ((struct reading *)reading)->accounts->negative = true;
    return strcmp(value, "negative") == 0;
}

static bool read_account_sort(void *reading, const char *value)
{
    int found = dbk_params_choice(account_sort_names, DBK_ACCOUNTS_SORT_COUNT, value);
    if (found >= 0)
        ((struct reading *)reading)->accounts->sort = (enum dbk_account_sort)found;
    return found >= 0;
}

void dbk_account_selection_init(struct dbk_account_selection *selection)
{
    *selection = (struct dbk_account_selection){.ascending = true};
}

bool dbk_account_selection_parse(struct dbk_account_selection *selection,
                                 const struct dbk_param *params, size_t count,
                                 const char *const *others, struct dbk_param_problem *problem)
{
    static const struct dbk_field fields[] = {
        {"search", DBK_EXPECTED_ACCOUNT, read_search},  {"balance", DBK_EXPECTED_SIGN, read_sign},
        {"sort", DBK_EXPECTED_SORT, read_account_sort}, {"order", DBK_EXPECTED_ORDER, read_order},
        {"next", DBK_EXPECTED_TOKEN, read_next},        {"before", DBK_EXPECTED_TOKEN, read_before},
    };
    struct reading reading = {.accounts = selection};
    const char *token;
    dbk_account_selection_init(selection);
    if (!dbk_params_read(fields, sizeof fields / sizeof fields[0], &reading, params, count, others,
                         problem))
        return false;
    selection->ascending =
        reading.has_order ? reading.ascending : account_sort_ascends[selection->sort];
    if (!finish_place(&selection->place, &token, &reading, problem))
        return false;
    if (token == NULL)
        return true;
    struct dbk_token_reader reader =
        dbk_token_read(token, 'A', (int)selection->sort, selection->ascending);
    if (selection->sort == DBK_ACCOUNTS_BY_NAME) {
        dbk_token_read_name(&reader, selection->key_name);
    } else {
        selection->key_value = dbk_token_read_integer(&reader, INT64_MIN);
        selection->key_id = dbk_token_read_integer(&reader, 0);
    }
    return finish_token(&reader, selection->place, problem);
}

void dbk_account_selection_write(struct dbk_buffer *out,
                                 const struct dbk_account_selection *selection)
{
    char token[DBK_TOKEN_SIZE] = "";
    const char *name = selection->key_name;
    if (selection->search[0] != '\0')
        dbk_params_add(out, "search", selection->search);
    if (selection->negative)
        dbk_params_add(out, "balance", "negative");
    if (selection->sort != DBK_ACCOUNTS_BY_NAME)
        dbk_params_add(out, "sort", account_sort_names[selection->sort]);
    write_order(out, selection->ascending, account_sort_ascends[selection->sort]);
    if (selection->place != DBK_PLACE_START)
        dbk_account_selection_token(token, selection,
                                    (struct dbk_text){name, (uint32_t)strlen(name)},
                                    selection->key_value, selection->key_id);
    write_place(out, selection->place, token);
}

void dbk_account_selection_token(char *token, const struct dbk_account_selection *selection,
                                 struct dbk_text name, int64_t value, int64_t id)
{
    struct dbk_buffer text = {.bytes = NULL};
    dbk_token_begin(&text, 'A', (int)selection->sort, selection->ascending);
    if (selection->sort == DBK_ACCOUNTS_BY_NAME) {
        dbk_token_name(&text, name);
    } else {
        dbk_token_integer(&text, value);
        dbk_token_integer(&text, id);
    }
    dbk_token_finish(&text, token);
}

/* --- statements --- */

void dbk_statement_selection_init(struct dbk_statement_selection *selection)
{
    *selection = (struct dbk_statement_selection){.place = DBK_PLACE_START};
    dbk_days_set(&selection->days, DBK_PERIOD_ALL, 0);
}

bool dbk_statement_selection_parse(struct dbk_statement_selection *selection,
                                   const struct dbk_param *params, size_t count,
                                   const char *const *others, int64_t today,
                                   struct dbk_param_problem *problem)
{
    static const struct dbk_field fields[] = {
        {"period", DBK_EXPECTED_PERIOD, read_period},
        {"from", DBK_EXPECTED_DAY, read_from},
        {"to", DBK_EXPECTED_DAY, read_to},
        {"next", DBK_EXPECTED_TOKEN, read_next},
        {"before", DBK_EXPECTED_TOKEN, read_before},
    };
    struct reading reading = {.today = today};
    const char *token;
    dbk_statement_selection_init(selection);
    reading.days = selection->days;
    if (!dbk_params_read(fields, sizeof fields / sizeof fields[0], &reading, params, count, others,
                         problem) ||
        !finish_days(&selection->days, &reading, problem) ||
        !finish_place(&selection->place, &token, &reading, problem))
        return false;
    if (token == NULL)
        return true;
    struct dbk_token_reader reader = dbk_token_read(token, 'S', 0, true);
    selection->key_date_s = dbk_token_read_integer(&reader, INT64_MIN);
    selection->key_offset = dbk_token_read_integer(&reader, 0);
    return finish_token(&reader, selection->place, problem);
}

void dbk_statement_selection_write(struct dbk_buffer *out,
                                   const struct dbk_statement_selection *selection)
{
    char token[DBK_TOKEN_SIZE] = "";
    dbk_days_write(out, &selection->days);
    if (selection->place != DBK_PLACE_START)
        dbk_statement_selection_token(token, selection->key_date_s, selection->key_offset);
    write_place(out, selection->place, token);
}

void dbk_statement_selection_token(char *token, int64_t date_s, int64_t offset)
{
    struct dbk_buffer text = {.bytes = NULL};
    dbk_token_begin(&text, 'S', 0, true);
    dbk_token_integer(&text, date_s);
    dbk_token_integer(&text, offset);
    dbk_token_finish(&text, token);
}

/* --- rejections --- */

static bool read_reason(void *context, const char *value)
{
    struct dbk_rejection_selection *selection = ((struct reading *)context)->rejections;
    for (int i = 0; i < DBK_POSTED; i++)
        if (strcmp(dbk_verdict_name((enum dbk_verdict)i), value) == 0)
            selection->reason = (enum dbk_verdict)i;
    return selection->reason != DBK_VERDICT_COUNT;
}

void dbk_rejection_selection_init(struct dbk_rejection_selection *selection)
{
    *selection = (struct dbk_rejection_selection){.reason = DBK_VERDICT_COUNT};
}

bool dbk_rejection_selection_parse(struct dbk_rejection_selection *selection,
                                   const struct dbk_param *params, size_t count,
                                   const char *const *others, struct dbk_param_problem *problem)
{
    static const struct dbk_field fields[] = {
        {"reason", DBK_EXPECTED_REASON, read_reason},
        {"next", DBK_EXPECTED_TOKEN, read_next},
        {"before", DBK_EXPECTED_TOKEN, read_before},
    };
    struct reading reading = {.rejections = selection};
    const char *token;
    dbk_rejection_selection_init(selection);
    if (!dbk_params_read(fields, sizeof fields / sizeof fields[0], &reading, params, count, others,
                         problem) ||
        !finish_place(&selection->place, &token, &reading, problem))
        return false;
    if (token == NULL)
        return true;
    struct dbk_token_reader reader = dbk_token_read(token, 'R', 0, false);
    selection->key_timestamp_ms = dbk_token_read_integer(&reader, INT64_MIN);
    selection->key_partition = dbk_token_read_integer(&reader, 0);
    selection->key_offset = dbk_token_read_integer(&reader, 0);
    return finish_token(&reader, selection->place, problem);
}

void dbk_rejection_selection_write(struct dbk_buffer *out,
                                   const struct dbk_rejection_selection *selection)
{
    char token[DBK_TOKEN_SIZE] = "";
    if (selection->reason != DBK_VERDICT_COUNT)
        dbk_params_add(out, "reason", dbk_verdict_name(selection->reason));
    if (selection->place != DBK_PLACE_START)
        dbk_rejection_selection_token(token, selection->key_timestamp_ms, selection->key_partition,
                                      selection->key_offset);
    write_place(out, selection->place, token);
}

void dbk_rejection_selection_token(char *token, int64_t timestamp_ms, int64_t partition,
                                   int64_t offset)
{
    struct dbk_buffer text = {.bytes = NULL};
    dbk_token_begin(&text, 'R', 0, false);
    dbk_token_integer(&text, timestamp_ms);
    dbk_token_integer(&text, partition);
    dbk_token_integer(&text, offset);
    dbk_token_finish(&text, token);
}

/* --- addresses --- */

void dbk_account_path(struct dbk_buffer *out, struct dbk_text account)
{
    bool dots = account.length <= 2 && account.length > 0 &&
                memcmp(account.bytes, "..", account.length) == 0;
    dbk_buffer_add_string(out, "/accounts/");
    if (dots || (account.length > 0 && account.bytes[0] == '~'))
        dbk_buffer_add_string(out, "~");
    dbk_escape_url(out, account);
}

const char *dbk_account_of_segment(const char *segment)
{
    return segment[0] == '~' ? segment + 1 : segment;
}
