// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A small call over WebRTC while its session is full: how long it waits behind a bulk.
 *
 * The bulk is calls of BULK_SIZE to the peer that the small calls go to, so many at a time, each
 * sent from the answer of one before, which is empty: it fills one way, and what is measured goes
 * the same way. It goes on until the small calls are through, and must have moved BULK_BYTES by
 * then, or nothing has been measured.
 *
 * One lane keeps its order, so a small call waits for what is under way when it comes. FILLING
 * calls are to keep a session of one machine full (bulk_mbps says what they move); DEEP ones make
 * the queue longer, which is told beside it, as is the lane for what is urgent.
 *
 * Bulk and small calls are made on the node's loop; the thread that measures begins and ends them,
 * and shares `lock` with it. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "calls.h"

#define IDLE_CALLS 4000
#define BUSY_CALLS 1000
#define BULK_SIZE 65536
#define BULK_BYTES (64u << 20)
#define BULK_WARM_BYTES (16u << 20)
#define BULK_FILLING 4
#define BULK_DEEP 16

struct bulk {
    const struct calls *calls;
    struct actr_bytes payload;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t moved; /* bytes that were answered */
    double begin_us;
    unsigned in_flight; /* calls */
    bool is_ending, has_failed;
};

static void bulk_on_result(void *arg, const struct actr_result *result);

/* With the lock held. */
static void bulk_send(struct bulk *bulk)
{
    if (actr_call(bulk->calls->node, &bulk->calls->to, SUPPORT_SINK_ROUTE,
                  actr_bytes_ref(bulk->payload), NULL, bulk_on_result, bulk, NULL) < 0) {
        fprintf(stderr, "bench: bulk: %s\n", actr_errmsg());
        bulk->has_failed = true;
    } else {
        bulk->in_flight++;
    }
}

static void bulk_on_result(void *arg, const struct actr_result *result)
{
    struct bulk *bulk = arg;
    pthread_mutex_lock(&bulk->lock);
    bulk->in_flight--;
    if (result->code < 0) {
        fprintf(stderr, "bench: bulk: %s\n", result->message);
        bulk->has_failed = true;
    } else {
        bulk->moved += BULK_SIZE;
    }
    if (!bulk->is_ending && !bulk->has_failed)
        bulk_send(bulk);
    pthread_cond_signal(&bulk->changed);
    pthread_mutex_unlock(&bulk->lock);
}

/* Returns when it has got up to speed. To be ended too when it failed. */
static bool bulk_begin(struct bulk *bulk, const struct calls *calls, unsigned in_flight)
{
    uint8_t *bytes = calloc(1, BULK_SIZE);
    *bulk = (struct bulk){
        .calls = calls, .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    if (bytes)
        bulk->payload = actr_bytes_copy(actr_view_of(bytes, BULK_SIZE));
    free(bytes);
    if (bulk->payload.len != BULK_SIZE)
        return false;
    pthread_mutex_lock(&bulk->lock);
    for (unsigned i = 0; i < in_flight && !bulk->has_failed; i++)
        bulk_send(bulk);
    while (bulk->moved < BULK_WARM_BYTES && !bulk->has_failed)
        pthread_cond_wait(&bulk->changed, &bulk->lock);
    bool ok = !bulk->has_failed;
    bulk->moved = 0;
    bulk->begin_us = bench_now_us();
    pthread_mutex_unlock(&bulk->lock);
    return ok;
}

/* Counts what was moved since it had got up to speed, and then waits for what is under way. */
static bool bulk_end(struct bulk *bulk, double *ret_mbps)
{
    pthread_mutex_lock(&bulk->lock);
    uint64_t moved = bulk->moved;
    *ret_mbps = (double)moved / (bench_now_us() - bulk->begin_us);
    bulk->is_ending = true;
    while (bulk->in_flight > 0)
        pthread_cond_wait(&bulk->changed, &bulk->lock);
    bool ok = !bulk->has_failed;
    pthread_mutex_unlock(&bulk->lock);
    actr_bytes_unref(bulk->payload);
    if (ok && moved < BULK_BYTES)
        fprintf(stderr, "bench: a bulk of %llu bytes only\n", (unsigned long long)moved);
    return ok && moved >= BULK_BYTES;
}

static bool busy_p99(struct calls *calls, unsigned in_flight, double *ret_us, double *ret_mbps)
{
    static double latencies_us[BUSY_CALLS];
    struct bulk bulk;
    bool ok = bulk_begin(&bulk, calls, in_flight) && calls_make(calls, 1, BUSY_CALLS, latencies_us);
    ok = bulk_end(&bulk, ret_mbps) && ok;
    *ret_us = bench_percentile(latencies_us, BUSY_CALLS, 0.99);
    return ok;
}

static bool idle_p99(struct calls *calls, double *ret_us)
{
    static double latencies_us[IDLE_CALLS];
    bool ok = calls_make(calls, 1, IDLE_CALLS, latencies_us);
    *ret_us = bench_percentile(latencies_us, IDLE_CALLS, 0.99);
    return ok;
}

static bool run_busy(struct bench_sample *sample)
{
    struct bench_part idle = {"p99_alone", 0, NULL}, deep = {"p99_behind_1_mib", 0, NULL},
                      urgent = {"p99_rpc_signal", 0, NULL}, mbps = {"bulk_mbps", 0, "MB/s"};
    struct calls calls;
    double other_mbps;
    bool ok = calls_open(&calls, SUPPORT_WEBRTC) && idle_p99(&calls, &idle.value) &&
              busy_p99(&calls, BULK_FILLING, &sample->value, &mbps.value) &&
              busy_p99(&calls, BULK_DEEP, &deep.value, &other_mbps);
    if (ok) {
        calls.type = ACTR_RPC_SIGNAL;
        ok = busy_p99(&calls, BULK_FILLING, &urgent.value, &other_mbps);
    }
    calls_close(&calls);
    sample->baseline = 3 * idle.value;
    sample->parts[sample->part_count++] = idle;
    sample->parts[sample->part_count++] = deep;
    sample->parts[sample->part_count++] = urgent;
    sample->parts[sample->part_count++] = mbps;
    return ok;
}

const struct bench_case bench_webrtc_busy[] = {
    {"webrtc_rpc_p99_busy",
     "WebRTC RPC 64 B, p99, during a bulk to the same peer; baseline: three times p99 alone", "us",
     BENCH_EXCESS_MAX, 2000, 5, true, run_busy},
    {0},
};
