// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The URL of a STUN or TURN server (RFC 7064, RFC 7065). Pure; any thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/url.h"

enum server_transport { SERVER_UDP, SERVER_TCP, SERVER_TLS };

struct server_url {
    enum server_transport transport;
    bool is_turn;
    uint16_t port;
    char host[URL_HOST_MAX + 1];
};

/* ACTR_EINVALID: not such a URL. ACTR_ENOTIMPL: of no use to us: DTLS to a TURN server, and STUN
 * over TLS, which tells an address of TCP. The detail can follow "because". */
int server_url_parse(const char *text, struct server_url *ret_url) ACTR_MUST_CHECK;
