#include "json_out.h"

#include <daybook/escape.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void dbk_json_set_text(json_t *object, const char *name, struct dbk_text text)
{
    json_t *value = json_stringn(text.bytes, text.length);
    if (value == NULL) {
        char *escaped = dbk_escape_terminal(text, false);
        value = escaped != NULL ? json_string(escaped) : NULL;
        free(escaped);
    }
    json_object_set_new(object, name, value);
}

void dbk_json_set_amount(json_t *object, const char *name, int64_t amount_minor)
{
    dbk_json_set_sum(object, name, amount_minor);
}

void dbk_json_set_sum(json_t *object, const char *name, dbk_int128 sum_minor)
{
    char text[DBK_MONEY_SUM_TEXT_SIZE];
    dbk_money_format_sum(text, sum_minor);
    json_object_set_new(object, name, json_string(text));
}

void dbk_json_set_position(json_t *object, const char *name, int32_t partition, int64_t offset)
{
    char text[40];
    snprintf(text, sizeof text, "%" PRId32 ":%" PRId64, partition, offset);
    json_object_set_new(object, name, json_string(text));
}

int dbk_json_print(json_t *object, struct dbk_err *err)
{
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    if (text == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    puts(text);
    free(text);
    return 0;
}
