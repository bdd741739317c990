// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The baton: the right to run an actor, held by one thread at a time.
 *
 * Who wants it while another has it leaves a mark, and the holder, on letting go, is told that
 * somebody came by: it wakes the loop, which looks again. So neither side waits and no wish is
 * lost. Any thread. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

enum { BATON_FREE, BATON_HELD, BATON_WANTED };

/* Zeroed: free. */
struct baton {
    atomic_int _state;
};

/* True: the caller holds it now. What earlier holders did has happened. */
static inline bool baton_try_take(struct baton *baton)
{
    int expected = BATON_FREE;
    return atomic_compare_exchange_strong_explicit(&baton->_state, &expected, BATON_HELD,
                                                   memory_order_acquire, memory_order_relaxed);
}

/* As baton_try_take(), but false leaves a mark for the holder. */
static inline bool baton_want(struct baton *baton)
{
    for (;;) {
        int expected = BATON_HELD;
        if (baton_try_take(baton))
            return true;
        if (atomic_compare_exchange_strong_explicit(&baton->_state, &expected, BATON_WANTED,
                                                    memory_order_release, memory_order_relaxed) ||
            expected == BATON_WANTED)
            return false;
    }
}

/* Only the holder. True: somebody wanted it meanwhile; wake the loop. */
static inline bool baton_release(struct baton *baton) __attribute__((warn_unused_result));
static inline bool baton_release(struct baton *baton)
{
    return atomic_exchange_explicit(&baton->_state, BATON_FREE, memory_order_acq_rel) ==
           BATON_WANTED;
}
