/**
 * What the files of the dashboard's pages share.
 */
#ifndef DAYBOOK_SERVE_PAGES_H
#define DAYBOOK_SERVE_PAGES_H

#include "serve_internal.h"

/** Begin a page: freshness, validator, head. */
void dbk_serve_begin_page(struct dbk_answer *answer, enum dbk_page_section section,
                          enum dbk_text_id title, struct dbk_text subject);

int dbk_serve_account_page(struct dbk_answer *answer, struct dbk_err *err);
int dbk_serve_event_page(struct dbk_answer *answer, struct dbk_err *err);

#endif
