/**
 * libmicrohttpd, loaded when something is served: see library.h. Private to the shell.
 */
#ifndef DAYBOOK_MHD_H
#define DAYBOOK_MHD_H

#include <daybook/err.h>

#include <microhttpd.h>

/** The functions that are used, without their prefix. */
#define DBK_MHD_FUNCTIONS(FUNCTION)                                                                \
    FUNCTION(add_response_header)                                                                  \
    FUNCTION(basic_auth_get_username_password)                                                     \
    FUNCTION(create_response_from_buffer)                                                          \
    FUNCTION(create_response_from_callback)                                                        \
    FUNCTION(destroy_response)                                                                     \
    FUNCTION(free)                                                                                 \
    FUNCTION(get_connection_info)                                                                  \
    FUNCTION(get_connection_values)                                                                \
    FUNCTION(get_daemon_info)                                                                      \
    FUNCTION(lookup_connection_value)                                                              \
    FUNCTION(queue_response)                                                                       \
    FUNCTION(quiesce_daemon)                                                                       \
    FUNCTION(resume_connection)                                                                    \
    FUNCTION(start_daemon)                                                                         \
    FUNCTION(stop_daemon)                                                                          \
    FUNCTION(suspend_connection)

struct dbk_mhd {
#define DBK_MHD_MEMBER(name) __typeof__(&MHD_##name) name;
    DBK_MHD_FUNCTIONS(DBK_MHD_MEMBER)
#undef DBK_MHD_MEMBER
};

/** All NULL until loaded. */
extern struct dbk_mhd dbk_mhd;

/** Load the library, once, before there are threads that serve. @return 0, DBK_ENO. */
DBK_MUST_CHECK int dbk_mhd_load(struct dbk_err *err);

#endif
