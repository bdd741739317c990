// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What strangers, forgers and broken peers can do to an agent. */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "harness.h"
#include "hyper/wire/webrtc/ice/agent.h"
#include "network.h"

#define MS UINT64_C(1000)
#define S UINT64_C(1000000)

/* What an agent has and has told; that must not change. */
struct snapshot {
    struct ice_stats stats;
    uint64_t sent, sent_bytes;
    unsigned selected_count, state_count, remote_count;
    size_t live;
};

static struct snapshot snapshot_of(const struct peer *peer)
{
    struct snapshot now = {.sent = peer->sent,
                           .sent_bytes = peer->sent_bytes,
                           .selected_count = peer->selected_count,
                           .state_count = peer->state_count,
                           .remote_count = peer->remote_count,
                           .live = mem_live()};
    ice_agent_get_stats(peer->agent, &now.stats);
    return now;
}

static void expect_untouched(const struct peer *peer, const struct snapshot *before)
{
    struct snapshot now = snapshot_of(peer);
    assert_int_equal(now.sent, before->sent);
    assert_int_equal(now.selected_count, before->selected_count);
    assert_int_equal(now.state_count, before->state_count);
    assert_int_equal(now.remote_count, before->remote_count);
    assert_int_equal(now.live, before->live);
    assert_int_equal(now.stats.pairs, before->stats.pairs);
    assert_int_equal(now.stats.remotes, before->stats.remotes);
    assert_int_equal(now.stats.locals, before->stats.locals);
}

/* Peer 1 has an interface and knows its peer; nothing has been sent yet. */
static void waiting(struct network *network)
{
    network_init(network, 1);
    network_add_path(network, 0, "10.0.0.1", NAT_NONE);
    network_add_path(network, 1, "10.0.0.2", NAT_NONE);
    network_tell_credentials(network, 0);
}

/* A check for peer `to`, signed with that password. */
static struct actr_view check_for(struct network *network, unsigned to, const char *pwd,
                                  uint8_t buf[STUN_PACKET_MAX])
{
    char name[2 * ICE_CREDENTIAL_MAX + 2];
    uint64_t random[2] = {harness_random(&network->random), harness_random(&network->random)};
    struct stun_writer writer;
    snprintf(name, sizeof(name), "%s:%s", ice_agent_local(network->peers[to].agent)->ufrag,
             ice_agent_local(network->peers[!to].agent)->ufrag);
    stun_begin(&writer, buf, STUN_PACKET_MAX, STUN_REQUEST, STUN_BINDING, (const uint8_t *)random);
    stun_put(&writer, STUN_USERNAME, view_text(name));
    stun_put(&writer, STUN_USE_CANDIDATE, actr_view_of(NULL, 0));
    stun_put_u64(&writer, to == 1 ? STUN_ICE_CONTROLLING : STUN_ICE_CONTROLLED, random[0]);
    stun_put_u32(&writer, STUN_PRIORITY, 0x7effffff);
    stun_put_integrity(&writer, view_text(pwd));
    stun_put_fingerprint(&writer);
    return stun_end(&writer);
}

static bool receive(struct network *network, unsigned to, const char *from, struct actr_view packet)
{
    struct net_address remote = network_address(from, 5000);
    struct peer *peer = &network->peers[to];
    return ice_agent_receive(peer->agent, &peer->paths[0].base, &remote, packet, network->now_us);
}

static void connected(struct network *network)
{
    waiting(network);
    network_tell_credentials(network, 1);
    network_tell_candidates(network, 0);
    network_tell_candidates(network, 1);
    assert_true(network_connects(network, 1 * S));
    network_run(network, network->now_us + 3 * S + 100 * MS);
}

TEST(ice_agent_spoofed_stun_wrong_integrity)
{
    struct network network;
    uint8_t buf[STUN_PACKET_MAX];
    waiting(&network);
    network_run(&network, network.now_us + 1 * S);
    struct snapshot before = snapshot_of(&network.peers[1]);
    for (unsigned i = 0; i < 100; i++)
        assert_true(receive(&network, 1, "10.0.0.66", check_for(&network, 1, "guessed", buf)));
    expect_untouched(&network.peers[1], &before);
    assert_int_equal(snapshot_of(&network.peers[1]).stats.forged, before.stats.forged + 100);
    /* The genuine one does all of that. */
    const char *pwd = ice_agent_local(network.peers[1].agent)->pwd;
    assert_true(receive(&network, 1, "10.0.0.66", check_for(&network, 1, pwd, buf)));
    assert_int_equal(snapshot_of(&network.peers[1]).stats.remotes, 1);
    assert_int_equal(network.peers[1].sent, before.sent + 2); /* the answer, a check of its own */
    network_deinit(&network);
}

TEST(ice_agent_a_million_half_open_checks)
{
    struct network network;
    uint8_t buf[STUN_PACKET_MAX];
    waiting(&network);
    struct snapshot before = snapshot_of(&network.peers[1]);
    struct actr_view packet = check_for(&network, 1, "guessed", buf);
    uint8_t *bytes = buf;
    struct net_address from = network_address("10.0.0.66", 5000);
    for (uint32_t i = 0; i < 1000000; i++) {
        /* Without fingerprint, so that each may differ; the length says so. */
        memcpy(bytes + 8, &i, sizeof(i));
        bytes[3] = (uint8_t)(packet.len - 8 - STUN_HEADER_LEN);
        memcpy(from.bytes, &i, 4);
        assert_true(ice_agent_receive(network.peers[1].agent, &network.peers[1].paths[0].base,
                                      &from, actr_view_of(bytes, packet.len - 8), 1 * S));
    }
    expect_untouched(&network.peers[1], &before);
    assert_int_equal(snapshot_of(&network.peers[1]).stats.forged, 1000000);
    network_deinit(&network);
}

/* Remembers the last answer, keeps it from arriving. */
static struct packet caught;

static void catch (struct network *network, const struct packet *packet)
{
    if (packet->bytes[0] == 0x01 && packet->to.bytes[3] == 1)
        caught = *packet;
}

TEST(ice_agent_consent_from_elsewhere)
{
    struct network network;
    connected(&network);
    network.peers[0].paths[0].is_deaf = true;
    /* Genuine answers of the peer, but each comes from an address that was not asked. */
    network.tap = catch;
    uint64_t end_us = network.now_us + 3 * S;
    while (network.now_us < end_us) {
        caught.len = 0;
        network_run(&network, network.now_us + 10 * MS);
        if (caught.len)
            assert_false(receive(&network, 0, "10.0.0.66", actr_view_of(caught.bytes, caught.len)));
    }
    assert_int_equal(network.peers[0].state, ICE_DISCONNECTED);
    /* The same from where it was asked is good. */
    network.peers[0].paths[0].is_deaf = false;
    network.tap = NULL;
    assert_true(network_connects(&network, 1 * S));
    network_deinit(&network);
}

TEST(ice_agent_forged_answers)
{
    struct network network;
    connected(&network);
    network.peers[0].paths[0].is_deaf = true;
    network.tap = catch;
    uint64_t end_us = network.now_us + 3 * S;
    while (network.now_us < end_us) {
        struct stun_writer writer;
        uint8_t buf[STUN_PACKET_MAX];
        caught.len = 0;
        network_run(&network, network.now_us + 10 * MS);
        if (!caught.len) /* the transaction is known, the password is not */
            continue;
        stun_begin(&writer, buf, sizeof(buf), STUN_SUCCESS, STUN_BINDING, caught.bytes + 8);
        stun_put_address(&writer, STUN_XOR_MAPPED_ADDRESS, &network.peers[0].paths[0].base);
        stun_put_integrity(&writer, view_text("guessed"));
        stun_put_fingerprint(&writer);
        assert_true(ice_agent_receive(network.peers[0].agent, &network.peers[0].paths[0].base,
                                      &caught.from, stun_end(&writer), network.now_us));
    }
    assert_int_equal(network.peers[0].state, ICE_DISCONNECTED);
    network_deinit(&network);
}

TEST(ice_agent_replayed_answers_do_not_renew_consent)
{
    struct network network;
    connected(&network);
    network.tap = catch;
    network_run(&network, network.now_us + 3 * S);
    struct packet replayed = caught;
    network.peers[0].paths[0].is_deaf = true;
    for (unsigned i = 0; i < 300; i++) {
        network_run(&network, network.now_us + 10 * MS);
        assert_false(ice_agent_receive(network.peers[0].agent, &network.peers[0].paths[0].base,
                                       &replayed.from, actr_view_of(replayed.bytes, replayed.len),
                                       network.now_us));
    }
    assert_int_equal(network.peers[0].state, ICE_DISCONNECTED);
    network_deinit(&network);
}

TEST(ice_agent_amplification_no_answer_larger_than_the_request_before_verification)
{
    struct network network;
    uint8_t buf[STUN_PACKET_MAX];
    waiting(&network);
    const char *pwd = ice_agent_local(network.peers[1].agent)->pwd;
    struct snapshot before = snapshot_of(&network.peers[1]);
    /* Cut at each length, told so; each byte spoilt: nothing is answered at all. */
    struct actr_view packet = check_for(&network, 1, pwd, buf);
    for (size_t len = 0; len < packet.len - 8; len++) {
        uint8_t cut[STUN_PACKET_MAX];
        memcpy(cut, buf, len);
        if (len > STUN_HEADER_LEN)
            cut[3] = (uint8_t)(len - STUN_HEADER_LEN);
        receive(&network, 1, "10.0.0.66", actr_view_of(cut, len));
    }
    for (size_t i = 0; i < packet.len - 8; i++) {
        buf[i] ^= 0x40;
        receive(&network, 1, "10.0.0.66", packet);
        buf[i] ^= 0x40;
    }
    expect_untouched(&network.peers[1], &before);
    /* The genuine one is answered by less than it is, and by a check. */
    assert_true(receive(&network, 1, "10.0.0.66", packet));
    assert_int_equal(network.peers[1].sent, 2);
    assert_true(network.peers[1].sent_bytes < 2 * packet.len + 8);
    network_deinit(&network);
}

TEST(ice_agent_a_peer_of_many_addresses_stays_within_bounds)
{
    struct network network;
    uint8_t buf[STUN_PACKET_MAX];
    waiting(&network);
    network_tell_candidates(&network, 0);
    network_tell_credentials(&network, 1);
    network_tell_candidates(&network, 1);
    assert_true(network_connects(&network, 1 * S));
    const char *pwd = ice_agent_local(network.peers[1].agent)->pwd;
    for (unsigned i = 0; i < 1000; i++) {
        struct net_address from = network_address("10.1.0.0", (uint16_t)(1000 + i));
        struct net_address base = network.peers[1].paths[0].base;
        from.bytes[3] = (uint8_t)i;
        assert_true(ice_agent_receive(network.peers[1].agent, &base, &from,
                                      check_for(&network, 1, pwd, buf), network.now_us));
        network.packet_count = 0;
    }
    struct ice_stats stats = snapshot_of(&network.peers[1]).stats;
    assert_true(stats.remotes <= ICE_REMOTES_MAX && stats.pairs <= ICE_PAIRS_MAX);
    network_deinit(&network);
}

TEST(ice_agent_requests_for_others_are_not_taken)
{
    struct network network;
    uint8_t buf[STUN_PACKET_MAX];
    struct stun_writer writer;
    static const uint8_t transaction[STUN_TRANSACTION_LEN] = {1};
    waiting(&network);
    struct snapshot before = snapshot_of(&network.peers[1]);
    static const char *const names[] = {"", ":", "nobody:else", "nobody"};
    for (size_t i = 0; i < 4; i++) {
        stun_begin(&writer, buf, sizeof(buf), STUN_REQUEST, STUN_BINDING, transaction);
        stun_put(&writer, STUN_USERNAME, view_text(names[i]));
        stun_put_integrity(&writer, view_text(ice_agent_local(network.peers[1].agent)->pwd));
        assert_false(receive(&network, 1, "10.0.0.66", stun_end(&writer)));
    }
    stun_begin(&writer, buf, sizeof(buf), STUN_REQUEST, STUN_ALLOCATE, transaction);
    assert_false(receive(&network, 1, "10.0.0.66", stun_end(&writer)));
    stun_begin(&writer, buf, sizeof(buf), STUN_REQUEST, STUN_BINDING, transaction);
    assert_false(receive(&network, 1, "10.0.0.66", stun_end(&writer)));
    stun_begin(&writer, buf, sizeof(buf), STUN_INDICATION, STUN_BINDING, transaction);
    assert_false(receive(&network, 1, "10.0.0.66", stun_end(&writer)));
    expect_untouched(&network.peers[1], &before);
    network_deinit(&network);
}

/* With an attribute that must be understood, and is not; is_full: what a peer says besides. */
static bool ask_the_unknown(struct network *network, bool is_full)
{
    static const uint8_t transaction[STUN_TRANSACTION_LEN] = {1};
    const struct ice_credentials *own = ice_agent_local(network->peers[1].agent);
    uint8_t buf[STUN_PACKET_MAX];
    char name[ICE_CREDENTIAL_MAX + 8];
    struct stun_writer writer;
    snprintf(name, sizeof(name), "%s:x", own->ufrag);
    stun_begin(&writer, buf, sizeof(buf), STUN_REQUEST, STUN_BINDING, transaction);
    stun_put(&writer, STUN_USERNAME, view_text(name));
    stun_put_u32(&writer, 0x7abc, 0);
    if (is_full) {
        stun_put_u64(&writer, STUN_ICE_CONTROLLING, 1);
        stun_put_u32(&writer, STUN_PRIORITY, 1);
    }
    stun_put_integrity(&writer, view_text(own->pwd));
    return receive(network, 1, "10.0.0.1", stun_end(&writer));
}

TEST(ice_agent_unknown_attributes_are_refused_by_number)
{
    struct network network;
    struct stun_message message;
    struct actr_view value;
    unsigned code;
    waiting(&network);
    const struct ice_credentials *own = ice_agent_local(network.peers[1].agent);
    assert_true(ask_the_unknown(&network, true));
    assert_int_equal(network.packet_count, 1);
    const struct packet *answer = &network.packets[0];
    assert_int_equal(stun_parse(actr_view_of(answer->bytes, answer->len), &message), 0);
    assert_true(stun_verify(&message, view_text(own->pwd)));
    assert_true(stun_find_error(&message, &code, &value));
    assert_int_equal(code, 420);
    assert_true(stun_find(&message, STUN_UNKNOWN_ATTRIBUTES, &value));
    assert_int_equal(value.len, 2);
    assert_memory_equal(value.ptr, "\x7a\xbc", 2);
    network_deinit(&network);
}

/* Also who knows the password may give the address of somebody else. */
TEST(ice_agent_amplification_no_answer_larger_than_a_signed_request)
{
    struct network network;
    waiting(&network);
    assert_true(ask_the_unknown(&network, false));
    assert_int_equal(network.packet_count, 0);
    network_deinit(&network);
}

/* Candidates, a restart, a check of an unknown address: each without memory once. */
TEST(ice_agent_out_of_memory_is_told_and_survived)
{
    struct network network;
    uint8_t buf[STUN_PACKET_MAX];
    struct candidate local = {.address = network_address("10.0.0.3", 1)};
    struct candidate remote = {.address = network_address("10.0.0.4", 1)};
    local.base = local.address;
    connected(&network);
    struct ice_agent *agent = network.peers[1].agent;
    const char *pwd = ice_agent_local(agent)->pwd;
    struct snapshot before = snapshot_of(&network.peers[1]);
    for (size_t n = 1; n <= 2; n++) { /* the candidate, its pair */
        mem_fail_at(n);
        assert_int_equal(ice_agent_add_remote(agent, &remote, network.now_us), ACTR_ENOMEM);
        mem_fail_at(n);
        assert_int_equal(ice_agent_add_local(agent, &local, 1), ACTR_ENOMEM);
        mem_fail_at(0);
    }
    expect_untouched(&network.peers[1], &before);
    assert_int_equal(ice_agent_add_remote(agent, &remote, network.now_us), 0);
    assert_int_equal(ice_agent_add_local(agent, &local, 1), 0);
    assert_int_equal(snapshot_of(&network.peers[1]).stats.pairs, before.stats.pairs + 3);
    mem_fail_at(1);
    assert_int_equal(ice_agent_restart(agent, network.now_us), ACTR_ENOMEM);
    mem_fail_at(1);
    assert_true(receive(&network, 1, "10.0.0.66", check_for(&network, 1, pwd, buf)));
    mem_fail_at(0);
    assert_int_equal(network.peers[1].sent, before.sent + 1); /* answered all the same */
    assert_ptr_equal(ice_agent_local(agent)->pwd, pwd);
    assert_true(network_agrees(&network));
    network_deinit(&network);
}

/* A peer on this machine may send from its loopback address to another address of ours. Nobody
 * would make that pair from the two candidates, but the peer may nominate it. */
TEST(ice_agent_checks_a_pair_by_which_a_check_has_come)
{
    static const char *const strange[] = {"127.0.0.1", "fe80::1"};
    for (size_t i = 0; i < 2; i++) {
        struct network network;
        uint8_t buf[STUN_PACKET_MAX];
        waiting(&network);
        network_add_path(&network, 1, "fd00::2", NAT_NONE);
        const struct peer *peer = &network.peers[1];
        struct net_address from = network_address(strange[i], 5000);
        const char *pwd = ice_agent_local(peer->agent)->pwd;
        assert_true(ice_agent_receive(peer->agent, &peer->paths[i].base, &from,
                                      check_for(&network, 1, pwd, buf), network.now_us));
        assert_int_equal(peer->sent, 2); /* the answer, and a check of our own */
        network_deinit(&network);
    }
}
