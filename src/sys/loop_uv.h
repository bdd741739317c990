// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The loop on libuv.
 *
 * Either a thread gives itself to the loop with loop_uv_run(), or a foreign loop watches
 * loop_uv_fd() and calls loop_uv_dispatch(). Timers have a resolution of 1 ms (they are late by at
 * most that, and never early); a late loop is not made up for.
 *
 * The thread that creates the loop counts as its thread until another runs it; whoever starts that
 * other one waits for a first post to come back before going on. */
#pragma once

#include "sys/loop.h"

struct uv_loop_s;

/* ACTR_ENOMEM, ACTR_EIO (the system refused a descriptor; the detail says why). */
int loop_uv_new(struct loop **ret_loop) __attribute__((warn_unused_result));

/* Refuses posts from now on; runs those accepted before and all that is deferred; frees the loop.
 * Every timer must be stopped, everything on loop_uv_handle() closed or closing. On the loop's
 * thread, outside loop_uv_run() and loop_uv_dispatch(). NULL is fine; returns NULL. */
struct loop *loop_uv_close(struct loop *loop);

/* Runs callbacks on this thread until loop_uv_stop(). */
void loop_uv_run(struct loop *loop);
/* Any thread: makes loop_uv_run() return soon; when nobody runs the loop, the next run returns at
 * once. */
void loop_uv_stop(struct loop *loop);

/* For a foreign loop: wait until fd is readable or the time is over (milliseconds; -1: no limit),
 * then dispatch, which runs what is due and never waits. */
int loop_uv_fd(const struct loop *loop);
int loop_uv_timeout_ms(struct loop *loop);
void loop_uv_dispatch(struct loop *loop);

/* The same, but waits until something is due. */
void loop_uv_dispatch_wait(struct loop *loop);

/* For net/, which hangs sockets on it. */
struct uv_loop_s *loop_uv_handle(struct loop *loop);
