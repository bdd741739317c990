// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Starting and joining.
 *
 * A new thread inherits the mask that blocks every signal but those it raises by its own fault, so
 * that no handler of the program runs on it and a broken pipe is an error code (SIGPIPE).
 *
 * Any thread; no global state. */
#include "sys/thread.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

static void *thread_main(void *arg)
{
    struct thread *thread = arg;
    pthread_setname_np(pthread_self(), thread->_name);
    thread->_fn(thread->_arg);
    return NULL;
}

int thread_start(struct thread *thread, const char *name, thread_fn *fn, void *arg)
{
    static const int own_faults[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP};
    sigset_t blocked, before;

    thread->_fn = fn;
    thread->_arg = arg;
    snprintf(thread->_name, sizeof(thread->_name), "%s", name);
    sigfillset(&blocked);
    for (size_t i = 0; i < sizeof(own_faults) / sizeof(own_faults[0]); i++)
        sigdelset(&blocked, own_faults[i]);
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    int error = pthread_create(&thread->_handle, NULL, thread_main, thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error)
        return err_origin(ACTR_EIO, "thread %s: %s", name, strerror(error));
    return 0;
}

void thread_join(struct thread *thread)
{
    int error = pthread_join(thread->_handle, NULL);
    assert(error == 0);
    (void)error;
}

void thread_detach(struct thread *thread)
{
    int error = pthread_detach(thread->_handle);
    assert(error == 0);
    (void)error;
}
