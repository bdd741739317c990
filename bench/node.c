// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What an idle node costs: memory beside a bare program that opens the same libraries (bare.c),
 * time from the start of the process to ready, processor time while nothing happens.
 *
 * The node is this same program in another role. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "support.h"

#define IDLE_SECONDS 60
#define SETTLE_SECONDS 2
#define BARE_MS 20000

static void wait_seconds(int seconds)
{
    struct timespec pause = {.tv_sec = seconds};
    nanosleep(&pause, NULL);
}

/* A service in a process of its own against a server in this one. */
static bool with_service(bool (*fn)(int pid, struct bench_sample *sample),
                         struct bench_sample *sample)
{
    struct actr_rendezvous *server = support_rendezvous();
    struct process service = {0};
    char port[16], id[512];
    bool ok = server != NULL;
    if (ok) {
        snprintf(port, sizeof(port), "%u", actr_rendezvous_port(server));
        double begin = bench_now_us();
        ok = support_child(&service, "service", port, id, sizeof(id));
        sample->value = (bench_now_us() - begin) / 1e3; /* node_ready */
    }
    if (ok && fn)
        ok = fn(service.pid, sample);
    process_end(&service, SIGKILL);
    actr_rendezvous_stop(server);
    return ok;
}

static bool bare_memory(uint64_t *ret_rss, uint64_t *ret_anonymous)
{
    struct process bare = {0};
    char line[64];
    char *argv[] = {(char *)bench_bare(), NULL};
    bool ok =
        process_start(&bare, "bare", argv) && process_line(&bare, line, sizeof(line), BARE_MS);
    if (ok)
        *ret_rss = support_rss(bare.pid, ret_anonymous);
    process_end(&bare, SIGKILL);
    return ok && *ret_rss;
}

static bool measure_rss(int pid, struct bench_sample *sample)
{
    wait_seconds(SETTLE_SECONDS);
    sample->value = (double)support_rss(pid, NULL) / 1e6;
    return sample->value > 0;
}

static bool measure_anonymous(int pid, struct bench_sample *sample)
{
    uint64_t anonymous = 0;
    wait_seconds(SETTLE_SECONDS);
    support_rss(pid, &anonymous);
    sample->value = (double)anonymous / 1e6;
    return anonymous > 0;
}

static bool run_rss(struct bench_sample *sample)
{
    uint64_t rss, anonymous;
    if (!bare_memory(&rss, &anonymous))
        return false;
    sample->baseline = (double)rss / 1e6;
    return with_service(measure_rss, sample);
}

static bool run_anonymous(struct bench_sample *sample)
{
    uint64_t rss, anonymous;
    if (!bare_memory(&rss, &anonymous))
        return false;
    sample->baseline = (double)anonymous / 1e6;
    return with_service(measure_anonymous, sample);
}

static bool run_ready(struct bench_sample *sample)
{
    return with_service(NULL, sample);
}

static bool measure_idle(int pid, struct bench_sample *sample)
{
    wait_seconds(SETTLE_SECONDS);
    double cpu_us = support_cpu_us(pid), begin = bench_now_us();
    wait_seconds(IDLE_SECONDS);
    sample->value = 100 * (support_cpu_us(pid) - cpu_us) / (bench_now_us() - begin);
    return true;
}

static bool run_idle(struct bench_sample *sample)
{
    return with_service(measure_idle, sample);
}

const struct bench_case bench_node[] = {
    {"node_rss", "resident memory of an idle node; baseline: bare program, same libraries", "MB",
     BENCH_EXCESS_MAX, 3, 3, true, run_rss},
    {"node_anonymous", "anonymous memory of an idle node; baseline: the same bare program", "MB",
     BENCH_EXCESS_MAX, 3, 3, true, run_anonymous},
    {"node_ready", "start of the process to ready, rendezvous on this machine", "ms",
     BENCH_VALUE_MAX, 30, 5, false, run_ready},
    {"node_idle_cpu", "processor time of an idle connected node over 60 s", "%", BENCH_VALUE_MAX,
     0.1, 1, false, run_idle},
    {0},
};
