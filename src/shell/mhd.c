#include "mhd.h"

#include "library.h"

struct dbk_mhd dbk_mhd;

int dbk_mhd_load(struct dbk_err *err)
{
    static const struct dbk_symbol symbols[] = {
#define SYMBOL(name) {"MHD_" #name, offsetof(struct dbk_mhd, name)},
        DBK_MHD_FUNCTIONS(SYMBOL)
#undef SYMBOL
    };
    struct dbk_mhd loaded;
    if (dbk_mhd.start_daemon != NULL)
        return 0;
    int code = dbk_library_load(&loaded, "libmicrohttpd.so.12",
                                "Install Debian's package libmicrohttpd12.", symbols,
                                sizeof symbols / sizeof symbols[0], err);
    if (code == 0)
        dbk_mhd = loaded;
    return code;
}
