// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The search on paths of any size: move by move, and as a property with random losses. */
#include "hyper/wire/webrtc/sctp/path_mtu.h"

#include "base/bytes.h"
#include "harness.h"

#define S 1000000u
#define BASE 1168u
#define MAX 16384u

static struct path_mtu m;
static uint64_t now;
static uint32_t id;

static void begin(void)
{
    path_mtu_init(&m, BASE, MAX);
    now = 100 * S;
}

static size_t probe(void)
{
    return path_mtu_probe(&m, now, &id);
}

static void at_deadline(void)
{
    assert_true(path_mtu_deadline(&m) != UINT64_MAX);
    now = path_mtu_deadline(&m);
    path_mtu_tick(&m, now);
}

static void assert_complete(size_t size)
{
    assert_int_equal(probe(), 0);
    assert_int_equal(m.state.state, PATH_MTU_COMPLETE);
    assert_int_equal(path_mtu_deadline(&m), UINT64_MAX);
    assert_int_equal(path_mtu_size(&m), size);
}

/* The system refuses what is larger than `link`, and the peer gets what is not larger than `path`;
 * returns how many probes left. */
static unsigned search(size_t link, size_t path)
{
    unsigned count = 0;
    size_t size;
    while ((size = probe()) > 0) {
        assert_int_equal(probe(), 0); /* one at a time */
        if (size > link) {
            path_mtu_refused(&m, id, now);
            continue;
        }
        count++;
        now += 1000;
        if (size <= path)
            assert_true(path_mtu_acknowledged(&m, id, now));
        else
            at_deadline();
    }
    return count;
}

TEST(nothing_is_due_before_the_first_probe)
{
    begin();
    assert_int_equal(path_mtu_deadline(&m), UINT64_MAX);
    assert_int_equal(path_mtu_size(&m), BASE);
    path_mtu_tick(&m, now);
    assert_int_equal(m.state.state, PATH_MTU_BASE);
}

TEST(loopback_takes_one_probe)
{
    begin();
    assert_int_equal(search(65507, 65507), 1);
    assert_int_equal(path_mtu_size(&m), MAX);
    assert_complete(MAX);
    now += 2 * (uint64_t)PATH_MTU_RAISE_US;
    assert_int_equal(probe(), 0); /* there is nothing to win */
}

TEST(ethernet_takes_one_probe_that_leaves)
{
    begin();
    assert_int_equal(search(1472, 1472), 1);
    assert_complete(1472);
    begin();
    assert_int_equal(search(1452, 1452), 1);
    assert_complete(1452);
}

/* What is too big for a link further on is found out by silence; what fits is in use meanwhile. */
TEST(a_narrower_link_behind_a_jumbo_one)
{
    uint64_t begun;
    begin();
    begun = now;
    assert_int_equal(probe(), MAX);
    path_mtu_refused(&m, id, now);
    assert_int_equal(probe(), 8848);
    at_deadline();
    assert_int_equal(now, begun + PATH_MTU_TIMER_US);
    assert_int_equal(probe(), 1472);
    assert_true(path_mtu_acknowledged(&m, id, now));
    assert_int_equal(path_mtu_size(&m), 1472);
    for (int i = 1; i < PATH_MTU_TRIES; i++) {
        assert_int_equal(probe(), 8848);
        at_deadline();
    }
    assert_complete(1472);
}

TEST(a_path_of_the_base_size_only)
{
    begin();
    assert_int_equal(search(65507, 1200), PATH_MTU_PROBES_MAX);
    assert_complete(BASE);
}

/* Each size has its tries: one loss costs a round trip, not the size. */
TEST(a_lost_probe_is_made_up_for)
{
    begin();
    assert_int_equal(probe(), MAX);
    at_deadline();
    assert_int_equal(probe(), 8848);
    assert_true(path_mtu_acknowledged(&m, id, now));
    assert_int_equal(path_mtu_size(&m), 8848);
    assert_int_equal(probe(), MAX);
    assert_true(path_mtu_acknowledged(&m, id, now));
    assert_complete(MAX);
}

TEST(a_late_answer_counts)
{
    uint32_t first;
    begin();
    assert_int_equal(probe(), MAX);
    first = id;
    at_deadline();
    assert_int_equal(probe(), 8848);
    assert_true(path_mtu_acknowledged(&m, first, now));
    assert_complete(MAX);
    assert_false(path_mtu_acknowledged(&m, id, now)); /* the smaller one: known */
    assert_false(path_mtu_acknowledged(&m, first, now));
    assert_complete(MAX);
}

TEST(answers_to_what_was_never_sent_count_for_nothing)
{
    begin();
    for (uint32_t any = 0; any < 256; any++)
        assert_false(path_mtu_acknowledged(&m, any, now));
    assert_int_equal(probe(), MAX);
    assert_false(path_mtu_acknowledged(&m, id + 16, now)); /* the number after it */
    assert_false(path_mtu_acknowledged(&m, id - 16, now));
    assert_false(path_mtu_acknowledged(&m, id + PATH_MTU_STEPS, now));
    assert_int_equal(path_mtu_size(&m), BASE);
}

TEST(a_maximum_between_the_sizes_of_links)
{
    path_mtu_init(&m, BASE, 1450);
    assert_int_equal(probe(), 1450);
    path_mtu_refused(&m, id, now);
    assert_int_equal(probe(), 1432);
    assert_true(path_mtu_acknowledged(&m, id, now));
    assert_complete(1432);
}

TEST(no_larger_maximum_no_probe)
{
    path_mtu_init(&m, BASE, BASE);
    assert_int_equal(probe(), 0);
    assert_int_equal(path_mtu_size(&m), BASE);
}

TEST(larger_sizes_are_tried_again_when_it_is_time)
{
    begin();
    search(1472, 1472);
    now += PATH_MTU_RAISE_US - 1;
    assert_complete(1472);
    now++;
    assert_int_equal(path_mtu_deadline(&m), UINT64_MAX); /* it wakes nobody */
    assert_int_equal(search(9000, 9000), 1);
    assert_complete(8848);
}

TEST(large_data_that_times_out_twice_is_a_black_hole)
{
    begin();
    search(65507, 65507);
    assert_false(path_mtu_timeout(&m, BASE, now)); /* the base size is not in doubt */
    assert_false(path_mtu_timeout(&m, MAX, now));
    path_mtu_delivered(&m, BASE); /* says nothing of larger ones */
    assert_true(path_mtu_timeout(&m, MAX, now));
    assert_int_equal(path_mtu_size(&m), BASE);
    assert_int_equal(m.state.state, PATH_MTU_ERROR);
    assert_false(path_mtu_timeout(&m, MAX, now)); /* what was cut before */
    assert_false(path_mtu_timeout(&m, MAX, now));
    now += PATH_MTU_RETRY_US - 1;
    assert_int_equal(probe(), 0);
    now++;
    search(65507, 1472);
    assert_complete(1472);
}

TEST(large_data_that_arrives_ends_the_doubt)
{
    begin();
    search(65507, 65507);
    for (int i = 0; i < 10; i++) {
        assert_false(path_mtu_timeout(&m, MAX, now));
        path_mtu_delivered(&m, BASE + 1);
    }
    assert_complete(MAX);
}

/* A path that takes probes and loses data is tried ever more rarely, never given up. */
TEST(black_holes_one_after_the_other)
{
    uint64_t wait = PATH_MTU_RETRY_US;
    begin();
    for (int i = 0; i < 12; i++) {
        search(65507, 65507);
        assert_int_equal(path_mtu_size(&m), MAX);
        path_mtu_timeout(&m, MAX, now);
        assert_true(path_mtu_timeout(&m, MAX, now));
        now += wait - 1;
        assert_int_equal(probe(), 0);
        now++;
        wait = wait * 2 < PATH_MTU_RAISE_US ? wait * 2 : PATH_MTU_RAISE_US;
    }
    /* One that has held for long makes good. */
    search(65507, 1472);
    assert_complete(1472);
    now += PATH_MTU_RAISE_US;
    search(65507, 65507);
    path_mtu_timeout(&m, MAX, now);
    assert_true(path_mtu_timeout(&m, MAX, now));
    now += PATH_MTU_RETRY_US;
    assert_int_equal(probe(), MAX);
}

TEST(another_path_is_searched_anew)
{
    uint32_t old;
    begin();
    assert_int_equal(probe(), MAX);
    old = id;
    path_mtu_path_changed(&m);
    assert_int_equal(path_mtu_deadline(&m), UINT64_MAX);
    assert_false(path_mtu_acknowledged(&m, old, now)); /* of the old path */
    assert_int_equal(path_mtu_size(&m), BASE);
    search(65507, 65507);
    path_mtu_path_changed(&m);
    assert_int_equal(path_mtu_size(&m), BASE);
    assert_int_equal(search(1472, 1472), 1);
    assert_complete(1472);
    path_mtu_path_changed(&m);
    path_mtu_path_changed(&m);
    assert_int_equal(m.state.state, PATH_MTU_BASE);
}

/* ---- the property ---- */

#define FLIGHTS 64

/* A path of any size that loses, delays and doubles; answers are on their way. */
struct path {
    uint64_t random;
    size_t link, size;
    uint64_t rtt_us;
    unsigned loss_percent;
    struct {
        uint64_t at_us;
        uint32_t id;
    } flights[FLIGHTS];
    unsigned count;
};

static uint64_t below(struct path *path, uint64_t bound)
{
    return harness_random(&path->random) % bound;
}

static void path_take(struct path *path, size_t size, uint32_t number)
{
    unsigned copies = 1 + (below(path, 10) == 0);
    if (size > path->size || below(path, 100) < path->loss_percent)
        return;
    for (; copies > 0; copies--) {
        assert_true(path->count < FLIGHTS);
        path->flights[path->count].at_us = now + path->rtt_us + below(path, path->rtt_us + 1);
        path->flights[path->count++].id = number;
    }
}

/* The answers that are here by now. */
static void path_answer(struct path *path)
{
    for (unsigned i = 0; i < path->count;) {
        if (path->flights[i].at_us > now) {
            i++;
            continue;
        }
        path_mtu_acknowledged(&m, path->flights[i].id, now);
        path->flights[i] = path->flights[--path->count];
    }
}

static uint64_t path_next(const struct path *path)
{
    uint64_t next = UINT64_MAX;
    for (unsigned i = 0; i < path->count; i++)
        if (path->flights[i].at_us < next)
            next = path->flights[i].at_us;
    return next;
}

/* Searches to the end and until the last answer is here; returns how many probes it took. */
static unsigned path_search(struct path *path)
{
    unsigned count = 0;
    for (;;) {
        size_t size;
        while ((size = probe()) > 0) {
            count++;
            assert_true(size > path_mtu_size(&m) && size <= MAX);
            if (size > path->link)
                path_mtu_refused(&m, id, now);
            else
                path_take(path, size, id);
        }
        uint64_t next = path_next(path);
        if (path_mtu_deadline(&m) < next)
            next = path_mtu_deadline(&m);
        if (next == UINT64_MAX)
            return count;
        now = next;
        path_mtu_tick(&m, now);
        path_answer(path);
        assert_true(path_mtu_size(&m) >= BASE && path_mtu_size(&m) <= path->size);
    }
}

static size_t best_of(size_t path)
{
    static const size_t sizes[] = {MAX, 8848, 1472, 1452, 1432, 1402, 1372, 1312};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        if (sizes[i] <= path)
            return sizes[i];
    return BASE;
}

static void path_make(struct path *path)
{
    path->size = BASE + (size_t)below(path, below(path, 2) ? 400 : 2 * MAX);
    path->link = path->size + (below(path, 2) ? 0 : (size_t)below(path, 2 * MAX));
    path->rtt_us = below(path, 4) ? below(path, 300000) : below(path, 3 * S);
    path->loss_percent = below(path, 2) ? 0 : (unsigned)below(path, 90);
}

TEST(property_a_search_ends_with_what_fits)
{
    struct path path = {.random = harness_seed()};
    for (int i = 0; i < 20000; i++) {
        begin();
        /* A session of several paths. */
        for (int j = 0; j < 3; j++) {
            path.count = 0;
            path_make(&path);
            uint64_t begun = now;
            assert_in_range(path_search(&path), 0, PATH_MTU_PROBES_MAX);
            assert_true(now - begun <=
                        PATH_MTU_PROBES_MAX * (uint64_t)PATH_MTU_TIMER_US + 2 * path.rtt_us);
            assert_true(path_mtu_size(&m) <= best_of(path.size));
            if (path.loss_percent == 0)
                assert_int_equal(path_mtu_size(&m), best_of(path.size));
            path_mtu_path_changed(&m);
        }
    }
}
