// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "hyper/wire/webrtc/turn_stream.h"

#include <string.h>

#include "harness.h"
#include "hyper/wire/webrtc/ice/stun.h"

/* ChannelData of five bytes with its padding, a STUN message of 28, ChannelData of none. */
static const char stream_hex[] = "40000005 0102030405 000000"
                                 "00010008 2112a442 000000000000000000000001 8022000461626364"
                                 "4fff0000";
static const size_t lengths[] = {9, 28, 4};

static size_t stream_bytes(uint8_t buf[64])
{
    return harness_hex(stream_hex, buf, 64);
}

TEST(packets_are_cut_out_wherever_the_stream_is_cut)
{
    uint8_t bytes[64];
    size_t len = stream_bytes(bytes);
    for (size_t step = 1; step <= len; step++) {
        struct turn_stream stream = {0};
        size_t count = 0;
        for (size_t at = 0; at < len; at += step) {
            size_t part = len - at < step ? len - at : step;
            struct actr_view data = {bytes + at, part}, packet;
            while (turn_stream_take(&stream, &data, &packet) > 0) {
                assert_true(count < 3);
                assert_int_equal(packet.len, lengths[count]);
                assert_int_equal(packet.ptr[0], count == 0 ? 0x40 : count == 1 ? 0 : 0x4f);
                count++;
            }
            assert_int_equal(data.len, 0);
        }
        assert_int_equal(count, 3);
        turn_stream_deinit(&stream);
    }
}

TEST(what_is_no_packet_ends_the_stream)
{
    static const char *const bad[] = {"80000000", "50000000", "c0010000", "00010003"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint8_t bytes[8];
        struct turn_stream stream = {0};
        struct actr_view packet, data = {bytes, harness_hex(bad[i], bytes, sizeof(bytes))};
        assert_int_equal(turn_stream_take(&stream, &data, &packet), ACTR_EDECODE);
        turn_stream_deinit(&stream);
        /* The same in pieces. */
        struct actr_view first = {bytes, 2}, second = {bytes + 2, 2};
        assert_int_equal(turn_stream_take(&stream, &first, &packet), 0);
        assert_int_equal(turn_stream_take(&stream, &second, &packet), ACTR_EDECODE);
        turn_stream_deinit(&stream);
    }
}

TEST(the_longest_packet_comes_through)
{
    static uint8_t bytes[TURN_STREAM_PACKET_MAX];
    struct turn_stream stream = {0};
    struct actr_view packet;
    size_t count = 0;
    memset(bytes, 7, sizeof(bytes));
    memcpy(bytes, "\x40\x00\xff\xff", 4);
    for (size_t at = 0; at < 65540; at += 1000) {
        struct actr_view data = {bytes + at, 65540 - at < 1000 ? 65540 - at : 1000};
        while (turn_stream_take(&stream, &data, &packet) > 0) {
            count++;
            assert_int_equal(packet.len, 65539);
        }
    }
    assert_int_equal(count, 1);
    turn_stream_deinit(&stream);
}

TEST(packets_are_padded_to_four)
{
    static const size_t padding[] = {0, 3, 2, 1, 0};
    for (size_t len = 0; len < 5; len++)
        assert_int_equal(turn_stream_padding(actr_view_of(NULL, len)), padding[len]);
}
