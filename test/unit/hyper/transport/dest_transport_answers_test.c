// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* One destination: its answers when a wire that carries both ways takes over. */
#include "hyper/transport/dest_transport_rig.h"

/* The peer asks by an accepted WebSocket, which has an answer on its way, and then by WebRTC. */
static void rig_take_over(struct rig *rig, struct fake_wire **ret_rtc, struct fake_wire **ret_ws)
{
    rig_open(rig, 2);
    *ret_rtc = rig_connect(rig, 0);
    *ret_ws = rig_accept(rig);
    assert_int_equal(reply(rig, (*ret_ws)->base.session, "1"), 0);
    assert_int_equal((*ret_ws)->sent_count, 1);
    assert_int_equal(reply(rig, (*ret_rtc)->base.session, "2"), 0);
    assert_int_equal(reply(rig, (*ret_rtc)->base.session, "3"), 0);
    assert_int_equal((*ret_rtc)->sent_count, 0);
    assert_int_equal((*ret_ws)->settles, 1);
}

static void expect_rest_left_by(const struct fake_wire *rtc)
{
    assert_int_equal(rtc->sent_count, 2);
    expect_sent(rtc, 0, "000000000000000132");
    expect_sent(rtc, 1, "000000010000000133");
}

TEST(an_answer_by_webrtc_waits_until_those_before_it_were_read)
{
    struct rig rig;
    struct fake_wire *rtc, *ws;
    rig_take_over(&rig, &rtc, &ws);
    fake_wire_settled(ws);
    expect_rest_left_by(rtc);
    assert_int_equal(peer_transport_get_stats(rig.transport).frames_out, 3);
    assert_int_equal(reply(&rig, rtc->base.session, "4"), 0);
    assert_int_equal(rtc->sent_count, 3); /* nothing is ahead any more */
    rig_close(&rig);
}

TEST(answers_that_wait_leave_when_the_wire_ahead_is_lost_or_mute)
{
    struct rig rig;
    struct fake_wire *rtc, *ws;
    rig_take_over(&rig, &rtc, &ws);
    fake_wire_end(ws, ACTR_EUNAVAILABLE, "reset", false);
    expect_rest_left_by(rtc);
    rig_close(&rig);

    rig_take_over(&rig, &rtc, &ws);
    loop_virtual_run_until(rig.loop, loop_now_us(rig.loop) + ANSWER_ORDER_HOLD_US - 1);
    assert_int_equal(rtc->sent_count, 0);
    loop_virtual_run_until(rig.loop, loop_now_us(rig.loop) + 1);
    expect_rest_left_by(rtc);
    rig_close(&rig);
}

TEST(answers_that_wait_find_another_wire_or_are_counted)
{
    struct rig rig;
    struct fake_wire *rtc, *ws;
    rig_take_over(&rig, &rtc, &ws);
    fake_wire_end(rtc, ACTR_EUNAVAILABLE, "lost", false);
    fake_wire_settled(ws);
    assert_int_equal(ws->sent_count, 3);
    rig_close(&rig);

    rig_take_over(&rig, &rtc, &ws);
    fake_wire_end(rtc, ACTR_EUNAVAILABLE, "lost", false);
    fake_wire_end(ws, ACTR_EUNAVAILABLE, "lost", false);
    assert_int_equal(peer_transport_get_stats(rig.transport).answers_lost, 2);
    rig_close(&rig);
}

TEST(a_stop_lets_answers_leave_that_wait)
{
    struct rig rig;
    struct fake_wire *rtc, *ws;
    rig_take_over(&rig, &rtc, &ws);
    peer_transport_close(rig.transport);
    expect_rest_left_by(rtc);
    assert_true(loop_virtual_run_idle(rig.loop, UINT64_MAX));
    loop_virtual_close(rig.loop);
}

TEST(a_peer_with_many_answers_that_wait_is_not_read_from)
{
    struct rig rig;
    struct fake_wire *rtc, *ws;
    uint8_t *data;
    rig_take_over(&rig, &rtc, &ws);
    assert_true(rtc->is_reading);
    dest_transport_await(rig.dest, true);
    assert_int_equal(dest_transport_send_session(rig.dest, rtc->base.session, ACTR_RPC_RELIABLE,
                                                 bytes_new(ANSWER_ORDER_FULL, &data)),
                     0);
    assert_false(rtc->is_reading);
    dest_transport_read(rig.dest, true);
    assert_false(rtc->is_reading);
    fake_wire_settled(ws);
    assert_true(rtc->is_reading);
    assert_true(rtc->sent_count > 2);
    dest_transport_await(rig.dest, false);
    rig_close(&rig);

    rig_take_over(&rig, &rtc, &ws);
    for (size_t waiting = 0; rtc->sent_count == 0; waiting += ANSWER_ORDER_FULL) {
        assert_true(waiting < ANSWER_ORDER_BYTES_MAX);
        assert_int_equal(reply(&rig, rtc->base.session, "x"), 0);
        assert_int_equal(dest_transport_send_session(rig.dest, rtc->base.session, ACTR_RPC_RELIABLE,
                                                     bytes_new(ANSWER_ORDER_FULL, &data)),
                         0);
    }
    assert_true(rtc->is_reading);
    rig_close(&rig);
}

/* There is no second change: those that come late leave by the better wire too. */
TEST(late_answers_leave_by_the_wire_that_took_over)
{
    struct rig rig;
    struct fake_wire *rtc, *ws;
    rig_take_over(&rig, &rtc, &ws);
    dest_transport_asked(rig.dest, rtc->base.session);
    assert_int_equal(reply(&rig, ws->base.session, "late"), 0);
    assert_int_equal(ws->sent_count, 1);
    fake_wire_settled(ws);
    assert_int_equal(rtc->sent_count, 3);
    expect_sent(rtc, 2, "00000002000000016c617465");
    assert_int_equal(reply(&rig, ws->base.session, "later"), 0);
    assert_int_equal(rtc->sent_count, 4);
    assert_int_equal(ws->sent_count, 1);
    assert_int_equal(ws->settles, 1);
    rig_close(&rig);
}

TEST(a_stalled_wire_takes_no_answers_of_others)
{
    struct rig rig;
    rig_open(&rig, 2);
    struct fake_wire *rtc = rig_connect(&rig, 0), *ws = rig_accept(&rig);
    dest_transport_asked(rig.dest, rtc->base.session);
    fake_wire_stall(rtc, true);
    assert_int_equal(reply(&rig, ws->base.session, "a"), 0);
    assert_int_equal(ws->sent_count, 1);
    fake_wire_stall(rtc, false);
    assert_int_equal(reply(&rig, ws->base.session, "b"), 0);
    assert_int_equal(rtc->sent_count, 0); /* behind the first */
    fake_wire_settled(ws);
    assert_int_equal(rtc->sent_count, 1);
    rig_close(&rig);
}

TEST(a_peer_that_goes_back_to_the_worse_wire_is_answered_there)
{
    struct rig rig;
    struct fake_wire *rtc, *ws;
    rig_take_over(&rig, &rtc, &ws);
    dest_transport_asked(rig.dest, rtc->base.session);
    assert_int_equal(reply(&rig, ws->base.session, "4"), 0);
    dest_transport_asked(rig.dest, ws->base.session);
    expect_sent(ws, 1, "000000000134");
    assert_int_equal(reply(&rig, ws->base.session, "5"), 0);
    expect_sent(ws, 2, "000000000135");
    rig_close(&rig);
}
