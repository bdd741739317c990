// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Layer 2 contract: gates, where messages leave the actor. Two kinds: peer_gate (to other actors,
 * encoded, by lanes) and host_gate (between the embedding process and its workload: objects,
 * nothing encoded or copied).
 *
 * peer_gate: loop thread. A request is pending from gate_call until its fn runs, exactly once, with
 * the peer's answer, or with a precise error: deadline, cancel, unreachable, answer too large, gate
 * closed. It is bound to the peer that was asked: a response from anyone else is dropped. While its
 * wire lives nothing is sent twice; when the wire is lost, or the one that has taken over from it
 * and may have had the answer, or it may have swallowed it (not proven), the identical envelope
 * goes out again and the callee's dedup answers it once.
 *
 * A peer whose path is lost (lane_events.on_stall): requests that were sent go out again by another
 * wire when there is one, and wait for the answer otherwise; what is given meanwhile waits for
 * RETRY_WINDOW_US since the loss, then requests fail with ACTR_ENOTREADY and a hint when to retry;
 * they were never sent. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/context.h>
#include <actr/id.h>

#include "base/hash.h"
#include "base/list.h"
#include "sys/loop.h"

struct dest_transport;
struct gate_call;
struct outbox;
struct peer_gate;
struct envelope;

/* Length of a request id (UUID text) with the NUL. */
#define GATE_REQUEST_ID_SIZE 37

/* What to send. Text is borrowed for the call; payload is consumed. */
struct gate_message {
    struct actr_view route;
    struct actr_bytes payload;
    struct actr_view traceparent, tracestate; /* ptr NULL: absent */
    struct actr_view call_chain;              /* who waits for this call; ptr NULL: nobody known */
    const char *request_id;                   /* UUID text; NULL: a fresh one */
    enum actr_payload_type type;              /* RPC_RELIABLE or RPC_SIGNAL */
    uint32_t timeout_ms; /* > 0: request: whole call; tell: time to hand it to a wire */
    bool no_retry;
};

typedef void gate_call_fn(struct gate_call *call, const struct actr_result *result);

/* One encoded message on its way to a peer: a request until it is answered, a tell until it is
 * handed to a wire whose peer is known to read. */
struct gate_send {
    struct list _link; /* outbox: waiting or sent */
    struct actr_bytes _envelope;
    uint64_t _session;            /* of the wire it was last sent by; 0: waits */
    uint64_t _first_us, _sent_us; /* the first time, and on this wire */
    uint32_t _len;                /* of the envelope, also when it is not kept */
    uint8_t _attempts;            /* wires it was sent by */
    uint8_t _repeats;             /* on the present, unproven, wire */
    enum actr_payload_type _type;
    bool _is_tell, _no_retry;
};

/* One pending request; embedded by its owner, who keeps it until fn ran. Fields are the gate's. */
struct gate_call {
    struct gate_send _send;
    struct hash_node _by_id; /* pending_requests */
    struct loop_timer _deadline;
    struct peer_gate *_gate;
    struct outbox *_outbox; /* of the peer that was asked */
    gate_call_fn *_fn;
    char request_id[GATE_REQUEST_ID_SIZE];
};

/* Starts a request. fn never runs inside. ACTR_EINVALID (not an RPC type, no timeout, too large),
 * ACTR_ENOMEM, ACTR_EUNAVAILABLE (a bound on pending requests or unsent bytes is reached, or
 * closing), ACTR_ESTATE
 * (another request with this id is pending): fn will not run. Consumes message->payload always.
 * *call is set up here. */
int peer_gate_call(struct peer_gate *gate, const struct actr_id *to, struct gate_call *call,
                   const struct gate_message *message, gate_call_fn *fn) ACTR_MUST_CHECK;

/* Ends a pending request without running its fn. */
void peer_gate_cancel(struct gate_call *call);

/* Sends one way. 0: taken, and will be handed to a wire unless the peer stays unreachable for
 * timeout_ms (counted as failed, reported as a transport error event). Errors as above. */
int peer_gate_tell(struct peer_gate *gate, const struct actr_id *to,
                   const struct gate_message *message) ACTR_MUST_CHECK;

/* Answers a request that came from `to` by the wire `session`: by that wire, or another to the same
 * peer (dest_transport_send_session()). reply is an envelope of direction RESPONSE; one too large
 * to send is replaced by an error reply that says so. ACTR_EUNAVAILABLE: no wire to the peer is
 * left: the answer is dropped (the dedup memory still has it for a retry). ACTR_ENOMEM. Always on
 * RPC_RELIABLE, as the existing system does. */
int peer_gate_reply(struct peer_gate *gate, const struct actr_id *to, uint64_t session,
                    const struct envelope *reply) ACTR_MUST_CHECK;

/* A response came from `from` (inbound_gate). Consumes bytes, of which response is a view. False:
 * nothing pending by that id from that peer. */
bool peer_gate_on_response(struct peer_gate *gate, struct dest_transport *from,
                           const struct envelope *response, struct actr_bytes bytes);

/* A message of `len` bytes came, which is more than this node takes: ACTR_EINVALID, with the text
 * that whoever sends one from here gets. */
int peer_gate_too_large(const struct peer_gate *gate, size_t len);

/* A response came from `from` that was too large: its request fails with ACTR_EINVALID and
 * `detail`. False: nothing pending by that id from that peer. */
bool peer_gate_on_excess(struct peer_gate *gate, struct dest_transport *from,
                         const struct envelope *response, const char *detail);

/* Answers every pending request with ACTR_EUNAVAILABLE, in the next turn of the loop, and refuses
 * new ones. Replies still leave. */
void peer_gate_close(struct peer_gate *gate, const char *why);
