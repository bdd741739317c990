// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The lanes of each payload type.
 *
 * WebRTC has an ordered, reliable channel for each of the first three types, and one for the
 * latency type that is neither; a WebSocket has one channel, and its frames name the payload type
 * (ws_frame.h). Media has no lane: it travels as RTP, beside them.
 *
 * Pure data. Which wire is best at the moment is the pool's question, not asked here. */
#include "hyper/transport/route_table.h"

#include "protocol/payload_type.h"

static const int8_t route_table[PAYLOAD_TYPE_COUNT][2] = {
    [ACTR_RPC_RELIABLE] = {[WIRE_WEBRTC] = 0, [WIRE_WEBSOCKET] = 0},
    [ACTR_RPC_SIGNAL] = {[WIRE_WEBRTC] = 1, [WIRE_WEBSOCKET] = 0},
    [ACTR_STREAM_RELIABLE] = {[WIRE_WEBRTC] = 2, [WIRE_WEBSOCKET] = 0},
    [ACTR_STREAM_LATENCY_FIRST] = {[WIRE_WEBRTC] = 3, [WIRE_WEBSOCKET] = 0},
    [ACTR_MEDIA_RTP] = {[WIRE_WEBRTC] = ROUTE_TABLE_NONE, [WIRE_WEBSOCKET] = ROUTE_TABLE_NONE},
};

int route_table_channel(enum actr_payload_type type, enum wire_kind kind)
{
    if (!payload_type_is_valid((uint32_t)type))
        return ROUTE_TABLE_NONE;
    return route_table[type][kind];
}
