// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Calls of the embedding process to its own, idle workload: direct hand-off, nothing encoded.
 *
 * The request and the reply are fresh 64-byte values each time, as a program would make them. */
#include <stdio.h>
#include <string.h>

#include "bench.h"
#include "support.h"

#define CALLS 200000
#define SIZE 64

static bool host_calls(struct actr_node *node, double *latencies_us, double *ret_seconds)
{
    uint8_t bytes[SIZE] = {1, 2, 3};
    double begin = bench_now_us();
    for (int i = 0; i < CALLS; i++) {
        double sent = latencies_us ? bench_now_us() : 0;
        struct actr_bytes reply = {0};
        if (actr_call_wait(node, actr_dest_workload(), SUPPORT_ROUTE,
                           actr_bytes_copy(actr_view_of(bytes, sizeof(bytes))), NULL, &reply) < 0) {
            fprintf(stderr, "bench: host call: %s\n", actr_errmsg());
            return false;
        }
        if (latencies_us)
            latencies_us[i] = bench_now_us() - sent;
        if (reply.len != SIZE)
            return false;
        actr_bytes_unref(reply);
    }
    *ret_seconds = (bench_now_us() - begin) / 1e6;
    return true;
}

static bool with_node(double *latencies_us, double *ret_seconds)
{
    struct actr_rendezvous *server = support_rendezvous();
    struct actr_node *node =
        server ? support_node(actr_rendezvous_port(server), SUPPORT_BOTH, support_echo()) : NULL;
    bool ok = node && host_calls(node, latencies_us, ret_seconds);
    actr_node_close(node);
    actr_rendezvous_stop(server);
    return ok;
}

static bool run_p50(struct bench_sample *sample)
{
    static double latencies_us[CALLS];
    double seconds;
    if (!with_node(latencies_us, &seconds))
        return false;
    sample->value = bench_percentile(latencies_us, CALLS, 0.5);
    return true;
}

static bool run_rate(struct bench_sample *sample)
{
    double seconds;
    if (!with_node(NULL, &seconds))
        return false;
    sample->value = CALLS / seconds;
    return true;
}

const struct bench_case bench_host_call[] = {
    {"host_call_p50", "host call to an idle actor, 64 B", "us", BENCH_VALUE_MAX, 0.5, 5, false,
     run_p50},
    {"host_call_rate", "the same, one after the other", "calls/s", BENCH_VALUE_MIN, 2000000, 5,
     false, run_rate},
    {0},
};
