// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* RTP: what is read is within the input, in its order and without overlap; all elements of an
 * extension come to an end; and a header that is written again from what was read is the input's.
 */
#include <string.h>

#include "fuzz.h"
#include "hyper/wire/webrtc/rtp.h"

static void check_elements(const struct rtp_packet *packet)
{
    struct rtp_element element;
    size_t at = 0, before = 0;

    while (rtp_next_element(packet, &at, &element)) {
        fuzz_check(at > before && at <= packet->extension.len, "no way forward");
        fuzz_check(element.value.ptr >= packet->extension.ptr + before &&
                       element.value.ptr + element.value.len == packet->extension.ptr + at,
                   "an element is not within its place");
        before = at;
    }
    fuzz_check(at == SIZE_MAX || !packet->has_extension || at <= packet->extension.len, "no end");
}

static size_t put(uint8_t *at, uint32_t value, unsigned len)
{
    for (unsigned i = 0; i < len; i++)
        at[i] = (uint8_t)(value >> 8 * (len - 1 - i));
    return len;
}

static void check_header(const struct rtp_packet *packet, const uint8_t *data, size_t len)
{
    uint8_t header[RTP_HEADER_LEN + 4 * RTP_CSRC_MAX + 4];
    size_t at = 0;

    at += put(header + at,
              0x80u | (unsigned)packet->is_padded << 5 | (unsigned)packet->has_extension << 4 |
                  packet->csrc_count,
              1);
    at += put(header + at, (unsigned)packet->is_marked << 7 | packet->payload_type, 1);
    at += put(header + at, packet->sequence, 2);
    at += put(header + at, packet->timestamp, 4);
    at += put(header + at, packet->ssrc, 4);
    for (unsigned i = 0; i < packet->csrc_count; i++)
        at += put(header + at, packet->csrcs[i], 4);
    if (packet->has_extension) {
        at += put(header + at, packet->extension_profile, 2);
        at += put(header + at, (uint32_t)(packet->extension.len / 4), 2);
        fuzz_check(packet->extension.ptr == data + at, "the extension is elsewhere");
    }
    fuzz_check(memcmp(header, data, at) == 0, "read otherwise");
    fuzz_check(at + packet->extension.len + packet->payload.len == len, "bytes are lost");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct actr_view view = actr_view_of(data, len);
    struct rtp_packet packet;
    enum rtp_kind kind = rtp_is(view) ? rtp_classify(view) : RTP_MALFORMED;

    if (rtp_parse(view, &packet) < 0) {
        fuzz_check(kind != RTP_MEDIA, "media that cannot be read");
        return 0;
    }
    fuzz_check(rtp_is(view), "not of the range");
    check_header(&packet, data, len);
    check_elements(&packet);
    return 0;
}
