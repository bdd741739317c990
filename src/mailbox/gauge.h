// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Gauge: tells when a mailbox has filled up to a threshold; again only after it has been below.
 * Looked at after each push and each take. Loop thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct mailbox_gauge {
    uint32_t threshold; /* messages that wait; > 0 */
    bool is_reached;
    /* Inside the push: only to be noted, the mailbox must not be touched. */
    void (*on_reached)(void *owner, uint32_t count);
    void *owner;
};

static inline void mailbox_gauge_look(struct mailbox_gauge *gauge, uint32_t count)
{
    bool was_reached = gauge->is_reached;
    gauge->is_reached = count >= gauge->threshold;
    if (gauge->is_reached && !was_reached)
        gauge->on_reached(gauge->owner, count);
}
