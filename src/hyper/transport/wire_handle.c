// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Lanes on a wire: on a WebSocket each message names its lane in a frame; a wire with a channel for
 * each lane carries fragments, and the channel's number is the payload type's.
 *
 * Loop thread. It copies no message that nobody else holds, and never asks whether the wire is
 * full: the sender has been told. Ids of messages begin anew with each wire, as the receiver's
 * memory of them does. */
#include "hyper/transport/wire_handle.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "hyper/transport/route_table.h"
#include "hyper/transport/ws_frame.h"
#include "protocol/payload_type.h"

#define WIRE_HANDLE_CHANNELS 4

struct wire_lanes {
    struct fragment_receiver receivers[WIRE_HANDLE_CHANNELS];
    uint32_t ids[WIRE_HANDLE_CHANNELS];
};

void wire_handle_clear(struct wire_handle *handle)
{
    for (size_t i = 0; handle->lanes && i < WIRE_HANDLE_CHANNELS; i++)
        fragment_receiver_deinit(&handle->lanes->receivers[i]);
    mem_free(handle->lanes);
    *handle = (struct wire_handle){0};
}

static int wire_handle_lanes(struct wire_handle *handle)
{
    if (handle->lanes)
        return 0;
    handle->lanes = mem_alloc(sizeof(*handle->lanes));
    if (!handle->lanes)
        return err_origin(ACTR_ENOMEM, "lanes: no memory");
    for (size_t i = 0; i < WIRE_HANDLE_CHANNELS; i++) {
        const struct fragment_options options = {.expiry_us = i == ACTR_STREAM_LATENCY_FIRST
                                                                  ? WIRE_HANDLE_LATENCY_EXPIRY_US
                                                                  : WIRE_HANDLE_EXPIRY_US};
        fragment_receiver_init(&handle->lanes->receivers[i], &options);
    }
    return 0;
}

/* ---- Sending ---- */

/* Sends the frames of a message one after the other; the last word on room counts. */
static int wire_handle_send_cut(struct wire_handle *handle, uint8_t channel,
                                struct actr_bytes message)
{
    struct fragment_cutter cutter = {0};
    struct actr_bytes frame;
    bool is_full = false;

    int r = wire_handle_lanes(handle);
    if (r < 0) {
        actr_bytes_unref(message);
        return r;
    }
    r = fragment_begin(&cutter, handle->lanes->ids[channel],
                       FRAGMENT_HEADER_LEN + FRAGMENT_BODY_MAX, message);
    if (r < 0)
        return r;
    handle->lanes->ids[channel]++;
    while (r >= 0 && (r = fragment_next(&cutter, &frame)) == 0) {
        r = wire_send(handle->wire, channel, frame);
        is_full = is_full || r == WIRE_FULL;
    }
    fragment_end(&cutter);
    if (r < 0)
        return r;
    return is_full ? WIRE_FULL : 0;
}

int wire_handle_send(struct wire_handle *handle, enum actr_payload_type type,
                     struct actr_bytes message)
{
    struct wire *wire = handle->wire;
    int channel = route_table_channel(type, wire->kind);
    int r;

    if (channel == ROUTE_TABLE_NONE) {
        actr_bytes_unref(message);
        return err_origin(ACTR_EINVALID, "no lane carries %s", payload_type_name(type));
    }
    if (wire->kind == WIRE_WEBSOCKET) {
        r = ws_frame_encode(type, &message);
        if (r == 0)
            r = wire_send(wire, (uint8_t)channel, message);
    } else {
        r = wire_handle_send_cut(handle, (uint8_t)channel, message);
    }
    if (r == WIRE_FULL)
        handle->is_full = true;
    return r;
}

/* ---- Receiving ---- */

int wire_handle_receive(struct wire_handle *handle, uint8_t channel,
                        const struct wire_handle_limits *limits, uint64_t now_us,
                        struct actr_bytes *message, enum actr_payload_type *ret_type)
{
    if (handle->wire->kind == WIRE_WEBSOCKET)
        return ws_frame_decode(message, ret_type);
    struct actr_bytes frame = bytes_take(message);
    if (channel >= WIRE_HANDLE_CHANNELS) {
        actr_bytes_unref(frame);
        return err_origin(ACTR_EDECODE, "no lane %u", channel);
    }
    int r = wire_handle_lanes(handle);
    if (r < 0) {
        actr_bytes_unref(frame);
        return r;
    }
    struct fragment_receiver *receiver = &handle->lanes->receivers[channel];
    uint64_t malformed = receiver->stats.malformed;
    receiver->options.message_len_max = limits->message_len_max;
    receiver->options.bytes_max = limits->message_len_max + WIRE_HANDLE_PARTS_MAX;
    receiver->options.total = limits->parts;
    *ret_type = (enum actr_payload_type)channel;
    r = fragment_receive(receiver, frame, now_us, message);
    if (r < 0)
        return r;
    if (receiver->stats.malformed != malformed)
        return err_origin(ACTR_EDECODE, "malformed frame");
    if (r == FRAGMENT_TOO_LONG) {
        handle->excess = receiver->excess;
        return WIRE_HANDLE_TOO_LONG;
    }
    return r == FRAGMENT_WHOLE ? 0 : WIRE_HANDLE_PART;
}
