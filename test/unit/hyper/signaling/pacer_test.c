// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The pacer. */
#include "hyper/signaling/pacer.h"

#include "harness.h"

TEST(a_burst_then_the_rate)
{
    struct pacer pacer = {.interval_us = 100, .burst = 4};
    uint64_t now_us = 1000;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pacer_take(&pacer, now_us, 0), 0);
    assert_int_equal(pacer_take(&pacer, now_us, 0), 100);
    assert_int_equal(pacer_take(&pacer, now_us + 99, 0), 1);
    assert_int_equal(pacer_take(&pacer, now_us + 100, 0), 0);
    assert_int_equal(pacer_take(&pacer, now_us + 100, 0), 100);
}

TEST(a_rest_fills_it_no_further_than_the_burst)
{
    struct pacer pacer = {.interval_us = 100, .burst = 2};
    assert_int_equal(pacer_take(&pacer, 1000, 0), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pacer_take(&pacer, 1000000, 0), 0);
    assert_int_equal(pacer_take(&pacer, 1000000, 0), 100);
}

TEST(the_spare_is_left_for_others)
{
    struct pacer pacer = {.interval_us = 100, .burst = 5};
    for (int i = 0; i < 3; i++)
        assert_int_equal(pacer_take(&pacer, 0, 2), 0);
    assert_int_equal(pacer_take(&pacer, 0, 2), 100);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pacer_take(&pacer, 0, 0), 0);
    assert_int_equal(pacer_take(&pacer, 0, 0), 100);
    assert_int_equal(pacer_take(&pacer, 0, 2), 300);
}

TEST(drained_it_starts_from_nothing)
{
    struct pacer pacer = {.interval_us = 100, .burst = 5};
    pacer_drain(&pacer, 50);
    assert_int_equal(pacer_take(&pacer, 50, 0), 100);
    assert_int_equal(pacer_take(&pacer, 150, 0), 0);
    assert_int_equal(pacer_take(&pacer, 150, 0), 100);
}

/* Whatever is asked and when: in any window never more than the burst and the rate allow. */
TEST(never_more_than_rate_and_burst)
{
    uint64_t state = harness_seed();
    struct pacer pacer = {.interval_us = 100, .burst = 40};
    uint64_t now_us = 0, taken_count = 0;
    for (int i = 0; i < 20000; i++) {
        now_us += harness_random(&state) % 150;
        taken_count += pacer_take(&pacer, now_us, (uint32_t)(harness_random(&state) % 6)) == 0;
        assert_true(taken_count <= 40 + now_us / 100);
    }
    assert_true(taken_count > now_us / 200);
}
