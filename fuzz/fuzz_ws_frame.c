// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Frames of the WebSocket lane: the body lies inside the message, and what is read is written to
 * the same bytes again, whatever followed the body. */
#include <string.h>

#include "base/bytes.h"
#include "fuzz.h"
#include "hyper/transport/ws_frame.h"

/* What is said of the ends is what is said of the whole, wherever the middle is missing. */
static void check_ends(const uint8_t *data, size_t len)
{
    AUTO_BYTES struct actr_bytes message = actr_bytes_copy(actr_view_of(data, len));
    enum actr_payload_type type, ends_type;
    int r = ws_frame_decode(&message, &type);
    size_t head_len = len / 3 > WS_FRAME_HEADER_LEN ? len / 3 : len, tail_at = len - len / 3;
    if (head_len == len)
        tail_at = len;
    struct excess excess = {actr_view_of(data, head_len),
                            actr_view_of(data + tail_at, len - tail_at), len};
    fuzz_check(ws_frame_decode_ends(&excess, &ends_type) == r, "another verdict on the ends");
    if (r < 0)
        return;
    fuzz_check(ends_type == type && excess.len == message.len, "ends of another frame");
    fuzz_check(excess.head.len + excess.tail.len <= message.len, "ends longer than the body");
    fuzz_check(excess.head.len == 0 || memcmp(excess.head.ptr, message.ptr, excess.head.len) == 0,
               "another beginning");
    fuzz_check(excess.tail.len == 0 ||
                   memcmp(excess.tail.ptr, message.ptr + message.len - excess.tail.len,
                          excess.tail.len) == 0,
               "another end");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct actr_bytes message = actr_bytes_copy(actr_view_of(data, len));
    const uint8_t *begin = message.ptr; /* NULL for a message without bytes */
    enum actr_payload_type type;

    check_ends(data, len);
    if (ws_frame_decode(&message, &type) != 0) {
        fuzz_check(message.owner == NULL, "a refused frame is kept");
        return 0;
    }
    fuzz_check(type <= ACTR_MEDIA_RTP, "no such type");
    fuzz_check(message.len == 0 || (message.ptr == begin + WS_FRAME_HEADER_LEN &&
                                    message.len <= len - WS_FRAME_HEADER_LEN),
               "a body outside its message");
    size_t body_len = message.len;
    fuzz_check(ws_frame_encode(type, &message) == 0, "frame: not encoded again");
    fuzz_check(message.len == WS_FRAME_HEADER_LEN + body_len &&
                   memcmp(message.ptr, data, message.len) == 0,
               "frame: other bytes");
    actr_bytes_unref(message);
    return 0;
}
