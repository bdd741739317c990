// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Of a message of any length, in parts of any length: its ends are the first and the last of what
 * came, and what is kept has a bound. */
#include "base/excess.h"

#include <string.h>

#include <actr/error.h>

#include "base/mem.h"
#include "harness.h"

#define END EXCESS_END_LEN

/* A byte that tells its place. */
static uint8_t byte_at(size_t at)
{
    return (uint8_t)(at ^ at >> 8 ^ at >> 16 ^ 0x5a);
}

static void fill(uint8_t *to, size_t at, size_t len)
{
    for (size_t i = 0; i < len; i++)
        to[i] = byte_at(at + i);
}

static void expect_bytes(struct actr_view view, size_t at)
{
    for (size_t i = 0; i < view.len; i++)
        assert_int_equal(view.ptr[i], byte_at(at + i));
}

/* `begin` bytes at once, the rest in parts. */
static void keep(size_t begin, size_t len, size_t part)
{
    static uint8_t first[8 * END];
    struct excess_keeper keeper;
    fill(first, 0, begin);
    assert_int_equal(excess_begin(&keeper, actr_view_of(first, begin)), 0);
    for (size_t at = begin; at < len;) {
        size_t some = part < len - at ? part : len - at;
        uint8_t *place = excess_place(&keeper, &some);
        assert_true(some > 0 && some <= part);
        fill(place, at, some);
        excess_add(&keeper, some);
        at += some;
        assert_int_equal(keeper.len, at);
    }
    const struct excess kept = excess_kept(&keeper);
    assert_int_equal(kept.len, len);
    assert_int_equal(kept.head.len, len < END ? len : END);
    assert_true(kept.tail.len <= 2 * END && kept.head.len + kept.tail.len <= len);
    assert_true(kept.tail.len >= END || kept.head.len + kept.tail.len == len);
    expect_bytes(kept.head, 0);
    expect_bytes(kept.tail, len - kept.tail.len);
    excess_end(&keeper);
    excess_end(&keeper);
}

TEST(the_ends_are_the_first_and_the_last_bytes)
{
    static const size_t lens[] = {0,           1,       END - 1,     END,         END + 1,
                                  2 * END,     3 * END, 3 * END + 1, 4 * END - 1, 4 * END,
                                  4 * END + 1, 5 * END, 9 * END + 77};
    static const size_t parts[] = {1, 1000, END - 1, END, END + 1, 20 * END};
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
        for (size_t j = 0; j < sizeof(parts) / sizeof(parts[0]); j++)
            keep(0, lens[i], parts[j]);
        keep(lens[i] < 8 * END ? lens[i] : 8 * END, lens[i] + 500, 7);
    }
}

TEST(what_is_kept_has_a_bound_and_may_find_no_memory)
{
    struct excess_keeper keeper = {0};
    size_t live = mem_live();
    mem_fail_at(1);
    assert_int_equal(excess_begin(&keeper, actr_view_of("abc", 3)), ACTR_ENOMEM);
    mem_fail_at(0);
    assert_int_equal(mem_live(), live);
    assert_int_equal(excess_begin(&keeper, actr_view_of("abc", 3)), 0);
    size_t total = mem_total();
    for (size_t i = 0; i < 1000; i++) {
        size_t len = END;
        uint8_t *place = excess_place(&keeper, &len);
        memset(place, 'x', len);
        excess_add(&keeper, len);
    }
    assert_int_equal(mem_total(), total);
    assert_memory_equal(excess_kept(&keeper).head.ptr, "abcxx", 5);
    excess_end(&keeper);
    assert_int_equal(mem_live(), live);
}
