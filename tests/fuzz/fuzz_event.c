/*
 * Any bytes as an event: no crash, both paths agree, and what is well-formed survives being written
 * and read again.
 */
#include <daybook/event.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static bool same(struct dbk_text a, struct dbk_text b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.bytes, b.bytes, a.length) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char scratch[3][DBK_EVENT_SCRATCH];
    char json[DBK_EVENT_MAX];
    struct dbk_event fast;
    struct dbk_event slow;
    struct dbk_event again;
    bool failed = false;
    struct dbk_record record = {
        .key_length = DBK_LENGTH_NULL, .value = bytes, .value_length = (int32_t)size};
    enum dbk_malformed result = dbk_event_decode(&fast, &failed, scratch[0], &record);
    require(result == dbk_event_decode_general(&slow, &failed, scratch[1], &record));
    if (failed || result != DBK_WELL_FORMED)
        return 0;
    require(same(fast.account, slow.account) && fast.value_minor == slow.value_minor &&
            fast.date_s == slow.date_s && fast.type == slow.type && same(fast.memo, slow.memo));
    require(dbk_event_check(&fast) == DBK_WELL_FORMED);
    size_t length = dbk_event_encode(json, &fast);
    require(length <= sizeof json);
    struct dbk_record written = {
        .key_length = DBK_LENGTH_NULL, .value = json, .value_length = (int32_t)length};
    require(dbk_event_decode(&again, &failed, scratch[2], &written) == DBK_WELL_FORMED);
    require(same(again.account, fast.account) && same(again.source, fast.source) &&
            same(again.memo, fast.memo) && again.value_minor == fast.value_minor &&
            again.date_s == fast.date_s && again.type == fast.type &&
            again.has_declared == fast.has_declared && again.has_floor == fast.has_floor);
    return 0;
}
