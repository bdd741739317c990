// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include <poll.h>

#include "harness.h"
#include "sys/bell.h"
#include "sys/flag.h"
#include "sys/thread.h"

static bool is_readable(const struct bell *bell)
{
    struct pollfd fd = {.fd = bell_fd(bell), .events = POLLIN};
    return poll(&fd, 1, 0) == 1;
}

TEST(rung_often_it_is_cleared_once)
{
    struct bell bell;
    assert_int_equal(bell_init(&bell), 0);
    assert_false(is_readable(&bell));
    for (int i = 0; i < 3; i++)
        bell_ring(&bell);
    assert_true(is_readable(&bell));
    bell_wait(&bell);
    assert_false(is_readable(&bell));
    bell_ring(&bell);
    assert_true(is_readable(&bell));
    bell_clear(&bell);
    assert_false(is_readable(&bell));
    bell_deinit(&bell);
}

#define ROUNDS 20000

static struct {
    struct bell to, fro;
    struct flag asked[2]; /* of the last two rounds */
} pair;

static void on_thread(void *arg)
{
    (void)arg;
    for (int i = 0; i < ROUNDS; i++) {
        while (!flag_get(&pair.asked[i % 2]))
            bell_wait(&pair.to);
        flag_clear(&pair.asked[i % 2]);
        bell_ring(&pair.fro);
    }
}

TEST(no_ring_is_lost_between_two_threads)
{
    struct thread thread;
    assert_int_equal(bell_init(&pair.to), 0);
    assert_int_equal(bell_init(&pair.fro), 0);
    assert_int_equal(thread_start(&thread, "other", on_thread, NULL), 0);
    for (int i = 0; i < ROUNDS; i++) {
        flag_set(&pair.asked[i % 2]);
        bell_ring(&pair.to);
        while (flag_get(&pair.asked[i % 2]))
            bell_wait(&pair.fro);
    }
    thread_join(&thread);
    bell_deinit(&pair.to);
    bell_deinit(&pair.fro);
}
