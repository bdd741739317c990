// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A world for gatherers on virtual time: a machine with addresses, a mux on it, and servers that
 * answer from elsewhere. Names are known or not; servers answer or not. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "gathered.h"
#include "hyper/wire/webrtc/udp_mux.h"
#include "net/interfaces.h"
#include "net/net_ops.h"

#define WORLD_DELAY_US 10000 /* of each packet and answer */
#define WORLD_SOCKETS_MAX 64
#define WORLD_DATAGRAM_MAX 1472 /* of a probe: larger ones are refused */

struct world_socket;

struct gather_world {
    struct net net;
    struct loop *loop;
    struct interface_address interfaces[8];
    size_t interface_count;
    struct interfaces watch;
    struct udp_mux *mux;
    struct list packets; /* on their way */
    struct world_socket *sockets[WORLD_SOCKETS_MAX];
    uint16_t port_last;

    /* The servers: which of them answer. */
    bool stun_is_dead, stun_refuses, stun_is_open_internet; /* sees the address as it is */
    bool turn_is_dead, turn_refuses;
    bool turn_doubts; /* the credentials */
    bool turn_has_ipv6;
    bool turn_has_restarted;       /* and knows no allocation, but those it makes from now on */
    const char *turn_domain;       /* …and this domain; NULL: none */
    char stream_name[256];         /* that the last stream's server must prove to have */
    unsigned turn_redirects;       /* so many allocations are refused with 300… */
    struct net_address turn_to;    /* …and this address */
    struct net_address turn_asked; /* where the last request to a TURN server went */
    unsigned turn_requests;
    bool mdns_is_dead;
    bool streams_fail;
    unsigned stun_requests, allocations, releases, permissions, mdns_questions, probes;
    struct net_address peer_data; /* the last peer that data was for */
};

void world_open(struct gather_world *world);
/* With 10.0.0.5. */
void world_open_with_interface(struct gather_world *world);
void world_close(struct gather_world *world);
/* Frees the gatherer first. */
void world_close_with(struct gather_world *world, struct gathered *gathered);
void world_add_interface(struct gather_world *world, const char *address);
void world_run(struct gather_world *world, uint64_t duration_us);

/* Options for the mux of this world. */
struct gatherer_options world_options(struct gather_world *world);
/* The same, with a server of each kind. */
struct gatherer_options world_full_options(struct gather_world *world);

/* A peer sends through every relay. */
void world_peer_sends(struct gather_world *world, const struct net_address *peer, const char *text);
/* The servers' ends of all streams go. */
void world_cut_streams(struct gather_world *world);
