// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Pool: see pool.h.
 *
 * A block is one allocation: its head, then its cells, each behind one word. Of a cell in use the
 * word names the block, of a free one it is the link to the next free one: so a cell finds its
 * block, and a block knows its free cells, without a table. A block is in _open while it has a free
 * cell; a full one is known by its cells only.
 *
 * The address sanitizer is told which cells are free, so that a use after the end of one is found
 * as it would be of a block of its own. One thread; never looks at what is in a cell. */
#include "base/pool.h"

#include <assert.h>

#include "base/mem.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define POOL_IS_WATCHED 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define POOL_IS_WATCHED 1
#endif

#ifdef POOL_IS_WATCHED
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(ptr, size) ((void)(ptr), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(ptr, size) ((void)(ptr), (void)(size))
#endif

struct pool_block;

/* What is in front of a cell. */
union pool_word {
    struct pool_block *block; /* in use */
    union pool_word *next;    /* free */
    uint64_t align;
};

struct pool_block {
    struct list link; /* in pool._open, or alone */
    union pool_word *free;
    uint32_t used;
    _Alignas(union pool_word) uint8_t cells[];
};

static void pool_block_free(struct pool *pool, struct pool_block *block)
{
    list_remove(&block->link);
    ASAN_UNPOISON_MEMORY_REGION(block->cells, pool->_stride * pool->_block_cells);
    mem_free(block);
}

static struct pool_block *pool_block_new(struct pool *pool)
{
    struct pool_block *block = mem_alloc_raw(sizeof(*block) + pool->_stride * pool->_block_cells);
    if (!block)
        return NULL;
    block->free = NULL;
    block->used = 0;
    list_init(&block->link);
    for (uint32_t i = pool->_block_cells; i > 0; i--) {
        union pool_word *word = (void *)(block->cells + pool->_stride * (i - 1));
        word->next = block->free;
        block->free = word;
        ASAN_POISON_MEMORY_REGION(word + 1, pool->_stride - sizeof(*word));
    }
    list_push_front(&pool->_open, &block->link);
    pool->_spare_count++;
    return block;
}

void pool_init(struct pool *pool, size_t cell_size, uint32_t block_cells, uint32_t spare_max)
{
    size_t words = (cell_size + sizeof(union pool_word) - 1) / sizeof(union pool_word);
    *pool = (struct pool){._stride = (1 + words) * sizeof(union pool_word),
                          ._block_cells = block_cells,
                          ._spare_max = spare_max};
    list_init(&pool->_open);
}

void pool_deinit(struct pool *pool)
{
    while (!list_is_empty(&pool->_open)) {
        struct pool_block *block = container_of(pool->_open.next, struct pool_block, link);
        assert(block->used == 0);
        pool_block_free(pool, block);
    }
}

void *pool_take(struct pool *pool)
{
    struct pool_block *block = list_is_empty(&pool->_open)
                                   ? pool_block_new(pool)
                                   : container_of(pool->_open.next, struct pool_block, link);
    if (!block)
        return NULL;
    union pool_word *word = block->free;
    assert(word); /* or the block were not in the list */
    block->free = word->next;
    word->block = block;
    pool->_spare_count -= block->used == 0;
    block->used++;
    if (!block->free)
        list_remove(&block->link);
    ASAN_UNPOISON_MEMORY_REGION(word + 1, pool->_stride - sizeof(*word));
    return word + 1;
}

void pool_give(struct pool *pool, void *cell)
{
    union pool_word *word = (union pool_word *)cell - 1;
    struct pool_block *block = word->block;
    assert(block->used > 0);
    if (!block->free)
        list_push_front(&pool->_open, &block->link);
    word->next = block->free;
    block->free = word;
    ASAN_POISON_MEMORY_REGION(cell, pool->_stride - sizeof(*word));
    if (--block->used > 0)
        return;
    if (pool->_spare_count >= pool->_spare_max) {
        pool_block_free(pool, block);
        return;
    }
    pool->_spare_count++;
    list_remove(&block->link);
    list_push(&pool->_open, &block->link);
}
