// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* One UDP port for all peers of a node: a socket for each address family, and the table that says
 * whose a datagram is.
 *
 * A STUN request names the user fragment it is for (RFC 8445 §7.2.2), so it finds its user from
 * any address; everything else finds it by its remote address, which the user has bound with
 * udp_mux_route(). Two sessions with one peer may share a remote address (an old one and its
 * replacement), and a peer may claim the address of another: each then gets the datagram, who took
 * the last one first, then the newest route, until one takes it that can be sure.
 * What belongs to nobody is dropped and counted, never answered.
 *
 * Loop thread. Events never come inside a call. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#include "base/hash.h"
#include "base/list.h"
#include "net/datagram.h"

struct loop;
struct net;
struct udp_mux;
struct udp_mux_user;

#define UDP_MUX_UFRAG_MAX 256  /* bytes (RFC 8839 §5.4) */
#define UDP_MUX_NAMES_MAX 8    /* of one user; the one named longest ago gives way */
#define UDP_MUX_ROUTES_MAX 128 /* of one user; the one unused for longest gives way */
#define UDP_MUX_LOCALS_MAX 64

/* A socket that fails for good is opened anew at once, if possible with the port that it had, else
 * again after so long, twice that, … up to the second; and when the addresses of the machine
 * change. */
#define UDP_MUX_RETRY_US 100000u
#define UDP_MUX_RETRY_MAX_US 10000000u

struct udp_mux_user_events {
    /* A datagram for this user. True: taken. False: not ours (of two sessions on one address). */
    bool (*on_datagram)(struct udp_mux_user *user, const struct datagram *datagram);
    /* All datagrams of a burst that were for this user have been handed over: send what they
     * caused. Not called for a user that got none. */
    void (*on_burst_end)(struct udp_mux_user *user);
    /* The port that the user sends to at `remote` is said to be closed; see datagram_events. The
     * mux must not be closed inside. May be NULL. */
    void (*on_refused)(struct udp_mux_user *user, const struct net_address *remote);
};

/* Embedded; zeroed, with events set. */
struct udp_mux_user {
    const struct udp_mux_user_events *events;
    /* The user's to set: it cannot tell yet its datagrams from those of others at one address, for
     * it has no keys. What it takes is offered to those others too. */
    bool is_unsure;
    struct udp_mux *_mux;
    struct list _names, _routes; /* of the mux */
    struct list _touched;
    uint32_t _route_count;
};

struct udp_mux_options {
    struct loop *loop;
    struct net *net;
    uint16_t port,
        port_last; /* 0, 0: the system chooses; one port: fixed; else the first free one */
    bool no_ipv6, no_ipv4;
    bool no_offload; /* see datagram_options */
};

struct udp_mux_events {
    /* Addresses of this machine changed (udp_mux_locals() tells the new ones). */
    void (*on_locals)(void *owner);
    /* No socket is left; see UDP_MUX_RETRY_US. When there is one again, on_locals tells. For the
     * log; the mux must not be closed inside. */
    void (*on_failed)(void *owner, int code, const char *detail);
};

struct udp_mux_stats {
    struct datagram_stats sockets[2]; /* IPv4, IPv6 */
    uint64_t strays;                  /* datagrams of nobody */
    uint64_t unsendable;              /* there is no socket of their family */
    uint32_t users, routes;
};

/* Opens the sockets; one family suffices. ACTR_EIO, ACTR_ENOMEM. */
int udp_mux_open(const struct udp_mux_options *options, const struct udp_mux_events *events,
                 void *owner, struct udp_mux **ret_mux) ACTR_MUST_CHECK;
/* After its last user has gone. NULL is fine; returns NULL. */
struct udp_mux *udp_mux_close(struct udp_mux *mux);

/* Requests for `ufrag` (copied) are this user's from now on; several names are allowed (restart).
 * ACTR_ENOMEM, ACTR_EINVALID (length), ACTR_ESTATE (somebody's already). */
int udp_mux_name(struct udp_mux *mux, struct udp_mux_user *user,
                 struct actr_view ufrag) ACTR_MUST_CHECK;

/* What comes from `remote` is this user's, before older users of that address. Harmless when it is
 * so already. ACTR_ENOMEM. */
int udp_mux_route(struct udp_mux *mux, struct udp_mux_user *user,
                  const struct net_address *remote) ACTR_MUST_CHECK;

/* Forgets the user with its names and routes. Legal inside its events; harmless when unknown. */
void udp_mux_leave(struct udp_mux *mux, struct udp_mux_user *user);

/* As datagram_send(), by the socket of remote's family. */
void udp_mux_send(struct udp_mux *mux, const struct net_address *local,
                  const struct net_address *remote, struct actr_view bytes);
/* As datagram_send_probe(). */
bool udp_mux_send_probe(struct udp_mux *mux, const struct net_address *local,
                        const struct net_address *remote, struct actr_view bytes);
void udp_mux_flush(struct udp_mux *mux);

/* Where peers could reach us directly: the machine's addresses with the port of their socket, best
 * first (IPv6 global, IPv4, …). Loopback only when there is nothing else or with_loopback; never
 * link-local (a peer cannot name our link), deprecated or multicast ones, nor stable IPv6 ones
 * beside temporary ones of their interface (RFC 8445 §5.1.1.1). Returns how many were written. */
size_t udp_mux_locals(const struct udp_mux *mux, bool with_loopback,
                      struct net_address list[UDP_MUX_LOCALS_MAX]);

void udp_mux_get_stats(const struct udp_mux *mux, struct udp_mux_stats *ret_stats);
