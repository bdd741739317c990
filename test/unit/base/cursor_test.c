// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "base/cursor.h"

#include <string.h>

#include "base/bytes.h"
#include "harness.h"

TEST(numbers_are_big_endian)
{
    static const uint8_t input[] = {1, 0xff, 0xfe, 0x80, 0, 0, 1, 'a', 'b', 'c'};
    struct cursor cursor = cursor_of(actr_view_of(input, sizeof(input)));
    assert_int_equal(cursor_left(&cursor), 10);
    assert_int_equal(cursor_u8(&cursor), 1);
    assert_int_equal(cursor_u16be(&cursor), 0xfffe);
    assert_int_equal(cursor_u32be(&cursor), 0x80000001u);
    assert_true(view_equal(cursor_bytes(&cursor, 3), view_text("abc")));
    assert_int_equal(cursor_left(&cursor), 0);
    assert_int_equal(cursor_bytes(&cursor, 0).len, 0);
    assert_false(cursor.failed);
}

TEST(failure_sticks_and_reads_nothing)
{
    static const uint8_t input[] = {1, 2, 3};
    struct cursor cursor = cursor_of(actr_view_of(input, sizeof(input)));
    assert_int_equal(cursor_u32be(&cursor), 0);
    assert_true(cursor.failed);
    assert_int_equal(cursor_left(&cursor), 0);
    assert_int_equal(cursor_u8(&cursor), 0);
    assert_int_equal(cursor_u16be(&cursor), 0);
    assert_int_equal(cursor_varint(&cursor), 0);
    assert_int_equal(cursor_bytes(&cursor, 1).len, 0);
    assert_true(cursor.failed);

    cursor = cursor_of(actr_view_of(NULL, 0));
    assert_int_equal(cursor_bytes(&cursor, 0).len, 0);
    assert_false(cursor.failed);
    assert_int_equal(cursor_bytes(&cursor, SIZE_MAX).len, 0);
    assert_true(cursor.failed);

    cursor = cursor_of(actr_view_of(NULL, 5)); /* the view of a failed value */
    assert_int_equal(cursor_left(&cursor), 0);
}

TEST(varints_of_every_length)
{
    static const struct {
        const char *hex;
        uint64_t value;
        bool failed;
    } cases[] = {
        {"00", 0, false},
        {"7f", 127, false},
        {"8001", 128, false},
        {"ac02", 300, false},
        {"8000", 0, false}, /* longer than needed */
        {"ffffffff0f", UINT32_MAX, false},
        {"ffffffffffffffffff01", UINT64_MAX, false},
        {"ffffffffffffffffff7f", UINT64_MAX, false}, /* bits above the 64th */
        {"8080808080808080808001", 0, true},         /* eleven bytes */
        {"80", 0, true},
        {"", 0, true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t input[16];
        size_t len = harness_hex(cases[i].hex, input, sizeof(input));
        struct cursor cursor = cursor_of(actr_view_of(input, len));
        assert_true(cursor_varint(&cursor) == cases[i].value);
        assert_int_equal(cursor.failed, cases[i].failed);
        assert_int_equal(cursor_left(&cursor), 0);
    }
}

TEST(no_read_leaves_the_input)
{
    uint64_t random = harness_seed();
    uint8_t input[40];
    for (int round = 0; round < 20000; round++) {
        size_t len = harness_random(&random) % sizeof(input), used = 0;
        for (size_t i = 0; i < len; i++)
            input[i] = (uint8_t)(harness_random(&random) | (i % 3 ? 0x80 : 0));
        struct cursor cursor = cursor_of(actr_view_of(input, len));
        while (!cursor.failed) {
            size_t want = harness_random(&random) % 12, left = cursor_left(&cursor);
            assert_int_equal(left, len - used);
            if (want == 0) {
                (void)cursor_varint(&cursor);
            } else {
                struct actr_view view = cursor_bytes(&cursor, want);
                assert_int_equal(view.len, want <= left ? want : 0);
                assert_int_equal(cursor.failed, want > left);
            }
            assert_true(cursor.at >= input && cursor.at <= input + len);
            used = (size_t)(cursor.at - input);
        }
        assert_int_equal(cursor_left(&cursor), 0);
    }
}
