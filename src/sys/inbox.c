// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A lock-free stack that its one reader takes whole and turns round.
 *
 * Posts of one thread keep their order because each is pushed on top of the one before. A push that
 * finds the stack empty wakes the loop; others find a wake-up on its way. Closing leaves a mark
 * where the head was; who pushed before that may still be in wake(), which uses the loop, so
 * closing waits until nobody is inside.
 *
 * Never blocks a pusher. */
#include "sys/inbox.h"

#include <sched.h>
#include <stddef.h>

static struct loop_post closed_mark;

void inbox_init(struct inbox *inbox)
{
    atomic_init(&inbox->_head, NULL);
    atomic_init(&inbox->_pushing, 0);
}

bool inbox_push(struct inbox *inbox, struct loop_post *post, inbox_wake_fn *wake, struct loop *loop)
{
    atomic_fetch_add_explicit(&inbox->_pushing, 1, memory_order_seq_cst);
    struct loop_post *head = atomic_load_explicit(&inbox->_head, memory_order_relaxed);
    do {
        if (head == &closed_mark)
            break;
        post->_next = head;
    } while (!atomic_compare_exchange_weak_explicit(&inbox->_head, &head, post,
                                                    memory_order_seq_cst, memory_order_relaxed));
    if (!head)
        wake(loop);
    bool taken = head != &closed_mark;
    atomic_fetch_sub_explicit(&inbox->_pushing, 1, memory_order_release);
    return taken;
}

static struct loop_post *inbox_reverse(struct loop_post *newest)
{
    struct loop_post *oldest = NULL;
    while (newest) {
        struct loop_post *next = newest->_next;
        newest->_next = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}

struct loop_post *inbox_take(struct inbox *inbox)
{
    if (!atomic_load_explicit(&inbox->_head, memory_order_relaxed))
        return NULL;
    return inbox_reverse(atomic_exchange_explicit(&inbox->_head, NULL, memory_order_acquire));
}

struct loop_post *inbox_close(struct inbox *inbox)
{
    struct loop_post *newest =
        atomic_exchange_explicit(&inbox->_head, &closed_mark, memory_order_seq_cst);
    while (atomic_load_explicit(&inbox->_pushing, memory_order_seq_cst) != 0)
        sched_yield();
    return inbox_reverse(newest);
}
