// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* WebSocket frame headers and masking.
 *
 * What needs memory of earlier frames (a continuation without a beginning, lengths of whole
 * messages, UTF-8) is the connection's affair (ws.c). Here is what the bytes of one header say, and
 * each way in which they can be wrong.
 *
 * Pure; must never trust a length before it is complete, and never reads beyond the view. */
#include "net/wsframe.h"

#include <string.h>

#include "base/err.h"

#define WSFRAME_FINAL 0x80
#define WSFRAME_RESERVED 0x70
#define WSFRAME_OPCODE 0x0f
#define WSFRAME_MASKED 0x80
#define WSFRAME_LEN16 126
#define WSFRAME_LEN64 127

static bool wsframe_opcode_is_known(uint8_t opcode)
{
    return opcode <= WSFRAME_BINARY || (opcode >= WSFRAME_CLOSE && opcode <= WSFRAME_PONG);
}

/* What the first two bytes allow to say, so that a broken peer is told at once. */
static int wsframe_check(const uint8_t *head, bool want_mask)
{
    uint8_t opcode = head[0] & WSFRAME_OPCODE;

    if (head[0] & WSFRAME_RESERVED)
        return err_origin(ACTR_EDECODE, "frame: reserved bits");
    if (!wsframe_opcode_is_known(opcode))
        return err_origin(ACTR_EDECODE, "frame: unknown opcode %u", opcode);
    if (((head[1] & WSFRAME_MASKED) != 0) != want_mask)
        return err_origin(ACTR_EDECODE, want_mask ? "frame: not masked" : "frame: masked");
    if (opcode & 0x8) {
        if (!(head[0] & WSFRAME_FINAL))
            return err_origin(ACTR_EDECODE, "frame: control frame in fragments");
        if ((head[1] & ~WSFRAME_MASKED) > WSFRAME_CONTROL_MAX)
            return err_origin(ACTR_EDECODE, "frame: control frame too long");
    }
    return 0;
}

static uint64_t wsframe_big_endian(const uint8_t *bytes, unsigned count)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < count; i++)
        value = value << 8 | bytes[i];
    return value;
}

int wsframe_decode(struct actr_view view, bool want_mask, struct wsframe *ret_frame)
{
    if (view.len < 2)
        return WSFRAME_MORE;
    const uint8_t *head = view.ptr;
    int r = wsframe_check(head, want_mask);
    if (r < 0)
        return r;

    uint8_t short_len = head[1] & (uint8_t)~WSFRAME_MASKED;
    unsigned extended = short_len == WSFRAME_LEN16 ? 2 : short_len == WSFRAME_LEN64 ? 8 : 0;
    unsigned header_len = 2 + extended + (want_mask ? WSFRAME_MASK_LEN : 0);
    if (view.len < header_len)
        return WSFRAME_MORE;

    uint64_t len = extended ? wsframe_big_endian(head + 2, extended) : short_len;
    /* The shortest form is a must, and the top bit is zero (§5.2). */
    if ((extended == 2 && len < WSFRAME_LEN16) || (extended == 8 && len <= UINT16_MAX))
        return err_origin(ACTR_EDECODE, "frame: length not in its shortest form");
    if (len > INT64_MAX)
        return err_origin(ACTR_EDECODE, "frame: length above 2^63");

    *ret_frame = (struct wsframe){.opcode = head[0] & WSFRAME_OPCODE,
                                  .is_final = (head[0] & WSFRAME_FINAL) != 0,
                                  .is_masked = want_mask,
                                  .header_len = (uint8_t)header_len,
                                  .len = len};
    if (want_mask)
        memcpy(ret_frame->mask, head + 2 + extended, WSFRAME_MASK_LEN);
    return 0;
}

size_t wsframe_encode(uint8_t buf[WSFRAME_HEADER_MAX], enum wsframe_opcode opcode, uint64_t len,
                      const uint8_t *mask)
{
    uint8_t masked = mask ? WSFRAME_MASKED : 0;
    unsigned extended = len < WSFRAME_LEN16 ? 0 : len <= UINT16_MAX ? 2 : 8;
    size_t at = 2;

    buf[0] = (uint8_t)(WSFRAME_FINAL | opcode);
    buf[1] = (uint8_t)(masked | (extended == 0   ? (unsigned)len
                                 : extended == 2 ? WSFRAME_LEN16
                                                 : WSFRAME_LEN64));
    for (unsigned i = 0; i < extended; i++)
        buf[at++] = (uint8_t)(len >> (8 * (extended - 1 - i)));
    if (mask) {
        memcpy(buf + at, mask, WSFRAME_MASK_LEN);
        at += WSFRAME_MASK_LEN;
    }
    return at;
}

/* The mask, turned so that it begins at `offset`, twice over. */
static uint64_t wsframe_mask_word(const uint8_t mask[WSFRAME_MASK_LEN], uint64_t offset)
{
    uint8_t turned[8];
    uint64_t word;
    for (unsigned i = 0; i < sizeof(turned); i++)
        turned[i] = mask[(offset + i) % WSFRAME_MASK_LEN];
    memcpy(&word, turned, sizeof(word));
    return word;
}

void wsframe_mask(uint8_t *to, const uint8_t *from, size_t len,
                  const uint8_t mask[WSFRAME_MASK_LEN], uint64_t offset)
{
    uint64_t word = wsframe_mask_word(mask, offset);
    size_t i = 0;

    for (; len - i >= sizeof(word); i += sizeof(word)) {
        uint64_t part;
        memcpy(&part, from + i, sizeof(part));
        part ^= word;
        memcpy(to + i, &part, sizeof(part));
    }
    for (; i < len; i++)
        to[i] = from[i] ^ mask[(offset + i) % WSFRAME_MASK_LEN];
}

bool wsframe_is_close_code(unsigned code)
{
    /* 1004 has no meaning, 1005, 1006 and 1015 never travel; 1012 to 1014 were registered later;
     * 3000 to 4999 belong to libraries and applications. */
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}
