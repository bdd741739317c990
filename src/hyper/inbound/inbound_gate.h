// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Where messages of other actors arrive, whatever wire they came by. Each goes the way of its plan
 * (runtime/execution_plan.h): answers to the peer_gate, requests and tells of verified peers to the
 * mailbox; what has no taker is counted and dropped.
 *
 * Pushes back: a peer over its mailbox quota is not read from until the mailbox has room, unless
 * its answers are awaited on the same wire: then up to twice the quota is taken. A request that the
 * mailbox refuses nevertheless is answered ACTR_EUNAVAILABLE with a hint when to retry.
 * Loop thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/context.h>
#include <actr/id.h>

#include "hyper/transport/lane.h"

struct inbound_gate;
struct log;
struct loop;
struct mailbox;
struct mailbox_origin;
struct peer_gate;
struct peer_transport;

enum inbound_gate_drop {
    INBOUND_UNDECODABLE, /* no envelope; of a verified peer: a dead letter, if the mailbox has any
                          */
    INBOUND_DIRECTION,   /* none, or unknown */
    INBOUND_UNVERIFIED,  /* a request by a wire that this node dialled */
    INBOUND_LATE,        /* a response nobody waits for */
    INBOUND_NO_TAKER,    /* a stream or media message without a receiver */
    INBOUND_REFUSED,     /* by the mailbox */
    INBOUND_INVALID,     /* there is no plan for such a message on such a wire */
    INBOUND_TOO_LONG,    /* over this node's limit; a request is answered, a call of ours ends */
    INBOUND_DROP_COUNT
};

struct inbound_gate_events {
    /* Something was dropped: at most once in 10 s for each reason. detail (lent): for people, ""
     * where the reason says it all. For logs and hooks; may be NULL. */
    void (*on_drop)(void *owner, enum inbound_gate_drop reason, const struct actr_id *from,
                    const char *detail);
};

struct inbound_gate_options {
    struct loop *loop;
    struct mailbox *mailbox; /* these three outlive the gate */
    struct peer_gate *peer_gate;
    struct peer_transport *transport;
    const struct log *log; /* may be NULL */
    const struct inbound_gate_events *events;
    void *owner;
};

struct inbound_gate_stats {
    uint64_t requests, tells, responses;
    uint64_t dropped[INBOUND_DROP_COUNT];
};

/* NULL when memory has run out. Options are copied. */
struct inbound_gate *inbound_gate_new(const struct inbound_gate_options *options);
void inbound_gate_free(struct inbound_gate *gate);

/* lane_events.on_message. Consumes message. */
void inbound_gate_on_message(struct inbound_gate *gate, struct dest_transport *from,
                             uint64_t session, bool verified, enum wire_kind kind,
                             enum actr_payload_type type, struct actr_bytes message);

/* lane_events.on_excess. A request is answered ACTR_EINVALID with its size and the limit, a call
 * that awaits a response ends with the same; a tell, and what no ends are known of, is dropped. */
void inbound_gate_on_excess(struct inbound_gate *gate, struct dest_transport *from,
                            uint64_t session, bool verified, enum actr_payload_type type,
                            const struct excess *excess);

/* mailbox_events.on_room. peer NULL: everyone. */
void inbound_gate_on_room(struct inbound_gate *gate, const struct actr_id *peer);

/* mailbox_events.on_refused: what had been taken could not be kept. A request is answered. */
void inbound_gate_on_refused(struct inbound_gate *gate, const struct mailbox_origin *origin,
                             struct actr_view bytes);

/* No more requests and tells: refused with ACTR_EUNAVAILABLE from here on; answers still pass. */
void inbound_gate_stop(struct inbound_gate *gate);

struct inbound_gate_stats inbound_gate_get_stats(const struct inbound_gate *gate);
