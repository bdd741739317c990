// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* RPC over WebRTC between two nodes in two processes, which speak nothing else to each other; the
 * handler runs on its loop, and calls are made on theirs. Beside it what the machine allows (bare
 * UDP ping-pong with blocking calls) and what the other stacks take for a bare echo of the same
 * size, without any RPC above it. */
#include "bench.h"
#include "calls.h"
#include "pair.h"
#include "udp_pair.h"

#define ECHOES 4000

static bool echo(enum pair_stack stack, double *ret_us)
{
    static struct pair pair;
    double ms, warm_us;
    bool ok = pair_open(&pair, stack) && pair_connect(&pair, &ms) &&
              pair_ping(&pair, CALLS_SIZE, 1000, &warm_us) &&
              pair_ping(&pair, CALLS_SIZE, ECHOES, ret_us);
    pair_close(&pair);
    return ok;
}

static bool run_p50(struct bench_sample *sample)
{
    return calls_p50(SUPPORT_WEBRTC, &sample->value) && udp_pair_p50(CALLS_SIZE, &sample->baseline);
}

static bool run_peer(struct bench_sample *sample, enum pair_stack stack)
{
    return calls_p50(SUPPORT_WEBRTC, &sample->value) && echo(stack, &sample->baseline);
}

static bool run_libdatachannel(struct bench_sample *sample)
{
    return run_peer(sample, PAIR_LIBDATACHANNEL);
}

static bool run_libwebrtc(struct bench_sample *sample)
{
    return run_peer(sample, PAIR_LIBWEBRTC);
}

static bool run_pion(struct bench_sample *sample)
{
    return run_peer(sample, PAIR_PION);
}

static bool run_rate(struct bench_sample *sample)
{
    return calls_rate(SUPPORT_WEBRTC, &sample->value);
}

const struct bench_case bench_webrtc_rpc[] = {
    {"webrtc_rpc_p50", "WebRTC RPC 64 B, two processes, p50; baseline: bare UDP ping-pong", "us",
     BENCH_RATIO_MAX, 1.5, 5, true, run_p50},
    {"webrtc_rpc_libdatachannel", "the same; baseline: bare echo of libdatachannel", "us",
     BENCH_RATIO_MAX, 1, 3, true, run_libdatachannel},
    {"webrtc_rpc_libwebrtc", "the same; baseline: bare echo of libwebrtc", "us", BENCH_RATIO_MAX, 1,
     3, true, run_libwebrtc},
    {"webrtc_rpc_pion", "the same; baseline: bare echo of Pion", "us", BENCH_RATIO_MAX, 1, 3, true,
     run_pion},
    {"webrtc_rpc_rate", "the same, 64 in flight", "calls/s", BENCH_VALUE_MIN, 150000, 5, false,
     run_rate},
    {0},
};
