// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A lock for the few small facts that several threads look at. Held for a few instructions, never
 * across a call upwards. Any thread. */
#pragma once

#include <pthread.h>

struct lock {
    pthread_mutex_t _mutex;
};

/* For one that is never deinited. */
#define LOCK_INITIALIZER                                                                           \
    {                                                                                              \
        PTHREAD_MUTEX_INITIALIZER                                                                  \
    }

static inline void lock_init(struct lock *lock)
{
    pthread_mutex_init(&lock->_mutex, NULL); /* a default mutex cannot fail */
}

static inline void lock_deinit(struct lock *lock)
{
    pthread_mutex_destroy(&lock->_mutex);
}

static inline void lock_take(struct lock *lock)
{
    pthread_mutex_lock(&lock->_mutex);
}

static inline void lock_give(struct lock *lock)
{
    pthread_mutex_unlock(&lock->_mutex);
}
