// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What is on its way to one peer: messages that wait for a wire or for room on it, and messages
 * that were sent and may have to be sent again.
 *
 * Order: messages leave in the order they came; those of a lost wire leave again before the ones
 * that wait. Bounds, refused beyond them: messages of either list, unsent bytes; copies of tells
 * that were sent by an unproven wire (beyond them a tell is sent once). Loop thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "hyper/outbound/gate.h"
#include "hyper/transport/lane.h"
#include "sys/loop.h"

#define OUTBOX_TELLS_KEPT_MAX 256
#define OUTBOX_TELL_BYTES_KEPT_MAX ((uint64_t)4 << 20)

struct outbox_events {
    /* The message cannot be delivered: it has left the outbox. Never inside outbox_push(). */
    void (*on_failed)(void *owner, struct gate_send *send, int code, const char *detail);
    /* A tell was handed over for good: it has left the outbox. Never inside outbox_push(). */
    void (*on_done)(void *owner, struct gate_send *send);
    /* Nothing is left in it and no wire is ready: it may be freed, but not inside. */
    void (*on_idle)(void *owner, struct outbox *outbox);
};

/* What the outboxes of one gate share. */
struct outbox_shared {
    struct loop *loop;
    const struct outbox_events *events;
    void *owner;
    uint32_t count_max;        /* messages of one peer */
    uint64_t unsent_bytes_max; /* of one peer */
    uint64_t kept_bytes_max;   /* of all */
    uint64_t kept_bytes;       /* envelopes in all outboxes */
    uint64_t resends;
};

struct outbox {
    struct outbox_shared *shared;
    struct dest_transport *dest;
    struct list link;          /* its owner's */
    struct list waiting, sent; /* gate_send */
    uint32_t count;            /* in both */
    uint32_t tells_kept;       /* in sent */
    uint64_t unsent_bytes, tell_bytes_kept;
    uint64_t session;         /* of the wire that carries; 0: none */
    bool is_proven;           /* that wire */
    bool is_full;             /* LANE_FULL was said */
    struct loop_timer repeat; /* on an unproven wire */
    struct loop_timer redial; /* for tells to an unreachable peer */
    uint64_t stalled;         /* session of a wire whose path is being looked for; 0: none */
    struct loop_timer window; /* no other wire carries: requests wait so long */
    bool is_unready;          /* it has passed */
};

/* NULL when memory has run out. */
struct outbox *outbox_new(struct outbox_shared *shared, struct dest_transport *dest);
/* Only when empty. */
void outbox_free(struct outbox *outbox);

/* Nothing is in it, and no wire of its peer is ready. */
bool outbox_is_idle(const struct outbox *outbox);

/* True when a message would be sent now and not kept: wire ready and proven, nobody waits. */
bool outbox_is_clear(struct outbox *outbox);

/* OUTBOX_DONE: a tell that was handed over for good: it is not in the outbox. */
#define OUTBOX_DONE 1

/* Takes a message whose _envelope, _len, _type, _is_tell and _no_retry are set; sends it or lets it
 * wait. 0, OUTBOX_DONE. ACTR_EUNAVAILABLE (a bound is reached; the text names the peer),
 * ACTR_ENOMEM: not taken, the envelope has been given back. */
int outbox_push(struct outbox *outbox, struct gate_send *send) ACTR_MUST_CHECK;

/* Answered, cancelled or out of time. */
void outbox_remove(struct outbox *outbox, struct gate_send *send);

/* Moves everything to `to`, from where it is taken with outbox_remove() as well. */
void outbox_take_all(struct outbox *outbox, struct list *to);

/* Likewise what has been sent by any wire, also if it waits for another. */
void outbox_take_sent(struct outbox *outbox, struct list *to);

/* What the transport reports. */
void outbox_on_ready(struct outbox *outbox, uint64_t session);
void outbox_on_proven(struct outbox *outbox, uint64_t session);
void outbox_on_writable(struct outbox *outbox);
void outbox_on_lost(struct outbox *outbox, uint64_t session, const char *detail);
void outbox_on_stall(struct outbox *outbox, uint64_t session);
void outbox_on_unreachable(struct outbox *outbox, int code, const char *detail);
