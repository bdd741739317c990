// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Memory that lives for one turn: given piece by piece, taken back as a whole.
 *
 * For unpacking control-plane messages; nothing may point into it after arena_reset(). Bounded: a
 * message cannot make it grow beyond what the arena was given. One thread. */
#pragma once

#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *_blocks; /* the one being filled first */
    size_t used;                 /* bytes handed out since the last reset, padding included */
    size_t max;
};

/* Allocates nothing yet. `max`: bytes handed out between two resets. */
void arena_init(struct arena *arena, size_t max);
void arena_deinit(struct arena *arena);

/* Aligned for any type, not zeroed. NULL: memory has run out, or the bound is reached. */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((malloc, warn_unused_result));

/* Takes everything back; one block stays for the next turn. */
void arena_reset(struct arena *arena);
