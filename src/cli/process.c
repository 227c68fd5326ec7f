#include "cli.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

atomic_bool dbk_stop_requested;

int dbk_random_key(uint8_t key[16], struct dbk_err *err)
{
    if (getrandom(key, 16, 0) == 16)
        return 0;
    return dbk_err_set(err, DBK_ENOMEM, "the system gives no random numbers: %s.", strerror(errno));
}
