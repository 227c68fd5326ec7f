/**
 * The tables of texts, one per language; lang.c chooses. Private to the pages.
 *
 * Our own words, fit for HTML as they are. A test holds the tables complete.
 */
#ifndef DAYBOOK_LANG_TEXTS_H
#define DAYBOOK_LANG_TEXTS_H

#include "lang.h"

extern const char *const dbk_texts_fr[DBK_TEXT_COUNT];
extern const char *const dbk_texts_en[DBK_TEXT_COUNT];

#endif
