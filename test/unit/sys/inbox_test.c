// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "sys/inbox.h"

#include <pthread.h>
#include <sched.h>

#include "harness.h"

static unsigned wakes;

static void count_wake(struct loop *loop)
{
    assert_null(loop);
    wakes++;
}

TEST(one_wake_for_many_posts)
{
    struct inbox inbox;
    struct loop_post posts[3];
    inbox_init(&inbox);
    wakes = 0;
    assert_null(inbox_take(&inbox));
    for (int i = 0; i < 3; i++)
        assert_true(inbox_push(&inbox, &posts[i], count_wake, NULL));
    assert_int_equal(wakes, 1);
    assert_ptr_equal(inbox_take(&inbox), &posts[0]);
    assert_ptr_equal(posts[0]._next, &posts[1]);
    assert_ptr_equal(posts[1]._next, &posts[2]);
    assert_null(posts[2]._next);
    assert_null(inbox_take(&inbox));
    assert_true(inbox_push(&inbox, &posts[0], count_wake, NULL));
    assert_int_equal(wakes, 2);
    assert_ptr_equal(inbox_close(&inbox), &posts[0]);
    assert_false(inbox_push(&inbox, &posts[1], count_wake, NULL));
    assert_int_equal(wakes, 2);
}

/* Threads that push until they are refused, while the inbox is read and then closed. */

#define PUSHER_COUNT 4
#define PUSHES_MAX 4096

static struct pusher {
    struct inbox *inbox;
    struct loop_post posts[PUSHES_MAX];
    unsigned taken; /* accepted */
    unsigned seen;
} pushers[PUSHER_COUNT];

static atomic_uint wakes_shared;

static void count_wake_shared(struct loop *loop)
{
    (void)loop;
    atomic_fetch_add(&wakes_shared, 1);
}

static void *pusher_main(void *arg)
{
    struct pusher *pusher = arg;
    while (pusher->taken < PUSHES_MAX &&
           inbox_push(pusher->inbox, &pusher->posts[pusher->taken], count_wake_shared, NULL))
        pusher->taken++;
    return NULL;
}

/* Each pusher's posts come in its own order. */
static unsigned see_all(struct loop_post *post)
{
    unsigned count = 0;
    for (; post; post = post->_next, count++) {
        struct pusher *pusher = pushers;
        while (!(post >= pusher->posts && post < pusher->posts + PUSHES_MAX))
            pusher++;
        assert_ptr_equal(post, &pusher->posts[pusher->seen]);
        pusher->seen++;
    }
    return count;
}

TEST(what_is_accepted_is_seen_also_while_closing)
{
    for (unsigned round = 0; round < 30; round++) {
        pthread_t threads[PUSHER_COUNT];
        struct inbox inbox;
        unsigned seen = 0;
        inbox_init(&inbox);
        atomic_store(&wakes_shared, 0);
        for (int i = 0; i < PUSHER_COUNT; i++) {
            pushers[i].inbox = &inbox;
            pushers[i].taken = pushers[i].seen = 0;
            assert_int_equal(pthread_create(&threads[i], NULL, pusher_main, &pushers[i]), 0);
        }
        while (seen < round * 300) {
            unsigned count = see_all(inbox_take(&inbox));
            seen += count;
            if (count == 0)
                sched_yield();
        }
        unsigned wakes_before = atomic_load(&wakes_shared);
        assert_true(seen == 0 || wakes_before > 0);
        see_all(inbox_close(&inbox));
        unsigned wakes_after = atomic_load(&wakes_shared);
        for (int i = 0; i < PUSHER_COUNT; i++) {
            assert_int_equal(pthread_join(threads[i], NULL), 0);
            assert_int_equal(pushers[i].seen, pushers[i].taken);
        }
        assert_int_equal(atomic_load(&wakes_shared), wakes_after); /* nobody was left in wake */
    }
}

/* A wake-up that takes its time. */

static struct {
    struct inbox inbox;
    struct loop_post post;
    atomic_bool is_inside, has_left;
} slow;

static void wake_slowly(struct loop *loop)
{
    (void)loop;
    atomic_store(&slow.is_inside, true);
    for (int i = 0; i < 1000; i++)
        sched_yield();
    atomic_store(&slow.has_left, true);
}

static void *push_slowly(void *arg)
{
    return inbox_push(&slow.inbox, &slow.post, wake_slowly, NULL) ? &slow : arg;
}

TEST(closing_waits_for_who_is_waking_the_loop)
{
    pthread_t thread;
    void *taken;
    inbox_init(&slow.inbox);
    assert_int_equal(pthread_create(&thread, NULL, push_slowly, NULL), 0);
    while (!atomic_load(&slow.is_inside))
        sched_yield();
    assert_ptr_equal(inbox_close(&slow.inbox), &slow.post);
    assert_true(atomic_load(&slow.has_left));
    assert_int_equal(pthread_join(thread, &taken), 0);
    assert_non_null(taken);
}
