// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* All WebRTC peers of a node: makes sessions when somebody dials or a peer offers, keeps them over
 * changes of the network, and hands them out as wires. A wire of it carries both ways, whoever
 * dialled: its peer is who the server says the relays come from.
 *
 * Bounds: COORDINATOR_PEERS_MAX peers, the last COORDINATOR_RESERVE of them only such that this
 * node dials (offers of others are ignored by then); candidates.h. Loop thread; nothing comes up
 * inside a call but relay(). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/id.h>

#include "hyper/wire/webrtc/connection.h"
#include "hyper/wire/wire.h"

struct coordinator;
struct log;
struct loop;
struct net;
struct relay;
struct udp_mux_stats;

#define COORDINATOR_PEERS_MAX 16384
#define COORDINATOR_RESERVE 1024

enum coordinator_step {
    COORDINATOR_CONNECTING,
    COORDINATOR_CONNECTED,  /* also when a lost path is back */
    COORDINATOR_RECOVERING, /* the path is lost; CONNECTED or DISCONNECTED follows */
    COORDINATOR_DISCONNECTED
};

/* A session has come so far; lent. */
struct coordinator_news {
    enum coordinator_step step;
    const struct actr_id *peer;
    uint64_t session;
    bool is_inbound;
    bool is_relayed; /* CONNECTED, DISCONNECTED: by TURN */
    int code;        /* RECOVERING, DISCONNECTED: why, ACTR_E…, or 0 */
    const char *detail;
};

struct coordinator_events {
    /* Has it relayed: target, kind and payload are set, source and credential are the owner's to
     * fill in. 0, ACTR_EUNAVAILABLE (the server cannot be reached), ACTR_ENOMEM. */
    int (*relay)(void *owner, struct relay *relay);
    /* A peer has made a session that nobody here waits for: take the wire with wire_adopt(), inside
     * this call, then wire_read() or wire_close(). */
    void (*on_accepted)(void *owner, struct wire *wire);
    /* For hooks. Only to be noted. */
    void (*on_news)(void *owner, const struct coordinator_news *news);
};

struct coordinator_texts {
    const char *const *items;
    size_t count;
};

/* Copied. */
struct coordinator_options {
    struct loop *loop;
    struct log *log; /* NULL: none */
    struct net *net;
    struct coordinator_texts stun_urls, turn_urls; /* of both GATHERER_SERVERS_MAX; the texts are
                                                      borrowed while it lives */
    struct coordinator_texts public_ips;
    uint16_t port, port_last; /* see udp_mux_options */
    bool no_offload;          /* see datagram_options */
    bool relay_only;
    uint64_t wait_us[4]; /* see ice_options */
    /* NULL: DTLS and SCTP. */
    struct association_factory *associations;
};

/* Binds the port. ACTR_EIO, ACTR_ECONFIG (a public address that is none, too many of something),
 * ACTR_ENOTIMPL (the network moves no datagrams), ACTR_ENOMEM. */
int coordinator_open(const struct coordinator_options *options,
                     const struct coordinator_events *events, void *owner,
                     struct coordinator **ret_coordinator) ACTR_MUST_CHECK;
/* After its last wire has closed. NULL is fine. */
void coordinator_free(struct coordinator *coordinator);

/* For peer_transport. */
struct wire_dialer *coordinator_dialer(struct coordinator *coordinator);

/* Who this node is, from now on; sessions in the making end when it was another before. */
void coordinator_set_identity(struct coordinator *coordinator, const struct actr_id *id);
/* Copied; NULL: none. ACTR_ENOMEM. */
int coordinator_set_turn(struct coordinator *coordinator, const char *username,
                         const char *password) ACTR_MUST_CHECK;
/* The server can be reached, or not. */
void coordinator_on_linked(struct coordinator *coordinator, bool is_linked);
/* A relay has come. */
void coordinator_on_relay(struct coordinator *coordinator, const struct relay *relay);
/* The server refuses to relay to `target`; code ACTR_ENOTFOUND: it is not there. */
void coordinator_on_refused(struct coordinator *coordinator, const struct actr_id *target,
                            int code);
/* No new sessions from now on; those that nobody holds end. */
void coordinator_stop(struct coordinator *coordinator);

/* Of the session that is up. False: there is none. *ret_recovery_us: how long its path may still be
 * looked for; 0: the pair carries. */
bool coordinator_get_stats(const struct coordinator *coordinator, const struct actr_id *peer,
                           struct connection_stats *ret_stats, uint64_t *ret_recovery_us);
/* Of the port that all share. */
void coordinator_get_udp_stats(const struct coordinator *coordinator,
                               struct udp_mux_stats *ret_stats);
