#include "audit_file.h"

#include <daybook/message.h>
#include <daybook/receipt.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** "ledger.db.audit". @return false where the path is too long. */
static bool path_of(char *path, size_t size, const char *database)
{
    int length = snprintf(path, size, "%s.audit", database);
    return length > 0 && (size_t)length < size;
}

void dbk_last_audit_write(const char *database, const struct dbk_last_audit *audit)
{
    char path[4200];
    struct dbk_err err;
    json_t *object = json_object();
    json_object_set_new(object, "at_ms", json_integer(audit->at_ms));
    json_object_set_new(object, "proven", json_boolean(audit->proven));
    json_object_set_new(object, "differences", json_integer(audit->difference_count));
    json_object_set_new(object, "events", json_integer(audit->event_count));
    json_object_set_new(object, "through", json_string(audit->through));
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    int code = text == NULL || !path_of(path, sizeof path, database)
                   ? dbk_err_set(&err, DBK_ENOMEM, "out of memory.")
                   : dbk_write_file(path, text, strlen(text), &err);
    if (code != 0)
        dbk_warning("the dashboard will not show this audit: %s", err.text);
    free(text);
}

void dbk_last_audit_read(const char *database, struct dbk_last_audit *audit)
{
    char path[4200];
    *audit = (struct dbk_last_audit){.at_ms = 0};
    json_t *object = path_of(path, sizeof path, database) ? json_load_file(path, 0, NULL) : NULL;
    const char *through = json_string_value(json_object_get(object, "through"));
    if (json_is_object(object) && through != NULL) {
        audit->at_ms = json_integer_value(json_object_get(object, "at_ms"));
        audit->proven = json_is_true(json_object_get(object, "proven"));
        audit->difference_count = json_integer_value(json_object_get(object, "differences"));
        audit->event_count = json_integer_value(json_object_get(object, "events"));
        snprintf(audit->through, sizeof audit->through, "%s", through);
    }
    json_decref(object);
}
