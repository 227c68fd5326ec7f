/*
 * Goal: a day whose rows are only in another order is told from one where money is missing.
 * Method: every order of small days is tried; the quick answer must be the same.
 */
#include "support.h"

#include <daybook/declared.h>

/** Try all orders: rows from `done` on are still to be placed. */
static bool some_order(struct dbk_declared_row *rows, size_t done, size_t count, int64_t balance)
{
    if (done == count)
        return true;
    for (size_t i = done; i < count; i++) {
        struct dbk_declared_row row = rows[i];
        if (balance + row.amount_minor != row.declared_minor)
            continue;
        rows[i] = rows[done];
        rows[done] = row;
        bool found = some_order(rows, done + 1, count, row.declared_minor);
        rows[done] = rows[i];
        rows[i] = row;
        if (found)
            return true;
    }
    return false;
}

static void declared_reordered__answers_as_trying_all_orders_does(void **state)
{
    uint64_t random = 7;
    int yes = 0;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        struct dbk_declared_row rows[6];
        random = random * 6364136223846793005U + 1442695040888963407U;
        size_t count = random >> 61;
        count = count > 6 ? 6 : count;
        int64_t balance = 0;
        for (size_t i = 0; i < count; i++) {
            random = random * 6364136223846793005U + 1442695040888963407U;
            rows[i].amount_minor = (int64_t)(random >> 62) - 1;
            rows[i].amount_minor += rows[i].amount_minor >= 0;
            balance += rows[i].amount_minor;
            rows[i].declared_minor = balance + ((random >> 40) % 12 == 0);
        }
        for (size_t i = count; i > 1; i--) {
            random = random * 6364136223846793005U + 1442695040888963407U;
            size_t j = (random >> 33) % i;
            struct dbk_declared_row row = rows[i - 1];
            rows[i - 1] = rows[j];
            rows[j] = row;
        }
        bool answer;
        assert_int_equal(dbk_declared_reordered(&answer, 0, rows, count), 0);
        assert_int_equal(answer, some_order(rows, 0, count, 0));
        yes += answer;
    }
    assert_in_range(yes, 5000, 19000); /* both answers were tested */
}

static void declared_reordered__takes_any_amount(void **state)
{
    const struct dbk_declared_row far[] = {{INT64_MAX, INT64_MIN}, {INT64_MIN, INT64_MAX}};
    bool answer;
    (void)state;
    assert_int_equal(dbk_declared_reordered(&answer, INT64_MIN, far, 2), 0);
    assert_false(answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(declared_reordered__answers_as_trying_all_orders_does),
        cmocka_unit_test(declared_reordered__takes_any_amount),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
