// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* crc32: known values, and against the polynomial itself. */
#include "base/crc32.h"

#include "harness.h"

/* The check value of the catalogue of CRCs, and of zlib. */
TEST(crc32_of_known_bytes)
{
    assert_int_equal(crc32_of("123456789", 9), 0xcbf43926);
    assert_int_equal(crc32_of("a", 1), 0xe8b7be43);
    assert_int_equal(crc32_of(NULL, 0), 0);
}

/* Bit by bit, as the recommendation has it. */
static uint32_t divide(const uint8_t *data, size_t len)
{
    uint32_t rest = 0xffffffffu;
    for (size_t i = 0; i < len; i++) {
        rest ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            rest = rest >> 1 ^ (0xedb88320u & (0u - (rest & 1)));
    }
    return ~rest;
}

TEST(crc32_of_every_byte_and_length)
{
    uint8_t bytes[300];
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 167 + 13);
    for (size_t len = 0; len <= sizeof(bytes); len++)
        assert_int_equal(crc32_of(bytes, len), divide(bytes, len));
    for (unsigned value = 0; value < 256; value++) {
        uint8_t one = (uint8_t)value;
        assert_int_equal(crc32_of(&one, 1), divide(&one, 1));
    }
}
