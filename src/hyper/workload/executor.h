// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Executor: one actor's turn. Jobs run one at a time, control before high priority before the rest,
 * each in the order it came. An executor that was made keyed (executor_set_keyed) lets jobs overlap
 * whose keys do not conflict, on a worker each; what has no key, and control, runs alone.
 *
 * Where a job runs: on the loop, if it says that it never blocks; else on a worker, together with
 * those that directly follow it (one wake-up for many); or on the very thread that wants it, when
 * the actor is idle and that thread may wait (direct hand-off: executor_enter; never when keyed).
 * The turn is a baton, so whoever runs, runs alone.
 *
 * Held (executor_hold), nothing but control starts: what runs ends, the queue stays.
 *
 * Bounded by whoever submits (mailbox pump and local calls count what they have in flight). Loop
 * thread, but for executor_enter(), executor_leave() and executor_announce(). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "runtime/scheduler.h"
#include "sys/baton.h"
#include "sys/flag.h"
#include "sys/loop.h"
#include "sys/workers.h"

struct executor;
struct executor_job;
struct executor_keyed;

/* In the actor's turn, on whatever thread has it. */
typedef void executor_run_fn(struct executor_job *job);
/* On the loop, after run. Last use of the job by the executor. May be NULL for jobs run by
 * executor_enter(). */
typedef void executor_done_fn(struct executor_job *job);

/* What a job is, for people. */
struct executor_about {
    struct actr_view route, request_id; /* ptr NULL: none */
};
/* Any thread, while the job runs. */
typedef void executor_about_fn(const struct executor_job *job, struct executor_about *ret_about);

/* Embedded in what is to be run; zeroed, or by executor_job_init(). */
struct executor_job {
    struct list _link;
    executor_run_fn *run;
    executor_done_fn *done;
    executor_about_fn *about; /* may be NULL */
    bool never_blocks;
    bool high;
    bool control; /* lifecycle: first of all, alone, also when held */
    bool _announced;
    struct executor *_executor;
    struct loop_post _post; /* from the worker back to the loop */
    /* Of a keyed executor, set when the job is submitted. */
    struct work _work;
    struct scheduler_job _turn;
    uint64_t _since_us;
};

/* The fields above the line; the rest costs a message nothing. */
static inline void executor_job_init(struct executor_job *job, executor_run_fn *run,
                                     executor_done_fn *done)
{
    job->run = run;
    job->done = done;
    job->about = NULL;
    job->never_blocks = job->high = job->control = job->_announced = false;
}

/* Upwards; on the loop. */
struct executor_events {
    /* A job has been running for as long as executor_watch() allows; once for each. job NULL: a
     * thread that handed itself off, and something else waits. The job must not be touched later.
     */
    void (*on_stuck)(void *owner, const struct executor_job *job, uint64_t age_us);
    /* executor_has_room() is true again. */
    void (*on_room)(void *owner);
};

/* A turn that a thread is inside of; on its stack. */
struct executor_turn {
    struct executor *executor;
    struct executor_turn *outer;
};

enum executor_priority { EXECUTOR_CONTROL, EXECUTOR_HIGH, EXECUTOR_NORMAL, EXECUTOR_PRIORITIES };

/* Jobs handed to a worker at once; what comes in with high priority waits for no more than these.
 */
#define EXECUTOR_BATCH 16

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
    struct flag _is_held;
    struct executor_keyed *_keyed; /* NULL: serial */
    const struct executor_events *_events;
    void *_owner;
    uint64_t _stuck_after_us; /* 0: nobody asked */
    struct loop_timer _watch;
    /* What the worker has, in order, as far as the loop knows; of these the first runs. */
    struct executor_job *_sent[EXECUTOR_BATCH];
    unsigned _sent_at, _sent_count;
    uint64_t _since_us;
    bool _waits_for_thread, _is_reported;
};

/* workers NULL: every job runs on the loop. */
void executor_init(struct executor *executor, struct loop *loop, struct workers *workers);
/* Nothing may be queued or running. Joins the workers of a keyed one. */
void executor_deinit(struct executor *executor);

/* While idle, once: from now on up to `budget` jobs run at once, each on a worker of its own, and
 * SCHEDULER_CAPACITY are queued or running before executor_has_room() says no. Needs workers.
 * ACTR_ENOMEM. */
int executor_set_keyed(struct executor *executor, uint32_t budget,
                       const struct hash_key *hash) ACTR_MUST_CHECK;
static inline bool executor_is_keyed(const struct executor *executor)
{
    return executor->_keyed != NULL;
}

/* While idle: who is told. stuck_after_us 0: never stuck. */
void executor_watch(struct executor *executor, const struct executor_events *events, void *owner,
                    uint64_t stuck_after_us);

/* Queues a job; it runs later, never inside; alone. */
void executor_submit(struct executor *executor, struct executor_job *job);
/* As executor_submit(), but beside jobs that `key` does not conflict with, when the executor is
 * keyed. The bytes of the key stay until done(). */
void executor_submit_key(struct executor *executor, struct executor_job *job,
                         const struct conflict_key *key);
/* What the actor is told about, as against asked for: one at a time, beside its handlers, so that
 * nothing waits behind a handler for news of it. Serial executors run it alone like anything. */
extern const struct conflict_key executor_observation;
/* False: keyed and at capacity; on_room() follows. Who can let its work wait elsewhere, should. */
bool executor_has_room(struct executor *executor);

/* Any thread, once until executor_release(): nothing but control starts any more. */
void executor_hold(struct executor *executor);
/* Loop. */
void executor_release(struct executor *executor);
static inline bool executor_is_held(const struct executor *executor)
{
    return flag_get(&executor->_is_held);
}

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
