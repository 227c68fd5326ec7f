/*
 * Preloaded, it puts a program's wall clock DAYBOOK_CLOCK_SHIFT_S seconds ahead.
 *
 * Only the clock that is read for dates: the one that waits are computed from stays right, so that
 * nothing waits for hours.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static long shift_s(void)
{
    const char *text = getenv("DAYBOOK_CLOCK_SHIFT_S");
    return text != NULL ? strtol(text, NULL, 10) : 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    int (*real)(struct timeval *, void *);
    *(void **)&real = dlsym(RTLD_NEXT, "gettimeofday");
    int result = real(now, zone);
    now->tv_sec += shift_s();
    return result;
}

int clock_gettime(clockid_t id, struct timespec *now)
{
    int (*real)(clockid_t, struct timespec *);
    *(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(id, now);
    if (id == CLOCK_REALTIME)
        now->tv_sec += shift_s();
    return result;
}
