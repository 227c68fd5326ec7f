#include <daybook/clock.h>

#include <daybook/err.h>

#include <time.h>

static int64_t read_ms(clockid_t id)
{
    struct timespec now;
    DBK_ASSERT(clock_gettime(id, &now) == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t dbk_clock_wall_ms(void)
{
    return read_ms(CLOCK_REALTIME);
}

int64_t dbk_clock_monotonic_ms(void)
{
    return read_ms(CLOCK_MONOTONIC);
}
