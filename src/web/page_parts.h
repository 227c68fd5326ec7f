/**
 * What the pages share: writing by a format, links, cells of tables.
 */
#ifndef DAYBOOK_PAGE_PARTS_H
#define DAYBOOK_PAGE_PARTS_H

#include "page.h"

/**
 * Write HTML by a format of our own.
 *
 *     %s  const char *                 our own words, as they are
 *     %h  const char *                 any text, escaped
 *     %x  const struct dbk_text *      any text, escaped
 *     %t  enum dbk_text_id             in the page's language
 *     %d  int64_t                      digits
 *     %i  int64_t                      digits in groups
 *     %a  const dbk_int128 *           amount in the page's language
 *     %%
 */
void dbk_page_add(struct dbk_page *page, const char *format, ...);

/** Write "1 event", "5 events". */
void dbk_page_add_count(struct dbk_page *page, int64_t count, enum dbk_text_id one,
                        enum dbk_text_id many);

/* --- links --- */

/**
 * Write an address for an attribute: path, language, and query ("a=b&c=d" or nothing), which is
 * cleared.
 */
void dbk_page_href(struct dbk_page *page, const char *path, struct dbk_buffer *query);

/** A link to another page, with nothing but the language. */
void dbk_page_link(struct dbk_page *page, const char *path, enum dbk_text_id text, bool current);
void dbk_page_account_link(struct dbk_page *page, struct dbk_text account);
/** A link to an event, whose text is its position. */
void dbk_page_event_link(struct dbk_page *page, int64_t partition, int64_t offset);

/** A link where query's selection is shown as CSV, for a spreadsheet in French, and as JSON. */
void dbk_page_downloads(struct dbk_page *page, const char *path, struct dbk_buffer *query);

/* --- times and amounts --- */

/** `<time>`; with_time: with the time of day, which is else left out at midnight. */
void dbk_page_add_time(struct dbk_page *page, int64_t date_s, bool with_time);

/** A cell with an amount; key is its data-k, NULL for none. */
void dbk_page_amount_cell(struct dbk_page *page, dbk_int128 amount_minor, const char *class,
                          const char *key);
void dbk_page_count_cell(struct dbk_page *page, int64_t count, const char *class);

/* --- tables --- */

/** Begin a live region and a table in it, which scrolls in its own box on a narrow screen. */
void dbk_page_begin_table(struct dbk_page *page, const char *id, enum dbk_text_id caption,
                          const char *class);
/** A column's heading. */
void dbk_page_heading(struct dbk_page *page, enum dbk_text_id text, const char *class);

enum dbk_page_order { DBK_UNORDERED, DBK_ASCENDING, DBK_DESCENDING };

/** A column's heading that is a link to the same list in another order; query is cleared. */
void dbk_page_sort_heading(struct dbk_page *page, enum dbk_text_id text, const char *class,
                           enum dbk_page_order order, struct dbk_buffer *query);
/** The cells of a transaction that lists of them share; the mark of a declared balance that
 *  disagrees. */
void dbk_page_type_cell(struct dbk_page *page, int64_t amount_minor);
void dbk_page_declared(struct dbk_page *page, const struct dbk_transaction_row *row);
/** @param selection  of the list, whose headings sort it; NULL: they do not. The live region goes
 * on. */
void dbk_page_transaction_table(struct dbk_page *page, enum dbk_text_id caption,
                                const struct dbk_transactions *rows,
                                const struct dbk_selection *selection);
/** End the table; say so where it has no rows. The live region goes on. */
void dbk_page_end_table(struct dbk_page *page, enum dbk_text_id if_empty);
void dbk_page_end_live(struct dbk_page *page);

/**
 * A list's ways on and back, and whether looking for rows was stopped before all were found.
 *
 * @param query  the list's selection from its start; cleared.
 * @param away   this is not the list's first page.
 */
void dbk_page_pager(struct dbk_page *page, struct dbk_buffer *query, bool away,
                    const struct dbk_extent *extent, enum dbk_text_id before,
                    enum dbk_text_id next);

/** Append the selection with other days, from its start. */
typedef void dbk_page_write_days(struct dbk_buffer *query, const void *selection,
                                 const struct dbk_days *days);
/** Links to the periods that can be chosen without typing. */
void dbk_page_presets(struct dbk_page *page, const struct dbk_days *days,
                      dbk_page_write_days *write, const void *selection);

/* --- forms --- */

/** Begin a form of filters that leads to the page's own path; hidden: more names to keep. */
void dbk_page_begin_form(struct dbk_page *page, const char *const *hidden);
/** The buttons and the end of it. */
void dbk_page_end_form(struct dbk_page *page);

/** What the client gave, or "". */
const char *dbk_page_given(const struct dbk_page *page, const char *name);

/**
 * A labelled input, whose id is its name; where it is the one with the problem, that is said.
 *
 * @param attributes  more of them, our own words.
 */
void dbk_page_input(struct dbk_page *page, const char *name, enum dbk_text_id label,
                    const char *attributes, const char *value);
/** The same for a choice; options end with a value NULL. */
struct dbk_page_option {
    const char *value;
    enum dbk_text_id text;
};
void dbk_page_select(struct dbk_page *page, const char *name, enum dbk_text_id label,
                     const struct dbk_page_option *options, const char *value);
/** Two inputs of type date: what was given, or the days of the preset. */
void dbk_page_day_inputs(struct dbk_page *page, const struct dbk_days *days);

/** "from 01/01/2024 to 31/01/2024", or that all days are meant. */
void dbk_page_add_days(struct dbk_page *page, const struct dbk_days *days);

/** What a verdict is called, and why an event gets it. */
enum dbk_text_id dbk_page_reason_text(enum dbk_verdict reason);
enum dbk_text_id dbk_page_reason_why(enum dbk_verdict reason);

/** What more there is to say of a rejection, in the page's language where it is known. */
void dbk_page_detail(struct dbk_page *page, const struct dbk_rejection_row *row);

/** What the view keeps of a rejected record's value, up to so many bytes. */
void dbk_page_value(struct dbk_page *page, const struct dbk_rejection_row *row, uint32_t shown);

/** Raw bytes of a record: text as it is, all else as \xNN; cut: there is more. */
void dbk_page_bytes(struct dbk_page *page, struct dbk_text bytes, bool cut);

#endif
