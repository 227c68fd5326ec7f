/* Goal: the chain is the one of docs/events.md, byte for byte, for every kind of record. Method:
 * d[0] to d[5] computed with Python's hashlib and struct from that page. */
#include "support.h"

#include <daybook/digest.h>

static void assert_hex(const struct dbk_digest *digest, const char *expected)
{
    char hex[2 * DBK_DIGEST_SIZE + 1];
    dbk_digest_hex(hex, digest);
    assert_string_equal(hex, expected);
}

static void digest_extend__is_the_documented_chain(void **state)
{
    static char key[1000];
    static char value[5000]; /* more than is gathered before hashing */
    memset(key, 'k', sizeof key);
    memset(value, 'v', sizeof value);
    const struct {
        struct dbk_record record;
        const char *expected;
    } cases[] = {
        {{.offset = 0,
          .timestamp_ms = 1700000000000,
          .key = "C100",
          .key_length = 4,
          .value = "{}",
          .value_length = 2},
         "da3226237a5305fec9f1009d24941a895e6102ff9696475757c102d41fbf3070"},
        {{.offset = 1,
          .timestamp_ms = -1,
          .key_length = DBK_LENGTH_NULL,
          .value = "",
          .value_length = 0},
         "4038e8e3d4b190ed8aebcb5d47027103e516927a8c0514c806983d197b6932db"},
        {{.offset = 2, .key_length = DBK_LENGTH_ABSENT, .value_length = DBK_LENGTH_ABSENT},
         "c8dd35c0bc26602516a32f233968ca40dd14d8d1488f8d2b1c4ddcdbc9fbb439"},
        {{.offset = 3,
          .timestamp_ms = 5,
          .key = key,
          .key_length = sizeof key,
          .value = value,
          .value_length = sizeof value},
         "baeb4856383c983b07d79b8339add0e4df96e7077f69c7f30878f9219907d6ac"},
        {{.offset = (int64_t)1 << 40,
          .timestamp_ms = (int64_t)1 << 50,
          .key = "",
          .key_length = 0,
          .value_length = DBK_LENGTH_NULL},
         "ccefc93f36cd877a82a78e5608a63ba63a087d55c7fa4f083f0a3b8f2ad8e4e6"},
    };
    struct dbk_digest digest;
    (void)state;
    dbk_digest_start(&digest, (struct dbk_text){"ledger", 6}, 2, 3);
    assert_hex(&digest, "12c1e5da49a261517c8f23dd1f1feab17df4e5aabe8fde5e3c8043d1e499a55e");
    for (size_t i = 0; i < COUNT(cases); i++) {
        dbk_digest_extend(&digest, &cases[i].record);
        assert_hex(&digest, cases[i].expected);
    }
}

static void digest_bytes__is_sha256(void **state)
{
    struct dbk_digest digest;
    (void)state;
    /* FIPS 180-4's example. */
    dbk_digest_bytes(&digest, "abc", 3);
    assert_hex(&digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    dbk_digest_bytes(&digest, NULL, 0);
    assert_hex(&digest, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digest_extend__is_the_documented_chain),
        cmocka_unit_test(digest_bytes__is_sha256),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
