// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A listening socket and everything that came in through it. Private to net/: the functions named
 * in http.h have their contracts there.
 *
 * server.c has the listener, the limits and the life; session.c has one connection that speaks
 * HTTP. Loop thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "base/list.h"
#include "net/builder.h"
#include "net/http_body.h"
#include "net/http_head.h"
#include "net/net_ops.h"
#include "net/socket.h"
#include "net/stream.h"
#include "net/ws.h"

struct tls_context;

struct server {
    struct net_server base;
    struct socket_net *net;
    const struct net_server_events *events;
    void *user;
    struct net_server_options options; /* defaults filled in; texts not kept */
    struct tls_context *tls;           /* NULL: plain */
    uv_poll_t listener;
    int fd;
    uint16_t port;
    bool has_listener; /* libuv knows the descriptor */
    bool is_closing, is_winding_down;
    struct list shaking;   /* sessions without a complete request, the next to run out first */
    struct list answering; /* sessions whose request is with the user */
    struct list sockets;   /* WebSockets */
    size_t shaking_count, count;
    struct loop_timer timer;       /* for the first of `shaking` */
    struct loop_timer retry_timer; /* accepting pauses when the system has run out of something */
    struct loop_task task;         /* closing goes on */
};

enum session_state {
    SESSION_HEAD, /* a request is awaited, or its head has begun */
    SESSION_BODY,
    SESSION_ANSWERING, /* the request is with the user */
    SESSION_LEAVING,   /* answered for the last time: until the peer hangs up */
};

struct session {
    struct net_request base;
    struct server *server;
    struct stream *stream;
    struct list link; /* in server->shaking or ->answering */
    uint64_t deadline_us;
    size_t left; /* bytes of the last answer outstanding at the last deadline */
    struct http_head head;
    struct http_body body;
    struct builder content;
    struct builder rest; /* came in while the request was being answered */
    struct loop_task task;
    uint8_t state;
    bool is_taking; /* in session_take(), which goes on by itself */
    bool is_shaking;
    bool keep_alive;
};

/* ---- http.h ---- */
int server_listen(struct net *net, const struct net_server_options *options,
                  const struct net_server_events *events, void *user,
                  struct net_server **ret_server);
uint16_t server_port(const struct net_server *server);
void server_close(struct net_server *server);
const char *session_header(struct net_request *request, const char *name);
void session_respond(struct net_request *request, unsigned status, const struct net_header *headers,
                     size_t header_count, struct actr_bytes body);

/* ---- between server.c and session.c ---- */
/* A connection has come in. Takes fd over. */
void session_open(struct server *server, int fd);
/* Cuts it. The user hears of an unanswered request. */
void session_cut(struct session *session);
/* Its time is over. */
void session_on_deadline(struct session *session);

/* Moves it to the list that its state belongs to, with a fresh deadline. */
void server_place(struct server *server, struct session *session);
/* It leaves its list for good. */
void server_remove(struct server *server, struct session *session);
/* The session has become a WebSocket. */
void server_adopt(struct server *server, struct ws *ws);
