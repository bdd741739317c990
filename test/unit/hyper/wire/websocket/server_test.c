// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The listener: who is verified when, who gets in, and how the others are told. */
#include "hyper/wire/websocket/server.h"

#include "harness.h"
#include "hyper/wire/fake_net.h"
#include "hyper/wire/fake_owner.h"
#include "sys/loop_virtual.h"

#define SOURCE_ID "0a0308922110021a180a07696e7465726f701206436c69656e741a05312e302e30"
#define PEER "2@4242/interop:Client:1.0.0"
#define PEERS_MAX (WS_SERVER_WAITING_MAX + 16)

struct rig {
    struct loop *loop;
    struct fake_net net;
    struct ws_server *server;
    struct fake_owner owner; /* of accepted wires */
    struct wire *accepted[PEERS_MAX];
    size_t accepted_count;
    struct ws_verification *asked[PEERS_MAX];
    size_t asked_count, cancelled;
    char rejected[512];
    bool answers_at_once;
    bool is_closed;
};

static void rig_verify(void *user, struct ws_verification *verification)
{
    struct rig *rig = user;
    assert_int_equal(verification->peer.serial, 2);
    rig->asked[rig->asked_count++] = verification;
    if (rig->answers_at_once)
        ws_verification_done(verification, 0, NULL);
}

static void rig_verify_cancel(void *user, struct ws_verification *verification)
{
    struct rig *rig = user;
    (void)verification;
    rig->cancelled++;
}

static void rig_on_accepted(void *user, struct wire *wire)
{
    struct rig *rig = user;
    assert_int_equal(wire->state, WIRE_READY);
    assert_int_equal(wire->role, WIRE_ACCEPTED);
    assert_true(wire->proven);
    wire_adopt(wire, &fake_owner_events, &rig->owner);
    rig->accepted[rig->accepted_count++] = wire;
}

static void rig_on_rejected(void *user, const struct actr_id *peer, int code, const char *detail)
{
    struct rig *rig = user;
    char id[ACTR_ID_STR_MAX] = "?";
    if (peer)
        actr_id_format(peer, id);
    snprintf(rig->rejected, sizeof(rig->rejected), "%s %s %s", id, actr_errname(code), detail);
}

static void rig_on_closed(void *user)
{
    struct rig *rig = user;
    rig->is_closed = true;
}

static const struct ws_server_events rig_events = {
    .verify = rig_verify,
    .verify_cancel = rig_verify_cancel,
    .on_accepted = rig_on_accepted,
    .on_rejected = rig_on_rejected,
    .on_closed = rig_on_closed,
};

static struct rig *rig_open(uint32_t verify_max)
{
    struct rig *rig = mem_alloc(sizeof(*rig));
    assert_non_null(rig);
    assert_int_equal(loop_virtual_new(1, &rig->loop), 0);
    fake_net_init(&rig->net, rig->loop);
    const struct ws_server_options options = {
        .loop = rig->loop, .net = &rig->net.base, .host = "127.0.0.1", .verify_max = verify_max};
    assert_int_equal(ws_server_open(&options, &rig_events, rig, &rig->server), 0);
    return rig;
}

static void rig_run(struct rig *rig)
{
    assert_true(loop_virtual_run_idle(rig->loop, UINT64_MAX));
}

/* Runs what is due now, not what is due later. */
static void rig_settle(struct rig *rig)
{
    loop_virtual_run_until(rig->loop, loop_now_us(rig->loop));
}

static void rig_close(struct rig *rig)
{
    ws_server_close(rig->server);
    assert_false(rig->is_closed);
    rig_run(rig);
    assert_true(rig->is_closed);
    loop_virtual_close(rig->loop);
    mem_free(rig);
}

static struct fake_ws *rig_upgrade(struct rig *rig, const char *source_id, const char *credential)
{
    unsigned status;
    struct fake_ws *ws = fake_net_upgrade(&rig->net, source_id, credential, &status);
    assert_int_equal(status, 101);
    assert_non_null(ws);
    return ws;
}

TEST(nothing_is_read_before_the_verdict_and_nothing_is_lost)
{
    struct rig *rig = rig_open(0);
    assert_int_equal(ws_server_port(rig->server), 4711);
    struct fake_ws *ws = rig_upgrade(rig, SOURCE_ID, "Y3JlZGVudGlhbA==");
    assert_true(ws->is_paused);
    assert_int_equal(rig->asked_count, 1);
    assert_int_equal(rig->asked[0]->credential.len, 10);
    assert_memory_equal(rig->asked[0]->credential.ptr, "credential", 10);
    rig_settle(rig);
    assert_int_equal(rig->accepted_count, 0);
    assert_string_equal(ws->pong, "");

    ws_verification_done(rig->asked[0], 0, NULL);
    assert_int_equal(rig->accepted_count, 1);
    assert_string_equal(ws->pong, "actr-ready");
    assert_true(ws->is_paused);
    char id[ACTR_ID_STR_MAX];
    assert_string_equal(actr_id_format(&rig->accepted[0]->peer, id), PEER);
    wire_read(rig->accepted[0], true);
    assert_false(ws->is_paused);
    fake_ws_deliver(ws, "first");
    fake_owner_expect(&rig->owner, "message 0 first\n");
    assert_int_equal(wire_send(rig->accepted[0], 0, actr_bytes_str("answer")), 0);
    assert_int_equal(ws->sent_count, 1);
    rig_close(rig);
}

TEST(a_rejected_peer_is_closed_with_1008_and_the_reason)
{
    struct rig *rig = rig_open(0);
    struct fake_ws *ws = rig_upgrade(rig, SOURCE_ID, "AAAA");
    ws_verification_done(rig->asked[0], ACTR_EPERMISSION, "the signature is not genuine");
    assert_int_equal(ws->close_code, 1008);
    assert_string_equal(ws->close_reason, "the signature is not genuine");
    assert_string_equal(rig->rejected, PEER " ACTR_EPERMISSION the signature is not genuine");
    rig_run(rig);
    assert_null(rig->net.ws[0]);
    assert_int_equal(rig->cancelled, 0);
    rig_close(rig);
}

TEST(a_verification_that_could_not_be_made_asks_to_come_again)
{
    struct rig *rig = rig_open(0);
    struct fake_ws *ws = rig_upgrade(rig, SOURCE_ID, "AAAA");
    ws_verification_done(rig->asked[0], ACTR_EUNAVAILABLE, "no key");
    assert_int_equal(ws->close_code, 1013);
    rig_close(rig);
}

TEST(missing_and_malformed_headers_are_answered_101_and_then_1008)
{
    static const struct {
        const char *source_id, *credential, *reason, *told;
    } cases[] = {
        {NULL, "AAAA", "no x-actr-source-id", "? ACTR_EPERMISSION no x-actr-source-id"},
        {"zz", "AAAA", "malformed x-actr-source-id",
         "? ACTR_EPERMISSION malformed x-actr-source-id"},
        {SOURCE_ID, NULL, "no x-actr-credential", PEER " ACTR_EPERMISSION no x-actr-credential"},
        {SOURCE_ID, "?", "malformed x-actr-credential",
         PEER " ACTR_EPERMISSION malformed x-actr-credential"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rig *rig = rig_open(0);
        struct fake_ws *ws = rig_upgrade(rig, cases[i].source_id, cases[i].credential);
        assert_int_equal(rig->asked_count, 0);
        assert_true(ws->is_paused);
        assert_int_equal(ws->close_code, 1008);
        assert_string_equal(ws->close_reason, cases[i].reason);
        assert_string_equal(rig->rejected, cases[i].told);
        rig_close(rig);
    }
}

TEST(a_verification_has_ten_seconds)
{
    struct rig *rig = rig_open(0);
    uint64_t start_us = loop_now_us(rig->loop);
    struct fake_ws *ws = rig_upgrade(rig, SOURCE_ID, "AAAA");
    loop_virtual_run_until(rig->loop, start_us + 9999999);
    assert_false(ws->is_closing);
    loop_virtual_run_until(rig->loop, start_us + 10000000);
    assert_string_equal(rig->rejected, PEER " ACTR_ETIMEDOUT not verified in time");
    assert_int_equal(rig->cancelled, 1);
    rig_close(rig);
}

TEST(a_peer_that_leaves_early_cancels_its_verification)
{
    struct rig *rig = rig_open(0);
    fake_ws_lose(rig_upgrade(rig, SOURCE_ID, "AAAA"), NET_LOST, 0, "reset");
    assert_int_equal(rig->cancelled, 1);
    rig_close(rig);
}

TEST(verifications_are_limited_and_the_others_wait_their_turn)
{
    struct rig *rig = rig_open(2);
    for (int i = 0; i < 4; i++)
        rig_upgrade(rig, SOURCE_ID, "AAAA");
    assert_int_equal(rig->asked_count, 2);
    ws_verification_done(rig->asked[0], 0, NULL);
    assert_int_equal(rig->asked_count, 2);
    rig_settle(rig);
    assert_int_equal(rig->asked_count, 3);
    fake_ws_lose(rig->net.ws[1], NET_LOST, 0, "reset");
    rig_settle(rig);
    assert_int_equal(rig->asked_count, 4);
    assert_int_equal(rig->cancelled, 1);
    rig_close(rig);
}

TEST(one_who_waits_for_a_turn_may_leave_or_time_out)
{
    struct rig *rig = rig_open(1);
    for (int i = 0; i < 3; i++)
        rig_upgrade(rig, SOURCE_ID, "AAAA");
    fake_ws_lose(rig->net.ws[1], NET_LOST, 0, "reset");
    assert_int_equal(rig->cancelled, 0);
    rig_run(rig); /* ten seconds pass for both others */
    assert_int_equal(rig->asked_count, 1);
    assert_int_equal(rig->cancelled, 1);
    rig_close(rig);
}

TEST(too_many_who_wait_are_sent_away)
{
    struct rig *rig = rig_open(1);
    for (int i = 0; i < 1 + WS_SERVER_WAITING_MAX; i++)
        assert_false(rig_upgrade(rig, SOURCE_ID, "AAAA")->is_closing);
    struct fake_ws *last = rig_upgrade(rig, SOURCE_ID, "AAAA");
    assert_int_equal(last->close_code, 1013);
    assert_string_equal(rig->rejected, PEER " ACTR_EUNAVAILABLE too many connections at once");
    rig_close(rig);
}

/* A thousand verdicts that come inside the question must not nest. */
TEST(answers_that_come_at_once_do_not_pile_up)
{
    struct rig *rig = rig_open(1);
    for (int i = 0; i < 1000; i++)
        rig_upgrade(rig, SOURCE_ID, "AAAA");
    assert_int_equal(rig->asked_count, 1);
    rig->answers_at_once = true;
    ws_verification_done(rig->asked[0], 0, NULL);
    assert_int_equal(rig->accepted_count, 1);
    rig_settle(rig);
    assert_int_equal(rig->accepted_count, 1000);
    rig_close(rig);
}

TEST(closing_cancels_closes_and_tells_when_all_are_gone)
{
    struct rig *rig = rig_open(0);
    struct fake_ws *first = rig_upgrade(rig, SOURCE_ID, "AAAA");
    rig_upgrade(rig, SOURCE_ID, "AAAA");
    ws_verification_done(rig->asked[0], 0, NULL);
    ws_server_close(rig->server);
    assert_int_equal(first->close_code, 1001);
    rig_run(rig);
    assert_int_equal(rig->cancelled, 1);
    assert_memory_equal(rig->owner.log, "closed", 6);
    assert_true(rig->is_closed);
    loop_virtual_close(rig->loop);
    mem_free(rig);
}

TEST(a_port_in_use_is_an_error)
{
    struct rig rig = {0};
    assert_int_equal(loop_virtual_new(1, &rig.loop), 0);
    fake_net_init(&rig.net, rig.loop);
    rig.net.dial_error = ACTR_EIO;
    const struct ws_server_options options = {.loop = rig.loop, .net = &rig.net.base};
    assert_int_equal(ws_server_open(&options, &rig_events, &rig, &rig.server), ACTR_EIO);
    loop_virtual_close(rig.loop);
}

TEST(running_out_of_memory_refuses_the_upgrade_or_the_peer)
{
    struct rig *rig = rig_open(0);
    unsigned status = 0;
    bool is_accepted = false;
    for (size_t n = 1; !is_accepted; n++) {
        /* The fake connection is the first allocation, and not the one under test. */
        mem_fail_at(n + 1);
        struct fake_ws *ws = fake_net_upgrade(&rig->net, SOURCE_ID, "AAAA", &status);
        mem_fail_at(0);
        assert_true(status == 101 || status == 503);
        assert_int_equal(ws != NULL, status == 101);
        is_accepted = ws && !ws->is_closing;
        if (ws && ws->is_closing)
            assert_int_equal(ws->close_code, 1011);
    }
    rig_close(rig);
}
