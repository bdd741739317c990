// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* WebSocket frames (RFC 6455 §5): headers in and out, masking, the rules that one frame can break
 * by itself. No extension is ever in force, so reserved bits are errors.
 *
 * Pure: bytes in, bytes out. Any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#define WSFRAME_HEADER_MAX 14   /* bytes */
#define WSFRAME_CONTROL_MAX 125 /* payload bytes of a control frame, RFC 6455 §5.5 */
#define WSFRAME_MASK_LEN 4

#define WSFRAME_MORE 1 /* the header is not whole yet */

enum wsframe_opcode {
    WSFRAME_CONTINUATION = 0x0,
    WSFRAME_TEXT = 0x1,
    WSFRAME_BINARY = 0x2,
    WSFRAME_CLOSE = 0x8,
    WSFRAME_PING = 0x9,
    WSFRAME_PONG = 0xa,
};

struct wsframe {
    uint8_t opcode;
    bool is_final;
    bool is_masked;
    uint8_t mask[WSFRAME_MASK_LEN];
    uint8_t header_len; /* bytes that the header took */
    uint64_t len;       /* payload bytes that follow */
};

static inline bool wsframe_is_control(const struct wsframe *frame)
{
    return (frame->opcode & 0x8) != 0;
}

/* Reads the header at the start of `view`. `want_mask`: we are the server (RFC 6455 §5.1: clients
 * mask, servers do not). WSFRAME_MORE, or ACTR_EDECODE with a detail; *ret_frame is written on 0
 * only. */
int wsframe_decode(struct actr_view view, bool want_mask, struct wsframe *ret_frame)
    __attribute__((warn_unused_result));

/* Writes the header of a final frame; mask NULL: none. Returns its length. */
size_t wsframe_encode(uint8_t buf[WSFRAME_HEADER_MAX], enum wsframe_opcode opcode, uint64_t len,
                      const uint8_t *mask);

/* Masks or unmasks from one place to another, or in place; `offset`: of from[0] in the payload. */
void wsframe_mask(uint8_t *to, const uint8_t *from, size_t len,
                  const uint8_t mask[WSFRAME_MASK_LEN], uint64_t offset);

/* May a Close frame carry it (RFC 6455 §7.4, and the codes registered since)? */
bool wsframe_is_close_code(unsigned code);
