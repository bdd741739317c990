// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Every cell of the table. */
#include "hyper/transport/route_table.h"

#include "harness.h"

TEST(every_type_on_every_kind)
{
    static const struct {
        enum actr_payload_type type;
        int webrtc, websocket;
    } cells[] = {
        {ACTR_RPC_RELIABLE, 0, 0},
        {ACTR_RPC_SIGNAL, 1, 0},
        {ACTR_STREAM_RELIABLE, 2, 0},
        {ACTR_STREAM_LATENCY_FIRST, 3, 0},
        {ACTR_MEDIA_RTP, ROUTE_TABLE_NONE, ROUTE_TABLE_NONE},
        {(enum actr_payload_type)5, ROUTE_TABLE_NONE, ROUTE_TABLE_NONE},
    };
    for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
        assert_int_equal(route_table_channel(cells[i].type, WIRE_WEBRTC), cells[i].webrtc);
        assert_int_equal(route_table_channel(cells[i].type, WIRE_WEBSOCKET), cells[i].websocket);
    }
}
