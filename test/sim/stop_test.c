// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The stop of a node that is busy: what it has taken it answers, within the grace; whoever called
 * it hears, in any case. */
#include "harness.h"
#include "sim_pair.h"

static struct sim_pair pair;

static const struct sim_call *send_later(uint64_t delay_us)
{
    const struct sim_call later = {.route = SIM_LATER, .len = 100, .delay_us = delay_us};
    struct actr_id id = actr_node_id(pair.beta->node);
    return &pair.traffic.calls[sim_traffic_send(&pair.traffic, pair.alpha, &id, &later)];
}

TEST(a_kept_reply_leaves_before_the_node_stops)
{
    sim_pair_init(&pair, 1, "a_kept_reply_leaves_before_the_node_stops");
    const struct sim_call *call = send_later(2 * SIM_S);
    sim_run(&pair.world, SIM_S);
    sim_check(&pair.world, call->executions == 1 && call->ends == 0);
    uint64_t begun_us = sim_now_us(&pair.world);
    sim_stop(pair.beta, 5000);
    sim_check(&pair.world, sim_now_us(&pair.world) - begun_us < 5 * SIM_S);
    sim_run(&pair.world, SIM_S);
    sim_check(&pair.world, call->ends == 1 && call->code == 0);
    sim_pair_deinit(&pair);
}

TEST(a_kept_reply_is_cut_at_the_grace)
{
    sim_pair_init(&pair, 1, "a_kept_reply_is_cut_at_the_grace");
    const struct sim_call *call = send_later(20 * SIM_S);
    sim_run(&pair.world, SIM_S);
    sim_check(&pair.world, call->executions == 1);
    uint64_t begun_us = sim_now_us(&pair.world);
    sim_stop(pair.beta, 3000);
    sim_check(&pair.world, sim_now_us(&pair.world) - begun_us >= 3 * SIM_S);
    sim_check(&pair.world, sim_now_us(&pair.world) - begun_us < 6 * SIM_S);
    sim_run(&pair.world, SIM_S);
    sim_check(&pair.world, call->ends == 1 && call->code == ACTR_EUNAVAILABLE);
    sim_pair_deinit(&pair);
}

/* A reply that is given after its node was closed: the handle stands, and says that it is late. */
TEST(a_kept_reply_outlives_its_node)
{
    sim_pair_init(&pair, 1, "a_kept_reply_outlives_its_node");
    const struct sim_call *call = send_later(20 * SIM_S);
    sim_run(&pair.world, SIM_S);
    sim_stop(pair.beta, 10);
    sim_remove(pair.beta);
    sim_run(&pair.world, 30 * SIM_S);
    sim_check(&pair.world, pair.traffic.kept_count == 0);
    sim_check(&pair.world, call->ends == 1 && call->code == ACTR_EUNAVAILABLE);
    sim_pair_deinit(&pair);
}

/* Calls of every kind come in while the callee stops: each ends with an answer or
 * ACTR_EUNAVAILABLE, and none by its own timeout. */
TEST(no_caller_of_a_stopping_node_is_left_in_silence)
{
    unsigned answered = 0, refused = 0;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        sim_pair_init(&pair, seed, "no_caller_of_a_stopping_node_is_left_in_silence");
        struct actr_id id = actr_node_id(pair.beta->node);
        for (int i = 0; i < 60; i++) {
            struct sim_call call = {.route = (enum sim_route)(sim_random(&pair.world.net) % 3),
                                    .len = (uint32_t)sim_between(&pair.world.net, 0, 3000),
                                    .delay_us = sim_between(&pair.world.net, 0, 400 * SIM_MS)};
            sim_traffic_send(&pair.traffic, pair.alpha, &id, &call);
            sim_run(&pair.world, sim_between(&pair.world.net, 0, 5000));
            if (i == 30)
                sim_check(&pair.world, actr_node_stop(pair.beta->node, 200) == 0);
        }
        sim_check(&pair.world,
                  sim_run_until(&pair.world, sim_traffic_is_quiet, &pair.traffic, 29 * SIM_S));
        for (uint32_t i = 1; i <= 60; i++) {
            const struct sim_call *call = &pair.traffic.calls[i];
            answered += call->code == 0 || call->code == ACTR_EINVALID;
            refused += call->code == ACTR_EUNAVAILABLE;
        }
        sim_check(&pair.world, answered + refused == seed * 60);
        sim_pair_deinit(&pair);
    }
    assert_true(answered > 60 && refused > 60);
}

/* The calls of a node that stops itself end with it. */
TEST(a_stopping_caller_hears_of_its_calls)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        sim_pair_init(&pair, seed, "a_stopping_caller_hears_of_its_calls");
        for (int i = 0; i < 20; i++)
            send_later(sim_between(&pair.world.net, 0, 5 * SIM_S));
        sim_run(&pair.world, sim_between(&pair.world.net, 0, SIM_S));
        sim_stop(pair.alpha, 500);
        sim_check(&pair.world, pair.traffic.pending == 0);
        for (uint32_t i = 1; i <= 20; i++) {
            const struct sim_call *call = &pair.traffic.calls[i];
            sim_check(&pair.world, call->code == 0 || call->code == ACTR_EUNAVAILABLE);
        }
        sim_pair_deinit(&pair);
    }
}
