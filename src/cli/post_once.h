/**
 * One posting as a command: check, connect, send, wait for the log's decision, print it.
 */
#ifndef DAYBOOK_POST_ONCE_H
#define DAYBOOK_POST_ONCE_H

#include "post.h"

struct dbk_posting_order {
    struct dbk_post_request request; /**< its event names the account */
    bool open;                       /**< the account need not exist */
    bool dry_run; /**< show the event and what would become of it; send nothing */
};

/** @return 0 where it is posted, DBK_ENO where it is refused (both were printed then); DBK_EBROKER,
 *          DBK_EUNKNOWN, DBK_EUSAGE and the others with err. */
DBK_MUST_CHECK int dbk_post_once(struct dbk_cli *cli, const struct dbk_posting_order *order,
                                 struct dbk_err *err);

/** Print a decided result, or for programs any. */
DBK_MUST_CHECK int dbk_post_print(const struct dbk_post_result *result, bool json,
                                  struct dbk_err *err);

/** It ended before anything was sent: say so in err, and for programs on standard output.
 *  @param event  what was to be sent; its account has length 0 where even that is not known. */
void dbk_post_not_sent(const struct dbk_event *event, bool json, struct dbk_err *err);

/** Print the event that --dry-run does not send, and what would become of it. */
DBK_MUST_CHECK int dbk_post_print_dry(const struct dbk_post_result *result, bool json,
                                      struct dbk_err *err);

#endif
