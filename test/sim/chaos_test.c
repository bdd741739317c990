// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The property: whatever is cut, delayed, refused and restarted, every call ends exactly once, no
 * handler runs twice for one message, and when the faults have stopped everything works again.
 *
 * ACTR_SIM_SEEDS: how many seeds; ACTR_SIM_SEED: this one only. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness.h"
#include "sim_chaos.h"

/* What `.ci/run` can afford under each sanitizer; ACTR_SIM_SEEDS for a longer search. */
#define SEEDS 40
#define CHAOS_US (20 * SIM_S)
/* Registration pauses grow to minutes when the server is away long enough. */
#define RECOVERY_US (90 * SIM_S)

struct run {
    struct sim_world world;
    struct sim_traffic traffic;
    struct sim_chaos chaos;
};

struct check {
    struct sim_node *from, *to;
    bool is_done, is_found;
};

static struct run run;

static void on_found(void *arg, int code, const char *message, const struct actr_id *ids,
                     size_t count)
{
    struct check *check = arg;
    struct actr_id wanted = actr_node_id(check->to->node);
    (void)message, (void)code;
    check->is_done = true;
    for (size_t i = 0; i < count; i++)
        check->is_found = check->is_found || actr_id_equal(&ids[i], &wanted);
}

static bool check_is_done(void *arg)
{
    return ((struct check *)arg)->is_done;
}

/* Can `from` find and call `to`, now? */
static bool works(struct sim_node *from, struct sim_node *to)
{
    struct sim_call call = {.route = SIM_ECHO, .len = 100, .timeout_ms = 5000};
    struct check check = {.from = from, .to = to};
    if (from->state != ACTR_NODE_RUNNING || to->state != ACTR_NODE_RUNNING)
        return false;
    if (actr_discover(from->node, SIM_TYPE, 64, 0, on_found, &check) < 0)
        return false;
    sim_check(&run.world, sim_run_until(&run.world, check_is_done, &check, 20 * SIM_S));
    if (!check.is_found)
        return false;
    struct actr_id id = actr_node_id(to->node);
    uint32_t serial = sim_traffic_send(&run.traffic, from, &id, &call);
    const struct sim_call *sent = &run.traffic.calls[serial];
    sim_run_until(&run.world, sim_traffic_is_quiet, &run.traffic, 6 * SIM_S);
    return sent->was_taken && sent->ends == 1 && sent->code == 0;
}

static bool all_work(void)
{
    struct sim_node *nodes = run.world.nodes;
    for (size_t i = 0; i < SIM_NODES_MAX; i++) {
        for (size_t j = 0; j < SIM_NODES_MAX; j++) {
            if (i != j && nodes[i].node && nodes[j].node && !works(&nodes[i], &nodes[j]))
                return false;
        }
    }
    return true;
}

static uint64_t run_seed(uint64_t seed, bool may_forget, const char *test)
{
    static const char *const names[] = {"alpha", "beta", "gamma"};
    sim_world_init(&run.world, seed, test);
    sim_traffic_init(&run.traffic, &run.world);
    sim_serve(&run.world);
    for (size_t i = 0; i < 3; i++) {
        struct sim_node *node =
            sim_add(&run.world, names[i], sim_traffic_workload(&run.traffic), NULL);
        sim_check(&run.world, sim_start(node) == 0);
    }
    sim_chaos_init(&run.chaos, &run.world, &run.traffic);
    run.chaos.may_forget = may_forget;
    sim_chaos_start(&run.chaos);
    sim_run(&run.world, CHAOS_US);

    sim_chaos_calm(&run.chaos);
    uint64_t calm_us = sim_now_us(&run.world);
    while (!all_work()) {
        sim_check(&run.world, sim_now_us(&run.world) < calm_us + RECOVERY_US);
        sim_run(&run.world, SIM_S);
    }
    sim_check(&run.world,
              sim_run_until(&run.world, sim_traffic_is_quiet, &run.traffic, 30 * SIM_S));
    sim_chaos_deinit(&run.chaos);
    sim_world_deinit(&run.world);
    sim_traffic_deinit(&run.traffic);
    return run.world.trace;
}

static void run_seeds(uint64_t first, bool may_forget, const char *test)
{
    const char *only = getenv("ACTR_SIM_SEED"), *count = getenv("ACTR_SIM_SEEDS");
    if (only) {
        run_seed(strtoull(only, NULL, 0), may_forget, test);
        return;
    }
    uint64_t seeds = count ? strtoull(count, NULL, 0) : SEEDS;
    for (uint64_t i = 0; i < seeds; i++)
        run_seed(first + i, may_forget, test);
}

TEST(one_seed_is_one_run)
{
    for (uint64_t seed = 1; seed <= 3; seed++) {
        uint64_t trace = run_seed(seed, true, "one_seed_is_one_run");
        if (trace != run_seed(seed, true, "one_seed_is_one_run"))
            fail_msg("seed %" PRIu64 " does not repeat itself", seed);
    }
}

TEST(calls_survive_faults)
{
    run_seeds(1000, false, "calls_survive_faults");
}

TEST(calls_survive_a_server_that_forgets)
{
    run_seeds(5000, true, "calls_survive_a_server_that_forgets");
}
