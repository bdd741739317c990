// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The baton: the right to run an actor, held by one thread at a time.
 *
 * Who wants it while another has it leaves a mark, and the holder, on letting go, is told that
 * somebody came by: it wakes the loop, which looks again. So neither side waits and no wish is
 * lost. Work that is on its way to the actor is announced, and while there is any nobody takes the
 * baton in passing: a thread's messages do not overtake each other. Any thread. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Bits of the state; what is announced is counted above them. */
enum { BATON_HELD = 1, BATON_WANTED = 2, BATON_ANNOUNCED = 4 };

/* Zeroed: free, nothing announced. */
struct baton {
    _Atomic uint64_t _state;
};

/* True: the caller holds it now; it was free and nothing was announced. What earlier holders did
 * has happened. */
static inline bool baton_try_take(struct baton *baton)
{
    uint64_t expected = 0;
    return atomic_compare_exchange_strong_explicit(&baton->_state, &expected, BATON_HELD,
                                                   memory_order_acquire, memory_order_relaxed);
}

/* Takes it whatever is announced; false leaves a mark for the holder. */
static inline bool baton_want(struct baton *baton)
{
    uint64_t state = atomic_load_explicit(&baton->_state, memory_order_relaxed);
    for (;;) {
        bool is_held = (state & BATON_HELD) != 0;
        uint64_t wanted = state | (is_held ? BATON_WANTED : BATON_HELD);
        if (atomic_compare_exchange_weak_explicit(&baton->_state, &state, wanted,
                                                  memory_order_acq_rel, memory_order_relaxed))
            return !is_held;
    }
}

/* Only the holder. True: somebody wanted it meanwhile; wake the loop. */
static inline bool baton_release(struct baton *baton)
{
    const uint64_t both = BATON_HELD | BATON_WANTED;
    uint64_t before = atomic_fetch_and_explicit(&baton->_state, ~both, memory_order_acq_rel);
    return (before & BATON_WANTED) != 0;
}

/* Work is on its way; and has begun, or will not come. */
static inline void baton_announce(struct baton *baton)
{
    atomic_fetch_add_explicit(&baton->_state, BATON_ANNOUNCED, memory_order_acq_rel);
}

static inline void baton_retire(struct baton *baton)
{
    atomic_fetch_sub_explicit(&baton->_state, BATON_ANNOUNCED, memory_order_acq_rel);
}
