// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Finds the candidates of this node and keeps its relays: host candidates from the mux,
 * server-reflexive ones from STUN servers (asked through the mux), relayed ones from TURN servers
 * (UDP, TCP, TLS). One for each session.
 *
 * A TURN server knows an allocation by the addresses and ports at both ends (RFC 8656 §2.2), so
 * that the sessions of a node cannot share the mux's port towards it: each relay has a socket of
 * its own, and nothing of it passes through the mux.
 *
 * A relay of IPv6 is asked for when the peer has shown an address that needs one, of servers that
 * have them (RFC 8656 §7). A relay that is lost is asked for again (turn_server.h), and told.
 *
 * Servers are named by URL (RFC 7064, 7065: stun, turn, turns, ?transport=). A server that cannot
 * be resolved or reached is reported and left out, never the end of the rest. A server whose
 * credentials are not known yet is left out until they are. Servers of turns: are believed by the
 * same certificates as those of https: and wss:.
 *
 * Loop thread; events never come inside a call, and any of them may free the gatherer. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#include "hyper/wire/webrtc/ice/candidate.h"

struct gatherer;
struct loop;
struct net;
struct udp_mux;

#define GATHERER_SERVERS_MAX 8 /* of each kind; further ones are reported and left out */

struct gatherer_events {
    /* A local candidate (address, base, related, type); the preference orders those of one type. */
    void (*on_candidate)(void *owner, const struct candidate *candidate, uint16_t preference);
    /* Every server has answered or been given up; once for each gatherer_start(). Relays that were
     * lost and are there again, and those of IPv6, may be told after that. */
    void (*on_done)(void *owner);
    /* A server was left out; for the log. */
    void (*on_trouble)(void *owner, int code, const char *detail);
    /* Data or STUN of `remote` came through the relay whose address is `relayed`. Lent. */
    void (*on_relayed)(void *owner, const struct net_address *relayed,
                       const struct net_address *remote, struct actr_view bytes);
    /* A burst that came through a relay has been handed over: send what it caused. May be NULL. */
    void (*on_relayed_end)(void *owner);
    /* The relay has gone; its candidates are dead. */
    void (*on_relay_lost)(void *owner, const struct net_address *relayed, int code,
                          const char *detail);
};

struct gatherer_options {
    struct loop *loop;
    struct net *net;
    struct udp_mux *mux;
    const char *const *stun_urls; /* borrowed while it lives; NULL-terminated; NULL: none */
    const char *const *turn_urls;
    const char *turn_username, *turn_password; /* copied; NULL: not known */
    /* Announced in place of the host addresses of their family (1:1 NAT), whatever our role; the
     * port is the mux's. Borrowed while it lives. */
    const struct net_address *public_addresses;
    size_t public_count;
    bool relay_only;     /* no host and no server-reflexive candidates */
    bool with_loopback;  /* host candidates on loopback too */
    uint64_t timeout_us; /* for a server; 0: 5 s */
};

/* NULL when memory has run out. */
struct gatherer *gatherer_new(const struct gatherer_options *options,
                              const struct gatherer_events *events, void *owner);
/* Gives its relays back: each server is told once, and an allocation whose server did not hear it
 * ends by itself. Legal inside events. NULL is fine; returns NULL. */
struct gatherer *gatherer_free(struct gatherer *gatherer);

/* Gathers anew (also after a restart or a change of addresses); relays that live are announced
 * again and kept. */
void gatherer_start(struct gatherer *gatherer);

/* The next host candidate of this start that was not told, for a description that is being made: it
 * is told hereby. False: there is none. */
bool gatherer_take_host(struct gatherer *gatherer, struct candidate *ret_candidate,
                        uint16_t *ret_preference);

/* Sends through the relay of that address. Best effort. */
void gatherer_send_relayed(struct gatherer *gatherer, const struct net_address *relayed,
                           const struct net_address *remote, struct actr_view bytes);
/* The same for a probe, which is not fragmented on its way to the server. False: see
 * datagram_send_probe(). */
bool gatherer_probe_relayed(struct gatherer *gatherer, const struct net_address *relayed,
                            const struct net_address *remote, struct actr_view bytes);
/* Lets `remote` in by every relay (a remote candidate has come). */
void gatherer_permit(struct gatherer *gatherer, const struct net_address *remote);

/* New TURN credentials (they expire with the node's own); servers that refused the ones before are
 * asked again. ACTR_ENOMEM. */
int gatherer_set_credentials(struct gatherer *gatherer, const char *username,
                             const char *password) ACTR_MUST_CHECK;

/* Looks up the mDNS name of a remote candidate (RFC 6762, one-shot); fn once, not inside; address
 * NULL: nobody answered within the gatherer's timeout. False: it cannot be looked up (16 are under
 * way already, no memory, a malformed name), and fn will not run. */
bool gatherer_resolve(struct gatherer *gatherer, const char *name,
                      void (*fn)(void *owner, const char *name, const struct net_address *address));
