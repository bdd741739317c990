// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The client's side of one TURN allocation.
 *
 * The allocation has one transaction at a time (Allocate, Refresh), and so has each peer
 * (CreatePermission, ChannelBind). A request is not kept: each time it is sent it is written anew
 * from what is known then. Binding a channel also makes the permission (RFC 8656 §12), so that a
 * peer with a channel needs nothing else; every four minutes a peer that was used is asked for
 * again, and one that was not is forgotten.
 *
 * Success must be signed when the question was. An error without a signature is believed: whoever
 * can forge one knows our transaction, and could as well drop our packets.
 *
 * States go IDLE → ALLOCATING → LIVE, from there to ALLOCATING when the server has forgotten us,
 * and to FAILED from anywhere. One thread. Must never log, and never tell credentials. */
#include "hyper/wire/webrtc/ice/turn_client.h"

#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "hyper/wire/webrtc/ice/stun.h"
#include "hyper/wire/webrtc/ice/turn_auth.h"
#include "hyper/wire/webrtc/ice/turn_peer.h"
#include "hyper/wire/webrtc/ice/turn_refusal.h"
#include "hyper/wire/webrtc/ice/turn_transaction.h"

#define TURN_SECOND_US 1000000u
#define TURN_LIFETIME_S 600u
#define TURN_LIFETIME_MAX_S 86400u
/* Refreshed so long before the end, which is time for all repetitions; at half of a short time. */
#define TURN_MARGIN_US (60 * (uint64_t)TURN_SECOND_US)
#define TURN_PEER_REFRESH_US (240 * (uint64_t)TURN_SECOND_US) /* permissions live for 5 min */
#define TURN_PEER_IDLE_US (300 * (uint64_t)TURN_SECOND_US)
#define TURN_PEER_RETRY_US (30 * (uint64_t)TURN_SECOND_US)
#define TURN_SOON_US                                                                               \
    (5 * (uint64_t)TURN_SECOND_US) /* an allocation gone sooner is a sick server's */
#define TURN_CHANNEL_HEADER_LEN 4
#define TURN_FAMILY_IPV6 2u /* RFC 8656 §18.6 */

enum turn_state { TURN_IDLE, TURN_ALLOCATING, TURN_LIVE, TURN_FAILED };

struct turn_client {
    const struct turn_events *events;
    void *owner;
    struct turn_options options;
    enum turn_state state;
    struct turn_auth auth,
        auth_next; /* of the allocation, and of the next one when there is a name */
    struct turn_transaction transaction;
    bool is_clearing, has_cleared; /* an older allocation of this connection is being given back */
    struct net_address relayed, mapped;
    uint64_t made_us, granted_us, refresh_us, expires_us;
    struct turn_peers peers;
    uint8_t out[STUN_PACKET_MAX];
};

static void turn_client_send_packet(struct turn_client *client, struct actr_view packet)
{
    if (packet.ptr)
        client->events->send(client->owner, packet);
}

/* Calls up. */
static void turn_client_fail(struct turn_client *client, int code, const char *detail)
{
    client->state = TURN_FAILED;
    client->transaction.is_active = false;
    turn_peers_reset(&client->peers);
    client->events->on_failed(client->owner, code, detail);
}

/* ---- requests ---- */

static void turn_client_put(const struct turn_client *client, struct stun_writer *writer,
                            enum stun_method method, const struct turn_peer *peer)
{
    if (method == STUN_ALLOCATE)
        stun_put_u32(writer, STUN_REQUESTED_TRANSPORT, 17u << 24); /* UDP */
    if (method == STUN_ALLOCATE && client->options.is_ipv6)
        stun_put_u32(writer, STUN_REQUESTED_ADDRESS_FAMILY, TURN_FAMILY_IPV6 << 24);
    if (method == STUN_ALLOCATE || method == STUN_REFRESH)
        stun_put_u32(writer, STUN_LIFETIME, client->is_clearing ? 0 : TURN_LIFETIME_S);
    if (!peer)
        return;
    if (method == STUN_CHANNEL_BIND)
        stun_put_u32(writer, STUN_CHANNEL_NUMBER, (uint32_t)peer->channel << 16);
    stun_put_address(writer, STUN_XOR_PEER_ADDRESS, &peer->address);
}

static void turn_client_send_request(struct turn_client *client,
                                     struct turn_transaction *transaction,
                                     const struct turn_peer *peer)
{
    struct stun_writer writer;
    transaction->is_signed = client->auth.has_challenge;
    stun_begin(&writer, client->out, sizeof(client->out), STUN_REQUEST,
               (uint16_t)transaction->method, transaction->id);
    turn_client_put(client, &writer, transaction->method, peer);
    turn_auth_put(&client->auth, &writer);
    stun_put_fingerprint(&writer);
    turn_client_send_packet(client, stun_end(&writer));
}

/* Sends what is due. True: it has expired. */
static bool turn_client_tick_request(struct turn_client *client,
                                     struct turn_transaction *transaction,
                                     const struct turn_peer *peer, uint64_t now_us)
{
    switch (turn_transaction_tick(transaction, now_us)) {
    case TURN_DUE_SEND:
        turn_client_send_request(client, transaction, peer);
        return false;
    case TURN_DUE_EXPIRED:
        return true;
    case TURN_DUE_NOTHING:
        break;
    }
    return false;
}

static void turn_client_ask(struct turn_client *client, enum stun_method method,
                            struct turn_peer *peer, uint64_t now_us)
{
    struct turn_transaction *transaction = peer ? &peer->transaction : &client->transaction;
    turn_transaction_begin(transaction, method, client->options.is_reliable, now_us);
    client->events->random(client->owner, transaction->id, sizeof(transaction->id));
    (void)turn_client_tick_request(client, transaction, peer, now_us);
}

/* A 401 or 438: asks again if that can help. 0: it did; else why not. */
static int turn_client_ask_again(struct turn_client *client, struct turn_transaction *transaction,
                                 const struct turn_peer *peer, const struct stun_message *message,
                                 uint64_t now_us)
{
    if (transaction->is_signed && transaction->challenges > 0)
        return err_origin(ACTR_EPERMISSION, "the server refuses the credentials");
    int r = turn_auth_challenge(&client->auth, message);
    if (r < 0)
        return r;
    turn_transaction_repeat(transaction, now_us);
    client->events->random(client->owner, transaction->id, sizeof(transaction->id));
    (void)turn_client_tick_request(client, transaction, peer, now_us);
    return 0;
}

/* ---- the allocation ---- */

static void turn_client_allocate(struct turn_client *client, uint64_t now_us)
{
    if (client->auth_next.username) {
        turn_auth_deinit(&client->auth);
        client->auth = client->auth_next;
        client->auth_next = (struct turn_auth){0};
    }
    client->state = TURN_ALLOCATING;
    client->is_clearing = false;
    turn_peers_reset(&client->peers);
    turn_client_ask(client, STUN_ALLOCATE, NULL, now_us);
}

/* The server knows no allocation of ours any more. May call up. */
static void turn_client_forgotten(struct turn_client *client, uint64_t now_us)
{
    if (now_us - client->made_us < TURN_SOON_US)
        turn_client_fail(client, ACTR_EUNAVAILABLE, "the server forgets its allocations");
    else
        turn_client_allocate(client, now_us);
}

static void turn_client_prolong(struct turn_client *client, uint32_t lifetime_s, uint64_t now_us)
{
    if (lifetime_s > TURN_LIFETIME_MAX_S)
        lifetime_s = TURN_LIFETIME_MAX_S;
    uint64_t lifetime_us = lifetime_s * (uint64_t)TURN_SECOND_US;
    client->granted_us = now_us;
    client->expires_us = now_us + lifetime_us;
    client->refresh_us =
        client->expires_us - (lifetime_us > 2 * TURN_MARGIN_US ? TURN_MARGIN_US : lifetime_us / 2);
}

/* Lets a peer in, or renews that, by a channel if it should have one. */
static void turn_client_admit(struct turn_client *client, struct turn_peer *peer, uint64_t now_us)
{
    if (peer->wants_channel && !peer->is_channel_refused) {
        turn_peers_number(&client->peers, peer);
        turn_client_ask(client, STUN_CHANNEL_BIND, peer, now_us);
    } else {
        turn_client_ask(client, STUN_CREATE_PERMISSION, peer, now_us);
    }
}

static void turn_client_on_allocated(struct turn_client *client, const struct stun_message *message,
                                     uint64_t now_us)
{
    uint32_t lifetime_s;
    struct net_address relayed, mapped;
    if (!stun_find_address(message, STUN_XOR_RELAYED_ADDRESS, &relayed) ||
        !stun_find_address(message, STUN_XOR_MAPPED_ADDRESS, &mapped) ||
        !stun_find_u32(message, STUN_LIFETIME, &lifetime_s) || lifetime_s == 0 ||
        relayed.is_ipv6 != client->options.is_ipv6) {
        turn_client_fail(client, ACTR_EDECODE, "the server's allocation makes no sense");
        return;
    }
    client->state = TURN_LIVE;
    client->has_cleared = false;
    client->relayed = relayed;
    client->mapped = mapped;
    client->made_us = now_us;
    turn_client_prolong(client, lifetime_s, now_us);
    for (size_t i = 0; i < client->peers.count; i++)
        turn_client_admit(client, &client->peers.list[i], now_us);
    client->events->on_allocated(client->owner, &relayed, &mapped);
}

/* The answer to Allocate or Refresh is yes. May call up. */
static void turn_client_on_success(struct turn_client *client, const struct stun_message *message,
                                   uint64_t now_us)
{
    uint32_t lifetime_s;
    if (client->is_clearing) {
        turn_client_allocate(client, now_us);
    } else if (message->method == STUN_ALLOCATE) {
        turn_client_on_allocated(client, message, now_us);
    } else if (stun_find_u32(message, STUN_LIFETIME, &lifetime_s) && lifetime_s > 0) {
        turn_client_prolong(client, lifetime_s, now_us);
    } else {
        turn_client_forgotten(client, now_us);
    }
}

/* Calls up. */
static void turn_client_refused(struct turn_client *client, unsigned code, struct actr_view reason)
{
    char text[TURN_REFUSAL_TEXT_MAX];
    int error = turn_refusal_describe(code, reason, text);
    turn_client_fail(client, error, text);
}

/* Calls up, if there is such a server. */
static bool turn_client_redirected(struct turn_client *client, const struct stun_message *message)
{
    struct net_address server;
    struct actr_view domain = {NULL, 0};
    if (!stun_find_address(message, STUN_ALTERNATE_SERVER, &server) || server.port == 0 ||
        net_address_is_any(&server) || net_address_is_multicast(&server))
        return false;
    client->state = TURN_FAILED;
    turn_peers_reset(&client->peers);
    (void)stun_find(message, STUN_ALTERNATE_DOMAIN, &domain);
    client->events->on_redirected(client->owner, &server, domain);
    return true;
}

/* No to Allocate or Refresh. May call up. */
static void turn_client_on_error(struct turn_client *client, const struct stun_message *message,
                                 uint64_t now_us)
{
    unsigned code = 0;
    struct actr_view reason = {NULL, 0};
    (void)stun_find_error(message, &code, &reason); /* without a code: refused by 0 */
    if (code == TURN_UNAUTHENTICATED || code == TURN_STALE_NONCE) {
        int r = turn_client_ask_again(client, &client->transaction, NULL, message, now_us);
        if (r < 0)
            turn_client_fail(client, r, actr_errmsg());
    } else if (client->is_clearing) {
        turn_client_allocate(client, now_us); /* nothing was there, perhaps */
    } else if (code == TURN_MISMATCH && client->state == TURN_LIVE) {
        turn_client_forgotten(client, now_us);
    } else if (code == TURN_MISMATCH && !client->has_cleared) {
        client->is_clearing = client->has_cleared = true;
        turn_client_ask(client, STUN_REFRESH, NULL, now_us);
    } else if (code != TURN_TRY_ALTERNATE || client->state != TURN_ALLOCATING ||
               !turn_client_redirected(client, message)) {
        turn_client_refused(client, code, reason);
    }
}

/* ---- peers ---- */

static void turn_client_peer_granted(struct turn_client *client, struct turn_peer *peer,
                                     const struct stun_message *message, uint64_t now_us)
{
    peer->state = TURN_PEER_OPEN;
    peer->review_us = now_us + TURN_PEER_REFRESH_US;
    if (message->method == STUN_CHANNEL_BIND)
        peer->is_bound = true;
    else if (peer->wants_channel && !peer->is_channel_refused)
        turn_client_admit(client, peer, now_us);
}

/* Refused, or not answered. */
static void turn_client_peer_denied(struct turn_client *client, struct turn_peer *peer,
                                    uint64_t now_us)
{
    if (peer->transaction.method == STUN_CHANNEL_BIND) {
        /* The number may still be another's there: what comes by it is not this peer's. */
        peer->is_bound = false;
        peer->is_channel_refused = true;
        peer->channel = 0;
        turn_client_admit(client, peer, now_us);
        return;
    }
    peer->state = TURN_PEER_REFUSED;
    peer->review_us = now_us + TURN_PEER_RETRY_US;
}

/* May call up. */
static void turn_client_peer_error(struct turn_client *client, struct turn_peer *peer,
                                   const struct stun_message *message, uint64_t now_us)
{
    unsigned code = 0;
    struct actr_view reason;
    (void)stun_find_error(message, &code, &reason);
    if (code == TURN_MISMATCH)
        turn_client_forgotten(client, now_us);
    else if ((code == TURN_UNAUTHENTICATED || code == TURN_STALE_NONCE) &&
             turn_client_ask_again(client, &peer->transaction, peer, message, now_us) == 0)
        return;
    else
        turn_client_peer_denied(client, peer, now_us);
}

static void turn_client_review_peer(struct turn_client *client, struct turn_peer *peer,
                                    uint64_t now_us)
{
    if (now_us - peer->used_us >= TURN_PEER_IDLE_US) {
        turn_peers_forget(&client->peers, peer);
        return;
    }
    if (peer->state == TURN_PEER_REFUSED) {
        peer->state = TURN_PEER_NEW;
        peer->is_channel_refused = false;
    }
    turn_client_admit(client, peer, now_us);
}

/* From the end, so that forgetting moves only what has been looked at. */
static void turn_client_tick_peers(struct turn_client *client, uint64_t now_us)
{
    for (size_t i = client->peers.count; i-- > 0;) {
        struct turn_peer *peer = &client->peers.list[i];
        if (turn_client_tick_request(client, &peer->transaction, peer, now_us))
            turn_client_peer_denied(client, peer, now_us);
        else if (!peer->transaction.is_active && now_us >= peer->review_us)
            turn_client_review_peer(client, peer, now_us);
    }
}

void turn_client_permit(struct turn_client *client, const struct net_address *address,
                        uint64_t now_us)
{
    struct turn_peer *peer = turn_peers_use(&client->peers, address, now_us);
    if (client->state == TURN_LIVE && peer->state == TURN_PEER_NEW && !peer->transaction.is_active)
        turn_client_admit(client, peer, now_us);
}

/* ---- data ---- */

static void turn_client_send_channel(struct turn_client *client, const struct turn_peer *peer,
                                     struct actr_view bytes)
{
    size_t len = TURN_CHANNEL_HEADER_LEN + bytes.len;
    /* Rare: what was cut for a wide path that is no more. */
    uint8_t *large = len > sizeof(client->out) ? mem_alloc_raw(len) : NULL;
    uint8_t *out = large ? large : client->out;
    if (bytes.len > UINT16_MAX || (len > sizeof(client->out) && !large)) {
        mem_free(large);
        return;
    }
    out[0] = (uint8_t)(peer->channel >> 8);
    out[1] = (uint8_t)peer->channel;
    out[2] = (uint8_t)(bytes.len >> 8);
    out[3] = (uint8_t)bytes.len;
    if (bytes.len > 0)
        memcpy(out + TURN_CHANNEL_HEADER_LEN, bytes.ptr, bytes.len);
    turn_client_send_packet(client, actr_view_of(out, len));
    mem_free(large);
}

static void turn_client_send_indication(struct turn_client *client, const struct turn_peer *peer,
                                        struct actr_view bytes)
{
    uint8_t id[STUN_TRANSACTION_LEN];
    struct stun_writer writer;
    client->events->random(client->owner, id, sizeof(id));
    stun_begin(&writer, client->out, sizeof(client->out), STUN_INDICATION, STUN_SEND, id);
    stun_put_address(&writer, STUN_XOR_PEER_ADDRESS, &peer->address);
    stun_put(&writer, STUN_DATA_BYTES, bytes);
    turn_client_send_packet(client, stun_end(&writer));
}

void turn_client_send(struct turn_client *client, const struct net_address *address,
                      struct actr_view bytes, uint64_t now_us)
{
    struct turn_peer *peer = turn_peers_use(&client->peers, address, now_us);
    peer->wants_channel = true;
    if (client->state != TURN_LIVE || peer->state == TURN_PEER_REFUSED)
        return;
    if (peer->is_bound) {
        turn_client_send_channel(client, peer, bytes);
        return;
    }
    if (!peer->transaction.is_active && (peer->state == TURN_PEER_NEW || !peer->is_channel_refused))
        turn_client_admit(client, peer, now_us);
    turn_client_send_indication(client, peer, bytes);
}

/* Calls up. */
static void turn_client_on_channel(struct turn_client *client, struct actr_view packet,
                                   uint64_t now_us)
{
    uint16_t channel = (uint16_t)((unsigned)packet.ptr[0] << 8 | packet.ptr[1]);
    size_t len = (size_t)((unsigned)packet.ptr[2] << 8 | packet.ptr[3]);
    struct turn_peer *peer = turn_peers_find_channel(&client->peers, channel);
    if (!peer || len > packet.len - TURN_CHANNEL_HEADER_LEN)
        return;
    peer->used_us = now_us;
    struct net_address address = peer->address;
    client->events->on_data(client->owner, &address,
                            actr_view_of(packet.ptr + TURN_CHANNEL_HEADER_LEN, len));
}

/* Calls up. */
static void turn_client_on_indication(struct turn_client *client,
                                      const struct stun_message *message, uint64_t now_us)
{
    struct net_address address;
    struct actr_view bytes;
    if (message->method != STUN_DATA ||
        !stun_find_address(message, STUN_XOR_PEER_ADDRESS, &address) ||
        !stun_find(message, STUN_DATA_BYTES, &bytes))
        return;
    struct turn_peer *peer = turn_peers_find(&client->peers, &address);
    if (peer)
        peer->used_us = now_us;
    client->events->on_data(client->owner, &address, bytes);
}

/* Is it to be believed, as an answer to this question? */
static bool turn_client_trusts(const struct turn_client *client,
                               const struct turn_transaction *transaction,
                               const struct stun_message *message)
{
    if (!transaction->is_signed)
        return true;
    if (turn_auth_is_signed(&client->auth, message))
        return turn_auth_verify(&client->auth, message);
    return message->class == STUN_ERROR;
}

static void turn_client_on_response(struct turn_client *client, const struct stun_message *message,
                                    uint64_t now_us)
{
    struct turn_peer *peer = NULL;
    struct turn_transaction *transaction = &client->transaction;
    if (!turn_transaction_is(transaction, message)) {
        peer = turn_peers_find_transaction(&client->peers, message);
        transaction = peer ? &peer->transaction : NULL;
    }
    if (!transaction || !turn_client_trusts(client, transaction, message))
        return;
    transaction->is_active = false;
    bool is_success = message->class == STUN_SUCCESS;
    if (peer && is_success)
        turn_client_peer_granted(client, peer, message, now_us);
    else if (peer)
        turn_client_peer_error(client, peer, message, now_us);
    else if (is_success)
        turn_client_on_success(client, message, now_us);
    else
        turn_client_on_error(client, message, now_us);
}

void turn_client_receive(struct turn_client *client, struct actr_view packet, uint64_t now_us)
{
    struct stun_message message;
    if (client->state == TURN_IDLE || client->state == TURN_FAILED)
        return;
    if (packet.len >= TURN_CHANNEL_HEADER_LEN && packet.ptr[0] >= 0x40 && packet.ptr[0] <= 0x4f) {
        if (client->state == TURN_LIVE)
            turn_client_on_channel(client, packet, now_us);
        return;
    }
    if (!stun_is(packet) || stun_parse(packet, &message) < 0)
        return;
    if (message.class != STUN_INDICATION)
        turn_client_on_response(client, &message, now_us);
    else if (client->state == TURN_LIVE)
        turn_client_on_indication(client, &message, now_us);
}

/* ---- life ---- */

uint64_t turn_client_deadline(const struct turn_client *client)
{
    uint64_t next_us = turn_transaction_deadline(&client->transaction);
    if (client->state != TURN_LIVE)
        return next_us;
    uint64_t mine_us = client->transaction.is_active ? client->expires_us : client->refresh_us;
    if (mine_us < next_us)
        next_us = mine_us;
    for (size_t i = 0; i < client->peers.count; i++) {
        const struct turn_peer *peer = &client->peers.list[i];
        uint64_t due_us = peer->transaction.is_active ? peer->transaction.due_us : peer->review_us;
        if (due_us < next_us)
            next_us = due_us;
    }
    return next_us;
}

uint64_t turn_client_tick(struct turn_client *client, uint64_t now_us)
{
    if (client->state == TURN_LIVE && now_us >= client->expires_us)
        turn_client_allocate(client, now_us);
    if (client->state == TURN_LIVE) {
        turn_client_tick_peers(client, now_us);
        if (now_us >= client->refresh_us && !client->transaction.is_active)
            turn_client_ask(client, STUN_REFRESH, NULL, now_us);
    }
    if (turn_client_tick_request(client, &client->transaction, NULL, now_us))
        turn_client_fail(client, ACTR_ETIMEDOUT, "the server does not answer");
    return turn_client_deadline(client);
}

void turn_client_start(struct turn_client *client, uint64_t now_us)
{
    client->has_cleared = false;
    client->auth.has_challenge = false; /* it may be another server's */
    turn_client_allocate(client, now_us);
}

void turn_client_verify(struct turn_client *client, uint64_t now_us)
{
    if (client->state == TURN_LIVE && !client->transaction.is_active &&
        now_us - client->granted_us >= TURN_SOON_US)
        turn_client_ask(client, STUN_REFRESH, NULL, now_us);
}

void turn_client_release(struct turn_client *client, uint64_t now_us)
{
    if (client->state == TURN_LIVE) {
        client->is_clearing = true;
        turn_client_ask(client, STUN_REFRESH, NULL, now_us);
        client->is_clearing = false;
    }
    client->state = TURN_IDLE;
    client->transaction.is_active = false;
    turn_peers_reset(&client->peers);
}

int turn_client_set_credentials(struct turn_client *client, const char *username,
                                const char *password)
{
    return turn_auth_set(&client->auth_next, username, password);
}

struct turn_client *turn_client_new(const struct turn_options *options,
                                    const struct turn_events *events, void *owner)
{
    struct turn_client *client = mem_alloc(sizeof(*client));
    if (!client)
        return NULL;
    client->options = *options;
    client->events = events;
    client->owner = owner;
    return client;
}

void turn_client_free(struct turn_client *client)
{
    if (!client)
        return;
    turn_auth_deinit(&client->auth);
    turn_auth_deinit(&client->auth_next);
    mem_free(client);
}
