/**
 * Parameters of an address, read by a table of their names; and tokens. Private to the core.
 */
#ifndef DAYBOOK_PARAMS_H
#define DAYBOOK_PARAMS_H

#include <daybook/selection.h>

/** One parameter that a list has. */
struct dbk_field {
    const char *name;
    enum dbk_expected expected;
    /** Set it in the selection. value is not empty. @return false where it is not as expected. */
    bool (*read)(void *selection, const char *value);
};

/** Read params by fields. @return false, and the first problem. */
bool dbk_params_read(const struct dbk_field *fields, size_t field_count, void *selection,
                     const struct dbk_param *params, size_t count, const char *const *others,
                     struct dbk_param_problem *problem);

/** Report a problem. @return false. */
bool dbk_params_fail(struct dbk_param_problem *problem, const char *name,
                     enum dbk_expected expected);

/** Append "name=value", percent-encoded, after an ampersand where out is not empty. */
void dbk_params_add(struct dbk_buffer *out, const char *name, const char *value);

/** Copy a text that is clean, with max bytes at most. @param trimmed  drop spaces at its ends. */
bool dbk_params_text(char *out, size_t max, const char *value, bool trimmed);

/** Find value in names (count of them; NULLs match nothing). @return its index, -1: none. */
int dbk_params_choice(const char *const *names, int count, const char *value);

/** Read YYYY-MM-DD, or a preset's name into days->period alone. @return false: it is none. */
bool dbk_days_read_day(int64_t *day, const char *value);
bool dbk_days_read_period(struct dbk_days *days, const char *value);
void dbk_days_write(struct dbk_buffer *out, const struct dbk_days *days);

/** Start a token: a letter for the list, one for the column, one for the direction. */
void dbk_token_begin(struct dbk_buffer *token, char list, int sort, bool ascending);
void dbk_token_integer(struct dbk_buffer *token, int64_t number);
void dbk_token_name(struct dbk_buffer *token, struct dbk_text name);
/** Copy it to where it goes. */
void dbk_token_finish(struct dbk_buffer *token, char *out);

/** What is left of a token that is being read. */
struct dbk_token_reader {
    const char *rest;
    bool bad;
};
struct dbk_token_reader dbk_token_read(const char *token, char list, int sort, bool ascending);
int64_t dbk_token_read_integer(struct dbk_token_reader *reader, int64_t lowest);
/** @param name  DBK_ACCOUNT_MAX + 1 bytes. */
void dbk_token_read_name(struct dbk_token_reader *reader, char *name);
/** @return true where all of it was understood. */
bool dbk_token_read_end(const struct dbk_token_reader *reader);

#endif
