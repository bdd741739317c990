// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Lanes on a wire: on a WebSocket each message names its lane in a frame; a wire with a channel for
 * each lane carries the message as it is, and the channel's number is the payload type's.
 *
 * Loop thread. It keeps nothing of a message, copies none that nobody else holds, and never asks
 * whether the wire is full: the sender has been told. */
#include "hyper/transport/wire_handle.h"

#include "base/bytes.h"
#include "base/err.h"
#include "hyper/transport/route_table.h"
#include "hyper/transport/ws_frame.h"
#include "protocol/payload_type.h"

int wire_handle_send(struct wire_handle *handle, enum actr_payload_type type,
                     struct actr_bytes message)
{
    struct wire *wire = handle->wire;
    int channel = route_table_channel(type, wire->kind);

    if (channel == ROUTE_TABLE_NONE) {
        actr_bytes_unref(message);
        return err_origin(ACTR_EINVALID, "no lane carries %s", payload_type_name(type));
    }
    if (wire->kind == WIRE_WEBSOCKET) {
        int r = ws_frame_encode(type, &message);
        if (r < 0)
            return r;
    }
    int r = wire_send(wire, (uint8_t)channel, message);
    if (r == WIRE_FULL)
        handle->is_full = true;
    return r;
}

int wire_handle_receive(const struct wire *wire, uint8_t channel, struct actr_bytes *message,
                        enum actr_payload_type *ret_type)
{
    if (wire->kind == WIRE_WEBSOCKET)
        return ws_frame_decode(message, ret_type);
    if (!payload_type_is_valid(channel)) {
        actr_bytes_unref(bytes_take(message));
        return err_origin(ACTR_EDECODE, "no lane %u", channel);
    }
    *ret_type = (enum actr_payload_type)channel;
    return 0;
}
