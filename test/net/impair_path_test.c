// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What the impairing relay does to datagrams. */
#include "impair_path.h"

#include <stdlib.h>
#include <string.h>

#include "harness.h"

#define COUNT 20000

static struct impair_settings settings;
static struct impair_path path;

static void path_init(uint64_t seed)
{
    assert_true(impair_path_init(&path, &settings, seed));
}

/* COUNT datagrams of `len` bytes, one each millisecond from the first on, that begin with their
 * number. */
static void push_all(size_t len)
{
    uint8_t bytes[1500] = {0};

    for (uint32_t i = 0; i < COUNT; i++) {
        memcpy(bytes, &i, sizeof(i));
        impair_path_push(&path, bytes, len, 1000 * (i + 1));
    }
}

struct arrived {
    uint32_t count, inversions, number_last;
    uint64_t us_last, hash;
};

static struct arrived pop_all(void)
{
    struct arrived arrived = {0};
    uint64_t due_us;

    while ((due_us = impair_path_due(&path)) != UINT64_MAX) {
        uint32_t number;
        assert_null(impair_path_pop(&path, due_us - 1));
        struct impair_packet *packet = impair_path_pop(&path, due_us);
        memcpy(&number, packet->bytes, sizeof(number));
        assert_true(due_us >= 1000 * ((uint64_t)number + 1) + settings.delay_us);
        assert_true(due_us >= arrived.us_last);
        arrived.inversions += number < arrived.number_last;
        arrived.number_last = number;
        arrived.us_last = due_us;
        arrived.hash = (arrived.hash + number) * 0x9e3779b97f4a7c15u;
        arrived.count++;
        free(packet);
    }
    return arrived;
}

static struct arrived run(uint64_t seed, size_t len)
{
    path_init(seed);
    push_all(len);
    struct arrived arrived = pop_all();
    impair_path_deinit(&path);
    return arrived;
}

TEST(a_good_path_keeps_all)
{
    settings = (struct impair_settings){.delay_us = 5000};
    struct arrived arrived = run(1, 100);
    assert_int_equal(arrived.count, COUNT);
    assert_int_equal(arrived.inversions, 0);
    assert_int_equal(arrived.us_last, 1000 * COUNT + 5000);
}

TEST(as_many_are_lost_and_doubled_as_it_is_told)
{
    settings = (struct impair_settings){.loss = 20};
    struct arrived arrived = run(harness_seed(), 100);
    assert_int_equal(arrived.count, COUNT - path.counts.lost);
    assert_in_range(path.counts.lost, COUNT / 5 - COUNT / 50, COUNT / 5 + COUNT / 50);

    settings = (struct impair_settings){.duplicate = 5};
    arrived = run(harness_seed(), 100);
    assert_int_equal(arrived.count, COUNT + path.counts.doubled);
    assert_in_range(path.counts.doubled, COUNT / 20 - COUNT / 100, COUNT / 20 + COUNT / 100);
}

TEST(late_ones_come_after_others_and_jitter_keeps_the_order)
{
    settings = (struct impair_settings){.reorder = 10, .reorder_us = 3500};
    struct arrived arrived = run(harness_seed(), 100);
    assert_int_equal(arrived.count, COUNT);
    assert_in_range(arrived.inversions, COUNT / 20, COUNT / 8);

    settings = (struct impair_settings){.delay_us = 1000, .jitter_us = 20000};
    arrived = run(harness_seed(), 100);
    assert_int_equal(arrived.count, COUNT);
    assert_int_equal(arrived.inversions, 0);
}

TEST(a_packet_over_the_mtu_vanishes)
{
    settings = (struct impair_settings){.mtu = 1200};
    assert_int_equal(run(1, 1200 - IMPAIR_HEADERS).count, COUNT);
    assert_int_equal(run(1, 1200 - IMPAIR_HEADERS + 1).count, 0);
    assert_int_equal(path.counts.too_long, COUNT);
}

TEST(the_bottleneck_lets_its_rate_through)
{
    /* Half of what comes: 1000 packets of 1000 bytes a second are 8 Mbit. */
    settings = (struct impair_settings){.rate_bps = 4000000};
    struct arrived arrived = run(1, 1000 - IMPAIR_HEADERS);
    assert_int_equal(arrived.count + path.counts.over, COUNT);
    assert_in_range(arrived.count, COUNT / 2, COUNT / 2 + 110);
    assert_in_range(arrived.us_last, 1000 * COUNT, 1000 * COUNT + IMPAIR_BACKLOG_US + 5000);
}

TEST(nothing_comes_out_of_a_hole)
{
    settings = (struct impair_settings){.is_hole = true};
    assert_int_equal(run(1, 100).count, 0);
    assert_int_equal(path.counts.in_hole, COUNT);
}

TEST(a_seed_is_a_run)
{
    settings = (struct impair_settings){.loss = 10, .duplicate = 10, .reorder = 10};
    settings.reorder_us = 5000;
    uint64_t hash = run(7, 100).hash;
    assert_int_equal(run(7, 100).hash, hash);
    assert_int_not_equal(run(8, 100).hash, hash);
}

TEST(a_full_queue_drops)
{
    settings = (struct impair_settings){.delay_us = 1000000};
    path_init(1);
    for (int i = 0; i < IMPAIR_QUEUE_MAX + 5; i++)
        impair_path_push(&path, "x", 1, 0);
    assert_int_equal(path.counts.over, 5);
    impair_path_deinit(&path);
}
