// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Restarts, changes of address, changes of role: what happens to a session that lives. */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "harness.h"
#include "hyper/wire/webrtc/ice/core.h"
#include "network.h"

#define MS UINT64_C(1000)
#define S UINT64_C(1000000)

static void connected(struct network *network, uint64_t seed)
{
    network_init(network, seed);
    network_add_path(network, 0, "10.0.0.1", NAT_NONE);
    network_add_path(network, 1, "10.0.0.2", NAT_NONE);
    network_signal(network);
    assert_true(network_connects(network, 1 * S));
}

static void restart(struct network *network, unsigned peer)
{
    assert_int_equal(ice_agent_restart(network->peers[peer].agent, network->now_us), 0);
    network_gather(network, peer);
}

static struct ice_pair_info pair_of(const struct network *network, unsigned peer)
{
    struct ice_pair_info pair;
    assert_true(ice_agent_selected(network->peers[peer].agent, &pair));
    return pair;
}

TEST(ice_agent_restart_keeps_the_old_path_until_the_new_one_is_nominated)
{
    struct network network;
    connected(&network, 1);
    unsigned states = network.peers[0].state_count;
    restart(&network, 0);
    network_run(&network, network.now_us + 10 * S); /* the peer has not heard of it yet */
    assert_int_equal(pair_of(&network, 0).generation, 1);
    assert_int_equal(network.peers[0].state, ICE_CONNECTED);
    restart(&network, 1);
    network_signal(&network);
    network_run(&network, network.now_us + 100 * MS);
    assert_true(network_agrees(&network));
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(pair_of(&network, i).generation, 2);
        assert_int_equal(network.peers[i].selected.generation, 2);
    }
    network_run(&network, network.now_us + 60 * S);
    assert_int_equal(network.peers[0].state_count, states); /* connected all the time */
    assert_int_equal(network.peers[1].state, ICE_CONNECTED);
    network_deinit(&network);
}

TEST(ice_agent_restart_given_up_leaves_everything_as_it_was)
{
    struct network network;
    struct ice_credentials before;
    connected(&network, 2);
    before = *ice_agent_local(network.peers[0].agent);
    for (unsigned i = 0; i < 5; i++) {
        restart(&network, 0);
        assert_string_not_equal(ice_agent_local(network.peers[0].agent)->ufrag, before.ufrag);
        network_run(&network, network.now_us + 2 * S);
        ice_agent_abandon_restart(network.peers[0].agent, network.now_us);
    }
    ice_agent_abandon_restart(network.peers[0].agent, network.now_us);
    assert_string_equal(ice_agent_local(network.peers[0].agent)->ufrag, before.ufrag);
    network_run(&network, network.now_us + 60 * S);
    assert_true(network_agrees(&network));
    assert_int_equal(network.peers[0].state_count, 2);
    /* Another one works, and its number is new. */
    restart(&network, 0);
    restart(&network, 1);
    network_signal(&network);
    network_run(&network, network.now_us + 1 * S);
    assert_int_equal(pair_of(&network, 0).generation, 7);
    assert_int_equal(pair_of(&network, 1).generation, 2);
    network_deinit(&network);
}

/* The answer is lost: one side checks a generation that the other has replaced meanwhile. */
/* The peer may still speak of the old generation when a restart of ours is on its way to it. */
TEST(ice_agent_restart_leaves_the_old_credentials_known)
{
    struct network network;
    connected(&network, 11);
    struct ice_agent *agent = network.peers[0].agent;
    struct ice_credentials ours = *ice_agent_local(agent), theirs = *ice_agent_remote(agent);
    assert_ptr_equal(ice_agent_local_for(agent, theirs.ufrag), ice_agent_local(agent));
    restart(&network, 0);
    assert_null(ice_agent_remote(agent));
    assert_string_equal(ice_agent_local_for(agent, theirs.ufrag)->ufrag, ours.ufrag);
    assert_null(ice_agent_local_for(agent, ""));
    restart(&network, 1);
    network_signal(&network);
    network_run(&network, network.now_us + 60 * S);
    assert_null(ice_agent_local_for(agent, theirs.ufrag));
    assert_ptr_equal(ice_agent_local_for(agent, ice_agent_remote(agent)->ufrag),
                     ice_agent_local(agent));
    network_deinit(&network);
}

TEST(ice_agent_restart_replaced_by_another)
{
    struct network network;
    connected(&network, 3);
    restart(&network, 0);
    restart(&network, 1);
    network_tell_credentials(&network, 0);
    network_tell_candidates(&network, 0);
    network_run(&network, network.now_us + 10 * MS); /* checks of peer 1 are on their way */
    restart(&network, 0);
    network_run(&network, network.now_us + 6 * S);
    assert_true(network_agrees(&network));
    restart(&network, 1);
    network_signal(&network);
    network_run(&network, network.now_us + 1 * S);
    assert_true(network_agrees(&network));
    assert_int_equal(pair_of(&network, 0).generation, 3);
    assert_int_equal(network.peers[0].state_count, 2);
    network_deinit(&network);
}

TEST(ice_agent_restart_by_both_at_once)
{
    struct network network;
    connected(&network, 4);
    network.delay_us = 50 * MS;
    restart(&network, 1);
    restart(&network, 0);
    network_signal(&network);
    network_run(&network, network.now_us + 2 * S);
    assert_true(network_agrees(&network));
    assert_int_equal(pair_of(&network, 0).generation, 2);
    network_deinit(&network);
}

TEST(ice_agent_restart_after_failure)
{
    struct network network;
    connected(&network, 5);
    network.peers[0].paths[0].is_cut = true;
    network_run(&network, network.now_us + 40 * S);
    assert_int_equal(network.peers[0].state, ICE_FAILED);
    assert_int_equal(network.peers[1].state, ICE_FAILED);
    network.peers[0].paths[0].is_cut = false;
    restart(&network, 0);
    restart(&network, 1);
    network_run(&network, network.now_us + 1 * S);
    assert_int_equal(network.peers[0].state, ICE_FAILED);
    network_signal(&network);
    assert_true(network_connects(&network, 1 * S));
    network_deinit(&network);
}

/* A peer that discards its old generation when the restart is described: it restarts twice, so that
 * nothing of what it had carries, nor is answered. Nominations take two seconds here: data must not
 * wait for them. */
TEST(ice_agent_restart_with_a_peer_that_breaks_before_it_makes)
{
    static const struct ice_options options = {.wait_us = {2 * S, 2 * S, 2 * S, 2 * S}};
    for (unsigned us = 0; us < 2; us++) {
        struct network network;
        network_init_with(&network, 6, &options);
        network_add_path(&network, 0, "10.0.0.1", NAT_NONE);
        network_add_path(&network, 1, "10.0.0.2", NAT_NONE);
        network_signal(&network);
        assert_true(network_connects(&network, 5 * S));
        network_run(&network, network.now_us + 5 * S);
        restart(&network, us);
        network_forget(&network, !us, &options);
        network_signal(&network);
        network_run(&network, network.now_us + 500 * MS);
        struct net_address to;
        assert_non_null(ice_agent_path(network.peers[us].agent, &to));
        assert_int_equal(pair_of(&network, us).generation, 2);
        assert_int_equal(network.peers[us].state, ICE_CONNECTED);
        network_run(&network, network.now_us + 5 * S);
        assert_true(network_agrees(&network));
        assert_int_equal(network.peers[us].state_count, 2);
        network_deinit(&network);
    }
}

/* A check for peer 1 that nominates, with these fragments. */
static void check(struct network *network, const struct ice_credentials *asked, const char *asker)
{
    static const uint8_t transaction[STUN_TRANSACTION_LEN] = {7};
    char name[2 * ICE_CREDENTIAL_MAX + 2];
    uint8_t buf[STUN_PACKET_MAX];
    struct stun_writer writer;
    struct net_address from = network_address("10.0.0.1", 6000);
    struct peer *peer = &network->peers[1];
    snprintf(name, sizeof(name), "%s:%s", asked->ufrag, asker);
    stun_begin(&writer, buf, sizeof(buf), STUN_REQUEST, STUN_BINDING, transaction);
    stun_put(&writer, STUN_USERNAME, view_text(name));
    stun_put(&writer, STUN_USE_CANDIDATE, actr_view_of(NULL, 0));
    stun_put_u64(&writer, STUN_ICE_CONTROLLING, 1);
    stun_put_u32(&writer, STUN_PRIORITY, 0x7effffff);
    stun_put_integrity(&writer, view_text(asked->pwd));
    stun_put_fingerprint(&writer);
    network->packet_count = 0;
    assert_true(ice_agent_receive(peer->agent, &peer->paths[0].base, &from, stun_end(&writer),
                                  network->now_us));
}

/* A peer that has made new sockets for its restart and tries them with our old candidates: it must
 * not come to believe in a path that we can never confirm, and stop there. */
static void expect_mixed_refused(struct network *network, const struct ice_credentials *asked,
                                 const char *asker)
{
    struct ice_stats before, after;
    struct stun_message answer;
    struct actr_view reason;
    unsigned code;
    ice_agent_get_stats(network->peers[1].agent, &before);
    check(network, asked, asker);
    assert_int_equal(network->packet_count, 1); /* and no check of ours */
    const struct packet *packet = &network->packets[0];
    assert_int_equal(stun_parse(actr_view_of(packet->bytes, packet->len), &answer), 0);
    assert_true(stun_verify(&answer, view_text(asked->pwd)));
    assert_true(stun_find_error(&answer, &code, &reason));
    assert_int_equal(code, 401);
    ice_agent_get_stats(network->peers[1].agent, &after);
    assert_int_equal(after.remotes, before.remotes);
    assert_int_equal(after.pairs, before.pairs);
}

TEST(ice_agent_restart_refuses_checks_that_mix_generations)
{
    struct network network;
    connected(&network, 12);
    struct ice_agent *agent = network.peers[1].agent;
    struct ice_credentials old = *ice_agent_local(agent), theirs = *ice_agent_remote(agent);
    /* Before its offer has come, ... */
    restart(&network, 0);
    const char *fresh = ice_agent_local(network.peers[0].agent)->ufrag;
    expect_mixed_refused(&network, &old, fresh);
    expect_mixed_refused(&network, &old, "");
    /* ... while our answer is on its way, ... */
    restart(&network, 1);
    network_tell_credentials(&network, 0);
    expect_mixed_refused(&network, &old, fresh);
    expect_mixed_refused(&network, ice_agent_local(agent), theirs.ufrag);
    /* ... and the restart goes on all the same. */
    network_tell_candidates(&network, 0);
    network_tell_credentials(&network, 1);
    network_tell_candidates(&network, 1);
    network_run(&network, network.now_us + 1 * S);
    assert_true(network_agrees(&network));
    assert_int_equal(pair_of(&network, 1).generation, 2);
    network_deinit(&network);
}

/* Before the answer to an offer of ours has come, nobody can say what does not match. */
TEST(ice_agent_restart_answers_checks_that_overtake_the_description)
{
    struct network network;
    struct ice_stats stats;
    connected(&network, 13);
    restart(&network, 1);
    check(&network, ice_agent_local(network.peers[1].agent), "anybody");
    assert_int_equal(network.packet_count, 1);
    assert_int_equal(network.packets[0].bytes[0], 0x01);
    assert_int_equal(network.packets[0].bytes[1], 0x01); /* success */
    ice_agent_get_stats(network.peers[1].agent, &stats);
    assert_int_equal(stats.remotes, 1);
    network_deinit(&network);
}

TEST(ice_agent_moves_to_another_interface_when_one_vanishes)
{
    for (unsigned who = 0; who < 2; who++) {
        struct network network;
        network_init(&network, 8 + who);
        network_add_path(&network, who, "10.0.0.1", NAT_NONE);
        network_add_path(&network, who, "10.0.0.9", NAT_NONE);
        network_add_path(&network, !who, "10.0.0.2", NAT_NONE);
        network_signal(&network);
        assert_true(network_connects(&network, 1 * S));
        network_run(&network, network.now_us + 10 * S);
        assert_int_equal(pair_of(&network, who).local.base.bytes[3], 1);
        network.peers[who].paths[0].is_cut = true;
        ice_agent_drop_base(network.peers[who].agent, &network.peers[who].paths[0].base,
                            network.now_us);
        uint64_t dropped_us = network.now_us;
        assert_true(network_connects(&network, 3 * S));
        assert_int_equal(pair_of(&network, who).local.base.bytes[3], 9);
        assert_true(network.now_us - dropped_us <= 2 * S);
        network_run(&network, network.now_us + 20 * S);
        assert_true(network_agrees(&network));
        network_deinit(&network);
    }
}

TEST(ice_agent_without_any_interface_is_disconnected_until_one_comes)
{
    struct network network;
    struct net_address to;
    connected(&network, 10);
    network.peers[0].paths[0].is_cut = true;
    ice_agent_drop_base(network.peers[0].agent, &network.peers[0].paths[0].base, network.now_us);
    assert_null(ice_agent_path(network.peers[0].agent, &to));
    network_run(&network, network.now_us);
    assert_int_equal(network.peers[0].state, ICE_DISCONNECTED);
    network_run(&network, network.now_us + 5 * S);
    network_add_path(&network, 0, "10.0.0.7", NAT_NONE); /* not told: a check shows it */
    assert_true(network_connects(&network, 3 * S));
    assert_int_equal(network.peers[1].selected.remote.address.bytes[3], 7);
    network_deinit(&network);
}

TEST(ice_agent_without_any_interface_fails_in_the_end)
{
    struct network network;
    connected(&network, 11);
    ice_agent_drop_base(network.peers[0].agent, &network.peers[0].paths[0].base, network.now_us);
    network.peers[0].paths[0].is_cut = true;
    network_run(&network, network.now_us + 40 * S);
    assert_int_equal(network.peers[0].state, ICE_FAILED);
    network_deinit(&network);
}

TEST(ice_agent_finds_another_path_when_the_chosen_one_dies)
{
    struct network network;
    network_init(&network, 12);
    network_add_path(&network, 0, "10.0.0.1", NAT_NONE);
    network_add_relay(&network, 0, "203.0.113.7");
    network_add_path(&network, 1, "10.0.0.2", NAT_NONE);
    network_signal(&network);
    assert_true(network_connects(&network, 1 * S));
    network_run(&network, network.now_us + 10 * S);
    assert_false(pair_of(&network, 0).is_relayed);
    network.peers[0].paths[0].is_cut = true;
    network_run(&network, network.now_us + 5 * S);
    assert_true(network_agrees(&network));
    assert_true(pair_of(&network, 0).is_relayed && pair_of(&network, 1).is_relayed);
    network_deinit(&network);
}

TEST(ice_agent_probe_finds_out_early)
{
    struct network network;
    connected(&network, 13);
    network_run(&network, network.now_us + 5 * S);
    ice_agent_probe(network.peers[0].agent, 500 * MS, network.now_us);
    network_run(&network, network.now_us + 2 * S);
    assert_int_equal(network.peers[0].state_count, 2); /* answered */
    network.peers[0].paths[0].is_deaf = true;
    uint64_t deaf_us = network.now_us;
    ice_agent_probe(network.peers[0].agent, 500 * MS, network.now_us);
    network_run(&network, network.now_us + 1 * S);
    assert_int_equal(network.peers[0].state, ICE_DISCONNECTED);
    assert_int_equal(network.peers[0].state_us, deaf_us + 500 * MS);
    network.peers[0].paths[0].is_deaf = false;
    assert_true(network_connects(&network, 1 * S));
    network_run(&network, network.now_us + 5 * S);
    network.peers[0].paths[0].is_deaf = true;
    deaf_us = network.now_us;
    ice_agent_probe(network.peers[0].agent, 500 * MS, network.now_us);
    ice_agent_probe(network.peers[0].agent, 200 * MS, network.now_us); /* only sooner */
    ice_agent_probe(network.peers[0].agent, 900 * MS, network.now_us);
    network_run(&network, network.now_us + 1 * S);
    assert_int_equal(network.peers[0].state, ICE_DISCONNECTED);
    assert_int_equal(network.peers[0].state_us, deaf_us + 200 * MS);
    network_deinit(&network);
}

/* Both believe to have that role. */
static void conflict(enum ice_role role, bool is_muted, uint64_t seed)
{
    struct network network;
    struct ice_options options = {.role = role};
    network_init_as(&network, seed, &options, role);
    network.peers[1].is_muted = is_muted;
    network_add_path(&network, 0, "10.0.0.1", NAT_NONE);
    network_add_path(&network, 1, "10.0.0.2", NAT_NONE);
    network_signal(&network);
    assert_true(network_connects(&network, 5 * S));
    assert_int_not_equal(network.peers[0].agent->role, network.peers[1].agent->role);
    network_deinit(&network);
}

TEST(ice_agent_roles_in_conflict_are_resolved)
{
    for (uint64_t seed = 1; seed <= 100; seed++) {
        conflict(ICE_CONTROLLING, seed % 2, seed);
        conflict(ICE_CONTROLLED, seed % 2, seed);
    }
}

TEST(ice_agent_refuses_what_is_no_peer)
{
    struct network network;
    struct ice_credentials remote = {"abcd", "0123456789012345678901"};
    struct candidate candidate = {.name = "x.local", .address = {.port = 1}};
    network_init(&network, 14);
    struct ice_agent *agent = network.peers[0].agent;
    assert_int_equal(ice_agent_add_remote(agent, &candidate, 0), ACTR_EINVALID);
    strcpy(remote.ufrag, "abc");
    assert_int_equal(ice_agent_set_remote(agent, &remote, 0), ACTR_EINVALID);
    strcpy(remote.ufrag, "ab:d");
    assert_int_equal(ice_agent_set_remote(agent, &remote, 0), ACTR_EINVALID);
    strcpy(remote.ufrag, "ab+/");
    remote.pwd[21] = '\0';
    assert_int_equal(ice_agent_set_remote(agent, &remote, 0), ACTR_EINVALID);
    memset(remote.pwd, 'x', sizeof(remote.pwd));
    assert_int_equal(ice_agent_set_remote(agent, &remote, 0), ACTR_EINVALID);
    remote.pwd[ICE_CREDENTIAL_MAX] = '\0';
    assert_int_equal(ice_agent_set_remote(agent, &remote, 0), 0);
    assert_int_equal(ice_agent_set_remote(agent, &remote, 0), ACTR_ESTATE);
    network_deinit(&network);
}
