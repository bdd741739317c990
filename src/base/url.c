// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* URLs: cut from the left, one part at a time.
 *
 * A reader holds what is left; each step takes its part from the front and refuses what does not
 * fit. Names with letters outside ASCII must come in their `xn--` form, and paths percent-encoded:
 * two parsers that disagree about such bytes would talk to different servers.
 *
 * Any thread. Never allocates, and never quotes the URL in a detail, which may hold a secret. */
#include "base/url.h"

#include <string.h>

#include "base/err.h"
#include "base/text.h"

struct url_kind {
    const char *name;
    enum url_scheme scheme;
    uint16_t port;
    bool is_secure;
    bool has_slashes;
};

/* The longest text of an address: six groups and a dotted quad (RFC 4291 §2.2). */
#define URL_IPV6_MAX 45

static const struct url_kind url_kinds[] = {
    {"http", URL_HTTP, 80, false, true},    {"https", URL_HTTPS, 443, true, true},
    {"ws", URL_WS, 80, false, true},        {"wss", URL_WSS, 443, true, true},
    {"stun", URL_STUN, 3478, false, false}, {"stuns", URL_STUNS, 5349, true, false},
    {"turn", URL_TURN, 3478, false, false}, {"turns", URL_TURNS, 5349, true, false},
};

static struct actr_view url_skip(struct actr_view text, size_t len)
{
    return actr_view_of(text.ptr + len, text.len - len);
}

/* How many bytes come before the first of `stops`. */
static size_t url_span(struct actr_view text, const char *stops)
{
    size_t len = 0;
    while (len < text.len && !strchr(stops, text.ptr[len]))
        len++;
    return len;
}

static uint8_t url_lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 'a' - 'A') : c;
}

static bool url_is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool url_is_hex(uint8_t c)
{
    return url_is_digit(c) || (url_lower(c) >= 'a' && url_lower(c) <= 'f');
}

static const struct url_kind *url_kind_find(struct actr_view name)
{
    for (size_t i = 0; i < sizeof(url_kinds) / sizeof(url_kinds[0]); i++) {
        const char *want = url_kinds[i].name;
        size_t len = 0;
        while (len < name.len && want[len] != '\0' && url_lower(name.ptr[len]) == want[len])
            len++;
        if (len == name.len && want[len] == '\0')
            return &url_kinds[i];
    }
    return NULL;
}

/* `scheme:` or `scheme://`. */
static int url_take_scheme(struct actr_view *rest, struct url *url)
{
    size_t len = url_span(*rest, ":/?#");
    if (len == rest->len || rest->ptr[len] != ':')
        return err_origin(ACTR_EINVALID, "it has no scheme such as http://");
    const struct url_kind *kind = url_kind_find(actr_view_of(rest->ptr, len));
    if (!kind)
        return err_origin(ACTR_EINVALID, "its scheme is not known");
    *rest = url_skip(*rest, len + 1);
    bool has_slashes = rest->len >= 2 && rest->ptr[0] == '/' && rest->ptr[1] == '/';
    if (has_slashes != kind->has_slashes)
        return err_origin(ACTR_EINVALID,
                          has_slashes ? "%s: takes no // after it" : "%s: needs // after it",
                          kind->name);
    if (has_slashes)
        *rest = url_skip(*rest, 2);
    url->scheme = kind->scheme;
    url->is_secure = kind->is_secure;
    url->port = kind->port;
    return 0;
}

/* `[address]`; what counts as an address the resolver decides, here only its alphabet. */
static int url_take_ipv6(struct actr_view *authority, struct url *url)
{
    size_t len = url_span(*authority, "]");
    if (len == authority->len)
        return err_origin(ACTR_EINVALID, "the [ of its IPv6 address has no ]");
    struct actr_view host = actr_view_of(authority->ptr + 1, len - 1);
    size_t colons = 0;
    for (size_t i = 0; i < host.len; i++) {
        if (host.ptr[i] == ':')
            colons++;
        else if (!url_is_hex(host.ptr[i]) && host.ptr[i] != '.')
            return err_origin(ACTR_EINVALID, "its host in [] is no IPv6 address");
    }
    if (colons < 2 || host.len > URL_IPV6_MAX)
        return err_origin(ACTR_EINVALID, "its host in [] is no IPv6 address");
    url->host = host;
    url->is_ipv6 = true;
    *authority = url_skip(*authority, len + 1);
    return 0;
}

static int url_take_host(struct actr_view *authority, struct url *url)
{
    if (authority->len > 0 && authority->ptr[0] == '[')
        return url_take_ipv6(authority, url);
    size_t len = url_span(*authority, ":");
    if (len == 0)
        return err_origin(ACTR_EINVALID, "it has no host");
    if (len > URL_HOST_MAX)
        return err_origin(ACTR_EINVALID, "its host is longer than %d bytes", URL_HOST_MAX);
    for (size_t i = 0; i < len; i++) {
        uint8_t c = url_lower(authority->ptr[i]);
        if (!url_is_digit(c) && !(c >= 'a' && c <= 'z') && !memchr("-._", c, 3))
            return err_origin(ACTR_EINVALID, "its host has a character that no host name has");
    }
    url->host = actr_view_of(authority->ptr, len);
    url->is_ipv6 = false;
    *authority = url_skip(*authority, len);
    return 0;
}

/* Nothing, `:` (RFC 3986 §3.2.3: the default) or `:port`. */
static int url_take_port(struct actr_view authority, struct url *url)
{
    uint32_t port = 0;
    url->has_port = authority.len > 1;
    if (authority.len > 0 && authority.ptr[0] != ':')
        return err_origin(ACTR_EINVALID, "something other than a port follows its host");
    if (!url->has_port)
        return 0;
    if (!text_u32(url_skip(authority, 1), &port) || port == 0 || port > UINT16_MAX)
        return err_origin(ACTR_EINVALID, "its port is not a number between 1 and 65535");
    url->port = (uint16_t)port;
    return 0;
}

static int url_take_authority(struct actr_view *rest, struct url *url)
{
    struct actr_view authority = actr_view_of(rest->ptr, url_span(*rest, "/?#"));
    *rest = url_skip(*rest, authority.len);
    if (url_span(authority, "@") < authority.len)
        return err_origin(ACTR_EINVALID, "it has a user name or password before its host");
    int r = url_take_host(&authority, url);
    if (r < 0)
        return r;
    return url_take_port(authority, url);
}

int url_parse(struct actr_view text, struct url *ret_url)
{
    struct url url = {0};
    struct actr_view rest = text;
    if (text.len > URL_LEN_MAX)
        return err_origin(ACTR_EINVALID, "it is longer than %d bytes", URL_LEN_MAX);
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] <= ' ' || text.ptr[i] >= 0x7f)
            return err_origin(ACTR_EINVALID,
                              "it has a space, control character or letter outside ASCII");
    int r = url_take_scheme(&rest, &url);
    if (r < 0)
        return r;
    r = url_take_authority(&rest, &url);
    if (r < 0)
        return r;
    url.path = actr_view_of(rest.ptr, url_span(rest, "?#"));
    rest = url_skip(rest, url.path.len);
    if (rest.len > 0 && rest.ptr[0] == '?') {
        rest = url_skip(rest, 1);
        url.query = actr_view_of(rest.ptr, url_span(rest, "#"));
    }
    *ret_url = url;
    return 0;
}
