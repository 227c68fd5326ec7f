/**
 * One partition of the snapshots topic, folded: what its records, in their order, say.
 *
 * Rounds of entries (state.h) are each closed by a marker. What follows the last marker is an
 * unfinished round and is kept apart. Nothing in it is trusted: restoring compares counts and the
 * hash of the whole state with the marker's. Pure; memory is O(accounts + sources).
 *
 * Lifetime: open, add records in offset order, ask, close (takes NULL).
 */
#ifndef DAYBOOK_SNAPSHOT_H
#define DAYBOOK_SNAPSHOT_H

#include <daybook/state.h>

struct dbk_snapshot;

DBK_MUST_CHECK int dbk_snapshot_open(struct dbk_snapshot **snapshot, int32_t partition,
                                     int32_t partition_count);
void dbk_snapshot_close(struct dbk_snapshot *snapshot);

/** Take the next record of the topic. @return 0 or DBK_ENOMEM. */
DBK_MUST_CHECK int dbk_snapshot_add(struct dbk_snapshot *snapshot, const struct dbk_record *record);

/** Markers that are still there, oldest first. */
size_t dbk_snapshot_marker_count(const struct dbk_snapshot *snapshot);
const struct dbk_state_marker *dbk_snapshot_marker(const struct dbk_snapshot *snapshot, size_t i);

/** @return records that are neither an entry nor a marker: no publisher of ours wrote them. */
int64_t dbk_snapshot_junk_count(const struct dbk_snapshot *snapshot);

/**
 * Fill an empty ledger with the state at the last marker.
 *
 * @param[out] why  where the answer is DBK_ENO: what is wrong with it, one clause.
 * @return 0; DBK_ENO where there is no marker, or the entries are not what it closes; DBK_ENOMEM.
 */
DBK_MUST_CHECK int dbk_snapshot_restore(const struct dbk_snapshot *snapshot,
                                        struct dbk_ledger *ledger, const char **why);

/**
 * The newest value of a key, of a finished round (settled) or of any.
 *
 * @return true and the value, which lives until the next add; false where there is none.
 */
bool dbk_snapshot_find(const struct dbk_snapshot *snapshot, bool settled, struct dbk_text key,
                       struct dbk_text *value);

/** Visit what finished rounds left (settled), or only what follows the last marker. @return as
 *  dbk_state_each. */
DBK_MUST_CHECK int dbk_snapshot_each(const struct dbk_snapshot *snapshot, bool settled,
                                     dbk_visit_entry *visit, void *context);

#endif
