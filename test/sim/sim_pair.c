// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The world of most simulations. */
#include "sim_pair.h"

static void sim_pair_start(struct sim_pair *pair)
{
    sim_traffic_init(&pair->traffic, &pair->world);
    sim_serve(&pair->world);
    pair->alpha = sim_add(&pair->world, "alpha", sim_traffic_workload(&pair->traffic), NULL);
    pair->beta = sim_add(&pair->world, "beta", sim_traffic_workload(&pair->traffic), NULL);
    sim_check(&pair->world, sim_start(pair->alpha) == 0);
    sim_check(&pair->world, sim_start(pair->beta) == 0);
}

void sim_pair_init(struct sim_pair *pair, uint64_t seed, const char *test)
{
    sim_world_init(&pair->world, seed, test);
    sim_pair_start(pair);
}

void sim_pair_init_webrtc(struct sim_pair *pair, uint64_t seed, const char *test,
                          bool has_listeners)
{
    sim_world_init(&pair->world, seed, test);
    pair->world.node_options.no_webrtc = false;
    pair->world.no_listener = !has_listeners;
    sim_pair_start(pair);
}

void sim_pair_deinit(struct sim_pair *pair)
{
    sim_world_deinit(&pair->world);
    sim_traffic_deinit(&pair->traffic);
    sim_check(&pair->world, pair->world.associations.live == 0);
}

const struct sim_call *sim_pair_send(struct sim_pair *pair, struct sim_node *from,
                                     const struct sim_node *to, const struct sim_call *call)
{
    struct actr_id id = actr_node_id(to->node);
    return &pair->traffic.calls[sim_traffic_send(&pair->traffic, from, &id, call)];
}
