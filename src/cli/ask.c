#include "ask.h"

#include "sheet.h"

#include <daybook/date.h>
#include <daybook/message.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

int dbk_ask_open(struct dbk_ask *ask, const struct dbk_config *config, const char *account,
                 struct dbk_err *err)
{
    *ask = (struct dbk_ask){.partition = -1};
    if (account != NULL && !dbk_text_is_clean(dbk_text_of(account), DBK_ACCOUNT_MAX, true))
        return dbk_err_set(err, DBK_EUSAGE,
                           "that cannot be an account's name: 1 to 64 bytes of UTF-8, no control "
                           "characters, no space at either end.");
    int code = dbk_open_log_and_book(config, &ask->log, &ask->book, err);
    if (code != 0)
        return code;
    int32_t count = dbk_book_partition_count(ask->book);
    ask->offset_end = dbk_offsets_new(ask->book, err);
    if (ask->offset_end == NULL)
        return DBK_ENOMEM;
    code = dbk_log_watermarks(ask->log, NULL, ask->offset_end, err);
    if (code == 0 && account != NULL) {
        ask->partition = dbk_event_partition(dbk_text_of(account), count);
        for (int32_t p = 0; p < count; p++)
            if (p != ask->partition)
                ask->offset_end[p] = 0;
    }
    return code;
}

void dbk_ask_close(struct dbk_ask *ask)
{
    free(ask->offset_end);
    dbk_book_close(ask->book);
    dbk_log_close(ask->log);
    *ask = (struct dbk_ask){.partition = -1};
}

int dbk_ask_replay(struct dbk_ask *ask,
                   int (*applied)(void *context, const struct dbk_changes *changes,
                                  struct dbk_err *err),
                   void *context, struct dbk_err *err)
{
    const struct dbk_replay replay = {.verb = "read", .applied = applied, .context = context};
    return dbk_replay_run(&replay, ask->log, ask->book, ask->offset_end, err);
}

int dbk_ask_unknown(const char *account, struct dbk_err *err)
{
    return dbk_err_set(err, DBK_ENO,
                       "there is no account \"%.200s\" in the log; daybook balance lists all "
                       "accounts.",
                       account);
}

bool dbk_position_parse(const char *text, int32_t *partition, int64_t *offset, const char **end)
{
    char *after;
    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    long long number = strtoll(text, &after, 10);
    if (errno != 0 || number > INT32_MAX || after[0] != ':' || after[1] < '0' || after[1] > '9')
        return false;
    *partition = (int32_t)number;
    *offset = strtoll(after + 1, &after, 10);
    *end = after;
    return errno == 0 && *offset < INT64_MAX;
}

static int parse_positions(struct dbk_when *when, const char *option, const char *text,
                           int32_t partition_count, struct dbk_err *err)
{
    when->kind = DBK_WHEN_POSITIONS;
    when->offset_next = calloc((size_t)partition_count, sizeof *when->offset_next);
    if (when->offset_next == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    for (int32_t p = 0; p < partition_count; p++)
        when->offset_next[p] = -1;
    for (const char *p = text;;) {
        int32_t partition;
        int64_t offset;
        if (!dbk_position_parse(p, &partition, &offset, &p) || (*p != ',' && *p != '\0'))
            return dbk_err_set(err, DBK_EUSAGE,
                               "%s %.100s: positions are given as partition:offset, like "
                               "0:42,1:17.",
                               option, text);
        if (partition >= partition_count)
            return dbk_err_set(err, DBK_EUSAGE,
                               "%s %.100s: there is no partition %" PRId32
                               "; they are 0 to %" PRId32 ".",
                               option, text, partition, partition_count - 1);
        if (when->offset_next[partition] >= 0)
            return dbk_err_set(err, DBK_EUSAGE, "%s %.100s: partition %" PRId32 " is given twice.",
                               option, text, partition);
        when->offset_next[partition] = offset + 1;
        when->given++;
        if (*p == '\0')
            return 0;
        while (*++p == ' ')
            continue;
    }
}

int dbk_when_parse(struct dbk_when *when, const char *option, const char *text,
                   int32_t partition_count, struct dbk_err *err)
{
    const char *colon;
    *when = (struct dbk_when){.kind = DBK_WHEN_NONE};
    if (text == NULL)
        return 0;
    size_t length = strlen(text);
    if (dbk_date_parse(&when->first_s, text, length)) {
        when->kind = DBK_WHEN_DATE;
        when->last_s = when->first_s + (length == 10 ? DBK_SECONDS_PER_DAY - 1 : 0);
        return 0;
    }
    colon = text + strspn(text, "0123456789");
    if (colon != text && *colon == ':')
        return parse_positions(when, option, text, partition_count, err);
    when->kind = DBK_WHEN_RECEIPT;
    int code = dbk_receipt_read(&when->receipt, text, err);
    if (code == DBK_EUSAGE)
        return dbk_err_set(err, DBK_EUSAGE,
                           "%s %.100s: give a date (2024-01-31), positions (0:42,1:17) or a "
                           "receipt's file, and this is none.",
                           option, text);
    return code;
}

void dbk_when_clear(struct dbk_when *when)
{
    free(when->offset_next);
    dbk_receipt_clear(&when->receipt);
    when->offset_next = NULL;
}
