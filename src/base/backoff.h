// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Growing delays between attempts, with jitter so that many peers do not come back at once.
 *
 * Pure: the random number is an argument. */
#pragma once

#include <stdint.h>

struct backoff {
    uint32_t initial_ms;     /* the first delay */
    uint32_t max_ms;         /* delays grow to this, before jitter */
    uint32_t factor;         /* from one delay to the next; 1 or more */
    uint32_t jitter_percent; /* each delay is off by as much, either way, evenly spread; 0 to 100 */
    uint32_t attempts;       /* delays given since the last reset */
    uint32_t _next_ms;       /* 0: initial_ms */
};

/* The next delay in milliseconds, at least 1. `random`: 32 even bits. Jitter does not feed back
 * into growth. */
uint32_t backoff_next(struct backoff *backoff, uint32_t random);

/* Begins anew: after a success. */
void backoff_reset(struct backoff *backoff);
