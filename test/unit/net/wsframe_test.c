// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "net/wsframe.h"

#include <string.h>

#include <actr/error.h>

#include "harness.h"

static int decode(const char *hex, bool want_mask, struct wsframe *frame)
{
    uint8_t buf[64];
    return wsframe_decode(actr_view_of(buf, harness_hex(hex, buf, sizeof(buf))), want_mask, frame);
}

/* RFC 6455 §5.7 */
TEST(the_examples_of_the_rfc)
{
    struct wsframe frame;
    assert_int_equal(decode("8105 48656c6c6f", false, &frame), 0);
    assert_int_equal(frame.opcode, WSFRAME_TEXT);
    assert_true(frame.is_final);
    assert_int_equal(frame.header_len, 2);
    assert_int_equal(frame.len, 5);

    uint8_t payload[5];
    assert_int_equal(decode("8185 37fa213d 7f9f4d5158", true, &frame), 0);
    assert_int_equal(frame.header_len, 6);
    harness_hex("7f9f4d5158", payload, 5);
    wsframe_mask(payload, payload, 5, frame.mask, 0);
    assert_memory_equal(payload, "Hello", 5);

    assert_int_equal(decode("0103 48656c", false, &frame), 0);
    assert_false(frame.is_final);
    assert_int_equal(decode("8002 6c6f", false, &frame), 0);
    assert_int_equal(frame.opcode, WSFRAME_CONTINUATION);
    assert_int_equal(decode("8905 48656c6c6f", false, &frame), 0);
    assert_int_equal(frame.opcode, WSFRAME_PING);
    assert_true(wsframe_is_control(&frame));
    assert_int_equal(decode("827e0100", false, &frame), 0);
    assert_int_equal(frame.len, 256);
    assert_int_equal(decode("827f0000000000010000", false, &frame), 0);
    assert_int_equal(frame.len, 65536);
}

TEST(what_is_encoded_decodes_and_a_part_of_it_asks_for_more)
{
    static const uint64_t lens[] = {0,     1,     125,   126,        127,
                                    65535, 65536, 70000, 1ull << 32, INT64_MAX};
    static const uint8_t mask[4] = {1, 2, 3, 4};
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++)
        for (int masked = 0; masked < 2; masked++) {
            uint8_t buf[WSFRAME_HEADER_MAX];
            struct wsframe frame;
            size_t len = wsframe_encode(buf, WSFRAME_BINARY, lens[i], masked ? mask : NULL);
            for (size_t part = 0; part < len; part++)
                assert_int_equal(wsframe_decode(actr_view_of(buf, part), masked, &frame),
                                 WSFRAME_MORE);
            assert_int_equal(wsframe_decode(actr_view_of(buf, len), masked, &frame), 0);
            assert_int_equal(frame.header_len, len);
            assert_int_equal(frame.len, lens[i]);
            assert_int_equal(frame.opcode, WSFRAME_BINARY);
            assert_int_equal(frame.is_masked, masked);
            assert_int_equal(wsframe_decode(actr_view_of(buf, len), !masked, &frame), ACTR_EDECODE);
        }
}

TEST(no_two_bytes_are_read_as_something_else_than_they_are)
{
    for (unsigned first = 0; first < 256; first++)
        for (unsigned second = 0; second < 256; second++) {
            uint8_t buf[WSFRAME_HEADER_MAX] = {(uint8_t)first, (uint8_t)second, 0x7f, 0xff, 0xff};
            struct wsframe frame;
            unsigned opcode = first & 0xf, len = second & 0x7f;
            bool is_control = opcode >= 8;
            bool is_right = (first & 0x70) == 0 && (second & 0x80) &&
                            (opcode <= 2 || (opcode >= 8 && opcode <= 10)) &&
                            (!is_control || ((first & 0x80) && len <= 125));
            assert_int_equal(wsframe_decode(actr_view_of(buf, sizeof(buf)), true, &frame),
                             is_right ? 0 : ACTR_EDECODE);
        }
}

TEST(masking_in_parts_is_masking_at_once)
{
    uint64_t random = harness_seed();
    uint8_t plain[300], once[300], parts[300], mask[4];
    for (int round = 0; round < 200; round++) {
        for (size_t i = 0; i < sizeof(plain); i++)
            plain[i] = (uint8_t)harness_random(&random);
        for (int i = 0; i < 4; i++)
            mask[i] = (uint8_t)harness_random(&random);
        for (size_t i = 0; i < sizeof(plain); i++)
            once[i] = plain[i] ^ mask[i % 4];
        memcpy(parts, plain, sizeof(parts));
        for (size_t at = 0; at < sizeof(parts);) {
            size_t len = harness_random(&random) % 40;
            len = len < sizeof(parts) - at ? len : sizeof(parts) - at;
            wsframe_mask(parts + at, parts + at, len, mask, at);
            at += len;
        }
        assert_memory_equal(parts, once, sizeof(once));
    }
}

TEST(codes_that_may_travel)
{
    unsigned count = 0;
    for (unsigned code = 0; code < 70000; code++)
        count += wsframe_is_close_code(code);
    assert_int_equal(count, 4 + 8 + 2000);
    assert_false(wsframe_is_close_code(1005));
    assert_true(wsframe_is_close_code(1012));
}
