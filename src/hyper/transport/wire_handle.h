// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* One wire of a destination, with its lanes: frames what leaves by it, takes the frame off what
 * came, and remembers whether it takes more. Embedded; loop thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/context.h>

#include "hyper/wire/wire.h"

struct wire_handle {
    struct wire *wire; /* NULL: none */
    bool is_full;      /* WIRE_FULL was said, on_writable not yet */
};

static inline bool wire_handle_is_ready(const struct wire_handle *handle)
{
    return handle->wire && handle->wire->state == WIRE_READY;
}

/* Frames and sends; consumes message. 0, WIRE_FULL (taken), ACTR_EINVALID (no lane for this type),
 * ACTR_ENOMEM. The wire must be ready. */
int wire_handle_send(struct wire_handle *handle, enum actr_payload_type type,
                     struct actr_bytes message) ACTR_MUST_CHECK;

/* Takes the frame off *message, which came by `channel`. ACTR_EDECODE: *message has been given
 * back. */
int wire_handle_receive(const struct wire *wire, uint8_t channel, struct actr_bytes *message,
                        enum actr_payload_type *ret_type) ACTR_MUST_CHECK;
