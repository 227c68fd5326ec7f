/**
 * What the browser's scripts need of a page: their tags, and the panel that says whether the page
 * follows the ledger, with the button that pauses it.
 */
#ifndef DAYBOOK_PAGE_LIVE_H
#define DAYBOOK_PAGE_LIVE_H

#include "page.h"

/** For the head of the page. */
void dbk_page_scripts(struct dbk_page *page);

/** The panel: hidden, and so no part of the page, where no script shows it. */
void dbk_page_live(struct dbk_page *page, const struct dbk_overview *overview);

#endif
