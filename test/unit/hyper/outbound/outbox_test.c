// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Waiting, order, sending again after a loss and on an unproven wire, tells, and the bounds. */
#include "hyper/outbound/outbox.h"

#include "hyper/outbound/gate_rig.h"
#include "hyper/outbound/retry.h"

static void expect_same(const struct fake_wire *a, size_t i, const struct fake_wire *b, size_t j)
{
    assert_true(i < a->sent_count && j < b->sent_count);
    assert_true(view_equal(actr_bytes_view(a->sent[i]), actr_bytes_view(b->sent[j])));
}

TEST(a_call_succeeds_after_a_reconnect_with_the_identical_envelope)
{
    struct gate_rig rig;
    struct gate_ask ask = {0};
    gate_rig_open(&rig, NULL);
    struct fake_wire *first = gate_rig_connect(&rig);
    gate_rig_pass(&rig, 2000);
    assert_int_equal(gate_ask_start(&ask, &rig, "x", 30000), 0);
    AUTO_BYTES struct actr_bytes before = actr_bytes_ref(first->sent[0]);
    gate_rig_lose(first);
    assert_int_equal(rig.ws.dials, 2); /* at once */
    struct fake_wire *second = gate_rig_ready(&rig);
    assert_true(view_equal(actr_bytes_view(before), actr_bytes_view(second->sent[0])));
    gate_rig_answer(second, 0, "yes");
    gate_ask_expect(&ask, 0, "");
    assert_int_equal(peer_gate_get_stats(rig.gate).resends, 1);
    gate_rig_close(&rig);
}

/* The callee has forgotten by then that it has answered. */
TEST(a_call_is_not_sent_again_when_it_may_run_twice)
{
    static const struct {
        uint64_t lost_ms;
        bool is_sent;
    } cases[] = {{RETRY_SPAN_US / 1000, true}, {RETRY_SPAN_US / 1000 + 1, false}};
    for (size_t i = 0; i < 2; i++) {
        struct gate_rig rig;
        struct gate_ask ask = {0}, fresh = {0};
        gate_rig_open(&rig, NULL);
        struct fake_wire *first = gate_rig_connect(&rig);
        assert_int_equal(gate_ask_start(&ask, &rig, "x", 90000), 0);
        gate_rig_pass(&rig, cases[i].lost_ms);
        gate_rig_lose(first);
        assert_int_equal(gate_ask_start(&fresh, &rig, "y", 90000), 0);
        struct fake_wire *second = gate_rig_ready(&rig);
        assert_int_equal(second->sent_count, cases[i].is_sent ? 2 : 1);
        if (!cases[i].is_sent)
            gate_ask_expect(&ask, ACTR_EUNAVAILABLE,
                            "the connection was lost, and it is too late to send again");
        gate_rig_close(&rig);
    }
}

TEST(a_lost_wire_without_work_is_not_replaced)
{
    struct gate_rig rig;
    gate_rig_open(&rig, NULL);
    gate_rig_lose(gate_rig_connect(&rig));
    gate_rig_pass(&rig, 60000);
    assert_int_equal(rig.ws.dials, 1);
    assert_int_equal(peer_transport_get_stats(rig.transport).dests, 0);
    gate_rig_close(&rig);
}

TEST(a_call_that_must_not_be_repeated_ends_with_its_wire)
{
    struct gate_rig rig;
    struct gate_ask once = {0}, other = {0};
    gate_rig_open(&rig, NULL);
    struct fake_wire *wire = gate_rig_connect(&rig);
    struct actr_id to = gate_rig_id(1);
    struct gate_message message = gate_rig_message("once", 30000);
    message.no_retry = true;
    assert_int_equal(peer_gate_call(rig.gate, &to, &once.call, &message, gate_ask_fn), 0);
    assert_int_equal(gate_ask_start(&other, &rig, "other", 30000), 0);
    gate_rig_lose(wire);
    gate_ask_expect(&once, ACTR_EUNAVAILABLE, "connection reset");
    assert_int_equal(other.ended, 0);
    gate_rig_close(&rig);
    gate_ask_expect(&other, ACTR_EUNAVAILABLE, "the node stops");
}

TEST(a_call_that_must_not_be_repeated_is_not_repeated_on_an_unproven_wire_either)
{
    struct gate_rig rig;
    struct gate_ask once = {0};
    gate_rig_open(&rig, NULL);
    struct actr_id to = gate_rig_id(1);
    struct gate_message message = gate_rig_message("once", 5000);
    message.no_retry = true;
    assert_int_equal(peer_gate_call(rig.gate, &to, &once.call, &message, gate_ask_fn), 0);
    struct fake_wire *wire = gate_rig_ready(&rig);
    gate_rig_pass(&rig, 5000);
    assert_int_equal(wire->sent_count, 1);
    gate_ask_expect(&once, ACTR_ETIMEDOUT, "no answer from 1@7/acme:Test:1.0.0 in time");
    gate_rig_close(&rig);
}

TEST(five_wires_are_enough_for_one_call)
{
    struct gate_rig rig;
    struct gate_ask ask = {0};
    gate_rig_open(&rig, NULL);
    assert_int_equal(gate_ask_start(&ask, &rig, "x", 300000), 0);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(ask.ended, 0);
        struct fake_wire *wire = gate_rig_proven(&rig);
        assert_int_equal(wire->sent_count, 1);
        gate_rig_pass(&rig, 2000);
        gate_rig_lose(wire);
    }
    gate_ask_expect(&ask, ACTR_EUNAVAILABLE, "connection reset");
    assert_int_equal(rig.ws.dials, 5);
    gate_rig_close(&rig);
}

TEST(the_end_of_an_older_wire_does_not_touch_what_a_newer_carries)
{
    struct gate_rig rig;
    struct gate_ask ask = {0};
    gate_rig_open(&rig, NULL);
    struct fake_wire *dialled = gate_rig_connect(&rig);
    struct actr_id peer = gate_rig_id(1);
    struct fake_wire *accepted = fake_wire_new(&rig.all, WIRE_WEBSOCKET, WIRE_ACCEPTED, &peer);
    peer_transport_accept(rig.transport, &accepted->base);
    gate_rig_settle(&rig);
    assert_int_equal(gate_ask_start(&ask, &rig, "x", 30000), 0);
    gate_rig_lose(accepted);
    assert_int_equal(ask.ended, 0);
    assert_int_equal(dialled->sent_count, 1);
    gate_rig_answer(dialled, 0, "yes");
    gate_ask_expect(&ask, 0, "");
    gate_rig_close(&rig);
}

TEST(what_was_lost_leaves_again_before_what_waits)
{
    struct gate_rig rig;
    struct gate_ask asks[4] = {{.ended = 0}};
    static const char *const names[] = {"a", "b", "c", "d"};
    gate_rig_open(&rig, NULL);
    struct fake_wire *wire = gate_rig_connect(&rig);
    for (int i = 0; i < 4; i++) {
        wire->says_full = i == 1; /* c and d wait */
        assert_int_equal(gate_ask_start(&asks[i], &rig, names[i], 30000), 0);
    }
    assert_int_equal(wire->sent_count, 2);
    gate_rig_pass(&rig, 2000);
    gate_rig_lose(wire);
    wire = gate_rig_ready(&rig);
    for (size_t i = 0; i < 4; i++) {
        gate_rig_expect_sent(wire, i, names[i]);
        gate_rig_answer(wire, i, "");
        gate_ask_expect(&asks[i], 0, "");
    }
    gate_rig_close(&rig);
}

TEST(another_identity_ends_what_was_sent_and_keeps_what_was_not)
{
    struct gate_rig rig;
    struct gate_ask lost = {0}, fresh = {0}, sent = {0};
    gate_rig_open(&rig, NULL);
    struct fake_wire *wire = gate_rig_connect(&rig);
    assert_int_equal(gate_ask_start(&lost, &rig, "lost", 9000), 0);
    gate_rig_lose(wire);
    assert_int_equal(gate_ask_start(&fresh, &rig, "fresh", 9000), 0);
    peer_gate_on_identity(rig.gate, "another identity");
    gate_ask_expect(&lost, ACTR_EUNAVAILABLE, "another identity");

    gate_rig_pass(&rig, 500);
    wire = gate_rig_ready(&rig);
    assert_int_equal(wire->sent_count, 1);
    gate_rig_expect_sent(wire, 0, "fresh");
    gate_rig_answer(wire, 0, "");
    gate_ask_expect(&fresh, 0, "");

    assert_int_equal(gate_ask_start(&sent, &rig, "sent", 9000), 0);
    assert_int_equal(wire->sent_count, 2);
    peer_gate_on_identity(rig.gate, "a third identity");
    gate_ask_expect(&sent, ACTR_EUNAVAILABLE, "a third identity");
    gate_rig_close(&rig);
}

TEST(a_full_lane_holds_the_rest_back_in_order)
{
    struct gate_rig rig;
    struct gate_ask asks[3] = {{.ended = 0}};
    gate_rig_open(&rig, NULL);
    struct fake_wire *wire = gate_rig_connect(&rig);
    wire->says_full = true;
    assert_int_equal(gate_ask_start(&asks[0], &rig, "a", 30000), 0);
    assert_int_equal(gate_ask_start(&asks[1], &rig, "b", 30000), 0);
    assert_int_equal(gate_rig_tell(&rig, "t", 30000), 0);
    assert_int_equal(gate_ask_start(&asks[2], &rig, "c", 30000), 0);
    assert_int_equal(wire->sent_count, 1);
    wire->base.events->on_writable(wire->base.owner, &wire->base, 0);
    assert_int_equal(wire->sent_count, 2); /* full again */
    fake_wire_writable(wire);
    assert_int_equal(wire->sent_count, 4);
    gate_rig_expect_sent(wire, 0, "a");
    gate_rig_expect_sent(wire, 1, "b");
    gate_rig_expect_sent(wire, 2, "t");
    gate_rig_expect_sent(wire, 3, "c");
    for (int i = 0; i < 3; i++)
        peer_gate_cancel(&asks[i].call);
    gate_rig_close(&rig);
}

/* ---- Unproven wires ---- */

TEST(unanswered_requests_are_repeated_at_300_ms_1_s_and_3_s)
{
    struct gate_rig rig;
    struct gate_ask ask = {0};
    gate_rig_open(&rig, NULL);
    assert_int_equal(gate_ask_start(&ask, &rig, "x", 60000), 0);
    struct fake_wire *wire = gate_rig_ready(&rig);
    static const struct {
        uint64_t pass_ms;
        size_t sent_count;
    } times[] = {{299, 1}, {1, 2}, {699, 2}, {1, 3}, {1999, 3}, {1, 4}, {50000, 4}};
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        gate_rig_pass(&rig, times[i].pass_ms);
        assert_int_equal(wire->sent_count, times[i].sent_count);
    }
    for (size_t i = 1; i < 4; i++)
        expect_same(wire, 0, wire, i);
    assert_int_equal(peer_gate_get_stats(rig.gate).resends, 3);
    gate_rig_answer(wire, 3, "at last");
    gate_ask_expect(&ask, 0, "");
    gate_rig_close(&rig);
}

TEST(repeats_end_when_the_wire_is_proven)
{
    struct gate_rig rig;
    struct gate_ask ask = {0};
    gate_rig_open(&rig, NULL);
    assert_int_equal(gate_ask_start(&ask, &rig, "x", 60000), 0);
    struct fake_wire *wire = gate_rig_ready(&rig);
    gate_rig_pass(&rig, 500);
    assert_int_equal(wire->sent_count, 2);
    fake_wire_prove(wire);
    gate_rig_pass(&rig, 50000);
    assert_int_equal(wire->sent_count, 2);
    peer_gate_cancel(&ask.call);
    gate_rig_close(&rig);
}

TEST(each_request_has_its_own_times)
{
    struct gate_rig rig;
    struct gate_ask a = {0}, b = {0};
    gate_rig_open(&rig, NULL);
    assert_int_equal(gate_ask_start(&a, &rig, "a", 60000), 0);
    struct fake_wire *wire = gate_rig_ready(&rig);
    gate_rig_pass(&rig, 200);
    assert_int_equal(gate_ask_start(&b, &rig, "b", 60000), 0);
    gate_rig_pass(&rig, 250); /* a at 300 */
    assert_int_equal(wire->sent_count, 3);
    gate_rig_expect_sent(wire, 2, "a");
    gate_rig_pass(&rig, 100); /* b at 500 */
    assert_int_equal(wire->sent_count, 4);
    gate_rig_expect_sent(wire, 3, "b");
    peer_gate_cancel(&a.call);
    gate_rig_pass(&rig, 60000);
    assert_int_equal(wire->sent_count, 6);
    gate_ask_expect(&b, ACTR_ETIMEDOUT, "no answer from 1@7/acme:Test:1.0.0 in time");
    gate_rig_close(&rig);
}

TEST(a_full_wire_is_not_filled_with_repeats)
{
    struct gate_rig rig;
    struct gate_ask ask = {0};
    gate_rig_open(&rig, NULL);
    assert_int_equal(gate_ask_start(&ask, &rig, "x", 60000), 0);
    struct fake_wire *wire = fake_wires_last(&rig.all);
    wire->says_full = true;
    fake_wire_ready(wire);
    gate_rig_pass(&rig, 2000);
    assert_int_equal(wire->sent_count, 1);
    fake_wire_writable(wire);
    gate_rig_pass(&rig, 60);
    assert_int_equal(wire->sent_count, 2);
    peer_gate_cancel(&ask.call);
    gate_rig_close(&rig);
}

/* ---- Tells ---- */

TEST(a_tell_on_a_proven_wire_leaves_nothing_behind)
{
    struct gate_rig rig;
    gate_rig_open(&rig, NULL);
    struct fake_wire *wire = gate_rig_connect(&rig);
    size_t live = mem_live();
    assert_int_equal(gate_rig_tell(&rig, "t", 1000), 0);
    assert_int_equal(mem_live(), live + 1); /* the message, with the wire */
    struct envelope sent = gate_rig_sent(wire, 0);
    assert_int_equal(sent.direction, ENVELOPE_TELL);
    assert_int_equal(sent.timeout_ms, 0);
    gate_rig_lose(wire);
    assert_int_equal(rig.ws.dials, 1);
    assert_int_equal(peer_gate_get_stats(rig.gate).tells, 1);
    gate_rig_close(&rig);
}

TEST(a_tell_is_repeated_until_the_wire_is_proven)
{
    struct gate_rig rig;
    gate_rig_open(&rig, NULL);
    assert_int_equal(gate_rig_tell(&rig, "t", 60000), 0);
    struct fake_wire *wire = gate_rig_ready(&rig);
    gate_rig_pass(&rig, 400);
    assert_int_equal(wire->sent_count, 2);
    expect_same(wire, 0, wire, 1);
    fake_wire_prove(wire);
    gate_rig_pass(&rig, 60000);
    assert_int_equal(wire->sent_count, 2);
    assert_int_equal(rig.tells_failed, 0);
    gate_rig_close(&rig);
}

TEST(a_tell_lost_with_an_unproven_wire_leaves_by_the_next)
{
    struct gate_rig rig;
    gate_rig_open(&rig, NULL);
    assert_int_equal(gate_rig_tell(&rig, "t", 60000), 0);
    gate_rig_lose(gate_rig_ready(&rig));
    gate_rig_pass(&rig, 300);
    struct fake_wire *second = gate_rig_proven(&rig);
    gate_rig_expect_sent(second, 0, "t");
    gate_rig_close(&rig);
    assert_int_equal(rig.tells_failed, 0);
}

TEST(copies_of_tells_are_bounded_in_number)
{
    struct gate_rig rig;
    gate_rig_open(&rig, NULL);
    assert_int_equal(gate_rig_tell(&rig, "first", 60000), 0);
    struct fake_wire *wire = gate_rig_ready(&rig);
    for (int i = 1; i < OUTBOX_TELLS_KEPT_MAX + 10; i++)
        assert_int_equal(gate_rig_tell(&rig, "more", 60000), 0);
    assert_int_equal(wire->sent_count, OUTBOX_TELLS_KEPT_MAX + 10);
    for (size_t i = 0; i < wire->sent_count; i++)
        actr_bytes_unref(bytes_take(&wire->sent[i]));
    wire->sent_count = 0;
    gate_rig_pass(&rig, 400);
    assert_int_equal(wire->sent_count, OUTBOX_TELLS_KEPT_MAX);
    gate_rig_close(&rig);
}

TEST(copies_of_tells_are_bounded_in_bytes)
{
    struct gate_rig rig;
    struct actr_id to = gate_rig_id(1);
    gate_rig_open(&rig, NULL);
    assert_int_equal(gate_rig_tell(&rig, "first", 60000), 0);
    struct fake_wire *wire = gate_rig_ready(&rig);
    for (int i = 0; i < 6; i++) {
        uint8_t *data;
        struct gate_message message = gate_rig_message("", 60000);
        message.payload = bytes_new(1 << 20, &data);
        memset(data, i, 1 << 20);
        assert_int_equal(peer_gate_tell(rig.gate, &to, &message), 0);
    }
    assert_int_equal(wire->sent_count, 7);
    gate_rig_pass(&rig, 400);
    assert_int_equal(wire->sent_count, 7 + 1 + 3); /* 3 MiB and some envelopes */
    gate_rig_close(&rig);
}

TEST(a_tell_waits_for_an_unreachable_peer_as_long_as_it_may)
{
    struct gate_rig rig;
    gate_rig_open(&rig, NULL);
    assert_int_equal(gate_rig_tell(&rig, "t", 5000), 0);
    fake_wire_end(fake_wires_last(&rig.all), ACTR_EUNAVAILABLE, "nobody", true);
    gate_rig_pass(&rig, 999);
    assert_int_equal(rig.ws.dials, 1);
    gate_rig_pass(&rig, 2);
    assert_int_equal(rig.ws.dials, 2);
    gate_rig_expect_sent(gate_rig_proven(&rig), 0, "t");
    assert_int_equal(rig.tells_failed, 0);
    gate_rig_close(&rig);
}

TEST(a_tell_out_of_time_is_counted_and_told)
{
    struct gate_rig rig;
    gate_rig_open(&rig, NULL);
    assert_int_equal(gate_rig_tell(&rig, "t", 700), 0);
    fake_wire_end(fake_wires_last(&rig.all), ACTR_EUNAVAILABLE, "nobody", true);
    gate_rig_pass(&rig, 699);
    assert_int_equal(rig.tells_failed, 0);
    gate_rig_pass(&rig, 1);
    assert_int_equal(rig.tells_failed, 1);
    assert_int_equal(rig.tell_code, ACTR_ETIMEDOUT);
    assert_int_equal(peer_gate_get_stats(rig.gate).tells_failed, 1);
    gate_rig_pass(&rig, 60000);
    assert_int_equal(rig.ws.dials, 1);
    gate_rig_close(&rig);
}

TEST(a_tell_to_a_peer_that_refuses_us_fails_at_once)
{
    struct gate_rig rig;
    gate_rig_open(&rig, NULL);
    assert_int_equal(gate_rig_tell(&rig, "t", 60000), 0);
    fake_wire_end(fake_wires_last(&rig.all), ACTR_EPERMISSION, "who are you", true);
    gate_rig_settle(&rig);
    assert_int_equal(rig.tells_failed, 1);
    assert_int_equal(rig.tell_code, ACTR_EPERMISSION);
    assert_string_equal(rig.tell_detail, "who are you");
    gate_rig_close(&rig);
}

/* ---- Bounds ---- */

TEST(requests_of_one_peer_are_bounded)
{
    const struct peer_gate_options limits = {.peer_pending_max = 2};
    struct gate_rig rig;
    struct gate_ask a = {0}, b = {0}, c = {0};
    gate_rig_open(&rig, &limits);
    assert_int_equal(gate_ask_start(&a, &rig, "a", 1000), 0);
    assert_int_equal(gate_ask_start(&b, &rig, "b", 1000), 0);
    assert_int_equal(gate_ask_start(&c, &rig, "c", 1000), ACTR_EUNAVAILABLE);
    assert_string_equal(actr_errmsg(), "outbound queue to 1@7/acme:Test:1.0.0 is full");
    peer_gate_cancel(&a.call);
    assert_int_equal(gate_ask_start(&c, &rig, "c", 1000), 0);
    peer_gate_cancel(&b.call);
    peer_gate_cancel(&c.call);
    gate_rig_close(&rig);
}

TEST(requests_of_all_peers_are_bounded)
{
    const struct peer_gate_options limits = {.pending_max = 1};
    struct gate_rig rig;
    struct gate_ask a = {0}, b = {0};
    gate_rig_open(&rig, &limits);
    assert_int_equal(gate_ask_start(&a, &rig, "a", 1000), 0);
    struct actr_id to = gate_rig_id(2);
    struct gate_message message = gate_rig_message("b", 1000);
    assert_int_equal(peer_gate_call(rig.gate, &to, &b.call, &message, gate_ask_fn),
                     ACTR_EUNAVAILABLE);
    assert_string_equal(actr_errmsg(), "1 requests are waiting for answers");
    peer_gate_cancel(&a.call);
    gate_rig_close(&rig);
}

TEST(unsent_bytes_of_one_peer_are_bounded)
{
    const struct peer_gate_options limits = {.peer_unsent_bytes_max = 150};
    struct gate_rig rig;
    struct gate_ask a = {0}, b = {0}, c = {0};
    gate_rig_open(&rig, &limits);
    assert_int_equal(gate_ask_start(&a, &rig, "a", 1000), 0); /* 64 bytes each */
    assert_int_equal(gate_ask_start(&b, &rig, "b", 1000), 0);
    assert_int_equal(gate_ask_start(&c, &rig, "c", 1000), ACTR_EUNAVAILABLE);
    assert_string_equal(actr_errmsg(), "outbound queue to 1@7/acme:Test:1.0.0 is full");
    gate_rig_proven(&rig);
    assert_int_equal(gate_ask_start(&c, &rig, "c", 1000), 0); /* sent bytes do not count */
    peer_gate_cancel(&a.call);
    peer_gate_cancel(&b.call);
    peer_gate_cancel(&c.call);
    gate_rig_close(&rig);
}

TEST(kept_bytes_of_all_peers_are_bounded)
{
    const struct peer_gate_options limits = {.kept_bytes_max = 150};
    struct gate_rig rig;
    struct gate_ask a = {0}, b = {0}, c = {0};
    gate_rig_open(&rig, &limits);
    struct fake_wire *wire = gate_rig_connect(&rig);
    assert_int_equal(gate_ask_start(&a, &rig, "a", 1000), 0);
    assert_int_equal(gate_ask_start(&b, &rig, "b", 1000), 0);
    assert_int_equal(gate_ask_start(&c, &rig, "c", 1000), ACTR_EUNAVAILABLE);
    gate_rig_answer(wire, 0, "");
    gate_ask_expect(&a, 0, "");
    assert_int_equal(gate_ask_start(&c, &rig, "c", 1000), 0);
    peer_gate_cancel(&b.call);
    peer_gate_cancel(&c.call);
    gate_rig_close(&rig);
}

TEST(a_message_the_wire_cannot_take_fails_alone)
{
    struct gate_rig rig;
    struct gate_ask a = {0}, b = {0}, direct = {0};
    gate_rig_open(&rig, NULL);
    assert_int_equal(gate_ask_start(&a, &rig, "a", 1000), 0);
    assert_int_equal(gate_ask_start(&b, &rig, "b", 1000), 0);
    rig.all.send_error = ACTR_ENOMEM;
    struct fake_wire *wire = gate_rig_proven(&rig);
    gate_ask_expect(&a, ACTR_ENOMEM, "fake wire");
    gate_rig_expect_sent(wire, 0, "b");
    rig.all.send_error = ACTR_ENOMEM;
    assert_int_equal(gate_ask_start(&direct, &rig, "direct", 1000), ACTR_ENOMEM);
    peer_gate_cancel(&b.call);
    assert_int_equal(direct.ended, 0);
    gate_rig_close(&rig);
}

/* Losses, answers, deadlines and cancels in any order: every request ends exactly once. */
TEST(every_request_ends_once_whatever_happens)
{
    enum { COUNT = 400 };
    static struct gate_ask asks[COUNT];
    uint64_t state = harness_seed();
    struct gate_rig rig;
    unsigned started = 0;
    memset(asks, 0, sizeof(asks));
    gate_rig_open(&rig, NULL);
    while (started < COUNT && rig.all.count < FAKE_WIRES_MAX - 4) {
        uint64_t random = harness_random(&state);
        struct fake_wire *wire = rig.all.count ? rig.all.wires[rig.all.count - 1] : NULL;
        struct gate_ask *any = &asks[(random >> 8) % COUNT];
        switch (random & 7) {
        case 0:
        case 1:
            assert_int_equal(
                gate_ask_start(&asks[started++], &rig, "x", 1 + (uint32_t)(random >> 16 & 4095)),
                0);
            break;
        case 2:
            if (any->rig && !any->ended) {
                peer_gate_cancel(&any->call);
                any->ended = 1;
            }
            break;
        case 3:
            gate_rig_pass(&rig, random >> 16 & 255);
            break;
        case 4:
            if (wire && wire->base.state == WIRE_CONNECTING)
                fake_wire_ready(wire);
            break;
        case 5:
            if (wire && wire->base.state == WIRE_READY && !wire->base.proven)
                fake_wire_prove(wire);
            break;
        case 6:
            if (wire && wire->base.state == WIRE_READY && wire->sent_count > 0)
                gate_rig_answer(wire, (random >> 16) % wire->sent_count, "y");
            break;
        default:
            if (wire && (random >> 16 & 7) == 0)
                gate_rig_lose(wire);
        }
    }
    gate_rig_close(&rig);
    for (unsigned i = 0; i < started; i++) {
        assert_int_equal(asks[i].ended, 1);
        actr_bytes_unref(asks[i].reply);
    }
}
