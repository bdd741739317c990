// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The table of destinations: one dest_transport for each remote actor. What lanes are and how they
 * are used is in lane.h; here is what the node needs to build and end them. Loop thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/id.h>

#include "hyper/transport/lane.h"
#include "hyper/wire/wire.h"

struct loop;

/* One for each kind of wire. */
#define PEER_TRANSPORT_DIALERS_MAX 2

struct peer_transport_options {
    struct loop *loop;
    struct wire_dialer *const *dialers; /* the better kind first; they outlive the transport */
    size_t dialer_count;                /* 0…PEER_TRANSPORT_DIALERS_MAX */
    uint32_t dest_max;                  /* destinations; 0: 16,384 */
    size_t message_len_max; /* received, without frames; 0: 16 MiB + 64. What is incomplete of all
                               peers: eight times that and the ends of eight that are longer
                               (FRAGMENT_ENDS_MAX); beyond it what waits for longest goes */
    uint32_t accepted_max;  /* accepted wires of one peer; over it the one that was silent longest
                               is closed; 0: 4 */
    const struct lane_events *events;
    void *owner;
};

struct peer_transport_stats {
    uint64_t frames_in, frames_out;
    uint64_t frames_dropped; /* short, incomplete, of no known type */
    uint64_t answers_lost;   /* waited behind others (answer_order) when the last wire went */
    uint64_t dials;          /* attempts, of every kind */
    uint32_t dests;
    uint32_t wires; /* ready, dialled and accepted */
};

/* NULL when memory has run out. Options are copied, the dialers' list too. */
struct peer_transport *peer_transport_new(const struct peer_transport_options *options);

/* Takes over an accepted wire (ws_server_events.on_accepted) and begins to read it. Closes it when
 * there is no room. */
void peer_transport_accept(struct peer_transport *transport, struct wire *wire);

/* Resumes reading from every peer (mailbox: room for everyone). */
void peer_transport_read_all(struct peer_transport *transport);

/* Closes every wire, gracefully: this node has another identity. Whoever has something to send
 * connects again. */
void peer_transport_reset(struct peer_transport *transport, const char *why);

/* Closes every wire gracefully and dials no more. on_closed follows; the transport and all its
 * destinations are freed when that returns: whoever uses it must be gone by then. */
void peer_transport_close(struct peer_transport *transport);

/* Frees a transport that never had a destination: its owner could not be built. NULL is fine. */
void peer_transport_free(struct peer_transport *transport);

struct peer_transport_stats peer_transport_get_stats(const struct peer_transport *transport);
