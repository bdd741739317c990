// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Execution plan: the table of what is what, and the parameters of each policy.
 *
 * execution_cells is the decision: payload type and role give a policy and the transports that can
 * bring it, or a reason why there is no such message. execution_traits says what a policy's
 * parameters are by default, and which of them hints may tune. Where a guest runs in WebAssembly
 * every message costs a crossing, so its queues hand over more at once; nothing else depends on
 * what runs the actor, and nothing that a handler could notice.
 *
 * Pure: constant tables and comparisons; runs for every message. Any thread. */
#include "runtime/execution_plan.h"

#include <stddef.h>

#include "protocol/payload_type.h"

#define IN_PROCESS (1u << TRANSPORT_INPROC)
#define WEBRTC (1u << TRANSPORT_WEBRTC)
#define WEBSOCKET (1u << TRANSPORT_WEBSOCKET)
#define ANYWHERE (IN_PROCESS | WEBRTC | WEBSOCKET)

struct execution_cell {
    enum execution_policy policy;
    unsigned transports;
    const char *reason; /* why it is refused, there or on the other transports */
    enum execution_priority priority;
};

#define NO_RPC_DATA "a call has no data of its own; data goes in a stream"
#define NO_RPC_STATE "a call carries no state; state synchronisation does"
#define NO_STREAM_CALL "a stream carries chunks, not calls; call by RPC"
#define NO_STREAM_STATE "a stream carries chunks, which are all wanted; state replaces itself"
#define NO_MEDIA_CALL "media has no answers; call by RPC"
#define NO_MEDIA_STATE "media carries samples, not state"
#define NO_STATE_CALL "state is told, not asked for; call by RPC"
#define NO_STATE_DATA "state comes as a snapshot or a delta"
#define NO_TRACK "media comes by a track of WebRTC, never on a data lane"

#define CELL(policy, transports, reason)                                                           \
    {                                                                                              \
        policy, transports, reason, EXECUTION_NORMAL                                               \
    }
#define REFUSED(reason) CELL(EXECUTION_REFUSED, 0, reason)

static const struct execution_cell execution_cells[EXECUTION_PAYLOADS][MESSAGE_ROLES] = {
    [ACTR_RPC_RELIABLE] =
        {
            [MESSAGE_REQUEST] = CELL(EXECUTION_MAILBOX, ANYWHERE, NULL),
            [MESSAGE_RESPONSE] = CELL(EXECUTION_PENDING_CONTINUATION, ANYWHERE, NULL),
            [MESSAGE_NOTIFY] = CELL(EXECUTION_MAILBOX, ANYWHERE, NULL),
            [MESSAGE_DATA] = REFUSED(NO_RPC_DATA),
            [MESSAGE_SNAPSHOT] = REFUSED(NO_RPC_STATE),
            [MESSAGE_DELTA] = REFUSED(NO_RPC_STATE),
        },
    [ACTR_RPC_SIGNAL] =
        {
            [MESSAGE_REQUEST] = {EXECUTION_MAILBOX, ANYWHERE, NULL, EXECUTION_HIGH},
            [MESSAGE_RESPONSE] = {EXECUTION_PENDING_CONTINUATION, ANYWHERE, NULL, EXECUTION_HIGH},
            [MESSAGE_NOTIFY] = {EXECUTION_MAILBOX, ANYWHERE, NULL, EXECUTION_HIGH},
            [MESSAGE_DATA] = REFUSED(NO_RPC_DATA),
            [MESSAGE_SNAPSHOT] = REFUSED(NO_RPC_STATE),
            [MESSAGE_DELTA] = REFUSED(NO_RPC_STATE),
        },
    [ACTR_STREAM_RELIABLE] =
        {
            [MESSAGE_REQUEST] = REFUSED(NO_STREAM_CALL),
            [MESSAGE_RESPONSE] = REFUSED(NO_STREAM_CALL),
            [MESSAGE_NOTIFY] = REFUSED(NO_STREAM_CALL),
            [MESSAGE_DATA] = CELL(EXECUTION_ORDERED_STREAM_QUEUE, ANYWHERE, NULL),
            [MESSAGE_SNAPSHOT] = REFUSED(NO_STREAM_STATE),
            [MESSAGE_DELTA] = REFUSED(NO_STREAM_STATE),
        },
    [ACTR_STREAM_LATENCY_FIRST] =
        {
            [MESSAGE_REQUEST] = REFUSED(NO_STREAM_CALL),
            [MESSAGE_RESPONSE] = REFUSED(NO_STREAM_CALL),
            [MESSAGE_NOTIFY] = REFUSED(NO_STREAM_CALL),
            [MESSAGE_DATA] = CELL(EXECUTION_COALESCING_QUEUE, ANYWHERE, NULL),
            [MESSAGE_SNAPSHOT] = REFUSED(NO_STREAM_STATE),
            [MESSAGE_DELTA] = REFUSED(NO_STREAM_STATE),
        },
    [ACTR_MEDIA_RTP] =
        {
            [MESSAGE_REQUEST] = REFUSED(NO_MEDIA_CALL),
            [MESSAGE_RESPONSE] = REFUSED(NO_MEDIA_CALL),
            [MESSAGE_NOTIFY] = REFUSED(NO_MEDIA_CALL),
            [MESSAGE_DATA] = CELL(EXECUTION_MEDIA_PIPELINE, WEBRTC, NO_TRACK),
            [MESSAGE_SNAPSHOT] = REFUSED(NO_MEDIA_STATE),
            [MESSAGE_DELTA] = REFUSED(NO_MEDIA_STATE),
        },
    [EXECUTION_STATE_SYNC] =
        {
            [MESSAGE_REQUEST] = REFUSED(NO_STATE_CALL),
            [MESSAGE_RESPONSE] = REFUSED(NO_STATE_CALL),
            [MESSAGE_NOTIFY] = REFUSED(NO_STATE_CALL),
            [MESSAGE_DATA] = REFUSED(NO_STATE_DATA),
            [MESSAGE_SNAPSHOT] = CELL(EXECUTION_LATEST_VALUE_STORE, ANYWHERE, NULL),
            [MESSAGE_DELTA] = CELL(EXECUTION_LATEST_VALUE_STORE, ANYWHERE, NULL),
        },
};

#define STREAM_DEPTH 64 /* chunks, as in the existing system */
#define WASM_BATCH 16

/* Parameters by default; for each hint NULL when it tunes, else why it does not. */
struct execution_trait {
    struct execution_params params;
    uint32_t wasm_batch_size; /* 0: as natively */
    const char *fixed[EXECUTION_HINTS];
};

static const struct execution_trait execution_traits[EXECUTION_POLICIES] = {
    [EXECUTION_MAILBOX] = {.fixed = {[EXECUTION_HINT_PRIORITY] =
                                         "the payload type says what overtakes",
                                     [EXECUTION_HINT_DROP] =
                                         "what was taken is handled or answered"}},
    [EXECUTION_PENDING_CONTINUATION] =
        {.fixed = {[EXECUTION_HINT_PRIORITY] = "an answer goes to its caller at once",
                   [EXECUTION_HINT_QUEUE_DEPTH] = "an answer waits nowhere",
                   [EXECUTION_HINT_BATCH_SIZE] = "each answer has a caller of its own",
                   [EXECUTION_HINT_TTL] = "the caller's own timeout ends its wait",
                   [EXECUTION_HINT_DROP] = "an answer that somebody waits for is never dropped",
                   [EXECUTION_HINT_PERSISTENCE] = "a caller does not outlive its process"}},
    [EXECUTION_ORDERED_STREAM_QUEUE] =
        {.params = {.queue_depth = STREAM_DEPTH, .batch_size = 1},
         .wasm_batch_size = WASM_BATCH,
         .fixed = {[EXECUTION_HINT_TTL] = "a reliable stream loses nothing to age",
                   [EXECUTION_HINT_DROP] = "a reliable stream loses nothing",
                   [EXECUTION_HINT_PERSISTENCE] = "a stream does not outlive its process"}},
    [EXECUTION_COALESCING_QUEUE] =
        {.params = {.queue_depth = STREAM_DEPTH, .batch_size = 1, .drop = EXECUTION_DROP_OLDEST},
         .wasm_batch_size = WASM_BATCH,
         .fixed = {[EXECUTION_HINT_PERSISTENCE] = "a stream does not outlive its process"}},
    [EXECUTION_MEDIA_PIPELINE] =
        {.params = {.queue_depth = STREAM_DEPTH, .batch_size = 1, .drop = EXECUTION_DROP_OLDEST},
         .wasm_batch_size = WASM_BATCH,
         .fixed = {[EXECUTION_HINT_PERSISTENCE] = "a track does not outlive its process"}},
    [EXECUTION_LATEST_VALUE_STORE] =
        {.params = {.queue_depth = 1, .batch_size = 1, .drop = EXECUTION_DROP_OLDEST},
         .fixed = {[EXECUTION_HINT_QUEUE_DEPTH] = "of a value there is one, the latest",
                   [EXECUTION_HINT_BATCH_SIZE] = "of a value there is one, the latest",
                   [EXECUTION_HINT_DROP] = "the latest replaces what was there",
                   [EXECUTION_HINT_PERSISTENCE] = "the next snapshot brings it back"}},
};

static bool execution_hint_in_range(const struct execution_params *params, enum execution_hint hint)
{
    switch (hint) {
    case EXECUTION_HINT_PRIORITY:
        return (unsigned)params->priority < EXECUTION_PRIORITIES;
    case EXECUTION_HINT_QUEUE_DEPTH:
        return params->queue_depth >= 1 && params->queue_depth <= EXECUTION_QUEUE_DEPTH_MAX;
    case EXECUTION_HINT_BATCH_SIZE:
        return params->batch_size >= 1 && params->batch_size <= EXECUTION_BATCH_SIZE_MAX;
    case EXECUTION_HINT_TTL:
        return params->ttl_ms >= 1;
    case EXECUTION_HINT_DROP:
        return params->drop == EXECUTION_DROP_OLDEST || params->drop == EXECUTION_DROP_NEWEST;
    case EXECUTION_HINT_PERSISTENCE:
        return (unsigned)params->persistence < EXECUTION_PERSISTENCES;
    case EXECUTION_HINTS:
        break;
    }
    return false;
}

static void execution_hint_apply(struct execution_params *params, const struct execution_params *to,
                                 enum execution_hint hint)
{
    switch (hint) {
    case EXECUTION_HINT_PRIORITY:
        params->priority = to->priority;
        break;
    case EXECUTION_HINT_QUEUE_DEPTH:
        params->queue_depth = to->queue_depth;
        break;
    case EXECUTION_HINT_BATCH_SIZE:
        params->batch_size = to->batch_size;
        break;
    case EXECUTION_HINT_TTL:
        params->ttl_ms = to->ttl_ms;
        break;
    case EXECUTION_HINT_DROP:
        params->drop = to->drop;
        break;
    case EXECUTION_HINT_PERSISTENCE:
        params->persistence = to->persistence;
        break;
    case EXECUTION_HINTS:
        break;
    }
}

static void execution_plan_tune(struct execution_plan *plan, const struct execution_hints *hints)
{
    const char *const *fixed = execution_traits[plan->policy].fixed;
    for (unsigned i = 0; i < EXECUTION_HINTS; i++) {
        enum execution_hint hint = (enum execution_hint)i;
        if (!(hints->given & 1u << i))
            continue;
        if (!fixed[i] && execution_hint_in_range(&hints->params, hint))
            execution_hint_apply(&plan->params, &hints->params, hint);
        else
            plan->ignored |= 1u << i;
    }
}

static struct execution_plan execution_plan_refused(const char *reason)
{
    return (struct execution_plan){.policy = EXECUTION_REFUSED, .reason = reason};
}

struct execution_plan execution_plan_resolve(uint32_t payload_type, enum message_role role,
                                             enum runtime_kind runtime,
                                             enum transport_kind transport,
                                             const struct execution_hints *hints)
{
    if (payload_type >= EXECUTION_PAYLOADS)
        return execution_plan_refused("there is no such payload type");
    if ((unsigned)role >= MESSAGE_ROLES)
        return execution_plan_refused("there is no such role");
    if ((unsigned)runtime >= RUNTIME_KINDS)
        return execution_plan_refused("there is no such runtime");
    if ((unsigned)transport >= TRANSPORT_KINDS)
        return execution_plan_refused("there is no such transport");
    const struct execution_cell *cell = &execution_cells[payload_type][role];
    if (!(cell->transports & 1u << transport))
        return execution_plan_refused(cell->reason);
    const struct execution_trait *trait = &execution_traits[cell->policy];
    struct execution_plan plan = {.policy = cell->policy, .params = trait->params};
    plan.params.priority = cell->priority;
    if (runtime == RUNTIME_WASM && trait->wasm_batch_size)
        plan.params.batch_size = trait->wasm_batch_size;
    if (hints)
        execution_plan_tune(&plan, hints);
    return plan;
}

const char *execution_plan_why_ignored(enum execution_policy policy, enum execution_hint hint)
{
    if ((unsigned)policy >= EXECUTION_POLICIES || (unsigned)hint >= EXECUTION_HINTS)
        return "there is no such hint";
    if (policy == EXECUTION_REFUSED)
        return "there is nothing to tune";
    const char *fixed = execution_traits[policy].fixed[hint];
    return fixed ? fixed : "the value is out of range";
}

#define NAME_OF(names, number)                                                                     \
    ((unsigned)(number) < sizeof(names) / sizeof(names[0]) ? names[(unsigned)(number)] : "?")

const char *execution_plan_payload_name(uint32_t payload_type)
{
    return payload_type == EXECUTION_STATE_SYNC
               ? "STATE_SYNC"
               : payload_type_name((enum actr_payload_type)payload_type);
}

const char *execution_plan_role_name(enum message_role role)
{
    static const char *const names[MESSAGE_ROLES] = {"request", "response", "notify",
                                                     "data",    "snapshot", "delta"};
    return NAME_OF(names, role);
}

const char *execution_plan_runtime_name(enum runtime_kind runtime)
{
    static const char *const names[RUNTIME_KINDS] = {"native", "wasm"};
    return NAME_OF(names, runtime);
}

const char *execution_plan_transport_name(enum transport_kind transport)
{
    static const char *const names[TRANSPORT_KINDS] = {"inproc", "webrtc", "websocket"};
    return NAME_OF(names, transport);
}

const char *execution_plan_policy_name(enum execution_policy policy)
{
    static const char *const names[EXECUTION_POLICIES] = {
        "refused",         "Mailbox",       "PendingContinuation", "OrderedStreamQueue",
        "CoalescingQueue", "MediaPipeline", "LatestValueStore"};
    return NAME_OF(names, policy);
}

const char *execution_plan_priority_name(enum execution_priority priority)
{
    static const char *const names[EXECUTION_PRIORITIES] = {"normal", "high"};
    return NAME_OF(names, priority);
}

const char *execution_plan_drop_name(enum execution_drop drop)
{
    static const char *const names[EXECUTION_DROPS] = {"none", "oldest", "newest"};
    return NAME_OF(names, drop);
}

const char *execution_plan_persistence_name(enum execution_persistence persistence)
{
    static const char *const names[EXECUTION_PERSISTENCES] = {"memory", "durable"};
    return NAME_OF(names, persistence);
}

const char *execution_plan_hint_name(enum execution_hint hint)
{
    static const char *const names[EXECUTION_HINTS] = {"priority", "queue-depth", "batch-size",
                                                       "ttl",      "drop",        "persistence"};
    return NAME_OF(names, hint);
}
