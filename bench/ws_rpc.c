// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* RPC over WebSocket between two processes, beside a plain libwebsockets echo of the same payload
 * between two processes.
 *
 * Calls are made on the node's loop, each from the answer of the one before, and the handler runs
 * on its loop: no thread is crossed on either side, as on the baseline's. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "lws_echo.h"
#include "support.h"

#define SIZE 64
#define LATENCY_CALLS 4000
#define WARM_CALLS 500
#define RATE_CALLS 60000
#define IN_FLIGHT 64

struct rpc_run {
    struct actr_node *node;
    struct actr_id to;
    struct actr_bytes payload;
    size_t count, sent, received, failed;
    double *latencies_us; /* NULL: not wanted */
    double begin_us, end_us;
    pthread_mutex_t lock;
    pthread_cond_t done;
    bool is_done;
};

struct rpc_slot {
    struct rpc_run *run;
    double sent_us;
};

static void slot_send(struct rpc_slot *slot);

static void slot_on_result(void *arg, const struct actr_result *result)
{
    struct rpc_slot *slot = arg;
    struct rpc_run *run = slot->run;
    if (run->latencies_us)
        run->latencies_us[run->received] = bench_now_us() - slot->sent_us;
    run->failed += result->code < 0 || result->reply.len != SIZE;
    run->received++;
    if (run->sent < run->count) {
        slot_send(slot);
    } else if (run->received == run->count) {
        pthread_mutex_lock(&run->lock);
        run->end_us = bench_now_us();
        run->is_done = true;
        pthread_cond_signal(&run->done);
        pthread_mutex_unlock(&run->lock);
    }
}

static void slot_send(struct rpc_slot *slot)
{
    struct rpc_run *run = slot->run;
    run->sent++;
    slot->sent_us = bench_now_us();
    if (actr_call(run->node, &run->to, SUPPORT_ROUTE, actr_bytes_ref(run->payload), NULL,
                  slot_on_result, slot, NULL) < 0) {
        fprintf(stderr, "bench: call: %s\n", actr_errmsg());
        abort();
    }
}

/* The first calls of all slots, from the loop, so that nothing is counted by two threads. */
static void run_begin(void *arg, const struct actr_result *result)
{
    struct rpc_slot *slots = arg;
    struct rpc_run *run = slots[0].run;
    (void)result;
    run->begin_us = bench_now_us();
    for (int i = 0; i < IN_FLIGHT && slots[i].run; i++)
        slot_send(&slots[i]);
}

static bool rpc_calls(struct rpc_run *run, unsigned in_flight, size_t count, double *latencies_us)
{
    struct rpc_slot slots[IN_FLIGHT + 1] = {0};
    for (unsigned i = 0; i < in_flight; i++)
        slots[i].run = run;
    run->count = count;
    run->sent = run->received = run->failed = 0;
    run->latencies_us = latencies_us;
    run->is_done = false;
    if (actr_call(run->node, &run->to, SUPPORT_ROUTE, actr_bytes_ref(run->payload), NULL, run_begin,
                  slots, NULL) < 0)
        return false;
    pthread_mutex_lock(&run->lock);
    while (!run->is_done)
        pthread_cond_wait(&run->done, &run->lock);
    pthread_mutex_unlock(&run->lock);
    return run->failed == 0;
}

/* Server, service and client; fn measures. */
static bool with_rpc(bool (*fn)(struct rpc_run *run, struct bench_sample *sample),
                     struct bench_sample *sample)
{
    struct actr_rendezvous *server = support_rendezvous();
    struct process service = {0};
    struct rpc_run run = {.lock = PTHREAD_MUTEX_INITIALIZER, .done = PTHREAD_COND_INITIALIZER};
    char port[16], id[512];
    bool ok = server != NULL;
    if (ok) {
        snprintf(port, sizeof(port), "%u", actr_rendezvous_port(server));
        run.node = support_node(actr_rendezvous_port(server), false);
        ok = run.node && support_child(&service, "service", port, id, sizeof(id)) &&
             actr_id_parse(id, &run.to) == 0;
    }
    if (ok) {
        uint8_t bytes[SIZE] = {1, 2, 3};
        run.payload = actr_bytes_copy(actr_view_of(bytes, sizeof(bytes)));
        ok = rpc_calls(&run, 1, WARM_CALLS, NULL) && fn(&run, sample);
        actr_bytes_unref(run.payload);
    }
    actr_node_close(run.node);
    process_end(&service, SIGKILL);
    actr_rendezvous_stop(server);
    return ok;
}

static bool lws_echo(unsigned in_flight, size_t count, double *latencies_us, double *ret_seconds)
{
    struct process server = {0};
    char port[64];
    bool ok = support_child(&server, "lws", "-", port, sizeof(port)) &&
              lws_echo_run((uint16_t)atoi(port), SIZE, in_flight, count, latencies_us, ret_seconds);
    process_end(&server, SIGKILL);
    return ok;
}

static bool measure_p50(struct rpc_run *run, struct bench_sample *sample)
{
    static double latencies_us[LATENCY_CALLS];
    if (!rpc_calls(run, 1, LATENCY_CALLS, latencies_us))
        return false;
    sample->value = bench_percentile(latencies_us, LATENCY_CALLS, 0.5);
    return true;
}

static bool run_p50(struct bench_sample *sample)
{
    static double latencies_us[LATENCY_CALLS];
    double seconds;
    if (!lws_echo(1, LATENCY_CALLS, latencies_us, &seconds))
        return false;
    sample->baseline = bench_percentile(latencies_us, LATENCY_CALLS, 0.5);
    return with_rpc(measure_p50, sample);
}

static bool measure_rate(struct rpc_run *run, struct bench_sample *sample)
{
    if (!rpc_calls(run, IN_FLIGHT, RATE_CALLS, NULL))
        return false;
    sample->value = RATE_CALLS / ((run->end_us - run->begin_us) / 1e6);
    return true;
}

static bool run_rate(struct bench_sample *sample)
{
    double seconds;
    if (!lws_echo(IN_FLIGHT, RATE_CALLS, NULL, &seconds))
        return false;
    sample->baseline = RATE_CALLS / seconds;
    return with_rpc(measure_rate, sample);
}

const struct bench_case bench_ws_rpc[] = {
    {"ws_rpc_p50", "WebSocket RPC 64 B, two processes, p50; baseline: plain libwebsockets echo",
     "us", BENCH_RATIO_MAX, 1.6, 5, true, run_p50},
    {"ws_rpc_rate", "the same, 64 in flight; baseline: plain libwebsockets echo, 64 in flight",
     "calls/s", BENCH_RATIO_MIN, 0.5, 5, true, run_rate},
    {0},
};
