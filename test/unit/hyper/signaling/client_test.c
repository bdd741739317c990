// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The signaling socket: lost and found again, and what goes over it. */
#include "hyper/signaling/client.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "node.h"

TEST(a_lost_socket_is_back_within_a_second)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct node node;
        node_init(&node, seed, NULL);
        node_up(&node);
        node_run(&node, 60 * S_US);
        fake_server_lose(&node.server);
        assert_int_equal(node.disconnected, 1);
        assert_false(signaling_is_connected(node.signaling));
        node_run(&node, 340 * MS_US);
        assert_int_equal(node.connected, 2);
        assert_int_equal(node.registered, 1);
        assert_int_equal(node.server.registering.count + node.server.renewing.count, 1);
        node_deinit(&node);
    }
}

TEST(any_way_of_ending_leads_back)
{
    static const struct {
        enum net_cause cause;
        uint16_t code;
    } ends[] = {{NET_CLOSED, 1000}, {NET_CLOSED, 1001}, {NET_CLOSED, 0},
                {NET_LOST, 0},      {NET_TIMEOUT, 0},   {NET_PROTOCOL_ERROR, 1002}};
    struct node node;
    node_init(&node, 3, NULL);
    node_up(&node);
    for (size_t i = 0; i < 6; i++) {
        node_run(&node, 10 * S_US);
        struct fake_ws *socket = node.server.socket;
        node.server.socket = NULL;
        fake_ws_end(socket, ends[i].cause, ends[i].code, "over");
        node_run(&node, S_US);
        assert_int_equal(node.connected, i + 2);
    }
    assert_int_equal(node.registered, 1);
    node_deinit(&node);
}

TEST(pauses_grow_to_a_minute_and_it_never_gives_up)
{
    struct node node;
    node_begin(&node);
    node_run(&node, 10 * S_US);
    node.server.upgrade_status = 503;
    fake_server_lose(&node.server);
    uint64_t last_us = loop_now_us(node.loop), longest_us = 0;
    uint64_t wanted_us = 250 * MS_US;
    for (unsigned dials = 1; dials < 40; dials++) {
        while (node.server.dials == dials)
            assert_true(loop_virtual_step(node.loop));
        uint64_t now_us = loop_now_us(node.loop), pause_us = now_us - last_us;
        assert_true(pause_us >= wanted_us * 7 / 10);
        assert_true(pause_us <= wanted_us * 13 / 10 + 5 * MS_US);
        longest_us = pause_us > longest_us ? pause_us : longest_us;
        wanted_us = wanted_us < 30 * S_US ? 2 * wanted_us : 60 * S_US;
        last_us = now_us;
    }
    assert_true(longest_us > 50 * S_US);
    node.server.upgrade_status = 101;
    node_run(&node, 80 * S_US);
    assert_true(signaling_is_connected(node.signaling));
    node_deinit(&node);
}

TEST(a_server_that_hangs_up_at_once_is_not_hammered)
{
    struct node node;
    node_begin(&node);
    for (int i = 0; i < 6000; i++) {
        if (node.server.socket != NULL)
            fake_server_lose(&node.server);
        node_run(&node, 100 * MS_US);
    }
    assert_true(node.server.dials < 30);
    node_deinit(&node);
}

TEST(too_many_dials_wait_ten_seconds)
{
    struct node node;
    node_begin(&node);
    node.server.upgrade_status = 429;
    fake_server_lose(&node.server);
    node_run(&node, 9 * S_US);
    assert_int_equal(node.server.dials, 2);
    node.server.upgrade_status = 101;
    node_run(&node, 3 * S_US);
    assert_int_equal(node.connected, 2);
    node_deinit(&node);
}

/* TCP would find out by silence. */
TEST(an_address_that_goes_takes_the_socket_with_it)
{
    struct node node;
    node_begin(&node);
    for (uint8_t i = 2; i < 5; i++) {
        fake_net_move(&node.server.net, i);
        node_run(&node, 50 * MS_US);
        assert_int_equal(node.disconnected, i - 1);
        assert_int_equal(node.connected, i);
    }
    fake_net_move(&node.server.net, 4); /* something else has changed */
    node_run(&node, 50 * MS_US);
    assert_int_equal(node.disconnected, 3);
    node_deinit(&node);
}

TEST(without_any_address_the_socket_waits_for_the_old_one)
{
    struct node node;
    node_begin(&node);
    fake_net_move(&node.server.net, 0);
    node_run(&node, S_US);
    fake_net_move(&node.server.net, 1);
    node_run(&node, S_US);
    assert_int_equal(node.disconnected, 0);
    fake_net_move(&node.server.net, 0);
    fake_net_move(&node.server.net, 2);
    node_run(&node, 50 * MS_US);
    assert_int_equal(node.disconnected, 1);
    assert_int_equal(node.connected, 2);
    node_deinit(&node);
}

TEST(a_pause_ends_when_addresses_change_but_not_one_that_was_asked_for)
{
    struct node node;
    node_begin(&node);
    node.server.upgrade_status = 503;
    fake_server_lose(&node.server);
    node_run(&node, 200 * S_US);
    unsigned dials = node.server.dials;
    node.server.upgrade_status = 429;
    fake_net_move(&node.server.net, 2);
    node_run(&node, 50 * MS_US);
    assert_int_equal(node.server.dials, dials + 1);
    node.server.upgrade_status = 101;
    fake_net_move(&node.server.net, 3);
    node_run(&node, 5 * S_US);
    assert_int_equal(node.server.dials, dials + 1);
    node_run(&node, 80 * S_US);
    assert_int_equal(node.connected, 2);
    node_deinit(&node);
}

TEST(silence_is_noticed)
{
    struct node node;
    node_begin(&node);
    fake_ws_silence(node.server.socket);
    node.server.socket = NULL;
    node_run(&node, 10500 * MS_US);
    assert_int_equal(node.disconnected, 1);
    assert_int_equal(node.connected, 2);
    node_deinit(&node);
}

/* The dial goes on when the socket cannot even be begun. */
TEST(dialling_without_memory)
{
    struct node node;
    node_begin(&node);
    fake_server_lose(&node.server);
    mem_fail_at(1);
    node_run(&node, 5 * S_US);
    mem_fail_at(0);
    assert_int_equal(node.connected, 1);
    assert_int_equal(node.code, ACTR_ENOMEM);
    node_run(&node, 20 * S_US);
    assert_int_equal(node.connected, 2);
    node_deinit(&node);
}

/* ---- Requests ---- */

TEST(requests_fail_at_once_without_a_socket)
{
    struct node node;
    struct node_lookup lookup;
    node_init(&node, 1, NULL);
    node_find(&node, &lookup, "acme:echo:1.0.0", 1);
    node_run(&node, 1);
    assert_int_equal(lookup.count_called, 1);
    assert_int_equal(lookup.code, ACTR_EUNAVAILABLE);
    node_up(&node);
    node.server.is_deaf = true;
    node_find(&node, &lookup, "acme:echo:1.0.0", 1);
    node_run(&node, 100 * MS_US);
    assert_int_equal(lookup.count_called, 0);
    fake_server_lose(&node.server);
    node_run(&node, 1);
    assert_int_equal(lookup.count_called, 1);
    assert_int_equal(lookup.code, ACTR_EUNAVAILABLE);
    node_deinit(&node);
}

TEST(requests_fail_when_the_identity_changes)
{
    struct node node;
    struct node_lookup lookup = {0};
    node_init(&node, 1, NULL);
    node.server.heartbeat_s = 600;
    node_up(&node);
    node.server.renewing = (struct fake_exchange){FAKE_ERROR, 401, -1, 0};
    node_run(&node, 3200 * S_US);
    node.server.is_deaf = true;
    while (node.registered == 1) {
        signaling_discover_cancel(&lookup.base);
        node_find(&node, &lookup, "acme:echo:1.0.0", 1);
        node_run(&node, S_US);
    }
    assert_int_equal(node.disconnected, 0);
    assert_int_equal(lookup.count_called, 1);
    assert_int_equal(lookup.code, ACTR_EUNAVAILABLE);
    assert_string_equal(lookup.detail, "this node registered anew");
    node_deinit(&node);
}

TEST(errors_of_the_server)
{
    static const struct {
        uint32_t code;
        int wanted;
    } cases[] = {{400, ACTR_EINVALID},      {401, ACTR_EUNAVAILABLE}, {403, ACTR_EPERMISSION},
                 {404, ACTR_ENOTFOUND},     {429, ACTR_EUNAVAILABLE}, {500, ACTR_EUNAVAILABLE},
                 {65937, ACTR_EUNAVAILABLE}}; /* 401 in 16 bits */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct node node;
        struct node_lookup lookup;
        node_begin(&node);
        node.server.error = cases[i].code;
        node_find(&node, &lookup, "acme:echo:1.0.0", 1);
        node_run(&node, 10 * MS_US);
        assert_int_equal(lookup.count_called, 1);
        assert_int_equal(lookup.code, cases[i].wanted);
        assert_int_equal(node.server.renewing.count, cases[i].code == 401);
        node_deinit(&node);
    }
}

static void push(struct node *node, const char *reply_for, struct signaling_reply reply,
                 uint32_t version)
{
    reply.target = node->id;
    const struct signaling_envelope envelope = {
        .version = version,
        .id = view_text("srv-9"),
        .reply_for = reply_for != NULL ? view_text(reply_for) : (struct actr_view){0},
        .flow = SIGNALING_FLOW_SERVER_TO_ACTR,
        .reply = reply,
    };
    fake_server_push(&node->server, &envelope);
}

TEST(what_nobody_asked_for_is_ignored)
{
    static const char *const odd[] = {"env-",  "env-x", "env--1", "env-99999999999999999999",
                                      "env-0", "",      "ENV-2",  "env-2x"};
    const struct signaling_reply error = {.kind = SIGNALING_REPLY_ERROR, .error = {401, {NULL, 0}}};
    struct node node;
    struct node_lookup lookup;
    node_begin(&node);
    fake_server_offer(&node.server, "acme:echo:1.0.0", 50, 1);
    node.server.is_deaf = true;
    node_find(&node, &lookup, "acme:echo:1.0.0", 1); /* env-2 */
    node_run(&node, 10 * MS_US);
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
        push(&node, odd[i], error, SIGNALING_VERSION);
    push(&node, NULL, error, SIGNALING_VERSION);
    push(&node, "env-2", error, 1);
    push(&node, "env-1", error, SIGNALING_VERSION); /* answered already */
    fake_ws_push(node.server.socket, actr_bytes_str("hello"), false);
    fake_ws_push(node.server.socket, actr_bytes_str("\xff\xff\xff"), true);
    fake_ws_push(node.server.socket, (struct actr_bytes){0}, true);
    node_run(&node, 10 * MS_US);
    assert_int_equal(lookup.count_called, 0);
    assert_int_equal(node.server.renewing.count + node.disconnected + node.errors, 0);
    push(&node, "env-2", error, SIGNALING_VERSION);
    node_run(&node, 10 * MS_US);
    assert_int_equal(lookup.count_called, 1);
    assert_int_equal(node.server.renewing.count, 1);
    node_deinit(&node);
}

TEST(the_answer_to_another_question_is_none)
{
    const struct signaling_reply pong = {.kind = SIGNALING_PONG};
    struct node node;
    struct node_lookup lookup;
    node_begin(&node);
    node.server.is_deaf = true;
    node_find(&node, &lookup, "acme:echo:1.0.0", 1);
    node_run(&node, 10 * MS_US);
    push(&node, "env-2", pong, SIGNALING_VERSION);
    node_run(&node, 10 * MS_US);
    assert_int_equal(lookup.count_called, 1);
    assert_int_equal(lookup.code, ACTR_EUNAVAILABLE);
    node_deinit(&node);
}

TEST(a_late_answer_finds_nobody)
{
    const struct signaling_reply answer = {.kind = SIGNALING_CANDIDATES,
                                           .candidates = {.result = AIS_RESULT_SUCCESS}};
    struct node node;
    struct node_lookup lookup;
    node_begin(&node);
    node.server.is_deaf = true;
    node_find(&node, &lookup, "acme:echo:1.0.0", 1);
    node_run(&node, 5001 * MS_US);
    assert_int_equal(lookup.count_called, 1);
    assert_int_equal(lookup.code, ACTR_ETIMEDOUT);
    push(&node, "env-2", answer, SIGNALING_VERSION);
    node_run(&node, 10 * MS_US);
    assert_int_equal(lookup.count_called, 1);
    node_deinit(&node);
}

/* ---- Pace ---- */

static void find_many(struct node *node, struct node_lookup *lookups, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char type[64];
        snprintf(type, sizeof type, "acme:echo:%zu", i);
        node_find(node, &lookups[i], type, 1);
    }
}

TEST(bursts_are_paced)
{
    struct node node;
    static struct node_lookup lookups[64];
    node_begin(&node);
    fake_server_offer(&node.server, "acme:echo:1.0.0", 50, 1);
    node_run(&node, S_US);
    find_many(&node, lookups, 64);
    unsigned before = node.server.messages;
    node_run(&node, 10 * MS_US);
    assert_int_equal(node.server.messages - before, 35); /* 40, of which 5 for heartbeats */
    node_run(&node, S_US);
    assert_int_equal(node.server.messages - before, 45);
    node_run(&node, 3 * S_US);
    for (size_t i = 0; i < 64; i++) {
        assert_int_equal(lookups[i].count_called, 1);
        assert_int_equal(lookups[i].code, 0);
    }
    node_deinit(&node);
}

TEST(a_heartbeat_does_not_wait_behind_others)
{
    struct node node;
    static struct node_lookup lookups[64];
    node_init(&node, 1, NULL);
    node.server.heartbeat_s = 2;
    node_up(&node);
    node_run(&node, 1900 * MS_US);
    find_many(&node, lookups, 64);
    unsigned pings = node.server.pings;
    node_run(&node, 110 * MS_US);
    assert_int_equal(node.server.pings, pings + 1);
    assert_true(node.server.routes < 40);
    node_deinit(&node);
}

TEST(told_that_it_was_too_much_it_holds_back)
{
    const struct signaling_envelope refusal = {.version = SIGNALING_VERSION,
                                               .id = {(const uint8_t *)"srv-1", 5},
                                               .flow = SIGNALING_FLOW_ERROR,
                                               .error = {429, {(const uint8_t *)"slow", 4}}};
    struct node node;
    static struct node_lookup lookups[10];
    node_begin(&node);
    node_run(&node, 10 * S_US);
    fake_server_push(&node.server, &refusal);
    find_many(&node, lookups, 10);
    node_run(&node, 450 * MS_US);
    assert_int_equal(node.server.routes, 0);
    node_run(&node, 2 * S_US);
    assert_int_equal(node.server.routes, 10);
    node_deinit(&node);
}

TEST(waiting_requests_end_with_the_socket)
{
    struct node node;
    static struct node_lookup lookups[64];
    node_begin(&node);
    find_many(&node, lookups, 64);
    fake_server_lose(&node.server);
    node_run(&node, 10 * MS_US);
    for (size_t i = 0; i < 64; i++) {
        assert_int_equal(lookups[i].count_called, 1);
        assert_int_equal(lookups[i].code, ACTR_EUNAVAILABLE);
    }
    node_run(&node, 10 * S_US);
    assert_int_equal(node.server.routes, 0);
    node_deinit(&node);
}
