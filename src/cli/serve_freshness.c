#include "serve_internal.h"

#include <daybook/clock.h>

/** Events wait, or are missing in the log, and nothing was committed for so long. */
#define STUCK_MS 10000

void dbk_serve_freshness(struct dbk_serve *serve, const struct dbk_overview *overview,
                         struct dbk_last_audit *audit, struct dbk_freshness *freshness)
{
    struct dbk_behind behind;
    bool quiet = dbk_clock_wall_ms() - overview->committed_ms > STUCK_MS;
    *freshness = (struct dbk_freshness){.lag_events = -1};
    freshness->reachable = dbk_lag_get(serve->lag, overview, &behind);
    freshness->lag_events = behind.events;
    freshness->lag_s = behind.age_ms / 1000;
    dbk_last_audit_read(serve->config->database, audit);
    freshness->audit_at_ms = audit->at_ms;
    freshness->audit_differences = audit->difference_count;
    freshness->audit_through = audit->through;
    freshness->log_short = behind.missing > 0 && quiet;
    freshness->stuck =
        freshness->log_short || (behind.events > 0 && behind.age_ms > STUCK_MS && quiet);
}
