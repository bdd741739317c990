// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A bump allocator over a list of blocks.
 *
 * Small pieces are cut from the first block; a piece that does not fit begins a new one, as large
 * as the piece where it must be. After a reset one block of the common size stays, so that turns of
 * ordinary size allocate nothing.
 *
 * The owner's thread. Nothing is freed one by one. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>

#include "base/mem.h"

#define ARENA_BLOCK_SIZE ((size_t)4096)

struct arena_block {
    struct arena_block *next;
    size_t used, size; /* of data */
    alignas(max_align_t) uint8_t data[];
};

void arena_init(struct arena *arena, size_t max)
{
    *arena = (struct arena){.max = max};
}

static void arena_free_blocks(struct arena_block *block)
{
    while (block) {
        struct arena_block *next = block->next;
        mem_free(block);
        block = next;
    }
}

void arena_deinit(struct arena *arena)
{
    arena_free_blocks(arena->_blocks);
    arena_init(arena, arena->max);
}

static struct arena_block *arena_grow(struct arena *arena, size_t size)
{
    size_t room = size > ARENA_BLOCK_SIZE ? size : ARENA_BLOCK_SIZE;
    if (room > SIZE_MAX - sizeof(struct arena_block))
        return NULL;
    struct arena_block *block = mem_alloc_raw(sizeof(*block) + room);
    if (!block)
        return NULL;
    *block = (struct arena_block){.next = arena->_blocks, .size = room};
    arena->_blocks = block;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    const size_t align = alignof(max_align_t);
    struct arena_block *block = arena->_blocks;
    if (size > SIZE_MAX - align)
        return NULL;
    size_t rounded = size > 0 ? (size + align - 1) & ~(align - 1) : align;
    if (rounded > arena->max - arena->used)
        return NULL;
    if (!block || rounded > block->size - block->used)
        block = arena_grow(arena, rounded);
    if (!block)
        return NULL;
    void *piece = block->data + block->used;
    block->used += rounded;
    arena->used += rounded;
    return piece;
}

void arena_reset(struct arena *arena)
{
    struct arena_block *kept = arena->_blocks;
    arena->used = 0;
    if (!kept)
        return;
    arena_free_blocks(kept->next);
    kept->next = NULL;
    kept->used = 0;
    if (kept->size > ARENA_BLOCK_SIZE) {
        mem_free(kept);
        arena->_blocks = NULL;
    }
}
