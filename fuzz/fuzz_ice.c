// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* An ICE agent under any sequence of calls and packets. The input is a program: one byte says what
 * happens next, the following ones with what. Packets may be signed by the fuzzer with the right
 * password, since a peer's own agent may be hostile too. Whatever happens: time that is asked for
 * is waited for and passes, tables stay within their bounds, nothing is sent larger than a check,
 * and what is not authenticated is never answered. */
#include <stdio.h>
#include <string.h>

#include "fuzz.h"
#include "hyper/wire/webrtc/ice/core.h"
#include "hyper/wire/webrtc/ice/stun.h"

#define ADDRESSES 8
#define LARGEST 700 /* user names may have 513 bytes */

struct input {
    const uint8_t *at, *end;
};

struct world {
    struct input input;
    struct ice_agent *agent;
    uint64_t now_us;
    uint32_t random;
    unsigned sent;
    uint8_t last[STUN_PACKET_MAX]; /* request that was sent last: to be answered */
    size_t last_len;
    struct net_address last_from, last_to;
};

static const char peer_pwd[] = "peerpeerpeerpeerpeerpeer";

static uint8_t next_byte(struct world *world)
{
    return world->input.at < world->input.end ? *world->input.at++ : 0;
}

static struct net_address address_of(unsigned number)
{
    struct net_address address = {.bytes = {10, 0, 0, (uint8_t)(number % ADDRESSES)}, .port = 5000};
    address.is_ipv6 = number % ADDRESSES > 5;
    if (number & 16)
        address.bytes[1] = (uint8_t)(number >> 5); /* many of them */
    return address;
}

static void on_send(void *owner, const struct candidate *local, const struct net_address *remote,
                    struct actr_view packet)
{
    struct world *world = owner;
    fuzz_check(packet.len > 0 && packet.len <= LARGEST, "a packet of another size");
    fuzz_check(local->base.is_ipv6 == remote->is_ipv6, "another family");
    world->sent++;
    if (packet.ptr[0] != 0) /* no request */
        return;
    memcpy(world->last, packet.ptr, packet.len);
    world->last_len = packet.len;
    world->last_from = local->base;
    world->last_to = *remote;
}

static void on_state(void *owner, enum ice_state state)
{
    struct world *world = owner;
    fuzz_check(!world->agent || world->agent->state == state, "another state");
}

static void on_selected(void *owner, const struct ice_pair_info *pair)
{
    (void)owner;
    fuzz_check(pair->local.base.is_ipv6 == pair->remote.address.is_ipv6, "no pair");
}

static void on_remote(void *owner, const struct net_address *remote)
{
    (void)owner;
    fuzz_check(remote->port != 0, "no address");
}

static void on_random(void *owner, void *buf, size_t len)
{
    struct world *world = owner;
    for (size_t i = 0; i < len; i++) {
        world->random = world->random * 1664525 + 1013904223;
        ((uint8_t *)buf)[i] = (uint8_t)(world->random >> 24);
    }
}

/* Waits for what the agent asks for; a second of it at most. */
static void pass_time(struct world *world, uint64_t us)
{
    uint64_t end_us = world->now_us + us;
    unsigned still = 0;
    for (;;) {
        uint64_t deadline_us = ice_agent_deadline(world->agent);
        if (deadline_us > end_us)
            break;
        still = deadline_us > world->now_us ? 0 : still + 1;
        fuzz_check(still < 1000, "time stands still");
        world->now_us = deadline_us > world->now_us ? deadline_us : world->now_us;
        ice_agent_tick(world->agent, world->now_us);
    }
    world->now_us = end_us;
}

/* A request with that user name, attributes and password. */
static void request(struct world *world)
{
    uint8_t buf[STUN_PACKET_MAX], transaction[STUN_TRANSACTION_LEN];
    char name[2 * ICE_CREDENTIAL_MAX + 2];
    unsigned flags = next_byte(world), from = next_byte(world), to = next_byte(world);
    const struct ice_credentials *own = ice_agent_local(world->agent);
    struct net_address local = address_of(to % 2), remote = address_of(from);
    struct stun_writer writer;
    local.is_ipv6 = remote.is_ipv6; /* a socket has one family */
    on_random(world, transaction, sizeof(transaction));
    snprintf(name, sizeof(name), "%s:peer", own->ufrag);
    stun_begin(&writer, buf, sizeof(buf), STUN_REQUEST, STUN_BINDING, transaction);
    stun_put(&writer, STUN_USERNAME, actr_view_of(name, strlen(name)));
    if (flags & 1)
        stun_put(&writer, STUN_USE_CANDIDATE, actr_view_of(NULL, 0));
    if (flags & 2)
        stun_put_u64(&writer, flags & 4 ? STUN_ICE_CONTROLLING : STUN_ICE_CONTROLLED,
                     (uint64_t)next_byte(world) << 56);
    if (flags & 8)
        stun_put_u32(&writer, STUN_PRIORITY, (uint32_t)next_byte(world) << 24);
    if (flags & 16)
        stun_put_u32(&writer, 0x7000, 0);
    bool is_genuine = !(flags & 32);
    stun_put_integrity(&writer, is_genuine ? actr_view_of(own->pwd, strlen(own->pwd))
                                           : actr_view_of("guess", 5));
    unsigned sent = world->sent;
    ice_agent_receive(world->agent, &local, &remote, stun_end(&writer), world->now_us);
    fuzz_check(is_genuine || sent == world->sent, "a stranger was answered");
    fuzz_check(world->sent - sent <= 3, "more than an answer, a check and a nomination");
}

/* An answer to the request that was sent last. */
static void answer(struct world *world)
{
    uint8_t buf[STUN_PACKET_MAX];
    unsigned flags = next_byte(world);
    struct stun_writer writer;
    struct net_address from = world->last_to, mapped = world->last_from;
    if (!world->last_len)
        return;
    if (flags & 1)
        mapped = address_of(next_byte(world));
    if (flags & 2)
        from = address_of(next_byte(world));
    stun_begin(&writer, buf, sizeof(buf), flags & 4 ? STUN_ERROR : STUN_SUCCESS, STUN_BINDING,
               world->last + 8);
    if (flags & 4)
        stun_put_error(&writer, flags & 8 ? 487 : 400 + next_byte(world) % 200, "");
    else if (!(flags & 16))
        stun_put_address(&writer, STUN_XOR_MAPPED_ADDRESS, &mapped);
    stun_put_integrity(&writer, flags & 32 ? actr_view_of("guess", 5)
                                           : actr_view_of(peer_pwd, strlen(peer_pwd)));
    ice_agent_receive(world->agent, &world->last_from, &from, stun_end(&writer), world->now_us);
}

static void raw(struct world *world)
{
    size_t len = next_byte(world), left = (size_t)(world->input.end - world->input.at);
    struct net_address local = address_of(0), remote = address_of(1);
    unsigned sent = world->sent;
    len = len < left ? len : left;
    ice_agent_receive(world->agent, &local, &remote, actr_view_of(world->input.at, len),
                      world->now_us);
    fuzz_check(sent == world->sent, "a stranger was answered");
    world->input.at += len;
}

static void add_candidate(struct world *world, bool is_local)
{
    unsigned number = next_byte(world), type = next_byte(world);
    struct candidate candidate = {.type = (enum candidate_type)(type % 4),
                                  .address = address_of(number),
                                  .base = address_of(is_local ? number % 2 : number),
                                  .priority = type << 20};
    if (candidate.type == CANDIDATE_RELAY || candidate.type == CANDIDATE_HOST)
        candidate.base = candidate.address;
    candidate.base.is_ipv6 = candidate.address.is_ipv6;
    if (is_local)
        (void)!ice_agent_add_local(world->agent, &candidate, (uint16_t)number);
    else
        (void)!ice_agent_add_remote(world->agent, &candidate, world->now_us);
}

static void step(struct world *world)
{
    static const struct ice_credentials peer = {"peer", "peerpeerpeerpeerpeerpeer"};
    struct net_address address;
    switch (next_byte(world) % 12) {
    case 0:
        add_candidate(world, true);
        break;
    case 1:
        add_candidate(world, false);
        break;
    case 2:
        (void)!ice_agent_set_remote(world->agent, &peer, world->now_us);
        break;
    case 3:
        (void)!ice_agent_restart(world->agent, world->now_us);
        break;
    case 4:
        ice_agent_abandon_restart(world->agent, world->now_us);
        break;
    case 5:
        address = address_of(next_byte(world));
        ice_agent_drop_base(world->agent, &address, world->now_us);
        break;
    case 6:
        request(world);
        break;
    case 7:
        answer(world);
        break;
    case 8:
        raw(world);
        break;
    case 9:
        ice_agent_probe(world->agent, next_byte(world) * 10000u, world->now_us);
        break;
    case 10:
        address = address_of(next_byte(world));
        ice_agent_heard(world->agent, &address, world->now_us);
        break;
    default:
        pass_time(world, 1000u << next_byte(world) % 16);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct ice_events events = {on_send, on_state, on_selected, on_remote, on_random};
    struct world world = {.input = {data, data + len}, .now_us = 1000000, .random = 1};
    struct ice_options options = {.now_us = world.now_us};
    struct ice_stats stats;
    struct net_address remote;
    struct ice_pair_info pair;
    options.role = next_byte(&world) & 1 ? ICE_CONTROLLING : ICE_CONTROLLED;
    world.agent = ice_agent_new(&options, &events, &world);
    fuzz_check(world.agent != NULL, "no memory");
    while (world.input.at < world.input.end) {
        step(&world);
        ice_agent_get_stats(world.agent, &stats);
        fuzz_check(stats.pairs <= ICE_PAIRS_MAX && stats.locals <= ICE_LOCALS_MAX &&
                       stats.remotes <= ICE_REMOTES_MAX,
                   "out of bounds");
        fuzz_check(ice_agent_selected(world.agent, &pair) ==
                       (ice_agent_path(world.agent, &remote) != NULL),
                   "half a path");
    }
    pass_time(&world, 100000000); /* whatever it was, it ends */
    uint64_t quiet = world.sent;
    pass_time(&world, 1000000000);
    fuzz_check(world.sent - quiet == 0, "it never ends");
    ice_agent_free(world.agent);
    return 0;
}
