// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A peer_gate over real destinations and fake wires, on virtual time. The test plays the peer: it
 * opens the wires, reads what was sent, and answers. */
#pragma once

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "harness.h"
#include "hyper/outbound/peer_gate.h"
#include "hyper/transport/fake_wire.h"
#include "hyper/transport/peer_transport.h"
#include "hyper/transport/ws_frame.h"
#include "protocol/envelope.h"
#include "sys/loop_virtual.h"

#define MS 1000u

struct gate_rig {
    struct loop *loop;
    struct fake_wires all;
    struct fake_dialer ws, rtc;
    struct wire_dialer *dialers[2];
    struct peer_transport *transport;
    struct peer_gate *gate;
    bool is_late; /* what the last response turned out to be */
    unsigned tells_failed;
    int tell_code;
    char tell_detail[256];
};

/* A request, and what became of it. */
struct gate_ask {
    struct gate_call call;
    struct gate_rig *rig;
    unsigned ended;
    int code;
    int64_t retry_after_ms;
    char message[512];
    struct actr_bytes reply;
    void (*then)(struct gate_ask *ask); /* inside fn */
    struct gate_ask *other;
};

static inline void gate_rig_on_message(void *owner, struct dest_transport *from, uint64_t session,
                                       bool verified, enum wire_kind kind,
                                       enum actr_payload_type type, struct actr_bytes message)
{
    struct gate_rig *rig = owner;
    struct envelope envelope;
    (void)session, (void)verified, (void)type;
    assert_int_equal(envelope_decode(actr_bytes_view(message), &envelope), 0);
    assert_int_equal(envelope.direction, ENVELOPE_RESPONSE);
    rig->is_late = !peer_gate_on_response(rig->gate, from, &envelope, message);
}

static inline void gate_rig_on_ready(void *owner, struct dest_transport *dest, uint64_t session)
{
    peer_gate_on_ready(((struct gate_rig *)owner)->gate, dest, session);
}

static inline void gate_rig_on_proven(void *owner, struct dest_transport *dest, uint64_t session)
{
    peer_gate_on_proven(((struct gate_rig *)owner)->gate, dest, session);
}

static inline void gate_rig_on_writable(void *owner, struct dest_transport *dest)
{
    peer_gate_on_writable(((struct gate_rig *)owner)->gate, dest);
}

static inline void gate_rig_on_stall(void *owner, struct dest_transport *dest, uint64_t session)
{
    peer_gate_on_stall(((struct gate_rig *)owner)->gate, dest, session);
}

static inline void gate_rig_on_unreachable(void *owner, struct dest_transport *dest, int code,
                                           const char *detail)
{
    peer_gate_on_unreachable(((struct gate_rig *)owner)->gate, dest, code, detail);
}

static inline void gate_rig_on_wire(void *owner, struct dest_transport *dest, uint64_t session,
                                    int code, const char *detail)
{
    peer_gate_on_wire(((struct gate_rig *)owner)->gate, dest, session, code, detail);
}

static inline void gate_rig_on_closed(void *owner)
{
    struct gate_rig *rig = owner;
    peer_gate_free(rig->gate);
    rig->gate = NULL;
}

static const struct lane_events gate_rig_lane_events = {
    .on_message = gate_rig_on_message,
    .on_ready = gate_rig_on_ready,
    .on_proven = gate_rig_on_proven,
    .on_writable = gate_rig_on_writable,
    .on_stall = gate_rig_on_stall,
    .on_unreachable = gate_rig_on_unreachable,
    .on_wire = gate_rig_on_wire,
    .on_closed = gate_rig_on_closed,
};

static inline void gate_rig_on_tell_failed(void *owner, const struct actr_id *to, int code,
                                           const char *detail)
{
    struct gate_rig *rig = owner;
    assert_int_equal(to->realm, 7);
    rig->tells_failed++;
    rig->tell_code = code;
    snprintf(rig->tell_detail, sizeof(rig->tell_detail), "%s", detail);
}

static const struct peer_gate_events gate_rig_events = {gate_rig_on_tell_failed};

/* limits: pending_max and the other bounds; NULL: the defaults. has_webrtc: both kinds of wire,
 * else WebSockets. */
static inline void gate_rig_open_kinds(struct gate_rig *rig, const struct peer_gate_options *limits,
                                       bool has_webrtc)
{
    struct peer_gate_options options = {0};
    *rig = (struct gate_rig){0};
    assert_int_equal(loop_virtual_new(1, &rig->loop), 0);
    rig->all.loop = rig->loop;
    fake_dialer_init(&rig->ws, &rig->all, WIRE_WEBSOCKET);
    fake_dialer_init(&rig->rtc, &rig->all, WIRE_WEBRTC);
    rig->dialers[0] = &rig->rtc.base;
    rig->dialers[has_webrtc] = &rig->ws.base;
    const struct peer_transport_options transport = {
        .loop = rig->loop,
        .dialers = rig->dialers,
        .dialer_count = has_webrtc ? 2 : 1,
        .events = &gate_rig_lane_events,
        .owner = rig,
    };
    rig->transport = peer_transport_new(&transport);
    if (limits)
        options = *limits;
    options.loop = rig->loop;
    options.transport = rig->transport;
    options.events = &gate_rig_events;
    options.owner = rig;
    rig->gate = peer_gate_new(&options);
    assert_non_null(rig->gate);
}

static inline void gate_rig_open(struct gate_rig *rig, const struct peer_gate_options *limits)
{
    gate_rig_open_kinds(rig, limits, false);
}

static inline void gate_rig_settle(struct gate_rig *rig)
{
    loop_virtual_run_until(rig->loop, loop_now_us(rig->loop));
}

static inline void gate_rig_pass(struct gate_rig *rig, uint64_t ms)
{
    loop_virtual_run_until(rig->loop, loop_now_us(rig->loop) + ms * MS);
}

static inline void gate_rig_close(struct gate_rig *rig)
{
    peer_gate_close(rig->gate, "the node stops");
    gate_rig_settle(rig);
    peer_transport_close(rig->transport);
    assert_true(loop_virtual_run_idle(rig->loop, UINT64_MAX));
    assert_null(rig->gate);
    loop_virtual_close(rig->loop);
}

static inline struct actr_id gate_rig_id(uint64_t serial)
{
    struct actr_id id;
    assert_int_equal(actr_id_parse("1@7/acme:Test:1.0.0", &id), 0);
    id.serial = serial;
    return id;
}

static inline struct gate_message gate_rig_message(const char *payload, uint32_t timeout_ms)
{
    return (struct gate_message){
        .route = view_text("acme.Test.Echo"),
        .payload = actr_bytes_str(payload),
        .type = ACTR_RPC_RELIABLE,
        .timeout_ms = timeout_ms,
    };
}

static inline void gate_ask_fn(struct gate_call *call, const struct actr_result *result)
{
    struct gate_ask *ask = container_of(call, struct gate_ask, call);
    ask->ended++;
    ask->code = result->code;
    ask->retry_after_ms = result->retry_after_ms;
    snprintf(ask->message, sizeof(ask->message), "%s", result->message ? result->message : "");
    ask->reply = actr_bytes_ref(result->reply);
    if (ask->then)
        ask->then(ask);
}

/* Asks peer 1; the code of peer_gate_call(). */
static inline int gate_ask_start(struct gate_ask *ask, struct gate_rig *rig, const char *payload,
                                 uint32_t timeout_ms)
{
    struct actr_id to = gate_rig_id(1);
    struct gate_message message = gate_rig_message(payload, timeout_ms);
    ask->rig = rig;
    int r = peer_gate_call(rig->gate, &to, &ask->call, &message, gate_ask_fn);
    assert_int_equal(ask->ended, 0);
    return r;
}

/* It must have ended, once, with this. */
static inline void gate_ask_expect(struct gate_ask *ask, int code, const char *message)
{
    assert_int_equal(ask->ended, 1);
    assert_string_equal(ask->message, message);
    assert_int_equal(ask->code, code);
    actr_bytes_unref(bytes_take(&ask->reply));
}

static inline int gate_rig_tell(struct gate_rig *rig, const char *payload, uint32_t timeout_ms)
{
    struct actr_id to = gate_rig_id(1);
    struct gate_message message = gate_rig_message(payload, timeout_ms);
    return peer_gate_tell(rig->gate, &to, &message);
}

/* What was sent as number `index` by a wire, as the peer reads it. */
static inline struct envelope gate_rig_sent(const struct fake_wire *wire, size_t index)
{
    struct envelope envelope;
    assert_true(index < wire->sent_count);
    const struct actr_view frame = actr_bytes_view(wire->sent[index]);
    assert_true(frame.len > WS_FRAME_HEADER_LEN);
    assert_int_equal(envelope_decode(actr_view_of(frame.ptr + WS_FRAME_HEADER_LEN,
                                                  frame.len - WS_FRAME_HEADER_LEN),
                                     &envelope),
                     0);
    return envelope;
}

static inline void gate_rig_expect_sent(const struct fake_wire *wire, size_t index,
                                        const char *payload)
{
    struct envelope envelope = gate_rig_sent(wire, index);
    assert_int_equal(envelope.payload.len, strlen(payload));
    assert_memory_equal(envelope.payload.ptr, payload, strlen(payload));
}

static inline void gate_rig_deliver(struct fake_wire *wire, const struct envelope *response)
{
    struct actr_bytes message = envelope_encode(response);
    assert_int_equal(ws_frame_encode(ACTR_RPC_RELIABLE, &message), 0);
    fake_wire_deliver(wire, 0, message);
}

/* The peer answers request number `index` that came by `wire`. */
static inline void gate_rig_answer(struct fake_wire *wire, size_t index, const char *payload)
{
    struct envelope request = gate_rig_sent(wire, index);
    const struct envelope response = {
        .route = request.route,
        .request_id = request.request_id,
        .payload = view_text(payload),
        .has_payload = true,
        .direction = ENVELOPE_RESPONSE,
    };
    gate_rig_deliver(wire, &response);
}

/* The wire that was dialled last becomes ready, and proven. */
static inline struct fake_wire *gate_rig_ready(struct gate_rig *rig)
{
    struct fake_wire *wire = fake_wires_last(&rig->all);
    fake_wire_ready(wire);
    return wire;
}

static inline struct fake_wire *gate_rig_proven(struct gate_rig *rig)
{
    struct fake_wire *wire = gate_rig_ready(rig);
    fake_wire_prove(wire);
    return wire;
}

/* A wire is up and proven before anything is asked. */
static inline struct fake_wire *gate_rig_connect(struct gate_rig *rig)
{
    struct gate_ask ask = {0};
    assert_int_equal(gate_ask_start(&ask, rig, "connect", 1000), 0);
    struct fake_wire *wire = gate_rig_proven(rig);
    gate_rig_answer(wire, 0, "");
    gate_ask_expect(&ask, 0, "");
    actr_bytes_unref(bytes_take(&wire->sent[0]));
    wire->sent_count = 0;
    return wire;
}

static inline void gate_rig_lose(struct fake_wire *wire)
{
    fake_wire_end(wire, ACTR_EUNAVAILABLE, "connection reset", false);
}
