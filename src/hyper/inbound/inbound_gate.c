// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* One gate for every wire.
 *
 * What a message is, is read off its lane and its envelope; what becomes of it, its execution plan
 * says and nothing else. Nothing is inferred from what is pending. A request
 * by a wire that this node dialled is not taken: whoever answers at an address has proven nothing.
 * Responses are, because the request bound them to that destination.
 *
 * Loop thread. It copies no payload, allocates nothing for a message that the mailbox takes, and
 * never answers what it could not read. */
#include "hyper/inbound/inbound_gate.h"

#include <stdio.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "hyper/outbound/peer_gate.h"
#include "hyper/transport/peer_transport.h"
#include "mailbox/mailbox.h"
#include "protocol/envelope.h"
#include "protocol/payload_type.h"
#include "runtime/execution_plan.h"
#include "sys/log.h"
#include "sys/loop.h"

#define INBOUND_GATE_DROP_PAUSE_US 10000000u

/* In the text of a refusal, in the form that callers look for. */
#define INBOUND_GATE_RETRY_HINT "retry_after_ms=Some(500)"

struct inbound_gate {
    struct inbound_gate_options options;
    struct inbound_gate_stats stats;
    uint64_t told_us[INBOUND_DROP_COUNT]; /* 0: never */
    bool is_stopped;
};

/* One message and where it came from. */
struct inbound_arrival {
    struct dest_transport *from;
    uint64_t session;
    bool verified;
    enum execution_priority priority;
    struct actr_bytes message;
};

static void inbound_gate_drop_for(struct inbound_gate *gate, enum inbound_gate_drop reason,
                                  const struct actr_id *id, const char *detail)
{
    static const char *const names[INBOUND_DROP_COUNT] = {
        [INBOUND_UNDECODABLE] = "undecodable", [INBOUND_DIRECTION] = "direction",
        [INBOUND_UNVERIFIED] = "unverified",   [INBOUND_LATE] = "late",
        [INBOUND_NO_TAKER] = "no-taker",       [INBOUND_REFUSED] = "refused",
        [INBOUND_INVALID] = "invalid",         [INBOUND_TOO_LONG] = "too-long",
    };
    const struct inbound_gate_events *events = gate->options.events;
    uint64_t now_us = loop_now_us(gate->options.loop);
    char text[ACTR_ID_STR_MAX];

    gate->stats.dropped[reason]++;
    log_debug(gate->options.log, "inbound.dropped", "peer=%s reason=%s%s%s",
              actr_id_format(id, text), names[reason], detail[0] ? " " : "", detail);
    bool is_due =
        gate->told_us[reason] == 0 || now_us - gate->told_us[reason] >= INBOUND_GATE_DROP_PAUSE_US;
    if (!is_due || !events || !events->on_drop)
        return;
    gate->told_us[reason] = now_us;
    events->on_drop(gate->options.owner, reason, id, detail);
}

static void inbound_gate_drop(struct inbound_gate *gate, enum inbound_gate_drop reason,
                              const struct actr_id *id)
{
    inbound_gate_drop_for(gate, reason, id, "");
}

/* Answers a request that does not get into the mailbox. */
static void inbound_gate_refuse(struct inbound_gate *gate, const struct mailbox_origin *origin,
                                const struct envelope *request, int code, const char *detail)
{
    char text[ERR_TEXT_MAX];
    const struct envelope reply = {
        .route = request->route,
        .request_id = request->request_id,
        .traceparent = request->traceparent,
        .tracestate = request->tracestate,
        .direction = ENVELOPE_RESPONSE,
        .has_error = true,
        .error_code = err_wire_code(code),
        .error_message = view_text(err_wire_text(code, detail, -1, text, sizeof(text))),
    };
    int r = peer_gate_reply(gate->options.peer_gate, &origin->peer, origin->session, &reply);
    if (r < 0)
        log_debug(gate->options.log, "inbound.refusal-lost", "reason=%s", actr_errmsg());
}

/* Takes a request or a tell; consumes arrival->message, of which envelope is a view. */
static void inbound_gate_admit(struct inbound_gate *gate, const struct inbound_arrival *arrival,
                               const struct envelope *envelope)
{
    AUTO_BYTES struct actr_bytes kept = actr_bytes_ref(arrival->message);
    bool is_request = envelope->direction == ENVELOPE_REQUEST;
    const struct mailbox_origin origin = {*dest_transport_id(arrival->from), arrival->session};
    const char *refusal = "the node stops";
    int r = ACTR_ESTATE;

    dest_transport_asked(arrival->from, arrival->session);
    if (gate->is_stopped) {
        actr_bytes_unref(arrival->message);
    } else {
        r = mailbox_push(gate->options.mailbox, &origin,
                         arrival->priority == EXECUTION_HIGH ? MAILBOX_HIGH : MAILBOX_NORMAL,
                         arrival->message);
        refusal = "mailbox is full; " INBOUND_GATE_RETRY_HINT;
    }
    if (r == MAILBOX_FULL || r == ACTR_EUNAVAILABLE)
        dest_transport_read(arrival->from, false);
    if (r >= 0) {
        gate->stats.requests += is_request;
        gate->stats.tells += !is_request;
        return;
    }
    if (is_request)
        inbound_gate_refuse(gate, &origin, envelope, ACTR_EUNAVAILABLE, refusal);
    inbound_gate_drop(gate, INBOUND_REFUSED, &origin.peer);
}

/* Bytes that are no envelope: kept for people if it is known who sent them, and else not even that.
 */
static void inbound_gate_reject(struct inbound_gate *gate, const struct inbound_arrival *arrival)
{
    const struct mailbox_origin origin = {*dest_transport_id(arrival->from), arrival->session};
    const struct mailbox_verdict verdict = {MAILBOX_UNDECODABLE, actr_errmsg()};
    if (arrival->verified && !gate->is_stopped)
        mailbox_reject(gate->options.mailbox, &origin, arrival->message, &verdict);
    else
        actr_bytes_unref(arrival->message);
    inbound_gate_drop(gate, INBOUND_UNDECODABLE, &origin.peer);
}

/* A response: to whoever waits for it. */
static void inbound_gate_complete(struct inbound_gate *gate, const struct inbound_arrival *arrival,
                                  const struct envelope *envelope)
{
    gate->stats.responses++;
    if (!peer_gate_on_response(gate->options.peer_gate, arrival->from, envelope, arrival->message))
        inbound_gate_drop(gate, INBOUND_LATE, dest_transport_id(arrival->from));
}

static void inbound_gate_discard(struct inbound_gate *gate, const struct inbound_arrival *arrival,
                                 enum inbound_gate_drop reason)
{
    actr_bytes_unref(arrival->message);
    inbound_gate_drop(gate, reason, dest_transport_id(arrival->from));
}

/* False: no direction, or one that this version does not know. */
static bool inbound_gate_role(enum envelope_direction direction, enum message_role *ret_role)
{
    switch (direction) {
    case ENVELOPE_REQUEST:
        *ret_role = MESSAGE_REQUEST;
        return true;
    case ENVELOPE_RESPONSE:
        *ret_role = MESSAGE_RESPONSE;
        return true;
    case ENVELOPE_TELL:
        *ret_role = MESSAGE_NOTIFY;
        return true;
    case ENVELOPE_UNSPECIFIED:
        break;
    }
    return false;
}

/* The way that the plan says. envelope is of the policies that RPC has. */
static void inbound_gate_follow(struct inbound_gate *gate, const struct inbound_arrival *arrival,
                                const struct envelope *envelope, enum execution_policy policy)
{
    switch (policy) {
    case EXECUTION_PENDING_CONTINUATION:
        inbound_gate_complete(gate, arrival, envelope);
        return;
    case EXECUTION_MAILBOX:
        if (arrival->verified)
            inbound_gate_admit(gate, arrival, envelope);
        else
            inbound_gate_discard(gate, arrival, INBOUND_UNVERIFIED);
        return;
    case EXECUTION_ORDERED_STREAM_QUEUE:
    case EXECUTION_COALESCING_QUEUE:
    case EXECUTION_MEDIA_PIPELINE:
    case EXECUTION_LATEST_VALUE_STORE:
        inbound_gate_discard(gate, arrival, INBOUND_NO_TAKER);
        return;
    case EXECUTION_REFUSED:
    case EXECUTION_POLICIES:
        break;
    }
    inbound_gate_discard(gate, arrival, INBOUND_INVALID);
}

void inbound_gate_on_message(struct inbound_gate *gate, struct dest_transport *from,
                             uint64_t session, bool verified, enum wire_kind kind,
                             enum actr_payload_type type, struct actr_bytes message)
{
    struct inbound_arrival arrival = {from, session, verified, EXECUTION_NORMAL, message};
    enum message_role role = MESSAGE_DATA;
    struct envelope envelope = {.direction = ENVELOPE_UNSPECIFIED}; /* and so for streams */

    if (payload_type_is_rpc(type)) {
        if (envelope_decode(actr_bytes_view(message), &envelope) < 0) {
            inbound_gate_reject(gate, &arrival);
            return;
        }
        if (!inbound_gate_role(envelope.direction, &role)) {
            inbound_gate_discard(gate, &arrival, INBOUND_DIRECTION);
            return;
        }
    }
    /* Linked actors and shared libraries run natively. */
    const struct execution_plan plan =
        execution_plan_resolve((uint32_t)type, role, RUNTIME_NATIVE,
                               kind == WIRE_WEBRTC ? TRANSPORT_WEBRTC : TRANSPORT_WEBSOCKET, NULL);
    arrival.priority = plan.params.priority;
    inbound_gate_follow(gate, &arrival, &envelope, plan.policy);
}

void inbound_gate_on_excess(struct inbound_gate *gate, struct dest_transport *from,
                            uint64_t session, bool verified, enum actr_payload_type type,
                            const struct excess *excess)
{
    const struct mailbox_origin origin = {*dest_transport_id(from), session};
    struct envelope envelope = {.direction = ENVELOPE_UNSPECIFIED};
    char detail[ERR_TEXT_MAX];
    bool is_known = payload_type_is_rpc(type) &&
                    envelope_decode_ends(excess->head, excess->tail, excess->len, &envelope) == 0;
    int code = peer_gate_too_large(gate->options.peer_gate, excess->len);

    snprintf(detail, sizeof(detail), "%s%s",
             envelope.direction == ENVELOPE_RESPONSE ? "the answer: " : "", actr_errmsg());
    inbound_gate_drop_for(gate, INBOUND_TOO_LONG, &origin.peer, detail);
    if (is_known && envelope.direction == ENVELOPE_REQUEST && verified)
        inbound_gate_refuse(gate, &origin, &envelope, code, detail);
    else if (is_known && envelope.direction == ENVELOPE_RESPONSE)
        peer_gate_on_excess(gate->options.peer_gate, from, &envelope, detail);
}

void inbound_gate_on_room(struct inbound_gate *gate, const struct actr_id *peer)
{
    struct dest_transport *dest;

    if (!peer) {
        peer_transport_read_all(gate->options.transport);
        return;
    }
    dest = peer_transport_find(gate->options.transport, peer);
    if (dest)
        dest_transport_read(dest, true);
}

void inbound_gate_on_refused(struct inbound_gate *gate, const struct mailbox_origin *origin,
                             struct actr_view bytes)
{
    struct envelope envelope;
    if (envelope_decode(bytes, &envelope) < 0)
        return; /* it was one when it came */
    bool is_request = envelope.direction == ENVELOPE_REQUEST;
    gate->stats.requests -= is_request;
    gate->stats.tells -= !is_request;
    if (is_request)
        inbound_gate_refuse(gate, origin, &envelope, ACTR_EUNAVAILABLE,
                            "the disk of the mailbox refuses; " INBOUND_GATE_RETRY_HINT);
    inbound_gate_drop(gate, INBOUND_REFUSED, &origin->peer);
}

void inbound_gate_stop(struct inbound_gate *gate)
{
    gate->is_stopped = true;
}

struct inbound_gate_stats inbound_gate_get_stats(const struct inbound_gate *gate)
{
    return gate->stats;
}

struct inbound_gate *inbound_gate_new(const struct inbound_gate_options *options)
{
    struct inbound_gate *gate = mem_alloc(sizeof(*gate));
    if (gate)
        gate->options = *options;
    return gate;
}

void inbound_gate_free(struct inbound_gate *gate)
{
    mem_free(gate);
}
