// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Is the peer of a WebRTC session still there? What is known of one that was killed, and when; what
 * silence and forged words are worth; what becomes of the calls. ACTR_SIM_SEEDS=n runs n seeds of
 * each. */
#include <stdlib.h>

#include "harness.h"
#include "sim_pair.h"
#include "sim_seeds.h"

static struct sim_pair pair;
static struct sim_world *const world = &pair.world;

#define EACH_SEED(seed) EACH_SEED_OF(seed, 20)

static const struct sim_call echo = {.route = SIM_ECHO, .len = 100, .timeout_ms = 90000};

static unsigned heard(const struct sim_node *node, enum actr_hook hook)
{
    return node->observer.counts[hook];
}

static bool is_up(void *arg)
{
    (void)arg;
    return heard(pair.alpha, ACTR_HOOK_WEBRTC_CONNECTED) > 0 &&
           heard(pair.beta, ACTR_HOOK_WEBRTC_CONNECTED) > 0;
}

static bool is_lost(void *arg)
{
    (void)arg;
    return heard(pair.alpha, ACTR_HOOK_WEBRTC_DISCONNECTED) > 0;
}

static void quiet(void)
{
    sim_check(world, sim_run_until(world, sim_traffic_is_quiet, &pair.traffic, 120 * SIM_S));
}

/* Two nodes with a session that has carried. */
static void begin(uint64_t seed, const char *test, bool has_listeners)
{
    sim_pair_init_webrtc(&pair, seed, test, has_listeners);
    const struct sim_call *call = sim_pair_send(&pair, pair.alpha, pair.beta, &echo);
    quiet();
    sim_check(world, call->code == 0);
    sim_check(world, sim_run_until(world, is_up, NULL, 20 * SIM_S));
    sim_run(world, sim_between(&world->net, 0, 3 * SIM_S));
    sim_check(world, !is_lost(NULL));
}

static void kill_beta(void)
{
    sim_host_kill(&pair.beta->host);
}

/* Beta is dead; what is left of it in this process ends. */
static void end(void)
{
    sim_host_heal(&pair.beta->host);
    sim_pair_deinit(&pair);
}

/* At the latest with the next check of consent, and the server's word. */
TEST(a_killed_peer_is_known_with_the_next_datagram)
{
    EACH_SEED(seed)
    {
        begin(seed, "a_killed_peer_is_known_with_the_next_datagram", false);
        const struct sim_call later = {.route = SIM_LATER, .timeout_ms = 90000, .delay_us = 60000};
        const struct sim_call *call = sim_pair_send(&pair, pair.alpha, pair.beta, &later);
        sim_run(world, 30 * SIM_MS);
        uint64_t killed_us = sim_now_us(world);
        kill_beta();
        sim_check(world, sim_run_until(world, is_lost, NULL, 2 * SIM_S));
        quiet();
        sim_check(world, call->code == ACTR_EUNAVAILABLE);
        sim_check(world, call->ended_us - killed_us < 30 * SIM_S);
        end();
    }
}

/* The system tells that a WebSocket was cut, so the other wire of the peer is asked at once. */
TEST(with_a_websocket_it_is_known_at_once)
{
    EACH_SEED(seed)
    {
        begin(seed, "with_a_websocket_it_is_known_at_once", true);
        bool has_both = heard(pair.alpha, ACTR_HOOK_WEBSOCKET_CONNECTED) > 0;
        kill_beta();
        sim_check(world, sim_run_until(world, is_lost, NULL, (has_both ? 1000 : 2000) * SIM_MS));
        end();
    }
}

TEST(a_peer_that_says_nothing_keeps_its_session)
{
    EACH_SEED(seed)
    {
        begin(seed, "a_peer_that_says_nothing_keeps_its_session", false);
        sim_host_hole(&pair.beta->host, 6 * SIM_S);
        sim_run(world, 5 * SIM_S);
        const struct sim_call *call = sim_pair_send(&pair, pair.alpha, pair.beta, &echo);
        quiet();
        sim_check(world, call->code == 0 && call->executions == 1);
        sim_check(world, !is_lost(NULL));
        sim_pair_deinit(&pair);
    }
}

TEST(a_forged_word_ends_no_session)
{
    EACH_SEED(seed)
    {
        begin(seed, "a_forged_word_ends_no_session", false);
        for (int i = 0; i < 100; i++) {
            sim_host_defame(&pair.alpha->host, &pair.beta->host);
            sim_host_defame(&pair.beta->host, &pair.alpha->host);
            if (i % 10 == 0)
                sim_pair_send(&pair, pair.alpha, pair.beta, &echo);
            sim_run(world, sim_between(&world->net, 0, 100 * SIM_MS));
        }
        quiet();
        sim_check(world, !is_lost(NULL) && pair.traffic.failed == 0);
        struct actr_id id = actr_node_id(pair.beta->node);
        struct actr_peer_stats stats = {.size = sizeof(stats)};
        sim_check(world, actr_node_get_peer_stats(pair.alpha->node, &id, &stats) == 0);
        sim_check(world, stats.has_path && stats.recovery_left_ms == 0);
        sim_pair_deinit(&pair);
    }
}

/* All that speaks against a peer is wrong: it lives, and has kept what it was asked. The call goes
 * out again, and is answered once. */
TEST(a_session_that_ended_in_error_costs_nothing)
{
    unsigned losses = 0;
    EACH_SEED(seed)
    {
        begin(seed, "a_session_that_ended_in_error_costs_nothing", false);
        const struct sim_call later = {
            .route = SIM_LATER, .timeout_ms = 90000, .delay_us = 1000000};
        const struct sim_call *call = sim_pair_send(&pair, pair.alpha, pair.beta, &later);
        sim_run(world, 60 * SIM_MS);
        sim_check(world, call->executions == 1);
        sim_cut(&world->net, &pair.beta->host, &world->server, SIM_CUT_BOTH);
        sim_host_hole(&pair.beta->host, 200 * SIM_MS);
        for (int i = 0; i < 8; i++) {
            sim_host_defame(&pair.alpha->host, &pair.beta->host);
            sim_run(world, 25 * SIM_MS);
        }
        quiet();
        losses += is_lost(NULL);
        sim_check(world, call->code == 0 && call->executions == 1);
        sim_pair_deinit(&pair);
    }
    assert_true(losses > 0 || getenv("ACTR_SIM_SEED"));
}

/* Silence ---------------------------------------------------------------------------------------
 */

static enum actr_peer_status status(void)
{
    struct actr_peer_stats stats = {.size = sizeof(stats)};
    struct actr_id id = actr_node_id(pair.beta->node);
    sim_check(world, actr_node_get_peer_stats(pair.alpha->node, &id, &stats) == 0);
    sim_check(world, stats.has_path == (stats.status == ACTR_PEER_CONNECTED));
    sim_check(world, stats.has_path == (stats.recovery_left_ms == 0));
    return stats.status;
}

static bool is_recovering(void *arg)
{
    (void)arg;
    return status() == ACTR_PEER_RECOVERING;
}

static bool is_connected(void *arg)
{
    return !is_recovering(arg);
}

/* Told to the actor's program and to whoever asks; the end of the recovery too. */
TEST(a_lost_path_is_told_and_its_return)
{
    EACH_SEED(seed)
    {
        begin(seed, "a_lost_path_is_told_and_its_return", false);
        sim_check(world, status() == ACTR_PEER_CONNECTED);
        sim_host_hole(&pair.beta->host, 4 * SIM_S);
        sim_check(world, sim_run_until(world, is_recovering, NULL, 3600 * SIM_MS));
        sim_run(world, 10 * SIM_MS);
        sim_check(world, pair.alpha->observer.recoveries == 1);
        sim_check(world, sim_run_until(world, is_connected, NULL, 20 * SIM_S));
        sim_run(world, 10 * SIM_MS);
        sim_check(world, heard(pair.alpha, ACTR_HOOK_WEBRTC_CONNECTED) == 2 && !is_lost(NULL));
        sim_pair_deinit(&pair);
    }
}

/* It is looked at seldom while nobody needs it; that must not show. */
TEST(a_path_that_rested_is_known_to_be_lost_when_it_is_used)
{
    EACH_SEED(seed)
    {
        begin(seed, "a_path_that_rested_is_known_to_be_lost_when_it_is_used", false);
        sim_run(world, sim_between(&world->net, 10 * SIM_S, 60 * SIM_S));
        sim_check(world, status() == ACTR_PEER_CONNECTED);
        sim_host_hole(&pair.beta->host, 8 * SIM_S);
        sim_run(world, sim_between(&world->net, 0, 3 * SIM_S));
        const struct sim_call *call = sim_pair_send(&pair, pair.alpha, pair.beta, &echo);
        sim_check(world, sim_run_until(world, is_recovering, NULL, 3 * SIM_S));
        quiet();
        sim_check(world, call->executions == 1 || call->code != 0);
        sim_check(world, sim_run_until(world, is_connected, NULL, 20 * SIM_S));
        sim_pair_deinit(&pair);
    }
}

TEST(while_an_answer_is_awaited_the_path_does_not_rest)
{
    EACH_SEED(seed)
    {
        begin(seed, "while_an_answer_is_awaited_the_path_does_not_rest", false);
        const struct sim_call later = {
            .route = SIM_LATER, .timeout_ms = 90000, .delay_us = 60 * SIM_S};
        const struct sim_call *call = sim_pair_send(&pair, pair.alpha, pair.beta, &later);
        sim_run(world, sim_between(&world->net, 10 * SIM_S, 30 * SIM_S));
        sim_check(world, status() == ACTR_PEER_CONNECTED && call->executions == 1);
        sim_host_hole(&pair.beta->host, 4 * SIM_S);
        sim_check(world, sim_run_until(world, is_recovering, NULL, 3600 * SIM_MS));
        quiet();
        sim_check(world, call->code == 0 && call->executions == 1);
        sim_pair_deinit(&pair);
    }
}

/* A call that is given while the path is lost: a while it waits, then it fails and says when to
 * come again; it was never sent. One that was sent before is answered when the path is back. */
TEST(a_call_waits_for_a_lost_path_but_not_for_long)
{
    EACH_SEED(seed)
    {
        begin(seed, "a_call_waits_for_a_lost_path_but_not_for_long", false);
        sim_host_hole(&pair.beta->host, 30 * SIM_S);
        const struct sim_call *before = sim_pair_send(&pair, pair.alpha, pair.beta, &echo);
        sim_check(world, sim_run_until(world, is_recovering, NULL, 3600 * SIM_MS));
        sim_run(world, 10 * SIM_MS);
        const struct sim_call *early = sim_pair_send(&pair, pair.alpha, pair.beta, &echo);
        sim_run(world, 6100 * SIM_MS);
        sim_check(world, early->code == ACTR_ENOTREADY && early->retry_after_ms > 0);
        const struct sim_call *late = sim_pair_send(&pair, pair.alpha, pair.beta, &echo);
        sim_run(world, 10 * SIM_MS);
        sim_check(world, late->code == ACTR_ENOTREADY && late->retry_after_ms > 0);
        quiet();
        sim_check(world, early->executions + late->executions == 0);
        sim_check(world, before->executions <= 1);
        sim_check(world, before->code == 0 || before->code == ACTR_EUNAVAILABLE);
        const struct sim_call *after = sim_pair_send(&pair, pair.alpha, pair.beta, &echo);
        sim_run(world, 20 * SIM_S);
        sim_check(world, after->code == 0 || after->code == ACTR_ENOTREADY);
        sim_pair_deinit(&pair);
    }
}

/* Datagrams are lost, connections are not: the WebSocket carries, and WebRTC takes over again. */
TEST(a_websocket_carries_while_the_path_is_lost)
{
    EACH_SEED(seed)
    {
        begin(seed, "a_websocket_carries_while_the_path_is_lost", true);
        world->net.udp_loss = 100;
        const struct sim_call *before = sim_pair_send(&pair, pair.alpha, pair.beta, &echo);
        sim_check(world, sim_run_until(world, is_recovering, NULL, 3600 * SIM_MS));
        sim_run(world, 500 * SIM_MS);
        sim_check(world, before->code == 0 && before->executions == 1);
        for (int i = 0; i < 20; i++) {
            const struct sim_call *call = sim_pair_send(&pair, pair.alpha, pair.beta, &echo);
            sim_run(world, 1 * SIM_S);
            sim_check(world, call->code == 0);
        }
        world->net.udp_loss = 0;
        for (int i = 0; i < 100; i++) {
            sim_pair_send(&pair, pair.alpha, pair.beta, &echo);
            sim_run(world, sim_between(&world->net, 0, 500 * SIM_MS));
        }
        quiet();
        sim_check(world, pair.traffic.failed == 0);
        sim_check(world, status() == ACTR_PEER_CONNECTED);
        sim_pair_deinit(&pair);
    }
}

/* Likewise for so long that the session is given up. */
TEST(webrtc_is_tried_again_while_the_websocket_carries)
{
    EACH_SEED(seed)
    {
        begin(seed, "webrtc_is_tried_again_while_the_websocket_carries", true);
        world->net.udp_loss = 100;
        for (int i = 0; i < 90; i++) {
            sim_pair_send(&pair, pair.alpha, pair.beta, &echo);
            sim_run(world, 1 * SIM_S);
        }
        sim_check(world, is_lost(NULL));
        unsigned connected = heard(pair.alpha, ACTR_HOOK_WEBRTC_CONNECTED);
        world->net.udp_loss = 0;
        for (int i = 0; i < 150; i++) {
            sim_pair_send(&pair, pair.alpha, pair.beta, &echo);
            sim_run(world, 1 * SIM_S);
        }
        quiet();
        sim_check(world, pair.traffic.failed == 0);
        sim_check(world, heard(pair.alpha, ACTR_HOOK_WEBRTC_CONNECTED) > connected);
        sim_check(world, status() == ACTR_PEER_CONNECTED);
        sim_pair_deinit(&pair);
    }
}
