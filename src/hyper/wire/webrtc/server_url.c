// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* URLs of STUN and TURN servers: what url.h cuts, with the transport that scheme and query mean
 * (RFC 7065 §3.1). Without a query `turn` means UDP, and `turns` TLS over TCP. What is well formed
 * and cannot be used is told apart from what is malformed.
 *
 * Any thread. Never allocates, and never looks a name up. */
#include "hyper/wire/webrtc/server_url.h"

#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "base/err.h"

/* Transport names are case-insensitive, as all of a URL's fixed words. */
static bool server_url_is(struct actr_view text, const char *word)
{
    return text.len == strlen(word) && strncasecmp((const char *)text.ptr, word, text.len) == 0;
}

int server_url_parse(const char *text, struct server_url *ret_url)
{
    struct url url;
    int r = url_parse(view_text(text), &url);
    if (r < 0)
        return r;
    bool is_turn = url.scheme == URL_TURN || url.scheme == URL_TURNS;
    if (!is_turn && url.scheme != URL_STUN && url.scheme != URL_STUNS)
        return err_origin(ACTR_EINVALID, "it is neither stun nor turn");
    bool is_udp = server_url_is(url.query, "transport=udp");
    bool is_tcp = server_url_is(url.query, "transport=tcp");
    if (url.query.len > 0 && !(is_turn && (is_udp || is_tcp)))
        return err_origin(ACTR_EINVALID, "what follows '?' is not a transport");
    if (url.scheme == URL_STUNS)
        return err_origin(ACTR_ENOTIMPL, "STUN over TLS tells no address for UDP");
    if (url.scheme == URL_TURNS && is_udp)
        return err_origin(ACTR_ENOTIMPL, "TURN over DTLS is not supported");

    struct server_url result = {.is_turn = is_turn, .port = url.port};
    if (url.scheme == URL_TURNS)
        result.transport = SERVER_TLS;
    else
        result.transport = is_tcp ? SERVER_TCP : SERVER_UDP;
    memcpy(result.host, url.host.ptr, url.host.len);
    *ret_url = result;
    return 0;
}
