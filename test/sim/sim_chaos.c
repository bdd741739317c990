// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The schedule of faults, and the traffic it disturbs.
 *
 * Two timers: one draws a fault, the other a message. A node that was stopped is started again at
 * the next draw, a server that was ended likewise. Loop thread. */
#include "sim_chaos.h"

#include <string.h>

#include "base/list.h"

#define CHAOS_HOLE_MAX_US (15 * SIM_S)
#define CHAOS_LEN_MAX 200000

static struct sim_node *chaos_node(struct sim_chaos *chaos)
{
    struct sim_world *world = chaos->world;
    struct sim_node *node;
    do
        node = &world->nodes[sim_random(&world->net) % SIM_NODES_MAX];
    while (!node->node);
    return node;
}

static struct sim_host *chaos_host(struct sim_chaos *chaos)
{
    struct sim_world *world = chaos->world;
    return sim_chance(&world->net, 30) ? &world->server : &chaos_node(chaos)->host;
}

/* Faults ------------------------------------------------------------------------------------- */

static void fault_cut_one(struct sim_chaos *chaos)
{
    struct sim_net *net = &chaos->world->net;
    if (net->link_count == 0)
        return;
    size_t index = sim_random(net) % net->link_count;
    sim_cut_one(net, index, (enum sim_cut)(sim_random(net) % SIM_CUT_COUNT));
}

static void fault_cut_pair(struct sim_chaos *chaos)
{
    struct sim_net *net = &chaos->world->net;
    sim_cut(net, chaos_host(chaos), chaos_host(chaos),
            (enum sim_cut)(sim_random(net) % SIM_CUT_COUNT));
}

static void fault_hole(struct sim_chaos *chaos)
{
    sim_host_hole(chaos_host(chaos), sim_between(&chaos->world->net, 10000, CHAOS_HOLE_MAX_US));
}

static void fault_refuse(struct sim_chaos *chaos)
{
    struct sim_host *host = chaos_host(chaos);
    host->refuses = !host->refuses;
}

static void fault_delay(struct sim_chaos *chaos)
{
    struct sim_net *net = &chaos->world->net;
    bool is_slow = net->jitter_us > 1000;
    net->delay = is_slow ? (struct sim_delay){500, 20000} : (struct sim_delay){1000, 250000};
    net->jitter_us = is_slow ? 1000 : 150000;
}

static void fault_server(struct sim_chaos *chaos)
{
    struct sim_world *world = chaos->world;
    if (!world->is_serving)
        return;
    sim_unserve_begin(world, sim_chance(&world->net, 50));
    if (chaos->may_forget && sim_chance(&world->net, 50))
        world->wipes_disk = true;
}

static void fault_node(struct sim_chaos *chaos)
{
    struct sim_node *node = chaos_node(chaos);
    uint32_t grace_ms = (uint32_t)sim_between(&chaos->world->net, 1, 3000);
    sim_check(chaos->world, actr_node_stop(node->node, grace_ms) == 0);
}

static void chaos_mend(struct sim_chaos *chaos)
{
    struct sim_world *world = chaos->world;
    if (!world->rendezvous && (!chaos->is_on || sim_chance(&world->net, 60)))
        sim_serve_begin(world);
    for (size_t i = 0; i < SIM_NODES_MAX; i++) {
        struct sim_node *node = &world->nodes[i];
        if (node->node && node->state == ACTR_NODE_OPEN)
            sim_check(world, actr_node_start(node->node) == 0);
    }
}

static void chaos_on_fault(struct loop_timer *timer)
{
    struct sim_chaos *chaos = container_of(timer, struct sim_chaos, fault);
    struct sim_net *net = &chaos->world->net;
    static void (*const faults[])(struct sim_chaos *) = {
        fault_cut_one, fault_cut_one, fault_cut_one, fault_cut_pair, fault_cut_pair,
        fault_hole,    fault_refuse,  fault_delay,   fault_server,   fault_node};

    chaos_mend(chaos);
    loop_timer_start(timer, sim_between(net, 1000, chaos->is_on ? 1500000 : 500000));
    if (!chaos->is_on)
        return;
    chaos->faults++;
    faults[sim_random(net) % (sizeof(faults) / sizeof(faults[0]))](chaos);
}

/* Traffic ------------------------------------------------------------------------------------ */

static void chaos_on_talk(struct loop_timer *timer)
{
    struct sim_chaos *chaos = container_of(timer, struct sim_chaos, talk);
    struct sim_net *net = &chaos->world->net;
    struct sim_node *from = chaos_node(chaos), *to = chaos_node(chaos);
    size_t index = (size_t)(to - chaos->world->nodes);
    struct sim_call call = {
        .route = (enum sim_route)(sim_random(net) % 4),
        .len = (uint32_t)sim_between(net, 0, sim_chance(net, 10) ? CHAOS_LEN_MAX : 500),
        .timeout_ms = (uint32_t)sim_between(net, 1, sim_chance(net, 20) ? 500 : 20000),
        .delay_us = sim_between(net, 0, sim_chance(net, 20) ? 10 * SIM_S : 200 * SIM_MS),
    };
    if (to->state == ACTR_NODE_RUNNING && sim_chance(net, 90))
        chaos->known[index] = actr_node_id(to->node);
    if (from != to && chaos->known[index].serial) {
        uint32_t serial = sim_traffic_send(chaos->traffic, from, &chaos->known[index], &call);
        const struct sim_call *sent = &chaos->traffic->calls[serial];
        if (sent->was_taken && sim_chance(net, 3))
            actr_call_cancel(from->node, sent->number);
    }
    if (chaos->traffic->count + 64 < SIM_CALLS_MAX)
        loop_timer_start(timer, sim_between(net, 0, sim_chance(net, 50) ? 3000 : 100000));
}

/* Life --------------------------------------------------------------------------------------- */

void sim_chaos_init(struct sim_chaos *chaos, struct sim_world *world, struct sim_traffic *traffic)
{
    memset(chaos, 0, sizeof(*chaos));
    chaos->world = world;
    chaos->traffic = traffic;
    loop_timer_init(&chaos->fault, world->loop, chaos_on_fault);
    loop_timer_init(&chaos->talk, world->loop, chaos_on_talk);
}

void sim_chaos_start(struct sim_chaos *chaos)
{
    chaos->is_on = true;
    loop_timer_start(&chaos->fault, 1000);
    loop_timer_start(&chaos->talk, 0);
}

void sim_chaos_calm(struct sim_chaos *chaos)
{
    struct sim_world *world = chaos->world;
    chaos->is_on = false;
    loop_timer_stop(&chaos->talk);
    loop_timer_start(&chaos->fault, 0);
    world->net.delay = (struct sim_delay){500, 20000};
    world->net.jitter_us = 1000;
    list_each(link, &world->net.hosts)
    {
        struct sim_host *host = container_of(link, struct sim_host, link);
        host->refuses = false;
        sim_host_heal(host);
    }
}

void sim_chaos_deinit(struct sim_chaos *chaos)
{
    loop_timer_stop(&chaos->fault);
    loop_timer_stop(&chaos->talk);
}
