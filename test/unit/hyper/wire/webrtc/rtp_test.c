// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Headers of media: packets laid out as RFC 3550 §5.1 and RFC 8285 §4.2, §4.3 draw them, and what
 * is not one. */
#include "hyper/wire/webrtc/rtp.h"

#include <string.h>

#include "harness.h"

static uint8_t bytes[256];

static struct actr_view packet_of(const char *hex)
{
    return actr_view_of(bytes, harness_hex(hex, bytes, sizeof bytes));
}

/* Opus, as a browser sends it: marker, payload type 111. */
#define PLAIN "80ef12340000abcddeadbeef"

TEST(the_fixed_header)
{
    struct rtp_packet packet;
    assert_int_equal(rtp_parse(packet_of(PLAIN "0102"), &packet), 0);
    assert_true(packet.is_marked && !packet.is_padded && !packet.has_extension);
    assert_int_equal(packet.payload_type, 111);
    assert_int_equal(packet.sequence, 0x1234);
    assert_int_equal(packet.timestamp, 0xabcd);
    assert_int_equal(packet.ssrc, 0xdeadbeef);
    assert_int_equal(packet.csrc_count, 0);
    assert_int_equal(packet.payload.len, 2);
    assert_int_equal(packet.payload.ptr[1], 2);
    assert_int_equal(rtp_parse(packet_of(PLAIN), &packet), 0);
    assert_int_equal(packet.payload.len, 0);
}

TEST(contributing_sources)
{
    struct rtp_packet packet;
    struct actr_view view = packet_of("82600001000000020000000311111111222222227f");
    assert_int_equal(rtp_parse(view, &packet), 0);
    assert_int_equal(packet.csrc_count, 2);
    assert_int_equal(packet.csrcs[0], 0x11111111);
    assert_int_equal(packet.csrcs[1], 0x22222222);
    assert_int_equal(packet.payload.len, 1);
    for (size_t len = 0; len < 20; len++)
        assert_int_equal(rtp_parse(actr_view_of(bytes, len), &packet), ACTR_EDECODE);
    memset(bytes, 0, sizeof bytes);
    bytes[0] = 0x8f;
    assert_int_equal(rtp_parse(actr_view_of(bytes, 71), &packet), ACTR_EDECODE);
    assert_int_equal(rtp_parse(actr_view_of(bytes, 72), &packet), 0);
    assert_int_equal(packet.csrc_count, RTP_CSRC_MAX);
}

static void expect_element(const struct rtp_packet *packet, size_t *at, uint8_t id,
                           const char *value)
{
    struct rtp_element element;
    assert_true(rtp_next_element(packet, at, &element));
    assert_int_equal(element.id, id);
    assert_int_equal(element.value.len, strlen(value));
    assert_memory_equal(element.value.ptr, value, element.value.len);
}

static void expect_end(const struct rtp_packet *packet, size_t *at)
{
    struct rtp_element element;
    assert_false(rtp_next_element(packet, at, &element));
    assert_int_equal(*at, packet->extension.len);
    assert_false(rtp_next_element(packet, at, &element));
}

/* RFC 8285 §4.2: three elements, two bytes of padding between the second and the third. */
TEST(elements_with_one_byte_headers)
{
    struct rtp_packet packet;
    size_t at = 0;
    assert_int_equal(rtp_parse(packet_of("906000010000000200000003"
                                         "bede0003"
                                         "1041214243000033"
                                         "44454647"
                                         "55"),
                               &packet),
                     0);
    assert_int_equal(packet.extension_profile, 0xbede);
    assert_int_equal(packet.extension.len, 12);
    assert_int_equal(packet.payload.len, 1);
    expect_element(&packet, &at, 1, "A");
    expect_element(&packet, &at, 2, "BC");
    expect_element(&packet, &at, 3, "DEFG");
    expect_end(&packet, &at);
}

/* RFC 8285 §4.3: an element may be empty, and longer than 16 bytes. */
TEST(elements_with_two_byte_headers)
{
    struct rtp_packet packet;
    size_t at = 0;
    assert_int_equal(rtp_parse(packet_of("906000010000000200000003"
                                         "10000003"
                                         "0100020141000304"
                                         "42434445"),
                               &packet),
                     0);
    expect_element(&packet, &at, 1, "");
    expect_element(&packet, &at, 2, "A");
    expect_element(&packet, &at, 3, "BCDE");
    expect_end(&packet, &at);
}

/* Id 15 of the short form ends the walk: what follows is not to be read (RFC 8285 §4.2). */
TEST(the_reserved_id_ends_an_extension)
{
    struct rtp_packet packet;
    size_t at = 0;
    assert_int_equal(
        rtp_parse(packet_of("906000010000000200000003bede00021041f0ff20ffffff"), &packet), 0);
    expect_element(&packet, &at, 1, "A");
    expect_end(&packet, &at);
}

TEST(an_element_that_leaves_its_extension_is_malformed)
{
    static const char *const broken[] = {
        "906000010000000200000003bede0001104123ff",   /* 4 of 0 bytes */
        "906000010000000200000003bede00011f414243",   /* 16 of 3 */
        "906000010000000200000003100000010103414200", /* 3 of 2 */
        "9060000100000002000000031000000101004107",   /* 7 of 0 */
    };
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++)
        assert_int_equal(rtp_classify(packet_of(broken[i])), RTP_MALFORMED);
    /* Other profiles have a form of their own. */
    assert_int_equal(rtp_classify(packet_of("906000010000000200000003abcd00011f414243")),
                     RTP_MEDIA);
}

TEST(an_extension_that_leaves_its_packet_is_malformed)
{
    struct rtp_packet packet;
    assert_int_equal(rtp_parse(packet_of("906000010000000200000003bede"), &packet), ACTR_EDECODE);
    assert_int_equal(rtp_parse(packet_of("906000010000000200000003bede000200000000"), &packet),
                     ACTR_EDECODE);
    assert_int_equal(rtp_parse(packet_of("906000010000000200000003bedeffff00000000"), &packet),
                     ACTR_EDECODE);
    assert_int_equal(rtp_parse(packet_of("906000010000000200000003bede0000"), &packet), 0);
    assert_true(packet.has_extension && packet.extension.len == 0);
}

TEST(padding_has_at_least_the_byte_that_tells_its_length)
{
    struct rtp_packet packet;
    assert_int_equal(rtp_parse(packet_of("a0600001000000020000000300000003"), &packet), 0);
    assert_true(packet.is_padded);
    assert_int_equal(packet.payload.len, 4);
    assert_int_equal(rtp_parse(packet_of("a06000010000000200000003"), &packet), ACTR_EDECODE);
}

TEST(other_versions_are_malformed)
{
    struct rtp_packet packet;
    packet_of(PLAIN);
    for (unsigned version = 0; version < 4; version++) {
        bytes[0] = (uint8_t)(version << 6);
        assert_int_equal(rtp_parse(actr_view_of(bytes, 12), &packet),
                         version == 2 ? 0 : ACTR_EDECODE);
    }
}

TEST(media_is_told_by_its_first_byte)
{
    for (unsigned first = 0; first < 256; first++) {
        bytes[0] = (uint8_t)first;
        assert_int_equal(rtp_is(actr_view_of(bytes, 1)), first >= 128 && first <= 191);
    }
    assert_false(rtp_is(actr_view_of(bytes, 0)));
}

/* RFC 5761 §4: 192…223 in the second byte are packet types of RTCP. */
TEST(control_is_told_from_media)
{
    static const char receiver[] = "81c90007deadbeef"
                                   "cafebabe00000000000012340000000000000000000000"
                                   "00";
    struct actr_view view = packet_of(receiver);
    assert_int_equal(view.len, 32);
    assert_int_equal(rtp_classify(view), RTP_CONTROL);
    /* SRTCP: an index and a tag more. */
    assert_int_equal(rtp_classify(actr_view_of(bytes, 46)), RTP_CONTROL);
    for (size_t len = 1; len < 32; len++)
        assert_int_equal(rtp_classify(actr_view_of(bytes, len)), RTP_MALFORMED);
    packet_of("80c90000deadbeef"); /* one word: no sender */
    assert_int_equal(rtp_classify(actr_view_of(bytes, 4)), RTP_MALFORMED);
    packet_of(PLAIN);
    for (unsigned second = 0; second < 256; second++) {
        bytes[1] = (uint8_t)second;
        bytes[2] = bytes[3] = 0;
        assert_int_equal(rtp_classify(actr_view_of(bytes, 12)),
                         second >= 192 && second <= 223 ? RTP_CONTROL : RTP_MEDIA);
    }
}
