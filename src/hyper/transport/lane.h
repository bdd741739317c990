// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Layer 1 contract: lanes. A lane carries the messages of one payload type to one destination, in
 * order, over whatever wire is best at the moment; framing, wire choice, connecting and
 * reconnecting are below this line.
 *
 * peer_transport holds a dest_transport for each remote actor, which holds a wire_pool; the pool's
 * wires race and the first that is ready carries. Loop thread; events never come inside the call
 * that caused them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/context.h>
#include <actr/id.h>

struct peer_transport;
struct dest_transport;

#define LANE_FULL 1 /* taken, but send no more to this destination until on_writable */

struct lane_events {
    /* A whole message of a peer came by the wire `session`. role tells whether the peer's identity
     * is verified (accepted) or only who we meant to dial. A reference. */
    void (*on_message)(void *owner, struct dest_transport *from, uint64_t session, bool verified,
                       enum actr_payload_type type, struct actr_bytes message);
    /* A dialled wire is ready, the first or another after a loss: whoever waits may send, whoever
     * has sent something unanswered by an older session may send it again. */
    void (*on_ready)(void *owner, struct dest_transport *dest, uint64_t session);
    /* The peer is known to read what comes by the wire `session`. */
    void (*on_proven)(void *owner, struct dest_transport *dest, uint64_t session);
    void (*on_writable)(void *owner, struct dest_transport *dest);
    /* No dialled wire and no hope within the attempts allowed: code (ACTR_E…), detail (lent). The
     * destination stays and connects anew at the next send. */
    void (*on_unreachable)(void *owner, struct dest_transport *dest, int code, const char *detail);
    /* A wire, dialled or accepted, came up or went: for statistics and hooks. code 0: came up. */
    void (*on_wire)(void *owner, struct dest_transport *dest, uint64_t session, int code,
                    const char *detail);
};

/* Borrow the destination for `id`, creating it. NULL when memory or the bound on destinations is
 * reached. */
struct dest_transport *peer_transport_dest(struct peer_transport *transport,
                                           const struct actr_id *id);
const struct actr_id *dest_transport_id(const struct dest_transport *dest);

/* Makes sure that a dialled wire exists or is on its way. True: one is ready now (its session in
 * *ret_session); false: on_ready or on_unreachable follows. */
bool dest_transport_connect(struct dest_transport *dest, uint64_t *ret_session, bool *ret_proven);

/* Sends by the best ready dialled wire. Only after dest_transport_connect() said true. Consumes
 * message. 0, LANE_FULL (taken), ACTR_EUNAVAILABLE (not taken: no wire is ready, connect first),
 * ACTR_EINVALID (no lane for this type), ACTR_ENOMEM. */
int dest_transport_send(struct dest_transport *dest, enum actr_payload_type type,
                        struct actr_bytes message) ACTR_MUST_CHECK;

/* Sends by the very wire that `session` names (for replies). ACTR_EUNAVAILABLE when it has gone. */
int dest_transport_send_session(struct dest_transport *dest, uint64_t session,
                                enum actr_payload_type type,
                                struct actr_bytes message) ACTR_MUST_CHECK;

/* Stops or resumes reading from every wire of this peer. */
void dest_transport_read(struct dest_transport *dest, bool enable);
