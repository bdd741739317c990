// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The times of repeats on a wire whose peer has not yet shown that it reads.
 *
 * The verification at the other end takes a round trip to its signaling server when it does not
 * know the key: the first repeat comes after most of these, the last after a slow one. Later ones
 * would help nobody: a wire that is still mute then is left to the deadline.
 *
 * Pure. Time is an argument of whoever asks; nothing here waits. */
#include "hyper/outbound/retry.h"

#include <assert.h>

uint64_t retry_repeat_us(unsigned repeat)
{
    static const uint32_t due_us[RETRY_REPEATS_MAX] = {300000, 1000000, 3000000};
    assert(repeat < RETRY_REPEATS_MAX);
    return due_us[repeat];
}
