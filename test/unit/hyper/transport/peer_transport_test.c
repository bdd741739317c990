// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The table of destinations: when they are made, kept, freed, and how everything ends. */
#include "hyper/transport/peer_transport.h"

#include <stdio.h>

#include "hyper/transport/fake_wire.h"
#include "sys/loop_virtual.h"

struct rig {
    struct loop *loop;
    struct fake_wires all;
    struct fake_dialer ws;
    struct wire_dialer *dialers[1];
    struct peer_transport *transport;
    unsigned up, down, closed;
    struct dest_transport *held; /* its user goes in on_closed */
};

static void on_message(void *owner, struct dest_transport *from, uint64_t session, bool verified,
                       enum wire_kind kind, enum actr_payload_type type, struct actr_bytes message)
{
    (void)owner, (void)from, (void)session, (void)verified, (void)type;
    actr_bytes_unref(message);
}

static void on_session(void *owner, struct dest_transport *dest, uint64_t session)
{
    (void)owner, (void)dest, (void)session;
}

static void on_writable(void *owner, struct dest_transport *dest)
{
    (void)owner, (void)dest;
}

static void on_unreachable(void *owner, struct dest_transport *dest, int code, const char *detail)
{
    (void)owner, (void)dest, (void)code, (void)detail;
}

static void on_wire(void *owner, struct dest_transport *dest, uint64_t session, int code,
                    const char *detail)
{
    struct rig *rig = owner;
    (void)dest, (void)session, (void)detail;
    if (code == 0)
        rig->up++;
    else
        rig->down++;
}

static void on_closed(void *owner)
{
    struct rig *rig = owner;
    rig->closed++;
    rig->transport = NULL;
    if (rig->held)
        dest_transport_set_user(rig->held, NULL);
}

static const struct lane_events events = {
    .on_message = on_message,
    .on_ready = on_session,
    .on_proven = on_session,
    .on_writable = on_writable,
    .on_unreachable = on_unreachable,
    .on_wire = on_wire,
    .on_closed = on_closed,
};

static void rig_open(struct rig *rig, uint32_t dest_max)
{
    *rig = (struct rig){0};
    assert_int_equal(loop_virtual_new(1, &rig->loop), 0);
    rig->all.loop = rig->loop;
    fake_dialer_init(&rig->ws, &rig->all, WIRE_WEBSOCKET);
    rig->dialers[0] = &rig->ws.base;
    const struct peer_transport_options options = {
        .loop = rig->loop,
        .dialers = rig->dialers,
        .dialer_count = 1,
        .dest_max = dest_max,
        .events = &events,
        .owner = rig,
    };
    rig->transport = peer_transport_new(&options);
    assert_non_null(rig->transport);
}

static void rig_settle(struct rig *rig)
{
    loop_virtual_run_until(rig->loop, loop_now_us(rig->loop));
}

static void rig_close(struct rig *rig)
{
    if (rig->transport)
        peer_transport_close(rig->transport);
    assert_true(loop_virtual_run_idle(rig->loop, UINT64_MAX));
    assert_int_equal(rig->closed, 1);
    loop_virtual_close(rig->loop);
}

static struct actr_id id_of(uint64_t serial)
{
    struct actr_id id;
    assert_int_equal(actr_id_parse("1@7/acme:Test:1.0.0", &id), 0);
    id.serial = serial;
    return id;
}

static struct dest_transport *rig_dest(struct rig *rig, uint64_t serial)
{
    struct actr_id id = id_of(serial);
    struct dest_transport *dest;
    assert_int_equal(peer_transport_dest(rig->transport, &id, &dest), 0);
    return dest;
}

static struct dest_transport *rig_find(struct rig *rig, uint64_t serial)
{
    struct actr_id id = id_of(serial);
    return peer_transport_find(rig->transport, &id);
}

static struct fake_wire *rig_accept(struct rig *rig, uint64_t serial)
{
    struct actr_id id = id_of(serial);
    struct fake_wire *wire = fake_wire_new(&rig->all, WIRE_WEBSOCKET, WIRE_ACCEPTED, &id);
    peer_transport_accept(rig->transport, &wire->base);
    return wire;
}

TEST(one_destination_for_each_id)
{
    struct rig rig;
    rig_open(&rig, 0);
    struct dest_transport *one = rig_dest(&rig, 1);
    assert_ptr_equal(rig_dest(&rig, 1), one);
    assert_ptr_not_equal(rig_dest(&rig, 2), one);
    assert_ptr_equal(rig_find(&rig, 1), one);
    assert_null(rig_find(&rig, 3));
    struct actr_id id = id_of(1);
    assert_true(actr_id_equal(dest_transport_id(one), &id));
    rig_close(&rig);
}

TEST(an_unused_destination_is_freed_when_the_loop_turns)
{
    struct rig rig;
    rig_open(&rig, 0);
    rig_dest(&rig, 1);
    assert_int_equal(peer_transport_get_stats(rig.transport).dests, 1);
    rig_settle(&rig);
    assert_null(rig_find(&rig, 1));
    assert_int_equal(peer_transport_get_stats(rig.transport).dests, 0);
    rig_close(&rig);
}

TEST(a_user_keeps_a_destination)
{
    struct rig rig;
    int user;
    rig_open(&rig, 0);
    struct dest_transport *dest = rig_dest(&rig, 1);
    dest_transport_set_user(dest, &user);
    rig_settle(&rig);
    assert_ptr_equal(rig_find(&rig, 1), dest);
    assert_ptr_equal(dest_transport_user(dest), &user);
    dest_transport_set_user(dest, NULL);
    assert_ptr_equal(rig_find(&rig, 1), dest);
    rig_settle(&rig);
    assert_null(rig_find(&rig, 1));
    rig_close(&rig);
}

TEST(wires_keep_a_destination)
{
    struct rig rig;
    rig_open(&rig, 0);
    struct fake_wire *wire = rig_accept(&rig, 1);
    rig_settle(&rig);
    assert_non_null(rig_find(&rig, 1));
    assert_int_equal(rig.up, 1);
    assert_int_equal(peer_transport_get_stats(rig.transport).wires, 1);
    fake_wire_end(wire, ACTR_EUNAVAILABLE, "gone", false);
    assert_int_equal(rig.down, 1);
    rig_settle(&rig);
    assert_null(rig_find(&rig, 1));
    assert_int_equal(peer_transport_get_stats(rig.transport).wires, 0);
    rig_close(&rig);
}

TEST(an_effort_keeps_a_destination_until_its_verdict)
{
    struct rig rig;
    uint64_t session;
    bool proven;
    rig_open(&rig, 0);
    assert_false(dest_transport_connect(rig_dest(&rig, 1), &session, &proven));
    rig_settle(&rig);
    assert_non_null(rig_find(&rig, 1));
    fake_wire_end(fake_wires_last(&rig.all), ACTR_EUNAVAILABLE, "nobody", true);
    rig_settle(&rig);
    assert_null(rig_find(&rig, 1));
    assert_int_equal(peer_transport_get_stats(rig.transport).dials, 1);
    rig_close(&rig);
}

TEST(destinations_are_bounded)
{
    struct rig rig;
    struct dest_transport *dest;
    struct actr_id third = id_of(3);
    int user;
    rig_open(&rig, 2);
    dest_transport_set_user(rig_dest(&rig, 1), &user);
    rig_dest(&rig, 2);
    assert_int_equal(peer_transport_dest(rig.transport, &third, &dest), ACTR_EUNAVAILABLE);
    struct fake_wire *wire = rig_accept(&rig, 3);
    assert_int_equal(wire->close_code, ACTR_EUNAVAILABLE);
    rig_settle(&rig);
    rig_dest(&rig, 3); /* 2 was idle */
    dest_transport_set_user(rig_find(&rig, 1), NULL);
    rig_close(&rig);
}

TEST(closing_waits_for_every_wire_and_dials_no_more)
{
    struct rig rig;
    uint64_t session;
    bool proven;
    rig_open(&rig, 0);
    struct fake_wire *accepted = rig_accept(&rig, 1);
    dest_transport_connect(rig_dest(&rig, 2), &session, &proven);
    dest_transport_connect(rig_dest(&rig, 3), &session, &proven);
    fake_wire_ready(rig.all.wires[1]);
    rig_settle(&rig);
    peer_transport_close(rig.transport);
    assert_int_equal(accepted->close_code, ACTR_ECANCELED);
    assert_int_equal(rig.closed, 0);
    struct actr_id id = id_of(4);
    struct dest_transport *dest;
    assert_int_equal(peer_transport_dest(rig.transport, &id, &dest), ACTR_EUNAVAILABLE);
    struct fake_wire *late = rig_accept(&rig, 5);
    assert_int_equal(late->close_code, ACTR_EUNAVAILABLE);
    assert_true(loop_virtual_run_idle(rig.loop, UINT64_MAX));
    assert_int_equal(rig.closed, 1);
    assert_int_equal(rig.up, rig.down);
    assert_int_equal(rig.ws.dials, 2);
    rig_close(&rig);
}

TEST(closing_without_wires_ends_too)
{
    struct rig rig;
    rig_open(&rig, 0);
    peer_transport_close(rig.transport);
    assert_int_equal(rig.closed, 0);
    rig_close(&rig);
}

TEST(a_user_may_stay_until_the_end_is_told)
{
    struct rig rig;
    uint64_t session;
    bool proven;
    rig_open(&rig, 0);
    rig.held = rig_dest(&rig, 1);
    dest_transport_set_user(rig.held, &rig);
    dest_transport_connect(rig.held, &session, &proven);
    fake_wire_ready(fake_wires_last(&rig.all));
    rig_close(&rig);
}

TEST(running_out_of_memory_is_told)
{
    struct rig rig;
    struct dest_transport *dest = NULL;
    struct actr_id id = id_of(1);
    int r = ACTR_ENOMEM;
    rig_open(&rig, 0);
    for (size_t n = 1; r == ACTR_ENOMEM; n++) {
        mem_fail_at(n);
        r = peer_transport_dest(rig.transport, &id, &dest);
        mem_fail_at(0);
        assert_int_equal(dest != NULL, r == 0);
    }
    assert_int_equal(r, 0);
    struct actr_id other = id_of(2);
    struct fake_wire *wire = fake_wire_new(&rig.all, WIRE_WEBSOCKET, WIRE_ACCEPTED, &other);
    mem_fail_at(1);
    peer_transport_accept(rig.transport, &wire->base);
    mem_fail_at(0);
    assert_int_equal(wire->base.state, WIRE_CLOSING);
    rig_close(&rig);
    mem_fail_at(1);
    assert_null(peer_transport_new(&(struct peer_transport_options){0}));
}
