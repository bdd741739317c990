// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The way to a TURN server: packets both ways, over a UDP socket of its own, or over a stream (TCP,
 * TLS) that is cut into packets.
 *
 * Loop thread; events never come inside a call, and any of them may close the link. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#include "hyper/wire/webrtc/server_url.h"
#include "net/address.h"

struct loop;
struct net;
struct turn_link;

struct turn_link_events {
    void (*on_open)(void *owner);
    void (*on_packet)(void *owner, struct actr_view packet);
    void (*on_end)(void *owner);                                /* of what came at once */
    void (*on_lost)(void *owner, int code, const char *detail); /* of no use any more: close it */
};

struct turn_link_options {
    struct loop *loop;
    struct net *net;
    const struct server_url *url;      /* copied */
    const struct net_address *address; /* copied */
    const char *name; /* what a certificate must name, copied; NULL: the URL's host */
};

/* ACTR_ENOMEM, ACTR_EIO. */
int turn_link_open(const struct turn_link_options *options, const struct turn_link_events *events,
                   void *owner, struct turn_link **ret_link) ACTR_MUST_CHECK;
/* What was sent still leaves, if it can at once. NULL is fine; returns NULL. */
struct turn_link *turn_link_close(struct turn_link *link);

/* Best effort: a packet too many for the queue is dropped. */
void turn_link_send(struct turn_link *link, struct actr_view packet);
/* Over UDP not fragmented on its way to the server. False: see datagram_send_probe(). */
bool turn_link_send_probe(struct turn_link *link, struct actr_view packet);
