// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Writing HTTP/1.1 heads: the text of requests, headers and reasons, for both ends.
 *
 * The caller adds the sizes up, so that nothing is ever cut: a cut head would be another message.
 * What a header may hold is checked before (http_text_check_headers), never repaired on the way.
 *
 * Any thread. */
#include "net/http_text.h"

#include <string.h>

#include "base/err.h"
#include "net/http_head.h"

size_t http_text_headers_size(const struct net_header *headers, size_t header_count)
{
    size_t size = 0;
    for (size_t i = 0; i < header_count; i++)
        size += strlen(headers[i].name) + strlen(headers[i].value) + sizeof(": \r\n");
    return size;
}

int http_text_check_headers(const struct net_header *headers, size_t header_count)
{
    for (size_t i = 0; i < header_count; i++)
        if (!http_head_is_name(headers[i].name) || !http_head_is_value(headers[i].value))
            return err_origin(ACTR_EINVALID, "http: header number %zu cannot travel", i + 1);
    return 0;
}

void http_text_headers(struct text *text, const struct net_header *headers, size_t header_count)
{
    for (size_t i = 0; i < header_count; i++)
        text_printf(text, "%s: %s\r\n", headers[i].name, headers[i].value);
}

size_t http_text_request_size(const struct url *url)
{
    /* Host is at most "Host: [" name "]:65535" CRLF. */
    return url->path.len + url->query.len + url->host.len + 64;
}

static bool http_text_is_default_port(const struct url *url)
{
    return url->port == (url->is_secure ? 443 : 80);
}

void http_text_request(struct text *text, const char *method, const struct url *url)
{
    text_printf(text, "%s ", method);
    if (url->path.len > 0)
        text_append(text, url->path);
    else
        text_printf(text, "/");
    if (url->query.len > 0) {
        text_printf(text, "?");
        text_append(text, url->query);
    }
    text_printf(text, " HTTP/1.1\r\nHost: %s", url->is_ipv6 ? "[" : "");
    text_append(text, url->host);
    text_printf(text, "%s", url->is_ipv6 ? "]" : "");
    if (!http_text_is_default_port(url))
        text_printf(text, ":%u", url->port);
    text_printf(text, "\r\n");
}

const char *http_text_reason(unsigned status)
{
    static const struct {
        unsigned status;
        const char *reason;
    } reasons[] = {
        {101, "Switching Protocols"},
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {409, "Conflict"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {426, "Upgrade Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
    };
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Status";
}
