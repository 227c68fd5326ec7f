/**
 * Functions that the project does not use: using one is a compile error.
 *
 * Included into every file by the build. The first group writes without a bound, the second depends
 * on the locale or the machine's time zone, the third reads money as floating point.
 */
#ifndef DAYBOOK_BANNED_H
#define DAYBOOK_BANNED_H

/* Their declarations must come before the poison. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat sprintf vsprintf strncpy strncat gets
#pragma GCC poison strtok localtime localtime_r mktime ctime asctime
#pragma GCC poison atof strtof strtold atoi atol

#endif
