// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What a driver gives the loop's common core, and what the core gives its drivers. Private to
 * sys/loop*.c.
 *
 * A driver embeds struct loop as its first member, calls loop_enter() before it runs callbacks and
 * loop_leave() after, and in between loop_run_posts(), loop_run_timers() and loop_run_deferred()
 * where its own turn has room for them. Before it sleeps it asks loop_deadline() and
 * loop_has_deferred(). */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/heap.h"
#include "base/list.h"
#include "sys/inbox.h"
#include "sys/loop.h"

#define LOOP_NEVER UINT64_MAX

struct loop_driver {
    uint64_t (*now_us)(const struct loop *loop); /* a fresh reading; monotonic, never 0 */
    uint64_t (*wall_ms)(const struct loop *loop);
    void (*random)(struct loop *loop, void *buf, size_t len);
    inbox_wake_fn *wake; /* any thread: loop_run_posts() shall run soon */
};

struct loop {
    const struct loop_driver *driver;
    struct heap timers; /* by deadline, us */
    struct list deferred;
    struct inbox inbox;
    atomic_uintptr_t thread;
    uint64_t now_us; /* what this batch of callbacks takes for now; 0: not asked yet */
    bool is_entered;
};

void loop_init(struct loop *loop, const struct loop_driver *driver);

/* The calling thread runs the loop from here on, and may keep time still between
 * loop_forget_now() calls. */
void loop_enter(struct loop *loop);
void loop_leave(struct loop *loop);

/* A new batch of callbacks begins: the next loop_now_us() reads the clock. */
void loop_forget_now(struct loop *loop);

/* Each runs what was there when it began and says whether it ran anything. */
bool loop_run_posts(struct loop *loop);
bool loop_run_timers(struct loop *loop);
bool loop_run_deferred(struct loop *loop);

bool loop_has_deferred(const struct loop *loop);

/* When the earliest timer is due; LOOP_NEVER without timers. */
uint64_t loop_deadline(const struct loop *loop);

/* The common part of closing: refuses posts from now on, runs those accepted before and everything
 * deferred. Afterwards no timer may be active. */
void loop_wind_down(struct loop *loop);
