// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What a message costs between its frame and its handler, on one core and without a network.
 *
 * dispatch_rules: what is decided about a request: its plan, the ACL (32 rules, the caller's the
 * last), dedup, its conflict key (a 64-bit field), and its end in the dedup memory, which is full
 * and forgets one for each that comes. dispatch_memory: the whole way of a tell, from the frame's
 * arrival through the mailbox in memory to the end of its handler; frames are made outside of the
 * time. On that way nothing may be allocated once the pools are full: if it is, the case fails. */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "bench.h"
#include "hyper/inbound/inbound_gate.h"
#include "hyper/lifecycle/mailbox_pump.h"
#include "hyper/outbound/peer_gate.h"
#include "hyper/transport/peer_transport.h"
#include "hyper/workload/context.h"
#include "hyper/workload/executor.h"
#include "hyper/workload/linked.h"
#include "hyper/workload/reply.h"
#include "mailbox/memory_mailbox.h"
#include "protocol/envelope.h"
#include "runtime/acl.h"
#include "runtime/conflict_key.h"
#include "runtime/dispatch.h"
#include "runtime/execution_plan.h"
#include "sys/log.h"
#include "sys/loop_virtual.h"

#define RULES 32
#define IDS 4096
#define ROUNDS 1000000
#define DEDUP_BYTES (256u << 10) /* about a thousand entries */
#define BATCH 64
#define BATCHES 4000

static const struct actr_id self = {1, 7, {"acme", "Echo", "1.0.0"}};
static const struct actr_id caller = {0x1a2b3c, 7, {"acme", "Client31", "1.0.0"}};
static const struct hash_key hash = {{7}};

static uint64_t sink; /* so that nothing is optimised away */

static struct acl *acl_of_many(void)
{
    struct acl_rule rules[RULES];
    struct acl *acl = NULL;
    memset(rules, 0, sizeof(rules));
    for (int i = 0; i < RULES; i++) {
        rules[i] = (struct acl_rule){.permission = ACL_RULE_ALLOW,
                                     .realm_kind = ACL_RULE_REALM_ID,
                                     .realm = 7,
                                     .from_type = caller.type};
        snprintf(rules[i].from_type.name, sizeof(rules[i].from_type.name), "Client%02d", i);
    }
    return acl_new(rules, RULES, &acl) == 0 ? acl : NULL;
}

/* The text of a request id, unlike all others. */
static void write_id(char id[37], uint64_t number)
{
    snprintf(id, 37, "%08llx-c9d0-4b3f-b1da-eb0f78f2a130", (unsigned long long)number);
}

static bool decide(struct dispatch *dispatch, const struct envelope *envelope, uint64_t now_us)
{
    static const struct conflict_rule rule = {ACTR_KEY_FIELD, 0, 1, ACTR_KEY_UINT64};
    struct dispatch_message message = {&caller, &self, envelope};
    struct dispatch_result done = {.retry_after_ms = -1};
    enum dispatch_verdict verdict;
    struct dispatch_entry *entry;
    const struct dispatch_result *result;
    struct dispatch_waiter waiter;
    struct execution_plan plan = execution_plan_resolve(ACTR_RPC_RELIABLE, MESSAGE_REQUEST,
                                                        RUNTIME_NATIVE, TRANSPORT_WEBSOCKET, NULL);
    if (plan.policy != EXECUTION_MAILBOX ||
        dispatch_admit(dispatch, &message, now_us, &waiter, &verdict, &entry, &result) < 0 ||
        verdict != DISPATCH_RUN)
        return false;
    struct conflict_key key = conflict_key_of(&rule, &caller, envelope->payload);
    sink += conflict_key_hash(&key, &hash);
    dispatch_complete(dispatch, entry, now_us, &done);
    return key.kind == CONFLICT_KEY_SCOPED;
}

static bool run_rules(struct bench_sample *ret_sample)
{
    static const uint8_t payload[64] = {0x08, 0xac, 0x02, 0x12, 59};
    static char ids[IDS][37];
    struct dispatch_limits limits = {.dedup_bytes_max = DEDUP_BYTES};
    struct acl *acl = acl_of_many();
    struct dispatch *dispatch = acl ? dispatch_new(acl, &limits, &hash) : NULL;
    bool ok = dispatch != NULL;
    for (uint64_t i = 0; i < IDS; i++)
        write_id(ids[i], i);
    double begin = 0;
    for (uint64_t i = 0; ok && i < ROUNDS + IDS; i++) {
        struct envelope envelope = {.request_id = actr_view_of(ids[i % IDS], 36),
                                    .payload = actr_view_of(payload, sizeof(payload)),
                                    .direction = ENVELOPE_REQUEST};
        if (i == IDS) /* the dedup memory is full */
            begin = bench_now_us();
        ok = decide(dispatch, &envelope, i + 1);
    }
    ret_sample->value = (bench_now_us() - begin) * 1e3 / ROUNDS;
    dispatch_free(dispatch);
    acl_free(acl);
    return ok;
}

/* Everything between a frame and its handler. */
struct path {
    struct loop *loop;
    struct log log;
    struct executor executor;
    struct kept_replies kept;
    struct context_env env;
    struct workload *workload;
    struct acl *acl;
    struct dispatch *dispatch;
    struct mailbox *mailbox;
    struct mailbox_pump *pump;
    struct peer_transport *transport;
    struct peer_gate *peer_gate;
    struct inbound_gate *inbound;
    struct dest_transport *peer;
    uint64_t handled;
    size_t allocated; /* blocks, on the way of the last batch */
};

static void on_tell(struct actr_ctx *ctx, struct actr_view request, void *owner)
{
    struct path *path = owner;
    (void)ctx;
    sink += request.len;
    path->handled++;
}

static void on_mail(void *owner)
{
    struct path *path = owner;
    mailbox_pump_on_ready(path->pump);
}

static void on_room(void *owner, const struct actr_id *peer)
{
    struct path *path = owner;
    inbound_gate_on_room(path->inbound, peer);
}

static const struct mailbox_events mailbox_events = {.on_ready = on_mail, .on_room = on_room};

static void on_transport_closed(void *owner)
{
    struct path *path = owner;
    dest_transport_set_user(path->peer, NULL);
    peer_gate_free(path->peer_gate);
}

static const struct lane_events lane_events = {.on_closed = on_transport_closed};

static bool path_open_actor(struct path *path)
{
    struct actr_workload_options options = {.size = sizeof(options), .never_blocks = true};
    struct dispatch_limits limits = {.dedup_bytes_max = DEDUP_BYTES};
    path->log = (struct log){.level = ACTR_LOG_ERROR, .sink = log_to_stderr};
    executor_init(&path->executor, path->loop, NULL);
    kept_replies_init(&path->kept, path->loop, 8);
    path->env = (struct context_env){.loop = path->loop,
                                     .log = &path->log,
                                     .executor = &path->executor,
                                     .kept = &path->kept,
                                     .never_blocks = true};
    struct actr_workload *linked = actr_workload_new("acme:Echo:1.0.0", &options, path);
    (void)actr_workload_route(linked, "acme.Echo.Tell", on_tell, NULL);
    path->acl = acl_of_many();
    path->dispatch = dispatch_new(path->acl, &limits, &hash);
    return linked_use(linked, &path->workload) == 0 && path->acl && path->dispatch;
}

static bool path_open(struct path *path)
{
    static const struct mailbox_limits limits = {0};
    memset(path, 0, sizeof(*path));
    if (loop_virtual_new(1, &path->loop) < 0 || !path_open_actor(path))
        return false;
    struct peer_transport_options transport = {
        .loop = path->loop, .events = &lane_events, .owner = path};
    path->transport = peer_transport_new(&transport);
    struct peer_gate_options gate = {.loop = path->loop, .transport = path->transport};
    path->peer_gate = peer_gate_new(&gate);
    path->mailbox = memory_mailbox_new(path->loop, &limits, &mailbox_events, path);
    struct inbound_gate_options inbound = {.loop = path->loop,
                                           .mailbox = path->mailbox,
                                           .peer_gate = path->peer_gate,
                                           .transport = path->transport};
    path->inbound = inbound_gate_new(&inbound);
    struct mailbox_pump_options pump = {.loop = path->loop,
                                        .log = &path->log,
                                        .mailbox = path->mailbox,
                                        .dispatch = path->dispatch,
                                        .workload = path->workload,
                                        .env = &path->env};
    path->pump = mailbox_pump_new(&pump);
    if (!path->inbound || !path->pump ||
        peer_transport_dest(path->transport, &caller, &path->peer) < 0)
        return false;
    dest_transport_set_user(path->peer, path);
    mailbox_pump_start(path->pump);
    return true;
}

static void path_close(struct path *path)
{
    peer_gate_close(path->peer_gate, "end");
    loop_virtual_run_until(path->loop, loop_now_us(path->loop));
    peer_transport_close(path->transport);
    (void)!loop_virtual_run_idle(path->loop, UINT64_MAX);
    inbound_gate_free(path->inbound);
    mailbox_pump_free(path->pump);
    dispatch_free(path->dispatch);
    mailbox_close(path->mailbox);
    executor_deinit(&path->executor);
    kept_replies_deinit(&path->kept);
    loop_virtual_close(path->loop);
    path->workload->ops->free(path->workload);
    acl_free(path->acl);
}

static struct actr_bytes frame_of(uint64_t number)
{
    static const uint8_t payload[64] = {1, 2, 3};
    char id[37];
    write_id(id, number);
    struct envelope envelope = {.route = view_text("acme.Echo.Tell"),
                                .payload = actr_view_of(payload, sizeof(payload)),
                                .has_payload = true,
                                .request_id = actr_view_of(id, 36),
                                .direction = ENVELOPE_TELL};
    return envelope_encode(&envelope);
}

static double batch_us(struct path *path, uint64_t number)
{
    struct actr_bytes frames[BATCH];
    for (uint64_t i = 0; i < BATCH; i++)
        frames[i] = frame_of(number + i);
    size_t total = mem_total();
    double begin = bench_now_us();
    for (int i = 0; i < BATCH; i++)
        inbound_gate_on_message(path->inbound, path->peer, 1, true, WIRE_WEBSOCKET,
                                ACTR_RPC_RELIABLE, frames[i]);
    loop_virtual_run_until(path->loop, loop_now_us(path->loop));
    double took = bench_now_us() - begin;
    path->allocated = mem_total() - total;
    return took;
}

static bool run_memory(struct bench_sample *ret_sample)
{
    struct path path;
    double us = 0;
    size_t allocated = 0;
    if (!path_open(&path))
        return false;
    for (uint64_t i = 0; i < BATCHES; i++) {
        double took = batch_us(&path, i * BATCH);
        us += i < BATCHES / 10 ? 0 : took; /* the first fill the pools */
        allocated += i < BATCHES / 10 ? 0 : path.allocated;
    }
    ret_sample->value = us / (BATCHES - BATCHES / 10) / BATCH;
    bool ok = path.handled == (uint64_t)BATCHES * BATCH && allocated == 0;
    if (allocated > 0)
        fprintf(stderr, "bench: dispatch_memory has allocated %zu blocks\n", allocated);
    path_close(&path);
    return ok;
}

const struct bench_case bench_dispatch[] = {
    {"dispatch_rules", "plan, ACL of 32 rules, dedup and conflict key of a request", "ns",
     BENCH_VALUE_MAX, 250, 5, false, run_rules},
    {"dispatch_memory", "a tell from its frame through the mailbox to its handler's end", "us",
     BENCH_VALUE_MAX, 0.6, 5, false, run_memory},
    {0},
};
