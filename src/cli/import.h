/**
 * Importing a bank's file: what is read, what is decided, what is sent.
 */
#ifndef DAYBOOK_IMPORT_H
#define DAYBOOK_IMPORT_H

#include "cli.h"

#include <daybook/bankfile.h>
#include <daybook/import_source.h>
#include <daybook/log.h>
#include <daybook/money.h>
#include <daybook/rowset.h>
#include <daybook/textfile.h>

/** Overlapping rows that are named in the message. */
#define DBK_IMPORT_EXAMPLES 3

/** A row that the ledger has already. */
struct dbk_import_example {
    uint32_t row;
    uint64_t line;
    int32_t partition;
    int64_t offset;
};

struct dbk_import {
    const struct dbk_config *config;
    const char *path; /**< for messages: "standard input" for "-" */
    bool only_new;
    bool all;

    /* Set by dbk_import_read. */
    struct dbk_textfile text;
    struct dbk_bankfile file;
    struct dbk_rowset *rowset;
    char source[DBK_IMPORT_SOURCE_SIZE];
    int64_t wrong_count;
    int64_t deposit_count;
    int64_t withdrawal_count;
    dbk_int128 deposits_minor;
    dbk_int128 withdrawals_minor;
    int64_t first_date_s;
    int64_t last_date_s;

    /* Set by dbk_import_send. */
    struct dbk_import_example examples[DBK_IMPORT_EXAMPLES];
    int example_count;
    int64_t there_count; /**< rows that another source brought, and this one has not */
    int64_t sent_before; /**< rows that this source brought earlier */
    int64_t sent_count;  /**< rows sent and acknowledged now */
    int64_t sending_ms;
};

/**
 * Open and validate the whole file; every wrong row is printed.
 *
 * @return 0; DBK_EUSAGE where the file or a row is wrong; DBK_ENOMEM; DBK_ESTOPPED.
 */
DBK_MUST_CHECK int dbk_import_read(struct dbk_import *import, const char *path,
                                   const char *encoding, const struct dbk_bank_format *format,
                                   struct dbk_err *err);

/**
 * Compare with the ledger and send what is missing.
 *
 * @return 0 (also where nothing was missing); DBK_ENO where rows overlap and nobody said what to
 * do; DBK_EBROKER nothing was sent; DBK_EUNKNOWN something was; DBK_EVIEW; DBK_ENOMEM.
 */
DBK_MUST_CHECK int dbk_import_send(struct dbk_import *import, struct dbk_err *err);

void dbk_import_clear(struct dbk_import *import);

#endif
