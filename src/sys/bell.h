// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A bell: wakes the one thread that has it, which may wait for descriptors beside. Rung many times
 * before it is cleared, it counts once. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

/* Embedded in its owner, who may be rung by anybody. */
struct bell {
    int _fd;
    atomic_bool _is_rung;
};

/* ACTR_EIO: no descriptor. */
int bell_init(struct bell *bell) __attribute__((warn_unused_result));
void bell_deinit(struct bell *bell);

/* Any thread. Never blocks. What was done before is seen after bell_clear(). */
void bell_ring(struct bell *bell);

/* Its thread: readable while it is rung, for poll(). */
static inline int bell_fd(const struct bell *bell)
{
    return bell->_fd;
}
/* Waits until it is rung, and clears it. */
void bell_wait(struct bell *bell);
/* Clears it, when it is known to be readable; look at what it is rung for afterwards. */
void bell_clear(struct bell *bell);
