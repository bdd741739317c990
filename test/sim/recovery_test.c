// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Two nodes, and what becomes of their calls when a wire, the server or an identity goes. */
#include "harness.h"
#include "sim_pair.h"

static struct sim_pair pair;

/* A call that is answered, in how many us. */
static uint64_t call_answered(struct sim_node *from, const struct sim_node *to)
{
    const struct sim_call echo = {.route = SIM_ECHO, .len = 64};
    const struct sim_call *call = sim_pair_send(&pair, from, to, &echo);
    sim_check(&pair.world,
              sim_run_until(&pair.world, sim_traffic_is_quiet, &pair.traffic, 31 * SIM_S));
    sim_check(&pair.world, call->ends == 1 && call->code == 0);
    return call->ended_us - call->begun_us;
}

/* The wire goes at any moment of a call: before it is sent, on its way, while it is being handled,
 * while its answer is on the way. Both ends notice the cut. */
TEST(a_call_outlives_its_wire)
{
    for (uint64_t seed = 1; seed <= 60; seed++) {
        sim_pair_init(&pair, seed, "a_call_outlives_its_wire");
        call_answered(pair.alpha, pair.beta);
        const struct sim_call later = {.route = SIM_LATER,
                                       .len = 500,
                                       .delay_us = sim_between(&pair.world.net, 0, 60 * SIM_MS)};
        const struct sim_call *call = sim_pair_send(&pair, pair.alpha, pair.beta, &later);
        sim_run(&pair.world, sim_between(&pair.world.net, 0, 80 * SIM_MS));
        bool was_cut =
            sim_cut(&pair.world.net, &pair.alpha->host, &pair.beta->host, SIM_CUT_BOTH) > 0;
        uint64_t cut_us = sim_now_us(&pair.world);
        sim_check(&pair.world, was_cut);
        sim_check(&pair.world,
                  sim_run_until(&pair.world, sim_traffic_is_quiet, &pair.traffic, 31 * SIM_S));
        sim_check(&pair.world, call->code == 0 && call->executions == 1);
        /* Noticing takes up to 0.4 s here. */
        sim_check(&pair.world, call->ended_us < cut_us + 1 * SIM_S + 400 * SIM_MS);
        sim_pair_deinit(&pair);
    }
}

/* Nobody tells: the keepalive has to notice. */
TEST(a_call_outlives_a_wire_that_falls_silent)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        sim_pair_init(&pair, seed, "a_call_outlives_a_wire_that_falls_silent");
        call_answered(pair.alpha, pair.beta);
        sim_cut(&pair.world.net, &pair.alpha->host, &pair.beta->host, SIM_CUT_NOBODY);
        sim_check(&pair.world, call_answered(pair.alpha, pair.beta) < 13 * SIM_S);
        sim_check(&pair.world, call_answered(pair.alpha, pair.beta) < SIM_S);
        sim_pair_deinit(&pair);
    }
}

static bool both_up(void *arg)
{
    struct actr_node_stats stats = {.size = sizeof(stats)};
    (void)arg;
    sim_check(&pair.world, actr_node_get_stats(pair.alpha->node, &stats) == 0);
    if (!stats.signaling_up)
        return false;
    sim_check(&pair.world, actr_node_get_stats(pair.beta->node, &stats) == 0);
    return stats.signaling_up;
}

static bool none_up(void *arg)
{
    struct actr_node_stats stats = {.size = sizeof(stats)};
    (void)arg;
    sim_check(&pair.world, actr_node_get_stats(pair.alpha->node, &stats) == 0);
    if (stats.signaling_up)
        return false;
    sim_check(&pair.world, actr_node_get_stats(pair.beta->node, &stats) == 0);
    return !stats.signaling_up;
}

/* The server is away for a while and comes back with what it wrote down: nobody gets another id,
 * and calls go on all the time, because they do not need it. */
TEST(a_server_restart_changes_nothing)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        sim_pair_init(&pair, seed, "a_server_restart_changes_nothing");
        struct actr_id a = actr_node_id(pair.alpha->node), b = actr_node_id(pair.beta->node);
        call_answered(pair.alpha, pair.beta);
        sim_unserve(&pair.world, seed % 2 == 0);
        sim_check(&pair.world, sim_run_until(&pair.world, none_up, NULL, 2 * SIM_S));
        sim_run(&pair.world, sim_between(&pair.world.net, 0, 20 * SIM_S));
        sim_check(&pair.world, call_answered(pair.alpha, pair.beta) < SIM_S);
        sim_serve(&pair.world);
        sim_check(&pair.world, sim_run_until(&pair.world, both_up, NULL, 70 * SIM_S));
        struct actr_id a2 = actr_node_id(pair.alpha->node), b2 = actr_node_id(pair.beta->node);
        sim_check(&pair.world, actr_id_equal(&a, &a2) && actr_id_equal(&b, &b2));
        sim_check(&pair.world, call_answered(pair.beta, pair.alpha) < SIM_S);
        sim_pair_deinit(&pair);
    }
}

/* The server comes back and knows nothing: new ids, new wires, and calls work again. */
TEST(a_server_that_forgot_gives_new_ids)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        sim_pair_init(&pair, seed, "a_server_that_forgot_gives_new_ids");
        struct actr_id a = actr_node_id(pair.alpha->node), b = actr_node_id(pair.beta->node);
        call_answered(pair.alpha, pair.beta);
        const struct sim_call later = {.route = SIM_LATER, .delay_us = 60 * SIM_S};
        const struct sim_call *call = sim_pair_send(&pair, pair.alpha, pair.beta, &later);
        pair.world.wipes_disk = true;
        sim_unserve(&pair.world, true);
        sim_serve(&pair.world);
        sim_check(&pair.world, sim_run_until(&pair.world, none_up, NULL, 2 * SIM_S));
        sim_check(&pair.world, sim_run_until(&pair.world, both_up, NULL, 70 * SIM_S));
        struct actr_id a2 = actr_node_id(pair.alpha->node), b2 = actr_node_id(pair.beta->node);
        sim_check(&pair.world, !actr_id_equal(&a, &a2) && !actr_id_equal(&b, &b2));
        /* It was sent under an identity that is gone. */
        sim_check(&pair.world, call->ends == 1 && call->code == ACTR_EUNAVAILABLE);
        call_answered(pair.alpha, pair.beta);
        call_answered(pair.beta, pair.alpha);
        sim_pair_deinit(&pair);
    }
}

static void on_impostor_closed(void *user, const struct net_close *why)
{
    (void)why;
    *(bool *)user = true;
}

/* Another host connects to the server as the node did last. */
static void displace(const struct sim_node *node)
{
    static const struct net_ws_events events = {.on_closed = on_impostor_closed};
    const struct net_ws_options options = {.url = node->host.asked_url};
    struct sim_host impostor;
    struct net_ws *ws;
    bool is_closed = false;
    sim_host_init(&impostor, &pair.world.net, "impostor");
    sim_check(&pair.world, net_ws_dial(&impostor.net, &options, &events, &is_closed, &ws) == 0);
    sim_run(&pair.world, 2 * SIM_S);
    sim_check(&pair.world, !is_closed);
    net_ws_close(ws, 1000, NULL);
    sim_run(&pair.world, 2 * SIM_S);
    sim_check(&pair.world, is_closed);
    sim_host_deinit(&impostor);
}

/* Somebody else connects with the credential of alpha: the server closes alpha's socket by policy,
 * and alpha registers anew. */
TEST(a_displaced_node_registers_anew)
{
    sim_pair_init(&pair, 1, "a_displaced_node_registers_anew");
    struct actr_id before = actr_node_id(pair.alpha->node);
    sim_run(&pair.world, 70 * SIM_S);
    call_answered(pair.alpha, pair.beta);
    displace(pair.alpha);
    sim_run(&pair.world, 20 * SIM_S);
    struct actr_id after = actr_node_id(pair.alpha->node);
    sim_check(&pair.world, !actr_id_equal(&before, &after));
    sim_check(&pair.world, both_up(NULL));
    call_answered(pair.alpha, pair.beta);
    call_answered(pair.beta, pair.alpha);
    sim_pair_deinit(&pair);
}
