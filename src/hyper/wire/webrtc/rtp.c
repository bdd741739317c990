// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The headers of RTP and RTCP.
 *
 * A packet is well-formed when everything that its header announces lies within it: sources,
 * extension, the elements of the extension. RTCP comes in compounds whose lengths must add up to
 * the datagram; SRTCP appends an index and a tag to it (RFC 3711 §3.4), and encrypts all but the
 * first eight bytes, so only the first packet is looked at, and it may be followed by anything.
 *
 * Pure. Must never read beyond the packet, nor believe a length before it is compared with it. */
#include "hyper/wire/webrtc/rtp.h"

#include "base/cursor.h"
#include "base/err.h"

#define RTP_VERSION 2
#define RTP_FIRST 128 /* RFC 7983 §7 */
#define RTP_LAST 191
#define RTP_CONTROL_FIRST 192 /* RFC 5761 §4: payload types 64…95 with the marker are not RTP's */
#define RTP_CONTROL_LAST 223
#define RTP_CONTROL_HEADER_LEN 8 /* with the sender's SSRC */

/* RFC 8285 §4.2, §4.3. */
#define RTP_ONE_BYTE 0xbede
#define RTP_TWO_BYTE 0x1000
#define RTP_TWO_BYTE_MASK 0xfff0
#define RTP_ONE_BYTE_END 15 /* what follows is not to be read */

bool rtp_is(struct actr_view datagram)
{
    return datagram.len > 0 && datagram.ptr[0] >= RTP_FIRST && datagram.ptr[0] <= RTP_LAST;
}

int rtp_parse(struct actr_view packet, struct rtp_packet *ret_packet)
{
    struct cursor cursor = cursor_of(packet);
    unsigned first = cursor_u8(&cursor), second = cursor_u8(&cursor);
    struct rtp_packet parsed = {
        .is_padded = first & 0x20,
        .has_extension = first & 0x10,
        .csrc_count = (uint8_t)(first & 0x0f),
        .is_marked = second & 0x80,
        .payload_type = (uint8_t)(second & 0x7f),
        .sequence = cursor_u16be(&cursor),
    };

    if (first >> 6 != RTP_VERSION)
        return err_origin(ACTR_EDECODE, "rtp: version %u", first >> 6);
    parsed.timestamp = cursor_u32be(&cursor);
    parsed.ssrc = cursor_u32be(&cursor);
    for (unsigned i = 0; i < parsed.csrc_count; i++)
        parsed.csrcs[i] = cursor_u32be(&cursor);
    if (parsed.has_extension) {
        parsed.extension_profile = cursor_u16be(&cursor);
        parsed.extension = cursor_bytes(&cursor, (size_t)4 * cursor_u16be(&cursor));
    }
    if (cursor.failed)
        return err_origin(ACTR_EDECODE, "rtp: the header leaves the packet");
    parsed.payload = cursor_bytes(&cursor, cursor_left(&cursor));
    /* The last byte of the padding tells its length: there is one (RFC 3550 §5.1). How long it is
     * only who decrypts can know. */
    if (parsed.is_padded && parsed.payload.len == 0)
        return err_origin(ACTR_EDECODE, "rtp: padding without a byte");
    *ret_packet = parsed;
    return 0;
}

/* Id and length of the element at the cursor; false: the end. */
static bool rtp_read_head(struct cursor *cursor, bool is_one_byte, uint8_t *ret_id, size_t *ret_len)
{
    uint8_t head = cursor_u8(cursor);
    if (!is_one_byte) {
        *ret_id = head;
        *ret_len = head == 0 ? 0 : cursor_u8(cursor);
        return true;
    }
    *ret_id = head >> 4;
    *ret_len = head == 0 ? 0 : (head & 0x0fu) + 1u;
    return *ret_id != RTP_ONE_BYTE_END;
}

bool rtp_next_element(const struct rtp_packet *packet, size_t *at, struct rtp_element *ret_element)
{
    bool is_one_byte = packet->extension_profile == RTP_ONE_BYTE;
    bool is_two_byte = (packet->extension_profile & RTP_TWO_BYTE_MASK) == RTP_TWO_BYTE;
    struct cursor cursor = cursor_of(packet->extension);
    struct rtp_element element = {0};
    size_t len;

    if (!packet->has_extension || (!is_one_byte && !is_two_byte) || *at >= packet->extension.len)
        return false;
    cursor_bytes(&cursor, *at);
    do { /* over the padding between elements */
        if (cursor_left(&cursor) == 0 || !rtp_read_head(&cursor, is_one_byte, &element.id, &len)) {
            *at = packet->extension.len;
            return false;
        }
    } while (element.id == 0 && len == 0);
    element.value = cursor_bytes(&cursor, len);
    *at = cursor.failed ? SIZE_MAX : packet->extension.len - cursor_left(&cursor);
    if (!cursor.failed)
        *ret_element = element;
    return !cursor.failed;
}

/* The first packet of a compound (RFC 3550 §6.1, appendix A.2; also RFC 5506). */
static bool rtp_is_control_sound(struct actr_view datagram)
{
    struct cursor cursor = cursor_of(datagram);
    cursor_bytes(&cursor, 2);
    size_t len = (size_t)4 * (cursor_u16be(&cursor) + 1u);
    return datagram.len >= RTP_CONTROL_HEADER_LEN && len <= datagram.len;
}

enum rtp_kind rtp_classify(struct actr_view datagram)
{
    struct rtp_packet packet;
    struct rtp_element element;
    size_t at = 0;

    if (datagram.len > 1 && datagram.ptr[1] >= RTP_CONTROL_FIRST &&
        datagram.ptr[1] <= RTP_CONTROL_LAST)
        return rtp_is_control_sound(datagram) ? RTP_CONTROL : RTP_MALFORMED;
    if (rtp_parse(datagram, &packet) < 0)
        return RTP_MALFORMED;
    while (rtp_next_element(&packet, &at, &element))
        ;
    return at == SIZE_MAX ? RTP_MALFORMED : RTP_MEDIA;
}
