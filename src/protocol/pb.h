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

struct pb {
    const uint8_t *at, *end;
};

static inline struct pb pb_of(struct actr_view view)
{
    static const uint8_t none[1];
    const uint8_t *at = view.len ? view.ptr : none;
    return (struct pb){at, at + view.len};
}

/* The ways that are rare: more than one byte, or too few left. */
bool pb_key_long(struct pb *pb, uint64_t *ret_key);
bool pb_varint_long(struct pb *pb, uint64_t *ret_value);
bool pb_length_long(struct pb *pb, size_t *ret_len);

/* All readers: false when the bytes are malformed; *pb is of no use then. */
static inline bool pb_key(struct pb *pb, uint64_t *ret_key)
{
    size_t left = (size_t)(pb->end - pb->at);
    if (left > 1) {
        unsigned first = pb->at[0], second = pb->at[1];
        if (first >= 8 && first < 0x80) {
            *ret_key = first;
            pb->at += 1;
            return true;
        }
        if (first >= 0x80 && second < 0x80) {
            *ret_key = (first & 0x7f) | second << 7;
            pb->at += 2;
            return true;
        }
    }
    return pb_key_long(pb, ret_key);
}

static inline bool pb_varint(struct pb *pb, uint64_t *ret_value)
{
    size_t left = (size_t)(pb->end - pb->at);
    if (left > 0 && pb->at[0] < 0x80) {
        *ret_value = *pb->at++;
        return true;
    }
    if (left > 1 && pb->at[1] < 0x80) {
        *ret_value = (pb->at[0] & 0x7fu) | (uint64_t)pb->at[1] << 7;
        pb->at += 2;
        return true;
    }
    return pb_varint_long(pb, ret_value);
}

/* A length and that many bytes. */
static inline bool pb_bytes(struct pb *pb, struct actr_view *ret_bytes)
{
    size_t len;
    if (pb->at < pb->end && pb->at[0] < 0x80)
        len = *pb->at++;
    else if (!pb_length_long(pb, &len))
        return false;
    if (len > (size_t)(pb->end - pb->at))
        return false;
    *ret_bytes = (struct actr_view){pb->at, len};
    pb->at += len;
    return true;
}

/* What follows a key that is not wanted. */
bool pb_skip(struct pb *pb, uint64_t key);

/* A message of two required texts, fields 1 and 2: MetadataEntry. False: malformed or incomplete.
 */
bool pb_pair(struct actr_view message, struct actr_view *ret_first, struct actr_view *ret_second);

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
