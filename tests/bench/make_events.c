/*
 * Writes events for the benchmarks to standard output: for `kcat -P -K '|'`, or as a bank's CSV.
 *
 *     make_events COUNT [ACCOUNTS] [csv]
 *
 * Reproducible: a fixed linear congruential generator. Dates are spread over one year, in order, as
 * a bank's are; balances are those of the account.
 */
#include <daybook/date.h>
#include <daybook/event.h>
#include <daybook/money.h>

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state = 42;

static uint32_t next_random(void)
{
    state = state * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(state >> 33);
}

static void write_csv(const struct dbk_event *event)
{
    struct dbk_civil date;
    char value[DBK_MONEY_TEXT_SIZE];
    char balance[DBK_MONEY_TEXT_SIZE];
    dbk_date_to_civil(&date, event->date_s);
    dbk_money_format(value, event->type == DBK_DEPOSIT ? event->value_minor : -event->value_minor);
    dbk_money_format(balance, event->declared_minor);
    printf("%02d/%02d/%04d;%.*s;%s;%s\n", date.day, date.month, date.year,
           (int)event->account.length, event->account.bytes, value, balance);
}

static void write_json(const struct dbk_event *event)
{
    char json[DBK_EVENT_MAX];
    size_t length = dbk_event_encode(json, event);
    fwrite(event->account.bytes, 1, event->account.length, stdout);
    putchar_unlocked('|');
    fwrite(json, 1, length, stdout);
    putchar_unlocked('\n');
}

int main(int argc, char **argv)
{
    int64_t count = argc > 1 ? strtoll(argv[1], NULL, 10) : 5000000;
    uint32_t accounts = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 100000;
    bool csv = argc > 3 && strcmp(argv[3], "csv") == 0;
    int64_t start_s;
    dbk_date_parse(&start_s, "2024-01-01", 10);
    int64_t *balances = calloc(accounts, sizeof *balances);
    if (balances == NULL || accounts == 0)
        return 1;
    if (csv)
        puts("transaction_date;account;transaction_value;balance");
    for (int64_t i = 0; i < count; i++) {
        char name[16];
        uint32_t account = next_random() % accounts;
        int length = snprintf(name, sizeof name, "C%06" PRIu32, account);
        struct dbk_event event = {
            .date_s = start_s + i * 365 / count * DBK_SECONDS_PER_DAY,
            .value_minor = 1 + next_random() % 500000,
            .type = next_random() % 3 == 0 ? DBK_WITHDRAWAL : DBK_DEPOSIT,
            .account = {name, (uint32_t)length},
            .has_declared = true,
        };
        balances[account] += event.type == DBK_DEPOSIT ? event.value_minor : -event.value_minor;
        event.declared_minor = balances[account];
        if (csv)
            write_csv(&event);
        else
            write_json(&event);
    }
    free(balances);
    return fflush(stdout) == 0 ? 0 : 1;
}
