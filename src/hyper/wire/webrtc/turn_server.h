// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* One TURN server of a session: its name, the way to it (a UDP socket of its own, TCP or TLS), and
 * the allocation there. What there is to tell is kept until it is taken.
 *
 * An allocation that is lost (forgotten, expired, its stream broken) is made again: at once, then
 * after TURN_SERVER_GAP_US, twice that, … up to TURN_SERVER_GAP_MAX_US. A server that names another
 * one (RFC 8489 §10) is left for it, at most TURN_SERVER_HOPS_MAX times in a row and never for one
 * that was asked before; over TLS not at all, because certificates are for names.
 *
 * Loop thread. on_news may come inside a call, for its owner to note; the other events never do,
 * and any of those may free the server. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#include "hyper/wire/webrtc/server_url.h"
#include "net/address.h"

struct loop;
struct net;
struct turn_server;

#define TURN_SERVER_GAP_US 1000000u
#define TURN_SERVER_GAP_MAX_US 60000000u
#define TURN_SERVER_HOPS_MAX 3

struct turn_server_events {
    void (*on_news)(void *owner); /* turn_server_take_news() has something, or it has settled */
    void (*on_relayed)(void *owner, const struct net_address *relayed,
                       const struct net_address *remote, struct actr_view bytes);
    void (*on_relayed_end)(void *owner);
};

struct turn_server_options {
    struct loop *loop;
    struct net *net;
    const struct server_url *url; /* copied */
    uint64_t timeout_us;
    bool is_ipv6; /* the relayed address */
};

enum turn_news_kind { TURN_NEWS_NONE, TURN_NEWS_LOST, TURN_NEWS_TROUBLE, TURN_NEWS_RELAY };

struct turn_news {
    struct net_address relayed; /* LOST, RELAY */
    struct net_address mapped;  /* RELAY: how the server sees us */
    int code;                   /* LOST, TROUBLE */
    char detail[192];           /* likewise */
};

/* NULL when memory has run out. */
struct turn_server *turn_server_new(const struct turn_server_options *options,
                                    const struct turn_server_events *events, void *owner);
/* Gives the allocation back. NULL is fine; returns NULL. */
struct turn_server *turn_server_free(struct turn_server *server);

/* As turn_client_set_credentials(). Begins when it was started without any, or was refused with the
 * ones before. */
int turn_server_set_credentials(struct turn_server *server, const char *username,
                                const char *password) ACTR_MUST_CHECK;

/* Allocates, unless that is under way; an allocation that lives is told again, and whether the
 * server still has it is asked. */
void turn_server_start(struct turn_server *server);

/* Nothing is under way: there is a relay, or there will not be one. */
bool turn_server_is_settled(const struct turn_server *server);

/* The next thing to tell; it is told then. */
enum turn_news_kind turn_server_take_news(struct turn_server *server, struct turn_news *ret_news);

/* Is there a relay of that address? */
bool turn_server_has(const struct turn_server *server, const struct net_address *relayed);

void turn_server_send(struct turn_server *server, const struct net_address *remote,
                      struct actr_view bytes);
/* Not fragmented on its way to the server. False: see datagram_send_probe(). */
bool turn_server_send_probe(struct turn_server *server, const struct net_address *remote,
                            struct actr_view bytes);
/* Peers of the other family are passed over. */
void turn_server_permit(struct turn_server *server, const struct net_address *remote);
