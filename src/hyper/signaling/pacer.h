// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A pacer: how many things may happen, in a burst and in the long run (a token bucket, kept as the
 * time at which it will be full again).
 *
 * Pure: time is an argument, in microseconds of one clock. */
#pragma once

#include <stdint.h>

struct pacer {
    uint64_t interval_us; /* for each one, in the long run */
    uint32_t burst;       /* that many at once after a rest; at least 1 */
    uint64_t _full_us;    /* when the bucket is full again */
};

/* 0: go ahead, it is counted. Otherwise not counted: try again after so many microseconds.
 * `spare` of the burst are left for others (spare < burst). */
uint64_t pacer_take(struct pacer *pacer, uint64_t now_us, uint32_t spare);

/* Empties the bucket: the other side counts more strictly than we do. */
void pacer_drain(struct pacer *pacer, uint64_t now_us);
