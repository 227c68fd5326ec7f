#include "library.h"

#include <dlfcn.h>
#include <string.h>

int dbk_library_load(void *table, const char *library, const char *remedy,
                     const struct dbk_symbol *symbols, size_t count, struct dbk_err *err)
{
    void *loaded = dlopen(library, RTLD_NOW);
    bool found = loaded != NULL;
    for (size_t i = 0; found && i < count; i++) {
        void *address = dlsym(loaded, symbols[i].name);
        memcpy((char *)table + symbols[i].offset, &address, sizeof address);
        found = address != NULL;
    }
    return found ? 0 : dbk_err_set(err, DBK_ENO, "%s. %s", dlerror(), remedy);
}
