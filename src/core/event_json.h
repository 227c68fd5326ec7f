/**
 * The general decoding path: any JSON text. Only event.c calls it.
 */
#ifndef DAYBOOK_EVENT_JSON_H
#define DAYBOOK_EVENT_JSON_H

#include <daybook/event.h>

/** As dbk_event_decode, without the rule on the key. length > 0. */
enum dbk_malformed dbk_event_decode_json(struct dbk_event *event, bool *failed, char *scratch,
                                         const char *value, size_t length);

#endif
