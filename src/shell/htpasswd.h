/**
 * A file of users and hashed passwords, as Apache's htpasswd makes it. Private to the shell.
 *
 * Hashes are those that crypt(3) knows and that are slow on purpose: bcrypt ($2y$), SHA-512-crypt
 * ($6$), yescrypt ($y$). The file is looked at before every log-in: a change holds from then on,
 * also for those who were let in before. A password that was right once is remembered as a keyed
 * hash, never as itself.
 *
 * Lifetime: open, close (takes NULL). From any thread.
 */
#ifndef DAYBOOK_HTPASSWD_H
#define DAYBOOK_HTPASSWD_H

#include <daybook/err.h>

#include <stdbool.h>

struct dbk_htpasswd;

/** @return 0, or DBK_EUSAGE with the line that is wrong and what to do. */
DBK_MUST_CHECK int dbk_htpasswd_open(struct dbk_htpasswd **htpasswd, const char *path,
                                     struct dbk_err *err);
void dbk_htpasswd_close(struct dbk_htpasswd *htpasswd);

/** Was this password right before? Takes microseconds. @return false: it may be right yet. */
bool dbk_htpasswd_remembers(struct dbk_htpasswd *htpasswd, const char *user, const char *password);

/** Is it right? As slow as the hash wants it; a user who is not there takes as long. */
bool dbk_htpasswd_check(struct dbk_htpasswd *htpasswd, const char *user, const char *password);

#endif
