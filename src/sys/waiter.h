// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Waiting once for another thread. For the _wait forms of calls: the caller waits, the loop
 * signals. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define WAITER_FOREVER UINT32_MAX

/* Usually a local of the one who waits. */
struct waiter {
    pthread_mutex_t _lock;
    pthread_cond_t _cond;
    bool _is_signalled;
};

void waiter_init(struct waiter *waiter);

/* Once waiter_wait() has returned true, the waiter may be deinited and freed although the one who
 * signalled has not quite returned. After false the signal may still come: see to it that it cannot
 * before you deinit. */
void waiter_deinit(struct waiter *waiter);

/* Waits until waiter_signal() has been called, before or during the wait. False: the time was over
 * first. Everything done before the signal has happened. */
bool waiter_wait(struct waiter *waiter, uint32_t timeout_ms) __attribute__((warn_unused_result));

/* Any thread. */
void waiter_signal(struct waiter *waiter);
