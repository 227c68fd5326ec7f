/*
 * Preloaded, it makes one library missing: that whose name is in DAYBOOK_NO_LIBRARY.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void *dlopen(const char *name, int flags)
{
    void *(*real)(const char *, int);
    const char *missing = getenv("DAYBOOK_NO_LIBRARY");
    *(void **)&real = dlsym(RTLD_NEXT, "dlopen");
    bool is_missing = name != NULL && missing != NULL && strcmp(name, missing) == 0;
    return real(is_missing ? "/nowhere/libmissing.so" : name, flags);
}
