// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "sys/baton.h"

#include <sched.h>

#include "harness.h"
#include "sys/thread.h"

TEST(one_holder_and_a_mark)
{
    struct baton baton = {0};
    assert_true(baton_try_take(&baton));
    assert_false(baton_try_take(&baton));
    assert_false(baton_release(&baton)); /* trying leaves no mark */
    assert_true(baton_want(&baton));
    assert_false(baton_want(&baton));
    assert_false(baton_want(&baton));
    assert_false(baton_try_take(&baton));
    assert_true(baton_release(&baton));
    assert_true(baton_try_take(&baton));
    assert_false(baton_release(&baton));
}

TEST(nobody_takes_it_in_passing_while_work_is_on_its_way)
{
    struct baton baton = {0};
    baton_announce(&baton);
    baton_announce(&baton);
    assert_false(baton_try_take(&baton));
    assert_true(baton_want(&baton)); /* whoever brings the work may */
    baton_retire(&baton);
    assert_false(baton_want(&baton));
    baton_announce(&baton);
    assert_true(baton_release(&baton));
    assert_false(baton_try_take(&baton)); /* a release leaves what is announced */
    baton_retire(&baton);
    assert_false(baton_try_take(&baton));
    baton_retire(&baton);
    assert_true(baton_try_take(&baton));
    assert_false(baton_release(&baton));
}

#define TAKER_COUNT 4
#define WISH_COUNT 20000

/* Each wish is either fulfilled by who has it, or is told to a holder when he lets go. */
static struct {
    struct baton baton;
    unsigned long runs; /* the holder's */
    atomic_ulong unfulfilled, told;
} shared;

static void taker(void *arg)
{
    (void)arg;
    for (int i = 0; i < WISH_COUNT; i++) {
        if (!baton_want(&shared.baton)) {
            atomic_fetch_add(&shared.unfulfilled, 1);
            if (i % 64 == 0)
                sched_yield();
            continue;
        }
        shared.runs++;
        if (i % 16 == 0)
            sched_yield(); /* so that others come by while it is held */
        if (baton_release(&shared.baton))
            atomic_fetch_add(&shared.told, 1);
    }
}

TEST(no_wish_is_lost_between_threads)
{
    struct thread threads[TAKER_COUNT];
    shared.runs = 0;
    atomic_store(&shared.unfulfilled, 0);
    atomic_store(&shared.told, 0);
    for (int i = 0; i < TAKER_COUNT; i++)
        assert_int_equal(thread_start(&threads[i], "taker", taker, NULL), 0);
    for (int i = 0; i < TAKER_COUNT; i++)
        thread_join(&threads[i]);
    unsigned long unfulfilled = atomic_load(&shared.unfulfilled);
    assert_int_equal(shared.runs + unfulfilled, TAKER_COUNT * WISH_COUNT);
    assert_true(atomic_load(&shared.told) <= unfulfilled);
    assert_int_equal(atomic_load(&shared.told) > 0, unfulfilled > 0);
    assert_true(baton_try_take(&shared.baton));
    assert_false(baton_release(&shared.baton));
}
