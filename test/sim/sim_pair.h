// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The world of most simulations: a server and two nodes that have started, both with the workload
 * of sim_traffic. Loop thread. */
#pragma once

#include "sim_traffic.h"

struct sim_pair {
    struct sim_world world;
    struct sim_traffic traffic;
    struct sim_node *alpha, *beta;
};

void sim_pair_init(struct sim_pair *pair, uint64_t seed, const char *test);
/* Likewise, with WebRTC; has_listeners: and with direct WebSockets. */
void sim_pair_init_webrtc(struct sim_pair *pair, uint64_t seed, const char *test,
                          bool has_listeners);
void sim_pair_deinit(struct sim_pair *pair);

/* A message from one node of the pair to another; it stays until the end. */
const struct sim_call *sim_pair_send(struct sim_pair *pair, struct sim_node *from,
                                     const struct sim_node *to, const struct sim_call *call);
