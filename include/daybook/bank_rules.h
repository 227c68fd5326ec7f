/**
 * Rules: what the user says about a bank's files, by options or in a rules file.
 *
 * A rules file has one rule a line, the name of a long option and, after spaces, its value:
 *
 *     # my bank
 *     columns date=Date,account=Compte,amount=Montant,memo="Libellé, suite"
 *     delimiter ;
 *     decimal ,
 *     date-format %d/%m/%Y
 *     encoding WINDOWS-1252
 *     deposit CR,VIR
 *     withdrawal DB
 *     no-header
 *
 * Lines that begin with # and empty lines are skipped. Lists are divided by commas; a name or word
 * with a comma stands in quotes. What is given already (by options) stays.
 */
#ifndef DAYBOOK_BANK_RULES_H
#define DAYBOOK_BANK_RULES_H

#include <daybook/bankfile.h>
#include <daybook/err.h>

/** Texts as the user gave them; NULL: not given. */
struct dbk_bank_rules {
    const char *columns;
    const char *delimiter; /**< one character, or "tab" */
    const char *decimal;   /**< "," or "." */
    const char *date_format;
    const char *encoding;
    const char *deposit;
    const char *withdrawal;
    bool no_header;
};

/** Finds the name that was probably meant. @return NULL where none is near. */
typedef const char *dbk_find_nearest(const char *word, const char *const *names, size_t count);

/**
 * Add the rules of a file to those given.
 *
 * @param[in,out] rules  its new texts point into *text.
 * @param[out] text      allocated, to be freed when rules is no longer used; NULL on error.
 * @return 0, DBK_ENOMEM, or DBK_EUSAGE with path and line: no such rule (and the nearest one), one
 *         without value, one given twice.
 */
DBK_MUST_CHECK int dbk_bank_rules_read(struct dbk_bank_rules *rules, char **text, const char *path,
                                       dbk_find_nearest *nearest, struct dbk_err *err);

/**
 * Understand the rules.
 *
 * @param[out] format  its texts point into those of rules; the encoding is not part of it.
 * @return 0, or DBK_EUSAGE: a value that makes no sense, and what would.
 */
DBK_MUST_CHECK int dbk_bank_rules_compile(struct dbk_bank_format *format,
                                          const struct dbk_bank_rules *rules, struct dbk_err *err);

#endif
