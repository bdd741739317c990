// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Relays of ours at a real TURN server (coturn): allocation, permissions, channels, data both ways,
 * refreshing with stale nonces, giving back, and refusals; over UDP, TCP and TLS. Relays of IPv6, a
 * server that names another one, and one that restarts. */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "gathered.h"
#include "harness.h"
#include "hyper/wire/webrtc/udp_mux.h"
#include "net/udp.h"
#include "rig.h"
#include "turnserver.h"

#define DATA_LEN 1200

struct bed {
    struct rig rig;
    struct turnserver server;
    struct udp_mux *mux;
    char url[64], stun_url[64];
    const char *urls[2], *stun_urls[2];
};

/* Somebody who speaks UDP and knows of no relays. */
struct peer {
    struct udp *udp;
    struct net_address address, from;
    unsigned count;
    size_t len;
    uint8_t data[UDP_LEN_MAX];
};

static void peer_on_datagram(void *user, struct actr_view datagram, const struct net_address *from)
{
    struct peer *peer = user;
    peer->count++;
    peer->from = *from;
    peer->len = datagram.len;
    memcpy(peer->data, datagram.ptr, datagram.len);
}

static void peer_open_at(struct peer *peer, struct bed *bed, const char *address)
{
    *peer = (struct peer){0};
    assert_int_equal(udp_open(bed->rig.loop, address, 0, peer_on_datagram, peer, &peer->udp), 0);
    assert_true(net_address_parse(view_text(address), udp_port(peer->udp), &peer->address));
}

static void peer_open(struct peer *peer, struct bed *bed)
{
    peer_open_at(peer, bed, "127.0.0.1");
}

static void on_locals(void *owner)
{
}

static void on_failed(void *owner, int code, const char *detail)
{
    fail_msg("%s", detail);
}

/* The URL around the port. */
struct way {
    const char *before, *after;
    bool is_tls;
};

static const struct way udp = {"turn:127.0.0.1", "", false};
static const struct way tcp = {"turn:127.0.0.1", "?transport=tcp", false};
static const struct way tls = {"turns:127.0.0.1", "", true};

static void bed_open(struct bed *bed, const struct way *way)
{
    static const struct udp_mux_events events = {on_locals, on_failed};
    rig_open(&bed->rig);
    turnserver_start(&bed->server, &bed->rig);
    struct udp_mux_options options = {.loop = bed->rig.loop, .net = bed->rig.net};
    assert_int_equal(udp_mux_open(&options, &events, bed, &bed->mux), 0);
    unsigned port = way->is_tls ? bed->server.tls_port : bed->server.port;
    snprintf(bed->url, sizeof(bed->url), "%s:%u%s", way->before, port, way->after);
    snprintf(bed->stun_url, sizeof(bed->stun_url), "stun:127.0.0.1:%u", bed->server.port);
    bed->urls[0] = bed->url;
    bed->stun_urls[0] = bed->stun_url;
    bed->urls[1] = bed->stun_urls[1] = NULL;
}

static void bed_close(struct bed *bed)
{
    udp_mux_close(bed->mux);
    turnserver_end(&bed->server);
    rig_close(&bed->rig);
}

static void gather(struct bed *bed, struct gathered *gathered, const char *password)
{
    struct gatherer_options options = {.loop = bed->rig.loop,
                                       .net = bed->rig.net,
                                       .mux = bed->mux,
                                       .stun_urls = bed->stun_urls,
                                       .turn_urls = bed->urls,
                                       .turn_username = "actor",
                                       .turn_password = password,
                                       .with_loopback = true,
                                       .timeout_us = 60000000};
    gathered_begin(gathered, &options);
    TURNSERVER_UNTIL(&bed->server, gathered->done == 1);
}

/* The last one that was told. */
static const struct candidate *relay_of(const struct gathered *gathered)
{
    for (size_t i = gathered->count; i-- > 0;)
        if (gathered->candidates[i].type == CANDIDATE_RELAY)
            return &gathered->candidates[i];
    fail_msg("no relay: %s", gathered->trouble);
    return NULL;
}

static void permit(struct bed *bed, struct gathered *gathered, const struct net_address *remote)
{
    unsigned before = turnserver_said(&bed->server, "CREATE_PERMISSION processed, success");
    gatherer_permit(gathered->gatherer, remote);
    TURNSERVER_UNTIL(&bed->server,
                     turnserver_said(&bed->server, "CREATE_PERMISSION processed, success") >
                         before);
}

/* Sends and waits until it has arrived. */
static void send_to(struct bed *bed, struct gathered *gathered, struct peer *peer, size_t len)
{
    static uint8_t data[DATA_LEN];
    unsigned before = peer->count;
    memset(data, (int)(len & 0xff), sizeof(data));
    const struct candidate *relay = relay_of(gathered);
    gatherer_send_relayed(gathered->gatherer, &relay->address, &peer->address,
                          actr_view_of(data, len));
    TURNSERVER_UNTIL(&bed->server, peer->count > before);
    assert_true(net_address_equal(&peer->from, &relay->address));
    assert_int_equal(peer->len, len);
    assert_memory_equal(peer->data, data, len);
}

static void send_back(struct bed *bed, struct gathered *gathered, struct peer *peer, size_t len)
{
    static uint8_t data[DATA_LEN];
    unsigned before = gathered->relayed, ends = gathered->relayed_ends;
    memset(data, (int)(len * 7 & 0xff), sizeof(data));
    udp_send(peer->udp, &relay_of(gathered)->address, actr_view_of(data, len));
    TURNSERVER_UNTIL(&bed->server, gathered->relayed > before && gathered->relayed_ends > ends);
    assert_true(net_address_equal(&gathered->relayed_from, &peer->address));
    assert_true(net_address_equal(&gathered->relayed_by, &relay_of(gathered)->address));
    assert_int_equal(gathered->data_len, len);
    assert_memory_equal(gathered->data, data, len);
}

static void relay_over(const struct way *way)
{
    struct bed bed;
    struct gathered gathered;
    struct peer peer;
    bed_open(&bed, way);
    peer_open(&peer, &bed);
    gather(&bed, &gathered, "secret");
    assert_int_equal(gathered.troubles, 0);
    assert_int_equal(gathered_has(&gathered, CANDIDATE_RELAY, NULL), 1);
    assert_true(net_address_is_loopback(&relay_of(&gathered)->address));

    permit(&bed, &gathered, &peer.address);
    send_back(&bed, &gathered, &peer, 5); /* a Data indication */
    send_to(&bed, &gathered, &peer, 5);   /* a Send indication */
    TURNSERVER_UNTIL(&bed.server,
                     turnserver_said(&bed.server, "CHANNEL_BIND processed, success") == 1);
    for (size_t len = 0; len <= DATA_LEN; len += 151) {
        send_to(&bed, &gathered, &peer, len);
        send_back(&bed, &gathered, &peer, len);
    }

    /* The nonce is stale by then, and the allocation would end without it. */
    TURNSERVER_UNTIL(&bed.server, turnserver_said(&bed.server, "REFRESH processed, success") >= 2);
    send_to(&bed, &gathered, &peer, 100);
    send_back(&bed, &gathered, &peer, 100);
    assert_int_equal(gathered.lost, 0);
    assert_int_equal(gathered_has(&gathered, CANDIDATE_RELAY, NULL), 1);

    gatherer_free(gathered.gatherer);
    TURNSERVER_UNTIL(&bed.server, turnserver_said(&bed.server, "closed (2nd stage)") >= 1);
    udp_close(peer.udp);
    bed_close(&bed);
}

TEST(a_relay_over_udp)
{
    relay_over(&udp);
}

TEST(a_relay_over_tcp)
{
    relay_over(&tcp);
}

TEST(a_relay_over_tls)
{
    relay_over(&tls);
}

TEST(two_sessions_reach_each_other_from_relay_to_relay)
{
    struct bed bed;
    struct gathered first, second;
    bed_open(&bed, &udp);
    gather(&bed, &first, "secret");
    gather(&bed, &second, "secret");
    struct net_address first_relay = relay_of(&first)->address;
    struct net_address second_relay = relay_of(&second)->address;
    assert_false(net_address_equal(&first_relay, &second_relay));
    permit(&bed, &first, &second_relay);
    permit(&bed, &second, &first_relay);
    gatherer_send_relayed(first.gatherer, &first_relay, &second_relay, view_text("there"));
    TURNSERVER_UNTIL(&bed.server, second.relayed == 1);
    assert_string_equal(second.data, "there");
    assert_true(net_address_equal(&second.relayed_from, &first_relay));
    gatherer_send_relayed(second.gatherer, &second_relay, &first_relay, view_text("and back"));
    TURNSERVER_UNTIL(&bed.server, first.relayed == 1);
    assert_string_equal(first.data, "and back");
    gatherer_free(first.gatherer);
    gatherer_free(second.gatherer);
    bed_close(&bed);
}

TEST(a_relay_of_ipv6)
{
    struct bed bed;
    struct gathered gathered;
    struct peer peer;
    bed_open(&bed, &udp);
    if (!bed.server.has_ipv6) {
        puts("SKIPPED: this machine has no IPv6");
        bed_close(&bed);
        return;
    }
    peer_open_at(&peer, &bed, "::1");
    gather(&bed, &gathered, "secret");
    permit(&bed, &gathered, &peer.address);
    TURNSERVER_UNTIL(&bed.server, gathered_has(&gathered, CANDIDATE_RELAY, NULL) == 2);
    assert_true(relay_of(&gathered)->address.is_ipv6);
    assert_int_equal(gathered.troubles, 0);
    for (size_t len = 1; len <= DATA_LEN; len += 400) {
        send_to(&bed, &gathered, &peer, len);
        send_back(&bed, &gathered, &peer, len);
    }
    gatherer_free(gathered.gatherer);
    udp_close(peer.udp);
    bed_close(&bed);
}

/* Over UDP the next refresh tells, over TCP the connection. */
static void restart_over(const struct way *way)
{
    struct bed bed;
    struct gathered gathered;
    struct peer peer;
    bed_open(&bed, way);
    peer_open(&peer, &bed);
    gather(&bed, &gathered, "secret");
    permit(&bed, &gathered, &peer.address);
    turnserver_restart(&bed.server);
    TURNSERVER_UNTIL(&bed.server, gathered_has(&gathered, CANDIDATE_RELAY, NULL) == 2);
    assert_int_equal(gathered.lost, 1);
    send_to(&bed, &gathered, &peer, 100);
    send_back(&bed, &gathered, &peer, 100);
    gatherer_free(gathered.gatherer);
    udp_close(peer.udp);
    bed_close(&bed);
}

TEST(a_server_that_restarts_gives_another_relay)
{
    restart_over(&udp);
    restart_over(&tcp);
}

static void follow_over(const struct way *way)
{
    struct turnserver first;
    struct bed bed;
    struct gathered gathered;
    struct peer peer;
    bed_open(&bed, way);
    turnserver_start_sending_to(&first, &bed.rig, bed.server.port);
    snprintf(bed.url, sizeof(bed.url), "%s:%u%s", way->before, first.port, way->after);
    peer_open(&peer, &bed);
    gather(&bed, &gathered, "secret");
    assert_int_equal(gathered.troubles, 0);
    assert_int_equal(gathered_has(&gathered, CANDIDATE_RELAY, NULL), 1);
    send_to(&bed, &gathered, &peer, 100);
    send_back(&bed, &gathered, &peer, 100);
    assert_true(turnserver_said(&bed.server, "ALLOCATE processed, success") > 0);
    gatherer_free(gathered.gatherer);
    udp_close(peer.udp);
    turnserver_end(&first);
    bed_close(&bed);
}

TEST(a_server_that_names_another_one_is_left_for_it)
{
    follow_over(&udp);
    follow_over(&tcp);
}

static void refuse_over(const struct way *way)
{
    struct bed bed;
    struct gathered gathered;
    bed_open(&bed, way);
    gather(&bed, &gathered, "wrong");
    assert_int_equal(gathered_has(&gathered, CANDIDATE_RELAY, NULL), 0);
    assert_int_equal(gathered.troubles, 1);
    if (gathered.trouble_code != ACTR_EPERMISSION)
        fail_msg("%s", gathered.trouble);
    gatherer_free(gathered.gatherer);
    bed_close(&bed);
}

TEST(a_wrong_password_is_told)
{
    refuse_over(&udp);
    refuse_over(&tls);
}

TEST(a_certificate_for_another_name_is_not_believed)
{
    static const struct way other = {"turns:127.0.0.2", "", true};
    struct bed bed;
    struct gathered gathered;
    bed_open(&bed, &other);
    gather(&bed, &gathered, "secret");
    assert_int_equal(gathered.troubles, 1);
    assert_int_equal(gathered.trouble_code, ACTR_ECONFIG);
    assert_int_equal(gathered_has(&gathered, CANDIDATE_RELAY, NULL), 0);
    gatherer_free(gathered.gatherer);
    bed_close(&bed);
}
