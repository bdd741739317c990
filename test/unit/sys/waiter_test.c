// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "sys/waiter.h"

#include "harness.h"
#include "sys/thread.h"

TEST(a_signal_before_the_wait_is_kept)
{
    struct waiter waiter;
    waiter_init(&waiter);
    waiter_signal(&waiter);
    assert_true(waiter_wait(&waiter, WAITER_FOREVER));
    waiter_deinit(&waiter);
}

TEST(without_a_signal_the_time_runs_out)
{
    struct waiter waiter;
    waiter_init(&waiter);
    assert_false(waiter_wait(&waiter, 0));
    assert_false(waiter_wait(&waiter, 2));
    waiter_signal(&waiter);
    assert_true(waiter_wait(&waiter, 0));
    waiter_deinit(&waiter);
}

struct exchange {
    struct waiter there, back;
    int value; /* guarded by the waiters alone */
};

static void answer(void *arg)
{
    struct exchange *exchange = arg;
    if (waiter_wait(&exchange->there, WAITER_FOREVER))
        exchange->value++;
    waiter_signal(&exchange->back);
}

TEST(what_was_done_before_the_signal_is_seen)
{
    for (int i = 0; i < 200; i++) {
        struct thread thread;
        struct exchange exchange = {.value = i};
        waiter_init(&exchange.there);
        waiter_init(&exchange.back);
        assert_int_equal(thread_start(&thread, "answer", answer, &exchange), 0);
        exchange.value++;
        waiter_signal(&exchange.there);
        assert_true(waiter_wait(&exchange.back, 60000));
        assert_int_equal(exchange.value, i + 2);
        thread_join(&thread);
        waiter_deinit(&exchange.there);
        waiter_deinit(&exchange.back);
    }
}
