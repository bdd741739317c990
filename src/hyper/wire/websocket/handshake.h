// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The two headers by which an actor introduces itself when it opens a WebSocket to another:
 *
 *     x-actr-source-id   lower-case hex of the encoded ActrId (either case is read)
 *     x-actr-credential  base64 (RFC 4648 §4, padded) of the encoded AIdCredential
 *
 * Pure; any thread. */
#pragma once

#include <actr/bytes.h>
#include <actr/id.h>

#include "net/net.h"

#define WS_HANDSHAKE_SOURCE_ID "x-actr-source-id"
#define WS_HANDSHAKE_CREDENTIAL "x-actr-credential"
/* Ours: whom the one who dials wants. Addresses outlive actors; without this header, which the
 * existing system neither sends nor reads, a request could reach the successor of its actor. */
#define WS_HANDSHAKE_TARGET_ID "x-actr-target-id"
#define WS_HANDSHAKE_HEADER_COUNT 3

/* Bounds of what is read and sent. */
#define WS_HANDSHAKE_ID_MAX 512          /* bytes of an encoded ActrId */
#define WS_HANDSHAKE_CREDENTIAL_MAX 4096 /* bytes of an encoded AIdCredential */

/* What goes into the request of the one who dials; embedded. */
struct ws_handshake {
    struct net_header headers[WS_HANDSHAKE_HEADER_COUNT];
    char *_text;
};

/* ACTR_EINVALID (credential too long), ACTR_ENOMEM. */
int ws_handshake_init(struct ws_handshake *handshake, const struct actr_id *id,
                      const struct actr_id *target, struct actr_view credential) ACTR_MUST_CHECK;
void ws_handshake_deinit(struct ws_handshake *handshake);

/* Read what the one who dialled has sent; value NULL: the header is absent. ACTR_EPERMISSION (the
 * detail says which header is absent or malformed), ACTR_ENOMEM. The credential's bytes are not
 * looked into. */
int ws_handshake_source_id(const char *value, struct actr_id *ret_id) ACTR_MUST_CHECK;
int ws_handshake_target_id(const char *value, struct actr_id *ret_id) ACTR_MUST_CHECK;
int ws_handshake_credential(const char *value, struct actr_bytes *ret_credential) ACTR_MUST_CHECK;
