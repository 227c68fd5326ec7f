/* Goal: the fold reports the first broken rule, and what it refuses changes nothing but what a
 * source has shown. Method: a table of records in the order in which they are applied, each with
 * its verdict and the account's balance after it; pairs of rules broken at once, in enum order. */
#include "support.h"

#include <daybook/ledger.h>

#define EVENT(account, value, type, rest)                                                          \
    "{\"transaction_date\":\"2024-01-01\",\"account\":\"" account                                  \
    "\",\"transaction_value\":\"" value "\",\"transaction_type\":\"" type "\"" rest "}"
#define MOST "92233720368547758.07"

static const uint8_t hash_key[16] = {9, 8, 7};

static struct dbk_text text_of(const char *string)
{
    return (struct dbk_text){string, (uint32_t)strlen(string)};
}

static struct dbk_ledger *open_ledger(int32_t partition, int32_t partition_count)
{
    struct dbk_ledger *ledger;
    assert_int_equal(dbk_ledger_open(&ledger, partition, partition_count, hash_key), 0);
    return ledger;
}

/** Apply a value; NULL: an offset without record. */
static struct dbk_posting apply(struct dbk_ledger *ledger, const char *value, const char *key)
{
    char scratch[DBK_EVENT_SCRATCH];
    struct dbk_event event;
    struct dbk_posting posting;
    struct dbk_record record = {
        .key = key,
        .value = value,
        .key_length = key != NULL ? (int32_t)strlen(key) : DBK_LENGTH_NULL,
        .value_length = value != NULL ? (int32_t)strlen(value) : DBK_LENGTH_ABSENT,
    };
    assert_int_equal(dbk_ledger_apply(ledger, &posting, &event, scratch, &record), 0);
    return posting;
}

static int64_t balance_of(struct dbk_ledger *ledger, const char *account)
{
    uint32_t index;
    return dbk_ledger_find(ledger, &index, text_of(account))
               ? dbk_ledger_account(ledger, index)->balance_minor
               : INT64_MIN;
}

static void ledger_apply__reports_the_first_broken_rule(void **state)
{
    /* One partition of one: only the next test has misrouted events. */
    static const struct {
        const char *value;
        const char *account;
        enum dbk_verdict verdict;
        int64_t balance_minor; /* of the account, after it; INT64_MIN: there is none */
    } cases[] = {
        {NULL, "A", DBK_ABSENT, INT64_MIN},
        {"", "A", DBK_MALFORMED, INT64_MIN},
        {"{}", "A", DBK_MALFORMED, INT64_MIN},
        {EVENT("A", "10.00", "withdrawal", ",\"floor\":\"0.00\""), "A", DBK_OVERDRAFT, INT64_MIN},
        {EVENT("A", "10.00", "deposit", ",\"source\":\"s\",\"seq\":3"), "A", DBK_POSTED, 1000},
        {EVENT("A", "10.00", "deposit", ",\"source\":\"s\",\"seq\":3"), "A", DBK_DUPLICATE, 1000},
        {EVENT("A", "10.00", "deposit", ",\"source\":\"s\",\"seq\":2"), "A", DBK_DUPLICATE, 1000},
        {EVENT("A", "10.00", "deposit", ",\"source\":\"t\",\"seq\":0"), "A", DBK_POSTED, 2000},
        /* A floor is what stays, to the cent. */
        {EVENT("A", "20.01", "withdrawal", ",\"floor\":\"0.00\""), "A", DBK_OVERDRAFT, 2000},
        {EVENT("A", "20.00", "withdrawal", ",\"floor\":\"0.00\""), "A", DBK_POSTED, 0},
        {EVENT("A", "5.01", "withdrawal", ",\"floor\":\"-5.00\""), "A", DBK_OVERDRAFT, 0},
        {EVENT("A", "5.00", "withdrawal", ",\"floor\":\"-5.00\""), "A", DBK_POSTED, -500},
        {EVENT("A", "1.00", "withdrawal", ""), "A", DBK_POSTED, -600},
        {EVENT("A", "1.00", "deposit", ",\"floor\":\"1000.00\""), "A", DBK_POSTED, -500},
        /* What was rejected was seen all the same: it is not posted when it comes again. */
        {EVENT("A", "9.00", "withdrawal", ",\"source\":\"s\",\"seq\":4,\"floor\":\"0.00\""), "A",
         DBK_OVERDRAFT, -500},
        {EVENT("A", "9.00", "deposit", ",\"source\":\"s\",\"seq\":4"), "A", DBK_DUPLICATE, -500},
        /* Deposits of A sum up to 21.00: the sum overflows although the balance would not. */
        {EVENT("A", MOST, "deposit", ""), "A", DBK_OVERFLOW, -500},
        {EVENT("B", MOST, "deposit", ""), "B", DBK_POSTED, INT64_MAX},
        {EVENT("B", MOST, "deposit", ""), "B", DBK_OVERFLOW, INT64_MAX},
        {EVENT("B", "0.01", "deposit", ""), "B", DBK_OVERFLOW, INT64_MAX},
        {EVENT("B", MOST, "withdrawal", ""), "B", DBK_POSTED, 0},
        {EVENT("B", "0.01", "withdrawal", ""), "B", DBK_OVERFLOW, 0},
        {EVENT("C", MOST, "withdrawal", ""), "C", DBK_POSTED, -INT64_MAX},
        {EVENT("C", "0.02", "withdrawal", ""), "C", DBK_OVERFLOW, -INT64_MAX},
        /* Below every floor, and too large: the floor comes first. */
        {EVENT("C", MOST, "withdrawal", ",\"floor\":\"-" MOST "\""), "C", DBK_OVERDRAFT,
         -INT64_MAX},
        {EVENT("A", "0.01", "deposit", ""), "A", DBK_POSTED, -499},
    };
    struct dbk_ledger *ledger = open_ledger(0, 1);
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dbk_posting posting = apply(ledger, cases[i].value, NULL);
        if (posting.verdict != cases[i].verdict)
            fail_msg("%zu is %s, not %s", i, dbk_verdict_name(posting.verdict),
                     dbk_verdict_name(cases[i].verdict));
        if (balance_of(ledger, cases[i].account) != cases[i].balance_minor)
            fail_msg("%zu leaves %lld", i, (long long)balance_of(ledger, cases[i].account));
        if (posting.verdict == DBK_POSTED)
            assert_int_equal(posting.balance_minor, cases[i].balance_minor);
    }
    dbk_ledger_close(ledger);
}

/** The partition, of so many, that an account is not on. */
static int32_t wrong_partition(const char *account, int32_t partition_count)
{
    return (dbk_event_partition(text_of(account), partition_count) + 1) % partition_count;
}

static void ledger_apply__knows_an_order_of_rules(void **state)
{
    static const char *const again = EVENT("A", "1.00", "deposit", ",\"source\":\"s\",\"seq\":0");
    static const char *const poor =
        EVENT("A", "9.00", "withdrawal", ",\"source\":\"s\",\"seq\":0,\"floor\":\"0.00\"");
    int64_t seq;
    (void)state;
    /* Malformed before misrouted: the key is not the account. */
    struct dbk_ledger *elsewhere = open_ledger(wrong_partition("A", 5), 5);
    assert_int_equal(apply(elsewhere, again, "B").verdict, DBK_MALFORMED);
    /* Misrouted before all that follow, and nothing is seen: twice the same is misrouted twice. */
    assert_int_equal(apply(elsewhere, again, "A").verdict, DBK_MISROUTED);
    assert_int_equal(apply(elsewhere, again, "A").verdict, DBK_MISROUTED);
    assert_int_equal(apply(elsewhere, poor, "A").verdict, DBK_MISROUTED);
    assert_int_equal(dbk_ledger_find_source(elsewhere, &seq, text_of("s")), 0);
    assert_int_equal(seq, -1);
    assert_int_equal(dbk_ledger_account_count(elsewhere), 0);
    dbk_ledger_close(elsewhere);
    /* Duplicate before overdraft. */
    struct dbk_ledger *own = open_ledger(dbk_event_partition(text_of("A"), 5), 5);
    assert_int_equal(apply(own, again, "A").verdict, DBK_POSTED);
    assert_int_equal(apply(own, poor, "A").verdict, DBK_DUPLICATE);
    dbk_ledger_close(own);
}

static void ledger_apply__counts_and_sums(void **state)
{
    uint32_t index;
    struct dbk_ledger *ledger = open_ledger(0, 1);
    (void)state;
    assert_true(apply(ledger, EVENT("A", "3.00", "deposit", ""), NULL).account_is_new);
    assert_false(apply(ledger, EVENT("A", "1.00", "withdrawal", ""), NULL).account_is_new);
    assert_true(apply(ledger, EVENT("B", "5.00", "deposit", ""), NULL).account_is_new);
    assert_int_equal(apply(ledger, EVENT("A", "2.00", "deposit", ""), NULL).account, 0);
    assert_true(dbk_ledger_find(ledger, &index, text_of("A")));
    const struct dbk_account *account = dbk_ledger_account(ledger, index);
    assert_int_equal(account->balance_minor, 400);
    assert_int_equal(account->deposit_count, 2);
    assert_int_equal(account->deposits_minor, 500);
    assert_int_equal(account->withdrawal_count, 1);
    assert_int_equal(account->withdrawals_minor, 100);
    assert_int_equal(dbk_ledger_account_count(ledger), 2);
    dbk_ledger_close(ledger);
}

static void ledger_apply__keeps_many_accounts_apart(void **state)
{
    char value[DBK_EVENT_MAX];
    char name[32];
    struct dbk_ledger *ledger = open_ledger(0, 1);
    (void)state;
    for (int i = 0; i < 30000; i++) {
        snprintf(value, sizeof value,
                 EVENT("A%d", "%d.00", "deposit", ",\"source\":\"s%d\",\"seq\":%d"), i % 10000,
                 1 + i / 10000, i % 7000, i);
        assert_int_equal(apply(ledger, value, NULL).verdict, DBK_POSTED);
    }
    assert_int_equal(dbk_ledger_account_count(ledger), 10000);
    assert_int_equal(dbk_ledger_source_count(ledger), 7000);
    for (int i = 0; i < 10000; i++) {
        snprintf(name, sizeof name, "A%d", i);
        assert_int_equal(balance_of(ledger, name), 600);
    }
    dbk_ledger_close(ledger);
}

static void ledger_restore__refuses_what_the_fold_cannot_have_made(void **state)
{
    struct dbk_ledger *ledger = open_ledger(0, 1);
    struct dbk_account account = {.name = text_of("A"), .balance_minor = 5};
    struct dbk_source source = {.digest = {1}, .seq = 0};
    (void)state;
    assert_int_equal(dbk_ledger_restore_account(ledger, &account), 0);
    assert_int_equal(dbk_ledger_restore_account(ledger, &account), DBK_EVIEW);
    account.name = text_of(" A");
    assert_int_equal(dbk_ledger_restore_account(ledger, &account), DBK_EVIEW);
    assert_int_equal(dbk_ledger_restore_source(ledger, &source), 0);
    assert_int_equal(dbk_ledger_restore_source(ledger, &source), DBK_EVIEW);
    source = (struct dbk_source){.digest = {2}, .seq = -1};
    assert_int_equal(dbk_ledger_restore_source(ledger, &source), DBK_EVIEW);
    dbk_ledger_close(ledger);
    ledger = open_ledger(wrong_partition("A", 3), 3);
    account.name = text_of("A");
    assert_int_equal(dbk_ledger_restore_account(ledger, &account), DBK_EVIEW);
    dbk_ledger_close(ledger);
}

/** Knows A, and that source s was seen up to 4; or fails. */
struct lender {
    int code;
    int asked;
};

static int lend_account(void *context, struct dbk_account *account)
{
    struct lender *lender = context;
    lender->asked++;
    account->balance_minor = account->deposits_minor = 1000;
    account->deposit_count = 1;
    if (lender->code != 0)
        return lender->code;
    return account->name.bytes[0] == 'A' ? 0 : DBK_ENO;
}

static int lend_source(void *context, int32_t partition, struct dbk_source *source)
{
    struct lender *lender = context;
    assert_int_equal(partition, 0);
    lender->asked++;
    source->seq = 4;
    if (lender->code != 0)
        return lender->code;
    return source->digest[0] == 0x04 ? 0 : DBK_ENO; /* SHA-256 of "s" begins 043a71 */
}

static void ledger_borrow__asks_once_for_what_is_not_there(void **state)
{
    struct lender lender = {.code = 0};
    const struct dbk_lender of = {lend_account, lend_source, &lender};
    struct dbk_ledger *ledger = open_ledger(0, 1);
    (void)state;
    dbk_ledger_borrow(ledger, &of);
    static const char known[] = EVENT("A", "4.00", "deposit", ",\"source\":\"s\",\"seq\":4");
    static const char next[] =
        EVENT("A", "14.00", "withdrawal", ",\"source\":\"s\",\"seq\":5,\"floor\":\"0.00\"");
    static const char fits[] =
        EVENT("A", "10.00", "withdrawal", ",\"source\":\"t\",\"seq\":0,\"floor\":\"0.00\"");
    static const char unknown[] = EVENT("B", "1.00", "withdrawal", ",\"floor\":\"0.00\"");
    assert_int_equal(apply(ledger, known, NULL).verdict, DBK_DUPLICATE);
    assert_int_equal(apply(ledger, next, NULL).verdict, DBK_OVERDRAFT);
    assert_int_equal(lender.asked, 2);
    assert_int_equal(apply(ledger, fits, NULL).verdict, DBK_POSTED);
    assert_int_equal(balance_of(ledger, "A"), 0);
    assert_int_equal(apply(ledger, unknown, NULL).verdict, DBK_OVERDRAFT);
    dbk_ledger_close(ledger);
}

static void ledger_borrow__changes_nothing_where_the_lender_fails(void **state)
{
    struct lender lender = {.code = DBK_EVIEW};
    const struct dbk_lender of = {lend_account, lend_source, &lender};
    struct dbk_ledger *ledger = open_ledger(0, 1);
    char scratch[DBK_EVENT_SCRATCH];
    struct dbk_event event;
    struct dbk_posting posting;
    int64_t seq;
    static const char value[] = EVENT("A", "4.00", "deposit", ",\"source\":\"s\",\"seq\":4");
    struct dbk_record record = {
        .key_length = DBK_LENGTH_NULL, .value = value, .value_length = sizeof value - 1};
    (void)state;
    dbk_ledger_borrow(ledger, &of);
    assert_int_equal(dbk_ledger_apply(ledger, &posting, &event, scratch, &record), DBK_EVIEW);
    assert_int_equal(dbk_ledger_find_source(ledger, &seq, text_of("s")), DBK_EVIEW);
    assert_int_equal(dbk_ledger_ask_for(ledger, text_of("A")), DBK_EVIEW);
    assert_int_equal(dbk_ledger_account_count(ledger), 0);
    assert_int_equal(dbk_ledger_source_count(ledger), 0);
    dbk_ledger_close(ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ledger_apply__reports_the_first_broken_rule),
        cmocka_unit_test(ledger_apply__knows_an_order_of_rules),
        cmocka_unit_test(ledger_apply__counts_and_sums),
        cmocka_unit_test(ledger_apply__keeps_many_accounts_apart),
        cmocka_unit_test(ledger_borrow__asks_once_for_what_is_not_there),
        cmocka_unit_test(ledger_borrow__changes_nothing_where_the_lender_fails),
        cmocka_unit_test(ledger_restore__refuses_what_the_fold_cannot_have_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
