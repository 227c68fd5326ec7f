#include <daybook/err.h>

#include <stdarg.h>
#include <stdio.h>

int dbk_err_set(struct dbk_err *err, int code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(err->text, sizeof err->text, format, arguments);
    va_end(arguments);
    err->code = code;
    err->passing = false;
    return code;
}

int dbk_err_exit_status(int code)
{
    switch (code) {
    case 0:
        return 0;
    case DBK_ENO:
        return 1;
    case DBK_EUSAGE:
        return 2;
    case DBK_EBROKER:
    case DBK_ESTOPPED: /* before anything was sent, or known */
        return 3;
    case DBK_EUNKNOWN:
        return 5;
    default: /* the database, or no memory to work on it */
        return 4;
    }
}
