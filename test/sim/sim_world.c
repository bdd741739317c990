// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The world: what every simulation has in common.
 *
 * Nodes are guests of the loop (node_open_on()), the server runs on the same loop, and all of them
 * have a host each. Nothing here knows what the nodes say to each other. The seed of the run under
 * way is told also when the process aborts. Loop thread. */
#include "sim_world.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "harness.h"
#include "hyper/lifecycle/node.h"
#include "sys/loop_virtual.h"

#define SIM_STEP_LIMIT_US (120 * SIM_S)

static const struct sim_world *world_now;

/* Failures ----------------------------------------------------------------------------------- */

static void world_tell(const struct sim_world *world)
{
    fprintf(stderr, "sim: seed %" PRIu64 ", %.6f s: ACTR_TEST=%s ACTR_SIM_SEED=%" PRIu64 "\n",
            world->seed, (double)loop_now_us(world->loop) / 1e6, world->test, world->seed);
}

static void world_on_abort(int number)
{
    (void)number;
    if (world_now)
        world_tell(world_now);
}

void sim_check_at(const struct sim_world *world, bool condition, const char *text, const char *file,
                  int line)
{
    if (condition)
        return;
    world_tell(world);
    fprintf(stderr, "%s:%d: not so: %s\n", file, line, text);
    _Exit(1); /* in the middle of anything: no other test could run in this process */
}

/* Log ---------------------------------------------------------------------------------------- */

static void world_trace(struct sim_world *world, const char *who, const char *event,
                        const char *message)
{
    const char *const texts[] = {who, event, message};
    uint64_t hash = world->trace ^ loop_now_us(world->loop);
    for (size_t i = 0; i < 3; i++) {
        for (const char *c = texts[i]; *c; c++)
            hash = (hash ^ (uint8_t)*c) * 0x100000001b3u; /* FNV-1a */
    }
    world->trace = hash;
    if (world->log_level)
        fprintf(stderr, "%12.6f %-10s %-26s %s\n", (double)loop_now_us(world->loop) / 1e6, who,
                event, message);
}

static void world_on_server_log(void *arg, enum actr_log_level level, const char *event,
                                const char *message)
{
    (void)level;
    world_trace(arg, "server", event, message);
}

static void node_on_log(void *arg, enum actr_log_level level, const char *event,
                        const char *message)
{
    struct sim_node *node = arg;
    (void)level;
    world_trace(node->world, node->host.name, event, message);
}

/* Life --------------------------------------------------------------------------------------- */

void sim_world_init(struct sim_world *world, uint64_t seed, const char *test)
{
    const char *level = getenv("ACTR_SIM_LOG");
    memset(world, 0, sizeof(*world));
    world->seed = seed;
    world->test = test;
    world->log_level = level ? atoi(level) : 0;
    world->log = (struct log){.level = world->log_level > 1 ? ACTR_LOG_DEBUG : ACTR_LOG_INFO,
                              .sink = world_on_server_log,
                              .arg = world};
    assert_int_equal(loop_virtual_new(seed, &world->loop), 0);
    sim_net_init(&world->net, world->loop, seed ^ 0x6e6574);
    sim_host_init(&world->server, &world->net, SIM_SERVER_NAME);
    sim_disk_init(&world->disk);
    sim_association_factory_init(&world->associations, world->loop);
    world->node_options.no_webrtc = true;
    world->options = (struct rendezvous_options){
        .port = SIM_SERVER_PORT, .want_any_realm = true, .heartbeat_s = 5};
    world_now = world;
    signal(SIGABRT, world_on_abort);
}

static bool world_is_unserved(void *arg)
{
    return ((struct sim_world *)arg)->rendezvous == NULL;
}

static bool node_is_open(void *arg)
{
    return ((struct sim_node *)arg)->state == ACTR_NODE_OPEN;
}

void sim_world_deinit(struct sim_world *world)
{
    for (size_t i = 0; i < SIM_NODES_MAX; i++) {
        struct sim_node *node = &world->nodes[i];
        if (!node->node)
            continue;
        if (node->state != ACTR_NODE_OPEN)
            sim_stop(node, 0);
        sim_remove(node);
    }
    if (world->rendezvous)
        sim_unserve(world, false);
    sim_check(world, loop_virtual_run_idle(world->loop, sim_now_us(world) + SIM_STEP_LIMIT_US));
    sim_check(world, list_is_empty(&world->net.links));
    sim_disk_wipe(&world->disk);
    sim_host_deinit(&world->server);
    sim_net_deinit(&world->net);
    world_now = NULL;
    world->loop = loop_virtual_close(world->loop);
}

/* Time --------------------------------------------------------------------------------------- */

uint64_t sim_now_us(const struct sim_world *world)
{
    return loop_now_us(world->loop);
}

void sim_run(struct sim_world *world, uint64_t duration_us)
{
    loop_virtual_run_until(world->loop, sim_now_us(world) + duration_us);
}

bool sim_run_until(struct sim_world *world, sim_done_fn *is_done, void *arg, uint64_t limit_us)
{
    uint64_t end = sim_now_us(world) + limit_us;
    while (!is_done(arg)) {
        if (sim_now_us(world) > end || !loop_virtual_step(world->loop))
            return is_done(arg);
    }
    return true;
}

/* Server ------------------------------------------------------------------------------------- */

static void world_on_started(void *user, int result)
{
    struct sim_world *world = user;
    sim_check(world, result == 0);
    world->is_serving = true;
}

static void world_on_closed(void *user)
{
    struct sim_world *world = user;
    world->rendezvous = NULL;
    world->is_serving = false;
    if (world->wipes_disk)
        sim_disk_wipe(&world->disk);
    world->wipes_disk = false;
}

static bool world_is_serving(void *arg)
{
    return ((struct sim_world *)arg)->is_serving;
}

void sim_serve_begin(struct sim_world *world)
{
    static const struct rendezvous_events events = {world_on_started, world_on_closed};
    struct rendezvous_base base = {.loop = world->loop,
                                   .net = &world->server.net,
                                   .ledger = sim_ledger_new(&world->disk, world->loop),
                                   .log = &world->log};
    sim_check(world, base.ledger != NULL);
    sim_check(world,
              rendezvous_start(&base, &world->options, &events, world, &world->rendezvous) == 0);
}

void sim_serve(struct sim_world *world)
{
    sim_serve_begin(world);
    sim_check(world, sim_run_until(world, world_is_serving, world, SIM_STEP_LIMIT_US));
}

void sim_unserve_begin(struct sim_world *world, bool is_crash)
{
    if (is_crash)
        sim_cut(&world->net, &world->server, NULL, SIM_CUT_BOTH);
    world->is_serving = false;
    rendezvous_close(world->rendezvous);
}

void sim_unserve(struct sim_world *world, bool is_crash)
{
    sim_unserve_begin(world, is_crash);
    sim_check(world, sim_run_until(world, world_is_unserved, world, SIM_STEP_LIMIT_US));
}

/* Nodes -------------------------------------------------------------------------------------- */

static void node_on_state(void *arg, struct actr_node *actr, enum actr_node_state state, int code,
                          const char *message)
{
    struct sim_node *node = arg;
    (void)actr;
    node->state = state;
    node->code = code;
    snprintf(node->text, sizeof(node->text), "%s", message);
    node->openings += state == ACTR_NODE_OPEN;
}

static int node_on_hook(void *arg, struct actr_node *actr, const struct actr_hook_event *event)
{
    struct sim_node *node = arg;
    sim_check(node->world, actr == node->node && event->size == sizeof(*event));
    if (event->hook == ACTR_HOOK_START && node->observer_code < 0)
        return err_origin(node->observer_code, "the observer says no");
    sim_witness_hear(&node->observer, node->world, event);
    return 0;
}

struct sim_node *sim_add(struct sim_world *world, const char *name, struct actr_workload *workload,
                         const char *config)
{
    struct sim_node *node = world->nodes;
    char text[2048];
    while (node->node)
        node++;
    sim_check(world, node < world->nodes + SIM_NODES_MAX);
    memset(node, 0, sizeof(*node));
    node->world = world;
    sim_host_init(&node->host, &world->net, name);
    snprintf(text, sizeof(text),
             "edition = 1\n"
             "[signaling]\nurl = \"ws://%s:%d/signaling/ws\"\n"
             "[ais_endpoint]\nurl = \"http://%s:%d/ais\"\n"
             "[deployment]\nrealm_id = %d\n"
             "%s%s%s%s",
             SIM_SERVER_NAME, SIM_SERVER_PORT, SIM_SERVER_NAME, SIM_SERVER_PORT, SIM_REALM,
             world->no_listener ? "" : "[websocket]\nlisten_port = 4711\nadvertised_host = \"",
             world->no_listener ? "" : name, world->no_listener ? "" : "\"\n",
             config ? config : "");
    struct actr_node_options options = world->node_options;
    options.size = sizeof(options);
    options.foreign_loop = true;
    options.log_level = world->log_level > 1 ? ACTR_LOG_DEBUG : ACTR_LOG_INFO;
    options.log = node_on_log;
    options.on_state = node_on_state;
    options.arg = node;
    int r = node_open_on(world->loop, &node->host.net, &world->associations.base, text, &options,
                         &node->node);
    if (r < 0)
        fprintf(stderr, "sim: %s: %s\n", name, actr_errmsg());
    sim_check(world, r == 0);
    const struct actr_observer observer = {.size = sizeof(observer), .observe = node_on_hook};
    sim_check(world, actr_node_observe(node->node, &observer, node) == 0);
    if (workload)
        sim_check(world, actr_node_use(node->node, workload) == 0);
    return node;
}

static bool node_is_settled(void *arg)
{
    const struct sim_node *node = arg;
    return node->state == ACTR_NODE_RUNNING || node->state == ACTR_NODE_OPEN;
}

int sim_start(struct sim_node *node)
{
    struct sim_world *world = node->world;
    sim_check(world, node->state == ACTR_NODE_OPEN);
    sim_check(world, actr_node_start(node->node) == 0);
    node->state = ACTR_NODE_STARTING;
    sim_check(world, sim_run_until(world, node_is_settled, node, SIM_STEP_LIMIT_US));
    return node->state == ACTR_NODE_RUNNING ? 0 : node->code;
}

void sim_stop(struct sim_node *node, uint32_t grace_ms)
{
    struct sim_world *world = node->world;
    sim_check(world, actr_node_stop(node->node, grace_ms) == 0);
    sim_check(world, sim_run_until(world, node_is_open, node, SIM_STEP_LIMIT_US));
}

void sim_remove(struct sim_node *node)
{
    actr_node_close(node->node);
    sim_host_deinit(&node->host);
    node->node = NULL;
}
