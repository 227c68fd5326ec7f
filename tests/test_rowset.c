/* Goal: of n equal rows and m equal transactions the first min(n, m) rows are matched, in any
 * order. Method: one example by hand; random multisets against a count by brute force. */
#include "support.h"

#include <daybook/rowset.h>

static const uint8_t key[16] = {1, 2, 3};

static void add(struct dbk_rowset *rowset, const char *account, int64_t date_s, int64_t amount)
{
    struct dbk_event event = {
        .account = {account, (uint32_t)strlen(account)},
        .date_s = date_s,
        .value_minor = amount < 0 ? -amount : amount,
        .type = amount < 0 ? DBK_WITHDRAWAL : DBK_DEPOSIT,
    };
    assert_int_equal(dbk_rowset_add(rowset, &event), 0);
}

static void rowset_match__takes_the_first_unmatched_row_of_the_key(void **state)
{
    struct dbk_rowset *rowset;
    (void)state;
    assert_int_equal(dbk_rowset_open(&rowset, key), 0);
    add(rowset, "A", 10, 500);
    add(rowset, "B", 30, 500);
    add(rowset, "A", 10, 500);
    add(rowset, "A", 10, -500);
    add(rowset, "A", 20, 500);
    assert_int_equal(dbk_rowset_count(rowset), 5);
    assert_int_equal(dbk_rowset_account_count(rowset), 2);
    uint32_t a = dbk_rowset_find(rowset, (struct dbk_text){"A", 1});
    assert_int_equal(a, 0);
    assert_int_equal(dbk_rowset_find(rowset, (struct dbk_text){"C", 1}), DBK_NO_ACCOUNT);
    assert_int_equal(dbk_rowset_account(rowset, a)->date_first_s, 10);
    assert_int_equal(dbk_rowset_account(rowset, a)->date_last_s, 20);
    assert_int_equal(dbk_rowset_row_account(rowset, 1), 1);
    assert_false(dbk_rowset_is_matched(rowset, 0));

    assert_int_equal(dbk_rowset_index(rowset), 0);
    assert_true(dbk_rowset_would_match(rowset, a, 10, 500));
    assert_false(dbk_rowset_would_match(rowset, a, 11, 500));
    assert_false(dbk_rowset_would_match(rowset, 1, 10, 500));
    assert_int_equal(dbk_rowset_match(rowset, a, 10, 500), 0);
    assert_int_equal(dbk_rowset_match(rowset, a, 10, 500), 2);
    assert_false(dbk_rowset_would_match(rowset, a, 10, 500));
    assert_int_equal(dbk_rowset_match(rowset, a, 10, 500), DBK_NO_ROW);
    assert_int_equal(dbk_rowset_match(rowset, a, 10, -500), 3);
    assert_int_equal(dbk_rowset_match(rowset, a, 20, -500), DBK_NO_ROW);
    assert_true(dbk_rowset_is_matched(rowset, 2));
    assert_false(dbk_rowset_is_matched(rowset, 4));
    dbk_rowset_close(rowset);
}

static void rowset_match__works_on_no_rows(void **state)
{
    struct dbk_rowset *rowset;
    (void)state;
    assert_int_equal(dbk_rowset_open(&rowset, key), 0);
    assert_int_equal(dbk_rowset_find(rowset, (struct dbk_text){"A", 1}), DBK_NO_ACCOUNT);
    assert_int_equal(dbk_rowset_index(rowset), 0);
    assert_int_equal(dbk_rowset_match(rowset, 0, 0, 0), DBK_NO_ROW);
    dbk_rowset_close(rowset);
}

static void rowset_match__is_the_intersection_of_multisets(void **state)
{
    enum { ROWS = 700, LEDGER = 900 };
    uint64_t random = 3;
    (void)state;
    for (int round = 0; round < 60; round++) {
        struct dbk_rowset *rowset;
        uint32_t accounts[ROWS];
        int64_t dates[ROWS];
        int64_t amounts[ROWS];
        int counts[4][4][4] = {{{0}}};
        char name[16];
        assert_int_equal(dbk_rowset_open(&rowset, key), 0);
        for (uint32_t i = 0; i < 4; i++) { /* so that indices are as the names say */
            snprintf(name, sizeof name, "account %u", i);
            add(rowset, name, 1000, 1000);
        }
        for (uint32_t i = 0; i < ROWS; i++) {
            accounts[i] = (uint32_t)(next_random(&random) % 4);
            dates[i] = (int64_t)(next_random(&random) % 4);
            amounts[i] = (int64_t)(next_random(&random) % 4) + 1;
            snprintf(name, sizeof name, "account %u", accounts[i]);
            add(rowset, name, dates[i], amounts[i]);
        }
        assert_int_equal(dbk_rowset_index(rowset), 0);
        for (int i = 0; i < LEDGER; i++) {
            uint32_t account = (uint32_t)(next_random(&random) % 4);
            int64_t date_s = (int64_t)(next_random(&random) % 4);
            int64_t amount = (int64_t)(next_random(&random) % 4) + 1;
            counts[account][date_s][amount - 1]++;
            dbk_rowset_match(rowset, account, date_s, amount);
        }
        for (uint32_t i = 0; i < ROWS; i++) {
            int *left = &counts[accounts[i]][dates[i]][amounts[i] - 1];
            assert_int_equal(dbk_rowset_is_matched(rowset, i + 4), *left > 0);
            *left -= *left > 0;
        }
        dbk_rowset_close(rowset);
    }
}

static void rowset_match__is_fast_where_all_rows_are_equal(void **state)
{
    struct dbk_rowset *rowset;
    (void)state;
    assert_int_equal(dbk_rowset_open(&rowset, key), 0);
    for (int i = 0; i < 300000; i++)
        add(rowset, "A", 1, 100);
    assert_int_equal(dbk_rowset_index(rowset), 0);
    for (uint32_t i = 0; i < 300000; i++)
        assert_int_equal(dbk_rowset_match(rowset, 0, 1, 100), i);
    assert_int_equal(dbk_rowset_match(rowset, 0, 1, 100), DBK_NO_ROW);
    dbk_rowset_close(rowset);
}

static void rowset_add__holds_many_accounts(void **state)
{
    struct dbk_rowset *rowset;
    char name[24];
    (void)state;
    assert_int_equal(dbk_rowset_open(&rowset, key), 0);
    for (int i = 0; i < 50000; i++) {
        snprintf(name, sizeof name, "account %d", i * 7);
        add(rowset, name, i, 100);
    }
    for (uint32_t i = 0; i < 50000; i++) {
        int length = snprintf(name, sizeof name, "account %u", i * 7);
        struct dbk_text text = {name, (uint32_t)length};
        assert_int_equal(dbk_rowset_find(rowset, text), i);
        struct dbk_text kept = dbk_rowset_account(rowset, i)->name;
        assert_int_equal(kept.length, text.length);
        assert_memory_equal(kept.bytes, text.bytes, text.length);
    }
    dbk_rowset_close(rowset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rowset_match__takes_the_first_unmatched_row_of_the_key),
        cmocka_unit_test(rowset_match__works_on_no_rows),
        cmocka_unit_test(rowset_match__is_the_intersection_of_multisets),
        cmocka_unit_test(rowset_match__is_fast_where_all_rows_are_equal),
        cmocka_unit_test(rowset_add__holds_many_accounts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
