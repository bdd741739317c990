// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* One data channel between two processes, beside the other stacks and beside plain UDP.
 *
 * Each sends equal messages on an ordered, reliable channel, as fast as it takes them (the others
 * with 4 MiB in their buffer, refilled below 1 MiB), and counts from the first that arrives to the
 * last. A stack is measured against itself, in two processes, in the same run.
 *
 * The time to connect is that of two processes, with this one between them: a description or a
 * candidate goes through two pipes. */
#include <math.h>
#include <stdio.h>

#include "bench.h"
#include "pair.h"
#include "udp_pair.h"

#define OUR_BYTES 400000000ull
#define CONNECTS 9
#define THEIR_BYTES 100000000ull /* they take longer */

static bool flood(enum pair_stack stack, size_t size, double *ret_mbps)
{
    static struct pair pair;
    uint64_t bytes = stack == PAIR_OURS ? OUR_BYTES : THEIR_BYTES;
    double ms;
    bool ok = pair_open(&pair, stack) && pair_connect(&pair, &ms) &&
              pair_flood(&pair, size, bytes, ret_mbps);
    pair_close(&pair);
    return ok;
}

/* All of them, or none: without one of them there is no best. */
static bool flood_all(size_t size, struct bench_sample *sample)
{
    if (!flood(PAIR_OURS, size, &sample->value))
        return false;
    sample->baseline = 0;
    for (enum pair_stack stack = PAIR_OURS + 1; stack < PAIR_STACKS; stack++) {
        struct bench_part *part = &sample->parts[sample->part_count++];
        part->name = pair_stack_name(stack);
        if (!flood(stack, size, &part->value))
            return false;
        sample->baseline = fmax(sample->baseline, part->value);
    }
    return true;
}

static bool run_1k(struct bench_sample *sample)
{
    return flood_all(1024, sample);
}

static bool run_64k(struct bench_sample *sample)
{
    return flood_all(65535, sample);
}

static bool run_udp(struct bench_sample *sample)
{
    return flood(PAIR_OURS, 65536, &sample->value) && udp_pair_rate(&sample->baseline);
}

/* The median of several in the same processes; *ret_first_ms: of the one before them, which meets
 * libraries that have not been used yet. */
static bool connect_some(enum pair_stack stack, double *ret_ms, double *ret_first_ms)
{
    static struct pair pair;
    double ms[CONNECTS + 1];
    bool ok = pair_open(&pair, stack);
    for (int i = 0; ok && i <= CONNECTS; i++)
        ok = pair_connect(&pair, &ms[i]) && pair_disconnect(&pair);
    pair_close(&pair);
    if (!ok)
        return false;
    *ret_first_ms = ms[0];
    *ret_ms = bench_percentile(ms + 1, CONNECTS, 0.5);
    return true;
}

static bool run_connect(struct bench_sample *sample)
{
    sample->parts[0].name = "first_of_a_process";
    sample->part_count = 1;
    return connect_some(PAIR_OURS, &sample->value, &sample->parts[0].value);
}

static bool run_connect_best(struct bench_sample *sample)
{
    double first_ms;
    sample->baseline = INFINITY;
    if (!connect_some(PAIR_OURS, &sample->value, &first_ms))
        return false;
    for (enum pair_stack stack = PAIR_OURS + 1; stack < PAIR_STACKS; stack++) {
        struct bench_part *part = &sample->parts[sample->part_count++];
        part->name = pair_stack_name(stack);
        if (!connect_some(stack, &part->value, &first_ms))
            return false;
        sample->baseline = fmin(sample->baseline, part->value);
    }
    return true;
}

const struct bench_case bench_webrtc[] = {
    {"webrtc_mbps_1k", "1 KiB messages on a data channel; baseline: the best other stack", "MB/s",
     BENCH_RATIO_MIN, 4, 3, true, run_1k},
    {"webrtc_mbps_64k", "64 KiB messages (less one byte: Pion reads no more); baseline: the same",
     "MB/s", BENCH_RATIO_MIN, 4, 3, true, run_64k},
    {"webrtc_vs_udp", "64 KiB messages; baseline: plain UDP with segmentation offload", "MB/s",
     BENCH_RATIO_MIN, 0.3, 5, true, run_udp},
    {"webrtc_connect", "from the wish to offer to four channels open on both ends", "ms",
     BENCH_VALUE_MAX, 5, 5, false, run_connect},
    {"webrtc_connect_best", "the same; baseline: the best other stack", "ms", BENCH_RATIO_MAX, 1, 3,
     true, run_connect_best},
    {0},
};
