// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What a text in a configuration file must look like.
 *
 * A value that passes here must not fail later for its form: what starts a node is checked when the
 * file is read, where the line is known. The reasons complete "it cannot be used because …" and
 * never quote the text, which may be a secret.
 *
 * Any thread. The returned text is static, or the detail of the thread's last error, which stands
 * until the next one. */
#include "config/check.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <actr/id.h>

#include "base/bytes.h"
#include "base/text.h"
#include "base/url.h"

const char *check_not_empty(const char *text)
{
    return text[0] == '\0' ? "it is empty" : NULL;
}

static const char *check_url(const char *text, enum url_scheme plain, enum url_scheme secure,
                             const char *otherwise)
{
    struct url url;
    if (url_parse(view_text(text), &url) < 0)
        return actr_errmsg();
    return url.scheme == plain || url.scheme == secure ? NULL : otherwise;
}

const char *check_url_ws(const char *text)
{
    return check_url(text, URL_WS, URL_WSS, "its scheme is neither ws:// nor wss://");
}

const char *check_url_http(const char *text)
{
    return check_url(text, URL_HTTP, URL_HTTPS, "its scheme is neither http:// nor https://");
}

const char *check_url_stun(const char *text)
{
    return check_url(text, URL_STUN, URL_STUNS, "its scheme is neither stun: nor stuns:");
}

const char *check_url_turn(const char *text)
{
    return check_url(text, URL_TURN, URL_TURNS, "its scheme is neither turn: nor turns:");
}

const char *check_url_or_path(const char *text)
{
    return text[0] == '/' ? NULL : check_url_http(text);
}

const char *check_ip(const char *text)
{
    struct in6_addr room;
    if (inet_pton(AF_INET, text, &room) == 1 || inet_pton(AF_INET6, text, &room) == 1)
        return NULL;
    return "it is no IP address";
}

const char *check_host(const char *text)
{
    char full[URL_HOST_MAX + 8];
    struct in6_addr room;
    struct url url;
    if (inet_pton(AF_INET6, text, &room) == 1)
        return "an IPv6 address needs [ and ] around it here";
    int len = snprintf(full, sizeof(full), "ws://%s", text);
    if (len < 0 || (size_t)len >= sizeof(full))
        return "it is too long for a host";
    if (url_parse(view_text(full), &url) < 0)
        return actr_errmsg();
    /* Nothing but the host was there. */
    size_t brackets = url.is_ipv6 ? 2 : 0;
    return url.host.len + brackets == strlen(text) ? NULL : "it is more than a host";
}

const char *check_header(const char *text)
{
    for (const char *at = text; *at; at++)
        if (*at < ' ' || *at > '~')
            return "it travels in an HTTP header, where only printable ASCII may be";
    return check_not_empty(text);
}

const char *check_type(const char *text)
{
    struct actr_type type;
    return actr_type_parse(text, &type) < 0 ? actr_errmsg() : NULL;
}

const char *check_name(const char *text)
{
    /* A name is what can stand in a type. */
    char full[ACTR_TYPE_STR_MAX];
    int len = snprintf(full, sizeof(full), "%s:a:1", text);
    if (len < 0 || (size_t)len >= sizeof(full))
        return "it is too long for a name";
    return check_type(full);
}

const char *check_key(const char *text)
{
    uint8_t key[32];
    size_t len;
    bool is_base64 = text_base64_decode(view_text(text), key, sizeof(key), &len);
    return is_base64 && len == sizeof(key) ? NULL : "it is not 32 bytes in base64";
}

const char *check_permission(const char *text)
{
    if (strcasecmp(text, "allow") == 0 || strcasecmp(text, "deny") == 0)
        return NULL;
    return "it is neither allow nor deny";
}
