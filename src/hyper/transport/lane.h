// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Layer 1 contract: lanes. A lane carries the messages of one payload type to one destination, in
 * order, over whatever wire is best at the moment; framing, wire choice, connecting and
 * reconnecting are below this line.
 *
 * peer_transport holds a dest_transport for each remote actor, which holds a wire_pool; the pool's
 * wires race and the first that is ready carries, until one of a better kind is. Loop thread;
 * events never come inside the call that caused them, nothing here blocks. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/context.h>
#include <actr/id.h>

#include "base/excess.h"
#include "hyper/wire/wire.h"

struct peer_transport;
struct dest_transport;

#define LANE_FULL 1 /* taken, but send no more to this destination until on_writable */

struct lane_events {
    /* A whole message of a peer came by the wire `session`. verified tells whether the peer's
     * identity was proven (accepted wire) or is only who we meant to dial, kind what carried it. A
     * reference. */
    void (*on_message)(void *owner, struct dest_transport *from, uint64_t session, bool verified,
                       enum wire_kind kind, enum actr_payload_type type, struct actr_bytes message);
    /* The same of a message that was too long, of which the ends were kept; the wire lives on. */
    void (*on_excess)(void *owner, struct dest_transport *from, uint64_t session, bool verified,
                      enum actr_payload_type type, const struct excess *excess);
    /* A dialled wire is ready, the first, another after a loss, or one of a better kind: whoever
     * waits may send. */
    void (*on_ready)(void *owner, struct dest_transport *dest, uint64_t session);
    /* The peer is known to read what comes by the wire `session`. */
    void (*on_proven)(void *owner, struct dest_transport *dest, uint64_t session);
    void (*on_writable)(void *owner, struct dest_transport *dest);
    /* The path of a dialled wire is lost and being looked for: what it was given may arrive late or
     * never. on_ready, of this or another wire, or the end of the wire (on_wire) follows. */
    void (*on_stall)(void *owner, struct dest_transport *dest, uint64_t session);
    /* No dialled wire and no hope within the attempts allowed: code (ACTR_E…; ACTR_EPERMISSION: the
     * peer refused us), detail (lent). The destination stays and connects anew when asked. */
    void (*on_unreachable)(void *owner, struct dest_transport *dest, int code, const char *detail);
    /* A wire, dialled or accepted, came up (code 0) or went, with whatever it had not yet handed to
     * the peer. Whoever still needs a dialled wire connects again, inside this event or later. A
     * coming up is told before on_ready. */
    void (*on_wire)(void *owner, struct dest_transport *dest, uint64_t session, int code,
                    const char *detail);
    /* After peer_transport_close(): every wire has gone. Last event; the transport is freed when it
     * returns. */
    void (*on_closed)(void *owner);
};

/* Borrow the destination for `id`, creating it. It stays while it has wires or a user, and at least
 * until control returns to the loop. ACTR_EUNAVAILABLE (the bound on destinations is reached, or
 * the transport is closing), ACTR_ENOMEM. */
int peer_transport_dest(struct peer_transport *transport, const struct actr_id *id,
                        struct dest_transport **ret_dest) ACTR_MUST_CHECK;
/* The same, but NULL when there is none yet. */
struct dest_transport *peer_transport_find(const struct peer_transport *transport,
                                           const struct actr_id *id);
const struct actr_id *dest_transport_id(const struct dest_transport *dest);

/* Why the last attempt to reach it failed, for people; "": none has failed. */
const char *dest_transport_trouble(const struct dest_transport *dest);

/* What the layer above (peer_gate) keeps for this destination; the destination stays while it is
 * not NULL. */
void dest_transport_set_user(struct dest_transport *dest, void *user);
void *dest_transport_user(const struct dest_transport *dest);

/* Makes sure that a dialled wire exists or is on its way. True: one is ready now (its session in
 * *ret_session); false: on_ready or on_unreachable follows. */
bool dest_transport_connect(struct dest_transport *dest, uint64_t *ret_session, bool *ret_proven);

/* The session of a dialled wire that is ready but stalled (on_stall); 0: none is. */
uint64_t dest_transport_stalled(const struct dest_transport *dest);

/* Sends by the best ready dialled wire. Only after dest_transport_connect() said true. Consumes
 * message. 0, LANE_FULL (taken), ACTR_EUNAVAILABLE (no wire is ready, connect first), ACTR_EINVALID
 * (no lane for this type), ACTR_ENOMEM. */
int dest_transport_send(struct dest_transport *dest, enum actr_payload_type type,
                        struct actr_bytes message) ACTR_MUST_CHECK;

/* A request or a tell of the peer came by the wire `session`, whose sender is verified: answers
 * follow it. */
void dest_transport_asked(struct dest_transport *dest, uint64_t session);

/* Sends the answer to a request that came by the wire `session`: by that one; by the one that
 * carries both ways once the peer asks by it; when it has gone by another accepted wire, or the
 * ready dialled one, to the same peer. Consumes message. 0, ACTR_EUNAVAILABLE (none is ready;
 * nothing is dialled), ACTR_EINVALID, ACTR_ENOMEM. A full queue is dealt with here: nothing more is
 * read from a wire whose peer does not read its answers, and one that goes on like that is closed.
 *
 * Answers arrive in the order in which they were given here, also when a better wire takes over:
 * then they wait until the peer has read those before them (answer_order.h has the bounds). Not so
 * when a wire is lost or stalls: those that it has taken arrive late or never. Whoever has asked
 * asks again then. */
int dest_transport_send_session(struct dest_transport *dest, uint64_t session,
                                enum actr_payload_type type,
                                struct actr_bytes message) ACTR_MUST_CHECK;

/* Stops or resumes reading from the wires by which this peer's requests come. Answers to our own
 * requests keep coming: they come by dialled WebSockets, which are always read, or by a wire that
 * carries both ways, which is read for as long as answers are awaited. Its requests come too then,
 * and whoever takes them must refuse what is too much: the mailbox does, at twice the quota. */
void dest_transport_read(struct dest_transport *dest, bool enable);

/* Requests of ours are on their way to the peer, or none is. */
void dest_transport_await(struct dest_transport *dest, bool is_awaited);
