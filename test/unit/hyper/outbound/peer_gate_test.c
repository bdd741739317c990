// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Requests from start to end, and replies: what is sent, what counts as an answer, and every other
 * way a request can end. */
#include "hyper/outbound/peer_gate.h"

#include "hyper/outbound/gate_rig.h"

static bool is_uuid_v4(struct actr_view id)
{
    if (id.len != 36 || id.ptr[14] != '4' || !strchr("89ab", id.ptr[19]))
        return false;
    for (size_t i = 0; i < id.len; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_dash ? id.ptr[i] != '-' : !strchr("0123456789abcdef", id.ptr[i]))
            return false;
    }
    return true;
}

TEST(a_request_says_everything_the_peer_needs)
{
    struct gate_rig rig;
    struct gate_ask ask = {0};
    gate_rig_open(&rig, NULL);
    struct actr_id to = gate_rig_id(1);
    struct gate_message message = gate_rig_message("ping", 32000);
    message.type = ACTR_RPC_SIGNAL;
    message.traceparent = view_text("00-trace-span-01");
    message.tracestate = view_text("vendor=1");
    assert_int_equal(peer_gate_call(rig.gate, &to, &ask.call, &message, gate_ask_fn), 0);
    struct fake_wire *wire = gate_rig_ready(&rig);
    assert_int_equal(wire->sent[0].ptr[0], ACTR_RPC_SIGNAL);
    struct envelope sent = gate_rig_sent(wire, 0);
    assert_int_equal(sent.direction, ENVELOPE_REQUEST);
    assert_int_equal(sent.timeout_ms, 32000);
    assert_true(view_equal(sent.route, view_text("acme.Test.Echo")));
    assert_true(view_equal(sent.payload, view_text("ping")));
    assert_true(view_equal(sent.traceparent, view_text("00-trace-span-01")));
    assert_true(view_equal(sent.tracestate, view_text("vendor=1")));
    assert_true(is_uuid_v4(sent.request_id));
    assert_memory_equal(sent.request_id.ptr, ask.call.request_id, 37 - 1);
    gate_rig_answer(wire, 0, "pong");
    gate_ask_expect(&ask, 0, "");
    gate_rig_close(&rig);
}

TEST(without_trace_and_payload_the_envelope_still_has_a_payload)
{
    struct gate_rig rig;
    struct gate_ask ask = {0};
    gate_rig_open(&rig, NULL);
    assert_int_equal(gate_ask_start(&ask, &rig, "", 1000), 0);
    struct envelope sent = gate_rig_sent(gate_rig_ready(&rig), 0);
    assert_true(sent.has_payload);
    assert_null(sent.traceparent.ptr);
    peer_gate_cancel(&ask.call);
    gate_rig_close(&rig);
}

TEST(a_request_id_can_be_chosen_for_one_call_at_a_time)
{
    static const char id[] = "00112233-4455-4677-8899-aabbccddeeff";
    struct gate_rig rig;
    struct gate_ask first = {0}, second = {0};
    gate_rig_open(&rig, NULL);
    struct actr_id to = gate_rig_id(1);
    struct gate_message message = gate_rig_message("a", 1000);
    message.request_id = id;
    assert_int_equal(peer_gate_call(rig.gate, &to, &first.call, &message, gate_ask_fn), 0);
    message.payload = actr_bytes_str("b");
    assert_int_equal(peer_gate_call(rig.gate, &to, &second.call, &message, gate_ask_fn),
                     ACTR_ESTATE);
    assert_non_null(strstr(actr_errmsg(), id));
    struct fake_wire *wire = gate_rig_proven(&rig);
    assert_true(view_equal(gate_rig_sent(wire, 0).request_id, view_text(id)));
    gate_rig_answer(wire, 0, "x");
    gate_ask_expect(&first, 0, "");
    message.payload = actr_bytes_str("c");
    assert_int_equal(peer_gate_call(rig.gate, &to, &second.call, &message, gate_ask_fn), 0);
    gate_rig_answer(wire, 1, "y");
    gate_ask_expect(&second, 0, "");
    message.payload = actr_bytes_str("d");
    assert_int_equal(peer_gate_tell(rig.gate, &to, &message), 0);
    assert_true(view_equal(gate_rig_sent(wire, 2).request_id, view_text(id)));
    gate_rig_close(&rig);
}

TEST(request_ids_are_unlike_each_other)
{
    struct gate_rig rig;
    enum { COUNT = 100 };
    static struct gate_ask asks[COUNT];
    memset(asks, 0, sizeof(asks));
    gate_rig_open(&rig, NULL);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(gate_ask_start(&asks[i], &rig, "x", 1000), 0);
    for (int i = 0; i < COUNT; i++) {
        for (int j = 0; j < i; j++)
            assert_string_not_equal(asks[i].call.request_id, asks[j].call.request_id);
    }
    gate_rig_close(&rig);
    for (int i = 0; i < COUNT; i++)
        gate_ask_expect(&asks[i], ACTR_EUNAVAILABLE, "the node stops");
}

TEST(the_reply_is_a_part_of_the_received_bytes)
{
    struct gate_rig rig;
    struct gate_ask ask = {0};
    gate_rig_open(&rig, NULL);
    struct fake_wire *wire = gate_rig_connect(&rig);
    assert_int_equal(gate_ask_start(&ask, &rig, "x", 1000), 0);
    struct envelope request = gate_rig_sent(wire, 0);
    const struct envelope response = {.route = request.route,
                                      .request_id = request.request_id,
                                      .payload = view_text("the answer"),
                                      .has_payload = true,
                                      .direction = ENVELOPE_RESPONSE};
    struct actr_bytes message = envelope_encode(&response);
    const uint8_t *first = message.ptr, *end = message.ptr + message.len;
    assert_int_equal(ws_frame_encode(ACTR_RPC_RELIABLE, &message), 0);
    fake_wire_deliver(wire, 0, message);
    assert_true(ask.reply.ptr > first && ask.reply.ptr < end);
    assert_int_equal(ask.reply.len, 10);
    assert_memory_equal(ask.reply.ptr, "the answer", 10);
    gate_ask_expect(&ask, 0, "");
    gate_rig_close(&rig);
}

TEST(an_empty_reply_is_a_reply)
{
    struct gate_rig rig;
    struct gate_ask ask = {0};
    gate_rig_open(&rig, NULL);
    struct fake_wire *wire = gate_rig_connect(&rig);
    assert_int_equal(gate_ask_start(&ask, &rig, "x", 1000), 0);
    gate_rig_answer(wire, 0, "");
    assert_int_equal(ask.reply.len, 0);
    gate_ask_expect(&ask, 0, "");
    gate_rig_close(&rig);
}

TEST(concurrent_calls_share_one_wire)
{
    struct gate_rig rig;
    struct gate_ask a = {0}, b = {0};
    gate_rig_open(&rig, NULL);
    assert_int_equal(gate_ask_start(&a, &rig, "a", 1000), 0);
    assert_int_equal(gate_ask_start(&b, &rig, "b", 1000), 0);
    assert_int_equal(rig.ws.dials, 1);
    struct fake_wire *wire = gate_rig_ready(&rig);
    gate_rig_expect_sent(wire, 0, "a");
    gate_rig_expect_sent(wire, 1, "b");
    gate_rig_answer(wire, 1, "to b");
    gate_rig_answer(wire, 0, "to a");
    assert_memory_equal(a.reply.ptr, "to a", 4);
    assert_memory_equal(b.reply.ptr, "to b", 4);
    gate_ask_expect(&a, 0, "");
    gate_ask_expect(&b, 0, "");
    assert_int_equal(peer_gate_get_stats(rig.gate).calls, 2);
    assert_int_equal(peer_gate_get_stats(rig.gate).calls_failed, 0);
    gate_rig_close(&rig);
}

static void answer_error(struct fake_wire *wire, uint32_t code, const char *text)
{
    struct envelope request = gate_rig_sent(wire, wire->sent_count - 1);
    const struct envelope response = {.route = request.route,
                                      .request_id = request.request_id,
                                      .has_error = true,
                                      .error_code = code,
                                      .error_message = view_text(text),
                                      .direction = ENVELOPE_RESPONSE};
    gate_rig_deliver(wire, &response);
}

TEST(error_responses_become_codes_texts_and_hints)
{
    static const struct {
        uint32_t number;
        const char *text;
        int code;
        const char *message;
        int64_t retry_after_ms;
    } cases[] = {
        {10003, "not found: no such file", ACTR_ENOTFOUND, "no such file", -1},
        {10004, "permission denied: no", ACTR_EPERMISSION, "no", -1},
        {10002, "timed out", ACTR_ETIMEDOUT, "timed out", -1},
        {10011, "connection not ready: retry_after_ms=Some(250)", ACTR_ENOTREADY,
         "retry_after_ms=Some(250)", 250},
        {10001, "unavailable: mailbox is full; retry_after_ms=Some(500)", ACTR_EUNAVAILABLE,
         "mailbox is full; retry_after_ms=Some(500)", 500},
        {404, "old", ACTR_EUNAVAILABLE, "rpc error 404: old", -1},
    };
    struct gate_rig rig;
    gate_rig_open(&rig, NULL);
    struct fake_wire *wire = gate_rig_connect(&rig);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct gate_ask ask = {0};
        assert_int_equal(gate_ask_start(&ask, &rig, "x", 1000), 0);
        answer_error(wire, cases[i].number, cases[i].text);
        assert_int_equal(ask.retry_after_ms, cases[i].retry_after_ms);
        gate_ask_expect(&ask, cases[i].code, cases[i].message);
    }
    gate_rig_close(&rig);
}

TEST(payload_and_error_or_neither_is_a_decode_failure)
{
    struct gate_rig rig;
    gate_rig_open(&rig, NULL);
    struct fake_wire *wire = gate_rig_connect(&rig);
    for (int both = 0; both < 2; both++) {
        struct gate_ask ask = {0};
        assert_int_equal(gate_ask_start(&ask, &rig, "x", 1000), 0);
        struct envelope request = gate_rig_sent(wire, wire->sent_count - 1);
        const struct envelope response = {.route = request.route,
                                          .request_id = request.request_id,
                                          .has_payload = both,
                                          .has_error = both,
                                          .error_code = 10003,
                                          .error_message = view_text("x"),
                                          .direction = ENVELOPE_RESPONSE};
        gate_rig_deliver(wire, &response);
        gate_ask_expect(&ask, ACTR_EDECODE,
                        both ? "the response has a payload and an error"
                             : "the response has neither payload nor error");
    }
    gate_rig_close(&rig);
}

TEST(a_response_of_another_peer_completes_nothing)
{
    struct gate_rig rig;
    struct gate_ask ask = {0};
    gate_rig_open(&rig, NULL);
    struct fake_wire *wire = gate_rig_connect(&rig);
    assert_int_equal(gate_ask_start(&ask, &rig, "x", 1000), 0);
    struct actr_id other = gate_rig_id(2);
    struct fake_wire *stranger = fake_wire_new(&rig.all, WIRE_WEBSOCKET, WIRE_ACCEPTED, &other);
    peer_transport_accept(rig.transport, &stranger->base);
    gate_rig_settle(&rig);
    struct envelope request = gate_rig_sent(wire, 0);
    const struct envelope forged = {.route = request.route,
                                    .request_id = request.request_id,
                                    .payload = view_text("forged"),
                                    .has_payload = true,
                                    .direction = ENVELOPE_RESPONSE};
    gate_rig_deliver(stranger, &forged);
    assert_true(rig.is_late);
    assert_int_equal(ask.ended, 0);
    gate_rig_answer(wire, 0, "genuine");
    assert_false(rig.is_late);
    assert_memory_equal(ask.reply.ptr, "genuine", 7);
    gate_ask_expect(&ask, 0, "");
    gate_rig_close(&rig);
}

TEST(a_response_may_come_by_any_wire_of_the_peer)
{
    struct gate_rig rig;
    struct gate_ask ask = {0};
    gate_rig_open(&rig, NULL);
    struct fake_wire *wire = gate_rig_connect(&rig);
    assert_int_equal(gate_ask_start(&ask, &rig, "x", 1000), 0);
    struct actr_id peer = gate_rig_id(1);
    struct fake_wire *back = fake_wire_new(&rig.all, WIRE_WEBSOCKET, WIRE_ACCEPTED, &peer);
    peer_transport_accept(rig.transport, &back->base);
    gate_rig_settle(&rig);
    struct envelope request = gate_rig_sent(wire, 0);
    const struct envelope response = {.route = request.route,
                                      .request_id = request.request_id,
                                      .has_payload = true,
                                      .direction = ENVELOPE_RESPONSE};
    gate_rig_deliver(back, &response);
    gate_ask_expect(&ask, 0, "");
    gate_rig_close(&rig);
}

/* A slow handler must not cost the other requests their connection. */
TEST(the_deadline_ends_one_request_and_nothing_else)
{
    struct gate_rig rig;
    struct gate_ask slow = {0}, other = {0};
    gate_rig_open(&rig, NULL);
    struct fake_wire *wire = gate_rig_connect(&rig);
    assert_int_equal(gate_ask_start(&slow, &rig, "slow", 100), 0);
    assert_int_equal(gate_ask_start(&other, &rig, "other", 60000), 0);
    gate_rig_pass(&rig, 99);
    assert_int_equal(slow.ended, 0);
    gate_rig_pass(&rig, 1);
    gate_ask_expect(&slow, ACTR_ETIMEDOUT, "no answer from 1@7/acme:Test:1.0.0 in time");
    assert_int_equal(wire->base.state, WIRE_READY);
    gate_rig_answer(wire, 0, "late");
    assert_true(rig.is_late);
    assert_int_equal(slow.ended, 1);
    assert_int_equal(peer_gate_get_stats(rig.gate).responses_late, 1);
    gate_rig_answer(wire, 1, "in time");
    gate_ask_expect(&other, 0, "");
    gate_rig_close(&rig);
}

TEST(a_deadline_while_connecting_tells_what_failed_last)
{
    struct gate_rig rig;
    struct gate_ask ask = {0};
    gate_rig_open(&rig, NULL);
    assert_int_equal(gate_ask_start(&ask, &rig, "x", 100), 0);
    gate_rig_pass(&rig, 0);
    fake_wire_end(fake_wires_last(&rig.all), ACTR_EUNAVAILABLE, "h port 1: refused", false);
    gate_rig_pass(&rig, 100);
    gate_ask_expect(&ask, ACTR_ETIMEDOUT,
                    "no connection to 1@7/acme:Test:1.0.0: h port 1: refused");
    gate_rig_close(&rig);
}

TEST(the_deadline_covers_connecting)
{
    struct gate_rig rig;
    struct gate_ask ask = {0};
    gate_rig_open(&rig, NULL);
    assert_int_equal(gate_ask_start(&ask, &rig, "x", 100), 0);
    gate_rig_pass(&rig, 100);
    gate_ask_expect(&ask, ACTR_ETIMEDOUT, "no connection to 1@7/acme:Test:1.0.0");
    assert_int_equal(gate_rig_ready(&rig)->sent_count, 0);
    gate_rig_close(&rig);
}

TEST(an_unreachable_peer_fails_fast_with_the_cause)
{
    struct gate_rig rig;
    struct gate_ask a = {0}, b = {0};
    gate_rig_open(&rig, NULL);
    assert_int_equal(gate_ask_start(&a, &rig, "a", 30000), 0);
    assert_int_equal(gate_ask_start(&b, &rig, "b", 30000), 0);
    uint64_t start_us = loop_now_us(rig.loop);
    while (!a.ended) {
        if (rig.all.wires[rig.all.count - 1])
            fake_wire_end(fake_wires_last(&rig.all), ACTR_EUNAVAILABLE,
                          "connect 127.0.0.1:1234: connection refused", false);
        gate_rig_pass(&rig, 10);
    }
    assert_true(loop_now_us(rig.loop) - start_us < 1600 * MS);
    assert_int_equal(rig.ws.dials, 3);
    gate_ask_expect(&a, ACTR_EUNAVAILABLE, "connect 127.0.0.1:1234: connection refused");
    gate_ask_expect(&b, ACTR_EUNAVAILABLE, "connect 127.0.0.1:1234: connection refused");
    assert_int_equal(peer_gate_get_stats(rig.gate).calls_failed, 2);
    gate_rig_close(&rig);
}

TEST(a_cancelled_request_never_ends_and_its_answer_is_late)
{
    struct gate_rig rig;
    struct gate_ask waiting = {0}, sent = {0};
    gate_rig_open(&rig, NULL);
    assert_int_equal(gate_ask_start(&waiting, &rig, "waiting", 1000), 0);
    peer_gate_cancel(&waiting.call);
    peer_gate_cancel(&waiting.call);
    struct fake_wire *wire = gate_rig_ready(&rig);
    assert_int_equal(wire->sent_count, 0);
    assert_int_equal(gate_ask_start(&sent, &rig, "sent", 1000), 0);
    peer_gate_cancel(&sent.call);
    gate_rig_answer(wire, 0, "x");
    assert_true(rig.is_late);
    gate_rig_pass(&rig, 5000);
    assert_int_equal(waiting.ended + sent.ended, 0);
    assert_int_equal(peer_gate_get_stats(rig.gate).pending, 0);
    gate_rig_close(&rig);
}

TEST(an_answer_that_is_too_large_ends_its_request_alone)
{
    struct gate_rig rig;
    struct gate_ask asked = {0}, other = {0};
    struct dest_transport *stranger;
    const struct actr_id id = gate_rig_id(1), stranger_id = gate_rig_id(2);
    gate_rig_open(&rig, NULL);
    assert_int_equal(gate_ask_start(&asked, &rig, "asked", 1000), 0);
    assert_int_equal(gate_ask_start(&other, &rig, "other", 1000), 0);
    gate_rig_ready(&rig);
    const struct envelope answer = {.request_id = view_text(asked.call.request_id)};
    assert_int_equal(peer_transport_dest(rig.transport, &stranger_id, &stranger), 0);
    assert_false(peer_gate_on_excess(rig.gate, stranger, &answer, "too large"));
    assert_int_equal(asked.ended, 0);
    struct dest_transport *dest = peer_transport_find(rig.transport, &id);
    assert_true(peer_gate_on_excess(rig.gate, dest, &answer, "too large"));
    gate_ask_expect(&asked, ACTR_EINVALID, "too large");
    assert_false(peer_gate_on_excess(rig.gate, dest, &answer, "too large"));
    assert_int_equal(other.ended, 0);
    assert_int_equal(peer_gate_get_stats(rig.gate).responses_late, 2);
    assert_int_equal(peer_gate_get_stats(rig.gate).pending, 1);
    gate_rig_close(&rig);
}

static void then_cancel_other(struct gate_ask *ask)
{
    peer_gate_cancel(&ask->other->call);
}

TEST(a_request_may_be_cancelled_by_the_end_of_another)
{
    struct gate_rig rig;
    struct gate_ask a = {.then = then_cancel_other}, b = {.then = then_cancel_other};
    a.other = &b;
    b.other = &a;
    gate_rig_open(&rig, NULL);
    assert_int_equal(gate_ask_start(&a, &rig, "a", 1000), 0);
    assert_int_equal(gate_ask_start(&b, &rig, "b", 1000), 0);
    fake_wire_end(fake_wires_last(&rig.all), ACTR_EUNAVAILABLE, "nobody", true);
    gate_rig_settle(&rig);
    gate_ask_expect(&a, ACTR_EUNAVAILABLE, "nobody");
    assert_int_equal(b.ended, 0);
    gate_rig_close(&rig);
}

static void then_ask_other(struct gate_ask *ask)
{
    assert_int_equal(gate_ask_start(ask->other, ask->rig, "again", 1000), 0);
}

TEST(a_request_may_be_made_by_the_end_of_another)
{
    struct gate_rig rig;
    struct gate_ask b = {0}, a = {.then = then_ask_other, .other = &b};
    gate_rig_open(&rig, NULL);
    assert_int_equal(gate_ask_start(&a, &rig, "a", 1000), 0);
    fake_wire_end(fake_wires_last(&rig.all), ACTR_EUNAVAILABLE, "nobody", true);
    gate_rig_settle(&rig);
    gate_ask_expect(&a, ACTR_EUNAVAILABLE, "nobody");
    struct fake_wire *wire = gate_rig_ready(&rig);
    gate_rig_expect_sent(wire, 0, "again");
    gate_rig_answer(wire, 0, "yes");
    gate_ask_expect(&b, 0, "");
    gate_rig_close(&rig);
}

TEST(closing_answers_every_request_later_and_refuses_new_ones)
{
    struct gate_rig rig;
    struct gate_ask waiting = {0}, sent = {0}, late = {0};
    gate_rig_open(&rig, NULL);
    struct fake_wire *wire = gate_rig_connect(&rig);
    assert_int_equal(gate_ask_start(&sent, &rig, "sent", 1000), 0);
    wire->says_full = true;
    assert_int_equal(gate_rig_tell(&rig, "tell", 1000), 0);
    assert_int_equal(gate_ask_start(&waiting, &rig, "waiting", 1000), 0);
    assert_int_equal(gate_rig_tell(&rig, "tell", 1000), 0);
    peer_gate_close(rig.gate, "the node stops");
    assert_int_equal(waiting.ended + sent.ended, 0);
    assert_int_equal(gate_ask_start(&late, &rig, "late", 1000), ACTR_EUNAVAILABLE);
    assert_string_equal(actr_errmsg(), "the node stops");
    assert_int_equal(gate_rig_tell(&rig, "late", 1000), ACTR_EUNAVAILABLE);
    gate_rig_settle(&rig);
    gate_ask_expect(&waiting, ACTR_EUNAVAILABLE, "the node stops");
    gate_ask_expect(&sent, ACTR_EUNAVAILABLE, "the node stops");
    assert_int_equal(rig.tells_failed, 1);
    assert_int_equal(late.ended, 0);
    gate_rig_close(&rig);
}

TEST(what_cannot_be_a_request_is_refused)
{
    const struct peer_gate_options limits = {.message_len_max = 200};
    struct gate_rig rig;
    struct gate_ask ask = {0};
    struct actr_id to = gate_rig_id(1);
    gate_rig_open(&rig, &limits);
    struct gate_message message = gate_rig_message("x", 1000);
    message.type = ACTR_STREAM_RELIABLE;
    assert_int_equal(peer_gate_call(rig.gate, &to, &ask.call, &message, gate_ask_fn),
                     ACTR_EINVALID);
    assert_string_equal(actr_errmsg(), "a stream carries chunks, not calls; call by RPC");
    assert_int_equal(gate_ask_start(&ask, &rig, "x", 0), ACTR_EINVALID);

    uint8_t *data;
    message = gate_rig_message("", 1000);
    message.payload = bytes_new(201, &data);
    memset(data, 'x', 201);
    assert_int_equal(peer_gate_call(rig.gate, &to, &ask.call, &message, gate_ask_fn),
                     ACTR_EINVALID);
    assert_string_equal(actr_errmsg(), "payload 201 B > limit 200 B");
    message.payload = bytes_new(190, &data); /* too large with its envelope */
    memset(data, 'x', 190);
    assert_int_equal(peer_gate_tell(rig.gate, &to, &message), ACTR_EINVALID);
    assert_int_equal(rig.ws.dials, 0);
    assert_int_equal(peer_gate_get_stats(rig.gate).pending, 0);
    gate_rig_close(&rig);
}

TEST(replies_leave_by_the_wire_of_their_request)
{
    struct gate_rig rig;
    struct actr_id peer = gate_rig_id(1);
    const struct envelope reply = {.route = view_text("r"),
                                   .request_id = view_text("id"),
                                   .payload = view_text("answer"),
                                   .has_payload = true,
                                   .direction = ENVELOPE_RESPONSE};
    gate_rig_open(&rig, NULL);
    assert_int_equal(peer_gate_reply(rig.gate, &peer, 5, &reply), ACTR_EUNAVAILABLE);
    struct fake_wire *wire = fake_wire_new(&rig.all, WIRE_WEBSOCKET, WIRE_ACCEPTED, &peer);
    peer_transport_accept(rig.transport, &wire->base);
    gate_rig_settle(&rig);
    assert_int_equal(peer_gate_reply(rig.gate, &peer, wire->base.session, &reply), 0);
    struct envelope sent = gate_rig_sent(wire, 0);
    assert_int_equal(wire->sent[0].ptr[0], ACTR_RPC_RELIABLE);
    assert_int_equal(sent.direction, ENVELOPE_RESPONSE);
    assert_int_equal(sent.timeout_ms, 0);
    assert_true(view_equal(sent.payload, view_text("answer")));
    gate_rig_lose(wire);
    assert_int_equal(peer_gate_reply(rig.gate, &peer, 1, &reply), ACTR_EUNAVAILABLE);
    assert_int_equal(peer_gate_get_stats(rig.gate).replies, 1);
    assert_int_equal(peer_gate_get_stats(rig.gate).replies_dropped, 2);
    assert_int_equal(rig.ws.dials, 0);
    gate_rig_close(&rig);
}

TEST(a_reply_too_large_becomes_an_error_reply)
{
    const struct peer_gate_options limits = {.message_len_max = 300};
    struct gate_rig rig;
    struct actr_id peer = gate_rig_id(1);
    char large[400];
    memset(large, 'x', sizeof(large));
    gate_rig_open(&rig, &limits);
    struct fake_wire *wire = fake_wire_new(&rig.all, WIRE_WEBSOCKET, WIRE_ACCEPTED, &peer);
    peer_transport_accept(rig.transport, &wire->base);
    gate_rig_settle(&rig);
    for (size_t len = 299; len < 400; len += 100) { /* with its envelope; by itself */
        const struct envelope reply = {.route = view_text("r"),
                                       .request_id = view_text("id"),
                                       .payload = actr_view_of(large, len),
                                       .has_payload = true,
                                       .direction = ENVELOPE_RESPONSE};
        assert_int_equal(peer_gate_reply(rig.gate, &peer, wire->base.session, &reply), 0);
        struct envelope sent = gate_rig_sent(wire, wire->sent_count - 1);
        assert_false(sent.has_payload);
        assert_int_equal(sent.error_code, 10010);
        assert_memory_equal(sent.error_message.ptr, "internal error: payload ", 24);
        assert_true(view_equal(sent.request_id, view_text("id")));
    }
    gate_rig_close(&rig);
}

TEST(running_out_of_memory_starts_nothing)
{
    struct gate_rig rig;
    struct gate_ask ask = {0};
    int r = ACTR_ENOMEM;
    gate_rig_open(&rig, NULL);
    for (size_t n = 1; r == ACTR_ENOMEM; n++) {
        struct actr_id to = gate_rig_id(1);
        struct gate_message message = gate_rig_message("x", 100);
        mem_fail_at(n);
        r = peer_gate_call(rig.gate, &to, &ask.call, &message, gate_ask_fn);
        mem_fail_at(0);
        assert_int_equal(peer_gate_get_stats(rig.gate).pending, r == 0);
        gate_rig_settle(&rig);
        assert_int_equal(peer_transport_get_stats(rig.transport).dests, r == 0);
    }
    assert_int_equal(r, 0);
    gate_rig_close(&rig);
    gate_ask_expect(&ask, ACTR_EUNAVAILABLE, "the node stops");
}
