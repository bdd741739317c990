// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Wires that lose their path, and better ones that were lost: who carries meanwhile, and when they
 * are tried again. */
#include "hyper/transport/wire_pool_rig.h"

TEST(when_a_wire_is_lost_the_other_one_is_asked)
{
    struct rig rig;
    rig_open(&rig, 2);
    wire_pool_connect(&rig.pool);
    struct fake_wire *rtc = rig.all.wires[0], *ws = rig.all.wires[1];
    fake_wire_ready(ws);
    fake_wire_ready(rtc);
    refuse(ws);
    assert_int_equal(rtc->probes, 1);
    wire_pool_probe(&rig.pool);
    assert_int_equal(rtc->probes, 2);
    rig_close(&rig);

    /* Not for one that never was, or that we close. */
    rig_open(&rig, 2);
    wire_pool_connect(&rig.pool);
    rtc = rig.all.wires[0];
    ws = rig.all.wires[1];
    fake_wire_ready(rtc);
    rig_settle(&rig);
    assert_null(rig.all.wires[1]);
    assert_int_equal(rtc->probes, 0);
    rig_close(&rig);
}

/* A spare carries meanwhile; the takeover back keeps order as any. */
TEST(while_a_wire_is_stalled_a_spare_carries)
{
    struct rig rig;
    rig_open(&rig, 2);
    wire_pool_connect(&rig.pool);
    struct fake_wire *rtc = rig.all.wires[0], *ws = rig.all.wires[1];
    fake_wire_ready(ws);
    fake_wire_ready(rtc);
    fake_wire_settled(ws);
    expect(&rig, "ready 2\n2 carries\nready 1\n1 carries\n");
    fake_wire_stall(rtc, true);
    expect(&rig, "stalled 1\n2 carries\n");
    assert_int_equal(wire_pool_stalled(&rig.pool), 1);
    assert_true(wire_pool_connect(&rig.pool));
    assert_ptr_equal(wire_pool_carrier(&rig.pool)->wire, &ws->base);
    assert_ptr_equal(wire_pool_find(&rig.pool, 1)->wire, &rtc->base); /* for answers */
    fake_wire_stall(rtc, false);
    expect(&rig, "");
    assert_int_equal(wire_pool_stalled(&rig.pool), 0);
    assert_false(wire_pool_connect(&rig.pool));
    assert_int_equal(ws->settles, 2);
    fake_wire_stall(rtc, true); /* in the middle of that */
    expect(&rig, "stalled 1\n2 carries\n");
    fake_wire_stall(rtc, false);
    fake_wire_settled(ws);
    expect(&rig, "1 carries\n");
    assert_int_equal(rig.dials, 2);
    rig_close(&rig);
}

TEST(without_a_spare_one_is_dialled_when_it_is_wanted)
{
    struct rig rig;
    rig_open(&rig, 2);
    wire_pool_connect(&rig.pool);
    struct fake_wire *rtc = rig.all.wires[0];
    fake_wire_ready(rtc);
    rig_settle(&rig); /* the WebSocket was given up */
    fake_wire_stall(rtc, true);
    expect(&rig, "ready 1\n1 carries\nstalled 1\n");
    assert_null(wire_pool_carrier(&rig.pool));
    assert_int_equal(rig.dials, 2);
    assert_false(wire_pool_connect(&rig.pool));
    assert_int_equal(rig.dials, 3);
    fake_wire_stall(rtc, false); /* sooner */
    expect(&rig, "1 carries\n");
    fake_wire_stall(rtc, true);
    fake_wire_ready(fake_wires_last(&rig.all));
    expect(&rig, "stalled 1\nready 3\n3 carries\n");
    refuse(rtc);
    expect(&rig, "lost 1 ACTR_EUNAVAILABLE refused\n");
    assert_true(wire_pool_connect(&rig.pool));
    rig_close(&rig);
}

/* Only when something is sent, after ever longer pauses, one attempt at a time. */
TEST(a_better_wire_is_tried_again_while_a_worse_one_carries)
{
    struct rig rig;
    rig_open(&rig, 2);
    wire_pool_connect(&rig.pool);
    fake_wire_ready(rig.all.wires[1]);
    fake_wire_ready(rig.all.wires[0]);
    fake_wire_settled(rig.all.wires[1]);
    rig_at(&rig, 5000);
    refuse(rig.all.wires[0]);
    rig.log[0] = '\0';
    uint64_t at_ms = 5000;
    for (unsigned pause_ms = WIRE_POOL_BETTER_MS; pause_ms <= 64000; pause_ms *= 4) {
        unsigned dials = rig.rtc.dials;
        rig_at(&rig, at_ms + pause_ms * 8 / 10 - 1);
        assert_true(wire_pool_connect(&rig.pool));
        assert_int_equal(rig.rtc.dials, dials);
        at_ms += pause_ms * 12 / 10;
        rig_at(&rig, at_ms);
        assert_int_equal(rig.rtc.dials, dials);
        assert_true(wire_pool_connect(&rig.pool));
        assert_int_equal(rig.rtc.dials, dials + 1);
        refuse(fake_wires_last(&rig.all));
        rig_settle(&rig);
    }
    rig_at(&rig, at_ms + 400000);
    assert_true(wire_pool_connect(&rig.pool));
    struct fake_wire *rtc = fake_wires_last(&rig.all);
    fake_wire_ready(rtc);
    assert_false(wire_pool_connect(&rig.pool));
    fake_wire_settled(rig.all.wires[1]);
    assert_ptr_equal(wire_pool_carrier(&rig.pool)->wire, &rtc->base);
    rig.log[0] = '\0';
    rig_close(&rig);
}
