// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A byte stream: TCP, or TLS over TCP, with a queue in front of it.
 *
 * What is queued in one turn of the loop leaves together, before the loop sleeps. The queue has no
 * bound of its own: stream_queued() tells its owner, who has one. Events never come inside a call
 * to the stream, and none after on_lost or stream_free(). Loop thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

#define STREAM_HEAD_MAX 14 /* bytes */
#define STREAM_ADDRESS_MAX 64

struct net_address;
struct socket_net;
struct stream;
struct tls_context;

struct stream_events {
    /* Connected, and hands shaken where there is TLS. Also for accepted streams with TLS, not for
     * plain ones, which are open from the beginning. May be NULL. */
    void (*on_open)(void *user);
    void (*on_data)(void *user, struct actr_view data);
    /* The queue has fallen to what stream_notify() asked for. May be NULL. */
    void (*on_drained)(void *user);
    /* Connecting failed, or the stream ended. is_end: the peer closed its side in good order. The
     * owner frees the stream, now or later. */
    void (*on_lost)(void *user, bool is_end, const char *detail);
};

/* How an urgent piece is known again; see stream_send_urgent(). */
enum stream_tag { STREAM_PLAIN, STREAM_PING, STREAM_PONG };

/* Begins to connect. `tls` NULL: plain; else `host` is what the certificate must name. ACTR_ENOMEM,
 * ACTR_EUNAVAILABLE (refused on the spot). */
int stream_connect(struct socket_net *net, const struct net_address *address,
                   struct tls_context *tls, const char *host, struct stream **ret_stream)
    __attribute__((warn_unused_result));

/* A stream with TLS that connects: offers this protocol (ALPN). ACTR_ENOMEM. */
int stream_offer(struct stream *stream, const char *protocol) __attribute__((warn_unused_result));

/* Takes a connected descriptor over, also on failure (then it is closed). ACTR_ENOMEM. */
int stream_accept(struct socket_net *net, int fd, struct tls_context *tls,
                  struct stream **ret_stream) __attribute__((warn_unused_result));

/* Cuts the connection if it is still up. No event follows. Returns NULL; NULL is fine. */
struct stream *stream_free(struct stream *stream);

/* The same, and the system forgets what it still has to send: bytes that a peer out of reach did
 * not get do not get there when it is in reach again. */
struct stream *stream_abort(struct stream *stream);

/* Who gets the events from now on; static storage. Set right after creation, and again when the
 * stream changes hands. */
void stream_set_owner(struct stream *stream, const struct stream_events *events, void *user);

/* Queues `head` (copied) and `body` (consumed), to be sent as one. ACTR_ENOMEM: nothing was queued.
 */
int stream_send(struct stream *stream, struct actr_view head, struct actr_bytes body)
    __attribute__((warn_unused_result));

/* The same, in front of everything that has not begun to leave; takes the place of an earlier one
 * with that tag which has not either. */
int stream_send_urgent(struct stream *stream, enum stream_tag tag, struct actr_view head,
                       struct actr_bytes body) __attribute__((warn_unused_result));

/* Forgets what has not begun to leave. */
void stream_drop(struct stream *stream);

/* Once the queue is empty: tells the peer that no more will come (close_notify, FIN). Sending is
 * over; reading goes on. */
void stream_finish(struct stream *stream);

/* After on_lost: ACTR_ECONFIG when TLS failed for a reason that somebody has to mend, else
 * ACTR_EUNAVAILABLE. */
int stream_error(const struct stream *stream);

/* Bytes not yet given to the system. */
size_t stream_queued(const struct stream *stream);

/* The same, and what the system has that the peer's system has not confirmed: it falls also while
 * the queue alone stands still. */
size_t stream_outstanding(const struct stream *stream);

/* on_drained once, when no more than `len` bytes are queued; in the next turn if that is so now. */
void stream_notify(struct stream *stream, size_t len);

/* On at the beginning. Off: what one read has already brought still comes. */
void stream_read(struct stream *stream, bool enable);

/* Our own address; false: it has none (any more). */
bool stream_local(const struct stream *stream, struct net_address *ret_address);
/* The peer's numeric address, without port; IPv4 in its own form also on IPv6 sockets. */
void stream_peer(const struct stream *stream, char buf[STREAM_ADDRESS_MAX]);
