/**
 * Threads that do the work which must not hold up a server's event loop. Private to the shell.
 */
#ifndef DAYBOOK_WORKERS_H
#define DAYBOOK_WORKERS_H

#include <daybook/err.h>

#include <stdbool.h>

/** A piece of work, inside of what it is about; it stays the caller's. */
struct dbk_job {
    struct dbk_job *next;
    /** cancelled: the workers are being closed; tell who waits, and do nothing more. */
    void (*run)(struct dbk_job *job, bool cancelled);
};

struct dbk_workers;

DBK_MUST_CHECK int dbk_workers_open(struct dbk_workers **workers, int thread_count,
                                    struct dbk_err *err);

/** Do it, after what was submitted before. @return false: they are closing, it is not done. */
bool dbk_workers_submit(struct dbk_workers *workers, struct dbk_job *job);

/** @return how many jobs wait for a thread now. */
int dbk_workers_waiting(struct dbk_workers *workers);

/** Finish what is being done, cancel what waits, and refuse what comes. Takes NULL. */
void dbk_workers_stop(struct dbk_workers *workers);
/** After dbk_workers_stop, when nobody submits any more. Takes NULL. */
void dbk_workers_close(struct dbk_workers *workers);

#endif
