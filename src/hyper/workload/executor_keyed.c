// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Executor, keyed: what the scheduler lets start runs on a worker of its own, or here when it never
 * blocks.
 *
 * Jobs come in through the queues of the executor and go into the scheduler while that has room.
 * Control does not: it waits until nothing runs and holds everything else back, so that it neither
 * waits behind a queue that is held nor runs beside a handler. The pool has a thread for each job
 * that may run at once, so that a handler that is stuck takes nobody else's.
 *
 * Loop thread, but for keyed_work(). */
#include "hyper/workload/executor_keyed.h"

#include <assert.h>

#include "base/err.h"
#include "base/mem.h"

/* Jobs that one pump runs here before it lets the loop look at its sockets again. */
#define KEYED_BURST 64

/* How long to wait for the system to have a thread again. */
#define KEYED_AGAIN_US 20000

struct executor_keyed {
    struct executor *executor;
    struct scheduler *scheduler;
    struct workers *workers;
    struct executor_job *control; /* runs, alone */
    struct list running;          /* on workers, the oldest first, until reported */
    struct list unsent;           /* may run, but there was no thread */
    struct loop_timer again;
    bool was_full; /* somebody was told that there is no room */
};

static void keyed_finish(struct executor_keyed *keyed, struct executor_job *job)
{
    if (keyed->control == job)
        keyed->control = NULL;
    else
        scheduler_finish(keyed->scheduler, &job->_turn);
    keyed->executor->queued--;
}

static void keyed_on_worked(struct loop_post *post)
{
    struct executor_job *job = container_of(post, struct executor_job, _post);
    struct executor *executor = job->_executor;
    list_remove(&job->_link);
    keyed_finish(executor->_keyed, job);
    loop_defer(executor->loop, &executor->_pump);
    job->done(job);
}

static void keyed_work(struct work *work)
{
    struct executor_job *job = container_of(work, struct executor_job, _work);
    executor_run_job(job->_executor, job);
    executor_post_back(job->_executor, &job->_post, keyed_on_worked);
}

static void keyed_send(struct executor_keyed *keyed, struct executor_job *job)
{
    list_init(&job->_link);
    if (workers_submit(keyed->workers, &job->_work, keyed_work) != 0) {
        list_push(&keyed->unsent, &job->_link); /* the system has no thread for us just now */
        loop_timer_start(&keyed->again, KEYED_AGAIN_US);
        return;
    }
    job->_since_us = loop_now_us(keyed->executor->loop);
    list_push(&keyed->running, &job->_link);
    executor_watch_start(keyed->executor);
}

static void keyed_on_again(struct loop_timer *timer)
{
    struct executor_keyed *keyed = container_of(timer, struct executor_keyed, again);
    struct list unsent;
    list_init(&unsent);
    while (!list_is_empty(&keyed->unsent))
        list_push(&unsent, list_pop(&keyed->unsent));
    while (!list_is_empty(&unsent))
        keyed_send(keyed, container_of(list_pop(&unsent), struct executor_job, _link));
}

/* Runs it here, or sends it off. True: it has run. */
static bool keyed_start(struct executor_keyed *keyed, struct executor_job *job)
{
    if (!job->never_blocks) {
        keyed_send(keyed, job);
        return false;
    }
    executor_run_job(keyed->executor, job);
    keyed_finish(keyed, job);
    return true;
}

/* From the queues into the scheduler. */
static void keyed_admit(struct executor_keyed *keyed)
{
    for (int i = EXECUTOR_HIGH; i < EXECUTOR_PRIORITIES; i++) {
        struct list *queue = &keyed->executor->_queue[i];
        while (!list_is_empty(queue) && scheduler_has_room(keyed->scheduler)) {
            struct executor_job *job = container_of(list_pop(queue), struct executor_job, _link);
            scheduler_submit(keyed->scheduler, &job->_turn);
        }
    }
}

/* The next job that may start; NULL: none. */
static struct executor_job *keyed_next(struct executor_keyed *keyed)
{
    struct list *control = &keyed->executor->_queue[EXECUTOR_CONTROL];
    if (keyed->control)
        return NULL;
    if (!list_is_empty(control)) {
        if (scheduler_running(keyed->scheduler) > 0)
            return NULL;
        keyed->control = container_of(list_pop(control), struct executor_job, _link);
        return keyed->control;
    }
    if (executor_is_held(keyed->executor))
        return NULL;
    keyed_admit(keyed);
    struct scheduler_job *turn = scheduler_next(keyed->scheduler);
    return turn ? container_of(turn, struct executor_job, _turn) : NULL;
}

void executor_keyed_pump(struct executor_keyed *keyed)
{
    struct executor *executor = keyed->executor;
    struct executor_job *job = NULL;
    struct list ran;
    int burst = KEYED_BURST;
    list_init(&ran);
    while (burst > 0 && (job = keyed_next(keyed)) != NULL) {
        if (!keyed_start(keyed, job))
            continue;
        list_init(&job->_link);
        list_push(&ran, &job->_link);
        burst--;
    }
    if (burst == 0)
        loop_defer(executor->loop, &executor->_pump);
    while (!list_is_empty(&ran)) {
        job = container_of(list_pop(&ran), struct executor_job, _link);
        job->done(job);
    }
    if (keyed->was_full && executor_keyed_has_room(keyed)) {
        keyed->was_full = false;
        executor->_events->on_room(executor->_owner);
    }
}

bool executor_keyed_has_room(struct executor_keyed *keyed)
{
    if (keyed->executor->queued < SCHEDULER_CAPACITY)
        return true;
    keyed->was_full = keyed->executor->_events != NULL;
    return false;
}

struct executor_job *executor_keyed_oldest(struct executor_keyed *keyed)
{
    return list_is_empty(&keyed->running)
               ? NULL
               : container_of(keyed->running.next, struct executor_job, _link);
}

void executor_keyed_forget(struct executor_keyed *keyed, struct executor_job *job)
{
    assert(!list_is_empty(&keyed->running));
    list_remove(&job->_link);
}

int executor_keyed_new(struct executor *executor, uint32_t budget, const struct hash_key *hash)
{
    struct workers_options workers = {"actr-keyed", budget, budget};
    struct executor_keyed *keyed = mem_alloc(sizeof(*keyed));
    if (!keyed)
        return err_origin(ACTR_ENOMEM, "executor: no memory");
    int r = scheduler_new(budget, SCHEDULER_CAPACITY, hash, &keyed->scheduler);
    if (r == 0)
        r = workers_new(&keyed->workers, &workers);
    if (r < 0) {
        scheduler_free(keyed->scheduler);
        mem_free(keyed);
        return r;
    }
    keyed->executor = executor;
    list_init(&keyed->running);
    list_init(&keyed->unsent);
    loop_timer_init(&keyed->again, executor->loop, keyed_on_again);
    executor->_keyed = keyed;
    return 0;
}

void executor_keyed_free(struct executor_keyed *keyed)
{
    if (!keyed)
        return;
    loop_timer_stop(&keyed->again);
    workers_free(keyed->workers);
    scheduler_free(keyed->scheduler);
    mem_free(keyed);
}
