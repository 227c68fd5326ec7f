/* Requests: the rules for all of them, and what an address says. */

#include "http_internal.h"

#include <daybook/escape.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *dbk_http_param(const struct dbk_http_request *request, const char *name)
{
    for (int i = 0; i < request->param_count; i++)
        if (strcmp(request->params[i].name, name) == 0)
            return request->params[i].value;
    return NULL;
}

void dbk_http_error(struct dbk_http_response *response, int status, const char *message)
{
    char head[48];
    dbk_buffer_clear(&response->body);
    response->status = status;
    response->content_type = "application/json";
    response->etag[0] = '\0';
    snprintf(head, sizeof head, "{\"error\":{\"status\":%d,\"message\":", status);
    dbk_buffer_add_string(&response->body, head);
    dbk_escape_json(&response->body, (struct dbk_text){message, (uint32_t)strlen(message)});
    dbk_buffer_add_string(&response->body, "}}\n");
}

void dbk_http_refuse(struct dbk_exchange *exchange, int status, const char *reason)
{
    const struct dbk_http_service *service = &exchange->http->service;
    const char *accept = dbk_mhd.lookup_connection_value(exchange->connection, MHD_HEADER_KIND,
                                                         MHD_HTTP_HEADER_ACCEPT);
    const char *language = dbk_mhd.lookup_connection_value(exchange->connection, MHD_HEADER_KIND,
                                                           MHD_HTTP_HEADER_ACCEPT_LANGUAGE);
    dbk_http_error(&exchange->response, status, reason);
    if (accept != NULL && strstr(accept, "text/html") != NULL)
        service->explain(service->context, language != NULL ? language : "", &exchange->response);
}

/** Decode %NN once. @return false for a bad escape, a NUL, or what does not fit. */
static bool decode(char *out, size_t size, const char *text, size_t length)
{
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (c == '%') {
            char digits[3] = {0};
            char *end;
            if (i + 2 >= length)
                return false;
            memcpy(digits, text + i + 1, 2);
            c = (char)strtol(digits, &end, 16);
            if (end != digits + 2 || digits[0] == '+' || digits[0] == '-' || digits[0] == ' ')
                return false;
            i += 2;
        }
        if (c == '\0' || used + 1 >= size)
            return false;
        out[used++] = c;
    }
    out[used] = '\0';
    return true;
}

static bool split_path(struct dbk_http_request *request, const char *path)
{
    if (*path++ != '/')
        return false;
    while (*path != '\0') {
        size_t length = strcspn(path, "/");
        if (request->segment_count == DBK_HTTP_SEGMENTS || length == 0 ||
            !decode(request->segments[request->segment_count++], DBK_HTTP_VALUE_SIZE, path, length))
            return false;
        path += length;
        if (*path == '/')
            path++;
    }
    return true;
}

struct params {
    struct dbk_http_request *request;
    bool bad;
};

static enum MHD_Result take_param(void *context, enum MHD_ValueKind kind, const char *name,
                                  const char *value)
{
    struct params *params = context;
    struct dbk_http_request *request = params->request;
    (void)kind;
    if (request->param_count == DBK_HTTP_PARAMS) {
        params->bad = true;
        return MHD_NO;
    }
    struct dbk_http_param *param = &request->params[request->param_count++];
    value = value != NULL ? value : "";
    if (!decode(param->name, sizeof param->name, name, strlen(name)) ||
        !decode(param->value, sizeof param->value, value, strlen(value)))
        params->bad = true;
    return params->bad ? MHD_NO : MHD_YES;
}

/** What all headers of a request say together. */
struct headers {
    const char *host;
    int host_count;
    bool body;
};

static enum MHD_Result look_at_header(void *context, enum MHD_ValueKind kind, const char *name,
                                      const char *value)
{
    struct headers *headers = context;
    (void)kind;
    if (strcasecmp(name, MHD_HTTP_HEADER_HOST) == 0) {
        headers->host = value;
        headers->host_count++;
    } else if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0) {
        /* Even "0", when it is given twice, is a way to smuggle. */
        headers->body = headers->body || value == NULL || strcmp(value, "0") != 0;
    } else if (strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0 ||
               strcasecmp(name, MHD_HTTP_HEADER_EXPECT) == 0) {
        headers->body = true;
    }
    return MHD_YES;
}

int dbk_http_check(const struct dbk_http *http, struct MHD_Connection *connection,
                   const char *method, const char *version, const char **reason)
{
    struct headers headers = {.host = NULL};
    dbk_mhd.get_connection_values(connection, MHD_HEADER_KIND, look_at_header, &headers);
    *reason = "requests have no body here";
    if (headers.body)
        return 400;
    *reason = "only GET and HEAD are answered";
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return 405;
    *reason = "exactly one Host header is needed";
    if (headers.host_count > 1 ||
        (headers.host_count == 0 && strcmp(version, MHD_HTTP_VERSION_1_1) == 0))
        return 400;
    *reason = "this server is not known by that name; its operator can add it with --host-name";
    if (headers.host_count == 1 && !dbk_http_is_our_host(http, headers.host))
        return 421;
    return 0;
}

/** Is the word among those of a list like "a, b;q=0.5"? A quality of 0 means no. */
static bool lists(const char *list, const char *word)
{
    size_t length = strlen(word);
    while (*list != '\0') {
        list += strspn(list, ", \t");
        size_t item = strcspn(list, ",");
        size_t name = strcspn(list, ",; \t");
        if (name == length && strncasecmp(list, word, length) == 0) {
            const char *quality = strstr(list, "q=0");
            if (quality == NULL || quality >= list + item)
                return true;
            size_t digits = strspn(quality + 3, ".0");
            return quality + 3 + digits < list + item && quality[3 + digits] >= '1' &&
                   quality[3 + digits] <= '9';
        }
        list += item;
    }
    return false;
}

static const char *header_of(struct MHD_Connection *connection, const char *name)
{
    const char *value = dbk_mhd.lookup_connection_value(connection, MHD_HEADER_KIND, name);
    return value != NULL ? value : "";
}

bool dbk_http_read(struct dbk_http_request *request, struct MHD_Connection *connection,
                   const char *url)
{
    struct params params = {.request = request};
    request->accept_language = header_of(connection, MHD_HTTP_HEADER_ACCEPT_LANGUAGE);
    request->if_none_match = header_of(connection, MHD_HTTP_HEADER_IF_NONE_MATCH);
    request->accepts_gzip = lists(header_of(connection, MHD_HTTP_HEADER_ACCEPT_ENCODING), "gzip");
    dbk_mhd.get_connection_values(connection, MHD_GET_ARGUMENT_KIND, take_param, &params);
    return !params.bad && split_path(request, url);
}

/** Is one of the validators in If-None-Match ours, followed by an ending? */
static bool has_validator(const char *list, const char *etag, const char *ending)
{
    char quoted[208];
    size_t length = (size_t)snprintf(quoted, sizeof quoted, "\"%s%s\"", etag, ending);
    while (*list != '\0') {
        list += strspn(list, ", \t");
        list += strncmp(list, "W/", 2) == 0 ? 2 : 0;
        if (strncmp(list, quoted, length) == 0)
            return true;
        const char *end = *list == '"' ? strchr(list + 1, '"') : NULL;
        list = end != NULL ? end + 1 : list + strcspn(list, ",");
    }
    return false;
}

bool dbk_http_is_known(const struct dbk_http_request *request, struct dbk_http_response *response)
{
    if (response->status != 200 || response->etag[0] == '\0')
        return response->status == 304;
    if (has_validator(request->if_none_match, response->etag, "")) {
        response->status = 304;
    } else if (has_validator(request->if_none_match, response->etag, DBK_HTTP_GZIP_ENDING)) {
        response->status = 304;
        response->gzip = true;
    }
    return response->status == 304;
}
