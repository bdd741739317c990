// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Start and stop of a node, each step of them failing or cut in turn. */
#include "harness.h"
#include "sim_traffic.h"

TEST(a_node_starts_and_stops)
{
    struct sim_world world;
    sim_world_init(&world, 1, "a_node_starts_and_stops");
    sim_serve(&world);
    struct sim_node *node = sim_add(&world, "alpha", NULL, NULL);
    sim_check(&world, sim_start(node) == 0);
    sim_stop(node, 0);
    sim_check(&world, node->code == 0);
    sim_world_deinit(&world);
}
