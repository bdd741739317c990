// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Payload types. */
#include "protocol/payload_type.h"

#include "protocol/vectors.h"

TEST(payload_type_table)
{
    static const struct {
        enum actr_payload_type type;
        const char *name;
        bool is_rpc, is_stream;
    } cases[] = {
        {ACTR_RPC_RELIABLE, "RPC_RELIABLE", true, false},
        {ACTR_RPC_SIGNAL, "RPC_SIGNAL", true, false},
        {ACTR_STREAM_RELIABLE, "STREAM_RELIABLE", false, true},
        {ACTR_STREAM_LATENCY_FIRST, "STREAM_LATENCY_FIRST", false, true},
        {ACTR_MEDIA_RTP, "MEDIA_RTP", false, false},
    };
    for (uint32_t i = 0; i < PAYLOAD_TYPE_COUNT; i++) {
        assert_int_equal(cases[i].type, i); /* the numbers of the wire */
        assert_true(payload_type_is_valid(i));
        assert_string_equal(payload_type_name(cases[i].type), cases[i].name);
        assert_int_equal(payload_type_is_rpc(cases[i].type), cases[i].is_rpc);
        assert_int_equal(payload_type_is_stream(cases[i].type), cases[i].is_stream);
    }
    assert_false(payload_type_is_valid(PAYLOAD_TYPE_COUNT));
    assert_false(payload_type_is_valid(255));
    assert_string_equal(payload_type_name((enum actr_payload_type)5), "?");
}
