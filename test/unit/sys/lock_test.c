// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "sys/lock.h"

#include <sched.h>

#include "harness.h"
#include "sys/thread.h"

#define THREAD_COUNT 4
#define STEP_COUNT 5000

/* `a` and `b` move together under the lock; they differ only while somebody holds it. */
static struct {
    struct lock lock;
    unsigned a, b;
    unsigned torn; /* seen to differ */
} pair;

static void step(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < STEP_COUNT; i++) {
        lock_take(&pair.lock);
        pair.torn += pair.a != pair.b;
        pair.a++;
        if (i % 512 == 0)
            sched_yield(); /* the others come to the lock while it is held */
        pair.b++;
        lock_give(&pair.lock);
    }
}

TEST(only_one_holds_it)
{
    struct thread threads[THREAD_COUNT];
    lock_init(&pair.lock);
    pair.a = pair.b = pair.torn = 0;
    for (int i = 0; i < THREAD_COUNT; i++)
        assert_int_equal(thread_start(&threads[i], "step", step, NULL), 0);
    for (int i = 0; i < THREAD_COUNT; i++)
        thread_join(&threads[i]);
    assert_int_equal(pair.torn, 0);
    assert_int_equal(pair.a, THREAD_COUNT * STEP_COUNT);
    assert_int_equal(pair.b, THREAD_COUNT * STEP_COUNT);
    lock_deinit(&pair.lock);
}
