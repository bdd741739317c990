// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The race of wires: who carries, who is kept, when the pool dials again and when it gives up. */
#include "hyper/transport/wire_pool.h"

#include "hyper/transport/wire_pool_rig.h"

TEST(all_kinds_start_at_once_and_the_first_ready_carries)
{
    struct rig rig;
    rig_open(&rig, 2);
    assert_null(wire_pool_carrier(&rig.pool));
    assert_false(wire_pool_connect(&rig.pool));
    assert_int_equal(rig.all.count, 2);
    assert_int_equal(rig.rtc.dials, 1);
    assert_int_equal(rig.ws.dials, 1);
    assert_false(wire_pool_connect(&rig.pool));
    assert_int_equal(rig.all.count, 2);
    fake_wire_ready(rig.all.wires[1]);
    expect(&rig, "ready 2\n2 carries\n");
    assert_ptr_equal(wire_pool_carrier(&rig.pool)->wire, &rig.all.wires[1]->base);
    assert_true(wire_pool_connect(&rig.pool));
    rig_close(&rig);
}

TEST(the_better_kind_takes_over_and_the_worse_stays_as_a_spare)
{
    struct rig rig;
    rig_open(&rig, 2);
    wire_pool_connect(&rig.pool);
    struct fake_wire *rtc = rig.all.wires[0], *ws = rig.all.wires[1];
    fake_wire_ready(ws);
    fake_wire_ready(rtc);
    expect(&rig, "ready 2\n2 carries\nready 1\n");
    /* Nothing leaves until the peer has read what went before. */
    assert_int_equal(ws->settles, 1);
    assert_false(wire_pool_connect(&rig.pool));
    fake_wire_settled(ws);
    expect(&rig, "1 carries\n");
    rig_settle(&rig);
    assert_ptr_equal(wire_pool_carrier(&rig.pool)->wire, &rtc->base);
    assert_ptr_equal(wire_pool_find(&rig.pool, 2)->wire, &ws->base);
    refuse(rtc);
    expect(&rig, "lost 1 ACTR_EUNAVAILABLE refused\n2 carries\n");
    assert_ptr_equal(wire_pool_carrier(&rig.pool)->wire, &ws->base);
    assert_true(wire_pool_connect(&rig.pool));
    rig_close(&rig);
}

TEST(a_peer_that_does_not_read_puts_the_takeover_off)
{
    struct rig rig;
    rig_open(&rig, 2);
    wire_pool_connect(&rig.pool);
    struct fake_wire *rtc = rig.all.wires[0], *ws = rig.all.wires[1];
    fake_wire_ready(ws);
    fake_wire_ready(rtc);
    expect(&rig, "ready 2\n2 carries\nready 1\n");
    rig_at(&rig, 999);
    assert_false(wire_pool_connect(&rig.pool));
    rig_at(&rig, 1000);
    expect(&rig, "2 carries\n");
    assert_true(wire_pool_connect(&rig.pool));
    fake_wire_settled(ws); /* too late: more was sent meanwhile */
    expect(&rig, "");
    rig_at(&rig, 6000);
    assert_int_equal(ws->settles, 2);
    assert_false(wire_pool_connect(&rig.pool));
    fake_wire_settled(ws);
    expect(&rig, "1 carries\n");
    rig_close(&rig);
}

TEST(a_takeover_ends_with_either_wire)
{
    struct rig rig;
    rig_open(&rig, 2);
    wire_pool_connect(&rig.pool);
    struct fake_wire *rtc = rig.all.wires[0], *ws = rig.all.wires[1];
    fake_wire_ready(ws);
    fake_wire_ready(rtc);
    expect(&rig, "ready 2\n2 carries\nready 1\n");
    refuse(rtc); /* the one that was to carry */
    expect(&rig, "lost 1 ACTR_EUNAVAILABLE refused\n2 carries\n");
    assert_true(wire_pool_connect(&rig.pool));
    rig_close(&rig);

    rig_open(&rig, 2);
    wire_pool_connect(&rig.pool);
    rtc = rig.all.wires[0];
    ws = rig.all.wires[1];
    fake_wire_ready(ws);
    fake_wire_ready(rtc);
    expect(&rig, "ready 2\n2 carries\nready 1\n");
    refuse(ws); /* the one that carries */
    expect(&rig, "lost 2 ACTR_EUNAVAILABLE refused\n1 carries\n");
    assert_ptr_equal(wire_pool_carrier(&rig.pool)->wire, &rtc->base);
    rig_close(&rig);
}

TEST(a_wire_that_the_peer_made_is_taken_over)
{
    struct rig rig;
    rig_open(&rig, 2);
    struct fake_wire *made = fake_wire_new(&rig.all, WIRE_WEBRTC, WIRE_ACCEPTED, &rig.peer);
    assert_true(wire_pool_adopt(&rig.pool, &made->base));
    expect(&rig, "");
    rig_settle(&rig);
    expect(&rig, "ready 1\n1 carries\n");
    assert_true(made->is_reading);
    assert_true(wire_pool_connect(&rig.pool));
    assert_int_equal(rig.dials, 0);
    /* One of a kind. */
    struct fake_wire *other = fake_wire_new(&rig.all, WIRE_WEBRTC, WIRE_ACCEPTED, &rig.peer);
    assert_false(wire_pool_adopt(&rig.pool, &other->base));
    mem_free(other);
    rig.all.wires[1] = NULL;
    /* Gone, it is nobody's failed attempt. */
    refuse(made);
    expect(&rig, "lost 1 ACTR_EUNAVAILABLE refused\nidle\n");
    rig_close(&rig);
}

TEST(a_wire_that_goes_before_it_was_told_of)
{
    struct rig rig;
    rig_open(&rig, 2);
    struct fake_wire *made = fake_wire_new(&rig.all, WIRE_WEBRTC, WIRE_ACCEPTED, &rig.peer);
    assert_true(wire_pool_adopt(&rig.pool, &made->base));
    refuse(made);
    rig_settle(&rig);
    expect(&rig, "idle\n");
    assert_int_equal(rig.dials, 0);
    rig_close(&rig);
}

TEST(a_worse_kind_that_still_connects_is_given_up)
{
    struct rig rig;
    rig_open(&rig, 2);
    wire_pool_connect(&rig.pool);
    fake_wire_ready(rig.all.wires[0]);
    assert_int_equal(rig.all.wires[1]->base.state, WIRE_CLOSING);
    rig_settle(&rig);
    assert_null(rig.all.wires[1]);
    expect(&rig, "ready 1\n1 carries\n");
    assert_int_equal(rig.ws.dials, 1);
    rig_close(&rig);
}

TEST(a_worse_kind_that_waits_to_dial_again_is_given_up)
{
    struct rig rig;
    rig_open(&rig, 2);
    wire_pool_connect(&rig.pool);
    refuse(rig.all.wires[1]);
    fake_wire_ready(rig.all.wires[0]);
    rig_at(&rig, 10000);
    assert_int_equal(rig.ws.dials, 1);
    rig_close(&rig);
}

TEST(three_attempts_with_growing_pauses_then_unreachable_with_the_last_cause)
{
    struct rig rig;
    rig_open(&rig, 1);
    assert_false(wire_pool_connect(&rig.pool));
    assert_string_equal(wire_pool_trouble(&rig.pool), "");
    fake_wire_end(fake_wires_last(&rig.all), ACTR_EUNAVAILABLE, "first", false);
    assert_string_equal(wire_pool_trouble(&rig.pool), "first");
    rig_at(&rig, 199);
    assert_int_equal(rig.ws.dials, 1);
    rig_at(&rig, 300); /* 250 ms, ± 20 % */
    assert_int_equal(rig.ws.dials, 2);
    fake_wire_end(fake_wires_last(&rig.all), ACTR_EUNAVAILABLE, "second", false);
    rig_at(&rig, 300 + 799);
    assert_int_equal(rig.ws.dials, 2);
    rig_at(&rig, 300 + 1200); /* 1 s, ± 20 % */
    assert_int_equal(rig.ws.dials, 3);
    rig.log[0] = '\0';
    fake_wire_end(fake_wires_last(&rig.all), ACTR_ETIMEDOUT, "third", false);
    expect(&rig, "idle\n");
    rig_settle(&rig);
    expect(&rig, "unreachable ACTR_ETIMEDOUT third\n");
    rig_at(&rig, 60000);
    assert_int_equal(rig.ws.dials, 3);
    assert_int_equal(rig.dials, 3);
    rig_close(&rig);
}

TEST(another_effort_begins_anew_after_unreachable)
{
    struct rig rig;
    rig_open(&rig, 1);
    wire_pool_connect(&rig.pool);
    fake_wire_end(fake_wires_last(&rig.all), ACTR_EUNAVAILABLE, "nobody", true);
    rig_settle(&rig);
    expect(&rig, "idle\nunreachable ACTR_EUNAVAILABLE nobody\n");
    assert_false(wire_pool_connect(&rig.pool));
    assert_int_equal(rig.ws.dials, 2);
    fake_wire_ready(fake_wires_last(&rig.all));
    expect(&rig, "ready 2\n2 carries\n");
    rig_close(&rig);
}

TEST(a_final_failure_of_one_kind_leaves_the_other_its_attempts)
{
    struct rig rig;
    rig_open(&rig, 2);
    wire_pool_connect(&rig.pool);
    fake_wire_end(rig.all.wires[1], ACTR_EPERMISSION, "who are you", true);
    rig_settle(&rig);
    expect(&rig, "");
    fake_wire_end(rig.all.wires[0], ACTR_EUNAVAILABLE, "no route", false);
    rig_at(&rig, 300);
    assert_int_equal(rig.rtc.dials, 2);
    assert_int_equal(rig.ws.dials, 1);
    rig_close(&rig);
}

TEST(a_dial_that_fails_at_once_is_not_told_inside)
{
    struct rig rig;
    rig_open(&rig, 1);
    rig.ws.error = ACTR_ENOMEM;
    assert_false(wire_pool_connect(&rig.pool));
    expect(&rig, "");
    rig_at(&rig, 2000);
    expect(&rig, "unreachable ACTR_ENOMEM fake dialer\n");
    assert_int_equal(rig.ws.dials, 3);
    rig_close(&rig);
}

TEST(without_dialers_everyone_is_unreachable)
{
    struct rig rig;
    rig_open(&rig, 0);
    assert_false(wire_pool_connect(&rig.pool));
    expect(&rig, "");
    rig_settle(&rig);
    expect(&rig, "unreachable ACTR_EUNAVAILABLE this node dials nobody\n");
    rig_close(&rig);
}

TEST(a_wire_that_has_served_is_replaced_at_once_when_asked)
{
    struct rig rig;
    rig_open(&rig, 1);
    wire_pool_connect(&rig.pool);
    fake_wire_ready(fake_wires_last(&rig.all));
    fake_wire_prove(fake_wires_last(&rig.all));
    rig_at(&rig, 1000);
    rig.reconnects = true;
    refuse(fake_wires_last(&rig.all));
    expect(&rig, "ready 1\n1 carries\nproven 1\nlost 1 ACTR_EUNAVAILABLE refused\n");
    assert_int_equal(rig.ws.dials, 2);
    rig.reconnects = false;
    rig_close(&rig);
}

TEST(a_lost_wire_is_not_replaced_unasked)
{
    struct rig rig;
    rig_open(&rig, 1);
    wire_pool_connect(&rig.pool);
    fake_wire_ready(fake_wires_last(&rig.all));
    refuse(fake_wires_last(&rig.all));
    rig_at(&rig, 60000);
    assert_int_equal(rig.ws.dials, 1);
    expect(&rig, "ready 1\n1 carries\nlost 1 ACTR_EUNAVAILABLE refused\nidle\n");
    rig_close(&rig);
}

/* A peer that accepts and drops at once must not be dialled in a loop. */
TEST(wires_that_die_young_count_as_failed_attempts)
{
    struct rig rig;
    rig_open(&rig, 1);
    rig.reconnects = true;
    wire_pool_connect(&rig.pool);
    for (int i = 0; i < 3; i++) {
        fake_wire_ready(fake_wires_last(&rig.all));
        fake_wire_prove(fake_wires_last(&rig.all));
        refuse(fake_wires_last(&rig.all));
        if (i < 2)
            assert_int_equal(rig.ws.dials, i + 1);
        loop_virtual_run_until(rig.loop, loop_now_us(rig.loop) + 1200 * MS);
        assert_int_equal(rig.ws.dials, i < 2 ? i + 2 : 3);
    }
    assert_non_null(strstr(rig.log, "unreachable ACTR_EUNAVAILABLE refused\n"));
    rig.reconnects = false;
    rig_close(&rig);
}

TEST(an_unproven_wire_has_served_after_ten_seconds)
{
    struct rig rig;
    rig_open(&rig, 1);
    wire_pool_connect(&rig.pool);
    fake_wire_ready(fake_wires_last(&rig.all));
    rig_at(&rig, 9999);
    rig.reconnects = true;
    refuse(fake_wires_last(&rig.all));
    assert_int_equal(rig.ws.dials, 1); /* after a pause */
    rig_at(&rig, 9999 + 300);
    assert_int_equal(rig.ws.dials, 2);
    fake_wire_ready(fake_wires_last(&rig.all));
    loop_virtual_run_until(rig.loop, loop_now_us(rig.loop) + 10000 * MS);
    refuse(fake_wires_last(&rig.all));
    assert_int_equal(rig.ws.dials, 3);
    rig.reconnects = false;
    rig_close(&rig);
}

TEST(messages_and_room_are_passed_on)
{
    struct rig rig;
    rig_open(&rig, 2);
    wire_pool_connect(&rig.pool);
    struct fake_wire *rtc = rig.all.wires[0], *ws = rig.all.wires[1];
    fake_wire_ready(ws);
    fake_wire_ready(rtc);
    rig.log[0] = '\0';
    fake_wire_deliver(ws, 0, actr_bytes_str("x"));
    fake_wire_deliver(rtc, 3, actr_bytes_str("yy"));
    fake_wire_writable(ws);
    fake_wire_writable(rtc);
    expect(&rig, "message 2 on 0: 1 bytes\nmessage 1 on 3: 2 bytes\nwritable\n");
    rig_close(&rig);
}

TEST(closing_ends_wires_and_efforts)
{
    struct rig rig;
    rig_open(&rig, 2);
    wire_pool_connect(&rig.pool);
    fake_wire_ready(rig.all.wires[1]);
    refuse(rig.all.wires[0]); /* pauses */
    rig.log[0] = '\0';
    wire_pool_close(&rig.pool, "the node stops");
    assert_int_equal(rig.all.wires[1]->close_code, ACTR_ECANCELED);
    expect(&rig, "");
    rig_at(&rig, 10000);
    expect(&rig, "lost 2 ACTR_ECANCELED the node stops\nidle\n"
                 "unreachable ACTR_EUNAVAILABLE the node stops\n");
    assert_false(wire_pool_connect(&rig.pool));
    rig_settle(&rig);
    expect(&rig, "unreachable ACTR_EUNAVAILABLE the node stops\n");
    assert_int_equal(rig.rtc.dials + rig.ws.dials, 2);
    rig_close(&rig);
}

TEST(a_reset_closes_what_is_ready_and_dials_anew_what_was_connecting)
{
    struct rig rig;
    rig_open(&rig, 2);
    wire_pool_connect(&rig.pool);
    fake_wire_ready(rig.all.wires[1]);
    rig.log[0] = '\0';
    wire_pool_reset(&rig.pool, "another identity");
    expect(&rig, "");
    rig_settle(&rig);
    expect(&rig, "lost 2 ACTR_EUNAVAILABLE another identity\n");
    assert_int_equal(rig.rtc.dials, 2);
    assert_int_equal(rig.ws.dials, 1);
    fake_wire_ready(rig.all.wires[2]);
    expect(&rig, "ready 3\n3 carries\n");
    rig_close(&rig);
}

TEST(a_reset_in_the_middle_of_an_effort_leaves_it_its_attempts)
{
    struct rig rig;
    rig_open(&rig, 1);
    wire_pool_connect(&rig.pool);
    for (int i = 0; i < 5; i++) {
        wire_pool_reset(&rig.pool, "another identity");
        rig_settle(&rig);
        assert_int_equal(rig.ws.dials, i + 2);
    }
    expect(&rig, "");
    fake_wire_ready(fake_wires_last(&rig.all));
    expect(&rig, "ready 6\n6 carries\n");
    rig_close(&rig);
}
