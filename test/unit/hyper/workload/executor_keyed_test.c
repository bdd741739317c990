// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Executor, keyed: overlap and its bounds, barriers, control, hold, and what is stuck. Jobs meet
 * each other at flags and waiters on real workers; nothing sleeps. */
#include "hyper/workload/executor_keyed.h"

#include <string.h>

#include "harness.h"
#include "sys/lock.h"
#include "sys/loop_uv.h"
#include "sys/waiter.h"

#define JOB_MAX 400

/* A job that may wait until enough others run beside it. */
struct job {
    struct executor_job base;
    int number, lane;
    bool waits; /* for the others */
};

static struct {
    struct loop *loop;
    struct workers *workers;
    struct executor executor;
    struct lock lock; /* the counts and the order */
    int inside, inside_max, lane_inside[JOB_MAX];
    bool lane_met; /* two of one lane at once */
    int order[JOB_MAX], count;
    int done, wanted;
    int meet; /* who waits at a gate leaves when so many are inside */
    struct waiter gates[JOB_MAX];
    int stuck, rooms;
    const struct executor_job *stuck_job;
} rig;

static void job_enter(struct job *job)
{
    lock_take(&rig.lock);
    rig.order[rig.count++] = job->number;
    rig.lane_met |= rig.lane_inside[job->lane]++ > 0;
    if (++rig.inside > rig.inside_max)
        rig.inside_max = rig.inside;
    if (rig.inside == rig.meet) {
        for (int i = 0; i < JOB_MAX; i++)
            waiter_signal(&rig.gates[i]);
    }
    lock_give(&rig.lock);
}

static void job_run(struct executor_job *base)
{
    struct job *job = (struct job *)base;
    job_enter(job);
    if (job->waits)
        assert_true(waiter_wait(&rig.gates[job->number], WAITER_FOREVER));
    lock_take(&rig.lock);
    rig.inside--;
    rig.lane_inside[job->lane]--;
    lock_give(&rig.lock);
}

static void job_done(struct executor_job *base)
{
    (void)base;
    if (++rig.done == rig.wanted)
        loop_uv_stop(rig.loop);
}

static void job_make(struct job *job, int number, int lane)
{
    memset(job, 0, sizeof(*job));
    executor_job_init(&job->base, job_run, job_done);
    job->number = number;
    job->lane = lane;
}

static struct conflict_key key_of(uint8_t lane)
{
    struct conflict_key key = {.kind = CONFLICT_KEY_SCOPED, .len = 1, .scalar = {lane}};
    return key;
}

static void submit(struct job *job)
{
    struct conflict_key key = key_of((uint8_t)job->lane);
    executor_submit_key(&rig.executor, &job->base, &key);
}

static void on_stuck(void *owner, const struct executor_job *job, uint64_t age_us)
{
    (void)owner;
    assert_true(age_us >= 1000);
    rig.stuck++;
    rig.stuck_job = job;
    if (rig.stuck == rig.wanted)
        loop_uv_stop(rig.loop);
}

static void on_room(void *owner)
{
    (void)owner;
    rig.rooms++;
}

static const struct executor_events events = {.on_stuck = on_stuck, .on_room = on_room};

static void rig_open(uint32_t budget, uint64_t stuck_after_us)
{
    struct workers_options options = {"test", 1, 1};
    static const struct hash_key hash = {{7}};
    memset(&rig, 0, sizeof(rig));
    lock_init(&rig.lock);
    for (int i = 0; i < JOB_MAX; i++)
        waiter_init(&rig.gates[i]);
    assert_int_equal(loop_uv_new(&rig.loop), 0);
    assert_int_equal(workers_new(&rig.workers, &options), 0);
    executor_init(&rig.executor, rig.loop, rig.workers);
    executor_watch(&rig.executor, &events, NULL, stuck_after_us);
    if (budget)
        assert_int_equal(executor_set_keyed(&rig.executor, budget, &hash), 0);
}

/* Until so many are done. */
static void run(int done)
{
    rig.wanted = done;
    if (rig.done < done)
        loop_uv_run(rig.loop);
    assert_int_equal(rig.done, done);
}

static void stop_loop(void *arg)
{
    (void)arg;
    loop_uv_stop(rig.loop);
}

static void rig_close(void)
{
    rig.wanted = -1;
    executor_when_idle(&rig.executor, stop_loop, NULL);
    loop_uv_run(rig.loop);
    executor_deinit(&rig.executor);
    workers_free(rig.workers);
    loop_uv_close(rig.loop);
    for (int i = 0; i < JOB_MAX; i++)
        waiter_deinit(&rig.gates[i]);
    lock_deinit(&rig.lock);
}

TEST(one_key_in_order_one_at_a_time_and_never_over_the_budget)
{
    static struct job jobs[200];
    rig_open(4, 0);
    for (int i = 0; i < 200; i++) {
        job_make(&jobs[i], i, i % 7);
        jobs[i].base.never_blocks = i % 5 == 0;
        submit(&jobs[i]);
    }
    assert_int_equal(rig.count, 0);
    run(200);
    int last[7] = {-1, -1, -1, -1, -1, -1, -1};
    for (int i = 0; i < 200; i++) {
        assert_true(rig.order[i] > last[rig.order[i] % 7]);
        last[rig.order[i] % 7] = rig.order[i];
    }
    assert_false(rig.lane_met);
    assert_true(rig.inside_max <= 4);
    rig_close();
}

/* Ends only if so many run at once. */
static void meet(int count, struct job *jobs, const struct conflict_key *keys)
{
    rig.meet = count;
    for (int i = 0; i < count; i++) {
        job_make(&jobs[i], i, i);
        jobs[i].waits = true;
        executor_submit_key(&rig.executor, &jobs[i].base, &keys[i]);
    }
    run(count);
    assert_int_equal(rig.inside_max, count);
}

TEST(different_keys_overlap_up_to_the_budget)
{
    struct job jobs[4];
    struct conflict_key keys[4] = {key_of(0), key_of(1), key_of(2), key_of(3)};
    rig_open(4, 0);
    meet(4, jobs, keys);
    rig_close();
}

TEST(free_messages_overlap)
{
    struct job jobs[3];
    struct conflict_key keys[3] = {
        {.kind = CONFLICT_KEY_FREE}, {.kind = CONFLICT_KEY_FREE}, {.kind = CONFLICT_KEY_FREE}};
    rig_open(3, 0);
    meet(3, jobs, keys);
    rig_close();
}

TEST(without_keys_nothing_overlaps)
{
    static struct job jobs[100];
    rig_open(8, 0);
    for (int i = 0; i < 100; i++) {
        job_make(&jobs[i], i, i);
        executor_submit(&rig.executor, &jobs[i].base);
    }
    run(100);
    assert_int_equal(rig.inside_max, 1);
    for (int i = 0; i < 100; i++)
        assert_int_equal(rig.order[i], i);
    rig_close();
}

TEST(a_serial_executor_takes_keys_for_nothing)
{
    static struct job jobs[100];
    rig_open(0, 0);
    assert_false(executor_is_keyed(&rig.executor));
    for (int i = 0; i < 100; i++) {
        job_make(&jobs[i], i, i);
        submit(&jobs[i]);
    }
    run(100);
    assert_int_equal(rig.inside_max, 1);
    for (int i = 0; i < 100; i++)
        assert_int_equal(rig.order[i], i);
    rig_close();
}

/* A control job that finds anybody inside fails. */
static int controls, controlled_at;

static void control_run(struct executor_job *base)
{
    (void)base;
    lock_take(&rig.lock);
    assert_int_equal(rig.inside, 0);
    controls++;
    controlled_at = rig.count;
    lock_give(&rig.lock);
}

static void control_make(struct executor_job *job)
{
    memset(job, 0, sizeof(*job));
    executor_job_init(job, control_run, job_done);
    job->control = true;
}

TEST(control_runs_alone_and_before_what_waits)
{
    static struct job jobs[60];
    struct executor_job control[2];
    rig_open(4, 0);
    controls = 0;
    for (int i = 0; i < 60; i++) {
        job_make(&jobs[i], i, i % 9);
        submit(&jobs[i]);
        if (i == 30) {
            control_make(&control[0]);
            executor_submit(&rig.executor, &control[0]);
        }
    }
    control_make(&control[1]);
    control[1].never_blocks = true;
    executor_submit(&rig.executor, &control[1]);
    run(62);
    assert_int_equal(controls, 2);
    assert_int_equal(controlled_at, 0); /* they were there before anything had begun */
    assert_int_equal(rig.count, 60);
    rig_close();
}

static void hold_run(struct executor_job *base)
{
    executor_hold(base->_executor);
    job_run(base);
}

/* One job says that it must be the last; what is behind it stays, and control passes it. */
static void holds(uint32_t budget)
{
    static struct job jobs[20];
    struct executor_job control;
    rig_open(budget, 0);
    controls = 0;
    for (int i = 0; i < 20; i++) {
        job_make(&jobs[i], i, 1);
        if (i == 3)
            jobs[i].base.run = hold_run;
        submit(&jobs[i]);
    }
    run(4);
    assert_true(executor_is_held(&rig.executor));
    control_make(&control);
    executor_submit(&rig.executor, &control);
    run(5);
    assert_int_equal(controls, 1);
    assert_int_equal(rig.count, 4);
    assert_int_equal(rig.executor.queued, 16);
    executor_release(&rig.executor);
    run(21);
    for (int i = 0; i < 20; i++)
        assert_int_equal(rig.order[i], i);
    rig_close();
}

TEST(held_nothing_starts_but_control_and_the_queue_survives)
{
    holds(0);
    holds(4);
}

TEST(held_nobody_hands_itself_off)
{
    struct executor_turn turn;
    rig_open(0, 0);
    executor_hold(&rig.executor);
    assert_false(executor_enter(&rig.executor, &turn));
    executor_release(&rig.executor);
    assert_true(executor_enter(&rig.executor, &turn));
    executor_leave(&turn);
    rig_close();
    rig_open(2, 0);
    assert_false(executor_enter(&rig.executor, &turn)); /* keyed: never */
    rig_close();
}

TEST(at_capacity_there_is_no_room_and_later_there_is)
{
    static struct job jobs[SCHEDULER_CAPACITY];
    rig_open(4, 0);
    for (int i = 0; i < SCHEDULER_CAPACITY; i++) {
        assert_true(executor_has_room(&rig.executor));
        job_make(&jobs[i], i, i % 11);
        submit(&jobs[i]);
    }
    assert_false(executor_has_room(&rig.executor));
    assert_int_equal(rig.rooms, 0);
    run(SCHEDULER_CAPACITY);
    rig.wanted = -1;
    executor_when_idle(&rig.executor, stop_loop, NULL);
    loop_uv_run(rig.loop);
    assert_int_equal(rig.rooms, 1);
    assert_true(executor_has_room(&rig.executor));
    rig_close();
}

/* Jobs that run until the report of them has come, which stops the loop. */
static void stuck(uint32_t budget, int count)
{
    struct job jobs[3];
    rig_open(budget, 1000);
    for (int i = 0; i < count; i++) {
        job_make(&jobs[i], i, i);
        jobs[i].waits = true;
        submit(&jobs[i]);
    }
    rig.wanted = count; /* of reports, while nothing can be done */
    loop_uv_run(rig.loop);
    assert_int_equal(rig.stuck, count);
    assert_ptr_equal(rig.stuck_job, &jobs[count - 1].base);
    for (int i = 0; i < count; i++)
        waiter_signal(&rig.gates[i]);
    run(count);
    assert_int_equal(rig.stuck, count); /* once each */
    rig_close();
}

TEST(a_job_that_does_not_end_is_reported_once)
{
    stuck(0, 1);
    stuck(3, 3);
}

TEST(a_thread_that_stays_inside_is_reported_when_something_waits)
{
    struct executor_turn turn;
    struct job job;
    rig_open(0, 1000);
    assert_true(executor_enter(&rig.executor, &turn));
    job_make(&job, 0, 0);
    submit(&job);
    rig.wanted = 1;
    loop_uv_run(rig.loop);
    assert_int_equal(rig.stuck, 1);
    assert_null(rig.stuck_job);
    executor_leave(&turn);
    run(1);
    rig_close();
}
