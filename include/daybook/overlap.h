/**
 * Overlap: which rows of a file the ledger has already, from other sources.
 *
 * Rows are compared with posted transactions on (account, date to the second, amount, deposit or
 * withdrawal) as multisets; transactions of the file's own source do not count, so that the answer
 * is the same before, during and after its import. The transactions come from a view and then from
 * the log after the view's checkpoints, each once.
 *
 * Lifetime: zero-initialise with rowset, source and found; load; entry for each later one. The
 * rowset is indexed when the first transaction comes: with an empty ledger it costs nothing.
 */
#ifndef DAYBOOK_OVERLAP_H
#define DAYBOOK_OVERLAP_H

#include <daybook/rowset.h>
#include <daybook/view.h>

/** Called for each row that is matched, with the transaction's place. */
typedef void dbk_overlap_found(void *context, uint32_t row, int32_t partition, int64_t offset);

struct dbk_overlap {
    struct dbk_rowset *rowset;
    struct dbk_text source; /**< of the file itself */
    dbk_overlap_found *found;
    void *context;
    bool indexed;
};

/**
 * Load a view into an empty book and compare with its transactions, all as of one commit.
 *
 * Cost: of few rows, an index look-up for each of their accounts and transactions in their range of
 * dates; of many rows, a scan of the transactions.
 *
 * @param path         the database's.
 * @param topic        what it must be a view of.
 * @param[out] loaded  false where there is no view: book is as it was.
 * @return 0, DBK_ENOMEM, or DBK_EVIEW where it is no view of this topic or cannot be read.
 */
DBK_MUST_CHECK int dbk_overlap_load(struct dbk_overlap *overlap, const char *path,
                                    const struct dbk_topic *topic, struct dbk_book *book,
                                    bool *loaded, struct dbk_err *err);

/** Compare with an entry that was applied after that. @return 0 or DBK_ENOMEM. */
DBK_MUST_CHECK int dbk_overlap_entry(struct dbk_overlap *overlap, const struct dbk_entry *entry);

#endif
