// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The instance inside: shared by instance.c (what the loop asks of it) and instance_run.c (its
 * thread), and private to them. What is not said to be one thread's is under the lock. */
#pragma once

#include "base/list.h"
#include "hyper/workload/dynclib/instance.h"
#include "runtime/dispatch.h"
#include "sys/bell.h"
#include "sys/lock.h"
#include "sys/loop.h"
#include "sys/thread.h"
#include "sys/waiter.h"

struct instance_job {
    struct list link; /* outstanding */
    struct instance *instance;
    struct instance_entry entry; /* reply NULL once claimed */
    uint64_t begun_us, limit_us; /* once it has begun */
    char what[];
};

/* From the thread to the loop; it may arrive when the instance has gone. */
struct instance_news {
    struct loop_post post;
    struct instance *instance; /* the loop's; NULL: gone */
    bool is_posted;
    char text[ERR_TEXT_MAX];
};

struct instance {
    struct thread thread;
    struct library *library;
    struct bridge *bridge;
    struct bell bell; /* for the thread: jobs, the end */
    struct loop *loop;
    const struct log *log;
    const struct instance_events *events;
    void *owner;
    uint32_t entry_max_ms;

    /* The loop's. */
    struct loop_timer watch;
    uint64_t watch_us; /* when it fires */

    /* The thread's. */
    struct actr_bytes init;
    bool is_initialised, is_down;
    uint32_t crash_count;

    struct waiter loaded; /* load_code, load_text */
    struct waiter ended;  /* the thread is about to end */
    int load_code;
    char load_text[ERR_TEXT_MAX];

    struct lock lock;
    struct list jobs; /* outstanding, in order */
    uint32_t job_count;
    struct instance_job *running;
    struct instance_news *news;
    bool is_stuck, is_broken;
    bool is_started;    /* START has succeeded, and STOP has not come */
    bool is_recovering; /* its process has ended since: only the steps of a restart begin */
    bool is_resting, is_closing, is_ended, is_abandoned;
    char name[];
};

/* instance.c ---------------------------------------------------------------------------------- */

/* Any thread; consumes reply and payload. */
void instance_answer(struct actr_reply *reply, int code, enum dispatch_fate fate,
                     struct actr_bytes payload);
/* With the lock held: the reply of a job, once. */
struct actr_reply *instance_claim(struct instance_job *job);
/* When a job that begins now is to have ended. */
uint64_t instance_limit_us(const struct instance *instance, const struct instance_job *job,
                           uint64_t now_us);
/* Nothing of it runs, or will. */
void instance_destroy(struct instance *instance, bool keep_mapped);

/* instance_run.c ------------------------------------------------------------------------------ */

/* The thread. arg: the instance. */
void instance_run(void *arg);
