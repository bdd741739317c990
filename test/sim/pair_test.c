// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Two nodes that find each other, and what happens to their calls when a wire, the server or an
 * identity goes. */
#include <stdio.h>

#include "harness.h"
#include "sim_pair.h"

static struct sim_pair pair;

/* Discovery that tells one id. */
struct finding {
    bool is_done;
    int code;
    struct actr_id id;
    size_t count;
};

static void on_found(void *arg, int code, const char *message, const struct actr_id *ids,
                     size_t count)
{
    struct finding *finding = arg;
    (void)message;
    finding->is_done = true;
    finding->code = code;
    finding->count = count;
    if (count)
        finding->id = ids[0];
}

static bool finding_is_done(void *arg)
{
    return ((struct finding *)arg)->is_done;
}

static struct actr_id find_from(struct sim_node *node)
{
    struct finding finding = {0};
    sim_check(node->world, actr_discover(node->node, SIM_TYPE, 8, 0, on_found, &finding) == 0);
    sim_check(node->world, sim_run_until(node->world, finding_is_done, &finding, 10 * SIM_S));
    sim_check(node->world, finding.code == 0 && finding.count == 1);
    return finding.id;
}

TEST(calls_and_tells_arrive_in_order)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        sim_pair_init(&pair, seed, "calls_and_tells_arrive_in_order");
        pair.traffic.is_ordered = true;
        struct actr_id id = find_from(pair.alpha);
        struct actr_id beta = actr_node_id(pair.beta->node);
        sim_check(&pair.world, actr_id_equal(&id, &beta));
        for (int i = 0; i < 60; i++) {
            struct sim_call call = {.route = i % 5 == 4   ? SIM_NOTE
                                             : i % 7 == 6 ? SIM_FAIL
                                                          : SIM_ECHO,
                                    .len = (uint32_t)sim_between(&pair.world.net, 0, 9000)};
            sim_traffic_send(&pair.traffic, pair.alpha, &id, &call);
            sim_run(&pair.world, sim_between(&pair.world.net, 0, 4000));
        }
        sim_check(&pair.world,
                  sim_run_until(&pair.world, sim_traffic_is_quiet, &pair.traffic, 10 * SIM_S));
        sim_check(&pair.world, pair.traffic.last_executed == 60);
        for (uint32_t i = 1; i <= 60; i++) {
            const struct sim_call *call = &pair.traffic.calls[i];
            sim_check(&pair.world, call->executions == 1);
            sim_check(&pair.world, call->code == (call->route == SIM_FAIL ? ACTR_EINVALID : 0));
        }
        sim_pair_deinit(&pair);
    }
}
