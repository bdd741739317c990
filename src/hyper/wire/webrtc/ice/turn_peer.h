// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The peers of one allocation: who may send to it, and by which channel. A table of state; what is
 * asked of the server is the client's affair. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hyper/wire/webrtc/ice/turn_client.h"
#include "hyper/wire/webrtc/ice/turn_transaction.h"

enum turn_peer_state { TURN_PEER_NEW, TURN_PEER_OPEN, TURN_PEER_REFUSED };

struct turn_peer {
    struct net_address address;
    enum turn_peer_state state;
    bool wants_channel;
    bool is_bound;           /* channel may be used */
    bool is_channel_refused; /* indications must do */
    uint16_t channel;        /* 0: none */
    uint64_t used_us;        /* sent, received or let in last */
    uint64_t review_us;      /* OPEN: refresh or forget; REFUSED: try again or forget */
    struct turn_transaction transaction;
};

/* Embedded; zeroed is empty. */
struct turn_peers {
    struct turn_peer list[TURN_PEERS_MAX];
    size_t count;
    uint16_t channel_next; /* counts from 0 */
};

/* NULL: not there. */
struct turn_peer *turn_peers_find(struct turn_peers *peers, const struct net_address *address);
struct turn_peer *turn_peers_find_channel(struct turn_peers *peers, uint16_t channel);
struct turn_peer *turn_peers_find_transaction(struct turn_peers *peers,
                                              const struct stun_message *message);

/* Finds it, or makes it in place of the one unused for longest; notes the use. */
struct turn_peer *turn_peers_use(struct turn_peers *peers, const struct net_address *address,
                                 uint64_t now_us);

/* Moves the last one into its place. */
void turn_peers_forget(struct turn_peers *peers, struct turn_peer *peer);

/* A channel number for the peer, unless it has one. Numbers are used in turn, so that one does not
 * come back before the server has forgotten whose it was. */
void turn_peers_number(struct turn_peers *peers, struct turn_peer *peer);

/* The allocation has gone: everybody is as new. */
void turn_peers_reset(struct turn_peers *peers);
