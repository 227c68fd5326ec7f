#include "mhd.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

/** The interface that the header describes: Debian's package libmicrohttpd12. */
#define LIBRARY "libmicrohttpd.so.12"

struct dbk_mhd dbk_mhd;

static const struct {
    const char *name;
    size_t offset; /* of its pointer in struct dbk_mhd */
} functions[] = {
#define NAME_AND_OFFSET(name) {"MHD_" #name, offsetof(struct dbk_mhd, name)},
    DBK_MHD_FUNCTIONS(NAME_AND_OFFSET)
#undef NAME_AND_OFFSET
};

int dbk_mhd_load(struct dbk_err *err)
{
    struct dbk_mhd loaded;
    if (dbk_mhd.start_daemon != NULL)
        return 0;
    void *library = dlopen(LIBRARY, RTLD_NOW);
    if (library == NULL)
        return dbk_err_set(err, DBK_ENO, "%s. Install Debian's package libmicrohttpd12.",
                           dlerror());
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        void *found = dlsym(library, functions[i].name);
        if (found == NULL)
            return dbk_err_set(err, DBK_ENO, "%s. Install Debian's package libmicrohttpd12.",
                               dlerror());
        memcpy((char *)&loaded + functions[i].offset, &found, sizeof found);
    }
    dbk_mhd = loaded;
    return 0;
}
