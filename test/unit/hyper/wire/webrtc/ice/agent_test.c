// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
#include "hyper/wire/webrtc/ice/agent.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "harness.h"
#include "hyper/wire/webrtc/ice/core.h"
#include "network.h"

#define MS UINT64_C(1000)
#define S UINT64_C(1000000)

/* One interface each, nothing between them. */
static void connected(struct network *network, uint64_t seed)
{
    network_init(network, seed);
    network_add_path(network, 0, "10.0.0.1", NAT_NONE);
    network_add_path(network, 1, "10.0.0.2", NAT_NONE);
    network_signal(network);
    assert_true(network_connects(network, 1 * S));
}

static enum ice_state state_of(struct network *network, unsigned peer)
{
    return network->peers[peer].agent->state;
}

TEST(ice_agent_connects_on_a_link_at_once)
{
    struct network network;
    connected(&network, 1);
    /* A check, an answer, a nomination, an answer; a millisecond each. */
    assert_true(network.now_us <= 1 * S + 5 * MS);
    assert_int_equal(network.peers[0].selected.local.type, CANDIDATE_HOST);
    assert_int_equal(network.peers[1].selected.remote.type, CANDIDATE_HOST);
    assert_int_equal(network.peers[0].selected.generation, 1);
    assert_int_equal(network.peers[0].state, ICE_CONNECTED);
    assert_true(network.peers[0].selected.rtt_us >= 2 * MS - 1);
    network_deinit(&network);
}

TEST(ice_agent_in_use_wakes_twice_a_second_at_most_and_allocates_nothing)
{
    struct network network;
    connected(&network, 2);
    network_run(&network, network.now_us + 5 * S);
    unsigned ticks = network.peers[0].tick_count;
    uint64_t sent = network.peers[0].sent;
    mem_sweep_at(SIZE_MAX, true); /* counts */
    network_run(&network, network.now_us + 100 * S);
    size_t asked = mem_sweep_count();
    mem_sweep_at(0, true);
    assert_int_equal(asked, 0);
    assert_true(network.peers[0].tick_count - ticks <= 200);
    assert_true(network.peers[0].sent - sent <= 260); /* its own and its answers */
    assert_int_equal(state_of(&network, 0), ICE_CONNECTED);
    assert_int_equal(network.peers[0].state_count, 2);
    network_deinit(&network);
}

TEST(ice_agent_notices_a_black_hole_within_three_seconds_and_recovers)
{
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct network network;
        connected(&network, seed);
        network_run(&network, network.now_us + 5 * S + seed * 37 * MS);
        uint64_t cut_us = network.now_us;
        network.peers[0].paths[0].is_cut = true;
        network_run(&network, cut_us + 3 * S);
        for (unsigned i = 0; i < 2; i++) {
            assert_int_equal(network.peers[i].state, ICE_DISCONNECTED);
            assert_true(network.peers[i].state_us - cut_us <= 3 * S);
        }
        network.peers[0].paths[0].is_cut = false;
        uint64_t back_us = network.now_us;
        assert_true(network_connects(&network, 1 * S));
        assert_true(network.now_us - back_us <= 600 * MS);
        network_deinit(&network);
    }
}

static void rest(struct network *network, unsigned peer, bool is_resting)
{
    ice_agent_rest(network->peers[peer].agent, is_resting, network->now_us);
}

/* Each asks, and answers, eighteen times in 100 s: the one that is asked asks too. The controlled
 * one is always the first, so that the other need not wake for it. */
TEST(ice_agent_at_rest_asks_seldom_and_together_with_the_peer)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct network network;
        connected(&network, seed);
        rest(&network, 0, true);
        rest(&network, 1, true);
        network_run(&network, network.now_us + 15 * S);
        unsigned first = network.peers[0].agent->role == ICE_CONTROLLED ? 0 : 1;
        uint64_t sent = network.peers[0].sent;
        unsigned ticks = network.peers[first].tick_count;
        unsigned other_ticks = network.peers[!first].tick_count;
        network_run(&network, network.now_us + 100 * S);
        sent = network.peers[0].sent - sent;
        assert_in_range(sent, 2 * 16, 2 * 20);
        assert_in_range(network.peers[first].tick_count - ticks, 16, 20);
        assert_int_equal(network.peers[!first].tick_count, other_ticks);
        for (unsigned i = 0; i < 2; i++) {
            assert_int_equal(network.peers[i].state, ICE_CONNECTED);
            assert_int_equal(network.peers[i].state_count, 2);
        }
        network_deinit(&network);
    }
}

/* As soon as an agent that was in use all the time does, counted from when it is in use again; the
 * one that rests on, after its next question. */
TEST(ice_agent_that_has_rested_notices_a_black_hole)
{
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct network network;
        connected(&network, seed);
        rest(&network, 0, true);
        rest(&network, 1, true);
        network_run(&network, network.now_us + 15 * S + seed * 37 * MS);
        uint64_t cut_us = network.now_us;
        network.peers[1].paths[0].is_cut = true;
        network_run(&network, cut_us + seed * 50 * MS);
        uint64_t used_us = network.now_us, sent = network.peers[0].sent;
        rest(&network, 0, false);
        network_run(&network, used_us + 1 * S);
        assert_true(network.peers[0].sent > sent);
        network_run(&network, cut_us + 9 * S);
        for (unsigned i = 0; i < 2; i++)
            assert_int_equal(network.peers[i].state, ICE_DISCONNECTED);
        assert_true(network.peers[0].state_us - used_us <= 3 * S ||
                    network.peers[0].state_us < used_us);
        assert_true(network.peers[1].state_us - cut_us <= 8500 * MS);
        network.peers[1].paths[0].is_cut = false;
        uint64_t back_us = network.now_us;
        assert_true(network_connects(&network, 1 * S));
        assert_true(network.now_us - back_us <= 600 * MS);
        network_deinit(&network);
    }
}

TEST(ice_agent_in_use_again_asks_at_once)
{
    struct network network;
    connected(&network, 5);
    rest(&network, 0, true);
    network_run(&network, network.now_us + 8 * S);
    while (network.now_us < network.peers[0].agent->alive_us + 2 * S)
        network_run(&network, network.now_us + 100 * MS);
    rest(&network, 0, false);
    assert_true(ice_agent_deadline(network.peers[0].agent) <= network.now_us);
    network_run(&network, network.now_us + 10 * MS);
    assert_true(network.peers[0].agent->alive_us + 10 * MS >= network.now_us);
    rest(&network, 0, true); /* and not again and again */
    rest(&network, 0, false);
    assert_true(ice_agent_deadline(network.peers[0].agent) >= network.now_us + 700 * MS);
    network_deinit(&network);
}

TEST(ice_agent_fails_after_thirty_seconds_and_sends_no_more)
{
    struct network network;
    struct net_address to;
    connected(&network, 3);
    network.peers[1].paths[0].is_cut = true;
    uint64_t cut_us = network.now_us;
    network_run(&network, cut_us + 29 * S);
    assert_int_equal(network.peers[0].state, ICE_DISCONNECTED);
    assert_non_null(ice_agent_path(network.peers[0].agent, &to));
    network_run(&network, cut_us + 32 * S);
    assert_int_equal(network.peers[0].state, ICE_FAILED);
    assert_null(ice_agent_path(network.peers[0].agent, &to));
    uint64_t sent = network.peers[0].sent;
    network.peers[1].paths[0].is_cut = false;
    network_run(&network, cut_us + 100 * S);
    assert_int_equal(network.peers[0].sent, sent);
    assert_int_equal(network.peers[0].state, ICE_FAILED);
    network_deinit(&network);
}

TEST(ice_agent_gives_up_checking_in_its_time)
{
    struct network network;
    network_init(&network, 4);
    network_add_path(&network, 0, "10.0.0.1", NAT_NONE)->is_deaf = true;
    network_add_path(&network, 1, "10.0.0.2", NAT_NONE);
    network_signal(&network);
    network_run(&network, 30 * S);
    assert_int_equal(network.peers[0].state, ICE_CHECKING);
    network_run(&network, 32 * S);
    assert_int_equal(network.peers[0].state, ICE_FAILED);
    assert_int_equal(network.peers[1].state, ICE_FAILED);
    assert_true(network.peers[0].sent < 60);
    network_deinit(&network);
}

TEST(ice_agent_waits_for_candidates_that_still_come)
{
    struct network network;
    network_init(&network, 5);
    network_tell_credentials(&network, 0);
    network_tell_credentials(&network, 1);
    network_run(&network, 20 * S);
    assert_int_equal(network.peers[0].state, ICE_CHECKING);
    network_add_path(&network, 0, "10.0.0.1", NAT_NONE);
    network_add_path(&network, 1, "10.0.0.2", NAT_NONE);
    network_tell_candidates(&network, 0); /* the other side hears of it by the checks alone */
    assert_true(network_connects(&network, 1 * S));
    assert_int_equal(network.peers[0].selected.remote.type, CANDIDATE_PRFLX);
    network_deinit(&network);
}

TEST(ice_agent_answers_checks_that_overtake_the_signaling)
{
    struct network network;
    network_init(&network, 6);
    network_add_path(&network, 0, "10.0.0.1", NAT_NONE);
    network_add_path(&network, 1, "10.0.0.2", NAT_NONE);
    network_tell_credentials(&network, 1);
    network_tell_candidates(&network, 1);
    network_run(&network, network.now_us + 2 * S);
    assert_int_equal(network.peers[0].state, ICE_CONNECTED); /* nominated, and answered */
    assert_int_equal(network.peers[1].state, ICE_NEW);
    network_tell_credentials(&network, 0);
    assert_true(network_connects(&network, 100 * MS));
    network_tell_candidates(&network, 0); /* names what was peer-reflexive */
    struct ice_pair_info pair;
    assert_true(ice_agent_selected(network.peers[1].agent, &pair));
    assert_int_equal(pair.remote.type, CANDIDATE_HOST);
    network_deinit(&network);
}

/* What NATs of those types allow (RFC 5128 §3.3): all but a symmetric one against one that looks at
 * ports. */
static bool nats_allow(enum nat a, enum nat b)
{
    if (a == NAT_SYMMETRIC)
        return b < NAT_PORT_RESTRICTED;
    return b != NAT_SYMMETRIC || a < NAT_PORT_RESTRICTED;
}

static void through_nats(enum nat a, enum nat b, bool with_relay, uint64_t seed)
{
    struct network network;
    network_init(&network, seed);
    network.delay_us = 20 * MS;
    network.jitter_us = seed % 3 * 10 * MS;
    network.lost = seed % 4 * 50;
    network_add_path(&network, 0, "10.0.0.1", a);
    network_add_path(&network, 1, "10.0.0.2", b);
    if (with_relay)
        network_add_relay(&network, 0, "203.0.113.7");
    network_signal(&network);
    bool is_connected = network_connects(&network, 20 * S);
    if (is_connected != (nats_allow(a, b) || with_relay))
        fail_msg("NATs %d and %d, relay %d, seed %u", a, b, with_relay, (unsigned)seed);
    if (is_connected && with_relay) { /* the direct path wins where there is one */
        network_run(&network, network.now_us + 5 * S);
        struct ice_pair_info pair;
        assert_true(ice_agent_selected(network.peers[0].agent, &pair));
        if (pair.is_relayed == nats_allow(a, b))
            fail_msg("NATs %d and %d: relayed %d, seed %u", a, b, pair.is_relayed, (unsigned)seed);
    }
    network_deinit(&network);
}

TEST(ice_agent_gets_through_nats)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        for (enum nat a = NAT_NONE; a <= NAT_SYMMETRIC; a++) {
            for (enum nat b = NAT_NONE; b <= NAT_SYMMETRIC; b++) {
                through_nats(a, b, false, seed);
                through_nats(a, b, true, seed);
            }
        }
    }
}

TEST(ice_agent_tells_how_the_peer_sees_it)
{
    struct network network;
    network_init(&network, 7);
    network_add_path(&network, 0, "10.0.0.1", NAT_SYMMETRIC);
    network_add_path(&network, 1, "192.0.2.2", NAT_NONE);
    network_signal(&network);
    assert_true(network_connects(&network, 5 * S));
    assert_int_equal(network.peers[0].selected.local.type, CANDIDATE_PRFLX);
    assert_int_equal(network.peers[1].selected.remote.type, CANDIDATE_PRFLX);
    assert_true(net_address_equal(&network.peers[0].selected.local.address,
                                  &network.peers[1].selected.remote.address));
    network_deinit(&network);
}
