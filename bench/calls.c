// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Calls: a fixed number is in flight; the first ones are made from the loop too, so that nothing is
 * counted by two threads. */
#include "calls.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

#define WARM_CALLS 500
#define LATENCY_CALLS 4000
#define RATE_CALLS 60000

struct call_slot {
    struct calls *calls;
    double sent_us;
};

static void slot_send(struct call_slot *slot);

static void slot_on_result(void *arg, const struct actr_result *result)
{
    struct call_slot *slot = arg;
    struct calls *calls = slot->calls;
    if (calls->latencies_us)
        calls->latencies_us[calls->received] = bench_now_us() - slot->sent_us;
    calls->failed += result->code < 0 || result->reply.len != calls->payload.len;
    calls->received++;
    if (calls->sent < calls->count) {
        slot_send(slot);
    } else if (calls->received == calls->count) {
        pthread_mutex_lock(&calls->lock);
        calls->end_us = bench_now_us();
        calls->is_done = true;
        pthread_cond_signal(&calls->done);
        pthread_mutex_unlock(&calls->lock);
    }
}

static void slot_send(struct call_slot *slot)
{
    struct calls *calls = slot->calls;
    const struct actr_call_options options = {.size = sizeof(options), .payload_type = calls->type};
    calls->sent++;
    slot->sent_us = bench_now_us();
    if (actr_call(calls->node, &calls->to, SUPPORT_ROUTE, actr_bytes_ref(calls->payload), &options,
                  slot_on_result, slot, NULL) < 0) {
        fprintf(stderr, "bench: call: %s\n", actr_errmsg());
        abort();
    }
}

static void calls_begin(void *arg, const struct actr_result *result)
{
    struct call_slot *slots = arg;
    struct calls *calls = slots[0].calls;
    (void)result;
    calls->begin_us = bench_now_us();
    for (int i = 0; i < CALLS_IN_FLIGHT_MAX && slots[i].calls; i++)
        slot_send(&slots[i]);
}

bool calls_make(struct calls *calls, unsigned in_flight, size_t count, double *latencies_us)
{
    struct call_slot slots[CALLS_IN_FLIGHT_MAX + 1] = {0};
    for (unsigned i = 0; i < in_flight; i++)
        slots[i].calls = calls;
    calls->count = count;
    calls->sent = calls->received = calls->failed = 0;
    calls->latencies_us = latencies_us;
    calls->is_done = false;
    if (actr_call(calls->node, &calls->to, SUPPORT_ROUTE, actr_bytes_ref(calls->payload), NULL,
                  calls_begin, slots, NULL) < 0)
        return false;
    pthread_mutex_lock(&calls->lock);
    while (!calls->is_done)
        pthread_cond_wait(&calls->done, &calls->lock);
    pthread_mutex_unlock(&calls->lock);
    return calls->failed == 0;
}

bool calls_service(const struct calls *calls, enum support_wire wire, struct process *service,
                   struct actr_id *ret_id)
{
    char port[16], id[512];
    snprintf(port, sizeof(port), "%u", calls->port);
    return support_child(service, wire == SUPPORT_WEBRTC ? "rtc-service" : "service", port, id,
                         sizeof(id)) &&
           actr_id_parse(id, ret_id) == 0;
}

bool calls_open(struct calls *calls, enum support_wire wire)
{
    static const uint8_t bytes[CALLS_SIZE] = {1, 2, 3};
    *calls = (struct calls){.lock = PTHREAD_MUTEX_INITIALIZER, .done = PTHREAD_COND_INITIALIZER};
    calls->port = support_server(&calls->server);
    if (calls->port == 0)
        return false;
    calls->node = support_node(calls->port, wire, NULL);
    if (!calls->node || !calls_service(calls, wire, &calls->service, &calls->to))
        return false;
    calls->payload = actr_bytes_copy(actr_view_of(bytes, sizeof(bytes)));
    return calls_make(calls, 1, WARM_CALLS, NULL);
}

bool calls_resize(struct calls *calls, size_t size)
{
    uint8_t *bytes = calloc(1, size);
    actr_bytes_unref(calls->payload);
    calls->payload = bytes ? actr_bytes_copy(actr_view_of(bytes, size)) : (struct actr_bytes){0};
    free(bytes);
    return calls->payload.len == size;
}

void calls_close(struct calls *calls)
{
    actr_bytes_unref(calls->payload);
    actr_node_close(calls->node);
    process_end(&calls->service, SIGKILL);
    process_end(&calls->server, SIGKILL);
}

bool calls_p50(enum support_wire wire, double *ret_us)
{
    static double latencies_us[LATENCY_CALLS];
    struct calls calls;
    bool ok = calls_open(&calls, wire) && calls_make(&calls, 1, LATENCY_CALLS, latencies_us);
    if (ok)
        *ret_us = bench_percentile(latencies_us, LATENCY_CALLS, 0.5);
    calls_close(&calls);
    return ok;
}

bool calls_rate(enum support_wire wire, double *ret_rate)
{
    struct calls calls;
    bool ok = calls_open(&calls, wire) && calls_make(&calls, CALLS_IN_FLIGHT_MAX, RATE_CALLS, NULL);
    if (ok)
        *ret_rate = RATE_CALLS / ((calls.end_us - calls.begin_us) / 1e6);
    calls_close(&calls);
    return ok;
}
