// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* One session against an agent that the test drives: what comes before there is a path, and what
 * probes it. */
#include "hyper/wire/webrtc/connection.h"

#include <stdio.h>

#include "fake_association.h"
#include "fake_udp.h"
#include "hyper/wire/webrtc/connection_parts.h"

/* ---- the peer ---- */

static struct {
    struct ice_agent *agent;
    struct connection *connection;
    struct connection_settings settings;
    bool is_deaf;  /* what the session asks is lost; what it answers is not */
    bool is_muted; /* what the peer refuses it does not say */
    struct flying {
        bool is_ours;
        size_t len;
        uint8_t bytes[256];
    } flying[16];
    size_t count;
} world;

static void fly(bool is_ours, struct actr_view bytes)
{
    struct flying *flying = &world.flying[world.count++];
    assert_true(world.count <= 16 && bytes.len <= sizeof(flying->bytes));
    flying->is_ours = is_ours;
    flying->len = bytes.len;
    memcpy(flying->bytes, bytes.ptr, bytes.len);
}

static const struct net_address here = {.bytes = {192, 0, 2, 99}, .port = 4000};

static void reach_session(struct actr_view bytes)
{
    const struct datagram datagram = {.local = here, .remote = remote_of(1), .bytes = bytes};
    fake.sockets[0].events->on_burst(fake.sockets[0].owner, &fake.sockets[0].base, &datagram, 1);
}

static void land(const struct flying *flying)
{
    struct net_address there = remote_of(1);
    struct actr_view bytes = actr_view_of(flying->bytes, flying->len);
    if (flying->is_ours)
        ice_agent_receive(world.agent, &there, &here, bytes, loop_now_us(fake.loop));
    else
        reach_session(bytes);
}

static void peer_sends(void *owner, const struct candidate *local, const struct net_address *remote,
                       struct actr_view bytes)
{
    (void)owner, (void)local, (void)remote;
    if (!world.is_muted || bytes.ptr[0] != 1 || bytes.ptr[1] != 0x11)
        fly(false, bytes);
}

static void peer_hears_state(void *owner, enum ice_state state)
{
    (void)owner, (void)state;
}

static void peer_hears_selected(void *owner, const struct ice_pair_info *pair)
{
    (void)owner, (void)pair;
}

static void peer_hears_remote(void *owner, const struct net_address *remote)
{
    (void)owner, (void)remote;
}

static void peer_has_random(void *owner, void *buf, size_t len)
{
    (void)owner;
    memset(buf, 7, len);
}

static const struct ice_events peer_events = {peer_sends, peer_hears_state, peer_hears_selected,
                                              peer_hears_remote, peer_has_random};

static void session_sends(struct datagram_socket *socket, const struct net_address *local,
                          const struct net_address *remote, struct actr_view bytes)
{
    (void)socket, (void)local, (void)remote;
    /* A request has 00 in the bits that tell an answer (RFC 8489 §5). */
    if (!world.is_deaf || bytes.ptr[0] != 0)
        fly(true, bytes);
}

static const struct datagram_ops session_ops = {session_sends, fake_send_probe, fake_flush,
                                                fake_local,    fake_stats,      fake_close};

static void on_candidate(void *owner, struct connection *connection, const char *ufrag,
                         const char *text)
{
    (void)owner, (void)connection, (void)ufrag, (void)text;
}

static void on_closed(void *owner, struct connection *connection, int code, const char *detail)
{
    (void)owner, (void)connection, (void)code;
    fail_msg("%s", detail);
}

static const struct connection_events connection_events = {.on_candidate = on_candidate,
                                                           .on_closed = on_closed};

static void credential_of(const char *sdp, const char *name, char *ret, size_t len)
{
    const char *at = strstr(sdp, name);
    assert_non_null(at);
    at += strlen(name);
    snprintf(ret, len, "%.*s", (int)strcspn(at, "\r\n"), at);
}

static void run(uint64_t duration_us)
{
    for (uint64_t end_us = loop_now_us(fake.loop) + duration_us; loop_now_us(fake.loop) < end_us;) {
        loop_virtual_run_until(fake.loop, loop_now_us(fake.loop) + 1000);
        ice_agent_tick(world.agent, loop_now_us(fake.loop));
        while (world.count > 0) {
            struct flying first = world.flying[0];
            memmove(world.flying, world.flying + 1, --world.count * sizeof(first));
            land(&first);
        }
    }
}

static void world_open(void)
{
    memset(&world, 0, sizeof(world));
    memset(&association, 0, sizeof(association));
    fake_open();
    fake.list[0].address = here;
    fake.list[0].address.port = 0;
    fake.list_count = 1;
    assert_int_equal(mux_open_with((struct udp_mux_options){0}), 0);
    fake.sockets[0].base.ops = &session_ops;
    world.settings = (struct connection_settings){
        .loop = fake.loop, .net = &fake.net, .mux = mux, .associations = &association_factory};
    world.is_deaf = true;
}

/* The peer's one address, and what it is as a candidate. */
static struct candidate agent_open(void)
{
    const struct ice_options options = {.role = ICE_CONTROLLED};
    struct candidate candidate;
    memset(&candidate, 0, sizeof(candidate));
    candidate.type = CANDIDATE_HOST;
    candidate.address = candidate.base = remote_of(1);
    world.agent = ice_agent_new(&options, &peer_events, NULL);
    assert_non_null(world.agent);
    assert_int_equal(ice_agent_add_local(world.agent, &candidate, 1), 0);
    return candidate;
}

static void session_open(void)
{
    struct ice_credentials credentials;
    char text[1024];
    struct actr_bytes sdp;

    world_open();
    assert_int_equal(
        connection_new(&world.settings, true, &connection_events, NULL, &world.connection), 0);
    assert_int_equal(connection_offer(world.connection, false, &sdp), 0);
    snprintf(text, sizeof(text), "%.*s", (int)sdp.len, (const char *)sdp.ptr);
    actr_bytes_unref(sdp);
    credential_of(text, "a=ice-ufrag:", credentials.ufrag, sizeof(credentials.ufrag));
    credential_of(text, "a=ice-pwd:", credentials.pwd, sizeof(credentials.pwd));

    struct candidate candidate = agent_open();
    assert_int_equal(ice_agent_set_remote(world.agent, &credentials, loop_now_us(fake.loop)), 0);
    candidate.priority = 1000;
    candidate.address = here;
    assert_int_equal(ice_agent_add_remote(world.agent, &candidate, loop_now_us(fake.loop)), 0);
}

/* more: further lines for the session. */
static void describe(const char *more, const char *setup, char text[1024])
{
    const struct ice_credentials *credentials = ice_agent_local(world.agent);
    snprintf(text, 1024,
             "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n%s"
             "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n"
             "a=mid:0\r\na=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=setup:%s\r\n"
             "a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:"
             "55:66:77:88:99:AA:BB:CC:DD:EE:FF\r\na=sctp-port:5000\r\n",
             more, credentials->ufrag, credentials->pwd, setup);
}

static void session_answer(void)
{
    char text[1024];
    describe("", "active", text);
    assert_int_equal(connection_apply(world.connection, view_text(text)), 0);
}

static void session_close(void)
{
    connection_free(world.connection);
    ice_agent_free(world.agent);
    mux_close();
}

static void peer_says(size_t count, size_t len)
{
    uint8_t bytes[2000] = {22};
    for (size_t i = 0; i < count; i++) {
        bytes[1] = (uint8_t)i;
        reach_session(actr_view_of(bytes, len));
    }
}

static void check_early(size_t wanted)
{
    run(100000);
    assert_false(association.is_started);
    world.is_deaf = false;
    run(3000000);
    assert_true(association.is_started);
    assert_int_equal(association.count, wanted);
    for (size_t i = 0; i < wanted; i++)
        assert_int_equal(association.bytes[i], i);
    assert_false(association.is_waiting);
}

/* A peer may have a path before we do, and begins to speak at once. */
TEST(what_comes_before_the_path_is_handed_on_with_it)
{
    session_open();
    session_answer();
    run(100000);
    peer_says(3, 200);
    check_early(3);
    peer_says(1, 200);
    assert_int_equal(association.count, 4);
    session_close();
}

/* Even before we have its answer: it needs nothing of ours but the offer. */
TEST(what_comes_before_the_answer_is_handed_on_too)
{
    session_open();
    run(100000);
    peer_says(2, 200);
    session_answer();
    check_early(2);
    session_close();
}

TEST(what_comes_before_the_path_is_bounded)
{
    session_open();
    session_answer();
    run(100000);
    peer_says(CONNECTION_EARLY_MAX + 4, CONNECTION_EARLY_LEN_MAX);
    check_early(CONNECTION_EARLY_MAX);
    session_close();
}

TEST(what_is_too_long_to_be_a_flight_is_not_kept)
{
    session_open();
    session_answer();
    run(100000);
    peer_says(1, CONNECTION_EARLY_LEN_MAX + 1);
    check_early(0);
    session_close();
}

TEST(what_is_kept_goes_with_the_session)
{
    session_open();
    session_answer();
    run(100000);
    peer_says(2, 200);
    session_close();
    assert_int_equal(association.count, 0);
}

static bool probe(size_t len)
{
    static uint8_t bytes[2000];
    return association.events->probe(association.owner, actr_view_of(bytes, len));
}

TEST(a_probe_takes_the_path_when_there_is_one)
{
    session_open();
    session_answer();
    run(100000);
    fake.link_len = 1472;
    assert_true(probe(1473)); /* nobody can tell */
    assert_int_equal(fake.sockets[0].probe_count, 0);
    check_early(0);
    assert_true(probe(1472));
    assert_int_equal(fake.sockets[0].probe_count, 1);
    assert_true(net_address_equal(&fake.sockets[0].sent_to,
                                  &(struct net_address){.bytes = {192, 0, 2, 1}, .port = 2}));
    assert_false(probe(1473));
    session_close();
}

/* It sends no checks, and answers none who says that it does not control (RFC 8445 §6.1.1). */
TEST(a_peer_with_ice_lite_is_controlled_though_it_offers)
{
    char text[1024];
    struct actr_bytes sdp;
    world_open();
    world.is_deaf = false;
    world.is_muted = true;
    assert_int_equal(
        connection_new(&world.settings, false, &connection_events, NULL, &world.connection), 0);
    agent_open(); /* knows no peer: checks nothing */
    describe("a=ice-lite\r\n", "actpass", text);
    assert_int_equal(connection_answer(world.connection, false, view_text(text), &sdp), 0);
    actr_bytes_unref(sdp);
    connection_add_candidate(world.connection,
                             view_text("candidate:1 1 udp 1000 192.0.2.1 2 typ host"));
    run(1000000);
    assert_true(association.is_started);
    session_close();
}

/* The peer, which does not follow any of them, asks for consent by the name that it knows. */
TEST(a_path_that_outlives_many_restarts_keeps_its_name)
{
    session_open();
    session_answer();
    check_early(0);
    for (unsigned i = 0; i < 2 * UDP_MUX_NAMES_MAX; i++) {
        struct actr_bytes sdp;
        assert_int_equal(connection_offer(world.connection, true, &sdp), 0);
        actr_bytes_unref(sdp);
        if (i < UDP_MUX_NAMES_MAX)
            connection_abandon(world.connection);
    }
    run(5000000);
    assert_int_equal(strays(), 0);
    session_close();
}

/* Names that nobody can look up, and those of a description that is over. */
TEST(names_that_lead_nowhere_do_not_stand_in_the_way)
{
    static const char text[] = "candidate:1 1 udp 1000 a%s.local 2 typ host";
    char name[256];
    session_open();
    session_answer();
    fake.refuses[0] = fake.refuses[1] = true; /* the link is deaf */
    for (unsigned i = 0; i < CONNECTION_NAMES_MAX; i++) {
        snprintf(name, sizeof(name), text, ".");
        connection_add_candidate(world.connection, view_text(name));
    }
    assert_int_equal(world.connection->name_count, 0);
    snprintf(name, sizeof(name), text, "");
    connection_add_candidate(world.connection, view_text(name));
    assert_int_equal(world.connection->name_count, 1);
    check_early(0);
    struct actr_bytes sdp;
    assert_int_equal(connection_offer(world.connection, true, &sdp), 0);
    actr_bytes_unref(sdp);
    assert_int_equal(world.connection->name_count, 0);
    session_close();
}
