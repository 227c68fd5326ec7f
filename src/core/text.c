#include "text.h"

#include <string.h>

/** Characters that could make one account or memo look like another, or move what is beside it. */
static bool is_forbidden(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0xAD || c == 0x061C ||
           (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
           (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFB);
}

/**
 * Decode one UTF-8 character of two or more bytes.
 *
 * @return its length, or 0 where the bytes are not valid UTF-8 (overlong forms, surrogates and
 *         numbers beyond U+10FFFF are not).
 */
static size_t decode_multibyte(uint32_t *c, const unsigned char *bytes, size_t length)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t count = bytes[0] >= 0xF0 ? 4 : bytes[0] >= 0xE0 ? 3 : 2;
    if (bytes[0] < 0xC2 || bytes[0] > 0xF4 || count > length)
        return 0;
    uint32_t code = bytes[0] & (0xFFU >> (count + 1));
    for (size_t i = 1; i < count; i++) {
        if ((bytes[i] & 0xC0) != 0x80)
            return 0;
        code = code << 6 | (bytes[i] & 0x3FU);
    }
    if (code < smallest[count] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
        return 0;
    *c = code;
    return count;
}

size_t dbk_text_next(const char *bytes, size_t length, bool *clean)
{
    const unsigned char *p = (const unsigned char *)bytes;
    uint32_t c = p[0];
    size_t count = c < 0x80 ? 1 : decode_multibyte(&c, p, length);
    *clean = count > 0 && !is_forbidden(c);
    return count > 0 ? count : 1;
}

int dbk_text_compare(struct dbk_text a, struct dbk_text b)
{
    uint32_t shared = a.length < b.length ? a.length : b.length;
    int order = shared > 0 ? memcmp(a.bytes, b.bytes, shared) : 0;
    return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

bool dbk_text_is_clean(struct dbk_text text, size_t max, bool trimmed)
{
    const char *bytes = text.bytes;
    if (text.length < 1 || text.length > max)
        return false;
    if (trimmed && (bytes[0] == ' ' || bytes[text.length - 1] == ' '))
        return false;
    for (size_t i = 0; i < text.length;) {
        bool clean;
        i += dbk_text_next(bytes + i, text.length - i, &clean);
        if (!clean)
            return false;
    }
    return true;
}

/** MurmurHash2 as Kafka's Java client computes it (seed 0x9747b28c, 32-bit wrap-around). */
static uint32_t murmur2(const unsigned char *bytes, uint32_t length)
{
    const uint32_t m = 0x5bd1e995;
    uint32_t h = 0x9747b28cU ^ length;
    uint32_t i = 0;
    for (; i + 4 <= length; i += 4) {
        uint32_t k = (uint32_t)bytes[i] | (uint32_t)bytes[i + 1] << 8 |
                     (uint32_t)bytes[i + 2] << 16 | (uint32_t)bytes[i + 3] << 24;
        k *= m;
        k ^= k >> 24;
        k *= m;
        h = h * m ^ k;
    }
    if (i < length) {
        for (uint32_t tail = length - i; tail > 0; tail--)
            h ^= (uint32_t)bytes[i + tail - 1] << (8 * (tail - 1));
        h *= m;
    }
    h ^= h >> 13;
    h *= m;
    return h ^ h >> 15;
}

int32_t dbk_event_partition(struct dbk_text account, int32_t partition_count)
{
    uint32_t hash = murmur2((const unsigned char *)account.bytes, account.length);
    return (int32_t)((hash & 0x7fffffffU) % (uint32_t)partition_count);
}
