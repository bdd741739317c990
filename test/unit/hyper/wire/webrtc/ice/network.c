// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A network in memory for two ICE agents. */
#include "network.h"

#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "harness.h"
#include "hyper/wire/webrtc/ice/core.h"

static uint64_t pick(struct network *network, uint64_t below)
{
    return below ? harness_random(&network->random) % below : 0;
}

struct net_address network_address(const char *host, uint16_t port)
{
    struct net_address address;
    assert_true(net_address_parse(view_text(host), port, &address));
    return address;
}

static void put(struct network *network, const struct packet *packet)
{
    assert_true(network->packet_count < NETWORK_PACKETS);
    struct packet *slot = &network->packets[network->packet_count++];
    *slot = *packet;
    slot->at_us = network->now_us + network->delay_us + pick(network, network->jitter_us + 1);
}

void network_inject(struct network *network, struct net_address from, struct net_address to,
                    struct actr_view bytes)
{
    struct packet packet = {.from = from, .to = to, .len = bytes.len};
    assert_true(bytes.len <= sizeof(packet.bytes));
    memcpy(packet.bytes, bytes.ptr, bytes.len);
    put(network, &packet);
}

/* The port outside for that destination; made, and let in from there, when it is new. */
static uint16_t translate(struct path *path, const struct net_address *to)
{
    uint16_t port = path->base.port;
    for (size_t i = 0; i < path->permit_count; i++) {
        if (net_address_equal(&path->permits[i].to, to))
            return path->permits[i].port;
    }
    assert_true(path->permit_count < NETWORK_MAPPINGS);
    if (path->nat == NAT_SYMMETRIC)
        port = (uint16_t)(41000u + path->base.port % 1000u + path->permit_count);
    path->permits[path->permit_count++] = (struct mapping){port, *to, path->nat == NAT_SYMMETRIC};
    return port;
}

static bool lets_in(const struct path *path, const struct packet *packet)
{
    for (size_t i = 0; i < path->permit_count; i++) {
        const struct mapping *permit = &path->permits[i];
        if (permit->port != packet->to.port)
            continue;
        if (path->nat == NAT_FULL_CONE)
            return true;
        if (path->nat == NAT_ADDRESS_RESTRICTED &&
            net_address_same_host(&permit->to, &packet->from))
            return true;
        if (net_address_equal(&permit->to, &packet->from))
            return true;
    }
    return false;
}

static struct path *find_path(struct peer *peer, const struct net_address *base)
{
    for (size_t i = 0; i < peer->path_count; i++) {
        if (net_address_equal(&peer->paths[i].base, base))
            return &peer->paths[i];
    }
    return NULL;
}

static void on_send(void *owner, const struct candidate *local, const struct net_address *remote,
                    struct actr_view bytes)
{
    struct peer *peer = owner;
    struct network *network = peer->network;
    struct path *path = find_path(peer, &local->base);
    assert_non_null(path);
    assert_int_equal(path->is_relay, local->type == CANDIDATE_RELAY);
    peer->sent++;
    peer->sent_bytes += bytes.len;
    struct packet packet = {.from = path->base, .to = *remote, .len = bytes.len};
    assert_true(bytes.len <= sizeof(packet.bytes));
    memcpy(packet.bytes, bytes.ptr, bytes.len);
    if (path->nat != NAT_NONE) {
        packet.from = path->outside;
        packet.from.port = translate(path, remote);
    }
    bool is_error = bytes.ptr[0] == 0x01 && bytes.ptr[1] == 0x11;
    if (path->is_cut || (peer->is_muted && is_error) || pick(network, 1000) < network->lost)
        return;
    put(network, &packet);
    if (pick(network, 1000) < network->doubled)
        put(network, &packet);
}

static void on_state(void *owner, enum ice_state state)
{
    struct peer *peer = owner;
    assert_int_not_equal(peer->state, state);
    peer->state = state;
    peer->state_us = peer->network->now_us;
    peer->state_count++;
}

static void on_selected(void *owner, const struct ice_pair_info *pair)
{
    struct peer *peer = owner;
    peer->selected = *pair;
    peer->selected_us = peer->network->now_us;
    peer->selected_count++;
}

static void on_remote(void *owner, const struct net_address *remote)
{
    ((struct peer *)owner)->remote_count++;
    assert_false(net_address_is_any(remote));
}

static void on_random(void *owner, void *buf, size_t len)
{
    struct peer *peer = owner;
    for (size_t i = 0; i < len; i++)
        ((uint8_t *)buf)[i] = (uint8_t)(harness_random(&peer->network->random) >> 24);
}

static const struct ice_events events = {on_send, on_state, on_selected, on_remote, on_random};

static void start(struct peer *peer, const struct ice_options *options, enum ice_role role)
{
    struct ice_options own = *options;
    own.role = role;
    own.now_us = peer->network->now_us;
    peer->agent = ice_agent_new(&own, &events, peer);
    assert_non_null(peer->agent);
}

static void init(struct network *network, uint64_t seed, const struct ice_options *options,
                 const enum ice_role roles[2])
{
    *network = (struct network){.now_us = 1000000, .random = seed, .delay_us = 1000};
    network->packets = mem_alloc_raw(NETWORK_PACKETS * sizeof(*network->packets));
    assert_non_null(network->packets);
    for (unsigned i = 0; i < 2; i++) {
        network->peers[i].network = network;
        start(&network->peers[i], options, roles[i]);
    }
}

void network_init_with(struct network *network, uint64_t seed, const struct ice_options *options)
{
    static const enum ice_role roles[2] = {ICE_CONTROLLING, ICE_CONTROLLED};
    init(network, seed, options, roles);
}

void network_init_as(struct network *network, uint64_t seed, const struct ice_options *options,
                     enum ice_role role)
{
    const enum ice_role roles[2] = {role, role};
    init(network, seed, options, roles);
}

void network_forget(struct network *network, unsigned peer, const struct ice_options *options)
{
    enum ice_role role = network->peers[peer].agent->role;
    ice_agent_free(network->peers[peer].agent);
    network->peers[peer].state = ICE_NEW;
    start(&network->peers[peer], options, role);
    network_gather(network, peer);
}

void network_init(struct network *network, uint64_t seed)
{
    static const struct ice_options options = {
        .wait_us = {
            [CANDIDATE_SRFLX] = 20000, [CANDIDATE_PRFLX] = 40000, [CANDIDATE_RELAY] = 100000}};
    network_init_with(network, seed, &options);
}

void network_deinit(struct network *network)
{
    for (unsigned i = 0; i < 2; i++)
        ice_agent_free(network->peers[i].agent);
    mem_free(network->packets);
}

static void announce(struct peer *peer, struct path *path)
{
    static const char server[] = "203.0.113.200";
    uint16_t preference = (uint16_t)(65535 - (path - peer->paths));
    struct candidate host = {.type = path->is_relay ? CANDIDATE_RELAY : CANDIDATE_HOST,
                             .address = path->base,
                             .base = path->base};
    assert_int_equal(ice_agent_add_local(peer->agent, &host, preference), 0);
    if (path->nat == NAT_NONE)
        return;
    struct net_address stun = network_address(server, 3478);
    struct candidate reflexive = {.type = CANDIDATE_SRFLX,
                                  .address = path->outside,
                                  .base = path->base,
                                  .related = path->base};
    reflexive.address.port = translate(path, &stun);
    assert_int_equal(ice_agent_add_local(peer->agent, &reflexive, preference), 0);
}

static struct path *add_path(struct network *network, unsigned number, const char *host,
                             bool is_relay, enum nat nat)
{
    struct peer *peer = &network->peers[number];
    assert_true(peer->path_count < NETWORK_PATHS);
    struct path *path = &peer->paths[peer->path_count++];
    *path = (struct path){.base = network_address(host, (uint16_t)(5000 + 10 * number)),
                          .nat = nat,
                          .is_relay = is_relay};
    if (nat != NAT_NONE) { /* 10.… is seen as 198.51.100.… */
        path->outside = path->base;
        path->outside.bytes[0] = 198;
        path->outside.bytes[1] = 51;
        path->outside.bytes[2] = 100;
    }
    announce(peer, path);
    return path;
}

struct path *network_add_path(struct network *network, unsigned peer, const char *host,
                              enum nat nat)
{
    return add_path(network, peer, host, false, nat);
}

struct path *network_add_relay(struct network *network, unsigned peer, const char *host)
{
    return add_path(network, peer, host, true, NAT_NONE);
}

void network_gather(struct network *network, unsigned peer)
{
    for (size_t i = 0; i < network->peers[peer].path_count; i++) {
        if (!network->peers[peer].paths[i].is_cut)
            announce(&network->peers[peer], &network->peers[peer].paths[i]);
    }
}

void network_tell_credentials(struct network *network, unsigned from)
{
    assert_int_equal(ice_agent_set_remote(network->peers[!from].agent,
                                          ice_agent_local(network->peers[from].agent),
                                          network->now_us),
                     0);
}

/* As it would be in an offer: what announce() told the agent, with its priorities. */
void network_tell_candidates(struct network *network, unsigned from)
{
    struct peer *peer = &network->peers[from];
    for (size_t i = 0; i < peer->path_count; i++) {
        struct path *path = &peer->paths[i];
        uint16_t preference = (uint16_t)(65535 - i);
        enum candidate_type type = path->is_relay ? CANDIDATE_RELAY : CANDIDATE_HOST;
        struct candidate told = {.type = type,
                                 .address = path->base,
                                 .priority = candidate_priority(type, preference),
                                 .foundation = "1"};
        if (path->is_cut)
            continue;
        assert_int_equal(ice_agent_add_remote(network->peers[!from].agent, &told, network->now_us),
                         0);
        if (path->nat == NAT_NONE)
            continue;
        struct net_address stun = network_address("203.0.113.200", 3478);
        told.type = CANDIDATE_SRFLX;
        told.address = path->outside;
        told.address.port = translate(path, &stun);
        told.priority = candidate_priority(CANDIDATE_SRFLX, preference);
        assert_int_equal(ice_agent_add_remote(network->peers[!from].agent, &told, network->now_us),
                         0);
    }
}

void network_signal(struct network *network)
{
    for (unsigned i = 0; i < 2; i++) {
        network_tell_credentials(network, i);
        network_tell_candidates(network, i);
    }
}

/* Hands the packet to whoever it reaches. */
static void deliver(struct network *network, const struct packet *packet)
{
    network->delivered++;
    if (network->tap)
        network->tap(network, packet);
    for (unsigned i = 0; i < 2; i++) {
        struct peer *peer = &network->peers[i];
        for (size_t j = 0; j < peer->path_count; j++) {
            struct path *path = &peer->paths[j];
            bool is_inside = path->nat == NAT_NONE && net_address_equal(&path->base, &packet->to);
            bool is_outside = path->nat != NAT_NONE &&
                              net_address_same_host(&path->outside, &packet->to) &&
                              lets_in(path, packet);
            if ((!is_inside && !is_outside) || path->is_cut || path->is_deaf)
                continue;
            if (!ice_agent_receive(peer->agent, &path->base, &packet->from,
                                   actr_view_of(packet->bytes, packet->len), network->now_us))
                network->refused++;
            return;
        }
    }
}

/* The packet that comes first; SIZE_MAX: there is none. */
static size_t first_packet(const struct network *network)
{
    size_t first = SIZE_MAX;
    for (size_t i = 0; i < network->packet_count; i++) {
        if (first == SIZE_MAX || network->packets[i].at_us < network->packets[first].at_us)
            first = i;
    }
    return first;
}

/* The next thing that happens, not after then; false: nothing. */
static bool step(struct network *network, uint64_t until_us)
{
    size_t first = first_packet(network);
    uint64_t at_us = first == SIZE_MAX ? UINT64_MAX : network->packets[first].at_us;
    struct peer *due = NULL;
    for (unsigned i = 0; i < 2; i++) {
        uint64_t deadline_us = ice_agent_deadline(network->peers[i].agent);
        if (deadline_us < at_us) {
            at_us = deadline_us;
            due = &network->peers[i];
        }
    }
    if (at_us > until_us)
        return false;
    network->now_us = at_us > network->now_us ? at_us : network->now_us;
    if (due) {
        due->tick_count++;
        ice_agent_tick(due->agent, network->now_us);
        return true;
    }
    struct packet packet = network->packets[first];
    network->packets[first] = network->packets[--network->packet_count];
    deliver(network, &packet);
    return true;
}

void network_run(struct network *network, uint64_t until_us)
{
    uint64_t last_us = network->now_us;
    unsigned count = 0;
    while (step(network, until_us)) {
        count = network->now_us == last_us ? count + 1 : 0;
        last_us = network->now_us;
        assert_true(count < 2000); /* time stands still */
    }
    network->now_us = until_us;
}

bool network_agrees(struct network *network)
{
    struct net_address to[2];
    const struct candidate *from[2];
    for (unsigned i = 0; i < 2; i++) {
        from[i] = ice_agent_path(network->peers[i].agent, &to[i]);
        if (!from[i] || network->peers[i].agent->state != ICE_CONNECTED)
            return false;
    }
    for (unsigned i = 0; i < 2; i++) {
        struct path *path = find_path(&network->peers[i], &from[i]->base);
        struct net_address seen = path->base;
        if (path->nat != NAT_NONE) {
            seen = path->outside;
            seen.port = translate(path, &to[i]);
        }
        if (!net_address_equal(&seen, &to[!i]))
            return false;
    }
    return true;
}

bool network_connects(struct network *network, uint64_t within_us)
{
    uint64_t until_us = network->now_us + within_us;
    while (!network_agrees(network)) {
        if (!step(network, until_us)) {
            network->now_us = until_us;
            return false;
        }
    }
    return true;
}
