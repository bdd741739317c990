// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* RPC over WebSocket between two processes, beside a plain libwebsockets echo of the same payload
 * between two processes. No thread is crossed on either side, as on the baseline's. */
#include <signal.h>
#include <stdlib.h>

#include "bench.h"
#include "calls.h"
#include "lws_echo.h"
#include "support.h"

#define LATENCY_ECHOES 4000
#define RATE_ECHOES 60000

static bool lws_echo(unsigned in_flight, size_t count, double *latencies_us, double *ret_seconds)
{
    struct process server = {0};
    char port[64];
    bool ok =
        support_child(&server, "lws", "-", port, sizeof(port)) &&
        lws_echo_run((uint16_t)atoi(port), CALLS_SIZE, in_flight, count, latencies_us, ret_seconds);
    process_end(&server, SIGKILL);
    return ok;
}

static bool run_p50(struct bench_sample *sample)
{
    static double latencies_us[LATENCY_ECHOES];
    double seconds;
    if (!lws_echo(1, LATENCY_ECHOES, latencies_us, &seconds))
        return false;
    sample->baseline = bench_percentile(latencies_us, LATENCY_ECHOES, 0.5);
    return calls_p50(SUPPORT_WEBSOCKET, &sample->value);
}

static bool run_rate(struct bench_sample *sample)
{
    double seconds;
    if (!lws_echo(CALLS_IN_FLIGHT_MAX, RATE_ECHOES, NULL, &seconds))
        return false;
    sample->baseline = RATE_ECHOES / seconds;
    return calls_rate(SUPPORT_WEBSOCKET, &sample->value);
}

const struct bench_case bench_ws_rpc[] = {
    {"ws_rpc_p50", "WebSocket RPC 64 B, two processes, p50; baseline: plain libwebsockets echo",
     "us", BENCH_RATIO_MAX, 1.6, 5, true, run_p50},
    {"ws_rpc_rate", "the same, 64 in flight; baseline: plain libwebsockets echo, 64 in flight",
     "calls/s", BENCH_RATIO_MIN, 0.5, 5, true, run_rate},
    {0},
};
