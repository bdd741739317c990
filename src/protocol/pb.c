// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The protobuf wire format by hand: the rare ways.
 *
 * What is accepted is what protobuf-c accepts, so that a message means the same to every part of
 * the system; differences are found by the property test and the fuzzers. Reads never go beyond
 * `end`, and nothing is kept. Pure; never logs, never sets the error text. */
#include "protocol/pb.h"

static const struct pb_number pb_malformed = {NULL, 0};

static struct pb_number pb_number(const uint8_t *at, const uint8_t *end, unsigned bytes_max)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes_max && at < end; i++, at++) {
        value |= (uint64_t)(*at & 0x7f) << (7 * i);
        if (*at < 0x80)
            return (struct pb_number){at + 1, value};
    }
    return pb_malformed;
}

struct pb_number pb_key_long(const uint8_t *at, const uint8_t *end)
{
    if (at == end || (at[0] & 0xf8) == 0)
        return pb_malformed;
    return pb_number(at, end, 5);
}

struct pb_number pb_number_long(const uint8_t *at, const uint8_t *end, enum pb_wire wire)
{
    if (wire == PB_VARINT)
        return pb_number(at, end, 10);
    struct pb_number len = pb_number(at, end, 5);
    return len.value <= INT_MAX ? len : pb_malformed;
}

const uint8_t *pb_skip(const uint8_t *at, const uint8_t *end, uint64_t key)
{
    struct pb_slot slot;
    enum pb_wire wire = (enum pb_wire)(key & 7);
    switch (wire) {
    case PB_VARINT:
    case PB_LENGTH:
        return pb_fill(at, end, wire, &slot);
    case PB_FIXED64:
        return end - at >= 8 ? at + 8 : NULL;
    case PB_FIXED32:
        return end - at >= 4 ? at + 4 : NULL;
    }
    return NULL; /* a group, or a number that is no wire type */
}

bool pb_flat(struct actr_view message, unsigned numbers, struct pb_fields *ret_fields)
{
    const uint8_t *at = message.ptr, *end = pb_end(message);

    ret_fields->mask = 0;
    while (at < end) {
        struct pb_number key = pb_key(at, end);
        if (!key.at)
            return false;
        uint64_t slot = (key.value >> 3) - 1;
        if (slot < 2) {
            enum pb_wire wire = numbers >> slot & 1 ? PB_VARINT : PB_LENGTH;
            at = (key.value & 7) == wire ? pb_fill(key.at, end, wire, &ret_fields->slots[slot])
                                         : NULL;
            ret_fields->mask |= 1u << slot;
        } else {
            at = pb_skip(key.at, end, key.value);
        }
        if (!at)
            return false;
    }
    return ret_fields->mask == 3;
}
