/**
 * The audit's comparison of the snapshots topic with the replay: every round at its own position.
 *
 * A marker is checked when the replay reaches its offset: counts, hash and digest. The entries of
 * the last round are checked there too, one by one; entries after the last marker, at the offset of
 * the last event that they claim to hold.
 */
#ifndef DAYBOOK_AUDIT_SNAPSHOTS_H
#define DAYBOOK_AUDIT_SNAPSHOTS_H

#include "audit_log.h"
#include "snapshots.h"

struct dbk_audit_snapshots {
    struct dbk_report *report;
    struct dbk_audit_log *log;
    struct dbk_snapshots snapshots;
    struct dbk_book *book;
    const struct dbk_state_marker ***markers; /**< per partition, by position */
    size_t *next_marker;                      /**< per partition */
    int64_t round_count;                      /**< checked */
};

/** Read them. The caller sets report and log. */
DBK_MUST_CHECK int dbk_audit_snapshots_open(struct dbk_audit_snapshots *snapshots,
                                            const struct dbk_config *config,
                                            const struct dbk_topic *topic, struct dbk_book *book,
                                            const bool *chosen, struct dbk_err *err);
void dbk_audit_snapshots_close(struct dbk_audit_snapshots *snapshots);

/** Rounds before this offset are not checked: the replay begins after them. */
void dbk_audit_snapshots_skip(struct dbk_audit_snapshots *snapshots, int32_t partition,
                              int64_t offset);

/** @return the offset up to which partition must be replayed for them; 0: no matter. */
int64_t dbk_audit_snapshots_end(const struct dbk_audit_snapshots *snapshots, int32_t partition);

/** Check the rounds at this offset, before its record is applied (or at the end of the replay). */
DBK_MUST_CHECK int dbk_audit_snapshots_at(struct dbk_audit_snapshots *snapshots, int32_t partition,
                                          int64_t offset, struct dbk_err *err);

#endif
