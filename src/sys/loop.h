// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The loop: time, timers, deferred work, work posted by other threads, and randomness. This is all
 * that the layers above see of the operating system's clock.
 *
 * One struct, two drivers: libuv (loop_uv.h) and virtual time for simulation (loop_virtual.h).
 * Timers, deferral and the inbox are the same code for both, so a simulation runs what production
 * runs.
 *
 * A callback never runs inside the call that arranged it. Deferred work runs when the callback that
 * deferred it has returned to the loop, before the loop sleeps. Thread: the loop's own, except
 * where a function says otherwise. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/heap.h"
#include "base/list.h"

struct loop;
struct loop_timer;
struct loop_task;
struct loop_post;

typedef void loop_timer_fn(struct loop_timer *timer);
typedef void loop_task_fn(struct loop_task *task);
typedef void loop_post_fn(struct loop_post *post);

/* Embedded in its owner; fn is set once. Zeroed is stopped. */
struct loop_timer {
    struct heap_node node;
    struct loop *loop;
    loop_timer_fn *fn;
};

/* Embedded in its owner. */
struct loop_task {
    struct list link;
    loop_task_fn *fn;
};

/* Embedded in its owner; belongs to the loop from loop_post() until fn runs. */
struct loop_post {
    struct loop_post *_next;
    loop_post_fn *fn;
};

struct loop_driver; /* loop_driver.h */

/* Now, in microseconds of a clock that never steps back; constant within one callback. */
uint64_t loop_now_us(const struct loop *loop);

/* Any thread: the same clock, read now. */
uint64_t loop_clock_us(const struct loop *loop);

/* Wall clock, in milliseconds since 1970. */
uint64_t loop_wall_ms(const struct loop *loop);

/* Unpredictable bytes (reproducible under virtual time). */
void loop_random(struct loop *loop, void *buf, size_t len);

void loop_timer_init(struct loop_timer *timer, struct loop *loop, loop_timer_fn *fn);
/* (Re)starts a timer that fires once, delay_us from now; 0 counts as 1. Timers due at the same time
 * fire in the order they were started. Cannot fail. */
void loop_timer_start(struct loop_timer *timer, uint64_t delay_us);
/* Harmless when stopped. After it returns fn will not run. */
void loop_timer_stop(struct loop_timer *timer);
bool loop_timer_is_active(const struct loop_timer *timer);

void loop_task_init(struct loop_task *task, loop_task_fn *fn);
/* Runs task->fn once, soon. Harmless when it is waiting already. */
void loop_defer(struct loop *loop, struct loop_task *task);
/* After it returns fn will not run. Harmless when it was not waiting. */
void loop_task_cancel(struct loop_task *task);

/* Any thread: runs post->fn on the loop. Posts of one thread keep their order. One wake-up for many
 * posts. Once closing has begun: false, and the post stays the caller's; what was accepted before
 * that runs. */
bool loop_post(struct loop *loop, struct loop_post *post, loop_post_fn *fn)
    __attribute__((warn_unused_result));

/* Any thread: is this the thread that runs the loop? */
bool loop_is_current(const struct loop *loop);
