// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The protobuf wire format by hand, for the two messages on the hot path (envelope.c, chunk.c) and
 * for finding a raw field inside a message (flow_relay.c). Private to protocol/.
 *
 * Accepts and refuses what protobuf-c 1.4.1 does: varints of up to 10 bytes, lengths of up to 5
 * bytes and INT_MAX, tags of up to 5 bytes, no groups, and no tag whose first byte says field 0.
 *
 * Pure; borrows the bytes. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <actr/bytes.h>

enum pb_wire { PB_VARINT = 0, PB_FIXED64 = 1, PB_LENGTH = 2, PB_FIXED32 = 5 };

/* A key is what a tag says: field number and wire type. */
#define PB_KEY(field, wire) ((uint64_t)(field) << 3 | (uint64_t)(wire))

/* Where a view ends; NULL for a view of nothing. */
static inline const uint8_t *pb_end(struct actr_view view)
{
    return view.len ? view.ptr + view.len : view.ptr;
}

/* All readers take the bytes [at, end) and return where they stopped, NULL when malformed. What is
 * returned in registers keeps a decoder's position out of memory: that is half its speed. */
struct pb_number {
    const uint8_t *at;
    uint64_t value;
};

/* The ways that are rare: more bytes than the fast way reads, or too few left. */
struct pb_number pb_key_long(const uint8_t *at, const uint8_t *end);
struct pb_number pb_number_long(const uint8_t *at, const uint8_t *end, enum pb_wire wire);

static inline struct pb_number pb_key(const uint8_t *at, const uint8_t *end)
{
    if (end - at >= 2) {
        unsigned first = at[0], second = at[1];
        if (first >= 8 && first < 0x80)
            return (struct pb_number){at + 1, first};
        if (first >= 0x80 && second < 0x80)
            return (struct pb_number){at + 2, (first & 0x7f) | second << 7};
    }
    return pb_key_long(at, end);
}

/* What a field held: length and bytes, or a number with ptr not NULL. */
struct pb_slot {
    const uint8_t *ptr;
    uint64_t value;
};

/* What the fields of a message held: a decoder gives each field a slot. Only what mask has is
 * filled, so that beginning costs nothing. */
struct pb_fields {
    unsigned mask;
    struct pb_slot slots[9]; /* as many as the largest message needs */
};

/* Reads the value of a field that is known to have `wire`, PB_VARINT or PB_LENGTH. */
static inline const uint8_t *pb_fill(const uint8_t *at, const uint8_t *end, enum pb_wire wire,
                                     struct pb_slot *ret_slot)
{
    struct pb_number number = at < end && at[0] < 0x80 ? (struct pb_number){at + 1, at[0]}
                                                       : pb_number_long(at, end, wire);
    ret_slot->ptr = number.at;
    ret_slot->value = number.value;
    if (wire == PB_VARINT)
        return number.at;
    if (!number.at || number.value > (uint64_t)(end - number.at))
        return NULL;
    return number.at + number.value;
}

/* The common case in a dozen instructions: if the bytes go on with `key` (of one or two bytes) and
 * a value that is short, fills the slot and returns what follows; else returns `at`, and the
 * decoder's general way has to look. */
static inline const uint8_t *pb_take(const uint8_t *at, const uint8_t *end, unsigned key,
                                     struct pb_fields *fields, unsigned slot)
{
    const size_t key_size = key < 0x80 ? 1 : 2;
    size_t left = (size_t)(end - at);
    if (left <= key_size || at[0] != (key < 0x80 ? key : (key & 0x7f) | 0x80) ||
        (key_size == 2 && at[1] != key >> 7))
        return at;
    const uint8_t *value = at + key_size;
    unsigned first = value[0];
    left -= key_size + 1;
    if ((key & 7) == PB_LENGTH) {
        if (first >= 0x80 || first > left)
            return at;
        fields->slots[slot] = (struct pb_slot){value + 1, first};
        value += 1 + first;
    } else if (first < 0x80) {
        fields->slots[slot] = (struct pb_slot){value, first};
        value += 1;
    } else {
        if (left < 2 || value[1] < 0x80 || value[2] >= 0x80)
            return at;
        fields->slots[slot] = (struct pb_slot){value, (first & 0x7f) | (value[1] & 0x7fu) << 7 |
                                                          (uint64_t)value[2] << 14};
        value += 3;
    }
    fields->mask |= 1u << slot;
    return value;
}

/* The bytes of a slot if it is filled, else an absent view. */
static inline struct actr_view pb_view(const struct pb_fields *fields, unsigned slot)
{
    const struct pb_slot *from = &fields->slots[slot];
    return fields->mask >> slot & 1 ? (struct actr_view){from->ptr, (size_t)from->value}
                                    : (struct actr_view){0};
}

/* The number of a slot if it is filled, else 0. */
static inline uint64_t pb_value(const struct pb_fields *fields, unsigned slot)
{
    return fields->mask >> slot & 1 ? fields->slots[slot].value : 0;
}

/* What follows a key that is not wanted. */
const uint8_t *pb_skip(const uint8_t *at, const uint8_t *end, uint64_t key);

/* A message of two required fields, 1 and 2, in the slots 0 and 1; each a number if `numbers` has
 * its bit, else bytes: MetadataEntry, ErrorResponse. False: malformed or incomplete. */
bool pb_flat(struct actr_view message, unsigned numbers, struct pb_fields *ret_fields);

/* The view of a value whose memory could not be had (<actr/bytes.h>): its copy fails as well. */
static inline bool pb_is_failed(struct actr_view view)
{
    return !view.ptr && view.len > 0;
}

/* Writing: sizes first, then bytes into memory that is large enough; writers return its new end. */
static inline size_t pb_varint_size(uint64_t value)
{
    return (size_t)(70 - __builtin_clzll(value | 1)) / 7;
}

static inline size_t pb_bytes_size(size_t key_size, size_t len)
{
    return key_size + pb_varint_size(len) + len;
}

static inline uint8_t *pb_put_varint(uint8_t *at, uint64_t value)
{
    while (value >= 0x80) {
        *at++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *at++ = (uint8_t)value;
    return at;
}

static inline uint8_t *pb_put_bytes(uint8_t *at, uint64_t key, struct actr_view bytes)
{
    at = pb_put_varint(at, key);
    at = pb_put_varint(at, bytes.len);
    if (bytes.len)
        memcpy(at, bytes.ptr, bytes.len);
    return at + bytes.len;
}
