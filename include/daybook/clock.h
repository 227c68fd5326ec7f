/**
 * Clocks, for the shell and the commands; the core reads none.
 */
#ifndef DAYBOOK_CLOCK_H
#define DAYBOOK_CLOCK_H

#include <stdint.h>

/** @return milliseconds since 1970-01-01T00:00:00Z by this machine's clock. */
int64_t dbk_clock_wall_ms(void);

/** @return milliseconds of a clock that never jumps, from an arbitrary start. */
int64_t dbk_clock_monotonic_ms(void);

#endif
