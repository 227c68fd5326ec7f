/* Goal: a simulation's content is believable, and the same for the same seed on every machine. */
#include "support.h"

#include <daybook/simulation.h>

static struct dbk_simulation *begin(int64_t seed, int64_t accounts)
{
    struct dbk_simulation *simulation;
    assert_int_equal(dbk_simulation_open(&simulation, seed, accounts), 0);
    return simulation;
}

/** The canonical JSON of the next event. */
static size_t next_json(struct dbk_simulation *simulation, char *json)
{
    struct dbk_event event;
    dbk_simulation_next(simulation, &event);
    assert_int_equal(dbk_event_check(&event), DBK_WELL_FORMED);
    return dbk_event_encode(json, &event);
}

static void simulation_next__follows_from_the_seed_alone(void **state)
{
    char a[DBK_EVENT_MAX];
    char b[DBK_EVENT_MAX];
    char c[DBK_EVENT_MAX];
    struct dbk_simulation *first = begin(7, 50);
    struct dbk_simulation *again = begin(7, 50);
    struct dbk_simulation *other = begin(8, 50);
    int differences = 0;
    (void)state;
    for (int i = 0; i < 1000; i++) {
        size_t length = next_json(first, a);
        assert_int_equal(next_json(again, b), length);
        assert_memory_equal(a, b, length);
        size_t other_length = next_json(other, c);
        differences += other_length != length || memcmp(a, c, length) != 0;
    }
    assert_in_range(differences, 900, 1000);
    dbk_simulation_close(first);
    dbk_simulation_close(again);
    dbk_simulation_close(other);
}

static void simulation_next__gives_what_it_always_gave(void **state)
{
    static const char *const expected[] = {
        "{\"transaction_date\":\"1970-01-01T00:00:00Z\",\"account\":\"SIM-000002\",\"transaction_"
        "value\":\"4517.00\",\"transaction_type\":\"deposit\",\"memo\":\"Opening deposit\"}",
        "{\"transaction_date\":\"1970-01-01T00:00:00Z\",\"account\":\"SIM-000001\",\"transaction_"
        "value\":\"4303.00\",\"transaction_type\":\"deposit\",\"memo\":\"Opening deposit\"}",
        "{\"transaction_date\":\"1970-01-01T00:00:00Z\",\"account\":\"SIM-000001\",\"transaction_"
        "value\":\"52.10\",\"transaction_type\":\"withdrawal\",\"floor\":\"0.00\",\"memo\":"
        "\"Groceries\"}",
        "{\"transaction_date\":\"1970-01-01T00:00:00Z\",\"account\":\"SIM-000002\",\"transaction_"
        "value\":\"40.00\",\"transaction_type\":\"withdrawal\",\"floor\":\"0.00\",\"memo\":"
        "\"Cash\"}",
        "{\"transaction_date\":\"1970-01-01T00:00:00Z\",\"account\":\"SIM-000001\",\"transaction_"
        "value\":\"9.79\",\"transaction_type\":\"withdrawal\",\"floor\":\"0.00\",\"memo\":"
        "\"Groceries\"}",
        "{\"transaction_date\":\"1970-01-01T00:00:00Z\",\"account\":\"SIM-000002\",\"transaction_"
        "value\":\"78.66\",\"transaction_type\":\"withdrawal\",\"floor\":\"0.00\",\"memo\":"
        "\"Fuel\"}",
    };
    char json[DBK_EVENT_MAX];
    struct dbk_simulation *simulation = begin(42, 3);
    (void)state;
    for (size_t i = 0; i < COUNT(expected); i++) {
        size_t length = next_json(simulation, json);
        json[length] = '\0';
        assert_string_equal(json, expected[i]);
    }
    dbk_simulation_close(simulation);
}

static void simulation_next__opens_every_account_first_and_keeps_to_its_own(void **state)
{
    enum { ACCOUNTS = 200, EVENTS = 20000 };
    bool opened[ACCOUNTS + 1] = {false};
    int deposits = 0;
    int floors = 0;
    struct dbk_event event;
    struct dbk_simulation *simulation = begin(1, ACCOUNTS);
    (void)state;
    for (int i = 0; i < EVENTS; i++) {
        dbk_simulation_next(simulation, &event);
        assert_int_equal(event.account.length, 10);
        assert_memory_equal(event.account.bytes, "SIM-", 4);
        int account = (int)strtol(event.account.bytes + 4, NULL, 10);
        assert_in_range(account, 1, ACCOUNTS);
        bool opening = event.memo.length == 15 && memcmp(event.memo.bytes, "Opening", 7) == 0;
        assert_true(opening == !opened[account]);
        opened[account] = true;
        assert_in_range(event.value_minor, 100, 1000000);
        deposits += event.type == DBK_DEPOSIT;
        floors += event.has_floor && event.floor_minor == 0;
    }
    assert_int_equal(floors, EVENTS - deposits); /* every withdrawal has one */
    assert_in_range(deposits, EVENTS / 10, EVENTS / 5);
    dbk_simulation_close(simulation);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(simulation_next__follows_from_the_seed_alone),
        cmocka_unit_test(simulation_next__gives_what_it_always_gave),
        cmocka_unit_test(simulation_next__opens_every_account_first_and_keeps_to_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
