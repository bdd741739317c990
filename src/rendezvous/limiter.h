// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Rates: a token bucket, and a table of them by network address.
 *
 * A bucket is one number, the time at which it will be full again (the generic cell rate algorithm,
 * ITU-T I.371), so that each socket can own one at no cost. An IPv6 client owns a /64 and counts as
 * one address. Clients on the loopback address are the host's own, or a proxy that stands for many;
 * they are not limited.
 *
 * Time is an argument. One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/list.h"

struct limiter_rate {
    uint32_t per_s; /* sustained; 0: no limit */
    uint32_t burst; /* at once; at least 1 */
};

struct limiter_bucket {
    uint64_t _full_us; /* 0: full */
};

/* Takes `cost` tokens if there are as many; a cost above the burst is never granted. */
bool limiter_bucket_take(struct limiter_bucket *bucket, const struct limiter_rate *rate,
                         uint32_t cost, uint64_t now_us);

/* Addresses remembered. When all are taken, the one seen longest ago that holds no connection makes
 * room. */
#define LIMITER_ADDRESSES_MAX 65536

struct limiter {
    struct limiter_rate rate;
    uint32_t open_max; /* connections at a time of one address; 0: no limit */
    struct hash_key _key;
    struct hash_table _table;
    struct list _idle; /* without a connection, the one seen longest ago first */
};

/* key: fresh random bytes. open_max must be 0 or callers must keep fewer than LIMITER_ADDRESSES_MAX
 * connections. */
void limiter_init(struct limiter *limiter, const struct limiter_rate *rate, uint32_t open_max,
                  const struct hash_key *key);
void limiter_deinit(struct limiter *limiter);

/* One event from `address` (numeric text, without port). False: too many; also when memory has run
 * out. */
bool limiter_admit(struct limiter *limiter, const char *address, uint64_t now_us);

/* One connection of `address` more or less. False: it has as many as it may. */
bool limiter_open(struct limiter *limiter, const char *address);
void limiter_close(struct limiter *limiter, const char *address);

/* True for 127.0.0.0/8, ::1, and the former mapped into IPv6. */
bool limiter_is_loopback(const char *address);
