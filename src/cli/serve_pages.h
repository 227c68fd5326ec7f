/**
 * What the files of the dashboard's pages share.
 */
#ifndef DAYBOOK_SERVE_PAGES_H
#define DAYBOOK_SERVE_PAGES_H

#include "serve_internal.h"

/** Begin a page: its frame, up to its heading. */
void dbk_serve_begin_page(struct dbk_answer *answer, enum dbk_page_section section,
                          enum dbk_text_id title, struct dbk_text subject);

/** Give the page no validator: asked for again, it may say something else. */
void dbk_serve_forget(struct dbk_answer *answer);

/** What was asked for makes no sense: the form is shown again, and answer->problem with it. */
void dbk_serve_show_problem(struct dbk_answer *answer);

int dbk_serve_account_page(struct dbk_answer *answer, struct dbk_err *err);
int dbk_serve_event_page(struct dbk_answer *answer, struct dbk_err *err);

#endif
