// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A byte stream that we open: TCP, or TLS whose server is believed as any other's.
 *
 * Loop thread; events never come inside a call, and none after on_lost or net_stream_close(). An
 * event may close the stream. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <actr/bytes.h>

struct net;
struct net_ops;
struct net_stream;

struct net_stream_events {
    void (*on_open)(void *user);
    void (*on_data)(void *user, struct actr_view data);
    /* Could not be opened, or has ended: ACTR_ECONFIG (not before somebody mends something),
     * ACTR_EUNAVAILABLE. To be closed, now or later. */
    void (*on_lost)(void *user, int code, const char *detail);
};

struct net_stream_options {
    const char *host; /* a name or an address, copied */
    const char *name; /* what a certificate must name, copied; NULL: host */
    uint16_t port;
    bool is_secure;
    const char *protocol; /* offered by ALPN; static storage, 32 characters at most; NULL: none */
};

/* First member of implementations. */
struct net_stream {
    const struct net_ops *ops;
};

/* Dials; how long that may take is its owner's affair. ACTR_ENOMEM, ACTR_EUNAVAILABLE,
 * ACTR_ENOTIMPL (a network without streams). */
int net_stream_dial(struct net *net, const struct net_stream_options *options,
                    const struct net_stream_events *events, void *user,
                    struct net_stream **ret_stream) ACTR_MUST_CHECK;

/* Queues; consumes `bytes`. There is no bound: net_stream_queued() tells its owner, who has one.
 * ACTR_ENOMEM; ACTR_ESTATE (not open). */
int net_stream_send(struct net_stream *stream, struct actr_bytes bytes) ACTR_MUST_CHECK;

/* Bytes not yet given to the system. */
size_t net_stream_queued(const struct net_stream *stream);

/* Cuts it. NULL is fine; returns NULL. */
struct net_stream *net_stream_close(struct net_stream *stream);
