// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Executor: one actor's turn. Jobs run one at a time, high priority first, each priority in the
 * order it came.
 *
 * Where a job runs: on the loop, if it says that it never blocks; else on a worker, together with
 * those that directly follow it (one wake-up for many); or on the very thread that wants it, when
 * the actor is idle and that thread may wait (direct hand-off: executor_enter). The turn is a
 * baton, so whoever runs, runs alone.
 *
 * Bounded by whoever submits (mailbox pump and local calls count what they have in flight). Loop
 * thread, but for executor_enter(), executor_leave() and executor_announce(). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "sys/baton.h"
#include "sys/loop.h"
#include "sys/workers.h"

struct executor;
struct executor_job;

/* In the actor's turn, on whatever thread has it. */
typedef void executor_run_fn(struct executor_job *job);
/* On the loop, after run. Last use of the job by the executor. May be NULL for jobs run by
 * executor_enter(). */
typedef void executor_done_fn(struct executor_job *job);

/* Embedded in what is to be run. */
struct executor_job {
    struct list _link;
    executor_run_fn *run;
    executor_done_fn *done;
    bool never_blocks;
    bool high;
    bool _announced;
    struct executor *_executor;
    struct loop_post _post; /* from the worker back to the loop */
};

/* A turn that a thread is inside of; on its stack. */
struct executor_turn {
    struct executor *executor;
    struct executor_turn *outer;
};

enum { EXECUTOR_HIGH, EXECUTOR_NORMAL, EXECUTOR_PRIORITIES };

struct executor {
    struct loop *loop;
    struct workers *workers;
    struct baton baton;
    struct list _queue[EXECUTOR_PRIORITIES];
    struct list _batch; /* the worker's while _is_working */
    bool _is_working;
    struct loop_task _pump;
    struct work _work;
    struct loop_post _worked; /* the batch is back */
    struct loop_post _woken;  /* the baton is free again */
    struct loop_timer _again; /* no worker could be had */
    size_t queued;            /* submitted, done() not called yet */
    void (*_on_idle)(void *arg);
    void *_idle_arg;
};

/* workers NULL: every job runs on the loop. */
void executor_init(struct executor *executor, struct loop *loop, struct workers *workers);
/* Nothing may be queued or running. */
void executor_deinit(struct executor *executor);

/* Queues a job; it runs later, never inside. */
void executor_submit(struct executor *executor, struct executor_job *job);

/* Any thread: a message for this actor is on its way to the loop by post; until it has been
 * submitted no direct hand-off overtakes it. executor_submit() of the job ends the announcement, or
 * executor_retract() when it will never be submitted. */
void executor_announce(struct executor *executor, struct executor_job *job);
void executor_retract(struct executor *executor, struct executor_job *job);

/* Any thread but the loop: takes the turn if the actor is idle and nothing is on its way to it.
 * True: the caller runs what it wants in the turn and then leaves; done() is not called. */
bool executor_enter(struct executor *executor, struct executor_turn *turn);
void executor_leave(struct executor_turn *turn);

/* True on a thread that is inside a turn of this executor. */
bool executor_is_current(const struct executor *executor);

/* Calls fn(arg) on the loop as soon as nothing is queued or running here; once, never inside. A
 * turn taken by executor_enter() is not waited for. */
void executor_when_idle(struct executor *executor, void (*fn)(void *arg), void *arg);
