// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The model of the path against a path that is one: a bottleneck with a queue, and a time to
 * travel.
 */
#include "hyper/wire/webrtc/sctp/rate.h"

#include <string.h>

#include "harness.h"

#define PACKET 1000
#define FLYING_MAX 65536

/* A sender that always has something to send, and what becomes of its packets. */
struct path {
    struct sctp_rate rate;
    uint64_t bytes_per_s, travel_us, queue_max_us;
    uint64_t bunch_us; /* acknowledgements come once in that time; 0: each by itself */
    unsigned lose;     /* of 1000, by chance */
    uint64_t random;
    uint64_t now_us;
    struct {
        struct sctp_rate_mark mark;
        uint64_t back_us; /* when its acknowledgement is here; 0: lost */
    } flying[FLYING_MAX];
    uint32_t first, next;
    size_t flight;
    uint64_t delivered, dropped, longest_us;
};

/* Those who share a bottleneck; `path` is the one that is looked at. */
static struct path paths[2], *path = paths;
static uint64_t free_us; /* when the bottleneck has sent what it has */

static void path_open(uint64_t bytes_per_s, uint64_t travel_us, uint64_t queue_max_us)
{
    memset(path, 0, sizeof *path);
    free_us = 0;
    path->bytes_per_s = bytes_per_s;
    path->travel_us = travel_us;
    path->queue_max_us = queue_max_us;
    path->random = harness_seed();
    path->now_us = 1000000;
    sctp_rate_init(&path->rate, PACKET);
}

static void path_send(void)
{
    uint32_t at = path->next++ % FLYING_MAX;
    uint64_t wait_us = free_us > path->now_us ? free_us - path->now_us : 0;

    assert_true(path->next - path->first < FLYING_MAX);
    sctp_rate_sent(&path->rate, PACKET, path->flight, path->now_us, &path->flying[at].mark);
    path->flight += PACKET;
    path->flying[at].back_us = 0;
    if (wait_us > path->queue_max_us ||
        (path->lose && harness_random(&path->random) % 1000 < path->lose)) {
        path->dropped++;
        return;
    }
    free_us = path->now_us + wait_us + PACKET * UINT64_C(1000000) / path->bytes_per_s;
    uint64_t back_us = free_us + path->travel_us;
    if (path->bunch_us)
        back_us += path->bunch_us - back_us % path->bunch_us;
    path->flying[at].back_us = back_us;
}

/* Acknowledgements that are here; what was lost before them is found out. */
static void path_hear(void)
{
    for (uint32_t i = path->first; i != path->next; i++) {
        uint64_t back_us = path->flying[i % FLYING_MAX].back_us;
        if (back_us > path->now_us)
            return;
        path->first = i + 1;
        path->flight -= PACKET;
        if (back_us == 0) {
            sctp_rate_lost(&path->rate, PACKET);
            continue;
        }
        const struct sctp_rate_mark *mark = &path->flying[i % FLYING_MAX].mark;
        uint64_t rtt_us = path->now_us - mark->sent_us;
        sctp_rate_acknowledged(&path->rate, PACKET, mark, rtt_us, path->flight, path->now_us);
        path->delivered += PACKET;
        if (rtt_us > path->longest_us)
            path->longest_us = rtt_us;
    }
}

static void path_step(void)
{
    path_hear();
    while (path->flight < path->rate.window && sctp_rate_next_us(&path->rate) <= path->now_us)
        path_send();
}

static void path_run(uint64_t us)
{
    uint64_t end_us = path->now_us + us;

    path->delivered = path->dropped = path->longest_us = 0;
    for (; path->now_us < end_us; path->now_us += 100)
        path_step();
}

/* Of what the bottleneck could have carried, in hundredths. */
static unsigned path_use(uint64_t us)
{
    return (unsigned)(path->delivered * 100 / (path->bytes_per_s * us / 1000000));
}

TEST(a_long_path_is_filled_and_its_queue_stays_short)
{
    path_open(10000000, 50000, 1000000);
    path_run(2000000);
    path_run(5000000);
    assert_true(path_use(5000000) >= 90);
    assert_int_equal(path->dropped, 0);
    /* The window is two of what the path holds: the queue is one at the most, not a second. */
    assert_true(path->longest_us < 120000);
}

TEST(losses_by_chance_do_not_slow_it)
{
    path_open(10000000, 50000, 1000000);
    path->lose = 50;
    path_run(2000000);
    path_run(5000000);
    assert_true(path_use(5000000) >= 80);
}

TEST(acknowledgements_in_bunches_do_not_slow_it)
{
    path_open(10000000, 3000, 1000000);
    path->bunch_us = 20000;
    path_run(2000000);
    path_run(5000000);
    assert_true(path_use(5000000) >= 85);
}

TEST(a_short_queue_is_not_flooded)
{
    path_open(2000000, 20000, 20000);
    path_run(2000000);
    path_run(5000000);
    assert_true(path_use(5000000) >= 80);
    assert_true(path->dropped * PACKET < path->delivered / 10);
}

TEST(a_path_that_becomes_narrow_is_followed)
{
    path_open(10000000, 30000, 2000000);
    path_run(2000000);
    path->bytes_per_s = 1000000;
    path_run(10000000); /* the highest rate is believed for ten round trips, which are long now */
    path_run(3000000);
    assert_true(path_use(3000000) >= 85);
    assert_true(path->longest_us < 150000);
    path->bytes_per_s = 10000000;
    path_run(3000000);
    path_run(3000000);
    assert_true(path_use(3000000) >= 80);
}

TEST(timeouts_close_the_window_and_an_answer_opens_it_again)
{
    path_open(10000000, 50000, 1000000);
    path_run(2000000);
    uint32_t before = path->rate.window;
    sctp_rate_timed_out(&path->rate);
    sctp_rate_timed_out(&path->rate);
    assert_int_equal(path->rate.window, 4 * PACKET);
    path_run(200000);
    assert_true(path->rate.window >= before / 2);
}

TEST(a_path_that_is_hardly_used_is_not_taken_for_a_narrow_one)
{
    path_open(10000000, 50000, 1000000);
    path_run(2000000);
    uint64_t before = path->rate.rate;
    for (int i = 0; i < 100; i++) { /* a packet each now and then */
        sctp_rate_limited(&path->rate, path->flight);
        path_send();
        for (int k = 0; k < 1000; k++, path->now_us += 100)
            path_hear();
    }
    assert_true(path->rate.rate >= before * 9 / 10);
}

TEST(another_path_is_measured_anew)
{
    path_open(10000000, 50000, 1000000);
    path_run(2000000);
    sctp_rate_restart(&path->rate);
    assert_int_equal(path->rate.rate, 0);
    assert_int_equal(path->rate.window, 10 * PACKET);
    assert_int_equal(path->rate.mtu, PACKET);
    sctp_rate_resize(&path->rate, 16000);
    assert_true(path->rate.window >= 4 * 16000);
}

/* Of two that share a bottleneck, what the second gets, in hundredths. */
static unsigned share_of_second(uint64_t us)
{
    uint64_t end_us = paths[0].now_us + us;

    paths[0].delivered = paths[1].delivered = 0;
    while (paths[0].now_us < end_us) {
        size_t first = harness_random(&paths[0].random) % 2; /* who gets the room that there is */
        for (size_t i = 0; i < 2; i++) {
            path = &paths[(first + i) % 2];
            path_step();
            path->now_us += 100;
        }
    }
    path = paths;
    return (unsigned)(paths[1].delivered * 100 / (paths[0].delivered + paths[1].delivered));
}

TEST(two_share_a_bottleneck)
{
    static const struct {
        uint64_t bytes_per_s, travel_us, queue_max_us;
    } cases[] = {{4000000, 50000, 50000},
                 {4000000, 50000, 500000},
                 {10000000, 20000, 20000},
                 {1000000, 100000, 100000},
                 {2000000, 10000, 40000}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t k = 0; k < 2; k++) {
            path = &paths[k];
            path_open(cases[i].bytes_per_s, cases[i].travel_us, cases[i].queue_max_us);
        }
        path = paths;
        paths[0].random = 1; /* the same each time: a share is a matter of chance, too */
        path_run(5000000);   /* the first has all of it */
        paths[1].now_us = paths[0].now_us;
        share_of_second(20000000);
        unsigned share = share_of_second(30000000);
        uint64_t sum = paths[0].delivered + paths[1].delivered;
        assert_true(share >= 30 && share <= 70);
        assert_true(sum >= cases[i].bytes_per_s * 30 * 8 / 10);
    }
}

/* A session says little at first, and often for long; how little it was is nothing that the path is
 * to blame for. */
TEST(after_tiny_messages_a_window_leaves_within_a_round_trip)
{
    const uint64_t travel_us = 50000;
    struct sctp_rate rate;
    struct sctp_rate_mark mark;
    uint64_t now_us = 1000000;
    sctp_rate_init(&rate, PACKET);
    for (int i = 0; i < 50; i++) {
        sctp_rate_limited(&rate, 0);
        sctp_rate_sent(&rate, 10, 0, now_us, &mark);
        now_us += travel_us;
        sctp_rate_acknowledged(&rate, 10, &mark, travel_us, 0, now_us);
    }
    assert_true(rate.window >= 10 * PACKET);
    for (size_t i = 0; i < 10; i++) {
        uint64_t at_us = sctp_rate_next_us(&rate);
        assert_true(at_us <= now_us + travel_us);
        sctp_rate_sent(&rate, PACKET, i * PACKET, at_us > now_us ? at_us : now_us, &mark);
    }
}
