// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Frames of the WebSocket lane: the body lies inside the message, and what is read is written to
 * the same bytes again, whatever followed the body. */
#include <string.h>

#include "base/bytes.h"
#include "fuzz.h"
#include "hyper/transport/ws_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct actr_bytes message = actr_bytes_copy(actr_view_of(data, len));
    const uint8_t *begin = message.ptr; /* NULL for a message without bytes */
    enum actr_payload_type type;

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
