// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* An inbox: work that any thread hands to one loop, in order.
 *
 * Intrusive, so that posting cannot fail for want of memory, and unbounded for the same reason:
 * every post is embedded in an object whose number its owner bounds.
 *
 * inbox_push(): any thread. All else: the loop thread. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#include "sys/loop.h"

typedef void inbox_wake_fn(struct loop *loop);

struct inbox {
    _Atomic(struct loop_post *) _head; /* the newest first */
    atomic_uint _pushing;              /* threads inside inbox_push() */
};

void inbox_init(struct inbox *inbox);

/* Adds a post; the first one since the last inbox_take() calls wake(loop). False once closed: the
 * post stays the caller's. */
bool inbox_push(struct inbox *inbox, struct loop_post *post, inbox_wake_fn *wake, struct loop *loop)
    __attribute__((warn_unused_result));

/* All posts so far, linked by _next, the oldest first; NULL when there are none. */
struct loop_post *inbox_take(struct inbox *inbox);

/* As inbox_take(), the last time: from now on inbox_push() says false, and no other thread is
 * inside it or in wake() when this returns. */
struct loop_post *inbox_close(struct inbox *inbox);
