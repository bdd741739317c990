// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "sys/workers.h"

#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include <actr/error.h>

#include "base/mem.h"
#include "harness.h"
#include "sys/thread.h"
#include "sys/waiter.h"

static const struct workers_options one_thread = {"test", 1, 1000};

struct job {
    struct work work;
    struct waiter *begun, *go; /* NULL: none */
    struct workers *again;     /* submits itself there once more */
    unsigned number;
    pthread_t thread;
    char thread_name[16];
};

static atomic_uint ran;
static unsigned order[1000];

static void job_run(struct work *work)
{
    struct job *job = container_of(work, struct job, work);
    job->thread = pthread_self();
    pthread_getname_np(job->thread, job->thread_name, sizeof(job->thread_name));
    if (job->begun)
        waiter_signal(job->begun);
    if (job->go && !waiter_wait(job->go, 60000))
        return;
    if (job->again) {
        struct workers *workers = job->again;
        job->again = NULL;
        if (workers_submit(workers, work, job_run) != 0)
            return;
    }
    order[atomic_fetch_add(&ran, 1)] = job->number;
}

TEST(one_worker_keeps_the_order)
{
    static struct job jobs[1000];
    struct workers *workers;
    memset(jobs, 0, sizeof(jobs));
    atomic_store(&ran, 0);
    assert_int_equal(workers_new(&workers, &one_thread), 0);
    for (unsigned i = 0; i < 1000; i++) {
        jobs[i].number = i;
        assert_int_equal(workers_submit(workers, &jobs[i].work, job_run), 0);
    }
    assert_null(workers_free(workers)); /* runs all of it first */
    assert_int_equal(atomic_load(&ran), 1000);
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(order[i], i);
    assert_string_equal(jobs[0].thread_name, "test");
    assert_true(pthread_equal(jobs[0].thread, jobs[999].thread));
    assert_false(pthread_equal(jobs[0].thread, pthread_self()));
}

TEST(threads_grow_to_the_bound_and_the_queue_to_its_own)
{
    struct workers_options options = {"test", 3, 2};
    struct waiter begun[5], hold[3];
    struct job jobs[6] = {0};
    struct workers *workers;

    atomic_store(&ran, 0);
    assert_int_equal(workers_new(&workers, &options), 0);
    for (unsigned i = 0; i < 5; i++) {
        waiter_init(&begun[i]);
        jobs[i].begun = &begun[i];
    }
    /* Three that hold their threads: each needs one of its own to begin. */
    for (unsigned i = 0; i < 3; i++) {
        waiter_init(&hold[i]);
        jobs[i].go = &hold[i];
        assert_int_equal(workers_submit(workers, &jobs[i].work, job_run), 0);
        assert_true(waiter_wait(&begun[i], 60000));
    }
    for (unsigned i = 3; i < 5; i++)
        assert_int_equal(workers_submit(workers, &jobs[i].work, job_run), 0);
    assert_false(waiter_wait(&begun[3], 1));
    assert_int_equal(workers_submit(workers, &jobs[5].work, job_run), WORKERS_FULL);
    for (unsigned i = 0; i < 3; i++)
        waiter_signal(&hold[i]);
    assert_true(waiter_wait(&begun[4], 60000));
    workers_free(workers);
    assert_int_equal(atomic_load(&ran), 5);
    for (unsigned i = 0; i < 5; i++)
        waiter_deinit(&begun[i]);
    for (unsigned i = 0; i < 3; i++)
        waiter_deinit(&hold[i]);
}

TEST(an_idle_thread_is_used_again)
{
    struct workers_options options = {"test", 8, 8};
    struct waiter begun;
    struct job jobs[20] = {0};
    struct workers *workers;
    assert_int_equal(workers_new(&workers, &options), 0);
    atomic_store(&ran, 0);
    for (unsigned i = 0; i < 20; i++) {
        waiter_init(&begun);
        jobs[i].begun = &begun;
        assert_int_equal(workers_submit(workers, &jobs[i].work, job_run), 0);
        assert_true(waiter_wait(&begun, 60000));
        waiter_deinit(&begun);
    }
    workers_free(workers);
    unsigned threads = 0;
    for (unsigned i = 0; i < 20; i++) {
        unsigned known = 0;
        while (known < i && !pthread_equal(jobs[known].thread, jobs[i].thread))
            known++;
        threads += known == i;
    }
    assert_in_range(threads, 1, 8);
    assert_int_equal(atomic_load(&ran), 20);
}

TEST(work_may_submit_itself_again_also_at_the_end)
{
    struct waiter begun, go;
    struct job job = {.begun = &begun, .go = &go};
    struct workers *workers;
    atomic_store(&ran, 0);
    waiter_init(&begun);
    waiter_init(&go);
    assert_int_equal(workers_new(&workers, &one_thread), 0);
    job.again = workers;
    assert_int_equal(workers_submit(workers, &job.work, job_run), 0);
    assert_true(waiter_wait(&begun, 60000));
    waiter_signal(&go);
    workers_free(workers);
    assert_int_equal(atomic_load(&ran), 2);
    waiter_deinit(&begun);
    waiter_deinit(&go);
}

TEST(nothing_submitted_nothing_started)
{
    struct workers *workers = NULL;
    assert_int_equal(workers_new(&workers, &one_thread), 0);
    assert_null(workers_free(workers));
    assert_null(workers_free(NULL));
    workers = NULL;
    mem_fail_at(1);
    assert_int_equal(workers_new(&workers, &one_thread), ACTR_ENOMEM);
    mem_fail_at(0);
    assert_null(workers);
}
