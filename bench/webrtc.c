// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* One data channel between two processes, beside the other stacks and beside plain UDP.
 *
 * Each sends equal messages on an ordered, reliable channel, as fast as it takes them (the others
 * with 4 MiB in their buffer, refilled below 1 MiB), and counts from the first that arrives to the
 * last. A stack is measured against itself, in two processes, in the same run. */
#include <math.h>
#include <stdio.h>

#include "bench.h"
#include "pair.h"
#include "udp_pair.h"

#define OUR_BYTES 400000000ull
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
    for (int stack = PAIR_OURS + 1; stack < PAIR_STACKS; stack++) {
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

const struct bench_case bench_webrtc[] = {
    {"webrtc_mbps_1k", "1 KiB messages on a data channel; baseline: the best other stack", "MB/s",
     BENCH_RATIO_MIN, 4, 3, true, run_1k},
    {"webrtc_mbps_64k", "64 KiB messages (less one byte: Pion reads no more); baseline: the same",
     "MB/s", BENCH_RATIO_MIN, 4, 3, true, run_64k},
    {"webrtc_vs_udp", "64 KiB messages; baseline: plain UDP with segmentation offload", "MB/s",
     BENCH_RATIO_MIN, 0.3, 5, true, run_udp},
    {0},
};
