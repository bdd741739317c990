// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The five bytes in front of each lane message on a WebSocket.
 *
 * The peer decides what a frame says: nothing here asserts on it, and a bad one costs no
 * allocation. The body is a part of the received bytes, never a copy.
 *
 * Pure; any thread. */
#include "hyper/transport/ws_frame.h"

#include "base/bytes.h"
#include "base/cursor.h"
#include "base/err.h"
#include "protocol/payload_type.h"

int ws_frame_encode(enum actr_payload_type type, struct actr_bytes *message)
{
    size_t len = message->len;

    if (!actr_bytes_failed(*message) && len > UINT32_MAX) {
        actr_bytes_unref(bytes_take(message));
        return err_origin(ACTR_EINVALID, "frame: %zu bytes are too many", len);
    }
    const uint8_t header[WS_FRAME_HEADER_LEN] = {(uint8_t)type, (uint8_t)(len >> 24),
                                                 (uint8_t)(len >> 16), (uint8_t)(len >> 8),
                                                 (uint8_t)len};
    return bytes_prepend(message, header, sizeof(header));
}

/* The header in front of what is `len` bytes with it. */
static int ws_frame_read(struct actr_view view, size_t len, enum actr_payload_type *ret_type,
                         size_t *ret_body_len)
{
    struct cursor cursor = cursor_of(view);
    uint8_t type = cursor_u8(&cursor);
    uint32_t body_len = cursor_u32be(&cursor);
    const char *wrong = NULL;

    if (cursor.failed)
        wrong = "short";
    else if (!payload_type_is_valid(type))
        wrong = "of no known type";
    else if (body_len > len - WS_FRAME_HEADER_LEN)
        wrong = "incomplete";
    if (wrong)
        return err_origin(ACTR_EDECODE, "frame is %s", wrong);
    *ret_type = (enum actr_payload_type)type;
    *ret_body_len = body_len;
    return 0;
}

int ws_frame_decode(struct actr_bytes *message, enum actr_payload_type *ret_type)
{
    size_t body_len;
    int r = ws_frame_read(actr_bytes_view(*message), message->len, ret_type, &body_len);
    if (r < 0) {
        actr_bytes_unref(bytes_take(message));
        return r;
    }
    *message = actr_bytes_slice(*message, WS_FRAME_HEADER_LEN, body_len);
    return 0;
}

int ws_frame_decode_ends(struct excess *excess, enum actr_payload_type *ret_type)
{
    size_t body_len;
    int r = ws_frame_read(excess->head, excess->len, ret_type, &body_len);
    if (r < 0)
        return r;
    size_t rest = excess->len - WS_FRAME_HEADER_LEN - body_len; /* ignored: the end of the end */
    struct actr_view head = {excess->head.ptr + WS_FRAME_HEADER_LEN,
                             excess->head.len - WS_FRAME_HEADER_LEN};
    struct actr_view tail = excess->tail;
    if (head.len > body_len)
        head.len = body_len;
    tail.len = tail.len > rest ? tail.len - rest : 0;
    *excess = (struct excess){head, tail, body_len};
    return 0;
}
