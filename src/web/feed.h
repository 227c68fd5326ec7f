/**
 * Lists for programs: one row as CSV or JSON. Amounts are texts with two decimals.
 */
#ifndef DAYBOOK_FEED_H
#define DAYBOOK_FEED_H

#include <daybook/buffer.h>
#include <daybook/query_accounts.h>

enum dbk_feed {
    DBK_FEED_CSV,
    DBK_FEED_JSON, /**< one array; each row begins with a comma but the first */
};

extern const char dbk_feed_account_header[];
extern const char dbk_feed_transaction_header[];

void dbk_feed_account(struct dbk_buffer *out, enum dbk_feed feed, bool first,
                      const struct dbk_account_row *row);
void dbk_feed_transaction(struct dbk_buffer *out, enum dbk_feed feed, bool first,
                          const struct dbk_transaction_row *row);

#endif
