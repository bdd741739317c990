// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The queue and its threads.
 *
 * One mutex guards everything; fn runs without it. A thread is idle from its start until it takes
 * work, and again when the work is done; a submit that finds all idle threads spoken for, as much
 * work waiting as there are of them, starts one more.
 *
 * Closing starts no more threads and lets those there are finish the queue. Any thread. */
#include "sys/workers.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"
#include "base/mem.h"
#include "sys/thread.h"

struct workers {
    pthread_mutex_t lock;
    pthread_cond_t cond; /* work came, or the end */
    struct list waiting;
    unsigned waiting_count, waiting_max;
    unsigned idle_count;
    unsigned thread_count, thread_max;
    bool is_closing;
    char name[16];
    struct thread threads[];
};

int workers_new(struct workers **ret_workers, const struct workers_options *options)
{
    assert(options->thread_max > 0);
    struct workers *workers =
        mem_alloc(sizeof(*workers) + options->thread_max * sizeof(workers->threads[0]));
    if (!workers)
        return err_origin(ACTR_ENOMEM, "workers: no memory");
    pthread_mutex_init(&workers->lock, NULL);
    pthread_cond_init(&workers->cond, NULL);
    list_init(&workers->waiting);
    workers->waiting_max = options->waiting_max;
    workers->thread_max = options->thread_max;
    snprintf(workers->name, sizeof(workers->name), "%s", options->name);
    *ret_workers = workers;
    return 0;
}

static void workers_destroy(struct workers *workers)
{
    pthread_cond_destroy(&workers->cond);
    pthread_mutex_destroy(&workers->lock);
    mem_free(workers);
}

/* With the lock held: the next work, or NULL when the workers close. */
static struct work *workers_await(struct workers *workers)
{
    while (workers->waiting_count == 0 && !workers->is_closing)
        pthread_cond_wait(&workers->cond, &workers->lock);
    if (workers->waiting_count == 0)
        return NULL;
    workers->idle_count--;
    workers->waiting_count--;
    return container_of(list_pop(&workers->waiting), struct work, _link);
}

static void workers_main(void *arg)
{
    struct workers *workers = arg;
    struct work *work;

    pthread_mutex_lock(&workers->lock);
    while ((work = workers_await(workers))) {
        pthread_mutex_unlock(&workers->lock);
        work->_fn(work);
        pthread_mutex_lock(&workers->lock);
        workers->idle_count++;
    }
    pthread_mutex_unlock(&workers->lock);
}

/* With the lock held: one more thread where the idle ones have work waiting already. */
static int workers_grow(struct workers *workers)
{
    if (workers->idle_count > workers->waiting_count || workers->is_closing ||
        workers->thread_count == workers->thread_max)
        return 0;
    int r = thread_start(&workers->threads[workers->thread_count], workers->name, workers_main,
                         workers);
    if (r == 0) {
        workers->thread_count++;
        workers->idle_count++;
    }
    return workers->thread_count > 0 ? 0 : r; /* fewer threads than hoped for are enough */
}

int workers_submit(struct workers *workers, struct work *work, work_fn *fn)
{
    pthread_mutex_lock(&workers->lock);
    int r = workers->waiting_count < workers->waiting_max ? workers_grow(workers) : WORKERS_FULL;
    if (r == 0) {
        work->_fn = fn;
        list_push(&workers->waiting, &work->_link);
        workers->waiting_count++;
        pthread_cond_signal(&workers->cond);
    }
    pthread_mutex_unlock(&workers->lock);
    return r;
}

struct workers *workers_free(struct workers *workers)
{
    if (!workers)
        return NULL;
    pthread_mutex_lock(&workers->lock);
    workers->is_closing = true;
    pthread_cond_broadcast(&workers->cond);
    pthread_mutex_unlock(&workers->lock);
    for (unsigned i = 0; i < workers->thread_count; i++)
        thread_join(&workers->threads[i]);
    workers_destroy(workers);
    return NULL;
}
