// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Exponential backoff.
 *
 * The delay before jitter is initial, initial * factor, … up to the maximum; with jitter it may
 * exceed the maximum by the jitter, as in the existing system. Arithmetic is in 64 bits, so that
 * nothing wraps.
 *
 * Pure: no clock, no source of randomness, no allocation. */
#include "base/backoff.h"

#include <assert.h>

uint32_t backoff_next(struct backoff *backoff, uint32_t random)
{
    uint64_t delay = backoff->_next_ms > 0 ? backoff->_next_ms : backoff->initial_ms;
    if (delay > backoff->max_ms)
        delay = backoff->max_ms;
    uint64_t grown = delay * backoff->factor;
    backoff->_next_ms = (uint32_t)(grown < backoff->max_ms ? grown : backoff->max_ms);
    backoff->attempts++;

    assert(backoff->jitter_percent <= 100);
    uint64_t spread = delay * backoff->jitter_percent / 100;
    if (spread > INT32_MAX)
        spread = INT32_MAX; /* or the product below would not fit */
    uint64_t jittered = delay - spread + ((uint64_t)random * (2 * spread + 1) >> 32);
    if (jittered < 1)
        return 1;
    return jittered < UINT32_MAX ? (uint32_t)jittered : UINT32_MAX;
}

void backoff_reset(struct backoff *backoff)
{
    backoff->attempts = 0;
    backoff->_next_ms = 0;
}
