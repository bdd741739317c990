// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The driver of virtual time.
 *
 * There is no waiting: the clock is a number that only loop_virtual_step() and
 * loop_virtual_run_until() move, and never back. Random bytes come from SplitMix64 (Steele, Lea,
 * Flood, 2014): reproducible, not secret.
 *
 * The one thread that steps it. */
#include "sys/loop_virtual.h"

#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "sys/loop_driver.h"

#define LOOP_VIRTUAL_START_US 1000000u

struct loop_virtual {
    struct loop loop;
    uint64_t now_us;
    uint64_t random_state;
};

static struct loop_virtual *loop_virtual_of(const struct loop *loop)
{
    return (struct loop_virtual *)(uintptr_t)loop;
}

static uint64_t loop_virtual_now_us(const struct loop *loop)
{
    return loop_virtual_of(loop)->now_us;
}

static uint64_t loop_virtual_wall_ms(const struct loop *loop)
{
    return LOOP_VIRTUAL_EPOCH_MS + (loop_virtual_of(loop)->now_us - LOOP_VIRTUAL_START_US) / 1000;
}

static void loop_virtual_random(struct loop *loop, void *buf, size_t len)
{
    struct loop_virtual *self = loop_virtual_of(loop);
    uint8_t *at = buf;
    while (len > 0) {
        uint64_t z = (self->random_state += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        z ^= z >> 31;
        size_t part = len < sizeof(z) ? len : sizeof(z);
        memcpy(at, &z, part);
        at += part;
        len -= part;
    }
}

static void loop_virtual_wake(struct loop *loop)
{
    (void)loop; /* nobody sleeps */
}

static const struct loop_driver loop_virtual_driver = {
    .now_us = loop_virtual_now_us,
    .wall_ms = loop_virtual_wall_ms,
    .random = loop_virtual_random,
    .wake = loop_virtual_wake,
};

int loop_virtual_new(uint64_t seed, struct loop **ret_loop)
{
    struct loop_virtual *self = mem_alloc(sizeof(*self));
    if (!self)
        return err_origin(ACTR_ENOMEM, "loop: no memory");
    loop_init(&self->loop, &loop_virtual_driver);
    self->now_us = LOOP_VIRTUAL_START_US;
    self->random_state = seed;
    *ret_loop = &self->loop;
    return 0;
}

struct loop *loop_virtual_close(struct loop *loop)
{
    if (!loop)
        return NULL;
    loop_enter(loop);
    loop_wind_down(loop);
    loop_leave(loop);
    mem_free(loop_virtual_of(loop));
    return NULL;
}

/* One turn, unless it would have to wait for a time later than `limit_us`. */
static bool loop_virtual_turn(struct loop *loop, uint64_t limit_us)
{
    struct loop_virtual *self = loop_virtual_of(loop);
    uint64_t deadline_us = loop_deadline(loop);

    loop_enter(loop);
    bool any = loop_run_posts(loop);
    any = loop_run_deferred(loop) || any;
    if (!any && deadline_us <= limit_us && deadline_us != LOOP_NEVER) {
        if (deadline_us > self->now_us)
            self->now_us = deadline_us;
        loop_forget_now(loop);
        any = loop_run_timers(loop);
    }
    loop_leave(loop);
    return any;
}

bool loop_virtual_step(struct loop *loop)
{
    return loop_virtual_turn(loop, LOOP_NEVER);
}

void loop_virtual_run_until(struct loop *loop, uint64_t until_us)
{
    struct loop_virtual *self = loop_virtual_of(loop);
    while (loop_virtual_turn(loop, until_us)) {
    }
    if (self->now_us < until_us)
        self->now_us = until_us;
}

bool loop_virtual_run_idle(struct loop *loop, uint64_t limit_us)
{
    while (loop_virtual_turn(loop, limit_us)) {
    }
    return loop_deadline(loop) == LOOP_NEVER;
}
