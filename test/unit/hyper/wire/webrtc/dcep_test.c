// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* DCEP: the messages of the existing system byte by byte, and what is refused. */
#include "hyper/wire/webrtc/dcep.h"

#include <string.h>

#include "base/bytes.h"
#include "harness.h"

static const struct {
    const char *hex, *label;
    bool is_unordered;
    uint8_t reliability;
    uint32_t value;
} captured[] = {
    {"0300010000000000000c00005250435f52454c4941424c45", "RPC_RELIABLE", false, 0, 0},
    {"03810100000000030014000053545245414d5f4c4154454e43595f4649525354", "STREAM_LATENCY_FIRST",
     true, 1, 3},
    {"0300010000000000000a00005250435f5349474e414c", "RPC_SIGNAL", false, 0, 0},
    {"0300010000000000000f000053545245414d5f52454c4941424c45", "STREAM_RELIABLE", false, 0, 0},
};

static int parse(const uint8_t *bytes, size_t len, struct dcep_open *open)
{
    enum dcep_kind kind = DCEP_ACK;
    int r = dcep_parse(actr_view_of(bytes, len), &kind, open);
    if (r == 0)
        assert_int_equal(kind, DCEP_OPEN);
    return r;
}

TEST(captured_opens_are_read_and_written_to_the_same_bytes)
{
    for (size_t i = 0; i < sizeof captured / sizeof captured[0]; i++) {
        uint8_t bytes[DCEP_MESSAGE_MAX], again[DCEP_MESSAGE_MAX];
        struct dcep_open open;
        size_t len = harness_hex(captured[i].hex, bytes, sizeof bytes);
        assert_int_equal(parse(bytes, len, &open), 0);
        assert_true(view_equal(open.label, view_text(captured[i].label)));
        assert_int_equal(open.protocol.len, 0);
        assert_int_equal(open.is_unordered, captured[i].is_unordered);
        assert_int_equal(open.reliability, captured[i].reliability);
        assert_int_equal(open.reliability_value, captured[i].value);
        assert_int_equal(open.priority, 256);
        assert_int_equal(dcep_format_open(&open, again), len);
        assert_memory_equal(again, bytes, len);
    }
}

TEST(an_ack_is_one_byte)
{
    uint8_t buf[DCEP_MESSAGE_MAX];
    enum dcep_kind kind = DCEP_OPEN;
    struct dcep_open open;
    assert_int_equal(dcep_format_ack(buf), 1);
    assert_int_equal(buf[0], 2);
    assert_int_equal(dcep_parse(actr_view_of(buf, 1), &kind, &open), 0);
    assert_int_equal(kind, DCEP_ACK);
}

TEST(each_cut_and_each_addition_is_malformed)
{
    uint8_t bytes[DCEP_MESSAGE_MAX] = {0};
    struct dcep_open open;
    size_t len = harness_hex(captured[1].hex, bytes, sizeof bytes - 1);
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(parse(bytes, cut, &open), ACTR_EDECODE);
    assert_int_equal(parse(bytes, len + 1, &open), ACTR_EDECODE);
}

TEST(unknown_types_and_reliabilities_are_malformed)
{
    uint8_t bytes[DCEP_MESSAGE_MAX];
    struct dcep_open open;
    size_t len = harness_hex(captured[0].hex, bytes, sizeof bytes);
    for (unsigned type = 0; type < 256; type++) {
        bytes[1] = (uint8_t)type;
        assert_int_equal(parse(bytes, len, &open), (type & 0x7f) <= 2 ? 0 : ACTR_EDECODE);
    }
    bytes[1] = 0;
    for (unsigned kind = 0; kind < 256; kind++) {
        bytes[0] = (uint8_t)kind;
        if (kind != 2 && kind != 3)
            assert_int_equal(parse(bytes, len, &open), ACTR_EDECODE);
    }
}

TEST(labels_have_a_limit_and_no_nul)
{
    uint8_t bytes[DCEP_MESSAGE_MAX + 1] = {3};
    struct dcep_open open;
    memset(bytes + 12, 'x', sizeof bytes - 12);
    bytes[8] = 1; /* 256 */
    assert_int_equal(parse(bytes, 12 + 256, &open), 0);
    assert_int_equal(open.label.len, DCEP_TEXT_MAX);
    bytes[9] = 1;
    assert_int_equal(parse(bytes, 12 + 257, &open), ACTR_EINVALID);
    bytes[8] = 0;
    bytes[9] = 0;
    bytes[10] = 1;
    bytes[11] = 1;
    assert_int_equal(parse(bytes, 12 + 257, &open), ACTR_EINVALID);
    bytes[10] = 0;
    bytes[11] = 0;
    bytes[9] = 2;
    bytes[12] = 0;
    assert_int_equal(parse(bytes, 14, &open), ACTR_EDECODE);
}
