// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The two messages of RFC 8832: OPEN (§5.1) and ACK (§5.2).
 *
 * A label with a NUL is malformed here: labels are texts. A reliability parameter of a reliable
 * channel is ignored, as §5.1 says; priorities are taken as they are. What is malformed is dropped
 * by the caller, not answered: one bad OPEN must not end a session. Pure; any thread. */
#include "hyper/wire/webrtc/dcep.h"

#include <string.h>

#include "base/cursor.h"
#include "base/err.h"

#define DCEP_TYPE_ACK 2
#define DCEP_TYPE_OPEN 3
#define DCEP_UNORDERED 0x80
#define DCEP_RELIABILITY_MAX 2
#define DCEP_HEADER_LEN 12

static int dcep_parse_open(struct cursor *cursor, struct dcep_open *ret_open)
{
    uint8_t type = cursor_u8(cursor);
    struct dcep_open open = {.is_unordered = type & DCEP_UNORDERED,
                             .reliability = type & (uint8_t)~DCEP_UNORDERED,
                             .priority = cursor_u16be(cursor)};

    open.reliability_value = cursor_u32be(cursor);
    uint16_t label_len = cursor_u16be(cursor), protocol_len = cursor_u16be(cursor);
    open.label = cursor_bytes(cursor, label_len);
    open.protocol = cursor_bytes(cursor, protocol_len);
    if (cursor->failed || cursor_left(cursor) != 0)
        return err_origin(ACTR_EDECODE, "dcep: lengths of OPEN do not fit");
    if (open.reliability > DCEP_RELIABILITY_MAX)
        return err_origin(ACTR_EDECODE, "dcep: channel type 0x%02x", type);
    if (open.label.len > DCEP_TEXT_MAX || open.protocol.len > DCEP_TEXT_MAX)
        return err_origin(ACTR_EINVALID, "dcep: label or protocol too long");
    if (open.label.len && memchr(open.label.ptr, 0, open.label.len))
        return err_origin(ACTR_EDECODE, "dcep: NUL in a label");
    if (open.reliability == 0)
        open.reliability_value = 0;
    *ret_open = open;
    return 0;
}

int dcep_parse(struct actr_view bytes, enum dcep_kind *ret_kind, struct dcep_open *ret_open)
{
    struct cursor cursor = cursor_of(bytes);
    uint8_t type = cursor_u8(&cursor);

    if (!cursor.failed && type == DCEP_TYPE_ACK) {
        *ret_kind = DCEP_ACK;
        return 0;
    }
    if (cursor.failed || type != DCEP_TYPE_OPEN)
        return err_origin(ACTR_EDECODE, "dcep: message type %u", type);
    int r = dcep_parse_open(&cursor, ret_open);
    if (r < 0)
        return r;
    *ret_kind = DCEP_OPEN;
    return 0;
}

static void dcep_put(uint8_t *at, uint32_t value, unsigned len)
{
    for (unsigned i = 0; i < len; i++)
        at[i] = (uint8_t)(value >> 8 * (len - 1 - i));
}

size_t dcep_format_open(const struct dcep_open *open, uint8_t buf[DCEP_MESSAGE_MAX])
{
    buf[0] = DCEP_TYPE_OPEN;
    buf[1] = (uint8_t)((open->is_unordered ? DCEP_UNORDERED : 0) | open->reliability);
    dcep_put(buf + 2, open->priority, 2);
    dcep_put(buf + 4, open->reliability ? open->reliability_value : 0, 4);
    dcep_put(buf + 8, (uint32_t)open->label.len, 2);
    dcep_put(buf + 10, (uint32_t)open->protocol.len, 2);
    if (open->label.len)
        memcpy(buf + DCEP_HEADER_LEN, open->label.ptr, open->label.len);
    if (open->protocol.len)
        memcpy(buf + DCEP_HEADER_LEN + open->label.len, open->protocol.ptr, open->protocol.len);
    return DCEP_HEADER_LEN + open->label.len + open->protocol.len;
}

size_t dcep_format_ack(uint8_t buf[DCEP_MESSAGE_MAX])
{
    buf[0] = DCEP_TYPE_ACK;
    return 1;
}
