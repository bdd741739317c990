// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Ten thousand sessions between the same two processes, one after the other, each opened to its
 * four channels and closed: what is left of them. Sums over both processes, from the thousandth
 * session to the last; by the thousandth the allocator has what it needs.
 *
 * Timers cannot be counted from outside, but what they do can: a process without sessions has
 * nothing to wake up for. */
#include <stdio.h>
#include <time.h>

#include "bench.h"
#include "pair.h"
#include "support.h"

#define SESSIONS 10000
#define WARM_SESSIONS 1000
#define REST_SECONDS 5

struct remains {
    double kb, descriptors;
};

static struct churn {
    bool is_measured, ok;
    struct remains grown;
    double wakeups;
} churn;

static struct remains remains_of(const struct pair *pair)
{
    struct remains sum = {0};
    for (int i = 0; i < 2; i++) {
        sum.kb += (double)support_rss(pair->ends[i].pid, NULL) / 1e3;
        sum.descriptors += support_descriptors(pair->ends[i].pid);
    }
    return sum;
}

static double wakeups_of(const struct pair *pair)
{
    return support_wakeups(pair->ends[0].pid) + support_wakeups(pair->ends[1].pid);
}

static bool cycle(struct pair *pair, int count)
{
    double ms;
    for (int i = 0; i < count; i++) {
        if (!pair_connect(pair, &ms) || !pair_disconnect(pair))
            return false;
    }
    return true;
}

static bool churn_measure(struct pair *pair)
{
    struct timespec rest = {.tv_sec = REST_SECONDS};
    if (!cycle(pair, WARM_SESSIONS))
        return false;
    struct remains before = remains_of(pair);
    if (!cycle(pair, SESSIONS - WARM_SESSIONS))
        return false;
    struct remains after = remains_of(pair);
    nanosleep(&rest, NULL); /* what a session leaves behind for a moment ends */
    double wakeups = wakeups_of(pair);
    nanosleep(&rest, NULL);
    churn.wakeups = wakeups_of(pair) - wakeups;
    churn.grown = (struct remains){after.kb - before.kb, after.descriptors - before.descriptors};
    return before.kb > 0;
}

static bool churn_once(void)
{
    static struct pair pair;
    if (churn.is_measured)
        return churn.ok;
    churn.is_measured = true;
    churn.ok = pair_open(&pair, PAIR_OURS) && churn_measure(&pair);
    pair_close(&pair);
    return churn.ok;
}

static bool run_memory(struct bench_sample *sample)
{
    bool ok = churn_once();
    sample->value = churn.grown.kb;
    return ok;
}

static bool run_descriptors(struct bench_sample *sample)
{
    bool ok = churn_once();
    sample->value = churn.grown.descriptors;
    return ok;
}

static bool run_wakeups(struct bench_sample *sample)
{
    bool ok = churn_once();
    sample->value = churn.wakeups;
    return ok;
}

const struct bench_case bench_webrtc_churn[] = {
    {"webrtc_churn", "memory left by sessions 1,001 to 10,000, both processes", "KB",
     BENCH_VALUE_MAX, 500, 1, false, run_memory},
    {"webrtc_churn_descriptors", "descriptors left by the same", "", BENCH_VALUE_MAX, 0, 1, false,
     run_descriptors},
    {"webrtc_churn_wakeups", "wake-ups in 5 s after them", "", BENCH_VALUE_MAX, 0, 1, false,
     run_wakeups},
    {0},
};
