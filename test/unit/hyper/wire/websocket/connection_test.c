// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A connection as a wire: what proves it, what stops it, and how it ends. */
#include "hyper/wire/websocket/connection.h"

#include "harness.h"
#include "hyper/wire/fake_net.h"
#include "hyper/wire/fake_owner.h"
#include "sys/loop_virtual.h"

struct rig {
    struct loop *loop;
    struct fake_net net;
    struct fake_owner owner;
    struct fake_ws *ws;
    struct wire *wire;
};

/* A dialled connection that is open. */
static void rig_open(struct rig *rig)
{
    const struct net_ws_options options = {.url = "ws://there"};
    *rig = (struct rig){0};
    assert_int_equal(loop_virtual_new(1, &rig->loop), 0);
    fake_net_init(&rig->net, rig->loop);
    struct ws_connection *connection =
        ws_connection_new(rig->loop, WIRE_DIALLED, &fake_owner_events, &rig->owner);
    assert_non_null(connection);
    assert_int_equal(
        net_ws_dial(&rig->net.base, &options, &ws_connection_events, connection, &connection->ws),
        0);
    rig->ws = rig->net.ws[0];
    rig->wire = &connection->wire;
    rig->ws->events->on_open(rig->ws->user);
    fake_owner_expect(&rig->owner, "ready\n");
}

static void rig_close(struct rig *rig)
{
    if (rig->owner.wire)
        wire_close(rig->wire, 0, "done");
    assert_true(loop_virtual_run_idle(rig->loop, UINT64_MAX));
    assert_null(rig->owner.wire);
    loop_virtual_close(rig->loop);
}

static void rig_pong(struct rig *rig, const char *payload)
{
    rig->ws->events->on_pong(rig->ws->user, view_text(payload));
}

TEST(a_binary_message_proves_once)
{
    struct rig rig;
    rig_open(&rig);
    fake_ws_deliver(rig.ws, "a");
    fake_ws_deliver(rig.ws, "b");
    fake_owner_expect(&rig.owner, "proven\nmessage 0 a\nmessage 0 b\n");
    rig_pong(&rig, "actr-ready");
    fake_owner_expect(&rig.owner, "");
    rig_close(&rig);
}

TEST(the_listeners_pong_proves_and_other_pongs_do_not)
{
    struct rig rig;
    rig_open(&rig);
    rig_pong(&rig, "");
    rig_pong(&rig, "actr-read");
    rig_pong(&rig, "actr-ready!");
    fake_owner_expect(&rig.owner, "");
    rig_pong(&rig, "actr-ready");
    fake_owner_expect(&rig.owner, "proven\n");
    rig_close(&rig);
}

TEST(text_messages_are_ignored)
{
    struct rig rig;
    rig_open(&rig);
    rig.ws->events->on_message(rig.ws->user, actr_bytes_str("hello"), false);
    fake_owner_expect(&rig.owner, "");
    assert_false(rig.wire->proven);
    rig_close(&rig);
}

TEST(a_message_over_the_limit_is_passed_up_and_proves)
{
    const struct excess excess = {{(const uint8_t *)"be", 2}, {(const uint8_t *)"nd", 2}, 99};
    struct rig rig;
    rig_open(&rig);
    rig.ws->events->on_excess(rig.ws->user, &excess, false);
    fake_owner_expect(&rig.owner, "");
    rig.ws->events->on_excess(rig.ws->user, &excess, true);
    fake_owner_expect(&rig.owner, "proven\nexcess 0 99 be..nd\n");
    wire_close(rig.wire, 0, "done");
    rig.ws->events->on_excess(rig.ws->user, &excess, true);
    fake_owner_expect(&rig.owner, "");
    rig_close(&rig);
}

TEST(full_is_passed_up_and_writable_too)
{
    struct rig rig;
    rig_open(&rig);
    assert_int_equal(wire_send(rig.wire, 0, actr_bytes_str("a")), 0);
    rig.ws->says_full = true;
    assert_int_equal(wire_send(rig.wire, 0, actr_bytes_str("b")), WIRE_FULL);
    rig.ws->events->on_writable(rig.ws->user);
    fake_owner_expect(&rig.owner, "writable 0\n");
    assert_int_equal(rig.ws->sent_count, 2);
    rig_close(&rig);
}

TEST(a_peer_that_never_reads_is_given_up_at_the_bound)
{
    struct rig rig;
    rig_open(&rig);
    rig.ws->says_full = true;
    rig.ws->queued = WS_CONNECTION_QUEUE_MAX - 1;
    assert_int_equal(wire_send(rig.wire, 0, actr_bytes_str("a")), WIRE_FULL);
    assert_int_equal(wire_send(rig.wire, 0, actr_bytes_str("b")), WIRE_FULL);
    rig.ws->queued = WS_CONNECTION_QUEUE_MAX;
    assert_int_equal(wire_send(rig.wire, 0, actr_bytes_str("c")), 0);
    assert_int_equal(rig.ws->sent_count, 2);
    assert_int_equal(rig.ws->close_code, 1013);
    fake_owner_expect(&rig.owner, "");
    rig_close(&rig);
    fake_owner_expect(&rig.owner, "closed ACTR_EUNAVAILABLE peer does not read\n");
}

TEST(what_is_sent_while_closing_is_given_back)
{
    struct rig rig;
    rig_open(&rig);
    wire_close(rig.wire, 0, "enough");
    assert_int_equal(wire_send(rig.wire, 0, actr_bytes_str("late")), 0);
    assert_int_equal(rig.ws->sent_count, 0);
    wire_close(rig.wire, ACTR_EPERMISSION, "again");
    assert_int_equal(rig.ws->close_code, 1000);
    rig_close(&rig);
    fake_owner_expect(&rig.owner, "closed ACTR_ECANCELED enough\n");
}

TEST(reasons_become_close_codes)
{
    static const struct {
        int code;
        uint16_t close_code;
        const char *told;
    } cases[] = {
        {0, 1000, "closed ACTR_ECANCELED why\n"},
        {ACTR_ECANCELED, 1001, "closed ACTR_ECANCELED why\n"},
        {ACTR_EPERMISSION, 1008, "closed ACTR_EPERMISSION why final\n"},
        {ACTR_EUNAVAILABLE, 1013, "closed ACTR_EUNAVAILABLE why\n"},
        {ACTR_ETIMEDOUT, 1013, "closed ACTR_ETIMEDOUT why\n"},
        {ACTR_ENOMEM, 1011, "closed ACTR_ENOMEM why\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rig rig;
        rig_open(&rig);
        wire_close(rig.wire, cases[i].code, "why");
        assert_int_equal(rig.ws->close_code, cases[i].close_code);
        assert_string_equal(rig.ws->close_reason, "why");
        fake_owner_expect(&rig.owner, "");
        rig_close(&rig);
        fake_owner_expect(&rig.owner, cases[i].told);
    }
}

TEST(reading_is_switched_on_the_network)
{
    struct rig rig;
    rig_open(&rig);
    assert_false(rig.ws->is_paused);
    wire_read(rig.wire, false);
    assert_true(rig.ws->is_paused);
    wire_read(rig.wire, true);
    assert_false(rig.ws->is_paused);
    rig_close(&rig);
}

TEST(a_wire_told_to_read_nothing_before_it_opens_reads_nothing_then)
{
    struct rig rig = {0};
    const struct net_ws_options options = {.url = "ws://there"};
    assert_int_equal(loop_virtual_new(1, &rig.loop), 0);
    fake_net_init(&rig.net, rig.loop);
    struct ws_connection *connection =
        ws_connection_new(rig.loop, WIRE_DIALLED, &fake_owner_events, &rig.owner);
    assert_int_equal(
        net_ws_dial(&rig.net.base, &options, &ws_connection_events, connection, &connection->ws),
        0);
    rig.ws = rig.net.ws[0];
    rig.wire = &connection->wire;
    wire_read(rig.wire, false);
    assert_false(rig.ws->is_paused);
    rig.ws->events->on_open(rig.ws->user);
    assert_true(rig.ws->is_paused);
    rig_close(&rig);
}

TEST(sessions_differ)
{
    struct rig a, b;
    rig_open(&a);
    rig_open(&b); /* the same seed: told apart by the order of drawing only */
    struct ws_connection *other =
        ws_connection_new(a.loop, WIRE_DIALLED, &fake_owner_events, &a.owner);
    assert_true(other->wire.session != a.wire->session);
    ws_connection_free(other);
    rig_close(&a);
    rig_close(&b);
}
