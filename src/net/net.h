// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* The network as the layers above see it: WebSocket connections in both roles here, HTTP in http.h.
 *
 * One contract, two implementations: real sockets on the libuv loop (socket_net.h) and a simulated
 * network on virtual time (test/sim); what an implementation fills in is in net_ops.h. No
 * descriptor, no library type leaves it.
 *
 * Rules for both: everything runs on the loop thread. Events never come inside the call that caused
 * them. A message handed up is one reference, the receiver's to keep or give back. After on_closed
 * the connection is gone: no further event, no further call. Every queue has a bound; what full
 * means is said where it can happen. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#include "base/excess.h"
#include "net/address.h"

struct net;
struct net_ws;

#define NET_FULL                                                                                   \
    1 /* taken, but the queue is over its high-water mark: send no more until on_writable */

/* Why a connection ended. */
enum net_cause {
    NET_CLOSED,   /* close handshake, either side began; code says which reason */
    NET_LOST,     /* reset, end of file, keepalive not answered */
    NET_REFUSED,  /* could not connect: refused, unreachable, name unknown, TLS failed */
    NET_UNFIT,    /* likewise, until somebody mends it: the certificate is not to be believed, or
                     the server does not speak TLS */
    NET_REJECTED, /* the server answered the upgrade with another status than 101: code is that
                     status */
    NET_TIMEOUT,  /* connecting or shaking hands took longer than allowed */
    NET_PROTOCOL_ERROR, /* the peer broke RFC 6455 or a limit; it was told by code */
};
struct net_close {
    enum net_cause cause;
    uint16_t code;      /* RFC 6455 §7.4 close code, or HTTP status for NET_REJECTED; 0: none */
    const char *detail; /* for people; lent; never NULL */
};

/* A message that would be longer is not waited for: its connection is closed with 1009. Who could
 * name such a length in a lane's frame has none left (32 bits). */
#define NET_WS_EXCESS_MAX UINT32_MAX

/* Events of one WebSocket connection. Any may be NULL but on_closed. */
struct net_ws_events {
    void (*on_open)(void *user); /* the upgrade succeeded; both roles */
    void (*on_message)(void *user, struct actr_bytes message,
                       bool is_binary); /* whole, reassembled */
    /* A message over message_len_max has come; the connection lives on. NULL: it is closed with
     * 1009 as soon as the length is known. Control frames come between the parts as ever; text is
     * not checked for UTF-8. */
    void (*on_excess)(void *user, const struct excess *excess, bool is_binary);
    void (*on_pong)(void *user, struct actr_view payload); /* solicited or not */
    void (*on_writable)(void *user); /* after NET_FULL: below the low-water mark */
    void (*on_closed)(void *user, const struct net_close *why); /* exactly once, last */
};

struct net_header {
    const char *name; /* lower case */
    const char *value;
};

/* All text is copied. Zero means the default. */
struct net_ws_options {
    const char *url; /* ws:// or wss:// */
    const struct net_header *headers;
    size_t header_count;
    uint32_t connect_timeout_ms; /* name, TCP, TLS and upgrade together; 0: 10,000 */
    uint32_t message_len_max;    /* of longer ones on_excess tells; 0: 16 MiB + 64 */
    uint32_t queue_high; /* bytes of unsent messages that mean NET_FULL; 0: 4 MiB; low water is a
                            quarter */
    uint32_t ping_interval_ms; /* a Ping after so much silence from the peer; 0: none */
    uint32_t dead_after_ms;    /* NET_LOST after so much silence; 0: never. Time with reading off
                                  is not silence */
};

/* Dials. on_open or on_closed follows, never inside. ACTR_EINVALID (bad URL or header),
 * ACTR_ENOMEM. */
int net_ws_dial(struct net *net, const struct net_ws_options *options,
                const struct net_ws_events *events, void *user, struct net_ws **ret_ws)
    __attribute__((warn_unused_result));

/* Queues one binary message; consumes it. 0, NET_FULL (taken), ACTR_ENOMEM (not taken). Sending on
 * a connection that is closing drops the message and returns 0: on_closed is on its way. Before
 * on_open: ACTR_ESTATE (not taken). */
int net_ws_send(struct net_ws *ws, struct actr_bytes message) __attribute__((warn_unused_result));

/* An unasked Pong; payload ≤ 125 bytes, copied; it overtakes queued messages (a server's not before
 * its answer to the upgrade has left); the last one wins when they pile up. */
void net_ws_pong(struct net_ws *ws, struct actr_view payload);

/* A Ping behind what is queued; payload ≤ 125 bytes, copied. The Pong with the same payload
 * (on_pong) says that the peer has read all that was sent before. Best effort: no Pong comes when
 * memory runs out or the peer does not read. */
void net_ws_ping(struct net_ws *ws, struct actr_view payload);

/* Reading off: no further on_message; what was already taken from the system (at most 64 KiB) and
 * the message being assembled wait; TCP pushes back on the peer. A connection that does not read
 * notices a loss when it sends. */
void net_ws_read(struct net_ws *ws, bool enable);

/* Graceful: what is queued leaves first, then a Close frame with `code` and at most 123 bytes of
 * `reason` (NULL: none); 1 s for the peer's answer, and no more than 1 s without progress before.
 * Code 0: no frame, cut the connection now. on_closed follows; no other event does. Idempotent,
 * but that a cut overtakes a graceful close. */
void net_ws_close(struct net_ws *ws, uint16_t code, const char *reason);

/* Bytes queued and not yet given to the system. */
size_t net_ws_queued(const struct net_ws *ws);

/* Our own address of it. False: there is none yet, or none any more. */
bool net_ws_local(const struct net_ws *ws, struct net_address *ret_address);
