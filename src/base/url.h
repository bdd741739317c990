// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* URLs (RFC 3986) of the schemes that the system speaks, and the STUN and TURN forms of RFC 7064
 * and RFC 7065 (`turn:host:port?transport=udp`, no slashes).
 *
 * Pure: nothing is allocated, copied, resolved or percent-decoded. Any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>

#define URL_LEN_MAX 2048 /* bytes; longer ones are refused */
#define URL_HOST_MAX 253 /* bytes; the longest name of the DNS */

enum url_scheme { URL_HTTP, URL_HTTPS, URL_WS, URL_WSS, URL_STUN, URL_STUNS, URL_TURN, URL_TURNS };

/* Views into the text that was parsed. */
struct url {
    enum url_scheme scheme;
    bool is_secure;         /* the scheme asks for TLS */
    bool is_ipv6;           /* host is an IPv6 address, its brackets taken off */
    bool has_port;          /* the text names the port */
    uint16_t port;          /* as named, else the scheme's default; never 0 */
    struct actr_view host;  /* never empty */
    struct actr_view path;  /* empty, or begins with '/' */
    struct actr_view query; /* without '?'; empty when there is none */
};

/* Scheme (in any case), host and port are checked; a fragment is left out. ACTR_EINVALID with a
 * detail that can follow "because": an unknown scheme, no host, a port outside 1 to 65535, user
 * name or password in front of the host (they would end in logs), bytes that no URL has. *ret_url
 * untouched then. */
int url_parse(struct actr_view text, struct url *ret_url) ACTR_MUST_CHECK;
