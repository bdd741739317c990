// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The stop of a node that is busy: what it has taken it answers, within the grace; whoever called
 * it hears, in any case. */
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

static const struct sim_call *send_later(uint64_t delay_us)
{
    const struct sim_call later = {.route = SIM_LATER, .len = 100, .delay_us = delay_us};
    struct actr_id id = actr_node_id(beta->node);
    return &traffic.calls[sim_traffic_send(&traffic, alpha, &id, &later)];
}

TEST(a_kept_reply_leaves_before_the_node_stops)
{
    begin(1, "a_kept_reply_leaves_before_the_node_stops");
    const struct sim_call *call = send_later(2 * SIM_S);
    sim_run(&world, SIM_S);
    sim_check(&world, call->executions == 1 && call->ends == 0);
    uint64_t begun_us = sim_now_us(&world);
    sim_stop(beta, 5000);
    sim_check(&world, sim_now_us(&world) - begun_us < 5 * SIM_S);
    sim_run(&world, SIM_S);
    sim_check(&world, call->ends == 1 && call->code == 0);
    end();
}

TEST(a_kept_reply_is_cut_at_the_grace)
{
    begin(1, "a_kept_reply_is_cut_at_the_grace");
    const struct sim_call *call = send_later(20 * SIM_S);
    sim_run(&world, SIM_S);
    sim_check(&world, call->executions == 1);
    uint64_t begun_us = sim_now_us(&world);
    sim_stop(beta, 3000);
    sim_check(&world, sim_now_us(&world) - begun_us >= 3 * SIM_S);
    sim_check(&world, sim_now_us(&world) - begun_us < 6 * SIM_S);
    sim_run(&world, SIM_S);
    sim_check(&world, call->ends == 1 && call->code == ACTR_EUNAVAILABLE);
    end();
}

/* A reply that is given after its node was closed: the handle stands, and says that it is late. */
TEST(a_kept_reply_outlives_its_node)
{
    begin(1, "a_kept_reply_outlives_its_node");
    const struct sim_call *call = send_later(20 * SIM_S);
    sim_run(&world, SIM_S);
    sim_stop(beta, 10);
    sim_remove(beta);
    sim_run(&world, 30 * SIM_S);
    sim_check(&world, traffic.kept_count == 0);
    sim_check(&world, call->ends == 1 && call->code == ACTR_EUNAVAILABLE);
    end();
}

/* Calls of every kind come in while the callee stops: each ends with an answer or
 * ACTR_EUNAVAILABLE, and none by its own timeout. */
TEST(no_caller_of_a_stopping_node_is_left_in_silence)
{
    unsigned answered = 0, refused = 0;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        begin(seed, "no_caller_of_a_stopping_node_is_left_in_silence");
        struct actr_id id = actr_node_id(beta->node);
        for (int i = 0; i < 60; i++) {
            struct sim_call call = {.route = (enum sim_route)(sim_random(&world.net) % 3),
                                    .len = (uint32_t)sim_between(&world.net, 0, 3000),
                                    .delay_us = sim_between(&world.net, 0, 400 * SIM_MS)};
            sim_traffic_send(&traffic, alpha, &id, &call);
            sim_run(&world, sim_between(&world.net, 0, 5000));
            if (i == 30)
                sim_check(&world, actr_node_stop(beta->node, 200) == 0);
        }
        sim_check(&world, sim_run_until(&world, sim_traffic_is_quiet, &traffic, 29 * SIM_S));
        for (uint32_t i = 1; i <= 60; i++) {
            const struct sim_call *call = &traffic.calls[i];
            answered += call->code == 0 || call->code == ACTR_EINVALID;
            refused += call->code == ACTR_EUNAVAILABLE;
        }
        sim_check(&world, answered + refused == seed * 60);
        end();
    }
    assert_true(answered > 60 && refused > 60);
}

/* The calls of a node that stops itself end with it. */
TEST(a_stopping_caller_hears_of_its_calls)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        begin(seed, "a_stopping_caller_hears_of_its_calls");
        for (int i = 0; i < 20; i++)
            send_later(sim_between(&world.net, 0, 5 * SIM_S));
        sim_run(&world, sim_between(&world.net, 0, SIM_S));
        sim_stop(alpha, 500);
        sim_check(&world, traffic.pending == 0);
        for (uint32_t i = 1; i <= 20; i++) {
            const struct sim_call *call = &traffic.calls[i];
            sim_check(&world, call->code == 0 || call->code == ACTR_EUNAVAILABLE);
        }
        end();
    }
}
