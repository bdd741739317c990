// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Threads of our own: named, and deaf to signals, which are the program's affair. Any thread. */
#pragma once

#include <pthread.h>

typedef void thread_fn(void *arg);

/* Embedded in its owner, which stays in place until thread_join(). */
struct thread {
    pthread_t _handle;
    thread_fn *_fn;
    void *_arg;
    char _name[16];
};

/* Runs fn(arg) on a new thread. `name` is for ps and gdb; 15 bytes of it are kept. ACTR_EIO. */
int thread_start(struct thread *thread, const char *name, thread_fn *fn, void *arg)
    __attribute__((warn_unused_result));

/* Instead of thread_join(), once fn has begun: the thread cleans up after itself, and its owner may
 * go before it has quite ended. Exactly one of the two. */
void thread_detach(struct thread *thread);

/* Waits until fn has returned. Exactly once for each thread started; not from itself. */
void thread_join(struct thread *thread);
