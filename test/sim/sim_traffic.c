// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The actor of the simulations, and the calls to it.
 *
 * Checked here, as it happens: a call ends once; its answer is made of its question; a handler runs
 * once for a message at most, however often the message was sent; in an ordered run nothing
 * overtakes. Loop thread. */
#include "sim_traffic.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "harness.h"

static const char *const route_names[] = {"sim.Echo", "sim.Later", "sim.Fail", "sim.Note"};

struct sim_kept {
    struct list link;
    struct sim_traffic *traffic;
    struct actr_reply *reply;
    struct loop_timer timer;
    uint32_t serial;
};

/* Payloads ----------------------------------------------------------------------------------- */

/* The n-th byte that belongs to a serial number; answers are another series. */
static uint8_t payload_byte(uint32_t serial, size_t n)
{
    return (uint8_t)((serial * 2654435761u) >> 13 ^ n * 31);
}

static struct actr_bytes payload_new(uint32_t serial, uint32_t len)
{
    uint8_t *data;
    struct actr_bytes bytes = bytes_new(4 + (size_t)len, &data);
    assert_non_null(data);
    memcpy(data, &serial, 4);
    for (size_t i = 0; i < len; i++)
        data[4 + i] = payload_byte(serial, i);
    return bytes;
}

/* The serial number of a payload that is whole. */
static uint32_t payload_serial(const struct sim_traffic *traffic, struct actr_view payload)
{
    uint32_t serial;
    sim_check(traffic->world, payload.len >= 4);
    memcpy(&serial, payload.ptr, 4);
    for (size_t i = 4; i < payload.len; i++) {
        if (payload.ptr[i] != payload_byte(serial, i - 4))
            sim_check(traffic->world, false);
    }
    return serial;
}

/* An answer is the question's serial number, inverted, and half of its bytes. */
static struct actr_bytes answer_new(const struct sim_traffic *traffic, uint32_t serial)
{
    return payload_new(~serial, traffic->calls[serial].len / 2);
}

/* The actor ---------------------------------------------------------------------------------- */

static struct sim_call *traffic_execute(struct sim_traffic *traffic, enum sim_route route,
                                        struct actr_view request, uint32_t *ret_serial)
{
    uint32_t serial = payload_serial(traffic, request);
    sim_check(traffic->world, serial > 0 && serial <= traffic->count);
    struct sim_call *call = &traffic->calls[serial];
    sim_check(traffic->world, call->route == route);
    sim_check(traffic->world, request.len == 4 + (size_t)call->len);
    call->executions++;
    log_debug(&traffic->world->log, "call.executed", "serial=%u from=%s executions=%u", serial,
              call->from->host.name, call->executions);
    sim_check(traffic->world, call->executions == 1);
    if (traffic->is_ordered)
        sim_check(traffic->world, serial == traffic->last_executed + 1);
    traffic->last_executed = serial;
    *ret_serial = serial;
    return call;
}

static void on_echo(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    struct sim_traffic *traffic = self;
    uint32_t serial;
    traffic_execute(traffic, SIM_ECHO, request, &serial);
    sim_check(traffic->world, actr_reply(ctx, answer_new(traffic, serial)) == 0);
}

static void kept_free(struct sim_kept *kept)
{
    kept->traffic->kept_count--;
    loop_timer_stop(&kept->timer);
    list_remove(&kept->link);
    mem_free(kept);
}

static void kept_answer(struct sim_kept *kept)
{
    /* ACTR_ESTATE: too late, the deadline or a stop has answered. */
    (void)actr_reply_send(kept->reply, answer_new(kept->traffic, kept->serial));
    kept_free(kept);
}

static void kept_on_timer(struct loop_timer *timer)
{
    kept_answer(container_of(timer, struct sim_kept, timer));
}

void sim_traffic_answer(struct sim_traffic *traffic)
{
    while (!list_is_empty(&traffic->kept))
        kept_answer(container_of(traffic->kept.next, struct sim_kept, link));
}

static void on_later(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    struct sim_traffic *traffic = self;
    uint32_t serial;
    const struct sim_call *call = traffic_execute(traffic, SIM_LATER, request, &serial);
    struct sim_kept *kept = mem_alloc(sizeof(*kept));
    assert_non_null(kept);
    kept->traffic = traffic;
    kept->serial = serial;
    kept->reply = actr_reply_keep(ctx);
    sim_check(traffic->world, kept->reply != NULL);
    list_init(&kept->link);
    list_push(&traffic->kept, &kept->link);
    traffic->kept_count++;
    loop_timer_init(&kept->timer, traffic->world->loop, kept_on_timer);
    loop_timer_start(&kept->timer, call->delay_us);
}

static void on_fail(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    struct sim_traffic *traffic = self;
    uint32_t serial;
    traffic_execute(traffic, SIM_FAIL, request, &serial);
    sim_check(traffic->world, actr_fail(ctx, ACTR_EINVALID, "no %u", serial) == 0);
}

static void on_note(struct actr_ctx *ctx, struct actr_view request, void *self)
{
    struct sim_traffic *traffic = self;
    uint32_t serial;
    traffic_execute(traffic, SIM_NOTE, request, &serial);
    sim_check(traffic->world, actr_ctx_is_tell(ctx));
}

/* Hooks -------------------------------------------------------------------------------------- */

static void hear(struct actr_ctx *ctx, const struct sim_traffic *traffic,
                 const struct actr_hook_event *event)
{
    struct sim_node *node = traffic->world->nodes;
    while (node->node != actr_ctx_node(ctx))
        node++;
    sim_witness_hear(&node->actor, traffic->world, event);
}

static int hear_step(struct actr_ctx *ctx, void *self, enum actr_hook hook)
{
    struct actr_hook_event event = {.size = sizeof(event), .hook = hook};
    hear(ctx, self, &event);
    return 0;
}

static int on_start(struct actr_ctx *ctx, void *self)
{
    int code = ((struct sim_traffic *)self)->start_code;
    return code < 0 ? err_origin(code, "the actor says no") : hear_step(ctx, self, ACTR_HOOK_START);
}

static int on_ready(struct actr_ctx *ctx, void *self)
{
    return hear_step(ctx, self, ACTR_HOOK_READY);
}

static int on_stop(struct actr_ctx *ctx, void *self)
{
    return hear_step(ctx, self, ACTR_HOOK_STOP);
}

#define HOOK(name, kind, NUMBER)                                                                   \
    static void name(struct actr_ctx *ctx, const struct actr_##kind##_event *event, void *self)    \
    {                                                                                              \
        struct actr_hook_event all = {                                                             \
            .size = sizeof(all), .hook = ACTR_HOOK_##NUMBER, .kind = event};                       \
        hear(ctx, self, &all);                                                                     \
    }
HOOK(on_error, error, ERROR)
HOOK(on_signaling_connecting, signaling, SIGNALING_CONNECTING)
HOOK(on_signaling_connected, signaling, SIGNALING_CONNECTED)
HOOK(on_signaling_disconnected, signaling, SIGNALING_DISCONNECTED)
HOOK(on_websocket_connecting, peer, WEBSOCKET_CONNECTING)
HOOK(on_websocket_connected, peer, WEBSOCKET_CONNECTED)
HOOK(on_websocket_disconnected, peer, WEBSOCKET_DISCONNECTED)
HOOK(on_credential_renewed, credential, CREDENTIAL_RENEWED)
HOOK(on_credential_expiring, credential, CREDENTIAL_EXPIRING)
HOOK(on_mailbox_backpressure, backpressure, MAILBOX_BACKPRESSURE)

struct actr_workload *sim_traffic_workload(struct sim_traffic *traffic)
{
    static actr_handler_fn *const handlers[] = {on_echo, on_later, on_fail, on_note};
    struct actr_workload_options options = {
        .size = sizeof(options),
        .never_blocks = true,
        .on_start = on_start,
        .on_ready = on_ready,
        .on_stop = on_stop,
        .on_error = on_error,
        .on_signaling_connecting = on_signaling_connecting,
        .on_signaling_connected = on_signaling_connected,
        .on_signaling_disconnected = on_signaling_disconnected,
        .on_websocket_connecting = on_websocket_connecting,
        .on_websocket_connected = on_websocket_connected,
        .on_websocket_disconnected = on_websocket_disconnected,
        .on_credential_renewed = on_credential_renewed,
        .on_credential_expiring = on_credential_expiring,
        .on_mailbox_backpressure = on_mailbox_backpressure,
    };
    struct actr_workload *workload = actr_workload_new(SIM_TYPE, &options, traffic);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(actr_workload_route(workload, route_names[i], handlers[i], NULL), 0);
    return workload;
}

/* Calls -------------------------------------------------------------------------------------- */

/* `arg` is the call: its place in the table is its serial number. */
static void traffic_on_result(void *arg, const struct actr_result *result)
{
    struct sim_call *call = arg;
    struct sim_world *world = call->from->world;
    struct sim_traffic *traffic = call->traffic;
    uint32_t serial = (uint32_t)(call - traffic->calls);

    call->ends++;
    sim_check(world, call->was_taken && call->ends == 1);
    call->ended_us = sim_now_us(world);
    call->code = result->code;
    call->retry_after_ms = result->retry_after_ms;
    log_debug(&world->log, "call.ended", "serial=%u code=%d %s", serial, result->code,
              result->message);
    traffic->pending--;
    if (result->code != 0) {
        traffic->failed++;
        sim_check(world, call->route != SIM_FAIL || result->code != ACTR_EINVALID ||
                             call->executions == 1);
        return;
    }
    traffic->answered++;
    sim_check(world, call->route != SIM_FAIL && call->executions == 1);
    sim_check(world, payload_serial(traffic, actr_bytes_view(result->reply)) == ~serial);
    sim_check(world, result->reply.len == 4 + (size_t)call->len / 2);
    if (traffic->is_ordered)
        sim_check(world, serial > traffic->last_ended);
    traffic->last_ended = serial;
}

uint32_t sim_traffic_send(struct sim_traffic *traffic, struct sim_node *from,
                          const struct actr_id *to, const struct sim_call *wanted)
{
    struct actr_call_options options = {.size = sizeof(options), .timeout_ms = wanted->timeout_ms};
    sim_check(traffic->world, traffic->count + 1 < SIM_CALLS_MAX);
    uint32_t serial = ++traffic->count;
    struct sim_call *call = &traffic->calls[serial];
    *call = *wanted;
    call->traffic = traffic;
    call->from = from;
    call->begun_us = sim_now_us(traffic->world);
    struct actr_bytes payload = payload_new(serial, call->len);
    log_debug(&traffic->world->log, "call.begun", "serial=%u from=%s to=%llx len=%u", serial,
              from->host.name, (unsigned long long)to->serial, call->len);
    if (call->route == SIM_NOTE) {
        call->code = actr_tell(from->node, to, route_names[call->route], payload, &options);
        return serial;
    }
    call->code = actr_call(from->node, to, route_names[call->route], payload, &options,
                           traffic_on_result, call, &call->number);
    call->was_taken = call->code == 0;
    traffic->pending += call->was_taken;
    return serial;
}

bool sim_traffic_is_quiet(void *arg)
{
    return ((struct sim_traffic *)arg)->pending == 0;
}

void sim_traffic_init(struct sim_traffic *traffic, struct sim_world *world)
{
    memset(traffic, 0, sizeof(*traffic));
    traffic->world = world;
    list_init(&traffic->kept);
}

void sim_traffic_deinit(struct sim_traffic *traffic)
{
    sim_check(traffic->world, traffic->pending == 0);
    while (!list_is_empty(&traffic->kept)) {
        struct sim_kept *kept = container_of(traffic->kept.next, struct sim_kept, link);
        (void)actr_reply_fail(kept->reply, ACTR_ECANCELED, "the test is over");
        kept_free(kept);
    }
}
