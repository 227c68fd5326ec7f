/*
 * A teller without a screen: posts COUNT times AMOUNT into or from one account, in one session, and
 * prints a line for each: outcome, position, balance, microseconds to the acknowledgement and to
 * the decision. Broker, topic and database come from the environment, as for daybook.
 *
 *     poster deposit|withdraw ACCOUNT AMOUNT COUNT [PAUSE_MS]
 */
#include "post.h"

#include <daybook/amount_text.h>
#include <daybook/clock.h>
#include <daybook/message.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int post_one(struct dbk_post *post, const struct dbk_post_request *request,
                    struct dbk_err *err)
{
    const struct dbk_post_result *result = dbk_post_result(post);
    int64_t started_us = now_us();
    int64_t acknowledged_us = 0;
    int code = dbk_post_send(post, request, err);
    while (code == 0 && result->outcome == DBK_OUTCOME_WAITING) {
        code = dbk_post_step(post, 50, err);
        if (acknowledged_us == 0 && result->offset >= 0)
            acknowledged_us = now_us();
    }
    if (code != 0)
        return code;
    printf("%s %" PRId32 ":%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 "\n",
           dbk_outcome_name(result->outcome), result->partition, result->offset,
           result->balance_minor, acknowledged_us - started_us, now_us() - started_us);
    return fflush(stdout) == 0 ? 0 : dbk_err_set(err, DBK_ENO, "cannot write.");
}

/** Go on following between two events, as a screen does. */
static int pause_for(struct dbk_post *post, int64_t pause_ms, struct dbk_err *err)
{
    int64_t until_ms = dbk_clock_monotonic_ms() + pause_ms;
    int code = 0;
    while (code == 0 && dbk_clock_monotonic_ms() < until_ms)
        code = dbk_post_step(post, (int)(until_ms - dbk_clock_monotonic_ms()), err);
    return code;
}

int main(int argc, char **argv)
{
    struct dbk_config config;
    struct dbk_err err = {.text = ""};
    struct dbk_post *post = NULL;
    struct dbk_post_request request = {.memo_matters = true};
    if (argc < 5)
        return 2;
    struct dbk_text account = {argv[2], (uint32_t)strlen(argv[2])};
    struct dbk_text amount = {argv[3], (uint32_t)strlen(argv[3])};
    request.event.type = strcmp(argv[1], "deposit") == 0 ? DBK_DEPOSIT : DBK_WITHDRAWAL;
    request.event.has_floor = request.event.type == DBK_WITHDRAWAL;
    if (dbk_amount_typed(&request.event.value_minor, amount, true) != DBK_AMOUNT_FINE)
        return 2;
    dbk_config_init(&config);
    int code = dbk_config_complete(&config, NULL, &err);
    if (code == 0)
        code = dbk_post_open(&post, &config, (struct dbk_text){"", 0}, &err);
    if (code == 0)
        code = dbk_post_connect(post, account, DBK_POST_RECENTS, &err);
    if (code == 0)
        do /* a broker that is being killed is waited for */
            code = dbk_post_catch_up(post, &err);
        while (code == DBK_EBROKER && argc > 5);
    for (long i = 0; code == 0 && i < strtol(argv[4], NULL, 10); i++) {
        request.event.date_s = dbk_clock_wall_ms() / 1000;
        code = post_one(post, &request, &err);
        if (code == 0 && argc > 5)
            code = pause_for(post, strtol(argv[5], NULL, 10), &err);
    }
    if (code != 0)
        dbk_message("%s", err.text);
    dbk_post_close(post);
    dbk_config_clear(&config);
    return dbk_err_exit_status(code);
}
