// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Connections of which one end is gone without a word: a host whose network swallows everything.
 * Both ends find out in the time of their keepalive and give the connection up, and everybody else
 * is served all the while. */
#include "harness.h"
#include "sim_traffic.h"

/* A connection between nodes, that to the server as the node sees it, and as the server does; with
 * a second for the way. */
#define PEER_DEAD_US (12 * SIM_S)
#define CLIENT_DEAD_US (11 * SIM_S)
#define SERVER_DEAD_US (66 * SIM_S) /* it hides who is away after 5 s more */

static struct sim_world world;
static struct sim_traffic traffic;
static struct sim_node *alpha, *beta, *lost;

static void begin(uint64_t seed, const char *test)
{
    sim_world_init(&world, seed, test);
    sim_traffic_init(&traffic, &world);
    sim_serve(&world);
    alpha = sim_add(&world, "alpha", sim_traffic_workload(&traffic), NULL);
    beta = sim_add(&world, "beta", NULL, NULL);
    lost = sim_add(&world, "lost", sim_traffic_workload(&traffic), NULL);
    sim_check(&world, sim_start(alpha) == 0);
    sim_check(&world, sim_start(beta) == 0);
    sim_check(&world, sim_start(lost) == 0);
}

static void end(void)
{
    sim_world_deinit(&world);
    sim_traffic_deinit(&traffic);
}

static void expect_served(struct sim_node *from)
{
    const struct sim_call echo = {.route = SIM_ECHO, .len = 64};
    struct actr_id id = actr_node_id(alpha->node);
    const struct sim_call *call = &traffic.calls[sim_traffic_send(&traffic, from, &id, &echo)];
    sim_check(&world, sim_run_until(&world, sim_traffic_is_quiet, &traffic, SIM_S));
    sim_check(&world, call->ends == 1 && call->code == 0);
}

static struct actr_node_stats stats_of(const struct sim_node *node)
{
    struct actr_node_stats stats = {.size = sizeof(stats)};
    sim_check(&world, actr_node_get_stats(node->node, &stats) == 0);
    return stats;
}

static void on_found(void *arg, int code, const char *message, const struct actr_id *ids,
                     size_t count)
{
    (void)message;
    (void)ids;
    sim_check(&world, code == 0);
    *(size_t *)arg = count;
}

static bool is_counted(void *arg)
{
    return *(size_t *)arg != SIZE_MAX;
}

/* How many actors the server tells beta of. */
static size_t count_listed(void)
{
    size_t count = SIZE_MAX;
    sim_check(&world, actr_discover(beta->node, SIM_TYPE, 8, 0, on_found, &count) == 0);
    sim_check(&world, sim_run_until(&world, is_counted, &count, SIM_S));
    return count;
}

/* A node dials, is heard, and its network is gone: the listener's end and its own. */
TEST(a_listener_gives_up_a_peer_that_is_gone_without_a_word)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        begin(seed, "a_listener_gives_up_a_peer_that_is_gone_without_a_word");
        expect_served(beta);
        expect_served(lost);
        sim_check(&world, stats_of(alpha).peers == 2 && stats_of(lost).peers == 1);
        sim_run(&world, sim_between(&world.net, 0, 10 * SIM_S));
        sim_host_hole(&lost->host, SIM_FOREVER);
        for (uint64_t from_us = sim_now_us(&world); sim_now_us(&world) - from_us < PEER_DEAD_US;) {
            expect_served(beta);
            sim_run(&world, 500 * SIM_MS);
        }
        sim_check(&world, stats_of(alpha).peers == 1 && stats_of(lost).peers == 0);
        expect_served(beta);
        sim_host_heal(&lost->host);
        expect_served(lost);
        sim_check(&world, stats_of(alpha).peers == 2);
        end();
    }
}

/* The same with the connection to the server. The server waits longer, because a node may be idle
 * for long. Who comes back may be somebody else: an upgrade that it gave up arrives late and
 * displaces it. */
TEST(a_server_gives_up_a_node_that_is_gone_without_a_word)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        begin(seed, "a_server_gives_up_a_node_that_is_gone_without_a_word");
        sim_run(&world, sim_between(&world.net, 0, 30 * SIM_S));
        sim_check(&world, count_listed() == 2);
        sim_host_hole(&lost->host, SIM_FOREVER);
        sim_run(&world, CLIENT_DEAD_US);
        sim_check(&world, !stats_of(lost).signaling_up);
        sim_check(&world, stats_of(alpha).signaling_up && stats_of(beta).signaling_up);
        sim_run(&world, SERVER_DEAD_US - CLIENT_DEAD_US);
        sim_check(&world, count_listed() == 1);
        expect_served(beta);
        sim_host_heal(&lost->host);
        sim_run(&world, 70 * SIM_S);
        sim_check(&world, stats_of(lost).signaling_up);
        sim_check(&world, count_listed() == 2);
        expect_served(lost);
        end();
    }
}
