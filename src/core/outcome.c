#include <daybook/outcome.h>

#include <string.h>

#define IMPORT_PREFIX "csv:"
#define REVERSAL_PREFIX "reverse:"

enum dbk_outcome dbk_outcome_of(enum dbk_verdict verdict, const struct dbk_first *first)
{
    if (verdict == DBK_POSTED)
        return DBK_OUTCOME_POSTED;
    if (verdict != DBK_DUPLICATE)
        return DBK_OUTCOME_REFUSED;
    if (!first->found)
        return DBK_OUTCOME_SEQ_BELOW;
    if (!first->same)
        return DBK_OUTCOME_ID_USED;
    return first->verdict == DBK_POSTED ? DBK_OUTCOME_ALREADY_POSTED : DBK_OUTCOME_ALREADY_REFUSED;
}

bool dbk_outcome_is_posted(enum dbk_outcome outcome)
{
    return outcome == DBK_OUTCOME_POSTED || outcome == DBK_OUTCOME_ALREADY_POSTED;
}

const char *dbk_outcome_name(enum dbk_outcome outcome)
{
    static const char *const names[] = {
        [DBK_OUTCOME_WAITING] = "waiting",
        [DBK_OUTCOME_POSTED] = "posted",
        [DBK_OUTCOME_REFUSED] = "refused",
        [DBK_OUTCOME_ALREADY_POSTED] = "already_posted",
        [DBK_OUTCOME_ALREADY_REFUSED] = "already_refused",
        [DBK_OUTCOME_ID_USED] = "id_used",
        [DBK_OUTCOME_SEQ_BELOW] = "seq_below",
        [DBK_OUTCOME_NOT_SENT] = "not_sent",
        [DBK_OUTCOME_UNKNOWN] = "unknown",
    };
    return names[outcome];
}

static bool begins_with(struct dbk_text text, const char *prefix)
{
    size_t length = strlen(prefix);
    return text.length >= length && memcmp(text.bytes, prefix, length) == 0;
}

/** Read digits up to the end, without needless zeros before them. */
static bool read_number(int64_t *number, const char *p, const char *end)
{
    int64_t read = 0;
    if (p == end || (*p == '0' && end - p > 1))
        return false;
    for (; p < end; p++)
        if (*p < '0' || *p > '9' || __builtin_mul_overflow(read, 10, &read) ||
            __builtin_add_overflow(read, *p - '0', &read))
            return false;
    *number = read;
    return true;
}

static const char *last_colon(struct dbk_text text)
{
    for (const char *p = text.bytes + text.length; p > text.bytes; p--)
        if (p[-1] == ':')
            return p - 1;
    return NULL;
}

enum dbk_id_problem dbk_id_parse(struct dbk_text *source, int64_t *seq, struct dbk_text text)
{
    const char *colon = last_colon(text);
    if (colon == NULL)
        return DBK_ID_FORM;
    struct dbk_text name = {text.bytes, (uint32_t)(colon - text.bytes)};
    int64_t number;
    if (!dbk_text_is_clean(name, DBK_SOURCE_MAX, false))
        return DBK_ID_SOURCE;
    if (!read_number(&number, colon + 1, text.bytes + text.length))
        return DBK_ID_SEQ;
    if (begins_with(name, IMPORT_PREFIX))
        return DBK_ID_IMPORT;
    if (begins_with(name, REVERSAL_PREFIX))
        return DBK_ID_REVERSAL;
    *source = name;
    *seq = number;
    return DBK_ID_FINE;
}

const char *dbk_id_problem_text(enum dbk_id_problem problem)
{
    static const char *const texts[] = {
        [DBK_ID_FINE] = "it is an id",
        [DBK_ID_FORM] = "an id is written SOURCE:SEQ",
        [DBK_ID_SOURCE] = "the source, before the last colon, is 1 to 64 bytes of UTF-8 without "
                          "control characters",
        [DBK_ID_SEQ] = "the number after the last colon is whole, from 0 to 9223372036854775807",
        [DBK_ID_IMPORT] = "sources that begin with \"csv:\" are those of imported files",
        [DBK_ID_REVERSAL] = "sources that begin with \"reverse:\" are those of reversals; "
                            "daybook reverse makes one",
    };
    return texts[problem];
}

/** Write a number that is not negative. @return the byte after it. */
static char *put_number(char *p, int64_t number)
{
    char digits[20];
    size_t count = 0;
    do
        digits[count++] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    while (count > 0)
        *p++ = digits[--count];
    return p;
}

size_t dbk_reversal_source(char source[DBK_REVERSAL_SOURCE_SIZE], int32_t partition, int64_t offset)
{
    DBK_ASSERT(partition >= 0 && offset >= 0);
    memcpy(source, REVERSAL_PREFIX, strlen(REVERSAL_PREFIX));
    char *p = put_number(source + strlen(REVERSAL_PREFIX), partition);
    *p++ = ':';
    p = put_number(p, offset);
    *p = '\0';
    return (size_t)(p - source);
}

bool dbk_reversal_parse(int32_t *partition, int64_t *offset, struct dbk_text source, int64_t seq)
{
    int64_t numbers[2];
    if (seq != 0 || !begins_with(source, REVERSAL_PREFIX))
        return false;
    const char *start = source.bytes + strlen(REVERSAL_PREFIX);
    const char *colon = last_colon(source);
    if (colon < start || !read_number(&numbers[0], start, colon) ||
        !read_number(&numbers[1], colon + 1, source.bytes + source.length) ||
        numbers[0] > INT32_MAX)
        return false;
    *partition = (int32_t)numbers[0];
    *offset = numbers[1];
    return true;
}

bool dbk_event_asks_same(const struct dbk_event *a, const struct dbk_event *b, bool date_matters,
                         bool memo_matters)
{
    return dbk_text_compare(a->account, b->account) == 0 && a->type == b->type &&
           a->value_minor == b->value_minor && a->has_floor == b->has_floor &&
           (!a->has_floor || a->floor_minor == b->floor_minor) &&
           (!date_matters || a->date_s == b->date_s) &&
           (!memo_matters || dbk_text_compare(a->memo, b->memo) == 0);
}
