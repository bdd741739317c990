// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Executor: the pump, the batch on a worker, the hand-off.
 *
 * The baton says who has the turn and whether something is on its way: direct hand-off takes it
 * only when the actor is idle in every sense, so that one thread's messages never overtake each
 * other. The loop side may wait for it (it leaves a mark, and whoever gives the baton back wakes
 * the loop). A batch keeps the baton from the loop to the worker and back. done() runs without the
 * baton: it may submit, but nothing runs inside it.
 *
 * Loop thread but for enter, leave and announce. Never blocks. */
#include "hyper/workload/executor.h"

#include <assert.h>

/* Jobs that one pump runs before it lets the loop look at its sockets again. */
#define EXECUTOR_BURST 64

/* Jobs handed to a worker at once; what comes in with high priority waits for no more than these.
 */
#define EXECUTOR_BATCH 16

/* How long to wait for the system to have a thread again. */
#define EXECUTOR_AGAIN_US 20000

/* The turns this thread is inside of, innermost first: a handler may hand itself off to another
 * actor. */
static _Thread_local struct executor_turn *executor_turns;

static void turn_begin(struct executor *executor, struct executor_turn *turn)
{
    turn->executor = executor;
    turn->outer = executor_turns;
    executor_turns = turn;
}

static void turn_end(struct executor_turn *turn)
{
    assert(executor_turns == turn);
    executor_turns = turn->outer;
}

bool executor_is_current(const struct executor *executor)
{
    for (struct executor_turn *turn = executor_turns; turn; turn = turn->outer) {
        if (turn->executor == executor)
            return true;
    }
    return false;
}

static void job_run(struct executor *executor, struct executor_job *job)
{
    struct executor_turn turn;
    baton_retire(&executor->baton);
    turn_begin(executor, &turn);
    job->run(job);
    turn_end(&turn);
}

static struct list *executor_queue(struct executor *executor)
{
    for (int i = 0; i < EXECUTOR_PRIORITIES; i++) {
        if (!list_is_empty(&executor->_queue[i]))
            return &executor->_queue[i];
    }
    return NULL;
}

static void executor_check_idle(struct executor *executor)
{
    if (executor->queued != 0 || !executor->_on_idle)
        return;
    if (!baton_want(&executor->baton))
        return; /* a thread is inside a turn; executor_leave() comes back here */
    (void)baton_release(&executor->baton);
    void (*fn)(void *arg) = executor->_on_idle;
    executor->_on_idle = NULL;
    fn(executor->_idle_arg);
}

static void executor_on_again(struct loop_timer *timer)
{
    struct executor *executor = container_of(timer, struct executor, _again);
    loop_defer(executor->loop, &executor->_pump);
}

static void executor_on_woken(struct loop_post *post)
{
    struct executor *executor = container_of(post, struct executor, _woken);
    loop_defer(executor->loop, &executor->_pump);
}

static void executor_on_worked(struct loop_post *post)
{
    struct executor *executor = container_of(post, struct executor, _worked);
    executor->_is_working = false;
    (void)baton_release(&executor->baton); /* no mark: only the loop leaves one */
    loop_defer(executor->loop, &executor->_pump);
}

static void executor_on_job_posted(struct loop_post *post)
{
    struct executor_job *job = container_of(post, struct executor_job, _post);
    job->_executor->queued--;
    job->done(job);
}

/* From the worker; the loop closes only after its executors are idle, so it cannot refuse. */
static void executor_post(struct executor *executor, struct loop_post *post, loop_post_fn *fn)
{
    bool posted = loop_post(executor->loop, post, fn);
    assert(posted);
    (void)posted;
}

/* Worker: has the baton for the whole batch. Each job's end is posted as it comes; the loop is
 * woken once for many. */
static void executor_work(struct work *work)
{
    struct executor *executor = container_of(work, struct executor, _work);
    while (!list_is_empty(&executor->_batch)) {
        struct executor_job *job = container_of(executor->_batch.next, struct executor_job, _link);
        list_remove(&job->_link);
        job_run(executor, job);
        executor_post(executor, &job->_post, executor_on_job_posted);
    }
    executor_post(executor, &executor->_worked, executor_on_worked);
}

/* Moves the jobs at the head of `queue` that want a worker into the batch and sends it off, baton
 * included. False: not now; they are back in the queue. */
static bool executor_send_batch(struct executor *executor, struct list *queue)
{
    for (int n = 0; n < EXECUTOR_BATCH && !list_is_empty(queue); n++) {
        struct executor_job *job = container_of(queue->next, struct executor_job, _link);
        if (job->never_blocks)
            break;
        list_remove(&job->_link);
        list_push(&executor->_batch, &job->_link);
    }
    executor->_is_working = true;
    if (workers_submit(executor->workers, &executor->_work, executor_work) == 0)
        return true;
    executor->_is_working = false; /* the system has no thread for us just now */
    while (!list_is_empty(&executor->_batch)) {
        struct list *last = executor->_batch.prev;
        list_remove(last);
        list_push_front(queue, last);
    }
    loop_timer_start(&executor->_again, EXECUTOR_AGAIN_US);
    return false;
}

/* With the baton: runs what may run here. True: the baton went off with a batch. */
static bool executor_run_here(struct executor *executor, struct list *ran)
{
    for (int n = 0; n < EXECUTOR_BURST; n++) {
        struct list *queue = executor_queue(executor);
        if (!queue)
            return false;
        struct executor_job *job = container_of(queue->next, struct executor_job, _link);
        if (!job->never_blocks && executor->workers)
            return executor_send_batch(executor, queue);
        list_remove(&job->_link);
        job_run(executor, job);
        list_push(ran, &job->_link);
    }
    return false;
}

static void executor_on_pump(struct loop_task *task)
{
    struct executor *executor = container_of(task, struct executor, _pump);
    if (executor->_is_working || loop_timer_is_active(&executor->_again))
        return; /* executor_on_worked() or executor_on_again() comes back here */
    if (executor_queue(executor)) {
        if (!baton_want(&executor->baton))
            return; /* executor_leave() comes back here */
        struct list ran;
        list_init(&ran);
        if (!executor_run_here(executor, &ran))
            (void)baton_release(&executor->baton); /* no mark: only the loop leaves one */
        while (!list_is_empty(&ran)) {
            struct executor_job *job = container_of(ran.next, struct executor_job, _link);
            list_remove(&job->_link);
            executor->queued--;
            job->done(job);
        }
        if (executor_queue(executor))
            loop_defer(executor->loop, &executor->_pump);
    }
    executor_check_idle(executor);
}

void executor_init(struct executor *executor, struct loop *loop, struct workers *workers)
{
    *executor = (struct executor){.loop = loop, .workers = workers};
    for (int i = 0; i < EXECUTOR_PRIORITIES; i++)
        list_init(&executor->_queue[i]);
    list_init(&executor->_batch);
    loop_task_init(&executor->_pump, executor_on_pump);
    loop_timer_init(&executor->_again, loop, executor_on_again);
}

void executor_deinit(struct executor *executor)
{
    assert(executor->queued == 0 && !executor->_is_working);
    loop_timer_stop(&executor->_again);
    loop_task_cancel(&executor->_pump);
}

void executor_submit(struct executor *executor, struct executor_job *job)
{
    if (!job->_announced)
        baton_announce(&executor->baton);
    job->_announced = false;
    job->_executor = executor;
    list_init(&job->_link);
    list_push(&executor->_queue[job->high ? EXECUTOR_HIGH : EXECUTOR_NORMAL], &job->_link);
    executor->queued++;
    loop_defer(executor->loop, &executor->_pump);
}

void executor_announce(struct executor *executor, struct executor_job *job)
{
    job->_announced = true;
    baton_announce(&executor->baton);
}

void executor_retract(struct executor *executor, struct executor_job *job)
{
    job->_announced = false;
    baton_retire(&executor->baton);
}

bool executor_enter(struct executor *executor, struct executor_turn *turn)
{
    if (!baton_try_take(&executor->baton))
        return false;
    turn_begin(executor, turn);
    return true;
}

void executor_leave(struct executor_turn *turn)
{
    struct executor *executor = turn->executor;
    turn_end(turn);
    if (baton_release(&executor->baton)) {
        /* Refused only when the loop has closed, which waits for its executors to be idle. */
        bool posted = loop_post(executor->loop, &executor->_woken, executor_on_woken);
        assert(posted);
        (void)posted;
    }
}

void executor_when_idle(struct executor *executor, void (*fn)(void *arg), void *arg)
{
    executor->_on_idle = fn;
    executor->_idle_arg = arg;
    loop_defer(executor->loop, &executor->_pump);
}
