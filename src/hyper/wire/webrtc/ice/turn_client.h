// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* One allocation at a TURN server (RFC 8656, long-term credentials RFC 8489 §9.2): allocate,
 * refresh, permissions, channels, data both ways. Sans I/O: datagrams of the server go in,
 * datagrams for it come out; over TCP and TLS the caller frames them (turn_stream.h).
 *
 * 401 and 438 are answered with new credentials once for each request, 437 and an expired
 * allocation begin anew, 300 (alternate server) is told, 440, 486 and 508 end it with a clear
 * error. Permissions (5 min) and channels (10 min) are kept alive while they are used. Bounds:
 * TURN_PEERS_MAX; the peer unused for longest gives way. An allocation is of one family (RFC 8656
 * §7).
 *
 * One thread. Events come inside _receive(), _tick() and _start(), `send` in every call; none may
 * free the client. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#include "net/address.h"

struct turn_client;

#define TURN_PEERS_MAX 64

struct turn_events {
    void (*send)(void *owner, struct actr_view packet); /* to the server; lent */
    /* The relayed address, and how the server sees us. Again after it was allocated anew. */
    void (*on_allocated)(void *owner, const struct net_address *relayed,
                         const struct net_address *mapped);
    void (*on_data)(void *owner, const struct net_address *peer, struct actr_view bytes);
    /* Gone for good: ACTR_EPERMISSION (credentials refused), ACTR_EUNAVAILABLE, ACTR_ETIMEDOUT, …
     */
    void (*on_failed)(void *owner, int code, const char *detail);
    /* The server grants nothing and names another one, and perhaps its domain (RFC 8489 §10), lent
     * as it came. Nothing else happens until turn_client_start(). */
    void (*on_redirected)(void *owner, const struct net_address *server, struct actr_view domain);
    void (*random)(void *owner, void *buf, size_t len);
};

struct turn_options {
    bool is_reliable; /* TCP, TLS: no retransmission */
    bool is_ipv6;     /* the relayed address, and so all peers; not every server has such */
};

/* NULL when memory has run out. */
struct turn_client *turn_client_new(const struct turn_options *options,
                                    const struct turn_events *events, void *owner);
void turn_client_free(struct turn_client *client);

/* Allocates; also again after on_failed, over another connection (a server knows an allocation by
 * the addresses at both ends). Peers that were let in are let in again. */
void turn_client_start(struct turn_client *client, uint64_t now_us);

/* Lets `peer` in (all its ports: permissions are by address) before anything was sent to it. */
void turn_client_permit(struct turn_client *client, const struct net_address *peer,
                        uint64_t now_us);

/* Sends by channel where there is one, else by indication, making the permission and the channel.
 * Best effort: an indication holds less than STUN_PACKET_MAX, a channel 65,535 bytes; longer ones
 * are dropped. */
void turn_client_send(struct turn_client *client, const struct net_address *peer,
                      struct actr_view bytes, uint64_t now_us);

/* What the server sent: one message or ChannelData. */
void turn_client_receive(struct turn_client *client, struct actr_view packet, uint64_t now_us);

/* Asks whether the server still has the allocation, if that was not just heard: one that has
 * restarted says nothing by itself. */
void turn_client_verify(struct turn_client *client, uint64_t now_us);

/* Gives the allocation back (Refresh with lifetime 0), once and without waiting for an answer: if
 * that is lost, it expires. Nothing else happens until turn_client_start(). */
void turn_client_release(struct turn_client *client, uint64_t now_us);

/* Credentials (copied) for the next allocation; one that lives keeps its own, because servers want
 * the same name for as long as it lives (RFC 8656 §7.2). None until then: good for servers that ask
 * for none. ACTR_ENOMEM, ACTR_EINVALID (longer than 763 bytes). */
int turn_client_set_credentials(struct turn_client *client, const char *username,
                                const char *password) ACTR_MUST_CHECK;

/* Does what is due; returns when to come again (UINT64_MAX: never). */
uint64_t turn_client_tick(struct turn_client *client, uint64_t now_us);
uint64_t turn_client_deadline(const struct turn_client *client);
