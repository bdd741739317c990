// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Execution plan: what becomes of a message, from what it is and where it comes from.
 *
 * The payload type says what the data means, the role what part the message plays; what runs the
 * actor and what carried the message are two more questions. The answer is a policy, or a refusal
 * with its reason. This is the one place that decides: whoever has a message resolves its plan and
 * switches on the policy.
 *
 * Hints tune the parameters of a policy and never change it: one that would is ignored, and the
 * plan says which and why. Total: every combination has an answer, also numbers that name nothing.
 * Pure; any thread; nothing is allocated. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/context.h>

/* Planned: state that replaces itself. It has no number on the wire, so nothing carries it yet. */
#define EXECUTION_STATE_SYNC 5
#define EXECUTION_PAYLOADS 6 /* enum actr_payload_type, and EXECUTION_STATE_SYNC */

enum message_role {
    MESSAGE_REQUEST,
    MESSAGE_RESPONSE,
    MESSAGE_NOTIFY, /* a tell */
    MESSAGE_DATA,   /* a chunk of a stream, a sample of a track */
    MESSAGE_SNAPSHOT,
    MESSAGE_DELTA,
    MESSAGE_ROLES
};

enum runtime_kind { RUNTIME_NATIVE, RUNTIME_WASM, RUNTIME_KINDS };

enum transport_kind {
    TRANSPORT_INPROC, /* the embedding process and its own actor */
    TRANSPORT_WEBRTC,
    TRANSPORT_WEBSOCKET,
    TRANSPORT_KINDS
};

enum execution_policy {
    EXECUTION_REFUSED,
    EXECUTION_MAILBOX,              /* waits for the actor's turn; in process, in its own queue */
    EXECUTION_PENDING_CONTINUATION, /* completes the call that waits for it */
    EXECUTION_ORDERED_STREAM_QUEUE, /* to the stream's callback, in order, none lost */
    EXECUTION_COALESCING_QUEUE,     /* to the stream's callback, the latest first of all */
    EXECUTION_MEDIA_PIPELINE,       /* to the track's callback */
    EXECUTION_LATEST_VALUE_STORE,   /* replaces what was there before */
    EXECUTION_POLICIES
};

enum execution_priority { EXECUTION_NORMAL, EXECUTION_HIGH, EXECUTION_PRIORITIES };

/* What happens to a message that finds its queue full. */
enum execution_drop {
    EXECUTION_DROP_NONE,   /* nothing is lost: its sender is not read from, or told */
    EXECUTION_DROP_OLDEST, /* what waits longest makes room */
    EXECUTION_DROP_NEWEST, /* it goes itself */
    EXECUTION_DROPS
};

enum execution_persistence { EXECUTION_MEMORY, EXECUTION_DURABLE, EXECUTION_PERSISTENCES };

struct execution_params {
    enum execution_priority priority;
    uint32_t queue_depth; /* messages; 0: there is no queue, or the node's options bound it */
    uint32_t batch_size;  /* messages handed over at once, at most; 0: as queue_depth */
    uint32_t ttl_ms;      /* what waited longer is dropped; 0: no limit but the message's own */
    enum execution_drop drop;
    enum execution_persistence persistence;
};

enum execution_hint {
    EXECUTION_HINT_PRIORITY,
    EXECUTION_HINT_QUEUE_DEPTH, /* 1 to EXECUTION_QUEUE_DEPTH_MAX */
    EXECUTION_HINT_BATCH_SIZE,  /* 1 to EXECUTION_BATCH_SIZE_MAX */
    EXECUTION_HINT_TTL,         /* 1 or more */
    EXECUTION_HINT_DROP,        /* oldest or newest: where some may be lost, some must */
    EXECUTION_HINT_PERSISTENCE,
    EXECUTION_HINTS
};

#define EXECUTION_QUEUE_DEPTH_MAX 65536
#define EXECUTION_BATCH_SIZE_MAX 1024

struct execution_hints {
    uint32_t given; /* 1u << EXECUTION_HINT_… */
    struct execution_params params;
};

struct execution_plan {
    enum execution_policy policy;
    const char *reason; /* why it is refused; NULL else */
    struct execution_params params;
    uint32_t ignored; /* hints: 1u << EXECUTION_HINT_… */
};

/* hints may be NULL. Texts are static. */
struct execution_plan execution_plan_resolve(uint32_t payload_type, enum message_role role,
                                             enum runtime_kind runtime,
                                             enum transport_kind transport,
                                             const struct execution_hints *hints);

/* Why a plan with this policy ignores such a hint. */
const char *execution_plan_why_ignored(enum execution_policy policy, enum execution_hint hint);

/* Names for people and for JSON; "?" for a number that is none. */
const char *execution_plan_payload_name(uint32_t payload_type);
const char *execution_plan_role_name(enum message_role role);
const char *execution_plan_runtime_name(enum runtime_kind runtime);
const char *execution_plan_transport_name(enum transport_kind transport);
const char *execution_plan_policy_name(enum execution_policy policy);
const char *execution_plan_priority_name(enum execution_priority priority);
const char *execution_plan_drop_name(enum execution_drop drop);
const char *execution_plan_persistence_name(enum execution_persistence persistence);
const char *execution_plan_hint_name(enum execution_hint hint);
