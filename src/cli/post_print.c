#include "json_out.h"
#include "post_once.h"

#include <daybook/date.h>
#include <daybook/escape.h>
#include <daybook/message.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/** A sentence with three amounts. */
#define REASON_SIZE 256

/** Why the fold refused: what would have been, and the limit. */
static void format_reason(char *text, size_t size, const struct dbk_post_result *result)
{
    char value[DBK_MONEY_TEXT_SIZE];
    char floor[DBK_MONEY_TEXT_SIZE];
    char left[DBK_MONEY_SUM_TEXT_SIZE];
    const struct dbk_event *event = &result->event;
    if (result->verdict != DBK_OVERDRAFT) {
        snprintf(text, size, "overflow: the balance or the account's totals would not fit");
        return;
    }
    dbk_money_format(value, event->value_minor);
    dbk_money_format(floor, event->floor_minor);
    dbk_money_format_sum(left, (dbk_int128)result->balance_minor - event->value_minor);
    snprintf(text, size, "overdraft: %s would leave %s, the floor is %s", value, left, floor);
}

static void print_position(const char *what, const struct dbk_post_result *result)
{
    char *account = dbk_escape_terminal(result->event.account, false);
    printf("%s %" PRId32 ":%" PRId64 " · %s", what, result->partition, result->offset,
           account != NULL ? account : "?");
    free(account);
}

static void print_line(const struct dbk_post_result *result)
{
    char balance[DBK_MONEY_TEXT_SIZE];
    char reason[REASON_SIZE];
    bool again = result->outcome == DBK_OUTCOME_ALREADY_REFUSED;
    dbk_money_format(balance, result->balance_minor);
    switch (result->outcome) {
    case DBK_OUTCOME_POSTED:
    case DBK_OUTCOME_ALREADY_POSTED:
        print_position(result->outcome == DBK_OUTCOME_POSTED ? "posted" : "already posted", result);
        printf(" · %s\n", balance);
        break;
    case DBK_OUTCOME_REFUSED:
    case DBK_OUTCOME_ALREADY_REFUSED:
        format_reason(reason, sizeof reason, result);
        print_position(again ? "already refused" : "refused", result);
        printf(" · %s · balance %s%s\n", reason, again ? "then " : "", balance);
        break;
    case DBK_OUTCOME_ID_USED:
        printf("id already used for %" PRId32 ":%" PRId64 "\n", result->partition, result->offset);
        break;
    case DBK_OUTCOME_SEQ_BELOW:
        printf("not posted: seq %" PRId64 " is below the last seen %" PRId64 "; use a new id\n",
               result->event.seq, result->seq_seen);
        break;
    default: /* not decided: a message says it */
        break;
    }
}

static void add_id(json_t *object, const struct dbk_event *event)
{
    char seq[24];
    struct dbk_buffer id = {.bytes = NULL};
    dbk_buffer_add(&id, event->source.bytes, event->source.length);
    snprintf(seq, sizeof seq, ":%" PRId64, event->seq);
    dbk_buffer_add_string(&id, seq);
    if (!id.failed)
        dbk_json_set_text(object, "id", (struct dbk_text){id.bytes, (uint32_t)id.length});
    dbk_buffer_clear(&id);
}

/** What was asked for. @param whole  with what an earlier event of the same id need not share. */
static void add_event(json_t *object, const struct dbk_event *event, bool whole)
{
    char date[DBK_DATE_TEXT_SIZE];
    dbk_date_format(date, event->date_s);
    dbk_json_set_text(object, "account", event->account);
    json_object_set_new(object, "type",
                        json_string(event->type == DBK_DEPOSIT ? "deposit" : "withdrawal"));
    dbk_json_set_amount(object, "amount", event->value_minor);
    if (whole)
        json_object_set_new(object, "date", json_string(date));
    if (event->has_floor)
        dbk_json_set_amount(object, "floor", event->floor_minor);
    if (event->memo.length > 0 && whole)
        dbk_json_set_text(object, "memo", event->memo);
    if (event->source.length > 0)
        add_id(object, event);
}

static int print_json(const struct dbk_post_result *result, struct dbk_err *err)
{
    json_t *object = json_object();
    /* Where the id is another event's, so are verdict and balance, perhaps of another account. */
    bool decided = result->outcome != DBK_OUTCOME_NOT_SENT &&
                   result->outcome != DBK_OUTCOME_UNKNOWN && result->outcome != DBK_OUTCOME_ID_USED;
    json_object_set_new(object, "outcome", json_string(dbk_outcome_name(result->outcome)));
    if (result->offset >= 0)
        dbk_json_set_position(object, "at", result->partition, result->offset);
    if (decided) {
        json_object_set_new(object, "verdict", json_string(dbk_verdict_name(result->verdict)));
        dbk_json_set_amount(object, "balance", result->balance_minor);
    }
    if (result->outcome == DBK_OUTCOME_SEQ_BELOW)
        json_object_set_new(object, "seq_seen", json_integer(result->seq_seen));
    if (result->outcome == DBK_OUTCOME_NOT_SENT || result->outcome == DBK_OUTCOME_UNKNOWN)
        dbk_json_set_text(object, "error", dbk_text_of(result->err.text));
    add_event(object, &result->event,
              result->outcome != DBK_OUTCOME_ALREADY_POSTED &&
                  result->outcome != DBK_OUTCOME_ALREADY_REFUSED);
    return dbk_json_print(object, err);
}

void dbk_post_not_sent(const struct dbk_event *event, bool json, struct dbk_err *err)
{
    struct dbk_err why = *err;
    if (strstr(why.text, "othing was sent") == NULL)
        dbk_err_set(err, why.code, "nothing was sent: %s", why.text);
    if (!json || why.code == DBK_EUSAGE)
        return;
    json_t *object = json_object();
    json_object_set_new(object, "outcome", json_string("not_sent"));
    dbk_json_set_text(object, "error", dbk_text_of(why.text));
    if (event->account.length > 0)
        add_event(object, event, true);
    if (dbk_json_print(object, &why) != 0)
        dbk_err_set(err, DBK_ENOMEM, "out of memory; nothing was sent.");
}

int dbk_post_print(const struct dbk_post_result *result, bool json, struct dbk_err *err)
{
    if (json)
        return print_json(result, err);
    print_line(result);
    return 0;
}

int dbk_post_print_dry(const struct dbk_post_result *result, bool json, struct dbk_err *err)
{
    char value[DBK_EVENT_MAX];
    char balance[DBK_MONEY_TEXT_SIZE];
    char reason[REASON_SIZE];
    dbk_money_format(balance, result->balance_minor);
    if (json) {
        json_t *object = json_object();
        json_object_set_new(object, "outcome", json_string("not_sent"));
        json_object_set_new(object, "verdict", json_string(dbk_verdict_name(result->verdict)));
        dbk_json_set_amount(object, "balance", result->balance_minor);
        add_event(object, &result->event, true);
        return dbk_json_print(object, err);
    }
    printf("%.*s\n", (int)dbk_event_encode(value, &result->event), value);
    if (result->verdict == DBK_POSTED) {
        dbk_message("would be posted, leaving %s; nothing was sent (--dry-run)", balance);
        return 0;
    }
    format_reason(reason, sizeof reason, result);
    dbk_message("would be refused: %s; the balance is %s; nothing was sent (--dry-run)", reason,
                balance);
    return 0;
}
