// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Chaos: traffic between all nodes of a world, while a schedule drawn from the seed cuts, delays
 * and restarts whatever it can. Loop thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "sim_traffic.h"
#include "sys/loop.h"

struct sim_chaos {
    struct sim_world *world;
    struct sim_traffic *traffic;
    struct loop_timer fault, talk;
    bool is_on;
    bool may_forget;                     /* the server may lose what it wrote down */
    struct actr_id known[SIM_NODES_MAX]; /* ids of the nodes, now or before */
    unsigned faults;
};

void sim_chaos_init(struct sim_chaos *chaos, struct sim_world *world, struct sim_traffic *traffic);
void sim_chaos_start(struct sim_chaos *chaos);
/* No more faults, no more traffic; what is broken is mended: the network, the server, the nodes
 * (these begin to start again by themselves until sim_chaos_deinit()). */
void sim_chaos_calm(struct sim_chaos *chaos);
void sim_chaos_deinit(struct sim_chaos *chaos);
