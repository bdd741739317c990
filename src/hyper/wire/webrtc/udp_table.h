// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Whose a datagram is: user fragments and remote addresses, and the users they belong to. A part of
 * udp_mux, whose header says what names and routes are. Loop thread. */
#pragma once

#include <actr/bytes.h>

#include "base/hash.h"
#include "base/list.h"
#include "net/address.h"

struct udp_mux_user;
struct udp_place;

/* The user is one for whom a remote address was bound. */
struct udp_route {
    struct list at_place; /* the preferred first, then the newest */
    struct list of_user;  /* the one unused for longest first */
    struct udp_place *place;
    struct udp_mux_user *user;
};

/* A remote address that somebody has bound. */
struct udp_place {
    struct hash_node node;
    struct net_address remote;
    struct list routes;
};

struct udp_table {
    struct hash_key key;
    struct hash_table names, places;
    uint32_t route_count;
    struct udp_place *last;   /* found last; NULL: none */
    struct udp_place *walked; /* stays while it is walked, even without routes */
    struct list *next;        /* of the walk */
};

void udp_table_init(struct udp_table *table, const struct hash_key *key);
/* No user may be left. */
void udp_table_deinit(struct udp_table *table);

/* As udp_mux_name() and the following. The lists of the user have been through list_init(). */
int udp_table_name(struct udp_table *table, struct udp_mux_user *user,
                   struct actr_view ufrag) ACTR_MUST_CHECK;
int udp_table_route(struct udp_table *table, struct udp_mux_user *user,
                    const struct net_address *remote) ACTR_MUST_CHECK;
void udp_table_forget(struct udp_table *table, struct udp_mux_user *user);

/* NULL: nobody's. */
struct udp_mux_user *udp_table_named(const struct udp_table *table, struct actr_view ufrag);

/* Walks the routes of `remote`: begin, next until NULL, end. Routes may come and go meanwhile; one
 * walk at a time. */
void udp_table_walk(struct udp_table *table, const struct net_address *remote);
struct udp_route *udp_table_next(struct udp_table *table);
void udp_table_end(struct udp_table *table);
/* It has carried something. */
void udp_table_used(struct udp_route *route);
/* It goes before the others of its address: however many claim that, who is there pays for none. */
void udp_table_prefer(struct udp_route *route);
