// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Nodes that reach each other by WebRTC over a network that loses, doubles and reorders datagrams:
 * connecting from both sides at once, lost offers and late candidates, paths and addresses that go,
 * of both sides at once too, the server that goes, the takeover from a WebSocket. In the end both
 * must have the same path. ACTR_SIM_SEEDS=n runs n seeds of each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "sim_pair.h"
#include "sim_seeds.h"

static struct sim_pair pair;
static struct actr_id alpha_id, beta_id;

static struct sim_world *const world = &pair.world;

#define EACH_SEED(seed) EACH_SEED_OF(seed, 30)

static void pair_init(uint64_t seed, const char *test, bool has_listeners)
{
    sim_pair_init_webrtc(&pair, seed, test, has_listeners);
    alpha_id = actr_node_id(pair.alpha->node);
    beta_id = actr_node_id(pair.beta->node);
}

static void say(bool from_alpha, enum sim_route route, uint32_t timeout_ms)
{
    const struct sim_call call = {.route = route,
                                  .len = (uint32_t)sim_between(&world->net, 0, 40000),
                                  .timeout_ms = timeout_ms,
                                  .delay_us = 60 * SIM_S};
    sim_traffic_send(&pair.traffic, from_alpha ? pair.alpha : pair.beta,
                     from_alpha ? &beta_id : &alpha_id, &call);
}

static void settle(void)
{
    sim_check(world, sim_run_until(world, sim_traffic_is_quiet, &pair.traffic, 120 * SIM_S));
}

/* Every message was executed once and answered. */
static void expect_all_well(void)
{
    for (uint32_t i = 1; i <= pair.traffic.count; i++) {
        const struct sim_call *call = &pair.traffic.calls[i];
        sim_check(world, call->executions == 1);
        sim_check(world, call->code == 0);
    }
}

static void peer_stats(struct sim_node *node, const struct actr_id *peer,
                       struct actr_peer_stats *ret_stats)
{
    ret_stats->size = sizeof(*ret_stats);
    sim_check(world, actr_node_get_peer_stats(node->node, peer, ret_stats) == 0);
}

static bool is_agreed(void *arg)
{
    struct actr_peer_stats alpha, beta;
    (void)arg;
    peer_stats(pair.alpha, &beta_id, &alpha);
    peer_stats(pair.beta, &alpha_id, &beta);
    return alpha.has_path && beta.has_path && alpha.recovery_left_ms == 0 &&
           beta.recovery_left_ms == 0 && strcmp(alpha.local, beta.remote) == 0 &&
           strcmp(alpha.remote, beta.local) == 0;
}

/* Each has a session with the other, over one and the same path. */
static void expect_agreement(void)
{
    sim_check(world, sim_run_until(world, is_agreed, NULL, 30 * SIM_S));
}

TEST(either_side_calls_first)
{
    EACH_SEED(seed)
    {
        pair_init(seed, "either_side_calls_first", false);
        bool first = sim_chance(&world->net, 50);
        say(first, SIM_ECHO, 20000);
        settle();
        sim_check(world, sim_now_us(world) < 10 * SIM_S);
        say(!first, SIM_ECHO, 20000);
        settle();
        expect_all_well();
        expect_agreement();
        sim_pair_deinit(&pair);
    }
}

TEST(without_a_path_a_call_fails_in_time)
{
    EACH_SEED(seed)
    {
        pair_init(seed, "without_a_path_a_call_fails_in_time", false);
        world->net.udp_loss = 100;
        uint64_t began_us = sim_now_us(world);
        say(true, SIM_ECHO, 120000);
        settle();
        sim_check(world, pair.traffic.calls[1].code == ACTR_EUNAVAILABLE ||
                             pair.traffic.calls[1].code == ACTR_ETIMEDOUT);
        sim_check(world, sim_now_us(world) - began_us < 45 * SIM_S);
        world->net.udp_loss = 0;
        say(true, SIM_ECHO, 20000);
        say(false, SIM_ECHO, 20000);
        settle();
        sim_check(world, pair.traffic.calls[2].code == 0 && pair.traffic.calls[3].code == 0);
        sim_pair_deinit(&pair);
    }
}

TEST(both_sides_call_at_once_over_a_bad_network)
{
    EACH_SEED(seed)
    {
        pair_init(seed, "both_sides_call_at_once_over_a_bad_network", false);
        world->net.udp_loss = (unsigned)sim_between(&world->net, 0, 20);
        world->net.udp_doubles = (unsigned)sim_between(&world->net, 0, 10);
        for (int i = 0; i < 20; i++) {
            say(true, SIM_ECHO, 60000);
            if (i % 4 == 0)
                sim_run(world, sim_between(&world->net, 0, 60000));
            say(false, SIM_ECHO, 60000);
        }
        settle();
        expect_all_well();
        expect_agreement();
        sim_pair_deinit(&pair);
    }
}

static bool has_text(struct actr_view message, const char *text)
{
    return memmem(message.ptr, message.len, text, strlen(text)) != NULL;
}

/* Each third description is lost, each third late: candidates, which are in it, with it. */
static uint64_t bad_luck(struct sim_net *net, struct actr_view message)
{
    if (!has_text(message, "a=ice-ufrag") || sim_chance(net, 33))
        return 0;
    return sim_chance(net, 50) ? SIM_LOST : sim_between(net, 1000, 8 * SIM_S);
}

static bool is_all_executed(void *arg)
{
    (void)arg;
    return pair.traffic.last_executed == pair.traffic.count;
}

/* 200 messages of one side, in order, while a better wire takes over; their answers, if any, leave
 * all at once. */
static void expect_order(const char *test, enum sim_route route)
{
    unsigned takeovers = 0;
    EACH_SEED(seed)
    {
        pair_init(seed, test, true);
        pair.traffic.is_ordered = true;
        world->net.udp_loss = (unsigned)sim_between(&world->net, 0, 5);
        for (int i = 0; i < 200; i++) {
            say(true, route, 60000);
            sim_run(world, sim_between(&world->net, 0, 4000));
        }
        sim_check(world, sim_run_until(world, is_all_executed, NULL, 50 * SIM_S));
        sim_traffic_answer(&pair.traffic);
        settle();
        expect_all_well();
        takeovers += pair.alpha->observer.counts[ACTR_HOOK_WEBSOCKET_CONNECTED] > 0 &&
                     pair.alpha->observer.counts[ACTR_HOOK_WEBRTC_CONNECTED] > 0;
        sim_pair_deinit(&pair);
    }
    assert_true(takeovers > 0 || getenv("ACTR_SIM_SEED"));
}

TEST(the_takeover_keeps_order)
{
    expect_order("the_takeover_keeps_order", SIM_NOTE);
}

TEST(the_takeover_keeps_the_order_of_answers)
{
    expect_order("the_takeover_keeps_the_order_of_answers", SIM_LATER);
}

/* While a peer cannot be reached for long calls may fail, but for the right reason (which is that
 * it did not answer in time, where descriptions are lost); nothing runs twice, and afterwards all
 * is well. */
static void expect_no_harm(bool is_unlucky)
{
    for (uint32_t i = 1; i <= pair.traffic.count; i++) {
        const struct sim_call *call = &pair.traffic.calls[i];
        sim_check(world, call->executions == 1 || (call->executions == 0 && call->code != 0));
        sim_check(world, call->code == 0 || call->code == ACTR_EUNAVAILABLE ||
                             (call->code == ACTR_ENOTREADY && call->executions == 0) ||
                             (is_unlucky && call->code == ACTR_ETIMEDOUT));
    }
    uint32_t before = pair.traffic.count;
    sim_run(world, 30 * SIM_S);
    alpha_id = actr_node_id(pair.alpha->node); /* it may have been displaced */
    beta_id = actr_node_id(pair.beta->node);
    say(true, SIM_ECHO, 60000);
    say(false, SIM_ECHO, 60000);
    settle();
    sim_check(world, pair.traffic.calls[before + 1].code == 0);
    sim_check(world, pair.traffic.calls[before + 2].code == 0);
    expect_agreement();
}

TEST(offers_are_lost_and_candidates_come_late)
{
    EACH_SEED(seed)
    {
        pair_init(seed, "offers_are_lost_and_candidates_come_late", false);
        world->net.fate = bad_luck;
        world->net.udp_loss = (unsigned)sim_between(&world->net, 0, 10);
        for (int i = 0; i < 5; i++) {
            say(sim_chance(&world->net, 50), SIM_ECHO, 120000);
            sim_run(world, sim_between(&world->net, 0, 2 * SIM_S));
        }
        settle();
        world->net.fate = NULL;
        expect_no_harm(true);
        sim_pair_deinit(&pair);
    }
}

/* Restarts of the sessions that disturbed() ended with. */
static uint64_t restarts;

static void count_restarts(void)
{
    struct actr_peer_stats stats = {.size = sizeof(stats)};
    if (actr_node_get_peer_stats(pair.alpha->node, &beta_id, &stats) == 0)
        restarts += stats.restarts;
}

/* Traffic of both sides while `disturb` is at work. */
static void disturbed(uint64_t seed, const char *test, void (*disturb)(void))
{
    pair_init(seed, test, false);
    world->net.udp_loss = (unsigned)sim_between(&world->net, 0, 10);
    say(true, SIM_ECHO, 30000);
    settle();
    for (int i = 0; i < 4; i++) {
        disturb();
        for (int k = 0; k < 10; k++) {
            say(sim_chance(&world->net, 50), SIM_ECHO, 90000);
            sim_run(world, sim_between(&world->net, 0, 1000000));
        }
    }
    settle();
    bool is_unlucky = world->net.fate != NULL;
    world->net.fate = NULL;
    count_restarts();
    expect_no_harm(is_unlucky);
    sim_pair_deinit(&pair);
}

static struct sim_node *either(void)
{
    return sim_chance(&world->net, 50) ? pair.alpha : pair.beta;
}

static void move_one(void)
{
    sim_host_move(&either()->host);
}

/* Half of what is told about sessions is told again when it is out of date: offers of sessions that
 * are over, restarts that have been made, candidates of addresses that are gone. */
static uint64_t echoes(struct sim_net *net, struct actr_view message)
{
    if ((!has_text(message, "a=ice-ufrag") && !has_text(message, "candidate:") &&
         !has_text(message, "network_recovered")) ||
        sim_chance(net, 50))
        return 0;
    return SIM_AGAIN | sim_between(net, 1, sim_chance(net, 50) ? SIM_S : 20 * SIM_S);
}

static void move_among_echoes(void)
{
    world->net.fate = echoes;
    sim_host_move(&either()->host);
    if (sim_chance(&world->net, 30))
        sim_host_move(&either()->host);
}

TEST(what_was_told_is_told_again)
{
    EACH_SEED(seed) disturbed(seed, "what_was_told_is_told_again", move_among_echoes);
}

TEST(addresses_change)
{
    restarts = 0;
    EACH_SEED(seed) disturbed(seed, "addresses_change", move_one);
    assert_true(restarts > 0);
}

static void move_both(void)
{
    sim_host_move(&pair.alpha->host);
    if (sim_chance(&world->net, 50))
        sim_run(world, sim_between(&world->net, 0, 3 * SIM_S));
    sim_host_move(&pair.beta->host);
}

TEST(both_addresses_change_at_once)
{
    restarts = 0;
    EACH_SEED(seed) disturbed(seed, "both_addresses_change_at_once", move_both);
    assert_true(restarts > 0);
}

static bool are_both_back(void *arg)
{
    const unsigned *before = arg;
    return pair.alpha->observer.counts[ACTR_HOOK_SIGNALING_CONNECTED] > before[0] &&
           pair.beta->observer.counts[ACTR_HOOK_SIGNALING_CONNECTED] > before[1];
}

static bool has_moved(const struct sim_node *node, const char *local)
{
    size_t len = strlen(node->host.address);
    return strncmp(local, node->host.address, len) == 0 && local[len] == ':';
}

static bool is_agreed_anew(void *arg)
{
    struct actr_peer_stats alpha, beta;
    peer_stats(pair.alpha, &beta_id, &alpha);
    peer_stats(pair.beta, &alpha_id, &beta);
    return is_agreed(arg) && has_moved(pair.alpha, alpha.local) && has_moved(pair.beta, beta.local);
}

/* What was said while one of them was not there is said again when it is. */
TEST(both_addresses_change_and_the_path_is_back_with_the_server)
{
    uint64_t longest_us = 0;
    EACH_SEED(seed)
    {
        pair_init(seed, "both_addresses_change_and_the_path_is_back_with_the_server", false);
        say(true, SIM_ECHO, 30000);
        settle();
        for (int i = 0; i < 3; i++) {
            unsigned before[] = {pair.alpha->observer.counts[ACTR_HOOK_SIGNALING_CONNECTED],
                                 pair.beta->observer.counts[ACTR_HOOK_SIGNALING_CONNECTED]};
            move_both();
            sim_check(world, sim_run_until(world, are_both_back, before, 30 * SIM_S));
            uint64_t since_us = sim_now_us(world);
            sim_check(world, sim_run_until(world, is_agreed_anew, NULL, 30 * SIM_S));
            uint64_t took_us = sim_now_us(world) - since_us;
            longest_us = took_us > longest_us ? took_us : longest_us;
            sim_check(world, took_us <= SIM_S);
            sim_run(world, sim_between(&world->net, 0, 5 * SIM_S));
        }
        say(true, SIM_ECHO, 30000);
        say(false, SIM_ECHO, 30000);
        settle();
        expect_all_well();
        sim_pair_deinit(&pair);
    }
    if (getenv("ACTR_SIM_LOG"))
        printf("longest: %llu ms\n", (unsigned long long)longest_us / 1000);
}

/* Restarts are told as JSEP tells them: an offer like any other. */
static uint64_t in_plain_words(struct sim_net *net, struct actr_view message)
{
    static const char typed[] = {8, 3, 18}; /* type: ICE_RESTART_OFFER, and the tag of sdp */
    uint8_t *at = memmem(message.ptr, message.len, typed, sizeof(typed));
    if (at && has_text(message, "a=ice-ufrag"))
        at[1] = 0;
    return 0;
}

static uint64_t restarts_of(struct sim_node *node, const struct actr_id *peer)
{
    struct actr_peer_stats stats;
    peer_stats(node, peer, &stats);
    return stats.restarts;
}

/* The session goes on: both count the restarts of one and the same. */
TEST(a_plain_offer_may_be_a_restart)
{
    EACH_SEED(seed)
    {
        pair_init(seed, "a_plain_offer_may_be_a_restart", false);
        say(true, SIM_ECHO, 30000);
        settle();
        world->net.fate = in_plain_words;
        for (unsigned i = 1; i <= 3; i++) {
            move_one();
            say(true, SIM_ECHO, 30000);
            say(false, SIM_ECHO, 30000);
            settle();
            sim_check(world, sim_run_until(world, is_agreed_anew, NULL, 30 * SIM_S));
            sim_check(world, restarts_of(pair.alpha, &beta_id) >= i);
            sim_check(world, restarts_of(pair.beta, &alpha_id) >= i);
            sim_run(world, sim_between(&world->net, 0, 5 * SIM_S));
        }
        expect_all_well();
        sim_pair_deinit(&pair);
    }
}

static void move_both_amid_bad_luck(void)
{
    world->net.fate = bad_luck;
    move_both();
}

TEST(restarts_are_lost_too)
{
    EACH_SEED(seed) disturbed(seed, "restarts_are_lost_too", move_both_amid_bad_luck);
}

static void break_sockets(void)
{
    sim_host_break_udp(&either()->host,
                       sim_chance(&world->net, 50) ? 0 : sim_between(&world->net, 1, 5 * SIM_S));
}

TEST(sockets_fail_for_good)
{
    EACH_SEED(seed) disturbed(seed, "sockets_fail_for_good", break_sockets);
}

static void cut_off_one(void)
{
    sim_host_hole(&either()->host, sim_between(&world->net, 1 * SIM_S, 12 * SIM_S));
}

TEST(one_side_is_cut_off_for_a_while)
{
    EACH_SEED(seed) disturbed(seed, "one_side_is_cut_off_for_a_while", cut_off_one);
}

static void lose_server(void)
{
    if (!world->is_serving)
        return;
    sim_cut(&world->net, &world->server, NULL, SIM_CUT_BOTH);
    sim_host_move(&either()->host);
}

TEST(the_server_is_lost_and_addresses_change)
{
    EACH_SEED(seed) disturbed(seed, "the_server_is_lost_and_addresses_change", lose_server);
}
