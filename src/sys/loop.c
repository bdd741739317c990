// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The part of the loop that does not depend on where time and wake-ups come from.
 *
 * Timers are a heap by deadline; deferred work is a list; posts come through the inbox. Each batch
 * runs what was waiting when it began: what callbacks arrange meanwhile waits for the next, so that
 * no callback can keep the loop from its sockets. For timers that follows from delays being 1 us at
 * least and time standing still within a batch.
 *
 * The loop's thread, but for loop_post() and loop_is_current(). It allocates nothing and cannot
 * fail. */
#include "sys/loop.h"

#include <assert.h>

#include "sys/loop_driver.h"

/* Its address tells threads apart. */
static _Thread_local char thread_mark;

void loop_init(struct loop *loop, const struct loop_driver *driver)
{
    *loop = (struct loop){.driver = driver};
    list_init(&loop->deferred);
    inbox_init(&loop->inbox);
    atomic_init(&loop->thread, (uintptr_t)&thread_mark);
}

void loop_enter(struct loop *loop)
{
    assert(!loop->is_entered);
    atomic_store_explicit(&loop->thread, (uintptr_t)&thread_mark, memory_order_relaxed);
    loop->is_entered = true;
    loop->now_us = 0;
}

void loop_leave(struct loop *loop)
{
    loop->is_entered = false;
    loop->now_us = 0;
}

bool loop_is_current(const struct loop *loop)
{
    return atomic_load_explicit(&loop->thread, memory_order_relaxed) == (uintptr_t)&thread_mark;
}

uint64_t loop_now_us(const struct loop *loop)
{
    if (loop->now_us != 0)
        return loop->now_us;
    uint64_t now = loop->driver->now_us(loop);
    if (loop->is_entered)
        ((struct loop *)(uintptr_t)loop)->now_us = now; /* a cache: nobody can tell */
    return now;
}

void loop_forget_now(struct loop *loop)
{
    loop->now_us = 0;
}

uint64_t loop_clock_us(const struct loop *loop)
{
    return loop->driver->now_us(loop);
}

uint64_t loop_wall_ms(const struct loop *loop)
{
    return loop->driver->wall_ms(loop);
}

void loop_random(struct loop *loop, void *buf, size_t len)
{
    loop->driver->random(loop, buf, len);
}

void loop_timer_init(struct loop_timer *timer, struct loop *loop, loop_timer_fn *fn)
{
    *timer = (struct loop_timer){.loop = loop, .fn = fn};
}

void loop_timer_start(struct loop_timer *timer, uint64_t delay_us)
{
    struct loop *loop = timer->loop;
    uint64_t now = loop_now_us(loop);
    uint64_t delay = delay_us > 0 ? delay_us : 1;
    assert(loop_is_current(loop));
    heap_remove(&loop->timers, &timer->node);
    heap_push(&loop->timers, &timer->node, delay < LOOP_NEVER - now ? now + delay : LOOP_NEVER - 1);
}

void loop_timer_stop(struct loop_timer *timer)
{
    if (!heap_has(&timer->node))
        return;
    assert(loop_is_current(timer->loop));
    heap_remove(&timer->loop->timers, &timer->node);
}

bool loop_timer_is_active(const struct loop_timer *timer)
{
    return heap_has(&timer->node);
}

uint64_t loop_deadline(const struct loop *loop)
{
    const struct heap_node *first = heap_first(&loop->timers);
    return first ? first->key : LOOP_NEVER;
}

bool loop_run_timers(struct loop *loop)
{
    uint64_t now = loop_now_us(loop);
    bool any = false;
    while (loop_deadline(loop) <= now) {
        struct loop_timer *timer = container_of(heap_first(&loop->timers), struct loop_timer, node);
        heap_remove(&loop->timers, &timer->node);
        timer->fn(timer);
        any = true;
    }
    return any;
}

void loop_task_init(struct loop_task *task, loop_task_fn *fn)
{
    list_init(&task->link);
    task->fn = fn;
}

void loop_defer(struct loop *loop, struct loop_task *task)
{
    assert(loop_is_current(loop));
    if (list_is_empty(&task->link))
        list_push(&loop->deferred, &task->link);
}

void loop_task_cancel(struct loop_task *task)
{
    list_remove(&task->link);
}

bool loop_has_deferred(const struct loop *loop)
{
    return !list_is_empty(&loop->deferred);
}

bool loop_run_deferred(struct loop *loop)
{
    struct list batch, *link;
    bool any = false;
    list_init(&batch);
    list_append(&batch, &loop->deferred);
    while ((link = list_pop(&batch))) {
        struct loop_task *task = container_of(link, struct loop_task, link);
        task->fn(task);
        any = true;
    }
    return any;
}

bool loop_post(struct loop *loop, struct loop_post *post, loop_post_fn *fn)
{
    post->fn = fn;
    return inbox_push(&loop->inbox, post, loop->driver->wake, loop);
}

static bool loop_run_chain(struct loop_post *post)
{
    bool any = post != NULL;
    while (post) {
        struct loop_post *next = post->_next;
        post->fn(post);
        post = next;
    }
    return any;
}

bool loop_run_posts(struct loop *loop)
{
    return loop_run_chain(inbox_take(&loop->inbox));
}

void loop_wind_down(struct loop *loop)
{
    loop_run_chain(inbox_close(&loop->inbox));
    while (loop_run_deferred(loop)) {
    }
    assert(!heap_first(&loop->timers));
}
