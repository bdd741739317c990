// SPDX-FileCopyrightText: 2026 The actr authors
// SPDX-License-Identifier: Apache-2.0
/* A network of one server, without sockets: what the code under test sends arrives at the test's
 * functions a millisecond later, and what the test answers arrives at once.
 *
 * Ends of connections and exchanges come by tasks and timers of the loop, as from a real network.
 * Memory comes from base/mem.h, so that a sweep of failing allocations goes through here too. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "net/net_ops.h"
#include "sys/loop.h"

#define FAKE_URL_MAX 2048
#define FAKE_LATENCY_US 1000

struct fake_net;

/* One exchange; lives until it is answered or cancelled. */
struct fake_http {
    struct net_http base;
    struct list link;
    struct fake_net *net;
    struct loop_timer arrival, timeout;
    net_http_fn *fn;
    void *user;
    struct actr_bytes body;
    char url[FAKE_URL_MAX], method[8];
    char content_type[64], accept[64], realm_secret[64]; /* headers; "" when absent */
};

/* One connection; lives until on_closed has run. */
struct fake_ws {
    struct net_ws base;
    struct list link;
    struct fake_net *net;
    struct loop_timer arrival, timeout;
    struct loop_task closed;
    const struct net_ws_events *events;
    void *user;
    struct list messages;          /* on their way to the server */
    struct net_ws_options options; /* the numbers */
    struct net_address local;      /* the machine's when it dialled */
    char url[FAKE_URL_MAX];
    bool is_open, is_closing;
    uint16_t close_code; /* the client's; 0: cut */
};

struct fake_net_events {
    void (*on_http)(void *user, struct fake_http *http);
    void (*on_dial)(void *user, struct fake_ws *ws);
    void (*on_message)(void *user, struct fake_ws *ws, struct actr_view message);
    void (*on_closed)(void *user, struct fake_ws *ws); /* the client closed or cut it */
};

struct fake_net {
    struct net base;
    const struct fake_net_events *events;
    void *user;
    struct list https, sockets;
    uint64_t close_us;          /* how long a closing handshake takes; 0: ends at once */
    struct net_address address; /* the machine's, beside loopback; any: it has none now */
    struct interfaces watch;
    void (*on_change)(void *owner); /* NULL: nobody watches */
    void *watcher;
};

void fake_net_init(struct fake_net *net, struct loop *loop, const struct fake_net_events *events,
                   void *user);

/* The machine has another address (10.0.0.n), or (0) none. */
void fake_net_move(struct fake_net *net, uint8_t n);

/* Ends an exchange. The body is consumed. error: ACTR_E… in place of an answer, or 0. */
void fake_http_answer(struct fake_http *http, unsigned status, struct actr_bytes body,
                      int64_t retry_after_s);
void fake_http_fail(struct fake_http *http, int error);

void fake_ws_accept(struct fake_ws *ws);
/* Consumes the message. */
void fake_ws_push(struct fake_ws *ws, struct actr_bytes message, bool is_binary);
/* The server, or the network, ends it. */
void fake_ws_end(struct fake_ws *ws, enum net_cause cause, uint16_t code, const char *detail);
/* Nothing comes any more: the client's own keepalive finds out. */
void fake_ws_silence(struct fake_ws *ws);
