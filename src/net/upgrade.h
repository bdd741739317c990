// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The opening handshake of a WebSocket (RFC 6455 §4): what both sides say and check. No subprotocol
 * and no extension is offered or accepted.
 *
 * Pure but for crypto_sha1(). Any thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#include "base/url.h"
#include "net/http_head.h"
#include "net/net.h"

#define UPGRADE_NONCE_LEN 16
#define UPGRADE_KEY_SIZE 25    /* base64 of the nonce, with the NUL */
#define UPGRADE_ACCEPT_SIZE 29 /* base64 of a SHA-1, with the NUL */

/* The client's request. ACTR_EINVALID (a header that cannot travel), ACTR_ENOMEM. */
int upgrade_request(const struct url *url, const struct net_header *headers, size_t header_count,
                    const char key[UPGRADE_KEY_SIZE], struct actr_bytes *ret_request)
    __attribute__((warn_unused_result));

/* What the server answers to a key (§4.2.2 item 5.4). ACTR_EINTERNAL. */
int upgrade_accept(const char *key, char ret_accept[UPGRADE_ACCEPT_SIZE])
    __attribute__((warn_unused_result));

/* Is the server's response, a 101, right? ACTR_EDECODE with a detail. */
int upgrade_check_response(const struct http_head *head, const char *accept)
    __attribute__((warn_unused_result));

/* Does the request ask to upgrade to a WebSocket? */
bool upgrade_is_wanted(const struct http_head *head);

/* A request that does: 101, or the status that says what is wrong with it. */
unsigned upgrade_check_request(const struct http_head *head);

/* The server's 101. ACTR_ENOMEM, ACTR_EINTERNAL. */
int upgrade_response(const struct http_head *request, struct actr_bytes *ret_response)
    __attribute__((warn_unused_result));
