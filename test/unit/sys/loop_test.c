// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The loop's promises, kept by both drivers: each check runs on libuv (driven as a foreign loop
 * does it) and on virtual time. */
#include "sys/loop.h"

#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>

#include <actr/error.h>

#include "base/mem.h"
#include "harness.h"
#include "sys/loop_uv.h"
#include "sys/loop_virtual.h"

struct rig {
    struct loop *loop;
    bool is_virtual;
    bool is_done;
    char log[256]; /* what ran, one letter each */
    struct loop_task task[4];
    struct loop_timer timer[4];
    struct loop_post post[4];
};

static struct rig *the_rig; /* callbacks get nothing but themselves */

static void rig_note(char what)
{
    size_t len = strlen(the_rig->log);
    assert_true(len + 1 < sizeof(the_rig->log));
    the_rig->log[len] = what;
}

static void rig_turn(struct rig *rig)
{
    if (rig->is_virtual) {
        assert_true(loop_virtual_step(rig->loop));
        return;
    }
    struct pollfd fd = {.fd = loop_uv_fd(rig->loop), .events = POLLIN};
    assert_true(poll(&fd, 1, loop_uv_timeout_ms(rig->loop)) >= 0);
    loop_uv_dispatch(rig->loop);
}

static void rig_run(struct rig *rig)
{
    rig->is_done = false;
    while (!rig->is_done)
        rig_turn(rig);
}

static void rig_check(bool is_virtual, void (*check)(struct rig *rig))
{
    struct rig rig = {.is_virtual = is_virtual};
    the_rig = &rig;
    assert_int_equal(is_virtual ? loop_virtual_new(1, &rig.loop) : loop_uv_new(&rig.loop), 0);
    check(&rig);
    if (is_virtual)
        loop_virtual_close(rig.loop);
    else
        loop_uv_close(rig.loop);
}

#define TEST_BOTH(name)                                                                            \
    static void check_##name(struct rig *rig);                                                     \
    TEST(name##_uv)                                                                                \
    {                                                                                              \
        rig_check(false, check_##name);                                                            \
    }                                                                                              \
    TEST(name##_virtual)                                                                           \
    {                                                                                              \
        rig_check(true, check_##name);                                                             \
    }                                                                                              \
    static void check_##name(struct rig *rig)

static int task_index(struct loop_task *task)
{
    return (int)(task - the_rig->task);
}

static void note_task(struct loop_task *task)
{
    rig_note((char)('a' + task_index(task)));
}

static void note_timer(struct loop_timer *timer)
{
    rig_note((char)('0' + (timer - the_rig->timer)));
}

static void note_post(struct loop_post *post)
{
    rig_note((char)('A' + (post - the_rig->post)));
}

static void finish_timer(struct loop_timer *timer)
{
    note_timer(timer);
    the_rig->is_done = true;
}

static void finish_task(struct loop_task *task)
{
    note_task(task);
    the_rig->is_done = true;
}

TEST_BOTH(nothing_runs_inside_the_call_that_arranged_it)
{
    loop_task_init(&rig->task[0], finish_task);
    loop_timer_init(&rig->timer[0], rig->loop, note_timer);
    loop_timer_start(&rig->timer[0], 0);
    assert_true(loop_post(rig->loop, &rig->post[0], note_post));
    loop_defer(rig->loop, &rig->task[0]);
    assert_string_equal(rig->log, "");
    rig_run(rig);
    loop_timer_stop(&rig->timer[0]);
}

TEST_BOTH(tasks_run_in_order_and_once_until_deferred_again)
{
    for (int i = 0; i < 3; i++)
        loop_task_init(&rig->task[i], i == 2 ? finish_task : note_task);
    loop_defer(rig->loop, &rig->task[1]);
    loop_defer(rig->loop, &rig->task[0]);
    loop_defer(rig->loop, &rig->task[1]);
    loop_defer(rig->loop, &rig->task[2]);
    rig_run(rig);
    assert_string_equal(rig->log, "bac");
    loop_defer(rig->loop, &rig->task[2]);
    rig_run(rig);
    assert_string_equal(rig->log, "bacc");
}

static void cancel_next_task(struct loop_task *task)
{
    note_task(task);
    loop_task_cancel(task + 1);
    loop_task_cancel(task + 1);
}

TEST_BOTH(a_task_cancelled_by_the_one_before_does_not_run)
{
    loop_task_init(&rig->task[0], cancel_next_task);
    loop_task_init(&rig->task[1], note_task);
    loop_task_init(&rig->task[2], finish_task);
    for (int i = 0; i < 3; i++)
        loop_defer(rig->loop, &rig->task[i]);
    rig_run(rig);
    assert_string_equal(rig->log, "ac");
}

static void defer_itself(struct loop_task *task)
{
    note_task(task);
    loop_defer(the_rig->loop, task);
}

TEST_BOTH(a_task_that_defers_itself_starves_nobody)
{
    loop_task_init(&rig->task[0], defer_itself);
    loop_defer(rig->loop, &rig->task[0]);
    assert_true(loop_post(rig->loop, &rig->post[0], note_post));
    for (int i = 0; i < 3 && !strchr(rig->log, 'A'); i++)
        rig_turn(rig);
    assert_non_null(strchr(rig->log, 'A'));
    loop_task_cancel(&rig->task[0]);
}

static void defer_next_task(struct loop_task *task)
{
    note_task(task);
    loop_defer(the_rig->loop, task + 1);
}

TEST_BOTH(deferred_work_runs_before_the_loop_waits)
{
    loop_timer_init(&rig->timer[0], rig->loop, note_timer);
    loop_timer_start(&rig->timer[0], 3600u * 1000000);
    loop_task_init(&rig->task[0], defer_next_task);
    loop_task_init(&rig->task[1], defer_next_task);
    loop_task_init(&rig->task[2], finish_task);
    loop_defer(rig->loop, &rig->task[0]);
    rig_run(rig);
    assert_string_equal(rig->log, "abc");
    loop_timer_stop(&rig->timer[0]);
}

TEST_BOTH(timers_fire_by_deadline_then_in_the_order_they_were_started)
{
    for (int i = 0; i < 4; i++)
        loop_timer_init(&rig->timer[i], rig->loop, i == 3 ? finish_timer : note_timer);
    uint64_t begin = loop_now_us(rig->loop);
    loop_timer_start(&rig->timer[3], 3000);
    loop_timer_start(&rig->timer[2], 2000);
    loop_timer_start(&rig->timer[1], 1000);
    loop_timer_start(&rig->timer[0], 1000);
    rig_run(rig);
    if (rig->is_virtual) /* elsewhere the clock moves between the starts */
        assert_string_equal(rig->log, "1023");
    assert_true(loop_now_us(rig->loop) >= begin + 3000);
    for (int i = 0; i < 4; i++)
        assert_false(loop_timer_is_active(&rig->timer[i]));
}

static void shuffle_timers(struct loop_timer *timer)
{
    note_timer(timer);
    loop_timer_stop(timer + 1);
    loop_timer_start(timer + 2, 500);
    loop_timer_start(timer, 1000);
    timer->fn = finish_timer;
}

TEST_BOTH(timers_stop_and_restart_inside_callbacks)
{
    loop_timer_init(&rig->timer[0], rig->loop, shuffle_timers);
    loop_timer_init(&rig->timer[1], rig->loop, note_timer);
    loop_timer_init(&rig->timer[2], rig->loop, note_timer);
    for (int i = 0; i < 3; i++)
        loop_timer_start(&rig->timer[i], 1);
    loop_timer_start(&rig->timer[1], 1); /* again: now the last */
    loop_timer_start(&rig->timer[2], 10000);
    rig_run(rig);
    assert_string_equal(rig->log, "020");
}

static void restart_itself(struct loop_timer *timer)
{
    note_timer(timer);
    loop_timer_start(timer, 0);
}

TEST_BOTH(a_timer_that_restarts_itself_at_once_starves_nobody)
{
    loop_timer_init(&rig->timer[0], rig->loop, restart_itself);
    loop_timer_start(&rig->timer[0], 0);
    loop_task_init(&rig->task[0], finish_task);
    rig_turn(rig);
    loop_defer(rig->loop, &rig->task[0]);
    rig_run(rig);
    assert_non_null(strchr(rig->log, 'a'));
    loop_timer_stop(&rig->timer[0]);
}

static void time_stands_still(struct loop_task *task)
{
    uint64_t now = loop_now_us(the_rig->loop);
    for (volatile int i = 0; i < 100000; i++)
        assert_int_equal(loop_now_us(the_rig->loop), now);
    finish_task(task);
}

TEST_BOTH(time_stands_still_inside_a_callback)
{
    loop_task_init(&rig->task[0], time_stands_still);
    loop_defer(rig->loop, &rig->task[0]);
    rig_run(rig);
}

static void finish_post(struct loop_post *post)
{
    note_post(post);
    the_rig->is_done = true;
}

TEST_BOTH(posts_keep_their_order)
{
    for (int i = 0; i < 4; i++)
        assert_true(loop_post(rig->loop, &rig->post[i], i == 3 ? finish_post : note_post));
    rig_run(rig);
    assert_string_equal(rig->log, "ABCD");
}

static void post_next(struct loop_post *post)
{
    note_post(post);
    assert_true(loop_post(the_rig->loop, post + 1, finish_post));
    rig_note('.');
}

TEST_BOTH(a_post_may_post)
{
    assert_true(loop_post(rig->loop, &rig->post[0], post_next));
    rig_run(rig);
    assert_string_equal(rig->log, "A.B");
}

static void post_then_defer(struct loop_post *post)
{
    note_post(post);
    loop_defer(the_rig->loop, &the_rig->task[0]);
    assert_false(loop_post(the_rig->loop, post + 1, note_post));
}

TEST(closing_runs_what_was_accepted_and_refuses_the_rest)
{
    for (int i = 0; i < 2; i++) {
        struct rig rig = {.is_virtual = i == 1};
        the_rig = &rig;
        assert_int_equal(rig.is_virtual ? loop_virtual_new(1, &rig.loop) : loop_uv_new(&rig.loop),
                         0);
        loop_task_init(&rig.task[0], note_task);
        assert_true(loop_post(rig.loop, &rig.post[0], post_then_defer));
        if (rig.is_virtual)
            loop_virtual_close(rig.loop);
        else
            loop_uv_close(rig.loop);
        assert_string_equal(rig.log, "Aa");
    }
}

TEST_BOTH(random_bytes_of_any_length)
{
    uint8_t bytes[100] = {0};
    static const uint8_t none[100];
    for (size_t len = 0; len < sizeof(bytes); len++) {
        memset(bytes, 0, sizeof(bytes));
        loop_random(rig->loop, bytes, len);
        assert_memory_equal(bytes + len, none, sizeof(bytes) - len);
        if (len >= 16)
            assert_memory_not_equal(bytes + len - 16, none, 16);
    }
}

/* Many posters, one loop on a thread of its own. */

#define POSTER_COUNT 4
#define POSTS_EACH 20000

struct numbered_post {
    struct loop_post post;
    unsigned poster, number;
};

static struct poster {
    pthread_t thread;
    struct loop *loop;
    unsigned seen;
    struct numbered_post *posts;
} posters[POSTER_COUNT];
static unsigned posts_seen;

static void count_post(struct loop_post *post)
{
    struct numbered_post *numbered = container_of(post, struct numbered_post, post);
    struct poster *poster = &posters[numbered->poster];
    assert_int_equal(poster->seen, numbered->number);
    assert_true(loop_is_current(poster->loop));
    poster->seen++;
    if (++posts_seen == POSTER_COUNT * POSTS_EACH)
        loop_uv_stop(poster->loop);
}

static void *poster_main(void *arg)
{
    struct poster *poster = arg;
    for (unsigned i = 0; i < POSTS_EACH; i++) {
        struct numbered_post *numbered = &poster->posts[i];
        numbered->poster = (unsigned)(poster - posters);
        numbered->number = i;
        if (!loop_post(poster->loop, &numbered->post, count_post))
            return poster;
    }
    return loop_is_current(poster->loop) ? poster : NULL;
}

static void *loop_main(void *arg)
{
    loop_uv_run(arg);
    return NULL;
}

TEST(posts_of_four_threads_arrive_in_order)
{
    struct loop *loop;
    pthread_t thread;
    assert_int_equal(loop_uv_new(&loop), 0);
    posts_seen = 0;
    assert_int_equal(pthread_create(&thread, NULL, loop_main, loop), 0);
    for (int i = 0; i < POSTER_COUNT; i++) {
        posters[i] = (struct poster){.loop = loop};
        posters[i].posts = mem_alloc(POSTS_EACH * sizeof(*posters[i].posts));
        assert_non_null(posters[i].posts);
    }
    for (int i = 0; i < POSTER_COUNT; i++)
        assert_int_equal(pthread_create(&posters[i].thread, NULL, poster_main, &posters[i]), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    for (int i = 0; i < POSTER_COUNT; i++) {
        void *failed;
        assert_int_equal(pthread_join(posters[i].thread, &failed), 0);
        assert_null(failed);
        assert_int_equal(posters[i].seen, POSTS_EACH);
        mem_free(posters[i].posts);
    }
    assert_false(loop_is_current(loop));
    loop_uv_close(loop);
}

static unsigned rounds_left;

static void defer_many_times(struct loop_task *task)
{
    if (--rounds_left > 0)
        loop_defer(the_rig->loop, task);
    else
        loop_uv_stop(the_rig->loop);
}

static uint64_t thread_cpu_us(void)
{
    struct rusage used;
    assert_int_equal(getrusage(RUSAGE_THREAD, &used), 0);
    return (uint64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000 +
           (uint64_t)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

static void stop_running(struct loop_timer *timer)
{
    loop_uv_stop(timer->loop);
}

/* It watches for what follows its last work for a moment only. */
TEST(a_running_loop_sleeps_when_nothing_follows_its_work)
{
    struct rig rig = {0};
    the_rig = &rig;
    assert_int_equal(loop_uv_new(&rig.loop), 0);
    loop_task_init(&rig.task[0], note_task);
    loop_defer(rig.loop, &rig.task[0]);
    loop_timer_init(&rig.timer[0], rig.loop, stop_running);
    loop_timer_start(&rig.timer[0], 200000);
    uint64_t before_us = thread_cpu_us();
    loop_uv_run(rig.loop);
    assert_in_range(thread_cpu_us() - before_us, 0, 50000);
    loop_uv_close(rig.loop);
}

TEST(a_running_loop_does_not_sleep_on_deferred_work)
{
    struct rig rig = {0};
    the_rig = &rig;
    rounds_left = 100;
    assert_int_equal(loop_uv_new(&rig.loop), 0);
    loop_task_init(&rig.task[0], defer_many_times);
    loop_defer(rig.loop, &rig.task[0]);
    loop_uv_run(rig.loop); /* nothing else would ever wake it */
    assert_int_equal(rounds_left, 0);
    loop_uv_close(rig.loop);
}

TEST(a_waiting_dispatch_ends_with_what_is_due)
{
    struct rig rig = {0};
    the_rig = &rig;
    assert_int_equal(loop_uv_new(&rig.loop), 0);
    loop_timer_init(&rig.timer[0], rig.loop, note_timer);
    uint64_t begin = loop_clock_us(rig.loop);
    loop_timer_start(&rig.timer[0], 1500);
    for (int i = 0; i < 3 && rig.log[0] == '\0'; i++)
        loop_uv_dispatch_wait(rig.loop);
    assert_string_equal(rig.log, "0");
    assert_true(loop_clock_us(rig.loop) >= begin + 1500);
    assert_true(loop_post(rig.loop, &rig.post[0], note_post));
    loop_uv_dispatch_wait(rig.loop);
    assert_string_equal(rig.log, "0A");
    loop_uv_close(rig.loop);
}

/* What came in while the process was away comes before the timers that it was to be in time for. */
TEST(who_was_away_looks_at_the_sockets_first)
{
    struct rig rig = {0};
    the_rig = &rig;
    assert_int_equal(loop_uv_new(&rig.loop), 0);
    loop_timer_init(&rig.timer[0], rig.loop, finish_timer);
    loop_timer_start(&rig.timer[0], 1);
    assert_true(loop_post(rig.loop, &rig.post[0], note_post));
    uint64_t begin_us = loop_clock_us(rig.loop);
    while (loop_clock_us(rig.loop) - begin_us < 100000) /* away */
        ;
    rig_run(&rig);
    assert_string_equal(rig.log, "A0");
    loop_uv_close(rig.loop);
}

TEST(a_stop_before_the_run_ends_it_at_once)
{
    struct loop *loop;
    assert_int_equal(loop_uv_new(&loop), 0);
    loop_uv_stop(loop);
    loop_uv_stop(loop);
    loop_uv_run(loop);
    loop_uv_stop(loop);
    loop_uv_run(loop);
    loop_uv_close(loop);
}

TEST(out_of_memory_is_reported)
{
    struct loop *loop = NULL;
    mem_fail_at(1);
    assert_int_equal(loop_uv_new(&loop), ACTR_ENOMEM);
    assert_int_equal(loop_virtual_new(1, &loop), ACTR_ENOMEM);
    mem_fail_at(0);
    assert_null(loop);
    assert_null(loop_uv_close(NULL));
    assert_null(loop_virtual_close(NULL));
}

/* Virtual time. */

TEST(virtual_time_is_reproducible)
{
    uint8_t a[33], b[33], c[33];
    struct loop *loop;
    assert_int_equal(loop_virtual_new(7, &loop), 0);
    assert_int_equal(loop_wall_ms(loop), LOOP_VIRTUAL_EPOCH_MS);
    loop_random(loop, a, sizeof(a));
    loop_random(loop, c, sizeof(c));
    loop_virtual_close(loop);
    assert_int_equal(loop_virtual_new(7, &loop), 0);
    loop_random(loop, b, sizeof(b));
    loop_virtual_close(loop);
    assert_memory_equal(a, b, sizeof(a));
    assert_memory_not_equal(a, c, sizeof(a));
}

TEST(virtual_time_moves_only_when_nothing_is_left)
{
    struct rig rig = {.is_virtual = true};
    the_rig = &rig;
    assert_int_equal(loop_virtual_new(1, &rig.loop), 0);
    uint64_t begin = loop_now_us(rig.loop);
    for (int i = 0; i < 3; i++) {
        loop_timer_init(&rig.timer[i], rig.loop, note_timer);
        loop_timer_start(&rig.timer[i], (uint64_t)(i + 1) * 1000000);
    }
    assert_false(loop_virtual_run_idle(rig.loop, begin + 1999999));
    assert_string_equal(rig.log, "0");
    assert_int_equal(loop_now_us(rig.loop), begin + 1000000);
    loop_virtual_run_until(rig.loop, begin + 2500000);
    assert_string_equal(rig.log, "01");
    assert_int_equal(loop_now_us(rig.loop), begin + 2500000);
    assert_int_equal(loop_wall_ms(rig.loop), LOOP_VIRTUAL_EPOCH_MS + 2500);
    assert_true(loop_virtual_run_idle(rig.loop, UINT64_MAX));
    assert_string_equal(rig.log, "012");
    assert_int_equal(loop_now_us(rig.loop), begin + 3000000);
    assert_false(loop_virtual_step(rig.loop));
    loop_virtual_close(rig.loop);
}
