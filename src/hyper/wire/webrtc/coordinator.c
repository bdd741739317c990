// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The table of WebRTC peers, and what they share: one UDP port, one certificate, one configuration.
 *
 * A peer is made when somebody dials it or a relay about it comes, and goes when it holds nothing.
 * What a relay says is the peer's own affair; here it only finds its peer. An assignment of roles
 * may name this node as its source: the peer is the other one.
 *
 * Loop thread. */
#include "hyper/wire/webrtc/coordinator.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "hyper/wire/webrtc/gatherer.h"
#include "hyper/wire/webrtc/rtc_peer.h"
#include "hyper/wire/webrtc/secure_factory.h"
#include "hyper/wire/webrtc/udp_mux.h"
#include "protocol/relay.h"
#include "sys/crypto.h"
#include "sys/log.h"
#include "sys/loop.h"

#define COORDINATOR_PUBLIC_MAX 16

struct coordinator {
    struct rtc_shared shared;
    struct wire_dialer dialer;
    struct hash_table peers;
    struct hash_key key;
    struct secure_factory *factory; /* NULL: the owner has another */
    struct net_address public_addresses[COORDINATOR_PUBLIC_MAX];
    const char *stun_urls[GATHERER_SERVERS_MAX + 1], *turn_urls[GATHERER_SERVERS_MAX + 1];
    char *turn_username, *turn_password;
    bool has_identity;
};

static struct coordinator *coordinator_of(struct rtc_shared *shared)
{
    return container_of(shared, struct coordinator, shared);
}

static struct rtc_peer *coordinator_peer_of(struct hash_node *node)
{
    return node ? container_of(node, struct rtc_peer, node) : NULL;
}

static bool coordinator_equal(const struct hash_node *node, const void *wanted)
{
    return actr_id_equal(&container_of(node, const struct rtc_peer, node)->id, wanted);
}

static struct rtc_peer *coordinator_find(const struct coordinator *coordinator,
                                         const struct actr_id *id)
{
    uint64_t hash = actr_id_hash(id, coordinator->key.bytes);
    return coordinator_peer_of(hash_table_find(&coordinator->peers, hash, id));
}

static int coordinator_peer(struct coordinator *coordinator, const struct actr_id *id,
                            size_t count_max, struct rtc_peer **ret_peer)
{
    struct rtc_peer *peer = coordinator_find(coordinator, id);
    if (peer) {
        *ret_peer = peer;
        return 0;
    }
    if (coordinator->peers.count >= count_max)
        return err_origin(ACTR_EUNAVAILABLE, "WebRTC: too many peers at once (%zu)",
                          coordinator->peers.count);
    peer = rtc_peer_new(&coordinator->shared, id);
    if (!peer)
        return err_origin(ACTR_ENOMEM, "WebRTC: no memory");
    int r = hash_table_insert(&coordinator->peers, &peer->node,
                              actr_id_hash(id, coordinator->key.bytes));
    if (r < 0)
        rtc_peer_free(peer);
    else
        *ret_peer = peer;
    return r;
}

static void coordinator_on_idle(struct rtc_shared *shared, struct rtc_peer *peer)
{
    hash_table_remove(&coordinator_of(shared)->peers, &peer->node);
    rtc_peer_free(peer);
}

/* No peer goes while they are asked one by one: that is their task's. */
static struct rtc_peer *coordinator_next(const struct coordinator *coordinator,
                                         const struct rtc_peer *peer)
{
    return coordinator_peer_of(hash_table_next(&coordinator->peers, peer ? &peer->node : NULL));
}

/* ---- What comes from the server ---- */

void coordinator_set_identity(struct coordinator *coordinator, const struct actr_id *id)
{
    bool is_other = coordinator->has_identity && !actr_id_equal(&coordinator->shared.self, id);

    coordinator->shared.self = *id;
    coordinator->has_identity = true;
    for (struct rtc_peer *peer = NULL; is_other && (peer = coordinator_next(coordinator, peer));)
        rtc_peer_reset(peer);
}

int coordinator_set_turn(struct coordinator *coordinator, const char *username,
                         const char *password)
{
    struct connection_settings *settings = &coordinator->shared.settings;
    char *name = username ? mem_text(username, strlen(username)) : NULL;
    char *word = password ? mem_text(password, strlen(password)) : NULL;

    if ((username && !name) || (password && !word)) {
        mem_free(name);
        crypto_free_secret(word);
        return err_origin(ACTR_ENOMEM, "WebRTC: no memory");
    }
    mem_free(coordinator->turn_username);
    crypto_free_secret(coordinator->turn_password);
    settings->turn_username = coordinator->turn_username = name;
    settings->turn_password = coordinator->turn_password = word;
    for (struct rtc_peer *peer = NULL; name && (peer = coordinator_next(coordinator, peer));)
        rtc_peer_on_credentials(peer);
    return 0;
}

void coordinator_on_linked(struct coordinator *coordinator, bool is_linked)
{
    coordinator->shared.is_linked = is_linked;
    for (struct rtc_peer *peer = NULL; (peer = coordinator_next(coordinator, peer));)
        rtc_peer_on_linked(peer, is_linked);
}

void coordinator_on_relay(struct coordinator *coordinator, const struct relay *relay)
{
    const struct actr_id *self = &coordinator->shared.self;
    const struct actr_id *from = &relay->source;
    struct rtc_peer *peer;

    if (relay->kind == RELAY_ROLE_ASSIGNMENT && actr_id_equal(from, self))
        from = &relay->target;
    if (!coordinator->has_identity || actr_id_equal(from, self))
        return;
    if (coordinator_peer(coordinator, from, COORDINATOR_PEERS_MAX - COORDINATOR_RESERVE, &peer) < 0)
        log_debug(coordinator->shared.settings.log, "webrtc.relay", "%s", actr_errmsg());
    else
        rtc_peer_on_relay(peer, relay);
}

void coordinator_on_refused(struct coordinator *coordinator, const struct actr_id *target, int code)
{
    struct rtc_peer *peer = coordinator_find(coordinator, target);
    if (peer)
        rtc_peer_on_refused(
            peer, code,
            code == ACTR_ENOTFOUND      ? "WebRTC: the peer is not connected to the server"
            : code == ACTR_EUNAVAILABLE ? "WebRTC: the server cannot be reached"
                                        : "WebRTC: the server does not relay to the peer");
}

/* ---- Dialling ---- */

static int coordinator_dial(struct wire_dialer *dialer, const struct actr_id *id,
                            const struct wire_events *events, void *owner, struct wire **ret_wire)
{
    struct coordinator *coordinator = container_of(dialer, struct coordinator, dialer);
    struct rtc_peer *peer;

    if (!coordinator->has_identity || coordinator->shared.is_closing)
        return err_origin(ACTR_ESTATE, "this node is not registered");
    int r = coordinator_peer(coordinator, id, COORDINATOR_PEERS_MAX, &peer);
    return r < 0 ? r : rtc_peer_dial(peer, events, owner, ret_wire);
}

static const struct wire_dialer_ops coordinator_dialer_ops = {.dial = coordinator_dial};

struct wire_dialer *coordinator_dialer(struct coordinator *coordinator)
{
    return &coordinator->dialer;
}

/* ---- Life ---- */

static void coordinator_on_locals(void *owner)
{
    struct coordinator *coordinator = owner;
    for (struct rtc_peer *peer = NULL; (peer = coordinator_next(coordinator, peer));)
        rtc_peer_on_locals(peer);
}

static void coordinator_on_mux_failed(void *owner, int code, const char *detail)
{
    const struct coordinator *coordinator = owner;
    log_debug(coordinator->shared.settings.log, "webrtc.socket", "code=%s %s", actr_errname(code),
              detail);
}

static const struct udp_mux_events coordinator_mux_events = {
    .on_locals = coordinator_on_locals,
    .on_failed = coordinator_on_mux_failed,
};

static int coordinator_copy_public(struct coordinator *coordinator,
                                   const struct coordinator_texts *ips)
{
    if (ips->count > COORDINATOR_PUBLIC_MAX)
        return err_origin(ACTR_ECONFIG, "webrtc.public_ips: more than %d", COORDINATOR_PUBLIC_MAX);
    for (size_t i = 0; i < ips->count; i++) {
        if (!net_address_parse(view_text(ips->items[i]), 0, &coordinator->public_addresses[i]))
            return err_origin(ACTR_ECONFIG, "webrtc.public_ips: %s is no address", ips->items[i]);
    }
    coordinator->shared.settings.public_addresses = coordinator->public_addresses;
    coordinator->shared.settings.public_count = ips->count;
    return 0;
}

static int coordinator_copy_urls(struct coordinator *coordinator,
                                 const struct coordinator_options *options)
{
    const struct coordinator_texts *stun = &options->stun_urls, *turn = &options->turn_urls;

    if (stun->count + turn->count > GATHERER_SERVERS_MAX)
        return err_origin(ACTR_ECONFIG, "webrtc.stun_urls, webrtc.turn_urls: more than %d",
                          GATHERER_SERVERS_MAX);
    for (size_t i = 0; i < stun->count; i++)
        coordinator->stun_urls[i] = stun->items[i];
    for (size_t i = 0; i < turn->count; i++)
        coordinator->turn_urls[i] = turn->items[i];
    coordinator->shared.settings.stun_urls = coordinator->stun_urls;
    coordinator->shared.settings.turn_urls = coordinator->turn_urls;
    return 0;
}

static int coordinator_build(struct coordinator *coordinator,
                             const struct coordinator_options *options)
{
    struct connection_settings *settings = &coordinator->shared.settings;
    const struct udp_mux_options mux = {
        .loop = options->loop,
        .net = options->net,
        .port = options->port,
        .port_last = options->port_last,
        .no_offload = options->no_offload,
    };
    int r = coordinator_copy_public(coordinator, &options->public_ips);
    if (r == 0)
        r = coordinator_copy_urls(coordinator, options);
    if (r < 0)
        return r;
    if (!options->associations) {
        coordinator->factory = secure_factory_new(options->loop, 0);
        if (!coordinator->factory)
            return err_origin(ACTR_ENOMEM, "WebRTC: no memory");
        settings->associations = secure_factory_base(coordinator->factory);
    }
    return udp_mux_open(&mux, &coordinator_mux_events, coordinator, &settings->mux);
}

int coordinator_open(const struct coordinator_options *options,
                     const struct coordinator_events *events, void *owner,
                     struct coordinator **ret_coordinator)
{
    struct coordinator *coordinator = mem_alloc(sizeof(*coordinator));
    if (!coordinator)
        return err_origin(ACTR_ENOMEM, "WebRTC: no memory");
    coordinator->dialer.ops = &coordinator_dialer_ops;
    coordinator->dialer.kind = WIRE_WEBRTC;
    coordinator->shared = (struct rtc_shared){
        .settings = {.loop = options->loop,
                     .log = options->log,
                     .net = options->net,
                     .associations = options->associations,
                     .relay_only = options->relay_only},
        .events = events,
        .owner = owner,
        .on_idle = coordinator_on_idle,
    };
    memcpy(coordinator->shared.settings.wait_us, options->wait_us, sizeof(options->wait_us));
    hash_table_init(&coordinator->peers, coordinator_equal);
    loop_random(options->loop, &coordinator->key, sizeof(coordinator->key));
    int r = coordinator_build(coordinator, options);
    if (r < 0)
        coordinator_free(coordinator);
    else
        *ret_coordinator = coordinator;
    return r;
}

void coordinator_stop(struct coordinator *coordinator)
{
    coordinator->shared.is_closing = true;
    for (struct rtc_peer *peer = NULL; (peer = coordinator_next(coordinator, peer));) {
        if (!peer->waiting)
            rtc_peer_reset(peer);
    }
}

void coordinator_free(struct coordinator *coordinator)
{
    if (!coordinator)
        return;
    coordinator->shared.is_closing = true;
    for (struct rtc_peer *peer; (peer = coordinator_next(coordinator, NULL));)
        coordinator_on_idle(&coordinator->shared, peer);
    hash_table_deinit(&coordinator->peers);
    udp_mux_close(coordinator->shared.settings.mux);
    secure_factory_free(coordinator->factory);
    mem_free(coordinator->turn_username);
    crypto_free_secret(coordinator->turn_password);
    mem_free(coordinator);
}

bool coordinator_get_stats(const struct coordinator *coordinator, const struct actr_id *id,
                           struct connection_stats *ret_stats, uint64_t *ret_recovery_us)
{
    const struct rtc_peer *peer = coordinator_find(coordinator, id);
    if (!peer || !peer->up)
        return false;
    connection_get_stats(peer->up->connection, ret_stats);
    *ret_recovery_us =
        recovery_left_us(&peer->up->recovery, loop_now_us(coordinator->shared.settings.loop));
    return true;
}

void coordinator_get_udp_stats(const struct coordinator *coordinator,
                               struct udp_mux_stats *ret_stats)
{
    udp_mux_get_stats(coordinator->shared.settings.mux, ret_stats);
}
