/**
 * Money: amounts in minor units (cents) as int64_t, their text form, checked arithmetic.
 *
 * Invariants: no result is ever wrapped or rounded, with the one exception that its name states; no
 * floating point except in the two functions that read a JSON number. Sums over accounts, which may
 * exceed int64_t, are 128-bit. All functions are pure and callable from any thread.
 */
#ifndef DAYBOOK_MONEY_H
#define DAYBOOK_MONEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** 128-bit sums of amounts: the project's one typedef, since ISO C has no name for the type. */
__extension__ typedef __int128 dbk_int128;

/** Longest text of an int64 amount with its terminating zero: "-92233720368547758.08". */
#define DBK_MONEY_TEXT_SIZE 24
/** The same for a 128-bit sum. */
#define DBK_MONEY_SUM_TEXT_SIZE 44

/**
 * Add two amounts.
 *
 * @param[out] sum  a + b, in minor units; untouched on error. May alias a or b.
 * @param a, b      amounts in minor units.
 * @return true, or false where the sum does not fit in int64_t.
 */
bool dbk_money_add(int64_t *sum, int64_t a, int64_t b);

/** Subtract: as dbk_money_add, for a - b. */
bool dbk_money_subtract(int64_t *difference, int64_t a, int64_t b);

/**
 * Parse the event's amount grammar: `-?(0|[1-9][0-9]*)(\.[0-9]{1,2})?`
 *
 * @param[out] amount_minor  untouched on error.
 * @param text, length       not necessarily zero-terminated.
 * @return true, or false where the text does not match or does not fit int64_t.
 */
bool dbk_money_parse(int64_t *amount_minor, const char *text, size_t length);

/**
 * Read a JSON number as an amount: the integer c, |c| <= 10^15, such that the double c/100 equals
 * value.
 *
 * @return false where there is none (0.001, NaN, 1e300).
 */
bool dbk_money_from_double(int64_t *amount_minor, double value);

/** As dbk_money_from_double, but takes the nearest c instead: for declared balances only. */
bool dbk_money_round_double(int64_t *amount_minor, double value);

/**
 * Write an amount with two decimals: "-0.05", "1000.00".
 *
 * @param[out] text  at least DBK_MONEY_TEXT_SIZE bytes; zero-terminated.
 * @return length without the terminating zero.
 */
size_t dbk_money_format(char *text, int64_t amount_minor);

/** As dbk_money_format for a 128-bit sum; text has at least DBK_MONEY_SUM_TEXT_SIZE bytes. */
size_t dbk_money_format_sum(char *text, dbk_int128 sum_minor);

#endif
