// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A flag under a mutex, and a condition on the monotonic clock.
 *
 * The signal is given with the lock held, so that the last thing the signaller touches is the
 * unlocking, after which POSIX lets the other side destroy the mutex at once.
 *
 * waiter_wait() blocks: never on the loop. */
#include "sys/waiter.h"

#include <errno.h>
#include <time.h>

void waiter_init(struct waiter *waiter)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&waiter->_lock, NULL);
    pthread_cond_init(&waiter->_cond, &monotonic);
    pthread_condattr_destroy(&monotonic);
    waiter->_is_signalled = false;
}

void waiter_deinit(struct waiter *waiter)
{
    pthread_cond_destroy(&waiter->_cond);
    pthread_mutex_destroy(&waiter->_lock);
}

static struct timespec waiter_deadline(uint32_t timeout_ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += timeout_ms / 1000;
    at.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

bool waiter_wait(struct waiter *waiter, uint32_t timeout_ms)
{
    struct timespec deadline = waiter_deadline(timeout_ms);
    int error = 0;

    pthread_mutex_lock(&waiter->_lock);
    while (!waiter->_is_signalled && error != ETIMEDOUT) {
        if (timeout_ms == WAITER_FOREVER)
            error = pthread_cond_wait(&waiter->_cond, &waiter->_lock);
        else
            error = pthread_cond_timedwait(&waiter->_cond, &waiter->_lock, &deadline);
    }
    bool is_signalled = waiter->_is_signalled;
    pthread_mutex_unlock(&waiter->_lock);
    return is_signalled;
}

void waiter_signal(struct waiter *waiter)
{
    pthread_mutex_lock(&waiter->_lock);
    waiter->_is_signalled = true;
    pthread_cond_signal(&waiter->_cond);
    pthread_mutex_unlock(&waiter->_lock);
}
