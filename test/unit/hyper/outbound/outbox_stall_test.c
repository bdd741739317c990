// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Calls to a peer whose path is lost: how long they wait, what another wire takes over. */
#include "hyper/outbound/gate_rig.h"
#include "hyper/outbound/outbox.h"

TEST(while_a_path_is_lost_calls_wait_a_while)
{
    struct gate_rig rig;
    struct gate_ask sent = {0}, early = {0}, late = {0}, again = {0};
    gate_rig_open_kinds(&rig, NULL, true);
    rig.ws.error = ACTR_EUNAVAILABLE;
    assert_int_equal(gate_ask_start(&sent, &rig, "sent", 60000), 0);
    struct fake_wire *rtc = rig.all.wires[0];
    fake_wire_ready(rtc);
    fake_wire_prove(rtc);
    assert_int_equal(rtc->sent_count, 1);
    fake_wire_stall(rtc, true);
    gate_rig_pass(&rig, 1000);
    assert_int_equal(gate_ask_start(&early, &rig, "early", 60000), 0);
    gate_rig_pass(&rig, 4999);
    assert_int_equal(rtc->sent_count, 1);
    assert_int_equal(early.ended, 0);
    gate_rig_pass(&rig, 1);
    gate_ask_expect(&early, ACTR_ENOTREADY, "the path to the peer is lost");
    assert_int_equal(early.retry_after_ms, 2000);
    assert_int_equal(sent.ended, 0); /* it may be answered yet */
    assert_int_equal(gate_ask_start(&late, &rig, "late", 60000), 0);
    gate_rig_pass(&rig, 1);
    gate_ask_expect(&late, ACTR_ENOTREADY, "the path to the peer is lost");
    fake_wire_stall(rtc, false);
    assert_int_equal(gate_ask_start(&again, &rig, "again", 60000), 0);
    assert_int_equal(rtc->sent_count, 2);
    gate_rig_close(&rig);
    gate_ask_expect(&sent, ACTR_EUNAVAILABLE, "the node stops");
    gate_ask_expect(&again, ACTR_EUNAVAILABLE, "the node stops");
}

TEST(a_path_that_comes_back_brings_what_waited)
{
    struct gate_rig rig;
    struct gate_ask first = {0}, second = {0};
    gate_rig_open_kinds(&rig, NULL, true);
    rig.ws.error = ACTR_EUNAVAILABLE;
    struct actr_id to = gate_rig_id(1);
    struct dest_transport *dest;
    assert_int_equal(peer_transport_dest(rig.transport, &to, &dest), 0);
    uint64_t session;
    bool is_proven;
    assert_false(dest_transport_connect(dest, &session, &is_proven));
    struct fake_wire *rtc = rig.all.wires[0];
    fake_wire_ready(rtc);
    fake_wire_stall(rtc, true); /* nobody has sent anything yet */
    assert_int_equal(gate_ask_start(&first, &rig, "first", 60000), 0);
    gate_rig_pass(&rig, 5000);
    assert_int_equal(gate_ask_start(&second, &rig, "second", 900), 0);
    gate_rig_pass(&rig, 900);
    gate_ask_expect(&second, ACTR_ETIMEDOUT, "no connection to 1@7/acme:Test:1.0.0: fake dialer");
    assert_int_equal(rtc->sent_count, 0);
    fake_wire_stall(rtc, false);
    assert_int_equal(rtc->sent_count, 1);
    gate_rig_pass(&rig, 10000); /* there is no window any more */
    assert_int_equal(first.ended, 0);
    gate_rig_close(&rig);
    gate_ask_expect(&first, ACTR_EUNAVAILABLE, "the node stops");
}

/* Not a path that is lost, but a peer that is not read from. */
TEST(answers_are_read_while_calls_wait_for_them)
{
    struct gate_rig rig;
    struct gate_ask first = {0}, second = {0};
    gate_rig_open_kinds(&rig, NULL, true);
    assert_int_equal(gate_ask_start(&first, &rig, "first", 1000), 0);
    struct fake_wire *rtc = rig.all.wires[0];
    fake_wire_ready(rtc);
    struct actr_id to = gate_rig_id(1);
    struct dest_transport *dest = peer_transport_find(rig.transport, &to);
    dest_transport_read(dest, false); /* the mailbox is full */
    assert_true(rtc->is_reading);
    gate_rig_pass(&rig, 1000);
    gate_ask_expect(&first, ACTR_ETIMEDOUT, "no answer from 1@7/acme:Test:1.0.0 in time");
    assert_false(rtc->is_reading);
    assert_int_equal(gate_ask_start(&second, &rig, "second", 1000), 0);
    assert_true(rtc->is_reading);
    peer_gate_cancel(&second.call);
    assert_false(rtc->is_reading);
    gate_rig_close(&rig);
}

TEST(another_wire_takes_what_a_stalled_one_has)
{
    struct gate_rig rig;
    struct gate_ask first = {0}, second = {0}, once = {0};
    gate_rig_open_kinds(&rig, NULL, true);
    struct actr_id to = gate_rig_id(1);
    assert_int_equal(gate_ask_start(&first, &rig, "first", 60000), 0);
    struct gate_message message = gate_rig_message("once", 60000);
    message.no_retry = true;
    assert_int_equal(peer_gate_call(rig.gate, &to, &once.call, &message, gate_ask_fn), 0);
    struct fake_wire *rtc = rig.all.wires[0];
    fake_wire_ready(rtc);
    fake_wire_prove(rtc);
    gate_rig_settle(&rig); /* the WebSocket is given up */
    assert_int_equal(rtc->sent_count, 2);
    fake_wire_stall(rtc, true);
    struct fake_wire *ws = fake_wires_last(&rig.all); /* dialled for what may be sent again */
    assert_int_equal(ws->base.kind, WIRE_WEBSOCKET);
    assert_int_equal(gate_ask_start(&second, &rig, "second", 60000), 0);
    fake_wire_ready(ws);
    fake_wire_prove(ws);
    assert_int_equal(ws->sent_count, 2);
    gate_rig_answer(ws, 0, "yes");
    gate_ask_expect(&first, 0, "");
    gate_rig_answer(ws, 1, "yes");
    gate_ask_expect(&second, 0, "");
    gate_rig_pass(&rig, 20000);
    assert_int_equal(once.ended, 0);
    fake_wire_end(rtc, ACTR_EUNAVAILABLE, "the peer has gone", false);
    gate_ask_expect(&once, ACTR_EUNAVAILABLE, "the peer has gone");
    gate_rig_close(&rig);
}

/* A request that went by a WebSocket, from which WebRTC has taken over since. */
static void rig_take_over(struct gate_rig *rig, struct gate_ask *ask, struct fake_wire **ret_rtc,
                          struct fake_wire **ret_ws)
{
    gate_rig_open_kinds(rig, NULL, true);
    assert_int_equal(gate_ask_start(ask, rig, "first", 60000), 0);
    *ret_rtc = rig->all.wires[0];
    *ret_ws = rig->all.wires[1];
    assert_int_equal((*ret_ws)->base.kind, WIRE_WEBSOCKET);
    fake_wire_ready(*ret_ws);
    fake_wire_prove(*ret_ws);
    assert_int_equal((*ret_ws)->sent_count, 1);
    fake_wire_ready(*ret_rtc);
    fake_wire_prove(*ret_rtc);
    fake_wire_settled(*ret_ws);
}

TEST(what_an_older_wire_took_is_asked_again_when_the_newer_one_may_have_lost_the_answer)
{
    struct gate_rig rig;
    struct gate_ask stalled = {0}, lost = {0};
    struct fake_wire *rtc, *ws;
    rig_take_over(&rig, &stalled, &rtc, &ws);
    fake_wire_stall(rtc, true);
    assert_int_equal(ws->sent_count, 2);
    fake_wire_end(rtc, ACTR_EUNAVAILABLE, "gone", false);
    assert_int_equal(ws->sent_count, 2); /* it has been */
    gate_rig_answer(ws, 0, "yes");
    gate_ask_expect(&stalled, 0, "");
    gate_rig_close(&rig);

    rig_take_over(&rig, &lost, &rtc, &ws);
    fake_wire_end(rtc, ACTR_EUNAVAILABLE, "gone", false);
    assert_int_equal(ws->sent_count, 2);
    gate_rig_answer(ws, 1, "yes");
    gate_ask_expect(&lost, 0, "");
    gate_rig_close(&rig);
}

/* The callee would not remember it: its own wire lives, and may bring the answer yet. */
TEST(what_is_too_late_to_ask_again_waits_on_its_own_wire)
{
    struct gate_rig rig;
    struct gate_ask ask = {0};
    struct fake_wire *rtc, *ws;
    rig_take_over(&rig, &ask, &rtc, &ws);
    gate_rig_pass(&rig, 26000);
    fake_wire_end(rtc, ACTR_EUNAVAILABLE, "gone", false);
    assert_int_equal(ws->sent_count, 1);
    assert_int_equal(ask.ended, 0);
    gate_rig_answer(ws, 0, "yes");
    gate_ask_expect(&ask, 0, "");
    gate_rig_close(&rig);
}
