// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* One node with a thousand WebRTC peers that do nothing: what they add to its memory, descriptors
 * and threads, and what they take of a processor (consent checks, heartbeats). And what one more
 * peer, which is busy, has left beside them.
 *
 * The node is the service of calls.c, in a process of its own; the thousand are whole nodes too, in
 * another. They are made once for all cases, after a first peer has opened what the node opens
 * once. That takes two minutes: a node paces what it has relayed by the server (ten a second). */
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "bench.h"
#include "calls.h"
#include "pair.h"
#include "swarm.h"

#define PEERS 1000
#define SETTLE_SECONDS 3
#define IDLE_SECONDS 20
#define BUSY_SIZE 65536
#define BUSY_IN_FLIGHT 16
#define BUSY_CALLS 3000
#define BUSY_RUNS 5

static struct idle {
    bool is_measured, ok;
    bool has_busy; /* and the busy one too */
    double kb;     /* of a peer */
    double descriptors, threads, cpu_percent;
    double alone_mbps, among_mbps;
    double alone_cpu_us, among_cpu_us; /* of the node, for a MB */
} idle;

static void wait_seconds(int seconds)
{
    struct timespec pause = {.tv_sec = seconds};
    nanosleep(&pause, NULL);
}

/* MB/s of calls that are echoed, both ways counted. */
static bool busy_once(struct calls *calls, const struct actr_id *to, int pid, double *ret_mbps,
                      double *ret_cpu_us)
{
    double cpu_us = support_cpu_us(pid);
    calls->to = *to;
    if (!calls_make(calls, BUSY_IN_FLIGHT, BUSY_CALLS, NULL))
        return false;
    *ret_mbps = 2.0 * BUSY_SIZE * BUSY_CALLS / (calls->end_us - calls->begin_us);
    *ret_cpu_us = (support_cpu_us(pid) - cpu_us) / (2.0 * BUSY_SIZE * BUSY_CALLS / 1e6);
    return true;
}

/* By turns: the service that has the idle peers, and one that has no other peer. What else the
 * machine has to do at that moment, the swarm for one, it has to do for both. */
static bool busy(struct calls *calls)
{
    double among_mbps[BUSY_RUNS + 1], alone_mbps[BUSY_RUNS + 1]; /* the first are not counted */
    double among_us[BUSY_RUNS + 1], alone_us[BUSY_RUNS + 1];
    const struct actr_id crowded = calls->to;
    struct process process = {0};
    struct actr_id lonely;
    bool ok = calls_service(calls, SUPPORT_WEBRTC, &process, &lonely);
    for (int i = 0; ok && i <= BUSY_RUNS; i++)
        ok = busy_once(calls, &lonely, process.pid, &alone_mbps[i], &alone_us[i]) &&
             busy_once(calls, &crowded, calls->service.pid, &among_mbps[i], &among_us[i]);
    process_end(&process, SIGKILL);
    if (ok) {
        idle.alone_mbps = bench_percentile(alone_mbps + 1, BUSY_RUNS, 0.5);
        idle.among_mbps = bench_percentile(among_mbps + 1, BUSY_RUNS, 0.5);
        idle.alone_cpu_us = bench_percentile(alone_us + 1, BUSY_RUNS, 0.5);
        idle.among_cpu_us = bench_percentile(among_us + 1, BUSY_RUNS, 0.5);
    }
    return ok;
}

static bool idle_measure(struct calls *calls, struct process *swarm)
{
    int pid = calls->service.pid;
    if (!calls_resize(calls, BUSY_SIZE) || !calls_make(calls, BUSY_IN_FLIGHT, BUSY_CALLS, NULL))
        return false;
    wait_seconds(SETTLE_SECONDS);
    uint64_t before = support_rss(pid, NULL);
    unsigned descriptors = support_descriptors(pid), threads = support_threads(pid);
    if (before == 0 || !swarm_start(swarm, calls->port, &calls->to, PEERS))
        return false;
    wait_seconds(SETTLE_SECONDS);
    double cpu_us = support_cpu_us(pid), begin_us = bench_now_us();
    wait_seconds(IDLE_SECONDS);
    idle.cpu_percent = 100 * (support_cpu_us(pid) - cpu_us) / (bench_now_us() - begin_us);
    idle.kb = ((double)support_rss(pid, NULL) - (double)before) / 1e3 / PEERS;
    idle.descriptors = (double)support_descriptors(pid) - descriptors;
    idle.threads = (double)support_threads(pid) - threads;
    idle.has_busy = busy(calls);
    return true;
}

static bool idle_once(void)
{
    struct calls calls;
    struct process swarm = {0};
    if (idle.is_measured)
        return idle.ok;
    idle.is_measured = true;
    idle.ok = calls_open(&calls, SUPPORT_WEBRTC) && idle_measure(&calls, &swarm);
    process_end(&swarm, SIGKILL);
    calls_close(&calls);
    return idle.ok;
}

static bool run_memory(struct bench_sample *sample)
{
    bool ok = idle_once() && pair_idle_kb(PEERS, &sample->baseline);
    sample->value = idle.kb;
    return ok;
}

static bool run_descriptors(struct bench_sample *sample)
{
    bool ok = idle_once();
    sample->value = idle.descriptors;
    return ok;
}

static bool run_threads(struct bench_sample *sample)
{
    bool ok = idle_once();
    sample->value = idle.threads;
    return ok;
}

static bool run_cpu(struct bench_sample *sample)
{
    bool ok = idle_once();
    sample->value = idle.cpu_percent;
    return ok;
}

static bool run_busy(struct bench_sample *sample)
{
    bool ok = idle_once() && idle.has_busy;
    sample->value = idle.among_mbps;
    sample->baseline = idle.alone_mbps;
    sample->parts[sample->part_count++] =
        (struct bench_part){"cpu_alone", idle.alone_cpu_us, "us/MB"};
    sample->parts[sample->part_count++] =
        (struct bench_part){"cpu_among", idle.among_cpu_us, "us/MB"};
    return ok;
}

const struct bench_case bench_webrtc_idle[] = {
    {"webrtc_idle_peers", "memory of an idle peer among 1,000; baseline: libdatachannel", "KB",
     BENCH_VALUE_MAX, 100, 1, true, run_memory},
    {"webrtc_idle_descriptors", "descriptors that 1,000 idle peers add", "", BENCH_VALUE_MAX, 1, 1,
     false, run_descriptors},
    {"webrtc_idle_threads", "threads that 1,000 idle peers add", "", BENCH_VALUE_MAX, 1, 1, false,
     run_threads},
    {"webrtc_idle_cpu", "processor time of a node with 1,000 idle peers over 20 s", "%",
     BENCH_VALUE_MAX, 1, 1, false, run_cpu},
    {"webrtc_busy_among_idle",
     "64 KiB calls of one peer beside 1,000 idle ones; baseline: a node without them", "MB/s",
     BENCH_RATIO_MIN, 0.9, 1, true, run_busy},
    {0},
};
