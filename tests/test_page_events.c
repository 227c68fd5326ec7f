/*
 * Goal: rejections and events show strangers' bytes safely, say why in the page's language, and
 * claim nothing about the log that was not found there. Method: as test_page.c.
 */
#include "page_support.h"

/* --- rejections and events --- */

static struct dbk_rejection_row rejected(enum dbk_verdict reason, const char *detail)
{
    return (struct dbk_rejection_row){.partition = 2,
                                      .offset = 9,
                                      .timestamp_ms = 1700000000000,
                                      .reason = reason,
                                      .detail = dbk_text_of(detail),
                                      .value_length = -1};
}

static void page_rejections__say_why_in_the_page_s_language(void **state)
{
    static const struct {
        enum dbk_verdict reason;
        const char *detail;
        const char *french;
    } cases[] = {
        {DBK_MALFORMED, "the value is empty",
         "<strong>Mal formé</strong> <span class=\"detail\">"
         "la valeur est vide</span>"},
        {DBK_MISROUTED, "the account's partition is 7", "partition 7</span>"},
        {DBK_OVERDRAFT, "", "<strong>Découvert</strong></td>"},
        {DBK_MALFORMED, "something <new>", "lang=\"en\">something &lt;new&gt;</span>"},
        {DBK_VERDICT_COUNT, "", "Raison inconnue"},
    };
    (void)state;
    page.path = "/rejections";
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dbk_rejection_row row = rejected(cases[i].reason, cases[i].detail);
        struct dbk_rejections rows = {.rows = &row, .count = 1};
        struct dbk_rejection_selection selection;
        dbk_rejection_selection_init(&selection);
        clear();
        dbk_page_rejections(&page, &selection, &rows);
        has(cases[i].french);
        has("/events/2/9?lang=fr");
    }
}

static void page_rejections__every_malformed_detail_has_its_french(void **state)
{
    (void)state;
    page.path = "/rejections";
    for (int i = DBK_MALFORMED_EMPTY; i < DBK_MALFORMED_COUNT; i++) {
        struct dbk_rejection_row row =
            rejected(DBK_MALFORMED, dbk_malformed_text((enum dbk_malformed)i));
        struct dbk_rejections rows = {.rows = &row, .count = 1};
        struct dbk_rejection_selection selection;
        dbk_rejection_selection_init(&selection);
        clear();
        dbk_page_rejections(&page, &selection, &rows);
        lacks("lang=\"en\">");
    }
}

static void page_rejections__show_bytes_safely_and_say_what_is_cut(void **state)
{
    (void)state;
    struct dbk_rejection_row row = rejected(DBK_MALFORMED, "");
    struct dbk_rejections rows = {.rows = &row, .count = 1};
    struct dbk_rejection_selection selection;
    dbk_rejection_selection_init(&selection);
    page.path = "/rejections";
    row.has_key = true;
    row.key = (struct dbk_text){"\x00\x1b[2J", 5};
    row.value = dbk_text_of(hostile);
    row.value_length = 5000;
    dbk_page_rejections(&page, &selection, &rows);
    has("<code class=\"bytes\">\\x00\\x1B[2J</code>");
    has("\\xFF…</code> <small>5\u202f000 octets</small>");
    lacks("</td><script>");
}

static void show_event(struct dbk_page_event *data)
{
    clear();
    page.path = "/events/1/7";
    dbk_page_event(&page, data);
}

static void page_event__shows_what_was_posted_and_what_it_reverses(void **state)
{
    (void)state;
    struct dbk_event_row row = {.kind = DBK_EVENT_POSTED,
                                .transaction = posted("C100", -100),
                                .has_source = true,
                                .source = dbk_text_of("reverse:0:42"),
                                .has_before = true};
    struct dbk_page_event data = {.partition = 1, .offset = 7, .row = &row};
    show_event(&data);
    has("Comptabilisé");
    has("Le journal n’a pas pu être lu");
    has("daybook verify 1:7");
    has("/events/1/6?lang=fr");
    lacks("/events/1/8");
    lacks("Annule");
    data.claims = true;
    data.other_offset = 42;
    show_event(&data);
    has("Prétend annuler</dt><dd><a href=\"/events/0/42?lang=fr\">0:42</a>");
    has("ne concorde pas");
    data.reverses = true;
    show_event(&data);
    has("Annule</dt><dd><a href=\"/events/0/42?lang=fr\">0:42</a>");
    lacks("ne concorde pas");
    data.reversal_unknown = true;
    show_event(&data);
    has("Annulé par</dt><dd><span class=\"none\">inconnu");
    data.reversal_unknown = false;
    data.is_reversed = true;
    data.reversal_partition = 1;
    data.reversal_offset = 99;
    show_event(&data);
    has("Annulé par</dt><dd><a href=\"/events/1/99?lang=fr\">1:99</a>");
}

static void page_event__tells_what_the_log_says(void **state)
{
    static const struct {
        enum dbk_record_state state;
        const char *class;
        const char *french;
    } cases[] = {
        {DBK_RECORD_UNREAD, "proof unread", "pas pu être lu"},
        {DBK_RECORD_READ, "proof unread", "Aucune empreinte"},
        {DBK_RECORD_PROVEN, "proof posted", "concorde jusqu’à <span class=\"position\">1:4095"},
        {DBK_RECORD_DIFFERS, "proof rejected", "ne concorde pas"},
    };
    static const struct dbk_record record = {
        .value = hostile, .value_length = (int32_t)sizeof hostile - 1, .key_length = -1};
    (void)state;
    struct dbk_event_row row = {.kind = DBK_EVENT_POSTED, .transaction = posted("C100", 100)};
    struct dbk_anchor anchor = {.offset_next = 4096};
    struct dbk_digest digest = {{0xab}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        bool read = cases[i].state != DBK_RECORD_UNREAD;
        struct dbk_page_event data = {.partition = 1,
                                      .offset = 7,
                                      .row = &row,
                                      .state = cases[i].state,
                                      .record = read ? &record : NULL,
                                      .digest = read ? &digest : NULL,
                                      .anchor = &anchor};
        show_event(&data);
        has(cases[i].class);
        has(cases[i].french);
        lacks("</td><script>");
        assert_int_equal(count_of("ab00000000"), read ? 1 : 0);
        assert_int_equal(count_of(harmless), read ? 1 : 0);
    }
}

static void page_event__one_that_is_not_there_is_said(void **state)
{
    (void)state;
    struct dbk_event_row row = {.kind = DBK_EVENT_BEYOND};
    struct dbk_page_event data = {.partition = 1, .offset = 7, .row = &row};
    show_event(&data);
    has("pas encore appliquée");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(page_rejections__say_why_in_the_page_s_language),
        CASE(page_rejections__every_malformed_detail_has_its_french),
        CASE(page_rejections__show_bytes_safely_and_say_what_is_cut),
        CASE(page_event__shows_what_was_posted_and_what_it_reverses),
        CASE(page_event__tells_what_the_log_says),
        CASE(page_event__one_that_is_not_there_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
