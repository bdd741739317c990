// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Layer 2 contract: gates, where messages leave the actor. Two kinds: peer_gate (to other actors,
 * encoded, by lanes) and host_gate (between the embedding process and its workload: objects,
 * nothing encoded or copied).
 *
 * peer_gate: loop thread. A request is pending from gate_call until its fn runs, exactly once, with
 * the peer's answer, or with a precise error: deadline, cancel, unreachable, gate closed. It is
 * bound to the peer that was asked: a response from anyone else is dropped. While its wire lives
 * nothing is sent twice; when the wire is lost, or may have swallowed it (not proven), the
 * identical envelope goes out again and the callee's dedup answers it once. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/context.h>
#include <actr/id.h>

#include "base/hash.h"
#include "base/list.h"
#include "sys/loop.h"

struct peer_gate;
struct gate_call;
struct envelope;
struct mailbox_origin;

/* Length of a request id (UUID text) with the NUL. */
#define GATE_REQUEST_ID_SIZE 37

/* What to send. Text is borrowed for the call; payload is consumed. */
struct gate_message {
    struct actr_view route;
    struct actr_bytes payload;
    struct actr_view traceparent, tracestate; /* ptr NULL: absent */
    enum actr_payload_type type;              /* RPC_RELIABLE or RPC_SIGNAL */
    uint32_t timeout_ms; /* > 0: request: whole call; tell: time to hand it to a wire */
    bool no_retry;
};

typedef void gate_call_fn(struct gate_call *call, const struct actr_result *result);

/* One pending request; embedded by its owner, who keeps it until fn ran. Fields are the gate's. */
struct gate_call {
    struct hash_node _by_id; /* pending_requests */
    struct list _of_dest;
    struct loop_timer _deadline;
    struct peer_gate *_gate;
    gate_call_fn *_fn;
    struct actr_id to;
    struct actr_bytes _envelope; /* kept until answered, for sending again */
    uint64_t _session;           /* of the wire it was last sent by; 0: not sent yet */
    uint32_t _attempts;
    enum actr_payload_type _type;
    bool _no_retry;
    char request_id[GATE_REQUEST_ID_SIZE];
};

/* Starts a request. fn never runs inside. ACTR_EINVALID (not an RPC type), ACTR_ENOMEM,
 * ACTR_EUNAVAILABLE (bound on pending requests reached, or closing): fn will not run. Consumes
 * message->payload always. */
int peer_gate_call(struct peer_gate *gate, const struct actr_id *to, struct gate_call *call,
                   const struct gate_message *message, gate_call_fn *fn) ACTR_MUST_CHECK;

/* Ends a pending request without running its fn. */
void peer_gate_cancel(struct gate_call *call);

/* Sends one way. 0: taken, and will be handed to a wire unless the peer stays unreachable for
 * timeout_ms (counted as failed, reported as a transport error event). Errors as above. */
int peer_gate_tell(struct peer_gate *gate, const struct actr_id *to,
                   const struct gate_message *message) ACTR_MUST_CHECK;

/* Answers a request that came from origin: by the wire it came by, else by another wire to the same
 * peer. reply is an envelope of direction RESPONSE. ACTR_EUNAVAILABLE: the peer is gone and cannot
 * be dialled: the answer is dropped (the dedup memory still has it for a retry). Always on
 * RPC_RELIABLE, as the existing system does. */
int peer_gate_reply(struct peer_gate *gate, const struct mailbox_origin *origin,
                    const struct envelope *reply) ACTR_MUST_CHECK;

/* A response came from `from` (inbound_gate). False: nothing pending by that id from that peer. */
bool peer_gate_on_response(struct peer_gate *gate, const struct actr_id *from, uint64_t session,
                           const struct envelope *response, struct actr_bytes bytes);

/* Answers every pending request with ACTR_EUNAVAILABLE and refuses new ones. */
void peer_gate_close(struct peer_gate *gate, const char *why);
