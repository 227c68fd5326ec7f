/* Where the server listens, by what names it is known, and whether it may. */

#include "http_internal.h"
#include "smallfile.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/** Connections of one address, where addresses are told apart. */
#define PER_ADDRESS_LIMIT 512U
/** Of a connection: a request's line and headers must fit, and an idle stream keeps it. */
#define CONNECTION_MEMORY 16384

/** Split "HOST:PORT". */
static int split(struct dbk_http *http, const char *listen, struct dbk_err *err)
{
    const char *colon = strrchr(listen, ':');
    char *end = NULL;
    long port = colon != NULL ? strtol(colon + 1, &end, 10) : -1;
    size_t length = colon != NULL ? (size_t)(colon - listen) : 0;
    if (length == 0 || length >= sizeof http->host || end == colon + 1 || *end != '\0' ||
        port < 0 || port > 65535)
        return dbk_err_set(err, DBK_EUSAGE,
                           "--listen takes HOST:PORT, for example 127.0.0.1:8501, not \"%.100s\".",
                           listen);
    memcpy(http->host, listen, length);
    http->host[length] = '\0';
    http->port = (int)port;
    return 0;
}

/** @return false where host is no address of this kind. */
static bool parse_v6(const char *host, uint16_t port, struct dbk_http *http)
{
    char address[64];
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&http->address;
    size_t length = strlen(host);
    if (length < 4 || host[0] != '[' || host[length - 1] != ']')
        return false;
    snprintf(address, sizeof address, "%.*s", (int)length - 2, host + 1);
    *v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(port)};
    if (inet_pton(AF_INET6, address, &v6->sin6_addr) != 1)
        return false;
    http->loopback = IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
    http->any = IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr);
    return true;
}

static bool parse_v4(const char *host, uint16_t port, struct dbk_http *http)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)&http->address;
    *v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, strcmp(host, "localhost") == 0 ? "127.0.0.1" : host, &v4->sin_addr) != 1)
        return false;
    http->loopback = ntohl(v4->sin_addr.s_addr) >> 24 == 127;
    http->any = v4->sin_addr.s_addr == htonl(INADDR_ANY);
    return true;
}

/** Beyond this machine everybody's money is shown to those only who log in, and encrypted. */
static int check_exposure(const struct dbk_http *http, const struct dbk_http_options *options,
                          struct dbk_err *err)
{
    if ((options->tls_cert == NULL) != (options->tls_key == NULL))
        return dbk_err_set(err, DBK_EUSAGE,
                           "--tls-cert and --tls-key go together; --%s is missing.",
                           options->tls_cert == NULL ? "tls-cert" : "tls-key");
    if (http->loopback)
        return 0;
    if (options->htpasswd == NULL)
        return dbk_err_set(
            err, DBK_EUSAGE,
            "the dashboard shows everybody's money, and %s can be reached from other "
            "machines: say who may see it with --htpasswd FILE (make it with: "
            "htpasswd -B -c FILE USER). Without it, listen on 127.0.0.1.",
            http->host);
    if (options->tls_cert == NULL && !options->behind_proxy)
        return dbk_err_set(err, DBK_EUSAGE,
                           "passwords and amounts would travel to %s readable by everybody on the "
                           "way: give --tls-cert and --tls-key, or --behind-proxy where a proxy "
                           "in front of it does the encryption.",
                           http->host);
    if (http->any && options->host_names == NULL)
        return dbk_err_set(err, DBK_EUSAGE,
                           "on %s the server cannot know by which name it is reached: give "
                           "--host-name NAME[,NAME...], as it stands in the browser's address.",
                           http->host);
    return 0;
}

int dbk_http_place(struct dbk_http *http, const struct dbk_http_options *options,
                   struct dbk_err *err)
{
    int code = split(http, options->listen, err);
    if (code != 0)
        return code;
    if (!parse_v6(http->host, (uint16_t)http->port, http) &&
        !parse_v4(http->host, (uint16_t)http->port, http))
        return dbk_err_set(err, DBK_EUSAGE,
                           "--listen takes an address of this machine, as 127.0.0.1:8501, "
                           "[::1]:8501 or 0.0.0.0:8501, not \"%.100s\".",
                           options->listen);
    http->behind_proxy = options->behind_proxy;
    http->host_names = options->host_names != NULL ? options->host_names : "";
    return check_exposure(http, options, err);
}

static int read_pem(struct dbk_buffer *pem, const char *path, bool secret, struct dbk_err *err)
{
    struct stat status;
    int code = dbk_smallfile_read(pem, &status, path, err);
    if (code == 0 && secret && (status.st_mode & S_IRWXO) != 0)
        return dbk_err_set(err, DBK_EUSAGE,
                           "%s is a secret, and everybody on this machine can read it. Run: chmod "
                           "o-rwx %s",
                           path, path);
    if (code == 0 && (pem->length == 0 || strstr(pem->bytes, "-----BEGIN ") == NULL))
        return dbk_err_set(err, DBK_EUSAGE, "%s is not a file in PEM format.", path);
    return code;
}

int dbk_http_read_tls(struct dbk_http *http, const struct dbk_http_options *options,
                      struct dbk_err *err)
{
    if (options->tls_cert == NULL)
        return 0;
    http->tls = true;
    int code = read_pem(&http->tls_cert, options->tls_cert, false, err);
    return code == 0 ? read_pem(&http->tls_key, options->tls_key, true, err) : code;
}

/** What the library says last when it does not start is the reason. */
static void on_log(void *context, const char *format, va_list arguments)
{
    struct dbk_http *http = context;
    if (pthread_equal(http->starter, pthread_self()))
        vsnprintf(http->log, sizeof http->log, format, arguments);
}

static int explain(const struct dbk_http *http, int reason, struct dbk_err *err)
{
    if (http->tls && reason != EADDRINUSE && reason != EACCES && reason != EADDRNOTAVAIL)
        return dbk_err_set(err, DBK_EUSAGE,
                           "the server did not start with this certificate and key: %s Do they "
                           "belong together?",
                           http->log);
    return dbk_err_set(err, DBK_EUSAGE,
                       "cannot listen on %s:%d: %s. Choose another port with --listen, or end what "
                       "holds it.",
                       http->host, http->port,
                       reason != 0 ? strerror(reason) : "the server did not start");
}

int dbk_http_listen(struct dbk_http *http, unsigned connection_limit,
                    const struct MHD_OptionItem *callbacks, MHD_AccessHandlerCallback handler,
                    struct dbk_err *err)
{
    bool addresses_differ = !http->loopback && !http->behind_proxy;
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, http->tls_cert.bytes},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, http->tls_key.bytes},
        {MHD_OPTION_HTTPS_PRIORITIES, 0,
         (void *)(uintptr_t) "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"},
        {MHD_OPTION_END, 0, NULL},
    };
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    flags |= http->tls ? (unsigned)MHD_USE_TLS : 0;
    if (http->address.ss_family == AF_INET6)
        flags |= http->any ? (unsigned)MHD_USE_DUAL_STACK : (unsigned)MHD_USE_IPv6;
    int code = dbk_mhd_load(err);
    if (code != 0)
        return code;
    errno = 0;
    http->starter = pthread_self();
    http->daemon = dbk_mhd.start_daemon(
        flags, (uint16_t)http->port, NULL, NULL, handler, http, MHD_OPTION_EXTERNAL_LOGGER, on_log,
        http, MHD_OPTION_SOCK_ADDR, (const struct sockaddr *)&http->address,
        MHD_OPTION_THREAD_POOL_SIZE, (unsigned)DBK_HTTP_LOOPS, MHD_OPTION_CONNECTION_LIMIT,
        connection_limit, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        addresses_differ ? PER_ADDRESS_LIMIT : 0U, MHD_OPTION_CONNECTION_TIMEOUT, 30U,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_STRICT_FOR_CLIENT,
        1, MHD_OPTION_ARRAY, callbacks, MHD_OPTION_ARRAY, http->tls ? tls : &tls[3],
        MHD_OPTION_END);
    if (http->daemon == NULL)
        return explain(http, errno, err);
    const union MHD_DaemonInfo *info =
        dbk_mhd.get_daemon_info(http->daemon, MHD_DAEMON_INFO_BIND_PORT);
    http->port = info != NULL ? info->port : http->port;
    return 0;
}

/* --- names --- */

/** Is a name, in any case and with any port, among "NAME,NAME"? */
static bool is_listed(const char *names, const char *host)
{
    size_t length = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
    if (length > strlen(host))
        return false;
    const char *port = host + length;
    if (*port != '\0' && (*port != ':' || strspn(port + 1, "0123456789") != strlen(port + 1)))
        return false;
    while (*names != '\0') {
        size_t name = strcspn(names, ",");
        if (name == length && name > 0 && strncasecmp(names, host, length) == 0)
            return true;
        names += name;
        names += *names == ',';
    }
    return false;
}

bool dbk_http_is_our_host(const struct dbk_http *http, const char *host)
{
    const char *const names[] = {http->host, "127.0.0.1", "localhost", "[::1]"};
    int usual_port = http->tls ? 443 : 80;
    char full[96];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(full, sizeof full, "%s:%d", names[i], http->port);
        if (strcasecmp(host, full) == 0 ||
            (http->port == usual_port && strcasecmp(host, names[i]) == 0))
            return true;
    }
    return is_listed(http->host_names, host);
}

void dbk_http_url(const struct dbk_http *http, char *url, size_t size)
{
    size_t length = strcspn(http->host_names, ",");
    if (http->loopback || length == 0)
        snprintf(url, size, "http%s://%s:%d", http->tls ? "s" : "", http->host, http->port);
    else
        snprintf(url, size, "http%s://%.*s:%d", http->tls ? "s" : "", (int)length, http->host_names,
                 http->port);
}
