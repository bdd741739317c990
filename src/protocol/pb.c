// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The protobuf wire format by hand: the rare ways.
 *
 * What is accepted is what protobuf-c accepts, so that a message means the same to every part of
 * the system; differences are found by the property test and the fuzzers. Reads never go beyond
 * `end`, and nothing is kept. Pure; never logs, never sets the error text. */
#include "protocol/pb.h"

bool pb_key_long(struct pb *pb, uint64_t *ret_key)
{
    const uint8_t *at = pb->at;
    size_t left = (size_t)(pb->end - at);
    uint64_t key = 0;

    if (left == 0 || (at[0] & 0xf8) == 0)
        return false;
    for (size_t i = 0; i < 5 && i < left; i++) {
        key |= (uint64_t)(at[i] & 0x7f) << (7 * i);
        if (at[i] < 0x80) {
            *ret_key = key;
            pb->at = at + i + 1;
            return true;
        }
    }
    return false;
}

bool pb_varint_long(struct pb *pb, uint64_t *ret_value)
{
    const uint8_t *at = pb->at;
    size_t left = (size_t)(pb->end - at);
    uint64_t value = 0;

    for (size_t i = 0; i < 10 && i < left; i++) {
        value |= (uint64_t)(at[i] & 0x7f) << (7 * i);
        if (at[i] < 0x80) {
            *ret_value = value;
            pb->at = at + i + 1;
            return true;
        }
    }
    return false;
}

bool pb_length_long(struct pb *pb, size_t *ret_len)
{
    const uint8_t *start = pb->at;
    uint64_t len;
    if (!pb_varint_long(pb, &len) || pb->at - start > 5 || len > INT_MAX)
        return false;
    *ret_len = (size_t)len;
    return true;
}

bool pb_skip(struct pb *pb, uint64_t key)
{
    struct actr_view bytes;
    uint64_t value;
    size_t fixed;

    switch (key & 7) {
    case PB_VARINT:
        return pb_varint(pb, &value);
    case PB_LENGTH:
        return pb_bytes(pb, &bytes);
    case PB_FIXED64:
        fixed = 8;
        break;
    case PB_FIXED32:
        fixed = 4;
        break;
    default: /* groups, and numbers that are no wire type */
        return false;
    }
    if (fixed > (size_t)(pb->end - pb->at))
        return false;
    pb->at += fixed;
    return true;
}

bool pb_pair(struct actr_view message, struct actr_view *ret_first, struct actr_view *ret_second)
{
    struct pb pb = pb_of(message);
    struct actr_view first = {0}, second = {0};
    uint64_t key;

    while (pb.at < pb.end) {
        if (!pb_key(&pb, &key))
            return false;
        bool ok;
        if (key == PB_KEY(1, PB_LENGTH))
            ok = pb_bytes(&pb, &first);
        else if (key == PB_KEY(2, PB_LENGTH))
            ok = pb_bytes(&pb, &second);
        else
            ok = key >> 3 != 1 && key >> 3 != 2 && pb_skip(&pb, key);
        if (!ok)
            return false;
    }
    if (!first.ptr || !second.ptr)
        return false;
    *ret_first = first;
    *ret_second = second;
    return true;
}
