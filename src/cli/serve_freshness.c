#include "serve_internal.h"

#include <daybook/clock.h>

/** Events wait, and nothing was committed for so long. */
#define STUCK_MS 10000

void dbk_serve_freshness(struct dbk_serve *serve, const struct dbk_overview *overview,
                         struct dbk_last_audit *audit, struct dbk_freshness *freshness)
{
    int64_t age_ms;
    *freshness = (struct dbk_freshness){.lag_events = -1};
    freshness->reachable =
        dbk_lag_get(serve->lag, overview->applied, &freshness->lag_events, &age_ms);
    freshness->lag_s = age_ms / 1000;
    dbk_last_audit_read(serve->config->database, audit);
    freshness->audit_at_ms = audit->at_ms;
    freshness->audit_differences = audit->difference_count;
    freshness->audit_through = audit->through;
    freshness->stuck = freshness->lag_events > 0 && age_ms > STUCK_MS &&
                       dbk_clock_wall_ms() - overview->committed_ms > STUCK_MS;
}
