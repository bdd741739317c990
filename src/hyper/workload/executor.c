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
 * What runs away from the loop is watched by one timer, which is started when the first
 * job leaves, looks at the clock when it fires and not at each job, and stops when all is quiet. A
 * keyed executor (executor_keyed.c) never gives its baton away: something counts as announced for
 * ever.
 *
 * Loop thread but for enter, leave and announce. Never blocks. */
#include "hyper/workload/executor.h"

#include <assert.h>

#include "hyper/workload/executor_keyed.h"

/* Jobs that one pump runs before it lets the loop look at its sockets again. */
#define EXECUTOR_BURST 64

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

void executor_run_job(struct executor *executor, struct executor_job *job)
{
    struct executor_turn turn;
    baton_retire(&executor->baton);
    turn_begin(executor, &turn);
    job->run(job);
    turn_end(&turn);
}

static struct list *executor_queue(struct executor *executor)
{
    int count = executor_is_held(executor) ? EXECUTOR_HIGH : EXECUTOR_PRIORITIES;
    for (int i = 0; i < count; i++) {
        if (!list_is_empty(&executor->_queue[i]))
            return &executor->_queue[i];
    }
    return NULL;
}

static enum executor_priority executor_priority(const struct executor_job *job)
{
    if (job->control)
        return EXECUTOR_CONTROL;
    return job->high ? EXECUTOR_HIGH : EXECUTOR_NORMAL;
}

/* Watch -------------------------------------------------------------------------------------- */

void executor_watch_start(struct executor *executor)
{
    if (executor->_stuck_after_us && !loop_timer_is_active(&executor->_watch))
        loop_timer_start(&executor->_watch, executor->_stuck_after_us);
}

/* What has been running, or in the way, for longest and was not reported, and since when; false:
 * nothing. *ret_job NULL: a thread that handed itself off. */
static bool executor_oldest(struct executor *executor, struct executor_job **ret_job,
                            uint64_t *ret_since_us)
{
    *ret_job = NULL;
    if (executor->_keyed) {
        *ret_job = executor_keyed_oldest(executor->_keyed);
        *ret_since_us = *ret_job ? (*ret_job)->_since_us : 0;
        return *ret_job != NULL;
    }
    if (executor->_is_reported)
        return false;
    *ret_since_us = executor->_since_us;
    if (executor->_sent_at < executor->_sent_count)
        *ret_job = executor->_sent[executor->_sent_at];
    return *ret_job || executor->_waits_for_thread;
}

static void executor_on_watch(struct loop_timer *timer)
{
    struct executor *executor = container_of(timer, struct executor, _watch);
    uint64_t now_us = loop_now_us(executor->loop), since_us = 0;
    struct executor_job *job;
    while (executor_oldest(executor, &job, &since_us)) {
        uint64_t age_us = now_us - since_us;
        if (age_us < executor->_stuck_after_us) {
            loop_timer_start(timer, executor->_stuck_after_us - age_us);
            return;
        }
        if (executor->_keyed)
            executor_keyed_forget(executor->_keyed, job);
        else
            executor->_is_reported = true;
        executor->_events->on_stuck(executor->_owner, job, age_us);
    }
}

/* Something else is in the way from now on. */
static void executor_set_since(struct executor *executor)
{
    executor->_since_us = loop_now_us(executor->loop);
    executor->_is_reported = false;
    executor_watch_start(executor);
}

/* Idle --------------------------------------------------------------------------------------- */

static void executor_check_idle(struct executor *executor)
{
    if (executor->queued != 0)
        return;
    loop_timer_stop(&executor->_watch);
    if (!executor->_on_idle)
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
    executor->_waits_for_thread = false;
    loop_defer(executor->loop, &executor->_pump);
}

static void executor_on_worked(struct loop_post *post)
{
    struct executor *executor = container_of(post, struct executor, _worked);
    executor->_is_working = false;
    executor->_sent_at = executor->_sent_count = 0;
    while (!list_is_empty(&executor->_batch)) { /* held: these did not run */
        struct list *last = executor->_batch.prev;
        struct executor_job *job = container_of(last, struct executor_job, _link);
        list_remove(last);
        list_push_front(&executor->_queue[executor_priority(job)], last);
    }
    (void)baton_release(&executor->baton); /* no mark: only the loop leaves one */
    loop_defer(executor->loop, &executor->_pump);
}

static void executor_on_job_posted(struct loop_post *post)
{
    struct executor_job *job = container_of(post, struct executor_job, _post);
    struct executor *executor = job->_executor;
    executor->queued--;
    if (++executor->_sent_at < executor->_sent_count)
        executor_set_since(executor);
    job->done(job);
}

/* From the worker; the loop closes only after its executors are idle, so it cannot refuse. */
void executor_post_back(struct executor *executor, struct loop_post *post, loop_post_fn *fn)
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
        executor_run_job(executor, job);
        bool is_held = executor_is_held(executor);
        executor_post_back(executor, &job->_post, executor_on_job_posted);
        if (is_held)
            break;
    }
    executor_post_back(executor, &executor->_worked, executor_on_worked);
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
        executor->_sent[executor->_sent_count++] = job;
        if (job->control)
            break; /* it may change what runs next */
    }
    executor->_is_working = true;
    executor_set_since(executor);
    if (workers_submit(executor->workers, &executor->_work, executor_work) == 0)
        return true;
    executor->_is_working = false; /* the system has no thread for us just now */
    executor->_sent_count = 0;
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
        executor_run_job(executor, job);
        list_push(ran, &job->_link);
    }
    return false;
}

static void executor_pump_serial(struct executor *executor)
{
    if (executor->_is_working || loop_timer_is_active(&executor->_again))
        return; /* executor_on_worked() or executor_on_again() comes back here */
    if (executor_queue(executor)) {
        if (!baton_want(&executor->baton)) {
            if (!executor->_waits_for_thread)
                executor_set_since(executor);
            executor->_waits_for_thread = true;
            return; /* executor_leave() comes back here */
        }
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

static void executor_on_pump(struct loop_task *task)
{
    struct executor *executor = container_of(task, struct executor, _pump);
    if (!executor->_keyed) {
        executor_pump_serial(executor);
        return;
    }
    executor_keyed_pump(executor->_keyed);
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
    loop_timer_init(&executor->_watch, loop, executor_on_watch);
}

void executor_deinit(struct executor *executor)
{
    assert(executor->queued == 0 && !executor->_is_working);
    loop_timer_stop(&executor->_again);
    loop_timer_stop(&executor->_watch);
    loop_task_cancel(&executor->_pump);
    executor_keyed_free(executor->_keyed);
    executor->_keyed = NULL;
}

int executor_set_keyed(struct executor *executor, uint32_t budget, const struct hash_key *hash)
{
    assert(executor->workers && !executor->_keyed && executor->queued == 0);
    int r = executor_keyed_new(executor, budget, hash);
    if (r == 0)
        baton_announce(&executor->baton); /* for ever: nobody hands itself off */
    return r;
}

void executor_watch(struct executor *executor, const struct executor_events *events, void *owner,
                    uint64_t stuck_after_us)
{
    executor->_events = events;
    executor->_owner = owner;
    executor->_stuck_after_us = stuck_after_us;
}

/* A domain that no route has. */
const struct conflict_key executor_observation = {.kind = CONFLICT_KEY_SCOPED,
                                                  .domain = UINT32_MAX};

void executor_submit(struct executor *executor, struct executor_job *job)
{
    static const struct conflict_key alone = {.kind = CONFLICT_KEY_BARRIER};
    executor_submit_key(executor, job, &alone);
}

void executor_submit_key(struct executor *executor, struct executor_job *job,
                         const struct conflict_key *key)
{
    if (executor->_keyed)
        job->_turn.key = *key;
    if (!job->_announced)
        baton_announce(&executor->baton);
    job->_announced = false;
    job->_executor = executor;
    list_init(&job->_link);
    list_push(&executor->_queue[executor_priority(job)], &job->_link);
    executor->queued++;
    loop_defer(executor->loop, &executor->_pump);
}

bool executor_has_room(struct executor *executor)
{
    return !executor->_keyed || executor_keyed_has_room(executor->_keyed);
}

void executor_hold(struct executor *executor)
{
    baton_announce(&executor->baton); /* nobody hands itself off */
    flag_set(&executor->_is_held);
}

void executor_release(struct executor *executor)
{
    flag_clear(&executor->_is_held);
    baton_retire(&executor->baton);
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
