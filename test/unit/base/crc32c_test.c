// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* CRC32c: vectors of RFC 3720 appendix B.4, and that both ways agree. */
#include "base/crc32c.h"

#include <string.h>

#include "harness.h"

TEST(the_vectors_of_rfc_3720)
{
    uint8_t bytes[32];
    memset(bytes, 0, sizeof bytes);
    assert_int_equal(~crc32c_update(CRC32C_BEGIN, bytes, 32), 0x8a9136aa);
    assert_int_equal(~crc32c_update_table(CRC32C_BEGIN, bytes, 32), 0x8a9136aa);
    memset(bytes, 0xff, sizeof bytes);
    assert_int_equal(~crc32c_update(CRC32C_BEGIN, bytes, 32), 0x62a8ab43);
    for (uint8_t i = 0; i < 32; i++)
        bytes[i] = i;
    assert_int_equal(~crc32c_update(CRC32C_BEGIN, bytes, 32), 0x46dd794e);
    assert_int_equal(~crc32c_update(CRC32C_BEGIN, bytes, 0), 0);
}

TEST(instruction_and_table_agree_at_each_length_and_cut)
{
    uint8_t bytes[300];
    uint64_t random = harness_seed();
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)harness_random(&random);
    for (size_t len = 0; len <= sizeof bytes; len++) {
        size_t cut = len ? harness_random(&random) % len : 0;
        uint32_t whole = crc32c_update_table(CRC32C_BEGIN, bytes, len);
        assert_int_equal(crc32c_update(CRC32C_BEGIN, bytes, len), whole);
        assert_int_equal(
            crc32c_update(crc32c_update(CRC32C_BEGIN, bytes, cut), bytes + cut, len - cut), whole);
    }
}
