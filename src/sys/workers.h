// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A bounded number of threads that take work from one queue, the oldest first. For handlers that
 * may block, and, with one thread, for whatever must run in order away from the loop.
 *
 * Threads are started when work finds none idle, up to the bound, and stay. Work reports its end by
 * itself, usually with loop_post(). */
#pragma once

#include "base/list.h"

struct workers;
struct work;
typedef void work_fn(struct work *work);

/* Embedded in its owner; belongs to the workers from workers_submit() until fn runs, which may free
 * it. */
struct work {
    struct list _link;
    work_fn *_fn;
};

/* workers_submit(): not taken, as many as allowed are waiting. The work stays the caller's. */
#define WORKERS_FULL 1

struct workers_options {
    const char *name;     /* of the threads; copied; 15 bytes of it are kept */
    unsigned thread_max;  /* 1 or more */
    unsigned waiting_max; /* work queued and not begun */
};

/* Starts no thread yet. ACTR_ENOMEM. */
int workers_new(struct workers **ret_workers, const struct workers_options *options)
    __attribute__((warn_unused_result));

/* Any thread: runs fn(work) on a worker. WORKERS_FULL; ACTR_EIO: no thread is there and none can be
 * started (the work stays the caller's). */
int workers_submit(struct workers *workers, struct work *work, work_fn *fn)
    __attribute__((warn_unused_result));

/* Runs what was submitted to its end, joins the threads and frees. Nobody may submit any more, but
 * for the work that runs. Not from a worker. NULL is fine; returns NULL. Blocks. */
struct workers *workers_free(struct workers *workers);
