// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Pool: cells of one size, allocated in blocks, for what comes and goes with each message.
 *
 * A block goes back as soon as none of its cells is in use, but for `spare_max` of them, so what
 * comes and goes in a number that the spare blocks hold allocates nothing. A pool holds no more
 * than the blocks that have a cell in use, and those. Cells are taken from the block that was last
 * given one, so that the others may empty.
 *
 * No locks: one thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/list.h"

struct pool {
    size_t _stride;    /* of a cell, with what the pool keeps in front of it */
    struct list _open; /* blocks with a free cell; those without a used one are the last */
    uint32_t _block_cells, _spare_max, _spare_count;
};

/* cell_size: of a cell, which is aligned to 8 bytes. block_cells: 1 or more. */
void pool_init(struct pool *pool, size_t cell_size, uint32_t block_cells, uint32_t spare_max);
/* No cell may be in use. */
void pool_deinit(struct pool *pool);

/* A cell, contents undefined; NULL when memory has run out. */
void *pool_take(struct pool *pool) __attribute__((warn_unused_result));
/* Gives a cell of this pool back. */
void pool_give(struct pool *pool, void *cell);
