/* Log-ins: HTTP's basic authentication against an htpasswd file. */

#include "htpasswd.h"
#include "http_internal.h"

#include <daybook/clock.h>

#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/** A refusal comes so much later than the request, and then with the next tick of a second: that
 * slows guessing down, and hides how long the check took. */
#define REFUSE_MS 1000
/** Log-ins being checked or refused at once: of one address, and of all. */
#define PENDING_MAX 64
#define PENDING_PER_ADDRESS 8

struct dbk_logins {
    struct dbk_htpasswd *htpasswd;
    struct dbk_workers *workers; /* one thread: hashing takes no more than one core */
    bool shared_address;         /* all clients come through a proxy */
    pthread_mutex_t mutex;       /* guards all below */
    struct dbk_exchange *first;  /* pending ones */
    int count;
    bool stopping;
};

static bool same_address(struct MHD_Connection *a, struct MHD_Connection *b)
{
    const struct sockaddr *x =
        dbk_mhd.get_connection_info(a, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
    const struct sockaddr *y =
        dbk_mhd.get_connection_info(b, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
    if (x == NULL || y == NULL || x->sa_family != y->sa_family)
        return false;
    if (x->sa_family == AF_INET)
        return ((const struct sockaddr_in *)x)->sin_addr.s_addr ==
               ((const struct sockaddr_in *)y)->sin_addr.s_addr;
    return x->sa_family == AF_INET6 && /* a network of IPv6 is one neighbour */
           memcmp(&((const struct sockaddr_in6 *)x)->sin6_addr,
                  &((const struct sockaddr_in6 *)y)->sin6_addr, 8) == 0;
}

/** Take it among the pending ones. @return false: there are too many. */
static bool begin(struct dbk_logins *logins, struct dbk_exchange *exchange)
{
    int same = 0;
    pthread_mutex_lock(&logins->mutex);
    for (struct dbk_exchange *e = logins->first; e != NULL && !logins->shared_address;
         e = e->next_login)
        same += same_address(e->connection, exchange->connection);
    bool taken = !logins->stopping && logins->count < PENDING_MAX && same < PENDING_PER_ADDRESS;
    if (taken) {
        exchange->next_login = logins->first;
        logins->first = exchange;
        logins->count++;
    }
    pthread_mutex_unlock(&logins->mutex);
    return taken;
}

/** It goes on; with the mutex held. */
static void end(struct dbk_logins *logins, struct dbk_exchange *exchange)
{
    struct dbk_exchange **link = &logins->first;
    while (*link != exchange)
        link = &(*link)->next_login;
    *link = exchange->next_login;
    logins->count--;
    dbk_mhd.resume_connection(exchange->connection);
}

static void forget_password(struct dbk_exchange *exchange)
{
    if (exchange->password != NULL)
        explicit_bzero(exchange->password, strlen(exchange->password));
    dbk_mhd.free(exchange->password);
    dbk_mhd.free(exchange->user);
    exchange->password = exchange->user = NULL;
}

static void refuse(struct dbk_exchange *exchange, int status, const char *reason)
{
    dbk_http_refuse(exchange, status, reason);
    exchange->answered = true;
}

static void check(struct dbk_job *job, bool cancelled)
{
    struct dbk_exchange *exchange = (struct dbk_exchange *)job;
    struct dbk_logins *logins = exchange->http->logins;
    bool right =
        !cancelled && dbk_htpasswd_check(logins->htpasswd, exchange->user, exchange->password);
    forget_password(exchange);
    pthread_mutex_lock(&logins->mutex);
    exchange->logged_in = right;
    exchange->refuse_ms = exchange->begun_ms + REFUSE_MS;
    if (right || logins->stopping) {
        if (!right)
            refuse(exchange, 503, "the server is being stopped");
        end(logins, exchange);
    }
    pthread_mutex_unlock(&logins->mutex);
}

void dbk_logins_tick(struct dbk_logins *logins)
{
    int64_t now_ms = dbk_clock_monotonic_ms();
    if (logins == NULL)
        return;
    pthread_mutex_lock(&logins->mutex);
    for (struct dbk_exchange *e = logins->first, *next; e != NULL; e = next) {
        next = e->next_login;
        if (e->refuse_ms == 0 || (e->refuse_ms > now_ms && !logins->stopping))
            continue;
        refuse(e, 401, "this user name and password do not let anybody in");
        end(logins, e);
    }
    pthread_mutex_unlock(&logins->mutex);
}

enum dbk_login dbk_login(struct dbk_exchange *exchange)
{
    struct dbk_logins *logins = exchange->http->logins;
    if (logins == NULL || exchange->logged_in)
        return DBK_LOGIN_DONE;
    exchange->user =
        dbk_mhd.basic_auth_get_username_password(exchange->connection, &exchange->password);
    if (exchange->user == NULL || exchange->password == NULL) {
        forget_password(exchange);
        refuse(exchange, 401, "a user name and a password are needed here");
        return DBK_LOGIN_REFUSED;
    }
    if (dbk_htpasswd_remembers(logins->htpasswd, exchange->user, exchange->password)) {
        forget_password(exchange);
        exchange->logged_in = true;
        return DBK_LOGIN_DONE;
    }
    exchange->begun_ms = dbk_clock_monotonic_ms();
    exchange->job.run = check;
    if (!begin(logins, exchange)) {
        forget_password(exchange);
        refuse(exchange, 429, "too many log-ins at once; try again in some seconds");
        return DBK_LOGIN_REFUSED;
    }
    dbk_mhd.suspend_connection(exchange->connection);
    if (!dbk_workers_submit(logins->workers, &exchange->job))
        check(&exchange->job, true);
    return DBK_LOGIN_PENDING;
}

int dbk_logins_open(struct dbk_logins **logins, const char *path, bool shared_address,
                    struct dbk_err *err)
{
    *logins = NULL;
    struct dbk_logins *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return dbk_err_set(err, DBK_ENOMEM, "out of memory.");
    opened->shared_address = shared_address;
    pthread_mutex_init(&opened->mutex, NULL);
    int code = dbk_htpasswd_open(&opened->htpasswd, path, err);
    if (code == 0)
        code = dbk_workers_open(&opened->workers, 1, err);
    if (code != 0) {
        dbk_logins_close(opened);
        return code;
    }
    *logins = opened;
    return 0;
}

void dbk_logins_stop(struct dbk_logins *logins)
{
    if (logins == NULL)
        return;
    pthread_mutex_lock(&logins->mutex);
    logins->stopping = true;
    pthread_mutex_unlock(&logins->mutex);
    dbk_workers_stop(logins->workers);
    dbk_logins_tick(logins);
}

void dbk_logins_close(struct dbk_logins *logins)
{
    if (logins == NULL)
        return;
    dbk_workers_close(logins->workers);
    dbk_htpasswd_close(logins->htpasswd);
    pthread_mutex_destroy(&logins->mutex);
    free(logins);
}
