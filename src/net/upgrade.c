// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The opening handshake of a WebSocket.
 *
 * A client that offers subprotocols or extensions is served without: RFC 6455 §4.2.2 lets a server
 * leave both headers out. A server that answers with one that was not offered has broken the
 * protocol. Any thread. */
#include "net/upgrade.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/text.h"
#include "net/http_text.h"
#include "sys/crypto.h"

#define UPGRADE_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" /* §1.3 */

int upgrade_request(const struct url *url, const struct net_header *headers, size_t header_count,
                    const char key[UPGRADE_KEY_SIZE], struct actr_bytes *ret_request)
{
    int r = http_text_check_headers(headers, header_count);
    if (r < 0)
        return r;
    size_t cap = http_text_request_size(url) + http_text_headers_size(headers, header_count) + 192;
    uint8_t *buf;
    struct actr_bytes request = bytes_new(cap, &buf);
    if (!buf)
        return err_origin(ACTR_ENOMEM, "websocket: no memory for a request");
    struct text text;
    text_init(&text, (char *)buf, cap);
    http_text_request(&text, "GET", url);
    text_printf(&text,
                "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: %s\r\n",
                key);
    http_text_headers(&text, headers, header_count);
    text_printf(&text, "\r\n");
    assert(!text.is_cut);
    bytes_truncate(&request, text.len);
    *ret_request = request;
    return 0;
}

int upgrade_accept(const char *key, char ret_accept[UPGRADE_ACCEPT_SIZE])
{
    uint8_t digest[CRYPTO_SHA1_LEN];
    char joined[UPGRADE_KEY_SIZE + sizeof(UPGRADE_GUID)];
    struct text text;
    text_init(&text, joined, sizeof(joined));
    text_printf(&text, "%s" UPGRADE_GUID, key);
    int r = crypto_sha1(actr_view_of(joined, text.len), digest);
    if (r == 0)
        text_base64_encode(digest, sizeof(digest), ret_accept);
    return r;
}

int upgrade_check_response(const struct http_head *head, const char *accept)
{
    const char *answer = http_head_find(head, "sec-websocket-accept");
    if (!http_head_has_token(head, "upgrade", "websocket") ||
        !http_head_has_token(head, "connection", "upgrade"))
        return err_origin(ACTR_EDECODE, "websocket: a 101 that upgrades to something else");
    if (!answer || strcmp(answer, accept) != 0)
        return err_origin(ACTR_EDECODE, "websocket: wrong Sec-WebSocket-Accept");
    if (http_head_find(head, "sec-websocket-extensions") ||
        http_head_find(head, "sec-websocket-protocol"))
        return err_origin(ACTR_EDECODE, "websocket: an extension or subprotocol not asked for");
    return 0;
}

bool upgrade_is_wanted(const struct http_head *head)
{
    return http_head_has_token(head, "connection", "upgrade") &&
           http_head_has_token(head, "upgrade", "websocket");
}

unsigned upgrade_check_request(const struct http_head *head)
{
    const char *version = http_head_find(head, "sec-websocket-version");
    const char *key = http_head_find(head, "sec-websocket-key");
    uint8_t nonce[UPGRADE_NONCE_LEN];
    size_t len;

    if (strcmp(head->method, "GET") != 0 || head->is_http10)
        return 400;
    if (!version || strcmp(version, "13") != 0)
        return 426;
    if (!key || !text_base64_decode(view_text(key), nonce, sizeof(nonce), &len) ||
        len != sizeof(nonce))
        return 400;
    return 101;
}

int upgrade_response(const struct http_head *request, struct actr_bytes *ret_response)
{
    char accept[UPGRADE_ACCEPT_SIZE], buf[192];
    struct text text;
    int r = upgrade_accept(http_head_find(request, "sec-websocket-key"), accept);
    if (r < 0)
        return r;
    text_init(&text, buf, sizeof(buf));
    text_printf(&text,
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                "Sec-WebSocket-Accept: %s\r\n\r\n",
                accept);
    struct actr_bytes response = actr_bytes_copy(actr_view_of(buf, text.len));
    if (actr_bytes_failed(response))
        return err_origin(ACTR_ENOMEM, "websocket: no memory for a response");
    *ret_response = response;
    return 0;
}
