// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A WebSocket connection, in either role. Private to net/: the functions named in net.h have their
 * contracts there.
 *
 * ws.c has the life and the sending side, ws_receive.c the receiving side, ws_dial.c the client's
 * opening. Loop thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/sm.h"
#include "net/builder.h"
#include "net/net_ops.h"
#include "net/socket.h"
#include "net/wsframe.h"

struct stream;
struct ws;
struct ws_opening;

enum ws_state {
    WS_OPENING, /* client: dialing and shaking hands; server: on_upgrade is being asked */
    WS_OPEN,
    WS_CLOSING, /* our Close is queued or sent; the peer's is missing */
    WS_LEAVING, /* both are settled: what still comes is dropped until the peer hangs up */
    WS_ENDED,   /* on_closed is on its way */
};

/* A connection has ended; called just before on_closed. */
typedef void ws_ended_fn(struct ws *ws, void *arg);

struct ws {
    struct net_ws base;
    struct socket_net *net;
    const struct net_ws_events *events;
    void *user;
    struct sm sm;
    struct stream *stream;      /* NULL until dialed, and when ended */
    struct ws_opening *opening; /* client, until open */
    struct list link;           /* server: among its WebSockets */
    ws_ended_fn *on_ended;
    void *ended_arg;
    struct loop_timer timer; /* opening, keepalive, closing: whichever it is now */
    struct loop_task task;   /* reading goes on, or on_closed */
    uint64_t heard_us;       /* when the peer was last heard */
    uint64_t pinged_us;
    size_t left; /* closing: bytes outstanding when progress was last looked at */
    uint32_t ping_ms, dead_ms, message_len_max, queue_high;
    bool is_server, is_paused, is_full;
    bool is_under_way;    /* what ended the handshake has left: control frames may overtake */
    struct net_close why; /* detail NULL: not known yet */
    char detail[128];

    struct actr_bytes stash;     /* came in while reading was off */
    struct builder message;      /* being assembled */
    struct excess_keeper excess; /* instead, of one that is too long */
    uint8_t message_opcode;      /* 0: none is */
    struct wsframe frame;
    uint64_t frame_got; /* payload bytes of `frame` so far */
    bool in_frame;
    uint8_t header_len; /* of a header that is not whole */
    uint8_t header[WSFRAME_HEADER_MAX];
    uint8_t control[WSFRAME_CONTROL_MAX];
};

static inline struct ws *ws_of(struct net_ws *ws)
{
    return (struct ws *)ws;
}

/* ---- net.h ---- */
int ws_dial(struct net *net, const struct net_ws_options *options,
            const struct net_ws_events *events, void *user, struct net_ws **ret_ws);
int ws_send(struct net_ws *ws, struct actr_bytes message);
void ws_ping(struct net_ws *ws, struct actr_view payload);
void ws_pong(struct net_ws *ws, struct actr_view payload);
void ws_read(struct net_ws *ws, bool enable);
void ws_close(struct net_ws *ws, uint16_t code, const char *reason);
size_t ws_queued(const struct net_ws *ws);
bool ws_local(const struct net_ws *ws, struct net_address *ret_address);

/* ---- for session.c ---- */
/* In WS_OPENING. ACTR_ENOMEM. */
int ws_new(struct socket_net *net, const struct net_ws_options *options, struct ws **ret_ws)
    __attribute__((warn_unused_result));
/* One that never opened. NULL is fine. */
void ws_discard(struct ws *ws);
/* Takes the stream over, with what was read beyond the handshake, and is open; on_open comes in
 * here. */
void ws_begin(struct ws *ws, struct stream *stream, struct actr_view rest);

/* ---- between ws*.c ---- */
static inline enum ws_state ws_state(const struct ws *ws)
{
    return (enum ws_state)ws->sm.state;
}
/* Bytes from the peer, in any state but WS_OPENING. */
void ws_receive(struct ws *ws, struct actr_view data);
/* Queues a control frame. */
void ws_send_control(struct ws *ws, enum wsframe_opcode opcode, struct actr_view payload);
/* The peer's Close frame. */
void ws_on_close_frame(struct ws *ws, uint16_t code, struct actr_view reason);
/* The peer broke a rule: tells it by `code` and hangs up. */
void ws_fail(struct ws *ws, uint16_t code, const char *detail);
/* The connection is gone, or is cut. The first reason stands. */
void ws_end(struct ws *ws, enum net_cause cause, uint16_t code, const char *detail);
/* Frees what only the client's opening needs. */
void ws_opening_free(struct ws *ws);
