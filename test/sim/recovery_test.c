// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Two nodes, and what becomes of their calls when a wire, the server or an identity goes. */
#include "harness.h"
#include "sim_traffic.h"

static struct sim_world world;
static struct sim_traffic traffic;
static struct sim_node *alpha, *beta;

static void begin(uint64_t seed, const char *test)
{
    sim_world_init(&world, seed, test);
    sim_traffic_init(&traffic, &world);
    sim_serve(&world);
    alpha = sim_add(&world, "alpha", sim_traffic_workload(&traffic), NULL);
    beta = sim_add(&world, "beta", sim_traffic_workload(&traffic), NULL);
    sim_check(&world, sim_start(alpha) == 0);
    sim_check(&world, sim_start(beta) == 0);
}

static void end(void)
{
    sim_world_deinit(&world);
    sim_traffic_deinit(&traffic);
}

static const struct sim_call *send_one(struct sim_node *from, const struct sim_node *to,
                                       const struct sim_call *call)
{
    struct actr_id id = actr_node_id(to->node);
    return &traffic.calls[sim_traffic_send(&traffic, from, &id, call)];
}

/* A call that is answered, in how many us. */
static uint64_t call_answered(struct sim_node *from, const struct sim_node *to)
{
    const struct sim_call echo = {.route = SIM_ECHO, .len = 64};
    const struct sim_call *call = send_one(from, to, &echo);
    sim_check(&world, sim_run_until(&world, sim_traffic_is_quiet, &traffic, 31 * SIM_S));
    sim_check(&world, call->ends == 1 && call->code == 0);
    return call->ended_us - call->begun_us;
}

/* The wire goes at any moment of a call: before it is sent, on its way, while it is being handled,
 * while its answer is on the way. Both ends notice the cut. */
TEST(a_call_outlives_its_wire)
{
    for (uint64_t seed = 1; seed <= 60; seed++) {
        begin(seed, "a_call_outlives_its_wire");
        call_answered(alpha, beta);
        const struct sim_call later = {
            .route = SIM_LATER, .len = 500, .delay_us = sim_between(&world.net, 0, 60 * SIM_MS)};
        const struct sim_call *call = send_one(alpha, beta, &later);
        sim_run(&world, sim_between(&world.net, 0, 80 * SIM_MS));
        bool was_cut = sim_cut(&world.net, &alpha->host, &beta->host, SIM_CUT_BOTH) > 0;
        uint64_t cut_us = sim_now_us(&world);
        sim_check(&world, was_cut);
        sim_check(&world, sim_run_until(&world, sim_traffic_is_quiet, &traffic, 31 * SIM_S));
        sim_check(&world, call->code == 0 && call->executions == 1);
        /* Noticing takes up to 0.4 s here. */
        sim_check(&world, call->ended_us < cut_us + 1 * SIM_S + 400 * SIM_MS);
        end();
    }
}

/* Nobody tells: the keepalive has to notice. */
TEST(a_call_outlives_a_wire_that_falls_silent)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        begin(seed, "a_call_outlives_a_wire_that_falls_silent");
        call_answered(alpha, beta);
        sim_cut(&world.net, &alpha->host, &beta->host, SIM_CUT_NOBODY);
        sim_check(&world, call_answered(alpha, beta) < 13 * SIM_S);
        sim_check(&world, call_answered(alpha, beta) < SIM_S);
        end();
    }
}

static bool both_up(void *arg)
{
    struct actr_node_stats stats = {.size = sizeof(stats)};
    (void)arg;
    sim_check(&world, actr_node_get_stats(alpha->node, &stats) == 0);
    if (!stats.signaling_up)
        return false;
    sim_check(&world, actr_node_get_stats(beta->node, &stats) == 0);
    return stats.signaling_up;
}

static bool none_up(void *arg)
{
    struct actr_node_stats stats = {.size = sizeof(stats)};
    (void)arg;
    sim_check(&world, actr_node_get_stats(alpha->node, &stats) == 0);
    if (stats.signaling_up)
        return false;
    sim_check(&world, actr_node_get_stats(beta->node, &stats) == 0);
    return !stats.signaling_up;
}

/* The server is away for a while and comes back with what it wrote down: nobody gets another id,
 * and calls go on all the time, because they do not need it. */
TEST(a_server_restart_changes_nothing)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        begin(seed, "a_server_restart_changes_nothing");
        struct actr_id a = actr_node_id(alpha->node), b = actr_node_id(beta->node);
        call_answered(alpha, beta);
        sim_unserve(&world, seed % 2 == 0);
        sim_check(&world, sim_run_until(&world, none_up, NULL, 2 * SIM_S));
        sim_run(&world, sim_between(&world.net, 0, 20 * SIM_S));
        sim_check(&world, call_answered(alpha, beta) < SIM_S);
        sim_serve(&world);
        sim_check(&world, sim_run_until(&world, both_up, NULL, 70 * SIM_S));
        struct actr_id a2 = actr_node_id(alpha->node), b2 = actr_node_id(beta->node);
        sim_check(&world, actr_id_equal(&a, &a2) && actr_id_equal(&b, &b2));
        sim_check(&world, call_answered(beta, alpha) < SIM_S);
        end();
    }
}

/* The server comes back and knows nothing: new ids, new wires, and calls work again. */
TEST(a_server_that_forgot_gives_new_ids)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        begin(seed, "a_server_that_forgot_gives_new_ids");
        struct actr_id a = actr_node_id(alpha->node), b = actr_node_id(beta->node);
        call_answered(alpha, beta);
        const struct sim_call later = {.route = SIM_LATER, .delay_us = 60 * SIM_S};
        const struct sim_call *call = send_one(alpha, beta, &later);
        world.wipes_disk = true;
        sim_unserve(&world, true);
        sim_serve(&world);
        sim_check(&world, sim_run_until(&world, none_up, NULL, 2 * SIM_S));
        sim_check(&world, sim_run_until(&world, both_up, NULL, 70 * SIM_S));
        struct actr_id a2 = actr_node_id(alpha->node), b2 = actr_node_id(beta->node);
        sim_check(&world, !actr_id_equal(&a, &a2) && !actr_id_equal(&b, &b2));
        /* It was sent under an identity that is gone. */
        sim_check(&world, call->ends == 1 && call->code == ACTR_EUNAVAILABLE);
        call_answered(alpha, beta);
        call_answered(beta, alpha);
        end();
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
    sim_host_init(&impostor, &world.net, "impostor");
    sim_check(&world, net_ws_dial(&impostor.net, &options, &events, &is_closed, &ws) == 0);
    sim_run(&world, 2 * SIM_S);
    sim_check(&world, !is_closed);
    net_ws_close(ws, 1000, NULL);
    sim_run(&world, 2 * SIM_S);
    sim_check(&world, is_closed);
    sim_host_deinit(&impostor);
}

/* Somebody else connects with the credential of alpha: the server closes alpha's socket by policy,
 * and alpha registers anew. */
TEST(a_displaced_node_registers_anew)
{
    begin(1, "a_displaced_node_registers_anew");
    struct actr_id before = actr_node_id(alpha->node);
    sim_run(&world, 70 * SIM_S);
    call_answered(alpha, beta);
    displace(alpha);
    sim_run(&world, 20 * SIM_S);
    struct actr_id after = actr_node_id(alpha->node);
    sim_check(&world, !actr_id_equal(&before, &after));
    sim_check(&world, both_up(NULL));
    call_answered(alpha, beta);
    call_answered(beta, alpha);
    end();
}
