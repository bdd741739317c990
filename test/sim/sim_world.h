// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A world for a test: virtual time, a network, a rendezvous server and nodes, all from one seed.
 *
 * Time only moves in sim_run…(). A failed sim_check() says which seed it was and how to run it
 * again; ACTR_SIM_LOG=1 (or 2) shows what the nodes and the server log. Loop thread, which is the
 * test's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/node.h>

#include "rendezvous/rendezvous.h"
#include "sim_association.h"
#include "sim_ledger.h"
#include "sim_net.h"
#include "sim_witness.h"
#include "sys/log.h"

#define SIM_NODES_MAX 4
#define SIM_SERVER_NAME "rendezvous"
#define SIM_SERVER_PORT 7000
#define SIM_REALM 101

#define SIM_MS 1000ull
#define SIM_S 1000000ull

struct sim_world;

struct sim_node {
    struct sim_world *world;
    struct sim_host host;
    struct actr_node *node; /* NULL: not added */
    /* As on_state told last. */
    enum actr_node_state state;
    int code;
    char text[256];
    unsigned openings;        /* how often it came to rest */
    struct sim_witness actor; /* of its hooks, when they are sim_traffic's */
    struct sim_witness observer;
    int observer_code; /* what the observer says to START */
};

struct sim_world {
    uint64_t seed;
    const char *test; /* for the text of failures */
    struct loop *loop;
    struct sim_net net;
    struct sim_host server;
    struct sim_disk disk;
    struct rendezvous *rendezvous; /* NULL: down */
    struct rendezvous_options options;
    struct actr_node_options node_options; /* of nodes that are added; without WebRTC at first */
    bool no_listener;                      /* likewise: no direct WebSockets */
    struct sim_association_factory associations;
    bool is_serving; /* listens */
    bool wipes_disk; /* what it wrote down is lost when it has ended */
    struct log log;
    int log_level;  /* ACTR_SIM_LOG */
    uint64_t trace; /* a hash of all that was logged, and when */
    struct sim_node nodes[SIM_NODES_MAX];
};

/* `test` names the test for the text of failures. The server is not started yet. */
void sim_world_init(struct sim_world *world, uint64_t seed, const char *test);
/* Stops every node and the server and checks that nothing is left: no connection, no timer. */
void sim_world_deinit(struct sim_world *world);

/* Starts the server on what the disk holds; returns when it listens. */
void sim_serve(struct sim_world *world);
/* Begins to start it. */
void sim_serve_begin(struct sim_world *world);
/* Ends it, in peace or (is_crash) with every connection cut first; returns when it is gone. */
void sim_unserve(struct sim_world *world, bool is_crash);
/* Begins to end it. */
void sim_unserve_begin(struct sim_world *world, bool is_crash);

/* A node on a host of its own called `name`, with a listener; consumes the workload, NULL: a pure
 * client. `config` is appended to the configuration; NULL: nothing. */
struct sim_node *sim_add(struct sim_world *world, const char *name, struct actr_workload *workload,
                         const char *config);
/* Begins to start, runs until it rests: returns 0 when it runs, else why not. */
int sim_start(struct sim_node *node);
/* Likewise: returns when the node is open again. */
void sim_stop(struct sim_node *node, uint32_t grace_ms);
/* As actr_node_close(); the host leaves the network. */
void sim_remove(struct sim_node *node);

uint64_t sim_now_us(const struct sim_world *world);
void sim_run(struct sim_world *world, uint64_t duration_us);
/* Runs until is_done(arg), at most so long. Returns whether it is. */
typedef bool sim_done_fn(void *arg);
bool sim_run_until(struct sim_world *world, sim_done_fn *is_done, void *arg, uint64_t limit_us);

/* Fails the test, with the seed, unless `condition`. */
#define sim_check(world, condition)                                                                \
    sim_check_at((world), (condition), #condition, __FILE__, __LINE__)
void sim_check_at(const struct sim_world *world, bool condition, const char *text, const char *file,
                  int line);
