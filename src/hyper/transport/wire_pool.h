// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The dialled wires to one destination, one for each kind at most.
 *
 * They race: asked to connect, the pool starts every kind at once; the first wire that is ready
 * carries. A better kind that becomes ready later takes over and the worse wire stays as a spare; a
 * worse kind that is still connecting by then is given up.
 *
 * Order is kept over the takeover: nothing is sent from when the better wire is ready until the
 * peer has read what the worse one took, WIRE_POOL_HOLD_US at most. If that is not enough the worse
 * one goes on, and it is tried again after WIRE_POOL_HOLD_AGAIN_US. (So it is for what this node
 * asks; its answers are dest_transport's.)
 *
 * A wire that stalls carries no more, until it has its path again: a worse one does meanwhile, or
 * is dialled. A better kind that was lost, or could not be made, is tried again while a worse one
 * carries, when something is sent: after WIRE_POOL_BETTER_MS at first, WIRE_POOL_BETTER_MAX_MS at
 * last.
 *
 * One effort makes WIRE_POOL_ATTEMPTS attempts for each kind, with growing pauses. A wire that is
 * lost soon after it was ready counts as a failed attempt of the same effort, so that a peer that
 * accepts and drops is not dialled in a loop; the loss of one that has served ends the effort, and
 * the next begins at once. The pool never dials unless it was asked.
 *
 * Embedded by dest_transport. Loop thread; events never inside the call that caused them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/context.h>

#include "base/backoff.h"
#include "hyper/transport/peer_transport.h"
#include "hyper/transport/wire_handle.h"
#include "hyper/wire/wire.h"
#include "sys/loop.h"

#define WIRE_POOL_ATTEMPTS 3
#define WIRE_POOL_DETAIL_SIZE 256
#define WIRE_POOL_BETTER_MS 1000
#define WIRE_POOL_BETTER_MAX_MS 300000
#define WIRE_POOL_HOLD_US 1000000u
#define WIRE_POOL_HOLD_AGAIN_US 5000000u

struct wire_pool_events {
    void (*on_ready)(void *owner, struct wire *wire); /* came up */
    /* By this one from now on; also the same again, after a takeover that was put off. */
    void (*on_carrier)(void *owner, struct wire *wire);
    void (*on_proven)(void *owner, struct wire *wire);
    void (*on_message)(void *owner, struct wire_handle *handle, uint8_t channel,
                       struct actr_bytes message);
    void (*on_excess)(void *owner, struct wire_handle *handle, const struct excess *excess);
    void (*on_writable)(void *owner); /* the carrier's */
    /* The path of a wire is lost: what it was given may arrive late or never. It does not carry
     * until on_carrier says so again; another one may. */
    void (*on_stall)(void *owner, const struct wire *wire);
    /* A wire that was ready has gone. wire is lent. */
    void (*on_lost)(void *owner, const struct wire *wire, int code, const char *detail);
    /* The effort has failed: no wire is ready and no attempt is left. */
    void (*on_unreachable)(void *owner, int code, const char *detail);
    /* A wire has gone, and nothing is under way. */
    void (*on_idle)(void *owner);
};

struct wire_pool_options {
    struct loop *loop;
    struct wire_dialer *const *dialers; /* borrowed; the better kind first */
    size_t count;
    const struct actr_id *peer; /* borrowed */
    uint64_t *dials;            /* counts attempts */
    const struct wire_pool_events *events;
    void *owner;
};

struct wire_pool;
struct wire_pool_slot {
    struct wire_pool *pool;
    struct wire_handle handle;
    struct loop_timer pause;  /* before the next attempt */
    struct loop_task adopted; /* tells of a wire that was taken over */
    struct backoff backoff;
    struct backoff better_backoff;
    uint64_t better_us; /* not to be tried again earlier while a worse one carries */
    uint64_t ready_us;  /* 0: not ready yet */
    uint8_t failures;   /* attempts of this effort that failed */
    bool is_given_up;   /* no attempt is left in this effort */
    bool is_dropped;    /* we are closing the wire */
    bool is_adopting;   /* taken over, and nobody has been told */
};

struct wire_pool {
    struct wire_pool_options options;
    struct wire_pool_slot slots[PEER_TRANSPORT_DIALERS_MAX]; /* as options.dialers */
    struct loop_task verdict;
    struct wire_pool_slot *carrier; /* NULL: none is ready */
    struct loop_timer hold;         /* a takeover is under way, or put off */
    bool is_holding;
    bool is_trying; /* an effort is under way */
    bool is_closed;
    int cause; /* of the last failure */
    char cause_detail[WIRE_POOL_DETAIL_SIZE];
};

void wire_pool_init(struct wire_pool *pool, const struct wire_pool_options *options);
/* Only when idle. */
void wire_pool_deinit(struct wire_pool *pool);

/* Makes sure that a wire may be sent by (true) or is on its way (false: on_carrier or
 * on_unreachable follows). */
bool wire_pool_connect(struct wire_pool *pool);

/* Takes over a ready wire that the peer has made, of a kind that carries both ways: it is the wire
 * of that kind from now on. on_ready follows, not inside. False: there is one already, or the pool
 * is closed; the wire is still the caller's. */
bool wire_pool_adopt(struct wire_pool *pool, struct wire *wire);

/* The session of a wire that is ready, but stalled; 0: there is none. */
uint64_t wire_pool_stalled(const struct wire_pool *pool);

/* The wire that carries; NULL: none. */
struct wire_handle *wire_pool_carrier(struct wire_pool *pool);

/* Stops or resumes reading from the wires by which the peer's requests come too. */
void wire_pool_read(struct wire_pool *pool, bool enable);

/* Answers are awaited by the wires that are ready, or none is. */
void wire_pool_await(struct wire_pool *pool, bool is_awaited);

/* A wire of the peer was lost: the others find out whether it is still there. */
void wire_pool_probe(struct wire_pool *pool);

/* The ready wire of that session; NULL: none. */
struct wire_handle *wire_pool_find(struct wire_pool *pool, uint64_t session);

/* Why the last attempt of the present effort failed; "": none has. */
const char *wire_pool_trouble(const struct wire_pool *pool);

/* No wires, no attempts under way. */
bool wire_pool_is_idle(const struct wire_pool *pool);

/* Closes every wire: on_lost for those that were ready; those that were connecting are dialled
 * anew, in the same attempt. */
void wire_pool_reset(struct wire_pool *pool, const char *why);

/* Closes every wire and dials no more: on_lost for those that were ready, on_unreachable when an
 * effort was under way, on_idle unless it is idle now. */
void wire_pool_close(struct wire_pool *pool, const char *why);
