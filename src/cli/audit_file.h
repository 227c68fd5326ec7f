/**
 * The last audit, kept beside the database for the dashboard: DATABASE.audit, one line of JSON.
 */
#ifndef DAYBOOK_AUDIT_FILE_H
#define DAYBOOK_AUDIT_FILE_H

#include <daybook/err.h>

#include <stdbool.h>
#include <stdint.h>

struct dbk_last_audit {
    int64_t at_ms; /**< by this machine's clock; 0: there was none */
    bool proven;
    int64_t difference_count;
    int64_t event_count;
    char through[1024]; /**< "0:41, 1:17" */
};

/** Remember an audit; a failure is only warned about. */
void dbk_last_audit_write(const char *database, const struct dbk_last_audit *audit);

/** @param audit  at_ms is 0 where there is none, or it cannot be read. */
void dbk_last_audit_read(const char *database, struct dbk_last_audit *audit);

#endif
