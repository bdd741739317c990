// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "base/pool.h"

#include <string.h>

#include "base/mem.h"
#include "harness.h"

#define CELLS 100
#define SIZE 41 /* no multiple of anything */

/* Takes all, each filled with its number. */
static void take_all(struct pool *pool, uint8_t *cells[CELLS])
{
    for (int i = 0; i < CELLS; i++) {
        cells[i] = pool_take(pool);
        assert_non_null(cells[i]);
        assert_int_equal((uintptr_t)cells[i] % 8, 0);
        memset(cells[i], i, SIZE);
    }
}

TEST(cells_do_not_overlap_and_come_in_blocks)
{
    struct pool pool;
    uint8_t *cells[CELLS];
    size_t live = mem_live();
    pool_init(&pool, SIZE, 8, 0);
    take_all(&pool, cells);
    assert_int_equal(mem_live() - live, (CELLS + 7) / 8);
    for (int i = 0; i < CELLS; i++) {
        for (int k = 0; k < SIZE; k++)
            assert_int_equal(cells[i][k], i);
        pool_give(&pool, cells[i]);
    }
    assert_int_equal(mem_live(), live);
    pool_deinit(&pool);
}

TEST(what_the_spare_blocks_hold_comes_and_goes_without_allocating)
{
    struct pool pool;
    void *cells[4];
    pool_init(&pool, SIZE, 2, 2);
    for (int i = 0; i < 4; i++) {
        cells[i] = pool_take(&pool);
        assert_non_null(cells[i]);
    }
    for (int i = 0; i < 4; i++)
        pool_give(&pool, cells[i]);
    size_t total = mem_total(), live = mem_live();
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 4; i++)
            cells[i] = pool_take(&pool);
        for (int i = 0; i < 4; i++)
            pool_give(&pool, cells[(i + round) % 4]);
    }
    assert_int_equal(mem_total(), total);
    assert_int_equal(mem_live(), live);
    pool_deinit(&pool);
    assert_int_equal(mem_live(), live - 2);
}

/* The oldest goes for each that comes, as in a memory of what was. */
TEST(a_ring_of_cells_allocates_nothing_once_it_is_full)
{
    struct pool pool;
    uint8_t *cells[CELLS];
    pool_init(&pool, SIZE, 8, 1);
    take_all(&pool, cells);
    size_t total = mem_total();
    for (int i = 0; i < 1000; i++) {
        pool_give(&pool, cells[i % CELLS]);
        cells[i % CELLS] = pool_take(&pool);
    }
    assert_int_equal(mem_total(), total);
    for (int i = 0; i < CELLS; i++)
        pool_give(&pool, cells[i]);
    pool_deinit(&pool);
}

TEST(no_more_than_the_spare_blocks_stay_when_cells_are_given_back_in_any_order)
{
    struct pool pool;
    uint8_t *cells[CELLS];
    uint64_t random = harness_seed();
    size_t live = mem_live();
    pool_init(&pool, SIZE, 8, 3);
    for (int round = 0; round < 20; round++) {
        take_all(&pool, cells);
        for (int left = CELLS; left > 0; left--) {
            int at = (int)(harness_random(&random) % (unsigned)left);
            pool_give(&pool, cells[at]);
            cells[at] = cells[left - 1];
        }
        assert_int_equal(mem_live() - live, 3);
    }
    pool_deinit(&pool);
    assert_int_equal(mem_live(), live);
}

TEST(without_memory_there_is_no_cell_and_the_others_stand)
{
    struct pool pool;
    pool_init(&pool, SIZE, 1, 0);
    uint8_t *cell = pool_take(&pool);
    assert_non_null(cell);
    memset(cell, 7, SIZE);
    mem_fail_at(1);
    assert_null(pool_take(&pool));
    mem_fail_at(0);
    assert_int_equal(cell[SIZE - 1], 7);
    pool_give(&pool, cell);
    pool_deinit(&pool);
}
