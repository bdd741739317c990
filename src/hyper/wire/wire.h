// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* Layer 0 contract: a wire is one connection to one peer. It carries whole messages on numbered
 * channels and knows nothing of what they mean.
 *
 * A wire belongs to the loop thread. It reports by the events table it was given at creation, never
 * inside a call made on it. Each wire has a session number, unique in the process, given at
 * creation: late events and replies name it and are dropped when it has gone.
 *
 * Channels: WebSocket has one (0), and the message carries the lane; WebRTC has one for each lane.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <actr/bytes.h>
#include <actr/id.h>

#include "base/excess.h"

struct wire;

enum wire_kind { WIRE_WEBSOCKET, WIRE_WEBRTC };

/* Its peer is known, and listens, whoever made it: requests of both sides go by it. */
static inline bool wire_carries_both(enum wire_kind kind)
{
    return kind == WIRE_WEBRTC;
}

/* Which side made the connection; requests leave by dialled wires and by those that carry both
 * ways, replies by the wire the request came by, or by one that carries both ways and has taken
 * over from it. */
enum wire_role { WIRE_DIALLED, WIRE_ACCEPTED };

enum wire_state { WIRE_CONNECTING, WIRE_READY, WIRE_CLOSING, WIRE_CLOSED };

#define WIRE_FULL 1 /* taken, but send no more on this channel until on_writable */

struct wire_events {
    /* Connected and verified: may send. Once. */
    void (*on_ready)(void *owner, struct wire *wire);
    /* The peer is known to read what we send (see proven). Once, at or after on_ready. */
    void (*on_proven)(void *owner, struct wire *wire);
    /* One whole message; a reference. */
    void (*on_message)(void *owner, struct wire *wire, uint8_t channel, struct actr_bytes message);
    /* One that is longer than this side takes; the wire lives on. WebSocket only: the messages of
     * the others are fragments, and never too long. */
    void (*on_excess)(void *owner, struct wire *wire, uint8_t channel, const struct excess *excess);
    void (*on_writable)(void *owner, struct wire *wire, uint8_t channel);
    /* After wire_settle(). */
    void (*on_settled)(void *owner, struct wire *wire);
    /* wire->stalled is another now. While it is stalled what was sent waits in it, and may yet
     * arrive. */
    void (*on_stall)(void *owner, struct wire *wire);
    /* Gone, for `code` (ACTR_E…) and `detail` (lent). Last event; the wire is freed when it
     * returns. `final`: dialling again at once is pointless (refused by the peer's policy). */
    void (*on_closed)(void *owner, struct wire *wire, int code, const char *detail, bool final);
};

/* Called by the inline functions below. */
struct wire_ops {
    int (*send)(struct wire *wire, uint8_t channel, struct actr_bytes message);
    void (*read)(struct wire *wire, bool enable);
    void (*settle)(struct wire *wire); /* NULL: nothing takes over from wires of this kind */
    void (*probe)(struct wire *wire);  /* NULL: its loss is told by the system */
    void (*await)(struct wire *wire, bool is_awaited); /* NULL: likewise */
    void (*close)(struct wire *wire, int code, const char *detail);
};

/* First member of each implementation; the fields are for reading. */
struct wire {
    const struct wire_ops *ops;
    const struct wire_events *events;
    void *owner;
    struct actr_id peer; /* verified for accepted wires once they are ready; the one asked
                            for, for dialled ones */
    uint64_t session;    /* random, never 0 */
    enum wire_kind kind;
    enum wire_role role;
    enum wire_state state;
    bool proven;  /* something the peer sent shows that it reads: until then a message may be lost
                     unseen */
    bool stalled; /* ready, but its path is lost and being looked for */
};

/* Takes a message; consumes it. 0, WIRE_FULL (taken), ACTR_ENOMEM. On a wire that is closing the
 * message is given back and 0 returned: on_closed is on its way. A wire whose peer reads nothing
 * closes when its unsent bytes reach a bound of the implementation, far above WIRE_FULL. Only on a
 * wire that has been ready. */
static inline int wire_send(struct wire *wire, uint8_t channel, struct actr_bytes message)
{
    return wire->ops->send(wire, channel, message);
}

/* Stops or resumes reading: TCP or SCTP then pushes back on the peer. What was already being
 * received may still come. */
static inline void wire_read(struct wire *wire, bool enable)
{
    wire->ops->read(wire, enable);
}

/* on_settled follows when the peer has read all that was taken so far; not while the peer does not
 * read. A further call counts alone. For a wire of either role that is ready, and has this op. */
static inline void wire_settle(struct wire *wire)
{
    wire->ops->settle(wire);
}

/* Something else suggests that the peer has gone: the wire finds out at once. When it is ready. */
static inline void wire_probe(struct wire *wire)
{
    if (wire->ops->probe)
        wire->ops->probe(wire);
}

/* Answers to what was sent by it are awaited, or none is: meanwhile the loss of its path is noticed
 * as soon as while something is sent. When it is ready. */
static inline void wire_await(struct wire *wire, bool is_awaited)
{
    if (wire->ops->await)
        wire->ops->await(wire, is_awaited);
}

/* Closes gracefully: what was taken leaves first, within a second; on_closed follows. code 0:
 * normal; ACTR_EPERMISSION: policy. detail is copied. Idempotent. Legal in every state and event
 * but on_closed. */
static inline void wire_close(struct wire *wire, int code, const char *detail)
{
    wire->ops->close(wire, code, detail);
}

/* An accepted wire goes from hand to hand: whoever takes it over gets the events from here on. It
 * is ready, proven, and reads nothing until wire_read(). */
static inline void wire_adopt(struct wire *wire, const struct wire_events *events, void *owner)
{
    wire->events = events;
    wire->owner = owner;
}

struct wire_dialer;
struct wire_dialer_ops {
    /* Begins a wire to `peer`. on_ready or on_closed follows, never inside. The wire reads as soon
     * as it is ready. ACTR_ENOMEM, ACTR_ESTATE (this node cannot dial now). */
    int (*dial)(struct wire_dialer *dialer, const struct actr_id *peer,
                const struct wire_events *events, void *owner, struct wire **ret_wire);
};

/* Makes wires of one kind; first member of each implementation. It outlives its wires. */
struct wire_dialer {
    const struct wire_dialer_ops *ops;
    enum wire_kind kind;
};

static inline int wire_dial(struct wire_dialer *dialer, const struct actr_id *peer,
                            const struct wire_events *events, void *owner, struct wire **ret_wire)
{
    return dialer->ops->dial(dialer, peer, events, owner, ret_wire);
}
