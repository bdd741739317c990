// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Executor: order, priority, one at a time, hand-off and its limits. Jobs that may block run on
 * real workers. */
#include "hyper/workload/executor.h"

#include <string.h>

#include "harness.h"
#include "sys/flag.h"
#include "sys/loop_uv.h"
#include "sys/loop_virtual.h"
#include "sys/thread.h"

#define JOB_MAX 200

struct job {
    struct executor_job base;
    int number;
    bool is_done;
};

/* What the turn protects: written by whoever runs, without any lock of its own. */
static struct {
    int order[JOB_MAX];
    int count;
    int done;
    int inside, inside_max;
    struct loop *stop_loop; /* to be stopped after done_wanted */
    int done_wanted;
} seen;

static void job_run(struct executor_job *base)
{
    struct job *job = (struct job *)base;
    seen.inside++;
    if (seen.inside > seen.inside_max)
        seen.inside_max = seen.inside;
    seen.order[seen.count++] = job->number;
    seen.inside--;
}

static void job_done(struct executor_job *base)
{
    struct job *job = (struct job *)base;
    job->is_done = true;
    if (++seen.done == seen.done_wanted && seen.stop_loop)
        loop_uv_stop(seen.stop_loop);
}

static void job_make(struct job *job, int number, bool never_blocks, bool high)
{
    *job = (struct job){
        .base = {.run = job_run, .done = job_done, .never_blocks = never_blocks, .high = high},
        .number = number};
}

static void seen_reset(void)
{
    memset(&seen, 0, sizeof(seen));
}

TEST(jobs_run_in_order_high_first_and_never_inside_submit)
{
    struct loop *loop;
    struct executor executor;
    struct job jobs[6];
    seen_reset();
    assert_int_equal(loop_virtual_new(1, &loop), 0);
    executor_init(&executor, loop, NULL);
    for (int i = 0; i < 6; i++) {
        job_make(&jobs[i], i, true, i >= 4);
        executor_submit(&executor, &jobs[i].base);
    }
    assert_int_equal(seen.count, 0);
    assert_true(loop_virtual_run_idle(loop, UINT64_MAX));
    static const int wanted[] = {4, 5, 0, 1, 2, 3};
    assert_memory_equal(seen.order, wanted, sizeof(wanted));
    assert_int_equal(seen.done, 6);
    assert_int_equal(executor.queued, 0);
    executor_deinit(&executor);
    loop_virtual_close(loop);
}

TEST(many_jobs_let_the_loop_breathe)
{
    struct loop *loop;
    struct executor executor;
    static struct job jobs[JOB_MAX];
    seen_reset();
    assert_int_equal(loop_virtual_new(1, &loop), 0);
    executor_init(&executor, loop, NULL);
    for (int i = 0; i < JOB_MAX; i++) {
        job_make(&jobs[i], i, true, false);
        executor_submit(&executor, &jobs[i].base);
    }
    assert_true(loop_virtual_step(loop));
    assert_true(seen.count > 0 && seen.count < JOB_MAX);
    assert_true(loop_virtual_run_idle(loop, UINT64_MAX));
    assert_int_equal(seen.count, JOB_MAX);
    for (int i = 0; i < JOB_MAX; i++)
        assert_int_equal(seen.order[i], i);
    executor_deinit(&executor);
    loop_virtual_close(loop);
}

static void idle_count(void *arg)
{
    ++*(int *)arg;
}

TEST(when_idle_comes_once_after_the_last_job)
{
    struct loop *loop;
    struct executor executor;
    struct job job;
    int idle = 0;
    seen_reset();
    assert_int_equal(loop_virtual_new(1, &loop), 0);
    executor_init(&executor, loop, NULL);
    job_make(&job, 1, true, false);
    executor_submit(&executor, &job.base);
    executor_when_idle(&executor, idle_count, &idle);
    assert_int_equal(idle, 0);
    assert_true(loop_virtual_run_idle(loop, UINT64_MAX));
    assert_int_equal(seen.count, 1);
    assert_int_equal(idle, 1);
    executor_deinit(&executor);
    loop_virtual_close(loop);
}

TEST(hand_off_only_when_idle_in_every_sense)
{
    struct loop *loop;
    struct executor executor;
    struct executor_turn turn;
    struct job announced, queued;
    int idle = 0;
    seen_reset();
    assert_int_equal(loop_virtual_new(1, &loop), 0);
    executor_init(&executor, loop, NULL);

    assert_false(executor_is_current(&executor));
    assert_true(executor_enter(&executor, &turn));
    assert_true(executor_is_current(&executor));
    /* While a thread is inside, the loop's jobs wait, and so does whoever waits for idleness. */
    job_make(&queued, 1, true, false);
    executor_submit(&executor, &queued.base);
    executor_when_idle(&executor, idle_count, &idle);
    assert_true(loop_virtual_run_idle(loop, UINT64_MAX));
    assert_int_equal(seen.count, 0);
    assert_int_equal(idle, 0);
    executor_leave(&turn);
    assert_true(loop_virtual_run_idle(loop, UINT64_MAX));
    assert_int_equal(seen.count, 1);
    assert_int_equal(idle, 1);

    /* Something on its way to the actor is not overtaken. */
    job_make(&announced, 2, true, false);
    executor_announce(&executor, &announced.base);
    assert_false(executor_enter(&executor, &turn));
    executor_submit(&executor, &announced.base);
    assert_false(executor_enter(&executor, &turn));
    assert_true(loop_virtual_run_idle(loop, UINT64_MAX));
    assert_true(executor_enter(&executor, &turn));
    executor_leave(&turn);

    /* Nor does an announcement that came to nothing block for ever. */
    executor_announce(&executor, &announced.base);
    executor_retract(&executor, &announced.base);
    assert_true(executor_enter(&executor, &turn));
    executor_leave(&turn);
    assert_true(loop_virtual_run_idle(loop, UINT64_MAX));
    executor_deinit(&executor);
    loop_virtual_close(loop);
}

TEST(turns_nest_across_actors)
{
    struct loop *loop;
    struct executor outer, inner;
    struct executor_turn outer_turn, inner_turn;
    assert_int_equal(loop_virtual_new(1, &loop), 0);
    executor_init(&outer, loop, NULL);
    executor_init(&inner, loop, NULL);
    assert_true(executor_enter(&outer, &outer_turn));
    assert_true(executor_enter(&inner, &inner_turn));
    assert_true(executor_is_current(&outer));
    assert_true(executor_is_current(&inner));
    executor_leave(&inner_turn);
    assert_true(executor_is_current(&outer));
    assert_false(executor_is_current(&inner));
    executor_leave(&outer_turn);
    executor_deinit(&inner);
    executor_deinit(&outer);
    loop_virtual_close(loop);
}

TEST(blocking_jobs_run_on_workers_in_order_between_others)
{
    struct loop *loop;
    struct workers *workers;
    struct workers_options options = {"test", 2, 4};
    struct executor executor;
    static struct job jobs[100];
    seen_reset();
    assert_int_equal(loop_uv_new(&loop), 0);
    assert_int_equal(workers_new(&workers, &options), 0);
    executor_init(&executor, loop, workers);
    seen.stop_loop = loop;
    seen.done_wanted = 100;
    for (int i = 0; i < 100; i++) {
        job_make(&jobs[i], i, i % 7 == 0, false);
        executor_submit(&executor, &jobs[i].base);
    }
    loop_uv_run(loop);
    assert_int_equal(seen.count, 100);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(seen.order[i], i);
        assert_true(jobs[i].is_done);
    }
    /* The end of the last batch is still on its way. */
    executor_when_idle(&executor, (void (*)(void *))loop_uv_stop, loop);
    loop_uv_run(loop);
    executor_deinit(&executor);
    workers_free(workers);
    loop_uv_close(loop);
}

/* A thread that hands itself off as often as it can while the loop has work of its own. */
struct intruder {
    struct thread thread;
    struct executor *executor;
    struct flag stop;
    long entered;
};

static void intrude(void *arg)
{
    struct intruder *intruder = arg;
    while (!flag_get(&intruder->stop)) {
        struct executor_turn turn;
        if (!executor_enter(intruder->executor, &turn))
            continue;
        intruder->entered++;
        seen.inside++;
        if (seen.inside > seen.inside_max)
            seen.inside_max = seen.inside;
        seen.inside--;
        executor_leave(&turn);
    }
}

static void resubmit_done(struct executor_job *base)
{
    struct job *job = (struct job *)base;
    if (++job->number == 2000)
        loop_uv_stop(seen.stop_loop);
    else
        executor_submit(base->_executor, base);
}

static void resubmit_run(struct executor_job *base)
{
    (void)base;
    seen.inside++;
    if (seen.inside > seen.inside_max)
        seen.inside_max = seen.inside;
    seen.inside--;
}

TEST(never_two_at_once_with_loop_worker_and_intruder)
{
    struct loop *loop;
    struct workers *workers;
    struct workers_options options = {"test", 2, 4};
    struct executor executor;
    struct intruder intruder = {.executor = &executor};
    struct job job = {.base = {.run = resubmit_run, .done = resubmit_done}};
    seen_reset();
    assert_int_equal(loop_uv_new(&loop), 0);
    assert_int_equal(workers_new(&workers, &options), 0);
    executor_init(&executor, loop, workers);
    seen.stop_loop = loop;
    assert_int_equal(thread_start(&intruder.thread, "intruder", intrude, &intruder), 0);
    executor_submit(&executor, &job.base);
    loop_uv_run(loop);
    flag_set(&intruder.stop);
    thread_join(&intruder.thread);
    executor_when_idle(&executor, (void (*)(void *))loop_uv_stop, loop);
    loop_uv_run(loop);
    assert_int_equal(job.number, 2000);
    assert_int_equal(seen.inside_max, 1);
    executor_deinit(&executor);
    workers_free(workers);
    loop_uv_close(loop);
}
