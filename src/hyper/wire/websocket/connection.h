// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A WebSocket connection to another actor, as a wire. dialer.c makes the dialled ones, server.c the
 * accepted ones; from then on both are the same.
 *
 * Channel 0 only; a text message is ignored. Loop thread. Frees itself when on_closed has
 * returned. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hyper/wire/websocket/dialer.h"
#include "hyper/wire/websocket/watch.h"
#include "hyper/wire/wire.h"
#include "net/net.h"
#include "sys/loop.h"

/* Payload of the Pong by which a listener says that it reads: sent once, unasked (RFC 6455 §5.5.3),
 * when the peer has been verified. */
#define WS_CONNECTION_READY "actr-ready"

/* Liveness of both roles. */
#define WS_CONNECTION_PING_MS 5000
#define WS_CONNECTION_DEAD_MS 11000

/* Unsent bytes at which a peer that does not read is given up; many times what a sender that
 * stops at WIRE_FULL leaves behind. */
#define WS_CONNECTION_QUEUE_MAX ((size_t)64 << 20)

/* Room for the reason of a Close frame (RFC 6455 §5.5: 125 bytes with its code). */
#define WS_CONNECTION_DETAIL_SIZE 124

struct ws_connection {
    struct wire wire;
    struct loop *loop;
    struct net_ws *ws; /* NULL until it is dialled */
    void (*on_open)(
        struct ws_connection *connection); /* accepted: reads nothing, may be verified */
    void (*cancel)(
        struct ws_connection *connection); /* not NULL: what to undo before it is dialled */
    struct ws_dialer *dialer;              /* dialled */
    struct ws_address address;
    const struct ws_watch *watch; /* NULL: nobody has been told of it */
    struct loop_task end;         /* ends a connection that has no net_ws */
    int end_code;                 /* why we close it */
    char end_detail[WS_CONNECTION_DETAIL_SIZE];
    bool end_final;
    bool is_reading;
    bool is_full;
    uint32_t settle_count;
    bool is_settling;
};

extern const struct net_ws_events ws_connection_events;

/* CONNECTING, without a net_ws. NULL when memory has run out. */
struct ws_connection *ws_connection_new(struct loop *loop, enum wire_role role,
                                        const struct wire_events *events, void *owner);
/* Only before anything was told about it. */
void ws_connection_free(struct ws_connection *connection);

/* on_closed follows, not inside. Only without a net_ws. */
void ws_connection_fail(struct ws_connection *connection, int code, const char *detail, bool final);

/* Tells `watch` (may be NULL) of it, now and from now on. */
void ws_connection_announce(struct ws_connection *connection, const struct ws_watch *watch);

/* An accepted connection has passed: it is ready and proven from now on, and the peer is told. */
void ws_connection_admit(struct ws_connection *connection, const struct actr_id *peer);
