// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Strangers that send datagrams to a node's port, and actors that say to it through the server what
 * they should not: it answers its honest peer all along, keeps that session, and owes nobody more
 * than it was sent. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "harness.h"
#include "hostile_peer.h"
#include "hyper/wire/webrtc/ice/stun.h"

#define MIB ((size_t)1 << 20)

static struct rig rig;
static struct hostile hostile;
static uint64_t seed;

static void begin(bool is_open)
{
    rig_open(&rig, is_open);
    hostile_open(&hostile, &rig, "acme:Hostile:1.0.0");
    rig_watch(&rig);
    seed = harness_seed();
}

static void end(void)
{
    hostile_close(&hostile);
    rig_close(&rig);
}

/* The server has taken all that was sent to it, and the victim what came from there. */
static void settle(void)
{
    hostile_settle(&hostile);
    rig_serve(&rig, 20);
}

/* ---- datagrams ---- */

/* A check, as a peer makes it, for that user fragment and signed by that password. */
static size_t check_of(const char *ufrag, const char *pwd, uint8_t buf[STUN_PACKET_MAX])
{
    uint64_t random[2] = {harness_random(&seed), harness_random(&seed)};
    char name[2 * ICE_CREDENTIAL_MAX];
    struct stun_writer writer;
    snprintf(name, sizeof(name), "%s:them", ufrag);
    stun_begin(&writer, buf, STUN_PACKET_MAX, STUN_REQUEST, STUN_BINDING, (const uint8_t *)random);
    stun_put(&writer, STUN_USERNAME, view_text(name));
    stun_put_u32(&writer, STUN_PRIORITY, 0x7effffff);
    stun_put_u64(&writer, STUN_ICE_CONTROLLING, random[1]);
    stun_put(&writer, STUN_USE_CANDIDATE, actr_view_of(NULL, 0));
    stun_put_integrity(&writer, view_text(pwd)); /* the fingerprint may be left out */
    return stun_end(&writer).len;
}

static bool is_up(struct hostile *one)
{
    struct actr_peer_stats stats;
    return one->is_open && rig_peer_stats(&rig, &one->actor.id, &stats);
}

static struct actr_peer_stats hostile_stats(void)
{
    struct actr_peer_stats stats;
    assert_true(rig_peer_stats(&rig, &hostile.actor.id, &stats));
    return stats;
}

TEST(spoofed_stun)
{
    uint8_t buf[STUN_PACKET_MAX];
    begin(false);
    hostile_offer(&hostile);
    hostile_until(&hostile, is_up);
    struct net_address to = rig_address(&rig);
    int fd = rig_socket(&to);
    uint64_t strays = rig_stats(&rig).datagrams_stray, forged = hostile_stats().checks_forged;
    for (unsigned i = 0; i < 1000; i++) {
        rig_send(fd, &to, buf, check_of(hostile.victim.ufrag, "a password of nobody", buf));
        rig_send(fd, &to, buf, check_of("nobody", "a password of nobody", buf));
        if (i % 50 == 0)
            hostile_while_served(&hostile, 1);
    }
    hostile_while_served(&hostile, 20);
    assert_int_equal(hostile_stats().checks_forged - forged, 1000);
    assert_int_equal(rig_stats(&rig).datagrams_stray - strays, 1000);
    assert_int_equal(rig_answers(fd), 0);
    close(fd);
    end();
}

/* Whoever knows the password but is elsewhere is answered, and moves nothing. */
TEST(consent_from_elsewhere)
{
    uint8_t buf[STUN_PACKET_MAX];
    begin(false);
    hostile_offer(&hostile);
    hostile_until(&hostile, is_up);
    struct actr_peer_stats before = hostile_stats(), after;
    struct net_address to = rig_address(&rig);
    int fd = rig_socket(&to);
    size_t sent = 0;
    for (unsigned i = 0; i < 200; i++) {
        size_t len = check_of(hostile.victim.ufrag, hostile.victim.pwd, buf);
        rig_send(fd, &to, buf, len);
        sent += len;
        if (i % 20 == 0)
            hostile_while_served(&hostile, 1);
    }
    hostile_while_served(&hostile, 20);
    after = hostile_stats();
    assert_string_equal(after.remote, before.remote);
    assert_string_equal(after.local, before.local);
    assert_true(after.has_path);
    /* Answers, and a few checks of the new address: together less than was asked. */
    size_t answered = rig_answers(fd);
    assert_true(answered > 0 && answered <= sent);
    close(fd);
    end();
}

/* Nothing that nobody has verified is answered at all, whatever its first byte says that it is. */
TEST(amplification)
{
    static const uint8_t client_hello[] = {22, 0xfe, 0xff, 0, 0, 0, 0, 0, 0,
                                           0,  0,    0,    4, 1, 0, 0, 0};
    uint8_t buf[1400];
    begin(false);
    struct net_address to = rig_address(&rig);
    int fd = rig_socket(&to);
    for (unsigned first = 0; first < 256; first++) {
        for (unsigned i = 0; i < 8; i++) {
            size_t len = 1 + harness_random(&seed) % sizeof(buf);
            for (size_t k = 0; k < len; k++)
                buf[k] = (uint8_t)harness_random(&seed);
            buf[0] = (uint8_t)first;
            rig_send(fd, &to, buf, len);
        }
        rig_send(fd, &to, buf, 0);
        rig_send(fd, &to, client_hello, sizeof(client_hello));
        /* A bare question of STUN, which a server would answer. */
        struct stun_writer writer;
        uint8_t packet[STUN_PACKET_MAX];
        stun_begin(&writer, packet, sizeof(packet), STUN_REQUEST,
                   first % 2 ? STUN_BINDING : STUN_ALLOCATE, buf);
        rig_send(fd, &to, packet, stun_end(&writer).len);
        if (first % 16 == 0)
            rig_serve(&rig, 1);
    }
    rig_serve(&rig, 20);
    assert_int_equal(rig_answers(fd), 0);
    close(fd);
    end();
}

#define SOURCES 64

/* From many addresses; half of them for nobody, half for a session, signed with nothing. */
TEST(a_million_half_open_checks)
{
    const unsigned count = 1000000 / RIG_SCALE;
    uint8_t stray[STUN_PACKET_MAX], forged[STUN_PACKET_MAX];
    int fds[SOURCES];
    begin(false);
    hostile_offer(&hostile);
    hostile_until(&hostile, is_up);
    struct net_address to = rig_address(&rig);
    for (unsigned i = 0; i < SOURCES; i++)
        fds[i] = rig_socket(&to);
    size_t stray_len = check_of("nobody", "nothing", stray);
    size_t forged_len = check_of(hostile.victim.ufrag, "nothing", forged);
    for (unsigned i = 0; i < count / RIG_BATCH; i++) {
        struct actr_view packet =
            i % 2 ? actr_view_of(stray, stray_len) : actr_view_of(forged, forged_len);
        rig_send_numbered(fds[i % SOURCES], &to, packet, 8, RIG_BATCH); /* other transactions */
        if (i % 50 == 0)
            hostile_while_served(&hostile, 1);
    }
    hostile_while_served(&hostile, 20);
    rig_expect(&rig, 4 * MIB);
    for (unsigned i = 0; i < SOURCES; i++) {
        assert_int_equal(rig_answers(fds[i]), 0);
        close(fds[i]);
    }
    assert_true(hostile_stats().has_path);
    end();
}

/* ---- signaling ---- */

static struct actr_view offer_text(void)
{
    return actr_bytes_view(hostile.description);
}

/* It takes the place of the session that the offer before it began. */
TEST(an_offer_without_candidates)
{
    begin(false);
    hostile_offer(&hostile);
    hostile.connection = connection_free(hostile.connection);
    struct actr_view text = offer_text();
    uint8_t *at = memmem(text.ptr, text.len, "a=candidate:", 12);
    assert_non_null(at); /* they are its end */
    hostile_describe(&hostile, RELAY_SDP_OFFER, actr_view_of(text.ptr, (size_t)(at - text.ptr)),
                     "second");
    settle();
    rig_expect(&rig, 4 * MIB);
    end();
}

TEST(answers_that_nobody_asked_for)
{
    char id[40];
    begin(false);
    hostile_offer(&hostile);
    hostile_until(&hostile, is_up);
    for (unsigned i = 0; i < 500; i++) {
        snprintf(id, sizeof(id), "exchange-%u", i);
        hostile_describe(&hostile, RELAY_SDP_ANSWER, offer_text(), i % 2 ? id : "");
    }
    settle();
    assert_true(hostile_stats().has_path);
    rig_expect(&rig, 4 * MIB);
    end();
}

/* Each names a session that there is not. */
TEST(candidates_by_the_thousand)
{
    const unsigned count = 20000 / RIG_SCALE;
    char ufrag[32];
    begin(false);
    for (unsigned i = 0; i < count; i++) {
        struct signaling_envelope envelope = hostile_relay(&hostile, RELAY_ICE_CANDIDATE);
        snprintf(ufrag, sizeof(ufrag), "ufrag%u", i);
        envelope.relay.ice_candidate = (struct relay_ice_candidate){
            .candidate = view_text("candidate:1 1 udp 2130706431 192.0.2.1 4000 typ host"),
            .username_fragment = view_text(ufrag)};
        live_send(hostile.actor.fd, &envelope);
        if (i % 500 == 0)
            hostile_settle(&hostile);
    }
    settle();
    rig_expect(&rig, 2 * MIB);
    end();
}

TEST(requests_to_restart_in_a_loop)
{
    begin(false);
    hostile_offer(&hostile);
    hostile_until(&hostile, is_up);
    for (unsigned i = 0; i < 1000; i++) {
        struct signaling_envelope envelope = hostile_relay(&hostile, RELAY_ICE_RESTART_REQUEST);
        live_send(hostile.actor.fd, &envelope);
        if (i % 100 == 0)
            hostile_while_served(&hostile, 1);
    }
    hostile_while_served(&hostile, 20);
    assert_true(hostile_stats().has_path);
    assert_int_equal(hostile_stats().restarts, 0); /* the offerer alone restarts */
    end();
}

static bool has_answers(struct hostile *one)
{
    return one->answers >= 20;
}

/* Offers of restarts that lead nowhere: the path that there is stays in use. */
TEST(restarts_that_lead_nowhere)
{
    char id[40];
    begin(false);
    hostile_offer(&hostile);
    hostile_until(&hostile, is_up);
    struct actr_peer_stats before = hostile_stats();
    for (unsigned i = 0; i < 20; i++) {
        snprintf(id, sizeof(id), "restart-%u", i);
        hostile_describe(&hostile, RELAY_SDP_ICE_RESTART_OFFER, offer_text(), id);
    }
    hostile_until(&hostile, has_answers);
    hostile_while_served(&hostile, 20);
    assert_string_equal(hostile_stats().remote, before.remote);
    rig_expect(&rig, 8 * MIB);
    end();
}

/* Each takes the place of the one before: there is one session in the making, not a thousand. */
TEST(offers_by_the_thousand)
{
    const unsigned count = 1000 / RIG_SCALE;
    char id[40];
    begin(false);
    hostile_offer(&hostile);
    for (unsigned i = 0; i < count; i++) {
        snprintf(id, sizeof(id), "offer-%u", i);
        hostile_describe(&hostile, RELAY_SDP_OFFER, offer_text(), id);
        if (i % 20 == 0)
            hostile_while_served(&hostile, 1);
    }
    hostile_while_served(&hostile, 20);
    rig_expect(&rig, 8 * MIB);
    end();
}

TEST(an_sdp_of_1_mb)
{
    struct actr_peer_stats stats;
    uint8_t *text;
    begin(false);
    for (size_t len = 900 << 10; len <= (1 << 20); len += 62 << 10) {
        struct actr_bytes sdp = bytes_new(len, &text);
        memset(text, 'a', len);
        memcpy(text, "v=0\r\n", 5);
        hostile_describe(&hostile, RELAY_SDP_OFFER, actr_bytes_view(sdp), "large");
        actr_bytes_unref(sdp);
        rig_serve(&rig, 10);
    }
    assert_false(rig_peer_stats(&rig, &hostile.actor.id, &stats));
    rig_expect(&rig, 4 * MIB);
    end();
}

/* What an actor says in the name of another, or of the server, does not leave the server. */
TEST(forged_names_and_roles)
{
    begin(false);
    for (unsigned i = 0; i < 20; i++) {
        struct signaling_envelope role = hostile_relay(&hostile, RELAY_ROLE_ASSIGNMENT);
        role.relay.role_assignment.is_offerer = i % 2;
        assert_int_equal(live_error(&rig.live, hostile.actor.fd, &role), 403);
        struct signaling_envelope forged = hostile_relay(&hostile, RELAY_SESSION_DESCRIPTION);
        forged.relay.source = rig.honest_id;
        forged.relay.session_description = (struct relay_session_description){
            .sdp = view_text("v=0\r\n"), .exchange_id = view_text("x"), .type = (int32_t)(i % 4)};
        assert_int_equal(live_error(&rig.live, hostile.actor.fd, &forged), 403);
    }
    settle();
    end();
}

/* A server that lets it through: whatever is said in the name of the honest node, its session is
 * kept, or replaced by one with the honest node itself. No call of it fails. */
TEST(forged_roles_that_contradict_each_other)
{
    begin(true);
    for (unsigned i = 0; i < 50; i++) {
        struct signaling_envelope forged = hostile_relay(&hostile, RELAY_ROLE_ASSIGNMENT);
        forged.relay.source = i % 4 < 2 ? rig.honest_id : rig.victim_id;
        forged.relay.target = i % 4 < 2 ? rig.victim_id : rig.honest_id;
        forged.relay.role_assignment.is_offerer = i % 2;
        live_send(hostile.actor.fd, &forged);
        rig_serve(&rig, 1);
    }
    rig_serve(&rig, 50);
    hostile_close(&hostile);
    rig_close_replaced(&rig);
}

/* Two at once, one of them in the name of the honest node. */
TEST(offers_in_the_name_of_another)
{
    char id[40];
    begin(true);
    hostile_offer(&hostile);
    for (unsigned i = 0; i < 50; i++) {
        struct signaling_envelope forged = hostile_relay(&hostile, RELAY_SESSION_DESCRIPTION);
        snprintf(id, sizeof(id), "forged-%u", i);
        forged.relay.source = rig.honest_id;
        forged.relay.session_description =
            (struct relay_session_description){.sdp = offer_text(),
                                               .exchange_id = view_text(id),
                                               .type = i % 2 ? RELAY_SDP_ANSWER : RELAY_SDP_OFFER};
        live_send(hostile.actor.fd, &forged);
        hostile_while_served(&hostile, 1);
    }
    hostile_while_served(&hostile, 50);
    end();
}

/* ---- the address of another ---- */

/* Our description, by which the victim would be the server of the handshake. */
static struct actr_bytes active_offer(void)
{
    static const char from[] = "a=setup:actpass", to[] = "a=setup:active ";
    struct actr_view text = offer_text();
    uint8_t *data;
    struct actr_bytes copy = bytes_new(text.len, &data);
    memcpy(data, text.ptr, text.len);
    uint8_t *at = memmem(data, text.len, from, sizeof(from) - 1);
    assert_non_null(at);
    memmove(at, to, sizeof(to) - 2); /* without the space: */
    memmove(at + sizeof(to) - 2, at + sizeof(from) - 1,
            text.len - (size_t)(at - data) - (sizeof(from) - 1));
    bytes_truncate(&copy, text.len - 1);
    return copy;
}

static bool is_replaced(struct hostile *one)
{
    lock_take(&one->rig->lock);
    bool is = one->rig->lost > 0;
    lock_give(&one->rig->lock);
    return is;
}

/* It names the honest node's address as its own, waits for a handshake from there, and the honest
 * node makes another session: the handshake is not taken away from that. */
TEST(handshakes_of_another)
{
    struct actr_peer_stats honest;
    char text[160], host[72];
    begin(true);
    hostile_offer(&hostile);
    struct actr_bytes offer = active_offer();
    hostile_describe(&hostile, RELAY_SDP_OFFER, actr_bytes_view(offer), "second");
    assert_true(rig_peer_stats(&rig, &rig.honest_id, &honest));
    snprintf(host, sizeof(host), "%s", honest.remote);
    char *colon = strrchr(host, ':');
    assert_non_null(colon);
    *colon = '\0';
    snprintf(text, sizeof(text), "candidate:1 1 udp 2130706431 %s %s typ host", host, colon + 1);
    struct signaling_envelope candidate = hostile_relay(&hostile, RELAY_ICE_CANDIDATE);
    candidate.relay.ice_candidate = (struct relay_ice_candidate){
        .candidate = view_text(text), .username_fragment = view_text(hostile.own.ufrag)};
    live_send(hostile.actor.fd, &candidate);
    hostile_settle(&hostile);
    hostile_while_served(&hostile, 200); /* its checks have gone there */
    struct signaling_envelope forged = hostile_relay(&hostile, RELAY_ROLE_ASSIGNMENT);
    forged.relay.source = rig.honest_id;
    forged.relay.role_assignment.is_offerer = true;
    live_send(hostile.actor.fd, &forged);
    hostile_until(&hostile, is_replaced);
    actr_bytes_unref(offer);
    hostile_close(&hostile);
    rig_close_replaced(&rig);
}
