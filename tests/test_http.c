/*
 * Goal: slow answers hold up each other for a while at most, and nobody else. Method: a service
 * whose answers take as long as the test wants, asked through sockets. What is waited for is said
 * by the service or comes through a socket; deadlines are for what hangs.
 */
#include "support.h"

#include <daybook/http.h>

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define DEADLINE_S 20
#define WAITING_MAX 32 /* slow requests, beside those that are being answered */
#define LOOPS_AHEAD 2  /* one in each loop may come beside the limit */
#define ASKED (DBK_HTTP_SLOW_WORKERS + WAITING_MAX + LOOPS_AHEAD + 6)

static struct dbk_http *http;
static atomic_int begun;
static atomic_bool ended;

static void rest(int ms)
{
    nanosleep(&(struct timespec){.tv_nsec = ms * 1000000L}, NULL);
}

/* --- the service --- */

static bool is_open(const struct dbk_http_request *request)
{
    (void)request;
    return true;
}

static bool is(const struct dbk_http_request *request, const char *name)
{
    return request->segment_count == 1 && strcmp(request->segments[0], name) == 0;
}

static enum dbk_http_work classify(void *context, const struct dbk_http_request *request)
{
    (void)context;
    return is(request, "quick") ? DBK_HTTP_QUICK : DBK_HTTP_SLOW;
}

/** Rows are looked at, and none is found. */
static int find_nothing(void *stream, struct dbk_buffer *piece)
{
    (void)stream;
    (void)piece;
    rest(20);
    return ended ? 0 : 1;
}

static void answer(void *context, const struct dbk_http_request *request,
                   struct dbk_http_response *response)
{
    (void)context;
    response->content_type = "text/plain";
    if (is(request, "download")) {
        begun++;
        response->more = find_nothing;
        return;
    }
    if (is(request, "long")) {
        begun++;
        while (!ended)
            rest(5);
    }
    dbk_buffer_add_string(&response->body, "done");
}

static void explain(void *context, const char *language, struct dbk_http_response *response)
{
    (void)context;
    (void)language;
    (void)response;
}

/* --- clients --- */

static int ask(const char *path)
{
    char url[128];
    char request[256];
    struct timeval limit = {.tv_sec = DEADLINE_S};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    dbk_http_url(http, url, sizeof url);
    const char *port = strrchr(url, ':') + 1;
    address.sin_port = htons((uint16_t)atoi(port));
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    int length =
        snprintf(request, sizeof request,
                 "GET /%s HTTP/1.1\r\nHost: localhost:%s\r\nConnection: close\r\n\r\n", path, port);
    assert_int_equal(send(fd, request, (size_t)length, 0), length);
    return fd;
}

/** The whole answer, up to the end of the connection. */
static void expect(int fd, const char *status, const char *text)
{
    char bytes[4096];
    size_t length = 0;
    ssize_t count;
    while ((count = recv(fd, bytes + length, sizeof bytes - 1 - length, 0)) > 0)
        length += (size_t)count;
    bytes[length] = '\0';
    close(fd);
    if (count < 0)
        fail_msg("no end within %d s: %s", DEADLINE_S, bytes);
    if (strncmp(bytes, status, strlen(status)) != 0 || strstr(bytes, text) == NULL)
        fail_msg("%s, %s: %s", status, text, bytes);
}

static void wait_until_begun(int count)
{
    for (int i = 0; begun < count && i < DEADLINE_S * 200; i++)
        rest(5);
    assert_true(begun >= count);
}

static int set_up(void **state)
{
    static const struct dbk_http_service service = {NULL, is_open, classify, answer, explain};
    static const struct dbk_http_options options = {.listen = "127.0.0.1:0"};
    struct dbk_err err;
    (void)state;
    begun = 0;
    ended = false;
    return dbk_http_start(&http, &options, &service, &err);
}

static int tear_down(void **state)
{
    (void)state;
    ended = true;
    dbk_http_stop(http);
    return 0;
}

/* --- the tests --- */

static void http__downloads_that_find_nothing_leave_the_workers_to_others(void **state)
{
    int downloads[DBK_HTTP_SLOW_WORKERS];
    (void)state;
    for (int i = 0; i < DBK_HTTP_SLOW_WORKERS; i++)
        downloads[i] = ask("download");
    wait_until_begun(DBK_HTTP_SLOW_WORKERS);
    expect(ask("short"), "HTTP/1.1 200", "done");
    ended = true;
    for (int i = 0; i < DBK_HTTP_SLOW_WORKERS; i++)
        expect(downloads[i], "HTTP/1.1 200", "\r\n0\r\n\r\n");
}

static void http__what_would_wait_too_long_is_refused_at_once(void **state)
{
    struct pollfd asked[ASKED];
    int refused = 0;
    (void)state;
    for (int i = 0; i < ASKED; i++) {
        asked[i] = (struct pollfd){.fd = ask("long"), .events = POLLIN};
        wait_until_begun(i < DBK_HTTP_SLOW_WORKERS ? i + 1 : DBK_HTTP_SLOW_WORKERS);
    }
    while (refused < ASKED - DBK_HTTP_SLOW_WORKERS - WAITING_MAX - LOOPS_AHEAD) {
        if (poll(asked, ASKED, DEADLINE_S * 1000) <= 0)
            fail_msg("%d were refused", refused);
        for (int i = 0; i < ASKED; i++)
            if (asked[i].revents != 0) {
                expect(asked[i].fd, "HTTP/1.1 503", "Retry-After:");
                asked[i].fd = -1;
                refused++;
            }
    }
    assert_int_equal(begun, DBK_HTTP_SLOW_WORKERS);
    expect(ask("quick"), "HTTP/1.1 200", "done");
    ended = true;
    int served = 0;
    for (int i = 0; i < ASKED; i++) {
        char first[16] = "";
        if (asked[i].fd < 0)
            continue;
        assert_true(recv(asked[i].fd, first, 12, MSG_PEEK | MSG_WAITALL) == 12);
        bool good = strcmp(first, "HTTP/1.1 200") == 0;
        served += good;
        expect(asked[i].fd, good ? "HTTP/1.1 200" : "HTTP/1.1 503", "");
    }
    assert_true(served >= DBK_HTTP_SLOW_WORKERS + WAITING_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            http__downloads_that_find_nothing_leave_the_workers_to_others, set_up, tear_down),
        cmocka_unit_test_setup_teardown(http__what_would_wait_too_long_is_refused_at_once, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
