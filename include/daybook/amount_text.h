/**
 * Amounts as people and banks write them: "1 234,50", "-1.234,50 €", "1000".
 *
 * An optional sign (`-`, `+` or U+2212); digits, alone or in groups of three divided by one kind of
 * space (U+0020, U+00A0, U+202F) or by whichever of comma and point is not the decimal sign; then
 * nothing, or the decimal sign and one or two digits; then perhaps a € sign, after a space or not.
 *
 * Which sign is the decimal one is never guessed from a value that can be read both ways:
 * dbk_amount_evidence says what a value proves, and whoever reads a whole file decides. Pure.
 */
#ifndef DAYBOOK_AMOUNT_TEXT_H
#define DAYBOOK_AMOUNT_TEXT_H

#include <daybook/event.h>

/** What a value says about the decimal sign of the file that it stands in. */
enum dbk_evidence {
    DBK_EVIDENCE_NONE,      /**< nothing: a whole number, or no amount at all */
    DBK_EVIDENCE_COMMA,     /**< only a decimal comma makes sense: "1,5", "1.234,50", "1.234.567" */
    DBK_EVIDENCE_POINT,     /**< only a decimal point does */
    DBK_EVIDENCE_AMBIGUOUS, /**< "1,234" and "1.234": a group or three decimals */
};

enum dbk_evidence dbk_amount_evidence(struct dbk_text text);

enum dbk_amount_problem {
    DBK_AMOUNT_FINE,
    DBK_AMOUNT_EMPTY,    /**< nothing but spaces */
    DBK_AMOUNT_NONE,     /**< not an amount with this decimal sign */
    DBK_AMOUNT_DECIMALS, /**< more than two */
    DBK_AMOUNT_LARGE,    /**< does not fit int64_t */
    DBK_AMOUNT_GROUPS,   /**< typed with separators of thousands, or what may be one */
    DBK_AMOUNT_POSITIVE, /**< typed as 0 or less where more is asked for */
};

/**
 * Read an amount.
 *
 * @param[out] amount_minor  untouched where there is a problem.
 * @param decimal            ',' or '.', or 0: only whole numbers are amounts.
 */
enum dbk_amount_problem dbk_amount_parse(int64_t *amount_minor, struct dbk_text text, char decimal);

/**
 * Read an amount that a person types for one posting: point or comma, whichever they are used to,
 * and therefore no separators of thousands: "1,234" could be either.
 *
 * @param[out] amount_minor  untouched where there is a problem.
 * @param positive           it must be greater than 0.
 */
enum dbk_amount_problem dbk_amount_typed(int64_t *amount_minor, struct dbk_text text,
                                         bool positive);

/** @return what is wrong with a typed amount, and what to type: one clause in English. */
const char *dbk_amount_problem_text(enum dbk_amount_problem problem);

#endif
