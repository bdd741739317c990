// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What becomes of each message that arrives, and who is slowed down when there is too much. */
#include "hyper/inbound/inbound_gate.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "harness.h"
#include "hyper/outbound/peer_gate.h"
#include "hyper/transport/fake_wire.h"
#include "hyper/transport/peer_transport.h"
#include "hyper/transport/ws_frame.h"
#include "mailbox/memory_mailbox.h"
#include "protocol/envelope.h"
#include "sys/loop_virtual.h"

struct rig {
    struct loop *loop;
    struct fake_wires all;
    struct fake_dialer ws;
    struct wire_dialer *dialers[1];
    struct peer_transport *transport;
    struct peer_gate *peer_gate;
    struct mailbox *mailbox;
    struct inbound_gate *gate;
    unsigned told[INBOUND_DROP_COUNT];
};

static void on_message(void *owner, struct dest_transport *from, uint64_t session, bool verified,
                       enum wire_kind kind, enum actr_payload_type type, struct actr_bytes message)
{
    struct rig *rig = owner;
    inbound_gate_on_message(rig->gate, from, session, verified, kind, type, message);
}

static void on_ready(void *owner, struct dest_transport *dest, uint64_t session)
{
    peer_gate_on_ready(((struct rig *)owner)->peer_gate, dest, session);
}

static void on_proven(void *owner, struct dest_transport *dest, uint64_t session)
{
    peer_gate_on_proven(((struct rig *)owner)->peer_gate, dest, session);
}

static void on_writable(void *owner, struct dest_transport *dest)
{
    peer_gate_on_writable(((struct rig *)owner)->peer_gate, dest);
}

static void on_unreachable(void *owner, struct dest_transport *dest, int code, const char *detail)
{
    peer_gate_on_unreachable(((struct rig *)owner)->peer_gate, dest, code, detail);
}

static void on_wire(void *owner, struct dest_transport *dest, uint64_t session, int code,
                    const char *detail)
{
    peer_gate_on_wire(((struct rig *)owner)->peer_gate, dest, session, code, detail);
}

static void on_closed(void *owner)
{
    struct rig *rig = owner;
    peer_gate_free(rig->peer_gate);
}

static const struct lane_events lane_events = {
    .on_message = on_message,
    .on_ready = on_ready,
    .on_proven = on_proven,
    .on_writable = on_writable,
    .on_unreachable = on_unreachable,
    .on_wire = on_wire,
    .on_closed = on_closed,
};

static void on_mailbox_ready(void *owner)
{
    (void)owner;
}

static void on_room(void *owner, const struct actr_id *peer)
{
    inbound_gate_on_room(((struct rig *)owner)->gate, peer);
}

static const struct mailbox_events mailbox_events = {.on_ready = on_mailbox_ready,
                                                     .on_room = on_room};

static void on_drop(void *owner, enum inbound_gate_drop reason, const struct actr_id *from,
                    const char *detail)
{
    struct rig *rig = owner;
    assert_int_equal(from->realm, 7);
    assert_int_equal(detail[0] != '\0', reason == INBOUND_TOO_LONG);
    rig->told[reason]++;
}

static const struct inbound_gate_events gate_events = {on_drop};

static void rig_open(struct rig *rig, const struct mailbox_limits *limits)
{
    static const struct mailbox_limits none = {0};
    *rig = (struct rig){0};
    assert_int_equal(loop_virtual_new(1, &rig->loop), 0);
    rig->all.loop = rig->loop;
    fake_dialer_init(&rig->ws, &rig->all, WIRE_WEBSOCKET);
    rig->dialers[0] = &rig->ws.base;
    const struct peer_transport_options transport = {
        .loop = rig->loop,
        .dialers = rig->dialers,
        .dialer_count = 1,
        .events = &lane_events,
        .owner = rig,
    };
    rig->transport = peer_transport_new(&transport);
    const struct peer_gate_options peer_gate = {.loop = rig->loop, .transport = rig->transport};
    rig->peer_gate = peer_gate_new(&peer_gate);
    rig->mailbox = memory_mailbox_new(rig->loop, limits ? limits : &none, &mailbox_events, rig);
    const struct inbound_gate_options gate = {
        .loop = rig->loop,
        .mailbox = rig->mailbox,
        .peer_gate = rig->peer_gate,
        .transport = rig->transport,
        .events = &gate_events,
        .owner = rig,
    };
    rig->gate = inbound_gate_new(&gate);
    assert_non_null(rig->gate);
}

static void rig_settle(struct rig *rig)
{
    loop_virtual_run_until(rig->loop, loop_now_us(rig->loop));
}

static void rig_close(struct rig *rig)
{
    peer_gate_close(rig->peer_gate, "end");
    rig_settle(rig);
    peer_transport_close(rig->transport);
    assert_true(loop_virtual_run_idle(rig->loop, UINT64_MAX));
    inbound_gate_free(rig->gate);
    rig->mailbox->ops->close(rig->mailbox);
    loop_virtual_close(rig->loop);
}

static struct actr_id id_of(uint64_t serial)
{
    struct actr_id id;
    assert_int_equal(actr_id_parse("1@7/acme:Test:1.0.0", &id), 0);
    id.serial = serial;
    return id;
}

static struct fake_wire *rig_accept(struct rig *rig, uint64_t serial)
{
    struct actr_id id = id_of(serial);
    struct fake_wire *wire = fake_wire_new(&rig->all, WIRE_WEBSOCKET, WIRE_ACCEPTED, &id);
    peer_transport_accept(rig->transport, &wire->base);
    rig_settle(rig);
    assert_true(wire->is_reading);
    return wire;
}

static struct actr_bytes message_of(enum envelope_direction direction, const char *payload)
{
    const struct envelope envelope = {
        .route = view_text("acme.Test.Echo"),
        .request_id = view_text("7c9e6679-7425-40de-944b-e07fc1f90ae7"),
        .payload = view_text(payload),
        .has_payload = true,
        .timeout_ms = 0,
        .direction = direction,
    };
    return envelope_encode(&envelope);
}

static void arrive(struct fake_wire *wire, enum actr_payload_type type, struct actr_bytes message)
{
    assert_int_equal(ws_frame_encode(type, &message), 0);
    fake_wire_deliver(wire, 0, message);
}

static uint64_t dropped(const struct rig *rig, enum inbound_gate_drop reason)
{
    return inbound_gate_get_stats(rig->gate).dropped[reason];
}

TEST(requests_and_tells_go_to_the_mailbox_by_priority)
{
    struct rig rig;
    rig_open(&rig, NULL);
    struct fake_wire *wire = rig_accept(&rig, 1);
    arrive(wire, ACTR_RPC_RELIABLE, message_of(ENVELOPE_REQUEST, "normal"));
    arrive(wire, ACTR_RPC_RELIABLE, message_of(ENVELOPE_REQUEST, "later"));
    arrive(wire, ACTR_RPC_SIGNAL, message_of(ENVELOPE_TELL, "high"));
    assert_int_equal(rig.mailbox->count, 3);
    struct actr_id peer = id_of(1);
    struct mailbox_message *message = mailbox_take(rig.mailbox);
    assert_int_equal(message->priority, MAILBOX_HIGH);
    assert_true(actr_id_equal(&message->origin.peer, &peer));
    assert_int_equal(message->origin.session, wire->base.session);
    struct envelope envelope;
    assert_int_equal(envelope_decode(actr_bytes_view(message->envelope), &envelope), 0);
    assert_true(view_equal(envelope.payload, view_text("high")));
    mailbox_ack(rig.mailbox, message, NULL);
    for (int i = 0; i < 2; i++) {
        message = mailbox_take(rig.mailbox);
        assert_int_equal(message->priority, MAILBOX_NORMAL);
        assert_int_equal(envelope_decode(actr_bytes_view(message->envelope), &envelope), 0);
        assert_true(view_equal(envelope.payload, view_text(i == 0 ? "normal" : "later")));
        mailbox_ack(rig.mailbox, message, NULL);
    }
    assert_int_equal(inbound_gate_get_stats(rig.gate).requests, 2);
    assert_int_equal(inbound_gate_get_stats(rig.gate).tells, 1);
    rig_close(&rig);
}

TEST(the_mailbox_gets_the_received_bytes_and_no_copy)
{
    struct rig rig;
    rig_open(&rig, NULL);
    struct fake_wire *wire = rig_accept(&rig, 1);
    struct actr_bytes message = message_of(ENVELOPE_REQUEST, "x");
    const uint8_t *first = message.ptr;
    arrive(wire, ACTR_RPC_RELIABLE, message);
    struct mailbox_message *taken = mailbox_take(rig.mailbox);
    assert_ptr_equal(taken->envelope.ptr, first);
    mailbox_ack(rig.mailbox, taken, NULL);
    rig_close(&rig);
}

TEST(missing_unspecified_and_unknown_directions_are_dropped)
{
    struct rig rig;
    rig_open(&rig, NULL);
    struct fake_wire *wire = rig_accept(&rig, 1);
    arrive(wire, ACTR_RPC_RELIABLE, message_of(ENVELOPE_UNSPECIFIED, "x"));
    for (int number = 0; number < 8; number += 7) { /* field 4: explicit 0, and a number unknown */
        struct actr_bytes message = message_of(ENVELOPE_REQUEST, "x");
        uint8_t *at = memmem(message.ptr, message.len, "\x20\x01", 2);
        assert_non_null(at);
        at[1] = (uint8_t)number;
        arrive(wire, ACTR_RPC_RELIABLE, message);
    }
    assert_int_equal(rig.mailbox->count, 0);
    assert_int_equal(dropped(&rig, INBOUND_DIRECTION), 3);
    rig_close(&rig);
}

TEST(a_response_without_a_request_is_dropped_and_never_dispatched)
{
    struct rig rig;
    rig_open(&rig, NULL);
    struct fake_wire *wire = rig_accept(&rig, 1);
    arrive(wire, ACTR_RPC_RELIABLE, message_of(ENVELOPE_RESPONSE, "x"));
    assert_int_equal(rig.mailbox->count, 0);
    assert_int_equal(dropped(&rig, INBOUND_LATE), 1);
    rig_close(&rig);
}

static unsigned answers;

static void on_answer(struct gate_call *call, const struct actr_result *result)
{
    (void)call;
    answers++;
    assert_int_equal(result->code, 0);
    assert_true(view_equal(actr_bytes_view(result->reply), view_text("answer")));
}

TEST(a_response_completes_its_request)
{
    struct rig rig;
    answers = 0;
    struct gate_call call;
    struct actr_id to = id_of(1);
    rig_open(&rig, NULL);
    const struct gate_message message = {
        .route = view_text("acme.Test.Echo"), .type = ACTR_RPC_RELIABLE, .timeout_ms = 1000};
    assert_int_equal(peer_gate_call(rig.peer_gate, &to, &call, &message, on_answer), 0);
    struct fake_wire *wire = fake_wires_last(&rig.all);
    fake_wire_ready(wire);
    const struct envelope response = {
        .route = view_text("acme.Test.Echo"),
        .request_id = view_text(call.request_id),
        .payload = view_text("answer"),
        .has_payload = true,
        .direction = ENVELOPE_RESPONSE,
    };
    arrive(wire, ACTR_RPC_RELIABLE, envelope_encode(&response));
    assert_int_equal(peer_gate_get_stats(rig.peer_gate).pending, 0);
    assert_int_equal(inbound_gate_get_stats(rig.gate).responses, 1);
    assert_int_equal(answers, 1);
    assert_int_equal(dropped(&rig, INBOUND_LATE), 0);
    arrive(wire, ACTR_RPC_RELIABLE, envelope_encode(&response)); /* once more */
    assert_int_equal(answers, 1);
    assert_int_equal(dropped(&rig, INBOUND_LATE), 1);
    rig_close(&rig);
}

TEST(requests_by_a_dialled_wire_are_dropped)
{
    struct rig rig;
    uint64_t session;
    bool proven;
    struct dest_transport *dest;
    struct actr_id to = id_of(1);
    rig_open(&rig, NULL);
    assert_int_equal(peer_transport_dest(rig.transport, &to, &dest), 0);
    dest_transport_connect(dest, &session, &proven);
    struct fake_wire *wire = fake_wires_last(&rig.all);
    fake_wire_ready(wire);
    arrive(wire, ACTR_RPC_RELIABLE, message_of(ENVELOPE_REQUEST, "x"));
    arrive(wire, ACTR_RPC_RELIABLE, message_of(ENVELOPE_TELL, "x"));
    assert_int_equal(rig.mailbox->count, 0);
    assert_int_equal(dropped(&rig, INBOUND_UNVERIFIED), 2);
    assert_int_equal(rig.told[INBOUND_UNVERIFIED], 1);
    rig_close(&rig);
}

TEST(what_is_no_envelope_is_dropped_and_the_wire_is_kept)
{
    struct rig rig;
    rig_open(&rig, NULL);
    struct fake_wire *wire = rig_accept(&rig, 1);
    arrive(wire, ACTR_RPC_RELIABLE, actr_bytes_str(""));
    arrive(wire, ACTR_RPC_SIGNAL, actr_bytes_str("\xff\xff\xff"));
    assert_int_equal(dropped(&rig, INBOUND_UNDECODABLE), 2);
    assert_int_equal(wire->base.state, WIRE_READY);
    rig_close(&rig);
}

TEST(streams_and_media_have_no_taker)
{
    struct rig rig;
    rig_open(&rig, NULL);
    struct fake_wire *wire = rig_accept(&rig, 1);
    arrive(wire, ACTR_STREAM_RELIABLE, message_of(ENVELOPE_REQUEST, "x"));
    arrive(wire, ACTR_STREAM_LATENCY_FIRST, message_of(ENVELOPE_REQUEST, "x"));
    assert_int_equal(rig.mailbox->count, 0);
    assert_int_equal(dropped(&rig, INBOUND_NO_TAKER), 2);
    rig_close(&rig);
}

TEST(media_on_a_data_lane_has_no_plan)
{
    struct rig rig;
    rig_open(&rig, NULL);
    struct fake_wire *wire = rig_accept(&rig, 1);
    arrive(wire, ACTR_MEDIA_RTP, actr_bytes_str("rtp"));
    assert_int_equal(rig.mailbox->count, 0);
    assert_int_equal(dropped(&rig, INBOUND_INVALID), 1);
    assert_int_equal(dropped(&rig, INBOUND_NO_TAKER), 0);
    rig_close(&rig);
}

TEST(drops_are_told_once_in_ten_seconds_for_each_reason)
{
    struct rig rig;
    rig_open(&rig, NULL);
    struct fake_wire *wire = rig_accept(&rig, 1);
    uint64_t start_us = loop_now_us(rig.loop);
    for (int i = 0; i < 100; i++) {
        arrive(wire, ACTR_RPC_RELIABLE, actr_bytes_str(""));
        arrive(wire, ACTR_STREAM_RELIABLE, actr_bytes_str(""));
    }
    assert_int_equal(rig.told[INBOUND_UNDECODABLE], 1);
    assert_int_equal(rig.told[INBOUND_NO_TAKER], 1);
    loop_virtual_run_until(rig.loop, start_us + 9999999);
    arrive(wire, ACTR_RPC_RELIABLE, actr_bytes_str(""));
    assert_int_equal(rig.told[INBOUND_UNDECODABLE], 1);
    loop_virtual_run_until(rig.loop, start_us + 10000000);
    arrive(wire, ACTR_RPC_RELIABLE, actr_bytes_str(""));
    assert_int_equal(rig.told[INBOUND_UNDECODABLE], 2);
    rig_close(&rig);
}

static void take_one(struct rig *rig)
{
    struct mailbox_message *message = mailbox_take(rig->mailbox);
    assert_non_null(message);
    mailbox_ack(rig->mailbox, message, NULL);
}

TEST(a_peer_over_its_quota_is_not_read_until_there_is_room)
{
    const struct mailbox_limits limits = {.count_max = 100, .peer_count_max = 2};
    struct rig rig;
    rig_open(&rig, &limits);
    struct fake_wire *fast = rig_accept(&rig, 1), *other = rig_accept(&rig, 2);
    arrive(fast, ACTR_RPC_RELIABLE, message_of(ENVELOPE_REQUEST, "1"));
    assert_true(fast->is_reading);
    arrive(fast, ACTR_RPC_RELIABLE, message_of(ENVELOPE_REQUEST, "2"));
    assert_false(fast->is_reading);
    assert_true(other->is_reading);
    arrive(other, ACTR_RPC_RELIABLE, message_of(ENVELOPE_REQUEST, "3"));
    assert_true(other->is_reading);
    assert_int_equal(rig.mailbox->count, 3);
    take_one(&rig);
    assert_false(fast->is_reading);
    rig_settle(&rig);
    assert_true(fast->is_reading);
    rig_close(&rig);
}

TEST(a_full_mailbox_stops_those_who_send_and_room_is_for_everyone)
{
    const struct mailbox_limits limits = {.count_max = 2, .peer_count_max = 2};
    struct rig rig;
    rig_open(&rig, &limits);
    struct fake_wire *a = rig_accept(&rig, 1), *b = rig_accept(&rig, 2), *c = rig_accept(&rig, 3);
    arrive(a, ACTR_RPC_RELIABLE, message_of(ENVELOPE_REQUEST, "1"));
    arrive(b, ACTR_RPC_RELIABLE, message_of(ENVELOPE_REQUEST, "2"));
    arrive(a, ACTR_RPC_RELIABLE, message_of(ENVELOPE_REQUEST, "3"));
    assert_false(a->is_reading);
    assert_false(b->is_reading);
    assert_true(c->is_reading);
    take_one(&rig);
    take_one(&rig);
    rig_settle(&rig);
    assert_true(a->is_reading);
    assert_true(b->is_reading);
    rig_close(&rig);
}

TEST(a_refused_request_is_answered_unavailable_with_a_hint)
{
    const struct mailbox_limits limits = {.count_max = 100, .peer_count_max = 1};
    struct rig rig;
    rig_open(&rig, &limits);
    struct fake_wire *wire = rig_accept(&rig, 1);
    for (int i = 0; i < 3; i++)
        arrive(wire, ACTR_RPC_RELIABLE, message_of(ENVELOPE_REQUEST, "x"));
    assert_int_equal(rig.mailbox->count, 2);
    assert_int_equal(wire->sent_count, 1);
    struct envelope reply;
    struct actr_view frame = actr_bytes_view(wire->sent[0]);
    assert_int_equal(frame.ptr[0], ACTR_RPC_RELIABLE);
    assert_int_equal(envelope_decode(actr_view_of(frame.ptr + 5, frame.len - 5), &reply), 0);
    assert_int_equal(reply.direction, ENVELOPE_RESPONSE);
    assert_int_equal(reply.error_code, 10001);
    assert_true(view_equal(reply.error_message,
                           view_text("unavailable: mailbox is full; retry_after_ms=Some(500)")));
    assert_true(view_equal(reply.request_id, view_text("7c9e6679-7425-40de-944b-e07fc1f90ae7")));
    assert_true(view_equal(reply.route, view_text("acme.Test.Echo")));
    assert_int_equal(dropped(&rig, INBOUND_REFUSED), 1);
    arrive(wire, ACTR_RPC_RELIABLE, message_of(ENVELOPE_TELL, "x"));
    assert_int_equal(wire->sent_count, 1); /* a tell is never answered */
    assert_int_equal(dropped(&rig, INBOUND_REFUSED), 2);
    rig_close(&rig);
}

/* A durable mailbox takes a message first and may fail to write it afterwards. */
TEST(a_request_that_the_mailbox_gives_back_is_answered_and_no_longer_counted)
{
    struct rig rig;
    struct envelope reply;
    rig_open(&rig, NULL);
    struct fake_wire *wire = rig_accept(&rig, 1);
    arrive(wire, ACTR_RPC_RELIABLE, message_of(ENVELOPE_REQUEST, "x"));
    struct mailbox_message *taken = mailbox_take(rig.mailbox);
    assert_int_equal(inbound_gate_get_stats(rig.gate).requests, 1);
    inbound_gate_on_refused(rig.gate, &taken->origin, actr_bytes_view(taken->envelope));
    assert_int_equal(wire->sent_count, 1);
    struct actr_view frame = actr_bytes_view(wire->sent[0]);
    assert_int_equal(envelope_decode(actr_view_of(frame.ptr + 5, frame.len - 5), &reply), 0);
    assert_int_equal(reply.direction, ENVELOPE_RESPONSE);
    assert_int_equal(reply.error_code, 10001);
    assert_true(view_equal(
        reply.error_message,
        view_text("unavailable: the disk of the mailbox refuses; retry_after_ms=Some(500)")));
    assert_true(view_equal(reply.request_id, view_text("7c9e6679-7425-40de-944b-e07fc1f90ae7")));
    assert_int_equal(inbound_gate_get_stats(rig.gate).requests, 0);
    assert_int_equal(dropped(&rig, INBOUND_REFUSED), 1);
    assert_int_equal(rig.told[INBOUND_REFUSED], 1);
    mailbox_ack(rig.mailbox, taken, NULL);
    rig_close(&rig);
}

TEST(a_tell_that_the_mailbox_gives_back_is_dropped_without_a_word)
{
    struct rig rig;
    rig_open(&rig, NULL);
    struct fake_wire *wire = rig_accept(&rig, 1);
    arrive(wire, ACTR_RPC_RELIABLE, message_of(ENVELOPE_TELL, "x"));
    struct mailbox_message *taken = mailbox_take(rig.mailbox);
    inbound_gate_on_refused(rig.gate, &taken->origin, actr_bytes_view(taken->envelope));
    assert_int_equal(wire->sent_count, 0);
    assert_int_equal(inbound_gate_get_stats(rig.gate).tells, 0);
    assert_int_equal(dropped(&rig, INBOUND_REFUSED), 1);
    mailbox_ack(rig.mailbox, taken, NULL);
    /* The peer has gone meanwhile: nothing to answer, nothing to fall over. */
    arrive(wire, ACTR_RPC_RELIABLE, message_of(ENVELOPE_REQUEST, "x"));
    taken = mailbox_take(rig.mailbox);
    struct mailbox_origin gone = taken->origin;
    gone.peer.serial++;
    inbound_gate_on_refused(rig.gate, &gone, actr_bytes_view(taken->envelope));
    assert_int_equal(wire->sent_count, 0);
    assert_int_equal(dropped(&rig, INBOUND_REFUSED), 2);
    mailbox_ack(rig.mailbox, taken, NULL);
    rig_close(&rig);
}

TEST(a_stopped_gate_refuses_requests_and_passes_responses)
{
    struct rig rig;
    struct gate_call call;
    struct actr_id to = id_of(1);
    rig_open(&rig, NULL);
    struct fake_wire *wire = rig_accept(&rig, 1);
    const struct gate_message message = {
        .route = view_text("acme.Test.Echo"), .type = ACTR_RPC_RELIABLE, .timeout_ms = 1000};
    assert_int_equal(peer_gate_call(rig.peer_gate, &to, &call, &message, on_answer), 0);
    inbound_gate_stop(rig.gate);
    arrive(wire, ACTR_RPC_RELIABLE, message_of(ENVELOPE_REQUEST, "x"));
    assert_int_equal(rig.mailbox->count, 0);
    assert_int_equal(wire->sent_count, 1);
    assert_true(wire->is_reading);
    const struct envelope response = {
        .route = view_text("acme.Test.Echo"),
        .request_id = view_text(call.request_id),
        .payload = view_text("answer"),
        .has_payload = true,
        .direction = ENVELOPE_RESPONSE,
    };
    arrive(wire, ACTR_RPC_RELIABLE, envelope_encode(&response));
    assert_int_equal(peer_gate_get_stats(rig.peer_gate).pending, 0);
    rig_close(&rig);
}

TEST(running_out_of_memory_refuses_one_message)
{
    struct rig rig;
    rig_open(&rig, NULL);
    struct fake_wire *wire = rig_accept(&rig, 1);
    struct actr_bytes message = message_of(ENVELOPE_TELL, "x");
    assert_int_equal(ws_frame_encode(ACTR_RPC_RELIABLE, &message), 0);
    mem_fail_at(1);
    fake_wire_deliver(wire, 0, message);
    mem_fail_at(0);
    assert_int_equal(rig.mailbox->count, 0);
    assert_int_equal(dropped(&rig, INBOUND_REFUSED), 1);
    assert_true(wire->is_reading);
    rig_close(&rig);
    mem_fail_at(1);
    assert_null(inbound_gate_new(&(struct inbound_gate_options){0}));
}

/* Tells the gate of `message` as if its first 30 bytes and its last 100 had been kept. */
static void arrive_ends(struct rig *rig, uint64_t session, bool verified,
                        enum actr_payload_type type, struct actr_bytes message)
{
    AUTO_BYTES struct actr_bytes owned = message;
    const struct actr_id id = id_of(1);
    const struct excess excess = {{owned.ptr, 30}, {owned.ptr + owned.len - 100, 100}, owned.len};
    inbound_gate_on_excess(rig->gate, peer_transport_find(rig->transport, &id), session, verified,
                           type, &excess);
}

static char excess_payload[400];

TEST(a_request_that_is_too_long_is_answered_with_its_size_and_the_limit)
{
    struct rig rig;
    struct envelope reply;
    rig_open(&rig, NULL);
    struct fake_wire *wire = rig_accept(&rig, 1);
    memset(excess_payload, 'x', sizeof(excess_payload) - 1);
    arrive_ends(&rig, wire->base.session, true, ACTR_RPC_RELIABLE,
                message_of(ENVELOPE_REQUEST, excess_payload));
    assert_int_equal(wire->sent_count, 1);
    struct actr_view frame = actr_bytes_view(wire->sent[0]);
    assert_int_equal(envelope_decode(actr_view_of(frame.ptr + 5, frame.len - 5), &reply), 0);
    assert_int_equal(reply.error_code, err_wire_code(ACTR_EINVALID));
    assert_non_null(memmem(reply.error_message.ptr, reply.error_message.len, "limit 16 MiB", 12));
    assert_true(view_equal(reply.request_id, view_text("7c9e6679-7425-40de-944b-e07fc1f90ae7")));
    arrive_ends(&rig, wire->base.session, true, ACTR_RPC_RELIABLE,
                message_of(ENVELOPE_TELL, excess_payload));
    arrive_ends(&rig, wire->base.session, true, ACTR_STREAM_RELIABLE,
                message_of(ENVELOPE_REQUEST, excess_payload));
    arrive_ends(&rig, wire->base.session, false, ACTR_RPC_RELIABLE,
                message_of(ENVELOPE_REQUEST, excess_payload));
    assert_int_equal(wire->sent_count, 1);
    assert_int_equal(rig.mailbox->count, 0);
    assert_int_equal(dropped(&rig, INBOUND_TOO_LONG), 4);
    assert_int_equal(rig.told[INBOUND_TOO_LONG], 1);
    rig_close(&rig);
}
