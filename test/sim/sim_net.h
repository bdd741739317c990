// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A network on virtual time: the contract of net.h and http.h without sockets.
 *
 * Hosts have a name and a numeric address; each is a struct net of its own, so that connections
 * come from somewhere. Every connection and direction has its own delay, so that connections
 * overtake each other; within a connection bytes keep their order, as with TCP, and nothing is
 * doubled. What can go wrong is asked for by the test, or by a schedule of its own; all chance
 * comes from one seed.
 *
 * Loop thread, which is the test's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "net/net_ops.h"

struct loop;
struct sim_net;

#define SIM_FOREVER UINT64_MAX

/* One way; each connection has a pace of its own between these. */
struct sim_delay {
    uint32_t min_us, max_us;
};

/* What becomes of a message on a WebSocket that somebody dialled: the test's word for what servers
 * and their queues do. */
#define SIM_LOST UINT64_MAX
#define SIM_AGAIN (UINT64_C(1) << 63) /* with a delay: arrives now, and once more so late */
typedef uint64_t sim_fate_fn(struct sim_net *sim, struct actr_view message); /* late by so much */

struct sim_net {
    struct loop *loop;
    sim_fate_fn *fate; /* NULL: all arrive */
    struct list hosts, links, flights;
    size_t link_count;
    uint64_t random; /* state of the generator */
    struct sim_delay delay;
    uint32_t jitter_us;    /* of each packet, on top */
    size_t window;         /* bytes on the wire of one direction before the sender queues */
    uint32_t queue_high;   /* what a WebSocket's queue_high of 0 means */
    uint32_t address_last; /* given to a host */
    unsigned udp_loss, udp_doubles; /* percent of datagrams */
    unsigned udp_port_count;
};

struct sim_host {
    struct net net;
    struct sim_net *sim;
    struct list link;             /* of sim->hosts */
    struct list servers;          /* that listen here */
    struct list sockets, watches; /* sim_udp.c */
    char name[32];
    char address[32];
    char asked_url[2049];  /* the last one with a query that it dialled */
    bool refuses;          /* resets whoever connects */
    bool is_killed;        /* its ports are closed: datagrams are answered with that */
    uint64_t no_udp_to_us; /* no socket can be opened before */
    uint64_t hole_to_us;   /* nothing comes in or goes out before */
    uint16_t port_last;    /* given to a server that asked for any */
};

void sim_net_init(struct sim_net *sim, struct loop *loop, uint64_t seed);
/* Every connection and server must be gone. */
void sim_net_deinit(struct sim_net *sim);

/* Chance, for whoever takes part in the run. */
uint64_t sim_random(struct sim_net *sim);
/* From `min` to `max`, both included. */
uint64_t sim_between(struct sim_net *sim, uint64_t min, uint64_t max);
/* True in `percent` of 100. */
bool sim_chance(struct sim_net *sim, unsigned percent);

/* Joins the network under `name` with a fresh address; leaves it. */
void sim_host_init(struct sim_host *host, struct sim_net *sim, const char *name);
void sim_host_deinit(struct sim_host *host);

/* Gives the host another address, as a network that it moves to does. */
void sim_host_move(struct sim_host *host);

/* Nothing gets to or from the host for so long: what is sent meanwhile arrives later, if anybody
 * still waits for it. SIM_FOREVER: until sim_host_heal(). */
void sim_host_hole(struct sim_host *host, uint64_t duration_us);
void sim_host_heal(struct sim_host *host);

/* The processes of the host are killed: its connections are reset, its ports closed, and nothing
 * leaves it any more. Until sim_host_heal(), which is for taking it apart. */
void sim_host_kill(struct sim_host *host);

/* The UDP sockets of the host fail for good, and no other can be opened for so long. */
void sim_host_break_udp(struct sim_host *host, uint64_t duration_us);

/* Somebody tells `host` that the ports of `peer` are closed. */
void sim_host_defame(struct sim_host *host, const struct sim_host *peer);

/* Which ends of a connection learn that it was cut; what was on its way is lost. */
enum sim_cut {
    SIM_CUT_BOTH,     /* each after a moment of its own */
    SIM_CUT_DIALLER,  /* the other one only by its keepalive */
    SIM_CUT_ACCEPTER, /* likewise */
    SIM_CUT_NOBODY,
};
#define SIM_CUT_COUNT 4

/* Cuts the connections between two hosts; NULL: any host. Returns how many. */
size_t sim_cut(struct sim_net *sim, const struct sim_host *a, const struct sim_host *b,
               enum sim_cut how);
/* Cuts one of all connections, the index-th. */
void sim_cut_one(struct sim_net *sim, size_t index, enum sim_cut how);

/* Connections that the host has an end of. */
size_t sim_host_ends(const struct sim_host *host);
