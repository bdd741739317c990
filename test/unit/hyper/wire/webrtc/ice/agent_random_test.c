// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Two agents on networks drawn at random: whatever happens, they end on one path when there is one,
 * and send no more than they should. */
#include <stdio.h>

#include "harness.h"
#include "hyper/wire/webrtc/ice/agent.h"
#include "network.h"

#define MS UINT64_C(1000)
#define S UINT64_C(1000000)

static uint64_t pick(uint64_t *random, uint64_t below)
{
    return harness_random(random) % below;
}

/* One or two interfaces each, perhaps behind NATs, and a relay, so that there always is a path. */
static void draw(struct network *network, uint64_t seed, uint64_t *random)
{
    static const char *const hosts[2][3] = {{"10.0.0.1", "10.0.0.11", "203.0.113.7"},
                                            {"10.0.0.2", "10.0.0.12", "203.0.113.8"}};
    network_init(network, seed);
    network->delay_us = pick(random, 150) * MS + 100;
    network->jitter_us = pick(random, 2) * pick(random, 50) * MS;
    network->lost = (unsigned)(pick(random, 2) * pick(random, 100));
    network->doubled = (unsigned)(pick(random, 2) * pick(random, 200));
    for (unsigned i = 0; i < 2; i++) {
        network_add_path(network, i, hosts[i][0], (enum nat)pick(random, 5));
        if (pick(random, 2))
            network_add_path(network, i, hosts[i][1], (enum nat)pick(random, 5));
        if (i == 0 || pick(random, 2))
            network_add_relay(network, i, hosts[i][2]);
    }
}

/* What signaling carries, in any order, with pauses. */
static void signal_slowly(struct network *network, uint64_t *random)
{
    unsigned todo = 15;
    while (todo) {
        unsigned bit = (unsigned)pick(random, 4);
        if (!(todo & 1u << bit))
            continue;
        todo &= ~(1u << bit);
        if (bit < 2)
            network_tell_credentials(network, bit);
        else
            network_tell_candidates(network, bit - 2);
        network_run(network, network->now_us + pick(random, 3) * pick(random, 400) * MS);
    }
}

static void restart(struct network *network, uint64_t *random)
{
    unsigned first = (unsigned)pick(random, 2);
    for (unsigned i = 0; i < 2; i++) {
        unsigned peer = i ? !first : first;
        assert_int_equal(ice_agent_restart(network->peers[peer].agent, network->now_us), 0);
        network_gather(network, peer);
        network_run(network, network->now_us + pick(random, 300) * MS);
    }
    signal_slowly(network, random);
}

/* A peer's first interface goes silent for a while, or goes and comes back. */
static void disturb(struct network *network, uint64_t *random)
{
    struct peer *peer = &network->peers[pick(random, 2)];
    uint64_t pause_us = pick(random, 8) * S;
    if (pick(random, 2)) {
        peer->paths[0].is_cut = true;
        network_run(network, network->now_us + pause_us);
        peer->paths[0].is_cut = false;
    } else {
        ice_agent_drop_base(peer->agent, &peer->paths[0].base, network->now_us);
        peer->paths[0].is_cut = true;
        network_run(network, network->now_us + pause_us);
        peer->paths[0].is_cut = false;
        network_gather(network, (unsigned)(peer - network->peers));
    }
}

static void expect_agreement(struct network *network, uint64_t seed, const char *after)
{
    if (!network_connects(network, 25 * S))
        fail_msg("seed %u: no agreement after %s (states %d, %d)", (unsigned)seed, after,
                 network->peers[0].state, network->peers[1].state);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(network->peers[i].state, ICE_CONNECTED);
}

static void run(uint64_t seed)
{
    static const char *const names[] = {"a restart", "a disturbance", "silence"};
    struct network network;
    uint64_t random = seed;
    draw(&network, seed, &random);
    signal_slowly(&network, &random);
    expect_agreement(&network, seed, "the beginning");
    for (unsigned i = 0; i < 3; i++) {
        unsigned what = (unsigned)pick(&random, 3);
        if (what == 0)
            restart(&network, &random);
        else if (what == 1)
            disturb(&network, &random);
        else
            network_run(&network, network.now_us + pick(&random, 20) * S);
        expect_agreement(&network, seed, names[what]);
    }

    /* At rest: on a link that loses nothing nothing changes any more, and little is sent. */
    network.lost = 0;
    network_run(&network, network.now_us + 30 * S);
    uint64_t sent = network.peers[0].sent + network.peers[1].sent;
    unsigned changes = network.peers[0].selected_count + network.peers[1].selected_count;
    network_run(&network, network.now_us + 30 * S);
    if (!network_agrees(&network))
        fail_msg("seed %u: no agreement at rest", (unsigned)seed);
    assert_int_equal(network.peers[0].selected_count + network.peers[1].selected_count, changes);
    /* Each side's checks, 0.8 s apart at least, and the answers to what arrives of the other's. */
    uint64_t checks = 2 * 30 * 10 / 8 + 2;
    assert_true(network.peers[0].sent + network.peers[1].sent - sent <=
                checks + checks * (1000 + network.doubled) / 1000 + 8);
    network_deinit(&network);
}

TEST(ice_agents_always_agree)
{
    uint64_t first = harness_seed() % 1000000;
    for (uint64_t seed = first; seed < first + 200; seed++)
        run(seed);
}

TEST(ice_agents_agree_on_networks_seen_before)
{
    for (uint64_t seed = 1; seed <= 800; seed++)
        run(seed);
}
