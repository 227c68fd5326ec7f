/* Goal: the hash is SipHash-1-3, so that nobody without the key can make names collide. Method:
 * values of CPython's bytes hash, which is the same function, with PYTHONHASHSEED 0 (a zero key)
 * and 1. */
#include "support.h"

#include <daybook/hash.h>

static void hash__is_siphash_1_3(void **state)
{
    static const uint8_t zero[16];
    static const uint8_t key[16] = {41, 35,  190, 132, 225, 108, 214, 174,
                                    82, 144, 73,  241, 241, 187, 233, 235};
    static const struct {
        const uint8_t *key;
        const char *bytes;
        uint64_t expected;
    } cases[] = {
        {zero, "a", 0x407448d2b89b1813},         {zero, "abc", 0xc03bc3a0042630f2},
        {zero, "1234567", 0xa33d651594fdae81},   {zero, "12345678", 0x3489982430560a87},
        {zero, "123456789", 0x0fbc0f0007965fcf}, {key, "a", 0xd6300bc9f7cc0e73},
        {key, "abc", 0xbf3a636edf177675},        {key, "12345678", 0x06f07c60efe2bad9},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        if (dbk_hash(cases[i].key, cases[i].bytes, strlen(cases[i].bytes)) != cases[i].expected)
            fail_msg("%zu: %s", i, cases[i].bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hash__is_siphash_1_3),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
