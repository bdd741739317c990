// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Start and stop of a node: each step of the start fails in turn, is stopped in turn, and leaves a
 * node that is open and starts again. */
#include <string.h>

#include "harness.h"
#include "sim_traffic.h"

static struct sim_world world;
static struct sim_traffic traffic;

static struct sim_node *begin(const char *test)
{
    sim_world_init(&world, 1, test);
    sim_traffic_init(&traffic, &world);
    return sim_add(&world, "alpha", sim_traffic_workload(&traffic), NULL);
}

static void end(void)
{
    sim_world_deinit(&world);
    sim_traffic_deinit(&traffic);
}

/* A failed start leaves nothing: no connection, no port. */
static void check_open(struct sim_node *node, int code)
{
    sim_check(&world, node->state == ACTR_NODE_OPEN);
    sim_check(&world, node->code == code);
    sim_check(&world, node->text[0] != '\0');
    sim_check(&world, actr_node_ws_port(node->node) == 0);
    sim_check(&world, list_is_empty(&node->host.servers));
    sim_check(&world, sim_host_ends(&node->host) == 0);
}

static void check_starts(struct sim_node *node)
{
    sim_check(&world, sim_start(node) == 0);
    sim_check(&world, actr_node_ws_port(node->node) == 4711);
    sim_stop(node, 0);
    sim_check(&world, node->code == 0);
}

TEST(a_node_starts_and_stops)
{
    struct sim_node *node = begin("a_node_starts_and_stops");
    sim_serve(&world);
    check_starts(node);
    check_starts(node);
    end();
}

TEST(a_port_in_use)
{
    struct sim_node *node = begin("a_port_in_use");
    const struct net_server_options options = {.port = 4711};
    const struct net_server_events events = {0};
    struct net_server *server;
    sim_serve(&world);
    sim_check(&world, net_listen(&node->host.net, &options, &events, NULL, &server) == 0);
    sim_check(&world, sim_start(node) == ACTR_EIO);
    sim_check(&world, strstr(node->text, "4711") != NULL);
    net_server_close(server);
    sim_run(&world, SIM_S);
    check_open(node, ACTR_EIO);
    check_starts(node);
    end();
}

TEST(a_server_that_is_down)
{
    struct sim_node *node = begin("a_server_that_is_down");
    uint64_t begun_us = sim_now_us(&world);
    sim_check(&world, sim_start(node) == ACTR_EUNAVAILABLE);
    sim_check(&world, sim_now_us(&world) - begun_us <= 31 * SIM_S);
    check_open(node, ACTR_EUNAVAILABLE);
    sim_serve(&world);
    check_starts(node);
    end();
}

TEST(a_server_that_comes_up_during_the_start)
{
    struct sim_node *node = begin("a_server_that_comes_up_during_the_start");
    sim_check(&world, actr_node_start(node->node) == 0);
    sim_run(&world, 5 * SIM_S);
    sim_check(&world, node->state == ACTR_NODE_STARTING);
    sim_serve(&world);
    sim_run(&world, 10 * SIM_S);
    sim_check(&world, node->state == ACTR_NODE_RUNNING);
    end();
}

TEST(a_server_that_does_not_answer)
{
    struct sim_node *node = begin("a_server_that_does_not_answer");
    sim_serve(&world);
    sim_host_hole(&world.server, SIM_FOREVER);
    uint64_t begun_us = sim_now_us(&world);
    sim_check(&world, sim_start(node) == ACTR_ETIMEDOUT);
    sim_check(&world, sim_now_us(&world) - begun_us <= 31 * SIM_S);
    check_open(node, ACTR_ETIMEDOUT);
    sim_host_heal(&world.server);
    check_starts(node);
    end();
}

TEST(a_realm_that_does_not_exist)
{
    struct sim_node *node = begin("a_realm_that_does_not_exist");
    world.options.want_any_realm = false;
    sim_serve(&world);
    sim_check(&world, sim_start(node) == ACTR_EPERMISSION);
    check_open(node, ACTR_EPERMISSION);
    sim_unserve(&world, false);
    world.options.want_any_realm = true;
    sim_serve(&world);
    check_starts(node);
    end();
}

TEST(a_secret_that_is_missing)
{
    struct sim_node *node = begin("a_secret_that_is_missing");
    world.options.any_secret = "s3cret";
    sim_serve(&world);
    sim_check(&world, sim_start(node) == ACTR_EPERMISSION);
    check_open(node, ACTR_EPERMISSION);
    end();
}

/* Registered, and then the socket cannot be had: the network goes away between the two. */
struct door {
    struct loop_timer timer;
    unsigned rejections;
};

static void on_door(struct loop_timer *timer)
{
    struct door *door = container_of(timer, struct door, timer);
    const struct actr_id id = actr_node_id(world.nodes[0].node);
    if (id.serial != 0 && world.nodes[0].state == ACTR_NODE_STARTING) {
        world.server.refuses = true;
        door->rejections++;
    }
    loop_timer_start(timer, 1000);
}

TEST(a_signaling_socket_that_is_refused)
{
    struct sim_node *node = begin("a_signaling_socket_that_is_refused");
    struct door door = {0};
    sim_serve(&world);
    loop_timer_init(&door.timer, world.loop, on_door);
    loop_timer_start(&door.timer, 1000);
    sim_check(&world, sim_start(node) == ACTR_EUNAVAILABLE);
    sim_check(&world, door.rejections > 0);
    loop_timer_stop(&door.timer);
    check_open(node, ACTR_EUNAVAILABLE);
    world.server.refuses = false;
    check_starts(node);
    end();
}

TEST(an_on_start_that_fails)
{
    struct sim_node *node = begin("an_on_start_that_fails");
    sim_serve(&world);
    traffic.start_code = ACTR_EDEPENDENCY;
    sim_check(&world, sim_start(node) == ACTR_EDEPENDENCY);
    sim_run(&world, SIM_S);
    check_open(node, ACTR_EDEPENDENCY);
    traffic.start_code = 0;
    check_starts(node);
    end();
}

/* Every moment of a start is a good one to stop it. */
TEST(a_stop_at_any_moment_of_the_start)
{
    struct sim_node *node = begin("a_stop_at_any_moment_of_the_start");
    sim_serve(&world);
    unsigned stopped_early = 0;
    for (uint64_t delay_us = 0; delay_us < 300 * SIM_MS; delay_us += 1700) {
        sim_check(&world, actr_node_start(node->node) == 0);
        sim_run(&world, delay_us);
        stopped_early += node->state == ACTR_NODE_STARTING;
        sim_stop(node, 0);
        sim_check(&world, node->code == 0);
        sim_run(&world, 2 * SIM_S);
        sim_check(&world, sim_host_ends(&node->host) == 0);
        sim_check(&world, list_is_empty(&node->host.servers));
    }
    sim_check(&world, stopped_early > 20);
    check_starts(node);
    end();
}

/* Likewise while the server does not answer, is not there, and is only slow. */
TEST(a_stop_of_a_start_that_gets_nowhere)
{
    struct sim_node *node = begin("a_stop_of_a_start_that_gets_nowhere");
    for (unsigned i = 0; i < 60; i++) {
        if (i == 20)
            sim_serve(&world);
        if (i >= 20 && i < 40)
            sim_host_hole(&world.server, SIM_FOREVER);
        if (i == 40)
            sim_host_heal(&world.server);
        sim_check(&world, actr_node_start(node->node) == 0);
        sim_run(&world, sim_between(&world.net, 0, 20 * SIM_S));
        uint64_t begun_us = sim_now_us(&world);
        sim_stop(node, 0);
        sim_check(&world, sim_now_us(&world) - begun_us <= 3 * SIM_S);
        sim_check(&world, node->code == 0);
    }
    check_starts(node);
    end();
}

/* A start that follows the stop at once, from the callback that tells of it. */
TEST(a_start_while_stopping_is_refused)
{
    struct sim_node *node = begin("a_start_while_stopping_is_refused");
    sim_serve(&world);
    sim_check(&world, sim_start(node) == 0);
    sim_check(&world, actr_node_stop(node->node, 0) == 0);
    sim_check(&world, actr_node_start(node->node) == 0); /* begins only: refused on the loop */
    sim_run(&world, 10 * SIM_S);
    sim_check(&world, node->state == ACTR_NODE_OPEN && node->openings == 1);
    check_starts(node);
    end();
}
