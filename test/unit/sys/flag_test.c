// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "sys/flag.h"

#include <sched.h>

#include "harness.h"
#include "sys/thread.h"

TEST(a_flag_is_clear_until_it_is_set)
{
    struct flag flag = {0};
    assert_false(flag_get(&flag));
    flag_set(&flag);
    flag_set(&flag);
    assert_true(flag_get(&flag));
    flag_clear(&flag);
    assert_false(flag_get(&flag));
}

#define ROUND_COUNT 2000

/* Two threads in turn: `turn` says whose it is, and is all that orders what they do to `count`. */
static struct {
    struct flag turn; /* set: the other thread's */
    unsigned count;   /* plain on purpose */
} game;

static void answer(void *arg)
{
    (void)arg;
    for (unsigned round = 0; round < ROUND_COUNT; round++) {
        while (!flag_get(&game.turn))
            sched_yield();
        game.count++;
        flag_clear(&game.turn);
    }
}

TEST(what_was_done_before_a_flag_is_set_is_seen_after_it)
{
    struct thread thread;
    game.count = 0;
    flag_clear(&game.turn);
    assert_int_equal(thread_start(&thread, "answer", answer, NULL), 0);
    for (unsigned round = 0; round < ROUND_COUNT; round++) {
        game.count++;
        flag_set(&game.turn);
        while (flag_get(&game.turn))
            sched_yield();
        assert_int_equal(game.count, 2 * (round + 1));
    }
    thread_join(&thread);
}
