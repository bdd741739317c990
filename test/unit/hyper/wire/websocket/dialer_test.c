// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Dialling: where the address comes from, what is presented, and what each failure is called. */
#include "hyper/wire/websocket/dialer.h"

#include "base/err.h"
#include "harness.h"
#include "hyper/wire/fake_net.h"
#include "hyper/wire/fake_owner.h"
#include "sys/loop_virtual.h"

struct rig {
    struct loop *loop;
    struct fake_net net;
    struct ws_dialer *dialer;
    struct fake_owner owner;
    struct actr_id peer;
    const char *url;            /* known at once */
    struct ws_address *address; /* asked for, not answered */
    unsigned cancelled;
    int identity_error;
};

static const char *rig_resolve(void *user, struct ws_address *address)
{
    struct rig *rig = user;
    assert_true(actr_id_equal(&address->peer, &rig->peer));
    if (!rig->url)
        rig->address = address;
    return rig->url;
}

static void rig_resolve_cancel(void *user, struct ws_address *address)
{
    struct rig *rig = user;
    assert_ptr_equal(address, rig->address);
    rig->address = NULL;
    rig->cancelled++;
}

static int rig_identity(void *user, struct ws_identity *ret_identity)
{
    const struct rig *rig = user;
    if (rig->identity_error)
        return err_origin(rig->identity_error, "not registered");
    assert_int_equal(actr_id_parse("2@4242/interop:Client:1.0.0", &ret_identity->id), 0);
    ret_identity->credential = actr_view_of("credential", 10);
    return 0;
}

static void rig_open(struct rig *rig)
{
    *rig = (struct rig){.url = "ws://127.0.0.1:9001"};
    assert_int_equal(loop_virtual_new(1, &rig->loop), 0);
    fake_net_init(&rig->net, rig->loop);
    assert_int_equal(actr_id_parse("1@4242/interop:EchoService:1.0.0", &rig->peer), 0);
    const struct ws_dialer_options options = {
        .loop = rig->loop,
        .net = &rig->net.base,
        .owner = rig,
        .resolve = rig_resolve,
        .resolve_cancel = rig_resolve_cancel,
        .identity = rig_identity,
        .message_len_max = 12345,
    };
    rig->dialer = ws_dialer_new(&options);
    assert_non_null(rig->dialer);
}

static struct wire *rig_dial(struct rig *rig)
{
    struct wire *wire;
    assert_int_equal(
        wire_dial(ws_dialer_base(rig->dialer), &rig->peer, &fake_owner_events, &rig->owner, &wire),
        0);
    assert_int_equal(wire->state == WIRE_CONNECTING || wire->state == WIRE_CLOSING, true);
    assert_string_equal(rig->owner.log, "");
    return wire;
}

static void rig_run(struct rig *rig)
{
    assert_true(loop_virtual_run_idle(rig->loop, UINT64_MAX));
}

static void rig_close(struct rig *rig)
{
    rig_run(rig);
    ws_dialer_free(rig->dialer);
    loop_virtual_close(rig->loop);
}

static void rig_lose(struct rig *rig)
{
    fake_ws_lose(rig->net.ws[rig->net.count - 1], NET_LOST, 0, "over");
}

TEST(presents_this_node_at_the_known_address)
{
    struct rig rig;
    rig_open(&rig);
    struct wire *wire = rig_dial(&rig);
    struct fake_ws *ws = rig.net.ws[0];
    assert_string_equal(ws->url, "ws://127.0.0.1:9001");
    assert_int_equal(ws->header_count, 3);
    assert_string_equal(ws->names[0], "x-actr-source-id");
    assert_string_equal(ws->values[0],
                        "0a0308922110021a180a07696e7465726f701206436c69656e741a05312e302e30");
    assert_string_equal(ws->names[1], "x-actr-credential");
    assert_string_equal(ws->values[1], "Y3JlZGVudGlhbA==");
    assert_string_equal(ws->names[2], "x-actr-target-id");
    assert_int_equal(ws->options.connect_timeout_ms, 5000);
    assert_int_equal(ws->options.ping_interval_ms, 5000);
    assert_int_equal(ws->options.dead_after_ms, 11000);
    assert_int_equal(ws->options.message_len_max, 12345);

    assert_int_equal(wire->kind, WIRE_WEBSOCKET);
    assert_int_equal(wire->role, WIRE_DIALLED);
    assert_true(wire->session != 0);
    assert_true(actr_id_equal(&wire->peer, &rig.peer));
    ws->events->on_open(ws->user);
    fake_owner_expect(&rig.owner, "ready\n");
    assert_false(wire->proven);
    rig_lose(&rig);
    fake_owner_expect(&rig.owner, "closed ACTR_EUNAVAILABLE over\n");
    rig_close(&rig);
}

TEST(an_unknown_address_is_waited_for)
{
    struct rig rig;
    rig_open(&rig);
    rig.url = NULL;
    rig_dial(&rig);
    rig_run(&rig);
    assert_int_equal(rig.net.count, 0);
    ws_address_found(rig.address, "ws://10.0.0.1:80");
    assert_string_equal(rig.net.ws[0]->url, "ws://10.0.0.1:80");
    rig_lose(&rig);
    assert_int_equal(rig.cancelled, 0);
    rig_close(&rig);
}

TEST(an_address_that_nobody_knows_is_final)
{
    struct rig rig;
    rig_open(&rig);
    rig.url = NULL;
    rig_dial(&rig);
    ws_address_found(rig.address, NULL);
    fake_owner_expect(&rig.owner, "");
    rig_run(&rig);
    fake_owner_expect(
        &rig.owner,
        "closed ACTR_EUNAVAILABLE no address known for 1@4242/interop:EchoService:1.0.0 final\n");
    rig_close(&rig);
}

TEST(closing_while_the_address_is_asked_for_takes_the_question_back)
{
    struct rig rig;
    rig_open(&rig);
    rig.url = NULL;
    wire_close(rig_dial(&rig), 0, "changed my mind");
    assert_int_equal(rig.cancelled, 1);
    fake_owner_expect(&rig.owner, "");
    rig_run(&rig);
    fake_owner_expect(&rig.owner, "closed ACTR_ECANCELED changed my mind\n");
    rig_close(&rig);
}

TEST(closing_while_connecting_cuts_the_connection)
{
    struct rig rig;
    rig_open(&rig);
    wire_close(rig_dial(&rig), 0, "changed my mind");
    assert_true(rig.net.ws[0]->is_closing);
    assert_int_equal(rig.net.ws[0]->close_code, 0);
    rig_run(&rig);
    fake_owner_expect(&rig.owner, "closed ACTR_ECANCELED changed my mind\n");
    rig_close(&rig);
}

TEST(a_node_without_identity_cannot_dial)
{
    struct rig rig;
    rig_open(&rig);
    rig.identity_error = ACTR_ESTATE;
    rig_dial(&rig);
    fake_owner_expect(&rig.owner, "");
    rig_run(&rig);
    fake_owner_expect(&rig.owner, "closed ACTR_ESTATE not registered\n");
    assert_int_equal(rig.net.count, 0);
    rig_close(&rig);
}

TEST(a_malformed_address_is_final)
{
    struct rig rig;
    rig_open(&rig);
    rig.net.dial_error = ACTR_EINVALID;
    rig_dial(&rig);
    rig_run(&rig);
    fake_owner_expect(&rig.owner, "closed ACTR_EINVALID fake dial final\n");
    rig_close(&rig);
}

TEST(failures_of_the_network_are_told_with_their_cause)
{
    static const struct {
        enum net_cause cause;
        uint16_t code;
        const char *detail, *told;
    } cases[] = {
        {NET_REFUSED, 0, "connect 127.0.0.1:1: connection refused",
         "closed ACTR_EUNAVAILABLE connect 127.0.0.1:1: connection refused\n"},
        {NET_TIMEOUT, 0, "late", "closed ACTR_EUNAVAILABLE late\n"},
        {NET_REJECTED, 503, "busy", "closed ACTR_EUNAVAILABLE busy\n"},
        {NET_REJECTED, 403, "no", "closed ACTR_EPERMISSION no final\n"},
        {NET_CLOSED, 1008, "who are you", "closed ACTR_EPERMISSION who are you final\n"},
        {NET_CLOSED, 1001, "bye", "closed ACTR_EUNAVAILABLE bye\n"},
        {NET_CLOSED, 1013, "later", "closed ACTR_EUNAVAILABLE later\n"},
        {NET_PROTOCOL_ERROR, 1002, "odd", "closed ACTR_EUNAVAILABLE odd\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rig rig;
        rig_open(&rig);
        rig_dial(&rig);
        fake_ws_lose(rig.net.ws[0], cases[i].cause, cases[i].code, cases[i].detail);
        fake_owner_expect(&rig.owner, cases[i].told);
        rig_close(&rig);
    }
}

TEST(running_out_of_memory_is_told_one_way_or_the_other)
{
    struct rig rig;
    struct wire *wire;
    bool connected = false;
    rig_open(&rig);
    for (size_t n = 1; !connected; n++) {
        mem_fail_at(n);
        int r =
            wire_dial(ws_dialer_base(rig.dialer), &rig.peer, &fake_owner_events, &rig.owner, &wire);
        mem_fail_at(0);
        rig_run(&rig);
        connected = r == 0 && rig.owner.log[0] == '\0';
        if (r == 0 && !connected)
            assert_memory_equal(rig.owner.log, "closed ACTR_ENOMEM", 18);
        assert_true(r == 0 || r == ACTR_ENOMEM);
        rig.owner.log[0] = '\0';
    }
    rig_lose(&rig);
    rig_close(&rig);
}
