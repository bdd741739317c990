// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Two ICE agents on a network in memory, on virtual time: packets are lost, doubled, delayed (and
 * so overtake each other), translated and filtered by NATs, relayed, cut off. One seed, one run. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hyper/wire/webrtc/ice/agent.h"
#include "hyper/wire/webrtc/ice/stun.h"

#define NETWORK_PACKETS 8192
#define NETWORK_PATHS 8     /* of a peer: interfaces, and one relay */
#define NETWORK_MAPPINGS 64 /* of a NAT */

/* How a NAT maps and what it lets in. */
enum nat { NAT_NONE, NAT_FULL_CONE, NAT_ADDRESS_RESTRICTED, NAT_PORT_RESTRICTED, NAT_SYMMETRIC };

struct mapping {
    uint16_t port; /* outside */
    struct net_address to;
    bool has_port; /* is made for `to` alone */
};

struct path {
    struct net_address base; /* of a relay: the relayed address */
    enum nat nat;
    struct net_address outside;               /* of the NAT */
    struct mapping permits[NETWORK_MAPPINGS]; /* what was sent to, by which port */
    size_t permit_count;
    bool is_relay, is_cut; /* cut: nothing in, nothing out */
    bool is_deaf;          /* cut in one direction: nothing in */
};

struct peer {
    struct network *network;
    struct ice_agent *agent;
    struct path paths[NETWORK_PATHS];
    size_t path_count;
    struct ice_pair_info selected; /* as told */
    enum ice_state state;          /* as told */
    uint64_t state_us, selected_us;
    unsigned selected_count, state_count, remote_count, tick_count;
    uint64_t sent, sent_bytes;
    bool is_muted; /* its 487 and other errors are lost: the existing system */
};

struct packet {
    uint64_t at_us;
    struct net_address from, to;
    size_t len;
    uint8_t bytes[512];
};

struct network {
    uint64_t now_us, random;
    struct peer peers[2];
    unsigned lost, doubled; /* of a thousand */
    uint64_t delay_us, jitter_us;
    size_t packet_count;
    uint64_t delivered, refused; /* refused: nobody's */
    /* Sees each packet that is delivered; may be NULL. */
    void (*tap)(struct network *network, const struct packet *packet);
    struct packet *packets;
};

/* Peer 0 controls. Without paths. */
void network_init(struct network *network, uint64_t seed);
/* The same with options for both; role and now are filled in. */
void network_init_with(struct network *network, uint64_t seed, const struct ice_options *options);
/* The same, but both have that role. */
void network_init_as(struct network *network, uint64_t seed, const struct ice_options *options,
                     enum ice_role role);
void network_deinit(struct network *network);

/* An address "10.0.0.1" or "fd00::1" with the port. */
struct net_address network_address(const char *host, uint16_t port);

/* Gives the peer an interface, or a relay, and its agent the candidates: host, and server-reflexive
 * when there is a NAT. */
struct path *network_add_path(struct network *network, unsigned peer, const char *host,
                              enum nat nat);
struct path *network_add_relay(struct network *network, unsigned peer, const char *host);
/* Tells the peer's agent the candidates of its paths again, after a restart. */
void network_gather(struct network *network, unsigned peer);

/* The peer's agent is replaced by a new one in the same role, with the candidates of its paths. */
void network_forget(struct network *network, unsigned peer, const struct ice_options *options);

/* Signaling: credentials of one to the other; its candidates that are not peer-reflexive. */
void network_tell_credentials(struct network *network, unsigned from);
void network_tell_candidates(struct network *network, unsigned from);
/* Both, both ways, at once. */
void network_signal(struct network *network);

/* Runs until then; fails the test when time stands still. */
void network_run(struct network *network, uint64_t until_us);
/* Runs for at most that long; false: not connected on both sides, on the same pair. */
bool network_connects(struct network *network, uint64_t within_us);
/* Both have a path, and each sends where the other one sends from. */
bool network_agrees(struct network *network);

/* A packet of nobody's: from there to there, at once. */
void network_inject(struct network *network, struct net_address from, struct net_address to,
                    struct actr_view bytes);
