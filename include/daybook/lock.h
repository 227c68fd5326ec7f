/**
 * Locks between processes: one follower and one rebuild of a database at a time.
 *
 * Held by an open file beside the database, so that a killed process never leaves one behind.
 */
#ifndef DAYBOOK_LOCK_H
#define DAYBOOK_LOCK_H

#include <daybook/err.h>

struct dbk_lock {
    int fd; /**< -1: not held */
};

/**
 * Take a lock, or fail at once where another process holds it.
 *
 * @param database  the database's path; the lock's file is `<database>.<role>.lock`.
 * @param role      "follower" or "rebuild"; part of the error's text.
 * @return 0 or DBK_EVIEW, with the id of the process that holds it.
 */
DBK_MUST_CHECK int dbk_lock_take(struct dbk_lock *lock, const char *database, const char *role,
                                 struct dbk_err *err);

/** Takes one that is not held. */
void dbk_lock_release(struct dbk_lock *lock);

#endif
