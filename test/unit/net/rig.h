// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* What the tests of net/ share: a loop and a network on it, turned by hand; endpoints that write
 * down what happens to them; peers made of a bare socket, for saying what no library would say. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "net/http.h"
#include "net/net.h"

struct loop;

#define RIG_MESSAGE_MAX 64

/* One end of a WebSocket. */
struct rig_end {
    struct net_ws *ws; /* NULL once closed */
    bool is_open, is_closed, want_echo, want_pause;
    size_t message_count, text_count, pong_count, writable_count, byte_count;
    struct actr_bytes messages[RIG_MESSAGE_MAX]; /* the first ones; given back by rig_close() */
    size_t excess_count, excess_len;             /* how many, and of the last one */
    uint8_t excess_ends[4];                      /* its first two and its last two bytes */
    char pong[126];
    enum net_cause cause;
    unsigned code;
    char detail[128];
    void (*on_message)(struct rig_end *end, struct actr_bytes message);
};

struct rig {
    struct loop *loop;
    struct net *net;
    struct net_server *server;
    struct rig_end client, accepted; /* `accepted`: the last one */
    unsigned upgrade_status;         /* what on_upgrade answers */
    size_t upgrade_count, request_count, abandoned_count;
    bool is_server_closed, want_late;
    bool want_excess;         /* both ends opened from here on hear of messages over the limit */
    struct net_request *late; /* not answered yet */
    char method[16], path[256], query[4096], header[9000], peer[64];
    struct actr_bytes body;
    const char *watch_header; /* which one goes into `header` */
};

void rig_open(struct rig *rig);
/* Everything that was opened is closed first. */
void rig_close(struct rig *rig);
/* One turn of the loop; waits for something to happen. */
void rig_turn(struct rig *rig);
/* Turns until nothing is due at once. */
void rig_settle(struct rig *rig);

#define RIG_UNTIL(rig, condition)                                                                  \
    do {                                                                                           \
        while (!(condition))                                                                       \
            rig_turn(rig);                                                                         \
    } while (0)

/* Keeps every thread that looks names up busy, until the second call: whatever is asked for in
 * between waits, however quick the resolver of this machine is. */
void rig_hold_resolver(struct rig *rig);
void rig_let_resolver(struct rig *rig);

/* On 127.0.0.1; options may be NULL. Requests are answered with 200, path and body, unless
 * want_late. */
void rig_listen(struct rig *rig, const struct net_server_options *options);
/* "scheme://127.0.0.1:port" and the rest; valid until the next call. */
const char *rig_url(struct rig *rig, const char *scheme, const char *rest);

extern const struct net_ws_events rig_end_events;
/* The client end; options may be NULL, its URL is not used. */
void rig_dial(struct rig *rig, const char *path, const struct net_ws_options *options);
/* Both ends open. */
void rig_connect(struct rig *rig, const struct net_ws_options *options);
/* A server, and a client that is connected to it. */
void rig_pair(struct rig *rig, const struct net_server_options *server,
              const struct net_ws_options *client);
void rig_end_deinit(struct rig_end *end);

/* A bare connection to the server; non-blocking. */
int rig_socket(struct rig *rig);
/* Sends all of it, turning the loop while the system does not take it. */
void rig_send(struct rig *rig, int fd, const void *data, size_t len);
void rig_send_text(struct rig *rig, int fd, const char *text);
/* Turns until `len` bytes have come in; fails at the end of the stream. */
void rig_receive(struct rig *rig, int fd, void *buf, size_t len);
/* Turns until the stream has ended; what came until then goes to buf, NUL-terminated. Returns its
 * length. */
size_t rig_receive_all(struct rig *rig, int fd, char *buf, size_t cap);
/* A bare listening socket on 127.0.0.1. */
int rig_listener(uint16_t *ret_port);
/* Its next connection; turns the loop until there is one. */
int rig_accept(struct rig *rig, int listener);
/* Turns until the head of a request or response has come in. */
void rig_receive_head(struct rig *rig, int fd, char *buf, size_t cap);
/* The opening handshake on a bare connection. */
int rig_socket_ws(struct rig *rig);
