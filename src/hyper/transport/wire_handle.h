// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* One wire of a destination, with its lanes: frames and cuts what leaves by it, takes the frame off
 * and puts together what came, and remembers whether it takes more. Embedded, zeroed; loop thread.
 *
 * Bounds of what is incomplete: WIRE_HANDLE_PARTS_MAX bytes for each lane beyond one message of the
 * greatest length, what wire_handle_limits says for all wires, and the times below without another
 * fragment. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/context.h>

#include "hyper/transport/fragment.h"
#include "hyper/wire/wire.h"

#define WIRE_HANDLE_PARTS_MAX ((size_t)4 << 20)
/* A fragment of the lane that may lose some has been lost for good by then. */
#define WIRE_HANDLE_LATENCY_EXPIRY_US 5000000u
/* On the others the next one comes when the path is back, or the wire ends. */
#define WIRE_HANDLE_EXPIRY_US 120000000u

struct wire_lanes;

/* Of what is received. */
struct wire_handle_limits {
    size_t message_len_max;       /* of longer ones only the ends are kept */
    struct fragment_total *parts; /* for the incomplete messages of all wires */
};

struct wire_handle {
    struct wire *wire;             /* NULL: none */
    struct wire_lanes *lanes;      /* NULL: nothing was cut or put together yet */
    bool is_full;                  /* WIRE_FULL was said, on_writable not yet */
    struct fragment_excess excess; /* of the last WIRE_HANDLE_TOO_LONG */
};

static inline bool wire_handle_is_ready(const struct wire_handle *handle)
{
    return handle->wire && handle->wire->state == WIRE_READY;
}

/* Forgets the wire. Zeroed is fine. */
void wire_handle_clear(struct wire_handle *handle);

/* Frames and sends; consumes message. 0, WIRE_FULL (taken), ACTR_EINVALID (no lane for this type,
 * or too large), ACTR_ENOMEM. The wire must be ready. */
int wire_handle_send(struct wire_handle *handle, enum actr_payload_type type,
                     struct actr_bytes message) ACTR_MUST_CHECK;

#define WIRE_HANDLE_PART 1     /* more is to come; *message has been taken */
#define WIRE_HANDLE_TOO_LONG 2 /* *message is the ends of one, as handle->excess says */

/* Takes the frame off *message, which came by `channel`. 0: *message is whole. WIRE_HANDLE_PART,
 * WIRE_HANDLE_TOO_LONG (of fragments only; a WebSocket tells by wire_events.on_excess).
 * ACTR_EDECODE, ACTR_ENOMEM: *message has been given back.
 */
int wire_handle_receive(struct wire_handle *handle, uint8_t channel,
                        const struct wire_handle_limits *limits, uint64_t now_us,
                        struct actr_bytes *message,
                        enum actr_payload_type *ret_type) ACTR_MUST_CHECK;
