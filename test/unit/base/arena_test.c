// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "harness.h"

TEST(pieces_are_aligned_apart_and_go_as_a_whole)
{
    uint64_t random = harness_seed();
    struct arena arena;
    struct {
        uint8_t *at;
        size_t size;
    } pieces[500];
    size_t before = mem_live();
    arena_init(&arena, 10u << 20);
    for (int turn = 0; turn < 5; turn++) {
        for (size_t i = 0; i < 500; i++) {
            size_t size = harness_random(&random) % (i % 50 == 49 ? 20000 : 200);
            uint8_t *at = arena_alloc(&arena, size);
            assert_non_null(at);
            assert_int_equal((uintptr_t)at % alignof(max_align_t), 0);
            memset(at, (int)(i & 0xff), size);
            pieces[i].at = at;
            pieces[i].size = size;
        }
        for (size_t i = 0; i < 500; i++) {
            for (size_t k = 0; k < pieces[i].size; k++)
                assert_int_equal(pieces[i].at[k], i & 0xff);
        }
        arena_reset(&arena);
        assert_int_equal(arena.used, 0);
        assert_true(mem_live() <= before + 1);
    }
    arena_deinit(&arena);
    assert_int_equal(mem_live(), before);
    arena_deinit(&arena);
}

TEST(a_turn_of_ordinary_size_allocates_nothing)
{
    struct arena arena;
    arena_init(&arena, 1u << 20);
    assert_non_null(arena_alloc(&arena, 100));
    arena_reset(&arena);
    mem_fail_at(1);
    for (int turn = 0; turn < 100; turn++) {
        assert_non_null(arena_alloc(&arena, 2000));
        assert_non_null(arena_alloc(&arena, 2000));
        arena_reset(&arena);
    }
    mem_fail_at(0);
    arena_deinit(&arena);
}

TEST(the_bound_holds)
{
    struct arena arena;
    arena_init(&arena, 1000);
    assert_null(arena_alloc(&arena, 1001));
    assert_null(arena_alloc(&arena, SIZE_MAX));
    assert_null(arena_alloc(&arena, SIZE_MAX - 4));
    assert_non_null(arena_alloc(&arena, 900));
    assert_null(arena_alloc(&arena, 101));
    size_t empty = 0;
    while (arena_alloc(&arena, 0)) /* nothing is not for nothing */
        empty++;
    assert_in_range(empty, 1, 100);
    arena_reset(&arena);
    assert_non_null(arena_alloc(&arena, 990));
    arena_deinit(&arena);
}

TEST(running_out_of_memory_leaves_what_there_was)
{
    struct arena arena;
    arena_init(&arena, 1u << 20);
    uint8_t *first = arena_alloc(&arena, 10);
    assert_non_null(first);
    size_t used = arena.used;
    mem_fail_at(1);
    assert_null(arena_alloc(&arena, 100000));
    mem_fail_at(0);
    assert_int_equal(arena.used, used);
    uint8_t *second = arena_alloc(&arena, 10);
    assert_ptr_equal(second, first + 16);
    arena_deinit(&arena);
}
