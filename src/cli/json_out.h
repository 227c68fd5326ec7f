/**
 * JSON on standard output: one object a line. Amounts are texts with two decimals, never numbers.
 */
#ifndef DAYBOOK_JSON_OUT_H
#define DAYBOOK_JSON_OUT_H

#include <daybook/err.h>
#include <daybook/event.h>
#include <daybook/money.h>

#include <jansson.h>

/** Setters leave the object alone where memory runs out; dbk_json_print then fails. Text that is
 *  not valid UTF-8 is shown as the terminal's door shows it. */
void dbk_json_set_text(json_t *object, const char *name, struct dbk_text text);
void dbk_json_set_amount(json_t *object, const char *name, int64_t amount_minor);
void dbk_json_set_sum(json_t *object, const char *name, dbk_int128 sum_minor);
void dbk_json_set_position(json_t *object, const char *name, int32_t partition, int64_t offset);

/** Print and release an object. @return 0 or DBK_ENOMEM. */
DBK_MUST_CHECK int dbk_json_print(json_t *object, struct dbk_err *err);

#endif
