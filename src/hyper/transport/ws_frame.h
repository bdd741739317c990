// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The frame of a WebSocket lane: one binary message carries one lane message.
 *
 *     0      payload type, 0 to 4
 *     1 … 4  length N of the body, unsigned, big-endian
 *     5 …    body of N bytes; whatever follows it is ignored
 *
 * Pure; any thread. */
#pragma once

#include <actr/bytes.h>
#include <actr/context.h>

#include "base/excess.h"

#define WS_FRAME_HEADER_LEN 5

/* Puts the header in front of *message, in place when there is headroom and no other reference.
 * ACTR_ENOMEM, ACTR_EINVALID (over 4 GiB): *message has been given back. */
int ws_frame_encode(enum actr_payload_type type, struct actr_bytes *message) ACTR_MUST_CHECK;

/* Takes the header off: *message becomes the body, no copy. ACTR_EDECODE (short, incomplete, no
 * such type): *message has been given back. */
int ws_frame_decode(struct actr_bytes *message, enum actr_payload_type *ret_type) ACTR_MUST_CHECK;

/* The same of a message of which the ends were kept: *excess becomes those of the body.
 * ACTR_EDECODE likewise, *excess is as it was. */
int ws_frame_decode_ends(struct excess *excess, enum actr_payload_type *ret_type) ACTR_MUST_CHECK;
