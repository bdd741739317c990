// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Starting and stopping, in every state, and letting go at every moment. */
#include "hyper/signaling/signaling.h"

#include <string.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "node.h"
#include "protocol/ais.h"

#define OOM_MAX 2000

static int config_try(const char *ais_url, const char *signaling_url)
{
    const struct signaling_config config = {.ais_url = ais_url, .signaling_url = signaling_url};
    static const struct signaling_events events;
    struct signaling *signaling = NULL;
    struct loop *loop;
    struct fake_net net;
    assert_int_equal(loop_virtual_new(1, &loop), 0);
    fake_net_init(&net, loop, NULL, NULL);
    int r = signaling_new(loop, &net.base, NULL, &config, &events, NULL, &signaling);
    assert_true((r == 0) == (signaling != NULL));
    signaling_free(signaling);
    loop_virtual_close(loop);
    return r;
}

TEST(urls_are_checked)
{
    assert_int_equal(config_try("http://h/ais", "ws://h/s"), 0);
    assert_int_equal(config_try("https://h/ais", "wss://h/s"), 0);
    assert_int_equal(config_try("ws://h/ais", "ws://h/s"), ACTR_ECONFIG);
    assert_int_equal(config_try("http://h/ais?x=1", "ws://h/s"), ACTR_ECONFIG);
    assert_int_equal(config_try("http:///ais", "ws://h/s"), ACTR_ECONFIG);
    assert_int_equal(config_try("http://h/ais", "http://h/s"), ACTR_ECONFIG);
    assert_non_null(strstr(actr_errmsg(), "http://h/s"));
    signaling_free(NULL);
}

TEST(registers_connects_and_is_ready)
{
    struct node node;
    node_init(&node, 1, NULL);
    assert_null(signaling_identity(node.signaling));
    assert_false(signaling_is_connected(node.signaling));
    assert_int_equal(signaling_start(node.signaling, NULL), 0);
    assert_int_equal(signaling_start(node.signaling, NULL), ACTR_ESTATE);
    assert_int_equal(node.registered, 0);
    node_run(&node, 20 * MS_US);
    assert_int_equal(node.registered, 1);
    assert_int_equal(node.connected, 1);
    assert_int_equal(node.generation, 1);
    assert_int_equal(node.errors + node.failed + node.disconnected + node.stopped, 0);
    const struct signaling_identity *identity = signaling_identity(node.signaling);
    assert_true(actr_id_equal(&identity->id, &node.id));
    assert_int_equal(identity->id.serial, node.server.serial);
    assert_int_equal(identity->expires_at_s, LOOP_VIRTUAL_EPOCH_MS / 1000 + 3600);
    struct actr_bytes wanted =
        fake_server_credential(&node.server, &identity->id, identity->expires_at_s);
    assert_true(view_equal(actr_bytes_view(identity->credential), actr_bytes_view(wanted)));
    actr_bytes_unref(wanted);
    assert_int_equal(node.server.socket->options.ping_interval_ms, 5000);
    assert_int_equal(node.server.socket->options.dead_after_ms, 10000);
    node_deinit(&node);
}

/* The minimal registration of a linked actor, golden bytes of the existing system. */
TEST(registration_to_the_byte)
{
    const struct signaling_config config = {
        .ais_url = "http://server:8081/ais///", .signaling_url = "ws://server/", .realm = 7};
    uint8_t golden[64];
    size_t len = harness_hex("0a130a0461636d6512046e6f64651a05312e302e3012020807"
                             "7002",
                             golden, sizeof golden);
    struct node node;
    node_init(&node, 1, &config);
    node_up(&node);
    assert_string_equal(node.server.ais_url, "http://server:8081/ais/register");
    assert_string_equal(node.server.realm_secret, "");
    assert_int_equal(node.server.registration.len, len);
    assert_memory_equal(node.server.registration.ptr, golden, len);
    assert_memory_equal(node.server.url, "ws://server/?actor_id=1%407%2Facme%3Anode%3A1.0.0&key_id",
                        56);
    assert_null(strstr(node.server.url, "webrtc_role"));
    node_deinit(&node);
}

TEST(registration_says_what_was_configured)
{
    struct acl_rule rule = {
        .permission = ACL_RULE_ALLOW, .realm_kind = ACL_RULE_REALM_ID, .realm = 9};
    const struct signaling_config config = {.ais_url = "http://server/ais",
                                            .signaling_url = "ws://server/",
                                            .realm = 101,
                                            .realm_secret = "rs_secret",
                                            .acl = &rule,
                                            .acl_count = 1,
                                            .has_acl = true,
                                            .wants_answer = true};
    struct ais_register_request request;
    struct arena arena;
    struct node node;
    assert_int_equal(actr_type_parse("acme:friend:1.0.0", &rule.from_type), 0);
    node_init(&node, 1, &config);
    assert_int_equal(signaling_start(node.signaling, "ws://10.0.0.1:9000"), 0);
    rule.realm = 0; /* it was copied */
    node_run(&node, 20 * MS_US);
    assert_string_equal(node.server.realm_secret, "rs_secret");
    arena_init(&arena, 1 << 20);
    assert_int_equal(
        ais_register_request_decode(actr_bytes_view(node.server.registration), &arena, &request),
        0);
    assert_int_equal(request.realm, 101);
    assert_int_equal(request.auth_mode, AIS_AUTH_LINKED);
    assert_true(view_equal(request.ws_address, view_text("ws://10.0.0.1:9000")));
    assert_true(request.has_acl);
    assert_int_equal(request.acl_count, 1);
    assert_int_equal(request.acl[0].realm, 9);
    assert_null(request.manifest_raw.ptr);
    assert_null(request.proof_signature.ptr);
    arena_deinit(&arena);
    assert_non_null(strstr(node.server.url, "&webrtc_role=answer"));
    node_deinit(&node);
}

/* ---- Starts that fail ---- */

static void start_with(struct node *node, enum fake_answer answer, unsigned code)
{
    node_init(node, 1, NULL);
    node->server.registering.answer = answer;
    node->server.registering.code = code;
    assert_int_equal(signaling_start(node->signaling, NULL), 0);
    assert_int_equal(node->failed, 0);
}

static void fails_at_once(unsigned code, int wanted, unsigned attempts)
{
    struct node node;
    start_with(&node, FAKE_ERROR, code);
    node_run(&node, 5 * S_US);
    assert_int_equal(node.failed, 1);
    assert_int_equal(node.code, wanted);
    assert_non_null(strstr(node.detail, "as told"));
    assert_int_equal(node.server.registering.count, attempts);
    node_run(&node, 300 * S_US);
    assert_int_equal(node.server.registering.count, attempts);
    assert_int_equal(node.failed, 1);
    assert_null(signaling_identity(node.signaling));
    node_deinit(&node);
}

TEST(a_refused_realm_ends_the_start)
{
    fails_at_once(403, ACTR_EPERMISSION, 1);
}

TEST(a_malformed_registration_ends_the_start)
{
    fails_at_once(400, ACTR_EINVALID, 1);
}

TEST(an_unauthorised_registration_is_tried_once_more)
{
    fails_at_once(401, ACTR_EPERMISSION, 2);
}

static void fails_in_the_end(enum fake_answer answer, unsigned code, int wanted)
{
    struct node node;
    start_with(&node, answer, code);
    node_run(&node, 29 * S_US);
    assert_int_equal(node.failed, 0);
    node_run(&node, 2 * S_US);
    assert_int_equal(node.failed, 1);
    assert_int_equal(node.code, wanted);
    assert_true(node.server.registering.count >= 2 && node.server.registering.count <= 6);
    assert_int_equal(node.registered, 0);
    node_deinit(&node);
}

TEST(a_start_goes_on_trying_for_thirty_seconds)
{
    fails_in_the_end(FAKE_ERROR, 500, ACTR_EUNAVAILABLE);
    fails_in_the_end(FAKE_ERROR, 503, ACTR_EUNAVAILABLE);
    fails_in_the_end(FAKE_STATUS, 502, ACTR_EUNAVAILABLE);
    fails_in_the_end(FAKE_STATUS, 404, ACTR_EDECODE);
    fails_in_the_end(FAKE_REFUSE, 0, ACTR_EUNAVAILABLE);
    fails_in_the_end(FAKE_GARBAGE, 0, ACTR_EDECODE);
    fails_in_the_end(FAKE_EMPTY, 0, ACTR_EDECODE);
    fails_in_the_end(FAKE_SILENCE, 0, ACTR_ETIMEDOUT);
}

TEST(a_grant_that_does_not_hold_together_is_not_believed)
{
    fails_in_the_end(FAKE_FORGED, 0, ACTR_EDECODE);
    fails_in_the_end(FAKE_OTHER_CLAIMS, 0, ACTR_EDECODE);
    fails_in_the_end(FAKE_OTHER_KEY_ID, 0, ACTR_EDECODE);
}

TEST(a_server_that_comes_up_late_is_found)
{
    struct node node;
    start_with(&node, FAKE_REFUSE, 0);
    node_run(&node, 10 * S_US);
    assert_true(node.errors >= 3);
    node.server.registering.answer = FAKE_GRANT;
    node_run(&node, 10 * S_US);
    assert_int_equal(node.connected, 1);
    node_run(&node, 60 * S_US);
    assert_int_equal(node.failed, 0);
    node_deinit(&node);
}

TEST(a_limited_registration_waits_as_long_as_it_is_told)
{
    struct node node;
    start_with(&node, FAKE_STATUS, 429);
    node.server.registering.retry_after_s = 12;
    node_run(&node, 11 * S_US);
    assert_int_equal(node.server.registering.count, 1);
    node.server.registering.answer = FAKE_GRANT;
    node_run(&node, 2 * S_US);
    assert_int_equal(node.server.registering.count, 2);
    assert_int_equal(node.connected, 1);
    node_deinit(&node);
}

TEST(a_socket_that_never_opens_ends_the_start)
{
    static const unsigned statuses[] = {0, 403, 429, 500};
    for (size_t i = 0; i < 4; i++) {
        struct node node;
        node_init(&node, 1, NULL);
        node.server.upgrade_status = statuses[i];
        assert_int_equal(signaling_start(node.signaling, NULL), 0);
        node_run(&node, 31 * S_US);
        assert_int_equal(node.registered, 1);
        assert_int_equal(node.connected, 0);
        assert_int_equal(node.failed, 1);
        assert_int_equal(node.code, statuses[i] == 0     ? ACTR_ETIMEDOUT
                                    : statuses[i] == 403 ? ACTR_EPERMISSION
                                                         : ACTR_EUNAVAILABLE);
        unsigned dials = node.server.dials;
        assert_true(dials <= (statuses[i] == 429 ? 3 : 9));
        node_run(&node, 100 * S_US);
        assert_int_equal(node.server.dials, dials);
        node_deinit(&node);
    }
}

TEST(after_a_failure_it_can_be_started_again)
{
    struct node node;
    start_with(&node, FAKE_ERROR, 403);
    node_run(&node, S_US);
    assert_int_equal(node.failed, 1);
    node.server.registering.answer = FAKE_GRANT;
    assert_int_equal(signaling_start(node.signaling, NULL), 0);
    node_run(&node, S_US);
    assert_int_equal(node.connected, 1);
    assert_int_equal(node.generation, 1);
    node_deinit(&node);
}

/* ---- Stopping ---- */

TEST(stop_unregisters_and_closes)
{
    struct node node;
    node_begin(&node);
    struct actr_id id = node.id;
    signaling_stop(node.signaling);
    signaling_stop(node.signaling);
    assert_int_equal(node.stopped, 0);
    node_run(&node, 20 * MS_US);
    assert_int_equal(node.stopped, 1);
    assert_int_equal(node.server.unregisters, 1);
    assert_true(actr_id_equal(&node.server.unregister.id, &id));
    assert_int_equal(node.server.close_code, 1000);
    assert_int_equal(node.disconnected, 0);
    assert_true(loop_virtual_run_idle(node.loop, UINT64_MAX)); /* nothing ticks any more */
    node_deinit(&node);
}

TEST(stop_waits_a_second_for_the_farewell)
{
    struct node node;
    node_begin(&node);
    node.server.is_deaf = true;
    signaling_stop(node.signaling);
    node_run(&node, 990 * MS_US);
    assert_int_equal(node.stopped, 0);
    node_run(&node, 20 * MS_US);
    assert_int_equal(node.stopped, 1);
    assert_int_equal(node.server.close_code, 1000);
    node_deinit(&node);
}

TEST(stop_when_the_server_goes_first)
{
    struct node node;
    node_begin(&node);
    signaling_stop(node.signaling);
    fake_server_lose(&node.server);
    node_run(&node, 20 * MS_US);
    assert_int_equal(node.stopped, 1);
    assert_int_equal(node.disconnected, 0);
    node_run(&node, 100 * S_US);
    assert_int_equal(node.server.dials, 1);
    node_deinit(&node);
}

/* The socket of the old identity is still saying goodbye. */
TEST(stop_waits_for_every_socket)
{
    for (int i = 0; i < 2; i++) {
        struct node node;
        node_init(&node, 1, NULL);
        node.server.net.close_us = 700 * MS_US;
        node_up(&node);
        node.server.renewing = (struct fake_exchange){FAKE_ERROR, 401, -1, 0};
        while (node.registered == 1)
            assert_true(loop_virtual_step(node.loop));
        node_run(&node, 100 * MS_US);
        assert_int_equal(node.connected, 2);
        if (i == 0)
            fake_server_lose(&node.server);
        signaling_stop(node.signaling);
        node_run(&node, 500 * MS_US);
        assert_int_equal(node.stopped, 0);
        node_run(&node, 300 * MS_US);
        assert_int_equal(node.stopped, 1);
        node_deinit(&node);
    }
}

TEST(freed_while_a_socket_says_goodbye)
{
    struct node node;
    node_init(&node, 1, NULL);
    node.server.net.close_us = 700 * MS_US;
    node_up(&node);
    signaling_stop(node.signaling);
    node_run(&node, 100 * MS_US);
    signaling_free(node.signaling);
    node.signaling = NULL;
    node_run(&node, 1);
    assert_true(list_is_empty(&node.server.net.sockets));
    node_deinit(&node);
}

TEST(stop_while_a_start_is_failing)
{
    struct node node;
    node_init(&node, 1, NULL);
    node.server.upgrade_status = 0;
    assert_int_equal(signaling_start(node.signaling, NULL), 0);
    uint64_t fails_us = loop_now_us(node.loop) + 30 * S_US;
    while (loop_now_us(node.loop) < fails_us)
        assert_true(loop_virtual_step(node.loop));
    assert_int_equal(node.failed, 0); /* it has failed and waits for the network */
    assert_int_equal(signaling_start(node.signaling, NULL), ACTR_ESTATE);
    signaling_stop(node.signaling);
    node_run(&node, 10 * MS_US);
    assert_int_equal(node.failed, 0);
    assert_int_equal(node.stopped, 1);
    node_deinit(&node);
}

TEST(stop_in_every_state)
{
    /* idle, before registering, registering, dialling, waiting to dial, held, waiting to register
     */
    static const uint64_t run_us[] = {0, 500, 1500, 2500, 100000, 2500, 500000};
    for (size_t i = 0; i < 7; i++) {
        struct node node;
        node_init(&node, 1, NULL);
        if (i == 2 || i == 6)
            node.server.registering.answer = i == 2 ? FAKE_SILENCE : FAKE_REFUSE;
        if (i >= 3)
            node.server.upgrade_status = i == 3 ? 0 : i == 5 ? 401 : 503;
        if (i > 0)
            assert_int_equal(signaling_start(node.signaling, NULL), 0);
        node_run(&node, run_us[i]);
        signaling_stop(node.signaling);
        assert_int_equal(node.stopped, 0);
        node_run(&node, 10 * MS_US);
        assert_int_equal(node.stopped, 1);
        assert_int_equal(node.connected + node.failed, 0);
        assert_true(loop_virtual_run_idle(node.loop, UINT64_MAX));
        node_deinit(&node);
    }
}

TEST(started_again_it_is_somebody_else)
{
    struct node node;
    node_begin(&node);
    struct actr_id first = node.id;
    signaling_stop(node.signaling);
    node_run(&node, S_US);
    assert_int_equal(signaling_start(node.signaling, NULL), 0);
    node_run(&node, S_US);
    assert_int_equal(node.connected, 2);
    assert_int_equal(node.generation, 2);
    assert_false(actr_id_equal(&first, &node.id));
    node_deinit(&node);
}

TEST(stop_answers_everybody_who_waits)
{
    struct node node;
    struct node_lookup lookup;
    struct node_check check;
    node_begin(&node);
    node.server.is_deaf = true;
    node.server.key_id = 5;
    node_find(&node, &lookup, "acme:echo:1.0.0", 1);
    node_verify(&node, &check, &node.id,
                fake_server_credential(&node.server, &node.id, UINT32_MAX));
    node_run(&node, 10 * MS_US);
    signaling_stop(node.signaling);
    assert_int_equal(lookup.count_called + check.count_called, 0);
    node_run(&node, 10 * MS_US);
    assert_int_equal(lookup.count_called, 1);
    assert_int_equal(lookup.code, ACTR_ECANCELED);
    assert_int_equal(check.count_called, 1);
    assert_int_equal(check.code, ACTR_ECANCELED);
    node_deinit(&node);
}

/* ---- Letting go ---- */

TEST(freed_in_its_own_events)
{
    static const enum node_cut cuts[] = {NODE_CUT_REGISTERED, NODE_CUT_CONNECTED,
                                         NODE_CUT_DISCONNECTED};
    for (size_t i = 0; i < 3; i++) {
        struct node node;
        node_init(&node, 1, NULL);
        node.cut = cuts[i];
        assert_int_equal(signaling_start(node.signaling, NULL), 0);
        node_run(&node, S_US);
        if (cuts[i] == NODE_CUT_DISCONNECTED)
            fake_server_lose(&node.server);
        node_run(&node, S_US);
        assert_null(node.signaling);
        node_deinit(&node);
    }
}

/* Cut at every step of a start, with questions under way. */
TEST(freed_at_any_moment)
{
    for (unsigned steps = 0; steps < 60; steps++) {
        struct node node;
        struct node_lookup lookups[2];
        struct node_check checks[2];
        node_init(&node, 1, NULL);
        assert_int_equal(signaling_start(node.signaling, NULL), 0);
        for (unsigned i = 0; i < steps && i < 30; i++)
            loop_virtual_step(node.loop);
        node.server.key_id = 5;
        node.server.key_known_max = 5;
        node_find(&node, &lookups[0], "acme:echo:1.0.0", 1);
        node_find(&node, &lookups[1], "acme:echo:1.0.0", 1);
        struct actr_id id = node.id;
        id.type = node.server.type;
        node_verify(&node, &checks[0], &id, fake_server_credential(&node.server, &id, UINT32_MAX));
        node_verify(&node, &checks[1], &id, fake_server_credential(&node.server, &id, UINT32_MAX));
        for (unsigned i = 30; i < steps; i++)
            loop_virtual_step(node.loop);
        node_deinit(&node);
    }
}

/* With the n-th allocation failing, and all after it for a while: it recovers, or fails once, and
 * loses nothing. */
static bool survives_without_memory(size_t n)
{
    struct node node;
    struct node_lookup lookup;
    struct node_check check;
    node_init(&node, 1, NULL);
    fake_server_offer(&node.server, "acme:echo:1.0.0", 50, 2);
    node.server.addresses[0] = (struct signaling_ws_address){.candidate = node.server.candidates[0],
                                                             .address = view_text("ws://peer")};
    node.server.address_count = 1;
    node.server.key_known_max = 9;
    struct actr_bytes credential[2];
    struct actr_id id = node.server.candidates[0];
    credential[0] = fake_server_credential(&node.server, &id, UINT32_MAX);
    node.server.key_id = 2; /* a key that must be asked for */
    credential[1] = fake_server_credential(&node.server, &id, UINT32_MAX);
    node.server.key_id = 1;
    mem_fail_at(n);
    int r = signaling_start(node.signaling, "ws://here");
    node_run(&node, 2 * S_US);
    node_find(&node, &lookup, "acme:echo:1.0.0", 1);
    node_verify(&node, &check, &id, credential[n % 2]);
    actr_bytes_unref(credential[1 - n % 2]);
    node_run(&node, 6 * S_US);
    mem_fail_at(0);
    assert_int_equal(lookup.count_called, 1);
    assert_int_equal(check.count_called, 1);
    /* In no case does it say that a good credential is bad. */
    assert_int_not_equal(check.code, ACTR_EPERMISSION);
    assert_int_not_equal(lookup.code, ACTR_ENOTFOUND);
    if (r < 0) {
        assert_int_equal(r, ACTR_ENOMEM);
        r = signaling_start(node.signaling, NULL);
        assert_int_equal(r, 0);
    }
    node_run(&node, 40 * S_US);
    assert_int_equal(node.failed, 0);
    assert_true(signaling_is_connected(node.signaling));
    bool is_clean =
        node.errors == 0 && node.disconnected == 0 && lookup.code == 0 && check.code == 0;
    mem_fail_at(1);
    signaling_stop(node.signaling);
    node_run(&node, 2 * S_US);
    mem_fail_at(0);
    assert_int_equal(node.stopped, 1);
    node_deinit(&node);
    return is_clean;
}

TEST(memory_runs_out)
{
    unsigned clean = 0;
    for (size_t n = 1; n < OOM_MAX && clean < 40; n++)
        clean = survives_without_memory(n) ? clean + 1 : 0;
    assert_int_equal(clean, 40);
}

TEST(memory_runs_out_while_building)
{
    const struct acl_rule rule = {0};
    const struct signaling_config config = {.ais_url = "http://server/ais",
                                            .signaling_url = "ws://server/",
                                            .realm_secret = "secret",
                                            .acl = &rule,
                                            .acl_count = 1};
    static const struct signaling_events events;
    struct loop *loop;
    struct fake_net net;
    assert_int_equal(loop_virtual_new(1, &loop), 0);
    fake_net_init(&net, loop, NULL, NULL);
    int r = ACTR_ENOMEM;
    for (size_t n = 1; r == ACTR_ENOMEM; n++) {
        struct signaling *signaling = NULL;
        mem_fail_at(n);
        r = signaling_new(loop, &net.base, NULL, &config, &events, NULL, &signaling);
        mem_fail_at(0);
        assert_true((r == 0) == (signaling != NULL));
        assert_true(n < 20);
        signaling_free(signaling);
    }
    assert_int_equal(r, 0);
    loop_virtual_close(loop);
}
