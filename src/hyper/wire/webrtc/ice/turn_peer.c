// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The table of an allocation's peers.
 *
 * An array without gaps, searched from the front: a session has one peer, and of that peer a few
 * addresses. A peer is an address with its port, as channels are; the permissions that come with it
 * are for the address alone, and asking twice for one does no harm.
 *
 * Pure. */
#include "hyper/wire/webrtc/ice/turn_peer.h"

#include <string.h>

#define TURN_CHANNEL_FIRST 0x4000u /* RFC 8656 §12 */
#define TURN_CHANNEL_COUNT 0x1000u

struct turn_peer *turn_peers_find(struct turn_peers *peers, const struct net_address *address)
{
    for (size_t i = 0; i < peers->count; i++)
        if (net_address_equal(&peers->list[i].address, address))
            return &peers->list[i];
    return NULL;
}

struct turn_peer *turn_peers_find_channel(struct turn_peers *peers, uint16_t channel)
{
    for (size_t i = 0; i < peers->count; i++)
        if (peers->list[i].channel == channel)
            return &peers->list[i];
    return NULL;
}

struct turn_peer *turn_peers_find_transaction(struct turn_peers *peers,
                                              const struct stun_message *message)
{
    for (size_t i = 0; i < peers->count; i++)
        if (turn_transaction_is(&peers->list[i].transaction, message))
            return &peers->list[i];
    return NULL;
}

static struct turn_peer *turn_peers_oldest(struct turn_peers *peers)
{
    struct turn_peer *oldest = &peers->list[0];
    for (size_t i = 1; i < peers->count; i++)
        if (peers->list[i].used_us < oldest->used_us)
            oldest = &peers->list[i];
    return oldest;
}

struct turn_peer *turn_peers_use(struct turn_peers *peers, const struct net_address *address,
                                 uint64_t now_us)
{
    struct turn_peer *peer = turn_peers_find(peers, address);
    if (!peer) {
        peer =
            peers->count < TURN_PEERS_MAX ? &peers->list[peers->count++] : turn_peers_oldest(peers);
        *peer = (struct turn_peer){.address = *address};
    }
    peer->used_us = now_us;
    return peer;
}

void turn_peers_forget(struct turn_peers *peers, struct turn_peer *peer)
{
    *peer = peers->list[--peers->count];
}

void turn_peers_number(struct turn_peers *peers, struct turn_peer *peer)
{
    while (peer->channel == 0) {
        uint16_t channel = (uint16_t)(TURN_CHANNEL_FIRST + peers->channel_next);
        peers->channel_next = (uint16_t)((peers->channel_next + 1u) % TURN_CHANNEL_COUNT);
        if (!turn_peers_find_channel(peers, channel))
            peer->channel = channel;
    }
}

void turn_peers_reset(struct turn_peers *peers)
{
    for (size_t i = 0; i < peers->count; i++) {
        struct turn_peer *peer = &peers->list[i];
        *peer = (struct turn_peer){.address = peer->address,
                                   .wants_channel = peer->wants_channel,
                                   .used_us = peer->used_us};
    }
    peers->channel_next = 0;
}
