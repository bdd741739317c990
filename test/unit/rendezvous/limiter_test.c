// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "rendezvous/limiter.h"

#include <stdio.h>

#include "base/mem.h"
#include "harness.h"

#define SECOND_US 1000000u

static const struct hash_key key = {{1, 2, 3}};

TEST(limiter_grants_a_burst_then_the_rate)
{
    const struct limiter_rate rate = {10, 5};
    struct limiter_bucket bucket = {0};
    uint64_t now_us = 50 * SECOND_US;
    for (int i = 0; i < 5; i++)
        assert_true(limiter_bucket_take(&bucket, &rate, 1, now_us));
    assert_false(limiter_bucket_take(&bucket, &rate, 1, now_us));
    assert_false(limiter_bucket_take(&bucket, &rate, 1, now_us + 99999));
    assert_true(limiter_bucket_take(&bucket, &rate, 1, now_us + 100000));
    assert_false(limiter_bucket_take(&bucket, &rate, 1, now_us + 100000));
}

TEST(limiter_saves_no_more_than_a_burst)
{
    const struct limiter_rate rate = {10, 5};
    struct limiter_bucket bucket = {0};
    assert_true(limiter_bucket_take(&bucket, &rate, 5, SECOND_US));
    for (int i = 0; i < 5; i++)
        assert_true(limiter_bucket_take(&bucket, &rate, 1, 3600 * (uint64_t)SECOND_US));
    assert_false(limiter_bucket_take(&bucket, &rate, 1, 3600 * (uint64_t)SECOND_US));
}

TEST(limiter_charges_the_cost)
{
    const struct limiter_rate rate = {100, 50};
    struct limiter_bucket bucket = {0};
    assert_true(limiter_bucket_take(&bucket, &rate, 25, SECOND_US));
    assert_true(limiter_bucket_take(&bucket, &rate, 25, SECOND_US));
    assert_false(limiter_bucket_take(&bucket, &rate, 1, SECOND_US));
    assert_false(limiter_bucket_take(&bucket, &rate, 51, 100 * SECOND_US));
}

TEST(limiter_with_rate_zero_limits_nothing)
{
    const struct limiter_rate rate = {0, 0};
    struct limiter_bucket bucket = {0};
    for (int i = 0; i < 1000; i++)
        assert_true(limiter_bucket_take(&bucket, &rate, 1, SECOND_US));
}

TEST(limiter_counts_each_address_by_itself)
{
    const struct limiter_rate rate = {1, 2};
    struct limiter limiter;
    limiter_init(&limiter, &rate, 0, &key);
    for (int i = 0; i < 2; i++) {
        assert_true(limiter_admit(&limiter, "192.0.2.1", SECOND_US));
        assert_true(limiter_admit(&limiter, "192.0.2.2", SECOND_US));
    }
    assert_false(limiter_admit(&limiter, "192.0.2.1", SECOND_US));
    assert_false(limiter_admit(&limiter, "::ffff:192.0.2.1", SECOND_US));
    assert_false(limiter_admit(&limiter, "192.0.2.2", SECOND_US));
    limiter_deinit(&limiter);
}

TEST(limiter_takes_an_ipv6_network_for_one_client)
{
    const struct limiter_rate rate = {1, 1};
    struct limiter limiter;
    limiter_init(&limiter, &rate, 0, &key);
    assert_true(limiter_admit(&limiter, "2001:db8:0:1::1", SECOND_US));
    assert_false(limiter_admit(&limiter, "2001:db8:0:1:ffff::2", SECOND_US));
    assert_true(limiter_admit(&limiter, "2001:db8:0:2::1", SECOND_US));
    limiter_deinit(&limiter);
}

TEST(limiter_leaves_loopback_alone)
{
    const struct limiter_rate rate = {1, 1};
    struct limiter limiter;
    limiter_init(&limiter, &rate, 1, &key);
    for (int i = 0; i < 100; i++) {
        assert_true(limiter_admit(&limiter, "127.0.0.1", SECOND_US));
        assert_true(limiter_admit(&limiter, "::1", SECOND_US));
        assert_true(limiter_open(&limiter, "::ffff:127.8.8.8"));
    }
    assert_false(limiter_is_loopback("128.0.0.1"));
    assert_false(limiter_is_loopback("::ffff:128.0.0.1"));
    assert_false(limiter_is_loopback(""));
    limiter_deinit(&limiter);
}

TEST(limiter_bounds_connections_at_a_time)
{
    const struct limiter_rate rate = {0, 0};
    struct limiter limiter;
    limiter_init(&limiter, &rate, 2, &key);
    assert_true(limiter_open(&limiter, "192.0.2.1"));
    assert_true(limiter_open(&limiter, "192.0.2.1"));
    assert_false(limiter_open(&limiter, "192.0.2.1"));
    assert_true(limiter_open(&limiter, "192.0.2.2"));
    limiter_close(&limiter, "192.0.2.1");
    assert_true(limiter_open(&limiter, "192.0.2.1"));
    limiter_deinit(&limiter);
}

TEST(limiter_forgets_idle_addresses_when_full_and_never_connected_ones)
{
    const struct limiter_rate rate = {1, 1};
    struct limiter limiter;
    char address[32];
    limiter_init(&limiter, &rate, 1, &key);
    assert_true(limiter_open(&limiter, "192.0.2.1"));
    assert_true(limiter_admit(&limiter, "192.0.2.2", SECOND_US));
    for (unsigned i = 0; i < LIMITER_ADDRESSES_MAX; i++) {
        snprintf(address, sizeof(address), "10.%u.%u.%u", i >> 16, (i >> 8) & 255, i & 255);
        assert_true(limiter_admit(&limiter, address, SECOND_US));
    }
    assert_int_equal(limiter._table.count, LIMITER_ADDRESSES_MAX);
    assert_true(limiter_admit(&limiter, "192.0.2.2", SECOND_US)); /* forgotten, so anew */
    assert_false(limiter_open(&limiter, "192.0.2.1"));
    limiter_close(&limiter, "192.0.2.1");
    limiter_deinit(&limiter);
}

TEST(limiter_refuses_when_memory_has_run_out)
{
    const struct limiter_rate rate = {1, 1};
    struct limiter limiter;
    limiter_init(&limiter, &rate, 1, &key);
    mem_fail_at(1);
    assert_false(limiter_admit(&limiter, "192.0.2.1", SECOND_US));
    assert_false(limiter_open(&limiter, "192.0.2.1"));
    mem_fail_at(2);
    assert_false(limiter_admit(&limiter, "192.0.2.1", SECOND_US));
    mem_fail_at(0);
    assert_true(limiter_admit(&limiter, "192.0.2.1", SECOND_US));
    limiter_deinit(&limiter);
}
