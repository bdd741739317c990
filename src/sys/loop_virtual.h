// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The loop on virtual time, for simulations: time stands still while callbacks run and jumps to the
 * next timer when there is nothing left to do. One seed, one run.
 *
 * It begins at 1 s on the monotonic clock and at LOOP_VIRTUAL_EPOCH_MS on the wall clock. Posts of
 * other threads are taken at the next turn, but nothing waits for them. */
#pragma once

#include "sys/loop.h"

#define LOOP_VIRTUAL_EPOCH_MS 1700000000000u

/* `seed` decides what loop_random() gives. ACTR_ENOMEM. */
int loop_virtual_new(uint64_t seed, struct loop **ret_loop) __attribute__((warn_unused_result));

/* As loop_uv_close(). */
struct loop *loop_virtual_close(struct loop *loop);

/* One turn: all posts, then one round of deferred work; only when there was neither, time moves to
 * the earliest timer and the timers due run. False: there was nothing at all to do. */
bool loop_virtual_step(struct loop *loop);

/* Runs all that is due up to and at `until_us`, then sets the time to it. */
void loop_virtual_run_until(struct loop *loop, uint64_t until_us);

/* Runs until nothing is left to do. False: there still was a timer, later than `limit_us`; time
 * stands at the last thing that ran. */
bool loop_virtual_run_idle(struct loop *loop, uint64_t limit_us)
    __attribute__((warn_unused_result));
