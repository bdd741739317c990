// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* One destination: which wire carries what, and who is read from. */
#include "hyper/transport/dest_transport_rig.h"

TEST(connecting_tells_when_the_wire_is_there)
{
    struct rig rig;
    uint64_t session = 0;
    bool proven = true;
    rig_open(&rig, 1);
    assert_false(dest_transport_connect(rig.dest, &session, &proven));
    fake_wire_ready(fake_wires_last(&rig.all));
    expect(&rig, "up 1\nready 1\n");
    assert_true(dest_transport_connect(rig.dest, &session, &proven));
    assert_int_equal(session, 1);
    assert_false(proven);
    fake_wire_prove(fake_wires_last(&rig.all));
    expect(&rig, "proven 1\n");
    assert_true(dest_transport_connect(rig.dest, &session, &proven));
    assert_true(proven);
    rig_close(&rig);
}

TEST(sending_frames_for_a_websocket)
{
    struct rig rig;
    rig_open(&rig, 1);
    assert_int_equal(dest_transport_send(rig.dest, ACTR_RPC_RELIABLE, actr_bytes_str("early")),
                     ACTR_EUNAVAILABLE);
    struct fake_wire *wire = rig_connect(&rig, 0);
    assert_int_equal(dest_transport_send(rig.dest, ACTR_RPC_SIGNAL, actr_bytes_str("hi")), 0);
    expect_sent(wire, 0, "01000000026869");
    assert_int_equal(wire->channels[0], 0);
    assert_int_equal(dest_transport_send(rig.dest, ACTR_MEDIA_RTP, actr_bytes_str("rtp")),
                     ACTR_EINVALID);
    assert_int_equal(peer_transport_get_stats(rig.transport).frames_out, 1);
    rig_close(&rig);
}

TEST(a_wire_with_channels_carries_fragments)
{
    struct rig rig;
    rig_open(&rig, 2);
    struct fake_wire *wire = rig_connect(&rig, 0);
    assert_int_equal(wire->base.kind, WIRE_WEBRTC);
    assert_int_equal(dest_transport_send(rig.dest, ACTR_STREAM_LATENCY_FIRST, actr_bytes_str("hi")),
                     0);
    expect_sent(wire, 0, "00000000000000016869");
    assert_int_equal(wire->channels[0], 3);
    rig.log[0] = '\0';
    fake_wire_deliver(wire, 1, actr_bytes_copy(actr_view_of("\0\0\0\7\0\0\0\1answer", 14)));
    expect(&rig, "message 1 verified type 1: answer\n");
    fake_wire_deliver(wire, 0, actr_bytes_copy(actr_view_of("\0\0\0\7\0\1\0\2wer", 11)));
    expect(&rig, "");
    fake_wire_deliver(wire, 0, actr_bytes_copy(actr_view_of("\0\0\0\7\0\0\0\2ans", 11)));
    expect(&rig, "message 1 verified type 0: answer\n");
    fake_wire_deliver(wire, 9, actr_bytes_str("nowhere")); /* no such lane */
    fake_wire_deliver(wire, 2, actr_bytes_str("short"));
    expect(&rig, "");
    assert_int_equal(peer_transport_get_stats(rig.transport).frames_dropped, 2);
    rig_close(&rig);
}

TEST(requests_leave_by_dialled_wires_only)
{
    struct rig rig;
    rig_open(&rig, 1);
    struct fake_wire *accepted = rig_accept(&rig);
    assert_int_equal(dest_transport_send(rig.dest, ACTR_RPC_RELIABLE, actr_bytes_str("hi")),
                     ACTR_EUNAVAILABLE);
    assert_int_equal(accepted->sent_count, 0);
    rig_close(&rig);
}

TEST(messages_say_whether_their_sender_is_verified)
{
    struct rig rig;
    rig_open(&rig, 1);
    struct fake_wire *dialled = rig_connect(&rig, 0), *accepted = rig_accept(&rig);
    expect(&rig, "up 1\nready 1\nup 2\n");
    uint8_t frame[] = {0, 0, 0, 0, 1, 'x', 'y'};
    fake_wire_deliver(dialled, 0, actr_bytes_copy(actr_view_of(frame, 7)));
    frame[0] = 1;
    fake_wire_deliver(accepted, 0, actr_bytes_copy(actr_view_of(frame, 6)));
    expect(&rig, "message 1 type 0: x\nmessage 2 verified type 1: x\n");
    rig_close(&rig);
}

TEST(broken_frames_are_counted_and_the_wire_is_kept)
{
    struct rig rig;
    rig_open(&rig, 1);
    struct fake_wire *accepted = rig_accept(&rig);
    fake_wire_deliver(accepted, 0, actr_bytes_str("\1"));
    fake_wire_deliver(accepted, 0, actr_bytes_str("\5aaaa"));
    assert_int_equal(accepted->base.state, WIRE_READY);
    assert_int_equal(peer_transport_get_stats(rig.transport).frames_dropped, 2);
    assert_int_equal(peer_transport_get_stats(rig.transport).frames_in, 0);
    rig_close(&rig);
}

TEST(of_messages_over_the_limit_of_a_websocket_the_ends_go_up)
{
    struct rig rig;
    struct excess excess = {actr_view_of("\1\0\0\2\0be", 7), actr_view_of("nd", 2), 517};
    rig_open(&rig, 1);
    struct fake_wire *dialled = rig_connect(&rig, 0), *accepted = rig_accept(&rig);
    expect(&rig, "up 1\nready 1\nup 2\n");
    fake_wire_excess(dialled, &excess);
    fake_wire_excess(accepted, &excess);
    expect(&rig, "excess 1 type 1: 512 be..nd\nexcess 2 verified type 1: 512 be..nd\n");
    excess.len = 516; /* incomplete */
    fake_wire_excess(dialled, &excess);
    fake_wire_excess(accepted, &excess);
    expect(&rig, "");
    assert_int_equal(peer_transport_get_stats(rig.transport).frames_dropped, 2);
    assert_int_equal(peer_transport_get_stats(rig.transport).frames_in, 2);
    assert_int_equal(accepted->base.state, WIRE_READY);
    rig_close(&rig);
}

TEST(a_reply_takes_the_wire_its_request_came_by)
{
    struct rig rig;
    rig_open(&rig, 1);
    struct fake_wire *first = rig_accept(&rig), *second = rig_accept(&rig);
    assert_int_equal(reply(&rig, first->base.session, "a"), 0);
    assert_int_equal(reply(&rig, second->base.session, "b"), 0);
    expect_sent(first, 0, "000000000161");
    expect_sent(second, 0, "000000000162");
    rig_close(&rig);
}

TEST(a_reply_whose_wire_has_gone_takes_another_to_the_same_peer)
{
    struct rig rig;
    rig_open(&rig, 1);
    assert_int_equal(reply(&rig, 99, "nobody"), ACTR_EUNAVAILABLE);
    struct fake_wire *dialled = rig_connect(&rig, 0);
    assert_int_equal(reply(&rig, 99, "a"), 0);
    assert_int_equal(dialled->sent_count, 1);
    struct fake_wire *accepted = rig_accept(&rig);
    assert_int_equal(reply(&rig, 99, "b"), 0);
    assert_int_equal(accepted->sent_count, 1);
    assert_int_equal(reply(&rig, dialled->base.session, "c"), 0);
    assert_int_equal(dialled->sent_count, 2);
    assert_int_equal(rig.ws.dials, 1);
    rig_close(&rig);
}

TEST(a_stalled_wire_is_told_and_carries_only_answers)
{
    struct rig rig;
    uint64_t session;
    bool is_proven;
    rig_open(&rig, 2);
    struct fake_wire *rtc = rig_connect(&rig, 0);
    rig_settle(&rig);
    fake_wire_stall(rtc, true);
    assert_int_equal(rig.stalls, 1);
    assert_int_equal(dest_transport_send(rig.dest, ACTR_RPC_RELIABLE, actr_bytes_str("question")),
                     ACTR_EUNAVAILABLE);
    assert_int_equal(dest_transport_send_session(rig.dest, rtc->base.session, ACTR_RPC_RELIABLE,
                                                 actr_bytes_str("answer")),
                     0);
    assert_int_equal(rtc->sent_count, 1);
    fake_wire_stall(rtc, false);
    assert_int_equal(rig.stalls, 1);
    assert_true(dest_transport_connect(rig.dest, &session, &is_proven));
    rig_close(&rig);
}

TEST(when_an_accepted_wire_is_lost_the_dialled_one_is_asked)
{
    struct rig rig;
    rig_open(&rig, 1);
    struct fake_wire *dialled = rig_connect(&rig, 0), *accepted = rig_accept(&rig);
    rig_settle(&rig);
    fake_wire_end(accepted, ACTR_EUNAVAILABLE, "reset", false);
    assert_int_equal(dialled->probes, 1);
    rig_close(&rig);
}

TEST(an_accepted_wire_reads_once_it_was_told_of)
{
    struct rig rig;
    rig_open(&rig, 1);
    struct fake_wire *wire = fake_wire_new(&rig.all, WIRE_WEBSOCKET, WIRE_ACCEPTED, &rig.peer);
    peer_transport_accept(rig.transport, &wire->base);
    assert_false(wire->is_reading);
    expect(&rig, "");
    rig_settle(&rig);
    assert_true(wire->is_reading);
    expect(&rig, "up 1\n");
    rig_close(&rig);
}

TEST(an_accepted_wire_lost_before_it_was_told_of_is_never_told_of)
{
    struct rig rig;
    rig_open(&rig, 1);
    struct fake_wire *wire = fake_wire_new(&rig.all, WIRE_WEBSOCKET, WIRE_ACCEPTED, &rig.peer);
    peer_transport_accept(rig.transport, &wire->base);
    fake_wire_end(wire, ACTR_EUNAVAILABLE, "gone", false);
    rig_settle(&rig);
    expect(&rig, "");
    rig_close(&rig);
}

TEST(a_wire_that_carries_both_is_read_while_answers_are_awaited)
{
    struct rig rig;
    rig_open(&rig, 2);
    struct fake_wire *rtc = rig_connect(&rig, 0), *accepted = rig_accept(&rig);
    assert_int_equal(rtc->base.kind, WIRE_WEBRTC);
    dest_transport_read(rig.dest, false);
    assert_false(rtc->is_reading);
    assert_false(accepted->is_reading);
    dest_transport_await(rig.dest, true);
    assert_true(rtc->is_reading);
    assert_false(accepted->is_reading);
    dest_transport_read(rig.dest, false); /* once more is no other word */
    assert_true(rtc->is_reading);
    dest_transport_await(rig.dest, false);
    assert_false(rtc->is_reading);
    dest_transport_await(rig.dest, true);
    dest_transport_read(rig.dest, true);
    dest_transport_await(rig.dest, false);
    assert_true(rtc->is_reading);
    rig_close(&rig);
}

TEST(pausing_a_peer_stops_its_requests_and_not_our_answers)
{
    struct rig rig;
    rig_open(&rig, 1);
    struct fake_wire *dialled = rig_connect(&rig, 0), *accepted = rig_accept(&rig);
    dest_transport_read(rig.dest, false);
    assert_true(dialled->is_reading);
    assert_false(accepted->is_reading);
    struct fake_wire *later = rig_accept(&rig);
    assert_false(later->is_reading);
    dest_transport_read(rig.dest, true);
    assert_true(accepted->is_reading);
    assert_true(later->is_reading);
    dest_transport_read(rig.dest, false);
    peer_transport_read_all(rig.transport);
    assert_true(accepted->is_reading);
    rig_close(&rig);
}

TEST(a_peer_that_does_not_read_its_answers_is_not_read_from)
{
    struct rig rig;
    rig_open(&rig, 1);
    struct fake_wire *slow = rig_accept(&rig), *other = rig_accept(&rig);
    slow->says_full = true;
    assert_int_equal(reply(&rig, slow->base.session, "a"), 0);
    assert_false(slow->is_reading);
    assert_true(other->is_reading);
    dest_transport_read(rig.dest, false);
    dest_transport_read(rig.dest, true);
    assert_false(slow->is_reading);
    dest_transport_read(rig.dest, false);
    fake_wire_writable(slow);
    assert_false(slow->is_reading); /* the mailbox still says no */
    dest_transport_read(rig.dest, true);
    assert_true(slow->is_reading);
    expect(&rig, "up 1\nup 2\n");
    rig_close(&rig);
}

TEST(a_fifth_connection_closes_the_one_silent_longest)
{
    struct rig rig;
    struct fake_wire *wires[5];
    rig_open(&rig, 1);
    for (int i = 0; i < 4; i++)
        wires[i] = rig_accept(&rig);
    fake_wire_deliver(wires[0], 0, actr_bytes_copy(actr_view_of("\0\0\0\0\0", 5)));
    assert_int_equal(reply(&rig, wires[1]->base.session, "a"), 0);
    wires[4] = rig_accept(&rig);
    assert_null(rig.all.wires[2]);
    for (int i = 0; i < 5; i++)
        assert_int_equal(i == 2 || wires[i]->base.state == WIRE_READY, true);
    assert_non_null(strstr(rig.log, "down 3 ACTR_ECANCELED another connection"));
    rig_close(&rig);
}

TEST(a_newer_connection_does_not_displace_an_older_one)
{
    struct rig rig;
    rig_open(&rig, 1);
    struct fake_wire *old = rig_accept(&rig);
    rig_accept(&rig);
    assert_int_equal(reply(&rig, old->base.session, "a"), 0);
    assert_int_equal(old->sent_count, 1);
    rig_close(&rig);
}

TEST(full_is_told_to_the_sender_and_writable_too)
{
    struct rig rig;
    rig_open(&rig, 1);
    struct fake_wire *wire = rig_connect(&rig, 0);
    wire->says_full = true;
    assert_int_equal(dest_transport_send(rig.dest, ACTR_RPC_RELIABLE, actr_bytes_str("a")),
                     LANE_FULL);
    rig.log[0] = '\0';
    fake_wire_writable(wire);
    expect(&rig, "writable\n");
    rig_close(&rig);
}

TEST(a_failed_message_is_an_error_and_leaves_the_wire)
{
    struct rig rig;
    struct actr_bytes failed = {.ptr = NULL, .len = 1};
    rig_open(&rig, 1);
    struct fake_wire *wire = rig_connect(&rig, 0);
    assert_int_equal(dest_transport_send(rig.dest, ACTR_RPC_RELIABLE, failed), ACTR_ENOMEM);
    assert_int_equal(
        dest_transport_send_session(rig.dest, wire->base.session, ACTR_RPC_RELIABLE, failed),
        ACTR_ENOMEM);
    assert_int_equal(wire->sent_count, 0);
    rig_close(&rig);
}
