// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A bounded reader for decoders. Failure sticks: after a read beyond the end every read gives zeros
 * and `failed` stays set, so that a decoder may read a whole structure and ask once.
 *
 * Pure; borrows the bytes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

struct cursor {
    const uint8_t *at, *end;
    bool failed;
};

static inline struct cursor cursor_of(struct actr_view view)
{
    static const uint8_t none[1];
    const uint8_t *at = view.ptr ? view.ptr : none;
    return (struct cursor){at, at + (view.ptr ? view.len : 0), false};
}

static inline size_t cursor_left(const struct cursor *cursor)
{
    return (size_t)(cursor->end - cursor->at);
}

/* The next `len` bytes; an empty view on failure. Nothing is left to read after a failure. */
static inline struct actr_view cursor_bytes(struct cursor *cursor, size_t len)
{
    if (len > cursor_left(cursor)) {
        cursor->failed = true;
        cursor->at = cursor->end;
        return actr_view_of(cursor->end, 0);
    }
    struct actr_view view = {cursor->at, len};
    cursor->at += len;
    return view;
}

static inline uint8_t cursor_u8(struct cursor *cursor)
{
    struct actr_view view = cursor_bytes(cursor, 1);
    return view.len ? view.ptr[0] : 0;
}

static inline uint16_t cursor_u16be(struct cursor *cursor)
{
    struct actr_view view = cursor_bytes(cursor, 2);
    return view.len ? (uint16_t)((unsigned)view.ptr[0] << 8 | view.ptr[1]) : 0;
}

static inline uint32_t cursor_u32be(struct cursor *cursor)
{
    struct actr_view view = cursor_bytes(cursor, 4);
    if (!view.len)
        return 0;
    return (uint32_t)view.ptr[0] << 24 | (uint32_t)view.ptr[1] << 16 | (uint32_t)view.ptr[2] << 8 |
           view.ptr[3];
}

/* A protobuf varint: 10 bytes at most, bits above the 64th dropped, as protobuf decoders do. */
static inline uint64_t cursor_varint(struct cursor *cursor)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < 10; i++) {
        uint8_t byte = cursor_u8(cursor);
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (!(byte & 0x80))
            return cursor->failed ? 0 : value;
    }
    cursor->failed = true;
    cursor->at = cursor->end;
    return 0;
}
