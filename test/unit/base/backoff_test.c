// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "base/backoff.h"

#include "harness.h"

TEST(delays_grow_to_the_maximum)
{
    struct backoff backoff = {.initial_ms = 1000, .max_ms = 60000, .factor = 2};
    static const uint32_t expected[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(backoff.attempts, i);
        assert_int_equal(backoff_next(&backoff, 12345 * i), expected[i]);
    }
    backoff_reset(&backoff);
    assert_int_equal(backoff.attempts, 0);
    assert_int_equal(backoff_next(&backoff, 0), 1000);
}

TEST(the_initial_delay_obeys_the_maximum_and_one_millisecond)
{
    struct backoff high = {.initial_ms = 100, .max_ms = 50, .factor = 2};
    struct backoff low = {.initial_ms = 0, .max_ms = 50, .factor = 2};
    assert_int_equal(backoff_next(&high, 0), 50);
    assert_int_equal(backoff_next(&low, 0), 1);
    assert_int_equal(backoff_next(&low, 0), 1);
}

TEST(jitter_spreads_evenly_both_ways_and_does_not_feed_back)
{
    struct backoff backoff = {
        .initial_ms = 1000, .max_ms = 2000, .factor = 2, .jitter_percent = 30};
    struct backoff again = backoff;
    assert_int_equal(backoff_next(&backoff, 0), 700);
    assert_int_equal(backoff_next(&backoff, UINT32_MAX), 2600); /* of 2,000, above the maximum */
    assert_int_equal(backoff_next(&backoff, UINT32_C(1) << 31), 2000);

    uint64_t random = harness_seed(), sum = 0;
    for (int i = 0; i < 10000; i++) {
        uint32_t delay = backoff_next(&again, (uint32_t)harness_random(&random));
        backoff_reset(&again);
        assert_in_range(delay, 700, 1300);
        sum += delay;
    }
    assert_in_range(sum / 10000, 980, 1020);
}

TEST(nothing_wraps)
{
    struct backoff backoff = {.initial_ms = UINT32_MAX,
                              .max_ms = UINT32_MAX,
                              .factor = UINT32_MAX,
                              .jitter_percent = 100};
    assert_int_equal(backoff_next(&backoff, UINT32_MAX), UINT32_MAX);
    assert_in_range(backoff_next(&backoff, 0), UINT32_MAX - INT32_MAX, UINT32_MAX);
    assert_int_equal(backoff_next(&backoff, UINT32_MAX), UINT32_MAX);
}
