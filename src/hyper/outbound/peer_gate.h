// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The gate to other actors: how the node builds, feeds and ends it. What it does is in gate.h. Loop
 * thread. */
#pragma once

#include <stdint.h>

#include <actr/id.h>

#include "hyper/outbound/gate.h"
#include "hyper/transport/lane.h"

struct loop;

struct peer_gate_events {
    /* A tell that was taken could not be handed to any wire in its time, or was refused. For
     * statistics and hooks; may be NULL. */
    void (*on_tell_failed)(void *owner, const struct actr_id *to, int code, const char *detail);
};

struct peer_gate_options {
    struct loop *loop;
    struct peer_transport *transport; /* outlives the gate */
    uint32_t pending_max;             /* requests without an answer, in all; 0: 262,144 */
    uint32_t peer_pending_max;        /* the same for one peer; 0: 65,536 */
    uint64_t peer_unsent_bytes_max;   /* encoded and waiting for a wire, one peer; 0: 64 MiB */
    uint64_t kept_bytes_max;  /* encoded and waiting for a wire or an answer, in all; 0: 512 MiB */
    uint32_t message_len_max; /* an encoded envelope; 0: 16 MiB - 5 */
    const struct peer_gate_events *events;
    void *owner;
};

struct peer_gate_stats {
    uint64_t calls, tells; /* taken */
    uint64_t calls_failed; /* ended by something else than an answer */
    uint64_t tells_failed;
    uint64_t resends; /* requests and tells sent once more */
    uint64_t replies;
    uint64_t replies_dropped; /* the peer was gone */
    uint64_t responses_late;  /* nothing was pending by that id from that peer */
    uint32_t pending;
};

/* NULL when memory has run out. Options are copied. */
struct peer_gate *peer_gate_new(const struct peer_gate_options *options);
/* After peer_gate_close() and one turn of the loop: nothing may be pending. NULL is fine. */
void peer_gate_free(struct peer_gate *gate);

struct peer_gate_stats peer_gate_get_stats(const struct peer_gate *gate);

/* This node has another identity from now on, and its wires are being closed: what was sent fails
 * with ACTR_EUNAVAILABLE. Sent again by another caller it would not be known as a repeat, and a
 * handler could run twice. What was never sent goes on. */
void peer_gate_on_identity(struct peer_gate *gate, const char *why);

/* What the transport reports (lane_events of the same names), handed on by the node. */
void peer_gate_on_ready(struct peer_gate *gate, struct dest_transport *dest, uint64_t session);
void peer_gate_on_proven(struct peer_gate *gate, struct dest_transport *dest, uint64_t session);
void peer_gate_on_writable(struct peer_gate *gate, struct dest_transport *dest);
void peer_gate_on_stall(struct peer_gate *gate, struct dest_transport *dest, uint64_t session);
void peer_gate_on_unreachable(struct peer_gate *gate, struct dest_transport *dest, int code,
                              const char *detail);
void peer_gate_on_wire(struct peer_gate *gate, struct dest_transport *dest, uint64_t session,
                       int code, const char *detail);
