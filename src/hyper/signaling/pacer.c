// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What the pacer counts with.
 *
 * The whole state is one time: when the bucket will be full again. Each one taken moves it one
 * interval into the future; a bucket that is full has it in the past. There is nothing to refill
 * and so no timer. */
#include "hyper/signaling/pacer.h"

#include <assert.h>

uint64_t pacer_take(struct pacer *pacer, uint64_t now_us, uint32_t spare)
{
    assert(pacer->interval_us > 0 && spare < pacer->burst);
    uint64_t full_us = pacer->_full_us > now_us ? pacer->_full_us : now_us;
    uint64_t room_us = (pacer->burst - spare - 1) * pacer->interval_us;
    if (full_us - now_us > room_us)
        return full_us - now_us - room_us;
    pacer->_full_us = full_us + pacer->interval_us;
    return 0;
}

void pacer_drain(struct pacer *pacer, uint64_t now_us)
{
    uint64_t empty_us = now_us + pacer->burst * pacer->interval_us;
    if (pacer->_full_us < empty_us)
        pacer->_full_us = empty_us;
}
