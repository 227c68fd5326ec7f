/**
 * What the tests of pages share: a page to write, and questions to its HTML.
 */
#ifndef DAYBOOK_TEST_PAGE_SUPPORT_H
#define DAYBOOK_TEST_PAGE_SUPPORT_H

#include "support.h"

#include <daybook/date.h>
#include <page.h>
#include <page_parts.h>

#include <stdlib.h>
#include <string.h>

static const char hostile[] = "</td><script>\"'&\x01\xff";
static const char harmless[] = "&lt;/td&gt;&lt;script&gt;&quot;&#39;&amp;\\x01\\xFF";

static struct dbk_buffer out;
static struct dbk_page page;
static struct dbk_overview overview;
static struct dbk_freshness freshness;

static inline int begin(void **state)
{
    (void)state;
    out = (struct dbk_buffer){.bytes = NULL};
    page = (struct dbk_page){.out = &out, .path = "/transactions", .query = "", .today = 20088};
    overview = (struct dbk_overview){.generation = 1, .commit_seq = 1, .positions = "0:41, 1:17"};
    freshness = (struct dbk_freshness){.reachable = true, .audit_through = ""};
    return 0;
}

static inline int end(void **state)
{
    (void)state;
    dbk_buffer_clear(&out);
    return 0;
}

static inline void clear(void)
{
    dbk_buffer_clear(&out);
    out = (struct dbk_buffer){.bytes = NULL};
}

static inline const char *html(void)
{
    assert_false(out.failed);
    return out.bytes != NULL ? out.bytes : "";
}

#define has(text)                                                                                  \
    do {                                                                                           \
        if (strstr(html(), text) == NULL)                                                          \
            fail_msg("\"%s\" is not in:\n%s", text, html());                                       \
    } while (0)
#define lacks(text)                                                                                \
    do {                                                                                           \
        if (strstr(html(), text) != NULL)                                                          \
            fail_msg("\"%s\" is in:\n%s", text, html());                                           \
    } while (0)

static inline int count_of(const char *text)
{
    int count = 0;
    for (const char *at = html(); (at = strstr(at, text)) != NULL; at++)
        count++;
    return count;
}

static inline struct dbk_transaction_row posted(const char *account, int64_t amount_minor)
{
    return (struct dbk_transaction_row){
        .partition = 1,
        .offset = 7,
        .date_s = 19723 * DBK_SECONDS_PER_DAY,
        .amount_minor = amount_minor,
        .balance_minor = 123456,
        .account = dbk_text_of(account),
        .memo = dbk_text_of(""),
    };
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)

#endif
