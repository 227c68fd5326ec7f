/**
 * What the server's files share: http.c has its life and its connections, http_request.c reads,
 * http_answer.c writes, http_listen.c decides where and by which names, http_login.c asks for
 * passwords, http_events.c keeps the streams of events. Private to the shell.
 */
#ifndef DAYBOOK_HTTP_INTERNAL_H
#define DAYBOOK_HTTP_INTERNAL_H

#include "connections.h"
#include "mhd.h"
#include "workers.h"

#include <daybook/http.h>

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>

/** The validator of a compressed answer is that of the plain one with this. */
#define DBK_HTTP_GZIP_ENDING "-gz"

struct dbk_events;
struct dbk_logins;

struct dbk_http {
    struct MHD_Daemon *daemon;
    struct dbk_http_service service;
    struct dbk_connections *connections;
    struct dbk_workers *quick;
    struct dbk_workers *slow;
    struct dbk_events *events;
    struct dbk_logins *logins;     /* NULL: nobody need log in */
    _Atomic int64_t answered[600]; /* by status */
    struct sockaddr_storage address;
    char host[64];    /* as given to --listen, without port */
    _Atomic int port; /* known once it listens, while requests may come */
    bool loopback;
    bool any; /* all addresses of this machine */
    bool behind_proxy;
    bool tls;
    const char *host_names; /* "NAME,NAME" */
    struct dbk_buffer tls_cert;
    struct dbk_buffer tls_key;
    pthread_t starter; /* the thread that starts it */
    char log[256];     /* what the library said last in that thread */
};

/** One request, from its headers to its answer. */
struct dbk_exchange {
    struct dbk_job job;
    struct dbk_http *http;
    struct MHD_Connection *connection;
    struct dbk_connection *tracked;
    struct dbk_http_request request;
    struct dbk_http_response response;
    atomic_bool answered; /* response is complete */
    bool sent;            /* the library has it, and the exchange is over */
    struct dbk_exchange *next_login;
    char *user; /* while its password is checked; the library's memory */
    char *password;
    int64_t begun_ms;
    int64_t refuse_ms; /* 0: not yet decided */
    atomic_bool logged_in;
};

/** Where to listen, by the options. @return 0 or DBK_EUSAGE. */
DBK_MUST_CHECK int dbk_http_place(struct dbk_http *http, const struct dbk_http_options *options,
                                  struct dbk_err *err);
DBK_MUST_CHECK int dbk_http_read_tls(struct dbk_http *http, const struct dbk_http_options *options,
                                     struct dbk_err *err);
DBK_MUST_CHECK int dbk_http_listen(struct dbk_http *http, unsigned connection_limit,
                                   const struct MHD_OptionItem *callbacks,
                                   MHD_AccessHandlerCallback handler, struct dbk_err *err);
/** Only our own names: a page elsewhere must not reach us by a name of its own (DNS rebinding). */
bool dbk_http_is_our_host(const struct dbk_http *http, const char *host);

enum dbk_login {
    DBK_LOGIN_DONE,
    DBK_LOGIN_REFUSED, /* the exchange has the answer */
    DBK_LOGIN_PENDING, /* suspended; the request comes again */
};
DBK_MUST_CHECK int dbk_logins_open(struct dbk_logins **logins, const char *path,
                                   bool shared_address, struct dbk_err *err);
enum dbk_login dbk_login(struct dbk_exchange *exchange);
/** Every second: refuse those whose time has come. Takes NULL. */
void dbk_logins_tick(struct dbk_logins *logins);
/** Answer all that wait. Takes NULL. */
void dbk_logins_stop(struct dbk_logins *logins);
void dbk_logins_close(struct dbk_logins *logins);

/** Answer without asking the service: an error, explained to people where the client is one's. */
void dbk_http_refuse(struct dbk_exchange *exchange, int status, const char *reason);

/** The rules for every request. @return 0, or the status to refuse it with. */
int dbk_http_check(const struct dbk_http *http, struct MHD_Connection *connection,
                   const char *method, const char *version, const char **reason);
/** @return false where the address is not well formed. */
bool dbk_http_read(struct dbk_http_request *request, struct MHD_Connection *connection,
                   const char *url);

/** After the service has answered, on the same thread: validate, compress. */
void dbk_http_finish(struct dbk_exchange *exchange);
/** Queue the answer; it takes over what the response holds. */
enum MHD_Result dbk_http_send(struct dbk_exchange *exchange);
/** Free what a response holds and nobody took over. */
void dbk_http_discard(struct dbk_http_response *answer);

DBK_MUST_CHECK int dbk_events_open(struct dbk_events **events, struct dbk_err *err);
/** @return a response that streams the channels; NULL where there are too many or no memory. */
struct MHD_Response *dbk_events_stream(struct dbk_events *events, unsigned channels,
                                       struct MHD_Connection *connection,
                                       struct dbk_connection *tracked);
/** Every second: keep the streams alive, and notice clients that have left. */
void dbk_events_tick(struct dbk_events *events);
void dbk_events_publish(struct dbk_events *events, int channel, const char *message, size_t length);
int dbk_events_count(struct dbk_events *events);
/** End all streams. Takes NULL. */
void dbk_events_stop(struct dbk_events *events);
/** After the daemon's end. Takes NULL. */
void dbk_events_close(struct dbk_events *events);

#endif
